"""Tests that stand inside of the code: told from it, or put to the test part by part (H47)."""

from itertools import count
from typing import Final

import pytest

from git_oneshot.proof.classes.inside import both, taken_apart
from git_oneshot.proof.suites import rules_of
from git_oneshot.proof.trees.change import read_change
from git_oneshot.proof.trees.made import hybrid
from tests.proof.conftest import MakeLab
from tests.proof.lab import INI, Files, said

CALC: Final = '''\
def add(a, b):
    """Add.

    >>> add(1, 2)
    3
    """
    return a + b
'''
MORE: Final = '''

def sub(a, b):
    """Subtract.

    >>> sub(3, 1)
    2
    """
    return a - b
'''
PYTHON: Final = {
    "calc.py": CALC,
    "pytest.ini": INI + "    --doctest-modules\n",
    "test_calc.py": "def test_it():\n    assert True\n",
}
DOUBLED: Final = CALC.replace("    3\n", "    6\n").replace("a + b", "(a + b) * 2")


@pytest.mark.parametrize(
    ("calc", "verdict"),
    [
        (CALC + MORE, "PASS behaviour"),
        (DOUBLED, "PASS behaviour"),
        (CALC.replace("a + b", "b + a"), "FAIL(no-test)"),
        (CALC.replace("Add.", "Add two.").replace("a + b", "b + a"), "FAIL(no-test)"),
        (CALC.replace(">>> add(1", ">>> add(2 - 1").replace("a + b", "b + a"), "FAIL(vacuous-red)"),
        (CALC + MORE.replace("sub(3, 1)\n    2", "1 + 1\n    2"), "FAIL(vacuous-red)"),
        (CALC.replace("    3\n", "    3\n    >>> add(2, 2)\n    4\n"), "PASS test-only"),
        (CALC.replace("    3\n", "    3\n    >>> add(2, 2)\n    5\n"), "FAIL(green-failed)"),
        (CALC.replace("Add.", "Sum up."), "PASS inert"),
    ],
)
def test_h47_examples_in_docstrings_are_tests_where_they_are_run(
    lab: MakeLab, calc: str, verdict: str
) -> None:
    assert said(lab(PYTHON).prove({"calc.py": calc}).proof) == verdict


def test_h47_where_nothing_runs_them_examples_are_words(lab: MakeLab) -> None:
    made = lab({**PYTHON, "pytest.ini": INI})
    assert said(made.prove({"calc.py": CALC + MORE}).proof) == "FAIL(no-test)"


def test_h47_a_new_module_with_examples(lab: MakeLab) -> None:
    proof = lab(PYTHON).prove({"more.py": MORE}).proof
    assert said(proof) == "PASS behaviour"
    assert [(t.id, t.red, t.green) for t in proof.tests if t.turned] == [
        ("more.py::more.sub", "failed", "passed")
    ]


RUST: Final = "pub fn add(a: i32, b: i32) -> i32 { a + b }\n"
INNER: Final = "\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn it() {}\n}\n"
CARGO: Final = {"Cargo.toml": "[package]\nname = 'calc'\n", "src/lib.rs": RUST + INNER}


@pytest.mark.parametrize(
    ("files", "sides", "mixed"),
    [
        ({"src/lib.rs": RUST.replace("a + b", "b + a") + INNER}, ["production"], ()),
        ({"src/lib.rs": RUST + INNER.replace("it()", "other()")}, ["test"], ()),
        ({"src/lib.rs": RUST}, ["test"], ()),
        (
            {"src/lib.rs": RUST.replace("a + b", "b + a") + INNER.replace("it()", "other()")},
            ["production", "test"],
            (),
        ),
        ({"src/new.rs": RUST + INNER}, ["production", "test"], ()),
        ({"src/new.rs": RUST}, ["production"], ()),
        ({"src/new.rs": RUST + "#[cfg(test)] mod tests {\n"}, ["production"], ("src/new.rs",)),
        ({"src/new.rs": "/// ```\n/// f();\n/// ```\nfn f() {}\n"}, ["production"],
         ("src/new.rs",)),
    ],
)  # fmt: skip
def test_h47_a_file_of_both_is_on_both_sides(
    lab: MakeLab, files: Files, sides: list[str], mixed: tuple[str, ...]
) -> None:
    made = lab(CARGO)
    before = made.head()
    rules = rules_of(made.git, before)
    change = read_change(made.git, before, made.commit(files), rules)
    apart = taken_apart(made.git, change, rules)
    assert [f.side for f in apart.change.files] == sides
    assert apart.mixed == mixed


