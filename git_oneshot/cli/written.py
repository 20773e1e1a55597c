"""What a command does once it has written to a trail, or brought one."""

import os
import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from git_oneshot.cli.renamed import own_branch
from git_oneshot.core.ids import FeatureId
from git_oneshot.trail.store import joined

if TYPE_CHECKING:
    from git_oneshot.cli.app import App
    from git_oneshot.core.state import State

# What may be such a setting, as in a mirror; git is asked only then.
_SAME: Final = re.compile(rb"(?mi)^[ \t]*fetch[ \t]*=.*:refs/(\*|oneshot/)")


def written(app: "App", state: "State") -> None:
    """Tell the hooks of a feature that is open here, and who writes that it may not last."""
    for line in _overwritten(app):
        app.say_once(line)
    _open(app, state)


def came(app: "App", features: Collection[FeatureId]) -> None:
    """Tell the hooks of trails that came from elsewhere: what is open here now, or has ended."""
    tips = joined(app.store.tips())
    for loaded in app.store.load([tips[feature] for feature in features if feature in tips]):
        branch = own_branch(app, loaded.state)
        if loaded.state.open:
            _open(app, loaded.state)
        elif app.markers.feature_on(branch) == loaded.state.feature:
            app.markers.close(branch)


def _open(app: "App", state: "State") -> None:
    if not state.gated or app.markers.feature_on(state.branch) is not None:
        return
    here = state.branch == app.branch  # which may have no commit yet
    if here or app.git.named(f"refs/heads/{state.branch}") is not None:
        app.markers.open(state.branch, FeatureId(state.feature))  # also if another clone began it


def _overwritten(app: "App") -> Iterator[str]:
    """What is said where the next fetch puts what a remote has over what is here."""
    with open(os.path.join(app.git.common_dir, "config"), "rb") as file:
        if _SAME.search(file.read()) is None:
            return
    from git_oneshot.gate.install import overwrites

    for key, value in app.clone.overwriting():
        if key.endswith(".fetch"):
            yield f"warning: {overwrites(key, value)}"
            yield "hint: send it before the next fetch: git oneshot sync"
