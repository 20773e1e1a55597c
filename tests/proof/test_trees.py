"""Trees that no commit has: made without a touch on the user's working tree or index."""

import os
import stat
from pathlib import Path
from typing import Final

import pytest

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.rules.effective import effective
from git_oneshot.core.rules.reading import parse
from git_oneshot.core.rules.rules import Rules
from git_oneshot.git import Git
from git_oneshot.proof.trees.change import read_change
from git_oneshot.proof.trees.index import private_index
from git_oneshot.proof.trees.made import hybrid, snapshot, staged, with_entries
from tests.sandbox import MakeRepo, Repo

ODD: Final = (
    b"with space.py", b"new\nline.py", b"\xff\xfe.py", b'quo"te.py', b"-dash.py", b":(glob)x.py",
    "gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n.py".encode(), b"tab\t.py", b"sub dir/\xc3\x28.py",
)  # fmt: skip
RULES: Final = effective(None, ["conftest.py"])


class Untouched(dict[str, tuple[bytes, int]]):
    """Every file below a repository's folder, with its bytes and its times."""

    def __init__(self, repo: Repo) -> None:
        own = os.fsencode(repo.path / ".git" / "oneshot")
        objects = os.fsencode(repo.path / ".git" / "objects")
        for here, _, names in os.walk(os.fsencode(repo.path)):
            if here.startswith((own, objects)):
                continue
            for name in names:
                path = os.path.join(here, name)
                body = os.readlink(path) if os.path.islink(path) else Path(os.fsdecode(path))
                data = body if isinstance(body, bytes) else body.read_bytes()
                self[os.fsdecode(path)] = (data, os.lstat(path).st_mtime_ns)


@pytest.fixture
def work(repo: MakeRepo) -> Repo:
    """A repository with one commit."""
    made = repo()
    made.commit("first", {"calc.py": "a = 1\n", "README.md": "read\n", ".gitignore": "*.log\n"})
    return made


def listed(git: Git, tree: str) -> dict[str, tuple[str, str]]:
    """Path to mode and content, of every file of a tree."""
    found = {}
    for entry in git.names("ls-tree", "-rz", "--full-tree", tree):
        meta, _, path = entry.partition("\t")
        mode, kind, oid = meta.split()
        body = git.output("cat-file", "blob", oid).decode() if kind == "blob" else oid
        found[path] = (mode, body)
    return found


# -- the working tree as it is -----------------------------------------------------------


