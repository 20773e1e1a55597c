"""How output looks: on a terminal with colours, and tables as wide as it is; elsewhere plain.

What is said is the same everywhere, and is made as plain text. A colour follows
from how a line begins, where our own words stand: not from what a trail, a test
or a message says further on. rich is an extra, and lays out tables; it takes
longer to import than a read command takes, so it is asked for on a terminal
only, and only for a table.
"""

import contextlib
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TextIO

import click

from git_oneshot.core.spelling import printable


class Table(NamedTuple):
    """Rows of cells. ``plain`` is what they are where columns can't be fitted to a terminal.

    ``spare``: the column that a narrow terminal does without. ``titled``: whether what is plain
    needs the names of its columns to be understood.
    """

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    plain: str
    spare: str = ""
    titled: bool = False

    def __str__(self) -> str:
        return self.plain


class Document(NamedTuple):
    """Text that makes a file, and is safe in one: off a terminal it goes out as it is."""

    text: str

    def __str__(self) -> str:
        return self.text


class Prose(NamedTuple):
    """Lines that are wrapped between words on a terminal, and not at its edge."""

    text: str

    def __str__(self) -> str:
        return self.text


Part = str | Table | Document | Prose
NOTHING: Final = "-"  # in a cell that has nothing to say
GAP: Final = "  "  # between columns
LEAST: Final = 9  # columns of a terminal for the last column of a table
WORD: Final = 24  # characters; what is longer, such as an address, may be broken anywhere

Look = dict[str, Any]  # arguments of click.style

_VERDICTS: Final[dict[str, Look]] = {
    "PASS": {"fg": "green"}, "FAIL": {"fg": "red", "bold": True}, "UNKNOWN": {"fg": "yellow"},
}  # fmt: skip
_LOOKS: Final[dict[str, Look]] = {
    "error": {"fg": "red", "bold": True}, "talk": {"fg": "yellow"}, "hint": {"fg": "cyan"},
    "red": {"fg": "red"}, "green": {"fg": "green"}, "id": {"fg": "yellow"},
    "label": {"dim": True}, "aside": {"dim": True}, "event": {"dim": True},
}  # fmt: skip
_WORD: Final = r"(?P<word>PASS|FAIL|UNKNOWN)\b(?:\([a-z-]+\))?"
_LABELS: Final = (
    "title|plan|goal|approach|said|ended|cycle|red|asked|commit|proving|unpushed|void|suite|check|gate"
    "|pull|merged|overlap|to do|waived|runs|verdicts|size|event|type|when|who|trail|key|log"
)
# Of `log`: its clock, its id and its time.
_EVENT: Final = r" *\d+  (?:[0-9a-z]{12,26}  )?\d{4}-\d\d-\d\d \d\d:\d\d(?=  )"
# How a line of ours begins; the names of its parts are looks.
_BEGINNING: Final = (
    rf"(?P<event>{_EVENT})|(?P<error>error:)|(?P<talk>warning:|note:)|(?P<hint>hint:)|(?P<red>red:)|(?P<green>green:)"
    rf"|(?P<label>(?:{_LABELS}) {{2,9}}(?=\S)|commit +)?(?P<id>[0-9a-f]{{9}} )?(?:{_WORD})?"
)
_ASIDE: Final = rf"(?!{_EVENT})(?P<aside> {{2,}}.*)"
_CELLS: Final[dict[str, Look]] = {
    **_VERDICTS, "completed": {"fg": "green"}, "cancelled": {"dim": True},
    "sound": {"fg": "green"}, "mended": {"fg": "green"}, "note": {"fg": "yellow"},
    "wrong": {"fg": "red", "bold": True},
}  # fmt: skip


