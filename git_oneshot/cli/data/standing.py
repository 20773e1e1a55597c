"""What status answers: apart, so that it imports little."""

from git_oneshot.cli.data import Data
from git_oneshot.cli.data.parts import OverlapData, Said, Unpushed
from git_oneshot.cli.data.proof import Going
from git_oneshot.cli.data.pull import PullData
from git_oneshot.core.facts import Phase, Plan, Policy
from git_oneshot.core.state import Void


class Status(Data, frozen=True, kw_only=True):
    """status. ``cycle`` is what comes next: red, green or commit.

    ``unheard``: the hooks that are another tool's and do not call us.
    """

    feature: str
    title: str
    phase: Phase
    policy: Policy
    requested: bool
    branch: str
    base: str
    spike: bool
    plan: Plan | None
    cycle: str
    commits: list[Said]
    unpushed: Unpushed
    unheard: list[str]
    tip: str | None
    void: list[Void]
    pull: PullData | None
    merged: str | None  # the commit that holds it, of one that waits for its merge
    overlaps: list[OverlapData]
    checkpoint_advised: bool
    going: Going | None
