"""`git commit`: bare, beside our hooks, and beside those of the managers that are here."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Final

from benchmarks.outside import MODULES, found
from benchmarks.scene import PYTHON, Scene, write
from benchmarks.timing import ROUNDS, Row, at_most, compared, in_turn, over, ratio, run

LOCAL: Final = (
    "repos:\n- repo: local\n  hooks: [{id: none, name: none, language: system, entry: 'true', "
    "always_run: true, pass_filenames: false}]\n"
)
# How a hook that does nothing is set up: a file that says so, and the rest of the command.
MANAGERS: Final = {
    "prek": (".pre-commit-config.yaml", LOCAL, ("install",)),
    "lefthook": (
        "lefthook.yml",
        "pre-commit:\n  commands:\n    none: {run: 'true'}\n",
        ("install",),
    ),
    "husky": (".husky/pre-commit", "true\n", ()),
    "pre-commit": (".pre-commit-config.yaml", LOCAL, ("install",)),
}


def commits(scene: Scene) -> list[Row]:
    """Bare, with idle hooks, and with a verdict that is known."""
    paths = {name: scene.repository(name) for name in ("bare", "idle", "cached")}
    scene.oneshot("install", "--yes", cwd=paths["idle"])
    scene.oneshot("init", "f", "--yes", cwd=paths["cached"])
    scene.oneshot("plan", "-m", "x", cwd=paths["cached"])

    def know(name: str) -> None:
        if name == "cached":
            own = os.path.join(paths[name], ".git", "oneshot", "verdicts")
            before = scene.git("rev-parse", "HEAD^{tree}", cwd=paths[name])
            tree = scene.git("write-tree", cwd=paths[name])
            os.makedirs(os.path.join(own, "rules", before))
            write(own, f"rules/{before}/{tree}", "PASS\n")
            write(own, "current", "rules\n")

    took = _committed(scene, paths, 2 * ROUNDS, know)
    idle, known = (over(took, name, "bare") * 1e3 for name in ("idle", "cached"))
    return [
        at_most("commit, nothing to do: over bare", idle, 2, " ms"),
        at_most("commit, verdict known: over bare", known, 8, " ms"),
    ]


def managers(scene: Scene) -> list[Row]:
    """A hook that does nothing, of sh and of each manager that is here."""
    programs = {name: found(scene, name) for name in MANAGERS}
    there = [name for name, program in programs.items() if program]
    paths = {name: scene.repository(name) for name in ("bare", "sh", *there)}
    _does_nothing(paths["sh"], "pre-commit")
    for name in there:
        path, text, options = MANAGERS[name]
        os.makedirs(os.path.dirname(os.path.join(paths[name], path)), exist_ok=True)
        write(paths[name], path, text)
        if os.path.isdir(MODULES):
            os.symlink(MODULES, os.path.join(paths[name], "node_modules"))
        run(programs[name], *options, cwd=paths[name], env=scene.env)()
    took = _committed(scene, paths, ROUNDS, lambda _: None)
    rows = []
    for name in ("sh", *MANAGERS):
        figure = f"{over(took, name, 'bare') * 1e3:.2f} ms" if name in took else "absent"
        rows.append(compared(f"commit, a {name} hook that does nothing", figure))
    return rows


def _does_nothing(path: str, hook: str) -> None:
    """Give a repository a hook that only ends."""
    write(path, f".git/hooks/{hook}", "#!/bin/sh\nexit 0\n")
    os.chmod(os.path.join(path, ".git/hooks", hook), 0o755)


def _committed(
    scene: Scene, paths: Mapping[str, str], rounds: int, ready: Callable[[str], None]
) -> dict[str, list[float]]:
    """Seconds of a commit in each repository, round by round."""
    took: dict[str, list[float]] = {name: [] for name in paths}
    for i in range(rounds + 1):
        for name, path in paths.items():
            write(path, "notes.txt", f"{i + 1}\n")
            scene.git("add", "notes.txt", cwd=path)
            ready(name)
            commit = run("git", "commit", "-qm", "x", cwd=path, env=scene.env)
            began = time.perf_counter()
            commit()
            if i:
                took[name].append(time.perf_counter() - began)
    return took


def refusals(scene: Scene) -> list[Row]:
    """A commit whose test passes without its code: refused after one run of that test."""
    path = scene.repository("refused")
    scene.oneshot("init", "f", "--yes", cwd=path)
    scene.oneshot("plan", "-m", "x", cwd=path)
    numbers = iter(range(1_000))

    def stage() -> None:
        number = next(numbers)
        write(path, "calc.py", f"NUMBER = {number}\n")
        write(path, "tests/test_calc.py", "import time\n\n\ndef test_calc():\n"
              f"    time.sleep(2)\n    assert {number} >= 0\n")  # fmt: skip
        scene.git("add", ".", cwd=path)

    def refused() -> None:
        stage()
        done = subprocess.run(["git", "commit", "-qm", "x"], cwd=path, env=scene.env,
                              capture_output=True, check=False)  # fmt: skip
        assert done.returncode == 1 and b"vacuous-red" in done.stderr, done

    stage()
    bare = run(PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_calc.py",
               cwd=path, env=scene.env)  # fmt: skip
    took = in_turn({"one run": bare, "refusal": refused}, 3)
    what = "a refusal: of the one test run that it takes"
    return [at_most(what, ratio(took, "refusal", "one run"), 1.25, " x")]
