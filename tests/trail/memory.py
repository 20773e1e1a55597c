"""Trails in memory: the same contract as the git store, for tests."""

import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from git_oneshot.core.codec import decode, encode
from git_oneshot.core.errors import LostRace
from git_oneshot.core.events import Event
from git_oneshot.core.history import Entry, state_of
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.state import State
from git_oneshot.trail.merging import behind, clock, join
from git_oneshot.trail.store import Loaded, Tip, Trail, joined


class Kept(NamedTuple):
    """A commit. Its events are encoded, so that what comes back went through the codec."""

    parents: tuple[str, ...]
    lines: tuple[bytes, ...]
    payloads: tuple[tuple[str, bytes], ...] = ()


class MemoryStore:
    """The refs of one clone. Clones that exchange trails have one ``pool`` of commits."""

    def __init__(self, pool: dict[str, Kept] | None = None) -> None:
        self._pool: dict[str, Kept] = {} if pool is None else pool
        self._refs: dict[tuple[FeatureId, str], str] = {}

    def tip(self, feature: FeatureId) -> Tip | None:
        """The tip of one trail: ours if there is one, else the first remote's; others beside it."""
        return joined(self.tips()).get(feature)

    def tips(self) -> list[Tip]:
        """The tips of all trails, by feature and origin, ours before a remote's."""
        return [Tip(name, commit, origin) for (name, origin), commit in sorted(self._refs.items())]

    def leads(self, tip: Tip) -> bool:
        """Whether a tip's own end holds all that is beside it."""
        known = behind(self._entries(tip), tip.commit).commits
        return known.issuperset(tip.beside)

    def track(self, feature: FeatureId, origin: str, commit: str) -> None:
        """Remember what a remote has: a fetch."""
        self._refs[feature, origin] = commit

    def read(self, tips: Sequence[Tip]) -> list[Trail]:
        """Read trails, each as far as its tip."""
        return [Trail(tip.feature, tip, self._entries(tip)) for tip in tips]

    def _entries(self, tip: Tip) -> tuple[Entry, ...]:
        done: dict[str, Entry] = {}
        stack = list(tip.ends)
        while stack:
            kept = self._pool[stack[-1]]
            left = [parent for parent in kept.parents if parent not in done]
            if left:
                stack += left
                continue
            commit = stack.pop()
            done[commit] = Entry(commit, tuple(map(decode, kept.lines)), kept.parents)
        return tuple(done.values())

    def load(self, tips: Sequence[Tip]) -> list[Loaded]:
        """The states at the tips."""
        return [Loaded(state_of(t.feature, self._entries(t)), t) for t in tips]

    def append(
        self,
        feature: FeatureId,
        tip: Tip | None,
        events: Sequence[Event],
        *,
        summary: str,
        state: State,
        payloads: Mapping[str, bytes] = {},
    ) -> Tip:
        """Write events behind ``tip``. Raises LostRace when the trail is elsewhere."""
        lines = tuple(encode(event) for event in events)
        kept = Kept((join(self, tip).commit,) if tip else (), lines, tuple(payloads.items()))
        new = self._add(kept, f"{feature} {summary}")
        self.move(feature, new, tip)
        after = self.tip(feature)
        assert after is not None
        return after

    def payloads(self, commits: Iterable[str], wanted: Container[str]) -> dict[str, bytes]:
        """The payloads of wanted events that these appends hold, by the ids of the events."""
        every = (one for commit in commits for one in self._pool[commit].payloads)
        return {name: blob for name, blob in every if name in wanted}

    def merge(self, feature: FeatureId, one: str, two: str, history: Sequence[Entry]) -> str:
        """The merge of two ends."""
        parents = (min(one, two), max(one, two))
        return self._add(Kept(parents, ()), f"{feature} {clock(history, parents)}")

    def move(self, feature: FeatureId, new: str, tip: Tip | None) -> None:
        """Let our ref name a commit, if it is still at ``tip``."""
        old = tip.commit if tip and not tip.origin else None
        if self._refs.get((feature, "")) != old:
            raise LostRace
        self._refs[feature, ""] = new

    def _add(self, kept: Kept, said: str) -> str:
        content = "\n".join([*kept.parents, said, *map(bytes.decode, kept.lines)])
        commit = hashlib.sha1(content.encode(), usedforsecurity=False).hexdigest()
        self._pool[commit] = kept
        return commit

    def close(self) -> None:
        """Nothing to let go of."""
