"""Every class of change, proven end to end; and what only looks like one."""

from typing import Final

import pytest

from git_oneshot.core.facts import Proof
from git_oneshot.proof.cases import Judged
from git_oneshot.proof.classes.at_sight import Said
from git_oneshot.proof.classes.executed import _statements
from git_oneshot.proof.classes.inert import same_python
from git_oneshot.proof.classes.merges import merged
from tests.proof.conftest import MakeLab
from tests.proof.lab import INI, Files, Lab, said

CALC: Final = """\
def add(a, b):
    return a + b


def sub(a, b):
    return a - b
"""
TESTS: Final = """\
from calc import add, sub


def test_add():
    assert add(1, 2) == 3


def test_sub():
    assert sub(3, 1) == 2
"""
BASE: Final = {"calc.py": CALC, "tests/test_calc.py": TESTS, "pytest.ini": INI, "README": "r\n"}

# A suite that is a shell script: cheap, where the runner does not matter.
RULES: Final = '[[suite]]\nname = "all"\ncommand = "sh tests/run.sh"\n[sides]\n'
PLAIN: Final = {
    ".oneshot.toml": RULES + 'production = ["*.txt"]\nenvironment = ["*.lock"]\n',
    "word.txt": "one\ntwo\nthree\nfour\nfive\n",
    "tests/run.sh": "grep -q one word.txt\n",
}


def declared(made: Lab, kind: str, files: Files) -> Proof:
    """The proof of a change that was declared."""
    before = made.head()
    return made.prover().prove(before, made.commit(files), said=Said(declared=kind)).proof


def committed(made: Lab) -> Judged:
    """The judgement of HEAD, as git has it."""
    parents = tuple(made.repo.git("show", "-s", "--format=%P", "HEAD").split())
    message = made.repo.git("show", "-s", "--format=%B", "HEAD")
    before = made.git.tree(parents[0])
    return made.prover().prove(before, made.head(), said=Said(parents, message))


# -- behaviour -----------------------------------------------------------------------------------


@pytest.mark.long
def test_a_conftest_that_imports_what_the_change_adds_is_red(lab: MakeLab) -> None:
    """pytest ends before any test, so the failure is of all tests below the conftest."""
    made = lab(BASE)
    files = {
        "new.py": "WORD = 'new'\n",
        "tests/conftest.py": "import new\n",
        "tests/test_new.py": "import new\n\n\ndef test_word():\n    assert new.WORD == 'new'\n",
    }
    proof = made.prove(files).proof
    assert said(proof) == "PASS behaviour"
    turned = {t.id: t.reason for t in proof.tests if t.turned}
    assert turned["tests/test_new.py::test_word"] == "missing-symbol"
    broken = made.prove({"tests/conftest.py": "import nowhere_to_be_found\n"}).proof
    assert said(broken) == "UNKNOWN(environment)"
    assert said(made.prove({"tests/conftest.py": "1 / 0\n"}).proof) == "FAIL(green-failed)"


# -- inert -------------------------------------------------------------------------------------


def test_comments_docstrings_and_types_need_no_test_and_no_run(lab: MakeLab) -> None:
    made = lab(BASE)
    typed = '"""Sums."""\n\n\n' + CALC.replace("add(a, b):", "add(a: int, b: int) -> int:  # adds")
    proof = made.prove({"calc.py": typed, "README": "new\n"}).proof
    assert said(proof) == "PASS inert"
    assert proof.notes == ("comments, docstrings or types alone: calc.py",)
    assert made.runs() == 0


def test_a_comment_beside_a_change_of_behaviour_hides_nothing(lab: MakeLab) -> None:
    made = lab(BASE)
    assert said(made.prove({"calc.py": "# sums\n" + CALC.replace("-", "+")}).proof) == (
        "FAIL(no-test)"
    )


def test_a_comment_beside_a_test_asks_for_no_red(lab: MakeLab) -> None:
    made = lab(BASE)
    more = TESTS + "\n\ndef test_zero():\n    assert add(0, 0) == 0\n"
    proof = made.prove({"calc.py": "# sums\n" + CALC, "tests/test_calc.py": more}).proof
    assert said(proof) == "PASS test-only"
    assert "calc.py" in proof.notes[0]


