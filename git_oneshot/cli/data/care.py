"""What the commands that care for features over time answer."""

from git_oneshot.cli.data import Data
from git_oneshot.cli.data.parts import Said, Wrote
from git_oneshot.cli.data.pull import PullData
from git_oneshot.core.facts import Outcome, Phase, Plan, Policy


class StepData(Data, frozen=True, kw_only=True):
    """A step of giving a feature up; of --dry-run, ``status`` is null where it would be taken."""

    action: str
    status: Outcome | None
    message: str


class Cancelled(Wrote, frozen=True, kw_only=True):
    """cancel. Of --dry-run: no events, and the steps that would be taken or skipped."""

    reason: str
    superseded_by: str | None
    steps: list[StepData]
    dry_run: bool


class FateData(Data, frozen=True, kw_only=True):
    """A stale feature that stays: ``reason`` is a word for programs, ``why`` for people."""

    feature: str
    idle: int  # minutes
    reason: str
    why: str


class Spared(Data, frozen=True, kw_only=True):
    """A feature that was not looked at more closely, and the reason."""

    feature: str
    reason: str


class Pruned(Data, frozen=True, kw_only=True):
    """prune. ``pruned`` is null without --apply; ``total``: all candidates of all batches."""

    applied: bool
    candidates: list[str]
    pruned: list[str] | None
    skipped: list[FateData]
    excluded: list[Spared]
    malformed: list[Spared]
    total: int
    truncated: bool


class Checkpointed(Wrote, frozen=True, kw_only=True):
    """checkpoint."""

    summary: str | None


class Resumed(Data, frozen=True, kw_only=True):
    """resume. ``bound``: whether the hooks know of it here; ``degraded``: without the cache."""

    feature: str
    phase: Phase
    policy: Policy
    title: str
    branch: str
    base: str
    bound: bool
    requested: bool
    plan: Plan | None
    summary: str | None  # of the last checkpoint
    cycle: str
    red: list[str]  # tests that fail now
    commits: list[Said]
    files_left: list[str]  # planned, and not changed yet
    tests_left: list[str]  # planned, and in no proof yet
    pull: PullData | None
    tip: str
    degraded: bool
