"""Tests inside of production files: where the language says that they begin and end.

=========  ====================================================================
language   tests are
=========  ====================================================================
Rust       items under ``#[cfg(test)]``, ``#[test]`` or a known crate's
scripts    ``if (import.meta.vitest) { … }``, also in the scripts of Vue and Svelte
Python     the examples in docstrings: ``core/source/examples.py``
=========  ====================================================================

A file is taken apart into its tests and its rest, so that the rest as it was can
be put together with the tests as they are: the file's part in the hybrid tree.
Only what stands at the top of a file is taken for a test, and nothing where its
text cannot be followed to the end.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from git_oneshot.core.source.tokens import LostError, Token, closing, rust_tokens, script_tokens

Span = tuple[int, int]

_SCRIPTS: Final = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
_MARKUP: Final = (".vue", ".svelte")

# How a file says that it holds tests; also in languages that are not taken apart here. No sign
# looks further than its line, or a file of a stranger takes the square of its length.
_SIGNS: Final = {
    ".rs": r"#!?\[[^\]\n]{0,200}\btest\b|^[^\S\n]*//[/!] *```",
    **dict.fromkeys((*_SCRIPTS, *_MARKUP), r"\bimport\.meta\.vitest\b"),
    ".zig": r"^[^\S\n]*test\b[^=;\n]*\{",
    ".d": r"^[^\S\n]*unittest\b",
    ".rkt": r"\(module[+*]\s+test\b",
}


class Split(NamedTuple):
    """A file taken apart: its rest is ``head`` + ``tail``, and its tests are between these.

    ``last``: a test stands at the end of the file; ``rest``: what tells it from another,
    without the blank lines around the tests.
    """

    head: str
    tests: tuple[str, ...]
    tail: str
    last: bool
    rest: str

    def is_like(self, other: "Split") -> bool:
        """Whether the rest of both is the same, but for blank lines around the tests."""
        return self.rest == other.rest


def holds_tests(path: str, source: str) -> bool:
    """Whether a file says that it holds tests."""
    sign = next((sign for end, sign in _SIGNS.items() if path.endswith(end)), None)
    return sign is not None and bool(re.search(sign, source, re.MULTILINE))


def split(path: str, source: str) -> Split | None:
    """A file taken apart; None where its tests cannot be told from its rest."""
    finder = next((find for end, find in _FINDERS.items() if path.endswith(end)), None)
    if finder is None:
        return None
    try:
        spans, place = finder(source)
    except LostError:
        return None
    bounds = [0, *(n for span in spans or [(place, place)] for n in span), len(source)]
    pieces = [source[a:b] for a, b in zip(bounds[::2], bounds[1::2], strict=True)]
    tests = tuple(source[first:last].strip() for first, last in spans)
    last = bool(spans) and not pieces[-1].strip()
    front = len(pieces) - 1 if last else 1
    rest = "\n".join(filter(None, (piece.strip() for piece in pieces)))
    return Split("".join(pieces[:front]), tests, "".join(pieces[front:]), last, rest)


def together(rest: Split, tests: Split) -> str:
    """The rest of one version of a file with the tests of another.

    All tests are in one place: where one was last, behind the rest, as a macro of Rust
    holds only for what comes after it.
    """
    if tests.last:
        return "\n".join([rest.head + rest.tail, *tests.tests, ""])
    return "\n".join([rest.head, *tests.tests, rest.tail]) if tests.tests else rest.head + rest.tail


# -- rust --------------------------------------------------------------------------------


def _rust(source: str) -> tuple[list[Span], int]:
    tokens = list(rust_tokens(source))
    if any(told for _, told, inner in _attributes(tokens, 0) if inner):
        return [(0, len(source))], 0
    return list(_rust_tests(tokens)), len(source)


def _rust_tests(tokens: list[Token]) -> Iterator[Span]:
    """The items at the top of a file that are compiled for tests alone. Raises LostError."""
    at, is_other, is_bare = 0, False, False
    while at < len(tokens):
        first, is_test = at, False
        for end, told, inner in _attributes(tokens, at):
            is_bare = is_bare or (tokens[at + 2].text == "test" and end == at + 4)
            first = end if inner else first
            is_test = (is_test or told) and not inner
            at = end
        if at < len(tokens):
            item, at = at, _item(tokens, at)
            is_other = is_other or _brings_test([t.text for t in tokens[item:at]])
            if is_test:
                yield tokens[first].start, tokens[at - 1].end
    if is_other and is_bare:
        raise LostError  # `#[test]` may be another's


def _brings_test(words: list[str]) -> bool:
    """Whether an item makes `test` the name of what is perhaps no test."""
    if "use" not in words or words[-1] != ";":
        return False
    path = "".join(" as " if w == "as" else w for w in words[words.index("use") + 1 : -1])
    return bool(re.search(r"\btest(?:[,}]|$)", path)) and not _TESTS.fullmatch(path)


def _attributes(tokens: list[Token], at: int) -> Iterator[tuple[int, bool, bool]]:
    """The attributes that begin at a token: where each ends, if it says test, if it is inner."""
    while at + 2 < len(tokens) and tokens[at].text == "#":
        inner = tokens[at + 1].text == "!"
        bracket = at + 1 + inner
        if tokens[bracket].text != "[":
            return
        end = closing(tokens, bracket)
        yield end + 1, _says_test([t.text for t in tokens[bracket + 1 : end]]), inner
        at = end + 1


# Of attributes with a path, those of which it is known that they make a test, and nothing else.
_TESTS: Final = re.compile(
    r"test|(?:::)?(?:(?:core|std)::prelude::v1|tokio|async_std|actix_rt|actix_web|smol_potat|sqlx"
    r"|test_log|googletest)::test|(?:::)?rstest::rstest"
)


def _says_test(words: list[str]) -> bool:
    """Whether an attribute makes of its item a test, or something for tests alone.

    Raises LostError where it may be either: a tool's, as `rustfmt::test`, does nothing.
    """
    said = "".join(words)
    if re.fullmatch(r"cfg\((?:test|all\(test,.*\))\)", said):
        return True
    path = said.partition("(")[0]
    if _TESTS.fullmatch(path):
        return True
    if path.endswith("::test"):
        raise LostError
    return False


def _item(tokens: list[Token], at: int) -> int:
    """The token behind an item."""
    head = _head(tokens, at)
    by_line = head[:1] in (["use"], ["const"], ["static"], ["type"]) and "fn" not in head
    while at < len(tokens):
        text = tokens[at].text
        if text in ("(", "[", "{"):
            at = closing(tokens, at)
        if text == ";" or (text == "{" and not by_line):
            return at + 1
        at += 1
    return at


def _head(tokens: list[Token], at: int) -> list[str]:
    """The words that an item begins with, without those that say who may use it and how."""
    head = []
    while at < len(tokens) and re.fullmatch(r"\w+", tokens[at].text):
        head.append(tokens[at].text)
        at += 1
        if head[-1] == "pub" and tokens[at : at + 1] and tokens[at].text == "(":
            at = closing(tokens, at) + 1
    return [word for word in head if word not in ("pub", "unsafe", "async")]


# -- scripts -----------------------------------------------------------------------------

_OPENED: Final = re.compile(r"<script\b")
# The whole head of a block, with nothing else in it: `|| true` would make of it what all run.
# It is of nine tokens.
_GUARD: Final = re.compile(r"(?<![^\s;}])if\s*\(\s*import\.meta\.vitest\s*\)\s*\{")
# Behind these a statement is but a part of another, or `if` is no statement.
_HEADS: Final = frozenset(("if", "while", "for", "await", "with"))
_INTRODUCING: Final = frozenset(("else", "do", ":", "."))
_SKIPPED: Final = re.compile(r"(?:\s|//[^\n\r\u2028\u2029]*|/\*.*?\*/)*+", re.DOTALL)
# What goes on with the statement before it, once a block between them is gone.
_GOES_ON: Final = re.compile(r"(?:else|in|instanceof)\b|[(\[`+\-*/,.=<>&|^%?:]")


def _script(source: str) -> tuple[list[Span], int]:
    return list(_blocks(source, list(script_tokens(source)))), len(source)


def _blocks(source: str, tokens: list[Token]) -> Iterator[Span]:
    """The blocks at the top of a script that only vitest runs."""
    at, is_part = 0, False
    tag = source.rfind("</")  # before the end of one it may be a text that a page shows
    while at < len(tokens):
        token, end = tokens[at], at
        guard = _GUARD.match(source, token.start) if not is_part else None
        is_part = token.text in _INTRODUCING
        if guard:
            end = closing(tokens, at + 8)
            if tokens[end].end > tag and _stands_alone(source, tokens[end].end):
                yield token.start, tokens[end].end
        elif token.text in ("(", "[", "{"):
            is_part = token.text == "(" and at > 0 and tokens[at - 1].text in _HEADS
            end = closing(tokens, at)
        at = end + 1


def _stands_alone(source: str, end: int) -> bool:
    """Whether a block that ends there is a statement, which nothing behind it needs."""
    skipped = _SKIPPED.match(source, end)
    return not _GOES_ON.match(source, skipped.end() if skipped else end)


def _markup(source: str) -> tuple[list[Span], int]:
    spans: list[Span] = []
    place = len(source)
    opened = _OPENED.search(source)
    while opened:
        begin = source.find(">", opened.end()) + 1
        place = source.find("</script", begin)
        if not begin or place < 0:
            raise LostError
        spans += [(begin + a, begin + b) for a, b in _script(source[begin:place])[0]]
        opened = _OPENED.search(source, place)
    return spans, place


_FINDERS: Final[dict[str, Callable[[str], tuple[list[Span], int]]]] = {
    ".rs": _rust,
    **dict.fromkeys(_SCRIPTS, _script),
    **dict.fromkeys(_MARKUP, _markup),
}
# Files that are taken apart here, or of which it is known how they say that they hold tests.
ENDINGS: Final = tuple(_SIGNS)
