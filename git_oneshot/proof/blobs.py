"""Files as git has them, any number of them by one process."""

import os
from collections.abc import Sequence

from git_oneshot.git import Git


def read_blobs(git: Git, names: Sequence[str]) -> list[bytes | None]:
    """The contents of blobs by their names, as ``rev-parse`` takes them; None where there is none.

    A name with a line break is none that can be asked for like this.
    """
    asked = [name for name in names if "\n" not in name]
    if not asked:
        return [None] * len(names)
    said = git.output("cat-file", "--batch", stdin=os.fsencode("".join(f"{n}\n" for n in asked)))
    found: dict[str, bytes | None] = {}
    at = 0
    for name in asked:
        end = said.index(b"\n", at)
        words = said[at:end].split(b" ")
        at = end + 1
        found[name] = None
        if len(words) == 3 and words[2].isdigit():
            size = int(words[2])
            found[name] = said[at : at + size] if words[1] == b"blob" else None
            at += size + 1
    return [found.get(name) for name in names]
