"""Changes of real repositories, proven end to end: trees, slots, runs, verdicts, cache."""

import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Proof
from git_oneshot.core.verdicts.codes import FAILURES
from git_oneshot.core.verdicts.runs import Run
from git_oneshot.proof.running.cache import ProofCache
from git_oneshot.proof.running.slots import Slots
from git_oneshot.proof.suites import digest, rules_of
from tests.proof.conftest import MakeLab
from tests.proof.lab import INI, Files, Lab, said
from tests.proof.test_process import eventually, gone, signed
from tests.sandbox import MakeRepo

# `python -m pytest` puts the top on the path: no package to install.
CALC: Final = "def sub(a, b):\n    return a - b\n"
TEST: Final = "from calc import sub\n\n\ndef test_sub():\n    assert sub(3, 1) == 2\n"
BASE: Final = {"calc.py": CALC, "tests/test_calc.py": TEST, "pytest.ini": INI, "README.md": "r\n"}
ADD: Final = CALC + "\n\ndef add(a, b):\n    return a + b\n"
TEST_ADD: Final = "from calc import add\n\n\ndef test_add():\n    assert add(1, 1) == 2\n"
BEHAVIOUR: Final = {"calc.py": ADD, "tests/test_add.py": TEST_ADD}

# A suite that is a shell script: cheap, where the runner does not matter.
SCRIPT: Final = (
    '[[suite]]\nname = "all"\ncommand = "sh tests/run.sh"\n[sides]\nproduction = ["*.txt"]\n'
)
PLAIN: Final = {".oneshot.toml": SCRIPT, "word.txt": "a\n", "tests/run.sh": "grep -q a word.txt\n"}
PLAIN_CHANGE: Final = {"word.txt": "b\n", "tests/run.sh": "grep -q b word.txt\n"}


def turned(proof: Proof) -> list[tuple[str, str]]:
    return [(t.id, t.reason) for t in proof.tests if t.turned]


# -- behaviour -------------------------------------------------------------------------------


def test_a_commit_that_brings_its_test_is_proven(lab: MakeLab) -> None:
    made = lab(BASE)
    parent = made.head()
    judged = made.prove(BEHAVIOUR)
    proof = judged.proof
    assert said(proof) == "PASS behaviour"
    assert turned(proof) == [("tests/test_add.py::test_add", "missing-symbol")]
    assert proof.tree == made.head()
    assert proof.hybrid is not None
    assert made.git.lines("ls-tree", "-r", "--name-only", proof.hybrid) == [
        "README.md", "calc.py", "pytest.ini", "tests/test_add.py", "tests/test_calc.py",
    ]  # fmt: skip
    assert made.git.text("diff", "--name-only", parent, proof.hybrid) == "tests/test_add.py"
    assert [file.path for file in judged.change.on("production")] == ["calc.py"]


def test_a_readme_change_that_a_test_turns_is_behaviour(lab: MakeLab) -> None:
    """The typo of the seed: neutral files are not in the hybrid tree, so they can be proven."""
    made = lab({**BASE, "README.md": "We recieve patches.\n"})
    proof = made.prove(
        {
            "README.md": "We receive patches.\n",
            "tests/test_readme.py": "def test_spelling():\n"
            "    assert 'recieve' not in open('README.md').read()\n",
        }
    ).proof
    assert said(proof) == "PASS behaviour"
    assert turned(proof) == [("tests/test_readme.py::test_spelling", "assertion")]


def test_h44_one_parameter_is_enough_and_the_others_go_on_passing(lab: MakeLab) -> None:
    made = lab(BASE)
    test = (
        "import pytest\nfrom calc import sub\n\n\n@pytest.mark.parametrize('a', [1, 2])\n"
        "def test_same(a):\n    assert sub(a, 1) == {1: 0, 2: 7}[a]\n"
    )
    calc = "def sub(a, b):\n    return 7 if a == 2 else a - b\n"
    proof = made.prove({"calc.py": calc, "tests/test_same.py": test}).proof
    assert said(proof) == "PASS behaviour"
    assert turned(proof) == [("tests/test_same.py::test_same[2]", "assertion")]
    assert [(t.id, t.red) for t in proof.tests if not t.turned] == [
        ("tests/test_same.py::test_same[1]", "passed")
    ]