# -- environment --------------------------------------------------------------------------------


def test_an_upgrade_that_this_machine_does_not_have_is_unexercised(lab: MakeLab) -> None:
    """Whether or not the tests ran before: they say nothing of what is not installed."""
    made = lab({**PLAIN, "tests/run.sh": "test -e installed\n", "deps.lock": "1\n"})
    proof = made.prove({"deps.lock": "2\n"}).proof
    assert said(proof) == "PASS environment"
    assert proof.notes[0].startswith("unexercised: ")
    assert proof.notes[0].count("without") == 1


def test_an_upgrade_that_breaks_a_test_is_refused(lab: MakeLab) -> None:
    made = lab({**PLAIN, "tests/run.sh": "grep -q 1 deps.lock\n", "deps.lock": "1\n"})
    assert said(made.prove({"deps.lock": "2\n"}).proof) == "FAIL(green-failed)"


def test_a_package_that_is_not_installed_yet_is_unexercised(lab: MakeLab) -> None:
    made = lab({**BASE, "tests/test_new.py": "import nowhere_to_be_found\n"})
    proof = made.prove({"requirements.txt": "nowhere-to-be-found\n"}).proof
    assert said(proof) == "PASS environment"
    assert "'nowhere_to_be_found' is not installed" in proof.notes[0]


def test_packages_that_the_working_tree_does_not_have_are_unexercised(lab: MakeLab) -> None:
    """Of a lock file that others have changed, as of any other package that is not installed."""
    package = '{"devDependencies": {"left": "%d"}}'
    made = lab({"package.json": package % 1, "a.test.js": "", "a.js": ""})
    proof = made.prove({"package.json": package % 2}).proof
    assert said(proof) == "PASS environment"
    assert proof.notes[0].startswith("unexercised: the packages of 'package.json' are not ")
    assert said(made.prove({"a.js": "1", "a.test.js": "1"}).proof) == "UNKNOWN(deps)"


def test_code_beside_an_upgrade_is_not_exercised_by_nothing(lab: MakeLab) -> None:
    """Whatever keeps the tests from running: only an upgrade alone may pass so."""
    made = lab({**PLAIN, "tests/run.sh": "test -e installed\n", "deps.lock": "1\n"})
    failing = made.prove({"deps.lock": "2\n", "word.txt": "one\n"}).proof
    assert said(failing) == "FAIL(green-failed)"
    made = lab({"package.json": '{"devDependencies": {"left": "1"}}', "a.test.js": "", "a.js": ""})
    upgrade = {"package.json": '{"devDependencies": {"left": "2"}}', "a.js": "1"}
    assert said(made.prove(upgrade).proof) == "UNKNOWN(deps)"


def test_a_setup_that_the_change_breaks_is_refused_a_pass(lab: MakeLab) -> None:
    rules = PLAIN[".oneshot.toml"].replace("[sides]", 'setup = "grep 1 deps.lock"\n[sides]')
    made = lab({**PLAIN, ".oneshot.toml": rules, "deps.lock": "1\n"})
    assert said(made.prove({"deps.lock": "2\n"}).proof) == "UNKNOWN(deps)"


# -- weakened -----------------------------------------------------------------------------------


@pytest.mark.long
def test_a_test_that_was_made_to_pass_either_way_is_weakened(lab: MakeLab) -> None:
    made = lab(BASE)
    loose = TESTS.replace("assert sub(3, 1) == 2", "assert sub(3, 1) in (2, 4)")
    proof = made.prove(
        {
            "calc.py": CALC.replace("a - b", "a + b") + "\n\ndef neg(a):\n    return -a\n",
            "tests/test_calc.py": loose,
            "tests/test_neg.py": NEG,
        }
    ).proof
    assert said(proof) == "FAIL(weakened)"
    assert proof.notes[0].startswith("tests/test_calc.py::test_sub: ")


NEG: Final = "from calc import neg\n\n\ndef test_neg():\n    assert neg(1) == -1\n"
CHECK: Final = "from calc import sub\n\n\ndef check(a, b, made):\n    assert sub(a, b) == made\n"


