"""Asking before a clone is changed."""

import shlex
from collections.abc import Sequence
from typing import Final

from git_oneshot.cli.answer import Next
from git_oneshot.cli.app import App
from git_oneshot.core.rules.file import Argv
from git_oneshot.core.spelling import printable
from git_oneshot.gate.trust import Trust, commands_of

INSTALL: Final = Next(("git", "oneshot", "install", "--yes"), "set up this clone")


def commands_to_trust(app: App, commits: Sequence[str] = ()) -> tuple[Argv, ...]:
    """The commands of the rules here, and of some commits, that the user has not let run here."""
    commands = dict.fromkeys((*app.rules.commands, *commands_of(app.git, commits)))
    trusted = Trust(app.git).trusted()
    return tuple(command for command in commands if command not in trusted)


def pending(app: App) -> list[str]:
    """The changes to this clone that are yet to be made, in words."""
    steps = [step.what for step in app.clone.steps()]
    return steps + [_trusting(argv) for argv in commands_to_trust(app)]


def _trusting(argv: Argv) -> str:
    return f"trust: run `{printable(shlex.join(argv))}`"


def ask(app: App, changes: Sequence[str], *, yes: bool) -> bool:
    """Say what is pending in this clone, and whether it may be done. True when nothing is."""
    if not changes:
        return True
    if not yes and not app.terminal:
        return False
    app.say("in this clone:")
    for change in changes:
        app.say(f"  {change}")
    if app.clone.foreign:
        app.say(f"warning: {app.clone.foreign}: no hook is installed there")
    return yes or app.agreed("make these changes?", default=True)


def apply(app: App) -> list[str]:
    """Make the changes, and say which."""
    done = []
    with app.clone.alone():
        if app.clone.added() is None:
            app.clone.remember([])
        for step in app.clone.steps():
            step.make()
            done.append(step.what)
    commands = commands_to_trust(app)
    if commands:
        Trust(app.git).add(commands)
        done += [_trusting(argv) for argv in commands]
    app.refresh_display()
    return done
