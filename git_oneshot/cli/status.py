"""status: where a feature stands. Reading never writes an event."""

import contextlib
import os
from collections.abc import Mapping, Sequence

import click

from git_oneshot.cli import text
from git_oneshot.cli.ahead import after, sync_it, was_refused
from git_oneshot.cli.answer import Answer, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import features
from git_oneshot.cli.data.parts import Said, Unpushed
from git_oneshot.cli.data.proof import Going
from git_oneshot.cli.data.standing import Status
from git_oneshot.cli.look import Part, Table
from git_oneshot.cli.standing import standing
from git_oneshot.core.ids import printable
from git_oneshot.core.pipeline import checkpoint_advised
from git_oneshot.core.state import State
from git_oneshot.gate.commits import Commits, look
from git_oneshot.gate.elsewhere import unheard
from git_oneshot.gate.spool import commits_of
from git_oneshot.trail.disk import put, read


@answering("status")
@click.argument("feature", required=False, shell_complete=features)
def status(app: App, *, feature: str | None) -> Answer:
    """Say where a feature stands: phase, plan, cycle, commits, and what to do next."""
    name = app.feature(feature)
    loaded = app.session.sound(name)
    app.left_out(name, loaded.aside)
    state = loaded.state
    commits = reach(app, state)
    word, line = text.cycle(state, app.head)
    waiting = loaded.tip is not None and app.store.unpushed(loaded.tip)
    unpushed = Unpushed(commits=list(commits.unpushed), trail=waiting)
    assert state.phase is not None
    nexts = after(app, state, word, commits)
    if waiting and not state.open and not nexts:
        nexts = sync_it(app, name)
    aside = standing(app, state)
    nexts = [*aside.nexts, *nexts]
    data = Status(
        feature=name, title=state.title, phase=state.phase, policy=state.policy,
        requested=state.requests > 0, branch=state.branch, base=state.base, spike=state.spike,
        plan=state.plan, cycle=word, commits=claims_of(app, state, commits.ids),
        unpushed=unpushed, unheard=list(unheard(app.git)),
        tip=loaded.tip.commit if loaded.tip else None,
        void=list(state.void), pull=aside.pull, merged=aside.merged, overlaps=aside.overlaps,
        checkpoint_advised=checkpoint_advised(state), going=_going(app),
    )  # fmt: skip
    lines = _status_text(state, data, line, found_here(app, data.commits))
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
    from git_oneshot.proof.background import going

    found = going(app.git.own_dir)
    if found is None:
        return None
    task = found.task
    return Going(
        pid=found.pid, seconds=round(found.seconds, 1), tree=task.tree,
        suite=task.kind == "suite",
        elsewhere=None if task.work_tree == app.git.work_tree else task.work_tree,
    )  # fmt: skip


def claims_of(app: App, state: State, commits: Sequence[str]) -> list[Said]:
    """What the trail says of each commit, else what was refused here; and its subject."""
    recorded = {commit.id: commit for commit in state.commits}
    refused = {}
    if was_refused(app):
        from git_oneshot.cli.refused import known

        refused = known(app, state, commits, waived=True)
    new = look(app.git, [c for c in commits if c not in recorded or not recorded[c].subject])
    subjects = {seen.id: seen.subject for seen in new}
    rows = []
    for id_ in commits:
        commit = recorded.get(id_)
        proof = commit.proof if commit else None
        if proof is None and id_ in refused:
            proof = refused[id_].proof
        waiver = state.waiver(id_)
        subject = commit.subject if commit and commit.subject else subjects.get(id_, "")
        rows.append(Said(
            commit=id_, subject=subject, verdict=proof.word if proof else None,
            code=(proof.code or None) if proof else None,
            kind=(proof.kind or None) if proof else None,
            declared=(commit.declared or None) if commit else None,
            waived=waiver.reason if waiver else None,
        ))  # fmt: skip
    return rows


def reach(app: App, state: State) -> Commits:
    """The commits of a feature: on its branch what HEAD has of them, elsewhere what it recorded."""
    if state.branch == app.branch:
        return commits_of(app.git, state) if app.head else Commits((), ())
    recorded = tuple(commit.id for commit in state.commits)
    if not recorded:
        return Commits((), ())
    ids = "\n".join(recorded).encode() + b"\n"
    new = app.git.lines(
        "rev-list", "--no-walk", "--ignore-missing", "--stdin", "--not", "--remotes", stdin=ids
    )
    return Commits(recorded, tuple(new))


def found_here(app: App, commits: Sequence[Said]) -> Mapping[str, str]:
    """What this clone found out, for a person, of commits of which a trail says nothing yet."""
    if app.json or all(commit.verdict for commit in commits):
        return {}
    from git_oneshot.gate.filed import filed

    return {**filed(app.git, [commit.commit for commit in commits]), **app.display.verified()}


def _status_text(state: State, data: Status, cycle: str, here: Mapping[str, str]) -> list[Part]:
    kind = " (spike)" if state.spike else ""
    head = f"{state.feature}{kind}: {state.phase}, {state.policy}, on {state.branch or 'no branch'}"
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
    commits = table_of(data.commits, here)
    unpushed = data.unpushed
    rest = []
    if data.going:
        of = "the whole suite" if data.going.suite else "a commit"
        where = f" in '{printable(data.going.elsewhere)}'" if data.going.elsewhere else ""
        rest.append(f"proving   {of}{where}, for {text.lasting(data.going.seconds)}")
    waiting = [text.counted(len(unpushed.commits), "commit")] if unpushed.commits else []
    waiting += ["the trail"] if unpushed.trail else []
    if waiting:
        rest.append("unpushed  " + " and ".join(waiting))
    if data.unheard:
        hooks = " and ".join(data.unheard)
        rest.append(f"hooks     {hooks}: another tool's, not ours; see: git oneshot doctor")
    rest += [f"void      {v.type}: {printable(v.reason)}" for v in state.void]
    return [*lines, commits, *rest]


def table_of(commits: Sequence[Said], here: Mapping[str, str]) -> Table:
    """The commits of a feature, with what its trail claims of them, or else what ``here`` has."""
    rows = []
    for commit in commits:
        found = here.get(commit.commit, "").partition(" ")[0].rstrip(":,")
        verdict = commit.verdict or (f"{found} (here)" if found else "not judged")
        verdict += f" ({commit.code})" if commit.code else ""
        verdict += f" {commit.declared} (declared)" if commit.declared else ""
        verdict += " waived" if commit.waived else ""
        rows.append((commit.commit[:9], verdict, printable(commit.subject)))
    plain = "\n".join(f"commit    {id_} {verdict}  {subject}" for id_, verdict, subject in rows)
    return Table(("commit", "verdict", "subject"), rows, plain)
