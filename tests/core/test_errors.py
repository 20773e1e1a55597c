"""The table of codes is public: every code has its row, and the numbers stay."""

import pytest

from git_oneshot.core.errors import KINDS, Code, Exit, OneshotError


def test_every_code_has_a_row() -> None:
    assert set(KINDS) == set(Code)


@pytest.mark.parametrize("code", Code)
def test_a_code_is_its_own_name(code: Code) -> None:
    assert code.value == code.name


@pytest.mark.parametrize("code", Code)
def test_a_row_says_what_the_code_means_in_gits_grammar(code: Code) -> None:
    meaning = KINDS[code].meaning
    assert meaning
    assert not meaning.endswith(".")
    assert not meaning[0].isupper() or meaning.startswith("HEAD")


@pytest.mark.parametrize("code", Code)
def test_only_what_time_can_heal_is_retryable(code: Code) -> None:
    kind = KINDS[code]
    assert kind.exit is not Exit.DONE
    if kind.retryable:
        # A service that is missing, as a remote that can't be reached, may come back.
        assert kind.exit in (Exit.AGAIN, Exit.UNDECIDED, Exit.INTERRUPTED, Exit.MISSING)


def test_exit_statuses_are_those_of_the_manual() -> None:
    assert {e.name: e.value for e in Exit} == {
        "DONE": 0,
        "REFUSED": 1,
        "USAGE": 2,
        "UNDECIDED": 3,
        "DAMAGED": 4,
        "MISSING": 69,
        "BUG": 70,
        "AGAIN": 75,
        "INTERRUPTED": 130,
    }


def test_an_error_carries_its_row_its_hint_and_its_data() -> None:
    error = OneshotError(Code.GUARD_FAILED, "no", "try this", guard="plan-set")
    assert str(error) == error.message == "no"
    assert error.hint == "try this"
    assert error.data == {"guard": "plan-set"}
    assert error.kind is KINDS[Code.GUARD_FAILED]
    assert error.kind.exit is Exit.REFUSED
