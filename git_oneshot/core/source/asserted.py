"""Whether a test that was edited still asserts all that it asserted before.

A test may have to be adapted to what a change does: a warning is to be expected, or
a mark goes. What it does and asserts then stays, here and in what it uses, and that
tells it from a test that was weakened. Of Python only.
"""

import ast
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from git_oneshot.core.source.kept import asserts, keeps, names_in
from git_oneshot.core.source.syntax import Function, Scope, functions, parsed

# What pytest and unittest call, or apply, without being asked by a test.
_SETTING_UP: Final = ("setup", "teardown", "asyncsetup", "asyncteardown", "pytest_", "pytestmark")


def keeping(old: str, new: str, tests: Iterable[str]) -> Iterator[str]:
    """Of tests, named as pytest does (``file::Class::test[1]``), those that assert what they did.

    That is so for a test that asserts as much, of the same names, by helpers that do the same.
    A test for which this cannot be told is left out.
    """
    with contextlib.suppress(RecursionError):  # nested too deeply for us: it cannot be told
        yield from _keeping(old, new, tests)


def _keeping(old: str, new: str, tests: Iterable[str]) -> Iterator[str]:
    of_class: dict[tuple[str, ...], Around | None] = {(): _around(parsed(old), parsed(new))}
    same: dict[tuple[str, ...], bool] = {}
    for test in tests:
        names = tuple(test.partition("[")[0].split("::")[1:])
        if names not in same:
            same[names] = bool(names) and _same(_enclosing(names[:-1], of_class), names[-1])
        if same[names]:
            yield test


def loses(old: str, new: str) -> bool:
    """Whether a file that tests share has a function that no longer asserts what it did."""
    was, becomes = parsed(old), dict(functions(parsed(new)))
    if not was.body and old.strip():
        return True  # it cannot be told
    try:
        return any(
            name not in becomes or not keeps(function, becomes[name])
            for name, function in functions(was)
            if any(asserts(node) for node in ast.walk(function))
        )
    except RecursionError:
        return True


class Around(NamedTuple):
    """What is around a test, before and after, and the names in it that mean something else now."""

    was: Scope
    becomes: Scope
    changed: frozenset[str]


def _enclosing(
    names: tuple[str, ...], known: dict[tuple[str, ...], Around | None]
) -> Around | None:
    """The class of these names, in its module; None, if each test in it may assert what it will."""
    if names not in known:
        outer = _enclosing(names[:-1], known)
        was = outer and _named(outer.was, names[-1])
        becomes = outer and _named(outer.becomes, names[-1])
        known[names] = None
        if outer and isinstance(was, ast.ClassDef) and isinstance(becomes, ast.ClassDef):
            heads = [ast.ClassDef(c.name, c.bases, c.keywords, [], c.decorator_list)
                     for c in (was, becomes)]  # fmt: skip
            if ast.dump(heads[0]) == ast.dump(heads[1]) and not outer.changed & names_in(heads[0]):
                known[names] = _around(was, becomes, outer.changed)
    return known[names]


def _same(around: Around | None, name: str) -> bool:
    if around is None:
        return False
    was, becomes = _named(around.was, name), _named(around.becomes, name)
    if not isinstance(was, Function) or not isinstance(becomes, Function):
        return False
    return keeps(was, becomes) and not around.changed & names_in(was)


def _named(scope: Scope, name: str) -> ast.stmt | None:
    """What defines a name; of two, the later one counts."""
    found = [s for s in scope.body if isinstance(s, (ast.ClassDef, Function)) and s.name == name]
    return found[-1] if found else None


def _around(was: Scope, becomes: Scope, changed: frozenset[str] = frozenset()) -> Around | None:
    """What two modules or classes are to their tests; None, if what changed concerns each of them.

    ``changed``: the names that mean something else around them.
    """
    old, new = _bindings(was), _bindings(becomes)
    others = {n for n in old if not _unchanged(old[n], new.get(n, []))} | (new.keys() - old.keys())
    others |= changed
    more = others
    while more:  # who uses one of them means something else, too
        more = {n for n in old if any(others & names_in(s) for s in old[n])} - others
        others |= more
    if any(_by_itself(n, (*old.get(n, ()), *new.get(n, ()))) for n in others - changed):
        return None
    return Around(was, becomes, frozenset(others))


def _unchanged(old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> bool:
    if [ast.dump(s) for s in old] == [ast.dump(s) for s in new]:
        return True
    was, becomes = old[-1], (*new, None)[0]
    if len(old) > 1 or not isinstance(was, Function) or not isinstance(becomes, Function):
        return False
    return len(new) == 1 and keeps(was, becomes)


def _by_itself(name: str, statements: Iterable[ast.stmt]) -> bool:
    """Whether something runs without a test naming it: a set-up, a mark, an autouse fixture."""
    return (
        not name
        or name.lower().startswith(_SETTING_UP)
        or any(
            keyword.arg == "autouse"
            for s in statements
            if isinstance(s, Function)
            for decorator in s.decorator_list
            if isinstance(decorator, ast.Call)
            for keyword in decorator.keywords
        )
    )


def _bindings(scope: Scope) -> dict[str, list[ast.stmt]]:
    """What a module or class holds beside tests, by the names that it binds; "" for none."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in scope.body:
        for name, binding in _bound(statement):
            found.setdefault(name, []).append(binding)
    return found


def _bound(statement: ast.stmt) -> list[tuple[str, ast.stmt]]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [] if name.startswith("test") else [(name, statement)]
        case ast.ClassDef(name=name):
            return [] if name.startswith("Test") else [(name, statement)]
        case ast.Import(names=names):
            return [(_imported(n), ast.Import([n])) for n in names]
        case ast.ImportFrom(module, names, level):
            return [(_imported(n), ast.ImportFrom(module, [n], level)) for n in names]
        case ast.Assign() | ast.AnnAssign():
            return [(name, statement) for name in _stored(statement)] or [("", statement)]
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return []
        case _:
            return [("", statement)]


def _imported(alias: ast.alias) -> str:
    name = alias.asname or alias.name.partition(".")[0]
    return "" if name == "*" else name


def _stored(statement: ast.stmt) -> list[str]:
    return [
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
