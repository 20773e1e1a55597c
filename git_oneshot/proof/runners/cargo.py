"""Rust's tests by ``cargo test``: what rustc says is read from its diagnostics, and what
libtest prints only where its own count agrees."""

import os
import re
from collections.abc import Iterator
from typing import Final

from git_oneshot.core.verdicts.runs import Outcome, Result, Run
from git_oneshot.proof.runners import nextest
from git_oneshot.proof.runners.evidence import Evidence
from git_oneshot.proof.runners.evidence import result as made
from git_oneshot.proof.runners.rust import compiled, env, panicked, target_options, unfetched
from git_oneshot.proof.runners.task import Task, Tools, concluded, in_words, options_after, start
from git_oneshot.proof.running.process import OUTPUT

_UNWANTED: Final = ("--message-format=", "--no-run", "--no-fail-fast", "--color=")
_RUNNING: Final = re.compile(r"^ +Running .*\((.+)\)$")
_DOCS: Final = re.compile(r"^ +Doc-tests (\S+)$")
_TEST: Final = re.compile(r"^test (.+?)(?: - should panic)? \.\.\. (ok|FAILED|ignored)\b")
_COUNT: Final = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;")
_OUTCOMES: Final[dict[str, Outcome]] = {"ok": "passed", "FAILED": "failed", "ignored": "skipped"}


def run(task: Task, tools: Tools) -> Run:
    """Run ``cargo test``, or nextest where the command says so, on the selected targets."""
    if "nextest" in task.suite.command:
        return nextest.run(task, tools)
    options = options_after(task.suite, "test", *_UNWANTED)
    end = options.index("--") if "--" in options else len(options)
    argv = [
        "cargo", "test", *options[:end], *target_options(task), "--no-fail-fast",
        "--message-format=json", "--color=never", *options[end:],
    ]  # fmt: skip
    ended = start(task, argv, env(task, tools), kept=OUTPUT)
    if ended.status == 101 and unfetched(ended.log):
        return Run(trouble="deps", detail=unfetched(ended.log), seconds=ended.seconds)
    results, problem = read(task, ended.log)
    return concluded(task, in_words(ended), results, problem, failed=(101,))


def read(task: Task, text: str) -> tuple[list[Result], str]:
    """The results of a run, from all that it printed, and why it can't be believed."""
    said = compiled(task, text)
    sources = {os.path.basename(p.executable or ""): p.target.src_path for p in said.programs}
    results = said.broken
    for source, part in _parts(said.lines, sources):
        of_target, problem = _target(task, task.inside(source) or source, part)
        if problem:
            return [], problem
        results += of_target
    return results, ""


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
    """Why a test failed, from what libtest prints behind all tests."""
    block = said.partition(f"---- {test} stdout ----\n")[2].partition("\n---- ")[0]
    return panicked(task, block)
