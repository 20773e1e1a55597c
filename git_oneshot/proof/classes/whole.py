"""Classes that the whole suite shows, before the change and after it.

refactor and removal are judged by it; of a revert it is only told.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec

from git_oneshot.core.facts import Proof
from git_oneshot.core.verdicts.regression import Key, lost, regression, turns_of_pairs, unchanged
from git_oneshot.core.verdicts.runs import Pair, worst
from git_oneshot.core.verdicts.verdict import proof_of
from git_oneshot.git import Git
from git_oneshot.proof.classes.executed import hidden, unexecuted
from git_oneshot.proof.classes.removal import about
from git_oneshot.proof.trees.change import Change


class Whole(NamedTuple):
    """A proof by whole suites, and the tests that the change takes along."""

    proof: Proof
    leaving: frozenset[Key] = frozenset()


def of_removal(git: Git, change: Change, pairs: Sequence[Pair]) -> Whole:
    """Of a change that only deletes: what went with it names what went."""
    leaving = _leaving(git, change, pairs)
    found = _compared(pairs, leaving)
    if found.word != "PASS":
        return Whole(found)
    gone = turns_of_pairs(pairs, leaving)
    many = f"{len(gone)} test{'' if len(gone) == 1 else 's'} went along"
    return Whole(proof_of("PASS", "", gone, many if gone else "", kind="removal"), leaving)


def of_declared(git: Git, change: Change, pairs: Sequence[Pair], kind: str,
                trace: Sequence[str]) -> Whole:  # fmt: skip
    """Of a declared refactor or removal: the same tests pass, and execute what changed."""
    leaving = _leaving(git, change, pairs) if kind == "removal" else frozenset[Key]()
    found = unchanged(pairs, leaving)
    if found.word != "PASS":
        return Whole(found)
    told = [pair.green.lines for pair in pairs if pair.green.lines is not None]
    notes = list(found.notes)
    left = [f.path for f in change.on("production") if f.new and f.path not in trace]
    if len(told) < len(pairs) or left or (trace and not told):
        notes.append("which lines the tests execute is not known here")
    if told:
        lines = {path: [n for one in told for n in one.get(path, ())] for path in trace}
        cold = unexecuted(git, change, lines, trace)
        if cold:
            more = f" and {len(cold) - 5} more" if len(cold) > 5 else ""
            note = f"no test executes {', '.join(cold[:5])}{more}"
            return Whole(proof_of("FAIL", "uncovered", [], note))
        within = hidden(git, change, trace)
        if within:
            note = (
                f"{within[0]}: a new branch within a line; give it lines, and a test that takes it"
            )
            return Whole(proof_of("FAIL", "uncovered", [], note))
    gone = turns_of_pairs(pairs, leaving)
    proof = proof_of("PASS", "", gone, *notes, kind=kind)
    return Whole(msgspec.structs.replace(proof, declared=True), leaving)


def of_revert(commit: str, pairs: Sequence[Pair]) -> Whole:
    """Of a revert: it may go whatever the suite says, which is told."""
    found = _compared(pairs, ())
    if found.code == "budget":
        return Whole(found)
    leaving = frozenset[Key]() if found.word == "UNKNOWN" else lost(pairs)
    told = "" if found.word == "PASS" else f"the suite is {found.told}"
    turns = turns_of_pairs(pairs, leaving)
    return Whole(proof_of("PASS", "", turns, f"of {commit[:9]}", told, kind="revert"), leaving)


def _compared(pairs: Sequence[Pair], leaving: Collection[Key]) -> Proof:
    before = [(pair.suite, pair.red) for pair in pairs]
    return regression(before, [(pair.suite, pair.green) for pair in pairs], leaving)


def _leaving(git: Git, change: Change, pairs: Sequence[Pair]) -> frozenset[Key]:
    """The tests that are gone with the change, and were about what it takes away."""
    there = {(p.suite, r.id) for p in pairs for r in p.green.results}
    files = {(p.suite, r.id): r.file for p in pairs for r in worst(p.red.results)}
    return about(git, change, [key for key in lost(pairs) if key not in there], files)