def test_h54_stale_bytecode_plays_no_part(lab: MakeLab) -> None:
    """`a - b` becomes `a + b`: same size, same second, in one slot, by a suite that writes .pyc.

    Python believes a .pyc by the size and the second of its source.
    """
    late = "import os\nos.utime('calc.py', (1, 1))\nimport sys\nsys.dont_write_bytecode = False\n"
    made = lab(
        {
            ".oneshot.toml": '[[suite]]\nname = "all"\ncommand = "python3 tests/main.py"\n'
            '[sides]\nproduction = ["*.py"]\ntest = ["tests"]\n',
            "calc.py": "def f(a, b): return a - b\n",
            "tests/main.py": f"{late}sys.path.insert(0, '')\n"
            "import calc\nassert calc.f(1, 1) == 0\n",
        }
    )
    before = made.head()
    after = made.commit(
        {
            "calc.py": "def f(a, b): return a + b\n",
            "tests/main.py": f"{late}sys.path.insert(0, '')\n"
            "import calc\nassert calc.f(1, 1) == 2\n",
        }
    )
    assert said(made.prover().suite(before, None)) == "PASS"
    assert said(made.prover().suite(after, None)) == "PASS"
    assert said(made.prover().suite(before, None)) == "PASS"
    proof = made.prover(fresh=True).prove(before, after).proof
    assert said(proof) == "PASS behaviour"


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_h8_both_kinds_of_repository_are_proven(lab: MakeLab, form: str) -> None:
    made = lab(PLAIN, f"--object-format={form}")
    proof = made.prove(PLAIN_CHANGE).proof
    assert said(proof) == "PASS behaviour"
    assert len(proof.hybrid or "") == len(proof.tree or "") == len(made.git.zero)
    assert turned(proof) == [("sh tests/run.sh", "exit-code")]
    assert "a weaker proof" in proof.notes[0]  # and it says so


def test_h6_odd_names_are_proven_like_any_other(lab: MakeLab) -> None:
    """A name that is not UTF-8 fits into no cache key and no trail as it is."""
    made = lab(BASE)
    before = made.head()
    for name in (b"tests/test_\xff a.py", b"tests/test_new\nline.py"):
        path = Path(os.fsdecode(os.path.join(os.fsencode(made.repo.path), name)))
        path.write_text(TEST_ADD)
    made.repo.git("add", "--all")
    proof = made.prover().prove(before, made.commit({"calc.py": ADD})).proof
    assert said(proof) == "PASS behaviour"
    assert len(turned(proof)) == 2
    again = made.prover().prove(before, made.head())
    assert (again.proof, again.runs) == (proof, ())
    Path(os.fsdecode(os.path.join(os.fsencode(made.repo.path), b"\xff.py"))).touch()
    made.repo.git("add", "--all")
    refused = made.prove({}).proof
    assert refused.notes == ("\\udcff.py changed, and no test did",)


def test_h3_the_users_tree_index_and_stash_do_not_notice(lab: MakeLab) -> None:
    made = lab(PLAIN)
    before, after = made.head(), made.commit(PLAIN_CHANGE)
    made.repo.write("word.txt", "not staged\n")
    index = made.repo.path / ".git" / "index"
    seen = (index.read_bytes(), index.stat().st_mtime_ns, made.repo.git("for-each-ref"))
    assert said(made.prover().prove(before, after).proof) == "PASS behaviour"
    assert said(made.prover().suite(after, before)) == "PASS"
    assert (index.read_bytes(), index.stat().st_mtime_ns, made.repo.git("for-each-ref")) == seen
    assert (made.repo.path / "word.txt").read_text() == "not staged\n"


# -- what is refused, and what can't be told ---------------------------------------------------

