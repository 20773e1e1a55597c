"""Slots: what a tree looks like there is what git would check out, whatever ran there before."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from git_oneshot.core.errors import Code, Exit, OneshotError
from git_oneshot.git import GitError, discover
from git_oneshot.proof.running import slots as module
from git_oneshot.proof.running.slots import MOST, Slot, Slots, forget, place
from tests.sandbox import MakeRepo, Repo

TREE: Final = {"calc.py": "a - b\n", "pkg/mod.py": "m\n", ".gitignore": "*.log\n__pycache__/\n"}


@pytest.fixture
def work(repo: MakeRepo) -> Repo:
    """A repository with two commits."""
    made = repo()
    made.commit("first", TREE)
    made.commit("second", {"calc.py": "a + b\n", "new/deep.py": "n\n"})
    return made


@pytest.fixture
def slots(work: Repo, tmp_path: Path) -> Slots:
    return Slots(work.discover(), str(tmp_path / "slots"))


def laid_out(slot: Slot) -> dict[str, str]:
    """Path to content of every file in a slot, empty folders too."""
    found = {}
    for here, folders, names in os.walk(slot.top):
        for name in [*names, *(f for f in folders if not os.listdir(os.path.join(here, f)))]:
            path = os.path.join(here, name)
            body = "" if os.path.isdir(path) else Path(path).read_text()
            found[os.path.relpath(path, slot.top)] = body
    return found


def test_a_slot_is_switched_from_tree_to_tree(work: Repo, slots: Slots) -> None:
    git = work.discover()
    second = {**TREE, "calc.py": "a + b\n", "new/deep.py": "n\n"}
    for rev, files in (("HEAD", second), ("HEAD^", TREE), ("HEAD", second), ("HEAD", second)):
        with slots.with_tree(git.tree(rev)) as slot:
            assert laid_out(slot) == files
            assert slot.top.endswith("/0/tree")
    with slots.with_tree(git.tree(None)) as slot:
        assert laid_out(slot) == {}


def test_the_users_repository_does_not_notice(work: Repo, slots: Slots) -> None:
    """No HEAD, no ref, no worktree, no index, no stash of the user's is touched."""
    work.write("calc.py", "not staged\n")
    index = work.path / ".git" / "index"
    before = (index.read_bytes(), index.stat().st_mtime_ns, work.git("for-each-ref"))
    head = work.git("log", "-g", "--format=%H", "HEAD")
    with slots.with_tree(work.discover().tree("HEAD^")):
        pass
    assert (index.read_bytes(), index.stat().st_mtime_ns, work.git("for-each-ref")) == before
    assert work.git("log", "-g", "--format=%H", "HEAD") == head
    assert len(work.git("worktree", "list").splitlines()) == 1
    assert (work.path / "calc.py").read_text() == "not staged\n"


def test_h54_nothing_of_the_run_before_is_left(work: Repo, slots: Slots) -> None:
    """Untracked, ignored and edited files, repositories, and what stands in a tree's way."""
    git = work.discover()
    with slots.with_tree(git.tree("HEAD^")) as slot:
        top = Path(slot.top)
        (top / "debug.log").write_text("ignored\n")
        (top / "pkg" / "__pycache__").mkdir()
        (top / "pkg" / "__pycache__" / "mod.pyc").write_text("stale\n")
        (top / "nested").mkdir()
        subprocess.run(["git", "init", "-q"], cwd=top / "nested", check=True)
        (top / "new").write_text("a file where the next tree has a folder\n")
        shutil.rmtree(top / "pkg")
        (top / "pkg").symlink_to(work.path)
        (top / "calc.py").unlink()
        (top / "calc.py").mkdir()
        (top / "calc.py" / "inside").write_text("x")
        (Path(slot.home) / "left").write_text("x")
        Path(slot.home, "tmp", "left").write_text("x")
    mine = sorted(path.name for path in work.path.iterdir())
    with slots.with_tree(git.tree("HEAD")) as slot:
        assert laid_out(slot) == {**TREE, "calc.py": "a + b\n", "new/deep.py": "n\n"}
        assert os.listdir(slot.home) == ["tmp"]
        assert os.listdir(os.path.join(slot.home, "tmp")) == []
    assert sorted(path.name for path in work.path.iterdir()) == mine


