"""Which lines of files a change adds, and where it only takes lines away."""

import re
from collections.abc import Collection
from typing import Final, NamedTuple

from git_oneshot.git import Git

_HUNK: Final = re.compile(rb"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


class Lines(NamedTuple):
    """Line numbers of the new version: those that came or were edited, and those after a gap."""

    added: frozenset[int] = frozenset()
    gaps: frozenset[int] = frozenset()


def changed_lines(git: Git, old: str, new: str, paths: Collection[str]) -> dict[str, Lines]:
    """What changed in files from one tree to another; of a moved file, its edits alone.

    Blobs are compared, not paths, so no name needs to be read out of a patch.
    """
    raw = git.names(
        "diff-tree", "-r", "-z", "-M", "--raw", "--abbrev=64", "--no-ext-diff", old, new
    )
    found: dict[str, Lines] = {}
    fields = iter(raw)
    for meta in fields:
        _, _, before, after, status = meta.removeprefix(":").split(" ")
        path = next(fields)
        if status[0] in "RC":
            path = next(fields)
        if path not in paths:
            continue
        if status[0] == "D":
            found[path] = Lines(gaps=frozenset([0]))
        elif status[0] == "A":
            count = git.output("cat-file", "blob", after).count(b"\n")
            found[path] = Lines(frozenset(range(1, count + 2)))
        elif before != after:
            found[path] = _between(git, before, after)
    return found


def _between(git: Git, before: str, after: str) -> Lines:
    patch = git.output(
        "diff", "-U0", "--text", "--no-color", "--no-ext-diff", "--no-textconv", before, after
    )
    added: set[int] = set()
    gaps: set[int] = set()
    for start, count in _HUNK.findall(patch):
        first, many = int(start), int(count or 1)
        added.update(range(first, first + many))
        if not many:
            gaps.add(first)
    return Lines(frozenset(added), frozenset(gaps))
