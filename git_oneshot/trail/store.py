"""What a place for trails can do: the git store, and one in memory for tests, keep one contract."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from msgspec import Struct

from git_oneshot.core.errors import OneshotError, unknown_feature
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.spelling import nearest

if TYPE_CHECKING:
    from git_oneshot.core.events import Event
    from git_oneshot.core.history import Entry
    from git_oneshot.core.pipeline import Glance
    from git_oneshot.core.state import State


class Tip(NamedTuple):
    """Where a trail ends, and where that is known from: ``""`` is here, else a remote's name.

    ``beside`` are other ends of the same trail, where clones wrote at the same time:
    all are read as one trail, and the next append joins them. ``shared``: it
    is ours, and a remote has the same.
    """

    feature: FeatureId
    commit: str
    origin: str = ""
    beside: tuple[str, ...] = ()
    shared: bool = False

    @property
    def ends(self) -> tuple[str, ...]:
        """All ends."""
        return (self.commit, *self.beside)

    @property
    def name(self) -> str:
        """A name for this end, or these ends, that no others have."""
        return "+".join(self.ends)


class Trail(NamedTuple):
    """A trail that was read. ``tip`` is None when there is none.

    ``damage`` is the first rule of the format that it breaks; ``entries`` are
    sound up to there, parents before children. ``aside`` is what is wrong with
    other ends, which are left out.
    """

    feature: FeatureId
    tip: Tip | None
    entries: "tuple[Entry, ...]"
    damage: OneshotError | None = None
    aside: tuple[OneshotError, ...] = ()

    @property
    def events(self) -> "tuple[Event, ...]":
        """All events, oldest first."""
        from git_oneshot.core.history import in_order

        return in_order(self.entries)


def joint(tip: Tip, trails: Sequence[Trail]) -> Trail:
    """What was read at the ends of a tip, as one trail.

    A damaged end is left aside, unless it is ours, or there is no sound one.
    """
    sound = [trail for trail in trails if trail.damage is None]
    ours = not tip.origin and trails[0].damage is not None
    if ours or not sound or not tip.beside:
        return trails[0]._replace(tip=tip)
    entries = {entry.commit: entry for trail in sound for entry in trail.entries}
    aside = tuple(trail.damage for trail in trails if trail.damage is not None)
    return Trail(tip.feature, tip, tuple(entries.values()), None, aside)


class Loaded(Struct, frozen=True):
    """The state of a feature at its tip."""

    state: "State"
    tip: Tip | None
    damage: OneshotError | None = None
    aside: tuple[OneshotError, ...] = ()

    @property
    def unsound(self) -> bool:
        """Whether a part of the trail can't be read."""
        return bool(self.damage or self.aside)


class Glanced(Struct, frozen=True):
    """A feature at a glance, and what can't be read of its trail."""

    glance: "Glance"
    damage: OneshotError | None = None
    aside: tuple[OneshotError, ...] = ()


def joined(tips: Iterable[Tip]) -> dict[FeatureId, Tip]:
    """One tip for each feature, with its other ends beside it: ours first, else a remote's."""
    found: dict[FeatureId, Tip] = {}
    for tip in tips:
        first = found.setdefault(tip.feature, tip)
        if tip.commit not in first.ends:
            found[tip.feature] = first._replace(beside=(*first.beside, tip.commit))
        elif tip.commit == first.commit and tip.origin and not first.origin:
            found[tip.feature] = first._replace(shared=True)
    return found


def ours(tips: Iterable[Tip]) -> list[Tip]:
    """The tips of the features that this clone has, with what remotes have of them beside."""
    return [tip for tip in joined(tips).values() if not tip.origin]


class TrailStore(Protocol):
    """A place for trails."""

    def tip(self, feature: FeatureId) -> Tip | None:
        """The tip of one trail: ours if there is one, else the first remote's; others beside it."""

    def tips(self) -> list[Tip]:
        """The tips of all trails, by feature and origin, ours before a remote's."""

    def leads(self, tip: Tip) -> bool:
        """Whether a tip's own end holds all that is beside it."""

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
        state: "State",
        payloads: Mapping[str, bytes] = {},
    ) -> Tip:
        """Write events behind ``tip``, in one step or not at all, and make them last.

        Ends beside the tip are joined first, as far as that is necessary.

        ``state`` is the state after the events; ``payloads`` maps event ids to
        contents. Raises LostRace when the trail is not at ``tip`` any more, and
        OneshotError (EVENT_APPEND_FAILED, REF_LOCKED, LOCK_STALE) when the
        trail can't be written.
        """

    def payloads(self, commits: Iterable[str], wanted: Container[str]) -> dict[str, bytes]:
        """The payloads of wanted events that these appends hold, by the ids of the events."""

    def merge(self, feature: FeatureId, one: str, two: str, history: "Sequence[Entry]") -> str:
        """Write the derived merge of two ends, and give back its id. No ref moves.

        ``history`` is what is behind both.
        """

    def move(self, feature: FeatureId, new: str, tip: Tip | None) -> None:
        """Let our ref name ``new``, if it is at ``tip`` still. Raises as ``append`` does."""

    def close(self) -> None:
        """Let go of processes and files."""


def unknown(store: TrailStore, feature: FeatureId) -> OneshotError:
    """The error for a feature that does not exist; it names one that was probably meant."""
    return unknown_feature(feature, nearest(feature, {tip.feature for tip in store.tips()}))


def load_all(store: TrailStore) -> list[Loaded]:
    """The states of all features, each once, from wherever it is known."""
    return store.load(list(joined(store.tips()).values()))