def colours(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to colour what goes to a stream: https://no-color.org, https://force-color.org."""
    if environ.get("NO_COLOR"):
        return False
    return bool(environ.get("FORCE_COLOR")) or fitting(stream, environ)


def fitting(stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """Whether a stream is a terminal whose width and cursor count; one that is closed is None."""
    return stream is not None and environ.get("TERM", "dumb") != "dumb" and stream.isatty()


def plain(text: str) -> str:
    """Lines that a terminal only shows, whatever a trail, a test or a file name holds."""
    return "\n".join(map(printable, text.split("\n")))


def painted(text: str) -> str:
    """Plain lines, with colours."""
    return "\n".join(map(_painted, text.split("\n")))


def _painted(line: str) -> str:
    found = re.match(_ASIDE, line) or re.match(_BEGINNING, line)
    out, at = [], 0
    for name, part in found.groupdict().items() if found else ():
        if found is not None and part is not None:
            start, end = found.span(name)
            look = _VERDICTS[part] if name == "word" else _LOOKS[name]
            out += [line[at:start], click.style(part, **look)]
            at = end
    return "".join([*out, line[at:]])


def tell(part: Part, environ: Mapping[str, str]) -> None:
    """Print on stderr. That nobody can read it changes nothing of what a command does."""
    with contextlib.suppress(OSError):
        show(part, sys.stderr, environ)


def show(part: Part, stream: TextIO | None, environ: Mapping[str, str]) -> None:
    """Print one part of an answer, unless the stream was closed by whoever called us."""
    if stream is None:
        return
    colour = colours(stream, environ)
    if isinstance(part, Document) and not stream.isatty():
        click.echo(part.text.encode(errors="replace"), file=stream)
        return
    text = plain(str(part))
    if isinstance(part, Prose | Table) and fitting(stream, environ):
        import shutil

        width = shutil.get_terminal_size().columns
        if isinstance(part, Table) and (laid_out := _laid_out(part, width, colour=colour)):
            click.echo(laid_out, file=stream, nl=False, color=True)
            return
        if isinstance(part, Table) and part.titled:
            text = _titled(part)
        lines = [broken(line, width, colour=colour) for line in text.split("\n")]
        click.echo("\n".join(lines), file=stream, color=colour)
        return
    click.echo(painted(text) if colour else text, file=stream, color=colour)


def broken(line: str, width: int, *, colour: bool) -> str:
    """A line in as many as it takes, each below where its text begins."""
    if len(line) <= width or line.startswith("  | "):  # what a test printed stays as it is
        return _painted(line) if colour else line
    import textwrap

    columns = [m.end() for m in re.finditer(r"(?:^| ) +(?=\S)", line[: width // 2])]
    first, *rest = textwrap.wrap(
        line, width, subsequent_indent=" " * (columns[-1] if columns else 2),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    aside = colour and re.match(_ASIDE, line) is not None
    looks = _painted if aside else str
    return "\n".join([_painted(first) if colour else first, *map(looks, rest)])


def _laid_out(table: Table, width: int, *, colour: bool) -> str:
    """A table in columns, "" where their words have no room, and without the extra."""
    shown = _columns(table, width)
    if not shown:
        return ""
    try:
        from rich.console import Console
        from rich.table import Table as Grid
        from rich.text import Text
    except ImportError:
        return ""
    grid = Grid(box=None, pad_edge=False, header_style="bold" if colour else "")
    for i, wide in shown.items():
        grid.add_column(table.head[i], overflow="fold", width=wide)
    for row in table.rows:
        *firsts, end = (plain(cell) for cell in row)
        cells = [*map(_cell, firsts), _asides(end)] if colour else [*firsts, end]
        grid.add_row(*(Text.from_ansi(cells[i]) for i in shown))
    console = Console(width=width, highlight=False, markup=False, emoji=False,
                      color_system="standard" if colour else None)  # fmt: skip
    with console.capture() as captured:
        console.print(grid)
    return re.sub(r" +((?:\x1b\[0m)*)$", r"\1", captured.get(), flags=re.MULTILINE)


def _titled(table: Table) -> str:
    """A table in lines below the names of its columns; those with nothing in them are left out."""
    rows = [table.head, *(tuple(map(plain, row)) for row in table.rows)]
    there = [i for i in range(len(table.head)) if any(row[i] != NOTHING for row in rows[1:])]
    line = GAP.join(f"%-{max(len(row[i]) for row in rows)}s" for i in there)
    return "\n".join((line % tuple(row[i] for i in there)).rstrip() for row in rows)


def _columns(table: Table, width: int) -> dict[int, int]:
    """The columns that are shown, and how wide each is; none where their words have no room.

    A column with nothing in it would take room from the others.
    """
    end = len(table.head) - 1
    cells = {
        i: [name, *(plain(row[i]) for row in table.rows)]
        for i, name in enumerate(table.head[:end])
        if any(row[i] != NOTHING for row in table.rows)
    }
    for spared in ("", table.spare):
        least = {i: _word(*found) for i, found in cells.items() if found[0] != spared}
        room = width - sum(least.values()) - len(GAP) * len(least) - LEAST
        if room >= 0:
            for i, known in least.items():
                more = min(room, max(map(len, cells[i])) - known)
                least[i] += more
                room -= more
            return least | {end: LEAST + room}
    return {}


def _word(*cells: str) -> int:
    """The length of the longest word that is not to be broken."""
    words = (word for cell in cells for word in cell.split())
    return max((len(word) for word in words if len(word) <= WORD), default=1)


def _cell(text: str) -> str:
    """A cell by its first word, which is ours."""
    word, space, rest = text.partition(" ")
    look = _CELLS.get(word.partition("(")[0])
    if re.fullmatch(r"[0-9a-f]{9}", text):
        look = _LOOKS["id"]
    return click.style(word, **look) + space + rest if look else text


def _asides(text: str) -> str:
    """The last cell as it is; what is below its first line is an aside."""
    first, *below = text.split("\n")
    return "\n".join([first, *(click.style(line, **_LOOKS["aside"]) for line in below)])
