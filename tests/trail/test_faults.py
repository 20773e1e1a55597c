"""Every single call that changes the disk, once the last one and once refused."""

import contextlib
import errno
import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from git_oneshot.core.commands import Bind, RequestSynthesis, Start
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import CommitRecorded
from git_oneshot.session import Session
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.store import Tip, Trail
from tests.sandbox import MakeWorld, Repo
from tests.trail.crafted import FEATURE, Open
from tests.trail.faults import CALLS, NEVER, failing
from tests.trail.nursery import Nursery


def speaking(number: int) -> Bind:
    """A command whose event has a note: four objects."""
    commit, tree = f"{number:040x}", "0" * 40
    return Bind(commits=(CommitRecorded(commit=commit, tree=tree, parentTree=tree),))


def begun(work: Repo, opened: Open, world: MakeWorld) -> Tip:
    """A trail that speaks of a commit, so that what follows has notes."""
    session = Session(opened(work), world())
    session.execute(FEATURE, Start())
    return session.execute(FEATURE, speaking(0)).tip


def sound(work: Repo, opened: Open) -> Trail:
    """The trail as a new process finds it; there is nothing wrong with it, or the repository."""
    store = opened(work)
    tip = store.tip(FEATURE)
    assert tip is not None
    [trail] = store.read([tip])
    assert trail.damage is None
    assert work.git("fsck", "--strict", "--no-dangling", "--no-progress") == ""
    return trail


@pytest.mark.long
@pytest.mark.parametrize("run", [False, True], ids=["first", "in a run"])
def test_a_process_that_is_killed_at_any_call_leaves_a_trail_without_a_scratch(
    work: Repo, opened: Open, world: MakeWorld, run: bool
) -> None:
    begun(work, opened, world)
    acknowledged = [event.id for event in sound(work, opened).events]
    nursery = Nursery(work)
    killed: list[str] = []
    survived = 0  # by chance two objects share a folder, and there is a call less
    while survived < 3:
        work.git("gc", "-q", "--prune=now")  # so that each object needs its folder
        nursery.appender(f"{len(killed) + 1} {'in a run' if run else ''}")
        *before, said = nursery.said()
        acknowledged += before
        there = [event.id for event in sound(work, opened).events]
        assert there[: len(acknowledged)] == acknowledged
        assert len(there) - len(acknowledged) <= 1  # written, and not heard of
        # Its git lets go of the lock when it finds that it is alone.
        session = Session(opened(work), world(real=True))
        acknowledged = [*there, *session.execute(FEATURE, RequestSynthesis()).events]
        if said.startswith("killed at "):
            killed.append(said.removeprefix("killed at "))
            survived = 0
        else:
            assert said in there
            survived += 1
    nursery.close()
    assert set(killed) == set(CALLS) - {"unlink"}  # which is for what went wrong before
    assert killed[-1] == "sync"  # of the folder, when the ref had moved


@pytest.mark.parametrize("run", [False, True], ids=["first", "in a run"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO], ids=errno.errorcode.get)
def test_a_disk_that_refuses_any_call_changes_nothing(
    work: Repo, opened: Open, world: MakeWorld, number: int, run: bool
) -> None:
    tip = begun(work, opened, world)
    for at in itertools.count(1):
        disk = failing(NEVER, number)
        store = GitStore(work.discover(), time.time, disk)
        if run:
            tip = Session(store, world()).execute(FEATURE, speaking(1_000 + at)).tip
        disk.arm(at)
        try:
            Session(store, world()).execute(FEATURE, speaking(at))
            break
        except OneshotError as err:
            assert err.code in (Code.EVENT_APPEND_FAILED, Code.FILE_ERROR), err
            assert os.strerror(number) in err.message
            moved = opened(work).tip(FEATURE) != tip
            assert moved == ("may not last" in err.message)
            assert moved == ("nothing was recorded" not in err.hint)
        finally:
            store.close()
        assert not list((work.path / ".git" / "objects").glob("*/tmp_obj_*"))
        if moved:
            there = opened(work).tip(FEATURE)
            assert there is not None
            tip = there
    assert at > disk.calls > 15  # it came through because all of its calls did
    sound(work, opened)


# -- for once not by a seam ---------------------------------------------------------


@contextlib.contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """A file system of its own at a folder, for whoever may mount one."""
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"NOT SHOWN on a real file system: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(shutil.which("mount") is None, reason="NOT SHOWN on a full disk: no mount")
def test_a_full_file_system(work: Repo, opened: Open, world: MakeWorld, tmp_path: Path) -> None:
    """From no room at all to room enough, page by page."""
    begun(work, opened, world)
    small = tmp_path / "small"
    small.mkdir()
    with mounted(small, "-t", "tmpfs", "-o", "size=4m", "tmpfs"):
        subprocess.run(["cp", "-a", str(work.path), str(small)], check=True)
        work.path = small / "work"
        refused = 0
        with open(small / "filler", "wb", buffering=0) as filler:
            with contextlib.suppress(OSError):
                while filler.write(bytes(4096)):
                    pass
            for pages in itertools.count():
                # What failed may have taken the page before, and so may the cache.
                filler.truncate(filler.seek(0, os.SEEK_END) - 4096 * pages)
                before = len(sound(work, opened).events)
                session = Session(store := opened(work), world())
                try:
                    session.execute(FEATURE, speaking(1))
                    break
                except OneshotError as err:
                    assert err.code is Code.EVENT_APPEND_FAILED, err
                    refused += 1
                store.close()
                assert len(sound(work, opened).events) == before
        assert refused > 1
        assert len(sound(work, opened).events) == before + 1
        store.close()


def test_an_object_folder_that_is_read_only(work: Repo, opened: Open, world: MakeWorld) -> None:
    tip = begun(work, opened, world)
    objects = work.path / ".git" / "objects"
    # Root may write everywhere, unless it cannot override permissions.
    plain = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    if plain and shutil.which("setpriv") is None:
        pytest.skip("NOT SHOWN with read-only objects: we are root, and there is no setpriv")
    folders = [objects, *(folder for folder in objects.iterdir() if folder.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        argv = [*plain, sys.executable, "-m", "git_oneshot", "request-synthesize", FEATURE]
        done = subprocess.run(argv, cwd=work.path, capture_output=True, text=True, check=False)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: cannot write the event: Permission denied",
        "hint: nothing was recorded; you have to be allowed to write to the repository",
    ]
    assert opened(work).tip(FEATURE) == tip
    sound(work, opened)
