"""The forge of a feature: by its push remote, else the repository itself."""

from collections.abc import Callable

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.state import State
from git_oneshot.forge import hosts
from git_oneshot.forge.local import LocalForge
from git_oneshot.forge.port import Forge
from git_oneshot.forge.retrying import Patience
from git_oneshot.forge.tokens import token
from git_oneshot.git import Git


def forge_of(
    git: Git, read: Callable[[], State], whole: Callable[[str], str], remote: str,
    patience: Patience,
) -> Forge:  # fmt: skip
    """Where the pull request of a feature lives, or is to live.

    ``read`` gives its state, ``whole`` the text of a digest that is beside an event.

    Raises OneshotError (FORGE_UNKNOWN, TOKEN_MISSING, EXTRA_MISSING).
    """
    state = read()
    there = state.pull if state.pull is not None and state.pull.open else None
    place = hosts.place(git, remote)
    if there is not None and there.provider == "local":
        return LocalForge(read, whole)
    if place is None and there is None:
        return LocalForge(read, whole)
    if place is None or (there is not None and there.provider != place.provider):
        assert there is not None
        raise OneshotError(
            Code.FORGE_UNKNOWN,
            f"the pull request is at {there.url or there.provider}, and no remote here leads there",
            "name the remote that does: git config oneshot.remote NAME",
        )
    secret = token(git, place, git.environ)
    match place.provider:
        case "github":
            from git_oneshot.forge.github import GitHub

            return GitHub(place, secret, patience)
        case "gitlab":
            from git_oneshot.forge.gitlab import GitLab

            return GitLab(place, secret, patience)
        case _:
            from git_oneshot.forge.forgejo import Forgejo

            return Forgejo(place, secret, patience)
