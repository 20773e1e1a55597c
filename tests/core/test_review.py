"""Pull requests, checkpoints and the end of features: what is allowed, and what it means."""

from typing import Final, get_args

import pytest
from msgspec.structs import replace

from git_oneshot.core import commands as c
from git_oneshot.core import events as e
from git_oneshot.core import facts as f
from git_oneshot.core import pulls as p
from git_oneshot.core.errors import Code
from git_oneshot.core.events import Said
from git_oneshot.core.facts import Phase
from git_oneshot.core.pipeline import ADVISED, checkpoint_advised
from git_oneshot.core.replay import legal, replay
from git_oneshot.core.state import FINAL, Pull, State
from git_oneshot.core.workflow import decide
from tests.core.test_workflow import COMMIT, OTHER, PASS, STAMP, after, in_phase, refusal, said
from tests.strategies import PHASES

NEW: Final = p.PullCreated(provider="github", prNumber=7, base="main", head="topic", draft=True)
OPEN: Final = Pull(provider="github", number=7, base="main", head="topic", draft=True)
GATE: Final = p.GateChecked(gateName="suite", passed=True)


def reviewed(phase: Phase | None = "synthesize", *, opened: bool = True) -> State:
    """A feature whose pull request is open, or was closed."""
    return replace(in_phase(phase), pull=replace(OPEN, open=opened))


# What counts on a trail in which phase: without a pull request that is open, and with one.
COUNTS: Final = """
event                       | -     plan   implementing  synthesize  completed  cancelled | open
pr.created                  | void  void   void          legal       void       void      | void
pr.updated                  | void  void   void          void        void       void      | legal
pr.closed                   | void  void   void          void        void       void      | legal
gate.checked                | void  legal  legal         legal       void       void      | legal
commit.landed               | void  legal  legal         legal       legal      legal     | legal
workflow.compensation       | void  legal  legal         legal       void       void      | legal
workflow.checkpoint         | void  legal  legal         legal       void       void      | legal
workflow.checkpoint_written | void  legal  legal         legal       void       void      | legal
workflow.pruned             | void  void   void          void        void       legal     | void
"""
ROWS: Final = [line.replace("|", "").split() for line in COUNTS.strip().splitlines()[1:]]
FACTS: Final[tuple[Said, ...]] = (
    NEW,
    p.PullUpdated(draft=False),
    p.PullClosed(),
    GATE,
    p.CommitLanded(commit=OTHER, sources=(COMMIT,), how="squash"),
    p.Compensated(actionId="close-pull-request", status="executed"),
    p.Checkpointed(phase="plan"),
    p.CheckpointWritten(projectionId="state", projectionSequence=1, byteSize=1),
    p.Pruned(stalenessMinutes=1, triggeredBy="manual"),
)


@pytest.mark.parametrize("number", range(len(ROWS)), ids=[row[0] for row in ROWS])
def test_an_event_counts_where_the_table_says(number: int) -> None:
    name, *cells, with_open = ROWS[number]
    one = said(FACTS[number])
    assert e.type_name(one) == name
    for phase, cell in zip([None, *PHASES], cells, strict=True):
        assert (legal(in_phase(phase), one) is None) == (cell == "legal"), phase
        if phase is not None:
            replay(in_phase(phase), [one])  # never fails
    assert (legal(reviewed(), one) is None) == (with_open == "legal")


def test_the_table_speaks_of_every_fact() -> None:
    assert {type(fact) for fact in FACTS} == set(get_args(p.PullFact))


# -- a pull request --------------------------------------------------------------------


def test_a_pull_request_that_is_known_is_not_opened_again() -> None:
    opened = after(in_phase("synthesize"), c.OpenPull(NEW))
    assert opened.pull == OPEN
    assert decide(opened, c.OpenPull(NEW), STAMP) == ()
    refused = refusal(opened, c.OpenPull(replace(NEW, prNumber=8)))
    assert (refused.code, refused.data["guard"]) == (Code.GUARD_FAILED, "one-pull-request")


def test_after_a_close_another_can_be_opened_and_the_phase_stays() -> None:
    closed = after(in_phase("synthesize"), c.OpenPull(NEW), c.ClosePull("not now"))
    assert closed.phase == "synthesize" and closed.pull is not None and not closed.pull.open
    again = after(closed, c.OpenPull(replace(NEW, prNumber=8)))
    assert again.pull is not None and (again.pull.number, again.pull.open) == (8, True)


def test_a_change_that_changes_nothing_leaves_no_event() -> None:
    change = p.PullUpdated(draft=False, title="t", text="words")
    opened = after(reviewed(), c.UpdatePull(change))
    assert opened.pull == replace(OPEN, draft=False, title="t", text="words")
    assert decide(opened, c.UpdatePull(change), STAMP) == ()


