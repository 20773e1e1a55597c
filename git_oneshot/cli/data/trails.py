"""What the commands about trails answer: how they travel, and whether they are sound."""

from git_oneshot.cli.data import Data
from git_oneshot.cli.data.parts import BrokenRow, SyncRow
from git_oneshot.core.facts import Phase


class LossRow(Data, frozen=True, kw_only=True):
    """What a remote does not have any more; ``after`` is null when its ref is gone."""

    remote: str
    feature: str
    before: str
    after: str | None


class Synced(Data, frozen=True, kw_only=True):
    """sync. Trails that were as they should be are not in the list."""

    remote: str
    dry_run: bool
    features: list[SyncRow]
    lost: list[LossRow]
    completed: list[str]  # features that had been merged


class Cloned(Data, frozen=True, kw_only=True):
    """clone. ``fetched``: features that came; ``changes``: to the new clone."""

    path: str
    fetched: int
    changes: list[str]


class SplitOff(Data, frozen=True, kw_only=True):
    """split. ``source`` is the old id; ``events`` are on both trails, if they stay on the old.

    ``by`` began what is split off, ``counts`` what the old id is now.
    """

    feature: str
    source: str
    by: str
    counts: str
    phase: Phase
    events: list[str]
    tip: str


class Exported(Data, frozen=True, kw_only=True):
    """export."""

    feature: str
    format: str
    tip: str
    content: str


class Imported(Data, frozen=True, kw_only=True):
    """import. ``events``: all that the file had; ``new``: how many of them were not here."""

    feature: str
    tip: str
    events: list[str]
    new: int


class SealRow(Data, frozen=True, kw_only=True):
    """A seal, and git's word on it: good, bad or unknown."""

    ref: str
    commit: str
    verdict: str
    signer: str | None


class Checked(Data, frozen=True, kw_only=True):
    """fsck. ``trails`` counts ends: ours, and those that remotes have."""

    trails: int
    findings: list[BrokenRow]
    seals: list[SealRow]
