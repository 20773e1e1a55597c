"""Whether a name may mean something in a Python module or class, in whatever way.

It is asked before something is put beside the code as it was: that must not take
the place of what works. So what cannot be told counts as a name that is there.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from git_oneshot.core.source.syntax import Function, Scope

# With these, a name may come from a text.
_DYNAMIC: Final = frozenset(("exec", "globals", "locals", "setattr", "vars", "__dict__", "modules"))


class Known(NamedTuple):
    """What a name may stand for: what the module defines, and what Python has by itself."""

    defined: Mapping[str, ast.AST]
    builtin: Mapping[str, object]


def may_mean(name: str, module: ast.Module, owner: ast.AST, known: Known) -> bool:
    """Whether a name may be there in ``owner``: the module, or a class of it."""
    if re.fullmatch(r"__\w+__", name) or _is_dynamic(module) or name in _set_from_afar(module):
        return True  # Python itself asks for some of these
    if not isinstance(owner, ast.ClassDef):
        return name in known.builtin or bool({name, "__getattr__"} & _names(module))
    return _in_class(name, owner, known, ())


def _in_class(name: str, owner: ast.ClassDef, known: Known, below: tuple[str, ...]) -> bool:
    there = {*_names(owner)}
    if name in there or there & {"__getattr__", "__getattribute__"} or owner.keywords:
        return True
    return hasattr(object, name) or any(
        _in_base(name, base, known, (*below, owner.name)) for base in owner.bases
    )


def _in_base(name: str, base: ast.expr, known: Known, below: tuple[str, ...]) -> bool:
    if not isinstance(base, ast.Name) or base.id in below:
        return True
    here = known.defined.get(base.id)
    if isinstance(here, ast.ClassDef):
        return _in_class(name, here, known, below)
    kind = None if here else known.builtin.get(base.id)
    return not isinstance(kind, type) or hasattr(kind, name)


@lru_cache(maxsize=1)
def _is_dynamic(module: ast.Module) -> bool:
    for node in ast.walk(module):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in _DYNAMIC:
                return True
            case ast.ImportFrom(names=names) if any(a.name in ("*", "modules") for a in names):
                return True
    return False


@lru_cache(maxsize=1)
def _set_from_afar(module: ast.Module) -> frozenset[str]:
    """The names that functions of a module make global, and the attributes that it sets."""
    names: set[str] = set()
    for node in ast.walk(module):
        match node:
            case ast.Global(names=told):
                names.update(told)
            case ast.Attribute(attr=attr, ctx=ast.Store()):
                names.add(attr)
            case _:
                pass
    return frozenset(names)


@lru_cache(maxsize=8)
def _names(scope: Scope) -> set[str]:
    """All that is bound in a scope, in whichever branch of it."""
    return {name for node in _inside(scope.body) for name in _bound(node)}


def _inside(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Nodes and what is in them, without the bodies of functions and classes."""
    for node in nodes:
        yield node
        inner = ast.iter_child_nodes(node)
        if isinstance(node, (ast.ClassDef, Function)):
            inner = (n for n in inner if n not in node.body)
        yield from _inside(inner)


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a node binds."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.alias(name=name, asname=asname):
            yield asname or name.partition(".")[0]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            yield name
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name
        case _:
            pass
