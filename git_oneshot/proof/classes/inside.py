"""Production files that hold tests: each stands in the change twice, as code and as tests.

As tests its blob is the code as it was with the tests as they are, which is what
the hybrid tree gets. Where only tests changed, the file is on the test side alone.
"""

import builtins
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from git_oneshot.core.rules.rules import Rules, suites_of
from git_oneshot.core.source.examples import PROMPT, with_examples
from git_oneshot.core.source.inside import ENDINGS, holds_tests, split, together
from git_oneshot.core.source.syntax import PYTHON
from git_oneshot.git import Git
from git_oneshot.proof.classes.inert import same_python
from git_oneshot.proof.trees.blobs import read_blobs
from git_oneshot.proof.trees.change import Change, File

MOST: Final = 2**18  # characters of a file that is taken apart
_SETTINGS: Final = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_PLAIN: Final = ("100644", "100755")
# Examples in the comments of Rust stand beside what they show: they have no place without it.
_RUST_DOCS: Final = re.compile(r"^[ \t]*//[/!].*$", re.MULTILINE)


class Apart(NamedTuple):
    """A change whose files are taken apart, and the paths of which that could not be done."""

    change: Change
    mixed: tuple[str, ...] = ()


class _Versions(NamedTuple):
    """A file without the change and with it."""

    file: File
    old: str
    new: str


def taken_apart(git: Git, change: Change, rules: Rules) -> Apart:
    """A change with the tests in its production files on the test side."""
    endings = ENDINGS
    if _runs_examples(git, change, rules):
        endings += PYTHON
    mine = [
        f for f in change.on("production")
        if f.status in ("A", "M") and f.mode in _PLAIN and f.path.endswith(endings)
    ]  # fmt: skip
    files: dict[str, tuple[File, ...]] = {f.path: (f,) for f in change.files}
    mixed = []
    for one in _read(git, mine):
        made = _made(one)
        if made is None:
            mixed.append(one.file.path)
        elif made == one.new:
            files[one.file.path] = (one.file._replace(side="test"),)
        elif made != one.old:
            blob = git.text("hash-object", "-w", "--stdin", stdin=made.encode())
            files[one.file.path] = (one.file, one.file._replace(side="test", new=blob))
    every = tuple(f for same in files.values() for f in same)
    return Apart(change._replace(files=every), tuple(mixed))


def both(change: Change) -> list[tuple[File, str]]:
    """The files that stand on both sides, and the blob of each with its code as it was."""
    code = {f.path: f for f in change.on("production")}
    return [(code[f.path], f.new) for f in change.on("test") if f.path in code]


def _read(git: Git, files: list[File]) -> Iterable[_Versions]:
    blobs = [blob for f in files for blob in (f.old, f.new) if blob]
    found = dict(zip(blobs, read_blobs(git, blobs), strict=True))
    for file in files:
        try:
            old, new = (found.get(blob, b"").decode() for blob in (file.old, file.new))
        except UnicodeDecodeError:
            continue
        yield _Versions(file, old, new)


def _made(one: _Versions) -> str | None:
    """A file with its code as it was and its tests as they are; None where that can't be told.

    The new text, where only tests changed; the old one, where none did.
    """
    path = one.file.path
    if max(len(one.old), len(one.new)) > MOST:
        return None if _has_tests(one) else one.old
    if path.endswith(PYTHON):
        if PROMPT not in one.old + one.new:
            return one.old
        made = with_examples(one.old, one.new, vars(builtins))
        same = made is not None and made != one.old and _is_same(made, one.new)
        return one.new if same else made
    if not _has_tests(one):
        return one.old
    old, new = split(path, one.old), split(path, one.new)
    if old is None or new is None:
        return None
    if old.tests != new.tests:
        return one.new if old.is_like(new) else together(old, new)
    return None if _rust_docs(path, one.old) != _rust_docs(path, one.new) else one.old


def _has_tests(one: _Versions) -> bool:
    return any(holds_tests(one.file.path, text) for text in (one.old, one.new))


def _is_same(one: str, other: str) -> bool:
    return same_python(one.encode(), other.encode())


def _rust_docs(path: str, source: str) -> list[str]:
    """The comments with examples of a Rust file."""
    said = _RUST_DOCS.findall(source) if path.endswith(".rs") else []
    return said if any("```" in line for line in said) else []


def _runs_examples(git: Git, change: Change, rules: Rules) -> bool:
    """Whether a suite that changed Python belongs to runs the examples in docstrings."""
    paths = [f.path for f in change.on("production") if f.path.endswith(PYTHON)]
    suites = {s.name: s for path in paths for s in suites_of(rules, path) if s.runner == "pytest"}
    if any("--doctest-modules" in suite.command for suite in suites.values()):
        return True
    names = {f"{s.root}/{name}" if s.root else name for s in suites.values() for name in _SETTINGS}
    if not names:
        return False
    told = git.names("ls-tree", "-z", "--full-tree", change.parent_tree, "--", *sorted(names))
    blobs = [entry.partition("\t")[0].split(" ")[2] for entry in told if " blob " in entry]
    return any(b"--doctest-modules" in text for text in read_blobs(git, blobs))
