"""The pre-commit hook: refuse what can be known now, let the rest pass, and say so.

Advice, not the gate: git runs no pre-commit for a rebase, a cherry-pick or
``--no-verify``. Commits are judged all the same when they are pushed.
"""

import os
from typing import NamedTuple

from msgspec.structs import replace

from git_oneshot.core.rules.rules import Rules
from git_oneshot.core.spelling import some
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.commits import look
from git_oneshot.gate.filed import file_verdict
from git_oneshot.gate.patience import Judge
from git_oneshot.git import Git
from git_oneshot.proof.cases import Judged
from git_oneshot.proof.classes.at_sight import Said
from git_oneshot.proof.suites import digest
from git_oneshot.proof.trees.change import read_change
from git_oneshot.proof.trees.made import snapshot, staged
from git_oneshot.trail.disk import read


class Advice(NamedTuple):
    """What the hook says, if anything, and what it refuses."""

    line: str = ""
    hint: str = ""
    refused: Judged | None = None


def pre_commit(
    git: Git, judge: Judge, rules: Rules, claims: Claims, *, index: str, amend: bool, squash: bool
) -> Advice:
    """Judge what is about to be committed.

    ``index``: the index that git commits from; it is only read. ``amend``: the
    new commit takes HEAD's place, so its parent is HEAD's. ``squash``: it will be
    squashed into another one, and the push asks for that.
    """
    if squash or (amend and git.named("HEAD^2") is not None):
        return Advice()
    head = git.named("HEAD^" if amend else "HEAD")
    parent_tree = git.tree(head)
    tree = staged(git, index)
    said = _said(git, head, "" if amend else claims.of_next(parent_tree))
    if amend:
        [replaced] = look(git, ["HEAD"])
        said = said._replace(declared=claims.declared(replaced), message=replaced.message)
    judged = judge.prove(parent_tree, tree, said=said)
    proof = judged.proof
    if proof.word == "PASS":
        if len(said.parents) < 2:  # a merge of equal trees is another question
            file_verdict(git, digest(rules), parent_tree, tree, proof)
        return Advice()
    why = proof.notes[0] if proof.notes else proof.code
    left = left_out(git, rules, tree) if proof.code == "no-test" else []
    if left:
        why += f"; not staged: {some(left)}"
        judged = judged._replace(proof=replace(proof, notes=(why, *proof.notes[1:])))
    if proof.word == "UNKNOWN":
        goes_on = "the proof goes on: git oneshot status; git oneshot push waits for it"
        hint = goes_on if proof.code == "budget" else "it is proven at finalize and push"
        return Advice(f"not proven yet ({proof.code}): {why}", hint)
    return Advice(f"not proven ({proof.code}): {why}", refused=judged)


def left_out(git: Git, rules: Rules, tree: str) -> list[str]:
    """The tests that are changed in the working tree, and not in what was to be committed."""
    change = read_change(git, tree, snapshot(git), rules)
    return [file.path for file in change.on("test") if file.status != "D"]


def _said(git: Git, head: str | None, declared: str) -> Said:
    """What git has noted of the commit to be: the heads of a merge, the message of a revert."""
    heads = _noted(git, "MERGE_HEAD").split()
    message = _noted(git, "MERGE_MSG") if _noted(git, "REVERT_HEAD") else ""
    return Said((head, *heads) if head else (), message, declared)


def _noted(git: Git, name: str) -> str:
    return read(os.path.join(git.git_dir, name))
