"""What the plugins for Python's runners wrote: a JSON line for each phase of each test."""

import re
from typing import Final, Literal, NamedTuple

import msgspec

from git_oneshot.core.verdicts.runs import Outcome, Result

# A subtest is named by its parameters, and what has no better name than its address has another
# one in each run.
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")


class Report(NamedTuple):
    """What the plugin wrote: a result for each test, and how pytest came to its end."""

    results: tuple[Result, ...]
    end: int | None
    foreign: tuple[str, ...]  # code of the working tree that was loaded
    problem: str  # why it can't be believed
    lines: dict[str, tuple[int, ...]] | None = None  # that were executed, of the files asked for


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
    lines: dict[str, list[int]] = {}
    untold: bool = False  # something else traced lines, so they are not known
    canary: str = ""  # which of the plugin's own two tests this line is about


def read_lines(text: str) -> Report:
    """The plugin's lines. Of a test's phases the first that did not pass is its result."""
    results: dict[str, Result] = {}
    end: int | None = None
    foreign: tuple[str, ...] = ()
    problem = ""
    canaries: dict[str, str] = {}
    lines: dict[str, set[int]] = {}
    told = True
    for written in text.splitlines():
        try:
            line = msgspec.json.decode(written, type=_Line)
        except (msgspec.DecodeError, UnicodeEncodeError):
            return Report((), None, (), "the report of the run is damaged")
        if line.canary:
            canaries[line.canary] = _sung(line) or canaries.get(line.canary, "")
            continue
        foreign += line.foreign
        told &= not line.untold
        for path, numbers in line.lines.items():
            lines.setdefault(path, set()).update(numbers)
        end = line.end if line.end is not None else end
        line.id = _ADDRESS.sub(" at 0x", line.id)
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
    executed = {path: tuple(sorted(numbers)) for path, numbers in lines.items()}
    return Report(tuple(results.values()), end, foreign, problem, executed if told else None)


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
