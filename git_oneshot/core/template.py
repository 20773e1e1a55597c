"""`git oneshot rules --write`: a commented file that says what is in force."""

import shlex
from collections.abc import Sequence
from typing import Final

import msgspec

from git_oneshot.core.detection import runner_of
from git_oneshot.core.rules import Suite

TEMPLATE: Final = """\
# Rules of `git oneshot` for this repository. `git oneshot rules` shows what is in force.
# Every key may be left out.

# Neutral files (documents, scripts, CI) count as production:
# strict = false

# Commands that must pass once, on the last commit, before a feature is finalized:
# check = ["ruff check .", "mypy"]

{suites}
# Pathspecs (see `git help glossary`) that stand above what is detected:
# [sides]
# test = ["spec/**"]
# production = ["*.sql"]
# environment = ["deps.txt"]
# neutral = ["scripts/**"]

# Pushes that ask for proofs, besides the base of a feature:
# [gate]
# refs = ["refs/heads/main"]
# everything = false

# [limits]
# commit-seconds = 10
# plan-files = 5
"""


def template(suites: Sequence[Suite]) -> str:
    """A commented file that says what is in force now."""
    tables = [
        f'[[suite]]\nname = "{s.name}"\ncommand = {_quoted(shlex.join(s.command))}\n'
        f"root = {_quoted(s.root or '.')}\ntimeout = {s.timeout}\n"
        + (f'runner = "{s.runner}"\n' if s.runner != runner_of(s.command) else "")
        for s in suites
    ] or ['# [[suite]]\n# name = "all"\n# command = "make test"\n']
    return TEMPLATE.format(suites="\n".join(tables))


def _quoted(text: str) -> str:
    """A text as TOML writes it: as JSON does, but for one character."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
