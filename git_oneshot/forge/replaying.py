"""Commits made anew on a base that has moved on: as objects, without a working tree or an index."""

from collections.abc import Sequence

from git_oneshot.core.guards import unmet
from git_oneshot.core.spelling import typed
from git_oneshot.forge.landing import merged_tree
from git_oneshot.git import Git


def replay(git: Git, commits: Sequence[str], onto: str, base: str) -> tuple[tuple[str, str], ...]:
    """(old, new) of each commit, oldest first; one that the base has already is left out.

    ``base`` is what the base is called. Raises OneshotError(GUARD_FAILED) for a
    merge, and where the two changed the same lines; nothing but objects is left then.
    """
    who = git.text("var", "GIT_COMMITTER_IDENT")
    made: list[tuple[str, str]] = []
    at = onto
    for commit in commits:
        parents = git.text("rev-list", "--parents", "-n1", commit).split()[1:]
        if len(parents) != 1:
            raise unmet(
                "one-parent", f"{commit[:9]} is a merge, which no rebase makes anew",
                "git oneshot pr merge, or with --squash",
            )  # fmt: skip
        tree = _tree(git, commit, parents[0], at)
        if tree is None:
            raise unmet(
                "no-conflict", f"{commit[:9]} and '{base}' have conflicts",
                f"{typed('git', 'rebase', base)}, then: git oneshot synthesize",
            )  # fmt: skip
        if tree != git.tree(at):
            at = _again(git, commit, tree, at, who)
            made.append((commit, at))
    return tuple(made)


def _tree(git: Git, commit: str, parent: str, at: str) -> str | None:
    """The tree of a commit's change on another commit, None when that has conflicts.

    A commit of that tree on the same parent makes a merge of it a cherry-pick:
    git before 2.40 can't be told which base to take.
    """
    beside = git.text("commit-tree", "-p", parent, "-m", "on the base", git.tree(at))
    return merged_tree(git, beside, commit)


def _again(git: Git, commit: str, tree: str, at: str, who: str) -> str:
    """The commit with another tree and parent; a signature was of the old one."""
    head, _, message = git.output("cat-file", "commit", commit).partition(b"\n\n")
    kept = [line for line in head.split(b"\n") if line.split(b" ")[0] in (b"author", b"encoding")]
    lines = [b"tree " + tree.encode(), b"parent " + at.encode(), kept[0],
             b"committer " + who.encode(errors="surrogateescape"), *kept[1:]]  # fmt: skip
    return git.text("hash-object", "-t", "commit", "-w", "--stdin",
                    stdin=b"\n".join(lines) + b"\n\n" + message)  # fmt: skip
