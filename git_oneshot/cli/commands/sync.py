"""sync, split and clone: trails from one repository to another."""

from collections.abc import Sequence

import click

from git_oneshot.cli.answer import Answer, Next, answering, in_earnest
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import features, remotes
from git_oneshot.cli.data.parts import SyncRow
from git_oneshot.cli.data.trails import LossRow, SplitOff, Synced
from git_oneshot.cli.forges import complete_seen
from git_oneshot.cli.meeting import ends, tell
from git_oneshot.cli.sealing import doubted
from git_oneshot.cli.written import came
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId, feature_id
from git_oneshot.core.spelling import counted, printable
from git_oneshot.gate.election import must_elect
from git_oneshot.gate.trails import advice, unsealed
from git_oneshot.gate.trails import sync as exchange
from git_oneshot.trail.exchange import Outcome, lost
from git_oneshot.trail.seals import signs
from git_oneshot.trail.store import unknown
from git_oneshot.trail.tracking import Loss


@answering("sync", long=True)
@click.argument("remote", required=False, shell_complete=remotes)
@click.option("--dry-run", is_flag=True, help="Say what would be done; only fetch.")
def sync(app: App, *, remote: str | None, dry_run: bool) -> Answer:
    """Bring trails to a remote, and back: fetch, merge where needed, push.

    All trails of this clone, or the one of -f. REMOTE is where trails go: see
    oneshot.remote in the manual. It is done when the remote has what we have.
    """
    name = remote or must_elect(app.git)
    if remote is not None and remote not in app.git.lines("remote"):
        raise OneshotError(Code.REMOTE_UNKNOWN, f"there is no remote '{remote}'", "git remote -v")
    named = [feature_id(app.named)] if app.named is not None else None
    if named and app.store.tip(named[0]) is None:
        app.look_for_losses(app.store.tips())  # which a fetch may have taken back just now
        if app.store.tip(named[0]) is None:
            raise unknown(app.store, named[0])
    completed = complete_seen(app, named) if not dry_run else []
    sealed = _sealed(app, named) if not dry_run and signs(app.git) else []
    before = ends(app)
    with app.progress.running(f"exchange with '{name}'", line=False):
        outcomes, losses = exchange(
            app.git, app.session, name, named, dry=dry_run, told=app.progress.trail
        )
    app.refresh_display()
    for loss in losses:
        app.say(f"warning: {loss.told}")
    moved = [one.feature for one in outcomes if one.moved and not dry_run]
    came(app, moved)
    split_them = tell(app, before, moved, sent=True)
    data = Synced(
        remote=name, dry_run=dry_run, completed=completed,
        features=[SyncRow(feature=o.feature, sent=o.sent, received=o.received, merged=o.merged,
                          wrong=o.wrong or None) for o in outcomes],
        lost=[_lost(loss) for loss in losses],
    )  # fmt: skip
    wrong = [one for one in outcomes if one.wrong]
    lines = [f"{one}: completed, it was merged" for one in completed]
    lines += [f"{one}: sealed" for one in sealed]
    lines += [_line(one, dry_run) for one in outcomes if one.moved and not one.wrong]
    if wrong:
        for line in lines:
            app.say(line)
        raise _failed(app, name, wrong, data)
    doubted(app, {one.feature for one in outcomes})
    kept = lost(app.store.tips(), name)
    for one in kept:
        app.say(f"warning: '{name}' no longer has what is kept here of '{one}'")
    argv = ("git", "oneshot", "sync", name, "-f", *kept[:1])
    again = [Next(argv, "if nobody took it away on purpose, send it again")] if kept else []
    again += [*split_them, *([in_earnest()] if dry_run and lines else [])]
    have = "all trails" if not kept else "all others"
    return Answer(data, "\n".join(lines) or f"{have} are as '{name}' has them", again)


def _sealed(app: App, named: list[FeatureId] | None) -> list[FeatureId]:
    """Seal what this user said; the features of which that was done."""
    done = []
    for tip in unsealed(app.store, app.email, named):
        _, why = app.store.seal(tip, terminal=app.terminal)
        if why:
            app.say(f"warning: '{tip.feature}' is not sealed: {why}")
        else:
            done.append(tip.feature)
    return done


def _line(one: Outcome, dry: bool) -> str:
    would = "would be " if dry else ""
    parts = [f"{would}merged"] if one.merged else []
    parts += [f"{counted(one.sent, 'event')} {would}sent"] if one.sent else []
    parts += [f"{counted(one.received, 'event')} {would}received"] if one.received else []
    return f"{one.feature}: {', '.join(parts)}"


def _lost(loss: Loss) -> LossRow:
    return LossRow(
        remote=loss.remote, feature=loss.feature, before=loss.before, after=loss.after or None
    )


def _failed(app: App, remote: str, wrong: Sequence[Outcome], data: Synced) -> OneshotError:
    """What a sync ends with that did not bring every trail there."""
    code = Code.RACE_LOST if all(one.retry for one in wrong) else Code.REMOTE_FAILED
    if all(one.damaged for one in wrong):
        code = Code.TRAIL_DAMAGED
    elif all(one.refused for one in wrong):
        code = Code.REMOTE_REFUSED
    what = f"{wrong[0].feature}: {wrong[0].wrong}"
    if len(wrong) > 1:
        for one in wrong:
            app.say(f"error: {one.feature}: {one.wrong}")
        what = f"{len(wrong)} trails are not on '{remote}'"
    return OneshotError(code, what, advice(wrong), exchange=data.features)


@answering("split")
@click.argument("feature", required=False, shell_complete=features)
@click.option("--as", "new", required=True, metavar="NEW-ID", help="The id of the new trail.")
def split(app: App, *, feature: str | None, new: str) -> Answer:
    """Part what two people began under one id.

    The beginning that only this clone has goes to NEW-ID, with all that only
    this clone has of it. Where both are on one trail already, it is your own
    beginning, or else one that does not count, and the old trail stays as it is.
    """
    from git_oneshot.trail.splitting import split as part

    name = app.feature(feature)
    done = part(app.store, name, feature_id(new), app.email)
    state = done.state
    on = app.markers.feature_on(state.branch)
    mine = done.left or done.by.endswith(f"<{app.email}>")
    if mine and state.branch == app.branch and on == name and state.gated:
        app.markers.open(state.branch, FeatureId(state.feature))
    assert state.phase is not None
    data = SplitOff(
        feature=state.feature, source=name, by=done.by, counts=done.counts, phase=state.phase,
        events=list(done.events), tip=done.tip.commit,
    )  # fmt: skip
    by, counts = (printable(one.partition(" <")[0]) for one in (done.by, done.counts))
    rest = f"has what {counts} began"
    if not done.left:
        rest = f"stays as it is, and what {counts} began counts there"
    said = counted(len(done.events), "event")
    text = f"'{new}' has what {by} began as '{name}': {said}; '{name}' {rest}"
    return Answer(data, text, [Next(("git", "oneshot", "sync"), "send it")])
