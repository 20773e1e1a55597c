"""Texts that are given as a file, or on standard input, which may have no end."""

from typing import IO, Final

from git_oneshot.core.errors import Code, OneshotError

MOST: Final = 2**20  # characters, which is more than anybody reads


def given(stream: IO[str]) -> str:
    """The text of a stream. Raises OneshotError(INVALID_INPUT) for more than a text may have."""
    text = stream.read(MOST + 1)
    if len(text) > MOST:
        raise OneshotError(
            Code.INVALID_INPUT, f"a text has at most {MOST:,} characters, this one more",
            "shorten it",
        )  # fmt: skip
    return text
