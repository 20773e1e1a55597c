"""The pre-commit hook: refuse what can be known now, let the rest pass, and say so.

Advice, not the gate: git runs no pre-commit for a rebase, a cherry-pick or
``--no-verify``. Commits are judged all the same when they are pushed.
"""

import os
import shutil
from typing import Final, NamedTuple

from git_oneshot.core.rules import Rules
from git_oneshot.gate.patience import Judge
from git_oneshot.git import Git
from git_oneshot.proof.cache import write
from git_oneshot.proof.prover import Judged, digest
from git_oneshot.proof.trees import staged

FILED: Final = "verdicts"  # the shims know this name
MOST: Final = 10_000  # parent trees of which verdicts are filed


class Advice(NamedTuple):
    """What the hook says, if anything, and what it refuses."""

    line: str = ""
    hint: str = ""
    refused: Judged | None = None


def pre_commit(git: Git, judge: Judge, rules: Rules, *, index: str, amend: bool) -> Advice:
    """Judge what is about to be committed.

    ``index``: the index that git commits from; it is only read. ``amend``:
    the new commit takes HEAD's place, so its parent is HEAD's.
    """
    if amend and git.maybe("rev-parse", "-q", "--verify", "HEAD^2") is not None:
        return Advice()  # a merge, as below
    head = git.maybe("rev-parse", "-q", "--verify", "HEAD^" if amend else "HEAD")
    parent_tree = git.tree(head)
    tree = staged(git, index)
    if os.path.exists(os.path.join(git.git_dir, "MERGE_HEAD")):
        return Advice()  # a merge is judged by the suite of the tip
    judged = judge.prove(parent_tree, tree)
    proof = judged.proof
    if proof.word == "PASS":
        file_verdict(git, rules, parent_tree, tree)
        return Advice()
    why = proof.notes[0] if proof.notes else proof.code
    if proof.word == "UNKNOWN":
        goes_on = "the proof goes on: git oneshot status; git oneshot push waits for it"
        hint = goes_on if proof.code == "budget" else "it is proven at finalize and push"
        return Advice(f"not proven yet ({proof.code}): {why}", hint)
    return Advice(f"not proven ({proof.code}): {why}", refused=judged)


def unfile(git: Git) -> None:
    """Take away what was filed for the shim."""
    shutil.rmtree(os.path.join(git.own_dir, FILED), ignore_errors=True)


def file_verdict(git: Git, rules: Rules, parent_tree: str, tree: str) -> None:
    """File a PASS where the shim finds it without starting Python.

    By the names alone, so it is advice like all else in a hook: the push and
    finalize ask the cache by everything that decides an outcome.
    """
    folder = os.path.join(git.own_dir, FILED)
    name = digest(rules)
    ours = os.path.join(folder, name)
    # Those of other rules go: the shim asks for those in force alone. Now and then, all do.
    if not os.path.isdir(ours) or (tree.startswith("00") and len(os.listdir(ours)) > MOST):
        unfile(git)
    write(os.path.join(ours, parent_tree, tree), b"PASS\n")
    write(os.path.join(folder, "current"), name.encode() + b"\n")
