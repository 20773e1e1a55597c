"""What a change is made of: each path on its side, and the names that the change adds."""

import os
from pathlib import Path
from typing import Final

import pytest

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.rules.effective import effective
from git_oneshot.core.rules.languages import Side
from git_oneshot.core.rules.reading import parse
from git_oneshot.core.rules.rules import Rules
from git_oneshot.core.verdicts.runs import Facts
from git_oneshot.git import GitError
from git_oneshot.proof.suites import rules_of
from git_oneshot.proof.trees.change import Change, facts_of, read_change, read_changes
from tests.sandbox import MakeRepo, Repo

RULES: Final = effective(None, ["conftest.py"])


@pytest.fixture
def work(repo: MakeRepo) -> Repo:
    """A repository with a first commit."""
    made = repo()
    made.commit("first", {"README.md": "read\n"})
    return made


def change(repo: Repo, rules: Rules = RULES) -> Change:
    """The last commit."""
    git = repo.discover()
    return read_change(git, git.tree("HEAD^"), git.tree("HEAD"), rules)


def sides_of(found: Change) -> dict[str, Side]:
    return {file.path: file.side for file in found.files}


def facts(repo: Repo, *, provisional: bool = False) -> Facts:
    found = change(repo)
    return facts_of(repo.discover(), found, found.parent_tree, provisional=provisional)


SIDES: Final[dict[str, Side]] = {
    "calc.py": "production",
    "pkg/calc.pyi": "production",
    "test_calc.py": "test",
    "pkg/calc_test.py": "test",
    "pkg/conftest.py": "test",
    "tests/golden/page.html": "test",
    "pkg/test/helper.py": "test",
    "latest.py": "production",
    "pyproject.toml": "environment",
    "requirements-dev.txt": "environment",
    "uv.lock": "environment",
    "README.md": "neutral",
    ".github/workflows/ci.yml": "neutral",
    "notes.ipynb": "neutral",
    "query.sql": "neutral",
    "docs/conf.py": "neutral",
    "docs/test_snippets.py": "test",
    "examples/server.py": "neutral",
    "pkg/examples/server.py": "production",
    "pkg/__pycache__/calc.cpython-311.pyc": "production",
    ".oneshot.toml": "rules",
    ".oneshot/allowed_signers": "rules",
    "docs/.oneshot.toml": "neutral",
}


def test_h48_every_path_is_on_its_side(work: Repo) -> None:
    work.commit("second", dict.fromkeys(SIDES, "x\n"))
    assert sides_of(change(work)) == SIDES


def test_strict_rules_make_neutral_files_production(work: Repo) -> None:
    work.commit("second", dict.fromkeys(SIDES, "x\n"))
    strict = {p: "production" if side == "neutral" else side for p, side in SIDES.items()}
    assert sides_of(change(work, effective(parse("strict = true"), ["conftest.py"]))) == strict


def test_without_a_suite_nothing_is_production(work: Repo) -> None:
    work.commit("second", {"calc.py": "x\n", "tests/test_calc.py": "x\n"})
    assert set(sides_of(change(work, Rules())).values()) == {"neutral"}


def test_what_the_file_says_stands_above_what_is_detected(work: Repo) -> None:
    work.commit("second", {"calc.py": "", "gen/calc.py": "", "tests/a.py": "", "q.sql": ""})
    rules = effective(
        parse("[sides]\nproduction = ['*.sql', 'tests/a.py']\nneutral = ['gen']"),
        ["conftest.py"],
    )
    assert sides_of(change(work, rules)) == {
        "calc.py": "production",
        "gen/calc.py": "neutral",
        "q.sql": "production",
        "tests/a.py": "production",
    }


def test_a_suite_speaks_for_its_root_alone(work: Repo) -> None:
    rules = effective(parse('[[suite]]\nname = "a"\ncommand = "pytest"\nroot = "backend"'), [])
    work.commit("second", {"backend/a.py": "", "a.py": "", "backend/tests/a.py": "", "tests/a": ""})
    assert sides_of(change(work, rules)) == {
        "a.py": "neutral",
        "backend/a.py": "production",
        "backend/tests/a.py": "test",
        "tests/a": "neutral",
    }


def test_a_pathspec_that_git_cannot_read_is_an_error_of_ours(work: Repo) -> None:
    work.commit("second", {"a.py": ""})
    with pytest.raises(OneshotError) as refused:
        change(work, effective(parse("[sides]\ntest = [':(nonsense)x']"), []))
    assert refused.value.code is Code.GIT_FAILED
    assert "nonsense" in refused.value.message


