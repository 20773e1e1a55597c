"""unittest of the project's own interpreter, with a report of ours."""

import os
import re
from typing import Final

from msgspec.structs import replace

from git_oneshot.core.verdicts.runs import Run
from git_oneshot.proof.runners.lines import read_lines
from git_oneshot.proof.runners.pytest import sources
from git_oneshot.proof.runners.task import (
    PLUGIN,
    Task,
    Tools,
    concluded,
    env_of,
    lost_of,
    options_after,
    start,
    text_of,
)

_MODULE: Final = re.compile(r"(?:[^\W\d]\w*/)*[^\W\d]\w*\.py")


def selects(path: str) -> bool:
    """Whether a file can be imported by its path, and is called as tests are."""
    name = path.rpartition("/")[2]
    named = name.startswith("test") or name.endswith("_test.py")
    return named and bool(_MODULE.fullmatch(path))


def run(task: Task, tools: Tools) -> Run:
    """Run the selected files, or what unittest discovers."""
    python = tools.toolchain.python(needs_pytest=False)
    if python is None:
        return Run(trouble="runner", detail="no python on PATH, in .venv or in VIRTUAL_ENV")
    report = os.path.join(task.slot.home, "report.jsonl")
    with open(report, "w", encoding="utf-8"):
        pass
    more = {"ONESHOT_WORK_TREE": tools.work_tree} if tools.work_tree else {}
    env = env_of(task, tools, ONESHOT_REPORT=report, ONESHOT_TOP=task.slot.top,
                 ONESHOT_SOURCES=os.pathsep.join(sources(task)), **python.env, **more)  # fmt: skip
    program = os.path.join(PLUGIN, "oneshot_unittest.py")
    options = options_after(task.suite, "unittest", "-f", "--failfast")
    ended = start(task, [python.executable, program, *options, "--", *task.selected], env)
    read = read_lines(text_of(report))
    problem = read.problem
    if read.end is None:
        problem = problem or "unittest did not come to its end"
    elif read.end != ended.status:
        problem = problem or f"unittest reported exit {read.end}, and ended otherwise"
    if read.foreign and not problem:
        detail = f"the tests loaded {read.foreign[0]} of the working tree"
        return Run(trouble="wrong-code", detail=detail, seconds=ended.seconds, log=ended.log)
    lost = lost_of(task, ended.log)
    if lost and not problem:
        problem = f"there is no {lost[0]}"
    return replace(concluded(task, ended, read.results, problem), lost=lost)
