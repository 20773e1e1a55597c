"""Commands as they are typed, from a cold start, beside what cannot be done without."""

import os
import shutil
import statistics
import subprocess

from benchmarks.scene import ONESHOT, PYTHON, Scene
from benchmarks.timing import ROUNDS, Row, at_most, in_turn, over, ratio, run


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
