"""A process that appends to a trail, and prints the id of each event once it is acknowledged.

``python -m tests.trail.appender REPOSITORY FEATURE COUNT [KEY]``, or
``python -m tests.trail.appender --nursery REPOSITORY FEATURE``: for each line on
stdin, fork one that appends until it is killed, in a process group of its own;
where the line begins with a number, one that does it itself, before that call of its
disk, and with more words behind it after an append that comes through.
"""

import itertools
import os
import sys
import time
from collections.abc import Iterable

from git_oneshot.core.commands import Bind, RequestSynthesis
from git_oneshot.core.errors import OneshotError
from git_oneshot.core.facts import CommitRecorded
from git_oneshot.core.ids import FeatureId, feature_id
from git_oneshot.git import discover
from git_oneshot.session import Receipt, Session
from git_oneshot.trail import notes, objects, reading, shelter, tree
from git_oneshot.trail.git_store import GitStore
from tests.sandbox import real_world
from tests.trail.faults import NEVER, fatal

# What a store imports late: a nursery's children find it there.
IMPORTED = (notes, objects, reading, shelter, tree)


def append(path: str, feature: str, times: Iterable[object], key: str | None = None) -> None:
    """Append to a trail that has begun; each event with ``key`` if there is one."""
    session = Session(GitStore(discover(path, os.environ), time.time), real_world(key=key))
    for _ in times:
        say(" ".join(once(session, feature_id(feature)).events))
    session.store.close()


def once(session: Session, feature: FeatureId) -> Receipt:
    """One append. On a machine that has much else to do, others win sixty times in a row."""
    for left in reversed(range(5)):
        try:
            return session.execute(feature, RequestSynthesis(reason=f"{os.getpid()}"))
        except OneshotError as err:
            if not (err.kind.retryable and left):
                raise
    raise AssertionError


def append_one(path: str, feature: str, at: int, *, run: bool) -> None:
    """Append what has notes, and be killed before the ``at``-th call that changes the disk.

    ``run``: after an append that comes through.
    """
    disk = fatal(NEVER, say)
    store = GitStore(discover(path, os.environ), time.time, disk)
    session = Session(store, real_world())
    for last in [False, True] if run else [True]:
        if last:
            disk.arm(at)
        commit = f"{os.getpid():039x}{last:x}"  # others in each process
        fact = CommitRecorded(commit=commit, tree="0" * 40, parentTree="0" * 40)
        say(" ".join(session.execute(feature_id(feature), Bind(commits=(fact,))).events))
    store.close()


def say(line: str) -> None:
    """Print in one write, so that a killed process leaves no half line."""
    os.write(1, f"{line}\n".encode())


def nursery(path: str, feature: str) -> None:
    """Fork an appender for each line of stdin; say how it is called, and when it has ended."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            say(f"pid {os.getpid()}")
            at, _, run = line.strip().partition(" ")
            if at.isdecimal():
                append_one(path, feature, int(at), run=bool(run))
                os._exit(0)
            append(path, feature, itertools.count())
        os.waitpid(child, 0)
        say("end")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--nursery", path, feature]:
            nursery(path, feature)
        case [path, feature, count, *keys]:
            append(path, feature, range(int(count)), *keys)
        case _:
            sys.exit(2)
