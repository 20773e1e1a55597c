"""verify: the judgement that CI, a server and anyone with a clone can make."""

import click

from git_oneshot.cli import text
from git_oneshot.cli.answer import Answer, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.complete import ranges
from git_oneshot.cli.data import Verified
from git_oneshot.cli.look import Part
from git_oneshot.cli.proofs import judgements, proof_data
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.commits import look, of_feature, range_of
from git_oneshot.gate.judging import judge_all, leaving, worst
from git_oneshot.gate.spool import foreseen
from git_oneshot.git import GitError
from git_oneshot.trail.store import load_all


@answering("verify", "judge commits by running their tests", long=True)
@click.argument("range_", metavar="[RANGE]", required=False, shell_complete=ranges)
@click.option(
    "--regression", type=click.Choice(["tip", "each", "off"]), default="tip",
    help="Run the whole suite on the last commit (the default), on each, or not at all.",
)  # fmt: skip
@click.option(
    "--ablate", is_flag=True,
    help="Ask each proof twice, and take each part of a change out: a test must miss it.",
)  # fmt: skip
def verify(app: App, *, range_: str | None, regression: str, ablate: bool) -> Answer:
    """Judge each commit of RANGE (or the one commit) by running its tests anew.

    Without RANGE: the commits of the open feature of this branch, or of -f;
    else every commit of HEAD that a trail speaks of. No cache is believed.
    """
    commits = _commits(app, range_)
    prover = app.prover(fresh=True)
    verdicts = []
    states = (one.state for one in load_all(app.store))
    claims = Claims(tuple(foreseen(app.git, state, state.branch) for state in states))
    each = regression == "each"
    judging = judge_all(
        app.git, prover, commits, claims, each=each, ablate=prover.ablate if ablate else None
    )
    for verdict in app.progress.commits(judging, len(commits)):
        if verdict.proof.code == "untrusted":
            raise OneshotError(
                Code.UNTRUSTED,
                "the test commands of this repository are not trusted in this clone",
                "see them and decide: git oneshot trust",
            )
        verdicts.append(verdict)
    suite = None
    if regression != "off" and verdicts and worst([v.proof for v in verdicts]) == "PASS":
        before = verdicts[0].commit.parent_tree
        suite = prover.suite(verdicts[-1].commit.tree, before, leaving(verdicts))
    app.display.verify({v.commit.id: v.proof for v in verdicts})
    app.refresh_display()
    data = Verified(commits=judgements(verdicts), suite=proof_data(suite) if suite else None)
    parts: list[Part] = [text.verdicts(verdicts)]
    proofs = [proof for v in verdicts for proof in v.proofs]
    if suite is not None:
        proofs.append(suite)
        parts.append(f"suite    {suite.told}")
    word = worst(proofs)
    if word == "PASS":
        end = f"{text.counted(len(verdicts), 'commit')} proven" if verdicts else "nothing to judge"
        return Answer(data, [*parts, end])
    for part in parts:
        app.say(part)
    bad = sum(1 for proof in proofs if proof.word == word)
    raise OneshotError(
        Code.NOT_PROVEN if word == "FAIL" else Code.UNDECIDED,
        f"{word}: {text.counted(bad, 'judgement')} of {len(proofs)}",
        "each line above says why",
        commits=data.commits,
        suite=data.suite,
    )


def _commits(app: App, range_: str | None) -> list[str]:
    if range_ is not None:
        try:
            return range_of(app.git, range_)
        except GitError as err:
            raise OneshotError(
                Code.INVALID_INPUT, f"'{range_}' names no commit here", "such as: main..HEAD"
            ) from err
    if app.head is None:
        raise OneshotError(Code.NO_COMMITS, "there is no commit to judge yet", "git commit")
    name = app.feature() if app.named else app.open_here()
    if name is not None:
        return list(of_feature(app.git, app.session.sound(name).state).ids)
    spoken: dict[str, None] = {}
    for loaded in load_all(app.store):
        spoken |= dict.fromkeys(commit.id for commit in loaded.state.commits)
        spoken |= dict.fromkeys(landed.id for landed in loaded.state.landed)
    here = app.git.lines("rev-list", "--topo-order", "--reverse", "HEAD")
    return [s.id for s in look(app.git, [c for c in here if c in spoken])]
