"""What two runs of the tests say about a change: every reason, every code, and the laws."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Final, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from git_oneshot.cli import text
from git_oneshot.core import facts as f
from git_oneshot.core.facts import Proof
from git_oneshot.core.verdicts.codes import DOUBTS, FAILURES
from git_oneshot.core.verdicts.reasons import reason
from git_oneshot.core.verdicts.regression import regression, unchanged
from git_oneshot.core.verdicts.runs import FAILING, Facts, Outcome, Pair, Result, Run, worst
from git_oneshot.core.verdicts.verdict import SHOWN, judge, seen_red
from tests.proof.lab import said

TEST: Final = "tests/test_calc.py"
CALC: Final = "src/calc.py"
# The change edits src/calc.py, which gets `add` and `Tool[...]`; it brings src/new/tool.py and
# data/words.txt.
FACTS: Final = Facts(
    production=frozenset((CALC, "src/new/tool.py")),
    names=frozenset(("add", "Tool", "both", "__getitem__")),
    files=frozenset(("src/new/tool.py", "data/words.txt")),
)
NEUTRAL: Final = Facts()
TABLED: Final = (
    "rules-mixed",
    "rules-invalid",
    "flaky",
    "unpinned",
    "check-failed",
    "weakened",
    "uncovered",
    "fixup",
)  # FAILURES that the prover finds out by itself


def ran(
    outcome: Outcome = "passed",
    raised: str = "",
    *,
    id: str = f"{TEST}::test_add",  # noqa: A002 - as the field is called
    file: str = TEST,
    when: str = "call",
    missing: str = "",
    frames: tuple[str, ...] = (TEST,),
) -> Result:
    """What one test did. ``raised``: an exception and, after dots, its bases."""
    exception, *bases = raised.split(".") if raised else ("",)
    return Result(
        id=id,
        outcome=outcome,
        file=file,
        when=when,
        exception=exception,
        bases=(exception, *bases) if raised else (),
        missing=missing,
        frames=frames if raised else (),
    )


PASSED: Final = ran()
FAILED: Final = ran("failed", "AssertionError")
UNRELATED: Final = ran("failed", "ValueError")
SKIPPED: Final = ran("skipped")
UNCOLLECTED: Final = ran(
    "error", "ModuleNotFoundError.ImportError", id=TEST, when="collect", missing="new.tool"
)
NO_PACKAGE: Final = ran(
    "error", "ModuleNotFoundError.ImportError", id=TEST, when="collect", missing="yaml"
)


def run(*results: Result, trouble: str = "") -> Run:
    """A run in which these tests came out so."""
    return Run(results=results, trouble=trouble, detail=f"because of {trouble}" if trouble else "")


def judged(
    red: Result | Iterable[Result], green: Result | Iterable[Result], facts: Facts = FACTS
) -> Proof:
    """The proof of one suite's two runs."""
    before = [red] if isinstance(red, Result) else red
    after = [green] if isinstance(green, Result) else green
    return judge([Pair("all", run(*before), run(*after))], facts, other="test-only")


# -- the right reason ----------------------------------------------------------------

