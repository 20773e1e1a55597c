"""Clones that wrote at once: one state at once, and one ref as soon as nothing is left to send."""

import contextlib
import itertools
import random
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from git_oneshot.core import commands as c
from git_oneshot.core import facts as f
from git_oneshot.core import history as h
from git_oneshot.core.commands import Command
from git_oneshot.core.errors import OneshotError
from git_oneshot.core.events import Event
from git_oneshot.core.facts import Fact, Plan, Proof
from git_oneshot.core.history import seen_by, state_of
from git_oneshot.core.replay import legal, replay
from git_oneshot.core.state import State
from git_oneshot.session import Session
from git_oneshot.trail.merging import agree, behind, settle
from git_oneshot.trail.store import Tip
from tests import strategies
from tests.sandbox import MakeWorld, fixed_world
from tests.trail.crafted import FEATURE, append, events_of, started, titled
from tests.trail.memory import Kept, MemoryStore

PLAN: Final = c.Patch(fields=("plan",), plan=Plan(goal="g"), move=True)
DONE: Final = c.Finalize(
    proofs=(f.CommitJudged(commit="a" * 40, proof=Proof(word="PASS")),),
    suite=f.SuiteJudged(commit="a" * 40, proof=Proof(word="PASS")),
)

USUAL: Final[tuple[Command, ...]] = (c.Start(), PLAN, DONE, c.Cancel(), c.RequestSynthesis())


class Clones:
    """Clones in memory that share what was ever fetched, each with a session of its own."""

    def __init__(self, count: int) -> None:
        pool: dict[str, Kept] = {}
        seconds = itertools.count()
        self.stores = [MemoryStore(pool) for _ in range(count)]
        self.sessions = [Session(store, fixed_world(seconds)) for store in self.stores]

    def say(self, clone: int, command: Command) -> None:
        """Let someone try something."""
        with contextlib.suppress(OneshotError):
            self.sessions[clone].execute(FEATURE, command)

    def head(self, clone: int) -> str | None:
        """Where a clone's own ref is."""
        tips = [tip for tip in self.stores[clone].tips() if not tip.origin]
        return tips[0].commit if tips else None

    def fetch(self, clone: int, other: int) -> None:
        """See what another clone has; nothing of one's own moves."""
        theirs = self.head(other)
        if theirs is not None:
            self.stores[clone].track(FEATURE, f"clone-{other}", theirs)

    def sync(self, clone: int, other: int) -> bool:
        """Fetch, merge where needed, push forwards; whether anything moved."""
        store, theirs = self.stores[clone], self.head(other)
        ours = self.head(clone)
        self.fetch(clone, other)
        if ours is None or ours == theirs:
            return False
        if theirs is None:
            self._put(other, ours)
            return True
        [trail] = store.read([Tip(FEATURE, ours, "", (theirs,))])
        agreed = agree(store, FEATURE, ours, theirs, trail.entries)
        store.move(FEATURE, agreed.commit, Tip(FEATURE, ours))
        if agreed.push:
            self._put(other, agreed.commit)
        return True

    def _put(self, other: int, new: str) -> None:
        store, old = self.stores[other], self.head(other)
        if old is not None:  # as a remote insists
            [trail] = store.read([Tip(FEATURE, new)])
            assert old in behind(trail.entries, new).commits
        store.move(FEATURE, new, Tip(FEATURE, old) if old else None)

    def state(self, clone: int) -> State:
        """What a clone's own ref tells."""
        return self.stores[clone].load([Tip(FEATURE, self.head(clone) or "")])[0].state


@st.composite
def forks(draw: st.DrawFn, count: int = 4) -> tuple[Clones, list[str]]:
    """Several ends of one trail, some of which have seen others."""
    clones = Clones(count)
    clones.say(0, c.Start(policy=draw(st.none() | strategies.policies)))
    for other in range(1, draw(st.integers(1, count))):  # the others begin it for themselves
        clones.sync(0, other)
    for _ in range(draw(st.integers(1, 14))):
        one, two = (draw(st.integers(0, count - 1)) for _ in range(2))
        if one != two and draw(st.booleans()):
            clones.fetch(one, two)
        usual = st.sampled_from(USUAL)
        clones.say(one, draw(usual | strategies.commands))
    return clones, [head for clone in range(count) if (head := clones.head(clone)) is not None]


# -- one state ----------------------------------------------------------------------


