"""Whether a test that was edited still asserts all that it asserted before.

A test may have to be adapted to what a change does: it is called otherwise, or
a warning is to be expected. What it asserts then stays, and that tells it from
a test that was weakened. Of Python only.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

Function = ast.FunctionDef | ast.AsyncFunctionDef

# What asserts without being called so: pytest.raises, pytest.warns, pytest.fail.
_ASSERTING: Final = ("raises", "warns", "fail", "deprecated_call")


def keeping(old: str, new: str, tests: Iterable[str]) -> Iterator[str]:
    """Of tests, named as pytest does (``file::Class::test[1]``), those that assert what they did.

    One of which that cannot be told is not among them.
    """
    before, after = _parsed(old), _parsed(new)
    same: dict[tuple[str, ...], bool] = {}
    for test in tests:
        names = tuple(test.partition("[")[0].split("::")[1:])
        if names not in same:
            was, becomes = _function(before, names), _function(after, names)
            same[names] = not (
                was is None or becomes is None or _asserted(was) - _asserted(becomes)
            )
        if same[names]:
            yield test


def _parsed(source: str) -> ast.AST:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module(body=[], type_ignores=[])


def _function(node: ast.AST, names: tuple[str, ...]) -> Function | None:
    for name in names:
        body = node.body if isinstance(node, (ast.Module, ast.ClassDef)) else []
        found = [s for s in body if isinstance(s, (ast.ClassDef, Function)) and s.name == name]
        if not found:
            return None
        node = found[-1]
    return node if isinstance(node, Function) else None


def _asserted(function: Function) -> Counter[str]:
    """What a test asserts, and the parameters that it does so with."""
    said = [ast.dump(decorator) for decorator in function.decorator_list if _parameters(decorator)]
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            said.append(ast.dump(node.test))
        elif isinstance(node, ast.Call) and _asserts(node):
            said.append(ast.dump(node))
    return Counter(said)


def _parameters(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and _name(decorator) == "parametrize"


def _asserts(call: ast.Call) -> bool:
    name = _name(call)
    return name in _ASSERTING or name.startswith("assert")


def _name(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
