"""What a hook must never do: touch the commit that is being made, or the repository around it.

git gives a hook GIT_INDEX_FILE, and for a partial commit that is the index of
the commit itself. A child that inherits it and lays out another tree writes
the old content into the user's commit; all looks well, and the change is lost.
"""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gate.project import BASE, MakeProject, Project, run

# Records what `git write-tree` says before our hook runs: it is the user's own.
WITNESS = '#!/bin/sh\ngit write-tree >>"$WITNESS"\n'


class Scene:
    """A checkout with a change in two files, and another change that is not to be committed."""

    def __init__(self, project: Project, cwd: Path, witness: Path) -> None:
        self.project = project
        self.cwd = cwd
        self.witness = witness

    def git(self, *args: str, stdin: bytes = b"") -> str:
        done = run(["git", *args], self.cwd, {"WITNESS": str(self.witness)}, stdin=stdin)
        assert done.code == 0, done
        return done.out.removesuffix("\n")

    def write(self, path: str, text: str) -> None:
        (self.cwd / path).parent.mkdir(exist_ok=True)
        (self.cwd / path).write_text(text)


@pytest.fixture(params=["main", "linked"])
def scene(request: pytest.FixtureRequest, make: MakeProject, tmp_path: Path) -> Scene:
    """The feature is open in the main or in a linked worktree, with a hook of the user's own."""
    files = {**BASE, "checks/pair": "grep -q old lib/pair\n", "lib/pair": "old\n", "lib/x": "x\n"}
    project = make(files=files)
    hook = project.hook("pre-commit")
    hook.write_text(WITNESS)
    hook.chmod(0o755)
    cwd = project.path
    if request.param == "linked":
        cwd = tmp_path / "linked tree"
        project.git("worktree", "add", "-q", "-b", "side/branch", str(cwd))
    assert project.cli("init", "topic", "--yes", cwd=cwd).code == 0
    assert project.cli("plan", "--goal", "new", cwd=cwd).code == 0
    scene = Scene(project, cwd, tmp_path / "trees")
    scene.write("checks/pair", "grep -q new lib/pair\n")
    scene.write("lib/pair", "new\n")
    return scene


def _one_file(scene: Scene) -> None:
    scene.write("README", "staged, and not of this commit\n")
    scene.git("add", "README")
    scene.git("commit", "-q", "-m", "new", "checks/pair", "lib/pair")


def _all(scene: Scene) -> None:
    scene.git("commit", "-q", "-a", "-m", "new")


def _only(scene: Scene) -> None:
    scene.git("commit", "-q", "--only", "-m", "new", "--", "lib", "checks")


def _include(scene: Scene) -> None:
    scene.git("add", "lib/pair")
    scene.git("commit", "-q", "--include", "-m", "new", "checks/pair")


def _patch(scene: Scene) -> None:
    scene.write("lib/x", "not of this commit\n")
    scene.git("commit", "-q", "-p", "-m", "new", stdin=b"y\ny\nn\n")


def _staged(scene: Scene) -> None:
    scene.git("add", "--all")
    scene.git("commit", "-q", "-m", "new")


WAYS = [_one_file, _all, _only, _include, _patch, _staged]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: str(way.__name__).strip("_"))
def test_h1_the_commit_is_what_git_was_about_to_make(
    scene: Scene, way: Callable[[Scene], None]
) -> None:
    before = scene.git("rev-parse", "HEAD")
    way(scene)
    [expected] = scene.witness.read_text().split()
    assert scene.git("rev-parse", "HEAD^{tree}") == expected
    assert scene.git("rev-parse", "HEAD^") == before
    assert scene.git("show", "HEAD:lib/pair") == "new"
    # A real proof was run: the verdict on these two trees is filed.
    rules = scene.project.lines("verdicts/current")[0]
    parent = scene.git("rev-parse", "HEAD^^{tree}")
    assert (scene.project.own / "verdicts" / rules / parent / expected).exists()
    left = {"_one_file": "M  README", "_patch": " M lib/x"}.get(way.__name__, "")
    assert scene.git("status", "--porcelain") == left
    assert scene.git("worktree", "list").count("\n") == (scene.cwd != scene.project.path)


