"""How each kind of suite is run and its report read: a module and a row of RUNNERS for each."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple

import msgspec

from git_oneshot.core.rules.file import Runner
from git_oneshot.core.rules.rules import Suite
from git_oneshot.core.verdicts.runs import Run
from git_oneshot.proof.runners import dependencies
from git_oneshot.proof.runners.task import Task as Task
from git_oneshot.proof.runners.task import Tools as Tools
from git_oneshot.proof.runners.task import idle, sandbox_of

ARGUMENTS: Final = 100_000  # characters of names that a runner is given


class Way(NamedTuple):
    """How suites of a kind are run, by modules of this folder that are loaded when they are asked.

    All of them cost a hook a tenth of its time, and a project needs one or two.

    ``runs``: the module that does; ``asked``: the one that says which test files can be asked
    for by their paths below the root, if any can;
    ``programs``: those that decide an outcome, by how they say their version.
    """

    runs: str
    asked: str = ""
    programs: tuple[tuple[str, ...], ...] = ()

    def run(self, task: Task, tools: Tools) -> Run:
        """Run a suite of this kind."""
        made = _module(self.runs).run(task, tools)
        assert isinstance(made, Run)
        return made

    def selects(self, path: str) -> bool:
        """Whether a test file can be asked for."""
        return bool(self.asked) and bool(_module(self.asked).selects(path))


def _module(name: str) -> Any:
    return import_module(f"{__name__}.{name}")


_NODE: Final = (("node", "--version"),)
RUNNERS: Final[dict[Runner, Way]] = {
    "pytest": Way("pytest", "pytest"),
    "unittest": Way("unittest", "unittest"),
    "node": Way("node", "javascript", _NODE),
    "vitest": Way("vitest", "javascript", _NODE),
    "jest": Way("jest", "javascript", _NODE),
    "go": Way("go", "go", (("go", "version"),)),
    "cargo": Way("cargo", "rust", (("cargo", "-V"), ("rustc", "-V"))),
    "ctest": Way("ctest", programs=(("cmake", "--version"), ("cc", "--version"))),
    "junit": Way("junit"),
    "tap": Way("tap"),
    "command": Way("command"),
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
            lost = tuple(task.below_top(one) for one in task.selected if "::" in one)
            if lost:  # as pytest-xdist has it, which says nothing of them
                return msgspec.structs.replace(made, lost=lost)
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
    said.append(dependencies.installed(chain.trees, suite.root))
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
