"""What hypothesis may come up with: facts, events, histories and commands."""

from typing import Final, get_args

from hypothesis import strategies as st
from msgspec.structs import replace

from git_oneshot.core import commands as c
from git_oneshot.core import facts as f
from git_oneshot.core import pulls as p
from git_oneshot.core.commands import Command
from git_oneshot.core.events import Event, Said, Stamp, event_of
from git_oneshot.core.facts import Phase, Plan, Policy
from git_oneshot.core.ids import event_id
from git_oneshot.core.state import State

FEATURE: Final = "fix-typo"
EMPTY: Final = State(feature=FEATURE)
PHASES: Final[tuple[Phase, ...]] = get_args(Phase)
POLICIES: Final[tuple[Policy, ...]] = get_args(Policy)

# Few commits, so that the facts of one history speak about the same ones.
oids = st.sampled_from(["a" * 40, "b" * 40, "0123456789" * 4, "c" * 64])
lines = st.text(max_size=20)
texts = st.sampled_from(["", "  \n\t", "say what"]) | st.text(max_size=40)
some_lines = st.lists(lines, max_size=3).map(tuple)
phases = st.sampled_from(PHASES)
declarable = st.sampled_from(get_args(f.Declarable))
policies = st.sampled_from(POLICIES)
milliseconds = st.integers(0, 2**48 - 1)
fields = st.lists(st.sampled_from(["plan", "planSummary", "title"]), max_size=3).map(tuple)

plans = st.builds(
    Plan, goal=texts, approach=texts, files=some_lines, tests=some_lines, text=texts, payload=lines
)
turns = st.builds(
    f.TestTurn, suite=lines, id=lines, file=lines, red=lines, green=lines, reason=lines
)
proofs = st.builds(
    f.Proof,
    word=st.sampled_from(["PASS", "FAIL", "UNKNOWN"]),
    code=lines,
    kind=lines,
    declared=st.booleans(),
    hybrid=st.none() | oids,
    tree=st.none() | oids,
    tests=st.lists(turns, max_size=2).map(tuple),
    total=st.integers(0, 2**53),
    notes=some_lines,
)
passes = st.builds(f.Proof, word=st.just("PASS"), kind=lines)
recorded = st.builds(
    f.CommitRecorded, commit=oids, tree=oids, parentTree=oids, patchId=lines, subject=lines
)
rewritten = st.builds(f.CommitRewritten, old=oids, new=oids)

counts = st.integers(0, 2**53)
created = st.builds(
    p.PullCreated,
    provider=st.sampled_from(["local", "github", "gitlab", "forgejo"]),
    prNumber=counts,
    url=lines,
    base=lines,
    head=lines,
    title=lines,
    draft=st.booleans(),
    commit=st.none() | oids,
    body=lines,
)
updated = st.builds(
    p.PullUpdated,
    title=st.none() | lines,
    body=st.none() | lines,
    text=st.none() | texts,
    payload=lines,
    draft=st.none() | st.booleans(),
    commit=st.none() | oids,
)
checked = st.builds(p.GateChecked, gateName=lines, passed=st.booleans(), details=lines)
some_oids = st.lists(oids, max_size=3).map(tuple)
landed = st.builds(
    p.CommitLanded,
    commit=oids,
    sources=some_oids,
    how=st.sampled_from(["merge", "squash", "rebase"]),
)
verified = st.builds(
    f.CommitsVerified,
    commits=st.lists(oids, min_size=1, max_size=3).map(tuple),
    suite=st.none() | oids,
    rules=st.none() | oids,
)
outcomes = st.sampled_from(["executed", "skipped", "failed"])
triggers = st.sampled_from(["manual", "scheduled"])

# Mostly what moves a feature on, and now and then what does not belong there.
_usual_ways: Final[tuple[tuple[Phase, Phase], ...]] = (
    ("plan", "implementing"),
    ("implementing", "synthesize"),
    ("implementing", "completed"),
)
ways = st.sampled_from(_usual_ways) | st.tuples(phases, phases)
facts: st.SearchStrategy[Said] = st.one_of(
    st.builds(
        f.Started,
        featureId=st.sampled_from([FEATURE, FEATURE, FEATURE, "another"]),
        synthesisPolicy=st.none() | policies,
        title=lines,
        base=lines,
        branch=lines,
        start=st.none() | oids,
        spike=st.booleans(),
    ),
    st.builds(
        f.Patched, fields=some_lines | fields, plan=st.none() | plans, planSummary=st.none() | lines
    ),
    ways.map(lambda way: f.Moved(origin=way[0], to=way[1])),
    st.builds(f.Graduated, reason=st.none() | texts),
    st.builds(f.SynthesisRequested, reason=st.none() | texts),
    st.builds(f.Cancelled, origin=phases, reason=st.none() | texts, supersededBy=st.none() | lines),
    st.builds(
        f.CleanedUp,
        mergeCommit=st.none() | oids,
        prUrl=st.none() | lines,
        mergedBranches=some_lines,
        drift=st.booleans(),
    ),
    st.builds(f.Reddened, parent=st.none() | oids, proof=proofs, log=lines),
    st.builds(f.Greened, parent=st.none() | oids, proof=proofs, log=lines),
    recorded,
    rewritten,
    verified,
    st.builds(f.CommitJudged, commit=oids, proof=proofs, log=lines),
    st.builds(
        f.Declared,
        kind=declarable,
        reason=texts,
        commit=st.none() | oids,
        parentTree=st.none() | oids,
    ),
    st.builds(f.Waived, commit=oids, patchId=lines, reason=texts),
    st.builds(f.SuiteJudged, commit=oids, proof=proofs),
    created,
    updated,
    st.builds(p.PullClosed, reason=lines),
    checked,
    landed,
    st.builds(p.Compensated, actionId=lines, status=outcomes, message=lines),
    st.builds(p.Checkpointed, phase=phases, counter=counts, summary=texts),
    st.builds(p.CheckpointWritten, projectionId=lines, projectionSequence=counts, byteSize=counts),
    st.builds(
        p.Pruned,
        stalenessMinutes=counts,
        triggeredBy=triggers,
        skippedSafeguards=st.none() | some_lines,
    ),
)

