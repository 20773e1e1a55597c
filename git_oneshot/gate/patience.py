"""Judging without hurry: what the cache lacks is proven in the background, and waited for.

What a hook has begun goes on when git must not wait any longer; the next
command that asks the same gets it from there.
"""

import time
from collections.abc import Collection
from typing import Protocol

import msgspec

from git_oneshot.core.facts import Proof
from git_oneshot.core.regression import Key
from git_oneshot.proof.background import Background, Task
from git_oneshot.proof.bench import Watch, unwatched
from git_oneshot.proof.cases import Judged
from git_oneshot.proof.classes import Said
from git_oneshot.proof.prover import UNSAID, Prover


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
        found = self._asked(task)
        if isinstance(found, Judged):
            return found
        return judged._replace(proof=self._late(judged.proof))

    def suite(self, tree: str, before: str | None, leaving: Collection[Key] = ()) -> Proof:
        """Judge the whole suite on a tree."""
        self._known.refused.clear()
        proof = self._known.suite(tree, before, leaving)
        if proof.code != "budget":
            return proof
        found = self._asked(
            Task("suite", self._work_tree, before, tree, leaving=tuple(sorted(leaving)))
        )
        return found if isinstance(found, Proof) else self._late(proof)

    def _asked(self, task: Task) -> object:
        what = "the suite" if task.kind == "suite" else "the tests of a commit"
        with self._watch(f"{what}, in the background", max(self._known.refused, default=0.0)):
            return self._background.ask(task, time.monotonic() if self._hopeless else self._until)

    @property
    def _hopeless(self) -> bool:
        """Whether a run took longer the last time than anyone may wait now."""
        return self._limit is not None and max(self._known.refused, default=0) >= self._limit

    def _late(self, proof: Proof) -> Proof:
        if self._hopeless:
            return proof
        if self._limit is None:
            note = (
                "the proof in the background ended without an answer; see why: git oneshot doctor"
            )
        else:
            note = f"not within {self._limit:g} s"
        return msgspec.structs.replace(proof, notes=(note,))
