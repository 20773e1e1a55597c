"""What fsck answers."""

from git_oneshot.cli.parts import BrokenRow
from git_oneshot.cli.shape import Data


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