stamps = st.builds(
    Stamp,
    now=milliseconds,
    at=st.datetimes().map(lambda at: f"{at.year:04d}-{at:%m-%dT%H:%M:%SZ}"),
    by=lines,
    entropy=st.binary(min_size=16, max_size=16),
    via=st.none() | lines,
    key=st.none() | st.sampled_from(["k1", "k2"]),
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Any one event."""
    stamp = draw(stamps)
    number = event_id(stamp.now, stamp.entropy, 0)
    return event_of(draw(facts), id=number, clock=draw(st.integers(1, 2**53)), stamp=stamp)


@st.composite
def histories(draw: st.DrawFn, begun: bool | None = None) -> tuple[Event, ...]:
    """Events in order, all of them said, many without effect; most histories begin as they should.

    No two have one id, unless the test says so itself.
    """
    said = draw(st.lists(facts, max_size=12))
    if draw(st.integers(0, 4)) if begun is None else begun:
        said.insert(0, f.Started(featureId=FEATURE, synthesisPolicy=draw(st.none() | policies)))
    stamp = draw(stamps)
    return tuple(
        event_of(fact, id=event_id(stamp.now, stamp.entropy, i), clock=1 + i, stamp=stamp)
        for i, fact in enumerate(said)
    )


judged = st.builds(f.CommitJudged, commit=oids, proof=passes | proofs)
suites = st.builds(f.SuiteJudged, commit=oids, proof=passes)
starts = st.builds(
    c.Start,
    policy=st.none() | policies,
    title=lines,
    base=lines,
    branch=lines,
    start=st.none() | oids,
    spike=st.booleans(),
)
commands: st.SearchStrategy[Command] = st.one_of(
    starts,
    st.builds(
        c.Patch,
        fields=st.just(("plan",)) | fields | some_lines,
        plan=st.none() | plans,
        summary=st.none() | lines,
        title=st.none() | lines,
        move=st.booleans(),
    ),
    st.builds(c.Move, to=phases),
    st.builds(c.Graduate, reason=texts),
    st.builds(c.RequestSynthesis, reason=texts),
    st.builds(c.RecordRed, parent=st.none() | oids, proof=proofs, log=lines),
    st.builds(c.RecordGreen, parent=st.none() | oids, proof=proofs, log=lines),
    st.builds(
        c.Bind,
        commits=st.lists(recorded, max_size=2).map(tuple),
        rewrites=st.lists(rewritten, max_size=2).map(tuple),
    ),
    st.builds(
        c.Declare,
        kind=declarable,
        reason=texts,
        commit=st.none() | oids,
        parent_tree=st.none() | oids,
    ),
    st.builds(c.Waive, commit=oids, patch_id=lines, reason=texts),
    st.builds(
        c.Finalize,
        proofs=st.lists(judged, max_size=2).map(tuple),
        suite=suites | st.builds(f.SuiteJudged, commit=oids, proof=proofs),
        left_over=st.just(()) | some_lines,
    ),
    st.builds(
        c.Ready,
        gates=st.lists(checked, max_size=2).map(tuple),
        proofs=st.lists(judged, max_size=2).map(tuple),
        records=st.lists(recorded, max_size=2).map(tuple),
        suite=st.none() | suites,
    ),
    st.builds(c.OpenPull, created),
    st.builds(c.UpdatePull, updated),
    st.builds(c.ClosePull, reason=lines),
    st.builds(
        c.Complete,
        merge_commit=st.none() | oids,
        url=lines,
        drift=st.booleans(),
        branches=some_lines,
        landed=st.lists(landed, max_size=2).map(tuple),
    ),
    st.builds(c.Compensate, action=lines, status=outcomes, message=lines),
    st.builds(c.Checkpoint, summary=texts),
    st.builds(c.Prune, minutes=counts, by=triggers, bypassed=some_lines),
    st.builds(c.Cancel, reason=texts, superseded_by=lines),
)

# A feature's life, as far as it goes: one step of the usual way, then anything.
_usual: Final[tuple[Command, ...]] = (
    c.Start(policy="always"),
    c.Patch(fields=("plan",), plan=Plan(goal="say what"), move=True),
    c.Finalize(
        proofs=(f.CommitJudged(commit="a" * 40, proof=f.Proof(word="PASS")),),
        suite=f.SuiteJudged(commit="a" * 40, proof=f.Proof(word="PASS")),
    ),
    c.Complete(merge_commit="b" * 40),
)


@st.composite
def lives(draw: st.DrawFn) -> tuple[tuple[Command, Stamp], ...]:
    """Commands with their stamps, most of them in an order that leads somewhere."""
    way = list(_usual[: draw(st.integers(0, len(_usual)))])
    for command in draw(st.lists(commands, max_size=6)):
        way.insert(draw(st.integers(0, len(way))), command)
    if way and isinstance(way[0], c.Start):
        way[0] = c.Start(policy=draw(st.none() | policies), spike=draw(st.integers(0, 9)) == 9)
    stamp = draw(stamps)
    return tuple(
        (command, replace(stamp, entropy=bytes([i]) * 16, now=stamp.now))
        for i, command in enumerate(way)
    )
