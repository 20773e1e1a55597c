"""Files as git has them, any number of them by one process."""

import os
from collections.abc import Sequence

from git_oneshot.git import Git, GitError


def read_blobs(git: Git, blobs: Sequence[str]) -> list[bytes]:
    """The contents of blobs, by their ids. Raises GitError for one that is not there."""
    if not blobs:
        return []
    asked = os.fsencode("".join(f"{blob}\n" for blob in blobs))
    said = git.output("cat-file", "--batch", stdin=asked)
    found = []
    at = 0
    for blob in blobs:
        end = said.index(b"\n", at)
        told = said[at:end].split(b" ")
        if told[1:2] != [b"blob"]:
            raise GitError(("cat-file",), 128, f"{blob} is no blob that is here")
        begin = end + 1
        at = begin + int(told[2]) + 1
        found.append(said[begin : at - 1])
    return found