@pytest.mark.parametrize("command", [c.ClosePull(), c.UpdatePull(p.PullUpdated(draft=True))])
def test_without_an_open_pull_request_the_command_that_opens_one_is_named(
    command: c.Command,
) -> None:
    for state in (in_phase("synthesize"), reviewed(opened=False)):
        refused = refusal(state, command)
        assert refused.data["guard"] == "has-pull-request"
        assert "git oneshot synthesize" in refused.hint
    assert "git oneshot status" in refusal(in_phase("plan"), command).hint


# -- readiness ------------------------------------------------------------------------


def test_what_was_found_out_is_recorded_and_proofs_only_once() -> None:
    judged = f.CommitJudged(commit=COMMIT, proof=PASS)
    suite = f.SuiteJudged(commit=COMMIT, proof=PASS)
    command = c.Ready(gates=(GATE,), proofs=(judged,), suite=suite)
    first = decide(in_phase("synthesize"), command, STAMP)
    assert [one.data for one in first] == [judged, suite, GATE]
    state = replay(in_phase("synthesize"), first)
    assert state.proven == COMMIT
    assert [one.data for one in decide(state, command, STAMP)] == [GATE]


def test_the_proof_moves_with_the_tip_and_stays_where_a_suite_failed() -> None:
    state = in_phase("synthesize")
    for commit, proof in ((COMMIT, PASS), (OTHER, f.Proof(word="FAIL"))):
        suite = f.SuiteJudged(commit=commit, proof=proof)
        state = after(state, c.Ready(gates=(), suite=suite))
    assert state.proven == COMMIT


def test_a_merge_brings_the_commits_that_landed() -> None:
    landed = p.CommitLanded(commit=OTHER, sources=(COMMIT,), how="squash")
    done = after(
        in_phase("synthesize"),
        c.Complete(merge_commit=OTHER, url="https://x/1", drift=True, landed=(landed,)),
    )
    assert (done.phase, done.merge_commit, done.pr_url, done.drift) == (
        "completed", OTHER, "https://x/1", True,
    )  # fmt: skip
    assert [(one.id, one.sources, one.how) for one in done.landed] == [(OTHER, (COMMIT,), "squash")]
    assert refusal(done, c.Complete(merge_commit=OTHER)).code is Code.ALREADY_COMPLETED


# -- giving up ------------------------------------------------------------------------


def test_how_a_step_ended_the_last_time_is_known_and_it_may_be_needed_again() -> None:
    step = c.Compensate(action="close-pull-request", status="failed", message="no answer")
    state = after(reviewed(), step, replace(step, status="executed"))
    assert state.steps == {"close-pull-request": "executed"}
    assert after(state, step).steps == {"close-pull-request": "failed"}


@pytest.mark.parametrize("phase", FINAL)
def test_what_has_ended_is_not_cleaned_up(phase: Phase) -> None:
    step = c.Compensate(action="close-pull-request", status="executed")
    assert refusal(in_phase(phase), step).code is Code.INVALID_TRANSITION


def test_a_pruned_feature_is_cancelled_and_says_what_was_not_asked() -> None:
    command = c.Prune(minutes=30_000, bypassed=("open-pr",))
    state = after(in_phase("implementing"), command)
    assert (state.phase, state.pruned) == ("cancelled", True)
    assert "20 days" in state.reason
    assert refusal(state, command).code is Code.ALREADY_CANCELLED


# -- checkpoints ----------------------------------------------------------------------


def test_a_checkpoint_keeps_the_state_and_what_was_said() -> None:
    state = in_phase("implementing")
    said_, written = decide(state, c.Checkpoint("half way"), STAMP)
    assert isinstance(written.data, p.CheckpointWritten)
    assert written.data.projectionSequence == said_.clock
    assert written.data.byteSize > 0
    assert replay(state, [said_, written]).checkpoint_summary == "half way"


@pytest.mark.parametrize("phase", FINAL)
def test_what_has_ended_needs_no_checkpoint(phase: Phase) -> None:
    assert refusal(in_phase(phase), c.Checkpoint()).code is Code.INVALID_PHASE


def test_a_checkpoint_is_advised_after_twenty_events() -> None:
    state = in_phase("implementing")
    assert not checkpoint_advised(replace(state, clock=ADVISED - 1))
    assert checkpoint_advised(replace(state, clock=ADVISED))
    assert not checkpoint_advised(replace(state, clock=ADVISED, checkpoint=1))
    assert not checkpoint_advised(replace(state, clock=ADVISED, phase="completed"))
