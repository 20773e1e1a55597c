"""Node's own test runner, by a reporter of ours."""

import os
import re
from typing import Annotated, Final

import msgspec

from git_oneshot.core.verdicts.runs import Outcome, Result, Run
from git_oneshot.proof.runners import javascript
from git_oneshot.proof.runners.evidence import ASSERTION, Evidence
from git_oneshot.proof.runners.evidence import result as made
from git_oneshot.proof.runners.task import (
    PLUGIN,
    Task,
    Tools,
    concluded,
    options_after,
    start,
    text_of,
)

_UNWANTED: Final = (
    "--test", "--watch", "--test-reporter=", "--test-reporter-destination=",
    "--test-update-snapshots", "--test-only", "--test-force-exit",
)  # fmt: skip
_FILE: Final = re.compile(r"[^-].*(?:[/*]|\.[cm]?[jt]sx?$).*")


def run(task: Task, tools: Tools) -> Run:
    """Run ``node --test`` on the selected files."""
    report = os.path.join(task.slot.home, "report.jsonl")
    options = options_after(task.suite, "node", *_UNWANTED)
    if task.files:
        options = _without_files(options)
    argv = [
        "node", "--test", "--test-reporter", "spec", "--test-reporter-destination", "stdout",
        "--test-reporter", os.path.join(PLUGIN, "oneshot_reporter.mjs"),
        "--test-reporter-destination", report, *options, *task.files,
    ]  # fmt: skip
    ended = start(task, argv, javascript.env(task, tools))
    results, problem = read(task, text_of(report))
    return concluded(task, ended, results, problem)


def _without_files(options: list[str]) -> list[str]:
    """The options without the files that they name; the value of an option is none."""
    takes = ("-r", "--require", "--import", "--loader", "--experimental-loader", "--env-file")
    pairs = zip(["", *options], options, strict=False)
    return [one for before, one in pairs if before in takes or not _FILE.fullmatch(one)]


class _Line(msgspec.Struct):
    names: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    file: str = ""
    outcome: Outcome = "passed"
    kind: str = "test"
    skip: bool = False
    todo: bool = False
    failure: str = ""
    stack: str = ""
    code: str = ""
    said: str = ""


def read(task: Task, text: str) -> tuple[list[Result], str]:
    """The results of a report, and why it can't be believed."""
    results: list[Result] = []
    for written in text.splitlines():
        try:
            line = msgspec.json.decode(written.encode(), type=_Line)
        except (msgspec.DecodeError, UnicodeEncodeError):
            return [], "the report of the run is damaged"
        if line.kind == "suite" and line.failure in ("", "subtestsFailed"):
            continue  # a group, and its tests have lines of their own
        results.append(_result(task, line, results))
    return results, "" if results or not text else "the report of the run is damaged"


def _result(task: Task, line: _Line, before: list[Result]) -> Result:
    path = task.inside(line.file) or line.file
    if task.inside(line.names[0]) == path and path and len(line.names) == 1:
        said = _thrown(line.said) or line.stack
        why = javascript.evidence(task, said, path) if line.outcome == "failed" else Evidence()
        # A script without tests of its own is one test: it passes when it ends well.
        when = "call" if line.outcome == "passed" or ASSERTION in why.bases else "collect"
        outcome: Outcome = "error" if when == "collect" else line.outcome
        return made(path, path, outcome, when, why)
    id_ = f"{path}::{' > '.join(line.names)}"
    if line.skip:
        return made(id_, path, "skipped", "call", Evidence())
    if line.todo:
        outcome = "xfailed" if line.outcome == "failed" else "xpassed"
        return made(id_, path, outcome, "call", Evidence())
    if line.outcome == "passed":
        return made(id_, path, "passed", "call", Evidence())
    if line.failure == "subtestsFailed":
        within = (r for r in before if r.id.startswith(f"{id_} > ") and r.outcome == "failed")
        first = next(within, None)
        if first is not None:
            return msgspec.structs.replace(first, id=id_)
    hook = line.failure == "hookFailed"
    checked = line.code == "ERR_ASSERTION"
    why = javascript.evidence(task, line.stack, path, checked=checked)
    return made(id_, path, "error" if hook else "failed",
                             "setup" if hook else "call", why)  # fmt: skip


def _thrown(said: str) -> str:
    """The error in what a process printed before it ended."""
    found = re.search(r"^(?:Uncaught )?[A-Z][\w$]*(?: \[\w+\])?: ", said, re.MULTILINE)
    return said[found.start() :] if found else ""
