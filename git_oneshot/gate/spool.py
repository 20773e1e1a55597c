"""From what hooks noted to events on the trail.

post-commit only appends the new commit's id to a file, in sh; here, at the next
command that writes, it becomes an event with the commit's tree, its parent's
tree and its patch id, by which a rebase or a squash finds it again.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from git_oneshot.core.facts import CommitRewritten
from git_oneshot.core.ids import COMMIT, FeatureId
from git_oneshot.core.state import State
from git_oneshot.gate.commits import Commits, commits_here, look, of_feature, record
from git_oneshot.git import Git

if TYPE_CHECKING:  # `status` looks here, and mostly nothing waits
    from git_oneshot.core.commands import Bind
    from git_oneshot.session import Receipt, Session

KEPT: Final = 1_000  # lines of other features that wait for theirs
AT_ONCE: Final = 1_000  # events of an append: of more than a commit may hold, none is written


class Noted(NamedTuple):
    """What the hooks noted of one feature, and the lines that are of others."""

    commits: tuple[str, ...]
    rewrites: tuple[tuple[str, str], ...]
    others: tuple[str, ...]


class Waiting(NamedTuple):
    """What is yet to be written of a feature: a command, and the spool as it was read."""

    command: "Bind | None"
    path: str
    read: bytes
    others: tuple[str, ...]


def waiting(git: Git, state: State, branch: str) -> Waiting | None:
    """What the hooks noted of a branch, and no event says yet."""
    path, data = os.path.join(git.own_dir, "spool"), _spooled(git)
    if not data:
        return None
    lines = _lines(data)
    known = [commit.id for commit in state.commits]
    noted = sort(lines, branch, known)
    if len(noted.others) == len(lines):
        return None
    # What was declared of the next commit is of that one as it was made.
    followed = follow(lines, branch, known)[0].items() if state.pending is not None else ()
    first = [(old, new) for old, new in followed if old not in known and old != new]
    wanted = [*(old for old, _ in first), *noted.commits]
    from git_oneshot.core.commands import Bind

    command = Bind(
        commits=record(git, look(git, commits_here(git, wanted))),
        rewrites=tuple(CommitRewritten(old=old, new=new) for old, new in (*noted.rewrites, *first)),
    )
    return Waiting(command if noted.commits else None, path, data, noted.others)


def commits_of(git: Git, state: State, head: str = "HEAD") -> Commits:
    """The commits of a feature that ``head`` has, with those that hooks noted and were pushed."""
    known = [commit.id for commit in state.commits]
    noted = sort(_lines(_spooled(git)), state.branch, known)
    return of_feature(git, state, head, noted.commits)


def _spooled(git: Git) -> bytes:
    """What hooks have noted and nothing has taken in."""
    try:
        with open(os.path.join(git.own_dir, "spool"), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def _lines(data: bytes) -> list[str]:
    return os.fsdecode(data).removesuffix("\n").split("\n")


def rename(git: Git, old: str, new: str) -> None:
    """What the hooks noted of a branch is of what it is called now."""
    data = _spooled(git)
    lines = [
        f"{line.removesuffix(old)}{new}" if line.split(" ", 2)[2:] == [old] else line
        for line in _lines(data)
    ]
    if data:
        _forget(os.path.join(git.own_dir, "spool"), data, lines)


def bind(
    git: Git, session: "Session", feature: FeatureId, branch: str, state: State | None = None
) -> "Receipt | None":
    """Write what the hooks noted of a branch to the trail of its feature.

    ``state``: that of the feature, where it was read just now.
    """
    found = waiting(git, state or session.load(feature).state, branch)
    if found is None:
        return None
    receipt = None
    for piece in _pieces(found.command) if found.command else ():
        receipt = session.execute(feature, piece)
    _forget(found.path, found.read, found.others)
    return receipt


def _pieces(command: "Bind") -> Iterator["Bind"]:
    """The commits, and then what they were rewritten to."""
    from git_oneshot.core.commands import Bind

    commits, rewrites = command.commits, command.rewrites
    many = len(commits)
    for at in range(0, many + len(rewrites) or 1, AT_ONCE):
        end = at + AT_ONCE
        yield Bind(
            commits=commits[at:end], rewrites=rewrites[max(at - many, 0) : max(end - many, 0)]
        )


def foreseen(git: Git, state: State, branch: str) -> State:
    """The state of a feature as it will be when that is written."""
    found = waiting(git, state, branch) if state.phase is not None else None
    if found is None or found.command is None:
        return state
    from git_oneshot.core.events import Stamp
    from git_oneshot.core.replay import replay
    from git_oneshot.core.workflow import decide

    stamp = Stamp(now=0, at="1970-01-01T00:00:00Z", by="-", entropy=b"")
    return replay(state, decide(state, found.command, stamp))


def sort(lines: Iterable[str], branch: str, known: Iterable[str]) -> Noted:
    """What lines say of a branch and of commits that its feature has already.

    A commit that was rewritten, and perhaps once more, is noted as what it is now.
    """
    before = set(known)
    now, others = follow(lines, branch, known)
    changed = {first: last for first, last in now.items() if first not in before or last != first}
    rewrites = tuple((first, last) for first, last in changed.items() if first in before)
    return Noted(tuple(dict.fromkeys(changed.values())), rewrites, tuple(others[-KEPT:]))


def follow(
    lines: Iterable[str], branch: str, known: Iterable[str]
) -> tuple[dict[str, str], list[str]]:
    """What each commit has become, and the lines that are of other features."""
    now = {commit: commit for commit in known}
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
    return now, others


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