REFUSED: Final[dict[str, tuple[Files, str, str]]] = {
    "h39_vacuous_red": (
        {"calc.py": ADD, "tests/test_more.py": TEST},
        "FAIL(vacuous-red)",
        "tests/test_more.py::test_sub passes without the change",
    ),
    "broken_test": (
        {"calc.py": ADD, "tests/test_add.py": "import calc\nif not hasattr(calc, 'add'):\n"
         "    raise RuntimeError\ndef test_add(): pass\n"},
        "FAIL(broken-test)",
        "tests/test_add.py::test_add cannot be collected without the change",
    ),
    "green_failed": (
        {"calc.py": ADD, "tests/test_add.py": TEST_ADD.replace("2", "3")},
        "FAIL(green-failed)",
        "tests/test_add.py::test_add fails with the change",
    ),
    "skipped": (
        {"calc.py": CALC + "later = True\n", "tests/test_calc.py": TEST.replace(
            "def", "import calc, pytest\n@pytest.mark.skipif(hasattr(calc, 'later'), "
            "reason='why')\ndef"
        )},
        "FAIL(skipped)",
        "tests/test_calc.py::test_sub passed without the change",
    ),
    "h41_missing_package": (
        {"calc.py": ADD, "tests/test_add.py": "import no_such_package\n" + TEST_ADD},
        "UNKNOWN(environment)",
        "'no_such_package' is not installed, and no module of the change",
    ),
    "h52_lying_run": (
        {"calc.py": ADD, "tests/conftest.py": "import os\nos._exit(0)\n"},
        "UNKNOWN(runner)",
        "pytest did not come to its end",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_proven_says_why(lab: MakeLab, case: str) -> None:
    files, verdict, note = REFUSED[case]
    made = lab(BASE)
    proof = made.prove(files).proof
    assert said(proof) == verdict
    assert proof.notes[0].startswith(note)
    assert proof.tree == made.head()
    # FAIL is a fact and is kept; UNKNOWN is trouble and is not.
    kept = [path for path in made.folder.glob("cache/proof/*/*") if path.is_file()]
    assert len(kept) == (proof.word == "FAIL")


COVER: Final = """\
import pytest
def pytest_addoption(parser):
    parser.addoption("--no-cov", action="store_true")
def pytest_load_initial_conftests(early_config):
    if not early_config.known_args_namespace.no_cov:
        early_config.pluginmanager.register(Cover())
class Cover:
    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtestloop(self, session):
        yield
        session.testsfailed += 1
"""


def test_how_much_the_tests_of_a_change_cover_is_no_failure(lab: MakeLab) -> None:
    """With --cov-fail-under in the settings no run of a part of the tests could be believed.

    The plugin does as pytest-cov does, which is not installed here.
    """
    ini = INI.replace("addopts =", "addopts = -p tests.cover")
    cover = {"tests/__init__.py": "", "tests/cover.py": COVER}
    made = lab({"calc.py": CALC, "tests/test_calc.py": TEST, "pytest.ini": ini, **cover})
    assert said(made.prove({"calc.py": ADD, "tests/test_add.py": TEST_ADD}).proof) == (
        "PASS behaviour"
    )


def test_h38_production_alone_is_refused_without_a_run(lab: MakeLab) -> None:
    made = lab(BASE)
    judged = made.prove({"calc.py": ADD, "README.md": "new\n"})
    assert said(judged.proof) == "FAIL(no-test)"
    assert judged.proof.notes == ("calc.py changed, and no test did",)
    assert made.runs() == 0
    gone = made.prove({"calc.py": CALC, "tests/test_calc.py": None})
    assert said(gone.proof) == "FAIL(vanished)"  # a test that goes is no test that comes


def test_h51_a_timeout_is_unknown_and_a_budget_says_so(lab: MakeLab) -> None:
    slow = "sleep 60\n"
    made = lab({**PLAIN, ".oneshot.toml": SCRIPT.replace('run.sh"', 'run.sh"\ntimeout = 1')})
    before, after = made.head(), made.commit({"word.txt": "b\n", "tests/run.sh": slow})
    budget = made.prover(limit=0.2).prove(before, after).proof
    assert said(budget) == "UNKNOWN(budget)"
    none = made.prover(limit=0).prove(before, after).proof
    assert said(none) == "UNKNOWN(budget)"  # no second is no second, not any number
    timeout = made.prover(limit=30).prove(before, after).proof
    assert said(timeout) == "UNKNOWN(timeout)"
    assert made.runs() == 0


def test_a_suite_that_took_too_long_the_last_time_is_not_begun(
    lab: MakeLab, tmp_path: Path
) -> None:
    """Every commit would wait its ten seconds for nothing."""
    ran = tmp_path / "ran"
    slow = f"echo run >> {ran}; sleep 1; ! grep -q a word.txt\n"
    made = lab({**PLAIN, ".oneshot.toml": SCRIPT, "word.txt": "a\n"})
    before, after = made.head(), made.commit({"word.txt": "b\n", "tests/run.sh": slow})
    assert said(made.prover().prove(before, after).proof) == "PASS behaviour"
    begun = len(ran.read_text().splitlines())
    other = made.commit({"word.txt": "c\n", "tests/run.sh": slow + "# more\n"})
    proof = made.prover(limit=0.5).prove(after, other).proof
    assert (said(proof), len(ran.read_text().splitlines())) == ("UNKNOWN(budget)", begun)
    assert "took 1 s the last time" in proof.notes[0]
    assert said(made.prover(limit=60).prove(before, other).proof) == "PASS behaviour"


def test_a_run_that_took_too_long_the_last_time_is_not_begun(
    lab: MakeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook does not spend its seconds to find out again; whoever has time still runs it."""
    made = lab(PLAIN)
    before, after = made.head(), made.commit(PLAIN_CHANGE)
    monkeypatch.setattr(ProofCache, "last", lambda *_: 12.0)
    proof = made.prover(limit=10).prove(before, after).proof
    assert (said(proof), proof.notes) == (
        "UNKNOWN(budget)", ("suite 'all' took 12 s the last time",),
    )  # fmt: skip
    assert not (made.folder / "slots").exists()
    assert said(made.prover(limit=20).prove(before, after).proof) == "PASS behaviour"


def test_rules_that_cannot_be_read_do_not_land_and_can_be_mended(lab: MakeLab) -> None:
    """Commits are judged by their parent's rules: broken ones would bar the way for ever."""
    made = lab(PLAIN)
    before, broken = made.head(), made.commit({".oneshot.toml": "chekc = 1\n"})
    proof = made.prover().prove(before, broken).proof
    assert said(proof) == "FAIL(rules-invalid)"
    assert "unknown key 'chekc'" in proof.notes[0]
    still = made.commit({".oneshot.toml": "chekc = 2\n"})
    assert said(made.prover().prove(broken, still).proof) == "FAIL(rules-invalid)"
    mended = made.commit({".oneshot.toml": SCRIPT})
    assert said(made.prover().prove(still, mended).proof) == "PASS rules"
    other = made.commit({".oneshot.toml": SCRIPT, "word.txt": "z\n"})
    with pytest.raises(OneshotError) as refused:
        made.prover().prove(still, other)
    assert refused.value.code is Code.RULES_INVALID


def test_h57_commands_that_nobody_trusted_are_not_run(lab: MakeLab, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    made = lab({**PLAIN, "tests/run.sh": f"touch {ran}\n"})
    before, after = made.head(), made.commit({"word.txt": "b\n", "tests/run.sh": f"touch {ran};\n"})
    command = ("sh", "tests/run.sh")
    for trusted in (frozenset[tuple[str, ...]](), frozenset([("sh",), (*command, "x")])):
        prover = made.prover(trusted=trusted)
        assert said(prover.prove(before, after).proof) == "UNKNOWN(untrusted)"
        assert said(prover.red(before, after).proof) == "UNKNOWN(untrusted)"
        assert said(prover.suite(after, before)) == "UNKNOWN(untrusted)"
    assert not ran.exists()
    proof = made.prover(trusted=frozenset([command])).prove(before, after).proof
    assert said(proof) == "FAIL(vacuous-red)"
    assert ran.exists()


def test_h19_objects_that_are_not_there_are_no_failure_of_the_commit(lab: MakeLab) -> None:
    """A shallow or partial clone: UNKNOWN, and never FAIL."""
    made = lab(PLAIN)
    before, after = made.head(), made.commit(PLAIN_CHANGE)
    assert said(made.prover().prove("1" * 40, after).proof) == "UNKNOWN(missing-objects)"
    blob = made.git.text("rev-parse", f"{after}:word.txt")
    (made.repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    proof = made.prover().prove(before, after).proof
    assert said(proof) == "UNKNOWN(missing-objects)"
    assert proof.notes


def test_rules_that_cannot_be_read_are_refused_by_name(lab: MakeLab) -> None:
    made = lab({**PLAIN, ".oneshot.toml": "strct = true\n"})
    with pytest.raises(OneshotError) as refused:
        made.prove(PLAIN_CHANGE)
    assert refused.value.code is Code.RULES_INVALID
    bad = lab({**PLAIN, ".oneshot.toml": SCRIPT + 'test = [":(nonsense)"]\n'})
    with pytest.raises(OneshotError) as failed:
        bad.prove(PLAIN_CHANGE)
    assert failed.value.code is Code.GIT_FAILED  # no object is missing


def test_an_interrupt_ends_both_runs_and_holds_for_nothing_else(
    lab: MakeLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests run in sessions of their own: Ctrl-C at the terminal does not reach them by itself."""
    pids = tmp_path / "pids"
    made = lab(PLAIN)
    before = made.head()
    after = made.commit({"word.txt": "b\n", "tests/run.sh": f"echo $$ >>{pids}\nsleep 60\n"})

    def interrupted(*_: object, **__: object) -> None:
        assert eventually(lambda: len(signed(pids)) == 2)
        raise KeyboardInterrupt

    began = time.monotonic()
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Future, "result", interrupted)
        made.prover().prove(before, after)
    assert time.monotonic() - began < 30
    assert all(map(gone, signed(pids)))
    assert made.runs() == 0
    assert said(made.prover().suite(before, None)) == "PASS"
    assert said(made.prove({"tests/run.sh": "true\n"}).proof) == "PASS test-only"


def test_a_second_interrupt_leaves_no_run_behind(
    lab: MakeLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """git hands Ctrl-C on, so it comes twice: the second while we wait for the runs to end."""
    pids = tmp_path / "pids"
    made = lab(PLAIN)
    before = made.head()
    after = made.commit({"word.txt": "b\n", "tests/run.sh": f"echo $$ >>{pids}\nsleep 60\n"})
    joins: list[bool] = []
    join = ThreadPoolExecutor.shutdown

    def interrupted(*_: object, **__: object) -> None:
        assert eventually(lambda: len(signed(pids)) == 2)
        raise KeyboardInterrupt

    def shutdown(pool: ThreadPoolExecutor, wait: bool = True, **how: bool) -> None:
        joins.append(wait)
        if wait and joins.count(True) == 1:
            raise KeyboardInterrupt
        join(pool, wait=wait, **how)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Future, "result", interrupted)
        patched.setattr(ThreadPoolExecutor, "shutdown", shutdown)
        made.prover().prove(before, after)
    assert all(map(gone, signed(pids)))
    assert said(made.prover().suite(before, None)) == "PASS"


# -- the other classes -----------------------------------------------------------------------


def test_h36_the_classes_that_need_no_run(lab: MakeLab) -> None:
    """H36: neutral; rules, alone and mixed; tests that go; nothing at all."""
    made = lab(BASE)
    assert said(made.prove({"README.md": "new\n", "docs/a.txt": "a\n"}).proof) == "PASS neutral"
    assert said(made.prove({}).proof) == "PASS neutral"
    assert said(made.prove({".oneshot.toml": "strict = false\n"}).proof) == "PASS rules"
    assert (
        said(made.prove({".oneshot.toml": "", ".oneshot/allowed_signers": "k\n"}).proof)
        == "PASS rules"
    )
    mixed = made.prove({".oneshot.toml": "strict = true\n", "README.md": "other\n"}).proof
    assert said(mixed) == "FAIL(rules-mixed)"
    assert mixed.notes == (FAILURES["rules-mixed"],)
    assert said(made.prove({"tests/test_calc.py": None}).proof) == "PASS test-only"
    assert made.runs() == 0


def test_without_a_suite_nothing_is_gated(lab: MakeLab) -> None:
    made = lab({"calc.py": CALC})
    proof = made.prove({"calc.py": ADD}).proof
    assert said(proof) == "PASS neutral"
    assert proof.notes == ("no suite is known: nothing is gated",)


def test_h37_tests_alone_need_no_red_but_must_pass(lab: MakeLab) -> None:
    made = lab(PLAIN)
    passing = made.prove({"tests/run.sh": f"echo >>{made.folder}/runs; grep -q a word.txt\n"})
    assert (said(passing.proof), passing.proof.notes) == ("PASS test-only", ())
    assert passing.proof.hybrid == passing.proof.tree
    # RED and GREEN are one run: the trees are the same.
    assert (made.folder / "runs").read_text() == "\n"
    assert said(made.prove({"tests/run.sh": "exit 1\n"}).proof) == "FAIL(green-failed)"


def test_h48_an_environment_change_runs_the_suite(lab: MakeLab) -> None:
    """H48: a lock file or a manifest is in both runs."""
    made = lab({**PLAIN, ".oneshot.toml": SCRIPT + 'environment = ["deps.lock"]\n'})
    upgrade = made.prove({"deps.lock": "2\n"})
    assert said(upgrade.proof) == "PASS environment"
    assert made.runs() == 1
    with_code = made.prove({"deps.lock": "3\n", "word.txt": "a b\n"})
    assert said(with_code.proof) == "FAIL(vacuous-red)"


def test_an_upgrade_that_needs_code_is_proven_by_the_tests_that_it_breaks(lab: MakeLab) -> None:
    made = lab(
        {
            ".oneshot.toml": SCRIPT + 'environment = ["deps.lock"]\n',
            "deps.lock": "1\n",
            "word.txt": "1\n",
            "tests/run.sh": "cmp deps.lock word.txt\n",
        }
    )
    proof = made.prove({"deps.lock": "2\n", "word.txt": "2\n"}).proof
    assert said(proof) == "PASS behaviour"


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_h7_a_root_commit_without_production_is_a_bootstrap(lab: MakeLab, form: str) -> None:
    """The rules may come with it: there are none before that it could change."""
    made = lab(None, f"--object-format={form}")
    judged = made.prove({".oneshot.toml": SCRIPT, "README.md": "r\n"})
    assert said(judged.proof) == "PASS bootstrap"
    assert judged.runs == ()


def test_h7_a_root_commit_with_tests_alone_must_pass(lab: MakeLab) -> None:
    good = lab().prove({".oneshot.toml": SCRIPT, "tests/run.sh": "true\n"}).proof
    assert said(good) == "PASS bootstrap"
    bad = lab().prove({".oneshot.toml": SCRIPT, "tests/run.sh": "false\n"}).proof
    assert said(bad) == "FAIL(green-failed)"


def test_h7_a_root_commit_with_production_is_judged_by_its_tests(lab: MakeLab) -> None:
    assert said(lab().prove(PLAIN).proof) == "PASS behaviour"
    bare = {path: text for path, text in PLAIN.items() if path != "tests/run.sh"}
    assert said(lab().prove(bare).proof) == "FAIL(no-test)"
    assert said(lab().prove({"calc.py": CALC}).proof) == "PASS bootstrap"  # no suite is known


# -- several suites ------------------------------------------------------------------------------


def test_each_suite_runs_for_its_own_root(lab: MakeLab) -> None:
    table = '[[suite]]\nname = "{0}"\nroot = "{0}"\ncommand = "sh tests/run.sh"\n'
    made = lab(
        {
            ".oneshot.toml": table.format("web") + table.format("api")
            + '[sides]\nproduction = ["*.txt"]\n',
            "web/word.txt": "a\n", "web/tests/run.sh": "grep -q a word.txt\n",
            "api/word.txt": "a\n", "api/tests/run.sh": "grep -q a word.txt\n",
        }
    )  # fmt: skip
    one = made.prove({"web/word.txt": "b\n", "web/tests/run.sh": "grep -q b word.txt\n"})
    assert said(one.proof) == "PASS behaviour"
    assert [t.suite for t in one.proof.tests] == ["web"]
    both = made.prove(
        {
            "web/word.txt": "c\n", "web/tests/run.sh": "grep -q c word.txt\n",
            "api/word.txt": "c\n", "api/tests/run.sh": "grep -q x word.txt\n",
        }
    )  # fmt: skip
    assert said(both.proof) == "FAIL(green-failed)"
    assert [t.suite for t in both.proof.tests] == ["api"]


# -- the cache -------------------------------------------------------------------------------


def test_a_second_judgement_costs_no_run(lab: MakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    made = lab(PLAIN)
    before, after = made.head(), made.commit(PLAIN_CHANGE)
    first = made.prover().prove(before, after)
    assert len(first.runs) == 1

    def no_slot(*_: object) -> None:
        raise AssertionError("a slot was asked for")

    monkeypatch.setattr(Slots, "with_tree", no_slot)
    again = made.prover().prove(before, after)
    assert (again.proof, again.runs) == (first.proof, ())
    # GREEN of this commit is the base of the next: the suite is known on both trees.
    for path in made.folder.glob("cache/proof/*/*"):
        path.unlink()
    assert made.prover().prove(before, after).proof == first.proof


def test_fresh_believes_no_cache_and_makes_each_run_once(lab: MakeLab) -> None:
    """Whoever can write the cache can poison it: finalize and verify run again."""
    made = lab(PLAIN)
    before, after = made.head(), made.commit({"word.txt": "b\n", "tests/run.sh": "true\n"})
    assert said(made.prover().prove(before, after).proof) == "FAIL(vacuous-red)"
    for path in made.folder.glob("cache/proof/*/*"):
        body = path.read_bytes()
        path.write_bytes(body.replace(b"FAIL", b"PASS").replace(b"vacuous-red", b""))
    for path in made.folder.glob("cache/run/*/*"):
        path.write_bytes(path.read_bytes().replace(b'"passed"', b'"failed"'))
    assert made.prover().prove(before, after).proof.word == "PASS"  # the poison works
    fresh = made.prover(fresh=True)
    judged = fresh.prove(before, after)
    assert said(judged.proof) == "FAIL(vacuous-red)"
    assert fresh.prove(before, after).runs == judged.runs
    assert said(made.prover().prove(before, after).proof) == "FAIL(vacuous-red)"  # and is gone


def test_other_rules_are_another_verdict(lab: MakeLab) -> None:
    """Equal trees, but neutral here and production there: no verdict is lent."""
    made = lab(PLAIN)
    before, after = made.head(), made.commit({"word.txt": "a b\n", "tests/run.sh": "true\n"})
    assert said(made.prover().prove(before, after).proof) == "FAIL(vacuous-red)"
    git = made.git
    rules = rules_of(git, before)
    assert digest(rules) == digest(rules_of(git, after))
    assert digest(rules) != digest(replace(rules, strict=True))


def test_a_run_in_doubt_is_made_again(lab: MakeLab) -> None:
    flag = "test -e {0} || kill -9 $$\ngrep -q b word.txt\n"
    made = lab(PLAIN)
    path = made.folder / "repaired"
    before = made.head()
    after = made.commit({"word.txt": "b\n", "tests/run.sh": flag.format(path)})
    assert said(made.prover().prove(before, after).proof) == "UNKNOWN(runner)"
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert said(made.prover().prove(before, after).proof) == "PASS behaviour"


# -- the first half of a cycle -------------------------------------------------------------------


def test_red_is_seen_before_production_is_written(lab: MakeLab) -> None:
    made = lab(BASE)
    before, after = made.head(), made.commit({"tests/test_add.py": TEST_ADD})
    judged = made.prover().red(before, after)
    assert said(judged.proof) == "PASS behaviour"
    assert [(t.id, t.reason) for t in judged.proof.tests] == [
        ("tests/test_add.py", "missing-symbol")
    ]
    assert judged.proof.hybrid == after
    assert [pair.green for pair in judged.runs] == [Run()]
    # The tests to run may be named: an old one passes, and is no red.
    named = made.prover().red(before, after, ["tests/test_calc.py::test_sub"])
    assert said(named.proof) == "FAIL(vacuous-red)"
    assert [t.id for t in named.proof.tests] == ["tests/test_calc.py::test_sub"]


def test_red_without_a_test_is_none(lab: MakeLab) -> None:
    made = lab(PLAIN)
    before = made.head()
    assert said(made.prover().red(before, before).proof) == "FAIL(no-test)"
    assert said(made.prover().red(before, made.commit({"word.txt": "b\n"})).proof) == (
        "FAIL(no-test)"
    )


def test_red_after_production_is_written_is_still_on_the_code_as_it_was(lab: MakeLab) -> None:
    made = lab(PLAIN)
    before, after = made.head(), made.commit(PLAIN_CHANGE)
    assert said(made.prover().red(before, after).proof) == "PASS behaviour"


# -- the whole suite ---------------------------------------------------------------------------

SUITE: Final = {
    **BASE,
    "tests/test_calc.py": TEST + "\n\ndef test_other():\n    assert sub(0, 0) == 0\n",
}


@pytest.mark.long
def test_the_suite_of_the_tip_is_compared_with_the_base(lab: MakeLab) -> None:
    """Renamed tests are allowed, by their number; regressions and vanished tests are not."""
    made = lab(SUITE)
    base = made.head()
    two = f"{SUITE['tests/test_calc.py']}"
    tips = {
        "PASS": {"tests/test_calc.py": two.replace("test_other", "test_another")},
        "FAIL(vanished)": {"tests/test_calc.py": TEST},
        "FAIL(regression)": {"tests/test_calc.py": two, "calc.py": CALC.replace("-", "+")},
        "FAIL(suite-failed)": {
            "tests/test_calc.py": two, "calc.py": CALC, "tests/test_new.py": TEST_ADD,
        },
    }  # fmt: skip
    for verdict, files in tips.items():
        tip = made.commit(files)
        proof = made.prover().suite(tip, base)
        assert (said(proof), proof.tree) == (verdict, tip)
    assert said(made.prover().suite(base, None)) == "PASS"


def test_checks_must_pass_on_the_tip(lab: MakeLab) -> None:
    """As its own commands, in the slot; what cannot be run is UNKNOWN and no failure."""

    def verdict(*checks: str) -> Proof:
        lines = ", ".join(f"'{check}'" for check in checks)
        made = lab({**PLAIN, ".oneshot.toml": f"check = [{lines}]\n{SCRIPT}"})
        return made.prover(limit=5).suite(made.head(), None)

    assert said(verdict("true", "test -f word.txt")) == "PASS"
    failed = verdict("true", 'sh -c "echo bad line; exit 3"')
    assert said(failed) == "FAIL(check-failed)"
    assert failed.notes == ("check 'sh -c echo bad line; exit 3' ended with exit 3: bad line",)
    assert failed.tree is not None
    absent = verdict("no-such-linter .")
    assert said(absent) == "UNKNOWN(runner)"
    assert absent.notes == ("cannot run 'no-such-linter': No such file or directory",)
    assert said(verdict('sh -c "kill -9 $$"')) == "UNKNOWN(runner)"


def test_checks_find_the_projects_own_tools(lab: MakeLab) -> None:
    made = lab({**PLAIN, ".oneshot.toml": f"check = ['lint']\n{SCRIPT}"})
    tool = made.repo.write(".venv/bin/lint", "#!/bin/sh\ngrep -q a word.txt\n")
    tool.chmod(0o755)
    assert said(made.prover().suite(made.head(), None)) == "PASS"


def test_checks_are_not_run_while_the_suite_fails(lab: MakeLab, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    made = lab(
        {**PLAIN, ".oneshot.toml": f"check = ['touch {ran}']\n{SCRIPT}", "tests/run.sh": "exit 1\n"}
    )
    assert said(made.prover().suite(made.head(), None)) == "FAIL(suite-failed)"
    assert not ran.exists()


# -- from a place that is not the top ---------------------------------------------------------


def test_a_bare_repository_is_proven_too(lab: MakeLab, repo: MakeRepo, tmp_path: Path) -> None:
    """A server has no working tree."""
    made = lab(PLAIN)
    before, after = made.head(), made.commit(PLAIN_CHANGE)
    bare = repo("bare", "--bare")
    made.repo.git("push", "-q", str(bare.path), "main")
    server = Lab(bare, tmp_path / "server")
    assert server.git.work_tree is None
    assert said(server.prover().prove(before, after).proof) == "PASS behaviour"
