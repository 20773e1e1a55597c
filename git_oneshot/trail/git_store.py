"""Trails in the refs of a git repository."""

import contextlib
import errno
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from git_oneshot.core.errors import Code, LostRace, OneshotError, denied
from git_oneshot.core.ids import FeatureId, local_ref
from git_oneshot.core.spelling import counted
from git_oneshot.git import Git
from git_oneshot.trail.disk import Disk
from git_oneshot.trail.git_reader import GitReader, key
from git_oneshot.trail.refs import Refs
from git_oneshot.trail.store import Tip

if TYPE_CHECKING:  # dulwich is slow to import, and who reads needs none of these
    from dulwich.objects import ShaFile

    from git_oneshot.core.events import Event
    from git_oneshot.core.history import Entry
    from git_oneshot.core.state import State
    from git_oneshot.trail.objects import Objects
    from git_oneshot.trail.tree import NotesTree

HEADER: Final = 4_096  # bytes of a commit that are no message, and more


class GitStore(GitReader):
    """Trails in ``refs/oneshot/*``. dulwich is imported on the first write."""

    def __init__(self, git: Git, now: Callable[[], float], disk: Disk | None = None) -> None:
        super().__init__(git, disk or Disk())
        self._now = now
        self._refs = Refs(git, now, self._disk)
        # The tree behind the last append, so that a run of appends reads nothing.
        self._behind: tuple[str, NotesTree] | None = None
        self._uncached: dict[FeatureId, tuple[str, State]] = {}
        self._joined: Tip | None = None  # of which we know that its commit holds what is beside it

    def tip(self, feature: FeatureId) -> Tip | None:
        """The tip of one trail: ours if there is one, else the first remote's."""
        return self._refs.find(feature)

    def tips_of(self, features: Collection[FeatureId]) -> list[Tip]:
        """The tips of some trails, as far as there are any."""
        return list(self._refs.find_all(features).values()) if features else []

    def unpushed(self, tip: Tip) -> bool:
        """Whether no remote has our trail as it is, as far as the last fetch or push saw."""
        if tip.origin or tip.shared:
            return False
        return not any(self._git.leads(tip.commit, end) for end in tip.beside)

    def leads(self, tip: Tip) -> bool:
        """Whether a tip's own end holds all that is beside it."""
        return all(self._git.leads(end, tip.commit) for end in tip.beside)

    def tips(self) -> list[Tip]:
        """The tips of all trails, by feature and origin, ours before a remote's."""
        return self._refs.all()

    def append(
        self,
        feature: FeatureId,
        tip: Tip | None,
        events: "Sequence[Event]",
        *,
        summary: str,
        state: "State",
        payloads: Mapping[str, bytes] = {},
    ) -> Tip:
        """Objects first, synced; then the ref, once, by compare-and-swap, and synced."""
        from git_oneshot.core.events import seconds_of
        from git_oneshot.trail.objects import author_of, commit_of, root, tree_of

        objects = self._objects
        message = _message(summary, events)
        with _writing(self._objects):
            if tip is None:
                objects.add(tree_of({}))  # the root's
                joined = Tip(feature, objects.add(root(feature, objects)).decode())
            else:
                joined = self._join(tip)
            tree, notes = self._tree(joined.commit if tip else None, events, payloads)
            commit = commit_of(
                tree=tree,
                parents=[joined.commit.encode()],
                author=author_of(events[0]),
                seconds=seconds_of(events[0]) or 0,
                message=message,
            )
            new = objects.add(commit).decode()
        self.move(feature, new, tip)
        self._behind = (new, notes)
        after = self._moved(tip._replace(beside=joined.beside) if tip else joined, new)
        self._uncached[feature] = (key(after), state)
        return after

    def _moved(self, tip: Tip, new: str) -> Tip:
        """The tip after a move of ours to what holds all of its ends."""
        remotes = tip.ends if tip.origin or tip.shared else tip.beside
        self._joined = Tip(tip.feature, new, "", remotes)
        return self._joined

    def _join(self, tip: Tip) -> Tip:
        """A tip whose commit an append comes behind, and all of whose ends are behind that.

        Whether it is ours is quicker asked than read; of another end it has to be seen first
        that it is sound.
        """
        if tip == self._joined or not tip.beside or (not tip.origin and self.leads(tip)):
            return tip
        from git_oneshot.trail.merging import join

        return join(self, tip)

    def move(self, feature: FeatureId, new: str, tip: Tip | None) -> None:
        """Let our ref name a commit that was written, if it is still at ``tip``."""
        old = tip.commit if tip and not tip.origin else None
        ref = local_ref(feature)
        try:
            self._move(ref, new, old)
        except OSError as err:
            if self._git.named(ref) == new:
                raise OneshotError(
                    Code.EVENT_APPEND_FAILED,
                    f"the event is written, and may not last: {err.strerror}",
                    "mend the disk, then see whether it is there: git oneshot log",
                ) from err
            raise _refused(err) from err
        finally:
            self._objects.forget()

    def seal(self, tip: Tip, *, terminal: bool) -> tuple[Tip, str]:
        """Put a seal on a trail; where it is then, and why there is none, "" if there is one.

        Raises as ``append`` does, but for a lost race: what is to be sealed is written already.
        """
        from git_oneshot.trail.reading import commit_at, seal_message
        from git_oneshot.trail.seals import sign
        from git_oneshot.trail.tree import NotesTree

        joined = self._join(tip)
        with _writing(self._objects):
            above = commit_at(self.look, joined.commit).tree
            tree = NotesTree(self._objects, self.look, above).write({}, {}).decode()
        message = seal_message(tip.feature)
        new, why = sign(self._git, tree, joined.commit, message, terminal=terminal)
        if not new:
            return tip, why
        try:
            self.move(tip.feature, new, tip)
        except LostRace as lost:
            return tip, lost.message
        return self._moved(tip._replace(beside=joined.beside), new), ""

    def merge(self, feature: FeatureId, one: str, two: str, history: "Sequence[Entry]") -> str:
        """Write the merge of two ends."""
        from git_oneshot.trail import merging

        clock = merging.clock(history, (one, two))
        with _writing(self._objects):
            return merging.merge(self._objects, self.look, feature, (one, two), clock)

    def _move(self, ref: str, new: str, old: str | None) -> None:
        """Swap the ref once all that it will lead to is on the disk, and safe from a gc."""
        from git_oneshot.trail.shelter import collecting, shelter

        written: list[ShaFile] = []
        kept: list[str] = []

        def safe() -> None:
            if not kept and collecting(self._git.common_dir, self._now()):
                kept.append(shelter(self._git, self._disk, written))

        def settle() -> None:
            written.extend(self._objects.sync())
            safe()

        if self._refs.serving:
            self._objects.begin()
        try:
            self._refs.swap(ref, new, old, settle)
            safe()  # from one that began in between, and did not see the ref move
        finally:
            for path in kept:
                self._disk.unlink(path)

    def _tree(
        self, parent: str | None, events: "Sequence[Event]", payloads: Mapping[str, bytes]
    ) -> "tuple[bytes, NotesTree]":
        from git_oneshot.trail.notes import by_commit
        from git_oneshot.trail.reading import commit_at
        from git_oneshot.trail.tree import NotesTree

        behind, self._behind = self._behind, None  # it changes now; who fails must read again
        if behind is not None and behind[0] == parent:
            notes = behind[1]
        else:
            tree = commit_at(self.look, parent).tree if parent else None
            notes = NotesTree(self._objects, self.look, tree)
        return notes.write(by_commit(events), payloads), notes

    def close(self) -> None:
        """Remember the last states, and end the processes and threads that serve this store."""
        if self._uncached:
            self._cache.add(dict(self._uncached.values()))
            self._uncached.clear()
        self._refs.close()
        if self._objects_ is not None:
            self._objects_.close()
        if self._source_ is not None:
            self._source_.close()


@contextlib.contextmanager
def _writing(objects: "Objects") -> Iterator[None]:
    """A disk that refuses is an error of ours, with a way out."""
    try:
        yield
    except OSError as err:
        objects.forget()
        raise _refused(err) from err


def _refused(err: OSError) -> OneshotError:
    if err.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return denied(f"cannot write the event: {err.strerror}")
    return OneshotError(
        Code.EVENT_APPEND_FAILED,
        f"cannot write the event: {err.strerror}",
        "nothing was recorded; check the free space of the repository: df",
    )


def _message(summary: str, events: "Sequence[Event]") -> bytes:
    """The message of an append. Raises OneshotError(INVALID_INPUT) for what no commit may hold."""
    from git_oneshot.core.codec import encode
    from git_oneshot.trail import reading

    message = b"\n".join([summary.encode(), b"", *map(encode, events), b""])
    if len(events) > reading.MAX_EVENTS or len(message) > reading.MAX_COMMIT - HEADER:
        size = f"{counted(len(events), 'event')} of {len(message)} bytes"
        raise OneshotError(
            Code.INVALID_INPUT,
            f"cannot record {size} at once: more than a commit of a trail may hold",
            "nothing was recorded; do it in smaller steps",
        )
    return message
