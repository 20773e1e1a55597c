"""The list of features: what is finished is left out before the pages are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_oneshot.core.facts import Phase
from git_oneshot.core.pipeline import Filter, Glance, Overlap, glance, rows, told
from git_oneshot.core.state import State
from tests.strategies import PHASES


def of(name: str, phase: Phase | None) -> Glance:
    """A feature at a glance."""
    return glance(State(feature=name, phase=phase))


features = st.lists(st.sampled_from([None, *PHASES])).map(
    lambda phases: [of(f"f{n}", phase) for n, phase in enumerate(phases)]
)


@given(features, st.booleans(), st.integers(1, 4))
def test_the_pages_together_are_what_is_shown_and_the_total_counts_it(
    given: list[Glance], everything: bool, size: int
) -> None:
    whole, total = rows(given, wanted=Filter(all=everything))
    assert total == len(whole)
    pages = [
        rows(given, offset=offset, limit=size, wanted=Filter(all=everything))
        for offset in range(0, total, size)
    ]
    assert [one for page, _ in pages for one in page] == whole
    assert {counted for _, counted in pages} <= {total}


@pytest.mark.parametrize("phase", [None, *PHASES])
def test_only_what_is_finished_is_left_out(phase: Phase | None) -> None:
    one = of("a", phase)
    assert rows([one], wanted=Filter(all=True)) == ([one], 1)
    hidden = phase in ("completed", "cancelled")
    assert rows([one]) == (([], 0) if hidden else ([one], 1))


def test_a_page_behind_the_last_is_empty_and_the_total_stays() -> None:
    assert rows([of("a", "plan")], offset=5, limit=5) == ([], 1)
    assert rows([of("a", "plan")], limit=0) == ([], 1)


def test_what_others_change_is_told_once_a_file() -> None:
    """It was a line for each pair: two files that five features change took ten."""
    found = [Overlap("a", name) for name in ("one", "two")] + [
        Overlap("b", "one"),
        Overlap("a", ""),
    ]
    assert told(found) == [
        "'a' is changed by features 'one', 'two' and the base, since this began, as well",
        "'b' is changed by feature 'one' as well",
    ]
    [line] = told(Overlap("a", name) for name in "vwxyz")
    assert "features 'v', 'w', 'x' and 2 more as well" in line
