"""What `git log` shows: claims and what was verified here, joined, derived, harmless."""

import pytest

from git_oneshot.core import facts
from git_oneshot.core.facts import Proof
from git_oneshot.core.state import Commit, State
from git_oneshot.trail.display import REF, Display
from tests.gate.project import MakeProject, Project

TURN = facts.TestTurn(suite="all", id="t\x1b[2J", red="failed", green="passed", reason="assertion")
PASS = Proof(word="PASS", kind="behaviour", tests=(TURN,))
FAIL = Proof(word="FAIL", code="no-test", notes=("say\x9b why",))


def state(feature: str, **proofs: Proof | None) -> State:
    """A feature whose trail claims something of commits."""
    commits = tuple(Commit(id=one.removeprefix("c"), proof=proof) for one, proof in proofs.items())
    return State(feature=feature, commits=commits)


@pytest.fixture
def display(project: Project) -> Display:
    return Display(project.repo.discover())


def shown(project: Project, rev: str = "HEAD") -> list[str]:
    """The lines that git log shows below a commit."""
    return project.git("log", "-1", f"--notes={REF}", "--format=%N", rev).split("\n")


def test_claims_of_all_trails_and_what_was_verified(project: Project, display: Display) -> None:
    head = project.head
    display.verify({head: PASS})
    display.refresh([state("one", **{f"c{head}": PASS}), state("two", **{f"c{head}": FAIL})])
    lines = [line for line in shown(project) if line]
    assert [line.partition(":")[0] for line in lines] == ["claimed", "claimed", "verified here"]
    assert all(line.isprintable() for line in lines)
    assert any("[one]" in line and "PASS behaviour" in line for line in lines)
    assert any("[two]" in line and "FAIL(no-test)" in line for line in lines)
    assert "t\\x1b[2J" in lines[-1]


def test_nothing_changed_writes_nothing(project: Project, display: Display) -> None:
    states = [state("one", **{f"c{project.head}": PASS})]
    display.refresh(states)
    before = project.git("rev-parse", REF)
    loose = sorted((project.path / ".git/objects").rglob("*"))
    display.refresh(states)
    assert project.git("rev-parse", REF) == before
    assert sorted((project.path / ".git/objects").rglob("*")) == loose


def test_without_a_word_to_say_git_log_says_nothing(project: Project, display: Display) -> None:
    """git warns at each log of a display ref that is not there: it is, and empty."""
    project.git("config", "notes.displayRef", REF)
    assert "warning" in project.may("log", "-1").err
    display.refresh([])
    before = project.git("rev-parse", REF)
    display.refresh([state("one", **{f"c{project.head}": None})])
    assert project.git("rev-parse", REF) == before
    assert project.may("log", "-1").err == ""


def test_what_is_gone_from_the_trails_is_gone_here(project: Project, display: Display) -> None:
    first, second = project.head, project.land("second")
    display.refresh([state("one", **{f"c{first}": PASS, f"c{second}": PASS})])
    display.refresh([state("one", **{f"c{second}": FAIL})])
    assert shown(project, first) == [""]
    assert "FAIL" in shown(project, second)[0]


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"a":1}'])
def test_a_damaged_memory_is_none(project: Project, display: Display, content: bytes) -> None:
    project.own.mkdir()
    (project.own / "verified").write_bytes(content)
    assert display.verified() == {}
    display.verify({project.head: FAIL})
    assert list(display.verified()) == [project.head]


def test_many_commits_and_another_hash(make: MakeProject) -> None:
    """git finds the note of each, whatever the ids begin with."""
    project = make("wide", "--object-format=sha256")
    tree = project.git("write-tree")
    ids = [project.git("commit-tree", "-m", str(n), tree) for n in range(40)]
    display = Display(project.repo.discover())
    display.refresh([state("one", **{f"c{one}": PASS for one in ids})])
    for one in ids:
        assert "claimed: PASS behaviour" in shown(project, one)[0]


def test_a_clone_that_was_never_set_up_gets_no_notes(project: Project) -> None:
    """Whoever only verifies has no use for them, and a mirror would push them."""
    project.do("trust", "--yes")
    project.do("verify", "HEAD")
    assert project.git("for-each-ref", "refs/notes") == ""
    project.git("config", "notes.displayRef", REF)  # by hand
    project.do("verify", "HEAD")
    assert shown(project)[0].startswith("verified here: ")


def test_what_was_verified_before_it_was_set_up_is_shown_then(project: Project) -> None:
    project.do("trust", "--yes")
    project.do("verify", "HEAD")
    project.do("install", "--yes")
    assert shown(project)[0].startswith("verified here: ")


def test_the_notes_are_never_pushed(feature: Project, make: MakeProject) -> None:
    remote = make.remote(feature)
    feature.do("install", "--yes")
    feature.land("one")
    feature.do("finalize")
    feature.git("push", "-q", "origin", "main")
    assert "refs/notes" not in remote.git("for-each-ref")
