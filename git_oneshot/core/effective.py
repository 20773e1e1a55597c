"""The rules in force: what the file says, what is detected, what holds by default."""

import shlex
from collections.abc import Iterable

from git_oneshot.core.detection import detect, runner_of
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.rules import Argv, Rules, Suite
from git_oneshot.core.rules_file import FILE, RulesTable, SuiteTable


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


def _suite(table: SuiteTable) -> Suite:
    command = _argv(f"suite '{table.name}'", table.command)
    return Suite(
        name=table.name,
        command=command,
        root=_root(table),
        timeout=table.timeout,
        runner=table.runner or runner_of(command),
    )


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
