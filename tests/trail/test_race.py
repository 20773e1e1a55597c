"""Eight writers at once on one trail: every acknowledged event is kept."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from git_oneshot.core.commands import Start
from git_oneshot.session import Session
from tests.sandbox import MakeWorld, Repo
from tests.trail.crafted import FEATURE, Open

WRITERS, EACH = 8, 25


def keep_house(repo: Repo, done: threading.Event) -> int:
    """What git's own maintenance does, again and again, until the writers are done."""
    rounds = 0
    while not done.is_set():
        repo.git("pack-refs", "--all")
        # Not --prune=now: git's manual forbids it beside writers, and eight
        # loops of commit-tree and update-ref lose everything to it too.
        repo.git("gc", "-q")
        rounds += 1
    return rounds


@pytest.mark.parametrize("beside", ["alone", "beside gc and pack-refs"])
def test_no_acknowledged_event_is_lost(
    work: Repo, opened: Open, world: MakeWorld, beside: str
) -> None:
    work.commit("code")
    Session(opened(work), world()).execute(FEATURE, Start())
    argv = [sys.executable, "-m", "tests.trail.appender", str(work.path), FEATURE, str(EACH)]
    root = Path(__file__).parents[2]
    done, rounds = threading.Event(), [0]
    keeper = threading.Thread(target=lambda: rounds.append(keep_house(work, done)))
    writers = [
        subprocess.Popen(argv, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(WRITERS)
    ]
    if beside != "alone":
        keeper.start()
    said = [writer.communicate() for writer in writers]
    if beside != "alone":
        done.set()
        keeper.join()
        assert rounds[-1] > 2

    assert [stderr.decode() for _, stderr in said] == [""] * WRITERS
    acknowledged = [line for stdout, _ in said for line in stdout.decode().split()]
    assert len(acknowledged) == WRITERS * EACH
    store = opened(work)
    tip = store.tip(FEATURE)
    assert tip is not None
    [trail] = store.read([tip])
    assert trail.damage is None
    assert [event.clock for event in trail.events] == list(range(1, WRITERS * EACH + 2))
    assert sorted(event.id for event in trail.events[1:]) == sorted(acknowledged)
    assert work.git("fsck", "--strict", "--no-dangling", "--no-progress") == ""
