"""Verdicts that count where nothing is run: on a trail, and sealed by someone who is believed.

A seal vouches for the append right behind it, and for nothing further back: what
others wrote there before is not the verifier's word. Keys come from a file in a
tree that the receiving side names, never from what is pushed.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from git_oneshot.core.commands import RecordVerified
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.events import CommitWaived, Event, VerificationRecord
from git_oneshot.core.facts import CommitsVerified
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.state import State, Waiver
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.commits import Seen
from git_oneshot.gate.judging import Found
from git_oneshot.git import Git
from git_oneshot.proof.suites import digest, rules_for
from git_oneshot.proof.trees.marks import marks_at
from git_oneshot.session import Receipt, Session
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.seals import verify
from git_oneshot.trail.store import Tip

SIGNERS: Final = ".oneshot/allowed_signers"
AT_ONCE: Final = 1_000  # commits in one event


class Believed(NamedTuple):
    """The commits that a believed verifier found to be PASS, and those whose suite passed."""

    commits: frozenset[str] = frozenset()
    suites: frozenset[str] = frozenset()


def blob_at(git: Git, tree: str, path: str) -> str | None:
    """The blob at a path of a tree; None where there is none."""
    return git.named(f"{tree}:{path}")


def rules_at(git: Git, tree: str) -> str:
    """A name for the rules in force at a tree, also where no file or its attributes say them."""
    name, marks = digest(rules_for(git, tree, tree).rules), marks_at(git, tree)
    return hashlib.sha256(name.encode() + marks).hexdigest() if marks else name


def changes_signers(git: Git, commits: Sequence[Seen]) -> list[str]:
    """Of commits, those that change whose seals are believed."""
    names = [f"{tree}:{SIGNERS}\n" for one in commits for tree in (one.parent_tree, one.tree)]
    found = git.lines("cat-file", "--batch-check=%(objectname)", stdin="".join(names).encode())
    there = [None if line.endswith(" missing") else line for line in found]
    pairs = zip(commits, there[::2], there[1::2], strict=True)
    return [one.id for one, before, after in pairs if before != after]


def record_verified(
    session: Session, feature: FeatureId, found: Found, rules: str, *, terminal: bool
) -> Receipt:
    """Say on a trail that the commits are PASS, and seal that.

    Raises OneshotError: GIT_FAILED when git does not sign, INVALID_INPUT when the key of this
    call is on the trail already: whoever wrote that, it is not what was found now.
    """
    commits = [verdict.commit.id for verdict in found.verdicts]
    parts = [commits[at : at + AT_ONCE] for at in range(0, len(commits), AT_ONCE)]
    said = [CommitsVerified(commits=tuple(part), rules=rules) for part in parts]
    if found.suite is not None:
        last = CommitsVerified(commits=said[-1].commits, rules=rules, suite=commits[-1])
        said[-1] = last
    receipt = session.execute(feature, RecordVerified(tuple(said)))
    if not receipt.appended:
        raise OneshotError(
            Code.INVALID_INPUT,
            f"the key is on the trail of '{feature}' already, so nothing was written or sealed",
            "leave it out, or take one that nobody can guess: --key",
        )
    store = session.store
    assert isinstance(store, GitStore)
    tip, why = store.seal(receipt.tip, terminal=terminal)
    if why:
        raise OneshotError(
            Code.GIT_FAILED,
            f"the verdict is on the trail of '{feature}', and not sealed: {why}",
            "see what git signs with: git config user.signingKey",
        )
    return receipt._replace(tip=tip)


def believed(
    git: Git, store: GitStore, tips: Sequence[Tip], wanted: Collection[str],
    tree: str, verifiers: Collection[str],
) -> Believed:  # fmt: skip
    """What is sealed of ``wanted`` commits: by a verifier whose key a tree allows, by its rules."""
    rules = rules_at(git, tree)
    commits: set[str] = set()
    suites: set[str] = set()
    with _signers(git, tree) as signers:
        for seal, events in _sealed(store, tips) if signers and verifiers else ():
            said = [one.data for one in events if isinstance(one, VerificationRecord)]
            good = [one for one in said if one.rules == rules]
            if not any(set(one.commits) & set(wanted) for one in good):
                continue
            verdict = verify(git, seal, signers)
            if verdict.word == "good" and verdict.signer in verifiers:
                commits.update(commit for one in good for commit in one.commits)
                suites.update(one.suite for one in good if one.suite)
    return Believed(frozenset(commits), frozenset(suites))


def pardons(git: Git, store: GitStore, tips: Sequence[Tip], tree: str) -> Claims:
    """The waivers that count where nobody here gave them: sealed with a key that a tree allows."""
    found: list[Waiver] = []
    with _signers(git, tree) as signers:
        for seal, events in _sealed(store, tips) if signers else ():
            given = [one for one in events if isinstance(one, CommitWaived)]
            if given and verify(git, seal, signers).word == "good":
                found += [
                    Waiver(commit=one.data.commit, patch_id=one.data.patchId,
                           reason=one.data.reason, by=one.by)
                    for one in given
                ]  # fmt: skip
    return Claims((State(feature="", waivers=tuple(found)),) if found else ())


@contextlib.contextmanager
def _signers(git: Git, tree: str) -> Iterator[str]:
    """The keys that a tree allows, as a file; "" where it has none."""
    blob = blob_at(git, tree, SIGNERS)
    if blob is None:
        yield ""
        return
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "signers")
        with open(path, "wb") as file:
            file.write(git.output("cat-file", "blob", blob))
        yield path


def _sealed(store: GitStore, tips: Sequence[Tip]) -> Iterator[tuple[str, tuple[Event, ...]]]:
    """Each seal, with what the append right behind it says."""
    for trail in store.read(tips):
        events = {entry.commit: entry.events for entry in trail.entries}
        for entry in trail.entries:
            if not entry.events and len(entry.parents) == 1:
                yield entry.commit, events.get(entry.parents[0], ())
