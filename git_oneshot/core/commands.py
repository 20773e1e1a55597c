"""What can be asked of a feature: imperative, one struct each.

A command carries every fact about the world that its rules need, so that
``workflow.decide`` stays a pure function.
"""

from typing import Literal

from msgspec import Struct

from git_oneshot.core.facts import (
    CommitJudged,
    CommitRecorded,
    CommitRewritten,
    CommitsVerified,
    Declarable,
    Outcome,
    Phase,
    Plan,
    Policy,
    Proof,
    SuiteJudged,
)
from git_oneshot.core.pulls import CommitLanded, GateChecked, PullCreated, PullUpdated


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


class Graduate(Struct, frozen=True):
    """Make a feature of a spike."""

    reason: str = ""


class RequestSynthesis(Struct, frozen=True):
    """Ask for a pull request at the end."""

    reason: str = ""


class RecordRed(Struct, frozen=True, kw_only=True):
    """Tests failed on the parent's code. ``log``: the digest of what they printed."""

    parent: str | None
    proof: Proof
    log: str = ""


class RecordGreen(Struct, frozen=True, kw_only=True):
    """Tests passed with the change."""

    parent: str | None
    proof: Proof
    log: str = ""


class Bind(Struct, frozen=True, kw_only=True):
    """Commits that hooks saw, and rewrites of commits."""

    commits: tuple[CommitRecorded, ...] = ()
    rewrites: tuple[CommitRewritten, ...] = ()


class Declare(Struct, frozen=True, kw_only=True):
    """Say of what class a commit is; without ``commit``, the next one on ``parent_tree``."""

    kind: Declarable
    reason: str
    commit: str | None = None
    parent_tree: str | None = None


class Waive(Struct, frozen=True, kw_only=True):
    """Let a commit pass without a proof. The caller has checked that the user may."""

    commit: str
    patch_id: str = ""
    reason: str


class Finalize(Struct, frozen=True, kw_only=True):
    """Leave implementing, with the judgement of every commit and of the suite at the tip.

    ``records``: its commits that no event binds yet. ``left_over``: tracked
    paths with changes that are in no commit. Where the rules ask for it:
    ``outside``, files that the plan does not name, and ``unturned``, tests that
    it names; ``late``, commits of which no test was seen red before their code.
    """

    proofs: tuple[CommitJudged, ...]
    suite: SuiteJudged
    records: tuple[CommitRecorded, ...] = ()
    left_over: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    unturned: tuple[str, ...] = ()
    late: tuple[str, ...] = ()


class RecordProofs(Struct, frozen=True):
    """What a push found out about commits that it brings, as they are by now."""

    proofs: tuple[CommitJudged, ...]


class RecordVerified(Struct, frozen=True):
    """Commits were verified, and whoever did so will seal this."""

    said: tuple[CommitsVerified, ...]


class Ready(Struct, frozen=True, kw_only=True):
    """What was found out about a feature that is to have a pull request: the proof of its tip.

    ``suite`` is None when a commit before it is not proven.
    """

    gates: tuple[GateChecked, ...]
    proofs: tuple[CommitJudged, ...] = ()
    records: tuple[CommitRecorded, ...] = ()
    suite: SuiteJudged | None = None


class OpenPull(Struct, frozen=True):
    """A pull request was opened, or found open."""

    pull: PullCreated


class UpdatePull(Struct, frozen=True):
    """The pull request was changed."""

    change: PullUpdated


class ClosePull(Struct, frozen=True):
    """The pull request was closed without a merge."""

    reason: str = ""


class Complete(Struct, frozen=True, kw_only=True):
    """The pull request was merged as ``merge_commit`` (None: no merge was found).

    ``landed``: which commits of the base hold which of the feature's.
    """

    merge_commit: str | None = None
    url: str = ""
    drift: bool = False
    branches: tuple[str, ...] = ()
    landed: tuple[CommitLanded, ...] = ()


class Compensate(Struct, frozen=True, kw_only=True):
    """A step of giving the feature up was taken."""

    action: str
    status: Outcome
    message: str = ""


class Checkpoint(Struct, frozen=True):
    """Say where the work stands."""

    summary: str = ""


class Prune(Struct, frozen=True, kw_only=True):
    """Give the feature up, because nothing happened to it for so many minutes."""

    minutes: int
    by: Literal["manual", "scheduled"] = "manual"
    bypassed: tuple[str, ...] = ()


class Cancel(Struct, frozen=True, kw_only=True):
    """Give the feature up."""

    reason: str = ""
    superseded_by: str = ""


Command = (
    Start
    | Patch
    | Move
    | Graduate
    | RequestSynthesis
    | RecordRed
    | RecordGreen
    | Bind
    | Declare
    | Waive
    | Finalize
    | RecordProofs
    | RecordVerified
    | Ready
    | OpenPull
    | UpdatePull
    | ClosePull
    | Complete
    | Compensate
    | Checkpoint
    | Prune
    | Cancel
)
