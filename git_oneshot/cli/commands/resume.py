"""checkpoint, resume: saying where the work stands, and going on from there."""

import click

from git_oneshot.cli.ahead import after
from git_oneshot.cli.answer import STATUS, Answer, answering, written
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import features, open_features
from git_oneshot.cli.data.care import Checkpointed, Resumed
from git_oneshot.cli.renamed import own_branch
from git_oneshot.cli.standing import claims_of, cycle, reach, standing, table_of
from git_oneshot.core.commands import Checkpoint
from git_oneshot.core.facts import Proof
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.spelling import printable
from git_oneshot.core.state import State
from git_oneshot.gate.progress import Remaining, remaining


@answering("checkpoint")
@click.argument("feature", required=False, shell_complete=open_features)
@click.option("--summary", default="", help="Where it stands, in your words.")
def checkpoint(app: App, *, feature: str | None, summary: str) -> Answer:
    """Record where the work on a feature stands. `resume` shows it."""
    name = app.feature(feature)
    app.session.rehearse(name, Checkpoint(summary))
    receipt = app.session.execute(name, Checkpoint(summary), expect=app.bind(name))
    data = Checkpointed(**written(receipt), summary=summary or None)
    return Answer(data, f"checkpoint of '{name}' at event {receipt.state.clock}", [STATUS])


@answering("resume")
@click.argument("feature", required=False, shell_complete=features)
def resume(app: App, *, feature: str | None) -> Answer:
    """Say all that is needed to go on with a feature, and bind its branch here.

    It writes no event. In another clone, be on the feature's branch first.
    """
    name = app.feature(feature)
    loaded = app.session.sound(name)
    app.left_out(name, loaded.aside)
    state = loaded.state
    bound = _bind(app, name, state)
    if app.store.degraded:
        app.say("warning: the cache was damaged; everything is replayed from the trail")
    commits = reach(app, state)
    word, line = cycle(app, state)
    left = remaining(app.git, state)
    around = standing(app, state)
    said = claims_of(app, state, commits.ids)
    nexts = [*around.nexts, *([] if around.merged else after(app, state, word, commits, said))]
    assert state.phase is not None and loaded.tip is not None
    data = Resumed(
        feature=name, phase=state.phase, policy=state.policy, title=state.title,
        branch=own_branch(app, state), base=state.base, bound=bound, requested=state.requests > 0,
        plan=state.plan, summary=state.checkpoint_summary or None, cycle=word,
        red=_red(state.cycle.red if state.cycle.green is None else None),
        commits=said, files_left=list(left.files),
        tests_left=list(left.tests), pull=around.pull,
        tip=loaded.tip.commit, degraded=app.store.degraded,
    )  # fmt: skip
    lines = _page(state, data, line, left, around.lines)
    table = table_of(data.commits)
    return Answer(data, [*lines[:-1], table, lines[-1]], nexts)


def _bind(app: App, name: FeatureId, state: State) -> bool:
    """Let the hooks know of the feature, where its branch is the one that we are on."""
    if not state.gated or app.branch is None or not app.is_on(state):
        return False
    there = app.markers.feature_on(app.branch)
    if there is None:
        app.markers.open(app.branch, name)
    return there in (None, name)


def _red(proof: Proof | None) -> list[str]:
    """The tests that fail now."""
    return [turn.id for turn in proof.tests] if proof is not None else []


def _page(
    state: State, data: Resumed, cycle: str, left: Remaining, around: list[str]
) -> list[str]:  # fmt: skip
    """The page, but the table of commits, which is before the last block."""
    lines = [f"{state.feature}: {state.phase}, {state.policy}, on {data.branch or 'no branch'}"]
    lines += [f"title     {state.title}"] if state.title else []
    plan = state.plan
    if plan is not None:
        lines += [f"goal      {one}" for one in plan.goal.splitlines()]
        lines += [f"approach  {one}" for one in plan.approach.splitlines()]
        lines += [f"plan      {one}" for one in plan.text.splitlines()]
    lines += [f"said      {one}" for one in state.checkpoint_summary.splitlines()]
    if state.phase in ("implementing", "synthesize"):
        lines.append(f"cycle     {cycle}")
    lines += [f"red       {test}" for test in data.red]
    rest = [f"to do     {path}" for path in left.files]
    rest += [f"to do     test: {test}" for test in left.tests]
    rest += [f"waived    {w.commit[:9]} by {w.by.partition(' <')[0]}: {w.reason}"
             for w in state.waivers]  # fmt: skip
    return [*map(printable, lines), "\n".join([*map(printable, rest), *around])]
