"""Judging a change: which tests to run on which trees, and what the runs say.

The rules are in ``core/verdicts/verdict.py``; here the runs are made, or found in the
cache when the caller may believe it.
"""

import hashlib
from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from git_oneshot.core.facts import Proof
from git_oneshot.core.rules.file import Argv
from git_oneshot.core.rules.rules import Rules, Suite
from git_oneshot.core.verdicts.regression import Key, regression
from git_oneshot.core.verdicts.runs import Pair, Run
from git_oneshot.core.verdicts.verdict import proof_of, seen_red
from git_oneshot.git import Git, GitError
from git_oneshot.proof.ablation import Ablation
from git_oneshot.proof.cases import Case, Judged, commands_of, untrusted, wanted_of
from git_oneshot.proof.classes.at_sight import Said, Sorted, sorted_out, unreadable_rules
from git_oneshot.proof.classes.inside import taken_apart
from git_oneshot.proof.classes.merges import hand_made, made_by_hand, merged
from git_oneshot.proof.runners import Tools
from git_oneshot.proof.running.bench import Bench, Wanted, Watch, side_by_side, unwatched
from git_oneshot.proof.running.cache import ProofCache
from git_oneshot.proof.running.slots import Slots
from git_oneshot.proof.suites import InForce, digest, rules_for, rules_of
from git_oneshot.proof.trees.change import Change, facts_of, read_change
from git_oneshot.proof.trees.made import hybrid

UNSAID: Final = Said()


