"""Whether every line that a change touches in production was executed by its tests.

Lines are weighed by statement: a changed line counts as executed when any line
of the smallest statement around it was. What has no effect when it is run, such
as a docstring, a bare annotation or `pass`, needs no execution.
"""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from git_oneshot.core.source.syntax import PYTHON
from git_oneshot.git import Git
from git_oneshot.proof.classes.typed import checking, for_checkers
from git_oneshot.proof.trees.change import Change
from git_oneshot.proof.trees.lines import changed_lines


def traced(change: Change) -> tuple[str, ...]:
    """The production files of a change whose lines can be watched."""
    return tuple(
        sorted(f.path for f in change.on("production") if f.new and f.path.endswith(PYTHON))
    )


def unexecuted(
    git: Git, change: Change, lines: Mapping[str, Sequence[int]], files: Sequence[str]
) -> list[str]:
    """The changed statements that no test executed, as ``file:line``."""
    found = []
    for path, changed in changed_lines(git, change.parent_tree, change.tree, files).items():
        source = git.output("cat-file", "blob", f"{change.tree}:{path}")
        done = set(lines.get(path, ()))
        for first, last in _statements(source, changed.added):
            if not done & set(range(first, last + 1)):
                found.append(f"{path}:{first}")
    return found


def hidden(git: Git, change: Change, files: Sequence[str]) -> list[str]:
    """The files that gained a branch within a line, of which no line tells that it was taken.

    A branch that was on lines of its own before may move into one.
    """
    found = []
    for path in files:
        old, new = (
            _branches(git.call("cat-file", "blob", f"{tree}:{path}", ok=(0, 128)).stdout)
            for tree in (change.parent_tree, change.tree)
        )
        if new[True] - old[True] > max(0, old[False] - new[False]):
            found.append(path)
    return found


def _branches(source: bytes) -> Counter[bool]:
    """How many branches have lines of their own (False), and how many are within one (True)."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return Counter()
    found: Counter[bool] = Counter()
    for node in ast.walk(tree):
        match node:
            case ast.If() | ast.For() | ast.While():
                found[node.body[0].lineno == node.lineno] += 1
            case ast.IfExp() | ast.Lambda():
                found[True] += 1
            case ast.BoolOp(values=parts) | ast.comprehension(ifs=parts):
                found[True] += len(parts) - isinstance(node, ast.BoolOp)
            case _:
                pass
    return found


def _statements(source: bytes, changed: frozenset[int]) -> Iterator[tuple[int, int]]:
    """The spans of the statements that hold changed lines, each once."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    seen = set()
    for first, last, effect in sorted(_spans(tree), key=lambda span: span[1] - span[0]):
        inside = {line for line in changed if first <= line <= last and line not in seen}
        seen |= set(range(first, last + 1))
        if inside and effect:
            yield first, last


def _spans(tree: ast.AST) -> Iterator[tuple[int, int, bool]]:
    """Each statement's own lines, without those of the statements inside it."""
    flags = checking(tree)
    checked = (n for n in ast.walk(tree) if isinstance(n, ast.stmt) and for_checkers(n, flags))
    idle = {id(inner) for node in checked for one in node.body for inner in ast.walk(one)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        first, last = node.lineno, node.end_lineno or node.lineno
        decorators = getattr(node, "decorator_list", [])
        first = min([first, *(one.lineno for one in decorators)])
        body = getattr(node, "body", [])
        if body and isinstance(body[0], ast.stmt):
            last = max(first, body[0].lineno - 1)
        yield first, last, id(node) not in idle and _effective(node)


def _effective(node: ast.stmt) -> bool:
    """Whether a statement does something when it is run."""
    if isinstance(node, (ast.Pass, ast.Global, ast.Nonlocal)):
        return False
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return False
    return not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
