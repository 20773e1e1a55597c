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
import tempfile
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.git import Git, GitError
from git_oneshot.proof.running.submodules import populate
from git_oneshot.trail.disk import put

MOST = 16  # slots of one repository


class Slot(NamedTuple):
    """A tree laid out in ``top``; ``home`` is for the processes that run in it.

    ``lock``: the file descriptor that holds the slot. A test inherits it, so the
    slot is taken as long as any of them lives, whatever becomes of us.
    """

    top: str
    home: str
    lock: int
    lacking: str = ""  # a submodule that is not here


class Slots:
    """The slots of one repository, under ``root``."""

    def __init__(self, git: Git, root: str) -> None:
        self._git = git
        self._root = root

    @contextlib.contextmanager
    def with_tree(self, tree: str, near: str = "") -> Iterator[Slot]:
        """Lay ``tree`` out in a slot that nobody else uses meanwhile; ``near``: rather in this."""
        with self._free(near) as (folder, lock):
            yield self._switch(folder, lock, tree)

    @contextlib.contextmanager
    def _free(self, near: str) -> Iterator[tuple[str, int]]:
        folders = [os.path.join(self._root, str(number)) for number in range(MOST)]
        for folder in sorted(folders, key=lambda one: os.path.join(one, "tree") != near):
            os.makedirs(folder, mode=0o700, exist_ok=True)
            with open(os.path.join(folder, "lock"), "w") as lock:
                try:
                    # The kernel lets go of it when the last process that has it dies.
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield folder, lock.fileno()
                return
        raise OneshotError(
            Code.REF_LOCKED, f"all {MOST} slots of this repository are in use", "try again later"
        )

    def _switch(self, folder: str, lock: int, tree: str) -> Slot:
        slot = Slot(os.path.join(folder, "tree"), os.path.join(folder, "home"), lock)
        _remove(slot.home)
        os.makedirs(os.path.join(slot.home, "tmp"), exist_ok=True)
        index = os.path.join(folder, "index")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(index + ".lock")  # of a process that was killed; the slot is ours now
        try:
            lacking = self._lay(slot, index, tree)
        except GitError:
            # A damaged index, or folders that a test closed to us: begin anew.
            _remove(slot.top)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(index)
            lacking = self._lay(slot, index, tree)
        return slot._replace(lacking=lacking)

    def _lay(self, slot: Slot, index: str, tree: str) -> str:
        """Lay a tree out, and its submodules; what of them is not here."""
        os.makedirs(slot.top, exist_ok=True)
        _remove(os.path.join(slot.top, ".git"))  # `git clean` never would
        here = self._git._replace(work_tree=slot.top)
        quiet = ("-c", "core.hooksPath=" + os.devnull, "-c", "core.fsmonitor=false",
                 "-c", "core.sparseCheckout=false", "-c", "submodule.recurse=false")  # fmt: skip
        here.call(*quiet, "read-tree", "--reset", "-u", tree, index=index)
        here.call(*quiet, "clean", "-ffdxq", index=index)
        folders = dict.fromkeys((self._git.git_dir, self._git.common_dir))
        stores = tuple(os.path.join(folder, "modules") for folder in folders)
        return populate(self._git, stores, slot.top, tree, index + ".module")


def _remove(folder: str) -> None:
    """Remove a folder, and in it the folders that a test closed to us."""
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        os.unlink(folder)  # where a file took its place
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
    """Where the slots of a repository are: in memory where there is room, else in the user's cache.

    Never below a working tree: pytest and others look for settings in the
    folders above. A folder is believed only when it is ours alone.
    """
    name = hashlib.sha256(os.fsencode(git.common_dir)).hexdigest()[:16]
    ours = _ours(MEMORY) if roomy(MEMORY) else None
    mine = os.path.join(ours or _ours(_cache(git.environ)) or git.own_dir, name)
    if not os.path.isdir(mine):
        bury(os.path.dirname(mine))
        # Whole or not at all: who buries meanwhile takes half of a path for one that is gone.
        put(os.path.join(mine, "of"), os.fsencode(git.common_dir))
    return mine


def _cache(environ: Mapping[str, str]) -> str:
    home = environ.get("HOME", "")
    return environ.get("XDG_CACHE_HOME") or os.path.join(home or tempfile.gettempdir(), ".cache")


def roomy(folder: str) -> bool:
    """Whether a folder has room for slots, and lets programs be run in it."""
    try:
        room = os.statvfs(folder)
    except OSError:
        return False
    noexec = getattr(os, "ST_NOEXEC", 0)
    return room.f_bavail * room.f_frsize > ROOM and not room.f_flag & noexec


def _ours(folder: str) -> str | None:
    """A folder below ``folder`` that is this user's alone; None when that can't be had."""
    ours = os.path.join(folder, f"git-oneshot-{os.getuid()}")
    try:
        os.makedirs(ours, mode=0o700, exist_ok=True)
        info = os.lstat(ours)
    except OSError:
        return None
    alone = info.st_uid == os.getuid() and not info.st_mode & 0o77
    return ours if alone and stat.S_ISDIR(info.st_mode) else None


def forget(git: Git) -> bool:
    """Remove the slots of a repository. True when there were any."""
    folder = place(git)
    there = any(name.isdigit() for name in os.listdir(folder))
    _remove(folder)
    return there


def orphans(git: Git) -> list[str]:
    """The slots of repositories that are not there any more."""
    return _orphans(os.path.dirname(place(git)))


def bury(ours: str) -> None:
    """Remove the slots of repositories that are not there any more: memory is dear."""
    for folder in _orphans(ours):
        _remove(folder)


def _orphans(ours: str) -> list[str]:
    found = []
    for name in os.listdir(ours) if os.path.isdir(ours) else ():
        folder = os.path.join(ours, name)
        with contextlib.suppress(OSError), open(os.path.join(folder, "of"), "rb") as file:
            if not os.path.isdir(file.read()) and not _in_use(folder):
                found.append(folder)
    return found


def _in_use(folder: str) -> bool:
    """Whether a slot of a repository is held: one that we do not see, perhaps, from a container."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name, "lock")
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), open(path, "rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    return False
