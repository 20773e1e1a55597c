"""Tests that would pass for a proof and are none: each is refused, by the code that says why.

All of them are tried in one commit, whose two runs are made once: a cheat is a
test module of its own, and is judged by what its own tests did.
"""

from collections.abc import Iterator
from typing import Final

import pytest

from git_oneshot.core.verdicts.runs import Facts, Pair, Run
from git_oneshot.core.verdicts.verdict import judge
from git_oneshot.proof.trees.change import facts_of
from tests.proof.lab import INI, Lab, said
from tests.sandbox import Repo, sealed, settle

CALC: Final = "def sub(a, b):\n    return a - b\n"
# What the commit really does: a function that is there, and another that no more does what it did.
CHANGED: Final = "def sub(a, b):\n    return abs(a - b)\n\n\ndef add(a, b):\n    return a + b\n"
IMPORTS: Final = "import os, subprocess, sys\nfrom pathlib import Path\nimport calc, pytest\n"

CHEATS: Final[dict[str, tuple[str, str]]] = {
    "vacuous: it asserts what was so before": (
        "def test(): assert calc.sub(3, 1) == 2",
        "FAIL(vacuous-red)",
    ),
    "unrelated: it asserts nothing of the code": (
        "def test(): assert 1 + 1 == 2",
        "FAIL(vacuous-red)",
    ),
    "no assertion: it only runs": ("def test(): calc.sub", "FAIL(vacuous-red)"),
    "no run: its assertion is never reached": (
        "def test():\n    return\n    assert calc.add(1, 1) == 2",
        "FAIL(vacuous-red)",
    ),
    "swallowed: what it asserts is caught": (
        "def test():\n    try:\n        assert calc.add(1, 1) == 3\n    except Exception: pass",
        "FAIL(vacuous-red)",
    ),
    "skipped: it is never run": (
        "@pytest.mark.skip\ndef test(): assert calc.add(1, 1) == 2",
        "FAIL(vacuous-red)",
    ),
    "xfailed: it may do what it likes": (
        "@pytest.mark.xfail\ndef test(): assert calc.add(1, 1) == 3",
        "FAIL(vacuous-red)",
    ),
    "skipped with the change, which breaks it": (
        "@pytest.mark.skipif(hasattr(calc, 'add'), reason='broken')\n"
        "def test(): assert calc.sub(1, 3) == -2",
        "FAIL(skipped)",
    ),
    "skipped by itself with the change": (
        "def test():\n    if hasattr(calc, 'add'): pytest.skip('broken')\n"
        "    assert calc.sub(1, 3) == -2",
        "FAIL(skipped)",
    ),
    "xfailed with the change, which breaks it": (
        "@pytest.mark.xfail\ndef test(): assert calc.sub(1, 3) == -2",
        "FAIL(skipped)",
    ),
    "an unexpected pass, which strictness calls a failure": (
        "@pytest.mark.xfail(strict=True)\ndef test(): assert calc.sub(1, 3) == -2",
        "FAIL(skipped)",
    ),
    "there with the change only": (
        "if hasattr(calc, 'add'):\n    def test(): assert calc.add(1, 1) == 2",
        "FAIL(vacuous-red)",
    ),
    "a parameter with the change only": (
        "@pytest.mark.parametrize('a', range(hasattr(calc, 'add')))\ndef test(a): pass",
        "FAIL(vacuous-red)",
    ),
    "gone with the change": (
        "if not hasattr(calc, 'add'):\n    def test(): pass\ndef test_other(): pass",
        "FAIL(vanished)",
    ),
    "broken at import without the change": (
        "if not hasattr(calc, 'add'): raise RuntimeError\ndef test(): pass",
        "FAIL(broken-test)",
    ),
    "a syntax error without the change": (
        "if not hasattr(calc, 'add'): exec('1 +')\ndef test(): pass",
        "FAIL(broken-test)",
    ),
    "a fixture that fails without the change": (
        "@pytest.fixture\ndef add(): assert hasattr(calc, 'add')\ndef test(add): pass",
        "FAIL(broken-test)",
    ),
    "a teardown that fails without the change": (
        "@pytest.fixture\ndef add():\n    yield\n    assert hasattr(calc, 'add')\n"
        "def test(add): pass",
        "FAIL(broken-test)",
    ),
    "an exception of its own without the change": (
        "def test():\n    if not hasattr(calc, 'add'): raise RuntimeError",
        "FAIL(broken-test)",
    ),
    "a name of its own that is missing without the change": (
        "if hasattr(calc, 'add'): helper = 1\ndef test(): helper",
        "FAIL(broken-test)",
    ),
    "a stand-in for what is not there": (
        "def test(monkeypatch):\n    monkeypatch.setattr(calc, 'add', lambda a, b: 2)\n"
        "    assert calc.add(1, 1) == 2",
        "FAIL(broken-test)",
    ),
    "a stand-in for what need not be there": (
        "def test(monkeypatch):\n    monkeypatch.setattr(calc, 'add', int, raising=False)\n"
        "    assert calc.add('2') == 2",
        "FAIL(vacuous-red)",
    ),
    "it fails always": ("def test(): assert calc.add(1, 1) == 3", "FAIL(green-failed)"),
    "it fails by leaving": ("def test(): sys.exit(0)", "FAIL(green-failed)"),
    "a twin that fails under the same name": (
        "@pytest.mark.parametrize('a', [pytest.param(2, id='x'), pytest.param(3, id='x')])\n"
        "def test(a): assert calc.add(1, 1) == a",
        "FAIL(green-failed)",
    ),
    "it asks git for the commit": (
        "def test(): subprocess.run(['git', 'log', '-1'], check=True, capture_output=True)",
        "FAIL(green-failed)",
    ),
    "it looks for the repository": (
        "def test(): assert any((p / '.git').exists() for p in Path.cwd().parents)",
        "FAIL(green-failed)",
    ),
    "it looks for the hook's variables": (
        "def test(): assert any(n.startswith('GIT_DIR') for n in os.environ)",
        "FAIL(green-failed)",
    ),
    "it counts runs at home": (
        "def test():\n    seen = Path.home() / 'seen'\n    was = seen.exists()\n"
        "    seen.touch()\n    assert was",
        "FAIL(green-failed)",
    ),
    "it counts runs among temporary files": (
        "def test():\n    seen = Path(os.environ['TMPDIR']) / 'seen'\n    was = seen.exists()\n"
        "    seen.touch()\n    assert was",
        "FAIL(green-failed)",
    ),
    "it counts runs in the tree": (
        "def test():\n    seen = Path('seen.pyc')\n    was = seen.exists()\n"
        "    seen.touch()\n    assert was",
        "FAIL(green-failed)",
    ),
    "it needs what is not installed": (
        "import nonesuch\ndef test(): assert calc.add(1, 1) == 2",
        "UNKNOWN(environment)",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Pair, Facts]]:
    """The runs of a commit with every cheat, and what its diff says."""
    folder = tmp_path_factory.mktemp("cheats")
    settle(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sealed({}, folder).items():
            patch.setenv(name, value)
        made = Lab(Repo(folder / "work"), folder / "own")
        before = made.commit({"calc.py": CALC, "pytest.ini": INI})
        tests = {f"test_{i:02}.py": IMPORTS + t + "\n" for i, (t, _) in enumerate(CHEATS.values())}
        tests[f"test_{len(CHEATS):02}.py"] = IMPORTS + "def test(): assert calc.add(1, 1) == 2\n"
        judged = made.prover().prove(before, made.commit({"calc.py": CHANGED, **tests}))
        [pair] = judged.runs
        yield pair, facts_of(made.git, judged.change, judged.change.parent_tree)


def only(run: Run, file: str) -> Run:
    """What the tests of one module did."""
    return Run(results=tuple(r for r in run.results if r.file == file))


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_test_that_is_no_proof(tried: tuple[Pair, Facts], cheat: str) -> None:
    pair, facts = tried
    assert (pair.red.trouble, pair.green.trouble) == ("", "")
    file = f"test_{list(CHEATS).index(cheat):02}.py"
    runs = Pair(pair.suite, only(pair.red, file), only(pair.green, file))
    assert said(judge([runs], facts, other="test-only")) == CHEATS[cheat][1]


def test_an_honest_test_is_believed_among_all_of_them(tried: tuple[Pair, Facts]) -> None:
    """The runs are good for a proof: it is the cheats that are wrong."""
    pair, facts = tried
    honest = f"test_{len(CHEATS):02}.py"
    runs = Pair(pair.suite, only(pair.red, honest), only(pair.green, honest))
    assert said(judge([runs], facts, other="test-only")) == "PASS behaviour"
