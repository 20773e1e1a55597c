"""How each runner is called: programs that write down their words, and play back a recorded report.

The real programs are tried by `make runners`; here it is seen that a selection,
an option of the user's and an environment arrive, and that an exit status counts.
"""

from pathlib import Path
from typing import Final, NamedTuple

import pytest

from git_oneshot.core.rules.file import Runner
from git_oneshot.core.rules.rules import Suite
from git_oneshot.core.verdicts.runs import Run
from git_oneshot.proof.runners import Task, Tools, run_suite, selection
from git_oneshot.proof.running.slots import Slot
from git_oneshot.proof.running.toolchain import Toolchain
from tests.proof.lab import user_environment
from tests.proof.test_reports import EXPECTED, REPORTS, came_out
from tests.runners.zoo import ZOO

# What a program of ours does in the place of the real one.
PROGRAM: Final = """\
#!/bin/sh
here=$(dirname "$0")
{ echo "$(basename "$0") $*"; env | sort >"$here/env"; } >>"$here/said"
report=$here/report
for word; do
	case $before in
	--output-junit | --test-reporter-destination) cp "$report" "$word" ;;
	-B) mkdir -p "$word"; [ ! -e "$here/ninja" ] || touch "$word/build.ninja" ;;
	esac
	case $word in
	--outputFile=*) cp "$report" "${word#*=}" ;;
	--tool-config-file=oneshot:*)
		cp "$report" "$(sed -n 's/^path = "\\(.*\\)"/\\1/p' "${word#*oneshot:}")" ;;
	esac
	before=$word
done
[ ! -e "$here/out" ] || cat "$here/out"
[ ! -e "$here/fails-$1" ] || exit 1
[ "$1" != -S ] || exit 0
exit "$(cat "$here/status")"
"""


class Case(NamedTuple):
    """A suite, what of it is asked for, the words that its program gets, and how it ends."""

    report: str
    runner: Runner
    command: str
    files: tuple[str, ...]
    words: str
    status: int


NODE: Final = (
    "node --test --test-reporter spec --test-reporter-destination stdout "
    "--test-reporter @PLUGIN@/oneshot_reporter.mjs --test-reporter-destination @HOME@/report.jsonl"
)
CASES: Final = [
    Case("node", "node", "node --import tsx --test", ("a.test.js",),
         f"{NODE} --import tsx a.test.js", 1),
    Case("node", "node", "node --test 'test/*.js' --import ./hook.mjs", ("a.test.js",),
         f"{NODE} --import ./hook.mjs a.test.js", 1),
    Case("node", "node", "node --test spec/a.js", (),
         f"{NODE} spec/a.js", 1),
    Case("vitest", "vitest", "npx vitest run -u --project unit --coverage", ("a.test.js",),
         "vitest run --project unit --reporter=default --reporter=json "
         "--outputFile=@HOME@/report.json --retry=0 --bail=0 --coverage.enabled=false "
         "a.test.js", 1),
    Case("jest", "jest", "jest --silent --coverage", ("a.test.js",),
         "jest --silent --ci --json --outputFile=@HOME@/report.json --bail=0 --colors=false "
         "--coverage=false --runTestsByPath a.test.js", 1),
    Case("jest", "jest", "jest", (),
         "jest --ci --json --outputFile=@HOME@/report.json --bail=0 --colors=false "
         "--coverage=false", 1),
    Case("go", "go", "go test -race ./...", ("calc/calc_test.go", "own/own_test.go"),
         "go test -json -count=1 -timeout=0 -race ./calc ./own", 1),
    Case("go", "go", "go test ./... -run X", (),
         "go test -json -count=1 -timeout=0 ./... -run X", 2),
    Case("cargo", "cargo", "cargo test --all-features -- --nocapture", ("tests/a.rs",),
         "cargo test --all-features --test a --no-fail-fast --message-format=json --color=never "
         "-- --nocapture", 101),
    Case("nextest", "cargo", "cargo nextest run --retries 3", ("tests/a.rs",),
         "cargo nextest run --test a --no-fail-fast --retries=0 --cargo-message-format=json "
         "--tool-config-file=oneshot:@HOME@/nextest.toml --no-tests=fail", 100),
    Case("ctest", "ctest", "ctest -j2", (),
         "cmake -S . -B @HOME@/build|cmake --build @HOME@/build -- -k|"
         "ctest -j2 --test-dir @HOME@/build --output-junit @HOME@/report.xml --no-tests=error", 8),
    Case("tap", "tap", "node tests.js", (), "node tests.js", 1),
]  # fmt: skip


