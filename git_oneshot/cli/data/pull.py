"""What the commands around a pull request answer."""

from git_oneshot.cli.data import Data
from git_oneshot.cli.data.parts import Gate, Judgement, Wrote


class PullData(Data, frozen=True, kw_only=True):
    """A pull request. ``number`` and ``url`` are null where the forge is local."""

    provider: str
    number: int | None
    url: str | None
    title: str
    head: str
    base: str
    draft: bool
    state: str


class Synthesized(Wrote, frozen=True, kw_only=True):
    """synthesize. Of --dry-run: no events, and no pull request."""

    commits: list[Judgement]
    gates: list[Gate]
    ready: bool
    blockers: list[str]
    pull: PullData | None
    opened: bool
    dry_run: bool


class BodyJudged(Data, frozen=True, kw_only=True):
    """validate-pr-body."""

    passed: bool
    skipped: bool
    missing: list[str]
    empty: list[str]


class PullAnswer(Wrote, frozen=True, kw_only=True):
    """pr. Of show: no events. ``merge_commit``: what it was merged as."""

    pull: PullData
    body: str | None
    merge_commit: str | None
    drift: bool


class LandedData(Data, frozen=True, kw_only=True):
    """A commit of the base, and the commits of the feature that it holds."""

    commit: str
    sources: list[str]


class Completed(Wrote, frozen=True, kw_only=True):
    """complete. ``how``: merge, squash or rebase; of --dry-run no events."""

    merge_commit: str
    how: str | None
    drift: bool
    landed: list[LandedData]
    url: str | None
    dry_run: bool
