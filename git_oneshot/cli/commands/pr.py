"""pr: the pull request of a feature, wherever it lives."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import click

from git_oneshot.cli.ahead import after_review
from git_oneshot.cli.answer import Answer, answering, as_given, written
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import files
from git_oneshot.cli.data.pull import PullAnswer
from git_oneshot.cli.forges import (
    as_known,
    fetch_its_base,
    forge_for,
    pull_data,
    pull_name,
    read_at,
    send_trail,
    tell,
)
from git_oneshot.cli.given import read_text
from git_oneshot.cli.renamed import own_branch
from git_oneshot.cli.sealing import may_end, sealed
from git_oneshot.core import prbody
from git_oneshot.core.commands import ClosePull, Command, Complete, UpdatePull
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.guards import unmet
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.markdown import line, ungapped
from git_oneshot.core.masking import masked
from git_oneshot.core.pulls import PullUpdated
from git_oneshot.core.review import open_one
from git_oneshot.core.spelling import printable
from git_oneshot.core.state import State
from git_oneshot.forge import merging
from git_oneshot.forge import synthesize as opening
from git_oneshot.forge.keeping import as_text
from git_oneshot.forge.port import Forge, PullRequest
from git_oneshot.session import Payloads, Receipt, expected


class Asked(NamedTuple):
    """What was asked of the pull request."""

    title: str | None
    body_file: str | None
    reason: str
    squash: bool
    rebase: bool
    yes: bool


# The options that an action takes; another one is a mistake, and said so.
TAKES: Final = {
    "show": (),
    "edit": ("title", "body_file"),
    "ready": (),
    "draft": (),
    "close": ("reason",),
    "merge": ("squash", "rebase", "yes"),
}


@answering("pr")
@click.argument("action", type=click.Choice(list(TAKES)), metavar="[ACTION]", default="show")
@click.option("--title", help="edit: another title.")
@click.option(
    "--body-file",
    type=click.Path(),
    metavar="FILE",
    help="edit: another text; - is standard input.",
    shell_complete=files,
)
@click.option("--reason", default="", help="close: why.")
@click.option("--squash", is_flag=True, help="merge: as one commit.")
@click.option("--rebase", is_flag=True, help="merge: the commits themselves, without a merge.")
@click.option("--yes", is_flag=True, help="merge: do not ask.")
def pr(app: App, *, action: str, **asked: Any) -> Answer:
    """Look at the feature's pull request, or change it.

    ACTION is show (the default), edit, ready, draft, close or merge. close leaves the phase:
    synthesize opens another. merge is for the local forge, where the pull
    request is the trail and a branch: it checks, asks and moves the base.
    """
    for option, value in asked.items():
        if value and option not in TAKES[action]:
            raise OneshotError(
                Code.USAGE, f"--{option.replace('_', '-')} is not for 'pr {action}'",
                "git oneshot pr -h",
            )  # fmt: skip
    name = app.feature(ended=True)
    loaded = app.session.sound(name)
    state = loaded.state
    if action == "show":
        return _show(app, name, state)
    before = app.session.before(name, _WRITES[action], app.key)
    if before is not None:
        assert state.pull is not None
        return _answer(before, as_known(state.pull), "")
    expected(app.if_tip, loaded.tip)  # before anything is done there
    open_one(state)
    forge = forge_for(app, name)
    there = _there(app, forge, name, state)
    return ACTIONS[action](app, forge, name, there, Asked(**asked))


def _there(app: App, forge: Forge, name: FeatureId, state: State) -> PullRequest:
    """The pull request as it is now; one that a person ended meanwhile is ended here."""
    assert state.pull is not None
    there = forge.look(state.pull.number)
    if there.state == "open":
        return there
    if there.state == "closed":
        app.aside.execute(name, ClosePull("closed at the forge"))
        how = ("closed", f"open another: git oneshot synthesize {name}")
    else:
        how = ("merged", f"complete it: git oneshot complete {name}")
    raise unmet("pull-request-open", f"the pull request '{state.pull.name}' was {how[0]}", how[1])


def _show(app: App, name: FeatureId, state: State) -> Answer:
    if state.pull is None:
        open_one(state)  # says that there is none
    assert state.pull is not None
    try:
        there = forge_for(app, name).look(state.pull.number)
    except OneshotError as err:
        app.say(f"warning: this is what the trail has: {err.message}")
        there = as_known(state.pull)
    if state.phase == "completed":
        there = there._replace(state="merged", merge_commit=state.merge_commit)
    body = there.body or opening.text_of(app.git, state, app.clone.remote)
    head = [printable(ungapped(there.title)), f"{there.state}: {printable(pull_name(there))}"]
    if state.merge_commit:
        drift = ", and differs from what was proven" if state.drift else ""
        head.append(f"merged as {state.merge_commit[:12]}{drift}")
    text = "\n".join([*head, "", *map(printable, ungapped(body).splitlines())])
    return _answer(read_at(app, name), there, text, body)


def _edit(app: App, forge: Forge, name: FeatureId, there: PullRequest, asked: Asked) -> Answer:
    if asked.title is None and asked.body_file is None:
        raise OneshotError(
            Code.NEEDS_INPUT, "nothing to change was given",
            "git oneshot pr edit --title '…', or --body-file FILE",
        )  # fmt: skip
    title = line(asked.title) if asked.title is not None else there.title
    if not title or len(title) > prbody.LONGEST_TITLE:
        raise OneshotError(
            Code.INVALID_INPUT,
            f"a title has 1 to {prbody.LONGEST_TITLE} characters, this one {len(title)}",
            "shorten it" if title else "say what it does",
        )
    body = there.body
    if asked.body_file is not None:
        body = read_text(asked.body_file, Code.FILE_ERROR)
        if len(body) > forge.capabilities.body_limit:
            raise OneshotError(
                Code.INVALID_INPUT,
                f"the text has {len(body)} characters, and at most "
                f"{forge.capabilities.body_limit} are taken",
                "shorten it",
            )
    forge.update(there, title=title, body=body)
    change = PullUpdated(
        title=title if asked.title is not None else None,
        body=opening.digest(body) if asked.body_file is not None else None,
    )  # fmt: skip
    beside: Payloads | None = None
    if not forge.capabilities.keeps_text and asked.body_file is not None:
        change, beside = as_text(change, body, app.home)
        if masked(body, app.home) != body:
            app.say_masked()
    receipt = app.session.execute(name, UpdatePull(change), expect=app.if_tip, payloads=beside)
    return _said(app, name, receipt, there._replace(title=title), "changed {}")


def _ready(app: App, forge: Forge, name: FeatureId, there: PullRequest, _asked: Asked) -> Answer:
    pull = forge.set_draft(there, False) if there.draft else there
    receipt = app.session.execute(name, UpdatePull(PullUpdated(draft=False)), expect=app.if_tip)
    return _said(app, name, receipt, pull, "{} is ready for review")


def _draft(app: App, forge: Forge, name: FeatureId, there: PullRequest, _asked: Asked) -> Answer:
    pull = there if there.draft else forge.set_draft(there, True)
    receipt = app.session.execute(name, UpdatePull(PullUpdated(draft=True)), expect=app.if_tip)
    return _said(app, name, receipt, pull, "{}, as it was before")


def _close(app: App, forge: Forge, name: FeatureId, there: PullRequest, asked: Asked) -> Answer:
    pull = forge.close(there)
    receipt = app.session.execute(name, ClosePull(asked.reason[:500]), expect=app.if_tip)
    return _said(app, name, receipt, pull, "closed {}")


def _merge(app: App, forge: Forge, name: FeatureId, there: PullRequest, asked: Asked) -> Answer:
    if asked.squash and asked.rebase:
        raise OneshotError(Code.USAGE, "--squash and --rebase are two ways", "choose one")
    if not forge.capabilities.merges:
        raise unmet("local-forge", f"people merge it at {there.url}", "then: git oneshot complete")
    way: merging.Way = "squash" if asked.squash else "rebase" if asked.rebase else "merge"
    state = app.session.sound(name).state
    remote = app.clone.remote
    may_end(app)
    fetch_its_base(app, state.base)
    made = merging.make(app.git, app.prover(), state, remote, way)
    if not asked.yes:
        if not app.terminal:
            raise OneshotError(
                Code.NEEDS_INPUT, f"a {way} into '{state.base}' needs your word",
                f"give it: {as_given('').line} --yes",
            )  # fmt: skip
        if not app.agreed(f"{way} '{there.head}' into '{state.base}'?"):
            raise unmet("confirmed", "nothing is merged", f"git oneshot pr merge -f {name}")
    note = merging.deliver(app.git, state, made, remote)
    if note:
        app.say(f"note: {note}")
    receipt = sealed(app, app.session.execute(name, made.command(state), expect=app.if_tip))
    branch = own_branch(app, state)
    if app.markers.feature_on(branch) == name:  # else it is open on that branch elsewhere
        app.markers.close(branch)
    merged = there._replace(state="merged")
    answer = _said(app, name, receipt, merged, f"merged {{}}, as {made.commit[:9]}")
    app.refresh_display()
    return answer._replace(text=f"{answer.text}\n'{name}' is completed")


def _said(app: App, name: FeatureId, receipt: Receipt, pull: PullRequest, what: str) -> Answer:
    send_trail(app, name)
    tell(app, name, receipt.before.clock)
    return _answer(receipt, pull, what.format(pull_name(pull)))


def _answer(receipt: Receipt, pull: PullRequest, text: str, body: str | None = None) -> Answer:
    state = receipt.state
    data = PullAnswer(
        **written(receipt), pull=pull_data(pull), body=body,
        merge_commit=state.merge_commit or None, drift=state.drift,
    )  # fmt: skip
    return Answer(data, text, after_review(state))


_WRITES: Final[dict[str, Command]] = {
    "edit": UpdatePull(PullUpdated()),
    "ready": UpdatePull(PullUpdated(draft=False)),
    "draft": UpdatePull(PullUpdated(draft=True)),
    "close": ClosePull(),
    "merge": Complete(),
}
ACTIONS: Final[dict[str, Callable[[App, Forge, FeatureId, PullRequest, Asked], Answer]]] = {
    "edit": _edit,
    "ready": _ready,
    "draft": _draft,
    "close": _close,
    "merge": _merge,
}
