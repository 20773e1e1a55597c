"""No command of a repository runs before this clone's user has seen it."""

from pathlib import Path

import pytest

from git_oneshot.gate.trust import Trust
from tests.gate.project import MakeProject, Project


@pytest.fixture
def trust(project: Project) -> Trust:
    return Trust(project.repo.discover())


def test_trust_is_by_the_whole_command(project: Project, trust: Trust) -> None:
    assert trust.trusted() == frozenset()
    trust.add((("sh", "check.sh"),))
    trust.add((("mypy",), ("sh", "check.sh")))
    assert trust.trusted() == {("sh", "check.sh"), ("mypy",)}
    assert [path.name for path in project.own.iterdir()] == ["trust"]


@pytest.mark.parametrize("content", [b"", b"{}", b"[[1]]", b"\xff", b'["sh"]'])
def test_a_damaged_file_trusts_nothing(project: Project, trust: Trust, content: bytes) -> None:
    project.own.mkdir()
    (project.own / "trust").write_bytes(content)
    assert trust.trusted() == frozenset()
    trust.add((("sh",),))
    assert trust.trusted() == {("sh",)}


def test_a_command_that_changed_is_shown_again(feature: Project, tmp_path: Path) -> None:
    """A pull that changes the command does not make it run."""
    ran = tmp_path / "ran"
    rules = (feature.path / ".oneshot.toml").read_text()
    feature.repo.write(".oneshot.toml", rules.replace("sh check.sh", f"touch {ran}"))
    feature.git("commit", "-q", "-am", "rules")
    feature.land("one")
    done = feature.cli("verify", "HEAD", "--json")
    assert (done.code, done.error) == (1, "UNTRUSTED")
    assert feature.cli("finalize", "--json").error == "UNTRUSTED"
    feature.change("two")
    assert feature.cli("green", "--json").error == "UNTRUSTED"
    feature.git("stash", "-q", "--include-untracked")
    assert not ran.exists()
    assert feature.do("trust", "--yes", "--json").data["commands"] == [["touch", str(ran)]]
    feature.cli("verify", "HEAD")
    assert ran.exists()


def test_check_commands_need_trust_as_well(make: MakeProject, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    project = make()
    project.do("trust", "--yes")
    rules = (project.path / ".oneshot.toml").read_text()
    project.repo.write(".oneshot.toml", f"check = ['touch {ran}']\n{rules}")
    project.git("commit", "-q", "-am", "rules")
    project.do("init", "topic")
    project.do("plan", "--goal", "x")
    project.land("one")
    assert project.cli("finalize", "--json").code != 0
    assert not ran.exists()


def test_trust_of_one_clone_is_not_anothers(feature: Project, make: MakeProject) -> None:
    make.remote(feature)
    feature.git("clone", "-q", str(feature.path.parent / "origin.git"), "../clone")
    clone = Project(feature.repo)
    clone.path = feature.path.parent / "clone"
    assert clone.cli("verify", "HEAD", "--json").error == "UNTRUSTED"
