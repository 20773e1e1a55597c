"""What git is in the middle of: it comes to its end before anything else is done."""

import os
from typing import Final

from msgspec import Struct

from git_oneshot.cli.answer import Next
from git_oneshot.cli.app import App
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.spelling import printable
from git_oneshot.trail.disk import read

_CONCLUDE: Final = ("git", "commit", "--no-edit")
_BISECT: Final = "BISECT_LOG"
# By the file, or folder, that git has in its folder while it goes on.
_MARKS: Final = (
    ("rebase-merge", "a rebase", ("git", "rebase", "--continue")),
    ("rebase-apply", "a rebase", ("git", "rebase", "--continue")),
    ("MERGE_HEAD", "a merge", _CONCLUDE),
    ("CHERRY_PICK_HEAD", "a cherry-pick", _CONCLUDE),
    ("REVERT_HEAD", "a revert", _CONCLUDE),
    ("sequencer", "a row of commits", ("git", "cherry-pick", "--continue")),
    (_BISECT, "a bisect", ("git", "bisect", "reset")),
)


class UnderWay(Struct, frozen=True):
    """What goes on, the files in conflict, and how it ends."""

    what: str
    conflicts: tuple[str, ...]
    step: Next

    @property
    def told(self) -> str:
        """It in a line."""
        more = " …" if len(self.conflicts) > 3 else ""
        named = ", ".join(printable(path) for path in self.conflicts[:3])
        return f"{self.what} is under way" + (f", in conflict: {named}{more}" if named else "")


def under_way(app: App) -> UnderWay | None:
    """What git is in the middle of; None, for the price of a few looks, where it is not."""
    marks = (one for one in _MARKS if os.path.exists(os.path.join(app.git.git_dir, one[0])))
    mark, what, argv = next(marks, ("", "", ()))
    if not mark:
        return None
    if mark == _BISECT:
        return UnderWay(what, (), Next(argv, "when you have found what you look for", work=True))
    lines = app.git.names("diff", "--name-only", "--diff-filter=U", "-z")
    conflicts = tuple(dict.fromkeys(lines))
    why = "resolve what is in conflict, stage it, and go on" if conflicts else "go on with it"
    work = bool(conflicts) or app.branch is None  # a rebase may have stopped for an edit
    return UnderWay(what, conflicts, Next(argv, why, work=work))


def rebased(app: App) -> str:
    """The branch that is back when a rebase is done; "" without one."""
    marks = (mark for mark, _, argv in _MARKS if argv[1] == "rebase")
    names = (read(os.path.join(app.git.git_dir, mark, "head-name")) for mark in marks)
    return next((name.strip().removeprefix("refs/heads/") for name in names if name), "")


def settled(app: App) -> None:
    """Refuse to take files with marks of a conflict in them for a change."""
    found = under_way(app)
    if found is not None and found.conflicts:
        raise OneshotError(Code.GUARD_FAILED, found.told, ahead=(found.step,), guard="tree-clean")
