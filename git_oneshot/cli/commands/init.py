"""init: a feature begins."""

import click

from git_oneshot.cli.ahead import SPIKE
from git_oneshot.cli.answer import PLAN_IT, Answer, answering, written
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import branches
from git_oneshot.cli.consent import INSTALL, apply, ask, pending
from git_oneshot.cli.data.feature import Began
from git_oneshot.cli.given import a_branch
from git_oneshot.core.commands import Start
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Policy
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.spelling import counted


@answering("init")
@click.argument("feature")
@click.option(
    "--policy", type=click.Choice(["always", "never", "on-request"]),
    help="Whether it ends in a pull request.",
)  # fmt: skip
@click.option("--title", default="", help="A line about it.")
@click.option("--base", help="The branch that it is meant for.", shell_complete=branches)
@click.option("--spike", is_flag=True, help="To try something out: gated by nothing.")
@click.option("--yes", is_flag=True, help="Make the changes to this clone without asking.")
def init(
    app: App,
    *,
    feature: str,
    policy: Policy | None,
    title: str,
    base: str | None,
    spike: bool,
    yes: bool,
) -> Answer:
    """Begin FEATURE on the branch that you are on.

    In a clone that is not set up yet it says which settings it is about to
    change, and asks.
    """
    name = app.feature(feature)
    _ = app.work_tree  # a bare repository has no commits of its own
    branch = app.branch
    if branch is None:
        raise OneshotError(
            Code.DETACHED_HEAD,
            "HEAD is on no branch, and a feature lives on one",
            f"git switch -c {name}",
        )
    if base is not None:
        base = a_branch(app, base)
    _free(app, branch, name)
    start = Start(
        policy=policy, title=title, base=base or _base(app, branch), branch=branch,
        start=app.head, spike=spike,
    )  # fmt: skip
    app.session.rehearse(name, start)
    changes = pending(app)
    agreed = ask(app, changes, yes=yes)
    with app.markers.beginning():  # of two who begin at once, one finds what the other began
        _free(app, branch, name)
        receipt = app.session.execute(name, start, expect=app.if_tip)
    done = apply(app) if agreed and changes else []
    nexts = [*SPIKE] if spike else [PLAN_IT]
    if not agreed:
        nexts.insert(0, INSTALL)
    kind = "spike" if spike else "feature"
    text = f"began {kind} '{name}' on branch '{branch}' ({receipt.state.policy})"
    before = 0 if spike else _before(app, receipt.state.base)
    if before:
        them = counted(before, "commit")
        app.say(f"note: a push to '{receipt.state.base}' will judge {them} of before it, too")
    suites = [suite.name for suite in app.rules.suites]
    if not suites:
        text += "\nno test suite is known here: nothing is gated until there is one"
    data = Began(**written(receipt), branch=branch, policy=receipt.state.policy,
                 installed=done, suites=suites, before=before)  # fmt: skip
    return Answer(data, text, nexts)


def _free(app: App, branch: str, name: FeatureId) -> None:
    """Refuse a branch that has an open feature."""
    there = app.open_here()
    if there is None:
        return
    loaded = app.session.load(there)
    if loaded.damage is not None:
        raise loaded.damage
    if not loaded.state.open:
        app.markers.close(branch)  # a marker of a trail that is gone, or ended elsewhere
    elif there != name:
        raise OneshotError(
            Code.FEATURE_OPEN,
            f"feature '{there}' is open on branch '{branch}'",
            f"end it first: git oneshot finalize, or: git oneshot cancel {there}",
            feature=there,
        )


def _base(app: App, branch: str) -> str:
    """The branch that a feature is meant for: the remote's HEAD, else main or master, else this."""
    remote = app.clone.remote
    prefix = f"refs/remotes/{remote}/"
    head = app.git.maybe("symbolic-ref", "-q", f"{prefix}HEAD") if remote else None
    if head:
        return head.removeprefix(prefix)
    for name in ("main", "master"):
        if branch != name and app.git.named(f"refs/heads/{name}"):
            return name
    return branch


def _before(app: App, base: str) -> int:
    """How many commits of HEAD the base's remote has not: a push of the feature brings them."""
    there = app.git.named(f"refs/remotes/{app.clone.remote}/{base}")
    if there is None or app.head is None:
        return 0
    return int(app.git.text("rev-list", "--count", app.head, f"^{there}"))
