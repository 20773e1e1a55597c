"""A tree with other entries at some paths, by the folders above these paths alone.

An index would read and write every file of the tree, and that a commit of one
file in 50,000 would have to wait for.
"""

import hashlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from git_oneshot.git import Git
from git_oneshot.proof.trees.blobs import read_objects

FOLDER: Final = b"40000"
GONE: Final = b"0"


class Entry(NamedTuple):
    """A mode, as git writes it in a tree, and an id in hexadecimal."""

    mode: bytes
    oid: str


Entries = dict[bytes, Entry]


def grafted(git: Git, tree: str, changes: Mapping[bytes, Entry]) -> str:
    """The tree with these entries; one whose mode is GONE is taken away."""
    above = {path[:i] for path in changes for i, char in enumerate(path) if char == ord("/")}
    folders = _read(git, tree, above)
    for path, entry in changes.items():
        parent, _, name = path.rpartition(b"/")
        if entry.mode == GONE:
            folders[parent].pop(name, None)
        else:
            folders[parent][name] = entry
    bodies: list[tuple[str, Entries]] = []
    for folder in sorted(above, key=lambda one: -one.count(b"/")):
        parent, _, name = folder.rpartition(b"/")
        inside = folders[folder]
        if inside:
            bodies.append((_id(git, inside), inside))
            folders[parent][name] = Entry(FOLDER, bodies[-1][0])
        elif name in folders[parent] and folders[parent][name].mode == FOLDER:
            del folders[parent][name]
    if not folders[b""]:
        return git.tree(None)
    bodies.append((_id(git, folders[b""]), folders[b""]))
    return _write(git, bodies)


def _read(git: Git, tree: str, above: set[bytes]) -> dict[bytes, Entries]:
    """The entries of the top and of some folders, those of a level by one process."""
    found: dict[bytes, Entries] = {}
    level = {b"": tree}
    while level:
        for folder, body in zip(level, read_objects(git, [*level.values()], "tree"), strict=True):
            found[folder] = _parsed(body, 32 if git.object_format == "sha256" else 20)
        below = [one for one in above if one.rpartition(b"/")[0] in level and one not in found]
        level = {}
        for folder in below:
            parent, _, name = folder.rpartition(b"/")
            entry = found[parent].get(name)
            if entry is not None and entry.mode == FOLDER:
                level[folder] = entry.oid
    return {folder: found.get(folder, {}) for folder in {b"", *above}}


def _parsed(body: bytes, size: int) -> Entries:
    found = {}
    at = 0
    while at < len(body):
        mode, _, rest = body[at : body.index(b"\0", at)].partition(b" ")
        at = body.index(b"\0", at) + 1 + size
        found[rest] = Entry(mode, body[at - size : at].hex())
    return found


def _id(git: Git, entries: Entries) -> str:
    """The id of a tree, in which a folder is sorted as if its name ended with a slash."""
    order = sorted(
        entries.items(), key=lambda one: one[0] + (b"/" if one[1].mode == FOLDER else b"")
    )
    body = b"".join(b"%s %s\0%s" % (e.mode, name, bytes.fromhex(e.oid)) for name, e in order)
    return hashlib.new(git.object_format, b"tree %d\0%s" % (len(body), body)).hexdigest()


def _write(git: Git, bodies: list[tuple[str, Entries]]) -> str:
    """Write trees, those below first, and give back the id of the last."""
    kinds = {FOLDER: b"tree", b"160000": b"commit"}
    told = b"".join(
        b"".join(
            b"%s %s %s\t%s\0" % (e.mode, kinds.get(e.mode, b"blob"), e.oid.encode(), name)
            for name, e in entries.items()
        )
        + b"\0"
        for _, entries in bodies
    )
    made = git.lines("mktree", "-z", "--batch", "--missing", stdin=told)
    assert made == [oid for oid, _ in bodies], "git names a tree otherwise"
    return made[-1]
