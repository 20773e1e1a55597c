"""Real runs: what each test did is read from the exception itself, and a run that lies is UNKNOWN.

Each project here is a folder laid out by hand; pytest is the real one.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from git_oneshot.core.facts import Proof
from git_oneshot.core.rules.file import Runner
from git_oneshot.core.rules.rules import Suite
from git_oneshot.core.verdicts.reasons import reason
from git_oneshot.core.verdicts.runs import Facts, Pair, Result, Run, worst
from git_oneshot.core.verdicts.verdict import judge
from git_oneshot.proof.runners import (
    Task,
    Tools,
    fingerprint,
    run_suite,
    selection,
)
from git_oneshot.proof.runners.lines import read_lines
from git_oneshot.proof.running.process import Ended
from git_oneshot.proof.running.slots import Slot
from git_oneshot.proof.running.toolchain import Toolchain
from tests.proof.lab import INI, tools_of, user_environment

PYTEST: Final = Suite(name="all", command=("python", "-m", "pytest"), runner="pytest", timeout=60)


class Project:
    """A folder with tests, as a slot has them."""

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        self.folder = folder
        self.top = folder / "tree"
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        (self.home / "tmp").mkdir()
        for path, text in {"pytest.ini": INI, **files}.items():
            file = self.top / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def run(
        self,
        suite: Suite = PYTEST,
        *selected: str,
        timeout: float = 60,
        work_tree: Path | None = None,
    ) -> Run:
        """Run the suite here."""
        slot = Slot(str(self.top), str(self.home), 2)
        tools = tools_of(self.folder / "own", str(work_tree) if work_tree else None)
        return run_suite(Task(suite, slot, selected, timeout), tools)


Make = Callable[..., Project]


@pytest.fixture
def project(tmp_path: Path) -> Make:
    """Makes projects: ``project({path: text})``."""
    made: list[Project] = []

    def make(files: Mapping[str, str]) -> Project:
        made.append(Project(tmp_path / f"project{len(made)}", files))
        return made[-1]

    return make


def command(*argv: str) -> Suite:
    """A suite that is a plain command."""
    return Suite(name="all", command=argv)


# -- pytest, one run of everything that a test can do ---------------------------------------

ZOO: Final = {
    "calc.py": """\
def add(a, b):
    return a - b
def crash():
    return {}["brand-new"]
""",
    "tests/conftest.py": """\
import pytest
@pytest.fixture
def broken():
    raise ValueError("a fixture of its own")
@pytest.fixture
def crashing():
    import calc
    calc.crash()
@pytest.fixture
def untidy():
    yield
    raise ValueError("in the end")
""",
    "tests/test_zoo.py": """\
import subprocess, sys, unittest
import pytest
import calc

def test_assertion(): assert calc.add(1, 1) == 2
def test_passes(): pass
@pytest.mark.parametrize("a", [0, 1, "x y"])
def test_parameter(a): assert a == 0
class TestClass:
    def test_method(self): assert False, "why"
class TestCase(unittest.TestCase):
    def test_old_style(self): self.assertEqual(1, 2)
    @unittest.expectedFailure
    def test_expected(self): self.fail()
    @unittest.skip("why")
    def test_skipped(self): pass
def test_setup(broken): pass
def test_crashing_setup(crashing): pass
def test_teardown(untidy): pass
def test_teardown_after_failure(untidy): assert False
def test_skip(): pytest.skip("why")
@pytest.mark.xfail
def test_xfail(): assert False
@pytest.mark.xfail
def test_xpass(): pass
@pytest.mark.xfail(strict=True)
def test_strict(): pass
def test_does_not_raise():
    with pytest.raises(ValueError):
        calc.add(1, 1)
def test_production(): calc.crash()
def test_own_exception(): raise RuntimeError("the test's own")
def test_name(): nonesuch
def test_attribute(): calc.multiply
def test_import():
    from calc import multiply
def test_module():
    import nonesuch.deep
