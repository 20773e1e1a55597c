"""Reports of the real runners, recorded by `tests/runners/record.py`: what each test came out as.

What is expected is the outcome, or for a failure the reason that a verdict finds,
"not ..." when it does not count; the change adds ``add``, ``new.js`` and ``brandnew``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_oneshot.core.rules.rules import Suite
from git_oneshot.core.verdicts.reasons import reason
from git_oneshot.core.verdicts.runs import FAILING, Facts, Pair, Result, Run
from git_oneshot.core.verdicts.verdict import judge
from git_oneshot.proof.runners import Task, cargo, ctest, go, javascript, junit, nextest, node, tap
from git_oneshot.proof.runners.evidence import BROKEN
from git_oneshot.proof.runners.lines import read_lines
from git_oneshot.proof.runners.task import concluded, options_after
from git_oneshot.proof.running.process import Ended
from git_oneshot.proof.running.slots import Slot
from tests.runners.zoo import ZOO

REPORTS: Final = Path(__file__).parent / "reports"
ADDS: Final = Facts(
    names=frozenset(("add", "Add", "grow", "height")),
    files=frozenset(("new.js", "lib/new.js", "brandnew/add.go", "calc/brandnew.py")),
    production=frozenset(("calc.js", "calc.py", "calc/calc.go", "src/lib.rs")),
)
Read = Callable[[Task, str], tuple[list[Result], str]]


def _unittest(_task: Task, text: str) -> tuple[list[Result], str]:
    read = read_lines(text)
    return list(read.results), read.problem


READERS: Final[dict[str, Read]] = {
    "node": node.read,
    "node-24": node.read,
    "vitest": javascript.read,
    "jest": javascript.read,
    "go": lambda task, text: (go.read(task, text), ""),
    "cargo": cargo.read,
    "cargo-build": cargo.read,
    "nextest": lambda task, text: nextest.read(task, *text.split("\n@REPORT@\n")),
    "ctest": lambda task, text: junit.read_junit(task, text, of="CMakeLists.txt"),
    "unittest": _unittest,
    "junit": junit.read_junit,
    "tap": lambda _, text: tap.read_tap(text),
}
JS: Final = {
    "a.test.js::passes": "passed", "a.test.js::fails": "assertion",
    "a.test.js::missing": "missing-symbol", "a.test.js::crash": "production",
    "a.test.js::own": "not test-error", "a.test.js::skipped": "skipped",
    "a.test.js::group > in": "passed", "a.test.js::hooked > h": "not setup",
    "file.test.js": "missing-symbol", "syntax.test.js": "not broken-test",
}  # fmt: skip
FRAMEWORK: Final = {
    **JS, "a.test.js::todo": "skipped", "a.test.js::group > each 1": "passed",
    "a.test.js::group > each 2": "assertion", "a.test.js::snapshot": "assertion",
    "package.test.js": "not broken-test",
}  # fmt: skip
EXPECTED: Final[dict[str, dict[str, str]]] = {
    "node": {
        **JS, "a.test.js::todo": "xfailed", "a.test.js::group > deeper > x > y": "not test-error",
        "a.test.js::parent > one": "passed", "a.test.js::parent > two": "assertion",
        "a.test.js::parent": "assertion", "export.test.js": "missing-symbol",
        "package.test.cjs": "not broken-test", "script.test.js": "assertion",
    },
    "vitest": {**FRAMEWORK, "export.test.js::x": "missing-symbol"},
    "jest": {**FRAMEWORK, "a.test.js::node": "assertion", "a.test.js::xfail": "xfailed",
             "retried.test.js::flaky": "not test-error"},
    "go": {
        "calc/calc_test.go::TestPasses": "passed", "calc/calc_test.go::TestFails": "assertion",
        "calc/calc_test.go::TestSkipped": "skipped", "calc/calc_test.go::TestTable": "assertion",
        "calc/calc_test.go::TestTable/one": "passed",
        "calc/calc_test.go::TestTable/two_words": "assertion",
        "calc/calc_test.go::TestCrash": "production", "exits": "not setup",
        "own/own_test.go::TestOwn": "not test-error",
        "own/own_test.go::TestOwn/in": "not test-error",
        "missing/m_test.go": "missing-symbol", "newpkg/n_test.go": "missing-symbol",
        "foreign/f_test.go": "not broken-test", "syntax/s_test.go": "not broken-test",
        "types/t_test.go": "not broken-test",
    },
    "cargo": {
        "src/lib.rs::tests::inner": "assertion", "src/lib.rs::doc sub": "passed",
        "tests/a.rs::passes": "passed", "tests/a.rs::fails": "assertion",
        "tests/a.rs::crash": "production", "tests/a.rs::ignored": "skipped",
        "tests/a.rs::panics": "assertion", "tests/a.rs::unwraps": "assertion",
        "tests/a.rs::own": "not test-error", "tests/a.rs::errs": "assertion",
    },
    "nextest": {
        "src/lib.rs::tests::inner": "assertion", "tests/a.rs::passes": "passed",
        "tests/a.rs::fails": "assertion", "tests/a.rs::crash": "production",
        "tests/a.rs::panics": "assertion", "tests/a.rs::unwraps": "assertion",
        "tests/a.rs::own": "not test-error", "tests/a.rs::errs": "assertion",
    },
    "cargo-build": {
        "tests/name.rs": "missing-symbol", "tests/method.rs": "missing-symbol",
        "tests/field.rs": "missing-symbol", "tests/types.rs": "not broken-test",
        "tests/arguments.rs": "not broken-test", "tests/syntax.rs": "not broken-test",
        "tests/foreign.rs": "not broken-test",
    },
    "ctest": {"CMakeLists.txt::passes": "passed", "CMakeLists.txt::fails": "assertion",
              "CMakeLists.txt::missing": "skipped", "CMakeLists.txt::skipped": "skipped"},
    "unittest": {
        "test_a.py::A::test_passes": "passed", "test_a.py::A::test_fails": "assertion",
        "test_a.py::A::test_missing": "missing-symbol", "test_a.py::A::test_crash": "production",
        "test_a.py::A::test_own": "not test-error", "test_a.py::A::test_skipped": "skipped",
        "test_a.py::A::test_xfail": "xfailed", "test_a.py::A::test_xpass": "not xpass",
        "test_a.py::A::test_parts (n=1)": "passed", "test_a.py::A::test_parts (n=2)": "assertion",
        "test_a.py::Fixture::test_set_up": "not setup", "setUpClass (test_a.Whole)": "not setup",
        "test_a.py::Async::test_async": "assertion", "test_name.py": "missing-symbol",
        "pkg/test_module.py": "missing-symbol", "test_syntax.py": "not broken-test",
        "ModuleSkipped::test_skipped": "skipped",
    },
    "junit": {
        "test_a::test_passes": "passed", "test_a::test_fails": "assertion",
        "test_a::test_missing": "missing-symbol", "test_a::test_crash": "production",
        "test_a::test_own": "not test-error", "test_a::test_skipped": "skipped",
        "test_a::test_each[1]": "passed", "test_a::test_each[2]": "assertion",
        "test_a.TestIn::test_method": "passed", "test_b": "not test-error",
    },
    "tap": {
        "passes # really": "passed", "fails": "assertion", "own": "not test-error",
        "skipped": "skipped", "todo": "xfailed", "group > in": "passed",
        "group > out": "assertion",
    },
}  # fmt: skip
EXPECTED["node-24"] = EXPECTED["node"]  # as much is known from a newer Node


@pytest.fixture
def task(tmp_path: Path) -> Callable[[str], Task]:
    """A task in a slot that holds a project of the zoo."""

    def make(name: str, suite: Suite | None = None) -> Task:
        top = tmp_path / "tree"
        for path, text in ZOO.get(name, {}).items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_text(text)
        top.mkdir(exist_ok=True)
        (tmp_path / "home").mkdir(exist_ok=True)
        made = suite or Suite(name="all", command=("x",))
        return Task(made, Slot(str(top), str(tmp_path / "home"), 2), (), 60)

    return make


def recorded(name: str, task: Task) -> str:
    return (REPORTS / name).read_text().replace("@TOP@", task.slot.top)


def came_out(result: Result, facts: Facts = ADDS) -> str:
    """The outcome of a test, or the reason of its failure."""
    if result.outcome not in FAILING:
        return result.outcome
    accepted, name = reason(result, facts)
    return name if accepted else f"not {name}"


@pytest.mark.parametrize("name", READERS)
def test_a_recorded_report_is_read(name: str, task: Callable[[str], Task]) -> None:
    where = task(name)
    results, problem = READERS[name](where, recorded(name, where))
    assert problem == ""
    assert {r.id: came_out(r) for r in results} == EXPECTED[name]
    held = {r.file for r in results if r.file}
    assert all((Path(where.slot.top) / file).exists() for file in held)


@pytest.mark.parametrize("name", ["node", "node-24", "vitest", "jest", "go", "cargo-build"])
def test_h40_h49_a_symbol_that_the_change_does_not_add_is_no_reason(
    name: str, task: Callable[[str], Task]
) -> None:
    """H40, H49: what is missing must come from the change."""
    where = task(name)
    results, _ = READERS[name](where, recorded(name, where))
    told = {r.id: came_out(r, Facts(names=frozenset(("other",)))) for r in results}
    missing = [id_ for id_, said in EXPECTED[name].items() if said == "missing-symbol"]
    assert missing and {told[id_] for id_ in missing} <= {"not broken-test", "not test-error"}


@pytest.mark.parametrize("name", ["node", "node-24", "vitest", "jest", "go"])
def test_h41_a_package_of_others_that_is_missing_is_trouble_of_the_machine(
    name: str, task: Callable[[str], Task]
) -> None:
    """H41."""
    where = task(name)
    results, _ = READERS[name](where, recorded(name, where))
    absent = [r for r in results if r.id.startswith(("package.test", "foreign/"))]
    facts = Facts(production=frozenset(("calc.js",)))
    run = Run(results=tuple(absent))
    proof = judge([Pair("all", run, run)], facts, other="x")
    assert (proof.word, proof.code) == ("UNKNOWN", "environment")


@pytest.mark.parametrize("name", ["node", "node-24", "vitest", "jest", "go", "cargo-build"])
def test_before_the_code_is_written_any_missing_name_is_red(
    name: str, task: Callable[[str], Task]
) -> None:
    """`git oneshot red` runs where no line of production says a name yet."""
    where = task(name)
    results, _ = READERS[name](where, recorded(name, where))
    told = {r.id: came_out(r, Facts(provisional=True)) for r in results}
    missing = [id_ for id_, said in EXPECTED[name].items() if said == "missing-symbol"]
    assert {told[id_] for id_ in missing} == {"missing-symbol"}


def test_a_report_that_is_cut_or_no_report_at_all_is_a_problem(
    task: Callable[[str], Task],
) -> None:
    """H52."""
    where = task("none")
    for name in ("vitest", "jest", "ctest", "junit"):
        text = recorded(name, where)
        for bad in ("", text[: len(text) // 2], "null", "<x", "{}"):
            assert READERS[name](where, bad)[1] != "" or bad == "<x/>"
    assert node.read(where, recorded("node", where)[:-20])[1] == "the report of the run is damaged"
    assert cargo.read(where, recorded("cargo", where)[:-400])[1].endswith("come to their end")


@pytest.mark.parametrize("root", ["", "go", "a/b"])
def test_a_go_module_anywhere_names_its_files_as_the_tree_does(
    root: str, task: Callable[..., Task]
) -> None:
    """A package at the module's root has no folder of its own below it."""
    where = task("none", Suite(name="all", command=("x",), root=root, runner="go"))
    folder = Path(where.root)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go.mod").write_text("module example.com/x\n")
    (folder / "x_test.go").write_text("package x\n\nfunc TestX(t *testing.T) {\n")
    event = '{"Action":"%s","Package":"example.com/x","Test":"TestX"}\n'
    file = f"{root}/x_test.go".lstrip("/")
    ran = go.read(where, event % "run" + event % "pass")
    assert [(r.id, r.file, r.outcome) for r in ran] == [(f"{file}::TestX", file, "passed")]
    built = go.read(where, "# example.com/x [example.com/x.test]\n./x_test.go:1:1: undefined: Y\n")
    assert [(r.id, r.file, r.missing) for r in built] == [(file, file, "Y")]


