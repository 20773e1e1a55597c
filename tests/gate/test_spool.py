"""From what hooks noted to events: nothing is lost, nothing is taken from another feature."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_oneshot.core.ids import FeatureId
from git_oneshot.gate.spool import KEPT, bind, sort
from git_oneshot.git import Git
from git_oneshot.session import Receipt, Session
from git_oneshot.trail.git_store import GitStore
from tests.gate.project import FEATURE, Project
from tests.sandbox import MakeWorld

A, B, C, D = ("a" * 40, "b" * 40, "c" * 40, "d" * 64)


def bound(project: Project, world: MakeWorld, branch: str = "main") -> Receipt | None:
    """Bind what was noted, without a command around it."""
    git: Git = project.repo.discover()
    session = Session(GitStore(git, lambda: 0.0), world(real=True))
    try:
        return bind(git, session, FeatureId(FEATURE), branch)
    finally:
        session.store.close()


def test_a_commit_is_what_it_is_now() -> None:
    """Rewritten twice before anyone looked: it is one commit, the last."""
    lines = [f"commit {A} main", f"rewrite {A} {B}", f"commit {B} main", f"rewrite {B} {C}"]
    assert sort(lines, "main", []) == ((C,), (), ())
    assert sort(lines, "main", [A]) == ((C,), ((A, C),), ())


def test_h27_commits_that_were_squashed_are_one() -> None:
    lines = [f"commit {A} main", f"rewrite {A} {C}", f"rewrite {B} {C}"]
    assert sort(lines, "main", [B]) == ((C,), ((B, C),), ())


def test_a_commit_that_was_amended_to_and_fro_is_itself() -> None:
    lines = [f"commit {B} main", f"rewrite {A} {B}", f"commit {A} main", f"rewrite {B} {A}"]
    assert sort(lines, "main", [A]) == ((A,), (), ())


def test_what_is_of_other_branches_waits_for_them() -> None:
    lines = [
        f"commit {A} main", f"commit {B} fix/a b", f"rewrite {C} {D}", "commit 12", "torn", "",
        f"commit {B}", f"rewrite {A} x", f"commit {A[:-1]}g main",
    ]  # fmt: skip
    others = (f"commit {B} fix/a b", f"rewrite {C} {D}")
    assert sort(lines, "main", []) == ((A,), (), others)
    assert sort(lines, "fix/a b", [C]).commits == (B, D) or sort(lines, "fix/a b", [C]).commits == (
        D,
        B,
    )


def test_others_lines_do_not_grow_without_end() -> None:
    lines = [f"rewrite {n:040x} {B}" for n in range(KEPT + 5)]
    assert sort(lines, "main", []).others == tuple(lines[5:])


oids = st.sampled_from([A, B, C, D])
lines = st.one_of(
    st.builds("commit {} {}".format, oids, st.sampled_from(["main", "side"])),
    st.builds("rewrite {} {}".format, oids, oids),
    st.sampled_from(["", "torn", "commit x main", "\x85", "rewrite"]),
)


@given(st.lists(lines, max_size=12), st.lists(oids, unique=True))
def test_any_lines_are_read_to_an_end(lines: list[str], known: list[str]) -> None:
    """Rewrites may go in circles; none of ours stays behind, none of others is taken."""
    noted = sort(lines, "main", known)
    assert all(old in known and old != new for old, new in noted.rewrites)
    assert {new for _, new in noted.rewrites} <= set(noted.commits)
    assert all(line in lines and not line.endswith(" main") for line in noted.others)
    again = sort(noted.others, "main", [])
    assert again.commits == ()


def test_noted_commits_become_events_once(feature: Project, one: str, world: MakeWorld) -> None:
    receipt = bound(feature, world)
    assert receipt is not None
    [commit] = receipt.state.commits
    assert (commit.id, commit.subject, commit.tree) == (
        one, "one", feature.git("rev-parse", "HEAD^{tree}"),
    )  # fmt: skip
    assert commit.parent_tree == feature.git("rev-parse", "HEAD^^{tree}")
    assert not (feature.own / "spool").exists()
    # A command that died between the event and the file says it again.
    (feature.own / "spool").write_text(f"commit {one} main\n")
    before = feature.types()
    assert bound(feature, world) is None
    assert feature.types() == before
    assert not (feature.own / "spool").exists()


def test_more_than_an_append_may_hold_is_bound_in_pieces(
    feature: Project, world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be refused again with every command, and wait for ever."""
    monkeypatch.setattr("git_oneshot.gate.spool.AT_ONCE", 2)
    monkeypatch.setattr("git_oneshot.trail.reading.MAX_EVENTS", 2)
    made = [feature.land(name) for name in ("one", "two", "three")]
    assert bound(feature, world) is not None
    now = [feature.git("commit-tree", "HEAD^{tree}", "-m", name) for name in ("a", "b", "c")]
    with (feature.own / "spool").open("a") as file:
        file.writelines(f"rewrite {old} {new}\n" for old, new in zip(made, now, strict=True))
    receipt = bound(feature, world)
    assert receipt is not None
    assert [commit.id for commit in receipt.state.commits] == now
    assert not (feature.own / "spool").exists()


def test_what_is_gone_from_the_repository_is_forgotten(feature: Project, world: MakeWorld) -> None:
    (feature.own / "spool").write_text(
        f"commit {A} main\ncommit {feature.git('write-tree')} main\n"
    )
    receipt = bound(feature, world)
    assert receipt is not None
    assert receipt.events == ()
    assert not (feature.own / "spool").exists()


def test_lines_of_another_branch_stay(feature: Project, one: str, world: MakeWorld) -> None:
    spool = feature.own / "spool"
    with spool.open("a") as file:
        file.write(f"commit {A} side\nrewrite {B} {C}\n")
    assert bound(feature, world, "nowhere") is None
    assert spool.read_text().startswith(f"commit {one} main\n")
    assert bound(feature, world) is not None
    assert spool.read_text() == f"commit {A} side\nrewrite {B} {C}\n"


def test_a_line_that_comes_meanwhile_is_kept(
    feature: Project, one: str, world: MakeWorld, tmp_path: Path
) -> None:
    """A hook writes while a command binds: here, when git is asked about the commits."""
    spool = feature.own / "spool"
    git = feature.repo.discover()
    session = Session(GitStore(git, lambda: 0.0), world(real=True))
    load = session.load

    def slowly(name: FeatureId) -> object:
        with spool.open("a") as file:
            file.write(f"commit {B} main\n")
        return load(name)

    session.load = slowly  # type: ignore[method-assign, assignment]
    assert bind(git, session, FeatureId(FEATURE), "main") is not None
    session.store.close()
    assert one not in spool.read_text()
    assert set(spool.read_text().splitlines()) == {f"commit {B} main"}
    assert [path.name for path in feature.own.glob("spool*")] == ["spool"]


def test_words_that_are_no_utf8_and_no_plain_text_are_recorded(
    feature: Project, world: MakeWorld
) -> None:
    feature.change("one")
    message = feature.path.parent / "message"
    message.write_bytes(b"caf\xe9 \x1b[31m\n")
    feature.git("commit", "-q", "-F", str(message))
    receipt = bound(feature, world)
    assert receipt is not None
    assert receipt.state.commits[0].subject == "caf\xe9 \x1b[31m"
    assert "caf\xe9 \\x1b[31m" in feature.do("status").out
    feature.do("finalize")
