"""jest, by its JSON report: ``--ci`` writes no snapshot, and a test that was retried failed."""

import os
import re
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
    "-u", "--updateSnapshot", "--watch", "--watchAll", "-b", "--bail", "--json", "--outputFile=",
    "-o", "--onlyChanged", "--onlyFailures", "--passWithNoTests", "--ci",
    "--coverage", "--collectCoverage",
)  # fmt: skip


def run(task: Task, tools: Tools) -> Run:
    """Run jest on the selected files."""
    report = os.path.join(task.slot.home, "report.json")
    argv = [
        "jest", *options_after(task.suite, "jest", *_UNWANTED),
        "--ci", "--json", f"--outputFile={report}", "--bail=0", "--colors=false",
        "--coverage=false",  # of a part of the tests it is below a threshold, which is no failure
        *(["--runTestsByPath", *task.files] if task.files else []),
    ]  # fmt: skip
    ended = start(task, argv, javascript.env(task, tools))
    results, problem = javascript.read(task, text_of(report))
    none = not results and bool(re.search("^No (?:tests|files) found", ended.log, re.MULTILINE))
    return concluded(task, ended, results, problem, none=none)
