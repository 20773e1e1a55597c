"""Files brought to the disk beside one another, and beside the work of who wrote them."""

import contextlib
import os
from collections.abc import Iterable
from queue import SimpleQueue
from threading import Thread
from typing import Final

from git_oneshot.trail.disk import Disk

MOST: Final = 4  # threads: an append with a note is four objects, and more gain nothing
Todo = SimpleQueue[str | None]  # None: end
Done = SimpleQueue[tuple[str, BaseException | None]]


class Syncs:
    """A few threads that wait for a disk, which takes four flushes in the time of two.

    They start with the first work, and end with ``close``. No executor of the standard
    library: to ask one takes a tenth of an append. Only one thread may ask and wait.
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._anew()

    def _anew(self) -> None:
        self._todo: Todo = SimpleQueue()
        self._done: Done = SimpleQueue()
        self._threads = self._under_way = 0
        self._process = os.getpid()

    def begin(self, paths: Iterable[str]) -> None:
        """Have files synced; where no thread can be had, none."""
        if self._process != os.getpid():
            self._anew()  # a fork has no threads
        for path in paths:
            if self._threads < min(MOST, self._under_way + 1):
                with contextlib.suppress(RuntimeError):  # of too many threads
                    self._start()
            if not self._threads:
                return
            self._under_way += 1
            self._todo.put(path)

    def _start(self) -> None:
        Thread(target=self._work, args=(self._todo, self._done), daemon=True).start()
        self._threads += 1

    def wait(self) -> dict[str, BaseException | None]:
        """Wait for all that was begun: what hindered each file, None if nothing did."""
        ended = {}
        while self._under_way:
            path, failed = self._done.get()
            self._under_way -= 1
            ended[path] = failed
        return ended

    def close(self) -> None:
        """End the threads."""
        for _ in range(self._threads):
            self._todo.put(None)
        self._threads = 0

    def _work(self, todo: Todo, done: Done) -> None:
        while (path := todo.get()) is not None:
            failed = None
            try:
                self._disk.sync(path)
            except BaseException as err:  # noqa: BLE001 - it is raised by who waits
                failed = err
            done.put((path, failed))
