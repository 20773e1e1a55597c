"""CMake's tests: configured and built anew for each tree (make compares times, and two trees
of one second look alike), then ``ctest`` with its JUnit report."""

import os
import re
from typing import Final

from msgspec.structs import replace

from git_oneshot.core.verdicts.runs import Result, Run
from git_oneshot.proof.runners.evidence import BROKEN, FILE, NAME, Evidence
from git_oneshot.proof.runners.evidence import result as made
from git_oneshot.proof.runners.junit import read_junit
from git_oneshot.proof.runners.task import (
    Task,
    Tools,
    concluded,
    env_of,
    options_after,
    start,
    text_of,
    troubled,
)
from git_oneshot.proof.running.process import OUTPUT, Ended

_UNWANTED: Final = (
    "--test-dir=",
    "--output-junit=",
    "--no-tests=",
    "--repeat=",
    "--stop-on-failure",
)
_ERROR: Final = re.compile(r"^(\S+?):\d+:(?:\d+:)? (?:fatal )?error: (.+)$", re.MULTILINE)
_NAMES: Final = (
    re.compile(r"undefined reference to [`'\u2018](?:\w+::)*(\w+)"),
    re.compile(r"[Ii]mplicit declaration of function ['\u2018](\w+)"),
    re.compile(r"call to undeclared function '(\w+)'"),
    re.compile(r"use of undeclared identifier '(\w+)'"),
    re.compile(r"['\u2018](\w+)['\u2019] (?:was not declared|undeclared|does not name a type)"),
    re.compile(r"has no member named ['\u2018](\w+)|no member named '(\w+)'"),
    re.compile(r"['\u2018](\w+)['\u2019] is not a member of"),
    re.compile(r"unknown type name ['\u2018](\w+)"),
    re.compile(
        r"too (?:many|few) arguments to function (?:call )?['\u2018](?:.*?)(\w+)(?:\(|['\u2019])"
    ),
)
_HEADER: Final = re.compile(r"error: '?([^':\s]+)'?:? (?:No such file|file not found)")
_SOURCE: Final = re.compile(r"Cannot find source file:\s+(\S+)")


def run(task: Task, tools: Tools) -> Run:
    """Configure, build as far as it goes, and run the tests that were built."""
    build = os.path.join(task.slot.home, "build")
    env = env_of(task, tools, CTEST_OUTPUT_ON_FAILURE="1")
    made_files = start(task, ["cmake", "-S", ".", "-B", build], env, kept=OUTPUT)
    if troubled(task, made_files):
        return concluded(task, made_files, ())
    if made_files.status != 0:
        return _unmade(task, made_files)
    going_on = ["-k", "0"] if os.path.exists(os.path.join(build, "build.ninja")) else ["-k"]
    argv = ["cmake", "--build", build, "--", *going_on]
    built = start(task, argv, env, spent=made_files.seconds, kept=OUTPUT)
    if troubled(task, built):
        return concluded(task, built, ())
    report = os.path.join(task.slot.home, "report.xml")
    argv = [
        "ctest", *options_after(task.suite, "ctest", *_UNWANTED), "--test-dir", build,
        "--output-junit", report, "--no-tests=error",
    ]  # fmt: skip
    ended = start(task, argv, env, spent=built.seconds)
    results, problem = read_junit(task, text_of(report), of="CMakeLists.txt")
    why = _why(task, built.log) if built.status != 0 else None
    return concluded(task, ended, [_unbuilt(r, why) for r in results], problem, failed=(8,))


def _unmade(task: Task, ended: Ended) -> Run:
    """A run of a tree that CMake cannot configure, such as one without a source it names."""
    source = _SOURCE.search(ended.log)
    if source is None:
        return concluded(task, ended, ())
    path = task.below_top("CMakeLists.txt")
    why = Evidence("cmake", ("cmake", FILE), source[0], os.path.basename(source[1]))
    return concluded(task, ended, [made(path, path, "error", "collect", why)])


def _unbuilt(result: Result, why: Evidence | None) -> Result:
    """ctest calls a test skipped whose program is not there."""
    if "Unable to find executable" not in result.message and "not run" not in result.message:
        return result
    told = why or Evidence("ctest", ("ctest", BROKEN), result.message)
    return replace(result, outcome="error", when="collect", **told._asdict())


def _why(task: Task, log: str) -> Evidence:
    """What the tests' sources lack, when that is all that keeps them from building (H49)."""
    errors = _ERROR.findall(log)
    frames = tuple(dict.fromkeys(p for path, _ in errors if (p := task.inside(path))))
    header = _HEADER.search(log)
    if header:
        return Evidence("cc", ("cc", FILE), header[0], os.path.basename(header[1]), frames[:50])
    for text in (*(message for _, message in errors), log):
        for pattern in _NAMES:
            found = pattern.search(text)
            if found:
                name = next(group for group in found.groups() if group)
                return Evidence("cc", ("cc", NAME), found[0], name, frames[:50])
        if text is not log:
            return Evidence("cc", ("cc", BROKEN), text[:500], "", frames[:50])
    return Evidence("cc", ("cc", BROKEN), "it does not build")
