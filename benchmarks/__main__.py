"""`python -m benchmarks [WHAT...]`: print the table; exit 1 when a budget is missed.

Without WHAT, the table is kept in `latest.txt` and in the README.
"""

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from benchmarks.paste import keep
from benchmarks.scene import ONESHOT, PYTHON, Scene, stamp, story, write
from benchmarks.timing import Row, at_least, at_most, bare_appends, in_turn, over, ratio, run
from git_oneshot.core.commands import Bind, Start
from git_oneshot.core.facts import CommitRecorded, CommitRewritten
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.replay import replay
from git_oneshot.core.state import State
from git_oneshot.git import discover
from git_oneshot.session import Session, World
from git_oneshot.trail.git_store import GitStore

WORLD = World(stamp, time.sleep, lambda: 0.5)
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "21"))


def commits(scene: Scene) -> list[Row]:
    """`git commit`: bare, with idle hooks, with a verdict that is known."""
    paths = {name: scene.repository(name) for name in ("bare", "idle", "cached")}
    scene.oneshot("install", "--yes", cwd=paths["idle"])
    scene.oneshot("init", "f", "--yes", cwd=paths["cached"])
    scene.oneshot("plan", "-m", "x", cwd=paths["cached"])
    numbers = dict.fromkeys(paths, 0)

    def stage(name: str) -> None:
        numbers[name] += 1
        write(paths[name], "notes.txt", f"{numbers[name]}\n")
        scene.git("add", "notes.txt", cwd=paths[name])
        if name == "cached":
            own = os.path.join(paths[name], ".git", "oneshot", "verdicts")
            before = scene.git("rev-parse", "HEAD^{tree}", cwd=paths[name])
            tree = scene.git("write-tree", cwd=paths[name])
            os.makedirs(os.path.join(own, "rules", before))
            write(own, f"rules/{before}/{tree}", "PASS\n")
            write(own, "current", "rules\n")

    took: dict[str, list[float]] = {name: [] for name in paths}
    for i in range(2 * ROUNDS + 1):
        for name, path in paths.items():
            stage(name)
            commit = run("git", "commit", "-qm", "x", cwd=path, env=scene.env)
            began = time.perf_counter()
            commit()
            if i:
                took[name].append(time.perf_counter() - began)
    return [
        at_most("commit, nothing to do: over bare", over(took, "idle", "bare") * 1e3, 2, " ms"),
        at_most("commit, verdict known: over bare", over(took, "cached", "bare") * 1e3, 8, " ms"),
    ]


def commands(scene: Scene) -> list[Row]:
    """One read and one write command, in a small repository and beside 10,000 features."""
    rows = []
    for count in (1, 10_000):
        path = scene.repository(f"commands-{count}")
        scene.features(path, count, 3)
        scene.oneshot("init", "mine", cwd=path)
        scene.oneshot("status", cwd=path)
        here = {"cwd": path, "env": scene.env}
        took = in_turn(
            {
                "python": run(PYTHON, "-c", "import click, msgspec", **here),  # type: ignore[arg-type]
                "read": run(ONESHOT, "status", **here),  # type: ignore[arg-type]
                "dulwich": run(PYTHON, "-c", "import click, msgspec, dulwich.repo", **here),  # type: ignore[arg-type]
                "write": run(ONESHOT, "request-synthesize", **here),  # type: ignore[arg-type]
                "log": run("git", "log", "-1", **here),  # type: ignore[arg-type]
                "log, no notes": run("git", "log", "-1", "--no-notes", **here),  # type: ignore[arg-type]
            },
            ROUNDS,
        )
        beside = f" beside {count:,} features" if count > 1 else ""
        rows += [
            at_most(f"read command{beside}", ratio(took, "read", "python"), 1.2, " x"),
            at_most(f"write command{beside}", ratio(took, "write", "dulwich"), 1.15, " x"),
        ]
        if count > 1:
            more = over(took, "log", "log, no notes") * 1e3
            rows.append(at_most(f"git log -1{beside}: over none", more, 1, " ms"))
    return rows


def appends(scene: Scene) -> list[Row]:
    """Appends one by one, synced, with notes, beside a bare loop; and many events at once."""
    path = scene.repository("appends")
    store = GitStore(discover(path, scene.env), time.time)
    took = in_turn({"ours": _one_by_one(store), "disk": bare_appends(scene.top)}, 40)
    # The best of both: whatever else uses the disk disturbs a hundred flushes at a time.
    ours, disk = (25 / min(took[name]) for name in ("ours", "disk"))
    rates = []
    for i in range(5):
        name = FeatureId(f"batch-{i}")
        events = story(name, 10_000)
        after = replay(State(feature=name), events[:3])
        began = time.perf_counter()
        store.append(name, None, events, summary="batch", state=after)
        rates.append(10_000 / (time.perf_counter() - began))
    store.close()
    budget = min(600, 0.7 * disk)
    return [
        Row("append, one by one, synced", f"{ours:,.0f} /s", f">= {budget:,.0f} /s: 600, or "
            f"0.7 x this disk's {disk:,.0f}", ours >= budget),
        at_least("append, 10,000 at once", max(rates), 200_000, " events/s"),
    ]  # fmt: skip


