"""Every rule of the format, each with a code: what `git oneshot fsck` looks at.

Reading a trail checks what its meaning depends on. Here is the rest, too: the
trees, which are views, payloads, and who wrote a commit.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from git_oneshot.core.errors import OneshotError
from git_oneshot.core.events import seconds_of
from git_oneshot.core.history import Entry
from git_oneshot.core.ids import EVENT, LOCAL, REMOTE, local_ref, remote_ref
from git_oneshot.core.spelling import printable, typed
from git_oneshot.git import Git
from git_oneshot.trail.damage import DamageError
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.merging import union_of
from git_oneshot.trail.notes import lines_of
from git_oneshot.trail.objects import FILE, FOLDER, PAYLOAD, Unwritten
from git_oneshot.trail.payloads import log_of, payload_of
from git_oneshot.trail.reading import commit_at
from git_oneshot.trail.store import Tip
from git_oneshot.trail.tracking import kept_of
from git_oneshot.trail.tree import FAN, MAX_NOTE, REST, Entries, entries_in

# What is wrong, and whether the trail can't be read past it ("error") or it can.
RULES: Final[dict[str, tuple[str, str]]] = {
    "missing": ("error", "an object is missing, is not a commit, or cannot be read"),
    "cut": ("error", "a commit is not in the clone, which is shallow"),
    "edited": ("error", "the content of an object does not match its id"),
    "too-big": ("error", "a commit is over the limit of its size"),
    "too-long": ("error", "there is more than a trail may have"),
    "header": ("error", "the header of a commit is not that of a trail"),
    "parents": ("error", "a commit has no parent, or more than two"),
    "no-event": ("error", "an append holds no event"),
    "too-many-events": ("error", "an append holds more events than it may"),
    "event": ("error", "an event is not as its version writes it"),
    "newer": ("error", "an event was written by a newer program"),
    "unknown-type": ("error", "an event has a type that is not known"),
    "clock": ("error", "a clock is not exact"),
    "merge": ("error", "a merge does not follow from its parents"),
    "merge-tree": ("warning", "the tree of a merge is not the union of its parents' notes"),
    "odd-entry": ("warning", "a tree holds what is neither a note nor a payload"),
    "odd-note": (
        "warning",
        "a note holds what no event says or no terminal must get, or too much",
    ),
    "alien-note": ("warning", "a note is about a commit that no event speaks of"),
    "payload": ("warning", "the payload of an event is missing, or another than it says"),
    "author": ("warning", "a commit is not by who its events are by"),
    "twice": ("warning", "an id is used twice, or a key by more than one append"),
    "odd-summary": ("warning", "the first line of an append is not one printable line"),
    "ref-name": ("warning", "a ref among the trails has a name that no feature can have"),
    "seal-bad": ("error", "a seal does not fit what it seals"),
    "seal-unknown": ("warning", "a seal is by nobody that git knows here"),
    "unsealed": ("warning", "what ended a feature is behind no good seal"),
}

# More of one trail is neither said nor looked at, lest a fsck takes hours and all memory.
MAX_FOUND: Final = 1_000  # things that break one rule
CLOCK: Final = len(f"{0:010d} ")  # with which a line of a note begins
MAX_LOOKED: Final = 2**34  # bytes of trees, notes and payloads

_WHO: Final = re.compile(rb"^(?:author|committer) (.*) (-?[0-9]+ [+-][0-9]{4})$", re.MULTILINE)


class Finding(NamedTuple):
    """A rule that is broken somewhere."""

    rule: str
    ref: str
    commit: str
    what: str
    hint: str = ""

    @property
    def word(self) -> str:
        """How bad it is."""
        return RULES[self.rule][0]


def audit(store: GitStore, tips: Sequence[Tip]) -> Iterator[Finding]:
    """Look at each trail, end by end: what is behind two ends is looked at once."""
    done: set[str] = set()
    for tip, trail in zip(tips, store.read(tips), strict=True):
        name = f"{tip.origin}/{tip.feature}" if tip.origin else tip.feature
        if trail.damage is not None:
            rule = trail.damage.rule if isinstance(trail.damage, DamageError) else "event"
            commit = trail.damage.commit if isinstance(trail.damage, DamageError) else tip.commit
            hint = trail.damage.hint
            if kept_of(tip.origin):  # no remote has it any more
                drop = typed("git", "update-ref", "-d", REMOTE + printable(name))
                hint = f"see it: git log {commit[:12]}; if nobody needs it: {drop}"
            yield Finding(rule, name, commit, trail.damage.message, hint)
        new = [entry for entry in trail.entries if entry.commit not in done]
        count = Counter[str]()
        for found in _views(store, trail.entries, new):
            count[found.rule] += 1
            if count[found.rule] <= MAX_FOUND:
                yield found._replace(ref=name)
        done.update(entry.commit for entry in new)


def failing(rule: str, policy: str) -> bool:
    """Whether `fsck` fails for a broken rule; ``policy``: what the rules say of seals."""
    return RULES[rule][0] == "error" or (rule == "unsealed" and policy == "require")


def odd_refs(git: Git, tips: Iterable[Tip]) -> Iterator[Finding]:
    """Refs among the trails that are none of ``tips``: no feature can have such a name."""
    known = {remote_ref(x.origin, x.feature) if x.origin else local_ref(x.feature) for x in tips}
    for line in git.lines("for-each-ref", "--format=%(objectname) %(refname)", LOCAL, REMOTE):
        commit, _, ref = line.partition(" ")
        if ref not in known:
            yield Finding("ref-name", printable(ref), commit, RULES["ref-name"][1])


def _views(store: GitStore, history: Sequence[Entry], new: Sequence[Entry]) -> Iterator[Finding]:
    spoken: dict[str, set[bytes]] = {}
    for event in (event for entry in history for event in entry.events):
        for commit, line in lines_of(event):
            spoken.setdefault(commit, set()).add(line[:CLOCK].encode())
    views = _Views(store, spoken)
    for entry in new:
        yield from views.of(entry)
        yield from _head(store, entry)
    yield from _twice(history)


def _finding(rule: str, commit: str, what: str) -> Finding:
    return Finding(rule, "", commit, f"trail commit {commit[:12]} {what}")


class _Views:
    """The trees of one trail: each is looked at once in its place, and what is missing is named."""

    def __init__(self, store: GitStore, spoken: Mapping[str, set[bytes]]) -> None:
        self._store = store
        self._spoken = spoken
        self._seen: set[tuple[str, bytes]] = set()  # notes and folders, each where it is
        self._digests: dict[str, str] = {}  # of payloads, by their blobs
        self._missing: list[str] = []
        self._left = MAX_LOOKED

    def of(self, entry: Entry) -> Iterator[Finding]:
        """What is odd in the tree of a commit, as long as there is not too much of it."""
        if self._left < 0:
            return
        for one in self._of(entry):
            yield one
            self._left -= MAX_LOOKED // MAX_FOUND
            if self._left < 0:
                break
        if self._left < 0:
            what = "is as far as trees are looked at: they are too large, or too odd"
            yield _finding("odd-entry", entry.commit, what)

    def _of(self, entry: Entry) -> Iterator[Finding]:
        tree = commit_at(self._store.look, entry.commit).tree
        payloads = any(payload_of(x) for x in entry.events)
        if self._first("", tree.encode()) or payloads:
            yield from self._trees(entry, tree)
        for what in self._missing:
            yield _finding("missing", entry.commit, f"cannot be seen whole: {what}")
        self._missing.clear()

    def _first(self, place: str, oid: bytes) -> bool:
        first = (place, oid) not in self._seen
        self._seen.add((place, oid))
        return first

    def _look(self, name: str) -> tuple[str, bytes | None]:
        try:
            kind, content = self._store.look(name)
            self._left -= len(content or b"") + 1_000
            return kind, content
        except OneshotError as err:  # views: nothing that is said depends on them
            self._missing.append(err.message)
            return "missing", None

    def _entries(self, tree: str) -> Entries:
        return entries_in(self._store.objects, self._look, tree)

    def _trees(self, entry: Entry, tree: str) -> Iterator[Finding]:
        objects = self._store.objects
        if len(entry.parents) == 2:
            above = [commit_at(self._store.look, parent).tree for parent in entry.parents]
            unwritten = Unwritten(objects.directory, objects.format.name)
            if union_of(unwritten, self._look, *above) != tree.encode():
                what = "has another tree than its parents give it"
                yield _finding("merge-tree", entry.commit, what)
        entries = self._entries(tree)
        for name, (mode, oid) in entries.items():
            if name == PAYLOAD and mode == FOLDER and entry.events:
                continue
            if mode != FOLDER or not FAN.fullmatch(name):
                yield _finding("odd-entry", entry.commit, f"holds '{_shown(name)}'")
            elif self._first(name.decode(), oid):
                yield from self._notes(entry, name, oid.decode())
        yield from self._payloads(entry, entries)

    def _notes(self, entry: Entry, fan: bytes, folder: str) -> Iterator[Finding]:
        for name, (mode, oid) in self._entries(folder).items():
            if mode != FILE or not REST.fullmatch(name):
                yield _finding("odd-entry", entry.commit, f"holds '{_shown(fan + b'/' + name)}'")
                continue
            commit = (fan + name).decode()
            if not self._first(commit, oid):
                continue
            if commit not in self._spoken:
                yield _finding("alien-note", entry.commit, f"has a note on {commit[:12]}")
            yield from self._note(entry, commit, oid.decode())

    def _note(self, entry: Entry, commit: str, blob: str) -> Iterator[Finding]:
        kind, content = self._look(blob)
        if kind == "missing":
            return
        if kind != "blob" or content is None or len(content) > MAX_NOTE:
            yield _finding("odd-note", entry.commit, f"has no readable note on {commit[:12]}")
        elif any(printable(x) != x for x in content.decode(errors="replace").split("\n")):
            yield _finding("odd-note", entry.commit, f"has control characters on {commit[:12]}")
        elif not self._said(commit, content):
            yield _finding("odd-note", entry.commit, f"has a line of no event on {commit[:12]}")

    def _said(self, commit: str, note: bytes) -> bool:
        """Whether each line is an event's that speaks of the commit, by its clock."""
        clocks = self._spoken.get(commit)
        return clocks is None or clocks.issuperset(x[:CLOCK] for x in note.split(b"\n") if x)

    def _payloads(self, entry: Entry, entries: Entries) -> Iterator[Finding]:
        mode, folder = entries.get(PAYLOAD, (0, b""))
        inside = self._entries(folder.decode()) if mode == FOLDER and entry.events else {}
        there = {name.decode(): oid for name, (mode, oid) in inside.items()
                 if mode == FILE and EVENT.fullmatch(name.decode(errors="replace"))}  # fmt: skip
        wanted = {x.id: digest for x in entry.events if (digest := payload_of(x))}
        # A log may be in a clone alone.
        wanted |= {x.id: log for x in entry.events if x.id in there and (log := log_of(x))}
        for id_, digest in wanted.items():
            if self._digest(there.get(id_, b"").decode()) != digest:
                yield _finding("payload", entry.commit, f"lacks the payload of event {id_}")
        known = {id_.encode() for id_ in there.keys() & wanted.keys()}
        for name in sorted(inside.keys() - known):
            what = f"holds a payload of no event, {_shown(name)}"
            yield _finding("odd-entry", entry.commit, what)

    def _digest(self, blob: str) -> str:
        """The digest of a payload, one of which is in memory at a time."""
        if blob and blob not in self._digests:
            content = self._look(blob)[1]
            self._digests[blob] = "" if content is None else hashlib.sha256(content).hexdigest()
        return self._digests.get(blob, "")


