"""The one proof that goes on behind the command that began it (DESIGN §6, Where).

No daemon: a process that is forked off, does its work, then what others left in
the queue meanwhile, and ends. It holds a lock as long as it lives, so there is
one for each repository, and whoever finds out that a proof is under way waits
for it, or leaves the work in the queue. Results are in the cache of runs; who
waits gets them through a pipe, too.
"""

import contextlib
import fcntl
import os
import pickle
import select
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from git_oneshot.proof.running.abreast import fork
from git_oneshot.proof.running.process import lower
from git_oneshot.proof.running.queue import Queue, Task

BEAT: Final = 0.02  # seconds between two looks at the lock
ENDING: Final = 10.0  # seconds that tests have to end when they are told to
FILES: Final = 4_096  # more than we, and whoever runs us, have open
LOCK: Final = "proving"  # held while a proof is under way, and then not empty
AWAITED: Final = "awaited"  # held by each that waits for its turn


class Going(msgspec.Struct, frozen=True):
    """The proof that is under way: its process, of what, and since when (monotonic seconds)."""

    pid: int
    task: Task
    began: float

    @property
    def seconds(self) -> float:
        """For how long it has gone on."""
        return time.monotonic() - self.began


class Background:
    """The background proof of one repository. ``work`` does a task, in the forked process."""

    def __init__(self, own_dir: str, work: Callable[[Task], object]) -> None:
        self._own = own_dir
        self._lock = os.path.join(own_dir, LOCK)
        self._queue = Queue(own_dir)
        self._log = os.path.join(own_dir, "proving.log")
        self._work = work

    def ask(self, task: Task, deadline: float | None) -> object:
        """Have a task done, and wait for what it finds out until ``deadline`` (None: for ever).

        None when that is not known yet. Whether it is waited for or not, it goes on.
        """
        os.makedirs(os.path.dirname(self._lock), exist_ok=True)
        end = self._begin(task, deadline)
        try:
            data = _read(end, deadline)
        finally:
            os.close(end)  # by which the other process knows that nobody waits any more
        return pickle.loads(data) if data else None  # noqa: S301 - our own child's

    def go_on(self) -> None:
        """Have done what others have left in the queue, if nobody is at it."""
        os.close(self._begin(None, None))

    def going(self) -> Going | None:
        """The proof that is under way, None when there is none."""
        return going(self._own)

    # -- the process behind -------------------------------------------------------------

    def _begin(self, task: Task | None, deadline: float | None) -> int:
        """Fork twice, so that nobody has to wait for it; the end of its pipe to read from."""
        read, write = os.pipe()
        pid = fork()
        if pid == 0:
            try:
                os.setsid()
                if fork() == 0:
                    self._detach(write)
                    self._serve(task, deadline, write)
            except BaseException:  # noqa: BLE001 - there is nobody above to catch it
                _log()
            finally:
                os._exit(0)
        os.close(write)
        os.waitpid(pid, 0)
        return read

    def _detach(self, keep: int) -> None:
        """Let go of all that the caller of our caller may wait for, and of its terminal."""
        null = os.open(os.devnull, os.O_RDWR)
        log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.dup2(log, 2)
        for fd in _opened():
            if fd > 2 and fd != keep:
                with contextlib.suppress(OSError):
                    os.close(fd)
        os.chdir("/")

    def _serve(self, task: Task | None, deadline: float | None, answer: int) -> None:
        """Do the task when it is our turn, else leave it in the queue; then do what is there."""
        if task is not None:
            with self._turn(deadline, answer) as lock:
                if lock is not None:
                    self._do(task, lock, answer)
                    self._drain(lock)
                else:
                    self._queue.add(task)
                    os.close(answer)
        # Whoever has the turn looks again when it is over, as we do here, so that
        # nothing is left that came between the last look and the end.
        while not self._queue.empty:
            with self._turn(0) as lock:
                if lock is None:
                    return
                self._drain(lock)

    def _do(self, task: Task, lock: int, answer: int | None = None) -> None:
        going = Going(os.getpid(), task, time.monotonic())
        os.ftruncate(lock, 0)
        os.pwrite(lock, msgspec.json.encode(going), 0)
        if answer is None:
            self._lower()
            self._work(task)
            return
        threading.Thread(target=self._lower_when_alone, args=[answer], daemon=True).start()
        try:
            found = pickle.dumps(self._work(task))
            with contextlib.suppress(BrokenPipeError), open(answer, "wb", closefd=False) as end:
                end.write(found)
        finally:
            os.close(answer)

    def _drain(self, lock: int) -> None:
        """Do what others have left, until nothing is left; the working trees take turns."""
        served: dict[str, int] = {}
        while (task := self._queue.next(served)) is not None:
            served[task.work_tree] = served.get(task.work_tree, 0) + 1
            try:
                self._do(task, lock)
            except Exception:  # noqa: BLE001 - such as a tree that a gc took away
                _log()
        os.ftruncate(lock, 0)

    @contextlib.contextmanager
    def _turn(self, deadline: float | None, answer: int | None = None) -> Iterator[int | None]:
        """The lock of the repository; None when another has it as long as anybody waits."""
        fd = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            yield fd if _locked(fd, fcntl.LOCK_EX) or self._wait(fd, deadline, answer) else None
        finally:
            os.close(fd)

    def _wait(self, fd: int, deadline: float | None, answer: int | None) -> bool:
        """Wait for a lock as long as anybody waits for us; whether we got it."""
        with open(os.path.join(self._own, AWAITED), "ab") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            while deadline is None or time.monotonic() < deadline:
                if answer is not None and _alone(answer, 0):
                    return False
                time.sleep(BEAT)
                if _locked(fd, fcntl.LOCK_EX):
                    return True
        return False

    def _lower(self) -> None:
        """Give way to all else, but with what begins while somebody waits for a turn."""
        lower(lambda: awaited(self._own))

    def _lower_when_alone(self, answer: int) -> None:
        """Give way from the moment that nobody waits for the answer."""
        if _alone(answer):
            self._lower()


