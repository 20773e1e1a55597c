"""On which line of a TOML text a key stands.

tomllib gives the line of an error, and no lines for a text that is valid. A
statement (a header, or a key with its value) is valid TOML by itself, so lines are
gathered until tomllib accepts them: no second parser that could read them differently.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import Any, Final

Where = tuple[str | int, ...]  # ("suite", 0, "name")

_AT_THE_END: Final = " (at end of document)"
_WORK: Final = 500_000  # characters parsed for one text, after which later lines are not known


def place_of(message: str, text: str) -> tuple[str, int | None]:
    """What tomllib found wrong in a text, and the line that it names."""
    if message.endswith(_AT_THE_END):
        why = message.removesuffix(_AT_THE_END)
        return f"{why[:1].lower()}{why[1:]}: it ends too early", text.rstrip().count("\n") + 1
    found = re.search(r" \(at line (\d+), column (\d+)\)\Z", message)
    why = message[: found.start()] if found else message
    why = why[:1].lower() + why[1:]
    return (f"{why} (column {found[2]})", int(found[1])) if found else (why, None)


def line_of(text: str, where: Where) -> int | None:
    """The line of a place, or of the nearest one around it that is written down."""
    lines = lines_of(text)
    for end in range(len(where), 0, -1):
        if where[:end] in lines:
            return lines[where[:end]]
    return None


def lines_of(text: str) -> dict[Where, int]:
    """Each table and key that a valid text sets, and the line on which it begins."""
    lines: dict[Where, int] = {}
    table: Where = ()
    counts: dict[Where, int] = {}
    for line, statement, said in _statements(text):
        header = statement.lstrip().startswith("[")
        if header:
            table = _table(said, counts, many=statement.lstrip().startswith("[["))
            for end in range(1, len(table) + 1):
                lines.setdefault(table[:end], line)
        else:
            for path in _paths(said):
                lines.setdefault((*table, *path), line)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    work = 0
    gathered: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not gathered and not line.partition("#")[0].strip():
            continue
        gathered.append(line)
        # A value of many lines ends with a bracket or quotes; others need no look.
        if len(gathered) > 1 and not re.search(r"[\]}\"']", line):
            continue
        statement = "\n".join(gathered)
        work += len(statement)
        if work > _WORK:
            return
        try:
            said = tomllib.loads(statement)
        except (tomllib.TOMLDecodeError, RecursionError):
            continue
        yield number - len(gathered) + 1, statement, said
        gathered = []


def _table(said: dict[str, Any], counts: dict[Where, int], *, many: bool) -> Where:
    """The place of a header; that of an array's table has its number in it."""
    where: Where = ()
    while said:
        ((name, inner),) = said.items()
        where = (*where, name)
        if isinstance(inner, list):
            inner = inner[0]
        said = inner
        if said and where in counts:
            where = (*where, counts[where])
    if many:
        counts[where] = counts.get(where, -1) + 1
        where = (*where, counts[where])
    return where


def _paths(said: dict[str, Any]) -> Iterator[Where]:
    """The place of each key in a value, tables within it included."""
    for name, inner in said.items():
        yield (name,)
        if isinstance(inner, dict):
            for path in _paths(inner):
                yield (name, *path)
