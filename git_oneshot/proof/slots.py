"""Slots: folders outside the working tree where a tree is laid out and its tests run.

A slot is switched from tree to tree by git itself with the slot's own index,
so a switch costs what changed. It has no HEAD, no ref and no place in
``git worktree list``; the user's tree, index and stash are never touched.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from typing import NamedTuple

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.git import Git, GitError

MOST = 16  # slots of one repository


class Slot(NamedTuple):
    """A tree laid out in ``top``; ``home`` is for the processes that run in it."""

    top: str
    home: str


class Slots:
    """The slots of one repository, under ``root``."""

    def __init__(self, git: Git, root: str) -> None:
        self._git = git
        self._root = root

    @contextlib.contextmanager
    def with_tree(self, tree: str) -> Iterator[Slot]:
        """Lay ``tree`` out in a slot that nobody else uses meanwhile."""
        with self._free() as folder:
            yield self._switch(folder, tree)

    @contextlib.contextmanager
    def _free(self) -> Iterator[str]:
        for number in range(MOST):
            folder = os.path.join(self._root, str(number))
            os.makedirs(folder, mode=0o700, exist_ok=True)
            with open(os.path.join(folder, "lock"), "w") as lock:
                try:
                    # The kernel lets go of it when its process dies.
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield folder
                return
        raise OneshotError(
            Code.REF_LOCKED, f"all {MOST} slots of this repository are in use", "try again later"
        )

    def _switch(self, folder: str, tree: str) -> Slot:
        slot = Slot(os.path.join(folder, "tree"), os.path.join(folder, "home"))
        _remove(slot.home)
        os.makedirs(os.path.join(slot.home, "tmp"), exist_ok=True)
        index = os.path.join(folder, "index")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(index + ".lock")  # of a process that was killed; the slot is ours now
        try:
            self._lay(slot, index, tree)
        except GitError:
            # A damaged index, or folders that a test closed to us: begin anew.
            _remove(slot.top)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(index)
            self._lay(slot, index, tree)
        return slot

    def _lay(self, slot: Slot, index: str, tree: str) -> None:
        os.makedirs(slot.top, exist_ok=True)
        here = self._git._replace(work_tree=slot.top)
        quiet = ("-c", "core.hooksPath=" + os.devnull, "-c", "core.fsmonitor=false",
                 "-c", "core.sparseCheckout=false", "-c", "submodule.recurse=false")  # fmt: skip
        here.call(*quiet, "read-tree", "--reset", "-u", tree, index=index)
        here.call(*quiet, "clean", "-ffdxq", index=index)


def _remove(folder: str) -> None:
    """Remove a folder, and in it the folders that a test closed to us."""
    shutil.rmtree(folder, ignore_errors=True)
    if os.path.isdir(folder):
        os.chmod(folder, 0o700)
        for here, inside, _ in os.walk(folder):
            for path in (os.path.join(here, name) for name in inside):
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
        shutil.rmtree(folder, ignore_errors=True)


MEMORY = "/dev/shm"  # noqa: S108 - what is ours there has its owner and mode checked
ROOM = 4 * 2**30  # bytes that must be free in memory before slots go there


def place(git: Git) -> str:
    """Where the slots of a repository are: in memory where there is room, else beside its caches.

    A folder in shared memory is believed only when it is ours alone.
    """
    name = hashlib.sha256(os.fsencode(git.common_dir)).hexdigest()[:16]
    ours = os.path.join(MEMORY, f"git-oneshot-{os.getuid()}")
    try:
        room = os.statvfs(MEMORY)
        os.makedirs(ours, mode=0o700, exist_ok=True)
        info = os.lstat(ours)
        safe = stat.S_ISDIR(info.st_mode) and info.st_uid == os.getuid() and not info.st_mode & 0o77
        if safe and room.f_bavail * room.f_frsize > ROOM and not room.f_flag & os.ST_NOEXEC:
            mine = os.path.join(ours, name)
            if not os.path.isdir(mine):
                _bury(ours)
                os.mkdir(mine, mode=0o700)
                with open(os.path.join(mine, "of"), "wb") as file:
                    file.write(os.fsencode(git.common_dir))
            return mine
    except (OSError, AttributeError):
        pass
    return os.path.join(git.own_dir, "slots")


def forget(git: Git) -> bool:
    """Remove the slots of a repository. True when there were any."""
    folder = place(git)
    there = any(name.isdigit() for name in os.listdir(folder)) if os.path.isdir(folder) else False
    _remove(folder)
    return there


def _bury(ours: str) -> None:
    """Remove the slots of repositories that are not there any more: memory is dear."""
    for name in os.listdir(ours):
        folder = os.path.join(ours, name)
        try:
            with open(os.path.join(folder, "of"), "rb") as file:
                gone = not os.path.isdir(file.read())
        except OSError:
            continue
        if gone:
            _remove(folder)
