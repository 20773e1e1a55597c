"""Judging commits, one by one, and a feature at its tip: the same for all who ask."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from git_oneshot.core.facts import Proof
from git_oneshot.core.state import State, Waiver
from git_oneshot.core.verdicts.codes import FAILURES
from git_oneshot.core.verdicts.regression import Key
from git_oneshot.core.verdicts.runs import Pair
from git_oneshot.core.verdicts.verdict import proof_of
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.commits import UNFINISHED, Seen, bases_of, look
from git_oneshot.gate.patience import Judge
from git_oneshot.gate.refused import overcome
from git_oneshot.gate.spool import foreseen
from git_oneshot.git import Git
from git_oneshot.proof.cases import Judged
from git_oneshot.proof.classes.at_sight import Said


class Verdict(NamedTuple):
    """A commit and its proof.

    ``suite`` is the regression of this commit alone, where that was asked for.
    """

    commit: Seen
    proof: Proof
    suite: Proof | None = None
    waiver: Waiver | None = None
    log: str = ""  # the end of what its tests printed
    runs: tuple[Pair, ...] = ()  # that its proof rests on
    leaving: frozenset[Key] = frozenset()  # the tests that the commit takes along
    neutral: tuple[str, ...] = ()  # its files that need no test

    @property
    def accepted(self) -> bool:
        """Whether a gate of this clone lets the commit through."""
        return self.proof.word == "PASS" or self.waiver is not None

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """All that was found out."""
        return (self.proof,) if self.suite is None else (self.proof, self.suite)


class Found(NamedTuple):
    """The verdicts on some commits, and on the suite at their tip where it was run.

    ``pardoned``: the commits that a waiver exempts where nobody takes this clone's word for it.
    """

    verdicts: tuple[Verdict, ...]
    suite: Proof | None
    pardoned: frozenset[str] = frozenset()

    @property
    def accepted(self) -> bool:
        """Whether a gate of this clone lets every commit through, and there is one."""
        return bool(self.verdicts) and all(one.accepted for one in self.verdicts)

    @property
    def lacking(self) -> tuple[Proof, ...]:
        """The proofs that no gate of this clone accepts."""
        suite = [self.suite] if self.suite is not None and self.suite.word != "PASS" else []
        return (*(one.proof for one in self.verdicts if not one.accepted), *suite)

    @property
    def proofs(self) -> list[Proof]:
        """All that was found out and counts."""
        counting = (verdict for verdict in self.verdicts if verdict.commit.id not in self.pardoned)
        proofs = [proof for verdict in counting for proof in verdict.proofs]
        return [*proofs, self.suite] if self.suite else proofs


# Told how many there will be, so that a person can be told which one is waited for.
Each = Callable[[Iterable[Verdict], int], Iterable[Verdict]]


def judge_all(
    git: Git,
    judge: Judge,
    commits: Sequence[str],
    claims: Claims = Claims(),  # noqa: B008 - immutable
    *,
    each: bool = False,
    ablate: Callable[[Judged], Proof] | None = None,
    bases: Mapping[str, str] | None = None,
) -> Generator[Verdict, None, None]:
    """The verdict on each commit, as soon as it is known.

    ``claims``: what trails say of them. ``each``: run the whole suite on every
    commit, and on its parent, too. ``ablate`` looks at each proof once more.
    ``bases``: of the whole range, where these commits are a part of it.
    """
    all_ = look(git, commits)
    joins = bases_of(all_) if bases is None else bases
    for seen in all_:
        if seen.cut:
            note = "the clone is shallow and ends here: git fetch --deepen=1"
            yield Verdict(seen, Proof(word="UNKNOWN", code="missing-objects", notes=(note,)))
            continue
        if seen.subject.startswith(UNFINISHED):
            # Its verdict belongs to the commit that it ends up in: no test is run for it.
            fixup = proof_of("FAIL", "fixup", [], FAILURES["fixup"])
            yield Verdict(seen, fixup, waiver=claims.waiver(git, seen))
            continue
        judged = _judged(git, judge, seen, claims, joins.get(seen.id, ""))
        proof = ablate(judged) if ablate else judged.proof
        if proof.code == "untrusted":
            proof = replace(proof, notes=(f"{proof.notes[0]} {seen.id[:9]}",))
        suite = judge.suite(seen.tree, seen.parent_tree, judged.leaving) if each else None
        waiver = claims.waiver(git, seen) if proof.word != "PASS" else None
        if proof.word == "PASS":
            overcome(git, (seen.id,))
        rest = () if len(seen.parents) > 1 else judged.change.on("neutral")  # or all that it merges
        yield Verdict(seen, proof, suite, waiver, judged.log, judged.runs, judged.leaving,
                      tuple(file.path for file in rest))  # fmt: skip


def _judged(git: Git, judge: Judge, seen: Seen, claims: Claims, base: str) -> Judged:
    own = _parents(git, seen)
    said = Said(own, seen.message, claims.declared(seen), base)
    if len(seen.parents) < 2 or len(own) > 1:
        return judge.prove(seen.parent_tree, seen.tree, said=said)
    # One parent holds the others: the commit is a change of that one.
    judged = judge.prove(git.tree(own[0]), seen.tree, said=said)
    nothing = not judged.change.files
    proof = replace(judged.proof, kind="merge") if nothing else judged.proof
    return judged._replace(proof=proof)


def _parents(git: Git, seen: Seen) -> tuple[str, ...]:
    """The lines of work that a commit joins: an ancestor of another parent is none of its own."""
    if len(seen.parents) < 2:
        return seen.parents
    own = git.lines("merge-base", "--independent", *seen.parents)
    return tuple(parent for parent in seen.parents if parent in own)


def at_tip(
    git: Git,
    judge: Judge,
    state: State,
    commits: Sequence[str],
    *,
    each: Each = lambda verdicts, _: verdicts,
    trees: tuple[str, str] | None = None,
) -> Found:
    """Judge the commits of a feature, oldest first, then the whole suite and the checks at its tip.

    The one judgement of all who let a feature go on: prove and push, finalize, synthesize, and
    a merge that makes a tree on which nobody has run anything.

    ``trees``: run the suite on this tree, and compare it with the one before.
    """
    claims = Claims((foreseen(git, state, state.branch),))
    verdicts = tuple(each(judge_all(git, judge, commits, claims), len(commits)))
    found = Found(verdicts, None)
    if not found.accepted:
        return found
    tree, before = trees or (git.tree("HEAD"), began(verdicts))
    suite = judge.suite(tree, before, leaving(verdicts))
    if suite.word == "PASS" and not trees:
        overcome(git, ("",))
    return found._replace(suite=suite)


def began(verdicts: Sequence[Verdict]) -> str:
    """The tree that judged commits begin at, the last of which is their tip."""
    return bases_of([verdict.commit for verdict in verdicts])[verdicts[-1].commit.id]


def leaving(verdicts: Iterable[Verdict]) -> frozenset[Key]:
    """The tests that some commits took along, and that the suite of the tip need not have."""
    return frozenset().union(*(verdict.leaving for verdict in verdicts))


def worst(proofs: Sequence[Proof]) -> str:
    """The word that stands for all: FAIL before UNKNOWN before PASS."""
    words = {proof.word for proof in proofs}
    return next((word for word in ("FAIL", "UNKNOWN") if word in words), "PASS")
