"""`verify --ablate`: a proof that is asked twice, and each part of a change taken out in turn.

A test that turned must be red again where the code was green: one that looks
at its folder, the clock, or at what a run left behind is not. And each part of
the change must be missed by a test: what nothing misses is pinned by nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from git_oneshot.core.facts import Proof
from git_oneshot.core.source.parts import Part, hunks, parts
from git_oneshot.core.verdicts.runs import FAILING, Pair, Run
from git_oneshot.core.verdicts.verdict import proof_of
from git_oneshot.git import Git
from git_oneshot.proof.running.bench import Bench, Wanted, side_by_side
from git_oneshot.proof.trees.change import Change, File
from git_oneshot.proof.trees.made import with_entries

MOST: Final = 60  # parts of one change that are tried
SIZE: Final = 2**20  # bytes of a file that is taken apart
TURNED: Final = 20  # tests that are run once more


class Ablation:
    """One change whose proof is PASS behaviour, and the runs that it rests on.

    ``wanted``: the suites and tests of the proof; ``pairs``: what they did.
    """

    def __init__(
        self,
        git: Git,
        bench: Bench,
        change: Change,
        wanted: Sequence[Wanted],
        pairs: Sequence[Pair],
    ) -> None:
        self._git = git
        self._bench = bench
        self._change = change
        self._wanted = wanted
        self._green = {pair.suite: pair.green for pair in pairs}

    def judged(self, proof: Proof, hybrid_tree: str) -> Proof:
        """The proof, if it holds; else FAIL(flaky) or FAIL(unpinned)."""
        if not self._red_again(proof, hybrid_tree):
            turned = [t for t in proof.tests if t.turned]
            note = f"{turned[0].id} was red without the change, and then was not"
            return proof_of("FAIL", "flaky", turned, note)
        tried = list(self._parts())
        with side_by_side() as pool:
            held = list(pool.map(self._is_missed, tried[:MOST]))
        loose = [str(part) for (_, part), missed in zip(tried, held, strict=False) if not missed]
        more = f"{len(tried) - MOST} parts more were not tried" if len(tried) > MOST else ""
        if loose:
            notes = [f"{part}: no test fails without it" for part in loose[:15]]
            rest = f"and {len(loose) - 15} parts more" if len(loose) > 15 else ""
            return proof_of("FAIL", "unpinned", [], *notes, rest, more)
        return proof

    def _red_again(self, proof: Proof, hybrid_tree: str) -> bool:
        """Whether a test that turned is red once more; True where none can be asked by name."""
        asked = [t for t in proof.tests if t.turned and t.file and "\0" not in t.id]  # for argv
        for want in self._wanted:
            prefix = f"{want.suite.root}/" if want.suite.root else ""
            ours = [t.id.removeprefix(prefix) for t in asked if t.suite == want.suite.name]
            ids = tuple(ours[:TURNED])
            if not ids:
                continue
            run = self._bench.again(want._replace(selected=ids), hybrid_tree, self._change.tree)
            if run.trouble or any(r.outcome in FAILING for r in run.results):
                return True
        return not asked

    def _parts(self) -> Iterator[tuple[File, Part]]:
        for file in self._change.on("production"):
            if file.status in ("A", "M"):
                yield from ((file, part) for part in parts_of(self._git, self._change, file))

    def _is_missed(self, one: tuple[File, Part]) -> bool:
        """Whether a test fails without a part: first of those of the proof, then of all."""
        tree = self._without(*one)
        for want in self._wanted:
            green = self._green.get(want.suite.name, Run())
            if _lost(green, self._bench.run(want, tree)):
                return True
        for want in self._wanted:
            every = want._replace(selected=())
            if want.selected and _lost(
                self._bench.run(every, self._change.tree), self._bench.run(every, tree)
            ):
                return True
        return False

    def _without(self, file: File, part: Part) -> str:
        """The tree with the change, less one part of it."""
        blob = self._git.text("hash-object", "-w", "--stdin", stdin=part.without)
        return with_entries(self._git, self._change.tree, [f"{file.mode} {blob}\t{file.path}"])


def parts_of(git: Git, change: Change, file: File) -> Iterator[Part]:
    """The parts of a changed file that can be taken out."""
    new = git.output("cat-file", "blob", file.new)
    if len(new) > SIZE or b"\0" in new:
        return
    old = git.output("cat-file", "blob", file.old) if file.old else b""
    patch = git.output(
        "diff-tree", "-p", "-U0", "--no-renames", "--no-ext-diff", "--no-textconv", "--text",
        change.parent_tree, change.tree, "--", f":(literal){file.path}",
    )  # fmt: skip
    yield from parts(file.path, old, new, hunks(patch))


def _lost(green: Run, without: Run) -> bool:
    """Whether a test passes with the change and does not without a part of it."""
    if without.trouble:
        return True  # it does not even come to its end
    passed = {r.id for r in without.results if r.outcome == "passed"}
    return any(r.outcome == "passed" and r.id not in passed for r in green.results)
