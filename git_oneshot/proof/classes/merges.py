"""What git itself would have made: of a merge, and of a revert.

Both are found by git's own merge of trees, which touches no working tree and no
index. What a commit has beyond that was made by hand.
"""

import re
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from git_oneshot.core.spelling import printable
from git_oneshot.git import Git
from git_oneshot.proof.trees.change import AT_ONCE, Change, File
from git_oneshot.proof.trees.index import private_index
from git_oneshot.proof.trees.lines import Lines, changed_lines

_REVERT: Final = re.compile(
    r"^This reverts commit ([0-9a-f]{40,64})"
    r"(?:,\s+reversing\s+changes\s+made\s+to\s+([0-9a-f]{40,64}))?\.",
    re.MULTILINE,
)
# A conflict, as the style `merge` marks it.
_SECTION: Final = re.compile(
    rb"^<<<<<<< [^\n]*\n.*?^=======\n.*?^>>>>>>> [^\n]*(?:\n|\Z)", re.MULTILINE | re.DOTALL
)


class Automatic(NamedTuple):
    """A merge as git makes it: with its conflict markers, and with our side of each conflict.

    ``conflicts``: the paths in conflict.
    """

    tree: str
    ours: str
    conflicts: frozenset[str] = frozenset()


def merged(git: Git, parents: Sequence[str]) -> Automatic:
    """Merge commits, two by two, as `git merge` would."""
    base, tree, open_ = parents[0], "", set[str]()
    for other in parents[1:]:
        tree, conflicts = _merge(git, base, other)
        open_.update(conflicts)
        ours = _settled(git, tree, conflicts, base, other)
        if other != parents[-1]:
            base = _commit(git, ours, (base, other))
    return Automatic(tree, ours, frozenset(open_))


def _merge(git: Git, one: str, other: str) -> tuple[str, list[str]]:
    """The merge of two commits, and the paths in conflict."""
    done = git.call(
        "-c", "merge.conflictStyle=merge", "merge-tree", "--write-tree", "-z", "--name-only",
        "--no-messages", "--allow-unrelated-histories", one, other, ok=(0, 1),
    )  # fmt: skip
    tree, *paths = done.stdout.decode("utf-8", "surrogateescape").rstrip("\0").split("\0")
    return tree, paths


def _settled(git: Git, tree: str, conflicts: Sequence[str], one: str, other: str) -> str:
    """The tree with our side of every conflict."""
    if not conflicts:
        return tree
    section = re.compile(
        rb"^<<<<<<< %s[^\n]*\n(.*?)^=======\n.*?^>>>>>>> %s[^\n]*\n"
        % (one.encode(), other.encode()),
        re.MULTILINE | re.DOTALL,
    )
    lines = []
    entries = (
        entry
        for at in range(0, len(conflicts), AT_ONCE)
        for entry in git.names(
            "ls-tree", "-z", "--full-tree", tree, "--", *conflicts[at : at + AT_ONCE]
        )
    )
    for entry in entries:
        meta, _, path = entry.partition("\t")
        mode, kind, oid = meta.split(" ")
        if kind == "blob":
            text = section.sub(rb"\1", git.output("cat-file", "blob", oid))
            oid = git.text("hash-object", "-w", "--stdin", stdin=text)
            lines.append(f"{mode} {oid}\t{path}")
    with private_index(git) as index:
        git.call("read-tree", tree, index=index)
        stdin = "\0".join([*lines, ""]).encode("utf-8", "surrogateescape")
        git.call("update-index", "-z", "--index-info", stdin=stdin, index=index)
        return git.text("write-tree", index=index)


def _commit(git: Git, tree: str, parents: Sequence[str]) -> str:
    """A commit that no ref will ever name: git merges commits, not trees."""
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [
        f"{who} git oneshot <git-oneshot@localhost> 0 +0000" for who in ("author", "committer")
    ]
    body = "\n".join([*lines, "", "a merge of trees", ""]).encode()
    return git.text("hash-object", "-t", "commit", "-w", "--stdin", stdin=body)


def hand_made(git: Git, auto: Automatic, tree: str) -> str:
    """A remark on what a merge has beyond git's own, "" for nothing."""
    paths = git.names("diff-tree", "-r", "-z", "--name-only", "--no-renames", auto.tree, tree)
    if not paths:
        return ""
    lines = changed_lines(git, auto.ours, tree, paths)
    told = []
    for path in paths[:5]:
        found = lines.get(path, Lines())
        told.append(f"{printable(path)} ({len(found.added) + len(found.gaps)})")
    more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
    return f"by hand, with changed lines: {', '.join(told)}{more}"


def made_by_hand(git: Git, auto: Automatic, change: Change, parents: Sequence[str]) -> list[str]:
    """The production files that are no merge: not git's own, nor a conflict that was settled.

    A conflict is settled by lines that a parent has; beside it, and where there
    is none, a hand may take out no fix that only one of the parents lacks.
    """
    files = change.on("production")
    found = {f.path for f in files if f.path not in auto.conflicts or not _beside(git, auto, f)}
    left = [f.path for f in files if f.path not in found]
    return sorted(found | set(_foreign(git, change, left, parents)))


def _beside(git: Git, auto: Automatic, file: File) -> bool:
    """Whether a file has all that git merged by itself around its conflicts, in that order."""
    there = git.call("cat-file", "blob", f"{auto.tree}:{file.path}", ok=(0, 128))
    parts = _SECTION.split(there.stdout)
    if len(parts) < 2 or not file.new:
        return True  # the conflict is of whole files
    text = git.output("cat-file", "blob", file.new)
    at = 0
    for part in parts[:-1]:
        at = text.find(part, at) + len(part)
        if at < len(part):
            return False
    return text.startswith(parts[0]) and text[at:].endswith(parts[-1])


def _foreign(git: Git, change: Change, paths: list[str], parents: Sequence[str]) -> list[str]:
    """The files with lines, or gaps, that no parent has."""
    if not paths:
        return []
    by_parent = [changed_lines(git, git.tree(p), change.tree, paths) for p in parents]
    found = []
    for path in paths:
        said = [lines.get(path, Lines()) for lines in by_parent]
        alien = frozenset.intersection(*(one.added for one in said))
        if _said(git, change, path, alien) or frozenset.intersection(*(one.gaps for one in said)):
            found.append(path)
    return found


def _said(git: Git, change: Change, path: str, lines: Collection[int]) -> bool:
    """Whether any of these lines of a file is more than blank."""
    if not lines:
        return False
    text = git.output("cat-file", "blob", f"{change.tree}:{path}").split(b"\n")
    return any(text[line - 1].strip() for line in lines if line <= len(text))


def reverts(git: Git, message: str, head: str, tree: str) -> str | None:
    """The commit that a commit on ``head`` takes back exactly, None if it does not."""
    said = _REVERT.search(message)
    if said is None:
        return None
    commit, mainline = said[1], said[2]
    if not git.leads(commit, head):
        return None
    before = mainline or git.named(f"{commit}^")
    if mainline and mainline not in git.text("show", "-s", "--format=%P", commit).split():
        return None
    base = _commit(git, git.tree(commit), ())
    ours = _commit(git, git.tree(head), (base,))
    theirs = _commit(git, git.tree(before), (base,))
    found, conflicts = _merge(git, ours, theirs)
    return commit if found == tree and not conflicts else None
