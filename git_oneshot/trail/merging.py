"""Ends of one trail: which say something that the others don't, and how they are merged.

A merge is derived from its parents: nothing in it depends on who merges, when,
or with which version of the program. Two machines that merge the same ends get
the same commit. It is made only when a push or an append needs it, so any
exchange between clones ends.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from git_oneshot.core.history import Entry
from git_oneshot.core.ids import FeatureId
from git_oneshot.trail.notes import union
from git_oneshot.trail.store import Tip, TrailStore

if TYPE_CHECKING:  # the rules below are pure; only a merge that is written needs dulwich
    from git_oneshot.trail.objects import Objects
    from git_oneshot.trail.reading import Look
    from git_oneshot.trail.tree import Entries

# Of folders and notes that differ a merge unites so many bytes, each counted as LEAST at least,
# and MOST at most. Every clone has to come to the same tree: this is a part of the format.
MAX_UNITED: Final = 16 * 2**20
LEAST: Final = 2**10
MOST: Final = 2**20


def clock(history: Sequence[Entry], ends: Iterable[str]) -> int:
    """The greatest clock behind ends."""
    known = frozenset[str]().union(*(behind(history, end).commits for end in ends))
    clocks = [e.events[-1].clock for e in history if e.events and e.commit in known]
    return max(clocks, default=0)


def known(history: Iterable[Entry]) -> frozenset[str]:
    """All commits that were read; the root of a trail is no entry of it, and may be an end."""
    return frozenset(x for entry in history for x in (entry.commit, *entry.parents))


class Known(NamedTuple):
    """What is behind an end: all commits, and those of them that say something."""

    commits: frozenset[str]
    said: frozenset[str]


def behind(history: Sequence[Entry], end: str) -> Known:
    """What an end holds. ``history``: parents before children."""
    commits, said = {end}, set()
    for entry in reversed(history):
        if entry.commit in commits:
            commits.update(entry.parents)
            if len(entry.parents) < 2:  # an append or a seal
                said.add(entry.commit)
    return Known(frozenset(commits), frozenset(said))


def settle(history: Sequence[Entry], ends: Iterable[str]) -> tuple[str, ...]:
    """The fewest of the ends that say everything: of two that say the same, the smaller id."""
    kept: dict[str, Known] = {}
    for end in sorted(ends):
        known = behind(history, end)
        if any(known.said <= other.said for other in kept.values()):
            continue
        kept = {e: other for e, other in kept.items() if not other.said <= known.said}
        kept[end] = known
    return tuple(kept)


Meeting = Literal["equal", "push", "adopt", "merge"]


def meet(history: Sequence[Entry], ours: str, theirs: str) -> Meeting:
    """How ours and a remote's end become one, when the remote's can only be moved forwards."""
    if ours == theirs:
        return "equal"
    mine, other = behind(history, ours), behind(history, theirs)
    if theirs in mine.commits:
        return "push"
    if ours in other.commits or mine.said < other.said:
        return "adopt"
    # Of two that say the same the smaller id is kept, where that takes no merge.
    return "adopt" if mine.said == other.said and theirs < ours else "merge"


def join(store: TrailStore, tip: Tip) -> Tip:
    """A tip whose one commit holds what all its ends say: one of them, or their merge.

    A damaged end is left out: nothing that comes behind it would be believed.
    """
    if not tip.beside:
        return tip
    # Each alone: one that is sound and says nothing, the root, is no entry of any.
    trails = store.read([Tip(tip.feature, end) for end in tip.ends])
    sound = {end: one for end, one in zip(tip.ends, trails, strict=True) if one.damage is None}
    history = [*{entry.commit: entry for one in sound.values() for entry in one.entries}.values()]
    first, *others = settle(history, sound)
    for other in others:
        both = (min(first, other), max(first, other))
        first = store.merge(tip.feature, *both, history)
        history.append(Entry(first, (), both))  # the next merge asks what is behind it
    return tip._replace(commit=first, beside=tuple(sound)[1:])


class Agreed(NamedTuple):
    """Where ours is to be, and whether the remote's has to move there, too."""

    commit: str
    push: bool


