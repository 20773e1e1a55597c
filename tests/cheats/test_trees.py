"""Code that hides from its side: in a name, an attribute, a rule, a commit that is none.

Nothing is run here: what the diff is made of says enough.
"""

import os
from pathlib import Path
from typing import Final

import pytest

from git_oneshot.gate.claims import Claims
from git_oneshot.gate.judging import judge_all
from git_oneshot.gate.verifying import Asked, verified
from git_oneshot.proof.classes.at_sight import Said
from tests.proof.conftest import MakeLab
from tests.proof.lab import INI, Files, Lab, said

BASE: Final[Files] = {"calc.py": "a = 1\n", "tests/test_calc.py": "", "README.md": ""}
CODE: Final[Files] = {"calc.py": "a = 2\n"}
RULES: Final = '[[suite]]\nname = "all"\ncommand = "python -m pytest"\n'

REFUSED: Final[dict[str, tuple[Files, str]]] = {
    "no test at all": (CODE, "FAIL(no-test)"),
    "a test that goes away with the code it tested": (
        {**CODE, "tests/test_calc.py": None},
        "FAIL(no-test)",
    ),
    "documentation beside it": ({**CODE, "README.md": "tested by hand\n"}, "FAIL(no-test)"),
    "code that the same commit calls generated": (
        {**CODE, ".gitattributes": "*.py linguist-generated\n"},
        "FAIL(rules-mixed)",
    ),
    "code that the next commit will call generated": (
        {".gitattributes": "calc.py linguist-generated\n"},
        "PASS rules",
    ),
    "the same by a macro": (
        {".gitattributes": "[attr]made linguist-generated\ncalc.py made\n"},
        "PASS rules",
    ),
    "the same below a folder": (
        {"pkg/.gitattributes": "* linguist-generated=true\n"},
        "PASS rules",
    ),
    "attributes of another kind": ({".gitattributes": "*.py text\n"}, "PASS neutral"),
    "code that the same commit calls neutral": (
        {**CODE, ".oneshot.toml": f'{RULES}[sides]\nneutral = ["*.py"]\n'},
        "FAIL(rules-mixed)",
    ),
    "code that the same commit calls a test": (
        {**CODE, ".oneshot.toml": f'{RULES}[sides]\ntest = ["*.py"]\n'},
        "FAIL(rules-mixed)",
    ),
    "a suite that the same commit takes away": (
        {**CODE, ".oneshot.toml": '[[suite]]\nname = "all"\ncommand = "true"\n'},
        "FAIL(rules-mixed)",
    ),
    "whom to trust, and code": ({**CODE, ".oneshot/allowed_signers": ""}, "FAIL(rules-mixed)"),
    "rules that nobody can read": ({".oneshot.toml": "strict = \n"}, "FAIL(rules-invalid)"),
    "bytecode that Python prefers to its source": (
        {"__pycache__/calc.cpython-311.pyc": "a = 2"},
        "FAIL(no-test)",
    ),
    "compiled code": ({"calc.cpython-311-x86_64-linux-gnu.so": "a = 2"}, "FAIL(no-test)"),
    "types that a checker reads, and code": (
        {**CODE, "calc.pyi": "a: int\n"},
        "FAIL(no-test)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("cheat", REFUSED)
def test_a_change_that_hides_its_code(lab: MakeLab, cheat: str) -> None:
    files, code = REFUSED[cheat]
    assert said(lab(BASE).prove(files).proof) == code


WIDENED: Final[dict[str, Files]] = {
    "a rule": {".oneshot.toml": f'{RULES}[sides]\nneutral = ["calc.py"]\n'},
    "an attribute": {".gitattributes": "calc.py linguist-generated\n"},
}


@pytest.mark.parametrize("cheat", WIDENED)
def test_code_by_rules_that_came_with_the_push(lab: MakeLab, cheat: str) -> None:
    """Each commit is judged by its parent's; a server, by those of before, refuses it."""
    made = lab({**BASE, ".oneshot.toml": RULES})
    old = made.head()
    assert said(made.prove(WIDENED[cheat]).proof) == "PASS rules"
    before, after = made.head(), made.commit(CODE)
    assert said(made.prover().prove(before, after).proof) == "PASS neutral"
    assert said(made.prover(by=old).prove(before, after).proof) == "FAIL(no-test)"


def test_code_by_attributes_of_a_line_that_is_merged(lab: MakeLab) -> None:
    """What a hand adds to a merge is judged by the rules of the first parent, like all else."""
    made = lab(BASE)
    repo = made.repo
    repo.git("switch", "-q", "-c", "side")
    made.commit(WIDENED["an attribute"])
    repo.git("switch", "-q", "-")
    made.commit({"README.md": "ours\n"})
    parents = repo.git("rev-parse", "HEAD"), repo.git("rev-parse", "side")
    repo.git("merge", "-q", "--no-commit", "side")
    repo.write("calc.py", "a = 2\n")
    repo.git("commit", "-q", "-a", "-m", "merge")
    before = made.git.tree(parents[0])
    judged = made.prover().prove(before, made.head(), said=Said(parents))
    assert said(judged.proof) == "FAIL(no-test)"


@pytest.mark.parametrize("kind", ["link", "folder", "submodule"])
def test_rules_that_are_no_file(lab: MakeLab, kind: str) -> None:
    made = lab({**BASE, "rules.txt": RULES})
    before = made.head()
    rules = made.repo.path / ".oneshot.toml"
    if kind == "link":
        rules.symlink_to("rules.txt")
        made.repo.git("add", "--all")
    elif kind == "folder":
        made.repo.write(".oneshot.toml/a", "a")
        made.repo.git("add", "--all")
    else:
        head = made.repo.git("rev-parse", "HEAD")
        made.repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},.oneshot.toml")
    made.repo.git("commit", "-q", "-m", "rules")
    proof = made.prover().prove(before, made.head()).proof
    assert said(proof) == "FAIL(rules-invalid)"
    assert proof.notes == (".oneshot.toml is no file of its own",)


def test_code_that_becomes_data(lab: MakeLab) -> None:
    """It is a removal, and the tests of what is removed are there to miss it."""
    made = lab(
        {**BASE, "pytest.ini": INI, "tests/test_calc.py": "import calc\ndef test(): calc.a\n"}
    )
    proof = made.prove({"calc.py": None, "calc.txt": "a = 2\n"}).proof
    assert said(proof) == "FAIL(suite-failed)"


def test_code_that_becomes_a_link_to_data(lab: MakeLab) -> None:
    made = lab({**BASE, "data.txt": "a = 2\n"})
    before = made.head()
    (made.repo.path / "calc.py").unlink()
    (made.repo.path / "calc.py").symlink_to("data.txt")
    made.repo.git("add", "--all")
    assert said(made.prover().prove(before, made.commit({})).proof) == "FAIL(no-test)"


@pytest.mark.parametrize("where", ["info", "user"])
def test_code_that_this_clone_alone_calls_generated(lab: MakeLab, home: Path, where: str) -> None:
    """What generates code is said in the tree, for everyone: no setting of one clone counts."""
    made = lab({**BASE, ".gitattributes": "*.md text\n"})
    info = made.repo.path / ".git" / "info" / "attributes"
    file = info if where == "info" else home / ".config" / "git" / "attributes"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("*.py linguist-generated\n")
    assert said(made.prove(CODE).proof) == "FAIL(no-test)"


def test_a_first_commit_with_code(lab: MakeLab) -> None:
    assert said(lab().prove({"calc.py": "a = 1\n", ".oneshot.toml": RULES}).proof) == (
        "FAIL(no-test)"
    )


def test_code_in_data_where_the_rules_are_strict(lab: MakeLab) -> None:
    """What production loads may be any file: only the rules can say so."""
    data: Files = {"data/words.txt": "a\n"}
    assert said(lab(BASE).prove(data).proof) == "PASS neutral"
    made = lab({**BASE, ".oneshot.toml": f"strict = true\n{RULES}"})
    assert said(made.prove(data).proof) == "FAIL(no-test)"


# -- a commit that is not what it seems ----------------------------------------------------


def verdict(made: Lab, commit: str = "HEAD") -> str:
    """The verdict on a commit, as the gate finds it."""
    id_ = made.repo.git("rev-parse", commit)
    [found] = judge_all(made.git, made.prover(fresh=True), [id_])
    return said(found.proof)


def test_a_commit_that_git_is_told_to_replace(lab: MakeLab) -> None:
    made = lab(BASE)
    made.commit({"README.md": "honest\n"})
    honest = made.repo.git("rev-parse", "HEAD")
    made.repo.git("reset", "-q", "--hard", "HEAD^")
    made.commit(CODE)
    made.repo.git("replace", "HEAD", honest)
    assert verdict(made) == "FAIL(no-test)"


def test_a_parent_that_is_grafted_on(lab: MakeLab) -> None:
    made = lab(BASE)
    made.commit(CODE)
    code = made.repo.git("rev-parse", "HEAD")
    made.commit({"README.md": "after\n"})
    made.repo.git("config", "advice.graftFileDeprecated", "false")
    grafts = made.repo.path / ".git" / "info" / "grafts"
    grafts.parent.mkdir(exist_ok=True)
    grafts.write_text(f"{code} {made.repo.git('rev-parse', 'HEAD')}\n")
    assert verdict(made, code) == "FAIL(no-test)"


def test_a_clone_that_pretends_to_be_shallow(lab: MakeLab) -> None:
    """A commit at the end of a shallow clone has no parent to be compared with: that is no PASS."""
    made = lab(BASE)
    made.commit(CODE)
    (made.repo.path / ".git" / "shallow").write_text(made.repo.git("rev-parse", "HEAD") + "\n")
    assert verdict(made) == "UNKNOWN(missing-objects)"


def test_a_message_that_says_it_is_proven(lab: MakeLab) -> None:
    made = lab(BASE)
    made.commit(CODE)
    trailer = "a change\n\nOneshot-Verdict: PASS behaviour\nReviewed-by: git oneshot\n"
    made.repo.git("commit", "-q", "--amend", "-m", trailer)
    assert verdict(made) == "FAIL(no-test)"


def test_a_note_that_says_it_is_proven(lab: MakeLab) -> None:
    made = lab(BASE)
    made.commit(CODE)
    said_so = "verified here: PASS behaviour, 1 test red without it"
    made.repo.git("notes", "--ref", "refs/notes/oneshot", "add", "-m", said_so)
    assert verdict(made) == "FAIL(no-test)"


def test_a_second_parent_that_is_an_ancestor(lab: MakeLab) -> None:
    """A merge is judged by its tip's suite; one that joins nothing is a commit like any other."""
    made = lab(BASE)
    made.commit(CODE)
    parent = made.repo.git("rev-parse", "HEAD^")
    made.repo.git("commit", "-q", "--allow-empty", "-m", "other")
    tree = made.repo.git("rev-parse", "HEAD^{tree}")
    merge = made.repo.git("commit-tree", tree, "-p", parent, "-p", parent, "-m", "Merge")
    assert verdict(made, merge) == "FAIL(no-test)"


def test_the_red_in_one_commit_and_the_code_in_the_next(lab: MakeLab) -> None:
    """Neither is a proof: the first is red with itself, the second brings no test."""
    made = lab({
        ".oneshot.toml": '[[suite]]\nname = "all"\ncommand = "sh tests/run.sh"\n'
        '[sides]\nproduction = ["*.txt"]\n',
        "word.txt": "a\n", "tests/run.sh": "grep -q a word.txt\n",
    })  # fmt: skip
    made.commit({"tests/run.sh": "grep -q b word.txt\n"})
    assert verdict(made) == "FAIL(green-failed)"
    made.commit({"word.txt": "b\n"})
    assert verdict(made) == "FAIL(no-test)"


def test_the_code_in_one_commit_and_its_test_in_the_next(lab: MakeLab) -> None:
    made = lab(BASE)
    made.commit(CODE)
    made.commit({"README.md": os.linesep})
    assert (verdict(made, "HEAD^"), verdict(made)) == ("FAIL(no-test)", "PASS neutral")


# -- whose suites are asked ----------------------------------------------------------------------

TESTED: Final[Files] = {
    "pytest.ini": INI,
    "calc.py": "a = 1\n",
    "tests/test_calc.py": "def test(): pass\n",
}


def of_range(made: Lab, base: str) -> list[str]:
    """The verdicts on all that came since, and on the suite at the tip."""
    commits = made.repo.git("rev-list", "--topo-order", "--reverse", f"{base}..HEAD").split()
    found = verified(made.git, made.prover(fresh=True), Asked(commits, Claims()), lambda v, _: v)
    return [said(proof) for proof in found.proofs]


def test_code_that_comes_while_there_are_no_tests(lab: MakeLab) -> None:
    made = lab(TESTED)
    base = made.repo.git("rev-parse", "HEAD")
    made.commit({"pytest.ini": None, "tests/test_calc.py": None})
    made.commit(CODE)
    made.commit({path: TESTED[path] for path in ("pytest.ini", "tests/test_calc.py")})
    assert "FAIL(no-test)" in of_range(made, base)


@pytest.mark.parametrize("begun", ["of itself", "before the tests"])
def test_code_that_comes_from_where_there_were_no_tests(lab: MakeLab, begun: str) -> None:
    made = lab({"README.md": "\n"})
    early = made.repo.git("rev-parse", "HEAD")
    made.commit(TESTED)
    base = made.repo.git("rev-parse", "HEAD")
    switch = ["--orphan", "side"] if begun == "of itself" else ["-c", "side", early]
    made.repo.git("switch", "-q", *switch)
    made.commit({"evil.py": "b = 2\n"})
    made.repo.git("switch", "-q", "main")
    made.repo.git("merge", "-q", "--allow-unrelated-histories", "--no-edit", "side")
    assert "FAIL(no-test)" in of_range(made, base)


def test_a_line_that_begins_of_itself_hides_no_test_that_is_gone(lab: MakeLab) -> None:
    more = "def test_more(): pass\n"
    made = lab({**TESTED, "tests/test_more.py": more})
    base = made.repo.git("rev-parse", "HEAD")
    made.repo.git("switch", "-q", "--orphan", "side")
    made.commit({"NOTE": "\n"})
    made.repo.git("switch", "-q", "main")
    made.repo.git("merge", "-q", "--allow-unrelated-histories", "--no-edit", "side")
    made.commit({"tests/test_more.py": None})
    assert of_range(made, base)[-1] == "FAIL(vanished)"
