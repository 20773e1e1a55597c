"""Every rule of the format, each with a code: what `git oneshot fsck` looks at.

Reading a trail checks what its meaning depends on. Here is the rest, too: the
trees, which are views, payloads, and who wrote a commit.
"""

import datetime
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from git_oneshot.core.events import Event
from git_oneshot.core.facts import CleanedUp, CommitJudged, Greened, Moved, Reddened
from git_oneshot.core.history import Entry
from git_oneshot.core.ids import EVENT, LOCAL, REMOTE
from git_oneshot.core.spelling import printable, typed
from git_oneshot.git import Git
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.merging import behind, union_of
from git_oneshot.trail.notes import lines_of
from git_oneshot.trail.objects import FILE, FOLDER, PAYLOAD, Unwritten
from git_oneshot.trail.payloads import payload_of
from git_oneshot.trail.reading import DamageError, commit_at
from git_oneshot.trail.refs import tip_of
from git_oneshot.trail.seals import Verdict, verify
from git_oneshot.trail.store import Tip, TrailStore
from git_oneshot.trail.tracking import kept_of
from git_oneshot.trail.tree import FAN, MAX_NOTE, REST, entries_in

# What is wrong, and whether the trail can't be read past it ("error") or it can.
RULES: Final[dict[str, tuple[str, str]]] = {
    "missing": ("error", "an object is missing, is not a commit, or cannot be read"),
    "cut": ("error", "a commit is not in the clone, which is shallow"),
    "edited": ("error", "the content of an object does not match its id"),
    "too-big": ("error", "a commit is over the limit of its size"),
    "too-long": ("error", "there are more commits than a trail may have"),
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
    "odd-note": ("warning", "a note holds what a terminal must not get, or is too long"),
    "alien-note": ("warning", "a note is about a commit that no event speaks of"),
    "payload": ("warning", "the payload of an event is missing, or another than it says"),
    "author": ("warning", "a commit is not by who its events are by"),
    "twice": ("warning", "an id or a key is used by more than one append"),
    "ref-name": ("warning", "a ref among the trails has a name that no feature can have"),
    "seal-bad": ("error", "a seal does not fit what it seals"),
    "seal-unknown": ("warning", "a seal is by nobody that git knows here"),
    "unsealed": ("warning", "what ended a feature is behind no good seal"),
}

_WHO: Final = re.compile(rb"^(?:author|committer) (.*) (-?[0-9]+) [+-][0-9]{4}$", re.MULTILINE)


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
        for found in _views(store, trail.entries, new):
            yield found._replace(ref=name)
        done.update(entry.commit for entry in new)


def failing(rule: str, policy: str) -> bool:
    """Whether `fsck` fails for a broken rule; ``policy``: what the rules say of seals."""
    return RULES[rule][0] == "error" or (rule == "unsealed" and policy == "require")


class Seal(NamedTuple):
    """A seal on a trail, and what git says of it."""

    ref: str
    commit: str
    verdict: Verdict


def seals(git: Git, store: TrailStore, tips: Sequence[Tip]) -> Iterator[Seal | Finding]:
    """Each seal with git's word on it; and what ended a feature and is behind no good one."""
    said: dict[str, Verdict] = {}
    for tip, trail in zip(tips, store.read(tips), strict=True):
        name = f"{tip.origin}/{tip.feature}" if tip.origin else tip.feature
        vouched: set[str] = set()
        for entry in trail.entries:
            if entry.events or len(entry.parents) != 1:
                continue
            if entry.commit not in said:
                said[entry.commit] = verify(git, entry.commit)
            verdict = said[entry.commit]
            yield Seal(name, entry.commit, verdict)
            if verdict.word == "good":
                vouched |= behind(trail.entries, entry.commit).commits
            else:
                rule = "seal-bad" if verdict.word == "bad" else "seal-unknown"
                what = f"trail commit {entry.commit[:12]}: {RULES[rule][1]}"
                what += f": {verdict.why}" if verdict.why else ""
                yield Finding(rule, name, entry.commit, what)
        for entry in trail.entries:
            if entry.commit not in vouched and any(map(_ends, entry.events)):
                what = f"trail commit {entry.commit[:12]}: {RULES['unsealed'][1]}"
                yield Finding("unsealed", name, entry.commit, what)


def _ends(event: Event) -> bool:
    data = event.data
    return isinstance(data, CleanedUp) or (isinstance(data, Moved) and data.to == "completed")


def odd_refs(git: Git) -> Iterator[Finding]:
    """Refs among the trails whose names no feature can have: nothing else looks at them."""
    for line in git.lines("for-each-ref", "--format=%(objectname) %(refname)", LOCAL, REMOTE):
        commit, _, ref = line.partition(" ")
        if not [*tip_of(line)]:
            yield Finding("ref-name", printable(ref), commit, RULES["ref-name"][1])


