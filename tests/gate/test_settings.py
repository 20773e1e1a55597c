"""Hooks by settings, which git has from 2.54 on: what is set, and that a newer git runs it.

What needs such a git is skipped where there is none; what is set is run by sh all the same.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from git_oneshot.core.ids import FeatureId
from git_oneshot.gate.hooks import HOOKS, SETTINGS, Hooks
from git_oneshot.gate.markers import Markers
from git_oneshot.git import Git
from git_oneshot.trail.disk import link
from tests.gate.project import MakeProject, Project, run
from tests.gate.test_hooks import replace_program, user_hook


def _version() -> tuple[int, ...]:
    said = subprocess.run(["git", "version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:2]))


NEWER: Final = pytest.mark.skipif(
    _version() < SETTINGS, reason=f"git is older than {SETTINGS[0]}.{SETTINGS[1]}"
)


class Newer(Hooks):
    """The hooks of a clone, as a git sees them that has hooks by settings."""

    by_settings = True


class Older(Hooks):
    """The hooks of a clone, as a git sees them that has none."""

    by_settings = False


def command(project: Project, name: str) -> str:
    return project.git("config", "--get", f"hook.oneshot-{name}.command")


@pytest.fixture
def hooks(project: Project) -> Newer:
    """Our hooks as settings."""
    made = Newer(project.repo.discover())
    for name, _ in made.wanting():
        made.put(name)
    return made


def test_git_is_asked_for_its_version_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    text = Git.text

    def heard(git: Git, *args: str, **more: Any) -> str:
        asked.append(args)
        return text(git, *args, **more)

    monkeypatch.setattr(Git, "text", heard)
    project.do("init", "topic", "--yes")
    assert asked.count(("version",)) <= 1


def test_what_is_set_and_taken_back(project: Project) -> None:
    user_hook(project, "pre-commit", "exit 0")
    before = project.digest()
    hooks = Newer(project.repo.discover())
    assert dict(hooks.wanting()) == dict.fromkeys(HOOKS, "missing")
    for name in HOOKS:
        assert not hooks.kept(name)
        hooks.put(name)
    assert [*hooks.wanting()] == []
    said = ["config", "--get-regexp", "^hook[.]oneshot-.*[.]event$"]
    assert project.may(*said).out == ""
    markers = Markers(project.repo.discover())
    markers.open("main", FeatureId("one"))
    assert [*hooks.wanting()] == []
    assert project.git(*said).split("\n") == [f"hook.oneshot-{one}.event {one}" for one in HOOKS]
    files = [file.name for file in project.hook("x").parent.glob("*") if file.suffix == ""]
    assert sorted(files) == ["pre-commit", "pre-push"]
    assert not project.hook("pre-push").is_symlink()
    (project.own / "open/pre-commit").unlink()
    project.hook("pre-push").unlink()
    assert dict(hooks.wanting()) == {"pre-commit": "stale", "pre-push": "missing"}
    (project.own / "open/settings").write_text("")
    assert dict(hooks.wanting()) == {**dict.fromkeys(HOOKS, "stale"), "pre-push": "stale"}
    markers.close("main")
    assert project.may(*said).out == ""
    assert [*hooks.undo()] == [f"hook {name}" for name in HOOKS]
    project.own.rmdir()
    assert project.digest() == before


def test_a_hook_that_is_there_as_a_file_does_as_well(project: Project) -> None:
    """As after an update of git: nothing is to be done, until git looks elsewhere."""
    for name in HOOKS:
        Older(project.repo.discover()).put(name)
    assert [*Newer(project.repo.discover()).wanting()] == []
    project.git("config", "core.hooksPath", "theirs")
    hooks = Newer(project.repo.discover())
    assert dict(hooks.wanting()) == dict.fromkeys(HOOKS, "missing")
    assert hooks.foreign == "core.hooksPath is 'theirs'"


def test_what_a_push_ends_does_not_end_the_push(project: Project) -> None:
    """git runs the hook in its folder after the setting, which may have closed the feature."""
    for name in HOOKS:
        Older(project.repo.discover()).put(name)
    hooks = Newer(project.repo.discover())
    hooks.put("pre-commit")
    assert not project.hook("pre-push").is_symlink()
    link(str(project.hook("pre-push")), "../oneshot/open/pre-push")
    assert dict(hooks.wanting()) == {"pre-push": "stale"}


@pytest.mark.parametrize("where", ["work", "linked", "apart", "moved", "gone", "over"])
def test_what_is_set_finds_the_shim(make: MakeProject, tmp_path: Path, where: str) -> None:
    """From the main and a linked worktree, a git directory apart, and after a move."""
    options = (f"--separate-git-dir={tmp_path}/a part.git",) if where == "apart" else ()
    project = make("work", *options)
    own = project.own
    Newer(project.repo.discover()).put("pre-push")
    Markers(project.repo.discover()).open("main", FeatureId("one"))
    said = command(project, "pre-push")
    (own / "open/pre-push").write_text('#!/bin/sh\necho "$0 $*"\nexit 3\n')
    cwd, env = project.path, {}
    if where == "linked":
        cwd = tmp_path / "linked"
        project.git("worktree", "add", "-q", str(cwd))
        env = {"GIT_DIR": str(own.parent / "worktrees/linked")}
    if where == "moved":
        cwd = project.path.rename(tmp_path / "other place")
    if where == "gone":
        (own / "open/pre-push").unlink()
    if where == "over":
        Markers(project.repo.discover()).close("main")
    done = run(["sh", "-c", f'{said} "$@"', said, "origin", "a url"], cwd, env)
    if where == "over":
        assert done == (0, "", "")
    elif where == "gone":  # and a feature is open: a gate that stopped is not one that passes
        assert done.code in (126, 127), done
    else:
        assert done.code == 3, done
        assert done.out.endswith("oneshot/open/pre-push origin a url\n")


@pytest.mark.usefixtures("hooks")
def test_as_a_setting_the_shims_know_where_they_are(feature: Project) -> None:
    (feature.own / "program").write_text("/bin/false\n")
    assert run([".git/oneshot/open/pre-commit"], feature.path).code == 1
    assert run([".git/oneshot/open/post-commit"], feature.path).code == 0
    assert feature.lines("spool") == [f"commit {feature.head} main"]


def test_the_gate_holds_for_an_older_git_too(
    feature: Project, make: MakeProject, hooks: Newer
) -> None:
    """One clone, two gits: the one of an editor passes over what is set. A hook there stays."""
    for name in HOOKS:
        feature.hook(name).unlink(missing_ok=True)
        hooks.put(name)
    make.remote(feature)
    feature.land("one", "--no-verify", test=False)
    assert feature.may("push", "origin", "main").err.count("FAIL(no-test)") == 1
    feature.hook("pre-push").unlink()
    kept = user_hook(feature, "pre-push", "exit 0").read_bytes()
    hooks.put("pre-push")
    assert feature.hook("pre-push").read_bytes() == kept
    assert [*hooks.wanting()] == []


def test_a_link_into_the_tree_is_no_matter_and_not_written_through(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A team that links .git/hooks to a tracked folder keeps its files, and has our hooks."""
    monkeypatch.setattr(Hooks, "by_settings", True)
    project.repo.write("hooks/pre-commit", "#!/bin/sh\ntrue\n").chmod(0o755)
    shutil.rmtree(project.path / ".git/hooks")
    (project.path / ".git/hooks").symlink_to("../hooks")
    project.do("install", "--yes")
    assert [*Newer(project.repo.discover()).wanting()] == []
    assert [file.name for file in (project.path / "hooks").iterdir()] == ["pre-commit"]
    project.do("uninstall")
    assert (project.path / "hooks/pre-commit").read_text() == "#!/bin/sh\ntrue\n"