def test_keyword(): calc.add(1, 1, sep=" ")
def test_arguments(): calc.add(1, 2, 3)
def test_missing_argument(): calc.add()
def test_key(): {}["brand"]
def test_file(): open("data/words.txt")
def test_absolute_file(): open(__file__ + ".data")
def test_command(): subprocess.run([sys.executable, "-c", "exit(3)"], check=True)
def test_surrogate(): raise RuntimeError("\\udc80")
def test_exit(): sys.exit(0)
def test_control(): assert "\\x1b[31m" == ""
""",
    "tests/test_broken.py": "import calc.deep\ndef test_never(): pass\n",
    "tests/test_syntax.py": "def test_never(:\n",
    "tests/test_import_crash.py": "import calc\ncalc.crash()\ndef test_never(): pass\n",
    "tests/test_absent.py": "import pytest\n"
    "pytest.skip('needs what is not here', allow_module_level=True)\n",
    "tests/test_good.py": "def test_beside_the_broken(): pass\n",
    "tests/sub/test_good.py": "def test_of_equal_name(): pass\n",
    "tests/__init__.py": "",
    "tests/sub/__init__.py": "",
}
# test: outcome, when, exception, missing, frames
CALL: Final = ("tests/test_zoo.py",)
CALC: Final = ("tests/test_zoo.py", "calc.py")
DID: Final[dict[str, tuple[str, str, str, str, tuple[str, ...]]]] = {
    "test_assertion": ("failed", "call", "AssertionError", "", CALL),
    "test_parameter[1]": ("failed", "call", "AssertionError", "", CALL),
    "test_parameter[x y]": ("failed", "call", "AssertionError", "", CALL),
    "TestClass::test_method": ("failed", "call", "AssertionError", "", CALL),
    "TestCase::test_old_style": ("failed", "call", "AssertionError", "", CALL),
    "test_setup": ("error", "setup", "ValueError", "", ("tests/conftest.py",)),
    "test_crashing_setup": (
        "error", "setup", "KeyError", "brand-new", ("tests/conftest.py", "calc.py"),
    ),
    "test_teardown": ("error", "teardown", "ValueError", "", ("tests/conftest.py",)),
    "test_teardown_after_failure": ("failed", "call", "AssertionError", "", CALL),
    "test_strict": ("failed", "call", "", "", ()),
    "test_does_not_raise": ("failed", "call", "Failed", "", CALL),
    "test_production": ("failed", "call", "KeyError", "brand-new", CALC),
    "test_own_exception": ("failed", "call", "RuntimeError", "", CALL),
    "test_name": ("failed", "call", "NameError", "nonesuch", CALL),
    "test_attribute": ("failed", "call", "AttributeError", "multiply", CALL),
    "test_import": ("failed", "call", "ImportError", "multiply", CALL),
    "test_module": ("failed", "call", "ModuleNotFoundError", "nonesuch", CALL),
    "test_keyword": ("failed", "call", "TypeError", "sep", CALL),
    "test_arguments": ("failed", "call", "TypeError", "add", CALL),
    "test_missing_argument": ("failed", "call", "TypeError", "a", CALL),
    "test_key": ("failed", "call", "KeyError", "brand", CALL),
    "test_file": ("failed", "call", "FileNotFoundError", "data/words.txt", CALL),
    "test_absolute_file": (
        "failed", "call", "FileNotFoundError", "tests/test_zoo.py.data", CALL,
    ),
    "test_command": ("failed", "call", "CalledProcessError", "", CALL),
    "test_surrogate": ("failed", "call", "RuntimeError", "", CALL),
    "test_exit": ("failed", "call", "SystemExit", "", CALL),
    "test_control": ("failed", "call", "AssertionError", "", CALL),
}  # fmt: skip
OTHERS: Final = {
    "test_passes": "passed",
    "test_parameter[0]": "passed",
    "TestCase::test_expected": "xfailed",
    "TestCase::test_skipped": "skipped",
    "test_skip": "skipped",
    "test_xfail": "xfailed",
    "test_xpass": "xpassed",
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run of the zoo: made once, and looked at from many sides."""
    return Project(tmp_path_factory.mktemp("zoo"), ZOO).run()


@pytest.fixture
def results(ran: Run) -> dict[str, Result]:
    """The zoo by test."""
    return {result.id: result for result in ran.results}


class TestZoo:
    def test_the_run_is_believed(self, ran: Run) -> None:
        """Exit status, report and tests agree, broken modules or not."""
        assert (ran.trouble, ran.detail) == ("", "")
        assert 0 < ran.seconds < 60
        assert "error" in ran.log

    @pytest.mark.parametrize("name", DID)
    def test_a_failure_is_read_from_its_exception(
        self, results: dict[str, Result], name: str
    ) -> None:
        r = results[f"tests/test_zoo.py::{name}"]
        inside = tuple(frame for frame in r.frames if not frame.startswith(".."))
        assert (r.outcome, r.when, r.exception, r.missing, inside) == DID[name]
        assert r.file == "tests/test_zoo.py"

    @pytest.mark.parametrize("name", OTHERS)
    def test_what_is_no_failure_is_told_apart(self, results: dict[str, Result], name: str) -> None:
        assert results[f"tests/test_zoo.py::{name}"].outcome == OTHERS[name]

    def test_h42_one_broken_module_does_not_hide_the_others(
        self, results: dict[str, Result]
    ) -> None:
        assert results["tests/test_good.py::test_beside_the_broken"].outcome == "passed"
        assert results["tests/sub/test_good.py::test_of_equal_name"].outcome == "passed"
        found = {r.id: (r.exception, r.missing) for r in results.values() if r.when == "collect"}
        assert found == {
            "tests/test_broken.py": ("ModuleNotFoundError", "calc.deep"),
            "tests/test_syntax.py": ("SyntaxError", ""),
            "tests/test_import_crash.py": ("KeyError", "brand-new"),
            "tests/test_absent.py": ("Skipped", ""),
        }
        absent = results["tests/test_absent.py"]
        assert (absent.outcome, absent.message) == ("skipped", "needs what is not here")
        assert results["tests/test_import_crash.py"].frames == (
            "tests/test_import_crash.py", "calc.py",
        )  # fmt: skip

    def test_every_test_is_there_once_and_no_other(self, ran: Run) -> None:
        names = {f"tests/test_zoo.py::{name}" for name in (*DID, *OTHERS)}
        names |= {
            "tests/test_broken.py", "tests/test_syntax.py", "tests/test_import_crash.py",
            "tests/test_absent.py",
            "tests/test_good.py::test_beside_the_broken",
            "tests/sub/test_good.py::test_of_equal_name",
        }  # fmt: skip
        assert sorted(r.id for r in ran.results) == sorted(names)

    def test_reasons_of_real_failures(self, results: dict[str, Result]) -> None:
        """What `reason` is told in the core's tests is what pytest really says."""
        facts = Facts(
            production=frozenset(("calc.py",)),
            names=frozenset(("multiply", "sep", "brand", "a")),
            files=frozenset(("data/words.txt", "calc/deep.py")),
        )
        found = {
            name: reason(results[f"tests/test_zoo.py::{name}"], facts) for name in (*DID, *OTHERS)
        }
        missing = {"attribute", "import", "keyword", "missing_argument", "key", "file"}
        for name in missing:
            assert found[f"test_{name}"] == (True, "missing-symbol"), name
        for name in ("assertion", "does_not_raise", "parameter[1]", "control"):
            assert found[f"test_{name}"] == (True, "assertion"), name
        assert found["test_production"] == found["test_crashing_setup"] == (True, "production")
        assert found["test_command"] == (True, "exit-code")
        assert found["test_setup"] == found["test_teardown"] == (False, "setup")
        assert found["test_strict"] == (False, "xpass")
        for name in ("own_exception", "name", "module", "arguments", "exit", "absolute_file"):
            assert found[f"test_{name}"] == (False, "test-error"), name
        assert reason(results["tests/test_broken.py"], facts) == (True, "missing-symbol")
        assert reason(results["tests/test_syntax.py"], facts) == (False, "broken-test")

    def test_what_a_test_says_can_be_written_down(self, ran: Run) -> None:
        """Lone surrogates are no UTF-8: they would stop the trail and the cache."""
        import msgspec

        assert msgspec.json.decode(msgspec.json.encode(ran), type=Run) == ran

    def test_a_run_judged_against_itself_proves_nothing(self, ran: Run) -> None:
        green = tuple(r for r in ran.results if r.outcome == "passed")
        facts = Facts(production=frozenset(("calc.py",)))
        once = replace(ran, results=green)
        assert judge([Pair("all", once, once)], facts, other="").code == "vacuous-red"


