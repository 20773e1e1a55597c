"""A trail as lines of JSON, and back: the same objects, byte for byte.

The first line names the trail; each other line is one object. A commit of a
trail is written apart (``header``, ``summary``, ``events``) for whoever reads the
lines; whatever could not be put together again from that is written as it is.
"""

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any, Final

import msgspec
from dulwich.errors import ObjectFormatException
from dulwich.object_format import OBJECT_FORMATS
from dulwich.objects import ShaFile

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FEATURE, FeatureId
from git_oneshot.core.spelling import printable
from git_oneshot.git import Git, GitError
from git_oneshot.trail.damage import DamageError
from git_oneshot.trail.disk import Disk
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.merging import agree
from git_oneshot.trail.objects import root
from git_oneshot.trail.promised import bring_promised
from git_oneshot.trail.reading import MAX_COMMIT, MAX_TRAIL, commit_at
from git_oneshot.trail.shelter import shelter
from git_oneshot.trail.store import Tip, Trail
from git_oneshot.trail.tree import entries_in

VERSION: Final = 1
MAX_LINE: Final = 8 * MAX_COMMIT  # bytes; of one that is written out in ASCII, six become of one
_NUMBERS: Final = {"commit": 1, "tree": 2, "blob": 3}  # in a pack
_KINDS: Final = tuple(_NUMBERS)
_ID: Final = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
_MAKES: Final = "git oneshot export makes one"


def lines_of(git: Git, store: GitStore, trail: Trail) -> Iterator[bytes]:
    """A trail, line by line: what an object leads to comes before it.

    Raises OneshotError(TRAIL_DAMAGED) for an object that nobody could take in,
    (REMOTE_FAILED) for one that a remote promised, where that can't be asked.
    """
    assert trail.tip is not None
    first = store.objects.id_of(root(trail.feature, store.objects)).decode()
    head = {
        "format": "oneshot-trail", "v": VERSION, "feature": trail.feature,
        "tip": trail.tip.commit, "objectFormat": git.object_format,
    }  # fmt: skip
    yield _line(head)
    bring_promised(git, [trail.tip])
    done: set[str] = set()
    for commit in [first, *(entry.commit for entry in trail.entries)]:
        yield from _below(store, trail.feature, commit_at(store.look, commit).tree, done)
        yield _line({"type": "commit", "id": commit, **_apart(store.look(commit)[1] or b"")})


def _below(store: GitStore, feature: FeatureId, tree: str, done: set[str]) -> Iterator[bytes]:
    """A tree behind all that it leads to, however deep that is, less what is done."""
    stack = [(tree, False)]
    while stack:
        oid, ready = stack.pop()
        if not ready and oid in done:
            continue
        done.add(oid)
        kind, content = store.look(oid)
        if kind == "tree" and not ready:
            below = entries_in(store.objects, store.look, oid).values()
            stack += [(oid, True), *((one.decode(), False) for _, one in below)]
        elif content is None:
            raise OneshotError(
                Code.TRAIL_DAMAGED,
                f"{kind} '{oid[:12]}' of the trail is longer than an object of one may be",
                f"a report leaves it out: git oneshot export --format markdown {feature}",
            )
        elif kind in _KINDS:
            yield _line({"type": kind, "id": oid, **_as_it_is(content)})


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