@pytest.mark.parametrize("name", HOOKS)
def test_a_file_that_git_runs_as_well_needs_nothing_but_git(
    feature: Project, tmp_path: Path, name: str
) -> None:
    """It gives way to the setting, which a newer git lists, also on a bare PATH."""
    Newer(feature.repo.discover()).put(name)
    Older(feature.repo.discover()).put(name)
    (feature.own / "program").write_text("/bin/false\n")
    few = tmp_path / "few"
    few.mkdir()
    for tool in ("cat", "rm"):
        (few / tool).symlink_to(f"/bin/{tool}")
    (few / "git").write_text(f'#!/bin/sh\ntest "$1 $2" = "hook list" && echo "oneshot-{name}"\n')
    (few / "git").chmod(0o755)
    done = run([f".git/hooks/{name}"], feature.path, {"PATH": str(few)})
    assert done == (0, "", "")
    assert feature.lines("spool") == []


@NEWER
def test_a_newer_git_runs_them_whatever_is_in_its_folder(
    project: Project, make: MakeProject, tmp_path: Path
) -> None:
    """A hook of the user stays where it is; another tool's folder is no matter."""
    make.remote(project)
    log = tmp_path / "log"
    hook = user_hook(project, "pre-commit", f'echo "$0" >>"{log}"')
    written = hook.read_bytes()
    project.begin()
    assert hook.read_bytes() == written
    project.change("one", test=False)
    for path in ("", "theirs"):
        project.git("config", "core.hooksPath", path) if path else None
        done = project.may("commit", "-q", "-m", "one")
        assert (done.code, done.err.count("no-test")) == (1, 1)
    assert log.read_text() == ".git/hooks/pre-commit\n"
    assert project.do("status", "--json").data["unheard"] == []
    project.change("one", code=False)
    project.git("commit", "-q", "-m", "one")
    project.git("commit", "-q", "--amend", "-m", "one again")
    assert [line.split()[0] for line in project.lines("spool")] == ["commit", "commit", "rewrite"]
    project.land("two", "--no-verify", test=False)
    assert "FAIL(no-test)" in project.may("push", "origin", "main").err


@NEWER
def test_h15_both_at_once_judge_once(project: Project, make: MakeProject, tmp_path: Path) -> None:
    """As where two gits work in one clone: the file does what the setting has not done."""
    make.remote(project)
    user_hook(project, "pre-push", f'cat >>"{tmp_path}/theirs"')
    for kind in (Older, Newer):
        for name in HOOKS:
            kind(project.repo.discover()).put(name)
    project.begin()
    called = replace_program(project, tmp_path)
    project.change("one")
    project.git("commit", "-q", "-m", "one")
    project.git("commit", "-q", "--amend", "-m", "one again")
    project.git("push", "-q", "origin", "main")
    assert called.read_text().splitlines() == [
        "hook pre-commit", "hook pre-commit", f"hook pre-push origin {tmp_path}/origin.git",
    ]  # fmt: skip
    assert len(project.lines("spool")) == 3
    assert (tmp_path / "theirs").read_text().count("\n") == 1
    # Where the setting is off, the file is on.
    project.git("config", "hook.oneshot-pre-commit.enabled", "false")
    project.change("two")
    project.git("commit", "-q", "-m", "two")
    assert called.read_text().count("hook pre-commit\n") == 3
    project.do("uninstall")
    assert not project.hook("before-oneshot").exists()
    assert "theirs" in project.hook("pre-push").read_text()
    config = (project.path / ".git/config").read_text()
    assert "include" not in config
    assert "enabled = false" in config  # the user's own