def test_h6_odd_names_are_on_their_sides(work: Repo) -> None:
    names = [b"with space.py", b"new\nline.py", b"\xff.py", b"tests/\xff\n.txt", b":(top)x.py"]
    for name in names:
        path = Path(os.fsdecode(os.path.join(os.fsencode(work.path), name)))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"brand = 1\n")
    work.git("add", "--all")
    work.commit("second")
    found = sides_of(change(work))
    assert found == {
        os.fsdecode(name): "test" if b"tests/" in name else "production" for name in names
    }
    assert facts(work).names == {"brand"}


def test_a_rename_is_a_file_that_goes_and_one_that_comes(work: Repo) -> None:
    work.commit("second", {"calc.py": "a = 1\n" * 20})
    work.git("mv", "calc.py", "sums.py")
    work.commit("third")
    assert [(f.path, f.status, f.new == "") for f in change(work).files] == [
        ("calc.py", "D", True),
        ("sums.py", "A", False),
    ]


def test_many_pairs_of_trees_are_compared_at_once(work: Repo) -> None:
    work.commit("second", {"a.py": "", "docs/a\nb": "", "tests/test_a.py": ""})
    work.git("rm", "-q", "docs/a\nb")
    work.commit("third", {"a.py": "x", "c": ""})
    git, gone = work.discover(), "1" * 40
    one, two, three = (git.tree(at) for at in ("HEAD~2", "HEAD^", "HEAD"))
    pairs = [(one, two), (two, two), (gone, two), (two, three)]
    found = read_changes(git, pairs, RULES, one)
    assert found == {
        pair: read_change(git, *pair, RULES, one) for pair in pairs if gone not in pair
    }
    assert sides_of(found[two, three]) == {"a.py": "production", "c": "neutral",
                                           "docs/a\nb": "neutral"}  # fmt: skip
    with pytest.raises(GitError, match="no such tree"):
        read_change(git, gone, two, RULES)


def test_equal_trees_have_no_change_between_them(work: Repo) -> None:
    work.commit("second")
    assert change(work).files == ()


# -- generated files -------------------------------------------------------------------------


@pytest.mark.long
def test_more_folders_than_an_argument_list_holds(work: Repo) -> None:
    blob = work.git("hash-object", "-w", "--stdin", stdin="x\n")
    said = work.git("hash-object", "-w", "--stdin", stdin="f.py linguist-generated\n")
    names = [f"{'long-name-' * 24}{number}" for number in range(9_000)]
    lines = [f"100644 {blob}\t{name}/f.py\n" for name in names]
    marked = [names[0], names[-1]]
    lines += [f"100644 {said}\t{name}/.gitattributes\n" for name in marked]
    work.git("update-index", "--add", "--index-info", stdin="".join(lines[-2:]))
    work.git("commit", "-q", "-m", "attributes")
    work.git("update-index", "--add", "--index-info", stdin="".join(lines[:-2]))
    work.git("commit", "-q", "-m", "many")
    sides = sides_of(change(work))
    assert len(sides) == 9_000
    assert [path for path, side in sides.items() if side == "generated"] == [
        f"{name}/f.py" for name in marked
    ]


def test_generated_is_what_the_attributes_of_the_parents_tree_say(work: Repo) -> None:
    """A commit can't declare its own code generated, nor can a file of the working tree."""
    paths = ["gen.py", "api/v1.py", "api/deep/v2.py", "api/mine.py", "calc.py"]
    work.commit(
        "second",
        {
            ".gitattributes": "gen.py linguist-generated\n",
            "api/.gitattributes": "*.py linguist-generated=true\nmine.py -linguist-generated\n",
        },
    )
    work.commit(
        "third", {**dict.fromkeys(paths, "x\n"), ".gitattributes": "*.py linguist-generated"}
    )
    expected: dict[str, Side] = {
        "gen.py": "generated",
        "api/v1.py": "generated",
        "api/deep/v2.py": "generated",
        "api/mine.py": "production",
        "calc.py": "production",
        ".gitattributes": "rules",
    }
    assert sides_of(change(work)) == expected
    work.write(".gitattributes", "* -linguist-generated\n")
    assert sides_of(change(work)) == expected


def test_generated_is_what_the_tree_says_by_whose_rules_all_is_judged(work: Repo) -> None:
    """A server judges by the old tip: who calls code generated first gains nothing by it."""
    work.commit("second", {".gitattributes": "old.py linguist-generated\n"})
    work.commit("third", {".gitattributes": "new.py linguist-generated\n"})
    work.commit("fourth", {"old.py": "", "new.py": ""})
    git = work.discover()
    old, before, after = (git.tree(one) for one in ("HEAD~2", "HEAD^", "HEAD"))
    found = read_change(git, before, after, RULES, old)
    assert sides_of(found) == {"old.py": "generated", "new.py": "production"}
    assert sides_of(change(work)) == {"old.py": "production", "new.py": "generated"}


