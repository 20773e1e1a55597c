"""vitest, by its JSON report: no retries, no snapshot is written (``CI`` sees to that)."""

import os
from typing import Final

from git_oneshot.core.verdicts.runs import Run
from git_oneshot.proof.runners import javascript
from git_oneshot.proof.runners.task import (
    Task,
    Tools,
    concluded,
    options_after,
    start,
    text_of,
)

_UNWANTED: Final = (
    "run", "watch", "dev", "-u", "--update", "-w", "--watch", "--retry=", "--bail=",
    "--reporter=", "--outputFile=", "--passWithNoTests",
    "--coverage", "--coverage.enabled",
)  # fmt: skip


def run(task: Task, tools: Tools) -> Run:
    """Run vitest on the selected files."""
    report = os.path.join(task.slot.home, "report.json")
    argv = [
        "vitest", "run", *options_after(task.suite, "vitest", *_UNWANTED),
        "--reporter=default", "--reporter=json", f"--outputFile={report}", "--retry=0", "--bail=0",
        "--coverage.enabled=false",  # as in jest
        *task.files,
    ]  # fmt: skip
    ended = start(task, argv, javascript.env(task, tools))
    text = text_of(report)
    results, problem = javascript.read(task, text)
    return concluded(task, ended, results, problem, none=bool(text) and not (results or problem))
