"""Judging a change: which tests to run on which trees, and what the runs say.

The rules are in ``core/verdict.py``; here the runs are made, or found in the
cache when the caller may believe it.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from git_oneshot.core.facts import Proof
from git_oneshot.core.regression import regression
from git_oneshot.core.rules import Rules, Suite, suites_of
from git_oneshot.core.rules_file import Argv
from git_oneshot.core.runs import Pair, Run
from git_oneshot.core.verdict import judge, proof_of, seen_red
from git_oneshot.git import Git, GitError
from git_oneshot.proof.ablation import Ablation
from git_oneshot.proof.bench import Bench, Wanted, Watch, side_by_side, unwatched
from git_oneshot.proof.cache import ProofCache
from git_oneshot.proof.change import Change, facts_of, read_change
from git_oneshot.proof.classes import kind_of, unreadable_rules, without_runs
from git_oneshot.proof.runners import Tools, selection
from git_oneshot.proof.slots import Slots
from git_oneshot.proof.suites import rules_for, rules_of
from git_oneshot.proof.trees import hybrid


class Judged(NamedTuple):
    """A proof, the change it is about, and the runs it rests on."""

    proof: Proof
    change: Change
    runs: tuple[Pair, ...] = ()

    @property
    def log(self) -> str:
        """What the runs that decided it printed: those without the change, or those with it."""
        red = self.proof.code in ("broken-test", "vacuous-red")
        return "".join(pair.red.log if red else pair.green.log for pair in self.runs)


class Prover:
    """Proves changes in one repository.

    ``fresh``: make every run anew and believe no cache (finalize, verify).
    ``trusted``: the commands that may be run here; None for all.
    ``limit``: seconds after which a run is given up as UNKNOWN(budget).
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
        watch: Watch = unwatched,
    ) -> None:
        self._git = git
        self._bench = Bench(git, tools, slots, cache, fresh=fresh, limit=limit, watch=watch)
        self._trusted = trusted

    @property
    def refused(self) -> list[float]:
        """How long the runs took the last time that were not begun for want of time."""
        return self._bench.refused

    def prove(
        self, parent_tree: str, tree: str, *, parents: int = 1, only: Sequence[str] = ()
    ) -> Judged:
        """Judge the change from one tree to another; ``only``: tests to run instead.

        Raises OneshotError (RULES_INVALID, GIT_FAILED) when there is nothing to judge by.
        """
        try:
            return self._prove(parent_tree, tree, parents, only)
        except GitError as err:
            return Judged(self._lacking(err, parent_tree, tree), Change(parent_tree, tree, ()))

    def _prove(self, parent_tree: str, tree: str, parents: int, only: Sequence[str]) -> Judged:
        rules, broken = rules_for(self._git, parent_tree, tree)
        change = read_change(self._git, parent_tree, tree, rules)
        unreadable = unreadable_rules(self._git, change, broken)
        if unreadable is not None:
            return Judged(_placed(unreadable, change, None), change)
        bootstrap = parent_tree == _empty_tree(self._git)
        simple = without_runs(change, rules, parents, bootstrap)
        if simple is not None:
            return Judged(_placed(simple, change, None), change)
        hybrid_tree = hybrid(self._git, change)
        wanted = self._wanted(change, rules, only)
        untrusted = self._untrusted([a for w in wanted for a in w.suite.commands])
        if untrusted:
            return Judged(_placed(untrusted, change, hybrid_tree), change)
        kind = "bootstrap" if bootstrap else kind_of(change)
        key = (*self._bench.key(wanted), digest(rules), kind, hybrid_tree, tree)
        known = self._bench.verdict(key)
        if known is not None and known.word == "PASS":  # of a FAIL, somebody wants to see the runs
            return Judged(known, change)
        pairs = self._bench.pairs(wanted, hybrid_tree, tree)
        proof = judge(pairs, facts_of(self._git, change), other=kind)
        proof = _weaker(_placed(proof, change, hybrid_tree), wanted)
        self._bench.keep(key, proof)
        return Judged(proof, change, tuple(pairs))

    def ablate(self, judged: Judged) -> Proof:
        """The proof of a behaviour, asked once more, and of its parts; any other as it is."""
        proof, change = judged.proof, judged.change
        if (proof.word, proof.kind) != ("PASS", "behaviour") or not judged.runs:
            return proof
        rules, _ = rules_for(self._git, change.parent_tree, change.tree)
        wanted = self._wanted(change, rules, ())
        ablation = Ablation(self._git, self._bench, change, wanted, judged.runs)
        found = ablation.judged(proof, proof.hybrid or change.parent_tree)
        return _placed(found, change, proof.hybrid)

    def red(self, parent_tree: str, tree: str, only: Sequence[str] = ()) -> Judged:
        """The first half of a cycle: the tests of ``tree`` on the parent's code."""
        rules = rules_of(self._git, parent_tree, fallback=tree)
        change = read_change(self._git, parent_tree, tree, rules)
        hybrid_tree = hybrid(self._git, change)
        wanted = self._wanted(change, rules, only) if change.on("test") or only else []
        proof = self._untrusted([a for w in wanted for a in w.suite.commands])
        runs: list[tuple[str, Run]] = []
        if proof is None:
            runs = [(w.suite.name, self._bench.run(w, hybrid_tree)) for w in wanted]
            facts = facts_of(self._git, change, provisional=not change.on("production"))
            proof = seen_red(runs, facts)
        pairs = tuple(Pair(name, run, Run()) for name, run in runs)
        return Judged(_placed(proof, change, hybrid_tree), change, pairs)

    def suite(self, tree: str, before: str | None) -> Proof:
        """The whole suite and the checks on ``tree``; ``before``: the tree to compare with."""
        rules, broken = rules_for(self._git, before or tree, tree)
        if broken is not None:
            rules = rules_of(self._git, tree)  # mended since
        untrusted = self._untrusted(rules.commands)
        if untrusted:
            return untrusted
        wanted = [Wanted(suite, ()) for suite in rules.suites]
        after = [(w.suite.name, tree, w) for w in wanted]
        earlier = [(w.suite.name, before, w) for w in wanted if before is not None]
        with side_by_side() as pool:
            runs = list(pool.map(lambda one: self._bench.run(one[2], one[1]), [*after, *earlier]))
        proof = regression(
            [(one[0], run) for one, run in zip(earlier, runs[len(after) :], strict=True)],
            [(one[0], run) for one, run in zip(after, runs, strict=False)],
        )
        if proof.word == "PASS":
            proof = self._failed_check(tree, rules) or proof
        return msgspec.structs.replace(proof, tree=tree)

    def _failed_check(self, tree: str, rules: Rules) -> Proof | None:
        """The verdict on the first check command of the rules that does not pass on ``tree``."""
        for argv in rules.checks:
            made = self._bench.run(Wanted(Suite(name=" ".join(argv)[:200], command=argv), ()), tree)
            if made.trouble:
                return proof_of("UNKNOWN", made.trouble, [], made.detail)
            for result in made.results:
                if result.outcome != "passed":
                    last = (made.log.strip().splitlines() or [""])[-1]
                    note = f"check '{result.id}' ended with {result.message}: {last}"
                    return proof_of("FAIL", "check-failed", [], note)
        return None

    def _wanted(self, change: Change, rules: Rules, only: Sequence[str]) -> list[Wanted]:
        """The suites to run: those of the touched tests, or of the whole change."""
        touched = [f.path for f in change.on("test") if f.status != "D"]
        paths = list(only) or touched or [f.path for f in change.files]
        by_suite: dict[str, list[str]] = {}
        for path in paths:
            for suite in suites_of(rules, path.partition("::")[0]):
                by_suite.setdefault(suite.name, []).append(path)
        return [
            Wanted(suite, _named(suite, only) or selection(suite, by_suite[suite.name]))
            for suite in rules.suites
            if suite.name in by_suite
        ]

    def _untrusted(self, commands: Sequence[Argv]) -> Proof | None:
        if self._trusted is None or set(commands) <= self._trusted:
            return None
        return Proof(word="UNKNOWN", code="untrusted", notes=("see them: git oneshot trust",))

    def _lacking(self, err: GitError, *trees: str) -> Proof:
        """UNKNOWN, when git failed for want of objects; else its error goes on."""
        found = self._git.call("rev-list", "--objects", "--missing=print", *trees, ok=(0, 128))
        if found.returncode == 0 and b"\n?" not in b"\n" + found.stdout:
            raise err
        return proof_of("UNKNOWN", "missing-objects", [], err.message)


def digest(rules: Rules) -> str:
    """A name for rules: equal rules, equal names."""
    return hashlib.sha256(msgspec.json.encode(rules)).hexdigest()[:16]


def _named(suite: Suite, only: Sequence[str]) -> tuple[str, ...]:
    prefix = f"{suite.root}/" if suite.root else ""
    return tuple(t.removeprefix(prefix) for t in only if t.startswith(prefix))


def _empty_tree(git: Git) -> str:
    return hashlib.new(git.object_format, b"tree 0\0").hexdigest()


def _weaker(proof: Proof, wanted: Sequence[Wanted]) -> Proof:
    """A proof that says so when it rests on commands that cannot tell tests apart."""
    plain = [want.suite.name for want in wanted if want.suite.runner == "command"]
    if (proof.word, proof.kind) != ("PASS", "behaviour") or not plain:
        return proof
    note = f"suite '{plain[0]}' is a plain command, whose exit status is one test: a weaker proof"
    return msgspec.structs.replace(proof, notes=(*proof.notes, note))


def _placed(proof: Proof, change: Change, hybrid_tree: str | None) -> Proof:
    return msgspec.structs.replace(proof, tree=change.tree, hybrid=hybrid_tree)