def test_a_test_or_a_lock_file_is_never_generated(work: Repo) -> None:
    work.commit("second", {".gitattributes": "* linguist-generated\n"})
    work.commit("third", {"tests/test_a.py": "x", "uv.lock": "x", "b.py": "x", ".oneshot.toml": ""})
    assert sides_of(change(work)) == {
        ".oneshot.toml": "rules",
        "b.py": "generated",
        "tests/test_a.py": "test",
        "uv.lock": "environment",
    }


# -- names and files that a change adds ----------------------------------------------------


def test_names_are_those_on_lines_that_the_change_adds_outside_of_tests(work: Repo) -> None:
    work.commit("second", {"calc.py": "def old(a):\n    return a\nkept = 1\n"})
    work.commit(
        "third",
        {
            "calc.py": "def fresh(a, größe):\n    return a\nkept = 1\n",
            "notes.md": "word\n",
            "tests/test_calc.py": "def test_only(): pass\n",
            "pyproject.toml": "locked = 1\n",
            "c/count.sql": "++plus;\n",
        },
    )
    found = facts(work)
    assert found.names == {"def", "fresh", "a", "größe", "word", "plus"}
    assert found.files == {"notes.md", "c/count.sql"}
    assert found.production == {"calc.py"}
    assert found.environment
    assert not found.provisional


def test_names_do_not_hang_on_the_attributes_of_this_clone(work: Repo) -> None:
    """`-diff` in a working tree would hide them, and the same commit be judged otherwise."""
    work.commit("second", {"calc.py": "def fresh(): pass\n"})
    work.write(".gitattributes", "*.py -diff\n")
    work.git("config", "diff.noprefix", "true")
    work.git("config", "color.ui", "always")
    assert facts(work).names == {"def", "fresh", "pass"}


def test_a_file_that_is_only_changed_is_not_added(work: Repo) -> None:
    work.commit("second", {"calc.py": "a = 1\n"})
    work.commit("third", {"calc.py": "a = 2\n"})
    assert facts(work).files == set()
    assert facts(work).production == {"calc.py"}


def test_tests_alone_say_nothing(work: Repo) -> None:
    work.commit("second", {"tests/test_a.py": "def test_a(): pass\n"})
    assert facts(work) == Facts()
    assert facts(work, provisional=True) == Facts(provisional=True)


# -- whose rules -------------------------------------------------------------------------------


def test_h35_a_commit_is_judged_by_its_parents_rules(work: Repo) -> None:
    work.commit("second", {".oneshot.toml": "strict = true\n", "conftest.py": ""})
    work.commit("third", {".oneshot.toml": "strict = false\n"})
    git = work.discover()
    assert rules_of(git, git.tree("HEAD^"), fallback=git.tree("HEAD")).strict
    assert not rules_of(git, git.tree("HEAD")).strict


def test_the_commit_that_brings_the_first_tests_brings_its_rules(work: Repo) -> None:
    work.commit("second", {"tests/test_a.py": ""})
    git = work.discover()
    assert rules_of(git, git.tree("HEAD^")).suites == ()
    assert [s.name for s in rules_of(git, git.tree("HEAD^"), git.tree("HEAD")).suites] == ["pytest"]


@pytest.mark.parametrize(
    "path",
    ["conftest.py", "tests/test_a.py", "test/unit/deep/test_a.py", "testing/test_a.py",
     "package/tests/test_a.py", "src/package/test/deep/test_a.py"],
)  # fmt: skip
def test_a_suite_is_found_wherever_tests_are_kept(work: Repo, path: str) -> None:
    work.commit("second", {path: ""})
    git = work.discover()
    assert [suite.name for suite in rules_of(git, git.tree("HEAD")).suites] == ["pytest"]


def test_rules_without_a_suite_are_rules_all_the_same(work: Repo) -> None:
    """A repository that says 'no suite' is not judged by a commit that brings one."""
    work.commit("second", {".oneshot.toml": "strict = true\n"})
    work.commit("third", {"tests/test_a.py": ""})
    git = work.discover()
    assert rules_of(git, git.tree("HEAD^"), git.tree("HEAD")).suites == ()


def test_bad_rules_are_refused_by_name(work: Repo) -> None:
    work.commit("second", {".oneshot.toml": "strct = true\n"})
    git = work.discover()
    with pytest.raises(OneshotError) as refused:
        rules_of(git, git.tree("HEAD"))
    assert refused.value.code is Code.RULES_INVALID
