"""What the program changes in a clone: said before, kept small, taken back whole."""

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import git_oneshot
from git_oneshot.core.ids import FeatureId
from git_oneshot.gate.hooks import HOOKS
from git_oneshot.gate.install import Clone
from git_oneshot.gate.markers import Markers
from git_oneshot.proof.running.slots import place
from tests.gate.project import FEATURE, ROOT, MakeProject, Project
from tests.sandbox import Repo

FETCH = "+refs/oneshot/*:refs/oneshot-remote/origin/*"


@pytest.mark.usefixtures("by_files")
def test_every_step_is_named_before_it_is_made(project: Project, make: MakeProject) -> None:
    make.remote(project)
    project.hook("pre-push").write_text("#!/bin/sh\n")
    clone = Clone(project.repo.discover(), "/opt/git-oneshot")
    before = project.digest()
    steps = [step.what for step in clone.steps()]
    assert steps == [
        "hook pre-commit", "hook post-commit", "hook post-rewrite",
        "hook pre-push, after the pre-push hook that is there",
        "marker: where git-oneshot is, for the hooks",
        "fetch: bring the trails of 'origin' along (remote.origin.fetch)",
        "git log: show proofs below messages (notes.displayRef)",
    ]  # fmt: skip
    assert project.digest() == before
    for step in clone.steps():
        step.make()
    assert clone.steps() == []
    assert project.lines("program") == ["/opt/git-oneshot"]


@pytest.mark.usefixtures("by_files")
def test_shims_are_installed_as_they_stand(feature: Project) -> None:
    for name in HOOKS:
        assert feature.hook(name).read_bytes() == (ROOT / "hooks" / name).read_bytes()
        assert os.access(feature.hook(name), os.X_OK)


@pytest.mark.usefixtures("by_files")
def test_an_older_shim_of_ours_is_replaced_and_not_kept(project: Project) -> None:
    hook = project.hook("pre-commit")
    hook.write_text("#!/bin/sh\n# git-oneshot hook 0: pre-commit.\nexit 1\n")
    hook.chmod(0o755)
    project.do("install", "--yes")
    project.begin()
    assert hook.read_bytes() == (ROOT / "hooks/pre-commit").read_bytes()
    assert not project.hook("before-oneshot").exists()


def test_settings_of_the_user_are_added_to_and_left(project: Project, make: MakeProject) -> None:
    make.remote(project)
    project.git("config", "--add", "notes.displayRef", "refs/notes/*")
    before = (project.path / ".git/config").read_text()
    project.do("install", "--yes")
    assert project.git("config", "--get-all", "remote.origin.fetch").split("\n") == [
        "+refs/heads/*:refs/remotes/origin/*", FETCH,
    ]  # fmt: skip
    assert project.git("config", "--get-all", "notes.displayRef").split("\n") == [
        "refs/notes/*", "refs/notes/oneshot",
    ]  # fmt: skip
    project.do("uninstall")
    assert (project.path / ".git/config").read_text() == before


def test_settings_above_the_repository_are_not_ours(project: Project) -> None:
    """What the user has set for all repositories stays."""
    project.git("config", "--global", "notes.displayRef", "refs/notes/oneshot")
    project.do("install", "--yes")
    project.do("uninstall")
    assert project.git("config", "--global", "notes.displayRef") == "refs/notes/oneshot"


def test_which_remote_trails_are_exchanged_with(project: Project, make: MakeProject) -> None:
    git = project.repo.discover()
    assert Clone(git, "").remote == ""
    make.remote(project, "other")
    assert Clone(git, "").remote == "other"
    make.remote(project)
    assert Clone(git, "").remote == "origin"
    project.git("config", "oneshot.remote", "other")
    assert Clone(git, "").remote == "other"


def test_a_fetch_brings_trails_and_destroys_none(feature: Project, make: MakeProject) -> None:
    """Never by the same name: a plain fetch would overwrite, and --prune delete."""
    make.remote(feature)
    feature.do("install", "--yes")
    tip = feature.git("rev-parse", "refs/oneshot/topic")
    feature.git("fetch", "-q", "--prune", "origin")
    assert feature.git("rev-parse", "refs/oneshot/topic") == tip
    feature.git("push", "-q", "--no-verify", "origin", "refs/oneshot/topic")
    feature.git("fetch", "-q", "--prune", "origin")
    assert feature.git("rev-parse", "refs/oneshot-remote/origin/topic") == tip


