"""Go's tests, by ``go test -json``; of a package that does not build, no test file can be read."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from git_oneshot.core.verdicts.runs import Result, Run
from git_oneshot.proof.runners.evidence import ASSERTION, BROKEN, FILE, NAME, Evidence, packages
from git_oneshot.proof.runners.evidence import result as made
from git_oneshot.proof.runners.task import (
    Task,
    Tools,
    concluded,
    env_of,
    in_words,
    options_after,
    start,
    text_of,
)
from git_oneshot.proof.running.process import OUTPUT

_UNWANTED: Final = ("-json", "-count=", "-timeout=", "-failfast", "-c", "-o=", "-n", "-exec=")
_ERROR: Final = re.compile(r"^(?:vet: )?(?:\./)?(\S+\.go):\d+(?::\d+)?: (.+)$", re.MULTILINE)
_NAMES: Final = (
    re.compile(r"undefined: (?:\w+\.)*(\w+)"),
    re.compile(r"\S+ undefined \(type .* has no field or method (\w+)"),
    re.compile(r"unknown field '?(\w+)'? in struct literal"),
    re.compile(r"(?:too many|not enough) arguments in call to (?:\w+\.)*(\w+)"),
    re.compile(r"missing method (\w+)"),
    re.compile(r"undeclared name: (\w+)"),
)
_PACKAGE: Final = re.compile(
    r"no required module provides package (\S+?)[;:]?(?: |$)"
    r"|package (\S+) is not in (?:GOROOT|std)"
    r"|cannot find (?:module providing )?package \"?([^\s\"]+)"
)
_FRAME: Final = re.compile(r"^\t(/\S+\.go):\d+", re.MULTILINE)


def selects(path: str) -> bool:
    """Whether a file holds tests: its package can be asked for."""
    return path.endswith("_test.go")


def run(task: Task, tools: Tools) -> Run:
    """Run ``go test`` on the packages of the selected files."""
    options = options_after(task.suite, "test", *_UNWANTED)
    if task.files:
        folders = dict.fromkeys(os.path.dirname(path) for path in task.files)
        named = [f"./{folder}" if folder else "." for folder in folders]
        options = [one for one in options if not one.startswith((".", "all"))] + named
    argv = ["go", "test", "-json", "-count=1", "-timeout=0", *options]
    ended = start(task, argv, env(task, tools), kept=OUTPUT)
    results = read(task, ended.log)
    return concluded(task, in_words(ended), results, failed=(1, 2))


def env(task: Task, tools: Tools) -> dict[str, str]:
    """Go's caches are named by content, so those of the user serve; no other toolchain comes."""
    home = tools.user.get("HOME", task.slot.home)
    path = tools.user.get("GOPATH", os.path.join(home, "go"))
    cache = tools.user.get("XDG_CACHE_HOME", os.path.join(home, ".cache"))
    return env_of(
        task,
        tools,
        GOPATH=path,
        GOMODCACHE=tools.user.get("GOMODCACHE", os.path.join(path, "pkg", "mod")),
        GOCACHE=tools.user.get("GOCACHE", os.path.join(cache, "go-build")),
        GOTOOLCHAIN="local",
    )


class _Event(msgspec.Struct):
    action: str = msgspec.field(name="Action", default="")
    package: str = msgspec.field(name="Package", default="")
    test: str = msgspec.field(name="Test", default="")
    output: str = msgspec.field(name="Output", default="")


class _Said(NamedTuple):
    """What a run printed: of each test, of each package, and of the build."""

    ends: dict[tuple[str, str], str]
    outputs: dict[tuple[str, str], list[str]]
    build: str


def _gathered(text: str) -> _Said:
    ends: dict[tuple[str, str], str] = {}
    outputs: dict[tuple[str, str], list[str]] = defaultdict(list)
    build: list[str] = []
    decoder = msgspec.json.Decoder(_Event)
    for line in text.splitlines():
        try:
            event = decoder.decode(line.encode(errors="replace"))
        except msgspec.DecodeError:
            build.append(line)  # an older go prints what did not build as it is
            continue
        key = (event.package, event.test)
        if event.action == "output":
            outputs[key].append(event.output)
        elif event.action == "build-output":
            build.append(event.output.rstrip("\n"))
        elif event.action in ("pass", "fail", "skip") or (event.action == "run" and event.test):
            ends[key] = event.action
    return _Said(ends, outputs, "\n".join(build))


