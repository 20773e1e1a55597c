"""The classes of change that no test run has to tell."""

from git_oneshot.core.errors import OneshotError
from git_oneshot.core.facts import Proof
from git_oneshot.core.ids import printable
from git_oneshot.core.rules import Rules
from git_oneshot.core.verdict import FAILURES, proof_of
from git_oneshot.git import Git
from git_oneshot.proof.change import Change
from git_oneshot.proof.suites import rules_of


def unreadable_rules(git: Git, change: Change, broken: OneshotError | None) -> Proof | None:
    """FAIL when the change brings rules that cannot be read.

    ``broken``: why its parent's cannot; then only a change of the rules alone
    can be judged, which is how they are mended, and any other raises that error.
    """
    if change.on("rules"):
        try:
            rules_of(git, change.tree)
        except OneshotError as err:
            return proof_of("FAIL", "rules-invalid", [], err.message)
    if broken is not None and len(change.files) > len(change.on("rules")):
        raise broken
    return None


def without_runs(change: Change, rules: Rules, parents: int, bootstrap: bool) -> Proof | None:
    """The verdicts that need no run; None when tests have to tell."""
    if parents > 1:
        return Proof(word="PASS", kind="merge", notes=("judged by the suite of the tip",))
    if change.on("rules") and not bootstrap:
        if len(change.files) > len(change.on("rules")):
            return Proof(word="FAIL", code="rules-mixed", notes=(FAILURES["rules-mixed"],))
        return Proof(word="PASS", kind="rules")
    if not rules.suites:
        kind = "bootstrap" if bootstrap else "neutral"
        return Proof(word="PASS", kind=kind, notes=("no suite is known: nothing is gated",))
    tests = [f for f in change.on("test") if f.status != "D"]
    if not tests and not change.on("environment"):
        if not change.on("production"):
            return Proof(word="PASS", kind="bootstrap" if bootstrap else kind_of(change))
        names = ", ".join(printable(f.path) for f in change.on("production")[:3])
        return proof_of("FAIL", "no-test", [], f"{names} changed, and no test did")
    return None


def kind_of(change: Change) -> str:
    """The class of a change in which no test turned."""
    if change.on("test"):
        return "test-only"
    return "environment" if change.on("environment") else "neutral"
