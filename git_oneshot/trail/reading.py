"""Commits to trails: every bound of the format is checked here, on read.

Nothing in this file raises for what it finds: damage is a value, so one
broken trail can't keep another from being read.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from msgspec import Struct

from git_oneshot.core.codec import decode
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.events import Event
from git_oneshot.core.history import Entry
from git_oneshot.core.ids import FeatureId, local_ref, remote_ref
from git_oneshot.core.spelling import printable, typed
from git_oneshot.trail.store import Tip, Trail

NOBODY: Final = b"git oneshot <git-oneshot@localhost>"
# By the names that git has for them. What is read is not taken apart by dulwich, which is slow
# to import, and of 20,000 commits would be half the time.
HASHES: Final = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}
MAX_COMMIT: Final = 16 * 2**20  # bytes
MAX_TRAIL: Final = 256 * 2**20  # bytes of all its commits
MAX_EVENTS: Final = 10_000  # a commit
MAX_APPENDS: Final = 1_000_000  # a trail

_ANEW: Final = "fetch what is missing: git fetch --refetch"
_WHOLE: Final = "fetch what is cut off: git fetch --unshallow"

_HEADER: Final = re.compile(
    rb"tree ([0-9a-f]+)\n"
    rb"((?:parent [0-9a-f]+\n)*)"
    rb"author [^\n]*> -?[0-9]{1,12} [+-][0-9]{4}\n"
    rb"committer [^\n]*> (-?[0-9]{1,12}) [+-][0-9]{4}(?:\n|\Z)"
)


Hash = Callable[[bytes], "hashlib._Hash"]
Look = Callable[[str], tuple[str, bytes | None]]  # kind and content of an object


class Raw(Struct, frozen=True):
    """An object as `git cat-file --batch` gave it; ``content`` is None when it was too big."""

    type: str
    size: int
    content: bytes | None


class Read(Struct, frozen=True):
    """A commit of a trail, taken apart as far as reading and merging need it."""

    tree: str
    parents: tuple[str, ...]
    seconds: int
    signed: bool
    message: bytes


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
    """Follow the parents from a tip's commit to the derived root, then decode forwards.

    ``shallow``: git may have stopped before the root, since the clone has no more on purpose.
    """
    try:
        commits = _walk(tip.commit, raws, id_of(root_of(tip.feature, hash_), hash_), hash_)
    except DamageError as damage:
        # Without a way to the root nothing on it can be judged.
        if shallow and damage.rule == "missing" and damage.commit != tip.commit:
            damage = DamageError("cut", damage.commit, " is cut off: the clone is shallow")
        return Trail(tip.feature, tip, (), _other(tip, raws, damage))
    trail = _decoded(tip, commits, raws)
    if isinstance(trail.damage, DamageError):
        _mend(tip, trail.damage)
    return trail


# What a commit says can't be mended, and what comes before it is sound; the rest of the rules
# are broken by an object that is not as it was, or need a newer program.
SAID: Final = {
    "header", "parents", "too-big", "no-event", "too-many-events", "event", "clock", "merge"
}  # fmt: skip


def _mend(tip: Tip, damage: "DamageError") -> None:
    """Say what helps: of what a remote has, whoever may move its refs can go back."""
    at = damage.commit
    if damage.rule == "edited":
        path = f'"$(git rev-parse --git-path objects/{at[:2]}/{at[2:]})"'
        damage.hint = f"take that copy away: rm -f {path}; {_ANEW}"
    elif damage.rule in SAID:
        ref, sound = local_ref(tip.feature), f"{at[:12]}^"
        lease = f"--force-with-lease={ref}:{tip.commit}"
        back = typed("git", "push", "--no-verify", lease, tip.origin, f"{sound}:{ref}")
        if not tip.origin:
            back = f"git update-ref {ref} {sound}"
        damage.hint = f"see it: git log {at[:12]}; go back to what is sound: {back}"


def _other(tip: Tip, raws: Mapping[str, Raw], damage: "DamageError") -> "DamageError":
    """Say so where the ref is no trail's at all: somebody put it there, and may take it away."""
    ref = remote_ref(tip.origin, tip.feature) if tip.origin else local_ref(tip.feature)
    if damage.rule == "missing" and tip.commit not in raws:
        what = "names no commit"
    elif damage.rule == "parents" and not damage.parents:
        what = f"does not begin as one of '{tip.feature}' does"
    else:
        _mend(tip, damage)
        return damage
    damage.message = f"'{printable(ref)}' is no trail: it {what}"
    there = ("push", "--no-verify", printable(tip.origin), "--delete", local_ref(tip.feature))
    damage.hint = f"see what it is: git show {tip.commit[:12]}; if nobody needs it: "
    damage.hint += typed("git", *(there if tip.origin else ("update-ref", "-d", printable(ref))))
    return damage


