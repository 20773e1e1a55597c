"""Commits to trails: every bound of the format is checked here, on read.

Nothing in this file raises for what it finds: damage is a value, so one
broken trail can't keep another from being read.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from git_oneshot.core.codec import decode
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.events import Event
from git_oneshot.trail.objects import Objects
from git_oneshot.trail.store import Entry, Tip, Trail

MAX_COMMIT: Final = 16 * 2**20  # bytes
MAX_EVENTS: Final = 10_000  # a commit
MAX_APPENDS: Final = 1_000_000  # a trail


class Raw(NamedTuple):
    """An object as `git cat-file --batch` gave it; ``content`` is None when it was too big."""

    type: str
    size: int
    content: bytes | None


class Append(NamedTuple):
    """A commit of a trail, taken apart as far as reading needs it."""

    parents: tuple[str, ...]
    message: bytes


def trail_of(tip: Tip, raws: Mapping[str, Raw], root: str, objects: Objects) -> Trail:
    """Follow the parents from ``tip`` to the derived ``root``, then decode forwards."""
    chain: list[tuple[str, Append]] = []
    try:
        at = tip.commit
        while at != root:
            append = _append(at, raws.get(at), objects)
            if len(append.parents) != 1:
                raise _damage(at, f"has {len(append.parents)} parents, and is not the root")
            if len(chain) >= MAX_APPENDS:
                raise _damage(at, f"comes after {MAX_APPENDS} appends")
            chain.append((at, append))
            at = append.parents[0]
    except OneshotError as damage:
        # Without a way to the root nothing on it can be judged.
        return Trail(tip.feature, tip, (), damage)
    chain.reverse()
    return _decoded(tip, chain)


def _decoded(tip: Tip, chain: list[tuple[str, Append]]) -> Trail:
    entries: list[Entry] = []
    clock = 0
    for oid, append in chain:
        try:
            events = _events(oid, append.message)
            for event in events:
                clock += 1
                if event.clock != clock:
                    raise _damage(oid, f"has clock {event.clock} where {clock} must be")
        except OneshotError as damage:
            return Trail(tip.feature, tip, tuple(entries), damage)
        entries.append(Entry(oid, events))
    return Trail(tip.feature, tip, tuple(entries))


def _append(oid: str, raw: Raw | None, objects: Objects) -> Append:
    """Take a commit apart. Not by dulwich: of 20,000 commits it would be half the time."""
    if raw is None:
        raise _damage(oid, "is missing, or is not a commit")
    if raw.type != "commit":
        raise _damage(oid, f"is a {raw.type}, not a commit")
    if raw.content is None:
        raise _damage(oid, f"is {raw.size} bytes, over the limit of {MAX_COMMIT}")
    digest = objects.format.new_hash()
    digest.update(b"commit %d\0" % raw.size)
    digest.update(raw.content)
    # git does not compare a loose object's content with its name when it prints
    # it: an edit in place shows only here.
    if digest.hexdigest() != oid:
        raise _damage(oid, "was edited: its content does not match its id")
    header, _, message = raw.content.partition(b"\n\n")
    lines = header.split(b"\n")
    parents = tuple(line[7:].decode("ascii", "replace") for line in lines[1:]
                    if line.startswith(b"parent "))  # fmt: skip
    return Append(parents, message)


def _events(oid: str, message: bytes) -> tuple[Event, ...]:
    _, separator, body = message.partition(b"\n\n")
    lines = body.removesuffix(b"\n").split(b"\n")
    if not separator or lines == [b""]:
        raise _damage(oid, "holds no event")
    if len(lines) > MAX_EVENTS:
        raise _damage(oid, f"holds {len(lines)} events, over the limit of {MAX_EVENTS}")
    try:
        return tuple(map(decode, lines))
    except OneshotError as err:
        raise OneshotError(err.code, f"trail commit {oid[:12]}: {err.message}", err.hint) from err


def _damage(oid: str, what: str) -> OneshotError:
    return OneshotError(
        Code.TRAIL_DAMAGED,
        f"trail commit {oid[:12]} {what}",
        "fetch a sound copy, or look: git log " + oid[:12],
    )