class Prover:
    """Proves changes in one repository.

    ``fresh``: make every run anew and believe no cache (finalize, verify).
    ``trusted``: the commands that may be run here; None for all.
    ``limit``: seconds after which a run is given up as UNKNOWN(budget).
    ``by``: the tree whose rules all is judged by; None for the rules of each change's parent.
    ``watch``: is told what is run, see `Bench`.
    """

    def __init__(
        self,
        git: Git,
        tools: Tools,
        slots: Slots,
        cache: ProofCache,
        *,
        fresh: bool = False,
        trusted: frozenset[Argv] | None = None,
        limit: float | None = None,
        by: str | None = None,
        watch: Watch = unwatched,
    ) -> None:
        self._git = git
        self._bench = Bench(git, tools, slots, cache, fresh=fresh, limit=limit, watch=watch)
        self._trusted = trusted
        self._by = by

    @property
    def refused(self) -> list[float]:
        """How long the runs took the last time that were not begun for want of time."""
        return self._bench.refused

    def prove(
        self, parent_tree: str, tree: str, *, said: Said = UNSAID, only: Sequence[str] = ()
    ) -> Judged:
        """Judge the change from one tree to another; ``only``: tests to run instead.

        Raises OneshotError (RULES_INVALID, GIT_FAILED) when there is nothing to judge by.
        """
        try:
            if len(said.parents) > 1:
                return self._merge(said, tree, only)
            return self._change(parent_tree, tree, said, only)
        except GitError as err:
            return Judged(self._lacking(err, parent_tree, tree), Change(parent_tree, tree, ()))

    def _change(self, parent_tree: str, tree: str, said: Said, only: Sequence[str]) -> Judged:
        rules, by, broken = self._in_force(parent_tree, tree, said.base)
        change = read_change(self._git, parent_tree, tree, rules, by)
        unreadable = unreadable_rules(self._git, change, broken)
        if unreadable is not None:
            return Judged(msgspec.structs.replace(unreadable, tree=tree), change)
        return self._case(rules, sorted_out(self._git, change, rules), said).judged(only)

    def _merge(self, said: Said, tree: str, only: Sequence[str]) -> Judged:
        """What git merges by itself asks for nothing; what a hand added is judged like a commit."""
        auto = merged(self._git, said.parents)
        rules, by, _ = self._in_force(self._git.tree(said.parents[0]), tree, said.base)
        change = read_change(self._git, auto.ours, tree, rules, by)
        by_hand = hand_made(self._git, auto, tree)
        found = sorted_out(self._git, change, rules)
        alien = made_by_hand(self._git, auto, found.change, said.parents)
        note = "judged by the suite of the tip"
        if not alien:
            proof = proof_of("PASS", "", [], by_hand or note, note if by_hand else "", kind="merge")
            return Judged(msgspec.structs.replace(proof, tree=tree), change)
        files = [
            f._replace(side="neutral") if f.side == "production" and f.path not in alien else f
            for f in found.change.files
        ]
        own = found._replace(change=found.change._replace(files=tuple(files)))
        judged = self._case(rules, own, Said(declared=said.declared, base=said.base)).judged(only)
        proof = judged.proof
        if proof.word == "PASS":
            proof = msgspec.structs.replace(proof, kind="merge")
        return judged._replace(proof=msgspec.structs.replace(proof, notes=(*proof.notes, by_hand)))

    def _case(self, rules: Rules, found: Sorted, said: Said) -> Case:
        bootstrap = {found.change.parent_tree, said.base} - {""} == {_empty_tree(self._git)}
        key = digest(rules)
        return Case(self._git, self._bench, self._trusted, rules, key, found, said, bootstrap)

    def ablate(self, judged: Judged) -> Proof:
        """The proof of a behaviour, asked once more, and of its parts; any other as it is."""
        proof, change = judged.proof, judged.change
        if (proof.word, proof.kind) != ("PASS", "behaviour") or not judged.runs:
            return proof
        rules = self._in_force(change.parent_tree, change.tree).rules
        wanted = wanted_of(change, rules, ())
        ablation = Ablation(self._git, self._bench, change, wanted, judged.runs)
        found = ablation.judged(proof, proof.hybrid or change.parent_tree)
        return msgspec.structs.replace(found, tree=change.tree, hybrid=proof.hybrid)

    def red(self, parent_tree: str, tree: str, only: Sequence[str] = ()) -> Judged:
        """The first half of a cycle: the tests of ``tree`` on the parent's code."""
        rules = rules_of(self._git, parent_tree, fallback=tree)
        apart = taken_apart(self._git, read_change(self._git, parent_tree, tree, rules), rules)
        change = apart.change
        hybrid_tree = hybrid(self._git, change)
        wanted = wanted_of(change, rules, only) if change.on("test") or only else []
        proof = untrusted(self._trusted, commands_of(wanted))
        runs: list[tuple[str, Run]] = []
        if proof is None:
            runs = [(w.suite.name, self._bench.run(w, hybrid_tree)) for w in wanted]
            # Code that is there is not all that is to come: what the tests miss may be.
            facts = facts_of(self._git, change, hybrid_tree, provisional=True)
            proof = seen_red(runs, facts)
        pairs = tuple(Pair(name, run, Run()) for name, run in runs)
        placed = msgspec.structs.replace(proof, tree=tree, hybrid=hybrid_tree)
        return Judged(placed, change, pairs)

    def suite(self, tree: str, before: str | None, leaving: Collection[Key] = ()) -> Proof:
        """The whole suite and the checks on ``tree``; ``before``: the tree to compare with.

        ``leaving``: tests that commits in between took along.
        """
        force = self._in_force(before or tree, tree)
        rules = force.rules if force.broken is None else rules_of(self._git, tree)  # mended since
        proof = self._whole(rules, tree, before, leaving)
        if proof.word != "PASS" or self._by is not None:
            return proof
        # What has been added to the rules since then has to hold, too.
        added = _added(rules, rules_for(self._git, tree, tree).rules)
        if not added.commands:
            return proof
        more = self._whole(added, tree, before, leaving)
        return more if more.word != "PASS" or not rules.suites else proof

    def _whole(
        self, rules: Rules, tree: str, before: str | None, leaving: Collection[Key]
    ) -> Proof:
        """The suites and checks of some rules."""
        refused = untrusted(self._trusted, rules.commands)
        if refused:
            return refused
        wanted = [Wanted(suite, ()) for suite in rules.suites]
        after = [(w.suite.name, tree, w) for w in wanted]
        earlier = [(w.suite.name, before, w) for w in wanted if before is not None]
        with side_by_side() as pool:
            runs = list(pool.map(lambda one: self._bench.run(one[2], one[1]), [*after, *earlier]))
        proof = regression(
            [(one[0], run) for one, run in zip(earlier, runs[len(after) :], strict=True)],
            [(one[0], run) for one, run in zip(after, runs, strict=False)],
            leaving,
        )
        if not wanted:
            proof = msgspec.structs.replace(proof, notes=("no suite is known",))
        if proof.word == "PASS":
            proof = self._failed_check(tree, rules) or proof
        return msgspec.structs.replace(proof, tree=tree)

    def _in_force(self, parent_tree: str, tree: str, base: str = "") -> InForce:
        """The rules that a change is judged by."""
        return rules_for(self._git, self._by or parent_tree, tree, base)

    def _failed_check(self, tree: str, rules: Rules) -> Proof | None:
        """The verdict on the first check command of the rules that does not pass on ``tree``."""
        for argv in rules.checks:
            suite = Suite(name=" ".join(argv)[:200], command=argv, sandbox=rules.sandbox)
            made = self._bench.run(Wanted(suite, ()), tree)
            if made.trouble:
                return proof_of("UNKNOWN", made.trouble, [], made.detail)
            for result in made.results:
                if result.outcome != "passed":
                    last = (made.log.strip().splitlines() or [""])[-1]
                    note = f"check '{result.id}' ended with {result.message}: {last}"
                    return proof_of("FAIL", "check-failed", [], note)
        return None

    def _lacking(self, err: GitError, *trees: str) -> Proof:
        """UNKNOWN, when git failed for want of objects; else its error goes on."""
        found = self._git.call("rev-list", "--objects", "--missing=print", *trees, ok=(0, 128))
        if found.returncode == 0 and b"\n?" not in b"\n" + found.stdout:
            raise err
        return proof_of("UNKNOWN", "missing-objects", [], err.message)


def _added(old: Rules, new: Rules) -> Rules:
    """The new rules with those suites and checks alone that the old ones do not have."""
    known = [msgspec.structs.replace(suite, detected=False) for suite in old.suites]
    return msgspec.structs.replace(
        new,
        suites=tuple(
            suite for suite in new.suites
            if msgspec.structs.replace(suite, detected=False) not in known
        ),
        checks=tuple(argv for argv in new.checks if argv not in old.checks),
    )  # fmt: skip


def _empty_tree(git: Git) -> str:
    return hashlib.new(git.object_format, b"tree 0\0").hexdigest()
