"""The rules in force for a tree: its `.oneshot.toml`, or what its file names give away."""

from collections.abc import Sequence
from typing import Final

from git_oneshot.core.effective import effective
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.rules import Rules
from git_oneshot.core.rules_file import FILE, parse
from git_oneshot.git import Git


def rules_of(git: Git, tree: str, fallback: str | None = None) -> Rules:
    """The rules of ``tree``; when that knows no suite and has no file, of ``fallback``.

    A commit is judged by its parent's rules; the fallback is for the commit
    that brings a repository its first tests. Raises OneshotError(RULES_INVALID).
    """
    names = git.names("ls-tree", "-z", "--full-tree", "--name-only", tree)
    table = None
    if FILE in names:
        table = parse(git.output("cat-file", "blob", f"{tree}:{FILE}").decode(errors="replace"))
    tests = [] if table and table.suite else _tests(git, tree)
    rules = effective(table, names, tests)
    if not rules.suites and table is None and fallback is not None:
        return rules_of(git, fallback)
    return rules


def rules_for(git: Git, parent: str, tree: str) -> tuple[Rules, OneshotError | None]:
    """The rules that a change is judged by; bare ones, and why, when they cannot be read."""
    try:
        return rules_of(git, parent, fallback=tree), None
    except OneshotError as err:
        if err.code is not Code.RULES_INVALID:
            raise
        return Rules(), err


def _tests(git: Git, tree: str) -> list[str]:
    """The paths in test folders: at the top, in a package there, in a package below ``src``.

    Names of folders are listed, a few levels of them, whatever the size of the tree.
    """
    top = git.names("ls-tree", "-dz", "--full-tree", "--name-only", tree)
    inside = _folders(git, tree, top)
    below = _folders(git, tree, [path for path in inside if path.startswith("src/")])
    found = [path for path in (*top, *inside, *below) if path.rpartition("/")[2] in _TESTS]
    if not found:
        return []
    return git.names("ls-tree", "-rz", "--full-tree", "--name-only", tree, "--", *found)


def _folders(git: Git, tree: str, paths: Sequence[str]) -> list[str]:
    """The folders in some folders."""
    if not paths:
        return []
    inside = [f"{path}/" for path in paths[:MOST]]
    return git.names("ls-tree", "-dz", "--full-tree", "--name-only", tree, "--", *inside)


MOST: Final = 1_000  # folders that are looked into
_TESTS: Final = ("tests", "test", "testing")
