"""`git gc --prune=now` beside writers: it throws away what no ref led to when it looked.

``ONESHOT_COLLECTIONS=100 pytest tests/trail/test_gc.py -s`` is the long run.
"""

import os
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from git_oneshot.core.commands import RequestSynthesis, Start
from git_oneshot.session import Session
from git_oneshot.trail.disk import Disk
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.shelter import LONGEST, collecting
from tests.sandbox import MakeRepo, MakeWorld, Repo
from tests.trail.crafted import FEATURE, OTHER, Open, append, judged, started, titled
from tests.trail.test_race import made

COLLECTIONS = int(os.environ.get("ONESHOT_COLLECTIONS", "2"))


def says_that_it_runs(repo: Repo, pid: int | str = os.getpid(), host: str = "") -> Path:
    """What git gc writes at its start."""
    file = repo.path / ".git" / "gc.pid"
    file.write_text(f"{pid} {host or os.uname().nodename}")
    return file


def throws_away(repo: Repo) -> None:
    """What the end of a gc does that had looked at the refs before they moved."""
    for path in (repo.path / ".git" / "objects").glob("[0-9a-f][0-9a-f]/*"):
        path.unlink()


class Meanwhile(Disk):
    """A disk on which something happens just before git moves the ref."""

    def __init__(self, before: Callable[[], object]) -> None:
        self._before = before

    def tell(self, git: IO[bytes], commands: bytes) -> None:
        """Have git do something."""
        if commands == b"commit\n":
            self._before()
        super().tell(git, commands)


def begins_behind(repo: Repo) -> None:
    """Let a gc begin as soon as a ref has moved: git's own hook says when, on any backend."""
    hook = repo.path / ".git" / "hooks" / "reference-transaction"
    says = f'printf "{os.getpid()} {os.uname().nodename}" >"$GIT_DIR/gc.pid"'
    hook.write_text(f'#!/bin/sh\n[ "$1" != committed ] || {says}\n')
    hook.chmod(0o755)


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_what_is_written_beside_a_gc_is_out_of_its_reach(
    repo: MakeRepo, opened: Open, form: str
) -> None:
    work = repo("work", f"--object-format={form}")
    store = opened(work)
    tip = append(store, FEATURE, None, started())
    work.git("repack", "-adq")
    says_that_it_runs(work)
    tip = append(store, FEATURE, tip, titled("one"), payloads={"x": b"text"})
    throws_away(work)
    tip = append(store, FEATURE, tip, titled("two"))
    throws_away(work)
    [trail] = opened(work).read([tip])
    assert trail.damage is None
    assert [event.clock for event in trail.events] == [1, 2, 3]
    assert work.git("fsck", "--strict", "--no-dangling", "--no-progress") == ""
    packs = work.path / ".git" / "objects" / "pack"
    assert not list(packs.glob("*.keep"))  # the next gc may have them


@pytest.mark.parametrize("options", [[], ["--ref-format=reftable"]])
def test_a_gc_that_begins_while_the_ref_moves(
    repo: MakeRepo, opened: Open, options: list[str]
) -> None:
    """Its list of what is reachable may be older than the move."""
    work = made(repo, "work", *options)
    tip = append(opened(work), FEATURE, None, started())
    work.git("repack", "-adq")
    begins_behind(work)
    tip = append(opened(work), FEATURE, tip, titled("one"))
    assert (work.path / ".git" / "gc.pid").exists()
    throws_away(work)
    assert opened(work).read([tip])[0].damage is None


def test_a_gc_cannot_have_the_pack_before_the_ref_moves(work: Repo, opened: Open) -> None:
    """A repack that looked at the refs before drops a pack of which it needs nothing."""
    tip = append(opened(work), FEATURE, None, started())
    says_that_it_runs(work)
    disk = Meanwhile(lambda: work.git("repack", "-adq"))
    store = GitStore(work.discover(), time.time, disk)
    tip = append(store, FEATURE, tip, titled("one"))
    store.close()
    throws_away(work)
    assert opened(work).read([tip])[0].damage is None


