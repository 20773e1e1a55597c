"""prove and push: what is not proven yet, here or in the background."""

import subprocess
from collections import Counter
from typing import TypedDict

import click

from git_oneshot.cli import text
from git_oneshot.cli.ahead import after_push
from git_oneshot.cli.answer import Answer, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.data.feature import Pushed
from git_oneshot.cli.data.parts import Judgement, ProofData, excerpt
from git_oneshot.cli.data.proof import Proved
from git_oneshot.cli.proofs import judgements, proof_data, trusted
from git_oneshot.cli.provers import asker, background, patient, waiting
from git_oneshot.cli.refused import note_refusal
from git_oneshot.core.errors import Code, OneshotError, unknown_feature
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.spelling import counted, printable, typed
from git_oneshot.gate.filed import file_proven
from git_oneshot.gate.home import home, marked
from git_oneshot.gate.judging import Found, at_tip, worst
from git_oneshot.gate.spool import commits_of
from git_oneshot.proof.running.background import stop as end


class Proven(TypedDict):
    """What was found out of a feature: each commit, then the suite at the last."""

    feature: str | None
    commits: list[Judgement]
    suite: ProofData | None


@answering("prove", long=True)
@click.option(
    "--stop",
    is_flag=True,
    help="End the proofs in the background that this working tree asked for.",
)
def prove(app: App, *, stop: bool) -> Answer:
    """Prove the feature's commits and the suite at the last, as `git oneshot push` does first.

    A proof that a commit has begun is waited for, and not begun again. If you
    interrupt the waiting, it goes on.
    """
    if stop:
        return _stopped(app)
    data = proven(app, app.feature(), "nothing is proven by it")
    done = counted(len(data["commits"]), "commit")
    return Answer(Proved(**data, stopped=False, dropped=0, left=[]), f"{done} proven")


def _stopped(app: App) -> Answer:
    """End what this working tree has asked for, and say what is left of others."""
    found = end(app.git.own_dir, asker(app.git))
    if found.left:
        background(app).go_on()  # which the ended one would have come to
    left = Counter(task.work_tree for task in found.left)
    for where, number in left.items():
        there = typed("git", "-C", where, "oneshot", "prove", "--stop")
        go = "proof of '{}' goes on; end it" if number == 1 else "proofs of '{}' go on; end them"
        app.say(f"note: {number} {go.format(printable(where))} there: {there}")
    said = "the proof in the background was ended" if found.ended else ""
    said = said or f"no proof {'of this working tree goes' if left else 'is going'} on"
    if found.dropped:
        said += (
            f", and {found.dropped} that waited {'is' if found.dropped == 1 else 'are'} forgotten"
        )
    data = Proved(
        feature=None, commits=[], suite=None,
        stopped=found.ended is not None, dropped=found.dropped, left=list(left),
    )  # fmt: skip
    return Answer(data, said)


@answering("push", long=True)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- GIT-PUSH-ARGUMENT...]")
def push(app: App, *, arguments: tuple[str, ...]) -> Answer:
    """Prove the feature's commits, however long it takes, then run `git push`.

    The hook of the push finds the proofs in the cache, so it needs no time.
    Interrupted, it leaves the proof to go on; the next push waits for it.
    Where no feature is, or a spike, it is `git push`.
    """
    name = _pushed(app, arguments)
    data = Proven(feature=None, commits=[], suite=None)
    if name is not None:
        data = proven(app, name, "nothing was pushed")
    with app.progress.running("git push", line=False):
        done = subprocess.run(
            ["git", "push", *arguments], env=app.environ, check=False,
            stdout=subprocess.DEVNULL if app.json else None,
            stderr=subprocess.PIPE if app.json else None,
        )  # fmt: skip
    if done.returncode != 0:
        said = (done.stderr or b"").decode(errors="replace")
        raise OneshotError(
            Code.PUSH_FAILED,
            f"git push ended with {done.returncode}",
            "it said why" + ("" if app.json else " above"),
            **data,
            said=excerpt(said) if app.json else None,
            ahead=after_push(app, arguments, said) if app.json else None,
        )
    states = marked(app.session, app.markers)
    for branch in home(app.git, states, app.markers, app.clone.remote):
        app.markers.close(branch)  # the hook of the push has sent its trail
    return Answer(Pushed(**data, pushed=True))


def _pushed(app: App, arguments: tuple[str, ...]) -> FeatureId | None:
    """The feature that is proven first, if one is named or here."""
    name = app.feature_here() if app.named is None else app.feature()
    if name is None:
        return None
    if app.store.tip(name) is None:
        told = unknown_feature(name)
        git = typed("git", "oneshot", "push", "--", "-f", name, *arguments)
        raise OneshotError(told.code, told.message, f"git's own -f goes behind --: {git}")
    state = app.session.load(name).state
    return None if state.spike or state.phase == "cancelled" else name  # which gate nothing


def proven(app: App, name: FeatureId, otherwise: str) -> Proven:
    """Prove a feature, from the cache and in the background; refuse with what that means else."""
    state = app.session.sound(name).state
    app.stand_on(state)
    commits = commits_of(app.git, state).ids if app.head else ()
    with waiting(app):
        found = at_tip(app.git, patient(app, None), state, commits, each=app.progress.commits)
    data = Proven(
        feature=name, commits=judgements(found.verdicts),
        suite=proof_data(found.suite) if found.suite else None,
    )  # fmt: skip
    if not found.lacking:
        file_proven(app.git, {v.commit.id: v.proof for v in found.verdicts if v.waiver is None})
        return data
    trusted(found.lacking, **data)
    word = worst(found.lacking)
    what = f"the suite is {found.suite.told}" if found.suite else _counted(app, found, word)
    ahead = note_refusal(app, state, "prove", what, found.verdicts, found.suite)
    code = Code.NOT_PROVEN if word == "FAIL" else Code.UNDECIDED
    raise OneshotError(code, f"{what}; {otherwise}", ahead=ahead, **data)


def _counted(app: App, found: Found, word: str) -> str:
    """The commits of that verdict: shown, and counted in a line."""
    bad = [v for v in found.verdicts if v.proof.word == word and not v.accepted]
    app.say(text.verdicts(bad))
    return f"{word}: {counted(len(bad), 'commit')} of {len(found.verdicts)}"
