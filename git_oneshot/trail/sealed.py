"""The seals on trails, with what git says of each, and the ends that lack one."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from git_oneshot.core.events import Event
from git_oneshot.core.facts import CleanedUp, Moved
from git_oneshot.git import Git
from git_oneshot.trail.audit import RULES, Finding
from git_oneshot.trail.merging import behind
from git_oneshot.trail.seals import Verdict, verify
from git_oneshot.trail.store import Tip, TrailStore


class Seal(NamedTuple):
    """A seal on a trail, and what git says of it."""

    ref: str
    commit: str
    verdict: Verdict


def seals(git: Git, store: TrailStore, tips: Sequence[Tip]) -> Iterator[Seal | Finding]:
    """Each seal with git's word on it; and what ended a feature and is behind no good one."""
    said: dict[str, Verdict] = {}
    for tip, trail in zip(tips, store.read(tips), strict=True):
        name = f"{tip.origin}/{tip.feature}" if tip.origin else tip.feature
        vouched: set[str] = set()
        for entry in trail.entries:
            if entry.events or len(entry.parents) != 1:
                continue
            if entry.commit not in said:
                said[entry.commit] = verify(git, entry.commit)
            verdict = said[entry.commit]
            yield Seal(name, entry.commit, verdict)
            if verdict.word == "good":
                vouched |= behind(trail.entries, entry.commit).commits
            else:
                rule = "seal-bad" if verdict.word == "bad" else "seal-unknown"
                what = f"trail commit {entry.commit[:12]}: {RULES[rule][1]}"
                what += f": {verdict.why}" if verdict.why else ""
                yield Finding(rule, name, entry.commit, what)
        for entry in trail.entries:
            if entry.commit not in vouched and any(map(_ends, entry.events)):
                what = f"trail commit {entry.commit[:12]}: {RULES['unsealed'][1]}"
                yield Finding("unsealed", name, entry.commit, what)


def _ends(event: Event) -> bool:
    data = event.data
    return isinstance(data, CleanedUp) or (isinstance(data, Moved) and data.to == "completed")
