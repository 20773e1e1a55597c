"""Changes that no run can notice: the same syntax tree but for comments, docstrings and types.

Conservative: what cannot be read, or might mean something at run time, is not inert.
"""

import ast
import re
from typing import Final

from git_oneshot.core.source.syntax import PYTHON
from git_oneshot.git import Git
from git_oneshot.proof.classes.typed import (
    checking,
    for_checkers,
    plain,
    spelled,
    without_overloads,
)
from git_oneshot.proof.trees.blobs import read_blobs
from git_oneshot.proof.trees.change import Change, File

STUBS: Final = (".pyi", ".d.ts", ".d.mts", ".d.cts")  # what is in them is never run
MOST: Final = 2**20  # bytes of a file that is read for this

# Names by which a module reads annotations at run time.
_READERS: Final = frozenset(
    ("get_type_hints", "__annotations__", "get_annotations", "signature", "get_overloads")
)
# Modules whose names stand in annotations, and do nothing where they are imported.
_TYPING: Final = frozenset(("typing", "typing_extensions", "collections.abc"))
# Decorators that look at no annotation.
_PLAIN: Final = frozenset(
    ("property", "staticmethod", "classmethod", "abstractmethod", "abc.abstractmethod")
)


def inert_paths(git: Git, change: Change) -> tuple[frozenset[str], frozenset[str]]:
    """The production files whose change is inert, and those that want the extra to tell."""
    inert, unread = set(), set()
    for file in change.on("production"):
        if file.status != "M":
            continue
        same = _same(git, file)
        if same is None:
            unread.add(file.path)
        elif same:
            inert.add(file.path)
    return frozenset(inert), frozenset(unread)


def _same(git: Git, file: File) -> bool | None:
    """Whether both versions of a file do the same; None where the extra `syntax` would know."""
    if file.path.endswith(STUBS):
        return True
    if file.path.endswith(PYTHON):
        old, new = read_blobs(git, [file.old, file.new])
        return same_python(old, new)
    if file.path.endswith(".go"):
        from git_oneshot.core.source.go import same_go

        return same_go(*read_blobs(git, [file.old, file.new]))
    from git_oneshot.proof.classes.script import grammar_of, same_script

    grammar = grammar_of(file.path)
    if grammar == "":
        return False
    if grammar is None:
        return None
    old, new = read_blobs(git, [file.old, file.new])
    return same_script(old, new, grammar)


def same_python(old: bytes, new: bytes) -> bool:
    """Whether two Python sources are one program, by our own Python's grammar."""
    if max(len(old), len(new)) > MOST:
        return False
    try:
        return _stripped(old) == _stripped(new)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def beyond_types(git: Git, file: File) -> int:
    """The first line of a Python file that does something else, where much of it does the same."""
    if file.status != "M" or not file.path.endswith(PYTHON):
        return 0
    old, new = read_blobs(git, [file.old, file.new])
    return differs(old, new)


def differs(old: bytes, new: bytes) -> int:
    """The first line that is more than comments, docstrings and types; 0 where it is plain."""
    if max(len(old), len(new)) > MOST:
        return 0
    try:
        was, now = _statements(_bare(old)), _statements(_bare(new))
        raw_was, raw_now = _statements(ast.parse(old)), _statements(ast.parse(new))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0
    if len({*raw_now} - {*raw_was}) <= len({*now} - {*was}):
        return 0  # nothing of it is types
    more = {*now} - {*was}  # an import is there for what uses it
    told = [one for one in more if not one.startswith("ImportFrom(")] or more
    return min((now[one] for one in told), default=0)


def _statements(tree: ast.Module) -> dict[str, int]:
    """Each statement without those in it, and its line."""
    found: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and hasattr(node, "lineno"):
            parts = {
                name: [] if isinstance(part, list) and part and isinstance(part[0], ast.stmt)
                else part for name, part in ast.iter_fields(node)
            }  # fmt: skip
            found.setdefault(ast.dump(type(node)(**parts)), node.lineno)
    return found


def _stripped(source: bytes) -> str:
    return ast.dump(_bare(source))