class Place:
    """A working tree with programs, and a slot with a project of the zoo."""

    def __init__(self, folder: Path, name: str) -> None:
        self.bin = folder / "work" / ".venv" / "bin"
        self.top = folder / "tree"
        self.home = folder / "home"
        for made in (self.bin, self.top, self.home / "tmp"):
            made.mkdir(parents=True)
        for path, text in ZOO[name].items():
            (self.top / path).parent.mkdir(parents=True, exist_ok=True)
            (self.top / path).write_text(text)
        for program in ("node", "vitest", "jest", "go", "cargo", "cmake", "ctest"):
            (self.bin / program).write_text(PROGRAM)
            (self.bin / program).chmod(0o755)
        kept = (REPORTS / name).read_text().replace("@TOP@", str(self.top))
        out, _, report = kept.rpartition("\n@REPORT@\n") if "@REPORT@" in kept else (kept, "", kept)
        (self.bin / "out").write_text(out)
        (self.bin / "report").write_text(report)

    def run(self, suite: Suite, status: int, files: tuple[str, ...] = ()) -> Run:
        """Run a suite whose program ends with ``status``."""
        (self.bin / "status").write_text(str(status))
        work = str(self.bin.parent.parent)
        user = user_environment()
        tools = Tools(Toolchain(str(self.home / "own"), work, user), user, work)
        return run_suite(Task(suite, Slot(str(self.top), str(self.home), 2), files, 60), tools)

    def said(self) -> str:
        """The words that the programs got."""
        plugin = str(Path(__file__).parent.parent.parent / "git_oneshot" / "proof" / "plugin")
        text = (self.bin / "said").read_text().strip().replace("\n", "|")
        return text.replace(str(self.home), "@HOME@").replace(plugin, "@PLUGIN@")


def suite_of(case: Case) -> Suite:
    from git_oneshot.core.rules.reading import words

    return Suite(name="all", command=words(case.command), runner=case.runner)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.report}: {case.command}")
def test_a_runner_is_called_so_and_its_report_is_read(case: Case, tmp_path: Path) -> None:
    place = Place(tmp_path, case.report)
    assert selection(suite_of(case), case.files) == tuple(sorted(case.files))
    run = place.run(suite_of(case), case.status, case.files)
    assert place.said() == case.words
    assert (run.trouble, run.detail) == ("", "")
    expected = dict(EXPECTED[case.report])
    if case.report == "ctest":
        expected["CMakeLists.txt::missing"] = "not broken-test"
    assert {r.id: came_out(r) for r in run.results} == expected


@pytest.mark.parametrize("case", [case for case in CASES if case.report in ("go", "cargo")],
                         ids=lambda case: f"{case.report}: {case.command}")  # fmt: skip
def test_what_a_person_reads_of_a_run_is_no_json(case: Case, tmp_path: Path) -> None:
    log = Place(tmp_path, case.report).run(suite_of(case), case.status, case.files).log
    assert not [line for line in log.splitlines() if line.startswith("{")]
    assert "--- FAIL: Test" in log if case.report == "go" else "panicked at" in log


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.report}: {case.command}")
def test_h52_a_run_that_ends_well_with_failed_tests_is_a_lie(case: Case, tmp_path: Path) -> None:
    run = Place(tmp_path, case.report).run(suite_of(case), 0, case.files)
    assert (run.trouble, run.results) == ("runner", ())
    assert "exit 0" in run.detail


@pytest.mark.parametrize(
    ("name", "said", "report"),
    [("vitest", "", '{"testResults": []}'), ("jest", "No tests found, exiting with code 1", ""),
     ("jest", "No files found in /x", "")],
)  # fmt: skip
def test_a_file_that_is_no_test_of_this_runner_makes_it_run_all(
    name: str, said: str, report: str, tmp_path: Path
) -> None:
    """Such as a browser's tests beside a unit's: they are called alike."""
    place = Place(tmp_path, name)
    (place.bin / "out").write_text(said)
    (place.bin / "report").write_text(report)
    case = next(case for case in CASES if case.report == name)
    run = place.run(suite_of(case), 1, ("e2e/a.test.js",))
    calls = place.said().split("|")
    assert ["e2e/a.test.js" in call for call in calls] == [True, False]
    assert (run.trouble, run.detail) == ("runner", "suite 'all' ran no test")


