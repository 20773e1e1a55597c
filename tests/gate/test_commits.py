"""Which commits a feature has, and what git knows of them."""

import pytest

from git_oneshot.core.errors import OneshotError
from git_oneshot.core.state import Commit, State
from git_oneshot.gate.commits import Seen, bases_of, look, of_feature, range_of, record
from git_oneshot.git import GitError
from tests.gate.project import FEATURE, MakeProject, Project


def state(start: str | None, *bound: str) -> State:
    """A feature that began at ``start`` and has bound these commits."""
    return State(feature=FEATURE, start=start, commits=tuple(Commit(id=one) for one in bound))


def test_what_git_knows_of_commits_in_the_order_asked_for(project: Project) -> None:
    base = project.head
    one = project.land("one", "--no-verify")
    two = project.land("two", "--no-verify")
    git = project.repo.discover()
    seen = look(git, [two, base, one])
    assert [s.id for s in seen] == [two, base, one]
    assert [s.subject for s in seen] == ["two", "base", "one"]
    assert {s.email for s in seen} == {"ada@example.org"}
    tree = {s.id: s.tree for s in seen}
    assert tree[two] == project.git("rev-parse", "HEAD^{tree}")
    assert [s.parent_tree for s in seen] == [tree[one], git.tree(None), tree[base]]
    assert [s.parents for s in seen] == [(one,), (), (base,)]
    assert look(git, []) == []
    assert record(git, []) == ()


def test_odd_commits_are_seen_as_they_are(project: Project) -> None:
    """No subject, many lines of it, a merge, no committer address, another encoding."""
    tree = project.git("write-tree")
    empty = project.git("commit-tree", "-m", "", tree)
    lines = project.git("commit-tree", "-m", "a\nb\n\nc", tree)
    merge = project.git("commit-tree", "-p", empty, "-p", lines, "-m", "m\x1b", tree)
    nobody = project.git("hash-object", "-t", "commit", "-w", "--literally", str(_nobody(project)))
    git = project.repo.discover()
    seen = look(git, [empty, lines, merge, nobody])
    assert [s.subject for s in seen] == ["", "a b", "m\x1b", "n\ufffd"]
    assert [len(s.parents) for s in seen] == [0, 0, 2, 0]
    assert [s.email for s in seen][3] == ""
    assert seen[2].parent_tree == tree


def _nobody(project: Project) -> object:
    file = project.path.parent / "commit"
    tree = project.git("write-tree").encode()
    file.write_bytes(b"tree %s\nauthor  <> 0 +0000\ncommitter  <> 0 +0000\n\nn\xff\n" % tree)
    return file


def _signed(project: Project, commit: str) -> str:
    """The commit once more, with a signature that a program has much to say about."""
    body = project.git("cat-file", "commit", commit)
    head, _, message = body.partition("\n\n")
    said = "-----BEGIN PGP SIGNATURE-----\n \n =abcd\n -----END PGP SIGNATURE-----"
    file = project.path.parent / "signed"
    file.write_text(f"{head}\ngpgsig {said}\n\n{message}\n")
    gpg = project.path.parent / "gpg"
    gpg.write_text("#!/bin/sh\necho 'gpg: who is this' >&2\nexit 1\n")
    gpg.chmod(0o755)
    project.git("config", "gpg.program", str(gpg))
    return project.git("hash-object", "-t", "commit", "-w", str(file))


def test_the_users_settings_change_nothing(project: Project) -> None:
    one = _signed(project, project.land("one", "--no-verify"))
    git = project.repo.discover()
    before = record(git, look(git, [one]))
    for key, value in (("log.showSignature", "true"), ("color.ui", "always"),
                       ("format.pretty", "raw"), ("diff.external", "false"),
                       ("log.decorate", "full"), ("diff.renames", "copies")):  # fmt: skip
        project.git("config", key, value)
    assert record(git, look(git, [one])) == before
    assert before[0].patchId != ""


def _everything(project: Project) -> str:
    project.git("add", "--all")
    return project.unhooked("all")


