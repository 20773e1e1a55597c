"""Threads that wait for the disk: when there are some, and what becomes of a sync that fails."""

import os
import threading
from pathlib import Path

import pytest

from git_oneshot.trail.disk import Disk
from git_oneshot.trail.syncs import MOST, Syncs


class Counted(Disk):
    """A disk on which some files cannot be synced."""

    def __init__(self, **bad: Exception) -> None:
        self.bad = bad
        self.threads: set[int] = set()

    def sync(self, path: str) -> None:
        """Remember who waits."""
        self.threads.add(threading.get_ident())
        failed = self.bad.get(os.path.basename(path))
        if failed is not None:
            raise failed
        super().sync(path)


def files(folder: Path, count: int) -> list[str]:
    """Some that are there."""
    made = [folder / f"file{number}" for number in range(count)]
    for path in made:
        path.touch()
    return [str(path) for path in made]


def test_what_became_of_each_file_is_told_once(tmp_path: Path) -> None:
    paths = files(tmp_path, 9)
    bad = {"file3": OSError(5, "Input/output error"), "file5": MemoryError()}
    disk = Counted(**bad)
    syncs = Syncs(disk)
    syncs.begin(paths)
    ended = syncs.wait()
    failed = {os.path.basename(path): why for path, why in ended.items() if why is not None}
    assert failed == bad
    assert set(ended) == set(paths)
    assert len(disk.threads) <= MOST
    assert threading.get_ident() not in disk.threads
    assert syncs.wait() == {}
    syncs.close()


def test_threads_begin_with_work_and_end_with_it(tmp_path: Path) -> None:
    others = {*threading.enumerate()}  # of a test before, which may end meanwhile
    syncs = Syncs(Disk())
    assert not {*threading.enumerate()} - others
    for _ in range(3):
        syncs.begin(files(tmp_path, 2))
        syncs.wait()
    threads = {*threading.enumerate()} - others
    assert 0 < len(threads) <= 2
    syncs.close()
    for thread in threads:
        thread.join(10)
    assert not {*threading.enumerate()} - others


def test_a_fork_has_threads_of_its_own(tmp_path: Path) -> None:
    [path] = files(tmp_path, 1)
    syncs = Syncs(Disk())
    syncs.begin([path])
    syncs.wait()
    child = os.fork()
    if child == 0:
        syncs.begin([path])
        os._exit(0 if syncs.wait() == {path: None} else 1)
    assert os.waitpid(child, 0)[1] == 0
    syncs.close()


def test_without_a_thread_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    syncs = Syncs(Disk())
    syncs.begin(files(tmp_path, 2))
    assert syncs.wait() == {}
