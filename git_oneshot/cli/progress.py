"""What goes on while something takes long, with two faces.

On a terminal, a line: what, how long, and how long the last time. For a
program, with --progress jsonl, a line for each thing that happens.
"""

import contextlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, TextIO

from git_oneshot.cli.data import progress as happened
from git_oneshot.core.spelling import visible

if TYPE_CHECKING:
    from git_oneshot.gate.judging import Verdict

PATIENCE: Final = 1.0  # seconds that nobody asks about
BEAT: Final = 0.2
_KEPT: Final = 50  # times
_ERASE: Final = "\r\x1b[K"

Tell = Callable[[happened.Event], None]


class Times:
    """How long things took the last time, by what they are called, in a file of the clone.

    One that is damaged, or can't be written, tells nothing.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def last(self, what: str) -> float:
        """The seconds; 0 when that is not known."""
        return self._all().get(_name(what), 0.0)

    def keep(self, what: str, seconds: float) -> None:
        """Remember it. How many there were of something is no part of its name."""
        import msgspec

        from git_oneshot.trail.disk import put

        times = self._all()
        times.pop(_name(what), None)  # it goes behind all others
        latest = [*times.items(), (_name(what), _rounded(seconds))][-_KEPT:]
        with contextlib.suppress(OSError):
            put(self._path, msgspec.json.encode(dict(latest)))

    def _all(self) -> dict[str, float]:
        import msgspec

        try:
            with open(self._path, "rb") as file:
                return msgspec.json.decode(file.read(), type=dict[str, float])
        except (OSError, msgspec.MsgspecError):
            return {}


def _name(what: str) -> str:
    return re.sub(r"[0-9][0-9,]*", "N", what).encode(errors="replace").decode()


class Running(NamedTuple):
    """Something that takes long, since when, and how long it took the last time (0: unknown)."""

    what: str
    since: float
    expected: float


class Progress:
    """The line, written by a thread of its own and erased when others write.

    ``tell`` is told each thing that happens, in order, from any thread. A process that
    was forked off says nothing: who waits for it does.
    """

    def __init__(
        self,
        stream: TextIO | None,
        width: int = 80,
        patience: float = PATIENCE,
        tell: Tell | None = None,
        times: Times | None = None,
    ) -> None:
        self._pid = os.getpid()
        self._stream = stream  # None where nobody looks
        self._tell = tell
        self._times = times
        self._since = time.monotonic()
        self._width = width
        self._patience = patience
        self._running: dict[int, Running] = {}
        self._part = ""
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._written = False

    @contextlib.contextmanager
    def running(self, what: str, expected: float = 0.0, *, line: bool = True) -> Iterator[None]:
        """Say that something is under way, from any thread.

        ``line``: not where git may ask for a password on the same line.
        """
        if os.getpid() != self._pid:
            yield
            return
        known = self._times if not expected else None
        expected = known.last(what) if known else expected
        one = Running(what, time.monotonic(), expected)
        name = what.encode(errors="replace").decode()  # that of a file need not be Unicode
        if self._stream is not None and line:
            with self._lock:
                self._running[id(one)] = one
            self._begin()
        self._told(happened.Run(what=name, expected=_rounded(expected) or None))
        try:
            yield
        finally:
            with self._lock:
                self._running.pop(id(one), None)
            seconds = time.monotonic() - one.since
            self._told(happened.Ran(what=name, seconds=_rounded(seconds)))
            if known and seconds > self._patience:
                known.keep(what, seconds)

    def part(self, number: int, total: int) -> None:
        """Say which part of the whole this is."""
        self._part = f"{number} of {total}: " if total > 1 else ""

    def commits(self, verdicts: "Iterable[Verdict]", total: int) -> "Iterator[Verdict]":
        """Hand verdicts on, and say which one of how many is waited for."""
        self.part(1, total)
        since = time.monotonic()
        for number, verdict in enumerate(verdicts, 1):
            proof, now = verdict.proof, time.monotonic()
            self._told(
                happened.Commit(
                    n=number, of=total, commit=verdict.commit.id, verdict=proof.word,
                    code=proof.code or None, seconds=_rounded(now - since),
                )
            )  # fmt: skip
            since = now
            yield verdict
            self.part(number + 1, total)
        self.part(1, 1)

    def trail(self, number: int, total: int, feature: str) -> None:
        """Say which trail is exchanged."""
        self._told(happened.Trail(n=number, of=total, feature=feature))

    def begin(self, command: str) -> None:
        """Say whose progress this is."""
        self._told(happened.Begin(command=command))

    def clear(self) -> None:
        """Take the line away, so that something else can be written."""
        with self._lock:
            if self._written and self._stream is not None:
                with contextlib.suppress(OSError):  # the terminal is gone
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
        self._told(happened.End(seconds=_rounded(time.monotonic() - self._since)))
        self._tell = None

    def _told(self, event: happened.Event) -> None:
        with self._lock:
            if self._tell is not None:
                self._tell(event)

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


def lines(stream: TextIO) -> Tell:
    """Write what happens as JSON lines. A reader that goes away does not end the work."""
    import click
    import msgspec

    def tell(event: happened.Event) -> None:
        line = visible(msgspec.json.encode(event).decode()).encode()
        with contextlib.suppress(OSError, ValueError):  # of a closed stream, the second
            click.echo(line, file=stream)  # bytes: JSON is UTF-8 in every locale

    return tell


def _rounded(seconds: float) -> float:
    return round(seconds, 3)
