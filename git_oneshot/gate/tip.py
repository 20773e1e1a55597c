"""A feature at its tip: each commit judged, then the whole suite and the checks once.

The one judgement of all who let a feature go on: prove and push, finalize,
synthesize, and a merge that makes a tree on which nobody has run anything.
"""

from collections.abc import Sequence
from typing import NamedTuple

from git_oneshot.core.facts import Proof
from git_oneshot.core.state import State
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.judging import Each, Verdict, began, judge_all, leaving
from git_oneshot.gate.patience import Judge
from git_oneshot.gate.spool import foreseen
from git_oneshot.git import Git


class Found(NamedTuple):
    """The commits, and the suite where there are any and each is accepted."""

    verdicts: tuple[Verdict, ...]
    suite: Proof | None

    @property
    def accepted(self) -> bool:
        """Whether a gate lets every commit through, and there is one."""
        return bool(self.verdicts) and all(one.accepted for one in self.verdicts)

    @property
    def lacking(self) -> tuple[Proof, ...]:
        """The proofs that no gate accepts."""
        suite = [self.suite] if self.suite is not None and self.suite.word != "PASS" else []
        return (*(one.proof for one in self.verdicts if not one.accepted), *suite)


def at_tip(
    git: Git,
    judge: Judge,
    state: State,
    commits: Sequence[str],
    *,
    each: Each = lambda verdicts, _: verdicts,
    trees: tuple[str, str] | None = None,
) -> Found:
    """Judge the commits of a feature, oldest first, and what HEAD has.

    ``trees``: run the suite on this tree, and compare it with the one before.
    """
    claims = Claims((foreseen(git, state, state.branch),))
    verdicts = tuple(each(judge_all(git, judge, commits, claims), len(commits)))
    found = Found(verdicts, None)
    if not found.accepted:
        return found
    tree, before = trees or (git.tree("HEAD"), began(verdicts))
    return found._replace(suite=judge.suite(tree, before, leaving(verdicts)))