def test_a_child_of_a_proof_knows_that_it_is_one(tmp_path: Path) -> None:
    place = Place(tmp_path, "go")
    place.run(suite_of(CASES[6]), 1)
    env = dict(
        line.split("=", 1) for line in (place.bin / "env").read_text().splitlines() if "=" in line
    )
    assert (env["CI"], env["GOTOOLCHAIN"], env["HOME"]) == ("1", "local", str(place.home))
    home = user_environment()["HOME"]
    assert env["GOCACHE"] == f"{home}/.cache/go-build"
    assert env["GOMODCACHE"] == f"{home}/go/pkg/mod"
    assert not [name for name in env if name.startswith("GIT_") and "CONFIG" not in name
                and name != "GIT_CEILING_DIRECTORIES"]  # fmt: skip


def test_h54_what_other_crates_became_is_kept_and_the_trees_own_is_not(tmp_path: Path) -> None:
    """H54: cargo compares times, and two trees may be of one second."""
    place = Place(tmp_path, "cargo")
    lock = (
        '[[package]]\nname = "calc"\nversion = "0.1.0"\n\n[[package]]\nname = "serde"\n'
        'version = "1.0.0"\nsource = "registry+https://example.org"\n'
    )
    (place.top / "Cargo.lock").write_text(lock)
    prints = tmp_path / "target" / "debug" / ".fingerprint"
    for name in ("calc-0123", "serde-4567", "calc-more-89"):
        (prints / name).mkdir(parents=True)
    place.run(suite_of(CASES[8]), 101)
    assert [path.name for path in prints.iterdir()] == ["serde-4567"]
    (place.top / "Cargo.lock").write_text("no lock")
    place.run(suite_of(CASES[8]), 101)
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("command", ["cargo test", "cargo nextest run"])
def test_a_crate_that_cannot_be_had_is_no_red(command: str, tmp_path: Path) -> None:
    place = Place(tmp_path, "cargo")
    (place.bin / "out").write_text("error: failed to get `serde` as a dependency of package `x`\n")
    run = place.run(suite_of(CASES[8]._replace(command=command)), 101)
    assert (run.trouble, run.results) == ("deps", ())
    assert run.detail.startswith("error: failed to get `serde`")


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("CMake Error at CMakeLists.txt:4:\n  Cannot find source file:\n\n    new.js\n",
         "missing-symbol"),
        ("CMake Error: it is not C at all\n", ""),
    ],
)  # fmt: skip
def test_a_tree_that_cannot_be_configured(out: str, said: str, tmp_path: Path) -> None:
    """A manifest names a source that only the change adds: red; anything else: no run."""
    place = Place(tmp_path, "ctest")
    (place.bin / "fails--S").touch()
    (place.bin / "out").write_text(out)
    run = place.run(suite_of(CASES[10]), 1)
    assert [came_out(r) for r in run.results] == ([said] if said else [])
    assert run.trouble == ("" if said else "runner")


def test_ninja_goes_on_after_an_error_as_make_does(tmp_path: Path) -> None:
    place = Place(tmp_path, "ctest")
    (place.bin / "ninja").touch()
    place.run(suite_of(CASES[10]), 8)
    assert "--build @HOME@/build -- -k 0|" in place.said()


def test_junit_and_tap_are_read_from_the_file_that_the_rules_name(tmp_path: Path) -> None:
    place = Place(tmp_path, "junit")
    (place.top / "out").mkdir()
    suite = Suite(name="all", command=("cp", str(place.bin / "report"), "out/r.xml"),
                  runner="junit", report="out/r.xml")  # fmt: skip
    run = place.run(suite, 0)
    assert (run.trouble, run.detail[:33]) == ("runner", "suite 'all' ended with exit 0; an")
    failing = Suite(name="all", command=("sh", "-c", f"cp {place.bin}/report out/r.xml; exit 1"),
                    runner="junit", report="out/r.xml")  # fmt: skip
    assert {r.id: came_out(r) for r in place.run(failing, 0).results} == EXPECTED["junit"]
    silent = Suite(name="all", command=("true",), runner="junit", report="out/r.xml")
    assert "No such file" in place.run(silent, 0).detail
    other = Place(tmp_path / "tap", "tap")
    tap = Suite(name="all", command=("sh", "-c", f"cp {other.bin}/report r.tap; exit 1"),
                runner="tap", report="r.tap")  # fmt: skip
    assert {r.id: came_out(r) for r in other.run(tap, 0).results} == EXPECTED["tap"]
    unspoken = Suite(
        name="all", command=("sh", "-c", "echo no such file >&2; exit 2"), runner="tap"
    )
    assert "exit 2: no such file" in other.run(unspoken, 0).detail