def _one_by_one(store: GitStore) -> Callable[[], object]:
    """25 appends, each of which adds to the note of a commit."""
    session = Session(store, WORLD)
    feature = FeatureId("one-by-one")
    session.execute(feature, Start(branch="main"))
    ids = ["0" * 40, "1" * 40]
    fact = CommitRecorded(commit=ids[0], tree="0" * 40, parentTree="0" * 40)
    session.execute(feature, Bind(commits=(fact,)))

    def go() -> None:
        for _ in range(25):
            session.execute(feature, Bind(rewrites=(CommitRewritten(old=ids[0], new=ids[1]),)))
            ids.reverse()

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


def lists(scene: Scene) -> list[Row]:
    """`list` of 1,000 features of 20 events in a fresh clone, and again."""
    hub = scene.repository("hub")
    scene.features(hub, 1_000, 20)
    clone = os.path.join(scene.top, "clone")
    refspec = "+refs/oneshot/*:refs/oneshot-remote/origin/*"
    scene.git("clone", "-q", "-c", f"remote.origin.fetch={refspec}", "--no-local", hub, clone,
              cwd=scene.top)  # fmt: skip
    own = os.path.join(clone, ".git", "oneshot")

    def cold() -> None:
        shutil.rmtree(own, ignore_errors=True)
        subprocess.run([ONESHOT, "list", "--all"], cwd=clone, env=scene.env, check=True,
                       capture_output=True)  # fmt: skip

    took = in_turn(
        {
            "cold": cold,
            "warm": run(ONESHOT, "list", "--all", cwd=clone, env=scene.env),
            "python": run(PYTHON, "-c", "import click, msgspec", cwd=clone, env=scene.env),
            "refs": run("git", "for-each-ref", cwd=clone, env=scene.env),
        },
        11,
    )
    base = [a + b for a, b in zip(took["python"], took["refs"], strict=True)]
    warm = statistics.median(a / b for a, b in zip(took["warm"], base, strict=True))
    return [
        at_most("list of 1,000 features, fresh clone", statistics.median(took["cold"]), 0.6, " s"),
        at_most("list of 1,000 features, warm", warm, 1.2, " x"),
    ]


_WRITER = """
import os, random, sys, time
from benchmarks.paste import keep
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


def proofs(scene: Scene) -> list[Row]:
    """The proof of a commit in a tree of 5,000 files, over the two bare test runs."""
    path = scene.repository("large")
    for i in range(5_000):
        folder = f"pkg{i // 100}"
        os.makedirs(os.path.join(path, folder), exist_ok=True)
        write(path, f"{folder}/m{i}.py", f"# file {i}\n" + "x = 1\n" * 100)
    scene.git("add", ".", cwd=path)
    scene.git("commit", "-qm", "many", cwd=path)
    scene.oneshot("trust", "--yes", cwd=path)
    for k in range(6):
        write(path, "calc.py", "".join(f"def f{i}(x):\n    return x + {i}\n" for i in range(k + 1)))
        write(
            path,
            "tests/test_calc.py",
            "import calc\n"
            + "".join(
                f"def test_{i}():\n    assert calc.f{i}(1) == {1 + i}\n" for i in range(k + 1)
            ),
        )
        scene.git("add", ".", cwd=path)
        scene.git("commit", "-qm", f"c{k}", cwd=path)
    bare = run(PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_calc.py",
               cwd=path, env=scene.env)  # fmt: skip
    from benchmarks.proof import prove

    took = in_turn({"two runs": lambda: (bare(), bare()), "proof": prove(path, scene.env)}, 5)
    more = over(took, "proof", "two runs") * 1e3
    return [at_most("proof in 5,000 files: over two bare runs", more, 60, " ms")]


WHAT: dict[str, Callable[[Scene], list[Row]]] = {
    "commits": commits, "commands": commands, "appends": appends, "replays": replays,
    "lists": lists, "writers": writers, "proofs": proofs,
}  # fmt: skip


def main(wanted: list[str]) -> int:
    """Measure, print, and say whether all budgets are met."""
    rows: list[Row] = []
    for name in wanted or WHAT:
        with tempfile.TemporaryDirectory(prefix="git-oneshot-bench-") as top:
            for row in WHAT[name](Scene(top)):
                print(row.line, flush=True)
                rows.append(row)
    missed = [row.what for row in rows if not row.met]
    end = f"{len(rows) - len(missed)} of {len(rows)} budgets met"
    print(end)
    if not wanted:
        keep("".join(f"{line}\n" for line in [_where(), *(row.line for row in rows), end]))
    return 1 if missed else 0


def _where() -> str:
    """When and on what the figures were had."""
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True)
    python = ".".join(map(str, sys.version_info[:3]))
    what = f"{git.stdout.strip().removeprefix('git version ')}, Python {python}"
    # A machine that does other things meanwhile is no machine to measure on.
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}"
    return f"# {time.strftime('%Y-%m-%d')}: git {what}, {load}, {sys.platform}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
