"""Giving a feature up: what it left elsewhere is cleaned up first, a step at a time.

Each step is an event. One that failed leaves the phase, and the next try goes on
behind those that are done. Nothing is removed that is nowhere else.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from git_oneshot.core.commands import ClosePull, Compensate
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Outcome
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.state import State
from git_oneshot.forge.port import Forge
from git_oneshot.forge.synthesize import OWN_BRANCH, send
from git_oneshot.git import Git
from git_oneshot.session import Session

CLOSE: Final = "close-pull-request"
BRANCH: Final = "delete-branch"
KEEPS: Final = {CLOSE: "--keep-pr", BRANCH: "--keep-branch"}  # the option that leaves it out


class Step(NamedTuple):
    """A step of giving up: its name, what it is in words, and how it is taken.

    ``stays``: why it is not to be taken, "" when it is.
    """

    action: str
    what: str
    take: Callable[[], "Taken"]
    stays: Callable[[], str] = str


class Taken(NamedTuple):
    """How a step ended."""

    status: Outcome
    message: str = ""


class Ask(NamedTuple):
    """What the caller wants kept, or taken away."""

    keep_pull: bool = False
    keep_branch: bool = False
    delete_branch: bool = False


def steps(
    git: Git,
    session: Session,
    state: State,
    remote: str,
    forge: Callable[[], Forge],
    ask: Ask = Ask(),  # noqa: B008 - immutable
) -> tuple[Step, ...]:
    """The steps that a feature needs, in their order; none for most of them."""
    feature = FeatureId(state.feature)
    found = []
    pull = state.pull
    if pull is not None and pull.open and not ask.keep_pull:
        where = pull.url or pull.head
        found.append(
            Step(CLOSE, f"close the pull request {where}", lambda: _close(session, feature, forge))
        )
    own = OWN_BRANCH + state.feature
    there = _at(git, f"refs/remotes/{remote}/{own}") if remote and not ask.keep_branch else ""
    here = _at(git, f"refs/heads/{state.branch}") if ask.delete_branch else ""
    if there:  # synthesize made it, and its commits are on the feature's own branch
        found.append(
            Step(
                BRANCH, f"delete '{own}' at '{remote}'", lambda: _drop(git, remote, own, there),
                lambda: _only_there(git, remote, own, there),
            )
        )  # fmt: skip
    elif here:
        found.append(
            Step(
                BRANCH, f"delete the branch '{state.branch}'", lambda: _delete(git, state, here),
                lambda: _needed(git, state, here),
            )
        )  # fmt: skip
    return tuple(found)


def clean_up(session: Session, feature: FeatureId, todo: Sequence[Step]) -> dict[str, Taken]:
    """Take the steps, and record each.

    Raises OneshotError(COMPENSATION_PARTIAL) when one failed, after all were tried.
    """
    taken: dict[str, Taken] = {}
    for step in todo:
        try:
            why = step.stays()
            how = Taken("skipped", why) if why else step.take()
        except OneshotError as err:
            how = Taken("failed", err.message)
        taken[step.action] = how
        command = Compensate(action=step.action, status=how.status, message=how.message)
        session.execute(feature, command)
    failed = {action: how for action, how in taken.items() if how.status == "failed"}
    if failed:
        action, how = next(iter(failed.items()))
        again = f"git oneshot cancel {feature}"
        raise OneshotError(
            Code.COMPENSATION_PARTIAL,
            f"'{feature}' is not cancelled: {action}: {how.message}",
            f"try again: {again}; or leave it there: {again} {KEEPS[action]}",
            feature=feature,
        )
    return taken


def _close(session: Session, feature: FeatureId, forge: Callable[[], Forge]) -> Taken:
    """Close the pull request; one that was closed or merged there meanwhile is let be."""
    state = session.sound(feature).state
    assert state.pull is not None
    port = forge()
    there = port.look(state.pull.number)
    if there.state == "open":
        port.close(there)
    session.execute(feature, ClosePull(f"{there.state} at the forge"[:500]
                                       if there.state != "open" else "cancelled"))  # fmt: skip
    if there.state == "open":
        return Taken("executed", f"closed {there.url}".strip())
    return Taken("executed", f"it was {there.state} there already")


def _only_there(git: Git, remote: str, branch: str, tip: str) -> str:
    """Why our own branch at the remote stays: what of it would be lost."""
    lost = _lost(git, tip, "--branches", f"--exclude={remote}/{branch}", "--remotes")
    return f"{lost[:9]} is on no other branch" if lost else ""


def _drop(git: Git, remote: str, branch: str, tip: str) -> Taken:
    """Delete our own branch at the remote, where nobody moved it."""
    ref = f"refs/heads/{branch}"
    try:
        send(git, remote, f":{ref}", "--no-verify", f"--force-with-lease={ref}:{tip}")
    except OneshotError as err:
        if "remote ref does not exist" in err.message:
            return Taken("skipped", "it is gone already")
        if "stale info" in err.message:
            return Taken("skipped", "somebody else has pushed to it")
        raise
    return Taken("executed", f"it was at {tip[:9]}")


def _needed(git: Git, state: State, tip: str) -> str:
    """Why a branch stays: it is the base, is checked out somewhere, or something would be lost."""
    if state.branch == state.base:
        return "it is the base"
    ref = f"refs/heads/{state.branch}"
    if any(line == f"branch {ref}" for line in git.lines("worktree", "list", "--porcelain")):
        return "it is checked out"
    lost = _lost(git, tip, f"--exclude={state.branch}", "--branches", "--remotes")
    return f"{lost[:9]} is on no other branch and on no remote" if lost else ""


def _delete(git: Git, state: State, tip: str) -> Taken:
    """Delete a branch that nobody needs, and that nobody has moved."""
    ref = f"refs/heads/{state.branch}"
    git.call("update-ref", "-m", f"oneshot: cancel {state.feature}", "-d", ref, tip)
    return Taken("executed", f"it was at {tip[:9]}")


def _lost(git: Git, tip: str, *others: str) -> str:
    """The last commit that a branch has alone: no branch among ``others`` has it; "" for none."""
    return "".join(git.lines("rev-list", "--max-count=1", tip, "--not", *others))


def _at(git: Git, ref: str) -> str:
    return git.named(ref) or ""