ACCEPTED: Final[dict[str, tuple[Result, str]]] = {
    "an assertion": (ran("failed", "AssertionError.Exception"), "assertion"),
    "an assertion of a class of its own": (
        ran("failed", "Differs.AssertionError.Exception"),
        "assertion",
    ),
    "pytest.fail, DID NOT RAISE": (ran("failed", "Failed.OutcomeException"), "assertion"),
    "an exception through production code": (
        ran("failed", "ZeroDivisionError.ArithmeticError", frames=(TEST, CALC)),
        "production",
    ),
    "an exception through production code that the change leaves alone": (
        ran("failed", "ValueError", frames=(TEST, "src/other.py")),
        "production",
    ),
    "through production code by way of a helper": (
        ran("failed", "ValueError", frames=(TEST, "tests/helper.py", CALC)),
        "production",
    ),
    "a function that the change adds": (
        ran("failed", "ImportError.Exception", missing="add"),
        "missing-symbol",
    ),
    "an attribute that the change adds": (
        ran("failed", "AttributeError", missing="add"),
        "missing-symbol",
    ),
    "a name that the change adds": (ran("failed", "NameError", missing="Tool"), "missing-symbol"),
    "a subclass of NameError": (
        ran("failed", "UnboundLocalError.NameError", missing="add"),
        "missing-symbol",
    ),
    "an argument that the change adds": (
        ran("failed", "TypeError", missing="both"),
        "missing-symbol",
    ),
    "a method of an operation that the change adds": (
        replace(ran("failed", "TypeError"), message="'Tool' object is not subscriptable"),
        "missing-symbol",
    ),
    "a key that the change adds": (
        ran("failed", "KeyError.LookupError", missing="both"),
        "missing-symbol",
    ),
    "a module that the change adds, at import": (UNCOLLECTED, "missing-symbol"),
    "a package that the change adds, at import": (
        ran("error", "ModuleNotFoundError.ImportError", when="collect", missing="new"),
        "missing-symbol",
    ),
    "a module by its full path": (
        ran("error", "ModuleNotFoundError.ImportError", when="collect", missing="src.new.tool"),
        "missing-symbol",
    ),
    "a file that the change adds": (
        ran("failed", "FileNotFoundError.OSError", missing="data/words.txt"),
        "missing-symbol",
    ),
    "a file by its name alone": (
        ran("failed", "FileNotFoundError.OSError", missing="words.txt"),
        "missing-symbol",
    ),
    "a folder that the change fills": (
        ran("failed", "FileNotFoundError.OSError", missing="data"),
        "missing-symbol",
    ),
    "H43: a fixture that fails in a changed file": (
        ran("error", "ValueError", when="setup", frames=("tests/conftest.py", CALC)),
        "production",
    ),
    "H43: a teardown that fails in a changed file": (
        ran("error", "ValueError", when="teardown", frames=("tests/conftest.py", CALC)),
        "production",
    ),
    "a missing name in a fixture": (
        ran("error", "AttributeError", when="setup", missing="add"),
        "missing-symbol",
    ),
    "a command that failed, the suite's own": (
        ran("failed", "exit-code", frames=()),
        "exit-code",
    ),
    "a command that failed, run by the test": (
        ran("failed", "CalledProcessError.SubprocessError"),
        "exit-code",
    ),
}
REJECTED: Final[dict[str, tuple[Result, str]]] = {
    "it passed": (PASSED, "passed"),
    "it was skipped": (SKIPPED, "skipped"),
    "it was expected to fail, and did": (ran("xfailed", "AssertionError"), "xfailed"),
    "it was expected to fail, and passed": (ran("xpassed"), "xpassed"),
    "a strict xfail that passed": (ran("failed"), "xpass"),
    "an exception of the test itself": (ran("failed", "ValueError"), "test-error"),
    "an exception of a test helper": (
        ran("failed", "ValueError", frames=(TEST, "tests/helper.py")),
        "test-error",
    ),
    "an exception of a conftest at the top": (
        ran("failed", "ValueError", frames=(TEST, "conftest.py")),
        "test-error",
    ),
    "an exception of another test module": (
        ran("failed", "ValueError", frames=(TEST, "calc_test.py")),
        "test-error",
    ),
    "a typing error in a name": (ran("failed", "NameError", missing="ad"), "test-error"),
    "an attribute that nobody adds": (
        ran("failed", "AttributeError", missing="append"),
        "test-error",
    ),
    "an argument that nobody adds": (ran("failed", "TypeError", missing="sep"), "test-error"),
    "a type error of no argument": (ran("failed", "TypeError"), "test-error"),
    "an operation that nobody adds": (
        replace(ran("failed", "TypeError"), message="'Tool' object is not callable"),
        "test-error",
    ),
    "an index error": (ran("failed", "IndexError.LookupError"), "test-error"),
    "a key that nobody adds": (
        ran("failed", "KeyError.LookupError", missing="other"),
        "test-error",
    ),
    "a file that nobody adds": (
        ran("failed", "FileNotFoundError.OSError", missing="nowhere.txt"),
        "test-error",
    ),
    "a file with an extension that is a name on an added line": (
        ran("failed", "FileNotFoundError.OSError", missing="words.add"),
        "test-error",
    ),
    "a file with the end of an added file's name": (
        ran("failed", "FileNotFoundError.OSError", missing="rds.txt"),
        "test-error",
    ),
    "a test file with a syntax error": (
        ran("error", "SyntaxError", id=TEST, when="collect"),
        "broken-test",
    ),
    "an assertion at import": (
        ran("error", "AssertionError", id=TEST, when="collect"),
        "broken-test",
    ),
    "production code that raises at import": (
        ran("error", "ValueError", id=TEST, when="collect", frames=(TEST, CALC)),
        "broken-test",
    ),
    "H40: a module that the change does not add": (
        ran("error", "ModuleNotFoundError.ImportError", when="collect", missing="new.other"),
        "broken-test",
    ),
    "H41: a package that is not installed": (NO_PACKAGE, "broken-test"),
    "H43: a fixture that fails by itself": (
        ran("error", "ValueError", when="setup", frames=("tests/conftest.py",)),
        "setup",
    ),
    "H43: a fixture that fails in production code that the change leaves alone": (
        ran("error", "ValueError", when="setup", frames=("tests/conftest.py", "src/other.py")),
        "setup",
    ),
    "H43: a fixture's assertion": (
        ran("error", "AssertionError", when="setup", frames=("tests/conftest.py",)),
        "setup",
    ),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_h43_a_failure_that_the_change_takes_away_counts(case: str) -> None:
    result, name = ACCEPTED[case]
    assert reason(result, FACTS) == (True, name)


@pytest.mark.parametrize("case", REJECTED)
def test_h43_any_other_failure_does_not(case: str) -> None:
    result, name = REJECTED[case]
    assert reason(result, FACTS) == (False, name)


@pytest.mark.parametrize(
    ("red", "green", "said"),
    [
        (UNRELATED, [PASSED], "breaks without the change by an error of its own (ValueError)"),
        (ran("error", "SyntaxError", when="collect"), [PASSED],
         "cannot be collected without the change (SyntaxError)"),
        (ran("error", "ValueError", when="setup"), [PASSED],
         "has a fixture that fails without the change (ValueError)"),
        (ran("failed"), [PASSED], "passes without the change, where it was to fail"),
        (FAILED, [SKIPPED], "fails without the change, and is skipped with it"),
        (FAILED, [], "fails without the change, and is gone with it"),
    ],
    ids=["test-error", "broken-test", "setup", "xpass", "skipped", "gone"],
)  # fmt: skip
def test_why_a_failure_does_not_count_is_said_in_words(
    red: Result, green: list[Result], said: str
) -> None:
    proof = judge([Pair("pytest", run(red), run(*green))], FACTS, other="neutral")
    assert (proof.code, proof.notes) == ("broken-test", (f"{red.id} {said}",))


@pytest.mark.parametrize(
    "missing",
    [
        ran("error", "ModuleNotFoundError.ImportError", when="collect", missing="anything"),
        ran("failed", "AttributeError", missing="anything"),
        ran("failed", "KeyError.LookupError", missing="anything"),
        ran("failed", "FileNotFoundError.OSError", missing="any/thing"),
    ],
    ids=lambda r: r.exception,
)
def test_before_production_is_written_it_may_add_any_name(missing: Result) -> None:
    assert reason(missing, Facts(provisional=True)) == (True, "missing-symbol")
    assert reason(missing, Facts())[0] is False


@pytest.mark.parametrize("raised", ["TypeError", "IndexError.LookupError", "ValueError"])
def test_before_production_is_written_a_test_may_still_be_wrong(raised: str) -> None:
    assert reason(ran("failed", raised), Facts(provisional=True)) == (False, "test-error")


def test_the_table_in_the_docstring_names_every_reason() -> None:
    from git_oneshot.core.verdicts import reasons

    names = {name for _, name in (*ACCEPTED.values(), *REJECTED.values())}
    for name in names - set(get_args(Outcome)):
        accepted = "yes" if name in {n for _, n in ACCEPTED.values()} else "no"
        assert f"\n{name:<18} {accepted:<9} " in f"{reasons.__doc__}"


# -- RED and GREEN --------------------------------------------------------------------

OTHER: Final = ran(id=f"{TEST}::test_other")
JUDGED: Final[dict[str, tuple[list[Result], list[Result], str]]] = {
    "red, then green": ([FAILED], [PASSED], "PASS behaviour"),
    "a missing module, then green": ([UNCOLLECTED], [PASSED, OTHER], "PASS behaviour"),
    "one red is enough": ([FAILED, OTHER], [PASSED, OTHER], "PASS behaviour"),
    "one accepted red beside a rejected one": (
        [FAILED, ran("failed", "ValueError", id="t2")],
        [PASSED, ran(id="t2")],
        "PASS behaviour",
    ),
    "H44: one of the parameters": (
        [ran("failed", "AssertionError", id="t[1]"), ran(id="t[2]")],
        [ran(id="t[1]"), ran(id="t[2]")],
        "PASS behaviour",
    ),
    "H39: green all along": ([PASSED], [PASSED], "FAIL(vacuous-red)"),
    "H39: skipped all along": ([SKIPPED], [SKIPPED], "FAIL(vacuous-red)"),
    "H39: skipped without the change": ([SKIPPED], [PASSED], "FAIL(vacuous-red)"),
    "an expected failure that passes": (
        [ran("xfailed", "AssertionError")],
        [ran("xpassed")],
        "FAIL(vacuous-red)",
    ),
    "red for a reason of its own": ([UNRELATED], [PASSED], "FAIL(broken-test)"),
    "a fixture of its own": (
        [ran("error", "ValueError", when="setup")],
        [PASSED],
        "FAIL(broken-test)",
    ),
    "a test file that only Python can't read": (
        [ran("error", "SyntaxError", id=TEST, when="collect")],
        [PASSED],
        "FAIL(broken-test)",
    ),
    "H40: a submodule that the change does not add": (
        [replace(UNCOLLECTED, missing="new.other")],
        [PASSED],
        "FAIL(broken-test)",
    ),
    "red, then skipped": ([FAILED], [SKIPPED], "FAIL(broken-test)"),
    "red, then gone": ([FAILED], [], "FAIL(broken-test)"),
    "red all along": ([FAILED], [FAILED], "FAIL(green-failed)"),
    "green, then red": ([PASSED], [FAILED], "FAIL(green-failed)"),
    "another test turns red": (
        [FAILED, OTHER],
        [PASSED, replace(OTHER, outcome="failed")],
        "FAIL(green-failed)",
    ),
    "a new test of the file fails": (
        [FAILED],
        [PASSED, replace(OTHER, outcome="failed")],
        "FAIL(green-failed)",
    ),
    "green, then an error in teardown": (
        [FAILED],
        [ran("error", "ValueError", when="teardown")],
        "FAIL(green-failed)",
    ),
    "a submodule is missing with the change": (
        [UNCOLLECTED],
        [replace(UNCOLLECTED, missing="new.other")],
        "FAIL(green-failed)",
    ),
    "green, then skipped": (
        [FAILED, OTHER],
        [PASSED, replace(OTHER, outcome="skipped")],
        "FAIL(skipped)",
    ),
    "green, then expected to fail": (
        [FAILED, OTHER],
        [PASSED, replace(OTHER, outcome="xfailed")],
        "FAIL(skipped)",
    ),
    "green, then gone": ([FAILED, OTHER], [PASSED], "FAIL(vanished)"),
    "parts are named by chance, and as many pass": (
        [
            FAILED,
            OTHER,
            replace(OTHER, id=f"{OTHER.id} (n=1)"),
            replace(OTHER, id=f"{OTHER.id} (n=2)"),
        ],
        [
            PASSED,
            OTHER,
            replace(OTHER, id=f"{OTHER.id} (n=3)"),
            replace(OTHER, id=f"{OTHER.id} (n=4)"),
        ],
        "PASS behaviour",
    ),
    "parts are named by chance, and one is gone": (
        [
            FAILED,
            OTHER,
            replace(OTHER, id=f"{OTHER.id} (n=1)"),
            replace(OTHER, id=f"{OTHER.id} (n=2)"),
        ],
        [PASSED, OTHER, replace(OTHER, id=f"{OTHER.id} (n=3)")],
        "FAIL(vanished)",
    ),
    "parts have other names, of a test that is gone": (
        [FAILED, OTHER, replace(OTHER, id=f"{OTHER.id} (n=1)")],
        [PASSED, replace(OTHER, id=f"{OTHER.id} (n=3)")],
        "FAIL(vanished)",
    ),
    "nothing ran": ([], [], "FAIL(no-test)"),
    "a package is named by the change, and is missing": (
        [replace(NO_PACKAGE, missing="both")],
        [replace(NO_PACKAGE, missing="both")],
        "UNKNOWN(environment)",
    ),
    "a package is not installed, and asks for its own version": (
        [replace(NO_PACKAGE, exception="PackageNotFoundError", missing="both")],
        [replace(NO_PACKAGE, exception="PackageNotFoundError", missing="both")],
        "UNKNOWN(environment)",
    ),
    "H41: a package is missing in both runs": ([NO_PACKAGE], [NO_PACKAGE], "UNKNOWN(environment)"),
    "H41: a package is missing without the change": (
        [NO_PACKAGE],
        [PASSED],
        "UNKNOWN(environment)",
    ),
    "H41: a package is missing inside of a test": (
        [replace(NO_PACKAGE, id="t", when="call", outcome="failed")],
        [replace(NO_PACKAGE, id="t", when="call", outcome="failed")],
        "UNKNOWN(environment)",
    ),
    "H41: a package is missing, and a test fails": (
        [NO_PACKAGE, FAILED],
        [NO_PACKAGE, FAILED],
        "FAIL(green-failed)",
    ),
}


@pytest.mark.parametrize("case", JUDGED)
def test_production_is_judged_by_what_its_tests_did(case: str) -> None:
    red, green, verdict = JUDGED[case]
    assert said(judged(red, green)) == verdict


NOT_PRODUCTION: Final[dict[str, tuple[list[Result], list[Result], str]]] = {
    "H37: green all along": ([PASSED], [PASSED], "PASS test-only"),
    "H37: tests that are red without it": ([FAILED], [PASSED], "PASS behaviour"),
    "red for a reason of its own": ([UNRELATED], [PASSED], "PASS test-only"),
    "skipped all along": ([SKIPPED], [SKIPPED], "PASS test-only"),
    "no test left": ([], [], "PASS test-only"),
    "H37: red with it": ([FAILED], [FAILED], "FAIL(green-failed)"),
    "skipped with it": ([PASSED], [SKIPPED], "FAIL(skipped)"),
    "H41: a package is missing": ([NO_PACKAGE], [NO_PACKAGE], "UNKNOWN(environment)"),
}


@pytest.mark.parametrize("case", NOT_PRODUCTION)
def test_without_production_tests_need_no_red(case: str) -> None:
    red, green, verdict = NOT_PRODUCTION[case]
    assert said(judged(red, green, NEUTRAL)) == verdict


def test_h52_a_run_without_a_test_is_said_to_show_nothing() -> None:
    assert judged([], [], NEUTRAL).notes == ("unexercised: no test ran",)
    assert judged([PASSED], [PASSED], NEUTRAL).notes == ()


def test_what_cannot_be_believed_comes_first() -> None:
    """UNKNOWN is never outvoted: neither a proof nor a failure rests on half of the runs."""
    doubtful = run(PASSED, trouble="timeout")
    for pair in (Pair("all", doubtful, run(FAILED)), Pair("all", run(FAILED), doubtful)):
        proof = judge([Pair("one", run(FAILED), run(PASSED)), pair], FACTS, other="test-only")
        assert said(proof) == "UNKNOWN(timeout)"
        assert proof.notes == ("because of timeout",)
    assert said(seen_red([("one", run(FAILED)), ("all", doubtful)], FACTS)) == "UNKNOWN(timeout)"
    assert said(regression([], [("one", run(FAILED)), ("all", doubtful)])) == "UNKNOWN(timeout)"


def test_a_failure_with_the_change_is_told_with_what_it_says() -> None:
    """And so is that the change did not make it: the machine, or an older fault, may have."""
    broken = replace(OTHER, outcome="failed", exception="OSError", message="no such\nfile\n")
    [note] = judged([broken], [broken]).notes
    assert note == f"{OTHER.id} fails with the change, and without it (OSError: no such)"
    # What the change broke is named before what failed all along.
    [note] = judged([FAILED, OTHER], [FAILED, broken]).notes
    assert note == f"{OTHER.id} fails with the change (OSError: no such)"


def test_tests_that_are_skipped_here_are_counted_where_none_turned() -> None:
    """The new ones may be among them, as those for a newer Python are (pyflakes ee2bef47)."""
    skipped = [replace(SKIPPED, id=f"{TEST}::{name}") for name in "ab"]
    [note] = judged([PASSED, *skipped], [PASSED, *skipped]).notes
    assert note == f"{PASSED.id} passes without the change; skipped in both runs: 2"


def test_what_is_not_installed_is_no_part_of_the_change() -> None:
    """Of what a manifest of the change asks for, it was said that the change does not add it."""
    [note] = judged([NO_PACKAGE], [NO_PACKAGE]).notes
    assert note == f"'{NO_PACKAGE.missing}' is not installed, and no module of the change"


def test_a_failure_of_any_suite_comes_before_a_proof_by_another() -> None:
    proven, failing = Pair("one", run(FAILED), run(PASSED)), Pair("two", run(PASSED), run(FAILED))
    assert said(judge([proven, failing], FACTS, other="")) == "FAIL(green-failed)"
    assert said(judge([failing, proven], FACTS, other="")) == "FAIL(green-failed)"


def test_a_file_that_cannot_be_collected_lends_its_failure_to_its_tests() -> None:
    """And to no test of another file; the file itself is no test."""
    elsewhere = ran(id="tests/test_b.py::test_b", file="tests/test_b.py")
    proof = judged([UNCOLLECTED, elsewhere], [PASSED, OTHER, elsewhere])
    assert [(t.id, t.red, t.green, t.reason, t.turned) for t in proof.tests] == [
        (PASSED.id, "error", "passed", "missing-symbol", True),
        (OTHER.id, "error", "passed", "missing-symbol", True),
        (elsewhere.id, "passed", "passed", "", False),
    ]


def test_the_verdict_names_the_test_that_it_is_about() -> None:
    for red, green, code in (
        ([OTHER, FAILED], [OTHER, FAILED], "green-failed"),
        ([OTHER, PASSED], [OTHER, SKIPPED], "skipped"),
        ([OTHER, PASSED], [OTHER], "vanished"),
        ([UNRELATED], [PASSED], "broken-test"),
        ([PASSED], [PASSED], "vacuous-red"),
    ):
        proof = judged(red, green)
        assert said(proof) == f"FAIL({code})"
        assert PASSED.id in proof.notes[0]
        assert [t.id for t in proof.tests] == [PASSED.id]
    assert judged(NO_PACKAGE, NO_PACKAGE).notes[0].startswith("'yaml' is not installed")
    [note] = judged(SKIPPED, SKIPPED).notes
    assert note == f"{PASSED.id} is skipped without the change and with it"


def test_a_test_that_is_skipped_is_said_to_be() -> None:
    """Without a word of it, its reader looks for what is wrong with the test."""
    why = replace(SKIPPED, exception="Skipped", message="needs a newer Python\nand more")
    also = replace(why, id=f"{TEST}::test_sub")
    here = f"{why.id} is skipped without the change"
    reason = " (Skipped: needs a newer Python)"
    assert judged(why, why).notes == (f"{here} and with it{reason}",)
    assert judged(why, PASSED).notes == (here + reason,)
    both = f"all 2 tests are skipped without the change and with it{reason}"
    assert judged([why, also], [why, also]).notes == (both,)
    [note] = judged([PASSED, also], [PASSED, also]).notes
    assert note == f"{PASSED.id} passes without the change; skipped in both runs: 1{reason}"
    assert seen_red([("all", run(why))], FACTS).notes == (here + reason,)
    [note] = seen_red([("all", run(PASSED, also))], FACTS).notes
    assert note == f"{PASSED.id} passes without the change; skipped: 1{reason}"
    expected = replace(PASSED, outcome="xfailed")
    assert judged(expected, expected).notes == (f"{PASSED.id} does not fail without the change",)


def test_a_list_of_tests_is_cut_and_its_length_kept() -> None:
    many = [ran(id=f"t{i:03}") for i in range(SHOWN + 50)]
    turned = ran("failed", "AssertionError", id="t999")
    proof = judged([*many, turned], [*many, ran(id="t999")])
    assert (len(proof.tests), proof.total) == (SHOWN, SHOWN + 51)
    assert proof.tests[0].id == "t999"  # what turned is shown first


def test_what_is_said_of_many_tests_counts_all_of_them() -> None:
    """The first 200 are on the trail, and 200 is what was said."""
    broken = ran("failed", "ValueError", id="x", frames=(TEST,))
    for turned, passed, not_counted, tail in (
        (SHOWN + 100, 40, 0, ", 40 others"),
        (SHOWN + 100, 0, 0, ""),
        (SHOWN, 40, 0, ", 40 others"),
        (SHOWN - 50, 70, 2, ", 70 passed all along, 2 not counted"),
        (3, 4, 1, ", 4 passed all along, 1 not counted"),
    ):
        red = [replace(FAILED, id=f"f{i:03}") for i in range(turned)]
        red += [ran(id=f"p{i:03}") for i in range(passed)]
        red += [replace(broken, id=f"x{i:03}") for i in range(not_counted)]
        proof = judged(red, [ran(id=one.id) for one in red])
        assert proof.turned == turned
        assert f", {turned} tests red without it, green with it: f000" in proof.told
        assert f"and {turned - 3} more" in proof.told or turned == 3
        first, *lines = text.green(proof).splitlines()
        assert first == f"green: {turned} turned by the change{tail}"
        assert len(lines) == min(turned, 10) + not_counted
        seen = seen_red([("all", run(*red))], FACTS)
        assert text.red(seen).splitlines()[0] == f"red: {turned} tests fail without the change"


@pytest.mark.parametrize(
    "note", ["turned: ", "turned: many", "turned: -1", "turned: ٣", "turned: 9"]
)
def test_a_remark_that_counts_wrongly_says_no_less_than_is_listed(note: str) -> None:
    """It may come from anywhere."""
    proof = judged([FAILED], [PASSED])
    assert replace(proof, notes=(note,)).turned == 1


def test_no_text_is_too_long_for_a_trail() -> None:
    long = ran("failed", "AssertionError", id="x" * 9_000, file="y" * 9_000)
    turn = judged(long, replace(PASSED, id=long.id, file=long.file)).tests[0]
    assert (len(turn.id), len(turn.file)) == (2_000, 500)
    assert len(judged(long, long).notes[0]) == 500


# -- the first half of a cycle ----------------------------------------------------------

SEEN: Final[dict[str, tuple[list[Result], str]]] = {
    "an assertion": ([FAILED], "PASS behaviour"),
    "a missing module": ([UNCOLLECTED], "PASS behaviour"),
    "one of two": ([OTHER, FAILED], "PASS behaviour"),
    "H39: it passes": ([PASSED], "FAIL(vacuous-red)"),
    "its own exception": ([UNRELATED, OTHER], "FAIL(broken-test)"),
    "H41: a package is missing": ([NO_PACKAGE], "UNKNOWN(environment)"),
    "nothing ran": ([], "FAIL(no-test)"),
}


@pytest.mark.parametrize("case", SEEN)
def test_red_is_seen_when_a_test_fails_for_a_reason_that_counts(case: str) -> None:
    results, verdict = SEEN[case]
    assert said(seen_red([("all", run(*results))], FACTS)) == verdict


def test_a_seen_red_lists_what_failed_and_only_that() -> None:
    proof = seen_red([("all", run(OTHER, FAILED, UNRELATED))], FACTS)
    assert proof.tests == (
        f.TestTurn(suite="all", id=FAILED.id, file=TEST, red="failed", reason="assertion"),
    )


# -- the whole suite ---------------------------------------------------------------------

NAMES: Final = dict.fromkeys(("a", "b", "c"), "passed")
REGRESSION: Final[dict[str, tuple[dict[str, str], dict[str, str], str]]] = {
    "as before": (NAMES, NAMES, "PASS"),
    "a test more": (NAMES, {**NAMES, "d": "passed"}, "PASS"),
    "a failure more": (NAMES, {**NAMES, "d": "failed"}, "FAIL(suite-failed)"),
    "a test that passed fails": (NAMES, {**NAMES, "b": "failed"}, "FAIL(regression)"),
    "a test that passed has an error": (NAMES, {**NAMES, "b": "error"}, "FAIL(regression)"),
    "a test that failed fails": ({**NAMES, "b": "failed"}, {**NAMES, "b": "error"}, "PASS"),
    "a test that was skipped fails": (
        {**NAMES, "b": "skipped"},
        {**NAMES, "b": "failed"},
        "FAIL(suite-failed)",
    ),
    "a test that failed passes": ({**NAMES, "b": "failed"}, NAMES, "PASS"),
    "a test that failed is gone": ({**NAMES, "d": "failed"}, NAMES, "PASS"),
    "a test that passed is skipped": (NAMES, {**NAMES, "b": "skipped"}, "FAIL(skipped)"),
    "a test that passed is expected to fail": (NAMES, {**NAMES, "b": "xfailed"}, "FAIL(skipped)"),
    "a test that was skipped is skipped": (
        {**NAMES, "b": "skipped"},
        {**NAMES, "b": "skipped"},
        "PASS",
    ),
    "a test is gone": (NAMES, {"a": "passed", "b": "passed"}, "FAIL(vanished)"),
    "a test is renamed": (NAMES, {"a": "passed", "b": "passed", "z": "passed"}, "PASS"),
    "two tests are renamed to one": (NAMES, {"a": "passed", "z": "passed"}, "FAIL(vanished)"),
    "a test is renamed and skipped": (
        NAMES,
        {"a": "passed", "b": "passed", "z": "skipped"},
        "FAIL(vanished)",
    ),
    "the first commit": ({}, NAMES, "PASS"),
    "a failure in the first commit": ({}, {**NAMES, "b": "failed"}, "FAIL(suite-failed)"),
}


def outcomes(named: dict[str, str]) -> Run:
    """A run by names and outcomes."""
    return run(*(Result(id=id_, outcome=outcome) for id_, outcome in named.items()))  # type: ignore[arg-type]


@pytest.mark.parametrize("case", REGRESSION)
def test_nothing_that_passed_before_may_fail_vanish_or_be_skipped(case: str) -> None:
    before, after, verdict = REGRESSION[case]
    proof = regression([("all", outcomes(before))], [("all", outcomes(after))])
    assert said(proof) == verdict
    if not before:
        assert said(regression([], [("all", outcomes(after))])) == verdict


def test_a_regression_names_first_what_passed_before() -> None:
    after = outcomes({"a-new": "failed", **NAMES, "b": "failed"})
    proof = regression([("all", outcomes(NAMES))], [("all", after)])
    assert [(t.id, t.red) for t in proof.tests] == [("b", "passed"), ("a-new", "")]
    assert proof.notes == ("b fails",)


def test_the_order_of_what_is_named_is_not_chance() -> None:
    """Sets have no order: two runs of the same judgement must read alike."""
    names = [f"t{i}" for i in range(9)]
    before = outcomes(dict.fromkeys(names, "passed"))
    skipped = regression([("all", before)], [("all", outcomes(dict.fromkeys(names, "skipped")))])
    assert [t.id for t in skipped.tests] == names
    gone = regression([("all", before)], [("all", run())])
    assert [t.id for t in gone.tests] == names


def test_suites_are_compared_each_with_itself() -> None:
    one, two = outcomes({"a": "passed"}), outcomes({"a": "failed"})
    assert said(regression([("x", one), ("y", two)], [("x", one), ("y", two)])) == "PASS"
    assert said(regression([("x", one), ("y", two)], [("x", two), ("y", two)])) == (
        "FAIL(regression)"
    )


def test_a_base_that_cannot_be_run_does_not_hold_back_a_tip_that_can() -> None:
    broken = Run(trouble="runner", detail="no such file")
    proof = regression([("all", broken)], [("all", outcomes(NAMES))])
    assert said(proof) == "PASS"
    assert proof.notes[1] == "nothing to compare with: no such file"


@pytest.mark.parametrize("trouble", sorted(set(DOUBTS) - {"runner"}))
def test_a_base_that_was_not_run_for_another_reason_is_a_doubt(trouble: str) -> None:
    proof = regression([("all", run(trouble=trouble))], [("all", outcomes(NAMES))])
    assert said(proof) == f"UNKNOWN({trouble})"


def test_a_test_that_left_with_a_removal_is_not_missed() -> None:
    left = outcomes({"a": "passed", "b": "failed"})
    one, two = ("all", "b"), ("all", "c")
    assert said(regression([("all", outcomes(NAMES))], [("all", left)], {one, two})) == "PASS"
    assert said(regression([("all", outcomes(NAMES))], [("all", left)], {one})) == "FAIL(vanished)"


UNCHANGED: Final[dict[str, tuple[dict[str, str], dict[str, str], str]]] = {
    "as before": (NAMES, NAMES, "PASS"),
    "a test is renamed": (NAMES, {"a": "passed", "b": "passed", "z": "passed"}, "PASS"),
    "a test more": (NAMES, {**NAMES, "d": "passed"}, "FAIL(new-test)"),
    "a test that failed passes": ({**NAMES, "b": "failed"}, NAMES, "FAIL(suite-failed)"),
    "a test that failed fails": (
        {**NAMES, "b": "failed"},
        {**NAMES, "b": "failed"},
        "FAIL(suite-failed)",
    ),
    "a test fails": (NAMES, {**NAMES, "b": "failed"}, "FAIL(regression)"),
    "a test is gone": (NAMES, {"a": "passed", "b": "passed"}, "FAIL(vanished)"),
}


@pytest.mark.parametrize("case", UNCHANGED)
def test_a_refactoring_keeps_its_tests_and_they_pass(case: str) -> None:
    before, after, verdict = UNCHANGED[case]
    assert said(unchanged([Pair("all", outcomes(before), outcomes(after))])) == verdict


def test_h45_an_id_that_comes_twice_counts_as_its_worse_outcome() -> None:
    assert worst([PASSED, FAILED, PASSED]) == [FAILED]
    assert worst([FAILED, PASSED, OTHER]) == [FAILED, OTHER]
    ranked: list[Outcome] = ["passed", "xpassed", "xfailed", "skipped", "failed", "error"]
    for better, worse in pairwise(ranked):
        twice = [ran(worse), ran(better)]
        assert worst(twice) == worst(twice[::-1]) == [ran(worse)]


# -- every code ------------------------------------------------------------------------


def test_every_failure_is_in_a_table_above_or_the_provers() -> None:
    reached = {v for _, _, v in (*JUDGED.values(), *NOT_PRODUCTION.values(), *REGRESSION.values())}
    reached |= {v for _, v in SEEN.values()} | {v for _, _, v in UNCHANGED.values()}
    for code in FAILURES:
        assert (f"FAIL({code})" in reached) != (code in TABLED), code
    assert {v for v in reached if "FAIL" in v} <= {f"FAIL({code})" for code in FAILURES}


@pytest.mark.parametrize("code", DOUBTS)
def test_every_doubt_of_a_run_is_the_verdicts(code: str) -> None:
    pair = Pair("all", run(), run(trouble=code))
    assert said(judge([pair], FACTS, other="")) == f"UNKNOWN({code})"


# -- laws ------------------------------------------------------------------------------

ids = st.sampled_from([f"{TEST}::a", f"{TEST}::b", "tests/test_b.py::c", TEST, "tests/test_b.py"])
results = st.builds(
    Result,
    id=ids,
    outcome=st.sampled_from(get_args(Outcome)),
    file=st.sampled_from([TEST, "tests/test_b.py"]),
    when=st.sampled_from(["setup", "call", "teardown", "collect"]),
    exception=st.sampled_from(
        ["", "AssertionError", "ValueError", "ModuleNotFoundError", "AttributeError", "exit-code"]
    ),
    missing=st.sampled_from(["", "add", "yaml", "new.tool", "new.other"]),
    frames=st.sampled_from([(), (TEST,), (TEST, CALC)]),
)
troubles = st.sampled_from(["", "", "", *DOUBTS])
runs = st.builds(Run, results=st.lists(results, max_size=5).map(tuple), trouble=troubles)
pairs = st.lists(st.builds(Pair, suite=st.sampled_from("xy"), red=runs, green=runs), max_size=2)
facts = st.sampled_from([FACTS, NEUTRAL, Facts(provisional=True)])


@given(pairs, facts)
def test_a_verdict_is_one_of_three_words_with_a_code_that_is_explained(
    pairs: list[Pair], facts: Facts
) -> None:
    for proof in (
        judge(pairs, facts, other="neutral"),
        seen_red([(p.suite, p.red) for p in pairs], facts),
        regression([(p.suite, p.red) for p in pairs], [(p.suite, p.green) for p in pairs]),
    ):
        known = {"PASS": {""}, "FAIL": FAILURES.keys(), "UNKNOWN": DOUBTS.keys()}
        assert proof.code in known[proof.word]
        assert proof.total >= len(proof.tests)


@given(pairs, facts)
def test_unknown_means_trouble_or_a_missing_package(pairs: list[Pair], facts: Facts) -> None:
    proof = judge(pairs, facts, other="neutral")
    both = [run for pair in pairs for run in (pair.red, pair.green)]
    if any(run.trouble for run in both):
        assert proof.word == "UNKNOWN"
    elif proof.word == "UNKNOWN":
        assert proof.code == "environment"
        found = [r for run in both for r in run.results if r.exception == "ModuleNotFoundError"]
        assert any(r.outcome in FAILING for r in found)


@given(pairs, facts)
def test_a_test_with_equal_outcomes_is_never_turned(pairs: list[Pair], facts: Facts) -> None:
    proof = judge(pairs, facts, other="neutral")
    for turn in proof.tests:
        assert not (turn.turned and turn.red == turn.green)
        assert turn.turned is (turn.red in FAILING and turn.green == "passed" and accepted(turn))
    assert (proof.kind == "behaviour") is any(t.turned for t in proof.tests if proof.word == "PASS")


def accepted(turn: f.TestTurn) -> bool:
    """Whether a turn's reason is one that counts."""
    return not turn.reason.startswith("not ")


@given(pairs, facts)
def test_a_test_that_passes_in_both_runs_changes_no_pass(pairs: list[Pair], facts: Facts) -> None:
    more = ran(id="tests/test_more.py::more", file="tests/test_more.py")
    wider = [
        pair._replace(
            red=replace(pair.red, results=(*pair.red.results, more)),
            green=replace(pair.green, results=(*pair.green.results, more)),
        )
        for pair in pairs
    ]
    proof, again = judge(pairs, facts, other="neutral"), judge(wider, facts, other="neutral")
    if proof.word == "PASS":
        assert (again.word, again.kind) == (proof.word, proof.kind)
    elif pairs and proof.code != "no-test":  # without a test, one that is green is vacuous
        assert said(again) == said(proof)


@given(st.lists(results, max_size=8))
def test_the_order_of_results_does_not_matter(found: list[Result]) -> None:
    """But for which of two equally bad results of one id speaks."""
    unique = worst(found)
    forth = judge([Pair("x", run(*unique), run(PASSED))], FACTS, other="")
    back = judge([Pair("x", run(*unique[::-1]), run(PASSED))], FACTS, other="")
    assert said(forth) == said(back)


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(get_args(Outcome))))
def test_a_suite_that_does_not_change_is_no_regression(named: dict[str, str]) -> None:
    assert said(regression([("all", outcomes(named))], [("all", outcomes(named))])) == "PASS"


