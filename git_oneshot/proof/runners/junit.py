"""Any command that writes a JUnit report. It is not one format: cases may stand at any depth,
``type`` may be missing, and one name may come twice."""

import os
import re
from typing import Final
from xml.etree import ElementTree
from xml.parsers import expat

from git_oneshot.core.verdicts.runs import Outcome, Result, Run
from git_oneshot.proof.runners.evidence import ASSERTION, NAME, Evidence
from git_oneshot.proof.runners.evidence import result as made
from git_oneshot.proof.runners.task import Task, Tools, concluded, env_of, read_file, start

LARGEST: Final = 32 * 2**20  # bytes of a report
_PATH: Final = re.compile(r"[\w./@+-]*[\w@+-]\.[A-Za-z]\w{0,9}(?=[:\"'\s(),]|$)")
_CLASS: Final = re.compile(
    r"^(?:E\s+)?(?:[\w$]+[.:]+)*([A-Z]\w*(?:Error|Exception|Failure|Failed))\b"
)
_LACKS: Final = re.compile(
    r"No module named '([\w.]+)'|cannot import name '(\w+)'"
    r"|name '(\w+)' is not defined|has no attribute '(\w+)'"
    r"|([\w$]+)\)? is not a function|([\w$]+) is not defined|undefined method [`'](\w+)"
    r"|undefined local variable or method [`'](\w+)|uninitialized constant (?:\w+::)*(\w+)"
    r"|[Cc]all to undefined (?:function|method) (?:[\w\\]+::)?(\w+)\("
)
_CHECKS: Final = re.compile(r"assert|expect|comparison|failure|failed", re.IGNORECASE)


def run(task: Task, tools: Tools) -> Run:
    """Run the command, and read what it wrote."""
    forget_report(task)
    ended = start(task, task.suite.command, env_of(task, tools))
    text, problem = read_report(task)
    results: list[Result] = []
    if not problem:
        results, problem = read_junit(task, text)
    failed = tuple(range(1, 126))
    return concluded(task, ended, results, problem, failed)


def _report(task: Task) -> str:
    return os.path.join(task.root, task.suite.report)


def forget_report(task: Task) -> None:
    """Remove a report that the tree itself holds: it tells of another run."""
    path = _report(task)
    if _within(task, os.path.dirname(path)) and os.path.isfile(path):
        os.unlink(path)


def _within(task: Task, path: str) -> bool:
    top = os.path.realpath(task.slot.top)
    return os.path.commonpath([os.path.realpath(path), top]) == top


def read_report(task: Task) -> tuple[str, str]:
    """The report that a command wrote, and why there is none; never a file out of the slot."""
    path = _report(task)
    if not _within(task, path):
        return "", f"the report '{task.suite.report}' is outside of the tree"
    try:
        body = read_file(path, LARGEST + 1, os.O_NOFOLLOW)
    except OSError as err:
        return "", f"the report '{task.suite.report}': {err.strerror}"
    if len(body) > LARGEST:
        return "", f"the report '{task.suite.report}' is larger than {LARGEST >> 20} MiB"
    return body.decode(errors="replace"), ""


def read_junit(task: Task, text: str, of: str = "") -> tuple[list[Result], str]:
    """The results of a report; ``of``: the file that all its tests are from, if one is known."""
    if not text:
        return [], "the run left no report"
    try:
        top = parsed(text)
    except (ElementTree.ParseError, expat.ExpatError, ValueError) as err:
        return [], f"the report of the run is damaged: {err}"
    results = [_result(task, case, of) for case in top.iter("testcase")]
    return results, ""


def parsed(text: str) -> ElementTree.Element:
    """The document; one that declares entities is none of a test runner's."""
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text):
        raise ValueError("it declares a document type")
    return ElementTree.fromstring(re.sub(r"\A\s*<\?xml[^>]*\?>", "", text))  # noqa: S314 - no entities


def _result(task: Task, case: ElementTree.Element, of: str) -> Result:
    name = case.get("name") or ""
    group = case.get("classname") or ""
    file = case.get("file") or of
    path = (
        task.below_top(task.inside(file) or file) if of else (file and (task.inside(file) or file))
    )
    first = path or group
    id_ = "::".join(part for part in dict.fromkeys((first, group, name)) if part)
    skipped = case.find("skipped")
    failure, error = case.find("failure"), case.find("error")
    bad = failure if failure is not None else error
    if skipped is not None and (bad is None or skipped.get("type") == "todo"):
        why = Evidence(message=(skipped.get("message") or "")[:500])
        return made(id_, path, "skipped", "call", why)
    if bad is None and case.get("status") in ("fail", "failed", "error"):
        return made(id_, path, "failed", "call", Evidence(ASSERTION, (ASSERTION,)))
    if bad is None:
        return made(id_, path, "passed", "call", Evidence())
    outcome: Outcome = "failed" if failure is not None else "error"
    return made(id_, path, outcome, "call", _why(task, bad, checked=failure is not None))


def _why(task: Task, bad: ElementTree.Element, *, checked: bool) -> Evidence:
    """A failure is a check of the framework's, unless it names the class of an exception."""
    message = bad.get("message") or ""
    body = bad.text or ""
    said = (bad.get("type") or "").rpartition(".")[2].rpartition(":")[2]
    named = _CLASS.match(message.strip()) or _CLASS.match(body.strip())
    name = said or (named[1] if named else "")
    frames = [inside for path in _PATH.findall(body) if (inside := _file(task, path))]
    found = Evidence(
        name or ("failure" if checked else "error"), (name,),
        (message or body.strip())[:500], "", tuple(dict.fromkeys(frames))[:50],
    )  # fmt: skip
    lacks = _LACKS.search(f"{message}\n{body}")
    if lacks:
        missing = next(group for group in lacks.groups() if group)
        return found._replace(bases=(name, NAME), missing=missing)
    if _CHECKS.search(name) or (checked and not re.search(r"(?:Error|Exception)$", name)):
        return found._replace(bases=(name, ASSERTION))
    return found


def _file(task: Task, path: str) -> str | None:
    inside = task.inside(path)
    return inside if inside and os.path.isfile(os.path.join(task.slot.top, inside)) else None
