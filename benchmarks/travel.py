"""Trails that travel, are merged, checked and kept."""

import itertools
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from benchmarks.lives import EVENTS, life, lives
from benchmarks.scene import ONESHOT, Scene, story
from benchmarks.timing import Row, at_most, compared, in_turn, ratio, run
from benchmarks.trails import WORLD
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.replay import replay
from git_oneshot.core.state import State
from git_oneshot.git import discover
from git_oneshot.session import Session
from git_oneshot.trail.audit import audit
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.merging import join
from git_oneshot.trail.store import Tip

REFSPEC: Final = "+refs/oneshot/*:refs/oneshot-remote/origin/*"
SMALL, LARGE = 1_000, 10_000  # features, each from beginning to end


def travelled(scene: Scene) -> list[Row]:
    """Clone and fetch with many features against the same repository without.

    The budget is for what a user types. Git alone is told beside it: before 2.55 it goes through
    a list of all tips for each root that it finds, so that most of its time with 10,000 is the
    reading of that list, and a root's time is zero for ever.
    """
    hubs = {str(count): _hub(scene, count) for count in (0, SMALL, LARGE)}
    numbers = itertools.count()

    def clone(count: str, *argv: str) -> str:
        to = os.path.join(scene.top, f"clone-{next(numbers)}")
        run(*argv, f"file://{hubs[count]}", to, cwd=scene.top, env=scene.env)()
        return to

    def cloned(*argv: str) -> tuple[float, float, float]:
        return _scaled({count: partial(clone, count, *argv) for count in hubs}, 3)

    plain = ("git", "clone", "-q", "-c", f"remote.origin.fetch={REFSPEC}")
    clones = {count: clone(count, *plain) for count in hubs}
    ours, alone = cloned(ONESHOT, "clone"), cloned(*plain)
    fetch = {count: run("git", "fetch", "-q", cwd=clones[count], env=scene.env) for count in hubs}
    fetched = _scaled(fetch, 7)

    def begun(count: str) -> None:
        new = "refs/oneshot-remote/origin/feature-0"
        scene.git("update-ref", "-d", new, cwd=clones[count])
        fetch[count]()

    took = in_turn({str(count): partial(begun, str(count)) for count in (SMALL, LARGE)}, 3)
    new = {count: statistics.median(seconds) * 1e3 for count, seconds in took.items()}
    none, _, large = (_bytes(os.path.join(clones[one], ".git", "objects")) for one in hubs)
    return [
        compared("clone without trails", f"{ours[0]:.0f} ms"),
        compared(f"clone with {SMALL:,} features", f"{ours[1]:.0f} ms"),
        at_most(f"clone with {LARGE:,} features: of with {SMALL:,}", ours[2], 12, " x"),
        compared(f"  by git alone, with {SMALL:,}", f"{alone[1]:.0f} ms"),
        compared(f"  by git alone, with {LARGE:,}: of with {SMALL:,}", f"{alone[2]:.2f} x"),
        at_most("  bytes an event, fetched", (large - none) / (LARGE * EVENTS), 700, " B"),
        compared("fetch of nothing new, without trails", f"{fetched[0]:.0f} ms"),
        compared(f"  with {SMALL:,} features", f"{fetched[1]:.0f} ms"),
        at_most(f"  with {LARGE:,}: of with {SMALL:,}", fetched[2], 12, " x"),
        compared(f"fetch of one new feature, with {SMALL:,}", f"{new[str(SMALL)]:.0f} ms"),
        compared(f"  with {LARGE:,}", f"{new[str(LARGE)]:.0f} ms"),
    ]


def _scaled(things: dict[str, Callable[[], object]], rounds: int) -> tuple[float, float, float]:
    """Milliseconds with no and with few features, and how many times as long many take.

    One with many is held against ten with few: what else a machine does meanwhile must
    disturb both alike, and it spares what is short.
    """
    none, few, many = things.values()

    def ten() -> None:
        for _ in range(10):
            few()

    took = in_turn({"none": none, "ten": ten, "many": many}, rounds)
    base, tens = (statistics.median(took[name]) * 1e3 for name in ("none", "ten"))
    return base, tens / 10, ratio(took, "many", "ten") * 10


def _hub(scene: Scene, count: int) -> str:
    """What a server has: a bare repository, after the gc that it runs in time."""
    path = scene.repository(f"work-{count}")
    if count:
        scene.imported(path, lives(count))
    hub = os.path.join(scene.top, f"hub-{count}.git")
    scene.git("clone", "-q", "--mirror", path, hub, cwd=scene.top)
    scene.git("gc", "-q", cwd=hub)
    return hub


def _bytes(folder: str) -> int:
    return sum(
        os.path.getsize(os.path.join(top, name))
        for top, _, names in os.walk(folder) for name in names
    )  # fmt: skip


def merged(scene: Scene) -> list[Row]:
    """The merge of two forks of 1,000 events each, once read and once derived."""
    path = scene.repository("merge")
    git = discover(path, scene.env)
    store = GitStore(git, time.time)
    feature = FeatureId("forked")
    ends = []
    for _ in range(2):
        events = story("forked", 1_000)
        state = replay(State(feature=feature), events[:3])
        tip: Tip | None = None
        for at in range(0, 1_000, 100):
            tip = store.append(feature, tip, events[at : at + 100], summary="x", state=state)
        assert tip is not None
        ends.append(tip.commit)
        git.call("update-ref", "-d", "refs/oneshot/forked")

    def go() -> None:
        one = GitStore(git, time.time)
        join(one, Tip(feature, ends[0], "", (ends[1],)))
        one.close()

    took = in_turn({"merge": go}, 7)["merge"]
    store.close()
    return [
        at_most("merge of two forks of 1,000 events", statistics.median(took) * 1e3, 200, " ms")
    ]


def checked(scene: Scene) -> list[Row]:
    """fsck of a trail of 10,000 appends."""
    path = scene.repository("checked")
    scene.features(path, 1, 10_000)
    git = discover(path, scene.env)
    tip = Tip(FeatureId("feature-0"), git.text("rev-parse", "refs/oneshot/feature-0"))

    def go() -> None:
        store = GitStore(git, time.time)
        assert not [one for one in audit(store, [tip]) if one.word == "error"]
        store.close()

    took = in_turn({"fsck": go}, 3)["fsck"]
    return [at_most("fsck of 10,000 events", statistics.median(took), 10, " s")]


def stored(scene: Scene) -> list[Row]:
    """What an event takes on the disk after a gc: 100 features from beginning to end."""
    path = scene.repository("stored")
    scene.git("gc", "-q", cwd=path)
    before = _bytes(os.path.join(path, ".git", "objects"))
    session = Session(GitStore(discover(path, scene.env), time.time), WORLD)
    count = 0
    for number in range(100):
        feature = FeatureId(f"stored-{number}")
        for command in life(number):
            count += len(session.execute(feature, command).events)
    session.store.close()
    scene.git("gc", "-q", cwd=path)
    each = (_bytes(os.path.join(path, ".git", "objects")) - before) / count
    return [at_most("disk for an event, after gc", each, 700, " B")]
