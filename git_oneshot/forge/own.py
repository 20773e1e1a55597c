"""Settings that only the user may make: of git, and from no file that a commit can bring.

Where a token goes, what is run, and who is told must not be a repository's choice.
"""

import os

from git_oneshot.git import Git

SCOPES = ("system", "global", "local", "worktree", "command")


def own(git: Git, key: str) -> list[str]:
    """The values of a key, but those of a file in the working tree that is included somewhere."""
    done = git.call(
        "config", "-z", "--show-scope", "--show-origin", "--get-all", key, ok=(0, 1, 128)
    )
    fields = os.fsdecode(done.stdout).split("\0")
    return [
        value
        for scope, origin, value in zip(fields[::3], fields[1::3], fields[2::3], strict=False)
        if scope in SCOPES and not _in_work_tree(git, origin)
    ]


def last(git: Git, key: str) -> str:
    """The value of a key that has one, "" when it has none."""
    return (own(git, key) or [""])[-1]


def _in_work_tree(git: Git, origin: str) -> bool:
    if git.work_tree is None or not origin.startswith("file:"):
        return False
    path = os.path.realpath(os.path.join(git.work_tree, origin.removeprefix("file:")))
    top = os.path.realpath(git.work_tree) + os.sep
    return path.startswith(top) and not path.startswith(os.path.realpath(git.common_dir) + os.sep)