def _head(store: GitStore, entry: Entry) -> Iterator[Finding]:
    """What comes before the events of an append: who wrote it and when, and a line for people."""
    if not entry.events:
        return
    header, _, message = (store.look(entry.commit)[1] or b"").partition(b"\n\n")
    summary = message.partition(b"\n\n")[0].decode(errors="replace")
    if not summary or printable(summary) != summary:
        yield _finding("odd-summary", entry.commit, "does not begin with one printable line")
    first = entry.events[0]
    at = seconds_of(first)
    if at is None or {*_WHO.findall(header)} != {(first.by.encode(), b"%d +0000" % at)}:
        yield _finding("author", entry.commit, "is not by, or not of the time of, its first event")


def _twice(history: Iterable[Entry]) -> Iterator[Finding]:
    users: dict[tuple[str, str], str] = {}
    for entry in history:
        keys = {("key", x.key) for x in entry.events if x.key is not None}
        for kind, name in [*(("id", x.id) for x in entry.events), *sorted(keys)]:
            if (kind, name) in users:
                what = f"uses {kind} '{printable(name)}', as {users[kind, name][:12]} does"
                yield _finding("twice", entry.commit, what)
            users.setdefault((kind, name), entry.commit)


def _shown(name: bytes) -> str:
    return printable(name.decode(errors="replace"))[:100]
