"""What the rules ask of a feature beside its proofs: that it keeps to its plan, and its order."""

import contextlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from git_oneshot.core.events import CycleRed, Event
from git_oneshot.core.facts import Proof
from git_oneshot.core.scope import outside, unobserved, untold, unturned
from git_oneshot.core.state import State
from git_oneshot.gate.judging import Verdict, began
from git_oneshot.git import Git, GitError
from git_oneshot.proof.suites import InForce, rules_for
from git_oneshot.proof.trees.change import read_change, read_changes

Read = Callable[[], Sequence[Event]]


class Scope(NamedTuple):
    """Files outside of the plan, planned tests that never turned, commits without a RED before.

    ``enforced``: whether the first two refuse. ``untold``: planned tests of which it cannot
    be told, which never refuse.
    """

    files: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    enforced: bool = False
    untold: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """What is told of it where it refuses nothing."""
        lost = [f"planned, and not among the tests that a proof lists: {t}" for t in self.untold]
        if self.enforced:
            return lost
        told = [f"outside of the plan: {path}" for path in self.files[:5]]
        told += [f"and {len(self.files) - 5} files more"] if len(self.files) > 5 else []
        told += [f"planned, and not turned by any commit: {test}" for test in self.tests]
        return told + lost


def scope_of(git: Git, state: State, verdicts: Sequence[Verdict], events: Read, home: str) -> Scope:
    """What is to be said of the judged commits of a feature; by the rules that they begin with.

    ``home``: the folder that is masked in what this clone has written.
    """
    before, tip = began(verdicts), git.tree("HEAD")
    force = rules_for(git, before, tip)
    gate = force.rules.gate
    found = Scope(enforced=gate.scope == "enforce")
    if gate.scope != "off" and state.plan is not None:
        proofs = [v.proof for v in verdicts]
        touched = _touched(git, force, before, tip, verdicts) if state.plan.files else []
        found = found._replace(
            files=outside(state.plan, touched, home),
            tests=unturned(state.plan, proofs, home),
            untold=untold(state.plan, proofs, home),
        )
    if gate.order == "observed":
        void = {one.id for one in state.void}
        reds = [e.data.proof for e in events() if isinstance(e, CycleRed) and e.id not in void]
        judged = [(v.commit.id, v.proof) for v in verdicts]
        found = found._replace(late=unobserved(judged, _seen_before(git, force, reds), home))
    return found


def _touched(
    git: Git, force: InForce, before: str, tip: str, verdicts: Sequence[Verdict]
) -> list[str]:
    """The files that the commits change, and not what they merge; tests are planned by name."""
    ids = "".join(f"{v.commit.id}\n" for v in verdicts).encode()
    own = git.names(
        "diff-tree", "--stdin", "--root", "-r", "-z", "--name-only", "--no-commit-id",
        "--no-renames", stdin=ids,
    )  # fmt: skip
    change = read_change(git, before, tip, force.rules, force.tree)
    there = change.on("production", "environment", "neutral")
    return sorted({f.path for f in there} & {*own})


def _seen_before(git: Git, force: InForce, reds: Sequence[Proof]) -> list[Proof]:
    """Of tests that were seen red, those that were so while production was as it had been.

    The tree of then is in the clone that saw it, for some weeks. Elsewhere only this is
    known: whether anything but tests and environment was changed.
    """
    trees = {(red.hybrid, red.tree) for red in reds if red.hybrid and red.tree}
    pairs = [(old, new) for old, new in sorted(trees) if old != new]
    clean = {pair for pair in trees if pair[0] == pair[1]}
    with contextlib.suppress(GitError):  # a gc took a part of them
        found = read_changes(git, pairs, force.rules, force.tree) if pairs else {}
        clean |= {pair for pair, change in found.items() if not change.on("production")}
    return [red for red in reds if (red.hybrid, red.tree) in clean]
