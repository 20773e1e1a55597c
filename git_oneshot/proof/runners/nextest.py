"""Rust's tests by ``cargo nextest``: its JUnit report, without retries."""

import os
from typing import Final
from xml.etree import ElementTree

from git_oneshot.core.verdicts.runs import Result, Run
from git_oneshot.proof.runners.evidence import Evidence
from git_oneshot.proof.runners.evidence import result as made
from git_oneshot.proof.runners.junit import parsed
from git_oneshot.proof.runners.rust import (
    Artifact,
    compiled,
    env,
    panicked,
    target_options,
    unfetched,
)
from git_oneshot.proof.runners.task import (
    Task,
    Tools,
    concluded,
    in_words,
    options_after,
    start,
    text_of,
)
from git_oneshot.proof.running.process import OUTPUT

_UNWANTED: Final = (
    "run", "--cargo-message-format=", "--no-fail-fast", "--fail-fast", "--retries=", "--no-tests=",
)  # fmt: skip
_SETTINGS: Final = '[profile.default.junit]\npath = "%s"\n'


def run(task: Task, tools: Tools) -> Run:
    """Run nextest on the selected targets."""
    report = os.path.join(task.slot.home, "report.xml")
    settings = os.path.join(task.slot.home, "nextest.toml")
    with open(settings, "w", encoding="utf-8") as file:
        file.write(_SETTINGS % report)
    argv = [
        "cargo", "nextest", "run", *options_after(task.suite, "nextest", *_UNWANTED),
        *target_options(task), "--no-fail-fast", "--retries=0", "--cargo-message-format=json",
        f"--tool-config-file=oneshot:{settings}", "--no-tests=fail",
    ]  # fmt: skip
    ended = start(task, argv, env(task, tools), kept=OUTPUT)
    if ended.status in (101, 102) and unfetched(ended.log):
        return Run(trouble="deps", detail=unfetched(ended.log), seconds=ended.seconds)
    results, problem = read(task, ended.log, text_of(report))
    return concluded(task, in_words(ended), results, problem, failed=(100, 101))


def read(task: Task, log: str, report: str) -> tuple[list[Result], str]:
    """The results of a run, from cargo's messages and the report, and why it can't be believed."""
    said = compiled(task, log)
    if said.broken:
        return said.broken, ""
    sources = {_binary(program): program.target.src_path for program in said.programs}
    try:
        cases = list(parsed(report).iter("testcase")) if report else []
    except (ElementTree.ParseError, ValueError) as err:
        return [], f"the report of the run is damaged: {err}"
    return [_result(task, case, sources) for case in cases], ""


def _binary(said: Artifact) -> str:
    """What nextest calls a test program."""
    where, _, name = said.package_id.rpartition("#")
    package = name.partition("@")[0] if "@" in name else where.rpartition("/")[2]
    kind, target = next(iter(said.target.kind), ""), said.target.name
    if kind == "test":
        return f"{package}::{target}"
    return f"{package}::{kind}/{target}" if kind in ("bin", "example", "bench") else package


def _result(task: Task, case: ElementTree.Element, sources: dict[str, str]) -> Result:
    binary, name = case.get("classname") or "", case.get("name") or ""
    source = sources.get(binary, "")
    file = task.inside(source) or source
    id_ = f"{file or binary}::{name}"
    failure = case.find("failure")
    failure = failure if failure is not None else case.find("error")
    if case.find("skipped") is not None:
        return made(id_, file, "skipped", "call", Evidence())
    if failure is None:
        return made(id_, file, "passed", "call", Evidence())
    return made(id_, file, "failed", "call", panicked(task, failure.text or ""))
