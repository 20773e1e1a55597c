"""Another version of the program, in a process of its own: ``-m tests.trail.version VERSION``.

It is the present source, changed before anything else is imported. Both other versions have
their own words in notes and summaries; ``earlier`` does not know what a checkpoint is,
``later`` writes an event that the present one does not know. A line on stdin is what to do, a
line on stdout what came of it; tests of this version call ``act`` themselves.
"""

import json
import os
import sys
from functools import partial
from typing import Any, Final

from msgspec import structs

UNKNOWN_EARLIER: Final = "workflow.checkpoint"
UNKNOWN_NOW: Final = "review.noted"


def become(version: str) -> None:
    """Change the source of this process into that of another version."""
    from git_oneshot import session
    from git_oneshot.core import events as e

    if version == "earlier":
        left = [cls for cls in e.TYPES if e.type_name(cls) != UNKNOWN_EARLIER]
        _know(left)
    else:
        _learn()
    from git_oneshot.trail import notes

    lines, said = notes.lines_of, session.summary_of
    setattr(notes, "lines_of", lambda event: [  # noqa: B010
        (commit, f"{line}, as {version} versions say it") for commit, line in lines(event)
    ])  # fmt: skip
    setattr(session, "summary_of", lambda events, after: _summary(said, events, after))  # noqa: B010


def _summary(said: Any, events: Any, after: Any) -> str:
    from git_oneshot.core.events import type_name

    known = [one for one in events if type_name(one) != UNKNOWN_NOW]
    return f"{said(known, after) if known else after.feature}, in other words"


def _know(types: list[Any]) -> None:
    """Let the program know these events and no others."""
    from git_oneshot.core import events as e

    union: Any = types[0]
    for cls in types[1:]:
        union |= cls
    vars(e).update(Event=union, TYPES=tuple(types))


def _learn() -> None:
    """One more event, which counts and has no effect."""
    from git_oneshot.core import events as e
    from git_oneshot.core import pulls as p

    class Noted(p.Checkpointed, frozen=True, kw_only=True):
        pass

    class ReviewNoted(e._Event, frozen=True, kw_only=True, tag=UNKNOWN_NOW):
        data: Noted

    _know([*e.TYPES, ReviewNoted])
    vars(e)["_BY_FACT"][Noted] = ReviewNoted
    from git_oneshot.core import replay, workflow
    from git_oneshot.core.commands import Checkpoint

    legal, evolve, decide = replay.legal, replay.evolve, workflow.decide

    def decided(state: Any, command: Any, stamp: Any) -> Any:
        made = decide(state, command, stamp)
        if not isinstance(command, Checkpoint):
            return made
        old, data = made[0], Noted(**structs.asdict(made[0].data))
        return (e.event_of(data, id=old.id, clock=old.clock, stamp=stamp),)

    def other(event: Any) -> bool:
        return isinstance(event, ReviewNoted)

    vars(workflow)["decide"] = decided
    vars(replay)["legal"] = lambda s, event: None if other(event) else legal(s, event)
    vars(replay)["evolve"] = lambda s, event: s if other(event) else evolve(s, event)
    from git_oneshot.trail import notes

    vars(notes)["_SILENT"] = frozenset({*vars(notes)["_SILENT"], ReviewNoted})


def act(path: str, what: str, *asked: str) -> list[str]:
    """Say something, exchange with a remote, list what is known, or type a command."""
    from git_oneshot.core import commands as c
    from git_oneshot.core import facts as f
    from git_oneshot.core.errors import OneshotError
    from git_oneshot.core.facts import Plan
    from git_oneshot.core.ids import FeatureId
    from git_oneshot.git import discover
    from git_oneshot.session import Session
    from git_oneshot.trail.exchange import Exchange
    from git_oneshot.trail.git_store import GitStore
    from git_oneshot.trail.store import Tip
    from git_oneshot.trail.transport import Remote
    from tests.gate.project import call
    from tests.sandbox import real_world

    if what == "type":
        from pathlib import Path

        done = call(asked, Path(path), b"")
        return [str(done.code), done.out, done.err]
    git = discover(path, os.environ)
    store = GitStore(git, lambda: 0.0)
    feature = FeatureId(asked[0])
    saying: dict[str, partial[Any]] = {
        "start": partial(c.Start),
        "title": partial(c.Patch, fields=("title",)),
        "plan": partial(c.Patch, fields=("plan",), move=True),
        "ask": partial(c.RequestSynthesis),
        "cancel": partial(c.Cancel),
        "commit": partial(c.Bind),
        "checkpoint": partial(c.Checkpoint),
    }
    fields: dict[str, dict[str, Any]] = {
        "title": {"title": asked[-1]},
        "plan": {"plan": Plan(goal=asked[-1])},
        "checkpoint": {"summary": asked[-1]},
        "commit": {"commits": (f.CommitRecorded(
            commit=(asked[-1] * 40)[:40], tree="0" * 40, parentTree="0" * 40),)},
    }  # fmt: skip
    try:
        if what == "say":
            command = saying[asked[1]](**fields.get(asked[1], {}))
            return list(Session(store, real_world()).execute(feature, command).events)
        if what == "sync":
            exchange = Exchange(git, store, Remote(git, asked[1]))
            return [o.wrong for o in exchange.run([feature], lambda _: None) if o.wrong]
        tip = Tip(feature, git.text("rev-parse", f"refs/oneshot/{feature}"))
        return [event.id for event in store.read([tip])[0].events]
    except OneshotError as err:
        return [f"{err.code}: {err.message}"] if what != "say" else []
    finally:
        store.close()


if __name__ == "__main__":
    become(sys.argv[1])
    for line in sys.stdin:
        sys.stdout.write(json.dumps(act(*json.loads(line))) + "\n")
        sys.stdout.flush()
