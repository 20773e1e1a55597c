"""Where the base of a feature is: in a module of its own, which loads nothing that proves."""

from typing import TYPE_CHECKING

from git_oneshot.git import Git

if TYPE_CHECKING:
    from git_oneshot.core.state import State


def base_ref(git: Git, state: "State", remote: str) -> str | None:
    """Where the base is: as the remote has it, else as it is here; None when there is none."""
    names = [f"refs/remotes/{remote}/{state.base}"] if remote else []
    for name in (*names, f"refs/heads/{state.base}"):
        if state.base and git.named(f"{name}^{{commit}}"):
            return name
    return None
