"""What of a plan is done, and what others do to its files meanwhile."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from git_oneshot.core.ids import COMMIT
from git_oneshot.core.pipeline import Overlap, shared
from git_oneshot.core.state import State
from git_oneshot.git import Git


class Remaining(NamedTuple):
    """What was planned and is not begun."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


def remaining(git: Git, state: State) -> Remaining:
    """The planned files that no commit changed yet, and the planned tests that no proof names."""
    plan = state.plan
    if plan is None or not state.open:
        return Remaining((), ())
    done = changed(git, state) if plan.files else frozenset()
    seen = [t.id for c in state.commits if c.proof for t in c.proof.tests]
    seen += [t.id for p in (state.cycle.red, state.cycle.green) if p for t in p.tests]
    return Remaining(
        tuple(path for path in plan.files if path not in done),
        tuple(test for test in plan.tests if not any(test in one for one in seen)),
    )


def changed(git: Git, state: State) -> frozenset[str]:
    """The files that a feature's branch has changed since it began."""
    [tip] = _commits(git, [_names(state)])
    return _between(git, state.start, tip) if state.start and tip else frozenset()


def overlaps(
    git: Git, state: State, others: Iterable[State], base: str | None
) -> tuple[Overlap, ...]:
    """The planned files that an open feature, or the base and not this branch, changes as well.

    Plans are compared first, and git is asked once for all the others.
    """
    planned = state.plan.files if state.plan and state.open else ()
    if not planned:
        return ()
    them = [one for one in others if one.open and one.feature != state.feature]
    files = {one.feature: {*(one.plan.files if one.plan else ())} for one in them}
    open_ = [one for one in them if not files[one.feature].issuperset(planned)]
    for one, theirs in zip(open_, _since_start(git, open_, planned), strict=True):
        files[one.feature] |= theirs
    found = [one for other, theirs in files.items() for one in shared(planned, theirs, other)]
    if base is not None and state.start and state.branch != state.base:
        [tip] = _commits(git, [_names(state)])
        found += shared(planned, _between(git, tip or state.start, base), "")
    return tuple(found)


def _since_start(
    git: Git, states: Sequence[State], planned: Sequence[str]
) -> Iterator[frozenset[str]]:
    """Of each feature the files among the planned ones that its branch has changed: two calls."""
    names = [name for one in states for name in ((one.start or "",), _names(one))]
    found = _commits(git, names) if states else []
    pairs = [(tip, start) for start, tip in zip(found[::2], found[1::2], strict=True)]
    inside = [path for path in planned if path and not os.path.isabs(path)
              and ".." not in path.split("/")]  # fmt: skip
    asked = [pair for pair in pairs if all(pair)] if inside else []
    # A commit with another one behind it is compared with that, as if it were its parent.
    out = [] if not asked else git.names(
        "--literal-pathspecs", "diff-tree", "--stdin", "-r", "-z", "--name-only", "--always", "--",
        *inside, stdin="".join(f"{tip} {start}\n" for tip, start in asked).encode(),
    )  # fmt: skip
    parts: list[set[str]] = []
    for field in out:
        if len(parts) < len(asked) and field == asked[len(parts)][0]:
            parts.append(set())
        else:
            parts[-1].add(field)
    left = iter(parts)
    for pair in pairs:
        yield frozenset(next(left)) if inside and all(pair) else frozenset()


def _names(state: State) -> tuple[str, ...]:
    """What the last commit of a feature may be called, the first name that there is."""
    return (f"refs/heads/{state.branch}", *(one.id for one in state.commits[-1:]))


def _commits(git: Git, names: Sequence[Sequence[str]]) -> list[str]:
    """For each thing the commit that the first of its names names here, "" for none: one call."""
    # A name is of a trail: whatever it holds, it is one line.
    asked = [f"{' '.join(name.split())}^{{commit}}\n" for each in names for name in each]
    lines = git.lines("cat-file", "--batch-check=%(objectname)", stdin="".join(asked).encode())
    ids = iter(line if COMMIT.fullmatch(line) else "" for line in lines)
    return [next(filter(None, [next(ids) for _ in each]), "") for each in names]


def _between(git: Git, old: str, new: str) -> frozenset[str]:
    """The files that one side has changed since both were one."""
    done = git.call("diff", "--name-only", "-z", "--no-ext-diff", f"{old}...{new}", ok=(0, 128))
    names = done.stdout.decode(errors="surrogateescape").split("\0")
    return frozenset(filter(None, names)) if done.returncode == 0 else frozenset()
