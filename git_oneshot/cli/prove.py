"""prove: what is not proven yet, here or in the background."""

from typing import TypedDict

import click

from git_oneshot.cli import text
from git_oneshot.cli.ahead import refused
from git_oneshot.cli.answer import Answer, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.behind import patient
from git_oneshot.cli.parts import Judgement, ProofData
from git_oneshot.cli.proof_data import Proved
from git_oneshot.cli.proofs import judgements, proof_data
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Proof
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.state import State
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.commits import of_feature
from git_oneshot.gate.judging import Verdict, judge_all, leaving, worst
from git_oneshot.gate.spool import foreseen
from git_oneshot.proof.background import stop as end

ENDING = 10.0  # seconds that tests have to end when they are told to


class Proven(TypedDict):
    """What was found out of a feature: each commit, then the suite at the last."""

    feature: str
    commits: list[Judgement]
    suite: ProofData | None


@answering("prove", "prove what is not proven yet, and wait for it", long=True)
@click.option("--stop", is_flag=True, help="End the proof that goes on in the background.")
def prove(app: App, *, stop: bool) -> Answer:
    """Prove the feature's commits and the suite at the last, as `git oneshot push` does first.

    A proof that a commit has begun is waited for, and not begun again. If you
    interrupt the waiting, it goes on.
    """
    if stop:
        ended = end(app.git.own_dir, ENDING)
        said = "the proof in the background was ended" if ended else "no proof is going on"
        return Answer(Proved(feature=None, commits=[], suite=None, stopped=bool(ended)), said)
    data = proven(app, app.feature(), "nothing is proven by it")
    done = text.counted(len(data["commits"]), "commit")
    return Answer(Proved(**data, stopped=False), f"{done} proven")


def proven(app: App, name: FeatureId, otherwise: str) -> Proven:
    """Prove a feature, from the cache and in the background; refuse with what that means else."""
    state = app.session.sound(name).state
    app.stand_on(state)
    judge = patient(app, None)
    commits = of_feature(app.git, state).ids if app.head else ()
    judging = judge_all(app.git, judge, commits, Claims((foreseen(app.git, state, state.branch),)))
    verdicts = list(app.progress.commits(judging, len(commits)))
    data = Proven(feature=name, commits=judgements(verdicts), suite=None)
    word = worst([v.proof for v in verdicts if not v.accepted])
    if word != "PASS":
        bad = [v for v in verdicts if v.proof.word == word and not v.accepted]
        app.say(text.verdicts(bad))
        what = f"{word}: {text.counted(len(bad), 'commit')} of {len(verdicts)}"
        raise _refused(app, state, word, (what, otherwise), verdicts, None, data)
    if verdicts:
        before = verdicts[0].commit.parent_tree
        suite = judge.suite(app.git.tree("HEAD"), before, leaving(verdicts))
        data["suite"] = proof_data(suite)
        if suite.word != "PASS":
            what = f"the suite is {suite.told}"
            raise _refused(app, state, suite.word, (what, otherwise), verdicts, suite, data)
    return data


def _refused(
    app: App, state: State, word: str, said: tuple[str, str], verdicts: list[Verdict],
    suite: Proof | None, data: Proven,
) -> OneshotError:  # fmt: skip
    ahead = refused(app, state, "prove", said[0], verdicts, suite)
    code = Code.NOT_PROVEN if word == "FAIL" else Code.UNDECIDED
    return OneshotError(code, "; ".join(said), ahead=ahead, **data)
