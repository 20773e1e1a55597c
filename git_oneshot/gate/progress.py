"""What of a plan is done, and what others do to its files meanwhile."""

from collections.abc import Iterable
from typing import NamedTuple

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
    tip = _at(git, f"refs/heads/{state.branch}") or (state.commits[-1].id if state.commits else "")
    if not tip or not state.start:
        return frozenset()
    return _between(git, state.start, tip)


def overlaps(
    git: Git, state: State, others: Iterable[State], base: str | None
) -> tuple[Overlap, ...]:
    """The planned files that an open feature, or the base since the start, changes as well."""
    if state.plan is None or not state.plan.files or not state.open:
        return ()
    planned = state.plan.files
    found = []
    for other in others:
        if other.open and other.feature != state.feature:
            files = {*(other.plan.files if other.plan else ()), *changed(git, other)}
            found += shared(planned, files, other.feature)
    if base is not None and state.start and state.branch != state.base:
        found += shared(planned, _between(git, state.start, base), "")
    return tuple(found)


def _between(git: Git, old: str, new: str) -> frozenset[str]:
    """The files that one side has changed since both were one."""
    done = git.call("diff", "--name-only", "-z", "--no-ext-diff", f"{old}...{new}", ok=(0, 128))
    names = done.stdout.decode(errors="surrogateescape").split("\0")
    return frozenset(filter(None, names)) if done.returncode == 0 else frozenset()


def _at(git: Git, ref: str) -> str:
    return git.maybe("rev-parse", "-q", "--verify", f"{ref}^{{commit}}") or ""