@pytest.mark.parametrize(
    ("files", "was", "becomes"),
    [
        pytest.param(
            {"tests/test_sub.py": CHECK + "\n\ndef test_sub():\n    check(3, 1, 2)\n"},
            "assert sub(a, b) == made",
            "assert sub(a, b)",
            id="in-the-file",
        ),
        pytest.param(
            {
                "tests/checks.py": CHECK,
                "tests/test_sub.py": "from checks import check\n\n\n"
                "def test_sub():\n    check(3, 1, 2)\n",
            },
            "assert sub(a, b) == made",
            "assert sub(a, b)",
            id="in-a-file-that-tests-share",
        ),
        pytest.param(
            {"tests/test_sub.py": f"LIKE = {{2}}\n{CHECK.partition('def')[0]}"
             "def test_sub():\n    assert sub(3, 1) in LIKE\n"},
            "{2}",
            "{2, 4}",
            id="by-a-constant",
        ),
        pytest.param(
            {"tests/test_sub.py": f"{CHECK.partition('def')[0]}"
             "def test_sub():\n    made = sub(3, 1)\n    assert made == 2\n"},
            "made = sub(3, 1)",
            "made = 3 - 1",
            id="by-not-calling-it",
        ),
        pytest.param(
            {"tests/test_sub.py": f"{CHECK.partition('def')[0]}"
             "def test_sub():\n    assert sub(3, 1) == 2\n"},
            "():\n",
            "():\n    return\n",
            id="by-an-end-before-it",
        ),
    ],
)  # fmt: skip
@pytest.mark.long
def test_a_test_is_weakened_around_what_it_asserts(
    lab: MakeLab, files: dict[str, str], was: str, becomes: str
) -> None:
    made = lab({"pytest.ini": INI, "calc.py": CALC, **files})
    after = {path: text.replace(was, becomes) for path, text in files.items() if was in text}
    assert after
    broken = CALC.replace("a - b", "a + b") + "\n\ndef neg(a):\n    return -a\n"
    proof = made.prove({**after, "calc.py": broken, "tests/test_neg.py": NEG}).proof
    assert said(proof) == "FAIL(weakened)"
    assert proof.notes[0].startswith("tests/test_sub.py::test_sub: ")


def test_an_edited_test_that_the_change_turns_proves_itself(lab: MakeLab) -> None:
    """A renamed key with its tests: each is red with its new name on the old code."""
    made = lab({**PLAIN, "word.txt": "colour\n", "tests/run.sh": "grep -qx colour word.txt\n"})
    proof = made.prove({"word.txt": "color\n", "tests/run.sh": "grep -qx color word.txt\n"}).proof
    assert said(proof) == "PASS behaviour"


def test_a_test_that_is_adapted_and_asserts_what_it_did_is_not_weakened(lab: MakeLab) -> None:
    """pluggy dd20a85: a hook without self warns from now on, which old tests have to expect."""
    made = lab({**BASE, "pytest.ini": INI + "filterwarnings = error\n"})
    warns = "import warnings\n" + CALC.replace(
        "    return a - b", "    warnings.warn('sub is old', FutureWarning)\n    return a - b"
    )
    adapted = TESTS.replace(
        "def test_sub", "@pytest.mark.filterwarnings('ignore::FutureWarning')\ndef test_sub"
    )
    proof = made.prove(
        {
            "calc.py": warns,
            "tests/test_calc.py": f"import pytest\n{adapted}",
            "tests/test_warns.py": "import pytest\nfrom calc import sub\n\n\ndef test_warns():\n"
            "    with pytest.warns(FutureWarning):\n        sub(1, 1)\n",
        }
    ).proof
    assert said(proof) == "PASS behaviour"


def test_settings_that_old_tests_break_weaken_none(lab: MakeLab) -> None:
    """toolz af7f85a: warnings become errors, and the tests that had one are put right."""
    made = lab(
        {**BASE, "tests/test_calc.py": TESTS + "\n\ndef test_open():\n    assert open(__file__)\n"}
    )
    tidy = "\n\ndef test_open():\n    with open(__file__) as file:\n        assert file\n"
    strict = "filterwarnings = error\n"
    proof = made.prove({"pytest.ini": INI + strict, "tests/test_calc.py": TESTS + tidy}).proof
    assert said(proof) in ("PASS environment", "PASS test-only")


