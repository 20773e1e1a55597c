"""Objects as git has them, any number of them by one process."""

import os
from collections.abc import Sequence

from git_oneshot.git import Git, GitError


def read_blobs(git: Git, blobs: Sequence[str]) -> list[bytes]:
    """The contents of blobs, by their ids. Raises GitError for one that is not there."""
    return read_objects(git, blobs, "blob")


def read_objects(git: Git, ids: Sequence[str], kind: str) -> list[bytes]:
    """The contents of objects of a kind, by their ids. Raises GitError where one is missing."""
    if not ids:
        return []
    asked = os.fsencode("".join(f"{id_}\n" for id_ in ids))
    said = git.output("cat-file", "--batch", stdin=asked)
    found = []
    at = 0
    for id_ in ids:
        end = said.index(b"\n", at)
        told = said[at:end].split(b" ")
        if told[1:2] != [kind.encode()]:
            raise GitError(("cat-file",), 128, f"{id_} is no {kind} that is here")
        begin = end + 1
        at = begin + int(told[2]) + 1
        found.append(said[begin : at - 1])
    return found
