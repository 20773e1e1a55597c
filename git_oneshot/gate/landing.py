"""When a feature is done with: its commits are where it was meant for, or nowhere any more."""

from git_oneshot.core.state import State
from git_oneshot.git import Git


def is_done(git: Git, state: State, branch: str, remote: str) -> bool:
    """Whether nothing of a feature that has ended is still on its way to ``remote``.

    By what the last fetch or push saw: whether a push arrives is not known
    while its own hook runs.
    """
    if state.phase == "cancelled":
        return True
    commits = [commit.id for commit in state.commits]
    return _has(git, f"refs/remotes/{remote}/{state.base}", commits) or (
        git.named(f"refs/heads/{branch}") is None
        and not git.lines("for-each-ref", "refs/heads", *(f"--contains={c}" for c in commits))
    )


def _has(git: Git, ref: str, commits: list[str]) -> bool:
    if not commits or git.named(ref) is None:
        return False
    asked = "".join(f"{one}\n" for one in (*commits, f"^{ref}")).encode()
    return not git.lines("rev-list", "-n1", "--ignore-missing", "--stdin", stdin=asked)
