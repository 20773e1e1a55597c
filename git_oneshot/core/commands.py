"""What can be asked of a feature: imperative, one struct each.

A command carries every fact about the world that its rules need, so that
``workflow.decide`` stays a pure function.
"""

from msgspec import Struct

from git_oneshot.core.facts import (
    CommitJudged,
    CommitRecorded,
    CommitRewritten,
    Phase,
    Plan,
    Policy,
    Proof,
    SuiteJudged,
)


class Start(Struct, frozen=True, kw_only=True):
    """Begin the feature. ``start`` is the commit that HEAD was on, None before the first."""

    policy: Policy | None = None
    title: str = ""
    base: str = ""
    branch: str = ""
    start: str | None = None
    spike: bool = False


class Patch(Struct, frozen=True, kw_only=True):
    """Set the named fields; with ``move``, go on to implementing in the same append."""

    fields: tuple[str, ...]
    plan: Plan | None = None
    summary: str | None = None
    title: str | None = None
    move: bool = False


class Move(Struct, frozen=True):
    """Enter a phase by name."""

    to: Phase


class RequestSynthesis(Struct, frozen=True):
    """Ask for a pull request at the end."""

    reason: str = ""


class RecordRed(Struct, frozen=True, kw_only=True):
    """Tests failed on the parent's code."""

    parent: str | None
    proof: Proof


class RecordGreen(Struct, frozen=True, kw_only=True):
    """Tests passed with the change."""

    parent: str | None
    proof: Proof


class Bind(Struct, frozen=True, kw_only=True):
    """Commits that hooks saw, and rewrites of commits."""

    commits: tuple[CommitRecorded, ...] = ()
    rewrites: tuple[CommitRewritten, ...] = ()


class Finalize(Struct, frozen=True, kw_only=True):
    """Leave implementing, with the judgement of every commit and of the suite at the tip.

    ``records``: its commits that no event binds yet. ``left_over``: tracked
    paths with changes that are in no commit.
    """

    proofs: tuple[CommitJudged, ...]
    suite: SuiteJudged
    records: tuple[CommitRecorded, ...] = ()
    left_over: tuple[str, ...] = ()


class Complete(Struct, frozen=True, kw_only=True):
    """The pull request was merged as ``merge_commit`` (None: no merge was found)."""

    merge_commit: str | None = None
    url: str = ""
    drift: bool = False


class Cancel(Struct, frozen=True, kw_only=True):
    """Give the feature up."""

    reason: str = ""
    superseded_by: str = ""


Command = (
    Start
    | Patch
    | Move
    | RequestSynthesis
    | RecordRed
    | RecordGreen
    | Bind
    | Finalize
    | Complete
    | Cancel
)
