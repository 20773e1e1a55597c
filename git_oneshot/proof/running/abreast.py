"""Streams that go on side by side, each in a process of its own.

Processes, not threads: what proves one commit ends all of its own runs when it is
interrupted, and holds what it knows of them to itself.
"""

import contextlib
import os
import pickle
import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from queue import SimpleQueue
from typing import NamedTuple, TypeVar

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.proof.running.process import SIGNALS, interrupt

One = TypeVar("One")


class _Item(NamedTuple):
    """Something that a stream yielded."""

    value: object


class _End(NamedTuple):
    """The end of a stream: by itself, by a refusal, or by a bug (its traceback)."""

    refusal: tuple[Code, str, str, dict[str, object]] | None = None
    bug: str = ""


def abreast(streams: Sequence[Callable[[], Iterable[One]]]) -> Generator[One, None, None]:
    """What some streams yield, as it comes, each stream in its own order.

    Each is made and consumed in a process that is forked off, so what it yields has to
    be picklable. All are ended when one raises, and when this generator is closed.

    Raises what a stream raised, if that is an OneshotError; RuntimeError with the
    traceback of anything else; OneshotError(UNDECIDED) when a process was killed.
    """
    said: SimpleQueue[_Item | _End] = SimpleQueue()
    with _undisturbed():
        going = [_begin(stream) for stream in streams]
    threads = [threading.Thread(target=_heard, args=[end, said], daemon=True) for _, end in going]
    try:
        for thread in threads:
            thread.start()
        left = len(going)
        while left:
            one = said.get()
            if isinstance(one, _End):
                _raise(one)
                left -= 1
            else:
                yield one.value  # type: ignore[misc]
    finally:
        for pid, _ in going:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for pid, _ in going:
            os.waitpid(pid, 0)
        for thread in threads:
            thread.join()


def fork() -> int:
    """`os.fork`, where a thread may show how far something is."""
    # Python warns where there are threads: none of ours holds a lock that the new
    # process will ask for.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """While no signal may end us: a new process must not go on as another of us."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def _begin(stream: Callable[[], Iterable[object]]) -> tuple[int, int]:
    """Begin one; its process, and the end of the pipe that it tells us through."""
    read, write = os.pipe()
    pid = fork()
    if pid == 0:
        try:
            _tell(stream, write)
        finally:
            os._exit(0)
    os.close(write)
    return pid, read


def _tell(stream: Callable[[], Iterable[object]], write: int) -> None:
    """In the process of a stream, undisturbed: tell all that it yields, and how it ended."""
    signal.signal(signal.SIGTERM, interrupt)
    with open(write, "wb") as pipe, contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            for value in stream():
                pickle.dump(_Item(value), pipe)
                pipe.flush()
            end = _End()
        except OneshotError as err:
            end = _End(refusal=(err.code, err.message, err.hint, err.data))
        except Exception:  # noqa: BLE001 - it is raised where somebody can say so
            end = _End(bug=traceback.format_exc())
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        pickle.dump(end, pipe)


def _heard(end: int, said: "SimpleQueue[_Item | _End]") -> None:
    """Hand on what comes through a pipe; where it breaks off, say so."""
    killed = (Code.UNDECIDED, "a process that judged commits was ended from outside",
              "again: git oneshot verify", dict[str, object]())  # fmt: skip
    with open(end, "rb") as pipe:
        while True:
            try:
                one = pickle.load(pipe)  # noqa: S301 - our own child's
            except (EOFError, pickle.UnpicklingError):
                one = _End(refusal=killed)
            said.put(one)
            if isinstance(one, _End):
                return


def _raise(end: _End) -> None:
    if end.refusal is not None:
        code, message, hint, data = end.refusal
        raise OneshotError(code, message, hint, **data)
    if end.bug:
        raise RuntimeError(end.bug)
