"""Sources of Rust and of scripts as tokens, without comments and texts: enough to pair brackets."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}


class Token(NamedTuple):
    """A word or a sign, and where it stands."""

    text: str
    start: int
    end: int


class LostError(Exception):
    """A text that cannot be followed to its end."""


def closing(tokens: Sequence[Token], at: int) -> int:
    """Where the bracket at a place is closed. Raises LostError when it is not."""
    open_ = []
    for here in range(at, len(tokens)):
        text = tokens[here].text
        if text in _PAIRS:
            open_.append(_PAIRS[text])
        elif text in _PAIRS.values():
            if open_.pop() != text:
                raise LostError
            if not open_:
                return here
    raise LostError


_RAW: Final = re.compile(r'(?:b|c)?r(#*)"')
_RUST: Final = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|(?:b|c)?"(?:\\.|[^"\\])*"|b?'(?:\\(?:u\{[^}]{0,32}\}|x..|.)|[^\\'\n])'|'\w+)
    |(?P<lost>["])|\w+|.""",
    re.DOTALL | re.VERBOSE,
)


def rust_tokens(source: str) -> Iterator[Token]:
    """The tokens of a Rust source. Raises LostError."""
    at = 0
    while at < len(source):
        raw = _RAW.match(source, at)
        if raw:
            at = _behind(source, f'"{raw[1]}', raw.end())
        elif source.startswith("/*", at):
            at = _nested(source, at)
        else:
            found = _matched(_RUST, source, at)
            if not found["skip"]:
                yield Token(found[0], at, found.end())
            at = found.end()


def _nested(source: str, at: int) -> int:
    """Behind a comment, which may hold others."""
    depth = 0
    for found in re.compile(r"/\*|\*/").finditer(source, at):
        depth += 1 if found[0] == "/*" else -1
        if not depth:
            return found.end()
    raise LostError


def _behind(source: str, text: str, at: int) -> int:
    found = source.find(text, at)
    if found < 0:
        raise LostError
    return found + len(text)


def _matched(pattern: re.Pattern[str], source: str, at: int) -> re.Match[str]:
    found = pattern.match(source, at)
    if found is None or found["lost"]:
        raise LostError
    return found


# A quote that is not closed on its line stands in the text of JSX, where it is a letter, as is
# one behind a backslash: to look for the end of each would take the square of the line's length.
_SCRIPT: Final = re.compile(
    r"""(?P<skip>\s+|//[^\n\r\u2028\u2029]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")
    |(?P<lost>/\*)|[\w$]+|\\['"]|.""",
    re.DOTALL | re.VERBOSE,
)
_REGEX: Final = re.compile(
    r"/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])*+(?:/\w*|(?P<lost>\[))"
)
_BEFORE_REGEX: Final = frozenset(
    (*"(,=:[!&|?{};+-*%~^<>", "return", "typeof", "case", "in", "of", "do", "else", "void", "await")
)
_DEEPEST: Final = 50  # templates within templates


def script_tokens(source: str, at: int = 0, depth: int = 0) -> Iterator[Token]:
    """The tokens of a script, in JavaScript or TypeScript. Raises LostError."""
    last = ";"
    while at < len(source):
        regex = _REGEX.match(source, at) if last in _BEFORE_REGEX else None
        if regex:
            if regex["lost"]:
                raise LostError
            at, last = regex.end(), "/"
        elif source[at] == "`":
            at, last = _template(source, at + 1, depth + 1), "`"
        else:
            found = _matched(_SCRIPT, source, at)
            at = found.end()
            if not found["skip"]:
                last = found[0]
                yield Token(last, found.start(), at)
            elif found[0][0] in "'\"":
                last = "'"


def _template(source: str, at: int, depth: int) -> int:
    """Behind a template, whose parts may hold others."""
    if depth > _DEEPEST:
        raise LostError
    while at < len(source):
        if source[at] == "`":
            return at + 1
        if source.startswith("${", at):
            open_ = 1
            for token in script_tokens(source, at + 2, depth):
                open_ += (token.text == "{") - (token.text == "}")
                if not open_:
                    at = token.end
                    break
            else:
                raise LostError
        else:
            at += 2 if source[at] == "\\" else 1
    raise LostError
