"""Weakened tests: those that were edited so that they pass with the old code and with the new.

The old version of such a test tells: it passes with the old code, and fails with
the new. One that does what it did, and asserts no less, needs no run, and so a file
that only gained tests needs none. Where a file that tests share asserts less, each
test may have been weakened by it.
"""

from collections.abc import Collection, Mapping, Sequence

from git_oneshot.core.facts import Proof
from git_oneshot.core.rules.rules import Rules
from git_oneshot.core.source.asserted import keeping, loses
from git_oneshot.core.verdicts.regression import Key, turns_of_pairs
from git_oneshot.core.verdicts.runs import FAILING, Pair
from git_oneshot.core.verdicts.verdict import doubt, proof_of
from git_oneshot.git import Git
from git_oneshot.proof.classes.inside import taken_apart
from git_oneshot.proof.running.bench import Bench, Wanted
from git_oneshot.proof.trees.blobs import read_blobs
from git_oneshot.proof.trees.change import Change, File, read_change
from git_oneshot.proof.trees.made import hybrid


def weakened(
    git: Git,
    bench: Bench,
    change: Change,
    rules: Rules,
    wanted: Sequence[Wanted],
    pairs: Sequence[Pair],
) -> Proof | None:
    """FAIL, when a test was edited so that it does not tell the new code from the old any more.

    UNKNOWN, when that could not be found out; None, when there is none.
    """
    edited = {f.path: f for f in change.on("test") if f.status == "M"}
    if not edited or not change.on("production", "neutral"):
        return None
    files = None if _lost(git, edited, pairs) else edited
    held = _passing(pairs, files)
    if files is not None:
        held -= _adapted(git, edited, pairs, held)
    if not held:
        return None
    back = taken_apart(git, read_change(git, change.tree, change.parent_tree, rules), rules)
    old_tests = hybrid(git, back.change, ("test",))
    again = _narrowed(wanted, edited) if files else wanted
    after = [(w.suite.name, bench.run(w, old_tests)) for w in again]
    doubtful = doubt(run for _, run in after)
    fails = {
        (suite, r.id)
        for suite, run in after
        for r in run.results
        if r.outcome in FAILING and r.when == "call"
    }
    if doubtful or not held & fails:
        return doubtful
    before = [(w.suite.name, bench.run(w, change.parent_tree)) for w in again]
    was = _passing([Pair(suite, run, run) for suite, run in before], files)
    doubtful = doubt(run for _, run in before)
    bad = sorted(held & fails & was)
    if doubtful or not bad:
        return doubtful
    note = f"{bad[0][1]}: as it was it fails with the change, as it is it passes without it"
    return proof_of("FAIL", "weakened", turns_of_pairs(pairs, bad), note)


def _lost(git: Git, edited: Mapping[str, File], pairs: Sequence[Pair]) -> bool:
    """Whether a file without tests, which they share, asserts less than it did. Of Python only."""
    with_tests = {result.file for pair in pairs for result in pair.green.results}
    shared = [f for path, f in edited.items() if path.endswith(".py") and path not in with_tests]
    return any(loses(old, new) for old, new in _versions(git, shared))


def _adapted(
    git: Git, edited: Mapping[str, File], pairs: Sequence[Pair], held: Collection[Key]
) -> set[Key]:
    """The tests that were edited, if at all, and assert all the same what they did."""
    of_file: dict[str, list[Key]] = {}
    for pair in pairs:
        for result in pair.green.results:
            if result.file in edited and (pair.suite, result.id) in held:
                of_file.setdefault(result.file, []).append((pair.suite, result.id))
    found: set[Key] = set()
    versions = _versions(git, [edited[path] for path in of_file])
    for tests, (old, new) in zip(of_file.values(), versions, strict=True):
        same = set(keeping(old, new, (test for _, test in tests)))
        found.update(key for key in tests if key[1] in same)
    return found


def _versions(git: Git, files: Sequence[File]) -> list[tuple[str, str]]:
    """Each file as it was and as it is, all read by one process."""
    names = [blob for file in files for blob in (file.old, file.new)]
    texts = [blob.decode(errors="replace") for blob in read_blobs(git, names)]
    return list(zip(texts[::2], texts[1::2], strict=True))


def _passing(pairs: Sequence[Pair], files: Collection[str] | None) -> set[Key]:
    """The tests of some files, or of all, that pass in both runs; one without a file is of any."""
    green = {(p.suite, r.id) for p in pairs for r in p.green.results if r.outcome == "passed"}
    return green & {
        (p.suite, r.id)
        for p in pairs
        for r in p.red.results
        if r.outcome == "passed" and (files is None or not r.file or r.file in files)
    }


def _narrowed(wanted: Sequence[Wanted], edited: Collection[str]) -> list[Wanted]:
    """The same of the selected files that were edited; all of a suite if all of it was wanted.

    Whole files: a test that was named may be new, and is not in its file as that was.
    """
    narrowed = []
    for want in wanted:
        prefix = f"{want.suite.root}/" if want.suite.root else ""
        files = dict.fromkeys(one.partition("::")[0] for one in want.selected)
        selected = tuple(file for file in files if prefix + file in edited)
        if selected or not want.selected:
            narrowed.append(want._replace(selected=selected))
    return narrowed