# -- pytest, in other houses ---------------------------------------------------------------


@pytest.mark.parametrize("rootdir", ["", "backend/", "backend/tests/"])
def test_a_suite_below_the_top_speaks_of_paths_from_the_top(project: Make, rootdir: str) -> None:
    """Wherever pytest finds its rootdir; and of production outside of the suite's root."""
    made = project(
        {
            f"{rootdir}pytest.ini": INI,
            "shared/lib.py": "def crash():\n    raise ValueError\n",
            "backend/tests/test_a.py": "import sys\nsys.path.append('..')\n"
            "from shared.lib import crash\n"
            "def test_a(): crash()\n"
            "def test_b(): pass\n",
        }
    )
    suite = replace(PYTEST, root="backend")
    (result,) = made.run(suite, "tests/test_a.py::test_a").results
    assert result.id == "backend/tests/test_a.py::test_a"
    assert (result.file, result.outcome) == ("backend/tests/test_a.py", "failed")
    assert result.frames == ("backend/tests/test_a.py", "shared/lib.py")


def test_only_the_selected_tests_are_run(project: Make) -> None:
    made = project(
        {
            "test_a.py": "def test_1(): pass\ndef test_2(): pass\n",
            "-dash/test_b.py": "def test_3(): pass\n",
            "test_c.py": "def test_4(): pass\n",
        }
    )
    ran = made.run(PYTEST, "-dash/test_b.py", "test_a.py::test_2")
    assert [r.id for r in ran.results] == ["-dash/test_b.py::test_3", "test_a.py::test_2"]


def test_no_test_at_all_is_a_run_without_results(project: Make) -> None:
    ran = project({"test_a.py": "def helper(): pass\n"}).run()
    assert (ran.trouble, ran.results) == ("", ())
    made = project({"test_a.py": "import pytest\npytest.skip('all', allow_module_level=True)\n"})
    assert [(r.id, r.outcome) for r in made.run().results] == [("test_a.py", "skipped")]


def test_options_of_the_command_hold_but_none_that_stops_early(project: Make) -> None:
    files = {"test_a.py": "def test_1(): assert 0\ndef test_2(): assert 0\ndef test_3(): pass\n"}
    suite = replace(PYTEST, command=("pytest", "-x", "--deselect", "test_a.py::test_3"))
    assert [r.id for r in project(files).run(suite).results] == [
        "test_a.py::test_1",
        "test_a.py::test_2",
    ]


def test_a_run_writes_no_cache_into_the_tree(project: Make) -> None:
    made = project({"test_a.py": "def test_1(): assert 0\n"})
    made.run()
    assert sorted(os.listdir(made.top)) == ["pytest.ini", "test_a.py"]


# -- runs that lie ---------------------------------------------------------------------------

