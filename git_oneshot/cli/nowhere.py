"""Where no feature is open: why that is, and what to do about it."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from git_oneshot.cli.ahead import switch_to
from git_oneshot.cli.answer import Next
from git_oneshot.cli.underway import under_way
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId

if TYPE_CHECKING:
    from git_oneshot.cli.app import App
    from git_oneshot.trail.store import Tip

_BEGIN = Next(("git", "oneshot", "init"), "begin one", ("FEATURE",))
_MOST = 3  # branches that are named


def no_feature(app: "App") -> OneshotError:
    """The error of a command that needs a feature, where none was named and none is open."""
    if app.branch is None:
        return _detached(app)
    elsewhere = [state.feature for state in app.on_branch(remote=True) if state.open]
    if elsewhere:
        argv = ("git", "oneshot", "resume", elsewhere[0])
        return _unknown(app, Next(argv, "go on with what another clone began"))
    there = _open_there(app)
    if there:
        going = under_way(app)  # git goes to no branch before that is done
        there = [step._replace(why=f"or {step.why}") for step in there]
        return _unknown(app, *([going.step] if going else []), _BEGIN, *there)
    from_remote = not_brought(app, app.store.tips())
    if from_remote:
        return _unknown(app, _BEGIN, from_remote._replace(why=f"or {from_remote.why}"))
    last = last_one(app)
    phase = app.session.load(last).state.phase if last is not None else None
    hint = "begin one: git oneshot init FEATURE, or name one: -f FEATURE"
    return _unknown(app, hint=hint, also=f"; '{last}' is {phase}" if last else "")


def not_brought(app: "App", tips: "Sequence[Tip]") -> Next | None:
    """How trails get here, where there are none and no fetch brings them; None else."""
    remote = app.clone.remote
    if tips or not remote or os.path.exists(os.path.join(app.git.own_dir, "program")):
        return None
    argv = ("git", "oneshot", "install", *(["--yes"] if app.json else []))
    return Next(argv, f"bring the trails that '{remote}' may have")


def _open_there(app: "App") -> list[Next]:
    """How to get to the branches of the features that are open in this clone."""
    found = []
    for branch, feature in app.markers.all().items():
        tip = app.git.named(f"refs/heads/{branch}")
        if tip is None or app.markers.feature_on(branch) is None:
            continue
        # What was committed on a detached HEAD comes along, where it stands on the branch.
        beyond = app.branch is None and app.head != tip and app.git.leads(tip, "HEAD")
        options = ("-C",) if beyond else ()
        found.append(
            switch_to(app, branch, f"go on with '{feature}', on branch '{branch}'", *options)
        )
    return found[:_MOST]


def last_one(app: "App") -> FeatureId | None:
    """The feature of this branch that ended last."""
    ended = (state for state in app.on_branch(remote=False) if not state.open)
    found = max(ended, key=lambda state: state.at, default=None)
    return FeatureId(found.feature) if found is not None else None


def _unknown(app: "App", *ahead: Next, hint: str = "", also: str = "") -> OneshotError:
    message = f"no feature is open on branch '{app.branch}'{also}"
    return OneshotError(Code.FEATURE_UNKNOWN, message, hint, ahead=ahead or None)


def _detached(app: "App") -> OneshotError:
    """Nothing lives on a detached HEAD; a rebase or a bisect ends, and then its branch is back."""
    going = under_way(app)
    if going is not None:
        why = f"{going.what} is under way, and HEAD is on no branch"
        return OneshotError(Code.DETACHED_HEAD, why, ahead=(going.step,))
    there = _open_there(app)
    return OneshotError(
        Code.FEATURE_UNKNOWN,
        "no feature is open on a detached HEAD",
        "be on a branch: git switch BRANCH, or name one: -f FEATURE",
        ahead=tuple(there) or None,
    )
