"""The classes of change that no test run has to tell, and what a commit says of its own."""

from typing import NamedTuple

from git_oneshot.core.errors import OneshotError
from git_oneshot.core.facts import Proof
from git_oneshot.core.rules.rules import Rules
from git_oneshot.core.spelling import printable
from git_oneshot.core.verdicts.codes import FAILURES
from git_oneshot.core.verdicts.verdict import proof_of
from git_oneshot.git import Git
from git_oneshot.proof.classes.inert import beyond_types, inert_paths
from git_oneshot.proof.classes.inside import taken_apart
from git_oneshot.proof.extra import installing
from git_oneshot.proof.suites import rules_of
from git_oneshot.proof.trees.change import Change


class Said(NamedTuple):
    """What git and the trail say of a commit, beside its trees.

    ``parents``: those of them that no other parent holds. ``declared``: the
    class that somebody said it is of. ``base``: the tree that it joins, whose suites are
    asked where its own parent knows none. Nothing, for a change that is no commit yet.
    """

    parents: tuple[str, ...] = ()
    message: str = ""
    declared: str = ""
    base: str = ""


class Sorted(NamedTuple):
    """A change, less the production that is inert, and the paths that are."""

    change: Change
    inert: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()  # paths that may be inert: the extra `syntax` would know
    mixed: tuple[str, ...] = ()  # paths with tests that cannot be told from the code

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to say of it."""
        told = f"comments, docstrings or types alone: {_list(self.inert)}" if self.inert else ""
        return (told,) if told else ()


def sorted_out(git: Git, change: Change, rules: Rules) -> Sorted:
    """A change with the tests in its production on the test side.

    Production of which only comments, docstrings and types changed is put on the neutral side.
    """
    apart, mixed = taken_apart(git, change, rules)
    inert, unread = inert_paths(git, apart)
    files = tuple(f._replace(side="neutral") if f.path in inert else f for f in apart.files)
    return Sorted(apart._replace(files=files), tuple(sorted(inert)), tuple(sorted(unread)), mixed)


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


def without_runs(found: Sorted, rules: Rules, bootstrap: bool) -> Proof | None:
    """The verdicts that need no run; None when tests have to tell."""
    change = found.change
    if change.on("rules") and not bootstrap:
        if len(change.files) > len(change.on("rules")):
            return Proof(word="FAIL", code="rules-mixed", notes=(FAILURES["rules-mixed"],))
        return Proof(word="PASS", kind="rules")
    if not rules.suites:
        kind = "bootstrap" if bootstrap else "neutral"
        return Proof(word="PASS", kind=kind, notes=("no suite is known: nothing is gated",))
    if change.on("production", "environment"):
        return None
    if not touched_tests(change):
        kind = "bootstrap" if bootstrap else kind_of(found)
        return proof_of("PASS", "", [], *found.notes, kind=kind)
    return None


def no_test(git: Git, found: Sorted) -> Proof:
    """FAIL: production changed, and no test did."""
    names = _list(tuple(f.path for f in found.change.on("production")))
    hint = ""
    if found.unread:
        hint = f"hint: to see whether only comments or types changed: {installing('syntax')}"
    went = _list(tuple(f.path for f in found.change.on("test") if f.status == "D"))
    tests = f"tests only went: {went}" if went else "no test did"
    lines = {f.path: beyond_types(git, f) for f in found.change.on("production")[:3]}
    told = [
        f"{printable(path)}:{line} is more than comments, docstrings and types"
        for path, line in lines.items() if line
    ]  # fmt: skip
    return proof_of("FAIL", "no-test", [], f"{names} changed, and {tests}", *told, hint)


def touched_tests(change: Change) -> list[str]:
    """The test files that a change adds or edits."""
    return [f.path for f in change.on("test") if f.status != "D"]


def kind_of(found: Sorted) -> str:
    """The class of a change in which no test turned."""
    if found.change.on("test"):
        return "test-only"
    if found.change.on("environment"):
        return "environment"
    return "inert" if found.inert else "neutral"


def _list(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return ", ".join(map(printable, paths[:3])) + more
