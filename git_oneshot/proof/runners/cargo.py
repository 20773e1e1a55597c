"""Rust's tests by ``cargo test``: what rustc says is read from its diagnostics, and what
libtest prints only where its own count agrees."""

import os
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from git_oneshot.core.runs import Outcome, Result, Run
from git_oneshot.proof.process import OUTPUT
from git_oneshot.proof.runners.evidence import ASSERTION, BROKEN, FILE, NAME, Evidence, packages
from git_oneshot.proof.runners.evidence import result as made
from git_oneshot.proof.runners.task import Task, Tools, concluded, env_of, options_after, start

_UNWANTED: Final = ("--message-format", "--no-run", "--no-fail-fast", "--color")
_TARGET: Final = re.compile(r"(?:.*/)?tests/([^/]+)\.rs")
_RUNNING: Final = re.compile(r"^ +Running .*\((.+)\)$")
_DOCS: Final = re.compile(r"^ +Doc-tests (\S+)$")
_TEST: Final = re.compile(r"^test (.+?)(?: - should panic)? \.\.\. (ok|FAILED|ignored)\b")
_COUNT: Final = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;")
_OUTCOMES: Final[dict[str, Outcome]] = {"ok": "passed", "FAILED": "failed", "ignored": "skipped"}
_UNFETCHED: Final = re.compile(
    r"^error: (?:failed to (?:get|download|load source|select a version)|no matching package).*",
    re.MULTILINE,
)


def selects(path: str) -> bool:
    """Whether a file is a test target of its own."""
    return bool(_TARGET.fullmatch(path))


def run(task: Task, tools: Tools) -> Run:
    """Run ``cargo test``, on the targets of the selected files."""
    options = options_after(task.suite, "test", *_UNWANTED)
    own = options[: options.index("--")] if "--" in options else options
    rest = options[options.index("--") :] if "--" in options else []
    for path in task.files:
        found = _TARGET.fullmatch(path)
        own += ["--test", found[1]] if found else []
    argv = [
        "cargo",
        "test",
        *own,
        "--no-fail-fast",
        "--message-format=json",
        "--color=never",
        *rest,
    ]
    ended = start(task, argv, env(task, tools), kept=OUTPUT)
    unfetched = _UNFETCHED.search(ended.log)
    if unfetched and ended.status == 101:
        return Run(trouble="deps", detail=unfetched[0][:500], seconds=ended.seconds)
    results, problem = read(task, ended.log)
    return concluded(task, ended, results, problem, failed=(101,))


def env(task: Task, tools: Tools) -> dict[str, str]:
    """The user's toolchain and registry; what is built stays in the slot."""
    home = tools.user.get("HOME", task.slot.home)
    found = {
        name: path
        for name, folder in (("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup"))
        if os.path.isdir(path := tools.user.get(name, os.path.join(home, folder)))
    }
    target = os.path.join(task.slot.home, "target")
    return env_of(task, tools, CARGO_TARGET_DIR=target, CARGO_INCREMENTAL="0",
                  RUST_BACKTRACE="0", CARGO_TERM_PROGRESS_WHEN="never", **found)  # fmt: skip


def read(task: Task, text: str) -> tuple[list[Result], str]:
    """The results of a run, from all that it printed, and why it can't be believed."""
    sources: dict[str, str] = {}  # of each executable
    errors: dict[str, list[dict[str, Any]]] = {}
    lines = []
    for line in text.splitlines():
        said = _object(line)
        if said is None:
            lines.append(line)
        elif said.get("reason") == "compiler-artifact" and said.get("executable"):
            sources[os.path.basename(said["executable"])] = said["target"]["src_path"]
        elif said.get("reason") == "compiler-message" and said["message"]["level"] == "error":
            errors.setdefault(said["target"]["src_path"], []).append(said["message"])
    results = []
    for source, found in errors.items():
        path = task.inside(source) or source
        results.append(made(path, path, "error", "collect", _why(task, found)))
    for source, part in _parts(lines, sources):
        of_target, problem = _target(task, task.inside(source) or source, part)
        if problem:
            return [], problem
        results += of_target
    return results, ""


def _object(line: str) -> dict[str, Any] | None:
    if not line.startswith('{"reason":'):
        return None
    try:
        said = msgspec.json.decode(line.encode(errors="replace"))
    except msgspec.DecodeError:
        return None
    return said if isinstance(said, dict) else None