REWRITES: Final = """\
import pytest
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call":
        report.outcome = "passed"
        report.longrepr = None
"""
SWALLOWS: Final = """\
import pytest
@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    try:
        yield
    except Exception:
        pass
"""
FAILING: Final = "def test_a(): assert False\ndef test_b(): pass\n"
LIARS: Final = {
    "a conftest rewrites the reports": (
        {"conftest.py": REWRITES, "test_a.py": FAILING},
        "test_a.py::test_a raised AssertionError, and something called it passed",
    ),
    "a conftest ends the process": (
        {"conftest.py": "import os\nos._exit(0)\n", "test_a.py": FAILING},
        "pytest did not come to its end",
    ),
    "a test ends the process": (
        {"test_a.py": "import os\ndef test_a(): os._exit(0)\n"},
        "pytest did not come to its end",
    ),
    "a test module ends Python at import": (
        {"test_a.py": "raise SystemExit(0)\n"},
        "ended with exit 3",
    ),
    "pytest itself comes to grief": (  # so the canaries were not called: nobody forged anything
        {
            "conftest.py": "def pytest_runtest_logreport(report): report.nonesuch\n",
            "test_a.py": FAILING,
        },
        "ended with exit 3",
    ),
    "the exit status is changed at the end": (
        {
            "conftest.py": "import atexit, os\natexit.register(lambda: os._exit(0))\n",
            "test_a.py": FAILING,
        },
        "pytest reported exit 1, and then",
    ),
    "a hook changes the exit status": (
        {
            "conftest.py": "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n",
            "test_a.py": FAILING,
        },
        "",
    ),
    "a conftest swallows what tests raise": (
        {"conftest.py": SWALLOWS, "test_a.py": FAILING},
        "a test of ours that fails did not: something forges outcomes",
    ),
    "a conftest fails what would pass": (
        {"conftest.py": "def pytest_runtest_call(item): assert False\n", "test_a.py": FAILING},
        "a test of ours that passes did not: something forges outcomes",
    ),
    "a conftest drops all tests but its own": (
        {
            "conftest.py": "import pytest\n@pytest.hookimpl(trylast=True)\n"
            "def pytest_collection_finish(session): del session.items[1:]\n",
            "test_a.py": "def test_a(): pass\n",
        },
        "a test of ours that fails did not: something forges outcomes",
    ),
    "the report is scribbled over": (
        {
            "test_a.py": "import os\ndef test_a():\n"
            "    open(os.environ['ONESHOT_REPORT'], 'a').write('[]\\n{\"id\": 3}\\n')\n"
        },
        "the report of the run is damaged",
    ),
    "the report is taken away": (
        {"test_a.py": "import os\ndef test_a():\n    os.unlink(os.environ['ONESHOT_REPORT'])\n"},
        "",
    ),
    "a bad option": ({"pytest.ini": "[pytest]\naddopts = --nonesuch\n", "test_a.py": FAILING}, ""),
    "a signal": ({"test_a.py": "import os\ndef test_a(): os.kill(os.getpid(), 11)\n"}, "signal 11"),
}


@pytest.mark.parametrize("liar", LIARS)
def test_h52_a_run_that_lies_is_unknown(project: Make, liar: str) -> None:
    """Exit status, report and exceptions must agree: none of these may pass, or count as red."""
    files, detail = LIARS[liar]
    ran = project(files).run()
    assert (ran.trouble, ran.results) == ("runner", ())
    assert detail in ran.detail


REFUSES: Final = """\
import pytest
def pytest_runtest_setup(item):
    if "mine" not in item.keywords:
        pytest.skip("not one of mine")
"""


@pytest.mark.parametrize(
    "files",
    [
        {"conftest.py": REFUSES, "pytest.ini": INI + "markers = mine\n"},
        {"conftest.py": "import pytest\n@pytest.fixture(autouse=True)\n"
         "def needs(request): request.node.get_closest_marker('mine').args\n"},
        {"pytest.ini": "[pytest]\naddopts = -p no:hypothesispytest -n 2\nmarkers = mine\n"},
        {"pytest.ini": INI + "markers = mine\nxfail_strict = true\nfilterwarnings = error\n"},
    ],
    ids=["a hook skips strangers", "a fixture cannot be had", "xdist", "strict settings"],
)  # fmt: skip
def test_the_canaries_of_a_run_do_no_harm(project: Make, files: Mapping[str, str]) -> None:
    """Two tests of ours run behind the project's: they show in no result and no exit status."""
    test = "import pytest\n@pytest.mark.mine\ndef test_a(): pass\n"
    ran = project({"test_a.py": test, "pytest.ini": INI + "markers = mine\n", **files}).run()
    assert (ran.trouble, [r.id for r in ran.results]) == ("", ["test_a.py::test_a"]), ran.detail


@pytest.mark.parametrize("workers", ["", " -n 2"])
def test_what_is_no_text_harms_no_run(project: Make, workers: str) -> None:
    """xdist's workers can't send a lone surrogate: they would end without an outcome."""
    said = "caf\\udce9\\n"
    test = (
        f"def test_a():\n    print('{said}')\n    assert 'cafe' == '{said}'\n"
        "def test_b(): pass\n"
        f"import warnings\ndef test_c(): warnings.warn('{said}')\n"
    )
    ini = f"[pytest]\naddopts = -p no:hypothesispytest{workers}\n"
    ran = project({"test_a.py": test, "pytest.ini": ini}).run()
    assert ran.trouble == "", ran.detail
    found = sorted((r.id[-1], r.outcome, r.exception) for r in ran.results)
    assert found == [("a", "failed", "AssertionError"), ("b", "passed", ""), ("c", "passed", "")]


