"""A trail as lines of JSON, and back: the same objects, byte for byte.

The first line names the trail; each other line is one object. A commit of a
trail is written apart (``header``, ``summary``, ``events``) for whoever reads the
lines; whatever could not be put together again from that is written as it is.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FEATURE, FeatureId
from git_oneshot.git import SYNCED, Git, GitError
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.merging import agree
from git_oneshot.trail.objects import parse_commit, root
from git_oneshot.trail.reading import MAX_COMMIT
from git_oneshot.trail.store import Tip, Trail
from git_oneshot.trail.tree import entries_in

VERSION: Final = 1
_KINDS: Final = ("commit", "tree", "blob")


def lines_of(git: Git, store: GitStore, trail: Trail) -> Iterator[bytes]:
    """A trail, line by line: what an object leads to comes before it."""
    assert trail.tip is not None
    first = store.objects.id_of(root(trail.feature, store.objects)).decode()
    head = {
        "format": "oneshot-trail", "v": VERSION, "feature": trail.feature,
        "tip": trail.tip.commit, "objectFormat": git.object_format,
    }  # fmt: skip
    yield _line(head)
    done: set[str] = set()
    for commit in [first, *(entry.commit for entry in trail.entries)]:
        content = store.look(commit)[1] or b""
        yield from _below(store, parse_commit(content).tree.decode(), done)
        yield _line({"type": "commit", "id": commit, **_apart(content)})


def _below(store: GitStore, tree: str, done: set[str]) -> Iterator[bytes]:
    if tree in done:
        return
    done.add(tree)
    kind, content = store.look(tree)
    if kind == "tree":
        for _, oid in entries_in(store.objects, store.look, tree).values():
            yield from _below(store, oid.decode(), done)
    if kind in _KINDS and content is not None:
        yield _line({"type": kind, "id": tree, **_as_it_is(content)})


def _apart(content: bytes) -> dict[str, Any]:
    """A commit, written apart where that can be put together again."""
    try:
        header, summary, body = content.decode().split("\n\n", 2)
        events = body.removesuffix("\n").split("\n")
        said = {"header": header, "summary": summary,
                "events": [msgspec.json.decode(event) for event in events]}  # fmt: skip
        return said if _joined(said) == content else _as_it_is(content)
    except (ValueError, msgspec.DecodeError):
        return _as_it_is(content)


def _joined(said: dict[str, Any]) -> bytes:
    if "events" in said:
        lines = [msgspec.json.encode(event, order="sorted") for event in said["events"]]
        head = f"{said['header']}\n\n{said['summary']}\n\n".encode()
        return head + b"".join(line + b"\n" for line in lines)
    if "base64" in said:
        return base64.b64decode(said["base64"], validate=True)
    return str(said["text"]).encode()


def _as_it_is(content: bytes) -> dict[str, Any]:
    try:
        return {"text": content.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


def _line(said: dict[str, Any]) -> bytes:
    # In ASCII, so that no terminal and no filter on the way changes a line.
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def take(git: Git, store: GitStore, lines: Iterable[bytes]) -> Trail:
    """Take a trail in. Every object must be what its id says, and the whole a sound trail.

    Where there is a trail of its name, the two become one, as in a sync.
    """
    rows = iter(lines)
    feature, end = _head(git, next(rows, b""))
    for number, line in enumerate(rows, 2):
        _write(git, number, line)
    ours = next((t for t in store.tips() if t.feature == feature and not t.origin), None)
    ends = (end,) if ours is None or ours.commit == end else (ours.commit, end)
    [alone] = store.read([Tip(feature, end)])
    if alone.damage is not None:
        raise alone.damage
    if ours is None:
        store.move(feature, end, None)
    elif len(ends) == 2:
        [trail] = store.read([Tip(feature, ours.commit, "", (end,))])
        store.move(feature, agree(store, feature, ours.commit, end, trail.entries).commit, ours)
    return alone


def _head(git: Git, line: bytes) -> tuple[FeatureId, str]:
    try:
        head = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        raise _refusal(1, "is not the head of a trail") from err
    if head.get("format") != "oneshot-trail" or head.get("v") != VERSION:
        raise _refusal(1, "is not the head of a trail of version 1")
    feature, tip = str(head.get("feature")), str(head.get("tip"))
    if not FEATURE.fullmatch(feature):
        raise _refusal(1, "names no feature")
    if head.get("objectFormat") != git.object_format:
        raise _refusal(
            1, f"is of another kind of repository than this, which is {git.object_format}"
        )
    return FeatureId(feature), tip


def _write(git: Git, number: int, line: bytes) -> None:
    try:
        said = msgspec.json.decode(line, type=dict[str, Any])
        kind, content = str(said["type"]), _joined(said)
    except (ValueError, LookupError, TypeError, RecursionError, msgspec.DecodeError) as err:
        raise _refusal(number, "is no object") from err
    if kind not in _KINDS or len(content) > MAX_COMMIT:
        raise _refusal(number, "is no object that a trail can have")
    digest = hashlib.new(git.object_format, b"%s %d\0" % (kind.encode(), len(content)) + content)
    if digest.hexdigest() != said.get("id"):
        raise _refusal(number, "is not what its id says")
    try:  # git looks whether it is one, and a ref is about to lead to it: it has to last
        git.output(*SYNCED, "hash-object", "-t", kind, "-w", "--stdin", stdin=content or b"")
    except GitError as err:
        raise _refusal(number, f"is no {kind}") from err


def _refusal(number: int, what: str) -> OneshotError:
    return OneshotError(Code.INVALID_INPUT, f"line {number} {what}", "git oneshot export makes one")


def ids(trail: Trail) -> Sequence[str]:
    """The events of a trail."""
    return [event.id for event in trail.events]
