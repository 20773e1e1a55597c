"""The rules in force: what the file says, what is detected, what holds by default."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from git_oneshot.core.rules.detection import Project, detect, runner_of
from git_oneshot.core.rules.file import FILE, RulesTable, SuiteTable, keys, plain_tables
from git_oneshot.core.rules.lines import Where
from git_oneshot.core.rules.reading import below, words
from git_oneshot.core.rules.rules import Rules, Suite


def effective(
    table: RulesTable | None, paths: Iterable[str], read: Callable[[str], str] = lambda _: ""
) -> Rules:
    """The rules in force: the file's, and where it names no suite, what the names suggest.

    ``paths``: those of the tree; ``read`` gives the text of one.
    """
    said = table or RulesTable()
    suites = tuple(_suite(one) for one in said.suite) or detect(Project(paths, read))
    return Rules(
        suites=tuple(replace(suite, sandbox=said.sandbox) for suite in suites),
        sides=said.sides,
        strict=said.strict,
        checks=tuple(words(line) for line in said.check),
        sandbox=said.sandbox,
        gate=said.gate,
        trail=said.trail,
        limits=said.limits,
        prune=said.prune,
        from_file=table is not None,
    )


def _suite(table: SuiteTable) -> Suite:
    command = words(table.command)
    report = below(table.report or "") or ""
    return Suite(
        name=table.name,
        command=command,
        root=below(table.root) or "",
        timeout=table.timeout,
        runner=table.runner or runner_of(command, report),
        report=report,
        setup=words(table.setup) if table.setup is not None else (),
    )


class Value(NamedTuple):
    """One value in force: its key as the file would spell it, and where it came from."""

    key: str
    value: object
    source: str  # the file's name, "detected" or "default"
    line: int | None


def values(rules: Rules, lines: Mapping[Where, int]) -> list[Value]:
    """Each effective value; ``lines``: the keys that the file sets."""
    found = []
    for title, table in plain_tables():
        held = getattr(rules, title) if title else rules
        for key in keys(table):
            if key.name not in ("suite", *(name for name, _ in plain_tables())):
                where: Where = (title, key.name) if title else (key.name,)
                value = getattr(held, {"check": "checks"}.get(key.field, key.field))
                found.append(_value(where, value, lines, "default"))
    for number, suite in enumerate(rules.suites):
        for key in keys(SuiteTable):
            value = getattr(suite, key.field)
            if value or key.field == "root":
                made = suite.detected or key.field == "runner"
                source = "detected" if made else "default"
                where = ("suite", number, key.name)
                found.append(_value(where, value or ".", lines, source))
    return found


def _value(where: Where, value: object, lines: Mapping[Where, int], otherwise: str) -> Value:
    spelled = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where)
    line = lines.get(where)
    return Value(spelled.removeprefix("."), value, FILE if line else otherwise, line)
