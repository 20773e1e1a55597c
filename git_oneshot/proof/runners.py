"""How each kind of suite is run and its report read: a runner is a function in RUNNERS."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from git_oneshot.core.rules import Suite
from git_oneshot.core.runs import FAILING, Outcome, Result, Run
from git_oneshot.proof import plugin
from git_oneshot.proof.process import OUTPUT, Ended, environment, run
from git_oneshot.proof.slots import Slot
from git_oneshot.proof.toolchain import Toolchain

PLUGIN: Final = os.path.dirname(os.path.abspath(plugin.__file__ or ""))


class Task(NamedTuple):
    """One run to make: a suite in a slot, on all its tests or on the selected ones.

    ``selected`` are paths or test ids below the suite's root; empty means all.
    """

    suite: Suite
    slot: Slot
    selected: tuple[str, ...]
    timeout: float


class Tools(NamedTuple):
    """What runners need of this machine."""

    toolchain: Toolchain
    user: Mapping[str, str]
    work_tree: str | None


def run_suite(task: Task, tools: Tools) -> Run:
    """Run a suite, and say what each test did. Never raises for what the suite does."""
    try:
        return RUNNERS.get(task.suite.runner, _command)(task, tools)
    except OSError as err:
        return Run(trouble="runner", detail=f"cannot run '{task.suite.command[0]}': {err.strerror}")


def fingerprint(suite: Suite, tools: Tools) -> str:
    """All of this machine that decides the outcome of a suite."""
    if suite.runner == "pytest":
        python = tools.toolchain.python()
        return python.fingerprint if python else "none"
    return tools.toolchain.program(suite.command[0])


def _root(task: Task) -> str:
    return os.path.join(task.slot.top, task.suite.root) if task.suite.root else task.slot.top


def _env(task: Task, tools: Tools) -> dict[str, str]:
    env = environment(tools.user, task.slot.home, task.slot.top)
    return {**env, "PATH": tools.toolchain.path()}


# -- a plain command ------------------------------------------------------------


def _command(task: Task, tools: Tools) -> Run:
    """Any command: its exit status is one test. It can't tell tests apart: a weaker proof."""
    ended = run(task.suite.command, _root(task), _env(task, tools), task.timeout, task.slot.lock)
    trouble = _trouble(task, ended)
    if not trouble and ended.status in _SHELL:
        trouble = "runner"
    if trouble:
        return Run(
            trouble=trouble, detail=_detail(task, ended), seconds=ended.seconds, log=ended.log
        )
    result = Result(
        id=" ".join(task.suite.command)[:500],
        outcome="passed" if ended.status == 0 else "failed",
        exception="" if ended.status == 0 else "exit-code",
        message=f"exit {ended.status}",
    )
    return Run(results=(result,), seconds=ended.seconds, log=ended.log)


# A shell's words for "cannot run it", and for "a signal ended it".
_SHELL: Final = frozenset((126, 127, *range(129, 129 + 64)))


def _trouble(task: Task, ended: Ended) -> str:
    if ended.status is None:
        return "timeout" if ended.seconds >= task.timeout else "runner"
    return "runner" if ended.status < 0 else ""


def _detail(task: Task, ended: Ended) -> str:
    if ended.status is None:
        much = f"took longer than {task.timeout:g} s"
        if ended.seconds < task.timeout:
            much = f"printed more than {OUTPUT >> 20} MiB"
        return f"suite '{task.suite.name}' {much}"
    how = f"signal {-ended.status}" if ended.status < 0 else f"exit {ended.status}"
    last = next((line for line in reversed(ended.log.splitlines()) if line.strip()), "")
    return f"suite '{task.suite.name}' ended with {how}: {last.strip()}"[:500]


# -- pytest -----------------------------------------------------------------------


def _pytest(task: Task, tools: Tools) -> Run:
    """pytest of the project's own interpreter, with our report plugin."""
    python = tools.toolchain.python()
    if python is None:
        return Run(
            trouble="runner",
            detail="no python on PATH, in .venv or in VIRTUAL_ENV has pytest: pip install pytest",
        )
    report = os.path.join(task.slot.home, "report.jsonl")
    with open(report, "w", encoding="utf-8"):
        pass
    env = {
        **_env(task, tools),
        "PYTHONPATH": os.pathsep.join([PLUGIN, *_sources(task)]),
        "ONESHOT_REPORT": report,
        "ONESHOT_TOP": task.slot.top,
    }
    if tools.work_tree:
        env["ONESHOT_WORK_TREE"] = tools.work_tree
    argv = _pytest_argv(task, python.executable)
    ended = run(argv, _root(task), env, task.timeout, task.slot.lock)
    with open(report, encoding="utf-8", errors="replace") as file:
        return _pytest_run(task, ended, file.read())


def _sources(task: Task) -> list[str]:
    """The slot's own src folders, before those that an editable install put on the path."""
    tops = dict.fromkeys((_root(task), task.slot.top))
    return [src for top in tops if os.path.isdir(src := os.path.join(top, "src"))]