def test_a_snapshot_is_what_add_all_and_commit_would_make(work: Repo) -> None:
    """New, edited, deleted, executable, linked and odd names; ignored files not."""
    work.write("calc.py", "a = 2\n")
    work.write("new/deep.py", "n\n")
    work.write("debug.log", "ignored\n")
    work.write("run.sh", "#!/bin/sh\n").chmod(0o755)
    os.symlink("calc.py", work.path / "link")
    (work.path / "README.md").unlink()
    for name in ODD:
        path = os.path.join(os.fsencode(work.path), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(os.fsdecode(path)).write_bytes(b"odd\n")
    git = work.discover()
    before = Untouched(work)
    tree = snapshot(git)
    assert Untouched(work) == before
    found = listed(git, tree)
    assert found.pop("calc.py") == ("100644", "a = 2\n")
    assert found.pop("new/deep.py") == ("100644", "n\n")
    assert found.pop("run.sh") == ("100755", "#!/bin/sh\n")
    assert found.pop("link") == ("120000", "calc.py")
    assert found.pop(".gitignore") == ("100644", "*.log\n")
    assert found == {os.fsdecode(name): ("100644", "odd\n") for name in ODD}
    work.git("add", "--all")
    assert work.git("write-tree") == tree


def test_an_edit_within_the_second_of_its_commit_is_in_the_snapshot(work: Repo) -> None:
    """Where time, size and inode are as they were, git looks again by how old the index is."""
    work.git("config", "core.trustctime", "false")  # as if that were within the second, too
    file, then = work.path / "calc.py", 1_700_000_000
    os.utime(file, (then, then))
    work.git("update-index", "--refresh")
    os.utime(work.path / ".git" / "index", (then, then))
    file.write_text("a = 2\n")
    os.utime(file, (then, then))
    git = work.discover()
    assert listed(git, snapshot(git))["calc.py"] == ("100644", "a = 2\n")


def test_h5_a_file_that_is_only_intended_is_in_the_snapshot(work: Repo) -> None:
    """And is intended still: what is staged afterwards is what was staged before."""
    work.write("new.py", "n\n")
    work.git("add", "-N", "new.py")
    work.write("half.py", "staged\n")
    work.git("add", "half.py")
    work.write("half.py", "not staged\n")
    git, before = work.discover(), Untouched(work)
    found = listed(git, snapshot(git))
    assert found["new.py"] == ("100644", "n\n")
    assert found["half.py"] == ("100644", "not staged\n")
    assert Untouched(work) == before
    assert "new.py" in work.git("diff", "--name-only").split()


def test_h3_what_is_staged_is_read_from_the_index_alone(work: Repo) -> None:
    work.write("calc.py", "staged\n")
    work.git("add", "calc.py")
    work.write("calc.py", "not staged\n")
    git, before = work.discover(), Untouched(work)
    tree = staged(git)
    assert listed(git, tree)["calc.py"] == ("100644", "staged\n")
    assert Untouched(work) == before  # git write-tree by itself writes into the index
    assert work.git("write-tree") == tree


def test_h4_another_index_is_read_when_it_is_named(work: Repo, tmp_path: Path) -> None:
    """`git commit FILE` commits from an index of its own."""
    work.write("calc.py", "staged\n")
    work.git("add", "calc.py")
    git = work.discover()
    with private_index(git) as other:
        git.call("read-tree", "HEAD", index=other)
        assert staged(git, other) == work.git("rev-parse", "HEAD^{tree}")
    assert staged(git) != work.git("rev-parse", "HEAD^{tree}")


def test_h5_conflicts_are_said_in_words_and_left_alone(work: Repo) -> None:
    oid = work.git("hash-object", "-w", "calc.py")
    entries = "".join(f"100644 {oid} {n}\tcalc.py\n" for n in (1, 2, 3))
    work.git("update-index", "--index-info", stdin="0 " + "0" * 40 + "\tcalc.py\n" + entries)
    git, before = work.discover(), Untouched(work)
    with pytest.raises(OneshotError) as refused:
        staged(git)
    assert refused.value.code is Code.INVALID_INPUT
    assert refused.value.hint == "resolve them: git status"
    assert Untouched(work) == before
    assert snapshot(git)  # the working tree, markers and all


def test_before_the_first_commit_there_is_a_snapshot_too(repo: MakeRepo) -> None:
    work = repo()
    git = work.discover()
    assert snapshot(git) == staged(git) == git.tree(None)
    work.write("calc.py", "a\n")
    assert listed(git, snapshot(git)) == {"calc.py": ("100644", "a\n")}
    assert not (work.path / ".git" / "index").exists()


def test_h6_a_linked_worktree_has_its_own_snapshot(work: Repo, tmp_path: Path) -> None:
    from git_oneshot.git import discover

    linked = tmp_path / "linked"
    work.git("worktree", "add", "-q", "--detach", str(linked))
    (linked / "calc.py").write_text("linked\n")
    (linked / "sub").mkdir()
    before = Untouched(work)
    git = discover(str(linked / "sub"), os.environ)
    assert listed(git, snapshot(git))["calc.py"] == ("100644", "linked\n")
    assert staged(git) == work.git("rev-parse", "HEAD^{tree}")
    assert Untouched(work) == before


def test_no_index_of_ours_is_left_behind(work: Repo) -> None:
    git = work.discover()
    snapshot(git)
    with pytest.raises(RuntimeError), private_index(git) as index:
        Path(index + ".lock").touch()
        Path(index).touch()
        assert stat.S_ISREG(os.stat(index).st_mode)
        raise RuntimeError
    assert list((work.path / ".git" / "oneshot").iterdir()) == []


# -- the hybrid tree ---------------------------------------------------------------------

BEFORE: Final = {
    "calc.py": "old\n", "gone.py": "g\n", "README.md": "old\n", "pyproject.toml": "old\n",
    "tests/test_calc.py": "old\n", "tests/test_gone.py": "g\n", "tests/data": "file\n",
    "conftest.py": "c\n", "reqs/requirements.txt": "old\n", "tests/dir/a.txt": "a\n",
    "tests/test_same.py": "same\n",
}  # fmt: skip
AFTER: Final = {
    "calc.py": "new\n", "new.py": "n\n", "README.md": "new\n", "pyproject.toml": "new\n",
    "tests/test_calc.py": "new\n", "tests/test_new.py": "n\n", "tests/data/one.txt": "1\n",
    "conftest.py": "c\n", "poetry.lock": "l\n", "tests/dir": "file\n",
    "tests/test_same.py": "same\n",
}  # fmt: skip


def two_trees(repo: Repo, rules: Rules = RULES) -> tuple[Git, str, str]:
    """BEFORE and AFTER as commits."""
    repo.commit("before", BEFORE)
    repo.git("rm", "-q", "-r", ".")
    repo.commit("after", AFTER)
    git = repo.discover()
    return git, git.tree("HEAD^"), git.tree("HEAD")


def test_the_hybrid_tree_is_the_parents_with_the_tests_and_the_environment(repo: MakeRepo) -> None:
    """Deletions, new folders, and a file in the place of a folder included; no more, no less."""
    work = repo()
    git, parent, tree = two_trees(work)
    before = Untouched(work)
    made = hybrid(git, read_change(git, parent, tree, RULES))
    assert Untouched(work) == before
    found = {path: body for path, (_, body) in listed(git, made).items()}
    outside = ("calc.py", "gone.py", "README.md")
    inside = {path: body for path, body in AFTER.items() if path not in ("calc.py", "new.py")}
    assert found == {**inside, **{path: BEFORE[path] for path in outside}}


def test_without_tests_or_environment_the_hybrid_tree_is_the_parents(work: Repo) -> None:
    work.commit("second", {"calc.py": "new\n", "README.md": "new\n"})
    git = work.discover()
    parent = git.tree("HEAD^")
    assert hybrid(git, read_change(git, parent, git.tree("HEAD"), RULES)) == parent


def test_a_change_of_tests_alone_has_itself_for_a_hybrid_tree(work: Repo) -> None:
    work.commit("second", {"tests/test_calc.py": "new\n"})
    git = work.discover()
    tree = git.tree("HEAD")
    assert hybrid(git, read_change(git, git.tree("HEAD^"), tree, RULES)) == tree


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_h8_the_first_commit_has_the_empty_tree_for_a_parent(repo: MakeRepo, form: str) -> None:
    work = repo("work", f"--object-format={form}")
    work.commit("first", {"calc.py": "a\n", "tests/test_calc.py": "t\n"})
    work.commit("second", {"calc.py": "b\n"})
    work.git("rm", "-q", "tests/test_calc.py")
    work.commit("third")
    git = work.discover()
    first = read_change(git, git.tree(None), git.tree("HEAD~2"), RULES)
    assert listed(git, hybrid(git, first)) == {"tests/test_calc.py": ("100644", "t\n")}
    third = read_change(git, git.tree("HEAD~1"), git.tree("HEAD"), RULES)
    assert hybrid(git, third) == git.tree("HEAD")


def test_h6_odd_names_modes_and_links_come_into_the_hybrid_tree(work: Repo) -> None:
    tests = os.fsencode(work.path / "tests")
    for name in ODD:
        path = os.path.join(tests, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(os.fsdecode(path)).write_bytes(b"odd\n")
    work.write("tests/run.sh", "x").chmod(0o755)
    os.symlink("../calc.py", work.path / "tests" / "link")
    work.write("calc.py", "new\n")
    work.git("add", "--all")
    work.commit("second")
    git = work.discover()
    found = listed(git, hybrid(git, read_change(git, git.tree("HEAD^"), git.tree("HEAD"), RULES)))
    assert found.pop("calc.py") == ("100644", "a = 1\n")
    assert found.pop("tests/run.sh") == ("100755", "x")
    assert found.pop("tests/link") == ("120000", "../calc.py")
    odd = {path: body for path, body in found.items() if path.startswith("tests/")}
    assert odd == {os.fsdecode(b"tests/" + name): ("100644", "odd\n") for name in ODD}


def test_a_file_that_becomes_executable_is_a_change_of_its_side(work: Repo) -> None:
    work.write("tests/run.sh", "x")
    work.git("add", ".")
    work.commit("second")
    (work.path / "tests" / "run.sh").chmod(0o755)
    work.git("add", "tests/run.sh")
    work.commit("third")
    git = work.discover()
    change = read_change(git, git.tree("HEAD^"), git.tree("HEAD"), RULES)
    assert [(f.path, f.status, f.mode, f.side) for f in change.files] == [
        ("tests/run.sh", "M", "100755", "test")
    ]
    assert hybrid(git, change) == git.tree("HEAD")


def test_the_rules_of_the_repository_move_the_line(repo: MakeRepo) -> None:
    work = repo()
    git, parent, tree = two_trees(work)
    rules = effective(parse("[sides]\ntest = ['README.md']\nneutral = ['tests']"), [])
    found = listed(git, hybrid(git, read_change(git, parent, tree, rules)))
    assert found["README.md"] == ("100644", "new\n")
    assert found["tests/test_calc.py"] == ("100644", "old\n")


def test_entries_are_put_into_a_tree_as_an_index_would(repo: MakeRepo) -> None:
    """Names that sort unlike their bytes, folders that come and go, files in their place."""
    work = repo()
    paths = ["a", "a.b", "a-/x", "deep/er/x", "deep/er/y", "gone/x", "odd\nname/x", "file"]
    work.commit("first", {path: f"{path}\n" for path in paths})
    git = work.discover()
    blob = git.text("rev-parse", "HEAD:a")
    for changed in (
        {"a0": blob, "deep/er/x": blob, "new/and/deep": blob},
        {"gone/x": "", "odd\nname/x": "", "a-/x": blob},
        {"file": "", "file/now/folder": blob},
        {"gone/x": "", "gone": blob, "deep/er/x": "", "deep/er/y": ""},
        dict.fromkeys(paths, ""),
    ):
        lines = [f"100644 {o}\t{p}" if o else f"0 {git.zero}\t{p}" for p, o in changed.items()]
        with private_index(git) as index:
            git.call("read-tree", "HEAD", index=index)
            for sort in (True, False):  # what goes, first
                told = [line for line in lines if line.startswith("0 ") is sort]
                stdin = os.fsencode("".join(f"{line}\0" for line in told))
                git.call("update-index", "-z", "--index-info", stdin=stdin, index=index)
            expected = git.text("write-tree", index=index)
        assert with_entries(git, git.tree("HEAD"), lines) == expected, changed
    git.call("fsck", "--strict")


def test_what_is_beside_the_paths_is_not_even_read(repo: MakeRepo) -> None:
    """A tree of 50,000 files costs no more than one of five."""
    work = repo()
    work.commit("first", {"beside/other": "x\n", "tests/x": "x\n"})
    git = work.discover()
    beside = git.text("rev-parse", "HEAD:beside")
    os.unlink(os.path.join(git.common_dir, "objects", beside[:2], beside[2:]))
    blob = git.text("rev-parse", "HEAD:tests/x")
    made = with_entries(git, git.tree("HEAD"), [f"100644 {blob}\ttests/y"])
    assert git.lines("ls-tree", "--name-only", f"{made}:tests") == ["x", "y"]
