"""A disk that fails, or on which the process ends, at one chosen call."""

import os
import signal
import threading
from collections.abc import Callable
from typing import Any, Final

from git_oneshot.trail.disk import Disk

CALLS: Final = tuple(name for name in vars(Disk) if not name.startswith("_"))


class Faulty(Disk):
    """The ``at``-th call on it does not happen, or by half; ``strike`` is called instead."""

    def __init__(self, at: int, strike: Callable[[str], None]) -> None:
        self.at = at
        self.strike = strike
        self.calls = 0
        self.lock = threading.Lock()  # some calls are made beside others

    def arm(self, at: int) -> None:
        """Count anew: it is the ``at``-th call from here."""
        self.at = at
        self.calls = 0


def _struck(name: str) -> Callable[..., Any]:
    real = getattr(Disk, name)

    def call(disk: Faulty, *args: Any) -> Any:
        with disk.lock:
            disk.calls += 1
            struck = disk.calls == disk.at
        if not struck:
            return real(disk, *args)
        if name == "write":
            real(disk, args[0], args[1][: len(args[1]) // 2])
        return disk.strike(name)

    return call


NEVER: Final = -1
for _name in CALLS:
    setattr(Faulty, _name, _struck(_name))


def failing(at: int, number: int) -> Faulty:
    """A disk that refuses one call with an error number."""

    def strike(name: str) -> None:
        raise OSError(number, os.strerror(number), name)

    return Faulty(at, strike)


def fatal(at: int, tell: Callable[[str], None]) -> Faulty:
    """A disk at one call of which this process is killed; ``tell`` hears of it before."""

    def strike(name: str) -> None:
        tell(f"killed at {name}")
        os.kill(os.getpid(), signal.SIGKILL)

    return Faulty(at, strike)
