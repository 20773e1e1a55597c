"""The way home of a feature that has ended: until its base has it where it is pushed to."""

from collections.abc import Mapping

from git_oneshot.core.ids import FeatureId
from git_oneshot.core.state import State
from git_oneshot.gate.commits import commits_here
from git_oneshot.gate.markers import Markers
from git_oneshot.git import Git
from git_oneshot.session import Session


def marked(session: Session, markers: Markers) -> dict[str, State]:
    """The features that are open, or have ended and are not home, by branch."""
    by_branch = markers.all()
    return dict(zip(by_branch, session.states(by_branch.values()), strict=True))


def home(
    git: Git, states: Mapping[str, State], markers: Markers, remote: str
) -> dict[str, FeatureId]:
    """Of `marked` ones, those that ended and that an earlier push has brought home."""
    return {
        branch: FeatureId(state.feature)
        for branch, state in states.items()
        if markers.feature_on(branch) is None and is_done(git, state, branch, remote)
    }


def is_done(git: Git, state: State, branch: str, remote: str) -> bool:
    """Whether nothing of a feature that has ended is still on its way to ``remote``.

    By what the last fetch or push saw: whether a push arrives is not known
    while its own hook runs.
    """
    if state.phase == "cancelled":
        return True
    here = commits_here(git, [commit.id for commit in state.commits])
    base = f"refs/remotes/{remote}/{state.base}"
    beyond = "".join(f"{line}\n" for line in [*here, f"^{base}"]).encode()
    if here and git.named(base) and not git.lines("rev-list", "-n1", "--stdin", stdin=beyond):
        return True
    holding = ("for-each-ref", "refs/heads", *(f"--contains={commit}" for commit in here))
    return git.named(f"refs/heads/{branch}") is None and not (here and git.lines(*holding))
