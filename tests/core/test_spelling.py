"""What people read of text that others wrote."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_oneshot.core.spelling import printable, public, typed


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


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ("https://ada:p@ss@h/x.git", "https://h/x.git"),
        ("https://ada:p4ss@h:1/x@y", "https://h:1/x@y"),
        ("HTTP://ghp_token@h/x", "HTTP://h/x"),
        ("ssh://git@h/x", "ssh://git@h/x"),
        ("ssh://git:p4ss@h/x", "ssh://h/x"),
        ("git@h:x", "git@h:x"),
        ("../x", "../x"),
    ],
)
def test_an_address_is_told_without_its_credentials(url: str, left: str) -> None:
    """In a hint it would be in the log of a CI job; git leaves them out, too."""
    assert public(url) == left
    assert typed("git", "ls-remote", url) == shlex.join(["git", "ls-remote", left])
