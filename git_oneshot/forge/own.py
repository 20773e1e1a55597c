"""Settings that only the user may make: of git, and from no file that a commit can bring.

Where a token goes, what is run, who is told, and whether the gate asks must not be a
repository's choice.
"""

import os
from collections.abc import Sequence
from typing import Final

from git_oneshot.git import Git

FILES: Final = ("system", "global", "local", "worktree")
SCOPES: Final = (*FILES, "command")
PERSONAL: Final = ("system", "global")
# What makes git read, for one call, what no file of the user's says.
_SAID: Final = {
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
}


def own(git: Git, key: str) -> list[str]:
    """The values of a key, but those of a file in the working tree that is included somewhere."""
    return _untracked(git, key, SCOPES)


def last(git: Git, key: str) -> str:
    """The value of a key that has one, "" when it has none."""
    return (own(git, key) or [""])[-1]


def granted(git: Git, key: str) -> bool:
    """Whether the files of a clone and its user say yes, as on a server.

    No caller can, by an option or a variable of git's.
    """
    return _untracked(_unsaid(git), key, FILES, "--type=bool")[-1:] == ["true"]


def personal(git: Git, key: str) -> bool:
    """Whether the files of the user, or of the machine, say yes.

    Not those of the clone, nor what the user's include of the repository or one of its working
    trees: whoever works there can write that.
    """
    listed = git.lines("worktree", "list", "--porcelain")
    trees = [one.removeprefix("worktree ") for one in listed if one.startswith("worktree ")]
    read = _read(_unsaid(git), key, PERSONAL, "--type=bool")
    said = [value for file, value in read if not _in(file, git.common_dir, *trees)]
    return said[-1:] == ["true"]


def _unsaid(git: Git) -> Git:
    unsaid = {name: value for name, value in git.environ.items() if name not in _SAID}
    return git._replace(environ=unsaid)


def _untracked(git: Git, key: str, scopes: Sequence[str], *options: str) -> list[str]:
    """What git is told outside of the working tree."""
    tree = git.work_tree
    return [
        value
        for file, value in _read(git, key, scopes, *options)
        if tree is None or not _in(file, tree) or _in(file, git.common_dir)
    ]


def _read(git: Git, key: str, scopes: Sequence[str], *options: str) -> list[tuple[str, str]]:
    """What git is told in some scopes: the file, "" where it is none, and the value."""
    done = git.call(
        "config", "-z", "--show-scope", "--show-origin", *options, "--get-all", key, ok=(0, 1, 128)
    )
    fields = os.fsdecode(done.stdout).split("\0")
    return [
        (os.path.join(git.work_tree or git.git_dir, file) if kind == "file" else "", value)
        for scope, origin, value in zip(fields[::3], fields[1::3], fields[2::3], strict=False)
        for kind, _, file in [origin.partition(":")]
        if scope in scopes
    ]


def _in(file: str, *folders: str) -> bool:
    real = os.path.realpath(file) if file else ""
    return any(real.startswith(os.path.realpath(folder) + os.sep) for folder in folders)
