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
    ids = "".join(f"{commit.id}\n" for commit in state.commits).encode()
    said = [line.split(" ") for line in git.lines("cat-file", "--batch-check", stdin=ids)]
    here = [one[0] for one in said if one[1] == "commit"]
    base = f"refs/remotes/{remote}/{state.base}"
    if here and git.named(base) is not None:
        beyond = "".join(f"{one}\n" for one in (*here, f"^{base}")).encode()
        if not git.lines("rev-list", "-n1", "--stdin", stdin=beyond):
            return True
    holding = ("for-each-ref", "refs/heads", *(f"--contains={commit}" for commit in here))
    return git.named(f"refs/heads/{branch}") is None and not (here and git.lines(*holding))
