"""Text that a stranger wrote, in Markdown that a forge renders and acts upon.

A forge does more than render: a mention notifies, a closing keyword closes, a
line that begins with a slash is a command, an image is fetched. A backslash
does not help, because forges look for these after rendering; a zero-width space
behind the sign does.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from git_oneshot.core.spelling import printable

GAP: Final = "\u200b"  # nobody sees it, and nothing behind it is a name or a number
_SIGNS: Final = re.compile(r"([@#!&%~$^])(?=[\w\"'(\[{<-])")
_ISSUE: Final = re.compile(r"\b(gh)-(?=\d)", re.IGNORECASE)
_LINK: Final = re.compile(r"(://|\bwww\.|\bmailto:|\bxmpp:)", re.IGNORECASE)
# Where ``inert`` and ``escape`` put a gap; what is behind it may be escaped by now.
_OURS: Final = re.compile(
    rf"(?<=[@#!&%~$^]){GAP}(?=[\w\"'(\[{{<\\&-])|(?<=\bgh-){GAP}(?=\d)|(?<=:/){GAP}(?=/)"
    rf"|(?<=\bwww){GAP}(?=\.)|(?:(?<=\bmailto)|(?<=\bxmpp)){GAP}(?=:)|(?<!\S){GAP}(?=/)",
    re.IGNORECASE,
)
# What means something wherever it stands, and what only does where it stands: an
# underscore between two letters is none, and a number is a list at the start of a line.
_SPECIAL: Final = re.compile(r"([\\`*\[\]{|~$]|(?<![^\W_])_|_(?![^\W_]))")
_FIRST: Final = re.compile(r"^([0-9]{1,9}(?=[.)](?:\s|$))|(?=[>#=+-]))")
_ENTITY: Final = re.compile(r"&(?=#?[A-Za-z0-9]{1,40};)")
_SKIP: Final = re.compile(
    r"\[(skip[ -]ci|ci[ -]skip|no[ -]ci|skip[ -]actions|actions[ -]skip)\]|\*{3}NO_CI\*{3}",
    re.IGNORECASE,
)
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")
_HEADING: Final = re.compile(r" {0,3}##[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_ANY_HEADING: Final = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
_TOP_HEADING: Final = re.compile(r" {0,3}#[ \t]")
_OPENS: Final = re.compile(r" {0,3}<!--")
_COMMENT: Final = re.compile(r"<!--.*?-->")


def line(text: str) -> str:
    """Text as one line of plain words: what a title may hold. No forge acts upon it."""
    plain = _SKIP.sub("", " ".join(text.split()))
    return " ".join(inert(printable(plain)).split())


def inert(text: str) -> str:
    """Text in which no forge sees a mention, a reference or a link."""
    text = _SIGNS.sub(rf"\1{GAP}", text)
    text = _ISSUE.sub(rf"\1-{GAP}", text)
    return _LINK.sub(lambda found: found[1][:-1] + GAP + found[1][-1], text)


def ungapped(text: str) -> str:
    """Text without our gaps, for readers who are no forge; a gap that is not ours stays."""
    return _OURS.sub("", text)


def escape(text: str) -> str:
    """Text as one line of Markdown that renders as its own words and does nothing."""
    words = inert(printable(" ".join(text.split())))
    words = _ENTITY.sub("&amp;", words).replace("<", "&lt;")
    words = _FIRST.sub(r"\1\\", _SPECIAL.sub(r"\\\1", words))
    return f"{GAP}{words}" if words.startswith("/") else words


def code(text: str) -> str:
    """Text as a code span, whatever backticks it holds."""
    words = printable(" ".join(text.split())) or " "
    longest = max((len(run) for run in re.findall("`+", words)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{ticks}{pad}{words}{pad}{ticks}"


def fenced(text: str) -> str:
    """Lines as they are, in a fence that nothing in them can close."""
    lines = [printable(one.replace("\t", "    ")) for one in text.splitlines()]
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *lines, fence])


class Section(NamedTuple):
    """A level-2 heading, and the lines below it."""

    name: str
    lines: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether it says nothing: only blank lines, headings, comments or what is in a fence."""
        return not any(
            text.strip() and not _ANY_HEADING.match(text) for text in _spoken(self.lines)
        )


def sections(text: str) -> tuple[tuple[str, ...], tuple[Section, ...]]:
    """What is before the first level-2 heading, and the sections.

    A heading in a fence or in a comment is none.
    """
    before: list[str] = []
    found: list[tuple[str, list[str]]] = []
    for one, outside in _lines(text):
        heading = _HEADING.match(one) if outside else None
        if heading and heading[1]:
            found.append((heading[1], []))
        elif found and not (outside and _TOP_HEADING.match(one)):
            found[-1][1].append(one)
        elif found:
            found.append(("", [one]))  # a level-1 heading ends a section
        else:
            before.append(one)
    parts = (Section(name, tuple(lines)) for name, lines in found)
    return tuple(before), tuple(part for part in parts if part.name)


def _spoken(lines: tuple[str, ...]) -> list[str]:
    """The lines that are neither in a fence nor in a comment."""
    return [_COMMENT.sub("", one) for one, outside in _lines("\n".join(lines)) if outside]


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is outside of fences and comments."""
    fence = ""
    comment = False
    for one in text.splitlines():
        mark = _FENCE.match(one)
        if comment:
            comment = "-->" not in one
            yield one, False
        elif fence:
            closes = mark and mark[1].startswith(fence) and not mark[2].strip()
            fence = "" if closes else fence
            yield one, False
        elif mark and not (mark[1][0] == "`" and "`" in mark[2]):
            fence = mark[1]
            yield one, False
        else:
            comment = bool(_OPENS.match(one)) and "-->" not in one
            yield one, not comment
