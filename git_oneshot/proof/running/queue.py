"""What is to be proven behind, once whoever has the turn comes to it."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Literal

import msgspec

from git_oneshot.core.verdicts.regression import Key
from git_oneshot.proof.classes.at_sight import Said

QUEUE: Final = "unproven"


class Task(msgspec.Struct, frozen=True):
    """What is to be proven: the change from one tree to another, or the suite on a tree."""

    kind: Literal["prove", "suite"]
    work_tree: str
    before: str | None
    tree: str
    said: Said = Said()
    leaving: tuple[Key, ...] = ()


class Queue:
    """The tasks of a repository that nobody does yet: a file, locked by whoever looks at it."""

    def __init__(self, own_dir: str) -> None:
        self._path = os.path.join(own_dir, QUEUE)

    def add(self, task: Task) -> None:
        """Leave a task."""
        with self._open() as tasks:
            tasks.append(task)

    def next(self, served: Mapping[str, int]) -> Task | None:
        """Take a task: the oldest of the working tree that was ``served`` least often."""
        with self._open() as tasks:
            found = min(tasks, key=lambda task: served.get(task.work_tree, 0), default=None)
            tasks[:] = [task for task in tasks if task != found]
        return found

    def drop(self, unwanted: Callable[[Task], bool]) -> int:
        """Forget tasks; how many."""
        with self._open() as tasks:
            kept = [task for task in tasks if not unwanted(task)]
            number = len(tasks) - len(kept)
            tasks[:] = kept
        return number

    def tasks(self) -> list[Task]:
        """What waits."""
        with self._open() as tasks:
            return list(tasks)

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not os.path.exists(self._path) or os.path.getsize(self._path) == 0

    @contextlib.contextmanager
    def _open(self) -> Iterator[list[Task]]:
        """The tasks, to be changed."""
        with open(self._path, "a+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            before = file.read()
            tasks = list(dict.fromkeys(_tasks(before.splitlines())))
            yield tasks
            after = b"".join(msgspec.json.encode(task) + b"\n" for task in tasks)
            if after != before:
                file.truncate(0)
                file.write(after)


def _tasks(lines: Iterable[bytes]) -> Iterator[Task]:
    for line in lines:
        with contextlib.suppress(msgspec.DecodeError):  # a torn line
            yield msgspec.json.decode(line, type=Task)
