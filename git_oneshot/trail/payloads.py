"""Texts that are too long for an event, and kept beside it: the event has their digest."""

from git_oneshot.core.events import Event
from git_oneshot.core.facts import CommitJudged, Greened, Patched, Reddened
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.pulls import PullUpdated
from git_oneshot.trail.store import TrailStore


def payload_of(event: Event) -> str:
    """The digest of the text that has to be beside an event, "" where none has."""
    data = event.data
    if isinstance(data, PullUpdated):
        return data.payload
    return data.plan.payload if isinstance(data, Patched) and data.plan else ""


def log_of(event: Event) -> str:
    """The digest of what tests printed, which may be beside an event or in a clone alone."""
    data = event.data
    return data.log if isinstance(data, (Reddened, Greened, CommitJudged)) else ""


def text_beside(store: TrailStore, feature: FeatureId, digest: str) -> str:
    """The text of a digest, wherever on the trail it is; "" where it is not any more."""
    tip = store.tip(feature)
    [trail] = store.read([tip]) if tip else [None]
    for entry in reversed(trail.entries if trail else ()):
        for event in entry.events:
            if payload_of(event) == digest:
                found = store.payloads([entry.commit], {event.id})
                return found.get(event.id, b"").decode(errors="replace")
    return ""
