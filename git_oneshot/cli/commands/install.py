"""install, uninstall, trust: what holds in this clone."""

import os
import shlex
from collections.abc import Sequence
from typing import Final

import click

from git_oneshot.cli.ahead import go_on
from git_oneshot.cli.answer import Answer, Next, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import ranges
from git_oneshot.cli.consent import apply, ask, commands_to_trust, pending
from git_oneshot.cli.data.clone import Installed, Trusted, Uninstalled
from git_oneshot.cli.mending import trust as to_trust
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import LOCAL, REMOTE
from git_oneshot.core.spelling import counted, printable
from git_oneshot.gate.commits import range_of
from git_oneshot.gate.elsewhere import LINES, place
from git_oneshot.gate.hooks import SERVER
from git_oneshot.gate.install import overwrites, without
from git_oneshot.gate.spool import commits_of
from git_oneshot.gate.trust import Trust

_IN_PLACE = "everything is in place"


@answering("install")
@click.option("--yes", is_flag=True, help="Make the changes without asking.")
@click.option("--server", is_flag=True, help="Only the hook that gates pushes to this repository.")
def install(app: App, *, yes: bool, server: bool) -> Answer:
    """Set up this clone: hooks, fetch of trails, proofs in `git log`, trust.

    It says what it is about to change, and asks. A hook that is there is kept
    and runs first. `git oneshot uninstall` takes everything back.
    """
    if server:
        return _gated(app)
    changes = pending(app)
    if not ask(app, changes, yes=yes):
        if app.terminal:
            raise OneshotError(Code.NEEDS_INPUT, "nothing was changed", "git oneshot install")
        raise OneshotError(
            Code.NEEDS_INPUT,
            "there is no terminal to ask on",
            "git oneshot install --yes",
            changes=changes,
        )
    done = apply(app)
    for key, value in app.clone.overwriting():
        app.say(f"warning: {overwrites(key, value)}")
        app.say(f"hint: {shlex.join(without(key, value))}")
    came = _fetched(app)
    if app.clone.foreign:
        raise OneshotError(
            Code.HOOKS_PATH_SET,
            f"{app.clone.foreign}, so the hooks are another tool's",
            "; ".join(f"add to {place(app.git, name)}: {line}" for name, line in LINES.items()),
            changes=done,
        )
    text = f"this clone is set up: {counted(len(done), 'change')}" if done else _IN_PLACE
    if came:
        text += f"\n{counted(came, 'feature')} came from '{app.clone.remote}'"
    return Answer(Installed(changes=done, fetched=came), text, go_on(app))


def _gated(app: App) -> Answer:
    """Put the pre-receive hook in its place."""
    from git_oneshot.gate.prereceive import adrift, home

    if app.clone.foreign:
        raise OneshotError(
            Code.HOOKS_PATH_SET,
            f"{app.clone.foreign}, so the hooks are another tool's",
            "add to its pre-receive: git-oneshot hook pre-receive",
        )
    app.clone.mark()
    app.clone.hooks.put(SERVER)
    head, tip = home(app.git)
    if not tip and app.git.lines("for-each-ref", "--count=1", "refs/heads/"):
        app.say(f"warning: no push comes in: {adrift(head)}")
    named = Next(("git", "config", "--add", "oneshot.verifier"), "whom it believes", ("PRINCIPAL",))
    said = "pushes to this repository are gated"
    return Answer(Installed(changes=[f"hook {SERVER}"], fetched=0), said, [named])


def _fetched(app: App) -> int:
    """Fetch the trails; how many features that are new here came."""
    known = {tip.feature for tip in app.store.tips()}
    with app.progress.running(f"fetching the trails of '{app.clone.remote}'"):
        wrong = app.clone.fetch()
    if wrong:
        app.say(f"warning: {wrong}")
    app.refresh_display()
    return len({tip.feature for tip in app.store.tips()} - known)


# What git itself takes trails away by; where a remote has them, they come again with a fetch.
_TRAILS_GO: Final = (
    f"git for-each-ref --format='delete %(refname)' {LOCAL} {REMOTE} | git update-ref --stdin"
)


@answering("uninstall")
def uninstall(app: App) -> Answer:
    """Take back hooks and settings of this clone. The trails stay."""
    tips = app.store.tips()
    if os.path.isdir(app.git.own_dir):  # which alone remembers what a remote had before a fetch
        app.look_for_losses(tips)
    done = app.clone.undo()
    if tips and app.git.work_tree is not None:  # a server is not told to forget
        stays = "1 trail stays" if len(tips) == 1 else f"{len(tips)} trails stay"
        app.say(f"note: {stays}; what takes them away: {_TRAILS_GO}")
    said = [what if what.startswith("back: ") else f"gone: {what}" for what in done]
    return Answer(Uninstalled(changes=done), "\n".join(said) or "nothing to do")


@answering("trust")
@click.argument("range_", metavar="[RANGE]", required=False, shell_complete=ranges)
@click.option("--yes", is_flag=True, help="Do not ask.")
def trust(app: App, *, range_: str | None, yes: bool) -> Answer:
    """Show the commands that proofs would run, and let them run in this clone.

    Those of the rules here and of the open feature's commits; with RANGE, or
    one commit, also those that its commits are proven by.
    """
    commands = commands_to_trust(app, _commits(app, range_))
    data = Trusted(commands=[list(argv) for argv in commands])
    if not commands:
        known = sorted(Trust(app.git).trusted())
        return Answer(data, "\n".join(f"trusted: {printable(shlex.join(a))}" for a in known)
                      or "this repository names no command", go_on(app))  # fmt: skip
    again = to_trust(range_ or "")
    for argv in commands:
        app.say(f"  {printable(shlex.join(argv))}")
    if not yes and not app.terminal:
        raise OneshotError(
            Code.NEEDS_INPUT,
            "there is no terminal to ask on",
            f"{shlex.join(again.argv)} --yes",
            commands=data.commands,
            # Nobody follows this by itself: it is a person who lets a repository's commands run.
            ahead=(
                Next(
                    (*again.argv, "--yes"),
                    "a person reads these commands and decides, then",
                    work=True,
                ),
            ),
        )
    if not yes and not app.agreed("may these run in this clone?"):
        raise OneshotError(
            Code.UNTRUSTED,
            "nothing is trusted",
            f"see them again: {shlex.join(again.argv)}",
            commands=data.commands,
            ahead=(again,),
        )
    Trust(app.git).add(commands)
    lines = "\n".join(f"trusted: {printable(shlex.join(argv))}" for argv in commands)
    return Answer(data, lines, go_on(app))


def _commits(app: App, range_: str | None) -> Sequence[str]:
    """The commits of a range; without one, those of the feature that is named or open here."""
    if range_ is not None:
        return range_of(app.git, range_)
    name = app.feature() if app.named else app.open_here()
    if name is None or app.head is None:
        return ()
    return commits_of(app.git, app.session.load(name).state).ids