def test_a_line_of_nodes_that_names_no_test_is_damage(task: Callable[[str], Task]) -> None:
    assert node.read(task("node --test"), '{"names":[]}') == (
        [], "the report of the run is damaged",
    )  # fmt: skip


def test_a_file_that_no_disk_can_hold_is_no_bug_of_ours(task: Callable[[str], Task]) -> None:
    [found], problem = node.read(task("node --test"), '{"names":["a"],"file":"a\\u0000b"}')
    assert (found.id, found.outcome, problem) == ("a\0b::a", "passed", "")


def test_a_build_that_fails_for_too_many_errors_alone_is_broken(
    task: Callable[[str], Task],
) -> None:
    """Whoever printed it: go says so behind ten others."""
    [found] = go.read(task("go test"), "./a_test.go:1: too many errors\n")
    assert (found.outcome, found.file, found.bases) == (
        "error",
        "a_test.go",
        ("build-fail", BROKEN),
    )


@pytest.mark.parametrize(
    "line",
    ['{"reason":"compiler-message"}', '{"reason":"compiler-artifact","executable":"x"}',
     '{"reason":"compiler-artifact","executable":"x","target":{"src_path":1}}',
     '{"reason":"compiler-artifact","executable":"x","target":{"src_path":"x","kind":[]}}',
     '{"reason":"compiler-message","message":{"level":"error"},"target":{"src_path":"x"}}'],
)  # fmt: skip
def test_lines_that_look_like_cargos_and_are_not_are_no_bug_of_ours(
    line: str, task: Callable[[str], Task]
) -> None:
    """A build script, or a test, prints what it likes."""
    assert cargo.read(task("cargo test"), line) == ([], "")
    assert nextest.read(task("cargo nextest run"), line, "<testsuites/>") == ([], "")


