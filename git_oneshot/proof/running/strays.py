"""What a run leaves behind in a session of its own: it becomes our child, and is ended.

On Linux a process may adopt whoever of those below it loses their parent. We do so while
a run goes on. Whose run it was cannot be told, so all are ended when the last one is over.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Container, Iterator
from typing import Final

ROUNDS: Final = 100  # each ends who was left by those of the one before
_ADOPT: Final = 36  # PR_SET_CHILD_SUBREAPER
_THREADS: Final = "/proc/self/task"

_lock: Final = threading.Lock()
_before: Final[set[int]] = set()  # our children when the first run began
_runs: Final[list[None]] = []  # an item for each that goes on


@contextlib.contextmanager
def ending_strays() -> Iterator[None]:
    """Run something; when nothing else is run, nobody who was started in it is left."""
    with _lock:
        if not _runs:
            _adopt(on=True)
            _before.clear()
            _before.update(_children())
        _runs.append(None)
    try:
        yield
    finally:
        with _lock:
            _runs.pop()
            if not _runs:
                _end()
                _adopt(on=False)


@contextlib.contextmanager
def unburied() -> Iterator[None]:
    """Begin a child: `bury` waits, so that it knows the child when it sees it."""
    with _lock:
        yield


def bury(own: Container[int]) -> None:
    """Wait for those that became our children and have ended: a long run may leave thousands.

    ``own``: children that somebody else waits for; they began in `unburied`.
    """
    with _lock:
        for pid in _adopted():
            if pid not in own:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)


def _adopt(*, on: bool) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).prctl(_ADOPT, int(on), 0, 0, 0)


def _children() -> set[int]:
    """The children of this process, where the kernel lists them."""
    found: set[int] = set()
    for thread in os.listdir(_THREADS) if os.path.isdir(_THREADS) else ():
        # A thread may have ended.
        with contextlib.suppress(OSError), open(f"{_THREADS}/{thread}/children") as file:
            found.update(map(int, file.read().split()))
    return found


def _adopted() -> list[int]:
    """Those of our children that were born in a run: in a session that is not ours."""
    own = os.getsid(0)
    return [pid for pid in _children() - _before if _session(pid) not in (own, None)]


def _end() -> None:
    for _ in range(ROUNDS):
        left = _adopted()
        if not left:
            return
        for pid in left:
            with contextlib.suppress(OSError):  # it has ended, or is another user's now
                os.kill(pid, signal.SIGKILL)
        for pid in left:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.005)


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None
