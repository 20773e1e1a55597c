"""What `.oneshot.toml` says, and what holds where it says nothing.

Paths are matched by git's own pathspecs (``git help glossary``), never here:
this module only knows which patterns belong to which side.
"""

import difflib
import re
import shlex
import tomllib
from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from git_oneshot.core.errors import Code, OneshotError

FILE: Final = ".oneshot.toml"
RULES_PATHS: Final = (FILE, ".oneshot/allowed_signers")

Side = Literal["test", "production", "environment", "generated", "neutral", "rules"]
Argv = tuple[str, ...]
Patterns = tuple[Annotated[str, Meta(min_length=1)], ...]  # git takes no empty pathspec


class _Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A table of the file: unknown keys are errors."""


class SuiteTable(_Table, frozen=True, kw_only=True):
    """``[[suite]]``: a test command, and the folder that it tests."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,40}\Z")]
    command: str
    root: str = "."
    runner: Literal["pytest", "command"] | None = None
    timeout: Annotated[int, Meta(ge=1, le=86_400)] = 600


class SidesTable(_Table, frozen=True, kw_only=True):
    """``[sides]``: pathspecs that stand above what is detected."""

    test: Patterns = ()
    production: Patterns = ()
    environment: Patterns = ()
    generated: Patterns = ()
    neutral: Patterns = ()


class GateTable(_Table, frozen=True, kw_only=True):
    """``[gate]``: which pushes ask for proofs."""

    refs: tuple[str, ...] = ()
    everything: bool = False


class LimitsTable(_Table, frozen=True, kw_only=True):
    """``[limits]``: seconds that a commit may take, files that a plan may name."""

    commit_seconds: Annotated[float, Meta(ge=0, le=600)] = 10.0
    plan_files: Annotated[int, Meta(ge=1, le=1_000)] = 5


class RulesTable(_Table, frozen=True, kw_only=True):
    """The whole file."""

    strict: bool = False
    check: tuple[str, ...] = ()
    suite: tuple[SuiteTable, ...] = ()
    sides: SidesTable = SidesTable()
    gate: GateTable = GateTable()
    limits: LimitsTable = LimitsTable()


class Suite(Struct, frozen=True, kw_only=True):
    """A test suite in force. ``root`` is "" for the top, else ends without a slash."""

    name: str
    command: Argv
    root: str = ""
    runner: Literal["pytest", "command"] = "command"
    timeout: int = 600
    detected: bool = False


class Rules(Struct, frozen=True, kw_only=True):
    """The rules in force for one tree."""

    suites: tuple[Suite, ...] = ()
    sides: SidesTable = SidesTable()
    strict: bool = False
    checks: tuple[Argv, ...] = ()
    gate: GateTable = GateTable()
    limits: LimitsTable = LimitsTable()
    from_file: bool = False

    @property
    def commands(self) -> tuple[Argv, ...]:
        """Every command of the repository that the program would run: what trust is about."""
        return (*(suite.command for suite in self.suites), *self.checks)


# What a language's tools take for what. The first side that matches counts.
_PYTHON: Final[dict[Side, tuple[str, ...]]] = {
    "test": (
        "**/test_*.py", "**/*_test.py", "**/conftest.py", "**/tests/**", "**/test/**",
    ),
    "environment": (
        "**/pyproject.toml", "**/setup.cfg", "**/setup.py", "**/requirements*.txt",
        "**/requirements/*.txt", "**/tox.ini", "**/pytest.ini", "**/noxfile.py", "**/Pipfile",
        "**/*.lock", "**/pylock*.toml",
    ),
    "production": ("**/*.py", "**/*.pyi", "**/*.pyx", "**/*.pxd"),
}  # fmt: skip
DETECTED: Final[dict[str, dict[Side, tuple[str, ...]]]] = {
    "pytest": _PYTHON,
    "command": {"test": ("**/tests/**", "**/test/**")},
}


def parse(text: str) -> RulesTable:
    """Read the file. Raises OneshotError(RULES_INVALID) with the place and the nearest key."""
    try:
        said = tomllib.loads(text)
        if _has_nul(said):
            raise OneshotError(Code.RULES_INVALID, f"{FILE}: no value may hold a NUL character")
        return msgspec.convert(said, RulesTable)
    except (tomllib.TOMLDecodeError, RecursionError) as err:
        raise OneshotError(Code.RULES_INVALID, f"{FILE}: {err}", "git oneshot rules") from err
    except msgspec.ValidationError as err:
        why = str(err)
        unknown = re.search(r"unknown field `([^`]*)`", why)
        near = difflib.get_close_matches(unknown[1], _keys(), 1) if unknown else []
        raise OneshotError(
            Code.RULES_INVALID,
            f"{FILE}: {why[0].lower()}{why[1:]}",
            f"did you mean '{near[0]}'?" if near else "keys: " + ", ".join(_keys()),
        ) from err


