"""kill -9 at any moment: what was acknowledged is there, and the next append works.

``ONESHOT_KILLS=300 ONESHOT_SEED=7 pytest tests/trail/test_crash.py -s`` is the long run.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from git_oneshot.core.commands import RequestSynthesis, Start
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.session import Session
from tests.sandbox import MakeRepo, MakeWorld, Repo
from tests.trail.crafted import FEATURE, Open
from tests.trail.nursery import Nursery
from tests.trail.test_race import made

KILLS = int(os.environ.get("ONESHOT_KILLS", "20"))
SEED = int(os.environ.get("ONESHOT_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)


@pytest.mark.parametrize(
    "options", [[], pytest.param(["--ref-format=reftable"], marks=pytest.mark.long)]
)
def test_a_killed_writer_loses_nothing_it_acknowledged(
    repo: MakeRepo, opened: Open, world: MakeWorld, options: list[str]
) -> None:
    work = made(repo, "work", *options)
    chance = random.Random(SEED)
    sys.stdout.write(f"\nseed {SEED}, {KILLS} kills\n")
    for key in ("core.filesRefLockTimeout", "reftable.lockTimeout"):
        work.git("config", key, "0")  # git waits for 100 ms of its own
    Session(opened(work), world()).execute(FEATURE, Start())
    nursery = Nursery(work)
    acknowledged: list[str] = []
    stale = 0
    for _ in range(KILLS):
        group = nursery.appender()
        time.sleep(chance.uniform(0, 0.05))
        # Its git children with it, as when a machine is out of memory, or it alone.
        if chance.random() < 0.7:
            os.killpg(group, signal.SIGKILL)
        else:
            os.kill(group, signal.SIGKILL)
        acknowledged += nursery.said()
        stale += next_append(work, opened, world, acknowledged)
    nursery.close()

    store = opened(work)
    tip = store.tip(FEATURE)
    assert tip is not None
    [trail] = store.read([tip])
    assert trail.damage is None
    assert set(acknowledged) <= {event.id for event in trail.events}
    assert acknowledged  # how many depends on the machine
    assert work.git("fsck", "--strict", "--no-dangling", "--no-progress") == ""
    unheard = len(trail.events) - 1 - len(acknowledged)
    sys.stdout.write(
        f"{len(acknowledged)} acknowledged, {unheard} written and not heard of, "
        f"{stale} locks left behind\n"
    )


def next_append(work: Repo, opened: Open, world: MakeWorld, acknowledged: list[str]) -> int:
    """What comes after a crash works; 1 when a lock had to be removed first, as the hint says."""
    store = opened(work)
    # A killed appender's git may still be ending: pauses are real, and short.
    patient = world(real=True)._replace(pause=lambda _: time.sleep(0.002))
    session = Session(store, patient)
    left = 0
    try:
        receipt = session.execute(FEATURE, RequestSynthesis())
    except OneshotError as err:
        assert err.code is Code.REF_LOCKED, err
        lock = Path(str(err.data["lock"]))
        os.utime(lock, (time.time() - 61,) * 2)  # a minute later
        try:
            session.execute(FEATURE, RequestSynthesis())
            raise AssertionError("the lock was left, and is gone")
        except OneshotError as later:
            assert later.code is Code.LOCK_STALE, later
            assert f"rm '{lock}'" in later.hint
        lock.unlink()
        left = 1
        receipt = session.execute(FEATURE, RequestSynthesis())
    acknowledged += receipt.events
    store.close()
    return left
