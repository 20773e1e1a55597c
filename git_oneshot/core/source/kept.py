"""Whether a function of a test does what it did, and asserts no less. Of Python only."""

import ast
from copy import deepcopy
from typing import Final

from git_oneshot.core.source.syntax import Function

# What asserts though its name does not say so: pytest.raises, pytest.warns, pytest.fail.
_ASSERTING: Final = ("raises", "warns", "fail", "deprecated_call")
_WARNING: Final = ("warns", "deprecated_call", "catch_warnings", "simplefilter", "filterwarnings")


def keeps(was: Function, becomes: Function) -> bool:
    """Whether a function does what it did, and asserts no less.

    It may assert more, go without a mark, expect a warning, and its inner functions may
    take more. Whatever else is new may keep what it asserts from being reached, or true.
    """
    before, after = _Bare().visit(deepcopy(was)), _Bare().visit(deepcopy(becomes))
    if _head(before) != _head(after):
        return False
    rest = [ast.dump(statement) for statement in before.body]
    for statement in after.body:
        if rest and ast.dump(statement) == rest[0]:
            del rest[0]
        elif not isinstance(statement, ast.Assert) or any(map(_does, ast.walk(statement))):
            return False
    return not rest


def _head(function: Function) -> str:
    parts = (function.args, *(d for d in function.decorator_list if not _mark(d)))
    return " ".join([type(function).__name__, *map(ast.dump, parts)])


def _does(node: ast.AST) -> bool:
    """Whether an expression may do more than compare."""
    return isinstance(node, (ast.Call, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom))


class _Bare(ast.NodeTransformer):
    """Takes off what tests nothing: texts, blocks that expect a warning, unused parameters."""

    _inside = False

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """A docstring, and a setting of warnings."""
        call = node.value
        if isinstance(call, ast.Constant) or (isinstance(call, ast.Call) and _of_warnings(call)):
            return None
        return self.generic_visit(node)

    def visit_With(self, node: ast.With) -> ast.AST | list[ast.stmt]:
        """A block in which warnings are expected, or are not shown."""
        self.generic_visit(node)
        alone = all(
            isinstance(item.context_expr, ast.Call)
            and item.optional_vars is None
            and _of_warnings(item.context_expr)
            for item in node.items
        )
        return node.body if alone else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """An inner function: of its parameters, those that it uses."""
        outermost, self._inside = not self._inside, True
        self.generic_visit(node)
        if not outermost:
            used = {name for statement in node.body for name in names_in(statement)}
            node.args.args = [a for a in node.args.args if a.arg in used]
        return node


def _of_warnings(call: ast.Call) -> bool:
    plain = all(isinstance(a, (ast.Constant, ast.Name, ast.Attribute)) for a in call.args)
    return plain and _name(call) in _WARNING


def _mark(decorator: ast.expr) -> bool:
    """``pytest.mark.slow``, ``pytest.mark.filterwarnings(…)``: what a test may go without."""
    mark = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (
        isinstance(mark, ast.Attribute)
        and isinstance(mark.value, ast.Attribute)
        and mark.value.attr == "mark"
        and mark.attr not in ("usefixtures", "parametrize")
    )


def names_in(node: ast.AST) -> set[str]:
    """The names that something uses: variables, attributes, fixtures, marks by their text."""
    found = set()
    for one in ast.walk(node):
        match one:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name) | ast.arg(arg=name):
                found.add(name)
            case ast.Constant(value=str(name)) if name.isidentifier():
                found.add(name)
    return found


def asserts(node: ast.AST) -> bool:
    """Whether a part of a function asserts: by word, or by a call that is named so."""
    if isinstance(node, ast.Call):
        return _name(node) in _ASSERTING or _name(node).startswith("assert")
    return isinstance(node, ast.Assert)


def _name(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
