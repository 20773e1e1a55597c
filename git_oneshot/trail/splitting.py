"""One id that was begun twice: one of the two gets a trail of its own.

Nothing is taken away: its events are said again on the new trail, with their
ids, times and authors; on the old one they stay as they are, if they are there.
No event says so: that a beginning was split off is told from those ids.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from git_oneshot.core import events as e
from git_oneshot.core.errors import Code, OneshotError, unknown_feature
from git_oneshot.core.events import Event
from git_oneshot.core.history import Entry, side_of, starts_of, state_of
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.replay import replay
from git_oneshot.core.state import State
from git_oneshot.trail.merging import behind
from git_oneshot.trail.store import Tip, Trail, TrailStore, load_all


class Split(NamedTuple):
    """A new trail, and what it says."""

    tip: Tip
    state: State
    events: tuple[str, ...]


def split(store: TrailStore, feature: FeatureId, new: FeatureId) -> Split:
    """Give a beginning its own trail: the one that only this clone has, else a void one.

    Raises OneshotError when there is none, or none that has no trail of its own yet.
    """
    tip = store.tip(feature)
    if tip is None:
        raise unknown_feature(feature)
    if store.tip(new) is not None:
        raise OneshotError(
            Code.STATE_ALREADY_EXISTS, f"feature '{new}' exists", "name another", feature=new
        )
    [trail] = store.read([tip])
    if trail.damage is not None:
        raise trail.damage
    starts = starts_of(feature, trail.entries)
    if len(starts) < 2:
        raise OneshotError(
            Code.INVALID_INPUT,
            f"'{feature}' was begun once, and there is nothing to split",
            f"see its events: git oneshot log {feature}",
        )
    alone = _alone(trail, tip, starts)
    chosen = alone or _void(store, trail, starts)
    entries = side_of(trail.entries, chosen, starts)
    events = tuple(_of(event, new, n + 1) for n, event in enumerate(_line(entries)))
    payloads = store.payloads(entry.commit for entry in entries)
    state = replay(State(feature=new), events)
    kept: Mapping[str, bytes] = {i: blob for i, blob in payloads.items() if i in _ids(events)}
    made = store.append(
        new, None, events, summary=f"{new}: split from {feature}", state=state, payloads=kept
    )
    if alone and tip.beside:
        store.move(feature, tip.beside[0], tip)  # what it said is on the new trail now
    return Split(made, state, _ids(events))


def _alone(trail: Trail, tip: Tip, starts: Mapping[str, str]) -> str | None:
    """The beginning that only our own ref holds, where a remote's holds another one."""
    if tip.origin or len(tip.beside) != 1:
        return None
    ours, theirs = (behind(trail.entries, end).commits for end in tip.ends)
    mine = [commit for commit in starts if commit in ours and commit not in theirs]
    return mine[0] if len(mine) == 1 and not theirs.isdisjoint(starts) else None


def _void(store: TrailStore, trail: Trail, starts: Mapping[str, str]) -> str:
    """The first beginning that does not count and has no trail of its own."""
    gone = split_off(store, trail)
    left = [commit for commit, event in starts.items() if event in gone and not gone[event]]
    if left:
        return left[0]
    names = ", ".join(f"'{name}'" for name in sorted(filter(None, gone.values())))
    raise OneshotError(
        Code.INVALID_INPUT,
        f"what else was begun as '{trail.feature}' has a trail of its own: {names}",
        f"see where it stands: git oneshot status {min(filter(None, gone.values()))}",
    )


def split_off(store: TrailStore, trail: Trail) -> dict[str, FeatureId | None]:
    """Where the beginnings are that do not count, by their events.

    Each is on the trail, here or at a remote, that has all that came of it; None: on none yet.
    """
    starts = starts_of(trail.feature, trail.entries)
    void = {one.id for one in state_of(trail.feature, trail.entries).void}
    sides = {
        event: _line(side_of(trail.entries, commit, starts))
        for commit, event in starts.items()
        if event in void
    }
    begun = {(side[0].at, side[0].by) for side in sides.values()}
    like = [
        one.tip
        for one in load_all(store)
        if one.tip and one.state.feature != trail.feature
        and (one.state.began, one.state.by) in begun
    ]  # fmt: skip
    known = {other.feature: set(_ids(other.events)) for other in store.read(like)}
    return {
        event: next((name for name, ids in known.items() if ids.issuperset(_ids(side))), None)
        for event, side in sides.items()
    }


def _line(entries: tuple[Entry, ...]) -> list[Event]:
    said = {(x.clock, x.id): x for entry in entries for x in entry.events}
    return [said[key] for key in sorted(said)]


def _of(event: Event, feature: FeatureId, clock: int) -> Event:
    """The same event on another trail."""
    if isinstance(event, e.WorkflowStarted):
        return replace(event, clock=clock, data=replace(event.data, featureId=feature))
    return replace(event, clock=clock)


def _ids(events: Iterable[Event]) -> tuple[str, ...]:
    return tuple(event.id for event in events)
