"""Runs that lie: a commit whose own files forge what its tests did.

Those who rewrite, swallow, drop or end are in tests/proof/test_runners.py; here
are those who take the place of what runs the tests, or tell it not to.
"""

from typing import Final

import pytest

from tests.proof.conftest import MakeLab
from tests.proof.lab import INI, Files, said

BASE: Final[Files] = {"calc.py": "a = 1\n", "pytest.ini": INI, "test_calc.py": "def test(): pass\n"}
FORGED: Final = """\
import json, os, sys
def line(**said): open(os.environ["ONESHOT_REPORT"], "a").write(json.dumps(said) + "\\n")
for name, raised in (("fails", True), ("passes", False)):
    line(canary=name, when="call", outcome="failed" if raised else "passed", raised=raised)
line(id="test_calc.py::test", file="test_calc.py", when="call", outcome="passed")
line(end=0, foreign=[])
sys.exit(0)
"""
HELPLESS: Final = "import calc\ndef test(): assert calc.a == 3\n"
DESELECTED: Final = "def pytest_collection_modifyitems(items): items.clear()\n"

FORGERS: Final[dict[str, tuple[Files, str]]] = {
    "a pytest of its own": (
        {"calc.py": "a = 2\n", "test_calc.py": HELPLESS, "pytest.py": FORGED},
        "UNKNOWN(runner)",
    ),
    "a report plugin of its own": (
        {"calc.py": "a = 2\n", "test_calc.py": HELPLESS, "oneshot_report.py": FORGED},
        "UNKNOWN(runner)",
    ),
    "settings that turn the report off": (
        {"calc.py": "a = 2\n", "pytest.ini": INI + "addopts = -p no:oneshot_report\n",
         "test_calc.py": HELPLESS},
        "UNKNOWN(runner)",
    ),
    "settings that only collect": (
        {"calc.py": "a = 2\n", "pytest.ini": "[pytest]\naddopts = --collect-only\n",
         "test_calc.py": HELPLESS},
        "FAIL(no-test)",
    ),
    "a conftest that drops every test": (
        {"calc.py": "a = 2\n", "conftest.py": DESELECTED, "test_calc.py": HELPLESS},
        "FAIL(no-test)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("forger", FORGERS)
def test_a_run_that_is_forged(lab: MakeLab, forger: str) -> None:
    files, code = FORGERS[forger]
    assert said(lab(BASE).prove(files).proof) == code


@pytest.mark.long
def test_settings_that_leave_old_tests_out(lab: MakeLab) -> None:
    """The commit has a proof; what it hides shows in the suite at the tip."""
    made = lab({**BASE, "test_old.py": "import calc\ndef test_old(): assert calc.a == 1\n"})
    before = made.head()
    proof = made.prove({
        "calc.py": "a = 2\n", "test_calc.py": "import calc\ndef test(): assert calc.a == 2\n",
        "conftest.py": "collect_ignore = ['test_old.py']\n",
    }).proof  # fmt: skip
    assert said(proof) == "PASS behaviour"
    assert said(made.prover().suite(made.head(), before)) == "FAIL(vanished)"
