"""How each kind of suite is run and its report read: a module and a row of RUNNERS for each."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from git_oneshot.core.rules import Suite
from git_oneshot.core.rules_file import Runner
from git_oneshot.core.runs import Run
from git_oneshot.proof.runners import (
    cargo,
    command,
    ctest,
    dependencies,
    go,
    javascript,
    jest,
    junit,
    node,
    pytest,
    rust,
    tap,
    unittest,
    vitest,
)
from git_oneshot.proof.runners.task import Task as Task
from git_oneshot.proof.runners.task import Tools as Tools
from git_oneshot.proof.runners.task import idle, sandbox_of

ARGUMENTS: Final = 100_000  # characters of names that a runner is given


def _none(_path: str) -> bool:
    return False


class Way(NamedTuple):
    """How suites of a kind are run.

    ``selects``: whether a test file can be asked for by its path below the root;
    ``programs``: those that decide an outcome, by how they say their version.
    """

    run: Callable[[Task, Tools], Run]
    selects: Callable[[str], bool] = _none
    programs: tuple[tuple[str, ...], ...] = ()


_NODE: Final = (("node", "--version"),)
RUNNERS: Final[dict[Runner, Way]] = {
    "pytest": Way(pytest.run, pytest.selects),
    "unittest": Way(unittest.run, unittest.selects),
    "node": Way(node.run, javascript.selects, _NODE),
    "vitest": Way(vitest.run, javascript.selects, _NODE),
    "jest": Way(jest.run, javascript.selects, _NODE),
    "go": Way(go.run, go.selects, (("go", "version"),)),
    "cargo": Way(cargo.run, rust.selects, (("cargo", "-V"), ("rustc", "-V"))),
    "ctest": Way(ctest.run, programs=(("cmake", "--version"), ("cc", "--version"))),
    "junit": Way(junit.run),
    "tap": Way(tap.run),
    "command": Way(command.run),
}


def run_suite(task: Task, tools: Tools) -> Run:
    """Run a suite, and say what each test did. Never raises for what the suite does."""
    box = sandbox_of(task.suite, tools)
    if box is None:
        return Run(trouble="sandbox", detail="the tests are to run in a sandbox, and there is none")
    task = task._replace(sandbox=box)
    try:
        lacking = dependencies.missing(task, tools)
        if lacking:
            return lacking
        way = RUNNERS[task.suite.runner]
        made = way.run(task, tools)
        if task.selected and not made.results and made.detail in ("", idle(task)):
            # Files that are called as tests are, and hold none: helpers, or another runner's.
            made = way.run(task._replace(selected=()), tools)
        return made
    except RecursionError:
        return Run(trouble="runner", detail="what the run wrote is nested too deeply")
    except OSError as err:
        name = err.filename or task.suite.command[0]
        return Run(trouble="runner", detail=f"cannot run '{name}': {err.strerror}")


def fingerprint(suite: Suite, tools: Tools) -> str:
    """All of this machine that decides the outcome of a suite; lock files are in its tree."""
    box = sandbox_of(suite, tools)
    profile = [box.profile] if box and box.profile else []
    chain = tools.toolchain
    if suite.runner in ("pytest", "unittest"):
        python = chain.python(needs_pytest=suite.runner == "pytest")
        return "\n".join([python.fingerprint if python else "none", *profile])
    said = [chain.version(*argv) for argv in RUNNERS[suite.runner].programs]
    said.append(chain.program(suite.command[0]))
    said.append(dependencies.installed(tools.work_tree, suite.root))
    return "\n".join([*said, *profile])


def selection(suite: Suite, paths: Sequence[str]) -> tuple[str, ...]:
    """The touched test files that a suite can be asked for by name; () means all its tests.

    Helpers and golden files can't be asked for: the tests that use them are
    somewhere among all.
    """
    prefix = f"{suite.root}/" if suite.root else ""
    inside = [p.removeprefix(prefix) for p in paths if not p.endswith("/__init__.py")]
    selects = RUNNERS[suite.runner].selects
    # What an argument list can't hold is about everything anyway.
    few = sum(map(len, inside)) <= ARGUMENTS
    return tuple(sorted(inside)) if few and all(map(selects, inside)) else ()
