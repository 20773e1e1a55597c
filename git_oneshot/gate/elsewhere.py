"""Hooks that are in another tool's folder: whether they call us."""

import os

from git_oneshot.git import Git

CALL = b"git-oneshot hook "
LINES = {"pre-commit": "git-oneshot hook pre-commit", "pre-push": 'git-oneshot hook pre-push "$@"'}


def unheard(git: Git) -> tuple[str, ...]:
    """The hooks that matter and that do not call us from another tool's folder; () in our own."""
    own = os.path.join(git.common_dir, "hooks")
    if os.path.realpath(git.hooks) == os.path.realpath(own) and not os.path.islink(own):
        return ()
    return tuple(name for name in LINES if not _calls(os.path.join(git.hooks, name)))


def _calls(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return CALL in file.read(65_536)
    except OSError:
        return False
