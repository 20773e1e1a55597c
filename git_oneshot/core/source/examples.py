"""Examples in docstrings, which are tests where a suite runs them.

For the hybrid tree the code as it was is given the docstrings as they are. What
had none gets one; and what was not there stands there as a shell whose every
function raises, so that an example of it fails for want of what it shows. Where its
name may mean something there, no shell takes the place of that: the file is given up.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from git_oneshot.core.source.bindings import Known, may_mean
from git_oneshot.core.source.syntax import UNREAD, Function, Scope

PROMPT: Final = ">>>"
# From a prompt to the next blank line: what it says, and what it answers.
_EXAMPLE: Final = re.compile(r"^ *>>>.*(?:\n(?! *$).*)*", re.MULTILINE)
# Of decorators, those without which an example would find something else.
_KEPT: Final = frozenset(("property", "staticmethod", "classmethod"))

Owner = Scope | Function


class _Edit(NamedTuple):
    """Text that takes the place of other text, from one offset to another."""

    first: int
    last: int
    text: str


class _CannotError(Exception):
    """A docstring that has no place in the old file."""


def with_examples(old: str, new: str, builtin: Mapping[str, object]) -> str | None:
    """The code of ``old`` with the examples of ``new``; the same text where these are alike.

    None where that cannot be made. ``builtin``: the names that Python has by itself.
    """
    try:
        before, after = dict(_owners(ast.parse(old))), dict(_owners(ast.parse(new)))
        edits = list(_edits(_Lines(old), before, _Lines(new), after, builtin))
    except (*UNREAD, _CannotError):
        return None
    made = old
    for edit in sorted(edits, reverse=True):
        made = made[: edit.first] + edit.text + made[edit.last :]
    return made


class _Lines:
    """Offsets in a text, from lines and columns as Python's syntax trees have them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = text.splitlines(keepends=True)
        if sum(line.count("\n") for line in self._lines) != len(self._lines) - (
            not text.endswith("\n") and bool(text)
        ):
            raise _CannotError  # lines end in another way, too
        self._begins = [0]
        for line in self._lines:
            self._begins.append(self._begins[-1] + len(line))

    def line(self, number: int) -> int:
        """Where a line begins, counted from 1; behind the text for the one after the last."""
        return self._begins[number - 1]

    def span(self, node: ast.stmt) -> tuple[int, int]:
        """Where a statement begins and ends."""
        places = ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset))
        first, last = (
            self.line(line) + len(self._lines[line - 1].encode()[:column].decode())
            for line, column in places
            if line is not None and column is not None
        )
        return first, last


def _owners(node: Owner, name: str = "") -> Iterator[tuple[str, Owner]]:
    """What may have a docstring that is looked at, by its whole name."""
    yield name, node
    for one in node.body if not isinstance(node, Function) else ():
        if isinstance(one, (ast.ClassDef, Function)):
            yield from _owners(one, f"{name}.{one.name}")


def _docstring(owner: Owner) -> ast.Expr | None:
    first = owner.body[0] if owner.body else None
    return first if isinstance(first, ast.Expr) and ast.get_docstring(owner) is not None else None


def _told(owner: Owner | None) -> str:
    """The examples of an owner; "" where there is none."""
    text = (ast.get_docstring(owner) if owner is not None else None) or ""
    return "\n".join(_EXAMPLE.findall(text))


def _edits(
    old: _Lines,
    before: dict[str, Owner],
    new: _Lines,
    after: dict[str, Owner],
    builtin: Mapping[str, object],
) -> Iterator[_Edit]:
    made: set[str] = set()
    for name in dict.fromkeys((*before, *after)):
        was, becomes = before.get(name), after.get(name)
        if _told(was) == _told(becomes):
            continue
        if was is not None:
            text = _docstring(becomes) if becomes is not None else None
            first, last = new.span(text) if text is not None else (0, 0)
            yield _placed(old, was, new.text[first:last])
        else:
            top = _first_missing(name, before)
            if top not in made:
                made.add(top)
                yield _shell(old, _free(top, before, builtin), after[top])


def _free(name: str, before: dict[str, Owner], builtin: Mapping[str, object]) -> Owner:
    """The parent of what is not there yet. Raises _CannotError where its name may mean another."""
    above, _, own = name.rpartition(".")
    module, parent = before[""], before[above]
    classes = {n[1:]: owner for n, owner in before.items() if n.count(".") == 1}
    if not isinstance(module, ast.Module) or may_mean(own, module, parent, Known(classes, builtin)):
        raise _CannotError
    return parent


def _placed(old: _Lines, owner: Owner, text: str) -> _Edit:
    """A docstring in the place of the one that there is, or before the first statement."""
    there = _docstring(owner)
    if there is not None:
        return _Edit(*old.span(there), text or '""')
    if not owner.body:
        return _Edit(0, 0, f"{text}\n")
    body = owner.body[0]
    line = min([body.lineno, *(d.lineno for d in getattr(body, "decorator_list", []))])
    begin = old.line(line)
    indent = old.text[begin : begin + body.col_offset]
    if indent.strip():
        raise _CannotError  # on the line of its head
    return _Edit(begin, begin, f"{indent}{text}\n")


def _first_missing(name: str, before: dict[str, Owner]) -> str:
    """The outermost owner of a name that is not there yet."""
    above = name.rpartition(".")[0]
    return name if above in before else _first_missing(above, before)


def _shell(old: _Lines, parent: Owner, owner: Owner) -> _Edit:
    """An owner without what it does, behind all else of its parent."""
    lines = ast.unparse(_hollow(owner)).split("\n")
    if isinstance(parent, ast.Module):
        return _Edit(len(old.text), len(old.text), "\n" + "\n".join(lines) + "\n")
    last = parent.body[-1]
    begin = old.line(last.lineno)
    indent = old.text[begin : begin + last.col_offset]
    if indent.strip() or last.end_lineno is None:
        raise _CannotError
    # A text over several lines must not be moved: its lines would be others.
    whole = "".join(f"\n{indent}{line}" for line in lines)
    place = old.line(last.end_lineno + 1)
    return _Edit(place, place, f"{whole}\n")


def _hollow(owner: Owner) -> ast.stmt:
    """A function that raises, or a class of such functions, with their docstrings."""
    text = ast.get_docstring(owner, clean=True)
    doc: list[ast.stmt] = [ast.Expr(ast.Constant(text))] if text is not None else []
    match owner:
        case ast.ClassDef(name=name, body=body):
            inner = [_hollow(one) for one in body if isinstance(one, (ast.ClassDef, Function))]
            made: ast.stmt = ast.ClassDef(
                name=name, bases=[], keywords=[], decorator_list=[],
                body=[*doc, *inner] or [ast.Pass()],
            )  # fmt: skip
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            kept: list[ast.expr] = [
                d for d in owner.decorator_list if isinstance(d, ast.Name) and d.id in _KEPT
            ]
            every = ast.arguments(
                posonlyargs=[], args=[], vararg=ast.arg("_given"), kwonlyargs=[], kw_defaults=[],
                kwarg=ast.arg("_named"), defaults=[],
            )  # fmt: skip
            raises = ast.Raise(ast.Name("NotImplementedError", ast.Load()))
            made = ast.FunctionDef(name=name, args=every, body=[*doc, raises], decorator_list=kept)
        case _:
            raise _CannotError
    if hasattr(made, "type_params"):
        made.type_params = []
    return ast.fix_missing_locations(made)
