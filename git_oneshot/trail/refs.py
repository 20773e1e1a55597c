"""The refs of trails, read and swapped by git itself, on any backend."""

import functools
import os
import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import TYPE_CHECKING, Final

from git_oneshot.core.errors import Code, LostRace, OneshotError, denied
from git_oneshot.core.ids import FEATURE, LOCAL, REMOTE, FeatureId, local_ref
from git_oneshot.core.spelling import printable
from git_oneshot.git import Git, syncing
from git_oneshot.trail.disk import Disk
from git_oneshot.trail.store import Tip, joined

if TYPE_CHECKING:
    import subprocess

TABLES: Final = "reftable/tables.list"  # of all refs, where git keeps them in tables
STALE: Final = 60.0  # seconds after which nobody holds a ref's lock any more
_KEPT_AT: Final = rf":{REMOTE}([^\0]+)/\*\0"  # by a refspec of fetches


class Refs:
    """Reads tips, and swaps one ref at a time by compare-and-swap.

    One `git update-ref --stdin` serves all swaps of a process.
    """

    def __init__(self, git: Git, now: Callable[[], float], disk: Disk) -> None:
        self._git = git
        self._now = now
        self._disk = disk
        self._writer: subprocess.Popen[bytes] | None = None
        self._seen: tuple[int, ...] | None = None  # packed-refs before the writer began

    def find(self, feature: FeatureId) -> Tip | None:
        """The tip of one trail: ours, else the first remote's; others beside it."""
        return self.find_all([feature]).get(feature)

    def find_all(self, features: Iterable[FeatureId]) -> dict[FeatureId, Tip]:
        """The tips of some trails."""
        # Whatever a remote is called, and whether it is there still. git looks at all that was
        # fetched for that, which takes 2.5 ms where that is 10,000 trails.
        refs = [(local_ref(one), f"{REMOTE}**/{one}") for one in features]
        return joined(sorted(self._list(*chain(*refs)), key=lambda t: t.origin))

    def all(self) -> list[Tip]:
        """All tips, by feature and origin, ours before a remote's."""
        return sorted(self._list(LOCAL, REMOTE), key=lambda t: (t.feature, t.origin))

    def _list(self, *patterns: str) -> list[Tip]:
        out = self._git.lines("for-each-ref", "--format=%(objectname) %(refname)", *patterns)
        tips = [tip for line in out for tip in tip_of(line)]
        if not any("/" in tip.origin for tip in tips):
            return tips
        from git_oneshot.trail.tracking import kept_of  # few need it

        places = self._places()
        return [tip for tip in tips if not _below(kept_of(tip.origin) or tip.origin, places)]

    def _places(self) -> set[str]:
        """The names under which fetches keep trails: of remotes, also as git called them before."""
        said = self._git.maybe("config", "-z", "--get-regexp", r"^remote\..*\.") or ""
        keys = (row.partition("\n")[0].removeprefix("remote.") for row in said.split("\0"))
        return {key.rpartition(".")[0] for key in keys} | {*re.findall(_KEPT_AT, said)}

    def swap(
        self, ref: str, new: str, old: str | None, settle: Callable[[], None] = lambda: None
    ) -> None:
        """Move ``ref`` from ``old`` (None: it does not exist) to ``new`` for good, or raise.

        ``settle`` is called while the ref is locked, and makes last what ``new``
        leads to; nothing moves when it raises.

        Raises LostRace when the ref is elsewhere by now, OneshotError when it is
        locked or can't be written, OSError when the disk fails.
        """
        expected = old or self._git.zero
        if self._writer is not None and self._packed() != self._seen:
            self._end()
        if self._writer is None:
            self._seen = self._packed()
            self._writer = self._start()
        try:
            done = self._prepared(ref, new, expected, settle) and self._committed(ref)
        except BaseException:
            self._end()  # which lets go of the lock
            raise
        if not done:
            self._explain(ref, new, expected, self._end())

    def _prepared(self, ref: str, new: str, expected: str, settle: Callable[[], None]) -> bool:
        """Lock the ref, and have what it is to lead to on the disk."""
        commands = f"start\nupdate {ref} {new} {expected}\nprepare\n"
        if not self._told(commands, b"start", b"prepare"):
            return False
        # The ref is locked now, and was where we expect it if what the
        # writer knows of packed refs is true: see `_packed`.
        if self._packed() != self._seen:
            raise LostRace
        settle()
        return True

    def _committed(self, ref: str) -> bool:
        """Move the ref, and have the move on the disk."""
        if not self._told("commit\n", b"commit"):
            return False
        if not self._in_table:
            # A rename is no more durable than any other change of a folder.
            self._disk.sync(os.path.dirname(self._file(ref)))
        return True

    @property
    def serving(self) -> bool:
        """Whether there was a swap before, in the same run."""
        return self._writer is not None

    @functools.cached_property
    def _in_table(self) -> bool:
        """Whether refs are in tables, which git syncs itself, and not in files."""
        return os.path.isdir(os.path.join(self._git.common_dir, "reftable"))

    def _file(self, ref: str) -> str:
        return os.path.join(self._git.common_dir, ref)

    def _packed(self) -> tuple[int, ...] | None:
        """What tells one ``packed-refs`` from the next.

        git compares whole seconds, size and inode, so that a process that
        lives through two packings within a second may believe the older one,
        and swap a ref that is elsewhere: an acknowledged event would be lost.
        """
        try:
            stat = os.stat(os.path.join(self._git.common_dir, "packed-refs"))
        except OSError:
            return None
        return (stat.st_mtime_ns, stat.st_ino, stat.st_size)

    def _told(self, commands: str, *names: bytes) -> bool:
        """Tell the writer what to do; whether it did all of it."""
        assert self._writer is not None
        assert self._writer.stdin is not None and self._writer.stdout is not None
        try:
            self._disk.tell(self._writer.stdin, commands.encode())
        except BrokenPipeError:
            return False
        return all(self._writer.stdout.readline() == name + b": ok\n" for name in names)

    def _start(self) -> "subprocess.Popen[bytes]":
        # An id is not the name of a ref: looking for one would cost 24 system calls.
        argv = self._git.argv(
            [*syncing("reference"), "-c", "core.warnAmbiguousRefs=false",
             "update-ref", "-m", "oneshot: append", "--stdin"]
        )  # fmt: skip
        import subprocess

        return subprocess.Popen(
            argv,
            env=self._git.env(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def _end(self) -> str:
        """Close the writer, and give back what it complained about."""
        writer, self._writer = self._writer, None
        if writer is None:
            return ""
        try:
            _, stderr = writer.communicate()
        except BrokenPipeError:  # it died before it read everything
            stderr = writer.stderr.read() if writer.stderr else b""
            writer.wait()
        return stderr.decode(errors="replace").strip()

    def _explain(self, ref: str, new: str, expected: str, complaint: str) -> None:
        """Turn a refused swap into the right error."""
        actual = self._git.named(ref) or self._git.zero
        if actual == new:
            return  # the writer was killed when it had swapped, before it could say so
        if actual != expected or "but expected" in complaint:
            raise LostRace
        if "nonexistent object" in complaint:
            raise LostRace  # a gc threw the new commit away before the ref was locked
        lock = self._file(TABLES if self._in_table else ref) + ".lock"
        try:
            age = self._now() - os.stat(lock).st_mtime
        except (FileNotFoundError, NotADirectoryError):
            if "File exists" in complaint or "cannot lock references" in complaint:
                # The lock was let go between git's try and ours to look at it.
                raise LostRace from None
            said = complaint.splitlines()[-1] if complaint else "git update-ref failed"
            what = f"cannot write {ref}: {said.removeprefix('fatal: ')}"
            if said.endswith(("Permission denied", "Read-only file system")):
                raise denied(what) from None
            hint = _in_the_way(complaint)
            if hint:
                raise OneshotError(Code.CLONE_UNSOUND, what, hint) from None
            raise OneshotError(
                Code.EVENT_APPEND_FAILED,
                what,
                "nothing was recorded; check the permissions and free space of the repository",
            ) from None
        if age > STALE:
            raise OneshotError(
                Code.LOCK_STALE,
                f"a killed process left the lock '{lock}' behind",
                f"if no git runs in this repository: rm '{lock}'",
                lock=lock,
            )
        raise OneshotError(
            Code.REF_LOCKED,
            f"another process has held '{lock}' for {max(0.0, age):.0f} s",
            f"try again; after {STALE:.0f} s it counts as left behind by a killed process",
            lock=lock,
        )

    def close(self) -> None:
        """End the writer."""
        self._end()


def _in_the_way(complaint: str) -> str:
    """What helps where trying again would not; "" where it is something else."""
    if "aborted by hook" in complaint:
        return "nothing was recorded; the hook reference-transaction refuses it: see what it wants"
    other = re.search(r"'(refs/[^']+)' exists; cannot create", complaint)
    if other is None:
        return ""
    import shlex

    ref = shlex.quote(printable(other[1]))
    return f"nothing was recorded; if nobody needs what is in its place: git update-ref -d {ref}"


def _below(origin: str, places: set[str]) -> bool:
    """Whether what looks like a remote's name is one with the name of something else there."""
    return origin not in places and any(origin.startswith(f"{place}/") for place in places)


def tip_of(line: str) -> Iterable[Tip]:
    """The tip that a line of for-each-ref names; refs with other names are not ours."""
    oid, _, ref = line.partition(" ")
    if ref.startswith(LOCAL):
        origin, feature = "", ref.removeprefix(LOCAL)
    else:
        origin, _, feature = ref.removeprefix(REMOTE).rpartition("/")
        if not origin:
            return
    if FEATURE.fullmatch(feature):
        yield Tip(FeatureId(feature), oid, origin)
