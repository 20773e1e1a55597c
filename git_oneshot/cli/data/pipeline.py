"""What list answers: apart, so that it loads no other command's."""

from git_oneshot.cli.data import Data
from git_oneshot.core.words import Phase, Policy


class Row(Data, frozen=True, kw_only=True):
    """A feature in a list. ``origin``: local, remote or both; ``damage``: an error's code."""

    feature: str
    title: str
    phase: Phase | None
    policy: Policy
    branch: str
    commits: int
    at: str
    summary: str
    origin: str
    damage: str | None
    cycle: str | None  # what comes next: red, green or commit; null where nothing does
    verdicts: str  # such as `2 PASS, 1 waived`
    age: str  # since its last event, such as 3d
    pull: str | None


class Listed(Data, frozen=True, kw_only=True):
    """list."""

    features: list[Row]
    total: int