def test_lines_that_a_rust_test_prints_are_no_results(task: Callable[[str], Task]) -> None:
    where = task("cargo")
    text = recorded("cargo", where).replace(
        "\ntest passes ... ok", "\ntest passes ... ok\ntest x ... ok"
    )
    assert cargo.read(where, text) == (
        [],
        "the tests of tests/a.rs printed lines that look like results",
    )


# -- TAP -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "outcomes", "problem"),
    [
        ("TAP version 14\n1..2\nok 1 - a\nnot ok 2 - b\n", "a passed, b failed", ""),
        ("ok\nnot ok\n1..2\n", "test 1 passed, test 2 failed", ""),
        ("1..1\nok 1 a # SKIP no net\n", "a skipped", ""),
        ("1..1\nnot ok 1 - a # TODO later\n", "a xfailed", ""),
        ("1..1\nok 1 - a # todo\n", "a xpassed", ""),
        ("1..1\nok 1 - a \\# todo\n", "a # todo passed", ""),
        ("1..0 # SKIP nothing here\n", "", ""),
        ("1..3\nok 1\nok 2\n", "test 1 passed, test 2 passed", "planned 3 tests and ran 2"),
        ("1..1\nok 1\nok 2\n", "test 1 passed, test 2 passed", "planned 1 tests and ran 2"),
        ("ok 1 - a\n", "a passed", "made no plan"),
        ("1..2\nok 1 - a\nBail out! no disk\n", "a passed", "bailed out: no disk"),
        ("warning: x\n1..1\nnoise\nok 1 - a\n", "a passed", ""),
        ("1..1\n    1..2\n    ok 1 - x\n    not ok 2 - y\nnot ok 1 - a\n",
         "a > x passed, a > y failed", ""),
        ("1..1\n    1..3\n    ok 1 - x\nok 1 - a\n", "a > x passed", "planned 3 tests and ran 1"),
        ("1..1\n    1..1\n    ok 1 - x\nnot ok 1 - a\n", "a > x passed, a failed", ""),
        ("1..1\n    a diagnostic that is deep\nok 1 - a\n", "a passed", ""),
        ("1..1\n# Subtest: a\n    # Subtest: b\n        1..1\n        ok 1 - c\n    ok 1 - b\n"
         "    1..1\nok 1 - a\n", "a > b > c passed", ""),
        ("hello\n", "", "spoke no TAP"),
        ("", "", "spoke no TAP"),
    ],
)  # fmt: skip
def test_tap_is_read(text: str, outcomes: str, problem: str) -> None:
    results, wrong = tap.read_tap(text)
    assert ", ".join(f"{r.id} {r.outcome}" for r in results) == outcomes
    assert problem in wrong and bool(problem) == bool(wrong)


