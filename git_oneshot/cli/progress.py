"""A line on a terminal while something takes long: what, how long, and how long the last time."""

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, TextIO, TypeVar

PATIENCE: Final = 1.0  # seconds that nobody asks about
BEAT: Final = 0.2
T = TypeVar("T")
_ERASE: Final = "\r\x1b[K"


class Running(NamedTuple):
    """Something that takes long, since when, and how long it took the last time (0: unknown)."""

    what: str
    since: float
    expected: float


class Progress:
    """The line, written by a thread of its own and erased when others write."""

    def __init__(self, stream: TextIO | None, width: int = 80, patience: float = PATIENCE) -> None:
        self._stream = stream  # None where nobody looks
        self._width = width
        self._patience = patience
        self._running: dict[int, Running] = {}
        self._part = ""
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._written = False

    @contextlib.contextmanager
    def running(self, what: str, expected: float = 0.0) -> Iterator[None]:
        """Say that something is under way, from any thread."""
        if self._stream is None:
            yield
            return
        one = Running(what, time.monotonic(), expected)
        with self._lock:
            self._running[id(one)] = one
        self._begin()
        try:
            yield
        finally:
            with self._lock:
                del self._running[id(one)]

    def part(self, number: int, total: int) -> None:
        """Say which part of the whole this is."""
        self._part = f"{number} of {total}: " if total > 1 else ""

    def each(self, things: Iterable[T], total: int) -> Iterator[T]:
        """Hand things on, and say which one of how many is waited for."""
        self.part(1, total)
        for number, thing in enumerate(things, 2):
            yield thing
            self.part(number, total)
        self.part(1, 1)

    def clear(self) -> None:
        """Take the line away, so that something else can be written."""
        with self._lock:
            if self._written and self._stream is not None:
                self._stream.write(_ERASE)
                self._stream.flush()
            self._written = False

    def close(self) -> None:
        """End the line for good."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self.clear()

    def _begin(self) -> None:
        if self._thread is None and not self._over.is_set():
            self._thread = threading.Thread(target=self._beat, daemon=True)
            self._thread.start()

    def _beat(self) -> None:
        wait = self._patience
        while not self._over.wait(wait):
            wait = BEAT
            with self._lock:
                line = told(self._part, list(self._running.values()), time.monotonic())
                if line and self._stream is not None:
                    self._stream.write(_ERASE + line[: self._width - 1])
                    self._stream.flush()
                    self._written = True


def told(part: str, running: list[Running], now: float) -> str:
    """The line: what runs side by side is named once, and the longest of it counts."""
    if not running:
        return ""
    names = dict.fromkeys(one.what for one in running)
    slowest = max(running, key=lambda one: one.expected - (now - one.since))
    line = f"{part}{', '.join(names)}, {now - slowest.since:.0f} s"
    left = slowest.expected - (now - slowest.since)
    if not slowest.expected:
        return line
    if left < 1:
        return f"{line} (the last time {slowest.expected:.0f} s)"
    return f"{line}, about {left:.0f} s left"
