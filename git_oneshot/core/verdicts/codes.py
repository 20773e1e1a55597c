"""The codes of verdicts that are not PASS, and what to do about each."""

from collections.abc import Iterable
from typing import Final

from git_oneshot.core.facts import Proof

FAILURES: Final = {
    "no-test": "code changed and no test did: add one that fails without it, or declare a class",
    "vacuous-red": "no test fails without the change: make one fail first, or declare a class",
    "broken-test": "the tests fail without the change for no reason that it takes away: "
    "make them check what the change does",
    "green-failed": "a test fails with the change: make it pass, then git oneshot green",
    "regression": "a test that passed before fails: mend what broke it",
    "skipped": "a test that passed before is skipped: let it run",
    "vanished": "a test that passed before is gone: bring it back, rename it, "
    "or take it out in the commit that takes out what it tests",
    "rules-mixed": "a commit that changes the rules holds nothing else: commit them apart",
    "rules-invalid": "the rules cannot be read: mend .oneshot.toml",
    "flaky": "a test was red without the change, and then was not: make it tell by the code alone",
    "unpinned": "a part of the change is missed by no test: test it, or commit it apart",
    "weakened": "a test was changed to pass with the old code and the new: "
    "make it tell them apart, or change it first, in a commit of tests",
    "new-test": "a refactoring brings no test: commit the new tests first, by themselves",
    "uncovered": "no test executes a line that a refactor changes: cover it first, by itself",
    "fixup": "the commit is to be squashed into another: git rebase -i --autosquash",
    "check-failed": "a check command of the rules fails: mend what it names",
    "suite-failed": "the suite fails: mend it first",
}
DOUBTS: Final = {
    "runner": "the run tells nothing to believe: "
    "run the suite's command by hand, and read the note",
    "timeout": "the tests took longer than the suite's timeout: raise it in .oneshot.toml",
    "budget": "the tests would take longer than a commit or a push may wait",
    "deps": "the packages that the tree asks for are not installed, or the setup failed: "
    "install them, or name a setup in .oneshot.toml",
    "environment": "the tests need a package that is not installed: install it",
    "wrong-code": "the tests loaded code from the working tree, not from the tree to be proven",
    "sandbox": "the tests are to run in a sandbox, and there is none: apt-get install bubblewrap",
    "submodule": "the commit of a submodule is not in this clone: git submodule update --init",
    "untrusted": "the commands are not trusted in this clone: git oneshot trust",
    "inseparable": "the tests inside of the code cannot be told from it: "
    "put them into a file of their own, or at the end of theirs",
    "missing-objects": "the repository lacks objects that the proof needs",
}
# What a test did without the change, by the reason for which that does not count.
UNCOUNTED: Final = {
    "test-error": "breaks without the change by an error of its own",
    "broken-test": "cannot be collected without the change",
    "setup": "has a fixture that fails without the change",
    "xpass": "passes without the change, where it was to fail",
}


def advice(proof: Proof) -> str:
    """What to do about a verdict that is not PASS, remarks that begin with 'hint: ' included."""
    told = {**FAILURES, **DOUBTS}.get(proof.code, "").partition(": ")[2]
    more = [note.removeprefix("hint: ") for note in proof.notes if note.startswith("hint: ")]
    return "; ".join([told, *more])


def remedies(proofs: Iterable[Proof]) -> str:
    """What to do about verdicts, once for each code; "" where nothing is known of any."""
    by_code = {proof.code: advice(proof) for proof in proofs}
    return "; ".join(f"{code}: {what}" for code, what in by_code.items() if what)
