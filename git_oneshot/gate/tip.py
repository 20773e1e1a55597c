"""A feature at its tip: each commit judged, then the whole suite and the checks once.

The one judgement of all who let a feature go on: prove and push, finalize,
synthesize, and a merge that makes a tree on which nobody has run anything.
"""

from collections.abc import Sequence

from git_oneshot.core.state import State
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.judging import Each, Found, began, judge_all, leaving
from git_oneshot.gate.patience import Judge
from git_oneshot.gate.spool import foreseen
from git_oneshot.git import Git


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
