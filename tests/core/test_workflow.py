"""The workflow: its table, its laws, and what each refusal says."""

from collections.abc import Iterable
from typing import Final

import msgspec
import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st
from msgspec.structs import replace

from git_oneshot.core import commands as c
from git_oneshot.core import events as e
from git_oneshot.core import facts as f
from git_oneshot.core.codec import decode, encode
from git_oneshot.core.commands import Command
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.events import Event, Said, Stamp, event_of
from git_oneshot.core.facts import Fact, Phase, Plan, Policy, Proof
from git_oneshot.core.ids import event_id
from git_oneshot.core.replay import evolve, legal, replay
from git_oneshot.core.state import FINAL, Cycle, State
from git_oneshot.core.workflow import RESERVED, chosen, decide, targets
from tests.strategies import EMPTY, FEATURE, PHASES, POLICIES, commands, events, histories, lives
from tests.strategies import stamps as any_stamp

COMMIT: Final = "a" * 40
OTHER: Final = "b" * 40
PASS: Final = Proof(word="PASS", kind="behaviour")
PLAN: Final = Plan(goal="say what")
STAMP: Final = Stamp(now=0, at="2026-01-01T00:00:00Z", by="Ada <a@example.org>", entropy=bytes(16))
PROVEN: Final = c.Finalize(
    proofs=(f.CommitJudged(commit=COMMIT, proof=PASS),),
    suite=f.SuiteJudged(commit=COMMIT, proof=PASS),
)


def in_phase(phase: Phase | None, policy: Policy | None = None, requests: int = 0) -> State:
    """A feature with a plan, in a phase."""
    return replace(
        EMPTY, phase=phase, policy_set=policy, requests=requests, plan=PLAN if phase else None
    )


def said(fact: Said, n: int = 0) -> Event:
    """An event that says a fact."""
    return event_of(fact, id=event_id(0, bytes(16), n), clock=n + 1, stamp=STAMP)


def after(state: State, *commands: Command) -> State:
    """The state after commands."""
    for n, command in enumerate(commands):
        state = replay(state, decide(state, command, replace(STAMP, entropy=bytes([n]) * 16)))
    return state


def refusal(state: State, command: Command) -> OneshotError:
    """How a command is refused."""
    with pytest.raises(OneshotError) as refused:
        decide(state, command, STAMP)
    return refused.value


def kinds(events: Iterable[Event]) -> list[str]:
    return [e.type_name(one) for one in events]


# -- the table -------------------------------------------------------------------

# What `Move` does, for a feature with a plan, by policy. A cell is what happens:
# "goes", "stays" (no event), or why not: "no" (no such transition), or a guard.
MOVES: Final = """
from          policy      | plan   implementing  synthesize          completed            cancelled
plan          always      | stays  goes          no                  no                   goes
plan          never       | stays  goes          no                  no                   goes
implementing  always      | no     stays         proven              synthesis-opted-out  goes
implementing  never       | no     stays         synthesis-opted-in  proven               goes
synthesize    always      | no     no            stays               merge-verified       goes
completed     always      | no     no            no                  no                   no
cancelled     always      | no     no            no                  no                   no
"""
HEAD, *ROWS = [line.replace("|", "").split() for line in MOVES.strip().splitlines()]


