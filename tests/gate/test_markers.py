"""The files that tell the shims where something is to be done."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from git_oneshot.core.ids import FeatureId
from git_oneshot.gate.hooks import HOOKS, Hooks
from git_oneshot.gate.markers import Markers
from tests.gate.project import FEATURE, Project

ONE, TWO = FeatureId("one"), FeatureId("two")


@pytest.fixture
def markers(project: Project) -> Markers:
    return Markers(project.repo.discover())


def files(project: Project) -> list[str]:
    """Every file and folder of ours, but caches."""
    return sorted(str(path.relative_to(project.own)) for path in project.own.glob("**/*"))


def test_a_feature_opens_leaves_and_closes(project: Project, markers: Markers) -> None:
    markers.open("fix/it", ONE)
    assert markers.feature_on("fix/it") == ONE
    assert markers.leaving("fix/it") is None
    assert (project.own / "active").exists()
    markers.leave("fix/it", ONE)
    assert (markers.feature_on("fix/it"), markers.leaving("fix/it")) == (None, ONE)
    assert markers.all() == {"fix/it": ONE}
    assert (project.own / "active").exists()
    markers.open("fix/it", TWO)
    assert markers.all() == {"fix/it": TWO}
    markers.close("fix/it")
    assert markers.all() == {}
    assert files(project) == []
    markers.close("fix/it")
    markers.close("never")


def test_active_stays_while_any_feature_is_open(project: Project, markers: Markers) -> None:
    markers.open("a", ONE)
    markers.open("b/c", TWO)
    markers.close("a")
    assert (project.own / "active").exists()
    assert markers.all() == {"b/c": TWO}


@pytest.mark.usefixtures("by_files")
def test_a_hook_that_is_missed_is_put_back_by_the_next_feature(
    feature: Project, markers: Markers
) -> None:
    """Whoever cleans up behind links that lead nowhere finds the gate open until then."""
    shutil.rmtree(feature.own / "open")
    assert not feature.hook("pre-commit").exists()
    wrong = feature.cli("doctor", "--json").json["data"]["checks"][1]["findings"]
    assert [one["what"] for one in wrong] == [f"hook {name} is not there" for name in HOOKS]
    markers.open("other", TWO)
    assert [name for name in HOOKS if not os.access(feature.hook(name), os.X_OK)] == []


WRITES = {
    "plan": ["--message", "another"],
    "request-synthesize": [],
    "checkpoint": ["--summary", "so far"],
    "declare": ["refactor", "--reason", "x"],
    "import": ["trail.jsonl"],
}


@pytest.mark.parametrize("command", WRITES)
def test_the_first_write_to_what_another_clone_began_sets_the_gate(
    feature: Project, markers: Markers, command: str
) -> None:
    trail = feature.do("export", FEATURE).out
    (feature.path / "trail.jsonl").write_text(trail)
    tip = feature.git("rev-parse", f"refs/oneshot/{FEATURE}")
    feature.git("update-ref", f"refs/oneshot-remote/origin/{FEATURE}", tip)
    feature.git("update-ref", "-d", f"refs/oneshot/{FEATURE}")
    markers.close("main")
    feature.do(command, *WRITES[command], *(["-f", FEATURE] if command != "import" else []))
    assert markers.feature_on("main") == FEATURE
    assert (feature.own / "active").exists()


@pytest.mark.usefixtures("by_files")
def test_two_that_open_and_close_at_once_leave_what_is_open(
    project: Project, markers: Markers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One closes the last feature while another opens its first."""
    project.do("install", "--yes")
    markers.open("a", ONE)
    rest, other = Hooks.rest, Thread(target=markers.open, args=("b", TWO))

    def meanwhile(hooks: Hooks) -> None:
        other.start()
        other.join(0.3)
        rest(hooks)

    monkeypatch.setattr(Hooks, "rest", meanwhile)
    markers.close("a")
    other.join()
    assert (project.own / "active").exists()
    assert os.access(project.hook("pre-commit"), os.X_OK)
    assert markers.all() == {"b": TWO}


@pytest.mark.parametrize("way", [Markers.open, Markers.leave])
@pytest.mark.parametrize(
    ("old", "new"), [("a", "a/b/c"), ("a/b", "a/b/c"), ("a/b/c", "a"), ("a/b/c", "a/b")]
)
def test_a_branch_that_is_gone_is_in_nobodys_way(
    markers: Markers, old: str, new: str, way: Callable[[Markers, str, FeatureId], None]
) -> None:
    """git lets `a/b` be made when `a` is deleted, and its marker is still there."""
    way(markers, old, ONE)
    way(markers, new, TWO)
    assert markers.all() == {new: TWO}


@pytest.mark.parametrize("name", ["on", "open"])
def test_a_file_in_the_place_of_a_folder_of_ours_stops_no_feature_half_way(
    project: Project, name: str
) -> None:
    project.own.mkdir()
    (project.own / name).touch()
    project.do("init", "topic", "--yes")
    assert project.may("commit", "-q", "--allow-empty", "-m", "x").code == 0
    assert project.lines("spool") == [f"commit {project.head} main"]
    assert (project.own / name).is_dir()


def test_what_is_no_feature_is_no_marker(project: Project, markers: Markers) -> None:
    folder = project.own / "on"
    folder.mkdir(parents=True)
    for name, content in (("empty", b""), ("bad", b"../x\n"), ("bytes", b"\xff\xfe"),
                          ("long", b"a" * 150)):  # fmt: skip
        (folder / name).write_bytes(content)
        assert markers.feature_on(name) is None
    assert markers.all() == {}
    assert markers.feature_on("folder/none") is None


def test_a_marker_of_a_trail_that_is_gone_stops_no_new_feature(feature: Project) -> None:
    feature.git("update-ref", "-d", "refs/oneshot/topic")
    assert feature.cli("init", "second").code == 0
    assert Path(feature.own, "on/main").read_text() == "second\n"


@pytest.mark.parametrize("by", ["an absolute path", "going up", "a detour"])
def test_a_branch_of_a_trail_reaches_nothing_outside(
    project: Project, markers: Markers, tmp_path: Path, by: str
) -> None:
    """A fetched trail names its branch: a folder of the user is none, and is not removed.

    Every name here leads into the test's own folder, so that the test harms
    nothing even where the check is missing.
    """
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "file").write_text("mine\n")
    up = os.path.relpath(theirs, project.own / "done")
    branch = {"an absolute path": str(theirs), "going up": up, "a detour": f"a/../{up}"}[by]
    for act in (markers.open, markers.leave):
        act(branch, ONE)
    markers.close(branch)
    assert markers.feature_on(branch) is None
    assert markers.leaving(branch) is None
    assert (theirs / "file").read_text() == "mine\n"
    assert markers.all() == {}


@pytest.mark.parametrize("name", ["", ".", "..", "a//b", "a/./b", "/a", "a/", "a\0b"])
def test_what_can_be_no_branch_has_no_marker(markers: Markers, name: str) -> None:
    assert markers.feature_on(name) is None
    assert markers.leaving(name) is None


def test_a_marker_that_was_lost_is_written_again_by_the_next_command(feature: Project) -> None:
    """The docstring of the module says so, and a gate that is off unseen is the worst kind."""
    markers = Markers(feature.repo.discover())
    [branch] = markers.all()
    markers.close(branch)
    feature.change("more", code=False)
    feature.do("red")
    assert markers.feature_on(branch) == FEATURE
