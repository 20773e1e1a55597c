"""Leaving implementing: every commit proven anew, the whole suite once, then the choice."""

from typing import NamedTuple

from git_oneshot.core.commands import Finalize
from git_oneshot.core.facts import CommitJudged, Proof, SuiteJudged
from git_oneshot.core.state import State
from git_oneshot.gate.commits import look, record
from git_oneshot.gate.judging import Each, Found, Verdict, at_tip
from git_oneshot.gate.logs import Logs
from git_oneshot.gate.scope import Read, Scope, scope_of
from git_oneshot.gate.spool import commits_of
from git_oneshot.git import Git
from git_oneshot.proof.prover import Prover


class Checked(NamedTuple):
    """What was found out about a feature that wants to leave implementing."""

    command: Finalize
    verdicts: tuple[Verdict, ...]
    suite: Proof
    untracked: tuple[str, ...]
    scope: Scope


def check(git: Git, prover: Prover, state: State, each: Each, logs: Logs, events: Read) -> Checked:
    """Judge a feature's commits and its tip. ``each`` hands the verdicts on as they come.

    ``events`` reads its trail, where that is asked for. Nothing is decided here: the rules
    are in ``core/workflow``, and get these facts.
    """
    left_over, untracked = _status(git)
    head = git.named("HEAD^{commit}")
    commits = commits_of(git, state).ids if head else ()
    found = Found((), None)
    if not left_over and state.phase == "implementing" and not state.spike:
        found = at_tip(git, prover, state, commits, each=each)
    suite = found.suite or Proof(word="PASS", notes=("nothing to run",))
    scope = Scope()
    if found.accepted:
        scope = scope_of(git, state, found.verdicts, events, logs.home)
    command = Finalize(
        proofs=tuple(
            CommitJudged(commit=v.commit.id, proof=v.proof, log=logs.keep(v.runs))
            for v in found.verdicts
        ),
        records=record(git, look(git, [c for c in commits if not _bound(state, c)])),
        suite=SuiteJudged(commit=head or git.zero, proof=suite),
        left_over=left_over,
        outside=scope.files if scope.enforced else (),
        unturned=scope.tests if scope.enforced else (),
        late=scope.late,
    )
    return Checked(command, found.verdicts, suite, untracked, scope)


def _bound(state: State, commit: str) -> bool:
    return any(c.id == commit and c.tree for c in state.commits)


def _status(git: Git) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tracked files with changes that are in no commit, and untracked files."""
    entries = iter(git.names("status", "--porcelain=v1", "-z", "--untracked-files=normal"))
    tracked, untracked = [], []
    for entry in entries:
        if entry.startswith("?? "):
            untracked.append(entry[3:])
        else:
            tracked.append(entry[3:])
            if entry[0] in "RC":
                next(entries)  # the name it had before
    return tuple(tracked), tuple(untracked)
