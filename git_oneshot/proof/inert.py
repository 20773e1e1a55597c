"""Changes that no run can notice: the same syntax tree but for comments, docstrings and types.

Conservative: what cannot be read, or might mean something at run time, is not inert.
"""

import ast
import re
from collections.abc import Collection
from typing import Final, TypeGuard

from git_oneshot.git import Git
from git_oneshot.proof.blobs import read_blobs
from git_oneshot.proof.change import Change, File

PYTHON: Final = (".py", ".pyw")
STUB: Final = ".pyi"
MOST: Final = 2**20  # bytes of a file that is read for this

# Names by which a module reads annotations at run time.
_READERS: Final = frozenset(
    ("get_type_hints", "__annotations__", "get_annotations", "signature", "get_overloads")
)
# Modules whose names stand in annotations, and do nothing where they are imported.
_TYPING: Final = frozenset(("typing", "typing_extensions", "collections.abc"))
# Where the flag comes from that is false at run time.
_CHECKED: Final = ("typing", "typing_extensions")
_FLAG: Final = "TYPE_CHECKING"
# Decorators that look at no annotation.
_PLAIN: Final = frozenset(("property", "staticmethod", "classmethod", "abstractmethod"))


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
    if file.path.endswith(STUB):
        return True
    if file.path.endswith(PYTHON):
        old, new = read_blobs(git, [file.old, file.new])
        return same_python(old, new)
    from git_oneshot.proof.script import grammar_of, same_script

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


def _stripped(source: bytes) -> str:
    tree = ast.parse(source)
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    names |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    fields = any(
        isinstance(statement, ast.AnnAssign)
        for cls in ast.walk(tree)
        if isinstance(cls, ast.ClassDef)
        for statement in cls.body
    )
    stripped = _Strip(types=not names & _READERS, docs="__doc__" not in names).visit(tree)
    return ast.dump(_without_typing(stripped, future=not fields))


class _Strip(ast.NodeTransformer):
    """Takes docstrings and types out of a tree."""

    def __init__(self, *, types: bool, docs: bool) -> None:
        self._types = types
        self._docs = docs

    def visit_Module(self, node: ast.Module) -> ast.AST:
        if self._types:
            node.body = _without_overloads(node.body)
        return self._documented(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if self._types:
            node.body = _without_overloads(node.body)
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
        if not self._types:
            return node
        if node.value is not None:
            return ast.Assign(targets=[node.target], value=node.value)
        node.annotation = ast.Constant(value=None)  # it still makes a name local
        return node

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self._documented(node)
        self.generic_visit(node)
        if self._types and all(_name(d) in _PLAIN for d in node.decorator_list):
            node.returns = None
            every = node.args
            for arg in (*every.posonlyargs, *every.args, *every.kwonlyargs, every.vararg,
                        every.kwarg):  # fmt: skip
                if arg is not None:
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


def _without_overloads(body: list[ast.stmt]) -> list[ast.stmt]:
    """Less what only tells a type checker of a function that follows under the same name."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    last = {s.name: i for i, s in enumerate(body) if isinstance(s, functions)}
    return [
        s
        for i, s in enumerate(body)
        if not isinstance(s, functions)
        or last[s.name] == i
        or [_name(d) for d in s.decorator_list] != ["overload"]
    ]


def _untyped(node: ast.AST) -> None:
    """Without the parameters of a generic, which Python has since 3.12."""
    if hasattr(node, "type_params"):
        node.type_params = []


def _is_text(node: ast.stmt) -> bool:
    constant = node.value if isinstance(node, ast.Expr) else None
    return isinstance(constant, ast.Constant) and isinstance(constant.value, str)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _without_typing(tree: ast.Module, *, future: bool) -> ast.Module:
    """Without imports that only annotations needed: of typing, or for a type checker."""
    flags = checking(tree)
    tree.body = [
        kept
        for statement in tree.body
        for kept in (statement.orelse if for_checkers(statement, flags) else [statement])
    ]
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            used.update(re.findall(r"\w+", node.value))  # such as in __all__, or a quoted type
    for statement in tree.body:
        if not isinstance(statement, ast.ImportFrom):
            continue
        if statement.module == "__future__" and future:
            statement.names = [a for a in statement.names if a.name != "annotations"]
        elif statement.module in _TYPING:
            names = [a for a in statement.names if (a.asname or a.name) in {*used, "*"}]
            statement.names = names
    tree.body = [s for s in tree.body if not isinstance(s, ast.ImportFrom) or s.names]
    return tree


def checking(tree: ast.AST) -> frozenset[str]:
    """How a module spells the TYPE_CHECKING of typing: not a name that may mean anything else."""
    flags, modules, taken = set[str](), set[str](), set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for one in names:
                    known = modules if one.name in _CHECKED else taken
                    known.add(one.asname or one.name.partition(".")[0])
            case ast.ImportFrom(module=module, names=names, level=level):
                for one in names:
                    ours = module in _CHECKED and not level and one.name == _FLAG
                    (flags if ours else taken).add(one.asname or one.name)
            case ast.Constant(value=value) | ast.Attribute(attr=value, ctx=ast.Store()):
                if value == _FLAG:
                    return frozenset()  # somebody may set it
            case ast.alias():
                pass  # is of its import
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                taken.add(name)
            case _:
                taken.add(getattr(node, "name", None) or getattr(node, "rest", None) or "")
    if "*" in taken:
        return frozenset()
    return frozenset(flags - taken) | {f"{name}.{_FLAG}" for name in modules - taken}


def for_checkers(statement: ast.stmt, flags: Collection[str]) -> TypeGuard[ast.If]:
    """Whether the body of a statement is read by type checkers alone; its ``else`` is run.

    ``flags``: see `checking`.
    """
    return isinstance(statement, ast.If) and ast.unparse(statement.test) in flags


_SPOKEN: Final = re.compile(rb"@jsx|@vite-ignore|webpack[A-Z]|@jest-environment|[#@]__PURE__")


def speaks(comment: bytes) -> bool:
    """Whether a comment says something to a tool that changes what is run."""
    return bool(_SPOKEN.search(comment))