def _has_nul(value: object) -> bool:
    """Whether any text holds the one character that no argument of a process can."""
    if isinstance(value, dict):
        return any(map(_has_nul, value.values()))
    return any(map(_has_nul, value)) if isinstance(value, list) else "\0" in str(value)


def _keys() -> list[str]:
    tables = (RulesTable, SuiteTable, SidesTable, GateTable, LimitsTable)
    return sorted({name for t in tables for name in t.__struct_encode_fields__})


def effective(table: RulesTable | None, top: Iterable[str], tests: Iterable[str]) -> Rules:
    """The rules in force: the file's, and where it names no suite, what the names suggest.

    ``top``: the names in the tree's top folder; ``tests``: paths in its test folders.
    """
    said = table or RulesTable()
    suites = tuple(_suite(one) for one in said.suite) or detect(top, tests)
    names = [suite.name for suite in suites]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise OneshotError(
            Code.RULES_INVALID, f"{FILE}: two suites are called '{twice}'", "rename one of them"
        )
    return Rules(
        suites=suites,
        sides=said.sides,
        strict=said.strict,
        checks=tuple(_argv("check", line) for line in said.check),
        gate=said.gate,
        limits=said.limits,
        from_file=table is not None,
    )


def detect(top: Iterable[str], tests: Iterable[str]) -> tuple[Suite, ...]:
    """The suites that file names give away: pytest's, so far."""
    names = set(top)
    if names & {"pytest.ini", "conftest.py"} or any(map(_is_python_test, (*names, *tests))):
        return (
            Suite(
                name="pytest", command=("python", "-m", "pytest"), runner="pytest", detected=True
            ),
        )
    return ()


def _is_python_test(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name == "conftest.py" or bool(re.fullmatch(r"test_.*\.py|.*_test\.py", name))


def _suite(table: SuiteTable) -> Suite:
    command = _argv(f"suite '{table.name}'", table.command)
    return Suite(
        name=table.name,
        command=command,
        root=_root(table),
        timeout=table.timeout,
        runner=table.runner or _looks(command),
    )


def _looks(command: Argv) -> Literal["pytest", "command"]:
    return "pytest" if "pytest" in command[:3] else "command"


def _root(table: SuiteTable) -> str:
    parts = [part for part in table.root.split("/") if part not in ("", ".")]
    if table.root.startswith("/") or ".." in parts:
        raise OneshotError(
            Code.RULES_INVALID,
            f"{FILE}: root '{table.root}' leaves the repository",
            "give a folder of the repository, such as root = 'backend'",
        )
    return "/".join(parts)


def _argv(where: str, line: str) -> Argv:
    try:
        argv = tuple(shlex.split(line))
    except ValueError as err:
        raise OneshotError(Code.RULES_INVALID, f"{FILE}: {where}: {err}") from err
    if not argv:
        raise OneshotError(Code.RULES_INVALID, f"{FILE}: {where}: the command is empty")
    return argv


def sides(rules: Rules) -> list[tuple[Side, tuple[str, ...]]]:
    """Sides and their pathspecs in the order in which they claim a path.

    What no pathspec claims is neutral, or production when the rules are strict.
    """
    said = rules.sides
    order: list[tuple[Side, tuple[str, ...]]] = [
        ("rules", tuple(f":(glob){path}" for path in RULES_PATHS)),
        ("test", said.test),
        ("production", said.production),
        ("environment", said.environment),
        ("generated", said.generated),
        ("neutral", said.neutral),
    ]
    for suite in sorted(rules.suites, key=lambda s: -len(s.root)):
        prefix = f"{suite.root}/" if suite.root else ""
        for side, patterns in DETECTED[suite.runner].items():
            order.append((side, tuple(f":(glob){prefix}{pattern}" for pattern in patterns)))
    return [(side, patterns) for side, patterns in order if patterns]


def suite_of(rules: Rules, path: str) -> Suite | None:
    """The suite that a path belongs to: the one with the longest root above it."""
    above = [s for s in rules.suites if not s.root or path.startswith(s.root + "/")]
    return max(above, key=lambda s: len(s.root), default=None)


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
        + (f'runner = "{s.runner}"\n' if s.runner != _looks(s.command) else "")
        for s in suites
    ] or ['# [[suite]]\n# name = "all"\n# command = "make test"\n']
    return TEMPLATE.format(suites="\n".join(tables))


def _quoted(text: str) -> str:
    """A text as TOML writes it: as JSON does, but for one character."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
