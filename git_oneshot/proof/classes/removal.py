"""Removals: what a change that only deletes takes away, and which tests are about that."""

import ast
import re
from collections.abc import Collection, Iterator
from typing import Final

from git_oneshot.core.verdicts.regression import Key
from git_oneshot.git import Git
from git_oneshot.proof.trees.change import Change, File

_DEFINED: Final = re.compile(
    rb"^[^\S\n]*(?:export\s+|default\s+|pub(?:\([^)]*\))?\s+|public\s+|private\s+|static\s+|async\s+)*"
    rb"(?:def|class|function\*?|const|let|var|func|fn|type|struct|enum|trait|interface|module)\s+"
    rb"(?:\([^)]*\)\s*)?(\w+)",
    re.MULTILINE,
)


def only_deletes(git: Git, change: Change) -> bool:
    """Whether production goes away, and nothing comes in its place or in the tests."""
    sides = change.on("production", "test")
    if not any(f.side == "production" for f in sides):
        return False
    if any(f.status not in "DM" for f in sides):
        return False
    edited = {f.path for f in sides if f.status == "M"}
    if not edited:
        return True
    # Of all files: an argument list does not hold every number of names.
    counts = git.names(
        "diff-tree", "-r", "-z", "--numstat", "--no-renames", "--no-ext-diff", "--text",
        change.parent_tree, change.tree,
    )  # fmt: skip
    added = {path: many for many, _, path in (line.split("\t", 2) for line in counts)}
    return all(added.get(path) == "0" for path in edited)


def gone_symbols(git: Git, change: Change) -> frozenset[str]:
    """The names that production defined before the change, and does not define any more."""
    found: set[str] = set()
    for file in change.on("production"):
        if file.old:
            old, new = _blob(git, file.old), _blob(git, file.new)
            found |= _defined(file.path, old) - _defined(file.path, new)
        if file.status == "D":
            found.add(file.path.rpartition("/")[2].partition(".")[0])
    return frozenset(found - {"", "__init__", "index", "main"})


def about(git: Git, change: Change, keys: Collection[Key], files: dict[Key, str]) -> frozenset[Key]:
    """The tests among ``keys`` that name a symbol that is gone. ``files``: where each test was."""
    gone = gone_symbols(git, change)
    touched = {f.path: f for f in change.on("test") if f.old}
    return frozenset(
        key
        for key in keys
        if files[key] in touched and _names(git, touched[files[key]], key) & gone
    )


def _names(git: Git, file: File, key: Key) -> frozenset[str]:
    """The names that a test speaks of: in its own function, and in what that uses of its file."""
    source = _blob(git, file.old)
    words = frozenset(re.findall(r"\w+", source.decode(errors="replace")))
    test = key[1].partition("[")[0].rpartition("::")[2]
    try:
        body = ast.parse(source).body if file.path.endswith(".py") else []
    except (SyntaxError, ValueError, RecursionError):
        return words
    parts = {name: _spoken(node) for node in body for name in _named(node)}
    within = {n.name: _spoken(n) for node in body for n in ast.walk(node)
              if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}  # fmt: skip
    if test not in within:
        return words
    names, left = set(within[test]), [*within[test]]
    while left:
        more = parts.get(left.pop(), frozenset()) - names
        names |= more
        left += more
    return frozenset(names)


def _named(node: ast.stmt) -> Iterator[str]:
    """What a statement at the top of a file gives a name to."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)


def _spoken(node: ast.AST) -> frozenset[str]:
    """Every name in a piece of a program."""
    found: set[str] = set()
    for one in ast.walk(node):
        match one:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                found.add(name)
            case ast.alias(name=name):
                found.update(name.split("."))
            case ast.ImportFrom(module=str(name)):
                found.update(name.split("."))
            case ast.Constant(value=str(text)):
                found.update(re.findall(r"\w+", text))
            case _:
                pass
    return frozenset(found)


def _defined(path: str, source: bytes) -> set[str]:
    """The names that a source defines."""
    if path.endswith(".py"):
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError):
            pass
        else:
            kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
            names = {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
            return names | {name for node in tree.body for name in _named(node)
                            if isinstance(node, ast.Assign)}  # fmt: skip
    return {name.decode() for name in _DEFINED.findall(source)}


def _blob(git: Git, oid: str) -> bytes:
    return git.output("cat-file", "blob", oid) if oid else b""