def test_a_file_that_only_gained_tests_is_not_run_as_it_was(lab: MakeLab) -> None:
    made = lab(BASE)
    negs = "\n\ndef test_neg():\n    import calc\n    assert calc.neg(1) == -1\n"
    code = {"calc.py": CALC + "\n\ndef neg(a):\n    return -a\n"}
    assert said(made.prove({**code, "tests/test_calc.py": TESTS + negs}).proof) == "PASS behaviour"
    assert made.runs() == 2  # without the change, and with it


def test_a_test_that_was_only_tidied_is_not_weakened(lab: MakeLab) -> None:
    made = lab(BASE)
    more = "\n\ndef neg(a):\n    return -a\n"
    tidied = TESTS.replace("add, sub", "add, neg, sub").replace("== 3", "== 1 + 2")
    tidied += "\n\ndef test_neg():\n    assert neg(1) == -1\n"
    proof = made.prove({"calc.py": CALC + more, "tests/test_calc.py": tidied}).proof
    assert said(proof) == "PASS behaviour"


@pytest.mark.long
def test_h46_a_test_that_moved_is_neither_gone_nor_new(lab: MakeLab) -> None:
    made = lab(BASE)
    before = made.head()
    judged = made.prove({"tests/test_calc.py": None, "tests/sums/test_calc.py": TESTS})
    assert said(judged.proof) == "PASS test-only"
    assert said(made.prover().suite(made.head(), before, judged.leaving)) == "PASS"


# -- removal -------------------------------------------------------------------------------------

WITHOUT_SUB: Final = CALC.partition("\n\n\ndef sub")[0] + "\n"
ADD_ALONE: Final = "from calc import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"
SUB_ALONE: Final = "from calc import sub\n\n\ndef test_it():\n    assert sub(1, 1) == 0\n"


def test_what_goes_may_take_its_tests_along(lab: MakeLab) -> None:
    made = lab({**BASE, "tests/test_calc.py": ADD_ALONE, "tests/test_sub.py": SUB_ALONE})
    judged = made.prove({"calc.py": WITHOUT_SUB, "tests/test_sub.py": None})
    assert said(judged.proof) == "PASS removal"
    assert judged.leaving == {("pytest", "tests/test_sub.py::test_it")}
    assert judged.proof.notes == ("1 test went along",)
    # At the tip they are not missed; others would be.
    before, after = judged.change.parent_tree, judged.change.tree
    assert said(made.prover().suite(after, before)) == "FAIL(vanished)"
    assert said(made.prover().suite(after, before, judged.leaving)) == "PASS"


def test_a_removal_may_not_take_other_tests_along(lab: MakeLab) -> None:
    other = "from calc import add\n\n\ndef test_it():\n    assert add(1, 1) == 2\n"
    made = lab({**BASE, "tests/test_calc.py": "", "tests/test_other.py": other})
    proof = made.prove({"calc.py": WITHOUT_SUB, "tests/test_other.py": None}).proof
    assert said(proof) == "FAIL(vanished)"


def test_a_removal_of_what_is_used_is_refused(lab: MakeLab) -> None:
    made = lab({**PLAIN, "two.txt": "2\n", "tests/run.sh": "cat *.txt | grep -q 2\n"})
    assert said(made.prove({"two.txt": None}).proof) == "FAIL(regression)"
    assert said(made.prove({"word.txt": "one\n"}).proof) == "PASS removal"


def test_a_removal_with_an_edit_is_none(lab: MakeLab) -> None:
    made = lab({**PLAIN, "two.txt": "2\n"})
    assert said(made.prove({"two.txt": None, "word.txt": "one and only\n"}).proof) == (
        "FAIL(no-test)"
    )
    assert said(declared(made, "removal", {"word.txt": "one\n"})) == "PASS removal"


