"""Trails in the refs of a git repository."""

import contextlib
import datetime
import os
from collections.abc import Callable, Mapping, Sequence
from typing import IO, TYPE_CHECKING

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId, local_ref
from git_oneshot.core.state import State
from git_oneshot.git import Git
from git_oneshot.trail.cache import StateCache
from git_oneshot.trail.disk import Disk
from git_oneshot.trail.refs import Refs
from git_oneshot.trail.store import Loaded, Tip, Trail

if TYPE_CHECKING:  # dulwich is slow to import, and a cached read needs none of these
    import subprocess

    from dulwich.objects import ShaFile

    from git_oneshot.core.events import Event
    from git_oneshot.trail.objects import Objects
    from git_oneshot.trail.reading import Raw
    from git_oneshot.trail.tree import NotesTree


class GitStore:
    """Trails in ``refs/oneshot/*``. dulwich is imported on the first write or replay."""

    def __init__(self, git: Git, now: Callable[[], float], disk: Disk | None = None) -> None:
        self._git = git
        self._now = now
        self._disk = disk or Disk()
        self._refs = Refs(git, now, self._disk)
        self._cache = StateCache(git.own_dir)
        self._reader: subprocess.Popen[bytes] | None = None
        self._objects_: Objects | None = None
        # The tree behind the last append, so that a run of appends reads nothing.
        self._behind: tuple[str, NotesTree] | None = None
        self._uncached: dict[FeatureId, tuple[str, State]] = {}

    @property
    def _objects(self) -> "Objects":
        if self._objects_ is None:
            from git_oneshot.trail.objects import Objects

            folder = os.path.join(self._git.common_dir, "objects")
            self._objects_ = Objects(folder, self._git.object_format, self._disk)
        return self._objects_

    def tip(self, feature: FeatureId) -> Tip | None:
        """The tip of one trail: ours if there is one, else the first remote's."""
        return self._refs.find(feature)

    def tips(self) -> list[Tip]:
        """The tips of all trails, by feature and origin, ours before a remote's."""
        return self._refs.all()

    def load(self, tips: Sequence[Tip]) -> list[Loaded]:
        """The states at the tips, from the cache where it has them."""
        known = self.cached(tips)
        missing = [t for t in tips if t not in known]
        fresh = self._replayed(missing) if missing else {}
        sound = {t.commit: fresh[t].state for t in missing if fresh[t].damage is None}
        if sound:
            self._cache.add(sound)
        if len(tips) > 1:
            self._cache.keep({**{t.commit: state for t, state in known.items()}, **sound})
        return [Loaded(known[t], t) if t in known else fresh[t] for t in tips]

    def cached(self, tips: Sequence[Tip]) -> dict[Tip, State]:
        """The states that need no replay."""
        states = self._cache.find(t.commit for t in tips)
        # A tip says nothing of the feature: someone may have copied a trail to another name.
        return {t: s for t in tips if (s := states.get(t.commit)) and s.feature == t.feature}

    def _replayed(self, tips: Sequence[Tip]) -> dict[Tip, Loaded]:
        from git_oneshot.core.replay import replay

        return {
            tip: Loaded(replay(State(feature=tip.feature), trail.events), tip, trail.damage)
            for tip, trail in zip(tips, self.read(tips), strict=True)
        }

    def read(self, tips: Sequence[Tip]) -> list[Trail]:
        """Read whole trails: one rev-list and one cat-file, however many they are."""
        from git_oneshot.trail.objects import root
        from git_oneshot.trail.reading import trail_of

        raws = self._raw(tips)
        if raws is None and len(tips) > 1:  # one of them leads nowhere: halve until it is alone
            half = len(tips) // 2
            return self.read(tips[:half]) + self.read(tips[half:])
        if raws is None:
            return [_unreadable(tip) for tip in tips]
        objects = self._objects
        return [
            trail_of(t, raws, objects.id_of(root(t.feature, objects)).decode(), objects)
            for t in tips
        ]

    def _raw(self, tips: Sequence[Tip]) -> "dict[str, Raw] | None":
        """Every commit behind the tips, by id; None when git could not walk them."""
        git = self._git
        import subprocess

        walk = subprocess.Popen(
            git.argv(["rev-list", "--stdin"]),
            env=git.env(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        cat = subprocess.Popen(
            git.argv(["cat-file", "--batch", "--buffer"]),
            env=git.env(),
            stdin=walk.stdout,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert walk.stdin is not None and walk.stdout is not None and cat.stdout is not None
        walk.stdout.close()
        with contextlib.suppress(BrokenPipeError):  # it ends at the first tip that leads nowhere
            walk.stdin.write("".join(f"{t.commit}\n" for t in tips).encode())
            walk.stdin.flush()
        with contextlib.suppress(BrokenPipeError):
            walk.stdin.close()
        raws = _objects_of(cat.stdout)
        cat.stdout.close()
        # cat-file ends at the first object that it can't unpack: a commit-graph
        # lets rev-list pass over that.
        return raws if cat.wait() == 0 and walk.wait() == 0 else None

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
        from git_oneshot.trail.objects import commit_of, root

        objects, new = self._objects, ""
        old = tip.commit if tip and not tip.origin else None
        try:
            message = _message(summary, events)  # refuses what could not be read back
            parent = tip.commit if tip else objects.add(root(feature, objects)).decode()
            tree, notes = self._tree(tip, events, payloads)
            at = datetime.datetime.fromisoformat(events[0].at)
            commit = commit_of(
                tree=tree,
                parents=[parent.encode()],
                author=events[0].by.encode(),
                seconds=int(at.timestamp()),
                message=message,
            )
            new = objects.add(commit).decode()
            self._move(local_ref(feature), new, old)
        except OSError as err:
            raise self._failed(local_ref(feature), new, err) from err
        finally:
            objects.forget()
        self._behind = (new, notes)
        self._uncached[feature] = (new, state)
        return Tip(feature, new)

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

    def _failed(self, ref: str, new: str, err: OSError) -> OneshotError:
        if new and self._git.maybe("rev-parse", "-q", "--verify", ref) == new:
            return OneshotError(
                Code.EVENT_APPEND_FAILED,
                f"the event is written, and may not last: {err.strerror}",
                "mend the disk, then see whether it is there: git oneshot log",
            )
        return OneshotError(
            Code.EVENT_APPEND_FAILED,
            f"cannot write the event: {err.strerror}",
            "nothing was recorded; check the permissions and free space of the repository",
        )

    def _tree(
        self, tip: Tip | None, events: "Sequence[Event]", payloads: Mapping[str, bytes]
    ) -> "tuple[bytes, NotesTree]":
        from git_oneshot.trail.notes import by_commit
        from git_oneshot.trail.objects import parse_commit
        from git_oneshot.trail.tree import NotesTree

        behind, self._behind = self._behind, None  # it changes now; who fails must read again
        if tip is not None and behind is not None and behind[0] == tip.commit:
            notes = behind[1]
        else:
            tree = tip and parse_commit(self._object(tip.commit)).tree.decode()
            notes = NotesTree(self._objects, self._object, tree)
        return notes.write(by_commit(events), payloads), notes

    def _object(self, name: str) -> bytes:
        """The content of one object: of a loose one as it lies there, else by `git cat-file`."""
        loose = self._objects.loose(name)
        if loose is not None:
            return loose
        if self._reader is None:
            import subprocess

            self._reader = subprocess.Popen(
                self._git.argv(["cat-file", "--batch"]),
                env=self._git.env(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        assert self._reader.stdin is not None and self._reader.stdout is not None
        self._reader.stdin.write(name.encode() + b"\n")
        self._reader.stdin.flush()
        header = self._reader.stdout.readline().split()
        if len(header) != 3:
            raise OneshotError(
                Code.TRAIL_DAMAGED,
                f"object '{name[:20]}' of the trail is missing",
                "look for it: git fsck",
            )
        content = self._reader.stdout.read(int(header[2]))
        self._reader.stdout.read(1)
        return content

    def close(self) -> None:
        """Remember the last states, and end the git processes that serve this store."""
        if self._uncached:
            self._cache.add(dict(self._uncached.values()))
            self._uncached.clear()
        self._refs.close()
        if self._reader is not None:
            self._reader.communicate()
            self._reader = None


def _unreadable(tip: Tip) -> Trail:
    damage = OneshotError(
        Code.TRAIL_DAMAGED,
        f"objects of the trail of '{tip.feature}' are missing or damaged",
        "look for them: git fsck",
    )
    return Trail(tip.feature, tip, (), damage)


def _message(summary: str, events: "Sequence[Event]") -> bytes:
    from git_oneshot.core.codec import encode

    lines = [summary.encode(), b"", *(encode(event) for event in events), b""]
    return b"\n".join(lines)


def _objects_of(stream: IO[bytes]) -> "dict[str, Raw]":
    """Take apart what `git cat-file --batch` prints; too large contents are passed over."""
    from git_oneshot.trail.reading import MAX_COMMIT, Raw

    raws: dict[str, Raw] = {}
    while header := stream.readline():
        oid, kind, *size = header.decode().split()
        if not size:  # "<id> missing"
            continue
        left = length = int(size[0])
        if length <= MAX_COMMIT:
            raws[oid] = Raw(kind, length, stream.read(length))
            stream.read(1)
            continue
        while left > 0:
            left -= len(stream.read(min(left, 2**20)))
        stream.read(1)
        raws[oid] = Raw(kind, length, None)
    return raws