def read(task: Task, text: str) -> list[Result]:
    """The results of a run, from all that it printed."""
    said = _gathered(text)
    module = _module(task)
    results = _unbuilt(task, said.build, module)
    broken = {os.path.dirname(result.file) for result in results}
    failed = {package for (package, test), end in said.ends.items() if test and end == "fail"}
    for (package, test), end in said.ends.items():
        folder = task.below_top(_below(package, module)) if package else ""
        output = "".join(said.outputs[package, test])
        if test:
            results.append(_result(task, said, (package, test), folder))
        elif end == "fail" and package not in failed and folder not in broken:
            why = _evidence(task, output, "exit")
            results.append(made(folder or package, folder, "error", "setup", why))
    return results


def _module(task: Task) -> str:
    text = text_of(os.path.join(task.root, "go.mod"))
    named = re.search(r"^module\s+\"?([^\s\"]+)", text, re.MULTILINE)
    return named[1] if named else ""


def _below(package: str, module: str) -> str:
    return package.removeprefix(module).lstrip("/") or "."


def _result(task: Task, said: _Said, key: tuple[str, str], folder: str) -> Result:
    package, test = key
    file = _file_of(task, folder, test.partition("/")[0])
    id_ = f"{file or folder or package}::{test}"
    end = said.ends[key]
    if end in ("pass", "skip"):
        return made(id_, file, "passed" if end == "pass" else "skipped", "call", Evidence())
    # A test that fails by one below it fails as that one does.
    within = (k for k, e in said.ends.items() if e == "fail" and k[0] == package
              and k[1].startswith(f"{test}/"))  # fmt: skip
    output = "".join(said.outputs[next(within, key)])
    if end == "run":
        return made(id_, file, "error", "call", Evidence("unfinished", ("unfinished",)))
    return made(id_, file, "failed", "call", _evidence(task, output, ASSERTION))


def _evidence(task: Task, output: str, otherwise: str) -> Evidence:
    """A panic with the frames of the tree that it came through; else a check that failed."""
    panic = re.search(r"^\t?(?:panic: |fatal error: )(.+)$", output, re.MULTILINE)
    if panic is None:
        plain = [
            line.strip() for line in output.splitlines() if not line.startswith(("=== ", "---"))
        ]
        return Evidence(otherwise, (otherwise,), "\n".join(plain)[:500])
    trace = output[panic.end() :].partition("\n\ngoroutine ")[2].partition("\n\ngoroutine ")[0]
    frames = [inside for path in _FRAME.findall(trace) if (inside := task.inside(path))]
    return Evidence("panic", ("panic",), panic[1][:500], "", tuple(reversed(frames[:50])))


def _file_of(task: Task, folder: str, test: str) -> str:
    """The file of a package that holds a test; go does not say it."""
    for path, text in _test_files(task, folder):
        if re.search(rf"^func {re.escape(test)}\(", text, re.MULTILINE):
            return path
    return ""


def _test_files(task: Task, folder: str) -> Iterable[tuple[str, str]]:
    whole = os.path.join(task.slot.top, folder)
    names = sorted(os.listdir(whole)) if os.path.isdir(whole) else []
    for name in names:
        if name.endswith("_test.go"):
            yield os.path.join(folder, name), text_of(os.path.join(whole, name))


def _unbuilt(task: Task, build: str, module: str) -> list[Result]:
    """A result for each test file that does not build, or whose package does not."""
    errors: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for file, message in _ERROR.findall(build):
        path = task.below_top(file)
        errors[os.path.dirname(path)].append((path, message))
    results = []
    for folder, found in errors.items():
        why = _why(found, module)
        wrong = {path for path, _ in found if path.endswith("_test.go")}
        paths = sorted(wrong) or [path for path, _ in _test_files(task, folder)]
        results += [made(path, path, "error", "collect", why) for path in paths]
    return results


def _why(errors: list[tuple[str, str]], module: str) -> Evidence:
    """What a package lacks, when that is all that keeps it from building (H49)."""
    missing: list[Evidence] = []
    for path, message in errors:
        package = _PACKAGE.search(message)
        name = next((found[1] for p in _NAMES if (found := p.search(message))), "")
        if package:
            wanted = next(group for group in package.groups() if group)
            inside = module and wanted.startswith(module)
            if not inside:
                return packages(wanted, message)
            below = _below(wanted, module)
            missing.append(Evidence("build-fail", ("build-fail", FILE), message, below, (path,)))
        elif name and path.endswith("_test.go"):
            missing.append(Evidence("build-fail", ("build-fail", NAME), message, name, (path,)))
        elif message != "too many errors":
            return Evidence("build-fail", ("build-fail", BROKEN), f"{path}: {message}"[:500])
    return missing[0] if missing else Evidence("build-fail", ("build-fail", BROKEN))
