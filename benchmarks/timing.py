"""Paired timings: what is compared runs in turn, so that a noisy machine disturbs both alike."""

import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table: a figure, its budget, and whether it is met."""

    what: str
    figure: str
    budget: str
    met: bool


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
