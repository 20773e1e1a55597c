"""Changes whose tests stand inside of production, and did not turn on the hybrid tree.

A new module with its tests is not compiled before something names it, and some
files cannot be taken apart. So one file, or one part of it, is put back at a time
while all else is as the change has it. A test that fails without it, for a reason
that counts, and that does not pass on the hybrid tree, is red for that part's sake.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from time import monotonic
from typing import Final

from git_oneshot.core.facts import Proof
from git_oneshot.core.source.syntax import PYTHON
from git_oneshot.core.verdicts.verdict import doubt, judge, proof_of
from git_oneshot.git import Git
from git_oneshot.proof.ablation import parts_of
from git_oneshot.proof.classes.inside import both
from git_oneshot.proof.running.bench import Bench, Wanted
from git_oneshot.proof.trees.change import Change, facts_of
from git_oneshot.proof.trees.made import with_entries

MOST: Final = 20  # parts of one change that are tried


class Halves:
    """One change, the suites that tell, and the hybrid tree on which no test turned."""

    def __init__(
        self, git: Git, bench: Bench, change: Change, wanted: Sequence[Wanted], hybrid: str
    ) -> None:
        self._git = git
        self._bench = bench
        self._change = change
        self._wanted = wanted
        self._hybrid = hybrid

    def judged(self, mixed: Collection[str]) -> Proof | None:
        """PASS where a part is missed; UNKNOWN(inseparable) of ``mixed`` files; else None.

        FAIL or UNKNOWN where that could not be asked.
        """
        began, limit = monotonic(), self._bench.limit
        for what, tree in islice(self._parts(mixed), MOST):
            if limit is not None and monotonic() - began > limit:
                return proof_of("UNKNOWN", "budget", [], "some parts are still to be put back")
            proof = self._missed(what, tree)
            if proof is not None:
                return proof
        if not mixed:
            return None
        names = ", ".join(sorted(mixed)[:3])
        note = f"the tests and the code of {names} cannot be told apart"
        return proof_of("UNKNOWN", "inseparable", [], note)

    def _parts(self, mixed: Collection[str]) -> Iterator[tuple[str, str]]:
        """What is put back, and the tree with it: files first."""
        for file, blob in both(self._change):
            yield f"the code of {file.path}", self._with(file.mode, blob, file.path)
        for file in self._change.on("production"):
            # An example of code that worked before fails without a part of it just as well.
            if file.path not in mixed or file.path.endswith(PYTHON):
                continue
            for part in parts_of(self._git, self._change, file):
                blob = self._git.text("hash-object", "-w", "--stdin", stdin=part.without)
                yield str(part), self._with(file.mode, blob, file.path)

    def _with(self, mode: str, blob: str, path: str) -> str:
        return with_entries(self._git, self._change.tree, [f"{mode} {blob}\t{path}"])

    def _missed(self, what: str, tree: str) -> Proof | None:
        """The proof by one part; None where no test fails for its want."""
        pairs = self._bench.pairs(self._wanted, tree, self._change.tree)
        late = [r for p in pairs for r in (p.green, p.red) if r.trouble in ("budget", "timeout")]
        if late or any(pair.green.trouble for pair in pairs):
            return doubt([*late, *(pair.green for pair in pairs)])
        proof = judge(pairs, facts_of(self._git, self._change, tree), other="")
        if proof.code == "green-failed":
            return proof
        if proof.word != "PASS" or proof.kind != "behaviour":
            return None
        passed = self._passed()
        turned = [t for t in proof.tests if t.turned and (t.suite, t.id) not in passed]
        if not turned:
            return None
        note = f"shown without {what} alone: the tests are inside of the code"
        return proof_of("PASS", "", turned, note, kind="behaviour")

    def _passed(self) -> set[tuple[str, str]]:
        """The tests that pass without the change: these did not come with it."""
        return {
            (want.suite.name, result.id)
            for want in self._wanted
            for result in self._bench.run(want, self._hybrid).results
            if result.outcome == "passed"
        }
