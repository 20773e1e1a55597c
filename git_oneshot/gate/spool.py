"""From what hooks noted to events on the trail.

post-commit only appends the new commit's id to a file, in sh; here, at the next
command that writes, it becomes an event with the commit's tree, its parent's
tree and its patch id, by which a rebase or a squash finds it again.
"""

import contextlib
import os
from collections.abc import Iterable
from typing import Final, NamedTuple

from git_oneshot.core.commands import Bind
from git_oneshot.core.facts import CommitRewritten
from git_oneshot.core.ids import COMMIT, FeatureId
from git_oneshot.gate.commits import look, record
from git_oneshot.git import Git
from git_oneshot.session import Receipt, Session

KEPT: Final = 1_000  # lines of other features that wait for theirs


class Noted(NamedTuple):
    """What the hooks noted of one feature, and the lines that are of others."""

    commits: tuple[str, ...]
    rewrites: tuple[tuple[str, str], ...]
    others: tuple[str, ...]


def bind(git: Git, session: Session, feature: FeatureId, branch: str) -> Receipt | None:
    """Write what the hooks noted of a branch to the trail of its feature."""
    path = os.path.join(git.own_dir, "spool")
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return None
    known = [commit.id for commit in session.load(feature).state.commits]
    lines = os.fsdecode(data).removesuffix("\n").split("\n")
    noted = sort(lines, branch, known)
    if len(noted.others) == len(lines):
        return None
    command = Bind(
        commits=record(git, look(git, _existing(git, noted.commits))),
        rewrites=tuple(CommitRewritten(old=old, new=new) for old, new in noted.rewrites),
    )
    receipt = session.execute(feature, command) if noted.commits else None
    _forget(path, data, noted.others)
    return receipt


def sort(lines: Iterable[str], branch: str, known: Iterable[str]) -> Noted:
    """What lines say of a branch and of commits that its feature has already.

    A commit that was rewritten, and perhaps once more, is noted as what it is now.
    """
    before = dict.fromkeys(known)
    now = {commit: commit for commit in before}
    others: list[str] = []
    for line in lines:
        match line.split(" ", 2):
            case ["commit", oid, on] if COMMIT.fullmatch(oid):
                if on == branch:
                    now.setdefault(oid, oid)
                else:
                    others.append(line)
            case ["rewrite", old, new] if COMMIT.fullmatch(old) and COMMIT.fullmatch(new):
                ours = [first for first, last in now.items() if last == old]
                now |= dict.fromkeys(ours, new)
                if not ours:
                    others.append(line)
            case _:
                pass  # a torn line
    changed = {first: last for first, last in now.items() if first not in before or last != first}
    rewrites = tuple((first, last) for first, last in changed.items() if first in before)
    return Noted(tuple(dict.fromkeys(changed.values())), rewrites, tuple(others[-KEPT:]))


def _existing(git: Git, commits: Iterable[str]) -> list[str]:
    out = git.lines(
        "cat-file",
        "--batch-check=%(objecttype) %(objectname)",
        stdin="".join(f"{commit}\n" for commit in commits).encode(),
    )
    return [line.split()[1] for line in out if line.startswith("commit ")]


def _forget(path: str, read: bytes, others: Iterable[str]) -> None:
    """Take away what was read, but for others' lines; what a hook has added since stays."""
    with contextlib.suppress(FileNotFoundError):
        mine = f"{path}.{os.getpid()}"
        os.rename(path, mine)
        with open(mine, "rb") as file:
            since = file.read().removeprefix(read)
        left = os.fsencode("".join(f"{line}\n" for line in others)) + since
        if left:
            with open(path, "ab") as file:
                file.write(left)
        os.unlink(mine)
