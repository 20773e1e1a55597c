"""Commits to trails: every bound of the format is checked here, on read.

Nothing in this file raises for what it finds: damage is a value, so one
broken trail can't keep another from being read.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from git_oneshot.core.codec import decode
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.events import Event
from git_oneshot.core.history import Entry
from git_oneshot.core.ids import FeatureId
from git_oneshot.trail.damage import DamageError, damaged, mend, no_trail
from git_oneshot.trail.store import Tip, Trail
from git_oneshot.trail.ways import Broken, Ways, behind

NOBODY: Final = b"git oneshot <git-oneshot@localhost>"
# By the names that git has for them. What is read is not taken apart by dulwich, which is slow
# to import, and of 20,000 commits would be half the time.
HASHES: Final = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}
MAX_COMMIT: Final = 16 * 2**20  # bytes
MAX_TRAIL: Final = 256 * 2**20  # bytes of all its commits
MAX_EVENTS: Final = 10_000  # a commit
MAX_APPENDS: Final = 1_000_000  # a trail

_HEADER: Final = re.compile(
    rb"tree ([0-9a-f]+)\n"
    rb"((?:parent [0-9a-f]+\n)*)"
    rb"author [^\n]*> -?[0-9]{1,12} [+-][0-9]{4}\n"
    rb"committer [^\n]*> (-?[0-9]{1,12}) [+-][0-9]{4}(?:\n|\Z)"
)


Hash = Callable[[bytes], "hashlib._Hash"]
Look = Callable[[str], tuple[str, bytes | None]]  # kind and content of an object


class Raw(Struct, frozen=True, gc=False):
    """An object as `git cat-file --batch` gave it; ``content`` is None when it was too big."""

    type: str
    size: int
    content: bytes | None


class Read(Struct, frozen=True, gc=False):
    """A commit of a trail, taken apart as far as reading and merging need it."""

    tree: str
    parents: tuple[str, ...]
    seconds: int
    signed: bool
    content: bytes
    begins: int  # where in the content the message does

    @property
    def message(self) -> bytes:
        """What comes behind the header."""
        return self.content[self.begins :]


def merge_message(feature: str, clock: int) -> bytes:
    """The message of a merge: derived, so that every clone writes the same."""
    return b"oneshot %s: merge at clock %d\n" % (feature.encode(), clock)


def seal_message(feature: str) -> bytes:
    """The message of a seal."""
    return b"oneshot %s: seal\n" % feature.encode()


def merge_header(tree: str, parents: Iterable[str], seconds: int) -> bytes:
    """The header of a merge."""
    lines = [f"tree {tree}\n", *(f"parent {parent}\n" for parent in parents)]
    who = b"%s %d +0000\n" % (NOBODY, seconds)
    return b"%sauthor %scommitter %s" % ("".join(lines).encode(), who, who)


def root_of(feature: str, hash_: Hash) -> bytes:
    """The content of the commit that every trail of ``feature`` begins with."""
    nothing = hash_(b"tree 0\0").hexdigest()
    return merge_header(nothing, (), 0) + b"\noneshot %s\n" % feature.encode()


def id_of(commit: bytes, hash_: Hash) -> str:
    """The id of a commit with this content."""
    return hash_(b"commit %d\0%b" % (len(commit), commit)).hexdigest()


def trail_of(tip: Tip, raws: Mapping[str, Raw], hash_: Hash, *, shallow: bool = False) -> Trail:
    """One trail, by every commit behind it."""
    [trail] = trails_of([tip], raws, hash_, shallow=shallow)
    return trail


def trails_of(
    tips: Iterable[Tip], raws: Mapping[str, Raw], hash_: Hash, *, shallow: bool = False
) -> list[Trail]:
    """Follow the parents from each tip's commit to the derived root, then decode forwards.

    ``shallow``: git may have stopped before the root, since the clone has no more on purpose.
    """
    reads: dict[str, Read] = {}

    def step(oid: str) -> Sequence[str] | Broken:
        read = reads.get(oid) or taken_apart(oid, raws.get(oid), hash_)
        if isinstance(read, Broken):
            return read
        reads[oid] = read
        return read.parents

    ways = Ways(step)
    found = []
    for tip in tips:
        root, there = root_id(tip, hash_), tip.commit in raws
        order = _line(tip.commit, root, reads, raws, hash_)
        hindered = None
        if order is None:
            hindered = rootless(tip, ways, hash_, shallow=shallow, there=there)
            order = [] if hindered else behind(tip.commit, root, reads)
        found.append(hindered or _read(tip, order, reads, raws))
    return found


def _line(
    at: str, root: str, reads: dict[str, Read], raws: Mapping[str, Raw], hash_: Hash
) -> list[str] | None:
    """All commits from an end to the root where they are a line that none else leads into.

    As most are: nobody has to remember the way.
    """
    line = []
    while at != root:
        read = taken_apart(at, raws.get(at), hash_) if at not in reads else None
        if not isinstance(read, Read) or len(read.parents) != 1:
            return None
        reads[at] = read
        line.append(at)
        at = read.parents[0]
    return line[::-1]


def root_id(tip: Tip, hash_: Hash) -> str:
    """The id of the commit that a trail begins with."""
    return id_of(root_of(tip.feature, hash_), hash_)


def rootless(
    tip: Tip, ways: Ways, hash_: Hash, *, shallow: bool = False, there: bool = True
) -> Trail | None:
    """A trail without a way to its root, so that nothing on it can be judged; None with one.

    ``there``: whether its tip is a commit, as far as it is there.
    """
    broken = ways.met(tip.commit, root_id(tip, hash_))
    if broken is None:
        return None
    if shallow and broken.rule == "missing" and broken.commit != tip.commit:
        broken = broken._replace(rule="cut", what="is cut off: the clone is shallow")
    damage = DamageError(broken.rule, broken.commit, f" {broken.what}", parents=broken.parents)
    return Trail(tip.feature, tip, (), no_trail(tip, damage, there=there))


def _read(
    tip: Tip, order: Sequence[str], reads: Mapping[str, Read], raws: Mapping[str, Raw]
) -> Trail:
    """A trail that leads to its root, by all its commits in order."""
    if len(order) > MAX_APPENDS:
        damage = damaged("too-long", order[MAX_APPENDS], f"comes after {MAX_APPENDS} appends")
        return Trail(tip.feature, tip, (), damage)
    trail = _decoded(tip, {oid: reads[oid] for oid in order}, raws)
    if isinstance(trail.damage, DamageError):
        mend(tip, trail.damage)
    return trail


def _decoded(tip: Tip, commits: Mapping[str, Read], raws: Mapping[str, Raw]) -> Trail:
    """Decode forwards. What comes behind damage is not believed either."""
    entries: list[Entry] = []
    clocks: dict[str, int] = {}  # the greatest clock of a commit and all behind it
    damage: OneshotError | None = None
    unsound: set[str] = set()
    for oid, read in commits.items():
        if unsound and not unsound.isdisjoint(read.parents):
            unsound.add(oid)
            continue
        clock = max(clocks.get(read.parents[0], 0), clocks.get(read.parents[-1], 0))
        try:
            if len(read.parents) == 2:
                _check_merge(tip.feature, oid, read, raws[oid], clock, commits)
                events: tuple[Event, ...] = ()
            elif read.signed and read.message == seal_message(tip.feature):
                events = ()
            else:
                events = _events(oid, read.message)
                for event in events:
                    clock += 1
                    if event.clock != clock:
                        raise damaged(
                            "clock", oid, f"has clock {event.clock} where {clock} must be"
                        )
        except OneshotError as err:
            damage = damage or err
            unsound.add(oid)
            continue
        clocks[oid] = clock
        entries.append(Entry(oid, events, read.parents))
    return Trail(tip.feature, tip, tuple(entries), damage)


def _check_merge(
    feature: FeatureId, oid: str, read: Read, raw: Raw, clock: int, commits: Mapping[str, Read]
) -> None:
    """A merge is what every clone would have written. Its tree is a view, and not read."""
    if read.parents[0] >= read.parents[1]:
        raise damaged("merge", oid, "is a merge whose parents are not in order")
    later = max(commits[p].seconds if p in commits else 0 for p in read.parents)
    derived = merge_header(read.tree, read.parents, later) + b"\n" + merge_message(feature, clock)
    if raw.content != derived:
        raise damaged("merge", oid, "is not the merge that follows from its parents")


def taken_apart(oid: str, raw: Raw | None, hash_: Hash) -> Read | Broken:
    """A commit, or the rule that it breaks."""
    if raw is None:
        return Broken("missing", oid, "is missing, or is not a commit")
    if raw.type != "commit":
        return Broken("missing", oid, f"is a {raw.type}, not a commit")
    if raw.content is None:
        return Broken("too-big", oid, f"is {raw.size} bytes, over the limit of {MAX_COMMIT}")
    # git does not compare a loose object's content with its name when it prints
    # it: an edit in place shows only here.
    if id_of(raw.content, hash_) != oid:
        return Broken("edited", oid, "was edited: its content does not match its id")
    read = parsed(raw.content)
    return read or Broken("header", oid, "has a header that no version of this program writes")


def parsed(commit: bytes) -> Read | None:
    """A commit from its content; None for a header that no version of this program writes.

    What comes behind the committer may be anything, as it may for git.
    """
    ends = commit.find(b"\n\n")
    header = commit[:ends] if ends >= 0 else commit
    known = _HEADER.match(header)
    if known is None:
        return None
    tree, behind, seconds = known.groups()
    parents = tuple(behind.decode().split()[1::2])  # "parent", its id, and so on
    return Read(
        tree.decode(), parents, int(seconds), b"\ngpgsig" in header, commit, len(header) + 2
    )


def commit_at(look: Look, oid: str) -> Read:
    """One commit of a trail that was read. Raises DamageError when it is gone meanwhile."""
    read = parsed(look(oid)[1] or b"")
    if read is None:
        raise damaged("missing", oid, "is missing, or is not a commit")
    return read


def _events(oid: str, message: bytes) -> tuple[Event, ...]:
    _, separator, body = message.partition(b"\n\n")
    lines = body.removesuffix(b"\n").split(b"\n")
    if not separator or lines == [b""]:
        raise damaged("no-event", oid, "holds no event")
    if len(lines) > MAX_EVENTS:
        raise damaged(
            "too-many-events", oid, f"holds {len(lines)} events, over the limit of {MAX_EVENTS}"
        )
    try:
        return tuple(map(decode, lines))
    except OneshotError as err:
        rule = {Code.TRAIL_NEWER: "newer", Code.UNKNOWN_EVENT_TYPE: "unknown-type"}.get(err.code)
        hint = err.hint if rule else ""
        raise DamageError(rule or "event", oid, f": {err.message}", err.code, hint) from err
