"""What others are told of a feature: derived from its events, so that none is forgotten."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from git_oneshot.core import events as e
from git_oneshot.core.events import Event, type_name
from git_oneshot.core.spelling import printable
from git_oneshot.core.state import State


class Notice(NamedTuple):
    """One thing to tell. ``id`` is its event's: who hears it twice can know by that."""

    id: str
    type: str
    what: str  # finalized, opened, ready, merged or pruned
    feature: str
    line: str  # it in words
    url: str
    at: str
    by: str


_WORDS: Final = {
    "finalized": "is finalized",
    "opened": "has a pull request",
    "ready": "is ready for review",
    "merged": "is merged",
    "pruned": "was given up: nothing had happened for long",
}


def notices(state: State, events: Iterable[Event]) -> list[Notice]:
    """What events say that others want to know. ``state``: of their feature, after them."""
    return [_notice(state, one, what) for one in events if (what := _what(one))]


def _what(one: Event) -> str:
    match one:
        case e.WorkflowTransition(data=data) if data.origin == "implementing":
            return "finalized"
        case e.PrCreated(data=data):
            return "opened" if data.draft else "ready"
        case e.PrUpdated(data=data) if data.draft is False:
            return "ready"
        case e.WorkflowCleanup():
            return "merged"
        case e.WorkflowPruned():
            return "pruned"
        case _:  # most events are nobody else's business
            return ""


def _notice(state: State, one: Event, what: str) -> Notice:
    url = state.pull.url if state.pull is not None else state.pr_url
    title = state.title or (state.plan.summary if state.plan else "")
    line = f"{state.feature} {_WORDS[what]}" + (f": {title}" if title else "")
    return Notice(
        one.id, type_name(one), what, state.feature, printable(line), printable(url), one.at,
        printable(one.by),
    )  # fmt: skip