# -- refactor ------------------------------------------------------------------------------------


def test_a_declared_refactoring_is_shown_as_declared(lab: MakeLab) -> None:
    made = lab(BASE)
    helper = "def plus(a, b):\n    return a + b\n\n\n"
    shorter = helper + CALC.replace("return a + b", "return plus(a, b)")
    assert said(made.prove({"calc.py": shorter}).proof) == "FAIL(no-test)"
    proof = declared(made, "refactor", {"calc.py": CALC})
    assert said(proof) == "PASS refactor"
    assert proof.declared
    assert proof.told.startswith("PASS refactor (declared)")


def test_a_refactoring_that_no_test_executes_is_uncovered(lab: MakeLab) -> None:
    made = lab(BASE)
    cold = CALC + "\n\ndef never(a):\n    if a:\n        return 1\n    return 2\n"
    made.commit({"calc.py": cold})
    proof = declared(made, "refactor", {"calc.py": cold.replace("return 2", "return 1 + 1")})
    assert said(proof) == "FAIL(uncovered)"
    assert proof.notes == ("no test executes calc.py:12",)


@pytest.mark.long
@pytest.mark.parametrize(
    "line",
    [
        "return a + b if a != 13 else 0",
        "return a + b and a != 13 and a + b",
        "return (lambda: a + b)()",
        "return sum(x for x in (a, b) if x != 13)",
        "if a == 13: return 0\n    return a + b",
    ],
)
def test_a_refactoring_hides_no_branch_within_a_line(lab: MakeLab, line: str) -> None:
    proof = declared(lab(BASE), "refactor", {"calc.py": CALC.replace("return a + b", line)})
    assert said(proof) == "FAIL(uncovered)"
    assert proof.notes[0].startswith("calc.py: a new branch within a line")


def test_a_branch_may_move_into_a_line(lab: MakeLab) -> None:
    apart = CALC.replace("return a + b", "if a:\n        return a + b\n    return b")
    within = CALC.replace("return a + b", "return a + b if a else b")
    made = lab({**BASE, "calc.py": apart})
    assert said(declared(made, "refactor", {"calc.py": within})) == "PASS refactor"


def test_what_has_no_effect_needs_no_execution(lab: MakeLab) -> None:
    """A statement over several lines counts as one; comments, docstrings and `pass` as none."""
    made = lab(BASE)
    long = (
        '"""Sums."""\n\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import os\n\n\n'
        'def add(a, b):\n    """Add."""\n    return sum(\n        (  # both\n            a,\n'
        "            b,\n        )\n    )\n\n\ndef sub(a, b):\n    return a - b\n"
    )
    assert said(declared(made, "refactor", {"calc.py": long})) == "PASS refactor"


@pytest.mark.long
def test_a_refactoring_keeps_its_tests(lab: MakeLab) -> None:
    made = lab(BASE)
    change = {"calc.py": CALC.replace("a + b", "b + a")}
    fewer = TESTS.partition("\n\n\ndef test_sub")[0] + "\n"
    assert said(declared(made, "refactor", {**change, "tests/test_calc.py": fewer})) == (
        "FAIL(vanished)"
    )


@pytest.mark.long
def test_a_refactoring_brings_no_test_that_would_execute_it(lab: MakeLab) -> None:
    """Else a test that asserts nothing could cover anything."""
    made = lab(BASE)
    vacuous = TESTS + "\n\ndef test_more():\n    assert add(1, 1)\n"
    proof = declared(
        made, "refactor", {"calc.py": CALC.replace("a + b", "b + a"), "tests/test_calc.py": vacuous}
    )
    assert said(proof) == "FAIL(new-test)"
    assert proof.notes == ("tests/test_calc.py::test_more is new",)


def test_a_refactoring_may_move_code_and_rename_tests(lab: MakeLab) -> None:
    made = lab({**BASE, "tests/test_calc.py": TESTS.replace("from calc", "from calc")})
    proof = declared(
        made,
        "refactor",
        {
            "calc.py": None,
            "sums.py": CALC,
            "tests/test_calc.py": None,
            "tests/test_sums.py": TESTS.replace("from calc", "from sums"),
        },
    )
    # Its tests are red without it: that is a proof, and stands above the declaration.
    assert said(proof) == "PASS behaviour"
    assert not proof.declared


