"""export and import: a trail as a file."""

import sys
from contextlib import suppress
from typing import IO

import click

from git_oneshot.cli import story
from git_oneshot.cli.answer import Answer, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import features
from git_oneshot.cli.data.trails import Exported, Imported
from git_oneshot.cli.look import Document
from git_oneshot.cli.meeting import ends, tell
from git_oneshot.cli.written import came
from git_oneshot.core import report
from git_oneshot.core.errors import OneshotError, unknown_feature
from git_oneshot.core.events import type_name
from git_oneshot.core.history import state_of
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.spelling import counted
from git_oneshot.core.state import State
from git_oneshot.trail.carrying import ids, lines_of, take
from git_oneshot.trail.merging import behind, join
from git_oneshot.trail.payloads import text_beside
from git_oneshot.trail.store import Tip, Trail


@answering("export")
@click.argument("feature", required=False, shell_complete=features)
@click.option(
    "--format", "kind", type=click.Choice(["jsonl", "markdown", "html"]), default="jsonl",
    help="What to make of it; jsonl by default.",
)  # fmt: skip
def export(app: App, *, feature: str | None, kind: str) -> Answer:
    """Write a trail to stdout.

    jsonl has every object of it, and `git oneshot import` makes the same trail
    of that. markdown and html are reports for people: the commits, each with
    what is claimed of it, and every event.
    """
    name = app.feature(feature)
    loaded = app.session.sound(name)
    assert loaded.tip is not None
    tip = join(app.store, loaded.tip)._replace(beside=())
    [trail] = app.store.read([tip])
    if kind == "jsonl":
        text = b"".join(lines_of(app.git, app.store, trail)).decode()
    else:
        state = state_of(name, trail.entries)
        void = {one.id: one.reason for one in state.void}
        rows = [(str(e.clock), e.at, e.by.partition(" <")[0], type_name(e), story.about(e),
                 void.get(e.id, "")) for e in trail.events]  # fmt: skip
        make = report.to_html if kind == "html" else report.to_markdown
        text = make(state, rows, _plan(app, state))
    data = Exported(feature=name, format=kind, tip=tip.commit, content=text)
    return Answer(data, [Document(text.rstrip("\n"))])


def _plan(app: App, state: State) -> str:
    """The text of a plan that is more than what a line of it says."""
    plan = state.plan
    if plan is None:
        return ""
    text = plan.text.strip()
    if plan.payload:
        with suppress(OneshotError):  # a clone may be partial, and its remote away
            text = text_beside(app.store, FeatureId(state.feature), plan.payload).strip()
        if not text:
            app.say("warning: the text of the plan is not here, and is left out")
            app.say("hint: git oneshot fsck")
    return "" if text == plan.summary else text


@answering("import")
@click.argument("file", required=False, type=click.File("rb"))
def import_(app: App, *, file: IO[bytes] | None) -> Answer:
    """Take in a trail from FILE (stdin, if none is named).

    Every object must be what its id says. Where there is a trail of its name,
    the two become one, as in a sync.
    """
    before = ends(app)
    trail = take(app.git, app.store, file or sys.stdin.buffer)
    name = trail.feature
    tip = app.store.tip(name)
    if tip is None:
        raise unknown_feature(name)
    came(app, [name])
    app.refresh_display()
    new = _new(app, trail, tip, before.get((name, "")))
    data = Imported(feature=name, tip=tip.commit, events=list(ids(trail)), new=new)
    text = f"'{name}': {counted(new, 'event')} taken in"
    if not new:
        text = f"'{name}': all {counted(len(data.events), 'event')} are here already"
    return Answer(data, text, tell(app, before, [name], sent=False))


def _new(app: App, came: Trail, tip: Tip, old: str | None) -> int:
    """How many events of a trail that came our own end, ``old``, had not behind it."""
    if old is None:
        return len(came.events)
    [trail] = app.store.read([tip])
    there = behind(trail.entries, old).commits
    return sum(len(entry.events) for entry in trail.entries if entry.commit not in there)
