"""The rules in force for a tree: its `.oneshot.toml`, or what its file names give away."""

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
    folders = [name for name in names if name in _FOLDERS]
    tests: list[str] = []
    if folders and not (table and table.suite):
        tests = git.names("ls-tree", "-rz", "--full-tree", "--name-only", tree, "--", *folders)
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


_FOLDERS = ("tests", "test")