def take(git: Git, store: GitStore, stream: IO[bytes]) -> Trail:
    """Take a trail in. Every object must be what its id says, and the whole a sound trail.

    Where there is a trail of its name, the two become one, as in a sync.
    """
    rows = _lines(stream)
    feature, end = _head(git, next(rows, b""))
    ours = _ours(store, feature)
    kept: list[str] = []
    try:
        kept.extend(_written(git, batch) for batch in _batches(git, rows))
        return _taken(git, store, Tip(feature, end), ours)
    finally:
        for path in kept:
            Disk().unlink(path)


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of a stream, of which none may be without end."""
    for number in itertools.count(1):
        line = stream.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise _refusal(number, "is longer than any line of a trail")
        if not line:
            return
        yield line


def _ours(store: GitStore, feature: FeatureId) -> Tip | None:
    """Where our ref is. Raises what is wrong with what it leads to: nothing can join that."""
    tip = store.tip(feature)
    if tip is None or tip.origin:
        return None
    [trail] = store.read([tip])
    if trail.damage is not None:
        raise trail.damage
    return tip


def _taken(git: Git, store: GitStore, came: Tip, ours: Tip | None) -> Trail:
    """Let the ref lead to a trail whose objects are here."""
    [alone] = store.read([came])
    if alone.damage is not None:
        raise _unsound(git, came, alone.damage)
    if ours is None:
        store.move(came.feature, came.commit, None)
    elif ours.commit != came.commit:
        [trail] = store.read([ours._replace(beside=(came.commit,))])
        both = agree(store, came.feature, ours.commit, came.commit, trail.entries)
        store.move(came.feature, both.commit, ours)
    return alone


def _unsound(git: Git, came: Tip, damage: OneshotError) -> OneshotError:
    """What is wrong with a file, where reading says what would be wrong with our ref."""
    rule, parents = (damage.rule, damage.parents) if isinstance(damage, DamageError) else ("", 1)
    if rule in ("newer", "unknown-type", "edited"):
        return damage  # of which the file has no fault
    what, hint = f"holds no sound trail of '{came.feature}': {damage.message}", _MAKES
    if rule == "parents" and not parents:
        what = f"holds no trail of '{came.feature}': it does not begin as one"
    elif rule == "missing" and git.maybe("cat-file", "-e", came.commit) is None:
        what = f"is cut: the last commit of the trail of '{came.feature}' is not in it"
        hint = f"export it again: git oneshot export {came.feature}"
    elif rule == "too-long":
        what = f"holds more than a trail may, which is {MAX_TRAIL >> 20} MiB"
    return OneshotError(Code.INVALID_INPUT, f"the file {what}", hint)


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
    if not _ID.fullmatch(tip):
        raise _refusal(1, "names no commit")
    if head.get("objectFormat") != git.object_format:
        raise _refusal(
            1, f"is of another kind of repository than this, which is {git.object_format}"
        )
    return FeatureId(feature), tip


def _batches(git: Git, rows: Iterable[bytes]) -> Iterator[list[ShaFile]]:
    """The objects, as many at a time as are good to have in memory."""
    batch: list[ShaFile] = []
    size = 0
    for number, line in enumerate(rows, 2):
        if not line.strip():  # an editor, or a mail, puts one at the end
            continue
        batch.append(_object(git, number, line))
        size += len(line)
        if size > MAX_COMMIT:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _object(git: Git, number: int, line: bytes) -> ShaFile:
    """The object that a line is."""
    try:
        said = msgspec.json.decode(line, type=dict[str, Any])
        kind, content = str(said["type"]), _joined(said)
    except (ValueError, LookupError, TypeError, RecursionError, msgspec.DecodeError) as err:
        raise _refusal(number, "is no object, or is cut") from err
    if kind not in _KINDS or len(content) > MAX_COMMIT:
        raise _refusal(number, "is no object that a trail can have")
    digest = hashlib.new(git.object_format, b"%s %d\0" % (kind.encode(), len(content)) + content)
    if digest.hexdigest() != said.get("id"):
        raise _refusal(number, "is not what its id says")
    try:
        form = OBJECT_FORMATS[git.object_format]
        return ShaFile.from_raw_string(_NUMBERS[kind], content, object_format=form)
    except (ObjectFormatException, ValueError, AssertionError) as err:
        raise _refusal(number, f"is no {kind}") from err


def _written(git: Git, batch: Sequence[ShaFile]) -> str:
    """Write objects, which last then; a file that keeps them from a gc until it is removed.

    git looks whether each is one, and whether all that it leads to is there.
    """
    try:
        return shelter(git, Disk(), batch, "--strict")
    except GitError as err:
        said = err.stderr.strip().splitlines() or ["git index-pack failed"]
        raise OneshotError(
            Code.INVALID_INPUT,
            f"git does not take these objects: {printable(said[-1].removeprefix('fatal: '))}",
            "git oneshot export makes what it takes",
        ) from err


def _refusal(number: int, what: str) -> OneshotError:
    return OneshotError(Code.INVALID_INPUT, f"line {number} {what}", _MAKES)


def ids(trail: Trail) -> Sequence[str]:
    """The events of a trail."""
    return [event.id for event in trail.events]
