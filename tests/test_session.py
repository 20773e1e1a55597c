"""One command: decided, written once, and answered with what it did."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from git_oneshot.core import commands as c
from git_oneshot.core import facts as f
from git_oneshot.core import pulls as p
from git_oneshot.core.errors import Code, Exit, OneshotError
from git_oneshot.core.events import TYPES, Event, Said, type_name
from git_oneshot.core.facts import Plan, Proof
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.replay import replay
from git_oneshot.core.state import State
from git_oneshot.session import Receipt, Session, summary_of
from git_oneshot.trail.store import Loaded, Tip
from tests.sandbox import AUTHOR, MakeWorld
from tests.trail.crafted import FEATURE, append, events_of, started, titled
from tests.trail.memory import MemoryStore

PASS = Proof(word="PASS")
ID = "a" * 40


@pytest.fixture
def session(world: MakeWorld) -> Session:
    """A session on an empty store."""
    return Session(MemoryStore(), world())


# -- receipts ---------------------------------------------------------------------


def test_a_receipt_says_what_was_written(session: Session) -> None:
    began = session.execute(FEATURE, c.Start(title="t"))
    planned = session.execute(FEATURE, c.Patch(fields=("plan",), plan=Plan(goal="g"), move=True))
    [trail] = session.store.read([planned.tip])
    assert began.events + planned.events == tuple(event.id for event in trail.events)
    assert len(planned.events) == 2
    assert planned.tip == session.store.tip(FEATURE)
    assert (began.before, planned.before) == (State(feature=FEATURE), began.state)
    assert (began.state.phase, planned.state.phase) == ("plan", "implementing")
    assert planned.state == session.load(FEATURE).state


def test_a_command_with_nothing_to_do_writes_nothing(session: Session) -> None:
    session.execute(FEATURE, c.Start())
    done = session.execute(FEATURE, c.Patch(fields=("plan",), plan=Plan(goal="g"), move=True))
    again = session.execute(FEATURE, c.Move(to="implementing"))
    assert again == Receipt((), done.tip, done.state, done.state)
    assert session.store.tip(FEATURE) == done.tip


def test_a_refused_command_leaves_no_event(session: Session) -> None:
    tip = session.execute(FEATURE, c.Start()).tip
    with pytest.raises(OneshotError) as refused:
        session.execute(FEATURE, c.Move(to="completed"))
    assert refused.value.code is Code.INVALID_TRANSITION
    assert session.store.tip(FEATURE) == tip
    # Nor does it spoil what the session knows.
    assert session.execute(FEATURE, c.RequestSynthesis()).state.requests == 1


def test_the_stamp_says_who_when_and_through_what(world: MakeWorld) -> None:
    session = Session(MemoryStore(), world(via="agent", key="k"))
    tip = session.execute(FEATURE, c.Start()).tip
    [event] = session.store.read([tip])[0].events
    assert (event.by, event.at, event.via, event.key) == (
        AUTHOR,
        "2026-01-01T00:00:00Z",
        "agent",
        "k",
    )


def test_no_secret_and_no_home_gets_onto_a_trail(world: MakeWorld) -> None:
    """Whichever command brings it: it is masked behind the rules, and before the store."""
    session = Session(MemoryStore(), world()._replace(home="/data/ada"))
    token = "ghp_" + "aB3dE6gH9" * 4
    plan = Plan(goal=f"with {token}", text="in /data/ada/x")
    session.execute(FEATURE, c.Start(title=token, branch="home/ada"))
    session.execute(FEATURE, c.Patch(fields=("plan",), plan=plan, move=True))
    receipt = session.execute(FEATURE, c.Cancel(reason=f"https://ada:{token}@example.org"))
    [trail] = session.store.read([receipt.tip])
    state = session.load(FEATURE).state
    assert token not in str(trail.events) and "/data" not in str(trail.events)
    assert (state.title, state.branch, state.plan) == (
        "***", "home/ada", Plan(goal="with ***", text="in ~/x")
    )  # fmt: skip
    assert (state.reason, receipt.state) == ("https://***@example.org", state)


def test_what_is_masked_is_not_said_again(world: MakeWorld) -> None:
    """The rules compare what comes with what is on the trail, which is masked."""
    session = Session(MemoryStore(), world()._replace(home="/data/ada"))
    session.execute(FEATURE, c.Start(policy="always"))
    session.execute(FEATURE, c.Patch(fields=("plan",), plan=Plan(goal="g"), move=True))
    proof = Proof(word="PASS", notes=("ran in /data/ada/x",))
    judged = f.CommitJudged(commit=ID, proof=proof)
    suite = f.SuiteJudged(commit=ID, proof=proof)
    session.execute(FEATURE, c.Finalize(proofs=(judged,), suite=suite))
    ready = c.Ready(gates=(p.GateChecked(gateName="suite", passed=True, details=proof.notes[0]),),
                    proofs=(judged,), suite=suite)  # fmt: skip
    first = session.execute(FEATURE, ready)
    [trail] = session.store.read([first.tip])
    assert [type_name(x) for x in trail.events].count("proof.recorded") == 1
    assert "/data/ada" not in str(trail.events)


# -- keys and tips that a caller has seen -------------------------------------------


def test_a_key_is_answered_with_the_events_it_wrote(world: MakeWorld) -> None:
    """Also when that was long ago, by another session, and would be refused today."""
    store = MemoryStore()
    Session(store, world()).execute(FEATURE, c.Start())
    planning = c.Patch(fields=("plan",), plan=Plan(goal="g"), move=True)
    first = Session(store, world(key="k")).execute(FEATURE, planning)
    last = Session(store, world()).execute(FEATURE, c.Cancel())
    again = Session(store, world(key="k")).execute(FEATURE, planning)
    assert again.events == first.events
    assert len(again.events) == 2
    assert again.tip == last.tip
    assert again.before == again.state == last.state


def test_a_key_counts_on_its_own_trail_only(world: MakeWorld) -> None:
    session = Session(MemoryStore(), world(key="k"))
    one = session.execute(FEATURE, c.Start())
    two = session.execute(FeatureId("other"), c.Start())
    assert one.events != two.events


def test_the_tip_that_was_seen_is_the_tip_that_is_written_to(session: Session) -> None:
    tip = session.execute(FEATURE, c.Start(), expect="").tip
    tip = session.execute(FEATURE, c.RequestSynthesis(), expect=tip.commit).tip
    assert session.store.tip(FEATURE) == tip


@pytest.mark.parametrize("expect", ["", "0" * 40])
def test_another_tip_than_the_one_seen_is_a_conflict(session: Session, expect: str) -> None:
    tip = session.execute(FEATURE, c.Start()).tip
    with pytest.raises(OneshotError) as refused:
        session.execute(FEATURE, c.RequestSynthesis(), expect=expect)
    assert refused.value.code is Code.SEQUENCE_CONFLICT
    assert refused.value.kind.exit is Exit.AGAIN
    assert not refused.value.kind.retryable
    assert refused.value.data == {"expected": expect, "actual": tip.commit}
    assert session.store.tip(FEATURE) == tip


def test_a_tip_seen_of_a_feature_that_never_began_is_a_conflict(session: Session) -> None:
    with pytest.raises(OneshotError) as refused:
        session.execute(FEATURE, c.Start(), expect=ID)
    assert refused.value.code is Code.SEQUENCE_CONFLICT
    assert session.store.tips() == []


def test_an_expected_tip_is_checked_against_the_trail_not_against_memory(
    session: Session,
) -> None:
    mine = session.execute(FEATURE, c.Start()).tip
    append(session.store, FEATURE, mine, titled("theirs"))
    with pytest.raises(OneshotError) as refused:
        session.execute(FEATURE, c.RequestSynthesis(), expect=mine.commit)
    assert refused.value.code is Code.SEQUENCE_CONFLICT


# -- losing a race --------------------------------------------------------------------


class Overtaken(MemoryStore):
    """Someone else is faster, a few times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

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
        """Let someone else write first; the rest is the memory store's own swap."""
        if tip is not None and self.times > 0:
            self.times -= 1
            theirs = events_of(events[0].clock, titled(f"theirs, {self.times} to come"))
            super().append(feature, tip, theirs, summary="theirs", state=state)
        return super().append(feature, tip, events, summary=summary, state=state)