def unreadable(tip: Tip) -> Trail:
    """A trail that git could not walk, or not so far."""
    damage = DamageError("missing", tip.commit, "", hint=_ANEW)
    damage.message = f"objects of the trail of '{tip.feature}' are missing, damaged or too big"
    return Trail(tip.feature, tip, (), damage)


def _walk(end: str, raws: Mapping[str, Raw], root: str, hash_: Hash) -> dict[str, Read]:
    """The commits behind ``end`` but for the root, parents before children."""
    done: dict[str, Read] = {}
    open_: dict[str, Read] = {}
    stack = [end]
    while stack:
        at = stack[-1]
        if at == root or at in done:
            stack.pop()
            continue
        if at in open_:  # all that is behind it is done
            done[at] = open_.pop(at)
            stack.pop()
            continue
        read = _commit(at, raws.get(at), hash_)
        if not 1 <= len(read.parents) <= 2:
            what = f"has {len(read.parents)} parents, and is not the root"
            raise DamageError("parents", at, f" {what}", parents=len(read.parents))
        if len(done) + len(open_) >= MAX_APPENDS:
            raise _damage("too-long", at, f"comes after {MAX_APPENDS} appends")
        open_[at] = read
        stack += reversed(read.parents)
    return done


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
                        raise _damage(
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
        raise _damage("merge", oid, "is a merge whose parents are not in order")
    later = max(commits[p].seconds if p in commits else 0 for p in read.parents)
    derived = merge_header(read.tree, read.parents, later) + b"\n" + merge_message(feature, clock)
    if raw.content != derived:
        raise _damage("merge", oid, "is not the merge that follows from its parents")


def _commit(oid: str, raw: Raw | None, hash_: Hash) -> Read:
    """Take a commit apart."""
    if raw is None:
        raise _damage("missing", oid, "is missing, or is not a commit")
    if raw.type != "commit":
        raise _damage("missing", oid, f"is a {raw.type}, not a commit")
    if raw.content is None:
        raise _damage("too-big", oid, f"is {raw.size} bytes, over the limit of {MAX_COMMIT}")
    # git does not compare a loose object's content with its name when it prints
    # it: an edit in place shows only here.
    if id_of(raw.content, hash_) != oid:
        raise _damage("edited", oid, "was edited: its content does not match its id")
    read = parsed(raw.content)
    if read is None:
        raise _damage("header", oid, "has a header that no version of this program writes")
    return read


def parsed(commit: bytes) -> Read | None:
    """A commit from its content; None for a header that no version of this program writes.

    What comes behind the committer may be anything, as it may for git.
    """
    header, _, message = commit.partition(b"\n\n")
    known = _HEADER.match(header)
    if known is None:
        return None
    tree, behind, seconds = known.groups()
    parents = tuple(behind.decode().split()[1::2])  # "parent", its id, and so on
    return Read(tree.decode(), parents, int(seconds), b"\ngpgsig" in header, message)


def commit_at(look: Look, oid: str) -> Read:
    """One commit of a trail that was read. Raises DamageError when it is gone meanwhile."""
    read = parsed(look(oid)[1] or b"")
    if read is None:
        raise _damage("missing", oid, "is missing, or is not a commit")
    return read


def _events(oid: str, message: bytes) -> tuple[Event, ...]:
    _, separator, body = message.partition(b"\n\n")
    lines = body.removesuffix(b"\n").split(b"\n")
    if not separator or lines == [b""]:
        raise _damage("no-event", oid, "holds no event")
    if len(lines) > MAX_EVENTS:
        raise _damage(
            "too-many-events", oid, f"holds {len(lines)} events, over the limit of {MAX_EVENTS}"
        )
    try:
        return tuple(map(decode, lines))
    except OneshotError as err:
        rule = {Code.TRAIL_NEWER: "newer", Code.UNKNOWN_EVENT_TYPE: "unknown-type"}.get(err.code)
        hint = err.hint if rule else ""
        raise DamageError(rule or "event", oid, f": {err.message}", err.code, hint) from err


class DamageError(OneshotError):
    """A rule of the format that a commit breaks. ``rule`` is its code in `fsck`."""

    def __init__(
        self, rule: str, oid: str, what: str, code: Code = Code.TRAIL_DAMAGED, hint: str = "",
        parents: int = 1,
    ) -> None:  # fmt: skip
        helps = {"missing": _ANEW, "cut": _WHOLE}
        hint = hint or helps.get(rule, f"see it: git log {oid[:12]}")
        super().__init__(code, f"trail commit {oid[:12]}{what}", hint)
        self.rule = rule
        self.commit = oid
        self.parents = parents


def _damage(rule: str, oid: str, what: str) -> DamageError:
    return DamageError(rule, oid, f" {what}")
