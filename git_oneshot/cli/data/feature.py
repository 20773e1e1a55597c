"""What the commands answer that carry a feature from its beginning to its push."""

from git_oneshot.cli.data import Data
from git_oneshot.cli.data.parts import Judgement, ProofData, Wrote
from git_oneshot.core.facts import Phase, Plan, Policy


class Began(Wrote, frozen=True, kw_only=True):
    """init."""

    branch: str
    policy: Policy
    installed: list[str]
    suites: list[str]
    before: int = 0  # commits below it that a push to its base brings, too


class Planned(Wrote, frozen=True, kw_only=True):
    """plan."""

    plan: Plan
    warnings: list[str]


class Requested(Wrote, frozen=True, kw_only=True):
    """request-synthesize."""

    policy: Policy


class Declared(Wrote, frozen=True, kw_only=True, rename={"kind": "class"}):
    """declare: ``commit`` is null for the one that is about to be made."""

    commit: str | None
    kind: str
    reason: str


class Waived(Wrote, frozen=True, kw_only=True):
    """waive."""

    commit: str
    reason: str


class Reddened(Wrote, frozen=True, kw_only=True):
    """red."""

    proof: ProofData


class Greened(Wrote, frozen=True, kw_only=True):
    """green. ``staged``: whether what is staged is what was proven."""

    proof: ProofData
    staged: bool


class Finalized(Wrote, frozen=True, kw_only=True):
    """finalize. Of --dry-run: no events, and ``to`` is the phase that it would enter.

    ``neutral``: changed files that need no test.
    ``outside``: changed files that the plan does not name; ``unturned``: planned tests that
    no commit turned; ``late``: commits of which no test was seen red before their code.
    """

    to: Phase
    dry_run: bool
    commits: list[Judgement]
    suite: ProofData
    untracked: list[str]
    neutral: list[str]
    outside: list[str]
    unturned: list[str]
    late: list[str]


class Pushed(Data, frozen=True, kw_only=True):
    """push. On a branch without a feature, or on none, there is nothing to prove first."""

    feature: str | None
    commits: list[Judgement]
    suite: ProofData | None
    pushed: bool
