"""log, show, replay: the events of a trail, from its beginning, without the cache."""

import os
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import click
import msgspec

from git_oneshot.cli.answer import Answer, Next, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import events, features
from git_oneshot.cli.data.history import Logged, Replayed, Shown
from git_oneshot.cli.data.parts import Spoken, excerpt
from git_oneshot.cli.given import Number
from git_oneshot.cli.look import Prose
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.events import Event
from git_oneshot.core.ids import BEGINNING, COMMIT, FeatureId, short
from git_oneshot.core.spelling import nearest, printable, visible
from git_oneshot.gate.commits import commits_here, look
from git_oneshot.trail.store import Trail, joined, unknown

_MOST: Final = 5  # ids that are listed


@answering("log")
@click.argument("feature", required=False, shell_complete=features)
@click.option(
    "--after", metavar="EVENT", shell_complete=events,
    help="Only what came after this event: its id, the beginning of one, or its clock.",
)  # fmt: skip
@click.option("--limit", type=Number(min=1), metavar="N", help="Show at most so many.")
@click.option("--ids", is_flag=True, help="Show the ids of events, as short as tells them apart.")
@click.option("-n", "newest", type=Number(min=1), metavar="N", help="Show the newest N alone.")
def log(
    app: App, *, feature: str | None, after: str | None, limit: int | None, ids: bool,
    newest: int | None,
) -> Answer:  # fmt: skip
    """Show the events of a feature, oldest first."""
    from git_oneshot.cli import story

    if limit and newest:
        raise OneshotError(
            Code.INVALID_INPUT,
            "'--limit' counts from the oldest, '-n' from the newest",
            f"give one of them: git oneshot log -n {newest}",
        )
    trail = _read(app, app.feature(feature))
    void = _void(trail)
    history = trail.events
    begin = history.index(_named(app, trail, after)) + 1 if after is not None else 0
    part = history[begin:][:limit]
    if newest:
        part = part[-newest:]
    said = [{**msgspec.to_builtins(one), "void": void.get(one.id)} for one in part]
    names = short(one.id for one in history) if ids else {}
    lines = [story.event(one, void.get(one.id, ""), names.get(one.id, "")) for one in part]
    assert trail.tip is not None
    data = Logged(feature=trail.feature, tip=trail.tip.commit, events=said, total=len(history))
    if trail.damage is not None:
        for line in lines:
            app.say(line)
        trail.damage.data |= {"feature": data.feature, "tip": data.tip, "events": said}
        raise trail.damage
    nexts = []
    if limit is not None and begin + limit < len(history):
        page = ("git", "oneshot", "log", trail.feature, "--after", part[-1].id,
                "--limit", str(limit))  # fmt: skip
        nexts.append(Next(page, f"{len(history) - begin - limit} more"))
    return Answer(data, [Prose("\n".join(lines))], nexts)


@answering("show")
@click.argument("event", shell_complete=events)
def show(app: App, *, event: str) -> Answer:
    """Show one event of a trail, whole: EVENT is its id, the beginning of one, or its clock.

    Who said it and when, whether it has effect, the commits that it speaks of,
    and a text that is kept beside it: a long plan, or what tests printed.
    """
    trail, one = _event(app, event)
    entry = next(e.commit for e in trail.entries if one in e.events)
    void = _void(trail).get(one.id)
    said = msgspec.to_builtins(one)
    payload = _payload(app, entry, one)
    log = _log(app, one) if payload is None else None
    data = Shown(
        feature=trail.feature, event=said, void=void, entry=entry, commits=_commits(app, said),
        payload=None if payload is None else excerpt(payload),
        log=None if log is None else excerpt(log),
        object=None if payload is None else f"{entry}:payload/{one.id}",
    )  # fmt: skip
    return Answer(data, _shown(data, payload or log))


def _event(app: App, named: str) -> tuple[Trail, Event]:
    """The event that was named: of the feature here, or, by its id, of any."""
    if app.named is None and BEGINNING.fullmatch(named):
        tips = app.store.tips()
        trails = app.store.read(list(joined(tips).values()))
        found = {one.id: (trail, one) for trail in trails for one in _begins(trail, named)}
        if found:
            return found[_only(found, named)]
    trail = _read(app, app.feature())
    return trail, _named(app, trail, named)


def _payload(app: App, entry: str, one: Event) -> str | None:
    """The text that is kept beside an event."""
    try:
        found = app.store.payloads([entry], {one.id}).get(one.id)
    except OneshotError:  # it is missing, which fsck says
        return None
    return None if found is None else found.decode(errors="replace")


def _log(app: App, one: Event) -> str | None:
    """What tests printed, if this clone kept it."""
    from git_oneshot.gate.logs import digest_of
    from git_oneshot.proof.running.cache import ProofCache

    digest = digest_of(one)
    found = ProofCache(os.path.join(app.git.own_dir, "cache")).log(digest) if digest else None
    return None if found is None else found.decode(errors="replace")


