"""Judging without hurry: what the cache lacks is proven in the background, and waited for.

What a hook has begun goes on when git must not wait any longer; the next
command that asks the same gets it from there.
"""

import time
from collections.abc import Collection
from typing import Protocol

import msgspec

from git_oneshot.core.facts import Proof
from git_oneshot.core.spelling import printable
from git_oneshot.core.verdicts.regression import Key
from git_oneshot.proof.cases import Judged
from git_oneshot.proof.classes.at_sight import Said
from git_oneshot.proof.prover import UNSAID, Prover
from git_oneshot.proof.running.background import Background
from git_oneshot.proof.running.bench import Watch, unwatched
from git_oneshot.proof.running.queue import Task


class Judge(Protocol):
    """What judges changes: a prover, or someone who has one."""

    def prove(self, parent_tree: str, tree: str, *, said: Said = UNSAID) -> Judged:
        """Judge the change from one tree to another."""

    def suite(self, tree: str, before: str | None, leaving: Collection[Key] = ()) -> Proof:
        """Judge the whole suite on a tree."""


class Patient:
    """Asks the cache, then the background proof; waits ``limit`` seconds in all (None: for ever).

    ``known`` must begin no run, so its limit is 0. ``watch`` is told of the waiting.
    """

    def __init__(
        self,
        known: Prover,
        background: Background,
        work_tree: str,
        limit: float | None,
        watch: Watch = unwatched,
    ) -> None:
        self._known = known
        self._background = background
        self._work_tree = work_tree
        self._limit = limit
        self._watch = watch
        self._until = None if limit is None else time.monotonic() + limit

    def prove(self, parent_tree: str, tree: str, *, said: Said = UNSAID) -> Judged:
        """Judge the change from one tree to another."""
        self._known.refused.clear()
        judged = self._known.prove(parent_tree, tree, said=said)
        if judged.proof.code != "budget":
            return judged
        task = Task("prove", self._work_tree, parent_tree, tree, said)
        found = self._asked(task, judged.proof)
        return judged._replace(proof=found) if isinstance(found, Proof) else found

    def suite(self, tree: str, before: str | None, leaving: Collection[Key] = ()) -> Proof:
        """Judge the whole suite on a tree."""
        self._known.refused.clear()
        proof = self._known.suite(tree, before, leaving)
        if proof.code != "budget":
            return proof
        task = Task("suite", self._work_tree, before, tree, leaving=tuple(sorted(leaving)))
        found = self._asked(task, proof)
        assert isinstance(found, Proof)
        return found

    def _asked(self, task: Task, proof: Proof) -> Judged | Proof:
        """What the proof behind finds in time; else ``proof``, with why there was none."""
        until, cost = self._until, max(self._known.refused, default=0.0)
        first = self._background.going()
        lasting = first.seconds if first else 0.0
        there = ""
        if first is not None and first.task.work_tree != task.work_tree:
            there = f" in '{printable(first.task.work_tree)}'"
        if self._limit is None:
            why = "the proof in the background ended without an answer; see why: git oneshot doctor"
        elif cost >= self._limit:
            until, why = time.monotonic(), ""  # which the proof says
        elif lasting >= self._limit:
            until, why = time.monotonic(), f"another proof has gone on for {lasting:.0f} s{there}"
        else:
            why = f"not within {self._limit:g} s" + (there and f", after a proof{there}")
            why += f"; the last time it took {cost:.0f} s" if cost >= 1 else ""
        what = "the suite" if task.kind == "suite" else "the tests of a commit"
        with self._watch(f"{what}, in the background" + (there and f" after a proof{there}"), cost):
            found = self._background.ask(task, until)
        if found is not None:
            assert isinstance(found, Judged | Proof)
            return found
        return msgspec.structs.replace(proof, notes=(why,)) if why else proof
