"""declare and waive: what somebody says of a commit beside its proof."""

from typing import Final, get_args

import click

from git_oneshot.cli.ahead import send_it
from git_oneshot.cli.answer import COMMIT_IT, STATUS, Answer, Next, answering, written
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import commits
from git_oneshot.cli.data.feature import Declared, Waived
from git_oneshot.cli.sealing import sealed
from git_oneshot.core.commands import Declare, Waive
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Declarable
from git_oneshot.core.spelling import printable, typed
from git_oneshot.core.state import State
from git_oneshot.forge.own import personal
from git_oneshot.gate.commits import Seen, look, record
from git_oneshot.gate.spool import commits_of
from git_oneshot.git import GitError

UNATTENDED: Final = "oneshot.unattended"  # in the user's configuration: a waiver asks nobody


@answering("declare")
@click.argument("kind", metavar="CLASS", type=click.Choice(get_args(Declarable)))
@click.argument("commit", required=False, shell_complete=commits)
@click.option("--reason", required=True, help="Why; it stays on the trail.")
def declare(app: App, *, kind: Declarable, commit: str | None, reason: str) -> Answer:
    """Say that COMMIT is a refactor or a removal; without one, the commit that comes next.

    Then it needs no test that turns, but its whole suite must pass without it
    and with it, and execute every line that it changes. It is shown as declared.
    """
    name = app.feature()
    loaded = app.session.sound(name)
    state = loaded.state
    seen = _commit(app, state, commit) if commit is not None else None
    if (
        seen is None
        and state.phase == "completed"
        and app.markers.leaving(app.branch or "") != name
    ):
        raise OneshotError(
            Code.INVALID_PHASE,
            f"feature '{name}' is completed, and no commit of it is to come here",
            f"name one that it has: git oneshot declare {kind} COMMIT --reason …",
            feature=name, phase=state.phase,
        )  # fmt: skip
    command = Declare(
        kind=kind, reason=reason, commit=seen.id if seen else None,
        parent_tree=None if seen else app.git.tree(app.head),
    )  # fmt: skip
    app.session.rehearse(name, command, loaded)
    receipt = sealed(app, app.session.execute(name, command, expect=app.bind(name)))
    app.refresh_display()
    which = f"{seen.id[:9]} {printable(seen.subject)}" if seen else "the next commit"
    data = Declared(
        **written(receipt), commit=seen.id if seen else None, kind=kind, reason=reason.strip()
    )
    argv = ("git", "oneshot", "verify", seen.id) if seen else ("git", "oneshot", "green")
    step = Next(argv, "see whether the tests bear it out")
    if seen is None and state.phase == "completed":
        step = COMMIT_IT._replace(why="commit it, and the push sees whether the tests bear it out")
    return Answer(data, f"declared {kind}: {which}", [step])


@answering("waive")
@click.argument("commit", required=False, shell_complete=commits)
@click.option("--reason", required=True, help="Why; it stays on the trail.")
def waive(app: App, *, commit: str | None, reason: str) -> Answer:
    """Let COMMIT (the last one, if none is named) pass without a proof.

    That is for a person to say: it asks on a terminal. The waiver is shown
    wherever the commit is, and holds for the same change after a rebase.
    """
    name = app.feature()
    loaded = app.session.sound(name)
    state = loaded.state
    seen = _commit(app, state, commit or "HEAD")
    [recorded] = record(app.git, [seen])
    command = Waive(commit=seen.id, patch_id=recorded.patchId, reason=reason)
    app.session.rehearse(name, command, loaded)
    _agree(app, seen, reason)
    receipt = sealed(app, app.session.execute(name, command, expect=app.bind(name)))
    app.refresh_display()
    data = Waived(**written(receipt), commit=seen.id, reason=reason.strip())
    return Answer(
        data, f"waived {seen.id[:9]} {printable(seen.subject)}", _onward(app, receipt.state)
    )


def _onward(app: App, state: State) -> list[Next]:
    """Where the waived commit goes through."""
    name = state.feature
    if state.phase == "implementing":
        return [Next(("git", "oneshot", "finalize", name), "when all is committed")]
    if state.phase == "synthesize":
        return [Next(("git", "oneshot", "synthesize", name), "bring its pull request up to date")]
    return send_it(app) or [STATUS._replace(argv=(*STATUS.argv, name))]


def _commit(app: App, state: State, named: str) -> Seen:
    """A commit of the feature."""
    if app.head is None:
        raise OneshotError(Code.NO_COMMITS, "there is no commit here yet", "git commit")
    try:
        found = app.git.text("rev-parse", "--verify", "--end-of-options", f"{named}^{{commit}}")
    except GitError as err:
        raise OneshotError(
            Code.INVALID_INPUT, f"'{named}' names no commit here", "such as: HEAD"
        ) from err
    if found not in commits_of(app.git, state).ids:
        raise OneshotError(
            Code.INVALID_INPUT,
            f"'{named}' is no commit of feature '{state.feature}'",
            f"see its commits: git oneshot status {state.feature}",
        )
    [seen] = look(app.git, [found])
    return seen


def _agree(app: App, seen: Seen, reason: str) -> None:
    """Find out whether the user waives the commit. An agent can't do that for itself."""
    if personal(app.git, UNATTENDED):
        return
    if not app.terminal:
        argv = ("git", "oneshot", "waive", seen.id[:9], "--reason", reason.strip())
        named = ("-f", app.named) if app.named is not None else ()
        said = "there is no terminal to ask on"
        if app.git.maybe("config", "--type=bool", UNATTENDED) == "true":
            said += f", and '{UNATTENDED}' counts in the user's own configuration alone"
        raise OneshotError(
            Code.NEEDS_INPUT,
            f"a waiver is for a person to give, and {said}",
            f"the user, on a terminal: {typed(*argv, *named)}; or bring a proof",
        )
    app.say(f"{seen.id[:9]} {seen.subject}")
    app.say(f"reason: {reason.strip()}")
    if not app.agreed("let it pass without a proof?"):
        what_it_lacks = f"see what it lacks: git oneshot verify {seen.id[:9]}"
        raise OneshotError(Code.NOT_PROVEN, "nothing is waived", what_it_lacks)
