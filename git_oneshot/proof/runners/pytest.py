"""pytest of the project's own interpreter, with a report plugin of ours."""

import json
import os
from typing import Final

from git_oneshot.core.verdicts.runs import FAILING, Run
from git_oneshot.proof.runners.lines import read_lines
from git_oneshot.proof.runners.task import (
    PLUGIN,
    Task,
    Tools,
    detailed,
    env_of,
    lost_of,
    options_after,
    start,
    text_of,
    troubled,
)
from git_oneshot.proof.running.process import Ended

# `python -m` looks into the folder where it is started first: who puts one of these there runs
# no test, and says what each has done.
_OURS: Final = (
    "pytest.py", "pytest", "_pytest", "oneshot_report.py", "oneshot_report", "oneshot_told.py",
    "oneshot_told",
)  # fmt: skip
# What repeats a failed test, runs but some, or writes what is expected anew.
_UNWANTED: Final = (
    "--reruns=", "--reruns-delay=", "--retries=", "--lf", "--last-failed", "--ff", "--failed-first",
    "--nf", "--new-first", "--sw", "--stepwise", "-x", "--exitfirst", "--snapshot-update",
    "--force-regen", "--regen-all", "--co", "--collect-only", "--pdb",
)  # fmt: skip


def run(task: Task, tools: Tools) -> Run:
    """pytest of the project's own interpreter, with our report plugin."""
    python = tools.toolchain.python()
    if python is None:
        return Run(
            trouble="runner",
            detail="no python on PATH, in .venv or in VIRTUAL_ENV has pytest: pip install pytest",
        )
    own = next((n for n in _OURS if os.path.lexists(os.path.join(task.root, n))), "")
    if own:
        return Run(
            trouble="runner", detail=f"the tree has a '{own}', which Python would run instead"
        )
    report = os.path.join(task.slot.home, "report.jsonl")
    with open(report, "w", encoding="utf-8"):
        pass
    env = {
        **env_of(task, tools),
        **python.env,
        "PYTHONPATH": os.pathsep.join([PLUGIN, *sources(task)]),
        "ONESHOT_REPORT": report,
        "ONESHOT_TOP": task.slot.top,
    }
    if tools.work_tree:
        env["ONESHOT_WORK_TREE"] = tools.work_tree
    if task.trace:
        env["ONESHOT_TRACE"] = json.dumps(task.trace)
    argv = _argv(task, python.executable)
    ended = start(task, argv, env)
    return _concluded(task, ended, text_of(report))


def sources(task: Task) -> list[str]:
    """The slot's own src folders, before those that an editable install put on the path."""
    tops = dict.fromkeys((task.root, task.slot.top))
    return [src for top in tops if os.path.isdir(src := os.path.join(top, "src"))]


def _argv(task: Task, executable: str) -> list[str]:
    return [
        executable, "-m", "pytest", *options_after(task.suite, "pytest", *_UNWANTED),
        "-p", "oneshot_report", "-p", "no:cacheprovider",
        "--continue-on-collection-errors", "--maxfail=0", "--color=no", "--tb=short", "-q",
        f"--confcutdir={task.slot.top}",
        *(f"./{one}" for one in task.selected),
    ]  # fmt: skip


def _concluded(task: Task, ended: Ended, report: str) -> Run:
    """Exit status, report and tests must agree, else the run proves nothing (H52)."""
    read = read_lines(report)
    trouble = troubled(task, ended)
    detail = detailed(task, ended)
    failed = any(r.outcome in FAILING for r in read.results)
    if not trouble:
        if read.end is None:
            trouble = "runner"
            detail = read.problem or f"pytest did not come to its end; {detail}"
        elif read.foreign:
            trouble = "wrong-code"
            detail = f"the tests loaded {read.foreign[0]} of the working tree"
        elif read.end == ended.status == 3:  # an error within pytest: its log says more
            trouble = "runner"
        elif read.problem or read.end != ended.status:
            trouble = "runner"
            detail = read.problem or f"pytest reported exit {read.end}, and then: {detail}"
        elif ended.status not in (0, 1, 2, 4, 5) or (ended.status in (1, 2, 4)) != failed:
            trouble = "runner"
    if trouble:
        lost = lost_of(task, ended.log)
        return Run(trouble=trouble, detail=detail, lost=lost, seconds=ended.seconds, log=ended.log)
    lines = read.lines if task.trace else None
    return Run(results=read.results, seconds=ended.seconds, log=ended.log, lines=lines)


def selects(path: str) -> bool:
    """Whether pytest can be asked for a file: it reads some names as test ids."""
    name = path.rpartition("/")[2]
    named = name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))
    return named and "[" not in path and "::" not in path
