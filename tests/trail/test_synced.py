"""Nothing is acknowledged before it is on the disk: read from the system calls of an append.

A test of contents can't tell: what was only written is there, too, until the power fails.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from git_oneshot.core.commands import Start
from git_oneshot.session import Session
from git_oneshot.trail.carrying import lines_of
from tests.sandbox import MakeRepo, MakeWorld, Repo, signing
from tests.trail.crafted import FEATURE, Open

ROOT = Path(__file__).parents[2]
REF = f"refs/oneshot/{FEATURE}"
CALLS = "fsync,fdatasync,rename,renameat,renameat2,link,linkat,write"

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None,
    reason="NOT SHOWN that appends are synced before they are acknowledged: no strace",
)


class Call(NamedTuple):
    """One system call: its name, and the paths in it."""

    name: str
    paths: tuple[str, ...]
    text: str


def traced(log: Path, *argv: str, cwd: Path = ROOT, stdin: str = "") -> list[Call]:
    """The system calls of one process and its git, up to its acknowledgement: what it prints."""
    argv = ("strace", "-f", "-y", "-s", "300", "-o", str(log), "-e", f"trace={CALLS}",
            sys.executable, *argv)  # fmt: skip
    done = subprocess.run(
        argv, cwd=cwd, env={**os.environ, "PYTHONPATH": str(ROOT)}, input=stdin,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "PTRACE" in done.stderr or "ptrace" in done.stderr:
        pytest.skip(f"NOT SHOWN that appends are synced: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    calls = []
    for line in log.read_text(errors="replace").splitlines():
        found = re.match(r"\d+ +(\w+)\((.*)", line)
        if found:
            paths = re.findall(r"[<\"](/[^>\"]*)[>\"]", found[2])
            calls.append(Call(found[1], tuple(paths), found[2]))
    event = done.stdout.splitlines()[-1].split()[0]
    said = next(i for i, c in enumerate(calls) if c.name == "write" and event in c.text
                and c.text.startswith("1<"))  # fmt: skip
    return calls[:said]


def moves(calls: Sequence[Call]) -> list[int]:
    """When the ref moved."""
    return [i for i, c in enumerate(calls) if c.name.startswith("rename")
            and c.paths[-1].endswith(REF)]  # fmt: skip


def synced(calls: Sequence[Call]) -> set[str]:
    """What was brought to the disk."""
    return {p for c in calls if c.name.startswith("f") for p in c.paths}


def moved(calls: Sequence[Call]) -> tuple[int, set[str], set[str]]:
    """When the ref moved, and what was synced before that and after."""
    [swap] = moves(calls)
    return swap, synced(calls[:swap]), synced(calls[swap:])


@pytest.mark.parametrize("packed", [False, True])
def test_objects_are_synced_then_the_ref_then_it_is_acknowledged(
    work: Repo, opened: Open, world: MakeWorld, tmp_path: Path, packed: bool
) -> None:
    Session(opened(work), world()).execute(FEATURE, Start())
    if packed:
        work.git("pack-refs", "--all")
    git = os.path.realpath(work.path / ".git")

    appender = ("-m", "tests.trail.appender", str(work.path), FEATURE, "1")
    calls = traced(tmp_path / "calls", *appender)

    swap, before, after = moved(calls)
    made = {c.paths[-1] for c in calls[:swap] if c.name.startswith("rename")
            and c.paths[-1].startswith(f"{git}/objects/")}  # fmt: skip
    assert len(made) == 1  # a request speaks of no code commit: no new tree
    assert made <= before
    assert f"{git}/{REF}.lock" in before
    assert os.path.dirname(f"{git}/{REF}") in after


def test_in_a_run_of_appends_each_is_synced_before_the_ref_moves_to_it(
    work: Repo, opened: Open, world: MakeWorld, tmp_path: Path
) -> None:
    Session(opened(work), world()).execute(FEATURE, Start())
    git = os.path.realpath(work.path / ".git")

    appender = ("-m", "tests.trail.appender", str(work.path), FEATURE, "4")
    calls = traced(tmp_path / "calls", *appender)

    began = 0
    for swap in moves(calls):
        made = {c.paths[-1] for c in calls[began:swap] if c.name.startswith("rename")
                and c.paths[-1].startswith(f"{git}/objects/")}  # fmt: skip
        assert made
        assert {*made, f"{git}/{REF}.lock"} <= synced(calls[began:swap])
        began = swap
    assert len(moves(calls)) == 4


def test_what_is_taken_in_is_synced_before_its_ref(
    repo: MakeRepo, opened: Open, world: MakeWorld, tmp_path: Path
) -> None:
    """All of it is in one pack, which has its name before it is synced, or behind.

    Also where git does not wait for the drive by itself, which on macOS is what it does.
    """
    one, two = repo("one"), repo("two")
    two.git("config", "core.fsyncMethod", "writeout-only")
    store = opened(one)
    tip = Session(store, world()).execute(FEATURE, Start()).tip
    [trail] = store.read([tip])
    lines = b"".join(lines_of(one.discover(), store, trail)).decode()

    calls = traced(tmp_path / "calls", "-m", "git_oneshot", "import", cwd=two.path, stdin=lines)

    swap, before, after = moved(calls)
    packs = os.path.realpath(two.path / ".git" / "objects" / "pack")
    last = [c.paths[-1] for c in calls[:swap] if c.name.startswith(("rename", "link"))]
    named = {os.path.splitext(path)[1] for path in last if path.startswith(packs)}
    synced = [os.path.basename(path) for path in before if path.startswith(packs + "/")]
    assert {".pack", ".idx"} <= named
    assert sum(name.startswith("tmp_") for name in synced) >= 2
    assert packs in before
    assert os.path.dirname(os.path.realpath(two.path / ".git" / REF)) in after


def test_a_seal_is_synced_before_its_ref(
    work: Repo, opened: Open, world: MakeWorld, tmp_path: Path
) -> None:
    signing(work, tmp_path)
    Session(opened(work), world()).execute(FEATURE, Start())
    sealing = (
        "import os, time; from git_oneshot.git import discover;"
        "from git_oneshot.trail.git_store import GitStore;"
        "store = GitStore(discover('.', os.environ), time.time);"
        f"tip = store.seal(store.tip('{FEATURE}'), terminal=False)[0];"
        "os.write(1, b'sealed:' + tip.commit.encode()); store.close()"
    )

    calls = traced(tmp_path / "calls", "-c", sealing, cwd=work.path)

    _, before, after = moved(calls)
    assert [path for path in before if "/objects/" in path and "tmp_obj_" in path] != []
    assert os.path.dirname(os.path.realpath(work.path / ".git" / REF)) in after
