"""cache: what was found out before, and the room that it takes."""

import os

import click

from git_oneshot.cli import text
from git_oneshot.cli.answer import Answer, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.data.proof import Cached
from git_oneshot.core.errors import denied
from git_oneshot.gate.filed import unfile
from git_oneshot.proof.running.cache import LARGEST, ProofCache


@answering("cache")
@click.argument("what", type=click.Choice(["show", "clear"]), default="show")
def cache(app: App, *, what: str) -> Answer:
    """Show how many runs and verdicts are kept, and what they take; or clear them.

    Nothing is lost but time. What was not used longest goes by itself when it is too much.
    """
    kept = ProofCache(os.path.join(app.git.own_dir, "cache"))
    held = kept.held()
    if what == "clear":
        kept.clear()
        unfile(app.git)
        left = kept.held()
        if left.runs or left.verdicts:
            raise denied(f"what is kept in '{app.git.own_dir}' cannot be taken away")
    data = Cached(
        runs=held.runs, verdicts=held.verdicts, bytes=held.size, limit=LARGEST,
        cleared=what == "clear",
    )  # fmt: skip
    lines = [
        f"runs      {held.runs}",
        f"verdicts  {held.verdicts}",
        f"size      {text.size(held.size)} of at most {text.size(LARGEST)}",
    ]
    return Answer(data, "cleared" if data.cleared else "\n".join(lines))