def test_the_error_that_tap_names_is_the_reason() -> None:
    text = "1..2\nnot ok 1 - a\n  ---\n  name: 'AssertionError'\n  message: 'one'\n  ...\n"
    node = "  ---\n  type: 'test'\n  name: TypeError\n  ok 9\n  ...\n"  # as Node 24 writes it
    results, _ = tap.read_tap(f"{text}not ok 2 - b\n{node}")
    assert [(r.message, came_out(r)) for r in results] == [
        ("one", "assertion"), ("", "not test-error"),
    ]  # fmt: skip


@given(st.text("ok nt123.-#\n !B'", max_size=80))
def test_any_text_is_tap_or_none(text: str) -> None:
    results, problem = tap.read_tap(text)
    assert results or problem or "1..0" in text


# -- JUnit --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "outcomes"),
    [
        ('<testsuites><testcase name="a"/></testsuites>', "a passed"),
        ('<testsuite><testcase classname="C" name="a"/></testsuite>', "C::a passed"),
        ('<?xml version="1.0" encoding="utf-8"?><a><b><c><testcase name="a"/></c></b></a>',
         "a passed"),
        ('<t><testcase name="a"><skipped/></testcase></t>', "a skipped"),
        ('<t><testcase name="a"><skipped type="todo"/><failure/></testcase></t>', "a skipped"),
        ('<t><testcase name="a"><skipped/><failure/></testcase></t>', "a assertion"),
        ('<t><testcase name="a"><failure message="no"/></testcase></t>', "a assertion"),
        ('<t><testcase name="a" status="fail"/></t>', "a assertion"),
        ('<t><testcase name="a"><failure type="org.junit.ComparisonFailure"/></testcase></t>',
         "a assertion"),
        ('<t><testcase name="a"><error type="java.lang.IllegalStateException"/></testcase></t>',
         "a not test-error"),
        ('<t><testcase name="a"><failure type="java.io.IOException"/></testcase></t>',
         "a not test-error"),
        ('<t><testcase name="a"><error message="undefined method `add\' for Calc"/></testcase></t>',
         "a missing-symbol"),
        ('<t><testcase name="a"><error message="Call to undefined method Calc::add()"/>'
         "</testcase></t>", "a missing-symbol"),
    ],
)  # fmt: skip
def test_junit_of_any_shape_is_read(text: str, outcomes: str, task: Callable[[str], Task]) -> None:
    results, problem = junit.read_junit(task("none"), text)
    assert problem == ""
    assert ", ".join(f"{r.id} {came_out(r)}" for r in results) == outcomes