def _bare(source: bytes) -> ast.Module:
    tree = ast.parse(source)
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    names |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    fields = any(
        isinstance(statement, ast.AnnAssign)
        for cls in ast.walk(tree)
        if isinstance(cls, ast.ClassDef)
        for statement in cls.body
    )
    overload = spelled(tree, "overload")
    stripped = _Strip(
        types=not names & _READERS, docs="__doc__" not in names, overload=overload
    ).visit(tree)
    return _without_typing(stripped, future=not fields)


class _Strip(ast.NodeTransformer):
    """Takes docstrings and types out of a tree."""

    def __init__(self, *, types: bool, docs: bool, overload: frozenset[str]) -> None:
        self._types = types
        self._docs = docs
        self._overload = overload

    def visit_Module(self, node: ast.Module) -> ast.AST:
        if self._types:
            node.body = without_overloads(node.body, self._overload)
        return self._documented(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if self._types:
            node.body = without_overloads(node.body, self._overload)
        self._documented(node)
        # What is annotated in a class may be a field: of a dataclass, a model, a row;
        # and a decorator of the class may read the annotations of its methods.
        outer, self._types = self._types, self._types and not node.decorator_list
        node.body = [c if isinstance(c, ast.AnnAssign) else self.visit(c) for c in node.body]
        self._types = outer
        if self._types:
            _untyped(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        if not (self._types and plain(node.annotation)):
            return node
        if node.value is not None:
            return ast.Assign(targets=[node.target], value=node.value)
        node.annotation = ast.Constant(value=None)  # it still makes a name local
        return node

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self._documented(node)
        self.generic_visit(node)
        if self._types and all(ast.unparse(d) in _PLAIN for d in node.decorator_list):
            if node.returns is not None and plain(node.returns):
                node.returns = None
            for arg in ast.walk(node.args):
                if isinstance(arg, ast.arg) and arg.annotation and plain(arg.annotation):
                    arg.annotation = None
            _untyped(node)
        return node

    def _documented(self, node: ast.Module | ast.ClassDef | ast.FunctionDef
                    | ast.AsyncFunctionDef) -> ast.AST:  # fmt: skip
        if self._docs and node.body and _is_text(node.body[0]):
            node.body = node.body[1:]
        if not isinstance(node, ast.Module):
            node.body = [s for s in node.body if not isinstance(s, ast.Pass)]
            return node
        self.generic_visit(node)
        return node


def _untyped(node: ast.AST) -> None:
    """Without the parameters of a generic, which Python has since 3.12; not where it uses them."""
    named = {one.name for one in getattr(node, "type_params", [])}
    if named and not any(isinstance(n, ast.Name) and n.id in named for n in ast.walk(node)):
        node.type_params = []  # type: ignore[attr-defined]


def _is_text(node: ast.stmt) -> bool:
    constant = node.value if isinstance(node, ast.Expr) else None
    return isinstance(constant, ast.Constant) and isinstance(constant.value, str)


def _without_typing(tree: ast.Module, *, future: bool) -> ast.Module:
    """Without imports that only annotations needed: of typing, or for a type checker."""
    flags = checking(tree)
    tree.body = [
        kept
        for statement in tree.body
        for kept in (statement.orelse if for_checkers(statement, flags) else [statement])
    ]
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | _defined(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            used.update(re.findall(r"\w+", node.value))  # such as in __all__, or a quoted type
    for statement in tree.body:
        if not isinstance(statement, ast.ImportFrom) or statement.level:
            continue
        if statement.module == "__future__" and future:
            statement.names = [a for a in statement.names if a.name != "annotations"]
        elif statement.module in _TYPING:
            # Under another name it may stand in for something that others import from here.
            statement.names = [a for a in statement.names if a.asname or a.name in {*used, "*"}]
    tree.body = [s for s in tree.body if not isinstance(s, ast.ImportFrom) or s.names]
    return tree


def _defined(tree: ast.AST) -> set[str]:
    """The names that functions, classes and other modules have in a tree."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Import):
            found.update(a.asname or a.name.partition(".")[0] for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module not in _TYPING:
            found.update(a.asname or a.name for a in node.names)
    return found


_SPOKEN: Final = re.compile(rb"@jsx|@vite-ignore|webpack[A-Z]|@jest-environment|[#@]__PURE__")


def speaks(comment: bytes) -> bool:
    """Whether a comment says something to a tool that changes what is run."""
    return bool(_SPOKEN.search(comment))