def _views(store: GitStore, history: Sequence[Entry], new: Sequence[Entry]) -> Iterator[Finding]:
    spoken = {commit for entry in history for x in entry.events for commit, _ in lines_of(x)}
    seen: set[bytes] = set()  # notes and folders that were looked at
    for entry in new:
        yield from _trees(store, entry, spoken, seen)
        yield from _author(store, entry)
    yield from _twice(history)


def _finding(rule: str, commit: str, what: str) -> Finding:
    return Finding(rule, "", commit, f"trail commit {commit[:12]} {what}")


def _trees(store: GitStore, entry: Entry, spoken: set[str], seen: set[bytes]) -> Iterator[Finding]:
    objects, look = store.objects, store.look
    tree = commit_at(look, entry.commit).tree.encode()
    if tree in seen and not any(payload_of(x) for x in entry.events):
        return
    seen.add(tree)
    if len(entry.parents) == 2:
        above = [commit_at(look, parent).tree for parent in entry.parents]
        unwritten = Unwritten(objects.directory, objects.format.name)
        if union_of(unwritten, look, *above) != tree:
            yield _finding("merge-tree", entry.commit, "has another tree than its parents give it")
    for name, (mode, oid) in entries_in(objects, look, tree.decode()).items():
        if name == PAYLOAD and mode == FOLDER and entry.events:
            continue
        if mode != FOLDER or not FAN.fullmatch(name):
            yield _finding("odd-entry", entry.commit, f"holds '{_shown(name)}'")
        elif oid not in seen:
            seen.add(oid)
            yield from _notes(store, entry, name, oid, spoken, seen)
    yield from _payloads(store, entry, tree)


def _notes(
    store: GitStore, entry: Entry, fan: bytes, folder: bytes, spoken: set[str], seen: set[bytes]
) -> Iterator[Finding]:
    for name, (mode, oid) in entries_in(store.objects, store.look, folder.decode()).items():
        if mode != FILE or not REST.fullmatch(name):
            yield _finding("odd-entry", entry.commit, f"holds '{_shown(fan + b'/' + name)}'")
            continue
        commit = (fan + name).decode()
        if oid not in seen and commit not in spoken:
            yield _finding("alien-note", entry.commit, f"has a note on {commit[:12]}")
        if oid in seen:
            continue
        seen.add(oid)
        kind, content = store.look(oid.decode())
        if kind != "blob" or content is None or len(content) > MAX_NOTE:
            yield _finding("odd-note", entry.commit, f"has no readable note on {commit[:12]}")
        elif any(printable(x) != x for x in content.decode(errors="replace").split("\n")):
            yield _finding("odd-note", entry.commit, f"has control characters on {commit[:12]}")


def _payloads(store: GitStore, entry: Entry, tree: bytes) -> Iterator[Finding]:
    wanted = {x.id: digest for x in entry.events if (digest := payload_of(x))}
    if not wanted and PAYLOAD not in entries_in(store.objects, store.look, tree.decode()):
        return
    there = store.payloads([entry.commit])
    # A log may be in a clone alone.
    wanted |= {x.id: log for x in entry.events if x.id in there and (log := _log_of(x))}
    for id_, digest in wanted.items():
        if hashlib.sha256(there.get(id_, b"")).hexdigest() != digest:
            yield _finding("payload", entry.commit, f"lacks the payload of event {id_}")
    for id_ in there.keys() - wanted.keys():
        if EVENT.fullmatch(id_):
            yield _finding("odd-entry", entry.commit, f"holds a payload of no event, {id_}")


def _log_of(event: Event) -> str:
    return event.data.log if isinstance(event.data, (Reddened, Greened, CommitJudged)) else ""


def _author(store: GitStore, entry: Entry) -> Iterator[Finding]:
    if not entry.events:
        return
    header = (store.look(entry.commit)[1] or b"").partition(b"\n\n")[0]
    first = entry.events[0]
    at = int(datetime.datetime.fromisoformat(first.at).timestamp())
    if {*_WHO.findall(header)} != {(first.by.encode(), b"%d" % at)}:
        yield _finding("author", entry.commit, "is not by, or not of the time of, its first event")


def _twice(history: Iterable[Entry]) -> Iterator[Finding]:
    users: dict[tuple[str, str], str] = {}
    for entry in history:
        for kind, name in {("id", x.id) for x in entry.events} | {
            ("key", x.key) for x in entry.events if x.key is not None
        }:
            first = users.setdefault((kind, name), entry.commit)
            if first != entry.commit:
                what = f"uses {kind} '{printable(name)}', as {first[:12]} does"
                yield _finding("twice", entry.commit, what)


def _shown(name: bytes) -> str:
    return printable(name.decode(errors="replace"))[:100]