def test_h47_the_hybrid_tree_has_the_old_code_with_the_new_tests(lab: MakeLab) -> None:
    made = lab(CARGO)
    before, tests = made.head(), INNER.replace("it()", "other()")
    after = made.commit({"src/lib.rs": RUST.replace("a + b", "b + a") + tests})
    rules = rules_of(made.git, before)
    change = taken_apart(made.git, read_change(made.git, before, after, rules), rules).change
    text = made.git.output("show", f"{hybrid(made.git, change)}:src/lib.rs").decode()
    assert "a + b" in text
    assert "fn other()" in text
    assert "fn it()" not in text
    assert [(f.path, f.side) for f, _ in both(change)] == [("src/lib.rs", "production")]


# A language of our own, in which a line that begins with `test` is a test: it names a word that
# the code of some file must have. A file counts when `main.zig` names it.
RUN: Final = """\
n=0 bad=0
for file in main.zig $(sed -n 's/^use //p' main.zig); do
    while read -r kind name word _; do
        [ "$kind" = test ] || continue
        n=$((n + 1))
        if cat *.zig | grep -qx "fn $word"; then echo "ok $n - $file $name"
        else echo "not ok $n - $file $name"; bad=1; fi
    done < "$file"
done
echo "1..$n"
exit $bad
"""
ZIG: Final = {
    ".oneshot.toml": '[[suite]]\nname = "zig"\nrunner = "tap"\ncommand = "sh run.sh"\n'
    '[sides]\ntest = ["run.sh"]\nproduction = ["*.zig"]\n',
    "run.sh": RUN,
    "main.zig": "fn one\ntest a one {\n",
}


@pytest.mark.parametrize(
    ("files", "verdict"),
    [
        # a test that came with what it tests, in one hunk each
        ({"main.zig": "fn two\nfn one\ntest a one {\ntest b two {\n"}, "PASS behaviour"),
        (
            {"main.zig": "use a.zig\nfn one\ntest a one {\n", "a.zig": "fn two\n\ntest b two {\n"},
            "PASS behaviour",
        ),
        # one that another test misses, which passed before
        ({"main.zig": "fn half\ntest a one {\nfn one\n"}, "UNKNOWN(inseparable)"),
        # one that nothing tests
        ({"main.zig": "fn two\nfn one\ntest a one {\ntest b one {\n"}, "UNKNOWN(inseparable)"),
        ({"main.zig": "fn one\ntest a one {\ntest b two {\n"}, "FAIL(green-failed)"),
    ],
)  # fmt: skip
def test_h47_what_cannot_be_taken_apart_is_put_back_part_by_part(
    lab: MakeLab, files: Files, verdict: str
) -> None:
    proof = lab(ZIG).prove(files).proof
    assert said(proof) == verdict
    if proof.word == "PASS":
        assert [t.id for t in proof.tests] and "b" in proof.tests[0].id
        assert "the tests are inside of the code" in proof.notes[0]


def test_h47_a_language_without_such_tests_is_asked_nothing(lab: MakeLab) -> None:
    made = lab({**ZIG, "main.zig": "fn one\n"})
    assert said(made.prove({"main.zig": "fn two\n"}).proof) == "FAIL(no-test)"
    assert made.runs() == 0


def test_h47_a_commit_does_not_wait_for_all_parts(
    lab: MakeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = lab(ZIG)
    before = made.head()
    tree = made.commit({"main.zig": "fn two\nfn one\ntest a one {\ntest b one {\nfn three\n"})
    clock = count(step=30)
    monkeypatch.setattr("git_oneshot.proof.classes.halves.monotonic", lambda: next(clock))
    assert said(made.prover(limit=50).prove(before, tree).proof) == "UNKNOWN(budget)"
    assert said(made.prover().prove(before, tree).proof) == "UNKNOWN(inseparable)"
