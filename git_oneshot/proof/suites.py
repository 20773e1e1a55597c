"""The rules in force for a tree: its `.oneshot.toml`, or what its files give away."""

import hashlib
import os
from string import hexdigits
from typing import Final, NamedTuple

import msgspec

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.rules.detection import TELLING
from git_oneshot.core.rules.effective import effective
from git_oneshot.core.rules.file import FILE
from git_oneshot.core.rules.reading import parse
from git_oneshot.core.rules.rules import Rules
from git_oneshot.git import Git

_LOOKED_AT = 256 * 1024  # bytes of a manifest that detection reads
_MOST: Final = 1_000  # trees whose rules are remembered


class InForce(NamedTuple):
    """The rules that a change is judged by, and the tree whose attributes count beside them.

    ``broken``: why the rules are bare, where they cannot be read.
    """

    rules: Rules
    tree: str
    broken: OneshotError | None = None


def file_of(git: Git, tree: str) -> str | None:
    """The text of the rules file of a tree; None where there is none.

    Raises OneshotError(RULES_INVALID) where it is a link, a folder or a submodule.
    """
    there = git.names("ls-tree", "-z", "--full-tree", tree, "--", FILE)
    if not there:
        return None
    if not there[0].startswith("100"):
        what = f"{FILE} is no file of its own"
        raise OneshotError(Code.RULES_INVALID, what, f"make it a file, or take it away: {FILE}")
    return git.output("cat-file", "blob", f"{tree}:{FILE}").decode(errors="replace")


def edited(git: Git) -> bytes | None:
    """The rules file of the working tree, if it has one and it can be read as rules.

    Raises OneshotError(RULES_INVALID): also of a link, which no commit may have there.
    """
    path = os.path.join(git.work_tree or os.devnull, FILE)
    if os.path.islink(path):
        gone = "" if os.path.exists(path) else ", which is not there"
        what = f"{FILE} is a link to '{os.readlink(path)}'{gone}"
        raise OneshotError(Code.RULES_INVALID, what, f"make it a file, or take it away: rm {FILE}")
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError:
        return None
    parse(text.decode(errors="replace"))
    return text


def rules_of(git: Git, tree: str, fallback: str | None = None) -> Rules:
    """The rules of ``tree``; when that knows no suite and has no file, of ``fallback``.

    A commit is judged by its parent's rules; the fallback is for the commit
    that brings a repository its first tests. Raises OneshotError(RULES_INVALID).
    """
    said = _said.get(tree) or _read(git, tree)
    if len(tree) == len(git.zero) and not tree.strip(hexdigits):  # no name, which may move
        if len(_said) >= _MOST:
            _said.clear()
        _said[tree] = said
    if not said.rules.suites and not said.file and fallback is not None:
        return rules_of(git, fallback)
    return said.rules


class _Said(NamedTuple):
    """What a tree says of rules, and whether it does so in a file."""

    rules: Rules
    file: bool


# By the id of a tree, which all of it depends on: a push asks a few trees many times.
_said: Final[dict[str, _Said]] = {}


def _read(git: Git, tree: str) -> _Said:
    text = file_of(git, tree)
    table = None if text is None else parse(text)
    paths: list[str] = []
    if not (table and table.suite):
        paths = _telling(git.output("ls-tree", "-rz", "--full-tree", "--name-only", tree))

    def read(path: str) -> str:
        there = git.call("cat-file", "blob", f"{tree}:{path}", ok=(0, 128))
        return there.stdout[:_LOOKED_AT].decode(errors="replace")

    return _Said(effective(table, paths, read), table is not None)


def digest(rules: Rules) -> str:
    """A name for rules, the SHA-256 of what they say: equal rules, equal names."""
    return hashlib.sha256(msgspec.json.encode(rules)).hexdigest()


def _telling(listed: bytes) -> list[str]:
    """Of paths that end with NUL, those that detection has a use for."""
    found: list[str] = []
    end = 0
    while told := TELLING.search(listed, end):
        begin = listed.rfind(b"\0", 0, told.start()) + 1
        end = listed.index(b"\0", told.end() - 1) + 1
        found.append(os.fsdecode(listed[begin : end - 1]))
    return found


def rules_for(git: Git, parent: str, tree: str, base: str = "") -> InForce:
    """The rules that a change is judged by.

    Where the parent knows no suite, those of ``base``: who takes the tests away, or begins
    beside them, does not get by them.
    """
    try:
        for said in filter(None, (parent, base)):
            rules = rules_of(git, said)
            if rules.suites:
                return InForce(rules, said)
        return InForce(rules_of(git, parent, fallback=tree), parent)
    except OneshotError as err:
        if err.code is not Code.RULES_INVALID:
            raise
        return InForce(Rules(), parent, err)