def test_h51_a_timeout_is_unknown_and_leaves_nobody(project: Make) -> None:
    made = project({"test_a.py": "import time\ndef test_a(): time.sleep(60)\n"})
    began = time.monotonic()
    ran = made.run(timeout=1.5)
    assert (ran.trouble, ran.results) == ("timeout", ())
    assert ran.detail == "suite 'all' took longer than 1.5 s"
    assert time.monotonic() - began < 20


def test_without_pytest_it_says_what_to_install(project: Make, tmp_path: Path) -> None:
    made = project({"test_a.py": FAILING})
    user = {"PATH": str(tmp_path / "nothing")}
    tools = Tools(Toolchain(str(tmp_path / "own"), None, user), user, None)
    ran = run_suite(Task(PYTEST, Slot(str(made.top), str(made.home), 2), (), 60), tools)
    assert ran.trouble == "runner"
    assert ran.detail.endswith("pip install pytest")
    assert fingerprint(PYTEST, tools) == "none"


EDITABLE: Final = {
    # What the .pth file of an editable install does, before any test is collected.
    "conftest.py": "import sys\nsys.path.insert(0, {src!r})\n",
    "tests/test_a.py": "def test_a():\n    import calc\n    assert calc.answer == 42\n",
}


@pytest.mark.parametrize("ini", [INI, "[pytest]\naddopts = -p no:hypothesispytest -n 1\n"])
def test_h53_code_of_the_working_tree_is_the_wrong_code(
    project: Make, tmp_path: Path, ini: str
) -> None:
    """An editable install points to the working tree: RED would run the new code.

    With xdist it is a worker that loads it.
    """
    work_tree = tmp_path / "work"
    (work_tree / "src").mkdir(parents=True)
    (work_tree / "src" / "calc.py").write_text("answer = 42\n")
    files = {k: v.format(src=str(work_tree / "src")) for k, v in EDITABLE.items()}
    made = project({**files, "pytest.ini": ini})
    ran = made.run(work_tree=work_tree)
    assert ran.trouble == "wrong-code"
    assert ran.detail == "the tests loaded src/calc.py of the working tree"


def test_h53_an_editable_install_of_a_src_layout_runs_the_code_of_the_slot(
    project: Make, tmp_path: Path
) -> None:
    """The most common layout of all: `pip install -e .` puts the working tree's src on the path."""
    work_tree = tmp_path / "work"
    (work_tree / "src").mkdir(parents=True)
    (work_tree / "src" / "calc.py").write_text("answer = 0\n")
    made = project({
        "src/calc.py": "answer = 42\n",
        "conftest.py": f"import sys\nsys.path.append({str(work_tree / 'src')!r})\n",
        "test_a.py": "def test_a():\n    import calc\n    assert calc.answer == 42\n",
    })  # fmt: skip
    ran = made.run(work_tree=work_tree)
    assert (ran.trouble, [r.outcome for r in ran.results]) == ("", ["passed"])


def test_h53_an_environment_in_the_working_tree_is_where_packages_live(
    project: Make, tmp_path: Path
) -> None:
    work_tree = tmp_path / "work"
    site = work_tree / ".venv" / "lib" / "python3" / "site-packages"
    site.mkdir(parents=True)
    (site / "calc.py").write_text("answer = 42\n")
    made = project({k: v.format(src=str(site)) for k, v in EDITABLE.items()})
    ran = made.run(work_tree=work_tree)
    assert (ran.trouble, [r.outcome for r in ran.results]) == ("", ["passed"])


def test_h53_a_slot_inside_of_the_working_tree_is_no_stranger(tmp_path: Path) -> None:
    """Where there is no shared memory, slots are below .git: `lib` is of the slot, too."""
    made = Project(
        tmp_path / "work" / ".git" / "oneshot" / "slots" / "0",
        {
            "lib/calc.py": "answer = 42\n",
            "web/test_a.py": "import sys\nsys.path.insert(0, '../lib')\n"
            "def test_a():\n    import calc\n    assert calc.answer == 42\n",
        },
    )
    ran = made.run(replace(PYTEST, root="web"), work_tree=tmp_path / "work")
    assert (ran.trouble, [r.id for r in ran.results]) == ("", ["web/test_a.py::test_a"])


def test_a_subtest_has_one_name_whatever_the_address_of_its_parameter() -> None:
    """more-itertools names subtests by iterators: each run had others, and old ones vanished."""
    line = '{"id": "test_a.py::test (of=<iterator object at %s>)", "outcome": "passed"}\n'
    [one], [two] = (read_lines(line % at).results for at in ("0x7efce4244e10", "0x7F00"))
    assert one.id == two.id == "test_a.py::test (of=<iterator object at 0x>)"


def test_our_own_plugin_is_no_stranger_when_the_program_tests_itself(project: Make) -> None:
    import git_oneshot

    made = project({"test_a.py": "def test_a(): pass\n"})
    here = Path(git_oneshot.__file__).parent.parent
    assert made.run(work_tree=here).trouble == ""


# -- a report, line by line --------------------------------------------------------------------


