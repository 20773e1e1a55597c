"""`git oneshot rules --write`: a commented file that says what is in force."""

import shlex
from typing import Any

import msgspec

from git_oneshot.core.rules.detection import runner_of
from git_oneshot.core.rules.file import Key, keys, plain_tables
from git_oneshot.core.rules.rules import Rules, Suite

_HEAD = """\
# Rules of `git oneshot` for this repository. `git oneshot rules` shows what is in force,
# `man gitoneshot-rules` tells of every key. Every key may be left out.
"""
_NO_SUITE = """
# A test command, and the folder that it tests:
# [[suite]]
# name = "all"
# command = "make test"
# root = "."
# timeout = 600
"""


def template(rules: Rules) -> str:
    """A commented file from which the same rules come; what is as by default is commented out."""
    top, *tables = plain_tables()
    names = [name for name, _ in tables]
    lines = [_HEAD]
    for key in keys(top[1]):
        if key.name != "suite" and key.name not in names:
            checks = [shlex.join(argv) for argv in rules.checks]
            value = checks if key.name == "check" else getattr(rules, key.field)
            lines += [f"# {_sentence(key.about)}:", _line(key, value), ""]
    lines += [_suite(suite) for suite in rules.suites] or [_NO_SUITE.strip("\n"), ""]
    for name, table in tables:
        held = getattr(rules, name)
        lines.append(f"[{name}]")  # else its keys would be those of a suite
        for key in keys(table):
            lines += [f"# {_sentence(key.about)}:", _line(key, getattr(held, key.field))]
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _sentence(about: str) -> str:
    return about[:1].upper() + about[1:]


def _line(key: Key, value: Any) -> str:
    """A key with its value; with an example, and commented out, where it is as by default."""
    plain = list(value) if isinstance(value, tuple) else value
    default = list(key.default) if isinstance(key.default, tuple) else key.default
    if plain == default:
        return f"# {key.name} = {_toml(list(key.examples) or default)}"
    return f"{key.name} = {_toml(plain)}"


def _suite(s: Suite) -> str:
    said: dict[str, Any] = {
        "name": s.name,
        "command": shlex.join(s.command),
        "root": s.root or ".",
        "timeout": s.timeout,
    }
    if s.runner != runner_of(s.command, s.report):
        said["runner"] = s.runner
    if s.report:
        said["report"] = s.report
    if s.setup:
        said["setup"] = shlex.join(s.setup)
    return "[[suite]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in said.items())


def _toml(value: Any) -> str:
    """A value as TOML writes it: as JSON does, but for one character."""
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
