"""Trails that travel, are merged, checked and kept."""

import itertools
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from benchmarks.scene import Scene, story
from benchmarks.timing import Row, at_most, compared, in_turn, ratio, run
from benchmarks.trails import WORLD
from git_oneshot.core.commands import (
    Bind,
    Command,
    Finalize,
    Patch,
    RecordGreen,
    RecordRed,
    Start,
)
from git_oneshot.core.facts import CommitJudged, CommitRecorded, Plan, Proof, SuiteJudged, TestTurn
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
SMALL, LARGE, EACH = 1_000, 10_000, 3  # features, and their events


def travelled(scene: Scene) -> list[Row]:
    """Clone and fetch with many features against the same repository without.

    Before 2.55 git goes through a list of all tips for each root that it finds, so that half the
    time with 10,000 is the reading of that list, and no order of ours would shorten it.
    """
    hubs = {str(count): _hub(scene, count) for count in (0, SMALL, LARGE)}
    numbers = itertools.count()

    def clone(count: str) -> str:
        to = os.path.join(scene.top, f"clone-{next(numbers)}")
        scene.git("clone", "-q", "-c", f"remote.origin.fetch={REFSPEC}", "--no-local", hubs[count],
                  to, cwd=scene.top)  # fmt: skip
        return to

    clones = {count: clone(count) for count in hubs}
    cloned = _scaled({count: partial(clone, count) for count in hubs}, 5)
    fetched = _scaled(
        {count: run("git", "fetch", "-q", cwd=clones[count], env=scene.env) for count in hubs}, 7
    )
    none, _, large = (_bytes(os.path.join(clones[one], ".git", "objects")) for one in hubs)
    return [
        compared("clone without trails", f"{cloned[0]:.0f} ms"),
        compared(f"clone with {SMALL:,} features", f"{cloned[1]:.0f} ms"),
        at_most(f"clone with {LARGE:,} features: of with {SMALL:,}", cloned[2], 12, " x"),
        at_most("  bytes an event, fetched", (large - none) / (LARGE * EACH), 700, " B"),
        compared("fetch of nothing new, without trails", f"{fetched[0]:.0f} ms"),
        compared(f"  with {SMALL:,} features", f"{fetched[1]:.0f} ms"),
        at_most(f"  with {LARGE:,}: of with {SMALL:,}", fetched[2], 12, " x"),
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
        scene.features(path, count, EACH)
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
        for command in _life(number):
            count += len(session.execute(feature, command).events)
    session.store.close()
    scene.git("gc", "-q", cwd=path)
    each = (_bytes(os.path.join(path, ".git", "objects")) - before) / count
    return [at_most("disk for an event, after gc", each, 700, " B")]


def _life(number: int) -> list[Command]:
    """A feature of two commits, each with its cycle."""
    plan = Plan(goal=f"goal number {number}", approach="test, then fix", files=(f"m{number}.py",))
    steps: list[Command] = [Start(branch=f"b{number}", base="main"),
                            Patch(fields=("plan",), plan=plan, move=True)]  # fmt: skip
    proofs = []
    for _ in range(2):
        commit, tree, parent, hybrid = (os.urandom(20).hex() for _ in range(4))
        turn = TestTurn(suite="pytest", id=f"tests/test_m{number}.py::test_one", reason="assertion",
                        file=f"tests/test_m{number}.py", red="failed", green="passed")  # fmt: skip
        proof = Proof(word="PASS", kind="behaviour", hybrid=hybrid, tree=tree, tests=(turn,))
        log = os.urandom(32).hex()
        fact = CommitRecorded(commit=commit, tree=tree, parentTree=parent,
                              patchId=os.urandom(20).hex(), subject="fix: one thing")  # fmt: skip
        cycle = {"parent": parent, "proof": proof, "log": log}
        steps += [RecordRed(**cycle), RecordGreen(**cycle), Bind(commits=(fact,))]  # type: ignore[arg-type]
        proofs.append(CommitJudged(commit=commit, proof=proof, log=log))
    suite = SuiteJudged(commit=proofs[-1].commit, proof=Proof(word="PASS", notes=("12 tests",)))
    return [*steps, Finalize(proofs=tuple(proofs), suite=suite)]
