"""skill: instructions for coding agents, and where they look for them."""

import os
from typing import Final

import click

import git_oneshot
from git_oneshot.cli.answer import Answer, Next, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.data.clone import Skill
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.trail.disk import put

PLACE: Final = ".claude/skills/git-oneshot/SKILL.md"


@answering("skill")
@click.option("--write", is_flag=True, help=f"Write them to {PLACE}.")
@click.option("--force", is_flag=True, help="Also over a file that says something else.")
def skill(app: App, *, write: bool, force: bool) -> Answer:
    """Print what a coding agent has to know, or write it where agents look for it."""
    text = instructions()
    if not write:
        return Answer(Skill(text=text, path=None, written=False), text.rstrip("\n"))
    path = os.path.join(app.work_tree, PLACE)
    there = _content(path)
    if there not in (None, text) and not force:
        raise OneshotError(
            Code.INVALID_INPUT,
            f"'{PLACE}' is there, and says something else",
            "git oneshot skill --write --force",
            paths=[PLACE],
        )
    if there != text:
        put(path, text.encode())
    data = Skill(text=text, path=PLACE, written=there != text)
    add = Next(("git", "add", app.from_here(PLACE)), "let everyone's agent know it")
    nexts = [add] if there != text else []
    return Answer(data, f"wrote {PLACE}" if there != text else f"{PLACE} says it already", nexts)


def instructions() -> str:
    """The text, which is part of the package."""
    folder = os.path.dirname(os.path.abspath(git_oneshot.__file__))
    with open(os.path.join(folder, "skill.md"), encoding="utf-8") as file:
        return file.read()


def _content(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return None