@pytest.mark.parametrize("refspec", ["+refs/oneshot/*:refs/oneshot/*", "+refs/*:refs/*"])
def test_install_warns_of_a_fetch_that_destroys_trails(
    feature: Project, make: MakeProject, refspec: str
) -> None:
    make.remote(feature)
    feature.git("config", "--add", "remote.origin.fetch", refspec)
    done = feature.do("install", "--yes")
    said = f"warning: remote.origin.fetch is '{refspec}': a fetch or a push would overwrite trails"
    at = done.err.splitlines().index(said)
    mend = done.err.splitlines()[at + 1].removeprefix("hint: ")
    assert feature.may(*shlex.split(mend)[1:]).code == 0
    assert "warning" not in feature.do("install", "--yes").err


def test_uninstall_gives_slots_and_notes_back_and_keeps_trails(feature: Project, one: str) -> None:
    feature.do("finalize")
    slots = place(feature.repo.discover())
    assert Path(slots).exists()
    assert feature.git("rev-parse", "refs/notes/oneshot")
    done = feature.do("uninstall", "--json")
    assert "caches, markers and trust" in done.data["changes"]
    assert "refs/notes/oneshot (made from the trails)" in done.data["changes"]
    assert not Path(slots).exists()
    assert feature.git("for-each-ref", "--format=%(refname)").split() == [
        "refs/heads/main", "refs/oneshot/topic",
    ]  # fmt: skip
    assert feature.do("status", "topic", "--json").data["phase"] == "completed"