def test_an_edit_of_the_same_size_and_time_is_undone(work: Repo, slots: Slots) -> None:
    git = work.discover()
    with slots.with_tree(git.tree("HEAD")) as slot:
        path = Path(slot.top) / "calc.py"
        info = path.stat()
        path.write_text("a * b\n")
        os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    with slots.with_tree(git.tree("HEAD")) as slot:
        assert laid_out(slot)["calc.py"] == "a + b\n"


def test_h17_a_slot_has_what_git_checkout_would_give(work: Repo, slots: Slots) -> None:
    """Links, exec bits, line ends and filters; and what `git archive` would leave out."""
    work.git("config", "core.autocrlf", "true")
    work.git("config", "filter.up.smudge", "tr a-z A-Z")
    work.git("config", "filter.up.clean", "tr A-Z a-z")
    work.write("run.sh", "x\n").chmod(0o755)
    (work.path / "link").symlink_to("calc.py")
    (work.path / "dangling").symlink_to("/nowhere")
    attributes = "*.up filter=up\n*.py eol=lf\nt.py export-ignore\nid.txt ident\n"
    work.write(".gitattributes", attributes)
    work.git("add", "--all")
    work.commit("third", {"a.up": "shout\n", "t.py": "t\n", "n.txt": "n\n", "id.txt": "$Id$\n"})
    work.git("checkout", "-q", "HEAD^")
    work.git("checkout", "-q", "main")
    with slots.with_tree(work.discover().tree("HEAD")) as slot:
        top = Path(slot.top)
        assert (top / "link").readlink() == Path("calc.py")
        assert (top / "dangling").readlink() == Path("/nowhere")
        assert (top / "run.sh").stat().st_mode & 0o111
        assert not (top / "n.txt").stat().st_mode & 0o111
        assert b"SHOUT" in (top / "a.up").read_bytes()
        for name in ("n.txt", "t.py", "calc.py", "a.up", "id.txt"):
            assert (top / name).read_bytes() == (work.path / name).read_bytes(), name
        assert b"\r\n" in (top / "n.txt").read_bytes()
        assert b"$Id: " in (top / "id.txt").read_bytes()


def test_h18_a_submodule_is_an_empty_folder(work: Repo, slots: Slots) -> None:
    work.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    work.git("commit", "-qm", "third")
    with slots.with_tree(work.discover().tree("HEAD")) as slot:
        assert laid_out(slot)["sub"] == ""


def test_h19_hooks_and_sparse_settings_of_the_user_play_no_part(work: Repo, slots: Slots) -> None:
    hook = work.write(".git/hooks/post-checkout", '#!/bin/sh\ntouch "$0.ran"\n')
    hook.chmod(0o755)
    work.git("sparse-checkout", "set", "pkg")
    with slots.with_tree(work.discover().tree("HEAD")) as slot:
        assert "new/deep.py" in laid_out(slot)
    assert not Path(f"{hook}.ran").exists()


# -- several at once -----------------------------------------------------------------------


def test_h10_two_at_once_get_a_slot_each(work: Repo, slots: Slots) -> None:
    git = work.discover()
    with slots.with_tree(git.tree("HEAD")) as one, slots.with_tree(git.tree("HEAD^")) as two:
        assert one.top != two.top
        assert one.home != two.home
        assert (Path(one.top) / "calc.py").read_text() == "a + b\n"
        assert (Path(two.top) / "calc.py").read_text() == "a - b\n"
    with slots.with_tree(git.tree("HEAD^")) as again:
        assert again.top == one.top


def test_a_slot_is_free_again_after_an_error(work: Repo, slots: Slots) -> None:
    git = work.discover()
    for _ in range(MOST + 1):
        with pytest.raises(RuntimeError), slots.with_tree(git.tree("HEAD")):
            raise RuntimeError


def test_there_are_sixteen_slots_and_then_a_refusal(work: Repo, slots: Slots) -> None:
    git = work.discover()
    tree = git.tree(None)
    with contextlib.ExitStack() as held:
        tops = {held.enter_context(slots.with_tree(tree)).top for _ in range(MOST)}
        assert len(tops) == MOST == 16
        with pytest.raises(OneshotError) as refused, slots.with_tree(tree):
            pass
        assert refused.value.code is Code.REF_LOCKED
        assert refused.value.kind.exit is Exit.AGAIN
    with slots.with_tree(tree) as slot:
        assert slot.top in tops


