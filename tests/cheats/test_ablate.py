"""Tests that turn, and pin nothing: `verify --ablate` finds out which part nobody would miss."""

import time
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from git_oneshot.core.facts import Proof
from tests.proof.conftest import MakeLab
from tests.proof.lab import INI, Files, said

SUB: Final = "def sub(a, b):\n    return a - b\n"
ADD: Final = "\n\ndef add(a, b):\n    return a + b\n"
MUL: Final = "\n\ndef mul(a, b):\n    return a * b\n"
TEST: Final = "from calc import sub\n\n\ndef test_sub():\n    assert sub(3, 1) == 2\n"
BASE: Final[Files] = {"calc.py": SUB, "test_calc.py": TEST, "pytest.ini": INI}
IMPORTS: Final = "import os, sys\nfrom pathlib import Path\nimport calc\n"


def ablated(lab: MakeLab, code: str, test: str, path: str = "calc.py") -> tuple[str, Proof]:
    """What the proof says as such, and what is left of it."""
    made = lab(BASE)
    prover = made.prover(fresh=True)
    judged = made.prove({path: code, "test_more.py": IMPORTS + test}, prover)
    return said(judged.proof), prover.ablate(judged)


@pytest.mark.long
def test_a_change_whose_parts_are_all_missed_is_proven(lab: MakeLab) -> None:
    code = SUB.replace("a - b", "abs(a - b)") + ADD
    test = "def test():\n    assert calc.add(1, 1) == 2\n    assert calc.sub(1, 3) == 2\n"
    before, proof = ablated(lab, code, test)
    assert (before, said(proof)) == ("PASS behaviour", "PASS behaviour")


def test_a_name_that_no_command_line_takes_is_not_asked_for(lab: MakeLab) -> None:
    """A test writes its own report, where the language has no plugin of ours."""
    made = lab(BASE)
    prover = made.prover(fresh=True)
    test = IMPORTS + "def test(): assert calc.add(1, 1) == 2\n"
    judged = made.prove({"calc.py": SUB + ADD, "test_more.py": test}, prover)
    tests = tuple(replace(one, id=f"{one.id}\0") for one in judged.proof.tests)
    odd = judged._replace(proof=replace(judged.proof, tests=tests))
    assert said(prover.ablate(odd)) == "PASS behaviour"


@pytest.mark.long
def test_one_small_test_for_a_large_commit(lab: MakeLab) -> None:
    """The old test of `sub` would miss a part as well as the new one of `add`."""
    code = "LIMIT = 3\n" + SUB.replace("    return", "    a = int(a)\n    return") + ADD + MUL
    before, proof = ablated(lab, code, "def test(): assert calc.add(1, 1) == 2\n")
    assert (before, said(proof)) == ("PASS behaviour", "FAIL(unpinned)")
    assert proof.notes == (
        "calc.py:11-12: no test fails without it",
        "calc.py:1: no test fails without it",
        "calc.py:3: no test fails without it",
    )


@pytest.mark.long
def test_a_test_that_is_red_once(lab: MakeLab, tmp_path: Path) -> None:
    """As by a clock, a counter, or a file that a run leaves behind."""
    once = f"seen = Path({str(tmp_path / 'seen')!r})\n"
    test = once + (
        "def test():\n    if not hasattr(calc, 'add') and not seen.exists():\n"
        "        seen.touch()\n        assert False\n"
    )
    before, proof = ablated(lab, SUB + ADD, test)
    assert (before, said(proof)) == ("PASS behaviour", "FAIL(flaky)")


ONLY_LOOKS: Final = {
    "whether the function is there": "def test(): assert hasattr(calc, 'add')\n",
    "at the source": "def test(): assert 'def add' in Path('calc.py').read_text()\n",
    "at the type of what it is": "def test(): assert callable(calc.add)\n",
}  # fmt: skip


@pytest.mark.thorough
@pytest.mark.parametrize("cheat", ONLY_LOOKS)
def test_a_test_that_only_looks(lab: MakeLab, cheat: str) -> None:
    before, proof = ablated(lab, SUB + ADD, ONLY_LOOKS[cheat])
    assert (before, said(proof)) == ("PASS behaviour", "FAIL(unpinned)")
    assert proof.notes == ("calc.py:5-6: no test fails without it",)


@pytest.mark.thorough
@pytest.mark.parametrize("way", ["Path('more.py').exists()", "__import__('more')"])
def test_a_test_that_looks_for_the_new_file(lab: MakeLab, way: str) -> None:
    before, proof = ablated(lab, ADD.lstrip(), f"def test(): assert {way}\n", "more.py")
    assert (before, said(proof)) == ("PASS behaviour", "FAIL(unpinned)")


@pytest.mark.thorough
def test_a_test_that_looks_at_the_clock(lab: MakeLab) -> None:
    """It fails for some seconds after it was written, and the code has no part in it."""
    soon = time.time() + 12
    code, wait = SUB + ADD, f"time.sleep(max(0, {soon} - time.time()) * hasattr(calc, 'add'))"
    test = f"import time\ndef test():\n    {wait}\n    assert time.time() >= {soon}\n"
    before, proof = ablated(lab, code, test)
    assert (before, said(proof)) == ("PASS behaviour", "FAIL(flaky)")


@pytest.mark.thorough
def test_a_test_that_knows_the_folder_of_the_red(lab: MakeLab, tmp_path: Path) -> None:
    """RED and GREEN are run side by side in two folders: what tells by them does not stay red."""
    test = f"seen = Path({str(tmp_path / 'seen')!r})\n" + (
        "def test():\n    if not hasattr(calc, 'add'):\n"
        "        if not seen.exists(): seen.write_text(os.getcwd())\n"
        "        assert seen.read_text() != os.getcwd()\n"
    )
    before, proof = ablated(lab, SUB + ADD, test)
    assert (before, said(proof)) == ("PASS behaviour", "FAIL(flaky)")
