"""Erasing, as the manual describes it, and what it breaks."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gate.project import FEATURE, MakeProject, Project, run
from tests.sandbox import At, Repo

ROOT = Path(__file__).parents[2]
WORDS = "the password is not for the public"


def blocks() -> Iterator[str]:
    """What the manual tells to type: on the remote, in each clone, and to cut."""
    page = (ROOT / "man" / "gitoneshot-trail.5").read_text(encoding="utf-8")
    part = page.partition(".SH ERASING\n")[2].partition("\n.SH ")[0].replace("\\-", "-")
    yield from re.findall(r"^\.nf\n(.*?)^\.fi$", part, re.MULTILINE | re.DOTALL)


def typed(project: Project, script: str, **env: str) -> None:
    """Type lines of the manual."""
    done = run(["sh", "-e", "-c", script], project.path, {"FEATURE": FEATURE, **env})
    assert done.code == 0, done


def held(repo: Repo) -> bool:
    """Whether any object of a repository has the words, or anything that we keep beside it."""
    git = ["git", "cat-file", "--batch-all-objects", "--batch"]
    objects = subprocess.run(git, cwd=repo.path, capture_output=True, check=True).stdout
    beside = b"".join(p.read_bytes() for p in Path(repo.discover().own_dir).rglob("*")
                      if p.is_file())  # fmt: skip
    return WORDS.encode() in objects + beside


def cloned(bare: Repo, name: str) -> Project:
    """A clone that is set up."""
    run(["git", "clone", "-q", str(bare.path), name], bare.path.parent)
    clone = Project(At(bare.path.parent / name))
    clone.do("install", "--yes")
    return clone


@pytest.mark.long
@pytest.mark.parametrize("size", [1, 6_000])
def test_what_is_erased_is_nowhere_and_what_came_before_is_sound(
    project: Project, make: MakeProject, size: int
) -> None:
    keep, remote, drop, put_back = blocks()
    bare = make.remote(project)
    project.do("init", FEATURE, "--yes")
    project.do("request-synthesize", "--reason", "before")
    project.do("plan", "-m", WORDS + "\n" + "x" * size)
    project.do("sync")
    other, forgotten = cloned(bare, "other"), cloned(bare, "forgotten")
    other.do("list")
    other.do("sync")
    assert all(held(repo) for repo in (project.repo, other.repo, forgotten.repo, bare))

    commit = project.do("show", "3", "--json").data["entry"]
    typed(project, keep, COMMIT=commit)
    typed(project, remote)
    for one in (project, other):
        typed(one, drop)
    bare.git("gc", "-q", "--prune=now")
    assert not any(held(repo) for repo in (project.repo, other.repo, bare))

    typed(project, put_back)
    assert project.do("fsck").out == "2 trails checked\n"  # ours, and what the remote has
    data = project.do("status", FEATURE, "--json").data
    assert (data["phase"], data["requested"]) == ("plan", True)
    assert other.do("sync").err == ""
    assert not held(bare)
    # Who was forgotten has it whole, and brings it back.
    forgotten.do("request-synthesize", FEATURE)
    forgotten.do("sync")
    assert held(bare)
