"""Hooks that are in another tool's folder: whether they call us."""

import os

from git_oneshot.gate.hooks import Hooks
from git_oneshot.git import Git

CALL = b"git-oneshot hook "
LINES = {"pre-commit": "git-oneshot hook pre-commit", "pre-push": 'git-oneshot hook pre-push "$@"'}


def unheard(git: Git) -> tuple[str, ...]:
    """The hooks that matter and that git does not run from another tool's folder; () in our own."""
    hooks = Hooks(git)
    if not hooks.foreign:
        return ()
    wanting = {name for name, _ in hooks.wanting()} if hooks.by_settings else LINES
    return tuple(name for name in LINES if name in wanting and not _called(git, name))


def place(git: Git, name: str) -> str:
    """The file that a line is to be added to, so that it calls us: never one that we write.

    husky has git look into a folder of its own making; its user's hooks are above.
    """
    folder = git.hooks
    if os.path.basename(folder) == "_" and os.path.exists(os.path.join(folder, "h")):
        folder = os.path.dirname(folder)
    shown = os.path.relpath(folder, git.work_tree) if git.work_tree else folder
    return os.path.join(folder if shown.startswith(os.pardir) else shown, name)


def _called(git: Git, name: str) -> bool:
    path = os.path.join(git.work_tree or "", place(git, name))
    try:
        with open(path, "rb") as file:
            return CALL in file.read(65_536)
    except OSError:
        return False
