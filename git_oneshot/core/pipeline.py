"""The list of features: which are shown, on which page, and which get in each other's way."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from git_oneshot.core.spelling import printable
from git_oneshot.core.words import FINAL, Phase, Policy

if TYPE_CHECKING:  # a list of what is known at a glance loads no state
    from git_oneshot.core.state import Commit, State

# Events after which a checkpoint is advised; nothing is refused for want of one.
ADVISED: Final = 20


class Glance(Struct, frozen=True, array_like=True):
    """A feature as a list shows it: what follows from its state alone, and no more."""

    feature: str
    title: str
    phase: Phase | None
    policy: Policy
    branch: str
    by: str
    at: str
    commits: int
    cycle: str | None  # what comes next: red, green or commit; None where nothing does
    verdicts: str  # such as `3 PASS, 1 waived`; "" without commits
    pull: str | None
    summary: str  # printable; "" where nothing is planned


def glance(state: "State") -> Glance:
    """A feature at a glance."""
    change = state.cycle.red or state.pending  # whose test is seen, or that was declared
    cycle = "commit" if state.cycle.green else "green" if change else "red"
    pull = state.pull
    planned = state.plan.summary if state.plan else ""
    return Glance(
        feature=state.feature, title=state.title, phase=state.phase, policy=state.policy,
        branch=state.branch, by=state.by, at=state.at, commits=len(state.commits),
        cycle=cycle if state.phase in ("implementing", "synthesize") else None,
        verdicts=verdicts(state), pull=(pull.url or pull.head) if pull else None,
        summary=printable(state.summary or state.title or planned),
    )  # fmt: skip


class Filter(Struct, frozen=True):
    """Which features are shown. Empty: any."""

    all: bool = False  # finished ones, too
    phases: tuple[str, ...] = ()
    branch: str = ""
    by: str = ""  # who began it, as `Name <email>`
    stale: frozenset[str] | None = None  # only these

    def shows(self, one: Glance) -> bool:
        """Whether a feature is shown. A phase that is named is shown, finished or not."""
        if self.phases:
            if one.phase not in self.phases:
                return False
        elif one.phase in FINAL and not self.all:
            return False
        if self.branch and one.branch != self.branch:
            return False
        if self.by and one.by.rpartition("<")[2] != self.by.rpartition("<")[2]:
            return False
        return self.stale is None or one.feature in self.stale


def rows(
    features: Iterable[Glance], *, offset: int = 0, limit: int | None = None,
    wanted: Filter = Filter(),  # noqa: B008 - immutable
) -> tuple[list[Glance], int]:  # fmt: skip
    """One page of the features, and how many there are on all pages.

    What is left out is left out before the pages are cut, so that the total is
    that of the pages.
    """
    shown = list(filter(wanted.shows, features))
    end = None if limit is None else offset + limit
    return shown[offset:end], len(shown)


class Overlap(Struct, frozen=True):
    """A planned file that somebody else changes, too: another feature, or "" for the base."""

    file: str
    feature: str


def told(overlaps: Iterable[Overlap]) -> list[str]:
    """Overlaps in words, a line a file."""
    files: dict[str, list[str]] = {}
    for one in overlaps:
        files.setdefault(one.file, []).append(one.feature)
    lines = []
    for file, whose in files.items():
        names = [f"'{feature}'" for feature in whose if feature]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        who = [f"feature{'s' * (len(names) > 1)} {', '.join(names[:3])}{more}"] if names else []
        who += ["the base, since this began,"] if "" in whose else []
        lines.append(f"'{file}' is changed by {' and '.join(who)} as well")
    return lines


def shared(planned: Iterable[str], theirs: Collection[str], feature: str) -> list[Overlap]:
    """The planned files among theirs."""
    return [Overlap(file, feature) for file in planned if file in theirs]


def verdicts(state: "State", refused: Mapping[str, str] = {}) -> str:
    """The commits of a feature by verdict, such as ``3 PASS, 1 waived``; "" for none.

    ``refused``: what this clone found of commits of which the trail says nothing yet.
    """
    if not state.commits:
        return ""
    words = Counter(_word(state, commit, refused.get(commit.id)) for commit in state.commits)
    return ", ".join(f"{count} {word}" for word, count in words.items())


def _word(state: "State", commit: "Commit", refused: str | None) -> str:
    word = commit.proof.word if commit.proof else refused or "not judged"
    return "waived" if word != "PASS" and state.waiver(commit.id) is not None else word


def checkpoint_advised(state: "State") -> bool:
    """Whether so much happened since the last checkpoint that another would help."""
    return state.open and state.clock - state.checkpoint >= ADVISED
