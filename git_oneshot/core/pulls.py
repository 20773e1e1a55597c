"""What events say of pull requests, of landing, and of the care of features over time.

Facts like those of ``facts``, with the same rules: they are the wire format.
Names are Exarchos' where it has the fact.
"""

from typing import Annotated, Literal

from msgspec import Meta

from git_oneshot.core.facts import (
    Data,
    How,
    Line,
    Lines,
    ObjectId,
    Outcome,
    Phase,
    Provider,
    Text,
)

_Count = Annotated[int, Meta(ge=0, le=2**53)]


class PullCreated(Data, frozen=True, kw_only=True):
    """A pull request was opened for the feature, or was found open."""

    provider: Provider
    prNumber: _Count = 0  # noqa: N815 - 0: the local forge counts none
    url: Line = ""
    base: Line
    head: Line
    title: Line = ""
    draft: bool = False
    commit: ObjectId | None = None  # what its branch was at
    body: Line = ""  # the SHA-256 of its text as we wrote it


class PullUpdated(Data, frozen=True, kw_only=True):
    """The pull request was changed; what is absent stayed as it was.

    ``text`` is a body that a person wrote, where no forge keeps it for us. Of one
    over 4 KiB it is the beginning, and the whole is a blob under payload/<event id>
    whose SHA-256 is ``payload``.
    """

    title: Line | None = None
    body: Line | None = None
    text: Text | None = None
    payload: Line = ""
    draft: bool | None = None
    commit: ObjectId | None = None


class PullClosed(Data, frozen=True, kw_only=True):
    """The pull request was closed, and not merged."""

    reason: Line = ""


class GateChecked(Data, frozen=True, kw_only=True):
    """One condition of a pull request was looked at."""

    gateName: Line  # noqa: N815
    passed: bool
    details: Line = ""


class CommitLanded(Data, frozen=True, kw_only=True):
    """A commit of the base holds commits of the feature, under another id."""

    commit: ObjectId
    sources: Annotated[tuple[ObjectId, ...], Meta(max_length=1_000)]
    how: How


class Compensated(Data, frozen=True, kw_only=True):
    """A step of giving the feature up was taken."""

    actionId: Line  # noqa: N815
    status: Outcome
    message: Line = ""


class Checkpointed(Data, frozen=True, kw_only=True):
    """Someone said where the work stands, for whoever goes on."""

    phase: Phase
    counter: _Count = 0
    summary: Text = ""


class CheckpointWritten(Data, frozen=True, kw_only=True):
    """The state up to a clock was kept, ready to be read."""

    projectionId: Line  # noqa: N815
    projectionSequence: _Count  # noqa: N815
    byteSize: _Count  # noqa: N815


class Pruned(Data, frozen=True, kw_only=True):
    """The feature was given up because nothing had happened to it for long."""

    stalenessMinutes: _Count  # noqa: N815
    triggeredBy: Literal["manual", "scheduled"]  # noqa: N815
    skippedSafeguards: Lines | None = None  # noqa: N815


PullFact = (
    PullCreated
    | PullUpdated
    | PullClosed
    | GateChecked
    | CommitLanded
    | Compensated
    | Checkpointed
    | CheckpointWritten
    | Pruned
)