@pytest.mark.parametrize("run", [False, True], ids=["first", "in a run"])
def test_objects_that_went_before_the_ref_was_locked_are_written_again(
    work: Repo, opened: Open, world: MakeWorld, run: bool
) -> None:
    """In a run they may have been synced by then."""
    Session(opened(work), world()).execute(FEATURE, Start())

    class Robbed(Disk):
        """A disk on which a gc throws away what was written before the ref is locked, once."""

        armed = False
        synced = threading.Event()

        def sync(self, path: str) -> None:
            """Tell that it is done."""
            super().sync(path)
            self.synced.set()

        def tell(self, git: IO[bytes], commands: bytes) -> None:
            """Have git do something."""
            if self.armed:
                self.armed = False
                assert not run or self.synced.wait(10)
                throws_away(work)
            super().tell(git, commands)

    disk = Robbed()
    store = GitStore(work.discover(), time.time, disk)
    if run:
        Session(store, world()).execute(FEATURE, RequestSynthesis())
    work.git("repack", "-adq")
    disk.synced.clear()
    disk.armed = True
    receipt = Session(store, world()).execute(FEATURE, RequestSynthesis())
    store.close()
    assert not disk.armed
    assert opened(work).read([receipt.tip])[0].damage is None


def test_objects_that_went_once_they_were_synced_are_written_again(
    work: Repo, opened: Open
) -> None:
    """Git finds the commit when it locks the ref; what is behind it may be gone."""
    first = work.commit("one")

    class Robbed(Disk):
        """A disk on which objects go when they are synced, once each."""

        armed = False
        gone: list[str]

        def sync(self, path: str) -> None:
            """Lose it, but for a commit."""
            super().sync(path)
            if self.armed and "/objects/" in path and path not in self.gone:
                self.gone.append(path)
                if not zlib.decompress(Path(path).read_bytes()).startswith(b"commit"):
                    os.unlink(path)

    disk = Robbed()
    disk.gone = []
    store = GitStore(work.discover(), time.time, disk)
    tip = append(store, FEATURE, None, started(), judged(first, "a note"))
    disk.armed = True
    tip = append(store, FEATURE, tip, judged(first, "another"))
    store.close()
    assert len(disk.gone) == 4
    assert opened(work).read([tip])[0].damage is None
    assert work.git("fsck", "--strict", "--no-dangling", "--no-progress") == ""


def test_whose_gc_is_believed(work: Repo) -> None:
    common = str(work.path / ".git")
    now = time.time()
    assert not collecting(common, now)
    says_that_it_runs(work)
    assert collecting(common, now)
    # Whether it runs here is known, whatever a clock says that was set, or slept with it.
    assert collecting(common, now + LONGEST + 60)
    says_that_it_runs(work, pid=1)
    assert collecting(common, now)
    dead = subprocess.Popen(["true"])
    dead.wait()
    says_that_it_runs(work, pid=dead.pid)
    assert not collecting(common, now)
    says_that_it_runs(work, pid=dead.pid, host="elsewhere")
    assert collecting(common, now)
    assert not collecting(common, now + LONGEST + 60)  # as git has it
    says_that_it_runs(work, pid="rubbish")
    assert not collecting(common, now)


def test_writers_lose_nothing_to_a_gc_beside_them(
    work: Repo, opened: Open, world: MakeWorld
) -> None:
    features = [FEATURE, OTHER]
    for feature in features:
        Session(opened(work), world()).execute(feature, Start())
    argv = [sys.executable, "-m", "tests.trail.appender", str(work.path)]
    writers = [
        subprocess.Popen([*argv, feature, str(20 * COLLECTIONS)], cwd=Path(__file__).parents[2],
                         stdout=subprocess.PIPE, text=True)
        for feature in features
    ]  # fmt: skip
    collected = 0
    while any(writer.poll() is None for writer in writers) and collected < COLLECTIONS:
        work.git("gc", "-q", "--prune=now")
        collected += 1
        for feature in features:  # nothing half-written is to be seen
            assert Session(opened(work), world()).load(feature).damage is None
    acknowledged = {id_ for one in writers for id_ in one.communicate()[0].split()}
    assert [writer.returncode for writer in writers] == [0, 0]
    trails = opened(work).read(opened(work).tips())
    assert [trail.damage for trail in trails] == [None, None]
    assert acknowledged == {event.id for trail in trails for event in trail.events[1:]}
    assert work.git("fsck", "--strict", "--no-dangling", "--no-progress") == ""
    sys.stdout.write(f"\n{len(acknowledged)} appends beside {collected} collections\n")
