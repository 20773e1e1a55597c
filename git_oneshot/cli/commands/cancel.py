"""cancel, prune: giving features up, one by name or many by age."""

import click

from git_oneshot.cli import text
from git_oneshot.cli.ahead import changed, sync_it
from git_oneshot.cli.answer import Answer, Next, answering, as_given, in_earnest, written
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import open_features
from git_oneshot.cli.data.care import Cancelled, FateData, Pruned, Spared, StepData
from git_oneshot.cli.forges import forge_for, read_at, send_trail, tell
from git_oneshot.cli.given import Number
from git_oneshot.cli.look import Part
from git_oneshot.cli.renamed import own_branch
from git_oneshot.core.commands import Cancel
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId, feature_id
from git_oneshot.core.prune import age, choose
from git_oneshot.core.spelling import nearest, printable, span
from git_oneshot.core.state import State
from git_oneshot.core.words import PHASES
from git_oneshot.forge import pruning
from git_oneshot.forge.giving_up import Ask, Step, clean_up, steps
from git_oneshot.proof.suites import rules_of
from git_oneshot.session import Receipt, Session, expected
from git_oneshot.trail.store import ours


@answering("cancel")
@click.argument("feature", required=False, shell_complete=open_features)
@click.option("--reason", default="", help="Why.")
@click.option(
    "--superseded-by", metavar="FEATURE", help="What takes its place.",
    shell_complete=open_features,
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say which steps it would take.")
@click.option("--keep-pr", is_flag=True, help="Leave the pull request as it is.")
@click.option("--keep-branch", is_flag=True, help="Leave the branch that synthesize made.")
@click.option("--delete-branch", is_flag=True, help="Delete your branch, if nothing is lost.")
def cancel(
    app: App, *, feature: str | None, reason: str, superseded_by: str | None, dry_run: bool,
    keep_pr: bool, keep_branch: bool, delete_branch: bool,
) -> Answer:  # fmt: skip
    """Give a feature up. Its branch, its commits and its trail stay as they are.

    Its pull request is closed first. A step that fails leaves the phase, and the
    next try goes on behind those that are done.
    """
    name = app.feature(feature)
    successor = "" if superseded_by is None else _successor(app, name, superseded_by)
    command = Cancel(reason=reason, superseded_by=successor)
    before = app.session.before(name, command, app.key)
    if before is not None:
        return _cancelled(before, command, [], dry_run=False)
    app.session.rehearse(name, command)
    ask = Ask(keep_pr, keep_branch, delete_branch)
    own = app.aside
    todo = steps(
        app.git, own, app.session.load(name).state, app.clone.remote,
        lambda: forge_for(app, name), ask,
    )  # fmt: skip
    if dry_run:
        would = _cancelled(read_at(app, name), command, [_would(s) for s in todo], dry_run=True)
        return would._replace(next=[in_earnest()])
    if todo:
        expected(app.if_tip, app.session.load(name).tip)  # the steps are events themselves
    taken = clean_up(own, name, todo)
    receipt = app.session.execute(name, command, expect=None if todo else app.if_tip)
    _leave(app, receipt.state)
    if todo:
        send_trail(app, name)
    done = [
        StepData(action=action, status=how.status, message=how.message)
        for action, how in taken.items()
    ]
    ended = _cancelled(receipt, command, done, dry_run=False)
    return ended._replace(next=_left(app, receipt))


def _left(app: App, receipt: Receipt) -> list[Next]:
    """What to do about what a feature leaves behind."""
    nexts = sync_it(app, receipt.state.feature) if app.store.unpushed(receipt.tip) else []
    tree = changed(app) if app.is_on(receipt.state) else None
    if tree is not None and (tree.staged or tree.other):
        what = "see what is changed in the working tree, and in no commit: it is as it was"
        nexts.append(Next(("git", "status", "--short"), what))
    return nexts


def _successor(app: App, name: FeatureId, given: str) -> FeatureId:
    """What takes its place. It need not be there: on the same branch it can only begin later."""
    found = feature_id(given)
    if found == name:
        raise OneshotError(
            Code.INVALID_INPUT, f"'{name}' cannot supersede itself", "name what takes its place"
        )
    if app.store.tip(found) is None:
        near = nearest(found, {tip.feature for tip in app.store.tips()} - {name})
        meant = f"; did you mean '{near}'?" if near else " yet"
        app.say(f"note: no feature '{found}' is here{meant}")
    return found


def _would(step: Step) -> StepData:
    """A step as it is said ahead."""
    why = step.stays()
    return StepData(action=step.action, status="skipped" if why else None, message=why or step.what)


def _cancelled(
    receipt: Receipt, command: Cancel, steps: list[StepData], *, dry_run: bool
) -> Answer:
    name = receipt.state.feature
    would = "would be " if dry_run else ""
    lines = [
        f"{one.action}: {would}{one.status or 'taken'}"
        + (f", {one.message}" if one.message else "")
        for one in steps
    ]
    end = f"cancelled '{name}'; its commits are where they were"
    lines.append(f"'{name}' would be cancelled" if dry_run else end)
    data = Cancelled(
        **written(receipt), reason=command.reason, superseded_by=command.superseded_by or None,
        dry_run=dry_run, steps=steps,
    )  # fmt: skip
    return Answer(data, "\n".join(lines))


@answering("prune")
@click.option("--apply", is_flag=True, help="Do it; without it, say what would be done.")
@click.option("--older-than", metavar="AGE", help="Such as 14d, 36h or 2w, instead of the rules'.")
@click.option("--force", is_flag=True, help="Ask for no pull request and no recent commit.")
@click.option(
    "--exclude-phase", "exclude", multiple=True, metavar="PHASE", type=click.Choice(PHASES),
    help="A phase in which features stay; again for more, instead of the rules'.",
)  # fmt: skip
@click.option(
    "--limit", type=Number(min=1), metavar="N", help="At most so many, the stalest first."
)
def prune(
    app: App, *, apply: bool, older_than: str | None, force: bool, exclude: tuple[str, ...],
    limit: int | None,
) -> Answer:  # fmt: skip
    """Find the features without an event and without a commit for long, and give them up.

    Without --apply nothing is changed. An open pull request and a commit of the
    last 24 hours keep a feature, and so does a check that can't be made.
    """
    said = rules_of(app.git, app.git.tree(app.head)).prune
    now = app.now
    remote = app.clone.remote
    loaded = app.store.load(ours(app.store.tips()))
    found, malformed = pruning.entries(app.git, loaded, now, remote)
    choice = choose(
        found, threshold=age(older_than) if older_than is not None
        else said.stale_after_days * 1_440,
        exclusions=exclude or said.phase_exclusions, limit=limit or said.max_batch,
        malformed=malformed,
    )  # fmt: skip
    states = {one.state.feature: one.state for one in loaded}
    fates = list(
        pruning.prune(
            app.git, _writer(app) if apply else None, choice, now, remote,
            lambda name: forge_for(app, name), states, apply=apply, force=force,
        )
    )  # fmt: skip
    for fate in fates if apply else ():
        if not fate.skipped:
            _leave(app, states[fate.feature])
            tell(app, FeatureId(fate.feature), states[fate.feature].clock)
    data = Pruned(
        applied=apply, candidates=[one.feature for one in choice.chosen],
        pruned=[f.feature for f in fates if not f.skipped] if apply else None,
        skipped=[FateData(feature=f.feature, idle=f.idle, reason=f.skipped, why=f.why)
                 for f in fates if f.skipped],
        excluded=[Spared(feature=name, reason=why) for name, why in choice.excluded.items()],
        malformed=[Spared(feature=name, reason=why) for name, why in malformed.items()],
        total=choice.total, truncated=choice.truncated,
    )  # fmt: skip
    # None where that was done, or all stay.
    left = not data.applied and len(data.skipped) < len(data.candidates)
    nexts = [as_given("give these up", "--apply")] if left else []
    return Answer(data, _told(fates, data, states), nexts)


def _writer(app: App) -> Session | None:
    """Who writes the events; None when git does not know who that is."""
    try:
        _ = app.identity
    except OneshotError:
        return None
    return app.aside


def _leave(app: App, state: State) -> None:
    """The branch is free for another feature; the trail's end goes along with the next push."""
    name = FeatureId(state.feature)
    branch = own_branch(app, state)
    if app.markers.feature_on(branch) == name:
        app.markers.leave(branch, name)


def _told(fates: list[pruning.Fate], data: Pruned, states: dict[str, State]) -> list[Part] | str:
    lines: list[Part] = []
    rows = [
        (
            f.feature, states[f.feature].phase or "", span(f.idle),
            f"stays: {f.skipped}, {f.why}" if f.skipped else "pruned" if data.applied else "stale",
        )
        for f in fates
    ]  # fmt: skip
    if rows:
        head = ("feature", "phase", "idle", "what becomes of it")
        lines.append(text.table(head, [tuple(map(printable, row)) for row in rows]))
    lines += [f"malformed: {one.feature}: {one.reason}" for one in data.malformed]
    if data.truncated:
        lines.append(f"{data.total - len(data.candidates)} more are stale; ask again for them")
    return lines or "nothing is stale"
