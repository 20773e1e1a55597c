"""The text of a pull request where no forge keeps it: on the trail, the whole of a long one beside.

So a text is as long as a forge would take it, and an event stays small.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from git_oneshot.core.events import Event, PrUpdated
from git_oneshot.core.masking import masked
from git_oneshot.core.pulls import PullUpdated
from git_oneshot.session import Payloads

LONGEST: Final = 4_096  # bytes of a text that is in its event


def as_text(change: PullUpdated, body: str, home: str) -> tuple[PullUpdated, Payloads]:
    """A change with a text, and what goes beside its event. ``home``: as a world has it."""
    raw = masked(body, home).encode(errors="replace")
    text = raw[:LONGEST].decode(errors="ignore")
    if len(raw) <= LONGEST:
        return replace(change, text=text), lambda _: {}
    digest = hashlib.sha256(raw).hexdigest()

    def beside(events: Iterable[Event]) -> Mapping[str, bytes]:
        return {event.id: raw for event in events if isinstance(event, PrUpdated)}

    return replace(change, text=text, payload=digest), beside
