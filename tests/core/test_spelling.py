"""What people read of text that others wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_oneshot.core.spelling import printable


@given(st.text())
def test_printable_text_is_one_line_without_invisible_characters(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert printable(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain 'text' \\ kept", "plain 'text' \\ kept"),
        ("Grüße, 世界", "Grüße, 世界"),
        ("a\nb", "a\\nb"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("left\u202eright", "left\\u202eright"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_must_not_get_is_made_visible(text: str, shown: str) -> None:
    assert printable(text) == shown
