"""The facts a trail can hold: one frozen struct a type, tagged by a literal name.

The wire form of an event is one JSON object with sorted keys: the envelope
(``v`` ``id`` ``clock`` ``at`` ``by`` ``via`` ``key`` ``type``) and ``data``.
Type names are those of Exarchos where the fact is the same; they are literals,
so that renaming a class can't orphan a trail. Adding a field to a type of
version 1 is a new version and an upcaster (see ``codec``), never an edit here.
"""

from typing import Annotated, Final, Literal, get_args

from msgspec import Meta, Struct

from git_oneshot.core import facts as f
from git_oneshot.core import pulls as p
from git_oneshot.core.facts import Fact, Line
from git_oneshot.core.ids import EVENT
from git_oneshot.core.pulls import PullFact

# \Z, because $ lets a line break through; [0-9], because \d is any script's digits.
_TIME: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z"


class _Event(
    Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="type",
    forbid_unknown_fields=True,
):
    """The envelope."""

    v: Literal[1]
    id: Annotated[str, Meta(pattern=rf"^{EVENT.pattern}\Z")]
    clock: Annotated[int, Meta(ge=1, le=2**53)]
    at: Annotated[str, Meta(pattern=_TIME)]
    by: Line
    via: Line | None = None
    key: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


def seconds_of(event: "Event") -> int | None:
    """When an event was said, by the clock of who said it; None for a day that there is not."""
    import datetime  # who reads needs none of it

    try:
        return int(datetime.datetime.fromisoformat(event.at).timestamp())
    except ValueError:
        return None


class WorkflowStarted(_Event, frozen=True, kw_only=True, tag="workflow.started"):
    """A feature began."""

    data: f.Started


class StatePatched(_Event, frozen=True, kw_only=True, tag="state.patched"):
    """The plan or another field was set."""

    data: f.Patched


class WorkflowTransition(_Event, frozen=True, kw_only=True, tag="workflow.transition"):
    """The feature went from one phase to the next."""

    data: f.Moved


class SpikeGraduated(_Event, frozen=True, kw_only=True, tag="spike.graduated"):
    """A spike became a feature."""

    data: f.Graduated


class SynthesizeRequested(_Event, frozen=True, kw_only=True, tag="synthesize.requested"):
    """Someone asked for a pull request."""

    data: f.SynthesisRequested


class WorkflowCancel(_Event, frozen=True, kw_only=True, tag="workflow.cancel"):
    """The feature was given up."""

    data: f.Cancelled


class WorkflowCleanup(_Event, frozen=True, kw_only=True, tag="workflow.cleanup"):
    """The feature's pull request was merged."""

    data: f.CleanedUp


class CycleRed(_Event, frozen=True, kw_only=True, tag="cycle.red"):
    """Tests failed without the change."""

    data: f.Reddened


class CycleGreen(_Event, frozen=True, kw_only=True, tag="cycle.green"):
    """Tests passed with the change."""

    data: f.Greened


class CommitRecord(_Event, frozen=True, kw_only=True, tag="commit.recorded"):
    """A commit was made."""

    data: f.CommitRecorded


class CommitRewrite(_Event, frozen=True, kw_only=True, tag="commit.rewritten"):
    """A commit was replaced."""

    data: f.CommitRewritten


class ProofRecord(_Event, frozen=True, kw_only=True, tag="proof.recorded"):
    """A commit was judged."""

    data: f.CommitJudged


class ClassDeclared(_Event, frozen=True, kw_only=True, tag="class.declared"):
    """A commit was said to be of a class."""

    data: f.Declared


class CommitWaived(_Event, frozen=True, kw_only=True, tag="commit.waived"):
    """A commit was exempted from its proof."""

    data: f.Waived


class GateExecuted(_Event, frozen=True, kw_only=True, tag="gate.executed"):
    """The whole suite was run at the gate."""

    data: f.SuiteJudged


class VerificationRecord(_Event, frozen=True, kw_only=True, tag="commits.verified"):
    """Commits were verified."""

    data: f.CommitsVerified


class PrCreated(_Event, frozen=True, kw_only=True, tag="pr.created"):
    """A pull request was opened, or found."""

    data: p.PullCreated


class PrUpdated(_Event, frozen=True, kw_only=True, tag="pr.updated"):
    """The pull request was changed."""

    data: p.PullUpdated


class PrClosed(_Event, frozen=True, kw_only=True, tag="pr.closed"):
    """The pull request was closed without a merge."""

    data: p.PullClosed


class GateCheck(_Event, frozen=True, kw_only=True, tag="gate.checked"):
    """A condition of a pull request was looked at."""

    data: p.GateChecked


class CommitLand(_Event, frozen=True, kw_only=True, tag="commit.landed"):
    """Commits of the feature are in the base under another id."""

    data: p.CommitLanded


class WorkflowCompensation(_Event, frozen=True, kw_only=True, tag="workflow.compensation"):
    """A step of giving the feature up was taken."""

    data: p.Compensated


class WorkflowCheckpoint(_Event, frozen=True, kw_only=True, tag="workflow.checkpoint"):
    """Someone said where the work stands."""

    data: p.Checkpointed


class WorkflowCheckpointWritten(
    _Event, frozen=True, kw_only=True, tag="workflow.checkpoint_written"
):
    """The state was kept."""

    data: p.CheckpointWritten


class WorkflowPruned(_Event, frozen=True, kw_only=True, tag="workflow.pruned"):
    """The feature was given up for want of activity."""

    data: p.Pruned


Event = (
    WorkflowStarted
    | StatePatched
    | WorkflowTransition
    | SpikeGraduated
    | SynthesizeRequested
    | WorkflowCancel
    | WorkflowCleanup
    | CycleRed
    | CycleGreen
    | CommitRecord
    | CommitRewrite
    | ProofRecord
    | ClassDeclared
    | CommitWaived
    | GateExecuted
    | VerificationRecord
    | PrCreated
    | PrUpdated
    | PrClosed
    | GateCheck
    | CommitLand
    | WorkflowCompensation
    | WorkflowCheckpoint
    | WorkflowCheckpointWritten
    | WorkflowPruned
)
Said = Fact | PullFact

TYPES: Final[tuple[type[Event], ...]] = get_args(Event)
_BY_FACT: Final[dict[type, type[Event]]] = {cls.__annotations__["data"]: cls for cls in TYPES}


def type_name(event: Event | type[Event]) -> str:
    """The wire name of an event's type, such as ``workflow.started``."""
    return str(event.__struct_config__.tag)


class Stamp(Struct, frozen=True, kw_only=True):
    """What the outside world adds to a fact: time, identity and randomness.

    ``now``: milliseconds since 1970, UTC. ``by``: ``Name <email>``.
    ``entropy``: at least 16 random bytes, fresh for each append.
    """

    now: int
    at: str
    by: str
    entropy: bytes
    via: str | None = None
    key: str | None = None


def event_of(fact: Said, *, id: str, clock: int, stamp: Stamp) -> Event:  # noqa: A002
    """Put a fact into its envelope."""
    cls = _BY_FACT[type(fact)]
    return cls(
        v=1,
        id=id,
        clock=clock,
        at=stamp.at,
        by=stamp.by,
        via=stamp.via,
        key=stamp.key,
        data=fact,  # type: ignore[arg-type]  # _BY_FACT pairs each fact with its event
    )
