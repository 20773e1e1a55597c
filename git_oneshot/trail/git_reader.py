"""Trails read from a git repository: many at once, from the cache where it has them."""

import os
from collections.abc import Container, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from git_oneshot.git import Git
from git_oneshot.trail.cache import StateCache
from git_oneshot.trail.disk import Disk
from git_oneshot.trail.store import Glanced, Loaded, Tip, Trail, joint

if TYPE_CHECKING:  # slow to import, and a cached read needs none of these
    from git_oneshot.core.state import State
    from git_oneshot.trail.objects import Objects
    from git_oneshot.trail.reading import Raw
    from git_oneshot.trail.source import Source
    from git_oneshot.trail.ways import Ways


# Tips of one walk: git sorts them by the square of their number, which of 100,000 takes minutes.
AT_ONCE: Final = 4_000


class GitReader:
    """Reads what is behind tips. dulwich is imported only for what is not a commit."""

    def __init__(self, git: Git, disk: Disk) -> None:
        self._git = git
        self._disk = disk
        self._cache = StateCache(git.own_dir)
        self._source_: Source | None = None
        self._objects_: Objects | None = None

    @property
    def _objects(self) -> "Objects":
        if self._objects_ is None:
            from git_oneshot.trail.objects import Objects

            folder = os.path.join(self._git.common_dir, "objects")
            self._objects_ = Objects(folder, self._git.object_format, self._disk)
        return self._objects_

    @property
    def objects(self) -> "Objects":
        """The objects of the repository."""
        return self._objects

    def look(self, name: str) -> tuple[str, bytes | None]:
        """Kind and content of one object; the content is None when it is longer than it may be."""
        return self._source.look(name)

    @property
    def _source(self) -> "Source":
        if self._source_ is None:
            from git_oneshot.trail.source import Source

            self._source_ = Source(self._git, self._objects)
        return self._source_

    def load(self, tips: Sequence[Tip]) -> list[Loaded]:
        """The states at the tips, from the cache where it has them."""
        found = self._load(tips)
        if len(tips) > 1:
            sound = (one for one in found if not one.unsound)
            self._cache.keep({key(one.tip): one.state for one in sound if one.tip})
        return found

    def _load(self, tips: Sequence[Tip]) -> list[Loaded]:
        known = self.cached(tips)
        missing = [t for t in tips if t not in known]
        fresh = self._replayed(missing) if missing else {}
        sound = {key(t): one.state for t, one in fresh.items() if not one.unsound}
        if sound:
            self._cache.add(sound)
        return [Loaded(known[t], t) if t in known else fresh[t] for t in tips]

    def glances(self, tips: Sequence[Tip]) -> list[Glanced]:
        """All features at a glance. States are loaded only for tips that have moved.

        All are loaded when the file of states has doubled: it may be full of tips long gone.
        """
        from git_oneshot.core.pipeline import glance
        from git_oneshot.trail import glances

        before = glances.read(self._git.own_dir)
        found = ((tip, before.known.get(key(tip))) for tip in tips)
        # A tip says nothing of the feature: someone may have copied a trail to another name.
        known = {tip: one for tip, one in found if one and one.feature == tip.feature}
        moved = [tip for tip in tips if tip not in known]
        if not moved and len(known) == len(before.known):
            return list(map(Glanced, known.values()))
        few = bool(before.size) and self._cache.size <= 2 * before.size + 65_536
        loaded = {one.tip: one for one in (self._load(moved) if few else self.load(tips))}
        seen = {t: Glanced(glance(o.state), o.damage, o.aside) for t, o in loaded.items()}
        sound = {**known, **{t: seen[t].glance for t in moved if not loaded[t].unsound}}
        if len(sound) != len(known) or len(sound) != len(before.known):
            size = before.size if few else self._cache.size
            glances.write(self._git.own_dir, {key(t): one for t, one in sound.items()}, size)
        return [seen[t] if t in seen else Glanced(known[t]) for t in tips]

    @property
    def degraded(self) -> bool:
        """Whether a state was replayed because the cache had one that is not to be believed."""
        return self._cache.damaged

    def cached(self, tips: Sequence[Tip]) -> "dict[Tip, State]":
        """The states that need no replay."""
        keys = list(map(key, tips))
        states = map(self._cache.find(keys).get, keys)
        # A tip says nothing of the feature: someone may have copied a trail to another name.
        return {t: s for t, s in zip(tips, states, strict=True) if s and s.feature == t.feature}

    def _replayed(self, tips: Sequence[Tip]) -> dict[Tip, Loaded]:
        from git_oneshot.core.history import state_of

        return {
            tip: Loaded(state_of(tip.feature, trail.entries), tip, trail.damage, trail.aside)
            for tip, trail in zip(tips, self.read(tips), strict=True)
        }

    def read(self, tips: Sequence[Tip]) -> list[Trail]:
        """Read whole trails: one rev-list and one cat-file, however many they are."""
        ends = [end for tip in tips for end in _ends(tip)]
        found = dict(zip(ends, self._read(ends), strict=True))
        return [joint(tip, [found[end] for end in _ends(tip)]) for tip in tips]

    def _read(self, tips: Sequence[Tip]) -> list[Trail]:
        from git_oneshot.trail.reading import HASHES, rootless, trails_of

        if len(tips) > AT_ONCE:
            parts = (tips[at : at + AT_ONCE] for at in range(0, len(tips), AT_ONCE))
            return [trail for part in parts for trail in self._read(part)]
        hash_ = HASHES[self._git.object_format]
        raws = self._raw(tips)
        if raws is not None:
            shallow = os.path.exists(os.path.join(self._git.common_dir, "shallow"))
            return trails_of(tips, raws, hash_, shallow=shallow)
        # Some lead nowhere, or to more than a trail may be: it is seen once where all of them go.
        ways, others = self._ways([tip.commit for tip in tips])
        bad = {tip: rootless(tip, ways, hash_, there=tip.commit not in others) for tip in tips}
        good = iter(self._halved([tip for tip in tips if bad[tip] is None]))
        return [bad[tip] or next(good) for tip in tips]

    def _halved(self, tips: Sequence[Tip]) -> list[Trail]:
        """Trails that lead to their roots. One that is too much to read is not read."""
        from git_oneshot.trail.damage import too_much
        from git_oneshot.trail.reading import HASHES, MAX_TRAIL, trails_of

        raws = self._raw(tips) if tips else {}
        if raws is not None:
            return trails_of(tips, raws, HASHES[self._git.object_format])
        half = len(tips) // 2
        if not half:
            return [too_much(tip, MAX_TRAIL) for tip in tips]
        return self._halved(tips[:half]) + self._halved(tips[half:])

    def _ways(self, ends: Iterable[str]) -> "tuple[Ways, set[str]]":
        """The ways behind ends, and which of these are no commits."""
        from git_oneshot.trail.reading import HASHES, taken_apart
        from git_oneshot.trail.source import crawl
        from git_oneshot.trail.ways import Broken, Ways

        hash_ = HASHES[self._git.object_format]
        steps: dict[str, Sequence[str] | Broken] = {}
        others = set[str]()
        for oid, raw in crawl(self._git, ends):
            read = taken_apart(oid, raw, hash_)
            steps[oid] = read if isinstance(read, Broken) else read.parents
            if raw is not None and raw.type != "commit":
                others.add(oid)
        return Ways(steps.__getitem__), others

    def _raw(self, tips: Sequence[Tip]) -> "dict[str, Raw] | None":
        """Every commit behind the tips, by id; None when git could not walk them."""
        from git_oneshot.trail.source import walk

        return walk(self._git, [tip.commit for tip in tips])

    def payloads(self, commits: Iterable[str], wanted: Container[str]) -> dict[str, bytes]:
        """The payloads of wanted events that these appends hold, by the ids of the events."""
        return self._source.payloads(commits, wanted)


def _ends(tip: Tip) -> list[Tip]:
    """Each end alone. Whose the ends beside the first are is not known."""
    return [tip._replace(beside=(), shared=False), *(Tip(tip.feature, x) for x in tip.beside)]


def key(tip: Tip) -> str:
    """What the state of a tip is cached by. No end of several is taken for the one of another."""
    return tip.name + "+" if tip.beside else tip.commit
