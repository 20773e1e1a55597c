"""Which trails can be read, here and as remotes have them: all that `fsck` calls an error."""

import os
from collections.abc import Iterator
from typing import Final

from git_oneshot.core.spelling import counted, printable
from git_oneshot.gate.clinic import Clinic, Finding
from git_oneshot.trail.reading import DamageError

MOST: Final = 10  # lines about one thing, of which there may be any number


def trails(c: Clinic) -> Iterator[Finding]:
    """What breaks a rule of the format, end by end; what a shallow clone cuts off, in one line."""
    cut = _cut(c)
    if cut:
        are = "is" if cut == 1 else "are"
        what = f"{counted(cut, 'trail')} {are} cut off, since the clone is shallow"
        yield Finding(what, ("git", "fetch", "--unshallow"))
    fsck = ("git", "oneshot", "fsck")
    bad = [one for one in c.trails if one.damage is not None and not _is_cut(one.damage)]
    for trail in bad[:MOST]:
        assert trail.tip is not None and trail.damage is not None
        name = f"{trail.tip.origin}/{trail.feature}" if trail.tip.origin else trail.feature
        what = f"trail '{printable(name)}': {trail.damage.message}"
        yield Finding(what, (*fsck, "-f", trail.feature))
    if bad[MOST:]:
        yield Finding(f"{len(bad) - MOST:,} more trails cannot be read", fsck)


def history(c: Clinic) -> Iterator[Finding]:
    """What else a shallow clone lacks."""
    if os.path.exists(os.path.join(c.git.common_dir, "shallow")) and not _cut(c):
        what = "the clone is shallow: its oldest commits cannot be judged"
        yield Finding(what, ("git", "fetch", "--unshallow"), note=True)


def _cut(c: Clinic) -> int:
    return len({trail.feature for trail in c.trails if _is_cut(trail.damage)})


def _is_cut(damage: Exception | None) -> bool:
    return isinstance(damage, DamageError) and damage.rule == "cut"