def _pytest_argv(task: Task, executable: str) -> list[str]:
    command = task.suite.command
    options = command[command.index("pytest") + 1 :] if "pytest" in command else ()
    return [
        executable, "-m", "pytest", *options, "-p", "oneshot_report", "-p", "no:cacheprovider",
        "--continue-on-collection-errors", "--maxfail=0", "--color=no", "--tb=short", "-q",
        f"--confcutdir={task.slot.top}",
        *(f"./{one}" for one in task.selected),
    ]  # fmt: skip


def _pytest_run(task: Task, ended: Ended, report: str) -> Run:
    """Exit status, report and tests must agree, else the run proves nothing (H52)."""
    read = read_pytest_report(report)
    trouble = _trouble(task, ended)
    detail = _detail(task, ended)
    failed = any(r.outcome in FAILING for r in read.results)
    if not trouble:
        if read.end is None:
            trouble = "runner"
            detail = read.problem or f"pytest did not come to its end; {detail}"
        elif read.foreign:
            trouble = "wrong-code"
            detail = f"the tests loaded {read.foreign[0]} of the working tree"
        elif read.problem or read.end != ended.status:
            trouble = "runner"
            detail = read.problem or f"pytest reported exit {read.end}, and then: {detail}"
        elif ended.status not in (0, 1, 2, 5) or (ended.status in (1, 2)) != failed:
            trouble = "runner"
    if trouble:
        return Run(trouble=trouble, detail=detail, seconds=ended.seconds, log=ended.log)
    return Run(results=read.results, seconds=ended.seconds, log=ended.log)


class Report(NamedTuple):
    """What the plugin wrote: a result for each test, and how pytest came to its end."""

    results: tuple[Result, ...]
    end: int | None
    foreign: tuple[str, ...]  # code of the working tree that was loaded
    problem: str  # why it can't be believed


class _Line(msgspec.Struct):
    """One phase of one test, or (``end``, ``foreign``) what a process says at its end."""

    id: str = ""
    file: str = ""
    when: Literal["setup", "call", "teardown", "collect"] = "call"
    outcome: Literal["passed", "failed", "skipped"] = "passed"
    xfail: bool = False
    raised: bool = False
    exception: str = ""
    bases: tuple[str, ...] = ()
    message: str = ""
    missing: str = ""
    frames: tuple[str, ...] = ()
    end: int | None = None
    foreign: tuple[str, ...] = ()
    canary: str = ""  # which of the plugin's own two tests this line is about


def read_pytest_report(text: str) -> Report:
    """The plugin's lines. Of a test's phases the first that did not pass is its result."""
    results: dict[str, Result] = {}
    end: int | None = None
    foreign: tuple[str, ...] = ()
    problem = ""
    canaries: dict[str, str] = {}
    for written in text.splitlines():
        try:
            line = msgspec.json.decode(written, type=_Line)
        except (msgspec.DecodeError, UnicodeEncodeError):
            return Report((), None, (), "the report of the run is damaged")
        if line.canary:
            canaries[line.canary] = _sung(line) or canaries.get(line.canary, "")
            continue
        foreign += line.foreign
        end = line.end if line.end is not None else end
        if not line.id:
            continue
        if line.raised and line.outcome == "passed" and not line.xfail:
            problem = f"{line.id} raised {line.exception}, and something called it passed"
        there = results.get(line.id)
        if there is None or there.outcome == "passed":
            results[line.id] = _result(line)
    for canary, sung in canaries.items():
        if end is not None and sung not in (canary, "unheard"):
            problem = problem or f"a test of ours that {canary} did not: something forges outcomes"
    return Report(tuple(results.values()), end, foreign, problem)


def _sung(line: _Line) -> str:
    """What a canary did, once that is known: "fails", "passes", or "unheard".

    A fixture or a hook of the project may keep it from being called, as it may
    any test that it does not expect: that says nothing.
    """
    if line.when == "setup" and (line.raised or line.outcome != "passed"):
        return "unheard"
    if line.when != "call":
        return ""
    if line.raised == (line.outcome == "failed"):
        return "fails" if line.raised else "passes"
    return "forged"


def _result(line: _Line) -> Result:
    """A phase that failed outside the test itself is an error."""
    outcome: Outcome = line.outcome
    if line.xfail and outcome != "failed":
        outcome = "xfailed" if outcome == "skipped" else "xpassed"
    elif outcome == "failed" and line.when != "call":
        outcome = "error"
    return Result(
        id=line.id, outcome=outcome, file=line.file, when=line.when, exception=line.exception,
        bases=line.bases, message=line.message, missing=line.missing, frames=line.frames,
    )  # fmt: skip


RUNNERS: Final[dict[str, Callable[[Task, Tools], Run]]] = {"command": _command, "pytest": _pytest}


def selection(suite: Suite, paths: Sequence[str]) -> tuple[str, ...]:
    """The touched test files that a suite can be asked for by name; () means all its tests.

    Helpers and golden files can't be asked for: the tests that use them are
    somewhere among all.
    """
    prefix = f"{suite.root}/" if suite.root else ""
    inside = [p.removeprefix(prefix) for p in paths if not p.endswith("/__init__.py")]
    if suite.runner != "pytest" or not all(map(_is_test_module, inside)):
        return ()
    return tuple(sorted(inside))


def _is_test_module(path: str) -> bool:
    name = path.rpartition("/")[2]
    named = name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))
    return named and "[" not in path and "::" not in path  # pytest reads these as test ids