@given(forks(), st.randoms(use_true_random=False))
def test_any_forks_merged_in_any_order_give_the_same_state(
    made: tuple[Clones, list[str]], chance: random.Random
) -> None:
    clones, ends = made
    store = clones.stores[0]
    first, *others = ends
    [unmerged] = store.load([Tip(FEATURE, first, "", tuple(others))])
    for _ in range(3):
        left = list(ends)
        while len(left) > 1:
            chance.shuffle(left)
            one, two = left.pop(), left.pop()
            [trail] = store.read([Tip(FEATURE, one, "", (two,))])
            left.append(agree(store, FEATURE, one, two, trail.entries).commit)
        assert store.load([Tip(FEATURE, left[0])])[0].state == unmerged.state


@given(forks())
def test_an_event_counts_only_where_its_writer_could_think_so(
    made: tuple[Clones, list[str]],
) -> None:
    """Void for its writer is void for all; and the writer's own view is a replay of its own."""
    clones, ends = made
    [trail] = clones.stores[0].read([Tip(FEATURE, ends[0], "", tuple(ends[1:]))])
    void = {one.id for one in state_of(FEATURE, trail.entries).void}
    for event in trail.events:
        *before, last = seen_by(trail.entries, event.id)
        alone = [*before, last._replace(events=last.events[:-1])]
        if legal(state_of(FEATURE, alone), event) is not None:
            assert event.id in void


@given(strategies.histories(), st.data())
def test_legal_looks_at_no_more_than_a_view_has(
    history: tuple[Event, ...], data: st.DataObject
) -> None:
    """What else a state holds can't be joined, and would make the order of merges tell."""
    state = replay(strategies.EMPTY, history)
    event = data.draw(strategies.events())
    seen = State(
        feature=state.feature, phase=state.phase, policy_set=state.policy_set,
        requests=min(state.requests, 1),
    )  # fmt: skip
    assert legal(state, event) == legal(seen, event)


@given(strategies.histories())
def test_a_fork_that_was_none_changes_nothing(history: tuple[Event, ...]) -> None:
    """A trail read as a graph is what it is as a line."""
    line = [
        h.Entry(str(n), (event,), (str(n - 1),) if n else ()) for n, event in enumerate(history)
    ]
    judged, view = h._judge(strategies.FEATURE, line)
    as_graph = h._fold(State(feature=strategies.FEATURE), judged, view)
    assert as_graph == state_of(strategies.FEATURE, line)


# -- one ref ------------------------------------------------------------------------

Order = Callable[[int, random.Random], list[tuple[int, int]]]


def hub(count: int, chance: random.Random) -> list[tuple[int, int]]:
    """Everyone with the first."""
    return [(clone, 0) for clone in chance.sample(range(1, count), count - 1)]


def ring(count: int, chance: random.Random) -> list[tuple[int, int]]:
    """Everyone with the next one."""
    return [(clone, (clone + 1) % count) for clone in range(count)]


def pairs(count: int, chance: random.Random) -> list[tuple[int, int]]:
    """Anyone with anyone; each pair comes up."""
    every = list(itertools.permutations(range(count), 2))
    return chance.sample(every, len(every))


@pytest.mark.parametrize("order", [hub, ring, pairs])
@settings(max_examples=60)
@given(made=forks(5), chance=st.randoms(use_true_random=False))
def test_an_exchange_ends_and_then_all_have_one_ref(
    order: Order, made: tuple[Clones, list[str]], chance: random.Random
) -> None:
    clones, ends = made
    count = len(clones.stores)
    [union] = clones.stores[0].load([Tip(FEATURE, ends[0], "", tuple(ends[1:]))])
    for _ in range(3 * count):
        moved = [clones.sync(*pair) for pair in order(count, chance)]
        if not any(moved):
            break
    else:
        pytest.fail("the exchange did not end")
    heads = {clones.head(n) for n in range(count)} - {None}
    assert len(heads) == 1
    assert all(clones.state(n) == union.state for n in range(count) if clones.head(n))


@given(forks(3))
def test_ends_that_say_the_same_are_not_merged(made: tuple[Clones, list[str]]) -> None:
    clones, ends = made
    assume(len(ends) == 3)
    store = clones.stores[0]
    merges = []
    for one, two, three in ((0, 1, -1), (1, -1, 0)):
        history = store.read([Tip(FEATURE, ends[one], "", (ends[two], ends[three]))])[0].entries
        first = agree(store, FEATURE, ends[one], ends[two], history).commit
        history = store.read([Tip(FEATURE, first, "", (ends[three],))])[0].entries
        merges.append(agree(store, FEATURE, first, ends[three], history).commit)
    history = store.read([Tip(FEATURE, merges[0], "", (merges[1],))])[0].entries
    assert settle(history, merges) == (min(merges),)


