"""What the runners of Rust share: where things are built, and what rustc and a panic say."""

import os
import re
import shutil
import tomllib
from typing import Final, NamedTuple

import msgspec

from git_oneshot.core.verdicts.runs import Result
from git_oneshot.proof.runners.evidence import ASSERTION, BROKEN, FILE, NAME, Evidence, packages
from git_oneshot.proof.runners.evidence import result as made
from git_oneshot.proof.runners.task import Task, Tools, env_of, read_file

_TARGET: Final = re.compile(r"(?:.*/)?tests/([^/]+)\.rs")
_UNFETCHED: Final = re.compile(
    r"^error: (?:failed to (?:get|download|load source|select a version)|no matching package).*",
    re.MULTILINE,
)


def selects(path: str) -> bool:
    """Whether a file is a test target of its own."""
    return bool(_TARGET.fullmatch(path))


def target_options(task: Task) -> list[str]:
    """The options that ask for the selected files."""
    found = [_TARGET.fullmatch(path) for path in task.files]
    return [word for target in found if target for word in ("--test", target[1])]


def unfetched(log: str) -> str:
    """The line that says that a package could not be had; "" when none was missing."""
    found = _UNFETCHED.search(log)
    return found[0][:500] if found else ""


def env(task: Task, tools: Tools) -> dict[str, str]:
    """The user's toolchain and registry; what is built stays in the slot.

    What other people's packages became is kept there from run to run, by the
    names in the lock file; what is the tree's own is built anew.
    """
    home = tools.user.get("HOME", task.slot.home)
    found = {
        name: path
        for name, folder in (("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup"))
        if os.path.isdir(path := tools.user.get(name, os.path.join(home, folder)))
    }
    target = os.path.join(os.path.dirname(task.slot.home), "target")
    _forget_own(target, os.path.join(task.root, "Cargo.lock"))
    return env_of(task, tools, CARGO_TARGET_DIR=target, CARGO_INCREMENTAL="0",
                  RUST_BACKTRACE="0", CARGO_TERM_PROGRESS_WHEN="never", **found)  # fmt: skip


def _forget_own(target: str, lock: str) -> None:
    """Forget that the tree's own packages were built: cargo compares times, not contents."""
    try:
        locked = tomllib.loads(read_file(lock).decode()).get("package", [])
        own = {one["name"] for one in locked if "source" not in one}
        kept = {one["name"] for one in locked} - own
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        kept = set()
    for folder, _, _ in os.walk(target) if kept else ():
        if os.path.basename(folder) == ".fingerprint":
            for name in os.listdir(folder):
                if name.rpartition("-")[0] not in kept:
                    shutil.rmtree(os.path.join(folder, name))
    if not kept:
        shutil.rmtree(target, ignore_errors=True)


class _Text(msgspec.Struct, frozen=True):
    text: str


class _Code(msgspec.Struct, frozen=True):
    code: str


class _Span(msgspec.Struct, frozen=True):
    file_name: str
    is_primary: bool
    label: str | None = None
    text: tuple[_Text, ...] = ()


class _Message(msgspec.Struct, frozen=True):
    message: str
    level: str
    spans: tuple[_Span, ...]
    children: tuple["_Message", ...]
    code: _Code | None = None


class Target(msgspec.Struct, frozen=True):
    """What cargo makes of a source."""

    src_path: str
    name: str = ""
    kind: tuple[str, ...] = ()


class Artifact(msgspec.Struct, frozen=True, tag_field="reason", tag="compiler-artifact"):
    """Something that cargo has made; a test program has an ``executable``."""

    target: Target
    package_id: str = ""
    executable: str | None = None


class _Complaint(msgspec.Struct, frozen=True, tag_field="reason", tag="compiler-message"):
    target: Target
    message: _Message


class Compiled(NamedTuple):
    """What cargo said of the build: test programs, what did not compile, and all other lines."""

    programs: list[Artifact]
    broken: list[Result]
    lines: list[str]


def compiled(task: Task, text: str) -> Compiled:
    """Read cargo's own messages. What only looks like one is a line like any other."""
    programs: list[Artifact] = []
    errors: dict[str, list[_Message]] = {}
    lines = []
    decoder = msgspec.json.Decoder(Artifact | _Complaint)
    for line in text.splitlines():
        try:
            said = decoder.decode(line.encode(errors="replace"))
        except msgspec.DecodeError:
            lines.append(line)
            continue
        if isinstance(said, Artifact):
            programs += [said] if said.executable else []
        elif said.message.level == "error":
            errors.setdefault(said.target.src_path, []).append(said.message)
    broken = []
    for source, found in errors.items():
        path = task.inside(source) or source
        broken.append(made(path, path, "error", "collect", _why(task, found)))
    return Compiled(programs, broken, lines)


# Of Rust 1.73 and later, and of before.
_PANIC: Final = re.compile(
    r"panicked at (?:(?P<where>[^\s']\S*?):\d+:\d+:\n(?P<said>.*)"
    r"|'(?P<old>[^\n]{0,2000}?(?:\n[^\n]{0,500}?){0,9}?)', (?P<place>\S+?):\d+:\d+)"
)


def panicked(task: Task, block: str) -> Evidence:
    """What a test printed when it failed."""
    panic = _PANIC.search(block)
    if panic is None:
        # It returned an Err, or did not panic as it should: it says so itself.
        return Evidence("Err", ("Err", ASSERTION), block.strip()[:500])
    where = task.inside(panic["where"] or panic["place"])
    said = panic["said"] or panic["old"] or ""
    checks = (
        "assertion",
        "called `Option::unwrap",
        "called `Result::unwrap",
        "called `Result::exp",
    )
    checked = said.startswith(checks) or "expect" in said[:20]
    kind = ("panic", ASSERTION) if checked else ("panic",)
    return Evidence("panic", kind, said[:500], "", (where,) if where else ())


_SYMBOLS: Final = frozenset(
    """
    E0026 E0027 E0050 E0053 E0061 E0063 E0405 E0407 E0412 E0422 E0423 E0425 E0432 E0433 E0437
    E0438 E0531 E0532 E0559 E0560 E0574 E0576 E0583 E0599 E0609 E0610 E0615
    """.split()  # noqa: SIM905 - a column of codes reads better
)


def _why(task: Task, errors: list[_Message]) -> Evidence:
    """What a target lacks, when that is all that keeps it from compiling (H49)."""
    missing: list[Evidence] = []
    for error in errors:
        code = error.code.code if error.code else ""
        message = error.message
        spans = [span.file_name for span in error.spans if span.is_primary]
        where = tuple(inside for path in spans if (inside := task.inside(path)))
        labels = " ".join(span.label or "" for span in error.spans)
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


def _name(error: _Message) -> str:
    """The name that an error is about: the last one of the first path in backquotes."""
    notes = [span.text[0].text for note in error.children for span in note.spans
             if span.text and "defined here" in note.message]  # fmt: skip
    defined = re.search(r"\bfn (\w+)|\bstruct (\w+)", " ".join(notes))
    if defined:
        return defined[1] or defined[2]
    quoted = re.search(r"named `([^`]+)`", error.message) or re.search(r"`([^`]+)`", error.message)
    return re.findall(r"\w+", quoted[1])[-1] if quoted and re.search(r"\w", quoted[1]) else ""
