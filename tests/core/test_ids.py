"""Names: what may be a feature, and how events are told apart."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import (
    EVENT,
    FEATURE,
    FeatureId,
    event_id,
    feature_id,
    local_ref,
    remote_ref,
)
from tests.strategies import milliseconds

entropies = st.binary(min_size=16, max_size=32)


@pytest.mark.parametrize("text", ["a", "0", "fix-typo", "a-", "a--b", "9" * 100])
def test_a_feature_id_is_lower_case_digits_and_dashes(text: str) -> None:
    assert feature_id(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "-a", "A", "a/b", "a b", "a.b", "a_b", "é", "٣", "a\n", "\na", "a" * 101, "@", "..", "ﬁx"],
)
def test_other_feature_ids_are_refused_with_the_grammar_in_the_hint(text: str) -> None:
    with pytest.raises(OneshotError) as refused:
        feature_id(text)
    assert refused.value.code is Code.INVALID_INPUT
    assert "a-z, 0-9 and '-'" in refused.value.hint


def test_a_long_feature_id_is_cut_in_the_message() -> None:
    with pytest.raises(OneshotError) as refused:
        feature_id("A" * 10_000)
    assert len(refused.value.message) < 100


@given(st.text(max_size=120))
def test_any_text_is_a_feature_id_or_refused(text: str) -> None:
    try:
        assert FEATURE.fullmatch(feature_id(text))
    except OneshotError as refused:
        assert refused.code is Code.INVALID_INPUT
        assert not FEATURE.fullmatch(text)


@given(st.from_regex(FEATURE, fullmatch=True))
def test_git_takes_every_feature_id_as_the_name_of_a_ref(text: str) -> None:
    subprocess.run(["git", "check-ref-format", local_ref(feature_id(text))], check=True)


def test_no_feature_is_a_folder_of_another() -> None:
    assert local_ref(FeatureId("a")) == "refs/oneshot/a"
    assert remote_ref("origin", FeatureId("a")) == "refs/oneshot-remote/origin/a"
    assert not FEATURE.fullmatch("a/b")


@given(milliseconds, entropies, st.integers(0, 10_000))
def test_an_event_id_is_a_ulid(now: int, entropy: bytes, index: int) -> None:
    assert EVENT.fullmatch(event_id(now, entropy, index))


@given(milliseconds, entropies)
def test_the_events_of_one_append_have_different_ids(now: int, entropy: bytes) -> None:
    assert len({event_id(now, entropy, i) for i in range(50)}) == 50


@given(milliseconds, entropies, entropies)
def test_chance_tells_apart_what_was_written_at_one_time(now: int, a: bytes, b: bytes) -> None:
    assert (event_id(now, a, 0) == event_id(now, b, 0)) == (a == b)


@given(milliseconds, milliseconds, entropies, entropies)
def test_event_ids_sort_by_time(earlier: int, later: int, a: bytes, b: bytes) -> None:
    if earlier < later:
        assert event_id(earlier, a, 0) < event_id(later, b, 0)


def test_the_form_of_an_event_id_does_not_change() -> None:
    assert event_id(0, bytes(16), 0) == "0000000000vs3wkckyq39g1pxn"
    assert event_id(1_767_225_600_000, bytes(range(16)), 7) == "01kdvdna00pg0v1zcd6017syzk"