def _commits(app: App, said: dict[str, Any]) -> list[Spoken]:
    """The commits that an event speaks of; a tree is none."""
    data = said["data"]
    named = [
        value
        for key in ("commit", "old", "new", "start", "parent", "mergeCommit", "sources")
        for value in _several(data.get(key))
        if COMMIT.fullmatch(value)
    ]
    here = look(app.git, commits_here(app.git, named))
    subjects = {seen.id: seen.subject for seen in here}
    return [Spoken(commit=name, subject=subjects.get(name)) for name in dict.fromkeys(named)]


def _several(value: Any) -> Sequence[str]:
    return [value] if isinstance(value, str) else value or ()


def _shown(data: Shown, payload: str | None) -> str:
    import json

    event = data.event
    via = f", via {event['via']}" if event.get("via") else ""
    lines = [
        f"event    {event['id']}, clock {event['clock']}",
        f"type     {event['type']}",
        f"when     {event['at'].replace('T', ' ').replace('Z', ' UTC')}",
        f"who      {event['by']}{via}",
        f"trail    {data.feature}, in {data.entry[:9]}",
    ]
    lines += [f"key      {event['key']}"] if event.get("key") else []
    lines += [f"void     {data.void}"] if data.void else []
    for one in data.commits:
        lines.append(f"commit   {one.commit[:9]} {one.subject or 'is not here'}")
    if event["data"].get("log") and payload is None:
        lines.append("log      is in the clone that ran the tests, and not here")
    lines = [printable(line) for line in lines]
    lines += visible(json.dumps(event["data"], indent=2, ensure_ascii=False)).split("\n")
    if payload is not None:
        lines += ["", *payload.rstrip("\n").split("\n")]
    return "\n".join(lines)


@answering("replay")
@click.argument("feature", required=False, shell_complete=features)
@click.option(
    "--at",
    "at",
    metavar="EVENT",
    help="The id of an event, the beginning of one, or its clock.",
    shell_complete=events,
)
def replay(app: App, *, feature: str | None, at: str | None) -> Answer:
    """Replay a trail from its beginning, without the cache, and show the state."""
    from git_oneshot.core.history import seen_by, state_of

    trail = _read(app, app.feature(feature))
    if trail.damage is not None:
        raise trail.damage
    history = trail.entries
    if at is not None:
        history = seen_by(history, _named(app, trail, at).id)
    state = state_of(trail.feature, history)
    text = msgspec.json.format(msgspec.json.encode(state, order="sorted"), indent=2)
    return Answer(Replayed(state=state, policy=state.policy), visible(text.decode()))


def _named(app: App, trail: Trail, named: str) -> Event:
    """The event that is meant by an id, the beginning of one, or a clock."""
    found = {one.id: one for one in trail.events if str(one.clock) == named}
    if len(found) > 1:
        raise OneshotError(
            Code.INVALID_INPUT,
            f"{len(found)} events have clock {printable(named)}: two clones wrote at once",
            f"name one by its id, such as {next(iter(found))}",
        )
    found = found or {one.id: one for one in _begins(trail, named)}
    if not found:
        see = Next(("git", "oneshot", "log", trail.feature), "see what there is")
        what = f"no event '{printable(named)}' on this trail"
        ahead = (*_meant(app, trail, named), see)
        raise OneshotError(Code.STATE_NOT_FOUND, what, see.line, ahead=ahead)
    return found[_only(found, named)]


def _meant(app: App, trail: Trail, named: str) -> Iterable[Next]:
    """How to see what was probably meant: an event, or a feature, as `show` takes none."""
    ids = [one.id for one in trail.events]
    near = nearest(named, [*ids, *(tip.feature for tip in app.store.tips())])
    if near:
        command = "show" if near in ids else "log"
        yield Next(("git", "oneshot", command, near), f"see '{near}', if it is what you meant")


def _begins(trail: Trail, named: str) -> Iterable[Event]:
    """The events whose ids begin so; a text that is shorter names none."""
    return (one for one in trail.events if BEGINNING.fullmatch(named) and one.id.startswith(named))


def _only(ids: Collection[str], named: str) -> str:
    """The one id that there is. Of several, a refusal that lists them."""
    if len(ids) > 1:
        names = [*short(ids).values()]
        raise OneshotError(
            Code.INVALID_INPUT,
            f"'{named}' is the beginning of {len(ids)} events: {', '.join(names[:_MOST])}"
            + (" …" if len(names) > _MOST else ""),
            f"give more of it: git oneshot show {names[0]}",
        )
    return next(iter(ids))


def _void(trail: Trail) -> dict[str, str]:
    """Why events have no effect, by id."""
    from git_oneshot.core.history import state_of

    return {void.id: void.reason for void in state_of(trail.feature, trail.entries).void}


def _read(app: App, name: FeatureId) -> Trail:
    tip = app.store.tip(name)
    if tip is None:
        raise unknown(app.store, name)
    [trail] = app.store.read([tip])
    app.left_out(name, trail.aside)
    return trail
