"""What a Python source holds for type checkers alone: annotations, overloads, imports.

Only what cannot do anything where it is evaluated, or never is: no call, no binding of a name.
"""

import ast
from collections.abc import Collection
from typing import Final, TypeGuard

# Modules whose names say to a checker what nothing does when it is run.
_MODULES: Final = ("typing", "typing_extensions")
_FLAG: Final = "TYPE_CHECKING"
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
# What types are written with.
_PLAIN: Final = (
    ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Tuple, ast.List, ast.Starred,
    ast.BinOp, ast.BitOr, ast.UnaryOp, ast.USub, ast.expr_context,
)  # fmt: skip


def plain(node: ast.expr) -> bool:
    """Whether an annotation is a type, and no more: names, texts, what is in brackets, and `|`."""
    return all(isinstance(one, _PLAIN) for one in ast.walk(node))


def spelled(tree: ast.AST, what: str) -> frozenset[str]:
    """How a module spells a name of typing: not a name that may mean anything else."""
    names_, modules, taken = set[str](), set[str](), set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for one in names:
                    known = modules if one.name in _MODULES else taken
                    known.add(one.asname or one.name.partition(".")[0])
            case ast.ImportFrom(module=module, names=names, level=level):
                for one in names:
                    ours = module in _MODULES and not level and one.name == what
                    (names_ if ours else taken).add(one.asname or one.name)
            case ast.Constant(value=value) | ast.Attribute(attr=value, ctx=ast.Store()):
                if value == what:
                    return frozenset()  # somebody may set it
            case ast.alias():
                pass  # is of its import
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                taken.add(name)
            case _:
                taken.add(getattr(node, "name", None) or getattr(node, "rest", None) or "")
    if "*" in taken:
        return frozenset()
    return frozenset(names_ - taken) | {f"{name}.{what}" for name in modules - taken}


def checking(tree: ast.AST) -> frozenset[str]:
    """How a module spells the TYPE_CHECKING of typing, which is false at run time."""
    return spelled(tree, _FLAG)


def for_checkers(statement: ast.stmt, flags: Collection[str]) -> TypeGuard[ast.If]:
    """Whether the body of a statement is read by type checkers alone; its ``else`` is run.

    ``flags``: see `checking`.
    """
    return isinstance(statement, ast.If) and ast.unparse(statement.test) in flags


def without_overloads(body: list[ast.stmt], overload: Collection[str]) -> list[ast.stmt]:
    """Less what only tells a type checker of the function that follows under the same name.

    ``overload``: how the module spells that of typing.
    """
    return [
        s
        for s, after in zip(body, [*body[1:], None], strict=True)
        if not _tells(s, after, overload)
    ]


def _tells(node: ast.stmt, after: ast.stmt | None, overload: Collection[str]) -> bool:
    """Whether a function is an overload of the next statement, which does not use it."""
    if not isinstance(node, _FUNCTIONS) or not isinstance(after, _FUNCTIONS):
        return False
    head = [inner for one in (*after.decorator_list, after.args) for inner in ast.walk(one)]
    used = any(isinstance(one, ast.Name) and one.id == node.name for one in head)
    return node.name == after.name and not used and _overload(node, overload)


def _overload(node: ast.FunctionDef | ast.AsyncFunctionDef, overload: Collection[str]) -> bool:
    """Whether a function is decorated as an overload, and nothing of it is run."""
    if [ast.unparse(d) in overload for d in node.decorator_list] != [True]:
        return False
    arguments = [one for one in ast.walk(node.args) if isinstance(one, ast.arg)]
    kinds = [one.annotation for one in arguments] + [node.returns]
    values = [*node.args.defaults, *node.args.kw_defaults]
    return all(one is None or plain(one) for one in (*kinds, *values))