# -- who wins -----------------------------------------------------------------------


def two(*before: Command) -> Clones:
    """Two clones with the same beginning."""
    clones = Clones(2)
    for command in before:
        clones.say(0, command)
    clones.sync(0, 1)
    return clones


def meet(clones: Clones) -> State:
    """The state after they have exchanged what they have."""
    clones.sync(0, 1)
    clones.sync(1, 0)
    assert clones.state(0) == clones.state(1)
    return clones.state(0)


def test_a_request_that_finalize_did_not_see_changes_nothing_that_is_done() -> None:
    clones = two(c.Start(), PLAN)
    clones.say(0, DONE)
    clones.say(1, c.RequestSynthesis())
    state = meet(clones)
    assert (state.phase, state.requests, state.void) == ("completed", 1, ())


@pytest.mark.parametrize("first", [0, 1])
def test_cancelled_beats_completed_whoever_was_first(first: int) -> None:
    clones = two(c.Start(), PLAN)
    said: tuple[Command, Command] = (c.Cancel(reason="no"), DONE)
    for clone in (first, 1 - first):
        clones.say(clone, said[clone])
    state = meet(clones)
    assert (state.phase, state.reason) == ("cancelled", "no")
    [void] = state.void
    assert void.type == "workflow.transition"
    assert void.reason == "it did not see that implementing was left for cancelled"


def test_completed_beats_synthesize_and_what_came_of_it() -> None:
    clones = two(c.Start(), PLAN)
    clones.say(0, DONE)
    clones.say(1, c.RequestSynthesis())
    clones.say(1, DONE)
    clones.say(1, c.Complete(merge_commit="b" * 40))
    state = meet(clones)
    assert state.phase == "completed"
    assert [one.type for one in state.void] == ["workflow.transition", "workflow.cleanup"]
    assert "another way" in state.void[1].reason


def test_of_two_plans_the_later_one_is_the_plan() -> None:
    clones = two(c.Start())
    clones.say(0, c.Patch(fields=("plan",), plan=Plan(goal="first"), move=True))
    clones.say(1, c.RequestSynthesis())
    clones.say(1, c.Patch(fields=("plan",), plan=Plan(goal="second"), move=True))
    state = meet(clones)
    assert state.phase == "implementing"
    assert state.plan == Plan(goal="second")
    [void] = state.void
    assert void.reason == "it did not see that plan was left for implementing"


def test_an_id_that_was_begun_twice_has_one_beginning_and_says_so() -> None:
    clones = Clones(2)
    for clone, title in enumerate(("one", "two")):
        clones.say(clone, c.Start(title=title))
        clones.say(clone, PLAN)
    state = meet(clones)
    assert state.title in ("one", "two")
    assert state.phase == "implementing"
    assert sorted(one.type for one in state.void) == ["workflow.started", "workflow.transition"]
    assert any("begun twice" in one.reason for one in state.void)


def test_an_id_used_by_who_could_not_see_it_makes_nobodys_event_void(world: MakeWorld) -> None:
    """Else anyone could fork a trail at its root, and take an event back that is long past."""
    store = MemoryStore()
    session = Session(store, world())
    session.execute(FEATURE, c.Start())
    session.execute(FEATURE, PLAN)
    tip = session.execute(FEATURE, DONE).tip
    [trail] = store.read([tip])
    moved = trail.events[-1]
    begun = append(MemoryStore(store._pool), FEATURE, None, started())
    forged = _with_id(moved.id, 2, titled("forged"))
    end = MemoryStore(store._pool)
    end._refs[FEATURE, ""] = begun.commit
    theirs = end.append(FEATURE, begun, (forged,), summary="", state=State(feature=FEATURE))
    [loaded] = store.load([tip._replace(beside=(theirs.commit,))])
    assert loaded.state.phase == "completed"
    assert moved.id not in {one.id for one in loaded.state.void}


def _with_id(id_: str, clock: int, fact: Fact) -> Event:
    [event] = events_of(clock, fact)
    return replace(event, id=id_)