def test_a_suite_that_fails_bears_nothing_out(lab: MakeLab) -> None:
    made = lab({**PLAIN, "tests/run.sh": "exit 1\n"})
    assert said(declared(made, "refactor", {"word.txt": "two\n"})) == "FAIL(suite-failed)"


def test_a_runner_that_cannot_tell_lines_says_so(lab: MakeLab) -> None:
    made = lab(PLAIN)
    proof = declared(made, "refactor", {"word.txt": "one\n2\n"})
    assert said(proof) == "PASS refactor"
    assert proof.notes[-1] == "which lines the tests execute is not known here"


def test_a_coverage_tool_that_took_our_place_is_no_evidence(lab: MakeLab) -> None:
    made = lab({**BASE, "tests/conftest.py": "import sys\n\nsys.settrace(lambda *_: None)\n"})
    proof = declared(made, "refactor", {"calc.py": CALC.replace("a + b", "b + a")})
    assert proof.word == "PASS"
    assert ("is not known here" in proof.notes[-1]) or hasattr(__import__("sys"), "monitoring")


# -- revert ---------------------------------------------------------------------------------------


def reverted(made: Lab, files: Files) -> None:
    """A change, and then what git makes of it when it is reverted."""
    made.commit(files)
    made.repo.git("revert", "--no-edit", "HEAD")


def test_h25_a_revert_is_exempt_and_its_tests_may_go(lab: MakeLab) -> None:
    made = lab(PLAIN)
    reverted(made, {"word.txt": "one\nsix\n", "tests/run.sh": "grep -q six word.txt\n"})
    judged = committed(made)
    assert said(judged.proof) == "PASS revert"
    assert judged.leaving == frozenset()


def test_a_revert_is_never_refused_for_what_the_suite_says(lab: MakeLab) -> None:
    made = lab({**PLAIN, "tests/run.sh": "grep -q six word.txt\n"})
    reverted(made, {"word.txt": "one\nsix\n"})
    judged = committed(made)
    assert said(judged.proof) == "PASS revert"
    assert judged.proof.notes[1].startswith("the suite is FAIL(regression)")
    before, after = judged.change.parent_tree, judged.change.tree
    assert said(made.prover().suite(after, before, judged.leaving)) == "PASS"


def test_a_revert_of_an_older_commit_is_what_git_would_merge(lab: MakeLab) -> None:
    made = lab(PLAIN)
    made.commit({"word.txt": "1\ntwo\nthree\nfour\nfive\n"})
    first = made.repo.git("rev-parse", "HEAD")
    made.commit({"word.txt": "1\ntwo\nthree\nfour\n5\n"})
    made.repo.git("revert", "--no-edit", first)
    assert said(committed(made).proof) == "PASS revert"


@pytest.mark.parametrize("what", ["more", "another", "unrelated"])
def test_what_only_says_that_it_reverts_is_judged_like_any_other(lab: MakeLab, what: str) -> None:
    made = lab(PLAIN)
    made.commit({"word.txt": "one\nsix\n"})
    commit = made.repo.git("rev-parse", "HEAD")
    made.commit(
        {"more": {"word.txt": PLAIN["word.txt"] + "seven\n"}}.get(what, {"word.txt": "8\n"})
    )
    if what == "unrelated":  # a commit that HEAD does not have, made to be reverted
        made.repo.git("reset", "-q", "--hard", "HEAD^^")
        made.commit({"word.txt": "one\n"})
    made.repo.git("commit", "-q", "--amend", "-m", f"x\n\nThis reverts commit {commit}.")
    assert committed(made).proof.kind != "revert"
    assert committed(made).proof.word == "FAIL" or what == "unrelated"


# -- merge ----------------------------------------------------------------------------------------


def two_lines(made: Lab, ours: Files, theirs: Files) -> None:
    """A branch `side` with one change, and main with another."""
    made.repo.git("switch", "-q", "-c", "side")
    made.commit(theirs)
    made.repo.git("switch", "-q", "main")
    made.commit(ours)


