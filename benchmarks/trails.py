"""Writing and reading trails: appends, replays, and many writers at once."""

import contextlib
import os
import statistics
import subprocess
import time
from collections.abc import Callable

from benchmarks.scene import PYTHON, Scene, stamp, story
from benchmarks.timing import ROUNDS, Row, at_least, at_most, bare_appends, in_turn, ratio
from git_oneshot.core.commands import Bind, Start
from git_oneshot.core.facts import CommitRecorded, CommitRewritten
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.replay import replay
from git_oneshot.core.state import State
from git_oneshot.git import discover
from git_oneshot.session import Session, World
from git_oneshot.trail.git_store import GitStore

WORLD = World(stamp, time.sleep, lambda: 0.5)


def appends(scene: Scene) -> list[Row]:
    """Appends one by one, synced, with notes, beside a bare loop; and many events at once."""
    path = scene.repository("appends")
    store = GitStore(discover(path, scene.env), time.time)
    took = in_turn({"ours": _one_by_one(store), "bare": bare_appends(path, scene.env)}, 40)
    # The best of both: whatever else uses the disk disturbs a hundred flushes at a time.
    ours, bare = (25 / min(took[name]) for name in ("ours", "bare"))
    times = ratio(took, "ours", "bare")
    rates = []
    for i in range(5):
        name = FeatureId(f"batch-{i}")
        events = story(name, 10_000)
        after = replay(State(feature=name), events[:3])
        began = time.perf_counter()
        store.append(name, None, events, summary="batch", state=after)
        rates.append(10_000 / (time.perf_counter() - began))
    store.close()
    return [
        Row("append, one by one, synced", f"{ours:,.0f} /s",
            f">= 600 /s (its syncs and git's swap alone: {bare:,.0f} /s, {times:.2f} x)",
            ours >= 600),
        at_least("append, 10,000 at once", max(rates), 200_000, " events/s"),
    ]  # fmt: skip


def _one_by_one(store: GitStore) -> Callable[[], object]:
    """25 appends, each of which adds to the note of one of twenty commits."""
    session = Session(store, WORLD)
    feature = FeatureId("one-by-one")
    session.execute(feature, Start(branch="main"))
    ids = [f"{i:02x}" * 20 for i in range(20)]
    fact = CommitRecorded(commit=ids[0], tree="0" * 40, parentTree="0" * 40)
    session.execute(feature, Bind(commits=(fact,)))

    def go() -> None:
        for _ in range(25):
            session.execute(feature, Bind(rewrites=(CommitRewritten(old=ids[0], new=ids[1]),)))
            ids.append(ids.pop(0))

    return go


def replays(scene: Scene) -> list[Row]:
    """Replaying a trail of 1,000 events, cold and from the cache."""
    path = scene.repository("replay")
    scene.features(path, 1, 1_000)
    git = discover(path, scene.env)
    feature = FeatureId("feature-0")

    def load(cold: bool) -> Callable[[], object]:
        def go() -> None:
            if cold:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(os.path.join(git.own_dir, "states"))
            store = GitStore(git, time.time)
            tip = store.tip(feature)
            assert tip is not None and store.load([tip])[0].state.clock == 1_000

        return go

    took = in_turn({"cold": load(True), "warm": load(False)}, ROUNDS)
    cold, warm = (statistics.median(took[name]) * 1e3 for name in ("cold", "warm"))
    return [
        at_most("replay of 1,000 events, cold", cold, 30, " ms"),
        at_most("replay of 1,000 events, cached", warm, 3, " ms"),
    ]


_WRITER = """
import os, random, sys, time
from benchmarks.scene import stamp
from git_oneshot.core.commands import RequestSynthesis
from git_oneshot.core.ids import FeatureId
from git_oneshot.git import discover
from git_oneshot.session import Session, World
from git_oneshot.trail.git_store import GitStore
store = GitStore(discover(sys.argv[1], os.environ), time.time)
session = Session(store, World(stamp, time.sleep, random.random))
for _ in range(25):
    for event in session.execute(FeatureId("shared"), RequestSynthesis()).events:
        print(event, flush=True)
store.close()
"""


def writers(scene: Scene) -> list[Row]:
    """Eight processes write to one trail: every acknowledged event is there."""
    path = scene.repository("writers")
    store = GitStore(discover(path, scene.env), time.time)
    feature = FeatureId("shared")
    Session(store, WORLD).execute(feature, Start(branch="main"))
    began = time.perf_counter()
    running = [
        subprocess.Popen([PYTHON, "-c", _WRITER, path], env=scene.env, stdout=subprocess.PIPE)
        for _ in range(8)
    ]
    acknowledged = [line for one in running for line in one.communicate()[0].decode().split()]
    took = time.perf_counter() - began
    tip = store.tip(feature)
    assert tip is not None
    there = {event.id for event in store.read([tip])[0].events}
    kept = sum(1 for id_ in acknowledged if id_ in there)
    store.close()
    what = f"8 writers x 25: kept of {len(acknowledged)} acknowledged ({took:.1f} s)"
    met = kept == len(acknowledged) == 200
    return [Row(what, str(kept), "all 200", met)]