def test_the_first_phase_that_does_not_pass_is_the_result() -> None:
    def line(when: str, outcome: str) -> str:
        return f'{{"id": "t", "file": "f", "when": "{when}", "outcome": "{outcome}"}}\n'

    for phases, outcome in (
        ([("setup", "passed"), ("call", "passed"), ("teardown", "passed")], "passed"),
        ([("setup", "passed"), ("call", "failed"), ("teardown", "failed")], "failed"),
        ([("setup", "passed"), ("call", "passed"), ("teardown", "failed")], "error"),
        ([("setup", "failed"), ("teardown", "passed")], "error"),
        ([("setup", "skipped"), ("teardown", "passed")], "skipped"),
        # A plugin that tries again: the first word stands, and disagrees with the exit status.
        ([("setup", "passed"), ("call", "failed"), ("call", "passed")], "failed"),
    ):
        report = read_lines("".join(line(*phase) for phase in phases))
        assert [r.outcome for r in report.results] == [outcome]


@given(st.text() | st.lists(st.sampled_from(
    ['{"id": "t"}', '{"end": 0}', '{"foreign": ["a"]}', "[]", "3", "{}", '{"id": null}',
     '{"end": "0"}', '{"id": "t", "outcome": "rerun"}', '{"id": "t", "frames": [1]}', "\udc80"]
)).map("\n".join))  # fmt: skip
def test_any_report_is_read_or_called_damaged(text: str) -> None:
    report = read_lines(text)
    assert not report.problem or report.problem == "the report of the run is damaged"
    assert report.end is None or not report.problem


# -- a plain command ----------------------------------------------------------------------------

STATUS: Final = {
    0: ("", "passed"),
    1: ("", "failed"),
    2: ("", "failed"),
    125: ("", "failed"),
    126: ("runner", ""),  # a shell's "cannot be executed"
    127: ("runner", ""),  # a shell's "not found"
    128: ("", "failed"),
    137: ("runner", ""),  # a shell's "killed by signal 9"
    139: ("runner", ""),
    255: ("", "failed"),
}


@pytest.mark.parametrize("status", STATUS)
def test_a_command_is_one_test_by_its_exit_status(project: Make, status: int) -> None:
    ran = project({}).run(command("sh", "-c", f"echo out; exit {status}"))
    outcome = ran.results[0].outcome if ran.results else ""
    assert (ran.trouble, outcome) == STATUS[status]
    assert ran.log == "out\n"
    if ran.trouble:
        assert ran.detail == f"suite 'all' ended with exit {status}: out"


def test_a_commands_signal_timeout_and_absence_are_unknown(project: Make) -> None:
    made = project({})
    killed = made.run(command("sh", "-c", "kill -9 $$"))
    assert (killed.trouble, killed.detail) == ("runner", "suite 'all' ended with signal 9")
    slow = made.run(command("sleep", "60"), timeout=0.2)
    assert (slow.trouble, slow.detail) == ("timeout", "suite 'all' took longer than 0.2 s")
    absent = made.run(command("no-such-program"))
    assert absent.trouble == "runner"
    assert absent.detail == "cannot run 'no-such-program': No such file or directory"


