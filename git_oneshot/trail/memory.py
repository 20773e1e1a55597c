"""Trails in memory: the same contract as the git store, for tests and for trying a command out."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from git_oneshot.core.codec import decode, encode
from git_oneshot.core.errors import LostRace
from git_oneshot.core.events import Event
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.replay import replay
from git_oneshot.core.state import State
from git_oneshot.trail.store import Entry, Loaded, Tip, Trail


class MemoryStore:
    """Trails as lists of encoded events, so that what comes back went through the codec."""

    def __init__(self) -> None:
        self._trails: dict[FeatureId, list[tuple[str, list[bytes]]]] = {}

    def tip(self, feature: FeatureId) -> Tip | None:
        """The tip of one trail."""
        trail = self._trails.get(feature)
        return Tip(feature, trail[-1][0]) if trail else None

    def tips(self) -> list[Tip]:
        """The tips of all trails, by feature."""
        return [Tip(feature, self._trails[feature][-1][0]) for feature in sorted(self._trails)]

    def read(self, tips: Sequence[Tip]) -> list[Trail]:
        """Read trails, each as far as its tip."""
        return [Trail(t.feature, t, tuple(self._entries(t))) for t in tips]

    def _entries(self, tip: Tip) -> Iterator[Entry]:
        for commit, lines in self._trails[tip.feature]:
            yield Entry(commit, tuple(map(decode, lines)))
            if commit == tip.commit:
                return

    def load(self, tips: Sequence[Tip]) -> list[Loaded]:
        """The states at the tips."""
        return [
            Loaded(replay(State(feature=trail.feature), trail.events), trail.tip)
            for trail in self.read(tips)
        ]

    def append(
        self,
        feature: FeatureId,
        tip: Tip | None,
        events: Sequence[Event],
        *,
        summary: str,
        state: State,  # noqa: ARG002 - the contract's; there is no cache here
        payloads: Mapping[str, bytes] = {},  # noqa: ARG002
    ) -> Tip:
        """Write events behind ``tip``. Raises LostRace when the trail is elsewhere."""
        if self.tip(feature) != tip:
            raise LostRace
        lines = [encode(event) for event in events]
        behind = tip.commit if tip else ""
        commit = hashlib.sha1(
            "\n".join([behind, summary, *map(bytes.decode, lines)]).encode(), usedforsecurity=False
        ).hexdigest()
        self._trails.setdefault(feature, []).append((commit, lines))
        return Tip(feature, commit)

    def close(self) -> None:
        """Nothing to let go of."""
