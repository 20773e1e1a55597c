"""Go's sources as the tokens that its compiler sees: what of a change is comments or form alone."""

import re
from collections.abc import Iterator
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\r]+)
    |(?P<line>\n)
    |(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<word>[^\W\d]\w*|\.?\d(?:[eEpP][+-]|[\w.])*
        |`[^`]*`|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')
    |(?P<lost>/\*|[`"'])
    |<<=|>>=|&\^=|\.\.\.|&&|\|\||<-|\+\+|--|[=!<>:+*/%&|^-]=|<<|>>|&\^|.""",
    re.DOTALL | re.VERBOSE,
)
# Behind a word, and these, the end of a line ends a statement.
_ENDING: Final = frozenset(("++", "--", ")", "]", "}"))
_GOING_ON: Final = frozenset(
    """
    case chan const default defer else for func go goto if import interface map package range
    select struct switch type var
    """.split()  # noqa: SIM905 - as they are in Go's specification
)
# Of these a compiler or its tools read what stands in them.
_READ: Final = re.compile(r"//(?:go:|line |export |extern |\s*\+build)|/\*line ")


class _LostError(Exception):
    """A text that cannot be followed to its end."""


def same_go(old: bytes, new: bytes) -> bool:
    """Whether two sources are one program: not told of what is no Go, or holds C."""
    try:
        first, second = (_told(source.decode()) for source in (old, new))
    except (UnicodeDecodeError, _LostError):
        return False
    return first == second and '"C"' not in first


def _told(source: str) -> list[str]:
    """The tokens, with the ends of statements, less those that need not be written."""
    told: list[str] = []
    for token in _tokens(source):
        while told and told[-1] in (";", ",") and token in (")", "}"):
            told.pop()
        told.append(token)
    return told


def _tokens(source: str) -> Iterator[str]:
    ends = False
    for found in _TOKEN.finditer(source):
        kind, text = found.lastgroup, found[0]
        if kind == "lost":
            raise _LostError
        if kind == "space":
            continue
        if kind == "comment" and _READ.match(text):
            yield text
        elif kind == "line" or (kind == "comment" and "\n" in text):
            if ends:
                yield ";"
            ends = False
        elif kind != "comment":
            yield text
            ends = text in _ENDING or (kind == "word" and text not in _GOING_ON)
    if ends:
        yield ";"  # as at the end of any line
