"""Run the zoo with the real runners, and keep their reports: `python -m tests.runners.record`.

The path of the tree becomes ``@TOP@``, so that a reader finds the files wherever
a test lays them out.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from git_oneshot.core.rules.file import Runner
from git_oneshot.core.rules.reading import words
from git_oneshot.core.rules.rules import Suite
from git_oneshot.proof.runners import (
    Task,
    Tools,
    cargo,
    ctest,
    go,
    javascript,
    junit,
    nextest,
    node,
    run_suite,
    tap,
    unittest,
)
from git_oneshot.proof.running.slots import Slot
from git_oneshot.proof.running.toolchain import Toolchain
from tests.runners.zoo import ZOO

KEPT: Final = Path(__file__).parent.parent / "proof" / "reports"
READERS: Final = {
    "node": (node, "read"), "vitest": (javascript, "read"), "jest": (javascript, "read"),
    "go": (go, "read"), "cargo": (cargo, "read"), "ctest": (ctest, "read_junit"),
    "unittest": (unittest, "read_lines"), "junit": (junit, "read_junit"), "tap": (tap, "read_tap"),
    "nextest": (nextest, "read"),
}  # fmt: skip
RUNNER: Final = {"cargo-build": "cargo", "nextest": "cargo", "node-24": "node"}
COMMANDS: Final = {
    "node": "node --test", "vitest": "vitest run", "jest": "jest", "go": "go test ./...",
    "cargo": "cargo test", "ctest": "ctest", "unittest": "python3 -m unittest",
}  # fmt: skip


def record(name: str, modules: str) -> None:
    """Run one project of the zoo, and keep what its reader read."""
    runner: Runner = RUNNER.get(name, name)  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder) / "tree"
        for path, text in ZOO[name].items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_text(text)
        home = Path(folder) / "home"
        (home / "tmp").mkdir(parents=True)
        if runner in ("vitest", "jest"):
            (top / "node_modules").symlink_to(modules)
        command = words(ZOO[name].get(".oneshot", COMMANDS.get(name, COMMANDS.get(runner, "x"))))
        report = "report.xml" if runner == "junit" else ""
        suite = Suite(name="all", command=command, runner=runner, report=report)
        user = dict(os.environ)
        tools = Tools(Toolchain(str(home), None, user), user, None)
        module, reader = READERS[name if name in READERS else runner]
        real = getattr(module, reader)

        def read(*args: object, **more: object) -> object:
            texts = [arg for arg in args if isinstance(arg, str)]
            said = (
                "\n@REPORT@\n".join(texts)
                .replace(os.path.realpath(top), "@TOP@")
                .replace(str(home), "@HOME@")
            )
            with (KEPT / name).open("a") as kept:
                kept.write(said)
            return real(*args, **more)

        setattr(module, reader, read)
        (KEPT / name).unlink(missing_ok=True)
        # cargo stops at the first target that does not compile: one at a time.
        alone: list[tuple[str, ...]] = [
            (path,) for path in ZOO[name] if name == "cargo-build" and "tests/" in path
        ]
        try:
            for selected in alone or [()]:
                run = run_suite(Task(suite, Slot(str(top), str(home), 2), selected, 600), tools)
        finally:
            setattr(module, reader, real)
        print(f"{name}: {run.trouble or len(run.results)} {run.detail}")  # noqa: T201


if __name__ == "__main__":
    for one in sys.argv[2:] or ZOO:
        record(one, os.path.abspath(sys.argv[1]))
