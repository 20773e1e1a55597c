"""What a trail means when two clones wrote at once: history as a graph.

A trail that never forked is a line, and ``replay`` folds it. One that did is
folded so that the order in which clones met leaves no trace:

1. An event is judged in the state of its own ancestors: what its writer could
   see. One that is not legal there is void.
2. All others are folded in the order of their clocks, then of their ids.
3. Of two starts, and of two moves out of one phase, that did not see each
   other, one counts (``Move``: cancelled before completed before synthesize);
   the other is void.

So the state is a function of the set of commits, and of nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from git_oneshot.core import events as e
from git_oneshot.core.events import Event
from git_oneshot.core.facts import Phase, Policy
from git_oneshot.core.replay import Folding, evolve, legal, replay
from git_oneshot.core.state import BEGUN_TWICE, State

# For this many ids that are used more than once it is worked out who saw whom. More
# than that is a forgery, and even so cannot make another's event void.
TWICE: Final = 100
_RANK: Final[dict[Phase, int]] = {"cancelled": 0, "completed": 1, "synthesize": 2}


class Entry(NamedTuple):
    """One commit of a trail: an append; or a merge or a seal, which hold no event."""

    commit: str
    events: tuple[Event, ...]
    parents: tuple[str, ...] = ()


class Start(NamedTuple):
    """A beginning. Of several, the least counts."""

    clock: int
    id: str
    policy: Policy | None


class Move(NamedTuple):
    """A way out of a phase. Of several that did not see each other, the least counts."""

    rank: int
    clock: int
    id: str
    to: Phase


class View(NamedTuple):
    """The part of a state that ``legal`` looks at, in a form that is easy to join with another."""

    start: Start | None = None
    asked: bool = False
    moves: Mapping[Phase, Move] = {}

    def join(self, other: "View") -> "View":
        """What someone who knows both knows."""
        if self is other or other is NOTHING:
            return self
        if self is NOTHING:
            return other
        starts = [s for s in (self.start, other.start) if s is not None]
        moves = {**other.moves, **self.moves}
        both = self.moves.keys() & other.moves.keys()
        moves |= {origin: min(self.moves[origin], other.moves[origin]) for origin in both}
        return View(min(starts, default=None), self.asked or other.asked, moves)

    @property
    def way(self) -> dict[Phase, Move]:
        """The moves that count, by the phase they leave."""
        taken: dict[Phase, Move] = {}
        phase: Phase = "plan"
        while self.start is not None and phase in self.moves and phase not in taken:
            taken[phase] = self.moves[phase]
            phase = taken[phase].to
        return taken

    def state(self, feature: str) -> State:
        """The state that ``legal`` is asked in."""
        phase: Phase = "plan"
        for move in self.way.values():
            phase = move.to
        return State(
            feature=feature,
            phase=phase if self.start else None,
            policy_set=self.start.policy if self.start else None,
            requests=int(self.asked),
        )


NOTHING: Final = View()


class Judged(NamedTuple):
    """An event, why it is void already for its own writer, and what it would be in a fork."""

    event: Event
    commit: str
    reason: str | None
    start: Start | None = None
    origin: Phase | None = None
    move: Move | None = None


def state_of(feature: str, history: Sequence[Entry]) -> State:
    """The state of a feature. ``history``: parents before children, each commit once."""
    if _is_line(history):
        events = (event for entry in history for event in entry.events)
        return replay(State(feature=feature), events)
    judged, view = _judge(feature, history)
    judged.sort(key=lambda one: (one.event.clock, one.event.id, one.commit))
    return _fold(State(feature=feature), judged, view)


def in_order(history: Iterable[Entry]) -> tuple[Event, ...]:
    """All events, in the order in which they count."""
    entries = tuple(history)
    if _is_line(entries):
        return tuple(event for entry in entries for event in entry.events)
    said = [(event, entry.commit) for entry in entries for event in entry.events]
    said.sort(key=lambda one: (one[0].clock, one[0].id, one[1]))
    return tuple(event for event, _ in said)


def seen_by(history: Sequence[Entry], event: str) -> tuple[Entry, ...]:
    """What the writer of an event could see, and the event: history as it was then."""
    at = next(i for i, one in enumerate(history) if any(x.id == event for x in one.events))
    entry = history[at]
    place = next(i for i, x in enumerate(entry.events) if x.id == event)
    kept, wanted = [entry._replace(events=entry.events[: place + 1])], {*entry.parents}
    for one in reversed(history[:at]):
        if one.commit in wanted:
            kept.append(one)
            wanted.update(one.parents)
    return tuple(reversed(kept))


def starts_of(feature: str, history: Sequence[Entry]) -> dict[str, str]:
    """The beginnings whose writers knew of no earlier one: commit to event id, in order."""
    judged, _ = _judge(feature, history)
    found = [(one.start.clock, one.start.id, one.commit) for one in judged if one.start]
    return {commit: id_ for _, id_, commit in sorted(found)}


def side_of(history: Sequence[Entry], start: str, starts: Iterable[str]) -> tuple[Entry, ...]:
    """What followed from one beginning alone, before anybody knew of another."""
    others = {*starts} - {start}
    inside, outside = {start}, {*others}
    found = []
    for entry in history:
        if not outside.isdisjoint(entry.parents) or entry.commit in others:
            outside.add(entry.commit)
        elif entry.commit == start or not inside.isdisjoint(entry.parents):
            inside.add(entry.commit)
            found.append(entry)
    return tuple(found)


def _is_line(history: Sequence[Entry]) -> bool:
    return all(
        len(entry.parents) == 1 and entry.parents[0] == before.commit
        for before, entry in pairwise(history)
    )


def _judge(feature: str, history: Sequence[Entry]) -> tuple[list[Judged], View]:
    """Judge each event in the state of its ancestors; and what all of it comes to."""
    views: dict[str, View] = {}
    whole = NOTHING
    used = _used_before(history)
    judged: list[Judged] = []
    for entry in history:
        view = NOTHING
        for parent in entry.parents:
            view = view.join(views.get(parent, NOTHING))
        said, view = _judge_append(feature, entry, view, used)
        judged += said
        views[entry.commit] = view
        whole = whole.join(view)
    return judged, whole


def _judge_append(
    feature: str, entry: Entry, view: View, used: Mapping[str, frozenset[str]]
) -> tuple[list[Judged], View]:
    state = view.state(feature)
    ids: set[str] = set()
    judged = []
    for event in entry.events:
        again = event.id in ids or entry.commit in used.get(event.id, ())
        reason = "its id was used before" if again else legal(state, event)
        ids.add(event.id)
        one = Judged(event, entry.commit, reason)
        if reason is None:
            one = _placed(one, state, evolve(state, event))
        judged.append(one)
        said = _said(one)
        if said is not None:
            view = view.join(said)
            state = view.state(feature)
    return judged, view


def _placed(one: Judged, before: State, after: State) -> Judged:
    """What a legal event would be in a fork: a start, a move, or neither."""
    event = one.event
    if before.phase is None:
        return one._replace(start=Start(event.clock, event.id, after.policy_set))
    if after.phase == before.phase or after.phase is None:
        return one
    move = Move(_RANK.get(after.phase, 3), event.clock, event.id, after.phase)
    return one._replace(origin=before.phase, move=move)


def _said(one: Judged) -> View | None:
    """What an event adds to the view of those who come after; None for most."""
    asked = one.reason is None and isinstance(one.event, e.SynthesizeRequested)
    moves = {one.origin: one.move} if one.origin and one.move else {}
    return View(one.start, asked, moves) if one.start or moves or asked else None


def _fold(state: State, judged: Sequence[Judged], view: View) -> State:
    way, done = view.way, dict[str, Event]()
    folding = Folding(state)
    for one in judged:
        reason = one.reason or _lost(one, view, way)
        if reason is None and done.get(one.event.id) == one.event:
            reason = "it is said twice"
        folding.add(one.event, reason)
        if reason is None:
            done[one.event.id] = one.event
    return folding.done()


def _lost(one: Judged, view: View, way: Mapping[Phase, Move]) -> str | None:
    """Why an event that was legal for its writer is void, given what its writer did not see."""
    if one.start is not None and one.start != view.start:
        return BEGUN_TWICE
    if one.origin is None or way.get(one.origin) == one.move:
        return None
    if one.origin in way:
        return f"it did not see that {one.origin} was left for {way[one.origin].to}"
    return f"it did not see that the feature went another way than to {one.origin}"


def _used_before(history: Sequence[Entry]) -> dict[str, frozenset[str]]:
    """For each id that is used more than once, the commits that could see it used already."""
    users: dict[str, list[str]] = {}
    for entry in history:
        for event in entry.events:
            users.setdefault(event.id, []).append(entry.commit)
    twice = [(id_, {*commits}) for id_, commits in users.items() if len(commits) > 1]
    return {id_: _above(history, commits) for id_, commits in sorted(twice)[:TWICE]}


def _above(history: Sequence[Entry], commits: set[str]) -> frozenset[str]:
    """Those of ``commits`` that have another of them among their ancestors."""
    below: set[str] = set()
    found = []
    for entry in history:
        seen = any(parent in below for parent in entry.parents)
        if seen and entry.commit in commits:
            found.append(entry.commit)
        if seen or entry.commit in commits:
            below.add(entry.commit)
    return frozenset(found)
