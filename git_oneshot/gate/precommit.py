"""The pre-commit hook: refuse what can be known now, let the rest pass, and say so.

Advice, not the gate: git runs no pre-commit for a rebase, a cherry-pick or
``--no-verify``. Commits are judged all the same when they are pushed.
"""

import os
from typing import NamedTuple

from git_oneshot.core.rules import Rules
from git_oneshot.git import Git
from git_oneshot.proof.cache import write
from git_oneshot.proof.prover import Judged, Prover, digest
from git_oneshot.proof.trees import staged


class Advice(NamedTuple):
    """What the hook says, if anything, and what it refuses."""

    line: str = ""
    hint: str = ""
    refused: Judged | None = None


def pre_commit(git: Git, prover: Prover, rules: Rules, *, index: str, amend: bool) -> Advice:
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
    judged = prover.prove(parent_tree, tree)
    proof = judged.proof
    if proof.word == "PASS":
        file_verdict(git, rules, parent_tree, tree)
        return Advice()
    why = proof.notes[0] if proof.notes else proof.code
    if proof.word == "UNKNOWN":
        return Advice(f"not proven yet ({proof.code}): {why}", "it is proven at finalize and push")
    return Advice(f"not proven ({proof.code}): {why}", refused=judged)


def file_verdict(git: Git, rules: Rules, parent_tree: str, tree: str) -> None:
    """File a PASS where the shim finds it without starting Python.

    By the names alone, so it is advice like all else in a hook: the push and
    finalize ask the cache by everything that decides an outcome.
    """
    folder = os.path.join(git.own_dir, "verdicts")
    name = digest(rules)
    write(os.path.join(folder, name, parent_tree, tree), b"PASS\n")
    write(os.path.join(folder, "current"), name.encode() + b"\n")