def test_only_what_is_staged_is_judged_and_the_file_is_not_touched(scene: Scene) -> None:
    """H3: with hunk 1 staged, the working file is neither read nor written."""
    scene.git("add", "--all")
    scene.write("lib/pair", "broken\n")
    seen = os.stat(scene.cwd / "lib/pair")
    scene.git("commit", "-q", "-m", "new")
    now = os.stat(scene.cwd / "lib/pair")
    assert (now.st_mtime_ns, now.st_ino) == (seen.st_mtime_ns, seen.st_ino)
    assert (scene.cwd / "lib/pair").read_text() == "broken\n"
    assert scene.git("show", "HEAD:lib/pair") == "new"
    assert scene.git("status", "--porcelain") == " M lib/pair"


NOSY = """\
env | grep '^GIT_' | sort >"$TMPDIR/../../seen"
git init -q here && git -C here config user.name Mallory
git -C here config user.email m@example.org && git -C here commit -q --allow-empty -m foreign
git config user.name Mallory
git rev-parse --git-dir
git add --all; git commit -q -m foreign; git checkout -q -b foreign; git update-ref HEAD HEAD
for one in checks/*; do sh "$one" || exit 1; done
"""


def test_tests_see_no_repository(make: MakeProject, tmp_path: Path) -> None:
    """H2: a suite that runs git in a hook can't reach the repository, from either worktree."""
    seen = tmp_path / "seen"
    suite = NOSY.replace('"$TMPDIR/../../seen"', f"'{seen}'")
    project = make(files={**BASE, "check.sh": suite})
    linked = tmp_path / "linked"
    project.git("worktree", "add", "-q", "-b", "side", str(linked))
    for number, cwd in enumerate([project.path, linked]):
        assert project.cli("init", f"topic-{number}", "--yes", cwd=cwd).code == 0
        before = _outside(project, cwd)
        (cwd / "checks/new").write_text(f"grep -q {number} lib/new\n")
        (cwd / "lib/new").write_text(f"{number}\n")
        run(["git", "add", "--all"], cwd)
        index = project.may("ls-files", "--stage", cwd=cwd).out
        assert project.may("commit", "-q", "-m", "new", cwd=cwd).code == 0
        names = {line.partition("=")[0] for line in seen.read_text().splitlines()}
        assert names == {"GIT_CEILING_DIRECTORIES", "GIT_CONFIG_NOSYSTEM"}
        assert _outside(project, cwd) == before
        assert project.may("ls-files", "--stage", cwd=cwd).out == index
        assert project.may("log", "-1", "--format=%an %s", cwd=cwd).out == "Ada Lovelace new\n"
        assert project.may("status", "--porcelain", cwd=cwd).out == ""
        seen.unlink()


def _outside(project: Project, cwd: Path) -> list[str]:
    """What a commit on this branch leaves as it is."""
    mine = project.may("symbolic-ref", "HEAD", cwd=cwd).out.strip()
    refs = project.may("for-each-ref").out.splitlines()
    return [
        mine,
        *(line for line in refs if not line.endswith(mine)),
        (project.path / ".git/config").read_text(),
        project.git("stash", "list"),
    ]


def test_the_witness_would_notice(make: MakeProject) -> None:
    """The damage is real: a hook that passes its environment on loses the user's change."""
    project = make()
    hook = project.hook("pre-commit")
    hook.write_text('#!/bin/sh\ngit worktree add -q --detach "$(mktemp -d)/t" HEAD\n')
    hook.chmod(0o755)
    project.repo.write("lib/base", "new\n")
    subprocess.run(["git", "commit", "-q", "-a", "-m", "new"], cwd=project.path, check=False)
    assert project.git("show", "HEAD:lib/base") == "base"