def _parts(lines: list[str], sources: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """What each test program printed, with the source of it."""
    source, part = "", list[str]()
    for line in lines:
        program = _RUNNING.match(line)
        docs = _DOCS.match(line)
        if program or docs:
            if source:
                yield source, part
            name = os.path.basename(program[1]) if program else ""
            source, part = sources.get(name, name) if program else "doc", []
        else:
            part.append(line)
    if source:
        yield source, part


def _target(task: Task, file: str, lines: list[str]) -> tuple[list[Result], str]:
    """The results of one program; a test that printed such a line itself spoils the count."""
    found: dict[str, str] = {}
    counted: re.Match[str] | None = None
    listing = True
    for line in lines:
        listing = listing and line != "failures:"
        test = _TEST.match(line) if listing else None
        if test:
            found[test[1]] = test[2]
        counted = _COUNT.match(line) or counted
    said = "\n".join(lines)
    if counted is None:
        return [], f"the tests of {file} did not come to their end"
    numbers = [list(found.values()).count(word) for word in ("ok", "FAILED", "ignored")]
    if numbers != [int(number) for number in counted.groups()]:
        return [], f"the tests of {file} printed lines that look like results"
    return [_result(task, file, test, word, said) for test, word in found.items()], ""


def _result(task: Task, file: str, test: str, word: str, said: str) -> Result:
    docs = re.fullmatch(r"(\S+) - (.+?)(?: \(line \d+\))?", test)
    if docs:
        file, test = task.below_top(docs[1]), f"doc {docs[2]}"
    why = _evidence(task, test, said) if word == "FAILED" else Evidence()
    return made(f"{file}::{test}", file, _OUTCOMES[word], "call", why)


def _evidence(task: Task, test: str, said: str) -> Evidence:
    """Why a test failed: where it panicked, and whether a check of its own did that."""
    block = said.partition(f"---- {test} stdout ----\n")[2].partition("\n---- ")[0]
    panic = re.search(r"panicked at (\S+?):\d+:\d+:\n(.*)", block)
    if panic is None:
        # It returned an Err, or did not panic as it should: it says so itself.
        return Evidence("Err", ("Err", ASSERTION), block.strip()[:500])
    where = task.inside(panic[1])
    checks = (
        "assertion",
        "called `Option::unwrap",
        "called `Result::unwrap",
        "called `Result::exp",
    )
    checked = panic[2].startswith(checks) or "expect" in panic[2][:20]
    kind = ("panic", ASSERTION) if checked else ("panic",)
    return Evidence("panic", kind, panic[2][:500], "", (where,) if where else ())


_SYMBOLS: Final = frozenset(
    """
    E0026 E0027 E0050 E0053 E0061 E0063 E0405 E0407 E0412 E0422 E0423 E0425 E0432 E0433 E0437
    E0438 E0531 E0532 E0559 E0560 E0574 E0576 E0583 E0599 E0609 E0610 E0615
    """.split()  # noqa: SIM905 - a column of codes reads better
)


def _why(task: Task, errors: list[dict[str, Any]]) -> Evidence:
    """What a target lacks, when that is all that keeps it from compiling (H49)."""
    missing: list[Evidence] = []
    for error in errors:
        code = (error.get("code") or {}).get("code", "")
        message = error["message"]
        spans = [span["file_name"] for span in error["spans"] if span["is_primary"]]
        where = tuple(inside for path in spans if (inside := task.inside(path)))
        labels = " ".join(span["label"] or "" for span in error["spans"])
        crate = re.search(r"(?:unlinked crate|find crate for) `(\w+)`", f"{message} {labels}")
        name = _name(error)
        if crate:
            return packages(crate[1], message)
        if code in _SYMBOLS and name:
            kind = FILE if code == "E0583" else NAME
            found = Evidence(code, (code, kind), message[:500], name, where)
            missing.append(found)
        elif code or not message.startswith("aborting due to"):
            return Evidence(code or "rustc", (BROKEN,), message[:500], "", where)
    return missing[0] if missing else Evidence("rustc", (BROKEN,))


def _name(error: dict[str, Any]) -> str:
    """The name that an error is about: the last one of the first path in backquotes."""
    notes = [span["text"][0]["text"] for note in error["children"] for span in note["spans"]
             if span["text"] and "defined here" in note["message"]]  # fmt: skip
    defined = re.search(r"\bfn (\w+)|\bstruct (\w+)", " ".join(notes))
    if defined:
        return defined[1] or defined[2]
    quoted = re.search(r"named `([^`]+)`", error["message"]) or re.search(
        r"`([^`]+)`", error["message"]
    )
    return re.findall(r"\w+", quoted[1])[-1] if quoted and re.search(r"\w", quoted[1]) else ""