def merge(made: Lab, files: Files) -> Judged:
    """Merge `side`; ``files`` are what a hand makes of it."""
    made.git.call("-c", "user.name=A", "merge", "-q", "--no-commit", "side", ok=(0, 1))
    for path, text in files.items():
        made.repo.write(path, text or "")
        made.repo.git("add", "--", path)
    made.repo.git("commit", "-q", "-m", "merge")
    return committed(made)


OURS: Final = PLAIN["word.txt"].replace("one", "one!")
THEIRS: Final = PLAIN["word.txt"].replace("five", "5")


def test_h21_what_git_merges_by_itself_asks_for_nothing(lab: MakeLab) -> None:
    made = lab(PLAIN)
    two_lines(made, {"word.txt": OURS}, {"word.txt": THEIRS})
    judged = merge(made, {})
    assert said(judged.proof) == "PASS merge"
    assert judged.proof.notes == ("judged by the suite of the tip",)
    assert made.runs() == 0


def test_h22_an_evil_merge_does_not_pass_in_silence(lab: MakeLab) -> None:
    made = lab(PLAIN)
    two_lines(made, {"word.txt": OURS}, {"word.txt": THEIRS})
    both = OURS.replace("five", "5")
    proof = merge(made, {"word.txt": both.replace("three", "drei")}).proof
    assert said(proof) == "FAIL(no-test)"
    assert "by hand, with changed lines: word.txt (1)" in proof.notes
    # Lines that a hand takes out are no less evil.
    made.repo.git("reset", "-q", "--hard", "HEAD^")
    assert said(merge(made, {"word.txt": both.replace("one!\n", "")}).proof) == "FAIL(regression)"


def test_an_addition_to_a_merge_may_bring_its_test(lab: MakeLab) -> None:
    made = lab(PLAIN)
    two_lines(made, {"word.txt": OURS}, {"word.txt": THEIRS})
    files = {
        "word.txt": OURS.replace("five", "5") + "six\n",
        "tests/run.sh": "grep -q six word.txt\n",
    }
    assert said(merge(made, files).proof) == "PASS merge"


@pytest.mark.parametrize("resolved", ["ours\n", "theirs\n", "ours\ntheirs\n", "theirs\nours\n"])
def test_a_conflict_that_is_settled_by_what_there_is_is_listed(lab: MakeLab, resolved: str) -> None:
    made = lab({**PLAIN, "word.txt": "one\n"})
    two_lines(made, {"word.txt": "one\nours\n"}, {"word.txt": "one\ntheirs\n"})
    proof = merge(made, {"word.txt": "one\n" + resolved}).proof
    assert said(proof) == "PASS merge"
    assert proof.notes[0].startswith("by hand, with changed lines: word.txt")


def test_h22_a_conflict_that_is_settled_by_something_new_needs_a_test(lab: MakeLab) -> None:
    made = lab({**PLAIN, "word.txt": "one\n"})
    two_lines(made, {"word.txt": "one\nours\n"}, {"word.txt": "one\ntheirs\n"})
    assert said(merge(made, {"word.txt": "one\nnobody's\n"}).proof) == "FAIL(no-test)"


def test_a_merge_by_hand_may_not_undo_what_one_parent_mended(lab: MakeLab) -> None:
    """Cheat: a second parent that has the old lines, and changed nothing of them."""
    made = lab(PLAIN)
    made.repo.git("branch", "old")
    made.commit({"word.txt": THEIRS})
    side = made.repo.git("commit-tree", "old^{tree}", "-p", "old", "-m", "side")
    evil = made.repo.git("commit-tree", "old^{tree}", "-p", "HEAD", "-p", side, "-m", "merge")
    made.repo.git("reset", "-q", "--hard", evil)
    assert said(committed(made).proof) == "FAIL(no-test)"


