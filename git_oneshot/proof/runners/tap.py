"""Any command that speaks TAP, version 13 or 14, to its output or into a report."""

import re
from typing import Final

from git_oneshot.core.verdicts.runs import Outcome, Result, Run
from git_oneshot.proof.runners.evidence import ASSERTION, Evidence
from git_oneshot.proof.runners.evidence import result as made
from git_oneshot.proof.runners.junit import forget_report, read_report
from git_oneshot.proof.runners.task import Task, Tools, concluded, env_of, start
from git_oneshot.proof.running.process import OUTPUT

_POINT: Final = re.compile(r"(not )?ok\b(?:[ \t]+(\d+))?(?:[ \t]+-)?[ \t]*(.*)")
_PLAN: Final = re.compile(r"1\.\.(\d+)[ \t]*(?:#[ \t]*(.*))?")
_DIRECTIVE: Final = re.compile(r"(?<!\\)#[ \t]*(skip|todo)\b\S*[ \t]*(.*)$", re.IGNORECASE)
_BAIL: Final = re.compile(r"Bail out!(.*)")
_NAMED: Final = re.compile(r"^\s*(?:name|type): ['\"]?(\w+(?:Error|Exception))\b", re.MULTILINE)
_MESSAGE: Final = re.compile(r"^\s*(?:message|error): (?:['\"]?)(.*?)['\"]?$", re.MULTILINE)
_EMPTY: Final = "the run spoke no TAP"


def run(task: Task, tools: Tools) -> Run:
    """Run the command, and read what it said."""
    if task.suite.report:
        forget_report(task)
    ended = start(task, task.suite.command, env_of(task, tools), kept=OUTPUT)
    text, problem = (ended.log, "") if not task.suite.report else read_report(task)
    results: list[Result] = []
    if not problem:
        results, problem = read_tap(text)
    if not results and ended.status not in (0, None):
        problem = ""  # it did not come so far: its exit status tells more
    return concluded(task, ended, results, problem, failed=tuple(range(1, 126)))


class _Stream:
    """The points of one level of a stream, and of those below it."""

    def __init__(self, path: tuple[str, ...] = ()) -> None:
        self.path = path
        self.results: list[Result] = []
        self.plan: int | None = None
        self.seen = 0
        self.skipped = False


def read_tap(text: str) -> tuple[list[Result], str]:
    """The results of a stream, and why it can't be believed. Lines that are no TAP say nothing."""
    lines = text.splitlines()
    top, problem = _level(lines, 0, ())
    if top.plan is None and not top.results:
        return [], _EMPTY
    return top.results, problem


def _level(lines: list[str], depth: int, path: tuple[str, ...]) -> tuple[_Stream, str]:
    """Read one level; deeper lines are the subtest of the point that comes after them."""
    stream = _Stream(path)
    margin = " " * (4 * depth)
    below: list[str] = []
    problem = ""
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if line.startswith(margin + "    "):
            below.append(line)
            continue
        said = line[len(margin) :] if line.startswith(margin) else line.lstrip()
        bail = _BAIL.match(said)
        if bail:
            return stream, f"the run bailed out:{bail[1]}"[:500]
        plan, point = _PLAN.fullmatch(said), _POINT.match(said)
        if plan:
            stream.plan, stream.skipped = int(plan[1]), plan[1] == "0"
        elif point:
            block, number = _block(lines, number, margin)
            wrong = _add(stream, point, below, depth, block)
            problem, below = problem or wrong, []
    if stream.plan is None:
        problem = problem or "the run made no plan: it did not come to its end"
    elif stream.plan != stream.seen:
        problem = problem or f"the run planned {stream.plan} tests and ran {stream.seen}"
    return stream, problem


def _block(lines: list[str], number: int, margin: str) -> tuple[str, int]:
    """The YAML that may follow a point, and the line behind it."""
    if number >= len(lines) or lines[number] != f"{margin}  ---":
        return "", number
    end = next((n for n in range(number, len(lines)) if lines[n] == f"{margin}  ..."), number)
    return "\n".join(lines[number + 1 : end]), end + 1


def _add(stream: _Stream, point: re.Match[str], below: list[str], depth: int, block: str) -> str:
    """A point of the stream, or the points of its subtest; what is wrong with these."""
    stream.seen += 1
    failed, number, said = point[1], point[2], point[3]
    directive = _DIRECTIVE.search(said)
    title = said[: directive.start()] if directive else said
    path = (*stream.path, title.strip().replace("\\#", "#") or f"test {number or stream.seen}")
    inner, wrong = _level(below, depth + 1, path) if below else (None, "")
    if inner is not None and inner.plan is not None and (inner.results or inner.skipped):
        stream.results += inner.results
        bad = any(r.outcome == "failed" for r in inner.results)
        if wrong or bad or not failed:
            return wrong
    word = directive[1].lower() if directive else ""
    outcome: Outcome = "failed" if failed else "passed"
    if word == "skip":
        outcome = "skipped"
    elif word == "todo":
        outcome = "xfailed" if failed else "xpassed"
    why = _why(block) if outcome == "failed" else Evidence()
    stream.results.append(made(" > ".join(path), "", outcome, "call", why))
    return ""


def _why(block: str) -> Evidence:
    """A point that is not ok is a check that failed, unless it names another error."""
    named, message = _NAMED.search(block), _MESSAGE.search(block)
    name = named[1] if named else ASSERTION
    bases = (name, ASSERTION) if "Assert" in name else (name,)
    return Evidence(name, bases, message[1][:500] if message else "")
