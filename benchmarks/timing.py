"""Paired timings: what is compared runs in turn, so that a noisy machine disturbs both alike."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "21"))


class Row(NamedTuple):
    """One line of the table: a figure, its budget ("" of what is only compared), if it is met."""

    what: str
    figure: str
    budget: str
    met: bool

    @property
    def line(self) -> str:
        """The row as it is printed."""
        mark = "    " if not self.budget else "ok  " if self.met else "MISS"
        return f"{mark} {self.what:<52}  {self.figure:>18}   {self.budget}".rstrip()


def in_turn(things: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds that each thing took, round by round, after one round that is not counted."""
    took: dict[str, list[float]] = {name: [] for name in things}
    for i in range(rounds + 1):
        for name, thing in things.items():
            began = time.perf_counter()
            thing()
            if i:
                took[name].append(time.perf_counter() - began)
    return took


def over(took: Mapping[str, Sequence[float]], a: str, b: str) -> float:
    """The median of a - b, round by round."""
    return statistics.median(x - y for x, y in zip(took[a], took[b], strict=True))


def ratio(took: Mapping[str, Sequence[float]], a: str, b: str) -> float:
    """The median of a / b, round by round."""
    return statistics.median(x / y for x, y in zip(took[a], took[b], strict=True))


def run(*argv: str, cwd: str, env: Mapping[str, str]) -> Callable[[], object]:
    """A command that must succeed, to be timed."""

    def go() -> None:
        subprocess.run(argv, cwd=cwd, env=env, capture_output=True, check=True)

    return go


def at_most(what: str, value: float, budget: float, unit: str) -> Row:
    """A row for a figure that must not be larger than its budget."""
    return Row(what, f"{value:.2f}{unit}", f"<= {budget:g}{unit}", value <= budget)


def at_least(what: str, value: float, budget: float, unit: str) -> Row:
    """A row for a figure that must not be smaller than its budget."""
    return Row(what, f"{value:,.0f}{unit}", f">= {budget:,.0f}{unit}", value >= budget)


def compared(what: str, figure: str) -> Row:
    """A row without a budget: what others take."""
    return Row(what, figure, "", True)


def bare_appends(path: str, env: Mapping[str, str]) -> Callable[[], object]:
    """25 times what the contract asks of an append at least, and nothing else.

    A blob, two trees and a commit are written, each in its folder, and git swaps a
    ref; the four files, the ref's lock and the folder of the ref are synced.
    """
    objects = os.path.join(path, "bare-appends")
    for fan in range(256):
        os.makedirs(os.path.join(objects, f"{fan:02x}"))
    ref = "refs/bare/appends"
    file = os.path.join(path, ".git", ref)

    def commit(message: str) -> str:
        argv = ["git", "commit-tree", "-m", message, "HEAD^{tree}"]
        return subprocess.check_output(argv, cwd=path, env=env, text=True).strip()

    new, old = commit("one"), commit("two")
    run("git", "update-ref", ref, old, cwd=path, env=env)()
    git = subprocess.Popen(
        ["git", "-c", "core.fsync=none", "update-ref", "--stdin"],
        cwd=path, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip

    def tell(*commands: str) -> None:
        assert git.stdin is not None and git.stdout is not None
        git.stdin.write("".join(f"{command}\n" for command in commands).encode())
        git.stdin.flush()
        for command in commands:
            if not command.startswith("update "):
                assert git.stdout.readline() == f"{command}: ok\n".encode()

    def go() -> None:
        nonlocal new, old
        for _ in range(25):
            names = [os.urandom(20).hex() for _ in range(4)]
            paths = [os.path.join(objects, name[:2], name[2:]) for name in names]
            opened = [os.open(path, os.O_WRONLY | os.O_CREAT) for path in paths]
            for fd in opened:
                os.write(fd, os.urandom(150))
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            tell("start", f"update {ref} {new} {old}", "prepare")
            opened.append(os.open(file + ".lock", os.O_RDONLY))
            for fd in opened:
                os.fsync(fd)
                os.close(fd)
            tell("commit")
            fd = os.open(os.path.dirname(file), os.O_RDONLY)
            os.fsync(fd)
            os.close(fd)
            new, old = old, new

    return go