@pytest.mark.usefixtures("by_files")
def test_shims_are_found_beside_the_package_or_inside_it(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkout has them at its top, a wheel inside the package; one without says so."""
    package = tmp_path / "site" / "git_oneshot"
    (package / "shims").mkdir(parents=True)
    monkeypatch.setattr(git_oneshot, "__file__", str(package / "__init__.py"))
    clone = Clone(project.repo.discover(), "x")
    with pytest.raises(FileNotFoundError, match="the pre-commit shim is not part"):
        clone.steps()
    for name in HOOKS:
        (package / "shims" / name).write_bytes((ROOT / "hooks" / name).read_bytes())
    # Another package's folder of that name is none of ours.
    (tmp_path / "site/hooks").mkdir()
    (tmp_path / "site/hooks/pre-commit").write_text("#!/bin/sh\nexit 1\n")
    for step in clone.steps():
        step.make()
    Markers(project.repo.discover()).open("main", FeatureId("one"))
    assert project.hook("pre-commit").read_bytes() == (ROOT / "hooks/pre-commit").read_bytes()


def test_the_program_is_beside_the_interpreter_when_path_has_none(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As when a person runs `.venv/bin/git-oneshot install` without the environment."""
    git = shutil.which("git")
    assert git is not None
    (tmp_path / "few").mkdir()
    (tmp_path / "few/git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tmp_path / "few"))
    project.do("install", "--yes")
    assert project.lines("program") == [f"{Path(sys.executable).parent}/git-oneshot"]


@pytest.mark.usefixtures("by_files")
def test_a_link_into_the_tree_is_not_written_through(project: Project) -> None:
    """A team that links .git/hooks to a tracked folder keeps its files as they are."""
    project.repo.write("hooks/pre-commit", "#!/bin/sh\ntrue\n").chmod(0o755)
    project.repo.commit("our hooks", {})
    shutil.rmtree(project.path / ".git" / "hooks")
    (project.path / ".git" / "hooks").symlink_to("../hooks")
    done = project.cli("install", "--yes", "--json")
    assert (done.code, done.error) == (1, "HOOKS_PATH_SET")
    assert "is a link to '../hooks'" in done.json["error"]["message"]
    assert "git-oneshot hook pre-commit" in done.json["error"]["hint"]
    assert os.listdir(project.path / "hooks") == ["pre-commit"]
    assert (project.path / "hooks" / "pre-commit").read_text() == "#!/bin/sh\ntrue\n"
    project.do("uninstall")
    assert os.listdir(project.path / "hooks") == ["pre-commit"]


def test_notes_of_the_user_stay(project: Project) -> None:
    """Someone keeps notes under our name, and shows them in git log."""
    project.git("notes", "--ref", "oneshot", "add", "-m", "mine")
    project.git("config", "--add", "notes.displayRef", "refs/notes/oneshot")
    mine = project.git("rev-parse", "refs/notes/oneshot")
    project.begin()
    project.land("one")
    project.do("finalize")
    project.do("uninstall")
    assert project.git("rev-parse", "refs/notes/oneshot") == mine
    assert project.git("config", "--get-all", "notes.displayRef") == "refs/notes/oneshot"


def test_a_setting_that_was_there_before_stays(project: Project) -> None:
    project.git("config", "--add", "notes.displayRef", "refs/notes/oneshot")
    project.do("install", "--yes")
    project.do("uninstall")
    assert project.git("config", "--get-all", "notes.displayRef") == "refs/notes/oneshot"
    project.git("config", "--unset-all", "notes.displayRef")
    project.do("install", "--yes")
    project.do("uninstall")
    assert project.may("config", "--get-all", "notes.displayRef").out == ""


def test_what_is_known_of_a_remote_is_known_when_it_is_renamed_or_removed(
    project: Project, feature: Project, make: MakeProject
) -> None:
    """list had it, and status said that there is none, did you mean it, and how to begin it."""
    bare = make.remote(feature)
    feature.do("install", "--yes")
    feature.do("sync")
    there = Project(Repo(project.path.parent / "there"))
    there.git("remote", "add", "origin", str(bare.path))
    there.do("install", "--yes")
    first = f"refs/oneshot/{FEATURE}~1"
    bare.git("update-ref", f"refs/oneshot/{FEATURE}", bare.git("rev-parse", first))
    there.git("fetch", "-q")  # and what it lost is kept

    def said() -> list[Any]:
        listed = there.do("list", "--json").data
        for one in listed["features"]:
            del one["age"]  # a minute may begin meanwhile
        return [listed, there.do("status", FEATURE, "--json").data]

    known = said()
    for change in (["rename", "origin", "up"], [], ["remove", "up"]):
        if change:
            there.git("remote", *change)
        else:
            there.do("install", "--yes")
        assert said() == known
        assert there.do("log", FEATURE, "--json").data["events"][-1]["type"] == (
            "workflow.transition"
        )
        if not change:
            kept = there.git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/oneshot-remote")
            assert {name.partition("@")[0] for name in kept.split() if "@" in name} == {"up"}


def test_a_remote_that_was_renamed_keeps_its_trails_to_itself(
    project: Project, make: MakeProject
) -> None:
    """git leaves the refspec as it is, and another remote may have the old name by now."""
    make.remote(project)
    project.do("install", "--yes")
    project.git("remote", "rename", "origin", "upstream")
    [change] = project.do("install", "--yes", "--json").data["changes"]
    assert change.startswith("fetch: the trails of 'upstream' as its own, not as those of 'origin'")
    project.git("remote", "rename", "upstream", "up")
    make.remote(project, "fork")
    project.git("remote", "rename", "fork", "origin")
    done = project.cli("doctor", "--json")
    assert "a fetch of 'up' brings its trails as those of 'upstream'" in done.out
    project.do("install", "--yes")
    for name in ("origin", "up"):
        branches, *trails = project.git("config", "--get-all", f"remote.{name}.fetch").split("\n")
        assert branches == f"+refs/heads/*:refs/remotes/{name}/*"
        assert trails == [f"+refs/oneshot/*:refs/oneshot-remote/{name}/*"]
    assert project.do("install", "--yes", "--json").data["changes"] == []
    project.do("uninstall")
    for name in ("origin", "up"):
        [branches] = project.git("config", "--get-all", f"remote.{name}.fetch").split("\n")