def test_a_command_that_prints_too_much_is_not_called_slow(
    project: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from git_oneshot.proof.runners import task

    monkeypatch.setattr(task, "run", lambda *_, kept: Ended(None, 1.0, "x"[kept:]))
    ran = project({}).run(command("true"))
    assert (ran.trouble, ran.detail) == ("runner", "suite 'all' printed more than 64 MiB")


def test_a_command_runs_in_its_root_with_the_projects_tools(project: Make, tmp_path: Path) -> None:
    work_tree = tmp_path / "work"
    tool = work_tree / ".venv" / "bin" / "tool"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\npwd\n")
    tool.chmod(0o755)
    made = project({"web/x": "", "web/local.sh": "#!/bin/sh\npwd\n"})
    (made.top / "web" / "local.sh").chmod(0o755)
    user = user_environment()
    tools = Tools(Toolchain(str(tmp_path / "own"), str(work_tree), user), user, str(work_tree))
    for name in ("tool", "./local.sh"):
        suite = replace(command(name), root="web")
        ran = run_suite(Task(suite, Slot(str(made.top), str(made.home), 2), (), 60), tools)
        assert (ran.trouble, ran.log) == ("", f"{made.top / 'web'}\n")
    assert fingerprint(command("tool"), tools).startswith(f"{tool}@")


def test_a_failing_command_counts_as_red() -> None:
    red = Result(id="make test", outcome="failed", exception="exit-code")
    pair = Pair("all", Run(results=(red,)), Run(results=(replace(red, outcome="passed"),)))
    proof: Proof = judge([pair], Facts(production=frozenset(("a",))), other="")
    assert (proof.word, proof.tests[0].reason) == ("PASS", "exit-code")


# -- what can be asked for by name -----------------------------------------------------------


@pytest.mark.parametrize(
    ("paths", "selected"),
    [
        (["tests/test_b.py", "tests/test_a.py"], ("tests/test_a.py", "tests/test_b.py")),
        (["calc_test.py"], ("calc_test.py",)),
        (["tests/__init__.py", "tests/test_a.py"], ("tests/test_a.py",)),
        (["tests/test_a.py", "tests/conftest.py"], ()),
        (["tests/test_a.py", "tests/golden/page.html"], ()),
        (["tests/helper.py"], ()),
        (["tests/test_data.json"], ()),
        (["tests/test_[a].py"], ()),
        (["tests/test_a::b.py"], ()),
    ],
)
def test_helpers_and_goldens_ask_for_all_tests(paths: list[str], selected: tuple[str, ...]) -> None:
    """The tests that use them are somewhere among all."""
    assert selection(PYTEST, paths) == selected
    below = replace(PYTEST, root="web")
    assert selection(below, [f"web/{path}" for path in paths]) == selected
    many = [f"tests/test_{number}.py" for number in range(10_000)]
    assert selection(PYTEST, many) == ()  # more than an argument list holds
    assert selection(command("make"), paths) == ()


def test_h50_a_failed_test_is_not_run_again_whatever_a_plugin_would_do(project: Make) -> None:
    """H50: what pytest-rerunfailures and pytest-retry go by, option and mark, is taken away."""
    made = project(
        {
            "pytest.ini": INI + "markers = flaky\n",
            "conftest.py": "import pytest\n"
            "def pytest_addoption(parser):\n"
            "    parser.addoption('--reruns', type=int, default=None)\n"
            "@pytest.fixture(autouse=True)\n"
            "def seen(request):\n"
            "    assert request.config.option.reruns == 0\n"
            "    assert request.node.get_closest_marker('flaky') is None\n",
            "test_a.py": "import pytest\npytestmark = pytest.mark.flaky(reruns=3)\n"
            "@pytest.mark.flaky\nclass TestIn:\n    def test_a(self): pass\n",
        }
    )
    ran = made.run(replace(PYTEST, command=("python", "-m", "pytest", "--reruns", "5")))
    assert [r.outcome for r in ran.results] == ["passed"]


# -- unittest --------------------------------------------------------------------------------


def test_unittest_runs_what_it_discovers_or_is_asked_for(project: Make) -> None:
    case = "import unittest\nclass T(unittest.TestCase):\n    def test_%s(self): pass\n"
    made = project({"test_a.py": case % "a", "sub/__init__.py": "", "sub/test_b.py": case % "b",
                    "checks/x_check.py": case % "c", "src/unittest.py": "1/0",
                    "src/json.py": "1/0"})  # fmt: skip
    suite = Suite(name="all", command=("python", "-m", "unittest"), runner="unittest")
    everything = ["test_a.py::T::test_a", "sub/test_b.py::T::test_b"]
    assert sorted(r.id for r in made.run(suite).results) == sorted(everything)
    assert [r.id for r in made.run(suite, "sub/test_b.py").results] == everything[1:]
    assert [r.id for r in made.run(suite, "test_a.py::T::test_a").results] == everything[:1]
    found = replace(suite, command=(*suite.command, "discover", "-s", "checks", "-p", "*_check.py"))
    assert [r.id for r in made.run(found).results] == ["checks/x_check.py::T::test_c"]


@pytest.mark.parametrize(
    ("line", "outcome", "exception"),
    [("later()", "error", "NameError"), ("import calc; calc.later", "error", "AttributeError"),
     ("raise unittest.SkipTest('why')", "skipped", "")],
)  # fmt: skip
def test_h40_a_file_that_unittest_cannot_import_is_a_result(
    project: Make, line: str, outcome: str, exception: str
) -> None:
    """Whatever it raises: only an ImportError was one, where the file was asked for by name."""
    made = project({"calc.py": "", "test_a.py": f"import unittest\n{line}\n"})
    suite = Suite(name="all", command=("python", "-m", "unittest"), runner="unittest")
    for files in (("test_a.py",), ()):
        ran = made.run(suite, *files)
        assert [(r.outcome, r.exception) for r in ran.results] == [(outcome, exception)]
        assert ran.trouble == ""


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("import os\nos._exit(0)", "unittest did not come to its end"),
        ("raise SystemExit(0)", "unittest did not come to its end"),
        ("x = 1", "suite 'all' ran no test"),
    ],
)
def test_h52_unittest_that_ran_nothing_is_no_pass(project: Make, body: str, detail: str) -> None:
    made = project({"test_a.py": body})
    ran = made.run(Suite(name="all", command=("python", "-m", "unittest"), runner="unittest"))
    assert (ran.trouble, ran.detail) == ("runner", detail)


@pytest.mark.parametrize("path", ["test_a.py", "pkg/test_a.py", "a_test.py"])
def test_unittest_is_asked_for_files_that_can_be_imported(path: str) -> None:
    suite = Suite(name="all", command=("x",), runner="unittest")
    assert selection(suite, [path]) == (path,)
    assert selection(suite, [path, "a-b/test_a.py"]) == ()
    assert selection(suite, ["helper.py"]) == ()


