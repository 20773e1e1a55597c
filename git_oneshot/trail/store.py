"""What a place for trails can do; the git store and the in-memory store keep one contract."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from git_oneshot.core.errors import OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.state import State

if TYPE_CHECKING:
    from git_oneshot.core.events import Event


class Entry(NamedTuple):
    """One append, as it lies on the trail."""

    commit: str
    events: "tuple[Event, ...]"


class Tip(NamedTuple):
    """Where a trail ends, and where that is known from: ``""`` is here, else a remote's name."""

    feature: FeatureId
    commit: str
    origin: str = ""


class Trail(NamedTuple):
    """A trail that was read. ``tip`` is None when there is none.

    ``damage`` is the first rule of the format that it breaks; ``entries`` are
    sound up to there.
    """

    feature: FeatureId
    tip: Tip | None
    entries: tuple[Entry, ...]
    damage: OneshotError | None = None

    @property
    def events(self) -> "tuple[Event, ...]":
        """All events, oldest first."""
        return tuple(event for entry in self.entries for event in entry.events)


class Loaded(NamedTuple):
    """The state of a feature at its tip."""

    state: State
    tip: Tip | None
    damage: OneshotError | None = None


class TrailStore(Protocol):
    """A place for trails."""

    def tip(self, feature: FeatureId) -> Tip | None:
        """The tip of one trail: ours if there is one, else the first remote's."""

    def tips(self) -> list[Tip]:
        """The tips of all trails, by feature and origin, ours before a remote's."""

    def read(self, tips: Sequence[Tip]) -> list[Trail]:
        """Read whole trails, in the order asked for. Never raises for what is on a trail."""

    def load(self, tips: Sequence[Tip]) -> list[Loaded]:
        """The states at the tips, from the cache where it has them."""

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
        """Write events behind ``tip``, in one step or not at all, and make them last.

        ``state`` is the state after the events; ``payloads`` maps event ids to
        contents. Raises LostRace when the trail is not at ``tip`` any more, and
        OneshotError (EVENT_APPEND_FAILED, REF_LOCKED, LOCK_STALE) when the
        trail can't be written.
        """

    def close(self) -> None:
        """Let go of processes and files."""
