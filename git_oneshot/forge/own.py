"""Settings that only the user may make: of git, and from no file that a commit can bring.

Where a token goes, what is run, who is told, and whether the gate asks must not be a
repository's choice.
"""

import os
from typing import Final

from git_oneshot.git import Git

FILES: Final = ("system", "global", "local", "worktree")
SCOPES: Final = (*FILES, "command")
# What makes git read, for one call, what no file of the user's says.
_SAID: Final = {
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
}


def own(git: Git, key: str) -> list[str]:
    """The values of a key, but those of a file in the working tree that is included somewhere."""
    return [value for scope, value in _read(git, key) if scope in SCOPES]


def last(git: Git, key: str) -> str:
    """The value of a key that has one, "" when it has none."""
    return (own(git, key) or [""])[-1]


def granted(git: Git, key: str) -> bool:
    """Whether the user's files say yes: no caller can, by an option or a variable of git's."""
    unsaid = {name: value for name, value in git.environ.items() if name not in _SAID}
    read = _read(git._replace(environ=unsaid), key, "--type=bool")
    said = [value for scope, value in read if scope in FILES]
    return bool(said) and said[-1] == "true"


def _read(git: Git, key: str, *options: str) -> list[tuple[str, str]]:
    """What git is told outside of the working tree: in which scope, and the value."""
    done = git.call(
        "config", "-z", "--show-scope", "--show-origin", *options, "--get-all", key, ok=(0, 1, 128)
    )
    fields = os.fsdecode(done.stdout).split("\0")
    return [
        (scope, value)
        for scope, origin, value in zip(fields[::3], fields[1::3], fields[2::3], strict=False)
        if not _in_work_tree(git, origin)
    ]


def _in_work_tree(git: Git, origin: str) -> bool:
    if git.work_tree is None or not origin.startswith("file:"):
        return False
    path = os.path.realpath(os.path.join(git.work_tree, origin.removeprefix("file:")))
    top = os.path.realpath(git.work_tree) + os.sep
    return path.startswith(top) and not path.startswith(os.path.realpath(git.common_dir) + os.sep)