def test_a_lost_race_is_tried_again_on_what_is_there_now(world: MakeWorld) -> None:
    pauses: list[float] = []
    store = Overtaken(5)
    session = Session(store, world()._replace(pause=pauses.append))
    session.execute(FEATURE, c.Start())
    receipt = session.execute(FEATURE, c.RequestSynthesis())
    assert len(pauses) == 4  # the first try is with what is remembered, and not waited for
    [trail] = store.read([receipt.tip])
    assert [event.clock for event in trail.events] == list(range(1, 8))
    assert receipt.events == (trail.events[-1].id,)
    assert receipt.before.title == "theirs, 0 to come"


def test_a_race_lost_under_an_expected_tip_is_a_conflict(world: MakeWorld) -> None:
    session = Session(Overtaken(1), world())
    tip = session.execute(FEATURE, c.Start()).tip
    with pytest.raises(OneshotError) as refused:
        session.execute(FEATURE, c.RequestSynthesis(), expect=tip.commit)
    assert refused.value.code is Code.SEQUENCE_CONFLICT


def test_what_is_wrong_for_good_is_not_tried_again(world: MakeWorld) -> None:
    class Full(MemoryStore):
        def append(self, *_: object, **__: object) -> Tip:
            raise OneshotError(Code.EVENT_APPEND_FAILED, "no space left on device")

    pauses: list[float] = []
    session = Session(Full(), world()._replace(pause=pauses.append))
    with pytest.raises(OneshotError) as refused:
        session.execute(FEATURE, c.Start())
    assert refused.value.code is Code.EVENT_APPEND_FAILED
    assert pauses == []