def _opened() -> Iterable[int]:
    """The files that this process has open, or may have where no system lists them."""
    try:
        return [int(name) for name in os.listdir("/dev/fd")]
    except OSError:  # such as without /proc
        return range(FILES)


def _log() -> None:
    os.write(2, traceback.format_exc().encode(errors="replace"))


def going(own_dir: str) -> Going | None:
    """The proof that is under way in a repository, None when there is none."""
    try:
        with open(os.path.join(own_dir, LOCK), "rb") as file:
            found = msgspec.json.decode(file.read(), type=Going)
            os.kill(found.pid, 0)
            # Asked only where it is all but certain that the lock is held: it
            # must not be ours, however short, when someone tries to get it.
            return None if _locked(file.fileno(), fcntl.LOCK_SH) else found
    except (OSError, msgspec.DecodeError):
        return None  # it ended, or was killed


def awaited(own_dir: str) -> bool:
    """Whether anybody waits for the proof that is under way to end."""
    try:
        with open(os.path.join(own_dir, AWAITED), "rb") as file:
            return not _locked(file.fileno(), fcntl.LOCK_EX)
    except FileNotFoundError:
        return False


class Stopped(msgspec.Struct, frozen=True):
    """What was ended, how many tasks that waited are forgotten, and what is left of others."""

    ended: Going | None
    dropped: int
    left: tuple[Task, ...]


def stop(own_dir: str, where: str | None = None, patience: float = ENDING) -> Stopped:
    """End what a working tree has asked for, and its tests, and forget what of it waits.

    Without one, of all; and of one that is gone, always.
    """
    queue = Queue(own_dir)

    def ours(task: Task) -> bool:
        return where in (None, task.work_tree) or not os.path.isdir(task.work_tree)

    dropped = 0 if queue.empty else queue.drop(ours)
    found = going(own_dir)
    if found is not None and ours(found.task):
        with contextlib.suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while (now := going(own_dir)) and now.pid == found.pid and time.monotonic() < deadline:
            time.sleep(BEAT)
    waiting = [] if queue.empty else queue.tasks()
    now = going(own_dir)
    under_way = [now.task] if now is not None and not ours(now.task) else []
    ended = found if found is not None and ours(found.task) else None
    return Stopped(ended, dropped, (*under_way, *waiting))


def _locked(fd: int, how: int) -> bool:
    try:
        fcntl.flock(fd, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(end: int, deadline: float | None) -> bytes:
    """All that comes out of a pipe; b"" when its end did not come in time."""
    poll = select.poll()
    poll.register(end, select.POLLIN | select.POLLHUP)
    data = b""
    while True:
        left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
        if not poll.poll(left):
            return b""
        chunk = os.read(end, 65_536)
        data += chunk
        if not chunk:
            return data


def _alone(answer: int, patience: int | None = None) -> bool:
    """Whether nobody reads at the other end of a pipe; by default, wait until that is so."""
    poll = select.poll()
    poll.register(answer, select.POLLHUP)  # macOS says that, and nothing to who asks for nothing
    lost = select.POLLERR | select.POLLHUP
    return any(event & lost for _, event in poll.poll(patience))
