"""What the commands answer that tell what has been."""

from typing import Any

from git_oneshot.cli.data import Data
from git_oneshot.cli.data.parts import Excerpt, Refused, Spoken
from git_oneshot.core.facts import Policy
from git_oneshot.core.state import State


class Logged(Data, frozen=True, kw_only=True):
    """log. Each event as it is on the trail, plus ``void``: null, or why it has no effect.

    ``total``: how many events the trail has.
    """

    feature: str
    tip: str
    events: list[dict[str, Any]]
    total: int


class Shown(Data, frozen=True, kw_only=True):
    """show. ``entry`` is the commit of the trail that holds the event.

    ``payload`` is a text that the event only names; ``object`` is what git
    calls it, for all of it. ``log`` is what tests printed, where this clone
    alone keeps it.
    """

    feature: str
    event: dict[str, Any]
    void: str | None
    entry: str
    commits: list[Spoken]
    payload: Excerpt | None
    object: str | None
    log: Excerpt | None


class Replayed(Data, frozen=True, kw_only=True):
    """replay."""

    state: State
    policy: Policy


class Why(Data, frozen=True, kw_only=True):
    """why: the last refusal of a hook or of finalize in this clone; null where there is none.

    ``mended``: whether what it names is proven by now, not there any more, or on the remote.
    """

    hook: str | None
    at: str | None
    branch: str | None
    remote: str | None
    message: str | None
    tree: str | None
    parent_tree: str | None
    mended: bool | None
    refused: list[Refused]
