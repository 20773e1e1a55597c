"""What the errors of JavaScript say, and the report that vitest and jest write alike."""

import os
import re
from typing import Any, Final

import msgspec

from git_oneshot.core.verdicts.runs import Outcome, Result
from git_oneshot.proof.runners.evidence import ASSERTION, BROKEN, FILE, NAME, Evidence, packages
from git_oneshot.proof.runners.evidence import result as made
from git_oneshot.proof.runners.task import Task, Tools, env_of

TESTS: Final = re.compile(
    r"(?:.*/)?(?:[^/]+\.(?:test|spec)|test|test-[^/]+|[^/]+[-_]test)\.(?:[cm]?[jt]s|[jt]sx)"
    r"|(?:.*/)?(?:__tests__|test)/[^/]+\.(?:[cm]?[jt]s|[jt]sx)"
)
# A name that the code lacks: the last identifier is the one that is missing.
_NAMES: Final = (
    re.compile(r"([\w$.)]+) is not a (?:function|constructor)\b"),
    re.compile(r"([\w$]+) is not defined\b"),
    re.compile(r"does not provide an export named '([\w$]+)'"),
    re.compile(r"No matching export in .* for import \"([\w$]+)\""),
    re.compile(r"Property '([\w$]+)' does not exist on type"),
    re.compile(r"has no exported member '([\w$]+)'"),
    re.compile(r"of (?:undefined|null) \(reading '([\w$]+)'\)"),
)
_MODULE: Final = re.compile(
    r"(?:Cannot find (?:module|package)|Failed to resolve import|Could not resolve) "
    r"['\"]([^'\"]+)['\"](?:(?: imported)? from ['\"]?([^'\"\n]+?)['\"]?(?:\n|\.? Does|$))?"
)
_FRAME: Final = re.compile(r"^\s+at (?:.*?[( ])?((?:file://)?/[^()\n]*?):\d+(?::\d+)?\)?$", re.M)
_CLASS: Final = re.compile(r"^\s*(?:Uncaught )?([A-Z][\w$]*)(?: \[(\w+)\])?: ")


def selects(path: str) -> bool:
    """Whether a file holds tests by its name, and can be asked for."""
    return bool(TESTS.fullmatch(path))


def env(task: Task, tools: Tools) -> dict[str, str]:
    """The environment of Node's tools: no colours in what they write down."""
    return env_of(task, tools, NO_COLOR="1", FORCE_COLOR="0")


def evidence(task: Task, text: str, importer: str = "", *, checked: bool = False) -> Evidence:
    """What an error with its stack says. ``checked``: the framework's own check failed."""
    named = _CLASS.match(text)
    name, code = (named[1], named[2] or "") if named else ("Error", "")
    stack = _FRAME.search(text)
    message = text[: stack.start()] if stack else text
    message = message[named.end() :] if named else message
    frames = [inside for path in _FRAME.findall(text) if (inside := task.inside(path))]
    found = Evidence(name, (name,), message.strip()[:500], "", tuple(reversed(frames[:50])))
    if checked or ASSERTION in name or code == "ERR_ASSERTION":
        return found._replace(bases=(name, ASSERTION))
    module = _MODULE.search(message)
    if module:
        return _module(task, found, module[1], module[2] or importer)
    for pattern in _NAMES:
        lacks = pattern.search(message)
        if lacks:
            missing = re.findall(r"[\w$]+", lacks[1])[-1:]
            return found._replace(bases=(name, NAME), missing="".join(missing))
    return found._replace(bases=(name, BROKEN)) if name == "SyntaxError" else found


def _module(task: Task, found: Evidence, wanted: str, importer: str) -> Evidence:
    """A module that is not there: a file of the tree, or somebody else's package."""
    if not wanted.startswith((".", "/", "file:", "@/", "~/", "#")):
        parts = wanted.split("/")
        return packages("/".join(parts[: 2 if wanted[0] == "@" else 1]), found.message)
    folder = os.path.dirname(os.path.join(task.root, importer.removeprefix("file://")))
    path = task.inside(os.path.join(folder, wanted.removeprefix("file://"))) or wanted
    missing = re.sub(r"\.[cm]?[jt]sx?$", "", path.lstrip("@~#/"))
    return found._replace(bases=(found.exception, FILE), missing=missing)


# -- the JSON that jest brought, and vitest writes too ------------------------------------


class _Test(msgspec.Struct, rename="camel"):
    ancestor_titles: tuple[str, ...] = ()
    title: str = ""
    status: str = ""
    failure_messages: tuple[str, ...] = ()
    failure_details: tuple[Any, ...] = ()
    failing: bool = False  # jest: it is expected to
    invocations: int | None = None


class _File(msgspec.Struct, rename="camel"):
    name: str
    status: str = ""
    message: str = ""
    assertion_results: tuple[_Test, ...] = ()


class _Report(msgspec.Struct, rename="camel"):
    test_results: tuple[_File, ...]


_OUTCOMES: Final[dict[str, Outcome]] = {"passed": "passed", "failed": "failed"}


def read(task: Task, text: str) -> tuple[list[Result], str]:
    """The results of a report, and why it can't be believed."""
    try:
        report = msgspec.json.decode(text.encode(), type=_Report)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return [], "the run left no report" if not text else "the report of the run is damaged"
    results: list[Result] = []
    for file in report.test_results:
        path = task.inside(file.name) or file.name
        results += [_result(task, path, test) for test in file.assertion_results]
        if file.status == "failed" and not any(
            t.status == "failed" for t in file.assertion_results
        ):
            said = _unframed(file.message)
            results.append(made(path, path, "error", "collect", evidence(task, said, path)))
    return results, ""


def _unframed(message: str) -> str:
    """What jest says of a file that it could not load, without its own words around it."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", message)
    text = re.sub(r"\A\s*\u25cf Test suite failed to run\s*", "", text)
    return "SyntaxError: " + text if "unexpected token" in text[:60] else text


def _result(task: Task, path: str, test: _Test) -> Result:
    id_ = f"{path}::{' > '.join((*test.ancestor_titles, test.title))}"
    outcome = _OUTCOMES.get(test.status, "skipped")
    if outcome == "passed" and (test.invocations or 1) > 1:
        again = Evidence("Retried", ("Retried",), "it passed only when it was run again")
        return made(id_, path, "failed", "call", again)
    if outcome != "failed":
        return made(id_, path, "xfailed" if test.failing else outcome, "call", Evidence())
    said = re.sub(r"\x1b\[[0-9;]*m", "", test.failure_messages[0] if test.failure_messages else "")
    details = test.failure_details[0] if test.failure_details else {}
    matched = isinstance(details, dict) and "matcherResult" in details
    checked = matched or said.startswith(("assert", "Error: Snapshot `", "Error: expect("))
    hook = "_callCircusHook" in said or "at runHook " in said
    when = "setup" if hook else "call"
    return made(id_, path, "error" if hook else "failed", when,
                  evidence(task, said, path, checked=checked))  # fmt: skip
