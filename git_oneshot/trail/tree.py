"""The tree of an append: the notes of the trail so far, and this append's payloads."""

from collections.abc import Callable, Mapping

from git_oneshot.trail.notes import union
from git_oneshot.trail.objects import (
    FILE,
    FOLDER,
    PAYLOAD,
    Objects,
    blob_of,
    entries_of,
    tree_of,
)

Read = Callable[[str], bytes]
Entries = dict[bytes, tuple[int, bytes]]


class NotesTree:
    """A notes tree with one fan-out level, grown line by line.

    Only what changes is read and written, so an append costs the same on a
    trail with ten commits and one with ten thousand.
    """

    def __init__(self, objects: Objects, read: Read, tree: str | None) -> None:
        self._objects = objects
        self._read = read
        self._top: Entries = self._entries(tree) if tree else {}
        # A payload is in its own append's tree only; without one the tree stands as it is.
        self._stands = tree.encode() if tree and not self._top.pop(PAYLOAD, None) else None
        self._folders: dict[bytes, Entries] = {}
        self._notes: dict[bytes, bytes] = {}

    def write(self, notes: Mapping[bytes, list[bytes]], payloads: Mapping[str, bytes]) -> bytes:
        """Add note lines by commit, and give back the id of the whole tree."""
        for commit, lines in notes.items():
            self._add(commit, lines)
        for fan in {commit[:2] for commit in notes}:
            self._top[fan] = (FOLDER, self._objects.add(tree_of(self._folders[fan])))
        if payloads:
            blobs = {
                name.encode(): (FILE, self._objects.add(blob_of(content)))
                for name, content in payloads.items()
            }
            self._stands = None
            payload = (FOLDER, self._objects.add(tree_of(blobs)))
            return self._objects.add(tree_of({**self._top, PAYLOAD: payload}))
        if notes or self._stands is None:
            self._stands = self._objects.add(tree_of(self._top))
        return self._stands

    def _add(self, commit: bytes, lines: list[bytes]) -> None:
        fan, rest = commit[:2], commit[2:]
        if fan not in self._folders:
            there = self._top.get(fan)
            self._folders[fan] = self._entries(there[1].decode()) if there else {}
        folder = self._folders[fan]
        if commit not in self._notes:
            self._notes[commit] = self._read(folder[rest][1].decode()) if rest in folder else b""
        self._notes[commit] = union(self._notes[commit], *lines)
        folder[rest] = (FILE, self._objects.add(blob_of(self._notes[commit])))

    def _entries(self, tree: str) -> Entries:
        return entries_of(self._read(tree), self._objects.format.name)
