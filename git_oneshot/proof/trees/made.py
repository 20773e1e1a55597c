"""Trees that no commit has: a snapshot of the working tree, and the hybrid tree."""

import os
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.git import Git, GitError
from git_oneshot.proof.trees.grafting import Entry, grafted
from git_oneshot.proof.trees.index import private_index

if TYPE_CHECKING:
    from git_oneshot.proof.trees.change import Change

# Folders that tools make beside the sources; of an environment, its own file says that it is one.
_MADE: Final = ("__pycache__", "node_modules")
_ENVIRONMENTS: Final = (".venv", "venv")


def snapshot(git: Git) -> str:
    """The tree of the working tree as it is: new files included, not what is ignored or made."""
    without = [f":(top,exclude,literal){folder}" for folder in made(git)]
    with private_index(git, os.path.join(git.git_dir, "index")) as index:
        git.call("add", "--all", "--", ":/", *without, index=index)
        return git.text("write-tree", index=index)


def made(git: Git) -> list[str]:
    """The folders that tools made beside the sources, of which nothing is tracked or ignored.

    Whoever has no .gitignore yet means none of it by a change.
    """
    globs = [f":(top,glob)**/{name}/**" for name in (*_MADE, *_ENVIRONMENTS)]
    found = git.names(
        "ls-files", "--others", "--exclude-standard", "--directory", "--full-name", "-z",
        "--", *globs,
    )  # fmt: skip
    top = git.work_tree or ""
    names = ((folder, folder.rstrip("/").rpartition("/")[2]) for folder in found)
    return [
        folder for folder, name in names
        if name in _MADE or (name in _ENVIRONMENTS
                             and os.path.isfile(os.path.join(top, folder, "pyvenv.cfg")))
    ]  # fmt: skip


def staged(git: Git, index: str | None = None) -> str:
    """The tree that a commit would have. Raises OneshotError while there are conflicts."""
    try:
        # `git write-tree` writes into the index that it is given.
        with private_index(git, index or os.path.join(git.git_dir, "index")) as copy:
            return git.text("write-tree", index=copy)
    except GitError as err:
        raise OneshotError(
            Code.INVALID_INPUT,
            "the index has entries that cannot be committed yet",
            "resolve them: git status",
        ) from err


def hybrid(git: Git, change: "Change", sides: Collection[str] = ("test", "environment")) -> str:
    """The parent's tree + the files of the change on some sides: its tests and environment."""
    lines = [
        f"{f.mode} {f.new}\t{f.path}" if f.new else f"0 {git.zero}\t{f.path}"
        for f in change.files
        if f.side in sides
    ]
    if not lines:
        return change.parent_tree
    return with_entries(git, change.parent_tree, lines)


def with_entries(git: Git, tree: str, lines: Sequence[str]) -> str:
    """A tree with other entries at some paths, each as ``git update-index`` takes it."""
    changes = {}
    for line in lines:
        meta, _, path = line.partition("\t")
        mode, oid = meta.split(" ")
        changes[os.fsencode(path)] = Entry(mode.encode(), oid)
    return grafted(git, tree, changes)
