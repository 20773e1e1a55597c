"""Judging the commits of a range, one by one: the same for push, finalize and verify."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from git_oneshot.core.facts import Proof
from git_oneshot.core.state import Waiver
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.commits import Seen, look
from git_oneshot.gate.patience import Judge
from git_oneshot.git import Git
from git_oneshot.proof.prover import Judged


class Verdict(NamedTuple):
    """A commit and its proof.

    ``suite`` is the regression of this commit alone, where that was asked for.
    """

    commit: Seen
    proof: Proof
    suite: Proof | None = None
    waiver: Waiver | None = None
    log: str = ""  # the end of what its tests printed

    @property
    def accepted(self) -> bool:
        """Whether a gate of this clone lets the commit through."""
        return self.proof.word == "PASS" or self.waiver is not None

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """All that was found out."""
        return (self.proof,) if self.suite is None else (self.proof, self.suite)


def judge_all(
    git: Git,
    judge: Judge,
    commits: Sequence[str],
    claims: Claims = Claims(),  # noqa: B008 - immutable
    *,
    each: bool = False,
    ablate: Callable[[Judged], Proof] | None = None,
) -> Iterator[Verdict]:
    """The verdict on each commit, as soon as it is known.

    ``claims``: what trails say of them. ``each``: run the whole suite on every
    commit, and on its parent, too. ``ablate`` looks at each proof once more.
    """
    for seen in look(git, commits):
        if seen.cut:
            note = "the clone is shallow and ends here: git fetch --deepen=1"
            yield Verdict(seen, Proof(word="UNKNOWN", code="missing-objects", notes=(note,)))
            continue
        judged = judge.prove(seen.parent_tree, seen.tree, parents=_parents(git, seen))
        proof = ablate(judged) if ablate else judged.proof
        suite = judge.suite(seen.tree, seen.parent_tree) if each else None
        waiver = claims.waiver(git, seen) if proof.word != "PASS" else None
        yield Verdict(seen, proof, suite, waiver, judged.log)


def _parents(git: Git, seen: Seen) -> int:
    """How many lines of work a commit joins: an ancestor of another parent adds none."""
    if len(seen.parents) < 2:
        return 1
    return len(git.lines("merge-base", "--independent", *seen.parents))


def worst(proofs: Sequence[Proof]) -> str:
    """The word that stands for all: FAIL before UNKNOWN before PASS."""
    words = {proof.word for proof in proofs}
    return next((word for word in ("FAIL", "UNKNOWN") if word in words), "PASS")
