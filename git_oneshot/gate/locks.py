"""Locks that a killed process left behind: git waits for them, and nobody lets them go."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from git_oneshot.core.ids import LOCAL
from git_oneshot.gate.clinic import Clinic, Finding, age
from git_oneshot.trail.display import REF
from git_oneshot.trail.refs import STALE

LEFT: Final = 3600.0  # seconds after which nobody comes back to a file of one process


def locks(c: Clinic) -> Iterator[Finding]:
    """Those of refs, and of git's other files; what is of trails is ours to remove."""
    notes = os.path.join(c.git.common_dir, f"{REF}.lock")
    tops = (LOCAL, "refs/oneshot-remote", "refs/heads", os.path.dirname(REF), "reftable")
    for top in tops:
        for folder, _, files in os.walk(os.path.join(c.git.common_dir, top)):
            for path in (os.path.join(folder, name) for name in files if name.endswith(".lock")):
                if age(c, path) > STALE:
                    mine = top == LOCAL or path == notes
                    yield _left(path, partial(os.unlink, path) if mine else None)
    own, common = c.git.git_dir, c.git.common_dir
    for folder, name in (
        (own, "index"),
        (own, "HEAD"),
        (common, "packed-refs"),
        (common, "config"),
    ):
        path = os.path.join(folder, f"{name}.lock")
        if age(c, path) > LEFT:  # a commit holds the index while its message is written
            yield _left(path)


def _left(lock: str, fix: Callable[[], object] | None = None) -> Finding:
    return Finding(f"a killed process left the lock '{lock}' behind", ("rm", lock), fix)
