"""verify for a CI service: annotations, a summary, a report; and several machines that share."""

import json
from pathlib import Path

import pytest

from tests.gate.project import MakeProject, Project
from tests.proof.lab import INI


@pytest.fixture
def range_(project: Project) -> Project:
    """Three commits behind base: proven, not proven, proven."""
    project.git("tag", "base")
    project.do("trust", "--yes")
    project.land("one")
    project.land("::add-mask::two", test=False)
    project.land("three")
    return project


def test_github(range_: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    bad = range_.git("rev-parse", "HEAD^")
    for asked in ((), ("--json",)):
        done = range_.cli("verify", "base..HEAD", "--ci", *asked)
        assert done.code == 1
        [line] = [line for line in done.err.splitlines() if line.lstrip().startswith("::")]
        where = "file=lib/%3A%3Aadd-mask%3A%3Atwo,line=1"
        assert line.startswith(f"::error {where},title=git oneshot%3A FAIL(no-test) {bad[:9]}::")
    text = summary.read_text()
    assert text.startswith("# before\n### git oneshot: 1 of 3 not proven\n")
    assert text.count("FAIL") == 2
    assert range_.do("verify", "base..HEAD~2", "--ci").out.endswith("1 commit proven\n")


def test_the_place_is_the_first_line_that_changed(
    range_: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    range_.repo.write("lib/one", "one\nmore\n")
    range_.git("commit", "-qam", "more")
    said = range_.cli("verify", "HEAD", "--ci").err
    assert "::error file=lib/one,line=2,title=" in said


def test_gitlab(range_: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report is at the top; a link that a commit put in its place leads nowhere."""
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("CI_PROJECT_DIR", str(range_.path))
    report = range_.path / "gl-code-quality-report.json"
    precious = tmp_path / "precious"
    precious.write_text("mine")
    report.symlink_to(precious)
    assert range_.cli("verify", "base..HEAD", "--ci").code == 1
    [one] = json.loads(report.read_text())
    assert one["location"]["path"] == "lib/::add-mask::two"
    assert precious.read_text() == "mine"
    range_.do("verify", "HEAD", "--ci")
    assert json.loads(report.read_text()) == []


def test_what_cannot_be_written_changes_no_verdict(
    range_: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "note: no CI service is known here" in range_.do("verify", "HEAD", "--ci").err
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    done = range_.do("verify", "HEAD", "--ci")
    assert f"warning: '{tmp_path}' cannot be written" in done.err


def test_shards_find_what_the_whole_finds(range_: Project) -> None:
    whole = range_.cli("verify", "base..HEAD", "--json").data
    for parts in (1, 2, 5):
        done = [
            range_.cli("verify", "base..HEAD", "--shard", f"{n + 1}/{parts}", "--json")
            for n in range(parts)
        ]
        assert [c for one in done for c in one.data["commits"]] == whole["commits"]
        assert max(one.code for one in done) == 1
        if parts > 1:  # where all is one part, it is refused
            assert done[0].data["shard"] == {"number": 1, "parts": parts, "commits": 3}
        assert all(one.data["suite"] is None for one in done[:-1])
    assert range_.do("verify", "HEAD", "--json").data["shard"] is None
    assert range_.cli("verify", "--shard", "3/2", "--json").error == "USAGE"


def test_several_at_a_time_find_what_one_finds(range_: Project) -> None:
    alone = range_.cli("verify", "base..HEAD", "--json")
    for jobs in ("2", "9"):
        done = range_.cli("verify", "base..HEAD", "-j", jobs, "--json", "--progress", "jsonl")
        assert (done.code, done.data) == (alone.code, alone.data)
        told = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
        assert [one["n"] for one in told if one["event"] == "commit"] == [1, 2, 3]
    assert range_.cli("verify", "base..HEAD", "-j", "0", "--json").error == "USAGE"


@pytest.mark.long
def test_a_test_that_another_shards_commit_took_along(make: MakeProject) -> None:
    """The suite at the tip is told of it all the same: it is no test that vanished."""

    def module(name: str) -> dict[str, str]:
        test = f"from {name} import X\n\n\ndef test_{name}():\n    assert X == 1\n"
        return {f"test_{name}.py": test, f"{name}.py": "X = 1\n"}

    project = make(files={"pytest.ini": INI, **module("a"), **module("gone")})
    project.git("tag", "base")
    project.do("trust", "--yes")
    project.git("rm", "-q", "gone.py", "test_gone.py")
    project.repo.commit("gone")
    project.repo.commit("two", module("two"))
    whole = project.do("verify", "base..HEAD", "--json").data
    last = project.do("verify", "base..HEAD", "--shard", "2/2", "--json").data
    assert [c["class"] for c in whole["commits"]] == ["removal", "behaviour"]
    assert last["suite"] == whole["suite"]


def test_a_verdict_is_sealed_on_a_trail_or_not_at_all(range_: Project) -> None:
    """No trail speaks of these commits; and then, git has no key: found out before a test runs."""
    asked = ("verify", "base..HEAD~2", "--seal", "--json")
    assert range_.cli(*asked).error == "FEATURE_UNKNOWN"
    range_.begin()
    objects = range_.git("count-objects")
    done = range_.cli(*asked)
    assert (done.code, done.error) == (3, "GIT_FAILED")
    assert done.json["error"]["message"].startswith("git does not sign, so nothing would be sealed")
    assert done.json["error"]["hint"].endswith("git config user.signingKey")
    assert done.known == {}
    assert not [*range_.own.glob("cache/run/*/*")]
    assert range_.git("count-objects") == objects
