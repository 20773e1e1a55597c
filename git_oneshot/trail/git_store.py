"""Trails in the refs of a git repository."""

import contextlib
import datetime
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId, local_ref
from git_oneshot.core.state import State
from git_oneshot.git import Git
from git_oneshot.trail.cache import StateCache
from git_oneshot.trail.disk import Disk
from git_oneshot.trail.refs import Refs
from git_oneshot.trail.store import Loaded, Tip, Trail, joint

if TYPE_CHECKING:  # dulwich is slow to import, and a cached read needs none of these
    from dulwich.objects import ShaFile

    from git_oneshot.core.events import Event
    from git_oneshot.core.history import Entry
    from git_oneshot.trail.objects import Objects
    from git_oneshot.trail.reading import Raw
    from git_oneshot.trail.source import Source
    from git_oneshot.trail.tree import NotesTree


class GitStore:
    """Trails in ``refs/oneshot/*``. dulwich is imported on the first write or replay."""

    def __init__(self, git: Git, now: Callable[[], float], disk: Disk | None = None) -> None:
        self._git = git
        self._now = now
        self._disk = disk or Disk()
        self._refs = Refs(git, now, self._disk)
        self._cache = StateCache(git.own_dir)
        self._source_: Source | None = None
        self._objects_: Objects | None = None
        # The tree behind the last append, so that a run of appends reads nothing.
        self._behind: tuple[str, NotesTree] | None = None
        self._uncached: dict[FeatureId, tuple[str, State]] = {}
        self._joined: Tip | None = None  # of which we know that its commit holds what is beside it

    @property
    def _objects(self) -> "Objects":
        if self._objects_ is None:
            from git_oneshot.trail.objects import Objects

            folder = os.path.join(self._git.common_dir, "objects")
            self._objects_ = Objects(folder, self._git.object_format, self._disk)
        return self._objects_

    @property
    def _source(self) -> "Source":
        if self._source_ is None:
            from git_oneshot.trail.source import Source

            self._source_ = Source(self._git, self._objects)
        return self._source_

    def tip(self, feature: FeatureId) -> Tip | None:
        """The tip of one trail: ours if there is one, else the first remote's."""
        return self._refs.find(feature)

    def unpushed(self, tip: Tip) -> bool:
        """Whether no remote has our trail as it is, as far as the last fetch or push saw."""
        if tip.origin or tip.shared:
            return False
        return not any(self._refs.leads_to(tip.commit, end) for end in tip.beside)

    def leads(self, tip: Tip) -> bool:
        """Whether a tip's own end holds all that is beside it."""
        return all(self._refs.leads_to(end, tip.commit) for end in tip.beside)

    def tips(self) -> list[Tip]:
        """The tips of all trails, by feature and origin, ours before a remote's."""
        return self._refs.all()

    def load(self, tips: Sequence[Tip]) -> list[Loaded]:
        """The states at the tips, from the cache where it has them."""
        known = self.cached(tips)
        missing = [t for t in tips if t not in known]
        fresh = self._replayed(missing) if missing else {}
        sound = {_key(t): one.state for t, one in fresh.items() if not (one.damage or one.aside)}
        if sound:
            self._cache.add(sound)
        if len(tips) > 1:
            self._cache.keep({**{_key(t): state for t, state in known.items()}, **sound})
        return [Loaded(known[t], t) if t in known else fresh[t] for t in tips]

    @property
    def degraded(self) -> bool:
        """Whether a state was replayed because the cache had one that is not to be believed."""
        return self._cache.damaged

    def cached(self, tips: Sequence[Tip]) -> dict[Tip, State]:
        """The states that need no replay."""
        states = self._cache.find(_key(t) for t in tips)
        # A tip says nothing of the feature: someone may have copied a trail to another name.
        return {t: s for t in tips if (s := states.get(_key(t))) and s.feature == t.feature}

    def _replayed(self, tips: Sequence[Tip]) -> dict[Tip, Loaded]:
        from git_oneshot.core.history import state_of

        return {
            tip: Loaded(state_of(tip.feature, trail.entries), tip, trail.damage, trail.aside)
            for tip, trail in zip(tips, self.read(tips), strict=True)
        }

    def read(self, tips: Sequence[Tip]) -> list[Trail]:
        """Read whole trails: one rev-list and one cat-file, however many they are."""
        ends = [Tip(tip.feature, end) for tip in tips for end in tip.ends]
        found = dict(zip(ends, self._read(ends), strict=True))
        return [joint(tip, [found[Tip(tip.feature, end)] for end in tip.ends]) for tip in tips]

    def _read(self, tips: Sequence[Tip]) -> list[Trail]:
        from git_oneshot.trail.objects import root
        from git_oneshot.trail.reading import trail_of, unreadable

        raws = self._raw(tips)
        if raws is None and len(tips) > 1:  # one of them leads nowhere: halve until it is alone
            half = len(tips) // 2
            return self._read(tips[:half]) + self._read(tips[half:])
        if raws is None:
            return [unreadable(tip) for tip in tips]
        objects = self._objects
        return [
            trail_of(t, raws, objects.id_of(root(t.feature, objects)).decode(), objects)
            for t in tips
        ]

    def _raw(self, tips: Sequence[Tip]) -> "dict[str, Raw] | None":
        """Every commit behind the tips, by id; None when git could not walk them."""
        from git_oneshot.trail.source import walk

        return walk(self._git, [tip.commit for tip in tips])

    def append(
        self,
        feature: FeatureId,
        tip: Tip | None,
        events: "Sequence[Event]",
        *,
        summary: str,
        state: State,
        payloads: Mapping[str, bytes] = {},
    ) -> Tip:
        """Objects first, synced; then the ref, once, by compare-and-swap, and synced."""
        from git_oneshot.trail.objects import commit_of, root, tree_of

        objects = self._objects
        message = _message(summary, events)  # refuses what could not be read back
        with _writing(self._objects):
            if tip is None:
                objects.add(tree_of({}))  # the root's
            parent = self._join(tip) if tip else objects.add(root(feature, objects)).decode()
            tree, notes = self._tree(parent if tip else None, events, payloads)
            at = datetime.datetime.fromisoformat(events[0].at)
            commit = commit_of(
                tree=tree,
                parents=[parent.encode()],
                author=events[0].by.encode(),
                seconds=int(at.timestamp()),
                message=message,
            )
            new = objects.add(commit).decode()
        self.move(feature, new, tip)
        self._behind = (new, notes)
        remotes: tuple[str, ...] = ()
        if tip is not None:
            remotes = tip.ends if tip.origin or tip.shared else tip.beside
        self._joined = Tip(feature, new, "", remotes)
        self._uncached[feature] = (_key(self._joined), state)
        return self._joined

    def _join(self, tip: Tip) -> str:
        """The commit that an append comes behind. What leads to what is quicker asked than read."""
        from git_oneshot.trail.merging import join

        if tip == self._joined or not tip.beside:
            return tip.commit
        for end in tip.ends:
            if all(self._refs.leads_to(other, end) for other in tip.ends if other != end):
                return end
        return join(self, tip)

    def move(self, feature: FeatureId, new: str, tip: Tip | None) -> None:
        """Let our ref name a commit that was written, if it is still at ``tip``."""
        old = tip.commit if tip and not tip.origin else None
        ref = local_ref(feature)
        try:
            self._move(ref, new, old)
        except OSError as err:
            if self._git.maybe("rev-parse", "-q", "--verify", ref) == new:
                raise OneshotError(
                    Code.EVENT_APPEND_FAILED,
                    f"the event is written, and may not last: {err.strerror}",
                    "mend the disk, then see whether it is there: git oneshot log",
                ) from err
            raise _refused(err) from err
        finally:
            self._objects.forget()

    def payloads(self, commits: Iterable[str]) -> dict[str, bytes]:
        """The payloads that these appends hold, by the ids of their events."""
        return self._source.payloads(commits)

    def merge(self, feature: FeatureId, one: str, two: str, history: "Sequence[Entry]") -> str:
        """Write the merge of two ends."""
        from git_oneshot.trail import merging

        clock = merging.clock(history, (one, two))
        with _writing(self._objects):
            return merging.merge(self._objects, self._source.look, feature, (one, two), clock)

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
        from git_oneshot.trail.objects import parse_commit
        from git_oneshot.trail.tree import NotesTree

        behind, self._behind = self._behind, None  # it changes now; who fails must read again
        if behind is not None and behind[0] == parent:
            notes = behind[1]
        else:
            look = self._source.look
            tree = parent and parse_commit(look(parent)[1] or b"").tree.decode()
            notes = NotesTree(self._objects, look, tree)
        return notes.write(by_commit(events), payloads), notes

    def close(self) -> None:
        """Remember the last states, and end the git processes that serve this store."""
        if self._uncached:
            self._cache.add(dict(self._uncached.values()))
            self._uncached.clear()
        self._refs.close()
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
    return OneshotError(
        Code.EVENT_APPEND_FAILED,
        f"cannot write the event: {err.strerror}",
        "nothing was recorded; check the permissions and free space of the repository",
    )


def _key(tip: Tip) -> str:
    """What the state of a tip is cached by. No end of several is taken for the one of another."""
    return tip.name + "+" if tip.beside else tip.commit


def _message(summary: str, events: "Sequence[Event]") -> bytes:
    from git_oneshot.core.codec import encode

    lines = [summary.encode(), b"", *(encode(event) for event in events), b""]
    return b"\n".join(lines)