def agree(
    store: TrailStore, feature: FeatureId, ours: str, theirs: str, history: Sequence[Entry]
) -> Agreed:
    """Make ours and a remote's end one: write their merge where there is no other way."""
    match meet(history, ours, theirs):
        case "equal":
            return Agreed(ours, push=False)
        case "push":
            return Agreed(ours, push=True)
        case "adopt":
            return Agreed(theirs, push=False)
        case "merge":
            return Agreed(store.merge(feature, ours, theirs, history), push=True)


def merge(objects: "Objects", look: "Look", feature: str, ends: tuple[str, str], clock: int) -> str:
    """Write the merge of two ends; its id."""
    from git_oneshot.trail.objects import commit_of
    from git_oneshot.trail.reading import NOBODY, commit_at, merge_message

    parents = sorted(ends)
    one, two = (commit_at(look, parent) for parent in parents)
    new = commit_of(
        tree=union_of(objects, look, one.tree, two.tree),
        parents=[parent.encode() for parent in parents],
        author=NOBODY,
        seconds=max(one.seconds, two.seconds),
        message=merge_message(feature, clock),
    )
    return objects.add(new).decode()


class _TooMuchError(Exception):
    """More is to be united than a merge unites."""


def union_of(objects: "Objects", look: "Look", one: str, two: str) -> bytes:
    """The union of two notes trees, which does not depend on their order.

    Of two that are too much to unite, it has the notes of the one with the smaller id.
    """
    from git_oneshot.trail.objects import FOLDER, tree_of
    from git_oneshot.trail.tree import FAN, entries_in, notes_in

    tops = [notes_in(entries_in(objects, look, oid), FAN, FOLDER) for oid in sorted((one, two))]
    try:
        both = _United(objects, look).top(*tops)
    except _TooMuchError:
        both = tops[0]
    return objects.add(tree_of(both))


class _United:
    """The union of what two trees have, as far as they differ; raises _TooMuchError."""

    def __init__(self, objects: "Objects", look: "Look") -> None:
        self._objects = objects
        self._look_ = look
        self._left = MAX_UNITED

    def _look(self, oid: str) -> tuple[str, bytes | None]:
        kind, content = self._look_(oid)
        self._left -= MOST if content is None else min(max(len(content), LEAST), MOST)
        if self._left < 0:
            raise _TooMuchError
        return kind, content

    def top(self, left: "Entries", right: "Entries") -> "Entries":
        """A whole tree."""
        return self._both(left, right, self._folder)

    def _folder(self, left: bytes, right: bytes) -> bytes:
        from git_oneshot.trail.objects import FILE, tree_of
        from git_oneshot.trail.tree import REST, entries_in, notes_in

        one, two = (
            notes_in(entries_in(self._objects, self._look, oid.decode()), REST, FILE)
            for oid in (left, right)
        )
        return self._objects.add(tree_of(self._both(one, two, self._note)))

    def _note(self, left: bytes, right: bytes) -> bytes:
        from git_oneshot.trail.objects import blob_of
        from git_oneshot.trail.tree import MAX_NOTE

        both = [self._look(oid.decode()) for oid in (left, right)]
        texts = [text for kind, text in both if kind == "blob" and text is not None]
        if len(texts) < 2 or any(len(text) > MAX_NOTE for text in texts):
            return min(left, right)
        return self._objects.add(blob_of(union(*texts)))

    def _both(
        self, left: "Entries", right: "Entries", join: Callable[[bytes, bytes], bytes]
    ) -> "Entries":
        apart = {
            name: (left[name][0], join(left[name][1], right[name][1]))
            for name in sorted(left.keys() & right.keys())
            if left[name] != right[name]
        }
        return {**left, **right, **apart}
