"""The pre-receive hook of a server: what may be brought to a gated ref.

By the rules of the ref's old tip, and with the keys that are allowed there: what
is pushed has no say in how it is judged. By default nothing of it is run; what a
believed verifier has sealed counts. Where the server's own settings say so, the
tests are run, in a sandbox or not at all. Every line of a push is looked at, and every
commit of its range.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from git_oneshot.core.ids import FEATURE, LOCAL, FeatureId
from git_oneshot.gate.believed import Believed, believed
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.prepush import parts
from git_oneshot.gate.verifying import Asked, verified
from git_oneshot.git import Git
from git_oneshot.proof.prover import Prover
from git_oneshot.proof.suites import rules_for
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.store import Tip


class Received(NamedTuple):
    """One line of pre-receive; an empty id means that there is no such object."""

    old: str
    new: str
    ref: str


class Arrival(NamedTuple):
    """Commits that come to a gated ref, oldest first, and the tree by whose rules."""

    update: Received
    commits: tuple[str, ...]
    tree: str


def received(lines: str) -> list[Received]:
    """Read what git gives the hook on standard input. Raises OneshotError(INVALID_INPUT)."""
    rows = (parts(line.split(" ", 2), 3) for line in filter(None, lines.split("\n")))
    return [Received(old.strip("0") and old, new.strip("0") and new, ref) for old, new, ref in rows]


def home(git: Git) -> tuple[str, str]:
    """The branch that the repository is about, and its tip; "" where there is none."""
    head = git.maybe("symbolic-ref", "-q", "HEAD") or ""
    return head, (git.named(f"{head}^{{commit}}") or "") if head else ""


def adrift(head: str) -> str:
    """Why nothing comes in where HEAD does not say what is gated, and what helps."""
    why = f"HEAD names '{head}', which is not there" if head else "HEAD names no branch"
    return f"{why}, so nothing says what is gated: git symbolic-ref HEAD refs/heads/…"


def arrivals(git: Git, updates: Sequence[Received]) -> Iterator[Arrival | str]:
    """What comes to gated refs, or why an update of one is refused at once."""
    head, tip = home(git)
    for given in updates:
        # Through a symbolic ref, git writes to the one that it leads to.
        update = given._replace(ref=git.maybe("symbolic-ref", "-q", given.ref) or given.ref)
        if update.ref.startswith(LOCAL):
            continue
        if not tip:
            if git.lines("for-each-ref", "--count=1", "refs/heads/"):
                yield f"{update.ref}: {adrift(head)}"
            continue  # the first push: there is nothing yet to judge by
        # A ref that is new is judged as the branch that the repository is about.
        base = update.old or tip
        tree = git.tree(base)
        gate = rules_for(git, tree, tree).rules.gate
        if not (gate.everything or update.ref == head or update.ref in gate.refs):
            continue
        if not update.new:
            yield f"{update.ref}: it is gated, and is not to be deleted"
            continue
        new = git.named(f"{update.new}^{{commit}}")
        if new is None:
            yield f"{update.ref}: it is gated, and {update.new[:9]} is no commit"
            continue
        # Further back, older rules and keys would judge what comes next.
        if update.old and not git.leads(update.old, new):
            old = update.old[:9]
            yield f"{update.ref}: it is gated, and {new[:9]} does not lead on from {old}"
            continue
        # What else is here proves nothing: anyone may bring it to a ref that is not gated.
        commits = git.lines("rev-list", "--topo-order", "--reverse", new, f"^{base}")
        yield Arrival(update, tuple(commits), tree)


def trails_of(store: GitStore, updates: Sequence[Received]) -> list[Tip]:
    """All trails: as they are here, and as this push brings them."""
    came = [
        Tip(FeatureId(name), update.new)
        for update in updates
        if update.new and update.ref.startswith(LOCAL)
        if FEATURE.fullmatch(name := update.ref.removeprefix(LOCAL))
    ]
    return [*store.tips(), *came]


Judge = Callable[[Arrival], str]  # why it is refused, "" when it is not


def sealed(git: Git, store: GitStore, tips: Sequence[Tip], verifiers: Collection[str]) -> Judge:
    """Judges by what is sealed, and runs nothing."""

    def judge(arrival: Arrival) -> str:
        commits, ref = arrival.commits, arrival.update.ref
        found = believed(git, store, tips, commits, arrival.tree, verifiers)
        return lacking(ref, commits, found)

    return judge


def executed(
    git: Git, prover: Callable[[str], Prover], claims: Claims, pardons: Callable[[str], Claims]
) -> Judge:
    """Judges by running the tests; ``prover``: one that judges by the rules of a tree.

    ``pardons``: the waivers that count by the keys of a tree.
    """

    def judge(arrival: Arrival) -> str:
        asked = Asked(arrival.commits, claims, pardons(arrival.tree))
        found = verified(git, prover(arrival.tree), asked, lambda verdicts, _number: verdicts)
        said = [(v.commit.id[:9], v.proof) for v in found.verdicts
                if v.commit.id not in found.pardoned]  # fmt: skip
        said += [("the suite", found.suite)] if found.suite else []
        bad = [(what, proof) for what, proof in said if proof.word != "PASS"]
        if not bad:
            return ""
        what, proof = bad[0]
        more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
        return f"{arrival.update.ref}: {what} is {proof.told}{more}"

    return judge


def lacking(ref: str, commits: Sequence[str], found: Believed) -> str:
    """What no believed seal says, "" when all is said."""
    missing = [commit for commit in commits if commit not in found.commits]
    if missing:
        more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
        return f"{ref}: {missing[0][:9]} has no sealed verdict by the rules of this ref{more}"
    if commits and commits[-1] not in found.suites:
        return f"{ref}: the suite on {commits[-1][:9]} has no sealed verdict"
    return ""


def refusals(git: Git, updates: Sequence[Received], judge: Judge) -> Iterator[str]:
    """Why a push is refused, a line for each ref; nothing when it may come in."""
    for one in arrivals(git, updates):
        why = one if isinstance(one, str) else judge(one)
        if why:
            yield why
