"""How each kind of suite is run and its report read: a module and a row of RUNNERS for each."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from git_oneshot.core.rules import Suite
from git_oneshot.core.rules_file import Runner
from git_oneshot.core.runs import Run
from git_oneshot.proof.runners import command, pytest
from git_oneshot.proof.runners.task import Task as Task
from git_oneshot.proof.runners.task import Tools as Tools


def _none(_path: str) -> bool:
    return False


class Way(NamedTuple):
    """How suites of a kind are run.

    ``selects``: whether a test file can be asked for by its path below the root.
    """

    run: Callable[[Task, Tools], Run]
    selects: Callable[[str], bool] = _none


RUNNERS: Final[dict[Runner, Way]] = {
    "pytest": Way(pytest.run, pytest.selects),
    "command": Way(command.run),
}


def run_suite(task: Task, tools: Tools) -> Run:
    """Run a suite, and say what each test did. Never raises for what the suite does."""
    way = RUNNERS.get(task.suite.runner, RUNNERS["command"])
    try:
        return way.run(task, tools)
    except OSError as err:
        return Run(trouble="runner", detail=f"cannot run '{task.suite.command[0]}': {err.strerror}")


def fingerprint(suite: Suite, tools: Tools) -> str:
    """All of this machine that decides the outcome of a suite."""
    if suite.runner == "pytest":
        python = tools.toolchain.python()
        return python.fingerprint if python else "none"
    return tools.toolchain.program(suite.command[0])


def selection(suite: Suite, paths: Sequence[str]) -> tuple[str, ...]:
    """The touched test files that a suite can be asked for by name; () means all its tests.

    Helpers and golden files can't be asked for: the tests that use them are
    somewhere among all.
    """
    prefix = f"{suite.root}/" if suite.root else ""
    inside = [p.removeprefix(prefix) for p in paths if not p.endswith("/__init__.py")]
    selects = RUNNERS.get(suite.runner, RUNNERS["command"]).selects
    return tuple(sorted(inside)) if all(map(selects, inside)) else ()
