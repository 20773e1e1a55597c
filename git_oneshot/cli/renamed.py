"""A branch that git has renamed: in this clone, its feature follows it.

A trail says on which branch its feature began. What that is called here, the marker says.
"""

import contextlib
from typing import TYPE_CHECKING, Final

from git_oneshot.core.ids import FeatureId
from git_oneshot.core.spelling import printable

if TYPE_CHECKING:
    from git_oneshot.cli.app import App
    from git_oneshot.core.state import State

_RENAMED: Final = "Branch: renamed refs/heads/"


def own_branch(app: "App", state: "State") -> str:
    """What the branch of a feature is called here."""
    here = app.markers.feature_on(state.branch) == state.feature
    found = {} if here else app.markers.all()
    return next((name for name, feature in found.items() if feature == state.feature), state.branch)


def followed(app: "App") -> FeatureId | None:
    """The open feature of the branch that this one was, whose marker goes along now."""
    gone = {
        name: feature
        for name, feature in app.markers.all().items()
        if app.markers.feature_on(name) and app.git.named(f"refs/heads/{name}") is None
    }
    if not gone or app.head is None:  # a branch without a commit has no log
        return None
    said = app.git.lines("reflog", "show", "--format=%gs", f"refs/heads/{app.branch}")
    olds = [line.removeprefix(_RENAMED).split(" ")[0] for line in said if line.startswith(_RENAMED)]
    old = next((name for name in olds if name in gone), None)
    if old is None or app.branch is None:
        return None
    from git_oneshot.gate.spool import rename

    with contextlib.suppress(OSError):  # who may not write here is told all the same
        rename(app.git, old, app.branch)
        app.markers.open(app.branch, gone[old])
        app.markers.close(old)
        app.say(f"note: '{gone[old]}' follows its branch, which was '{printable(old)}'")
    return gone[old]


def leaving(app: "App") -> FeatureId | None:
    """The feature that was finalized on this branch and is not home yet."""
    name = app.markers.leaving(app.branch) if app.branch is not None else None
    if name is None or app.branch is None:
        return None
    from git_oneshot.gate.home import is_done

    state = app.session.load(name).state
    home = state.phase == "completed" and is_done(app.git, state, app.branch, app.clone.remote)
    return None if home else name
