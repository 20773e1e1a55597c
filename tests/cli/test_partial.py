"""Partial clones: what git would fetch object by object is brought at once."""

from pathlib import Path

import pytest

from tests.gate.project import FEATURE, MakeProject, Project
from tests.sandbox import At, Repo


@pytest.fixture(params=["blob:none", "tree:0"])
def partial(
    request: pytest.FixtureRequest, feature: Project, make: MakeProject
) -> tuple[Repo, Project]:
    """A remote, and a partial clone that has a trail with notes and a payload."""
    bare = make.remote(feature)
    bare.git("config", "uploadpack.allowFilter", "true")
    feature.do("plan", FEATURE, "-m", "long\n" + "x" * 5_000)
    for name in ("one", "two", "three"):
        feature.land(name, "--no-verify")
    feature.do("checkpoint")
    feature.do("sync")
    there = feature.path.parent / "there"
    argv = [f"--filter={request.param}", "-q", f"file://{bare.path}", str(there), "--yes"]
    feature.do("clone", *argv)
    return bare, Project(At(there))


def fetches(log: Path) -> int:
    """How often git asked a remote for objects."""
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return sum("trace: built-in: git fetch" in line or "git fetch-pack" in line for line in lines)


@pytest.mark.parametrize("argv", [["fsck"], ["export", FEATURE]], ids=lambda argv: str(argv[0]))
def test_what_a_partial_clone_lacks_is_brought_at_once(
    feature: Project, partial: tuple[Repo, Project], argv: list[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Of three notes and more it was a fetch for each, and for each of their folders."""
    _, there = partial
    log = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(log))
    said = there.do(*argv).out
    assert 1 <= fetches(log) <= 2  # of trees, and of what is in them
    assert there.do(*argv).out == said
    assert fetches(log) == 0
    assert said == "1 trail checked\n" if argv == ["fsck"] else feature.do(*argv).out


def test_a_remote_that_is_away_is_named_where_a_partial_clone_needs_it(
    partial: tuple[Repo, Project],
) -> None:
    """It was the object that was named, as if the trail were damaged."""
    bare, there = partial
    bare.path.rename(bare.path.parent / "away")
    for argv in (["fsck"], ["export", FEATURE]):
        done = there.cli(*argv, "--json")
        assert (done.code, done.error) == (69, "REMOTE_FAILED")
        assert "this clone is partial, and lacks objects" in done.json["error"]["message"]
        assert done.json["error"]["hint"] == "see what git says: git ls-remote origin"
    assert there.do("status", FEATURE, "--json").data["phase"] == "implementing"


def test_what_a_remote_has_not_either_is_damage(partial: tuple[Repo, Project]) -> None:
    bare, there = partial
    below = bare.git("ls-tree", "-r", "-z", f"refs/oneshot/{FEATURE}").split("\0")
    lost = below[0].split()[2]
    (bare.path / "objects" / lost[:2] / lost[2:]).unlink()
    done = there.cli("fsck", "--json")
    assert (done.code, done.error) == (4, "TRAIL_DAMAGED")
    assert lost[:20] in done.json["error"]["message"]
