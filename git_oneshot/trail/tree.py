"""The tree of an append: the notes of the trail so far, and this append's payloads."""

import re
from collections.abc import Mapping
from typing import Final

from git_oneshot.trail.notes import union
from git_oneshot.trail.objects import (
    FILE,
    FOLDER,
    PAYLOAD,
    Objects,
    blob_of,
    sound_entries,
    tree_of,
)
from git_oneshot.trail.reading import Look

MAX_NOTE: Final = 2**20  # bytes; what is longer is not read, and not carried on
FAN: Final = re.compile(rb"[0-9a-f]{2}")
REST: Final = re.compile(rb"[0-9a-f]{38}|[0-9a-f]{62}")
Entries = dict[bytes, tuple[int, bytes]]


class NotesTree:
    """A notes tree with one fan-out level, grown line by line.

    Only what changes is read and written, so an append costs the same on a
    trail with ten commits and one with ten thousand.
    """

    def __init__(self, objects: Objects, look: Look, tree: str | None) -> None:
        self._objects = objects
        self._look = look
        there = entries_in(objects, look, tree) if tree else {}
        # A payload is in its own append's tree only; what else is no note was not put there by us.
        self._top = notes_in(there, FAN, FOLDER)
        # Without such a thing the tree stands as it is.
        nothing = objects.id_of(tree_of({})).decode()
        stands = tree is not None and self._top == there and (there or tree == nothing)
        self._stands = tree.encode() if tree and stands else None
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
            names = entries_in(self._objects, self._look, there[1].decode()) if there else {}
            self._folders[fan] = notes_in(names, REST, FILE)
        folder = self._folders[fan]
        if commit not in self._notes:
            self._notes[commit] = self._text(folder[rest][1].decode()) if rest in folder else b""
        self._notes[commit] = union(self._notes[commit], *lines)
        folder[rest] = (FILE, self._objects.add(blob_of(self._notes[commit])))

    def _text(self, blob: str) -> bytes:
        kind, content = self._look(blob)
        return content if kind == "blob" and content and len(content) <= MAX_NOTE else b""


def entries_in(objects: Objects, look: Look, tree: str) -> Entries:
    """The entries of a tree; of what is none, or too big to be one of ours, none."""
    kind, content = look(tree)
    if kind != "tree" or content is None:
        return {}
    return sound_entries(content, objects.format.name)


def notes_in(entries: Entries, name: re.Pattern[bytes], mode: int) -> Entries:
    """Those of the entries that belong in a notes tree."""
    return {
        path: (found, oid)
        for path, (found, oid) in entries.items()
        if found == mode and name.fullmatch(path)
    }