@pytest.mark.parametrize("workers", ["", " -p xdist -n 2"])
@pytest.mark.long
def test_h45_parts_of_a_test_are_of_the_test_and_the_worst_is_what_it_did(
    project: Make, workers: str
) -> None:
    """pytest's own subtests, unittest's and parameters, in one process and in xdist's workers."""
    made = project(
        {
            "pytest.ini": "[pytest]\naddopts = -p no:hypothesispytest\n",
            "test_a.py": "import unittest, pytest\n"
            "def test_parts(subtests):\n"
            "    for n in (1, 2, 3):\n"
            "        with subtests.test(n=n): assert n != 2\n"
            "def test_well(subtests):\n"
            "    with subtests.test('one'): pass\n"
            "class T(unittest.TestCase):\n"
            "    def test_old(self):\n"
            "        for n in (1, 2):\n"
            "            with self.subTest(n=n): self.assertEqual(n, 2)\n"
            "@pytest.mark.parametrize('n', [1, 2])\n"
            "def test_each(n): assert n == 1\n",
        }
    )
    suite = replace(PYTEST, command=("python", "-m", "pytest", *workers.split()))
    ran = made.run(suite)
    assert ran.trouble == "", ran.detail
    assert {r.id.partition("::")[2]: (r.outcome, r.exception) for r in worst(ran.results)} == {
        "test_parts": ("failed", "AssertionError"), "test_well": ("passed", ""),
        "T::test_old": ("failed", "AssertionError"), "test_each[1]": ("passed", ""),
        "test_each[2]": ("failed", "AssertionError"),
    }  # fmt: skip


@pytest.mark.parametrize("runner", ["pytest", "unittest"])
def test_a_helper_that_is_called_like_a_test_makes_all_tests_run(
    project: Make, runner: Runner
) -> None:
    made = project(
        {
            "test_helper.py": "def help(): return 1\n",
            "test_a.py": "import unittest, test_helper\nclass T(unittest.TestCase):\n"
            "    def test_a(self): self.assertEqual(test_helper.help(), 1)\n",
        }
    )
    suite = replace(PYTEST, runner=runner)
    assert [r.id for r in made.run(suite, "test_helper.py").results] == ["test_a.py::T::test_a"]


# -- what a run may leave to its reader --------------------------------------------------

HOSTILE: Final = """\
import os, unittest
class T(unittest.TestCase):
    def test_x(self):
        report = os.environ["ONESHOT_REPORT"]
        %s
        os._exit(0)
"""


@contextlib.contextmanager
def soon() -> Iterator[None]:
    """Before a minute is over."""
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("it is still waiting"))
    signal.alarm(60)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "does",
    [
        "os.unlink(report); os.mkfifo(report)",
        "os.unlink(report); os.symlink('/dev/tty', report)",
        "os.unlink(report); os.mkdir(report)",
        "open(report, 'a').write('{\"x\": ' + '[' * 9_999 + ']' * 9_999 + '}\\n')",
    ],
)
def test_no_report_keeps_its_reader_waiting_or_makes_it_fail(project: Make, does: str) -> None:
    """A test writes there what it likes: a pipe that nobody writes to, or lists in lists."""
    suite = Suite(name="all", command=("python", "-m", "unittest"), runner="unittest", timeout=60)
    with soon():
        assert project({"test_x.py": HOSTILE % does}).run(suite).trouble == "runner"


def test_tap_within_tap_without_an_end_is_no_bug_of_ours(project: Make) -> None:
    text = "".join(f"{'    ' * depth}ok 1\n" for depth in range(1_500, -1, -1))
    suite = Suite(name="all", command=("cat", "out"), runner="tap")
    run = project({"out": f"{text}1..1\n"}).run(suite)
    assert (run.trouble, run.detail) == ("runner", "what the run wrote is nested too deeply")


# -- what a process loads ------------------------------------------------------------------------


def test_a_process_loads_the_runner_that_it_needs_and_no_other() -> None:
    """All eleven cost each hook a tenth of its time."""
    source = (
        "import sys\nfrom git_oneshot.cli.commands import hook\n"
        "from git_oneshot.proof.runners import RUNNERS\n"
        "assert RUNNERS['go'].selects('a_test.go')\n"
        "print(*(n for n in RUNNERS if f'git_oneshot.proof.runners.{n}' in sys.modules))\n"
    )
    root = Path(__file__).parents[2]
    argv = [sys.executable, "-c", source]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "go\n"


def test_what_the_user_installed_for_himself_is_found_where_it_is(
    project: Make, tmp_path: Path
) -> None:
    """`pip install --user` of a framework's python, as on macOS, knows nothing of ~/.local."""
    home, library = tmp_path / "ada", "Library/Python/3"
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.write_text(
        f'#!/bin/sh\nexport PYTHONUSERBASE="${{PYTHONUSERBASE:-$HOME/{library}}}"\n'
        f'exec {sys._base_executable} "$@"\n'  # type: ignore[attr-defined]
    )
    python.chmod(0o755)
    site = home / library / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    site.mkdir(parents=True)
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    (site / "all.pth").write_text(f"{ours}\n")
    (site / "mine.py").write_text("")
    made = project({"test_a.py": "import mine\ndef test(): pass\n"})
    user = {"PATH": os.pathsep.join([str(python.parent), os.defpath]), "HOME": str(home)}
    tools = Tools(Toolchain(str(tmp_path / "own"), None, user), user, None)
    run = run_suite(Task(PYTEST, Slot(str(made.top), str(made.home), 2), (), 60), tools)
    assert [result.outcome for result in run.results] == ["passed"], run
