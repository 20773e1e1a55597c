"""Nothing is acknowledged before it is on the disk: read from the system calls of an append.

A test of contents can't tell: what was only written is there, too, until the power fails.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from git_oneshot.core.commands import Start
from git_oneshot.session import Session
from tests.sandbox import MakeWorld, Repo
from tests.trail.crafted import FEATURE, Open

REF = f"refs/oneshot/{FEATURE}"
CALLS = "fsync,fdatasync,rename,renameat,renameat2,write"

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None,
    reason="NOT SHOWN that appends are synced before they are acknowledged: no strace",
)


class Call(NamedTuple):
    """One system call: its name, and the paths in it."""

    name: str
    paths: tuple[str, ...]
    text: str


def traced(repo: Repo, log: Path) -> list[Call]:
    """The system calls of one append by one process and its git, up to its acknowledgement."""
    argv = ["strace", "-f", "-y", "-s", "300", "-o", str(log), "-e", f"trace={CALLS}",
            sys.executable, "-m", "tests.trail.appender", str(repo.path), FEATURE, "1"]  # fmt: skip
    done = subprocess.run(
        argv, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    if "PTRACE" in done.stderr or "ptrace" in done.stderr:
        pytest.skip(f"NOT SHOWN that appends are synced: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    calls = []
    for line in log.read_text(errors="replace").splitlines():
        found = re.match(r"\d+ +(\w+)\((.*)", line)
        if found:
            paths = re.findall(r"[<\"](/[^>\"]*)[>\"]", found[2])
            calls.append(Call(found[1], tuple(paths), found[2]))
    event = done.stdout.strip()
    said = next(i for i, c in enumerate(calls) if c.name == "write" and event in c.text
                and c.text.startswith("1<"))  # fmt: skip
    return calls[:said]


@pytest.mark.parametrize("packed", [False, True])
def test_objects_are_synced_then_the_ref_then_it_is_acknowledged(
    work: Repo, opened: Open, world: MakeWorld, tmp_path: Path, packed: bool
) -> None:
    Session(opened(work), world()).execute(FEATURE, Start())
    if packed:
        work.git("pack-refs", "--all")
    git = os.path.realpath(work.path / ".git")

    calls = traced(work, tmp_path / "calls")

    [swap] = [i for i, c in enumerate(calls) if c.name.startswith("rename")
              and c.paths[-1].endswith(REF)]  # fmt: skip
    made = {c.paths[-1] for c in calls[:swap] if c.name.startswith("rename")
            and c.paths[-1].startswith(f"{git}/objects/")}  # fmt: skip
    before = {p for c in calls[:swap] if c.name == "fsync" for p in c.paths}
    after = {p for c in calls[swap:] if c.name == "fsync" for p in c.paths}
    assert len(made) == 1  # a request speaks of no code commit: no new tree
    assert made <= before
    assert f"{git}/{REF}.lock" in before
    assert os.path.dirname(f"{git}/{REF}") in after
