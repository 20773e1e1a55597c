"""One contract for every place for trails: what git keeps, memory keeps, and the reverse."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from git_oneshot.core import facts as f
from git_oneshot.core.commands import Patch, RequestSynthesis, Start
from git_oneshot.core.errors import Code, LostRace, OneshotError
from git_oneshot.core.facts import Plan
from git_oneshot.core.replay import replay
from git_oneshot.core.state import State
from git_oneshot.session import Session
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.store import TrailStore
from tests.sandbox import MakeRepo, MakeWorld
from tests.trail.crafted import FEATURE, OTHER, append, events_of, started, titled
from tests.trail.memory import MemoryStore


class Place(NamedTuple):
    """A store, and how another process would open the same trails."""

    store: TrailStore
    again: Callable[[], TrailStore]


@pytest.fixture(params=["git", "git-sha256", "memory"])
def place(request: pytest.FixtureRequest, repo: MakeRepo) -> Iterator[Place]:
    """Each store in turn."""
    if request.param == "memory":
        memory = MemoryStore()
        yield Place(memory, lambda: memory)
        return
    options = ["--object-format=sha256"] if request.param == "git-sha256" else []
    git = repo("work", *options).discover()
    stores = [GitStore(git, time.time)]

    def again() -> GitStore:
        stores.append(GitStore(git, time.time))
        return stores[-1]

    yield Place(stores[0], again)
    for store in stores:
        store.close()


def test_a_feature_that_never_began_has_no_tip(place: Place) -> None:
    assert place.store.tip(FEATURE) is None
    assert place.store.tips() == []
    assert place.store.read([]) == []
    assert place.store.load([]) == []


def test_an_append_is_at_the_tip_for_everyone(place: Place) -> None:
    tip = append(place.store, FEATURE, None, started())
    assert tip == place.store.tip(FEATURE) == place.again().tip(FEATURE)
    assert tip.feature == FEATURE
    assert tip.origin == ""


def test_events_come_back_equal_in_order_and_by_append(place: Place) -> None:
    one = append(place.store, FEATURE, None, started())
    many = [titled(f"title {n}") for n in range(50)]
    two = append(place.store, FEATURE, one, *many)
    three = append(place.store, FEATURE, two, titled("ünïcode \x00 \n \u2028 {}"))

    [trail] = place.again().read([three])

    assert trail.damage is None
    assert trail.tip == three
    assert [entry.commit for entry in trail.entries] == [one.commit, two.commit, three.commit]
    assert [len(entry.events) for entry in trail.entries] == [1, 50, 1]
    assert [event.clock for event in trail.events] == list(range(1, 53))
    assert trail.events == (
        *events_of(1, started()),
        *events_of(2, *many),
        *events_of(52, titled("ünïcode \x00 \n \u2028 {}")),
    )


def test_an_older_tip_reads_as_the_trail_was_then(place: Place) -> None:
    one = append(place.store, FEATURE, None, started())
    two = append(place.store, FEATURE, one, titled("later"))
    then, now = place.store.read([one, two])
    assert then.events == now.events[:1]
    before, after = place.store.load([one, two])
    assert (before.state.title, after.state.title) == ("", "later")


@pytest.mark.parametrize("seen", ["nothing", "an older tip", "another trail's tip"])
def test_a_writer_that_saw_another_tip_loses_and_changes_nothing(place: Place, seen: str) -> None:
    first = append(place.store, FEATURE, None, started())
    tip = append(place.store, FEATURE, first, titled("theirs"))
    other = append(place.store, OTHER, None, started(OTHER))
    stale = {"nothing": None, "an older tip": first, "another trail's tip": other}[seen]

    with pytest.raises(LostRace):
        append(place.store, FEATURE, stale, titled("ours"))

    assert place.store.tip(FEATURE) == tip
    assert [event.clock for event in place.again().read([tip])[0].events] == [1, 2]
    # The loser's store still works.
    append(place.store, FEATURE, tip, titled("ours"))


def test_a_writer_that_saw_a_trail_that_is_not_there_loses(place: Place) -> None:
    tip = append(place.store, FEATURE, None, started())
    with pytest.raises(LostRace):
        append(place.store, OTHER, tip, titled("ours"))
    assert place.store.tip(OTHER) is None


def test_features_do_not_touch_each_other(place: Place) -> None:
    mine = append(place.store, OTHER, None, started(OTHER))
    yours = append(place.store, FEATURE, None, started())
    mine = append(place.store, OTHER, mine, titled("mine"))

    assert place.store.tips() == [yours, mine]  # by name, not by time
    asked = [mine, yours]
    assert [trail.feature for trail in place.store.read(asked)] == [OTHER, FEATURE]
    assert [one.state.title for one in place.store.load(asked)] == ["mine", ""]


def test_loading_is_replaying(place: Place, world: MakeWorld) -> None:
    """From the cache or not: a state is what a replay from nothing gives, void events included."""
    session = Session(place.store, world(key="k", via="agent"))
    session.execute(FEATURE, Start(policy="never", title="a title"))
    session = Session(place.store, world())
    session.execute(
        FEATURE, Patch(fields=("plan",), plan=Plan(goal="g", files=("a", "b")), move=True)
    )
    tip = session.execute(FEATURE, RequestSynthesis(reason="why not")).tip
    proof = f.Proof(word="PASS", tests=(f.TestTurn(suite="s", id="t"),), total=1)
    tip = append(place.store, FEATURE, tip, f.CommitJudged(commit="a" * 40, proof=proof))
    tip = append(place.store, FEATURE, tip, f.Moved(origin="plan", to="implementing"))

    place.store.close()
    reader = place.again()
    cold, warm = reader.load([tip]), place.again().load([tip])
    [trail] = reader.read([tip])
    replayed = replay(State(feature=FEATURE), trail.events)
    assert cold[0].state == warm[0].state == replayed
    assert replayed.void[0].reason == "the phase was implementing"
    assert cold[0].tip == tip


def test_payloads_are_no_part_of_what_is_read_back(place: Place) -> None:
    [event] = events_of(1, started())
    tip = append(place.store, FEATURE, None, started(), payloads={event.id: b"\0" * 10_000})
    assert place.store.read([tip])[0].events == (event,)


def test_a_store_that_was_closed_opens_again(place: Place) -> None:
    tip = append(place.store, FEATURE, None, started())
    place.store.close()
    place.store.close()
    tip = append(place.store, FEATURE, tip, titled("after"))
    assert [len(trail.events) for trail in place.store.read([tip])] == [2]


@pytest.mark.parametrize("by", ["A" * 501, "Caf\udce9 <cafe@example.org>"])
def test_what_could_not_be_read_back_is_not_written(place: Place, by: str) -> None:
    tip = append(place.store, FEATURE, None, started())
    with pytest.raises(OneshotError) as refused:
        append(place.store, FEATURE, tip, titled("fine"), by=by)
    assert refused.value.code is Code.INVALID_INPUT
    assert place.store.tip(FEATURE) == tip
