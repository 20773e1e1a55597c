"""Which features nobody works on any more: chosen by age and phase, stalest first.

Only what is chosen here is looked at more closely, and only what passes that is
given up: see ``forge/pruning``.
"""

import datetime
import math
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.state import FINAL

RECENT: Final = 24 * 60  # minutes within which a commit keeps its feature
_UNITS: Final = {"m": 1, "h": 60, "d": 1_440, "w": 10_080, "": 1_440}


class Entry(NamedTuple):
    """A feature, and the minutes since the last sign of life: an event, or a commit."""

    feature: str
    phase: str
    idle: int


class Choice(NamedTuple):
    """What would be given up, and why the others stay.

    ``chosen`` is one batch, the stalest first, of ``total`` candidates.
    """

    chosen: tuple[Entry, ...]
    excluded: dict[str, str]
    total: int
    malformed: dict[str, str]

    @property
    def truncated(self) -> bool:
        """Whether candidates are left for another time."""
        return self.total > len(self.chosen)


def choose(
    entries: Sequence[Entry],
    *,
    threshold: float,
    exclusions: Sequence[str] = (),
    limit: int = 25,
    malformed: dict[str, str] | None = None,
) -> Choice:
    """Choose by age: those idle for more minutes than the threshold."""
    minutes = whole(threshold)
    excluded: dict[str, str] = {}
    candidates = []
    for one in entries:
        reason = _reason(one, minutes, exclusions)
        if reason:
            excluded[one.feature] = reason
        else:
            candidates.append(one)
    candidates.sort(key=lambda one: (-one.idle, one.feature))
    return Choice(tuple(candidates[:limit]), excluded, len(candidates), malformed or {})


def _reason(one: Entry, minutes: int, exclusions: Sequence[str]) -> str:
    """Why a feature stays, "" when it does not: the first of these."""
    if one.phase in FINAL:
        return "terminal"
    if one.phase in exclusions:
        return "phase-excluded"
    return "fresh" if one.idle <= minutes else ""


def whole(minutes: float) -> int:
    """A threshold, which is a positive whole number of minutes."""
    if not math.isfinite(minutes) or minutes != int(minutes) or minutes < 1:
        raise OneshotError(
            Code.INVALID_INPUT,
            f"an age is a whole number of minutes from 1, not {minutes}",
            "such as: git oneshot prune --older-than 14d",
        )
    return int(minutes)


def age(text: str) -> int:
    """Minutes from ``14d``, ``36h``, ``90m``, ``2w``, or a number of days."""
    found = re.fullmatch(r"([0-9]{1,6})([mhdw]?)", text.strip().lower())
    if not found or not int(found[1]):
        raise OneshotError(
            Code.INVALID_INPUT,
            f"'{text}' is no age",
            "minutes, hours, days or weeks: git oneshot prune --older-than 14d",
        )
    return int(found[1]) * _UNITS[found[2]]


def idle(now: str, *signs: str) -> int:
    """Whole minutes from the last sign of life to now. Times are those of events.

    Raises OneshotError(INVALID_INPUT) for what is no time.
    """
    last = max(map(_time, signs))
    return max(0, int((_time(now) - last).total_seconds() // 60))


def _time(text: str) -> datetime.datetime:
    try:
        at = datetime.datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise OneshotError(
            Code.INVALID_INPUT, f"'{text}' is no time", "such as: 2026-01-31T23:59:59Z"
        )
    return at