def test_a_settled_conflict_may_not_undo_what_is_beside_it(lab: MakeLab) -> None:
    lines = "".join(f"{n}\n" for n in ("one", *range(9)))
    made = lab({**PLAIN, "word.txt": lines})
    mended = lines.replace("8", "mended")
    two_lines(
        made, {"word.txt": mended.replace("0", "ours")}, {"word.txt": lines.replace("0", "x")}
    )
    assert said(merge(made, {"word.txt": lines.replace("0", "x")}).proof) == "FAIL(no-test)"
    made.repo.git("reset", "-q", "--hard", "HEAD^")
    assert said(merge(made, {"word.txt": mended.replace("0", "x")}).proof) == "PASS merge"


def test_a_merge_of_three_lines_is_merged_two_by_two(lab: MakeLab) -> None:
    made = lab({**PLAIN, "a.txt": "a\n", "b.txt": "b\n"})
    for name in ("a", "b"):
        made.repo.git("switch", "-q", "-c", name, "main")
        made.commit({f"{name}.txt": f"{name}{name}\n"})
    made.repo.git("switch", "-q", "main")
    made.commit({"word.txt": OURS})
    made.repo.git("merge", "-q", "-m", "three", "a", "b")
    assert said(committed(made).proof) == "PASS merge"


def test_what_only_a_type_checker_reads_needs_no_run_and_its_else_does() -> None:
    """A declared refactor could hide code behind any condition that ends in the name."""
    source = (
        b"from typing import TYPE_CHECKING\n"
        b"if TYPE_CHECKING:\n    import a\nelse:\n    launch()\n"
        b"if not TYPE_CHECKING:\n    launch()\n"
    )
    assert [first for first, _ in _statements(source, frozenset({3, 5, 7}))] == [5, 7]


@pytest.mark.parametrize(
    ("head", "flag", "idle"),
    [
        ("from typing import TYPE_CHECKING", "TYPE_CHECKING", True),
        ("from typing_extensions import TYPE_CHECKING as TC", "TC", True),
        ("import typing", "typing.TYPE_CHECKING", True),
        ("import typing as t", "t.TYPE_CHECKING", True),
        ("from app import settings", "settings.TYPE_CHECKING", False),
        ("from app import TYPE_CHECKING", "TYPE_CHECKING", False),
        ("from .typing import TYPE_CHECKING", "TYPE_CHECKING", False),
        ("from typing import TYPE_CHECKING\nfrom app import *", "TYPE_CHECKING", False),
        ("from typing import TYPE_CHECKING\nTYPE_CHECKING = True", "TYPE_CHECKING", False),
        ("import typing\ntyping.TYPE_CHECKING = True", "typing.TYPE_CHECKING", False),
        ("import typing\nsetattr(typing, 'TYPE_CHECKING', 1)", "typing.TYPE_CHECKING", False),
        ("import typing\nimport app as typing", "typing.TYPE_CHECKING", False),
        ("from typing import TYPE_CHECKING\ndef TYPE_CHECKING(): ...", "TYPE_CHECKING", False),
        ("from typing import TYPE_CHECKING", "not TYPE_CHECKING", False),
        ("", "TYPE_CHECKING", False),
    ],
)
def test_what_hides_behind_a_flag_that_is_not_typings_is_run(
    head: str, flag: str, *, idle: bool
) -> None:
    """Cheat: `settings.TYPE_CHECKING` may be true, and a refactor hid its code there."""
    source = f"{head}\nif {flag}:\n    launch()\n".encode()
    last = source.count(b"\n")
    assert [*_statements(source, frozenset({last}))] == ([] if idle else [(last, last)])
    without = source.replace(b"launch()", b"sink()")
    assert same_python(source, without) is idle


def test_conflicts_are_settled_however_many_there_are(
    lab: MakeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An argument list does not hold every number of names: they are asked for in parts."""
    monkeypatch.setattr("git_oneshot.proof.classes.merges.AT_ONCE", 1)
    made = lab({"a": "1\n", "b": "1\n"})
    made.repo.git("branch", "other")
    made.commit({"a": "ours\n", "b": "ours\n"})
    ours = made.head()
    made.repo.git("switch", "-q", "other")
    made.commit({"a": "theirs\n", "b": "theirs\n"})
    parents = [made.repo.git("rev-parse", name) for name in ("main", "other")]
    assert merged(made.git, parents).ours == ours
