"""What tests printed: kept in this clone, and on the trail where the rules say so.

An event has the digest alone, so who keeps a log can show that it is the one. What
is kept and what is told is masked: a trail goes to everybody who fetches.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from git_oneshot.core.masking import masked
from git_oneshot.core.verdicts.runs import Pair, log_of
from git_oneshot.git import Git
from git_oneshot.proof.running.cache import ProofCache
from git_oneshot.proof.suites import rules_of

if TYPE_CHECKING:
    from git_oneshot.core.events import Event


class Logs:
    """The logs of the events of one append. ``home``: a folder that they are not to name."""

    def __init__(self, git: Git, tree: str, home: str) -> None:
        self._cache = ProofCache(os.path.join(git.own_dir, "cache"))
        self.home = home
        self._on_trail = rules_of(git, tree).trail.logs == "trail"
        self._kept: dict[str, bytes] = {}

    def keep(self, runs: Iterable[Pair]) -> str:
        """Keep what runs printed; the digest of it, "" where that was nothing."""
        body = masked(log_of(runs), self.home).encode(errors="replace")
        if not body:
            return ""
        digest = hashlib.sha256(body).hexdigest()
        self._kept[digest] = body
        self._cache.keep_log(digest, body)
        return digest

    def payloads(self, events: Iterable["Event"]) -> Mapping[str, bytes]:
        """What goes on the trail, by event."""
        if not self._on_trail:
            return {}
        named = {event.id: digest_of(event) for event in events}
        return {id_: self._kept[digest] for id_, digest in named.items() if digest in self._kept}


def digest_of(event: "Event") -> str:
    """The digest that an event has of a log, "" if it has none."""
    return getattr(event.data, "log", "")
