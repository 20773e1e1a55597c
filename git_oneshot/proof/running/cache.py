"""Runs and verdicts that were had before, by all that decides their outcome.

``<common dir>/oneshot/cache/`` is local and disposable. Only runs that can be
believed are kept, and UNKNOWN never. The key is stored whole beside the value
and compared whole, so no collision of a file name can lend one run to another.
What was not used for the longest time goes when it is too much.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

import msgspec

from git_oneshot.core.facts import Proof
from git_oneshot.core.ids import COMMIT
from git_oneshot.core.verdicts.runs import Run
from git_oneshot.trail.disk import put

SCHEMA: Final = "1"  # of keys and values; a new one forgets the old
LARGEST: Final = 256 * 2**20  # bytes on the disk
LEFT: Final = 0.75  # of them, when some had to go
T = TypeVar("T", Run, Proof)


class _Kept(msgspec.Struct, frozen=True):
    key: list[str]
    value: msgspec.Raw


class Held(NamedTuple):
    """What a cache holds, and the bytes that it takes on the disk."""

    runs: int
    verdicts: int
    size: int


class _File(NamedTuple):
    used: float
    size: int
    path: str


class ProofCache:
    """The folder of kept runs and verdicts. A disk that refuses costs time, no more."""

    def __init__(self, folder: str, largest: int = LARGEST) -> None:
        self._folder = folder
        self._largest = largest

    def find(self, kind: type[T], key: Sequence[str]) -> T | None:
        """The value of a key, or None."""
        path = self._path(kind, key)
        try:
            with open(path, "rb") as file:
                kept = msgspec.json.decode(file.read(), type=_Kept)
            if kept.key == [SCHEMA, *key]:
                os.utime(path)
                return msgspec.json.decode(kept.value, type=kind)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            pass
        return None

    def keep(self, key: Sequence[str], value: Run | Proof) -> None:
        """Remember a value, unless it is doubtful."""
        doubtful = value.trouble if isinstance(value, Run) else value.word == "UNKNOWN"
        if doubtful:
            return
        path = self._path(type(value), key)
        body = msgspec.json.encode({"key": [SCHEMA, *key], "value": value})
        write(path, body)
        # By chance, of names that are all but random: looking at all costs as much as there is.
        if os.path.basename(path).startswith("00"):
            self.trim()

    def keep_log(self, digest: str, body: bytes) -> None:
        """Remember what tests printed, by its digest."""
        write(self._log(digest), body)

    def log(self, digest: str) -> bytes | None:
        """What tests printed, if it is still here."""
        try:
            with open(self._log(digest), "rb") as file:
                body = file.read()
        except OSError:
            return None
        return body if hashlib.sha256(body).hexdigest() == digest else None

    def _log(self, digest: str) -> str:
        name = digest if COMMIT.fullmatch(digest) else "none"  # what a trail says is no path yet
        return os.path.join(self._folder, "log", name[:2], name[2:])

    def held(self) -> Held:
        """What there is."""
        files = list(self._files())
        runs, verdicts = (
            sum(one.path.startswith(os.path.join(self._folder, kind.__name__.lower(), ""))
                for one in files)
            for kind in (Run, Proof)
        )  # fmt: skip
        return Held(runs, verdicts, sum(one.size for one in files))

    def trim(self) -> None:
        """Take away what was not used for the longest time, when there is too much."""
        files = sorted(self._files())
        size = sum(one.size for one in files)
        if size <= self._largest:
            return
        for one in files:
            if size <= self._largest * LEFT:
                break
            with contextlib.suppress(OSError):
                os.unlink(one.path)
            size -= one.size

    def clear(self) -> None:
        """Take everything away."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _files(self) -> Iterator[_File]:
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = os.path.join(folder, name)
                with contextlib.suppress(OSError):
                    info = os.stat(path)
                    yield _File(info.st_mtime, info.st_blocks * 512, path)

    def took(self, key: Sequence[str], seconds: float) -> None:
        """Remember how long a run of these tests took, on whatever tree."""
        write(self._path(float, key), b"%f" % seconds)

    def last(self, key: Sequence[str]) -> float:
        """How many seconds the last run of these tests took; 0 when that is not known."""
        try:
            with open(self._path(float, key), "rb") as file:
                return float(file.read())
        except (OSError, ValueError):
            return 0.0

    def _path(self, kind: type, key: Sequence[str]) -> str:
        name = hashlib.sha256("\0".join((SCHEMA, *key)).encode("utf-8", "surrogateescape"))
        digest = name.hexdigest()
        return os.path.join(self._folder, kind.__name__.lower(), digest[:2], digest[2:])


def write(path: str, body: bytes) -> None:
    """Write a file whole or not at all; a disk that refuses is no error."""
    with contextlib.suppress(OSError):
        put(path, body)
