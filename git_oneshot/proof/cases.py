"""A change on its own: which runs its class asks for, and the proof that they make."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from git_oneshot.core.facts import Proof
from git_oneshot.core.rules.file import Argv
from git_oneshot.core.rules.rules import Rules, Suite, suites_of
from git_oneshot.core.verdicts.regression import Key, regression
from git_oneshot.core.verdicts.runs import Pair
from git_oneshot.core.verdicts.verdict import doubt, judge, proof_of
from git_oneshot.git import Git
from git_oneshot.proof.classes import whole
from git_oneshot.proof.classes.at_sight import (
    Said,
    Sorted,
    kind_of,
    no_test,
    touched_tests,
    without_runs,
)
from git_oneshot.proof.classes.executed import traced
from git_oneshot.proof.classes.halves import Halves
from git_oneshot.proof.classes.inside import both
from git_oneshot.proof.classes.merges import reverts
from git_oneshot.proof.classes.removal import only_deletes
from git_oneshot.proof.classes.weakened import weakened
from git_oneshot.proof.runners import selection
from git_oneshot.proof.running.bench import Bench, Wanted
from git_oneshot.proof.trees.change import Change, facts_of
from git_oneshot.proof.trees.made import hybrid

# Without a test that turned, a change may still be what it was declared, or a removal.
_OPEN: Final = ("no-test", "vacuous-red", "broken-test")


class Judged(NamedTuple):
    """A proof, the change it is about, the runs it rests on, and the tests that leave with it."""

    proof: Proof
    change: Change
    runs: tuple[Pair, ...] = ()
    leaving: frozenset[Key] = frozenset()

    @property
    def log(self) -> str:
        """What the runs that decided it printed: those without the change, or those with it."""
        red = self.proof.code in ("broken-test", "vacuous-red")
        return "".join(pair.red.log if red else pair.green.log for pair in self.runs)


class Case(NamedTuple):
    """A change, and all that is needed to judge it.

    ``trusted``: the commands that may be run; None for all. ``key``: a name of the rules.
    """

    git: Git
    bench: Bench
    trusted: frozenset[Argv] | None
    rules: Rules
    key: str
    found: Sorted
    said: Said
    bootstrap: bool

    @property
    def change(self) -> Change:
        """The change, with inert production among the neutral files."""
        return self.found.change

    def judged(self, only: Sequence[str] = ()) -> Judged:
        """The judgement; ``only``: tests to run instead of those that the change touches."""
        simple = without_runs(self.found, self.rules, self.bootstrap)
        if simple is not None:
            return self._placed(simple, None)
        reverted = self._reverted() if self.said.message else None
        if reverted is not None:
            return reverted
        first = self._by_tests(only)
        if first.proof.word != "FAIL" or first.proof.code not in _OPEN:
            return first  # a proof stands above a declaration
        halved = self._by_halves(first)
        if halved is not None and halved.proof.word != "UNKNOWN":
            return halved
        declared = self.said.declared
        if declared or only_deletes(self.git, self.change):
            return self._by_the_whole(declared)
        return halved or first

    # -- by the tests that the change touches --------------------------------------

    def _by_tests(self, only: Sequence[str]) -> Judged:
        change = self.change
        if not touched_tests(change) and not change.on("environment") and not only:
            return self._placed(no_test(self.git, self.found), None)
        hybrid_tree = hybrid(self.git, change)
        wanted = wanted_of(change, self.rules, only)
        refused = untrusted(self.trusted, commands_of(wanted))
        if refused:
            return self._placed(refused, hybrid_tree)
        kind = "bootstrap" if self.bootstrap else kind_of(self.found)
        key = (*self.bench.key(wanted), self.key, kind, hybrid_tree, change.tree)
        known = self.bench.verdict(key)
        if known is not None and known.word == "PASS":  # of a FAIL, somebody wants to see the runs
            return Judged(known, change)
        pairs = self.bench.pairs(wanted, hybrid_tree, change.tree)
        proof = judge(pairs, facts_of(self.git, change, hybrid_tree), other=kind)
        if proof.word == "PASS":
            found = weakened(self.git, self.bench, change, self.rules, wanted, pairs)
            proof = found or _weaker(proof, wanted)
        elif kind == "environment" and not change.on("production"):
            proof = self._unexercised(wanted, pairs, proof)
        made = self._placed(proof, hybrid_tree, pairs)
        self.bench.keep(key, made.proof)
        return made

    def _unexercised(
        self, wanted: Sequence[Wanted], pairs: Sequence[Pair], proof: Proof
    ) -> Proof:  # fmt: skip
        """PASS, when this machine cannot show what the change of the environment does."""
        why = proof.notes[0] if proof.notes else ""
        set_up = proof.code == "deps" and any(want.suite.setup for want in wanted)
        if proof.code in ("runner", "green-failed") or set_up:
            before = [
                (w.suite.name, self.bench.run(w, self.change.parent_tree)) for w in wanted
            ]  # fmt: skip
            late = doubt(run for _, run in before if run.trouble in ("budget", "timeout"))
            if late:
                return late
            after = [(pair.suite, pair.green) for pair in pairs]
            same = all(run.trouble for _, run in before) or regression(before, after).word == "PASS"
            if not same:
                return proof
            if ", and without it" not in why:
                why += ", and so it is without the change"
        elif proof.code not in ("environment", "deps"):
            return proof
        return proof_of("PASS", "", [], f"unexercised: {why}", kind="environment")

    def _by_halves(self, first: Judged) -> Judged | None:
        """The judgement of a change with tests inside of its production, part by part."""
        if not (self.found.mixed or both(self.change)):
            return None
        wanted = self._suites()
        refused = untrusted(self.trusted, commands_of(wanted))
        if refused:
            return self._placed(refused, None)
        base = first.proof.hybrid or hybrid(self.git, self.change)
        halves = Halves(self.git, self.bench, self.change, wanted, base)
        proof = halves.judged(self.found.mixed)
        return None if proof is None else self._placed(proof, base, first.runs)

    # -- by the whole suite ----------------------------------------------------------

    def _by_the_whole(self, declared: str) -> Judged:
        change = self.change
        wanted = self._suites()
        refused = untrusted(self.trusted, commands_of(wanted))
        if refused:
            return self._placed(refused, None)
        trace = traced(change) if declared else ()
        pairs = self.bench.pairs(wanted, change.parent_tree, change.tree, trace)
        if declared:
            found = whole.of_declared(self.git, change, pairs, declared, trace)
        else:
            found = whole.of_removal(self.git, change, pairs)
        return self._placed(found.proof, None, pairs, found.leaving)

    def _reverted(self) -> Judged | None:
        """The judgement of a commit that takes another one back, exactly; None if it does not."""
        head = self.said.parents[0] if self.said.parents else "HEAD"
        commit = reverts(self.git, self.said.message, head, self.change.tree)
        if commit is None:
            return None
        wanted = self._suites()
        refused = untrusted(self.trusted, commands_of(wanted))
        if refused:
            return self._placed(refused, None)
        pairs = self.bench.pairs(wanted, self.change.parent_tree, self.change.tree)
        found = whole.of_revert(commit, pairs)
        return self._placed(found.proof, None, pairs, found.leaving)

    def _suites(self) -> list[Wanted]:
        """The suites of what changed, with all their tests."""
        paths = {f.path for f in self.change.files}
        mine = {suite.name for path in paths for suite in suites_of(self.rules, path)}
        return [Wanted(suite, ()) for suite in self.rules.suites if suite.name in mine]

    def _placed(
        self,
        proof: Proof,
        hybrid_tree: str | None,
        pairs: Sequence[Pair] = (),
        leaving: frozenset[Key] = frozenset(),
    ) -> Judged:
        """A judgement that says on which trees it was found."""
        notes = (*self.found.notes, *proof.notes) if proof.word == "PASS" else proof.notes
        if proof.kind == "inert":
            notes = proof.notes
        placed = msgspec.structs.replace(
            proof, tree=self.change.tree, hybrid=hybrid_tree, notes=notes
        )
        return Judged(placed, self.change, tuple(pairs), leaving)


def wanted_of(change: Change, rules: Rules, only: Sequence[str]) -> list[Wanted]:
    """The suites to run: those of the touched tests, or of the whole change."""
    paths = list(only) or touched_tests(change) or [f.path for f in change.files]
    by_suite: dict[str, list[str]] = {}
    for path in paths:
        for suite in suites_of(rules, path.partition("::")[0]):
            by_suite.setdefault(suite.name, []).append(path)
    return [
        Wanted(suite, _named(suite, only) or selection(suite, by_suite[suite.name]))
        for suite in rules.suites
        if suite.name in by_suite
    ]


def commands_of(wanted: Sequence[Wanted]) -> list[Argv]:
    """What would be run."""
    return [argv for want in wanted for argv in want.suite.commands]


def untrusted(trusted: frozenset[Argv] | None, commands: Sequence[Argv]) -> Proof | None:
    """UNKNOWN, when a command is not one of those that may be run."""
    if trusted is None or set(commands) <= trusted:
        return None
    return Proof(word="UNKNOWN", code="untrusted", notes=("see them: git oneshot trust",))


def _named(suite: Suite, only: Sequence[str]) -> tuple[str, ...]:
    prefix = f"{suite.root}/" if suite.root else ""
    return tuple(t.removeprefix(prefix) for t in only if t.startswith(prefix))


def _weaker(proof: Proof, wanted: Sequence[Wanted]) -> Proof:
    """A proof that says so when it rests on commands that cannot tell tests apart."""
    plain = [want.suite.name for want in wanted if want.suite.runner == "command"]
    if (proof.word, proof.kind) != ("PASS", "behaviour") or not plain:
        return proof
    note = f"suite '{plain[0]}' is a plain command, whose exit status is one test: a weaker proof"
    return msgspec.structs.replace(proof, notes=(*proof.notes, note))
