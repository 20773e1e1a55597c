"""What a change would be without one of its parts: the parts that `verify --ablate` takes out.

A part is a new function, whose body raises instead, so that a test which only
looks whether it is there passes; or else a hunk, which is as it was before.
Parts that mean nothing at run time, and those without which the file cannot be
read, are left out: they tell nothing.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from git_oneshot.core.source.syntax import PYTHON, UNREAD, Function, Scope, functions, parsed

_HUNK: Final = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


class Hunk(NamedTuple):
    """Lines that take the place of others: where each begins, counted from 0, and how many."""

    old: int
    olds: int
    new: int
    news: int


class Part(NamedTuple):
    """A part of a file: its lines with the change, counted from 1, and the file without it."""

    path: str
    first: int
    last: int
    without: bytes

    def __str__(self) -> str:
        lines = f"{self.first}" if self.first == self.last else f"{self.first}-{self.last}"
        return f"{self.path}:{lines}"


def hunks(patch: bytes) -> list[Hunk]:
    """The hunks of a patch of one file that git made without context (-U0)."""
    found = []
    for said in _HUNK.finditer(patch):
        old, olds, new, news = (1 if n is None else int(n) for n in said.groups())
        # Of nothing, git names the line that comes before.
        found.append(Hunk(old - (olds > 0), olds, new - (news > 0), news))
    return found


def parts(path: str, old: bytes, new: bytes, changed: Sequence[Hunk]) -> Iterator[Part]:
    """The parts of a changed file; ``old`` is empty when it is new."""
    before, lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
    fresh = list(_fresh(old, new)) if path.endswith(PYTHON) else []
    for function in fresh:
        part = _hollow(path, lines, function)
        if part is not None:
            yield part
    taken = {n for f in fresh for n in range(_begin(f) - 1, f.end_lineno or f.lineno)}
    begins = set(_statements(parsed(new))) if path.endswith(PYTHON) else set()
    for hunk in changed:
        for one in _without_functions(hunk, taken, begins, lines):
            content = [*lines[: one.new], *before[one.old : one.old + one.olds],
                       *lines[one.new + one.news :]]  # fmt: skip
            without = b"".join(content)
            if not path.endswith(PYTHON) or _tells(without, new):
                first = one.new + (one.news > 0)
                yield Part(path, max(first, 1), max(one.new + one.news, 1), without)


def _fresh(old: bytes, new: bytes) -> Iterator[Function]:
    """The functions that a file has and had not, by their names."""
    known = {name for name, _ in functions(parsed(old))}
    for name, function in functions(parsed(new)):
        if name not in known:
            yield function


def _begin(function: Function) -> int:
    """The line at which a function begins, decorators included."""
    return min([function.lineno, *(d.lineno for d in function.decorator_list)])


def _hollow(path: str, lines: Sequence[bytes], function: Function) -> Part | None:
    """The file with a function that raises; None where that would tell nothing."""
    body = [s for s in function.body if not _is_idle(s)]
    end = function.end_lineno
    if not body or end is None or body[0].lineno == function.lineno:
        return None
    first = body[0].lineno
    indent = lines[first - 1][: len(lines[first - 1]) - len(lines[first - 1].lstrip())]
    content = [*lines[: first - 1], indent + b"raise NotImplementedError\n", *lines[end:]]
    without = b"".join(content)
    return Part(path, _begin(function), end, without) if _tells(without, b"") else None


def _is_idle(statement: ast.stmt) -> bool:
    """A docstring, `...`, `pass`, or a raise of NotImplementedError."""
    if isinstance(statement, ast.Raise):
        return "NotImplemented" in ast.dump(statement)
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _statements(tree: Scope) -> Iterator[int]:
    """The lines, counted from 0, at which statements of a module and its classes begin."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from _statements(node)
        else:
            yield node.lineno - 1


def _without_functions(
    hunk: Hunk, taken: set[int], begins: set[int], lines: Sequence[bytes]
) -> Iterable[Hunk]:
    """A hunk of new lines, statement by statement, less new functions: each is a part by itself."""
    if hunk.olds:
        return (hunk,)
    left = [n for n in range(hunk.new, hunk.new + hunk.news) if n not in taken]
    runs: list[Hunk] = []
    for n in left:
        if not lines[n].strip():
            continue
        if runs and runs[-1].new + runs[-1].news == n and n not in begins:
            runs[-1] = runs[-1]._replace(news=runs[-1].news + 1)
        else:
            runs.append(Hunk(hunk.old, 0, n, 1))
    return runs


def _tells(without: bytes, new: bytes) -> bool:
    """Whether a Python file can be read without a part, and is another program then."""
    try:
        return _bare(without) != _bare(new)
    except UNREAD:
        return False


def _bare(source: bytes) -> str:
    """A program without comments and texts that stand alone."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (Scope, Function)):
            node.body = [s for s in node.body if not _is_idle(s)]
    return ast.dump(tree)
