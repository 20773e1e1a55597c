"""Python sources as syntax trees, which any source may be: what is none has no statements."""

import ast
from collections.abc import Iterator
from typing import Final

PYTHON: Final = (".py", ".pyw")  # how the names of such files end

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.Module | ast.ClassDef
# What Python raises for a source that it does not read, or that is nested too deeply for it.
UNREAD: Final = (SyntaxError, ValueError, RecursionError, MemoryError)


def parsed(source: str | bytes) -> ast.Module:
    """The tree of a source; an empty one where it cannot be read."""
    try:
        return ast.parse(source)
    except UNREAD:
        return ast.Module(body=[], type_ignores=[])


def functions(scope: Scope, within: str = "") -> Iterator[tuple[str, Function]]:
    """Functions and methods with their whole names, those inside of functions left out."""
    for statement in scope.body:
        if isinstance(statement, Function):
            yield within + statement.name, statement
        elif isinstance(statement, ast.ClassDef):
            yield from functions(statement, f"{within}{statement.name}.")
