"""Whether a feature may go to review: four conditions, each of them found out now.

commits-proven: every commit of it is PASS or waived. suite: the whole suite
passes on the last one. checks: so do the rules' check commands. ahead-of-base:
there is something to merge.
"""

from typing import Final, NamedTuple

from git_oneshot.core.commands import Ready
from git_oneshot.core.facts import CommitJudged, SuiteJudged
from git_oneshot.core.pulls import GateChecked
from git_oneshot.core.spelling import counted
from git_oneshot.core.state import State
from git_oneshot.forge.base import base_ref
from git_oneshot.gate.commits import look, of_feature, record
from git_oneshot.gate.judging import Found, at_tip, worst
from git_oneshot.gate.logs import Logs
from git_oneshot.git import Git
from git_oneshot.proof.prover import Prover

# What is said when a condition does not hold: Exarchos' words where it has them.
BLOCKERS: Final = {
    "commits-proven": "Commits not proven",
    "suite": "Test suite failed",
    "checks": "Checks failed",
    "ahead-of-base": "Stack not healthy",
}


class Readiness(NamedTuple):
    """What was found out, and the command that records it."""

    command: Ready
    found: Found
    head: str

    @property
    def blockers(self) -> tuple[str, ...]:
        """The conditions that do not hold."""
        return tuple(BLOCKERS[g.gateName] for g in self.command.gates if not g.passed)

    @property
    def undecided(self) -> bool:
        """Whether it is only that something could not be found out."""
        return worst(self.found.lacking) == "UNKNOWN"


def check(git: Git, prover: Prover, state: State, remote: str, logs: Logs) -> Readiness:
    """Find out whether HEAD may go to review. ``logs`` keeps what its tests printed."""
    head = git.text("rev-parse", "--verify", "HEAD^{commit}")
    commits = of_feature(git, state).ids
    found = at_tip(git, prover, state, commits)
    suite = SuiteJudged(commit=head, proof=found.suite) if found.suite else None
    bound = {commit.id for commit in state.commits if commit.tree}
    command = Ready(
        gates=(
            *([_commits(found)] if commits else []), *_suite(suite),
            _ahead(git, base_ref(git, state, remote), head),
        ),
        proofs=tuple(
            CommitJudged(commit=v.commit.id, proof=v.proof, log=logs.keep(v.runs))
            for v in found.verdicts
        ),
        records=record(git, look(git, [c for c in commits if c not in bound])),
        suite=suite,
    )  # fmt: skip
    return Readiness(command, found, head)


def _commits(found: Found) -> GateChecked:
    verdicts = found.verdicts
    waived = sum(1 for v in verdicts if v.waiver is not None and v.proof.word != "PASS")
    bad = next((v for v in verdicts if not v.accepted), None)
    said = counted(len(verdicts), "commit") + (f", {waived} of them waived" if waived else "")
    if bad is not None:
        said = f"{bad.commit.id[:9]} is {bad.proof.told}"
    return GateChecked(gateName="commits-proven", passed=found.accepted, details=said[:500])


def _suite(suite: SuiteJudged | None) -> tuple[GateChecked, ...]:
    """The suite, and the checks when it passed: what did not run was not found out."""
    if suite is None:
        return ()
    proof = suite.proof
    told = proof.told[:500]
    if proof.word != "PASS" and proof.code != "check-failed":
        return (GateChecked(gateName="suite", passed=False, details=told),)
    passed = proof.word == "PASS"
    return (
        GateChecked(gateName="suite", passed=True, details=told if passed else ""),
        GateChecked(gateName="checks", passed=passed, details="" if passed else told),
    )


def _ahead(git: Git, base: str | None, head: str) -> GateChecked:
    if base is None:
        return GateChecked(gateName="ahead-of-base", passed=False, details="the base is not here")
    ahead = len(git.lines("rev-list", f"{base}..{head}"))
    said = f"{counted(ahead, 'commit')} ahead of {base.removeprefix('refs/')}"
    return GateChecked(gateName="ahead-of-base", passed=ahead > 0, details=said[:500])
