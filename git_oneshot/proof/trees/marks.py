"""Files of git's attributes whose say on what is generated changes: they are rules, too."""

import os
import re
from collections.abc import Iterable
from typing import Final

from git_oneshot.git import Git
from git_oneshot.proof.trees.blobs import read_blobs

ATTRIBUTES: Final = ".gitattributes"
_MARK: Final = b"linguist-generated"
_MACRO: Final = re.compile(rb"\s*\[attr\](\S+)")
_LINK: Final = "160000"  # the mode of a submodule


def marking(git: Git, files: Iterable[tuple[str, str]]) -> list[str]:
    """Of changed files of attributes, those that say otherwise than before what is generated.

    ``files``: paths, and what `git diff-tree --raw` says of each. A macro is one for the file that
    defines it.
    """
    found = []
    for path, meta in files:
        modes, ids = meta.removeprefix(":").split(" ")[:2], meta.split(" ")[2:4]
        there = [
            id_ if mode != _LINK and id_.strip("0") else ""
            for mode, id_ in zip(modes, ids, strict=True)
        ]
        texts = iter(read_blobs(git, [id_ for id_ in there if id_]))
        old, new = (next(texts) if id_ else b"" for id_ in there)
        if _marks(old) != _marks(new):
            found.append(path)
    return found


def marks_at(git: Git, tree: str) -> bytes:
    """All that the attributes in a tree say of what is generated; b"" where they say nothing."""
    raw = git.names(
        "diff-tree", "-r", "-z", "--no-renames", "--raw", git.tree(None), tree,
        "--", f":(glob)**/{ATTRIBUTES}",
    )  # fmt: skip
    said = [meta.split(" ") for meta in raw[::2]]
    there = [(path, m[3]) for path, m in zip(raw[1::2], said, strict=True) if m[1] != _LINK]
    texts = read_blobs(git, [id_ for _, id_ in there])
    named = zip((path for path, _ in there), map(_marks, texts), strict=True)
    return b"\n".join(os.fsencode(path) + b"\0" + b"\n".join(m) for path, m in named if m)


def _marks(text: bytes) -> list[bytes]:
    """The lines that say what is generated, themselves or by a macro."""
    lines = [line.strip() for line in text.splitlines() if not line.lstrip().startswith(b"#")]
    words = {_MARK}
    for _ in range(len(lines)):  # a macro may be made of macros
        more = {m[1] for line in lines if (m := _MACRO.match(line)) and _says(line, words)}
        if more <= words:
            break
        words |= more
    return [line for line in lines if _says(line, words)]


def _says(line: bytes, words: set[bytes]) -> bool:
    return any(one.lstrip(b"-!").partition(b"=")[0] in words for one in line.split()[1:])
