"""Which trails can be read, here and as remotes have them: all that `fsck` calls an error."""

import os
from collections.abc import Iterator
from typing import Final

from git_oneshot.core.errors import OneshotError
from git_oneshot.core.spelling import counted, printable
from git_oneshot.gate.clinic import Clinic, Finding
from git_oneshot.trail.damage import DamageError

MOST: Final = 10  # lines about one thing, of which there may be any number
_FSCK: Final = ("git", "oneshot", "fsck")


def trails(c: Clinic) -> Iterator[Finding]:
    """What breaks a rule of the format, end by end; what a shallow clone cuts off, in one line."""
    cut = _cut(c)
    if cut:
        are = "is" if cut == 1 else "are"
        what = f"{counted(cut, 'trail')} {are} cut off, since the clone is shallow"
        yield Finding(what, ("git", "fetch", "--unshallow"))
    bad = [
        _broken(f"{one.tip.origin}/{one.feature}".lstrip("/"), one.damage.message)
        for one in c.trails
        if one.tip and one.damage is not None and not _is_cut(one.damage)
    ]
    yield from _few(bad, "more trails cannot be read")
    yield from _few(_seals(c), "more seals are missing or bad")


def _seals(c: Clinic) -> list[Finding]:
    """What `fsck` fails for where the rules ask for seals."""
    if isinstance(c.rules, OneshotError) or c.rules.trail.signatures == "off":
        return []
    from git_oneshot.trail.audit import failing
    from git_oneshot.trail.sealed import Seal, seals

    tips = [trail.tip for trail in c.trails if trail.tip]
    found = [one for one in seals(c.git, c.store, tips) if not isinstance(one, Seal)]
    policy = c.rules.trail.signatures
    return [_broken(one.ref, one.what) for one in found if failing(one.rule, policy)]


def _broken(name: str, what: str) -> Finding:
    fsck = (*_FSCK, "-f", name.rpartition("/")[2])
    return Finding(f"trail '{printable(name)}': {what}", fsck)


def _few(found: list[Finding], more: str) -> Iterator[Finding]:
    yield from found[:MOST]
    if found[MOST:]:
        yield Finding(f"{len(found) - MOST:,} {more}", _FSCK)


def history(c: Clinic) -> Iterator[Finding]:
    """What else a shallow clone lacks."""
    if os.path.exists(os.path.join(c.git.common_dir, "shallow")) and not _cut(c):
        what = "the clone is shallow: its oldest commits cannot be judged"
        yield Finding(what, ("git", "fetch", "--unshallow"), note=True)


def _cut(c: Clinic) -> int:
    return len({trail.feature for trail in c.trails if _is_cut(trail.damage)})


def _is_cut(damage: Exception | None) -> bool:
    return isinstance(damage, DamageError) and damage.rule == "cut"