@contextlib.contextmanager
def holder(work: Repo, root: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the first slot."""
    source = (
        "import os, sys, time\n"
        "from git_oneshot.git import discover\n"
        "from git_oneshot.proof.running.slots import Slots\n"
        "git = discover(sys.argv[1], os.environ)\n"
        "with Slots(git, sys.argv[2]).with_tree(git.tree('HEAD')) as slot:\n"
        "    print(slot.top, flush=True)\n"
        "    time.sleep(60)\n"
    )
    here = Path(module.__file__).parent.parent.parent
    child = subprocess.Popen(
        [sys.executable, "-c", source, str(work.path), str(root)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(here)},
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def test_h9_the_slot_of_a_killed_process_is_taken_over(work: Repo, tmp_path: Path) -> None:
    root = tmp_path / "slots"
    slots, tree = Slots(work.discover(), str(root)), work.discover().tree("HEAD^")
    with holder(work, root) as child:
        assert child.stdout is not None
        first = child.stdout.readline().strip()
        with slots.with_tree(tree) as slot:
            assert slot.top != first
        child.kill()
        child.wait()
        # What a git that was killed in the middle leaves behind.
        Path(root, "0", "index.lock").touch()
        Path(first, "half-written").touch()
        with slots.with_tree(tree) as slot:
            assert slot.top == first
            assert laid_out(slot) == TREE


def test_a_run_does_not_hold_its_slot_after_its_end(work: Repo, slots: Slots) -> None:
    """A daemon that a test left behind has no copy of the lock."""
    tree = work.discover().tree("HEAD")
    with slots.with_tree(tree) as slot:
        daemon = subprocess.Popen(["sleep", "60"], cwd=slot.top, close_fds=False)
    try:
        with slots.with_tree(tree) as again:
            assert again.top == slot.top
    finally:
        daemon.kill()
        daemon.wait()


# -- damage ----------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [b"", b"junk", b"DIRC\0\0\0\2\0\0\0\1"])
def test_a_damaged_slot_is_made_anew(
    work: Repo, slots: Slots, tmp_path: Path, damage: bytes
) -> None:
    tree = work.discover().tree("HEAD^")
    with slots.with_tree(tree):
        pass
    (tmp_path / "slots" / "0" / "index").write_bytes(damage)
    with slots.with_tree(tree) as slot:
        assert laid_out(slot) == TREE


@pytest.mark.skipif(os.geteuid() == 0, reason="no folder is closed to root")
def test_a_folder_that_a_test_closed_is_opened(work: Repo, slots: Slots) -> None:
    tree = work.discover().tree("HEAD^")
    with slots.with_tree(tree) as slot:
        for parent in (slot.top, slot.home):
            closed = Path(parent) / "closed"
            (closed / "deep").mkdir(parents=True)
            (closed / "deep" / "file").touch()
            (closed / "deep").chmod(0)
            closed.chmod(0)
    with slots.with_tree(tree) as slot:
        assert laid_out(slot) == TREE
        assert os.listdir(slot.home) == ["tmp"]


def test_a_tree_that_is_not_there_is_gits_error(slots: Slots) -> None:
    with pytest.raises(GitError), slots.with_tree("1" * 40):
        pass


# -- where ---------------------------------------------------------------------------------


class Room(NamedTuple):
    """What a file system says of itself."""

    f_bavail: int
    f_frsize: int
    f_flag: int


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands in for shared memory: what is written there is written into the test's folder."""
    folder = tmp_path / "shm"
    folder.mkdir()
    room = Room(f_bavail=2 * module.ROOM, f_frsize=1, f_flag=0)
    monkeypatch.setattr(module, "MEMORY", str(folder))
    monkeypatch.setattr(os, "statvfs", lambda path: room)
    return folder


def cached() -> Path:
    """Where a user's caches are: outside of every working tree.

    pytest and others look for their settings in the folders above: a slot
    below .git would be run with the settings of the working tree.
    """
    return Path(os.environ["XDG_CACHE_HOME"]) / f"git-oneshot-{os.getuid()}"


def test_slots_are_in_memory_where_there_is_room(work: Repo, memory: Path, repo: MakeRepo) -> None:
    git = work.discover()
    found = Path(place(git))
    assert found.parent == memory / f"git-oneshot-{os.getuid()}"
    assert found.parent.stat().st_mode & 0o777 == 0o700
    assert place(git) == str(found)
    assert place(repo("other").discover()) != str(found)
    work.git("worktree", "add", "-q", "--detach", "../linked")
    assert place(discover(str(work.path.parent / "linked"), os.environ)) == str(found)


@pytest.mark.parametrize(
    ("room", "why"),
    [
        (Room(module.ROOM - 1, 1, 0), "no room"),
        (Room(2 * module.ROOM, 1, os.ST_NOEXEC), "nothing may be run there"),
    ],
    ids=["full", "noexec"],
)
def test_else_they_are_in_the_users_cache(
    work: Repo, memory: Path, monkeypatch: pytest.MonkeyPatch, room: Room, why: str
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda path: room)
    assert Path(place(work.discover())).parent == cached(), why


@pytest.mark.parametrize("trap", ["open to all", "a link", "a file", "nowhere"])
def test_a_folder_in_shared_memory_is_believed_only_when_it_is_ours_alone(
    work: Repo, memory: Path, trap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anyone may have made it first: what lies there would be run."""
    ours = memory / f"git-oneshot-{os.getuid()}"
    if trap == "open to all":
        ours.mkdir()
        ours.chmod(0o777)
    elif trap == "a link":
        (tmp_path / "theirs").mkdir(mode=0o700)
        ours.symlink_to(tmp_path / "theirs")
    elif trap == "a file":
        ours.touch()
    else:
        (memory / "file").touch()
        monkeypatch.setattr(module, "MEMORY", str(memory / "file" / "below"))
    assert Path(place(work.discover())).parent == cached()


def test_slots_are_forgotten_when_they_are_asked_to_be(work: Repo, memory: Path) -> None:
    git = work.discover()
    assert forget(git) is False
    with Slots(git, place(git)).with_tree(git.tree("HEAD")) as slot:
        pass
    assert forget(git) is True
    assert not os.path.exists(slot.top)
    assert forget(git) is False


def test_the_slots_of_a_repository_that_is_gone_make_room(
    work: Repo, memory: Path, repo: MakeRepo
) -> None:
    """Memory is dear: the next repository that comes buries the dead, and only them."""
    left = repo("left")
    kept, gone = place(work.discover()), place(left.discover())
    stranger = memory / f"git-oneshot-{os.getuid()}" / "no-one-knows"
    stranger.mkdir()
    shutil.rmtree(left.path)
    place(repo("new").discover())
    assert not os.path.exists(gone)
    assert os.path.isdir(kept)
    assert stranger.is_dir()


def test_slots_in_use_stay_though_their_repository_is_not_seen(
    work: Repo, memory: Path, repo: MakeRepo, tmp_path: Path
) -> None:
    """A container that shares memory with the machine does not see its repositories."""
    folder = Path(place(work.discover()))
    other = repo("other").discover()
    with Slots(work.discover(), str(folder)).with_tree("HEAD^{tree}") as slot:
        work.path.rename(tmp_path / "unseen")
        place(other)
        assert Path(slot.top, "calc.py").exists()
    forget(other)
    place(other)
    assert not folder.exists()


def test_h56_a_switch_costs_only_what_changed(work: Repo, slots: Slots) -> None:
    """Files that both trees share are not written again."""
    git = work.discover()
    with slots.with_tree(git.tree("HEAD")) as slot:
        before = os.stat(os.path.join(slot.top, "pkg", "mod.py"))
    time.sleep(0.01)
    with slots.with_tree(git.tree("HEAD^")) as slot:
        after = os.stat(os.path.join(slot.top, "pkg", "mod.py"))
    assert (before.st_ino, before.st_ctime_ns) == (after.st_ino, after.st_ctime_ns)


def test_what_a_test_made_of_git_does_not_stay(work: Repo, slots: Slots) -> None:
    """`git clean` never removes a .git: the next tree would lie in another repository."""
    tree = work.discover().tree("HEAD")
    with slots.with_tree(tree) as slot:
        subprocess.run(["git", "init", "-q", slot.top], check=True)
    with slots.with_tree(tree) as slot:
        assert not os.path.lexists(os.path.join(slot.top, ".git"))


def test_a_slot_is_held_as_long_as_a_test_of_it_lives(
    work: Repo, slots: Slots, tmp_path: Path
) -> None:
    """We may be killed; what still runs in the slot must not meet the next tree."""
    tree = work.discover().tree("HEAD")
    with slots.with_tree(tree) as slot:
        left = subprocess.Popen(["sleep", "60"], pass_fds=(slot.lock,))
    try:
        with slots.with_tree(tree) as other:
            assert other.top != slot.top
    finally:
        left.kill()
        left.wait()
    with slots.with_tree(tree) as again:
        assert again.top == slot.top