BOMB: Final = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    '<t><testcase name="&b;"/></t>'
)
FILE: Final = '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><t><testcase name="&x;"/></t>'


@pytest.mark.parametrize("text", [BOMB, FILE])
def test_a_report_with_entities_is_refused(text: str, task: Callable[[str], Task]) -> None:
    results, problem = junit.read_junit(task("none"), text)
    assert results == [] and "declares a document type" in problem


@given(st.text("<>/testcase name='a'&;!-[]", max_size=60))
def test_any_text_is_junit_or_a_problem(text: str) -> None:
    where = Task(Suite(name="all", command=("x",)), Slot("/nowhere", "/nowhere", 2), (), 60)
    results, problem = junit.read_junit(where, text)
    assert not (results and problem)


def test_the_report_is_read_from_within_the_slot_alone(
    task: Callable[..., Task], tmp_path: Path
) -> None:
    """No link leads out of it, whatever the command made, and no device is waited for."""
    suite = Suite(name="all", command=("x",), root="web", runner="junit", report="out/r.xml")
    where = task("none", suite)
    out = Path(where.root) / "out"
    assert junit.read_report(where) == ("", "the report 'out/r.xml': No such file or directory")
    out.mkdir(parents=True)
    (out / "r.xml").write_text("old")
    assert junit.read_report(where) == ("old", "")
    junit.forget_report(where)
    assert not (out / "r.xml").exists()
    (tmp_path / "secret.xml").write_text("secret")
    (out / "r.xml").symlink_to(tmp_path / "secret.xml")
    assert junit.read_report(where) == ("", "the report 'out/r.xml' is outside of the tree")
    (out / "r.xml").unlink()
    (out / "other.xml").write_text("other")
    (out / "r.xml").symlink_to("other.xml")
    assert "out/r.xml" in junit.read_report(where)[1]
    (out / "r.xml").unlink()
    (out / "other.xml").unlink()
    out.rmdir()
    out.symlink_to(tmp_path)
    (tmp_path / "r.xml").write_text("outside")
    assert junit.read_report(where) == ("", "the report 'out/r.xml' is outside of the tree")
    junit.forget_report(where)
    assert (tmp_path / "r.xml").read_text() == "outside"