def test_a_vacuous_red_says_of_how_many_tests() -> None:
    """One name among many would send its reader to the wrong test."""
    others = [ran(id=f"{TEST}::test_{name}") for name in ("sub", "mul")]
    proof = seen_red([("all", Run(results=(PASSED, *others)))], FACTS)
    assert proof.notes == ("all 3 tests pass without the change",)
    assert seen_red([("all", Run(results=(PASSED,)))], FACTS).notes == (
        f"{PASSED.id} passes without the change",
    )


def _suite(*names: str) -> list[tuple[str, Run]]:
    return [("all", Run(results=tuple(ran(id=n, file=n.partition("::")[0]) for n in names)))]


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        (("a.py::old",), ("a.py::new",), "PASS"),  # renamed where it is
        (("a.py::one",), ("b.py::one",), "PASS"),  # moved
        (("a.py::one", "a.py::two"), ("b.py::one", "b.py::two"), "PASS"),
        (("a.py::old",), ("b.py::other", "b.py::more"), "FAIL"),  # gone; others came elsewhere
        (("a.py::one", "a.py::two"), ("a.py::three",), "FAIL"),
    ],
)
def test_a_test_that_went_is_renamed_or_moved_not_paid_for(
    before: tuple[str, ...], after: tuple[str, ...], word: str
) -> None:
    """Any commit brings tests: they must not buy the deletion of others."""
    assert regression(_suite(*before), _suite(*after)).word == word


def test_h18_a_failure_for_want_of_a_submodule_is_a_doubt() -> None:
    lacking = Run(results=outcomes({"a": "failed"}).results, lacks="submodule 'x' is not here")
    passing = Run(results=outcomes({"a": "passed"}).results, lacks="submodule 'x' is not here")
    assert said(judge([Pair("all", lacking, lacking)], NEUTRAL, other="neutral")) == (
        "UNKNOWN(submodule)"
    )
    assert said(judge([Pair("all", lacking, passing)], NEUTRAL, other="x")).startswith("PASS")
    assert said(regression([("all", passing)], [("all", lacking)])) == "UNKNOWN(submodule)"
    assert said(regression([("all", passing)], [("all", passing)])) == "PASS"
