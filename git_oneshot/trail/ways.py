"""What is in the way from an end to the root of its trail.

Many refs may lead into one long history that is no trail's. So each commit is looked at
once, however many ends lead to it, and of whichever trails these are.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol


class Broken(NamedTuple):
    """A rule that a commit breaks, by which nothing behind it can be reached.

    ``parents``: how many it has, which is none where it may be the root of a trail.
    """

    rule: str
    commit: str
    what: str
    parents: int = 1


class Way(NamedTuple):
    """What is met first behind a commit; where that is the root of one's own trail, what then."""

    first: Broken
    then: Broken | None


Step = Callable[[str], Sequence[str] | Broken]  # the parents of a commit, or what is wrong with it


class Ways:
    """The ways behind commits, of which one step is known by ``step``."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._known: dict[str, Way] = {}

    def met(self, end: str, root: str) -> Broken | None:
        """What is met on the way from an end to the root of its trail: first parents first."""
        way = self._known.get(end) or self._walk(end)
        return way.then if way.first.commit == root else way.first

    def _walk(self, end: str) -> Way:
        known, open_ = self._known, dict[str, tuple[list[str], Sequence[str]]]()
        stack = [end]
        while stack:
            at = stack[-1]
            if at in open_:  # all that is behind its parents is known
                line, parents = open_.pop(at)
                known |= dict.fromkeys(line, _joined([known[parent] for parent in parents]))
            if at in known:
                stack.pop()
                continue
            line, found = self._line(at)
            if isinstance(found, Way):
                known |= dict.fromkeys(line, found)
            else:
                open_[at] = line, found
                stack += reversed(found)
        return known[end]

    def _line(self, at: str) -> tuple[list[str], Way | Sequence[str]]:
        """From a commit to the next merge, and its parents; or to where it ends, and how."""
        line: list[str] = []
        while True:
            way = self._known.get(at)
            if way is not None:
                return line, way
            line.append(at)
            step = self._step(at)
            if isinstance(step, Broken):
                return line, Way(step, None)
            if len(step) == 2:
                return line, step
            if len(step) != 1:
                what = f"has {len(step)} parents, and is not the root"
                return line, Way(Broken("parents", at, what, len(step)), None)
            at = step[0]


def _joined(ways: Sequence[Way]) -> Way:
    """What is met behind a commit with these ways behind its parents."""
    one, two = ways[0], ways[-1]
    if one.then is not None or one is two:
        return one
    then = two.then if two.first.commit == one.first.commit else two.first
    return one if then is None else Way(one.first, then)


class _Child(Protocol):
    @property
    def parents(self) -> Sequence[str]: ...


def behind(end: str, root: str, commits: Mapping[str, _Child]) -> list[str]:
    """All commits from an end to the root, but for that, parents before children."""
    done: dict[str, None] = {}
    open_: set[str] = set()
    stack = [end]
    while stack:
        at = stack[-1]
        if at == root or at in done:
            stack.pop()
        elif at in open_:
            done[at] = None
            open_.discard(at)
            stack.pop()
        else:
            open_.add(at)
            stack += reversed(commits[at].parents)
    return list(done)