def test_a_report_that_is_too_large_or_no_file_is_refused(
    task: Callable[..., Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(junit, "LARGEST", 2**20)
    suite = Suite(name="all", command=("x",), runner="junit", report="r.xml")
    where = task("none", suite)
    path = Path(where.root) / "r.xml"
    path.write_bytes(b"x" * (2**20 + 1))
    assert junit.read_report(where) == ("", "the report 'r.xml' is larger than 1 MiB")
    path.unlink()
    path.mkdir()
    assert junit.read_report(where)[1] == "the report 'r.xml': it is no file"


# -- exit status, report and tests -------------------------------------------------------------

PASSED: Final = Result(id="a", outcome="passed")
FAILED: Final = Result(id="b", outcome="failed")


@pytest.mark.parametrize(
    ("status", "results", "problem", "trouble"),
    [
        (0, [PASSED], "", ""),
        (1, [PASSED, FAILED], "", ""),
        (0, [], "", "ran no test"),
        (0, [FAILED], "", "exit 0; and a test of it failed"),
        (1, [PASSED], "", "exit 1; and no test of it failed"),
        (1, [], "", "exit 1; and no test of it failed"),
        (2, [FAILED], "", "exit 2; and a test of it failed"),
        (-9, [FAILED], "", "signal 9"),
        (None, [PASSED], "", "took longer than 60 s"),
        (0, [PASSED], "the report lies", "the report lies"),
        (1, [FAILED], "the report lies", "the report lies"),
    ],
)
def test_h52_exit_status_report_and_tests_agree_or_it_proves_nothing(
    status: int | None, results: list[Result], problem: str, trouble: str,
    task: Callable[[str], Task],
) -> None:  # fmt: skip
    run = concluded(task("none"), Ended(status, 60.0, ""), results, problem)
    assert trouble in run.detail and bool(trouble) == bool(run.trouble)
    assert run.results == (() if trouble else tuple(results))


@pytest.mark.parametrize(
    ("command", "word", "options"),
    [
        (("npx", "vitest", "run", "-u", "--update", "--project", "a"), "vitest", "--project a"),
        (("node_modules/.bin/jest", "--updateSnapshot", "--silent"), "jest", "--silent"),
        (("make", "test"), "jest", ""),
        (("go", "test", "-failfast", "-json", "-race", "./..."), "test", "-race ./..."),
        (("vitest", "--retry", "3", "--retry=3", "--reporter", "dot", "a"), "vitest", "a"),
        (("python", "-m", "pytest", "--lf", "--reruns", "2", "-q", "-x"), "pytest", "-q"),
    ],
)
def test_what_no_proof_wants_is_dropped(command: tuple[str, ...], word: str, options: str) -> None:
    from git_oneshot.proof.runners import jest, pytest, vitest

    modules = {"vitest": vitest, "jest": jest, "test": go, "pytest": pytest}
    dropped = modules[word]._UNWANTED
    assert options_after(Suite(name="a", command=command), word, *dropped) == options.split()


def test_h49_a_build_that_fails_is_weighed_by_what_it_misses(task: Callable[[str], Task]) -> None:
    """H49, of a C compiler: gcc's and clang's words."""
    where = task("ctest")
    for log, said in (
        ("a.c:(.text+0x14): undefined reference to `add'", "missing-symbol"),
        ("tests/passes.c:1:9: error: use of undeclared identifier 'add'", "missing-symbol"),
        (
            "tests/passes.c:1: error: \u2018add\u2019 was not declared in this scope",
            "missing-symbol",
        ),
        ("tests/passes.c:2:10: fatal error: new.js: No such file or directory", "missing-symbol"),
        ("tests/passes.c:2:10: error: expected ';' before '}' token", "not broken-test"),
        ("tests/passes.c:2:10: error: use of undeclared identifier 'other'", "not broken-test"),
        ("gmake: *** No rule to make target", "not broken-test"),
    ):
        lost = Result(id="x", outcome="skipped", message="Unable to find executable")
        result = ctest._unbuilt(lost, ctest._why(where, log))
        assert came_out(result) == said, log
    assert ctest._unbuilt(PASSED, None) is PASSED
