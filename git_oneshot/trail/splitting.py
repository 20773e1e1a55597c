"""One id that was begun twice: one of the two gets a trail of its own.

Nothing is taken away: its events are said again on the new trail, with their
ids, times and authors. On the old one they stay, unless that is a remote's and
only this clone had them: then the new one has all that only this clone had.
No event says so: that a beginning was split off is told from those ids.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from git_oneshot.core import events as e
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.events import Event
from git_oneshot.core.history import Entry, side_of, starts_of, state_of
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.replay import replay
from git_oneshot.core.state import State
from git_oneshot.trail.merging import behind
from git_oneshot.trail.payloads import log_of, payload_of
from git_oneshot.trail.store import Tip, Trail, TrailStore, load_all, unknown


class Split(NamedTuple):
    """A new trail, and what it says.

    ``by``: who began it. ``counts``: who began what the old id is now, and ``left``
    whether that is a remote's alone.
    """

    tip: Tip
    state: State
    events: tuple[str, ...]
    by: str
    counts: str
    left: bool


def split(store: TrailStore, feature: FeatureId, new: FeatureId, email: str) -> Split:
    """Give a beginning its own trail.

    The one that only this clone has, with all that only this clone has; else the one by
    who asks (``email``), else one that does not count, and then no ref moves.
    Raises OneshotError when there is none, or none that has no trail of its own yet.
    """
    tip = store.tip(feature)
    if tip is None:
        raise unknown(store, feature)
    if store.tip(new) is not None:
        raise OneshotError(
            Code.STATE_ALREADY_EXISTS, f"feature '{new}' exists", "name another", feature=new
        )
    [trail] = store.read([tip])
    if trail.damage is not None:
        raise trail.damage
    starts = starts_of(feature, trail.entries)
    if len({*starts.values()}) < 2:
        raise OneshotError(
            Code.INVALID_INPUT,
            f"'{feature}' was begun once, and there is nothing to split",
            f"see its events: git oneshot log {feature}",
        )
    alone = _alone(trail, tip, starts)
    entries = alone or side_of(trail.entries, _one_of(store, trail, starts, email), starts)
    events, state = _said_again(entries, new)
    beside = {event.id for event in events if payload_of(event) or log_of(event)}
    payloads = store.payloads((entry.commit for entry in entries), beside)
    made = store.append(
        new, None, events, summary=f"{new}: split from {feature}", state=state, payloads=payloads
    )
    rest = trail.entries
    if alone:
        store.move(feature, tip.beside[0], tip)  # what it said is on the new trail now
        theirs = behind(rest, tip.beside[0]).commits
        rest = tuple(entry for entry in rest if entry.commit in theirs)
    counts = state_of(feature, rest).by
    return Split(made, state, _ids(events), state.by, counts, bool(alone))


def _said_again(entries: tuple[Entry, ...], new: FeatureId) -> tuple[tuple[Event, ...], State]:
    """What is said on the new trail, and what it comes to."""
    events = tuple(_of(event, new, n + 1) for n, event in enumerate(_line(entries)))
    return events, replay(State(feature=new), events)


def _alone(trail: Trail, tip: Tip, starts: Mapping[str, str]) -> tuple[Entry, ...]:
    """All that only our own ref holds, where that has a beginning and a remote's another one.

    What came behind their merge was said in the state of both. Where a part of it would be
    void without the other beginning, nothing: the old trail has to stay as it is.
    """
    if tip.origin or len(tip.beside) != 1:
        return ()
    ours, theirs = (behind(trail.entries, end).commits for end in tip.ends)
    mine = [commit for commit in starts if commit in ours and commit not in theirs]
    if len(mine) != 1 or theirs.isdisjoint(starts):
        return ()
    entries = tuple(entry for entry in trail.entries if entry.commit in ours - theirs)
    _, alone = _said_again(entries, trail.feature)
    return entries if _void(trail).issuperset(one.id for one in alone.void) else ()


def _one_of(store: TrailStore, trail: Trail, starts: Mapping[str, str], email: str) -> str:
    """The first beginning that has no trail of its own: of who asks, or one that does not count."""
    void = _void(trail)
    by = {event.id: event.by for entry in trail.entries for event in entry.events}
    late = [commit for commit, event in starts.items() if event in void]
    mine = [commit for commit in starts if by[starts[commit]].endswith(f"<{email}>")]
    wanted = [commit for commit in mine if commit in late] or mine
    homes = _homes(store, trail, starts)
    for commit in (*wanted, *late):
        if homes[starts[commit]] is None:
            return commit
    own = sorted({home for home in homes.values() if home})
    names = ", ".join(f"'{name}'" for name in own)
    raise OneshotError(
        Code.INVALID_INPUT,
        f"what else was begun as '{trail.feature}' has a trail of its own: {names}",
        f"see where it stands: git oneshot status {own[0]}",
    )


def split_off(store: TrailStore, trail: Trail) -> dict[str, FeatureId | None]:
    """Where the beginnings are that do not count, by their events.

    Each is on the trail, here or at a remote, that has all that came of it; None: on none yet.
    """
    homes = _homes(store, trail, starts_of(trail.feature, trail.entries))
    void = _void(trail)
    return {event: home for event, home in homes.items() if event in void}


def _void(trail: Trail) -> set[str]:
    return {one.id for one in state_of(trail.feature, trail.entries).void}


def _homes(
    store: TrailStore, trail: Trail, starts: Mapping[str, str]
) -> dict[str, FeatureId | None]:
    """The other trail that each beginning is on, with all that came of it."""
    sides = {
        event: _line(side_of(trail.entries, commit, starts)) for commit, event in starts.items()
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
