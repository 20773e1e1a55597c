"""status: where a feature stands. Reading never writes an event."""

import contextlib
import os

import click

from git_oneshot.cli import text
from git_oneshot.cli.ahead import after, sync_it
from git_oneshot.cli.answer import Answer, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import features
from git_oneshot.cli.data.parts import Unpushed
from git_oneshot.cli.data.proof import Going
from git_oneshot.cli.data.standing import Status
from git_oneshot.cli.look import Part
from git_oneshot.cli.renamed import own_branch
from git_oneshot.cli.standing import claims_of, cycle, reach, standing, table_of
from git_oneshot.cli.underway import rebased, under_way
from git_oneshot.core.pipeline import checkpoint_advised
from git_oneshot.core.spelling import counted, printable
from git_oneshot.core.state import State
from git_oneshot.gate.elsewhere import unheard
from git_oneshot.trail.disk import put, read


@answering("status")
@click.argument("feature", required=False, shell_complete=features)
def status(app: App, *, feature: str | None) -> Answer:
    """Say where a feature stands: phase, plan, cycle, commits, and what to do next."""
    going = under_way(app)
    if app.branch is None and app.named is None and feature is None:
        feature = app.markers.feature_on(rebased(app))
    name = app.feature(feature)
    loaded = app.session.sound(name)
    app.left_out(name, loaded.aside)
    state = loaded.state
    commits = reach(app, state)
    word, line = cycle(app, state)
    waiting = loaded.tip is not None and app.store.unpushed(loaded.tip)
    unpushed = Unpushed(commits=list(commits.unpushed), trail=waiting)
    assert state.phase is not None
    said = claims_of(app, state, commits.ids)
    nexts = after(app, state, word, commits, said)
    if waiting and not state.open and not nexts:
        nexts = sync_it(app, name)
    if state.phase == "completed":
        from git_oneshot.cli.sealing import doubted

        doubted(app, {name})
    aside = standing(app, state)
    nexts = [*aside.nexts, *([] if aside.merged else nexts)]
    data = Status(
        feature=name, title=state.title, phase=state.phase, policy=state.policy,
        requested=state.requests > 0, branch=own_branch(app, state), base=state.base,
        spike=state.spike, plan=state.plan, cycle=word, commits=said,
        unpushed=unpushed, unheard=list(unheard(app.git)),
        tip=loaded.tip.commit if loaded.tip else None,
        void=list(state.void), pull=aside.pull, merged=aside.merged, overlaps=aside.overlaps,
        checkpoint_advised=checkpoint_advised(state), going=_going(app),
    )  # fmt: skip
    lines = _status_text(state, data, line)
    if going:
        lines.insert(1, f"git       {going.told}")
    if not app.json and state.gated and _suiteless(app):
        aside.lines.append("suite     none is known here: nothing is gated until there is one")
    return Answer(data, [*lines, *aside.lines], nexts)


def _suiteless(app: App) -> bool:
    """Whether HEAD has no suite; where commands are trusted, one is, and no more is looked at.

    To look costs as much as all else here, so what was found is kept for the commit.
    """
    if app.head is None or os.path.exists(os.path.join(app.git.own_dir, "trust")):
        return False
    file = os.path.join(app.git.own_dir, "suiteless")
    commit, _, word = read(file).partition(" ")
    if commit != app.head:
        from git_oneshot.proof.suites import rules_of

        word = "no" if rules_of(app.git, app.git.tree(app.head)).suites else "yes"
        with contextlib.suppress(OSError):  # it is asked again then
            put(file, f"{app.head} {word}".encode())
    return word == "yes"


def _going(app: App) -> Going | None:
    """The proof that goes on in the background; nothing is imported where there is none."""
    lock = os.path.join(app.git.own_dir, "proving")
    try:
        if os.path.getsize(lock) == 0:
            return None
    except FileNotFoundError:
        return None
    from git_oneshot.proof.running.background import going

    found = going(app.git.own_dir)
    if found is None:
        return None
    task = found.task
    return Going(
        pid=found.pid, seconds=round(found.seconds, 1), tree=task.tree,
        suite=task.kind == "suite",
        elsewhere=None if task.work_tree == app.git.work_tree else task.work_tree,
    )  # fmt: skip


def _status_text(state: State, data: Status, cycle: str) -> list[Part]:
    kind = " (spike)" if state.spike else ""
    head = f"{state.feature}{kind}: {state.phase}, {state.policy}, on {data.branch or 'no branch'}"
    lines = [printable(head)]
    if state.title:
        lines.append(f"title     {printable(state.title)}")
    lines.append(f"plan      {text.plan_line(state.plan, state.summary)}")
    if state.phase == "cancelled":
        by = f"superseded by {state.superseded_by}" if state.superseded_by else ""
        why = ": ".join(part for part in (by, state.reason) if part)
        lines.append(printable(f"ended     {why or 'without a reason'}"))
    if state.phase in ("implementing", "synthesize"):
        lines.append(f"cycle     {cycle}")
    if state.requests:
        lines.append("asked     for a pull request")
    commits = table_of(data.commits)
    unpushed = data.unpushed
    rest = []
    if data.going:
        of = "the whole suite" if data.going.suite else "a commit"
        where = f" in '{printable(data.going.elsewhere)}'" if data.going.elsewhere else ""
        rest.append(f"proving   {of}{where}, for {text.lasting(data.going.seconds)}")
    waiting = [counted(len(unpushed.commits), "commit")] if unpushed.commits else []
    waiting += ["the trail"] if unpushed.trail else []
    if waiting:
        rest.append("unpushed  " + " and ".join(waiting))
    if data.unheard:
        hooks = " and ".join(data.unheard)
        rest.append(f"hooks     {hooks}: another tool's, not ours; see: git oneshot doctor")
    rest += [f"void      {v.type}: {printable(v.reason)}" for v in state.void]
    return [*lines, commits, *rest]
