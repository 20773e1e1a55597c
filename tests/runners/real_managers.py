"""Managers of hooks, the real ones, beside ours: `make runners`.

Whoever was there first, both are run, ours says no once, and no tracked file is written.
What this machine can't have is counted as skipped.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from git_oneshot.gate.hooks import HOOKS
from tests.gate.project import MakeProject, Project, make, program, shell  # noqa: F401
from tests.gate.test_settings import NEWER

OUTSIDE: Final = Path(os.environ.get("ONESHOT_OUTSIDE", "/nowhere"))
# What a program with windows gives to git, and where that is.
BARE: Final = f"{os.path.dirname(shutil.which('git') or '')}:/usr/bin:/bin"
LOCAL: Final = """\
repos:
- repo: local
  hooks: [{id: theirs, name: theirs, language: system, entry: sh theirs.sh, always_run: true}]
"""


class Manager(NamedTuple):
    """One manager: its program, how it is set up, and the file in which its user says what runs."""

    program: str
    setup: tuple[str, ...]
    path: str
    text: str


MANAGERS: Final = {
    "lefthook": Manager(
        "node_modules/.bin/lefthook", ("install",), "lefthook.yml",
        "pre-commit:\n  commands:\n    theirs: {run: sh theirs.sh}\n",
    ),
    "pre-commit": Manager(
        "python/bin/pre-commit", ("install",), ".pre-commit-config.yaml", LOCAL
    ),
    "prek": Manager("python/bin/prek", ("install",), ".pre-commit-config.yaml", LOCAL),
    "husky": Manager("node_modules/.bin/husky", (), ".husky/pre-commit", "sh theirs.sh\n"),
}  # fmt: skip


class Beside:
    """A project whose hooks a manager manages, and the log of what it ran."""

    def __init__(self, project: Project, name: str) -> None:
        self.project = project
        self.manager = MANAGERS[name]
        self.log = project.path.parent / "log"
        project.repo.write(self.manager.path, self.manager.text)
        project.repo.write("theirs.sh", f"echo theirs >>'{self.log}'\n")
        project.repo.write(".gitignore", "node_modules\n")
        project.repo.write("package.json", "{}\n")
        if self.manager.program.startswith("node_modules"):
            (project.path / "node_modules").symlink_to(OUTSIDE / "node_modules")
        project.git("add", "--all")
        project.git("commit", "-q", "-m", "managed")

    def set_up(self) -> None:
        """As its user does."""
        argv = [str(OUTSIDE / self.manager.program), *self.manager.setup]
        subprocess.run(argv, cwd=self.project.path, check=True, capture_output=True)

    def judged(self, path: str | None = None) -> int:
        """Commit what has no test: it is refused; how often ours said so."""
        self.log.unlink(missing_ok=True)
        self.project.change("one", test=False)
        env = {"PATH": path} if path else {}
        done = self.project.may("commit", "-q", "-m", "one", env=env)
        assert done.code == 1, done
        assert self.log.read_text() == "theirs\n", done
        return done.err.count("not proven (no-test)")

    def passes(self) -> None:
        """Commit what is proven, and push: it goes through, and no tracked file was written."""
        self.project.change("one")
        self.project.git("commit", "-q", "-m", "one")
        assert self.project.lines("spool") == [f"commit {self.project.head} main"]
        assert self.project.git("status", "--porcelain") == ""


@pytest.fixture(params=MANAGERS)
def beside(request: pytest.FixtureRequest, make: MakeProject) -> Beside:  # noqa: F811
    """A project for each manager that is there."""
    if not os.path.exists(OUTSIDE / MANAGERS[request.param].program):
        pytest.skip(f"{request.param} can't be had on this machine")
    return Beside(make(), request.param)


def test_ours_beside_a_manager_that_was_there(beside: Beside) -> None:
    beside.set_up()
    done = beside.project.cli("install", "--yes", "--json")
    elsewhere = done.code != 0
    if elsewhere:  # husky: an older git looks there and nowhere else
        line = "git-oneshot hook pre-commit"
        assert f"add to .husky/pre-commit: {line};" in done.json["error"]["hint"]
        beside.project.repo.write(beside.manager.path, f"{beside.manager.text}{line}\n")
        beside.project.git("commit", "-q", "--all", "-m", "what install named")
    beside.project.begin()
    assert beside.judged() == 1
    if elsewhere:
        return
    assert beside.judged(BARE) == 1
    beside.passes()
    beside.project.do("uninstall")
    beside.log.unlink()
    beside.project.land("two", test=False)
    assert beside.log.read_text() == "theirs\n"


def test_a_manager_that_comes_after_ours(beside: Beside) -> None:
    beside.project.begin()
    beside.set_up()
    if beside.project.may("config", "core.hooksPath").out:
        pytest.skip("what is elsewhere is tried above")
    wrong = beside.project.cli("doctor", "--json").data["checks"]
    hooks = next(row["findings"] for row in wrong if row["check"] == "hooks")
    assert {finding["what"] for finding in hooks} <= {f"hook {name} is not there" for name in HOOKS}
    beside.project.do("install", "--yes")
    assert beside.judged() == 1
    assert beside.judged(BARE) == 1
    beside.passes()


@NEWER
def test_a_newer_git_needs_no_line(beside: Beside) -> None:
    beside.set_up()
    beside.project.begin()
    assert beside.project.do("status", "--json").data["unheard"] == []
    assert not beside.project.hook("before-oneshot").exists()
    assert beside.judged() == 1