def test_what_may_be_written_is_not_said_twice(world: MakeWorld) -> None:
    class Unsure(MemoryStore):
        doubtful = False

        def append(self, *args: Any, **named: Any) -> Tip:
            tip = super().append(*args, **named)
            if self.doubtful:
                self.doubtful = False
                raise OneshotError(
                    Code.EVENT_APPEND_FAILED, "the event is written, and may not last"
                )
            return tip

    store = Unsure()
    session = Session(store, world())
    session.execute(FEATURE, c.Start())
    store.doubtful = True
    with pytest.raises(OneshotError):
        session.execute(FEATURE, c.RequestSynthesis())
    assert session.load(FEATURE).state.requests == 1


# -- loading --------------------------------------------------------------------------


def test_a_feature_that_never_began_has_a_state_of_no_phase(session: Session) -> None:
    assert session.load(FEATURE) == Loaded(State(feature=FEATURE), None)
    with pytest.raises(OneshotError) as refused:
        session.sound(FEATURE)
    assert refused.value.code is Code.STATE_NOT_FOUND
    assert refused.value.kind.exit is Exit.USAGE


def test_a_damaged_feature_is_not_sound(world: MakeWorld) -> None:
    class Damaged(MemoryStore):
        def load(self, tips: Sequence[Tip]) -> list[Loaded]:
            error = OneshotError(Code.TRAIL_DAMAGED, "torn")
            return [replace(one, damage=error) for one in super().load(tips)]

    session = Session(Damaged(), world())
    append(session.store, FEATURE, None, started())
    assert session.load(FEATURE).damage is not None
    for refuse in (
        lambda: session.sound(FEATURE),
        lambda: session.execute(FEATURE, c.RequestSynthesis()),
    ):
        with pytest.raises(OneshotError) as refused:
            refuse()
        assert refused.value.code is Code.TRAIL_DAMAGED


def test_what_others_wrote_is_seen_by_the_next_load(session: Session) -> None:
    tip = session.execute(FEATURE, c.Start()).tip
    append(session.store, FEATURE, tip, titled("theirs"))
    assert session.sound(FEATURE).state.title == "theirs"


# -- the line in git log ----------------------------------------------------------------

FACTS: dict[str, tuple[Said, str]] = {
    "workflow.started": (started(), "begin"),
    "state.patched": (titled("t"), "plan"),
    "workflow.transition": (f.Moved(origin="plan", to="implementing"), "enter implementing"),
    "spike.graduated": (f.Graduated(), "make a feature of a spike"),
    "synthesize.requested": (f.SynthesisRequested(), "ask for a pull request"),
    "workflow.cancel": (f.Cancelled(origin="plan"), "cancel"),
    "workflow.cleanup": (f.CleanedUp(), "complete: merged"),
    "cycle.red": (f.Reddened(proof=PASS), "red"),
    "cycle.green": (f.Greened(proof=PASS), "green"),
    "commit.recorded": (
        f.CommitRecorded(commit=ID, tree=ID, parentTree=ID),
        "record a commit",
    ),
    "commit.rewritten": (f.CommitRewritten(old=ID, new=ID), "follow a rewrite"),
    "proof.recorded": (f.CommitJudged(commit=ID, proof=PASS), "judge a commit"),
    "class.declared": (f.Declared(kind="refactor", reason="r"), "declare a class"),
    "commit.waived": (f.Waived(commit=ID, reason="r"), "waive a commit"),
    "gate.executed": (f.SuiteJudged(commit=ID, proof=PASS), "run the suite"),
    "commits.verified": (f.CommitsVerified(commits=(ID,)), "verify commits"),
    "pr.created": (p.PullCreated(provider="local", base="b", head="h"), "open a pull request"),
    "pr.updated": (p.PullUpdated(draft=True), "change the pull request"),
    "pr.closed": (p.PullClosed(), "close the pull request"),
    "gate.checked": (p.GateChecked(gateName="suite", passed=True), "see whether it is ready"),
    "commit.landed": (
        p.CommitLanded(commit=ID, sources=(ID,), how="squash"),
        "follow it into the base",
    ),
    "workflow.compensation": (p.Compensated(actionId="a", status="failed"), "clean up"),
    "workflow.checkpoint": (p.Checkpointed(phase="plan"), "checkpoint"),
    "workflow.checkpoint_written": (
        p.CheckpointWritten(projectionId="state", projectionSequence=1, byteSize=1),
        "checkpoint",
    ),
    "workflow.pruned": (p.Pruned(stalenessMinutes=1, triggeredBy="manual"), "prune"),
}


def test_every_type_of_event_has_a_summary() -> None:
    assert set(FACTS) == {type_name(cls) for cls in TYPES}


@pytest.mark.parametrize("name", FACTS)
def test_a_summary_is_one_line_that_a_person_understands(name: str) -> None:
    fact, said = FACTS[name]
    events = events_of(1, fact)
    after = replay(State(feature=FEATURE, phase="plan"), events)
    assert type_name(events[0]) == name
    assert summary_of(events, after) == f"fix-typo: {said}"


def test_a_summary_counts_when_there_are_many() -> None:
    events = events_of(1, started(), titled("t"), f.SynthesisRequested())
    assert summary_of(events[:2], State(feature=FEATURE)) == "fix-typo: plan"
    assert summary_of(events, State(feature=FEATURE)) == (
        "fix-typo: ask for a pull request (3 events)"
    )
