"""Which trails can be read, here and as remotes have them: all that `fsck` calls an error."""

import os
from collections.abc import Iterator

from git_oneshot.core.spelling import counted
from git_oneshot.gate.clinic import Clinic, Finding
from git_oneshot.trail.reading import DamageError


def trails(c: Clinic) -> Iterator[Finding]:
    """What breaks a rule of the format, end by end; what a shallow clone cuts off, in one line."""
    cut = _cut(c)
    if cut:
        are = "is" if cut == 1 else "are"
        what = f"{counted(cut, 'trail')} {are} cut off, since the clone is shallow"
        yield Finding(what, ("git", "fetch", "--unshallow"))
    for trail in c.trails:
        assert trail.tip is not None
        if trail.damage is not None and not _is_cut(trail.damage):
            name = f"{trail.tip.origin}/{trail.feature}" if trail.tip.origin else trail.feature
            fsck = ("git", "oneshot", "fsck", "-f", trail.feature)
            yield Finding(f"trail '{name}': {trail.damage.message}", fsck)


def history(c: Clinic) -> Iterator[Finding]:
    """What else a shallow clone lacks."""
    if os.path.exists(os.path.join(c.git.common_dir, "shallow")) and not _cut(c):
        what = "the clone is shallow: its oldest commits cannot be judged"
        yield Finding(what, ("git", "fetch", "--unshallow"), note=True)


def _cut(c: Clinic) -> int:
    return len({trail.feature for trail in c.trails if _is_cut(trail.damage)})


def _is_cut(damage: Exception | None) -> bool:
    return isinstance(damage, DamageError) and damage.rule == "cut"