def outcome(state: State, command: Command) -> str:
    """A cell of the table."""
    try:
        return "goes" if decide(state, command, STAMP) else "stays"
    except OneshotError as refused:
        if refused.code is Code.INVALID_TRANSITION:
            return "no"
        assert refused.code is Code.GUARD_FAILED
        return str(refused.data["guard"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_a_phase_leads_where_the_table_says(row: list[str]) -> None:
    origin, policy, *cells = row
    state = replace(in_phase("plan"), phase=origin, policy_set=policy)
    found = [outcome(state, c.Move(phase)) for phase in PHASES]
    assert dict(zip(HEAD[2:], found, strict=True)) == dict(zip(PHASES, cells, strict=True))


def test_the_table_has_every_phase() -> None:
    assert HEAD[2:] == list(PHASES)
    assert {row[0] for row in ROWS} == set(PHASES)


# What counts on a trail, for ever: which transition events have an effect.
LEGAL: Final = """
from          policy      requests | plan  implementing  synthesize  completed
plan          on-request  0        | void  legal         void        void
implementing  always      0        | void  void          legal       void
implementing  always      1        | void  void          legal       void
implementing  never       0        | void  void          void        legal
implementing  never       1        | void  void          void        legal
implementing  on-request  0        | void  void          void        legal
implementing  on-request  1        | void  void          legal       void
implementing  on-request  3        | void  void          legal       void
implementing  unset       0        | void  void          void        legal
implementing  unset       1        | void  void          legal       void
synthesize    always      0        | void  void          void        legal
completed     never       0        | void  void          void        void
cancelled     never       0        | void  void          void        void
"""
LEGAL_ROWS: Final = [line.replace("|", "").split() for line in LEGAL.strip().splitlines()[1:]]


@pytest.mark.parametrize("row", LEGAL_ROWS, ids=lambda row: "-".join(row[:3]))
def test_a_transition_on_a_trail_counts_where_the_table_says(row: list[str]) -> None:
    origin, policy, requests, *cells = row
    state = replace(
        in_phase("plan"),
        phase=origin,
        policy_set=None if policy == "unset" else policy,
        requests=int(requests),
    )
    for to, cell in zip(PHASES, [*cells, "void"], strict=True):
        for claimed in PHASES:
            moved = said(f.Moved(origin=claimed, to=to))
            counts = cell == "legal" and claimed == origin
            assert (legal(state, moved) is None) == counts, moved


# What counts on a trail in which phase, for all other events. "-" is before the start.
COUNTS: Final = """
event                 | -      plan   implementing  synthesize  completed  cancelled
workflow.started      | legal  void   void          void        void       void
state.patched         | void   legal  legal         legal       legal      legal
spike.graduated       | void   legal  legal         legal       void       void
synthesize.requested  | void   legal  legal         legal       legal      legal
workflow.cancel       | void   legal  legal         legal       void       void
workflow.cleanup      | void   void   void          legal       void       void
cycle.red             | void   legal  legal         legal       void       void
cycle.green           | void   legal  legal         legal       void       void
gate.executed         | void   legal  legal         legal       void       void
commit.recorded       | void   legal  legal         legal       legal      legal
commit.rewritten      | void   legal  legal         legal       legal      legal
proof.recorded        | void   legal  legal         legal       legal      legal
class.declared        | void   legal  legal         legal       legal      legal
commit.waived         | void   legal  legal         legal       legal      legal
commits.verified      | void   legal  legal         legal       legal      legal
"""
COUNTS_ROWS: Final = [line.replace("|", "").split() for line in COUNTS.strip().splitlines()[1:]]


def facts_in(phase: Phase | None) -> list[Fact]:
    """One fact of each type but a transition, as someone in a phase would say it."""
    return [
        f.Started(featureId=FEATURE),
        f.Patched(fields=()),
        f.Graduated(),
        f.SynthesisRequested(),
        f.Cancelled(origin=phase or "plan"),
        f.CleanedUp(),
        f.Reddened(proof=PASS),
        f.Greened(proof=PASS),
        f.SuiteJudged(commit=COMMIT, proof=PASS),
        f.CommitRecorded(commit=COMMIT, tree=OTHER, parentTree=OTHER),
        f.CommitRewritten(old=COMMIT, new=OTHER),
        f.CommitJudged(commit=COMMIT, proof=PASS),
        f.Declared(kind="refactor", reason="r", commit=COMMIT),
        f.Waived(commit=COMMIT, reason="r"),
        f.CommitsVerified(commits=(COMMIT,), suite=COMMIT),
    ]


@pytest.mark.parametrize("row", COUNTS_ROWS, ids=lambda row: str(row[0]))
def test_an_event_on_a_trail_counts_where_the_table_says(row: list[str]) -> None:
    name, *cells = row
    for phase, cell in zip([None, *PHASES], cells, strict=True):
        said_there = [said(fact) for fact in facts_in(phase)]
        (one,) = [one for one in said_there if e.type_name(one) == name]
        assert (legal(in_phase(phase), one) is None) == (cell == "legal"), phase


def test_the_tables_speak_of_every_type() -> None:
    of_pulls = {cls for cls in e.TYPES if cls.__annotations__["data"].__module__.endswith("pulls")}
    named = {row[0] for row in COUNTS_ROWS} | {"workflow.transition"}
    named |= {e.type_name(cls) for cls in of_pulls}  # see test_review
    assert named == {e.type_name(cls) for cls in e.TYPES}


def test_a_start_of_another_feature_is_void() -> None:
    assert legal(EMPTY, said(f.Started(featureId="another")))


def test_a_cancel_that_was_said_of_another_phase_is_void() -> None:
    assert legal(in_phase("implementing"), said(f.Cancelled(origin="plan")))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("requests", [0, 1, 3])
def test_policy_wins_over_a_request(policy: Policy, requests: int) -> None:
    expected = {"always": "synthesize", "never": "completed"}.get(
        policy, "synthesize" if requests else "completed"
    )
    state = in_phase("implementing", policy, requests)
    assert chosen(state) == expected
    assert after(state, PROVEN).phase == expected


def test_the_policy_is_on_request_when_none_was_set() -> None:
    assert EMPTY.policy == "on-request"
    assert after(EMPTY, c.Start()).policy_set is None


@pytest.mark.parametrize("phase", PHASES)
def test_targets_are_the_phases_a_move_is_not_refused_for_as_unknown(phase: Phase) -> None:
    state = in_phase(phase)
    for to in PHASES:
        known = outcome(state, c.Move(to)) not in ("no", "stays")
        assert (to in targets(phase)) == known


def test_nothing_follows_what_has_not_begun() -> None:
    assert targets(None) == ()


# -- laws ------------------------------------------------------------------------


@given(histories(), st.integers(0, 13))
def test_replay_is_a_fold(history: tuple[Event, ...], cut: int) -> None:
    whole = replay(EMPTY, history)
    assert replay(replay(EMPTY, history[:cut]), history[cut:]) == whole


@given(histories())
def test_replay_gives_the_same_from_bytes(history: tuple[Event, ...]) -> None:
    assert replay(EMPTY, map(decode, map(encode, history))) == replay(EMPTY, history)


@given(histories(), events())
def test_legal_and_evolve_never_fail_whatever_was_said_before(
    history: tuple[Event, ...], one: Event
) -> None:
    state = replay(EMPTY, history)
    reason = legal(state, one)
    assert reason is None or reason
    assert evolve(state, one).last == one.id


@given(histories(begun=True), st.data())
def test_an_event_without_effect_is_kept_and_changes_nothing_else(
    history: tuple[Event, ...], data: st.DataObject
) -> None:
    state = replay(EMPTY, history)
    one = data.draw(events())
    assume(legal(state, one) is not None and all(one.id != other.id for other in history))
    void = replay(state, [one])
    assert [v.id for v in void.void] == [*(v.id for v in state.void), one.id]
    assert (void.clock, void.last, void.at) == (one.clock, one.id, one.at)
    same = replace(
        void, void=state.void, clock=state.clock, last=state.last, at=state.at, keys=state.keys
    )
    assert same == state


@given(histories(), st.data())
def test_a_second_event_of_one_id_is_void(history: tuple[Event, ...], data: st.DataObject) -> None:
    first = data.draw(st.sampled_from(history)) if history else data.draw(events())
    once = [*history, first] if not history else list(history)
    copy = replace(data.draw(events()), id=first.id)
    state = replay(EMPTY, [*once, copy])
    assert state.void[-1].id == copy.id
    assert state.void[:-1] == replay(EMPTY, once).void
    assert state.phase == replay(EMPTY, once).phase


@given(histories())
def test_only_what_is_in_the_table_moves_a_feature(history: tuple[Event, ...]) -> None:
    state = EMPTY
    for one in history:
        before, state = state.phase, replay(state, [one])
        if state.phase == before:
            continue
        if before is None:
            assert state.phase == "plan"
        else:
            assert state.phase in targets(before)


@given(lives())
def test_what_decide_says_is_legal_where_it_says_it(
    life: tuple[tuple[Command, Stamp], ...],
) -> None:
    state = EMPTY
    for command, stamp in life:
        try:
            decided = decide(state, command, stamp)
        except OneshotError:
            continue
        for one in decided:
            assert legal(state, one) is None
            assert one.clock == state.clock + 1
            assert (one.at, one.by, one.via, one.key) == (
                stamp.at,
                stamp.by,
                stamp.via,
                stamp.key,
            )
            state = evolve(state, one)
    event(f"ends in {state.phase}")
    assert state.void == ()


@given(lives(), commands, any_stamp)
def test_decide_is_pure_and_refuses_with_one_error(
    life: tuple[tuple[Command, Stamp], ...], command: Command, stamp: Stamp
) -> None:
    state = EMPTY
    for step, at in life:
        state = _after_all(state, step, at)
    before = msgspec.json.encode(state)
    first = _said_or_refused(state, command, stamp)
    assert msgspec.json.encode(state) == before
    assert _said_or_refused(state, command, stamp) == first


def _after_all(state: State, command: Command, stamp: Stamp) -> State:
    """The state after a command that may be refused."""
    try:
        return replay(state, decide(state, command, stamp))
    except OneshotError:
        return state


def _said_or_refused(
    state: State, command: Command, stamp: Stamp
) -> tuple[Event, ...] | tuple[Code, str]:
    try:
        return decide(state, command, stamp)
    except OneshotError as refused:
        assert refused.code is not Code.BUG
        assert refused.message and not refused.message.endswith(".")
        return refused.code, refused.message


# -- what each rule refuses ------------------------------------------------------

ALL_BUT_START: Final[tuple[Command, ...]] = (
    c.Patch(fields=("plan",), plan=PLAN),
    c.Patch(fields=("phase",)),
    c.Move("implementing"),
    c.RequestSynthesis(),
    c.RecordRed(parent=None, proof=PASS),
    c.RecordGreen(parent=None, proof=PASS),
    c.Bind(),
    PROVEN,
    c.Complete(merge_commit=OTHER),
    c.Cancel(),
)


@pytest.mark.parametrize("command", ALL_BUT_START, ids=lambda command: type(command).__name__)
def test_what_has_not_begun_can_only_be_begun(command: Command) -> None:
    refused = refusal(EMPTY, command)
    assert refused.code is Code.STATE_NOT_FOUND
    assert refused.hint == f"begin it: git oneshot init {FEATURE}"


@pytest.mark.parametrize("phase", PHASES)
def test_a_feature_begins_once(phase: Phase) -> None:
    assert refusal(in_phase(phase), c.Start()).code is Code.STATE_ALREADY_EXISTS


# Which command is taken in which phase; "-" is INVALID_PHASE.
WHEN: Final = """
command           | plan  implementing  synthesize  completed  cancelled
Patch             | yes   yes           yes         -          -
RequestSynthesis  | yes   yes           -           -          -
RecordRed         | -     yes           yes         -          -
RecordGreen       | -     yes           yes         -          -
Bind              | yes   yes           yes         yes        yes
Finalize          | -     yes           -           -          -
Complete          | -     -             yes         -          -
"""
WHEN_ROWS: Final = [line.replace("|", "").split() for line in WHEN.strip().splitlines()[1:]]


@pytest.mark.parametrize("row", WHEN_ROWS, ids=lambda row: str(row[0]))
def test_a_command_is_taken_in_its_phases_only(row: list[str]) -> None:
    name, *cells = row
    command = next(one for one in ALL_BUT_START if type(one).__name__ == name)
    for phase, cell in zip(PHASES, cells, strict=True):
        if cell == "yes":
            decide(in_phase(phase), command, STAMP)
            continue
        refused = refusal(in_phase(phase), command)
        if name == "Complete" and phase == "completed":
            assert refused.code is Code.ALREADY_COMPLETED
            continue
        assert refused.code is Code.INVALID_PHASE
        assert refused.data == {"feature": FEATURE, "phase": phase}


def test_the_first_thing_to_do_is_named_where_the_plan_is_missing() -> None:
    assert "git oneshot plan" in refusal(after(EMPTY, c.Start()), PROVEN).hint


@pytest.mark.parametrize("name", [*RESERVED, "_private", "_"])
def test_a_reserved_field_is_not_plain_data(name: str) -> None:
    refused = refusal(in_phase("plan"), c.Patch(fields=("plan", name), plan=PLAN))
    assert refused.code is Code.RESERVED_FIELD
    assert name in refused.message


def test_an_unknown_field_is_refused_with_the_known_ones_in_the_hint() -> None:
    refused = refusal(in_phase("plan"), c.Patch(fields=("colour",)))
    assert refused.code is Code.INVALID_INPUT
    assert refused.hint == "fields: plan, planSummary, title"


BLANK: Final = [None, Plan(), Plan(goal=" \n"), Plan(text="\t"), Plan(files=("a",), tests=("b",))]


@pytest.mark.parametrize("plan", BLANK)
def test_implementing_takes_a_plan_that_says_something(plan: Plan | None) -> None:
    state = replace(in_phase("plan"), plan=plan)
    refused = refusal(state, c.Move("implementing"))
    assert (refused.code, refused.data) == (Code.GUARD_FAILED, {"guard": "plan-set"})
    assert "git oneshot plan" in refused.hint
    planned = c.Patch(fields=("plan",), plan=plan, move=True)
    assert refusal(in_phase("plan"), planned).code is Code.GUARD_FAILED


@pytest.mark.parametrize("phase", ["implementing", "synthesize"])
@pytest.mark.parametrize("move", [True, False])
def test_a_later_plan_is_a_whole_one_and_a_blank_one_is_refused_for_what_it_is(
    phase: Phase, move: bool
) -> None:
    """Nothing is entered then, so nothing is said of that."""
    files_only = c.Patch(fields=("plan",), plan=Plan(files=("a",)), move=move)
    refused = refusal(in_phase(phase), files_only)
    assert (refused.code, refused.data) == (Code.GUARD_FAILED, {"guard": "plan-set"})
    assert refused.message == (
        "a plan takes the place of the one before, and this one has neither goal nor approach"
    )
    assert "say all of it: git oneshot plan" in refused.hint
    [patched] = decide(in_phase(phase), replace(files_only, plan=PLAN), STAMP)
    assert isinstance(patched, e.StatePatched)


@pytest.mark.parametrize(
    "plan", [PLAN, Plan(approach="so"), Plan(text="so"), Plan(payload="0" * 64)]
)
def test_one_answer_is_a_plan(plan: Plan) -> None:
    decided = decide(
        after(EMPTY, c.Start()), c.Patch(fields=("plan",), plan=plan, move=True), STAMP
    )
    assert kinds(decided) == ["state.patched", "workflow.transition"]


def test_a_summary_is_no_plan() -> None:
    state = after(
        EMPTY, c.Start(), c.Patch(fields=("planSummary", "title"), summary="s", title="t")
    )
    assert (state.summary, state.title, state.plan) == ("s", "t", None)
    assert refusal(state, c.Move("implementing")).code is Code.GUARD_FAILED


@pytest.mark.parametrize("phase", ["implementing", "synthesize"])
def test_a_better_plan_moves_nothing_and_stays_a_plan(phase: Phase) -> None:
    better = c.Patch(fields=("plan",), plan=Plan(goal="better"), move=True)
    state = after(in_phase(phase), better)
    assert (state.phase, state.plan) == (phase, Plan(goal="better"))
    worse = c.Patch(fields=("plan",), plan=Plan(), move=True)
    assert refusal(in_phase(phase), worse).code is Code.GUARD_FAILED


def test_only_the_named_fields_are_set() -> None:
    state = after(in_phase("plan"), c.Patch(fields=("title",), title="t", plan=Plan(goal="other")))
    assert (state.title, state.plan) == ("t", PLAN)


# -- leaving implementing ----------------------------------------------------------


def finalize(*words: str, suite: str = "PASS", left_over: tuple[str, ...] = ()) -> c.Finalize:
    """Finalize with one commit for each word, and how the suite came out."""
    return c.Finalize(
        proofs=tuple(
            f.CommitJudged(
                commit=f"{n:040x}",
                proof=Proof(word=word, code="why", notes=("because",)),  # type: ignore[arg-type]
            )
            for n, word in enumerate(words)
        ),
        suite=f.SuiteJudged(commit=COMMIT, proof=Proof(word=suite)),  # type: ignore[arg-type]
        left_over=left_over,
    )


@pytest.mark.parametrize(
    ("command", "code", "guard", "said"),
    [
        (finalize(), Code.GUARD_FAILED, "has-commits", "no commit"),
        (finalize("PASS", left_over=("a", "b")), Code.GUARD_FAILED, "tree-clean", "a, b"),
        (finalize("PASS", left_over=tuple("abcd")), Code.GUARD_FAILED, "tree-clean", "a, b, c …"),
        (finalize("PASS", "FAIL"), Code.NOT_PROVEN, None, "000000000 is FAIL (why): because"),
        (finalize("UNKNOWN"), Code.UNDECIDED, None, "000000000 is UNKNOWN (why): because"),
        (replace(finalize("PASS"), late=(COMMIT,)), Code.GUARD_FAILED, "red-observed", "seen red"),
        (replace(finalize("PASS"), outside=tuple("abcd")), Code.GUARD_FAILED, "in-scope", "'c' …"),
        (replace(finalize("PASS"), unturned=("t",)), Code.GUARD_FAILED, "in-scope", "planned: 't'"),
        (replace(finalize("FAIL"), late=(COMMIT,)), Code.NOT_PROVEN, None, "is FAIL"),
        (finalize("UNKNOWN", "FAIL"), Code.NOT_PROVEN, None, "FAIL"),
        (finalize("UNKNOWN", suite="FAIL"), Code.NOT_PROVEN, None, "the suite is FAIL"),
        (finalize("PASS", suite="UNKNOWN"), Code.UNDECIDED, None, "the suite is UNKNOWN"),
    ],
)
def test_finalize_takes_commits_that_are_proven_and_nothing_left_over(
    command: c.Finalize, code: Code, guard: str | None, said: str
) -> None:
    refused = refusal(in_phase("implementing"), command)
    assert refused.code is code
    assert refused.data.get("guard") == guard
    assert said in refused.message
    assert refused.hint


def test_a_waiver_holds_for_a_commit_that_was_rebased_whatever_is_asked_of_it() -> None:
    waived = f.Waived(commit="b" * 40, patchId="e" * 40, reason="r")
    state = evolve(in_phase("implementing"), said(waived))
    command = replace(finalize("PASS"), late=(COMMIT,))
    assert refusal(state, command).data["guard"] == "red-observed"
    same = f.CommitRecorded(commit=COMMIT, tree="d" * 40, parentTree="d" * 40, patchId="e" * 40)
    assert decide(state, replace(command, records=(same,)), STAMP)


def test_the_paths_that_are_left_over_are_all_named_for_programs() -> None:
    refused = refusal(in_phase("implementing"), finalize("PASS", left_over=tuple("abcd")))
    assert refused.data["paths"] == ["a", "b", "c", "d"]


def test_a_spike_cannot_be_finalized() -> None:
    refused = refusal(replace(in_phase("implementing"), spike=True), PROVEN)
    assert refused.data == {"guard": "not-a-spike", "feature": FEATURE}
    assert "git oneshot graduate" in refused.hint
    assert "git oneshot cancel" in refused.hint


def test_a_spike_that_graduated_is_a_feature_like_any_other() -> None:
    spike = replace(in_phase("implementing"), spike=True)
    [graduated] = decide(spike, c.Graduate("it works"), STAMP)
    assert graduated.data == f.Graduated(reason="it works")
    after = replay(spike, [graduated])
    assert (after.spike, after.phase) == (False, "implementing")
    assert decide(after, PROVEN, STAMP)


@pytest.mark.parametrize("phase", ["synthesize", "completed", "cancelled"])
def test_what_is_no_spike_cannot_graduate(phase: Phase) -> None:
    assert refusal(in_phase("plan"), c.Graduate()).data["guard"] == "a-spike"
    assert refusal(replace(in_phase(phase), spike=True), c.Graduate()).code is Code.INVALID_PHASE


def test_finalize_says_every_proof_and_then_moves() -> None:
    decided = decide(in_phase("implementing"), finalize("PASS", "PASS"), STAMP)
    assert kinds(decided) == [
        "proof.recorded",
        "proof.recorded",
        "gate.executed",
        "workflow.transition",
    ]
    state = replay(in_phase("implementing"), decided)
    assert [commit.proof for commit in state.commits] == [
        Proof(word="PASS", code="why", notes=("because",))
    ] * 2
    assert state.suite == Proof(word="PASS")


@pytest.mark.parametrize("policy", POLICIES)
def test_no_phase_behind_implementing_is_entered_by_name(policy: Policy) -> None:
    refused = refusal(in_phase("implementing", policy), c.Move(chosen(in_phase(None, policy))))
    assert (refused.code, refused.data) == (Code.GUARD_FAILED, {"guard": "proven"})
    assert "git oneshot finalize" in refused.hint


def test_synthesize_completes_by_a_merge_alone() -> None:
    refused = refusal(in_phase("synthesize"), c.Complete())
    assert (refused.code, refused.data) == (Code.GUARD_FAILED, {"guard": "merge-verified"})
    decided = decide(in_phase("synthesize"), c.Complete(merge_commit=OTHER, drift=True), STAMP)
    assert kinds(decided) == ["workflow.cleanup"]
    assert replay(in_phase("synthesize"), decided).phase == "completed"


def test_every_request_is_counted() -> None:
    state = after(in_phase("implementing"), c.RequestSynthesis("a"), c.RequestSynthesis("b"))
    assert state.requests == 2


# -- cancelling ----------------------------------------------------------------------


@pytest.mark.parametrize("phase", [phase for phase in PHASES if phase not in FINAL])
def test_anything_open_can_be_cancelled_in_one_way(phase: Phase) -> None:
    by_name = decide(in_phase(phase), c.Move("cancelled"), STAMP)
    assert by_name == decide(in_phase(phase), c.Cancel(), STAMP)
    state = after(in_phase(phase), c.Cancel(reason="why", superseded_by="other"))
    assert (state.phase, state.reason, state.superseded_by) == ("cancelled", "why", "other")


def test_what_is_final_cannot_be_cancelled() -> None:
    assert refusal(in_phase("cancelled"), c.Cancel()).code is Code.ALREADY_CANCELLED
    refused = refusal(in_phase("completed"), c.Cancel())
    assert (refused.code, refused.data) == (Code.INVALID_TRANSITION, {"validTargets": []})


def test_a_final_phase_says_so() -> None:
    refused = refusal(in_phase("completed"), c.Move("implementing"))
    assert refused.hint == "begin another: git oneshot init FEATURE"
    assert refused.data == {"validTargets": []}


# -- commits and cycles ------------------------------------------------------------


def recorded(commit: str, tree: str = COMMIT) -> f.CommitRecorded:
    return f.CommitRecorded(commit=commit, tree=tree, parentTree=OTHER, patchId="p", subject="s")


def test_a_commit_is_bound_once() -> None:
    bind = c.Bind(commits=(recorded(COMMIT),))
    state = after(in_phase("implementing"), bind)
    assert [commit.id for commit in state.commits] == [COMMIT]
    assert decide(state, bind, STAMP) == ()


def test_a_commit_that_was_only_judged_is_still_bound() -> None:
    judged = replay(in_phase("implementing"), [said(f.CommitJudged(commit=COMMIT, proof=PASS))])
    (commit,) = after(judged, c.Bind(commits=(recorded(COMMIT),))).commits
    assert (commit.tree, commit.parent_tree, commit.proof) == (COMMIT, OTHER, PASS)


def test_a_rewrite_puts_the_new_commit_in_place_of_the_old() -> None:
    bound = after(in_phase("implementing"), c.Bind(commits=(recorded(COMMIT),)))
    rewrite = c.Bind(rewrites=(f.CommitRewritten(old=COMMIT, new=OTHER),))
    assert [commit.id for commit in after(bound, rewrite).commits] == [OTHER]
    stranger = c.Bind(rewrites=(f.CommitRewritten(old="c" * 40, new=OTHER),))
    assert decide(bound, stranger, STAMP) == ()


def test_a_cycle_is_red_then_green_then_a_commit() -> None:
    state = in_phase("implementing")
    state = after(state, c.RecordRed(parent=OTHER, proof=PASS))
    assert state.cycle == Cycle(parent=OTHER, red=PASS)
    state = after(state, c.RecordGreen(parent=OTHER, proof=PASS))
    assert state.cycle == Cycle(parent=OTHER, red=PASS, green=PASS)
    state = after(state, c.Bind(commits=(recorded(COMMIT),)))
    assert state.cycle == Cycle()


def test_green_on_another_parent_forgets_the_red() -> None:
    state = after(in_phase("implementing"), c.RecordRed(parent=OTHER, proof=PASS))
    state = after(state, c.RecordGreen(parent=COMMIT, proof=PASS))
    assert state.cycle == Cycle(parent=COMMIT, green=PASS)


# -- keys ----------------------------------------------------------------------------


def test_the_events_of_a_key_are_found_again() -> None:
    keyed = replace(STAMP, key="k")
    begun = replay(EMPTY, decide(EMPTY, c.Start(), replace(STAMP, key="first")))
    decided = decide(begun, c.Patch(fields=("plan",), plan=PLAN, move=True), keyed)
    state = replay(begun, decided)
    assert state.keys["k"] == tuple(one.id for one in decided)
    assert set(state.keys) == {"first", "k"}