@pytest.mark.parametrize("setting", [
    "diff.noprefix=true", "diff.context=0", "diff.renames=false", "diff.algorithm=patience",
    "diff.interHunkContext=9", "diff.renameLimit=1", "diff.indentHeuristic=false",
    "diff.submodule=log", "log.showRoot=false",
])  # fmt: skip
def test_a_patch_has_the_same_id_for_every_user(project: Project, setting: str) -> None:
    """A trail is written by one and read by another: a waiver is found by it, and a rebase."""
    root = project.head
    lines = [f"{n}\n" if n % 4 else "\n" for n in range(60)]
    for name in ("one", "two"):
        (project.path / name).write_text("".join(lines) + name)
    begun = _everything(project)
    for name in ("one", "two"):
        changed = [*lines[:9], "a\n", "\n", *lines[9:18], "b\n", *lines[19:50], *lines[54:]]
        (project.path / name).rename(project.path / f"{name}.moved")
        (project.path / f"{name}.moved").write_text("".join(changed))
    commits = [root, begun, _everything(project)]
    git = project.repo.discover()
    before = record(git, look(git, commits))
    project.git("config", *setting.split("="))
    assert record(git, look(git, commits)) == before
    assert len({one.patchId for one in before} - {""}) == 3


def test_a_patch_that_git_cannot_read_is_told(project: Project) -> None:
    """An empty id for it would say that the commit is a merge."""
    (project.path / "gone").write_text("1")
    one = _everything(project)
    git = project.repo.discover()
    seen = look(git, [one])
    blob = project.git("rev-parse", f"{one}:gone")
    (project.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    (project.path / "gone").unlink()  # or git would take it from there
    with pytest.raises(GitError, match=blob):
        record(git, seen)


def test_the_same_patch_has_the_same_id_wherever_it_is(project: Project) -> None:
    project.git("switch", "-q", "-c", "side")
    one = project.land("one", "--no-verify")
    project.git("switch", "-q", "main")
    project.land("two", "--no-verify")
    project.git("cherry-pick", one)
    git = project.repo.discover()
    first, second = record(git, look(git, [one, project.head]))
    assert first.commit != second.commit
    assert first.patchId == second.patchId != ""


def test_a_features_commits_are_what_neither_start_nor_remote_had(
    project: Project, make: MakeProject
) -> None:
    make.remote(project)
    start = project.head
    one = project.land("one", "--no-verify")
    project.git("push", "-q", "origin", "main")
    two = project.land("two", "--no-verify")
    git = project.repo.discover()
    assert of_feature(git, state(start)) == ((two,), (two,))
    # What an event binds is of the feature, pushed or not.
    assert of_feature(git, state(start, one)) == ((one, two), (two,))
    assert of_feature(git, state(start, two)) == ((two,), (two,))
    assert of_feature(git, state(None)).ids == (two,)
    # As far as HEAD has it.
    project.git("reset", "-q", "--hard", one)
    assert of_feature(git, state(start, two)) == ((), ())


def test_where_a_feature_began_git_is_not_asked_for_its_commits(project: Project) -> None:
    git = project.repo.discover()._replace(work_tree="/nowhere")
    assert of_feature(git, state(git.head)) == ((), ())
    with pytest.raises(OneshotError):
        of_feature(git, state(git.head, "0" * 40))


def test_a_range_or_one_commit(project: Project) -> None:
    base = project.head
    one, two = project.land("one", "--no-verify"), project.land("two", "--no-verify")
    git = project.repo.discover()
    assert range_of(git, f"{base}..HEAD") == [one, two]
    assert range_of(git, "HEAD^") == [one]
    assert range_of(git, "HEAD..HEAD") == []
    for bad in ("nowhere", "HEAD..nowhere", "--all", "--all..x", "HEAD^{tree}"):
        with pytest.raises(OneshotError, match="names no commit here"):
            range_of(git, bad)


def seen(id_: str, *parents: str) -> Seen:
    """A commit whose tree is its id in capitals; before a root it is empty."""
    above = parents[0].upper() if parents else "empty"
    return Seen(id_, id_.upper(), parents, above, "", "", cut=False, message="")


@pytest.mark.parametrize(
    ("commits", "bases"),
    [
        ([], {}),
        ([seen("b", "a"), seen("c", "b")], {"b": "A", "c": "A"}),
        ([seen("a"), seen("b", "a")], {"a": "empty", "b": "empty"}),
        # A line that is merged joins what it is merged into, wherever it began, and its own too.
        ([seen("s"), seen("b", "a"), seen("m", "b", "s")], {"s": "B", "b": "A", "m": "A"}),
        (
            [seen("r", "q"), seen("s", "q"), seen("t", "s", "r"), seen("m", "a", "t")],
            {"r": "A", "s": "A", "t": "A", "m": "A"},
        ),
        # Who was merged first was not merged later.
        (
            [seen("s", "o"), seen("m", "a", "s"), seen("t", "s"), seen("n", "m", "t")],
            {"s": "A", "m": "A", "t": "M", "n": "A"},
        ),
    ],
)
def test_a_commit_joins_the_line_it_is_merged_into(
    commits: list[Seen], bases: dict[str, str]
) -> None:
    assert bases_of(commits) == bases
