"""Giving up what is stale: chosen by age, kept by an open pull request or a recent commit.

A check that can't be made keeps a feature, too, unless it is forced; and one that
can't be cancelled stops no other.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from git_oneshot.core.commands import Prune
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.prune import RECENT, Choice, Entry, idle
from git_oneshot.core.state import State
from git_oneshot.forge.giving_up import clean_up, steps
from git_oneshot.forge.port import Forge
from git_oneshot.git import Git
from git_oneshot.session import Session
from git_oneshot.trail.store import Loaded

SAFEGUARDS: Final = ("open-pr", "active-branch")

ForgeOf = Callable[[FeatureId], Forge]


class Fate(NamedTuple):
    """What becomes of a candidate: ``skipped`` says why it stays, "" when it does not."""

    feature: str
    idle: int
    skipped: str = ""
    why: str = ""


def entries(
    git: Git, loaded: Sequence[Loaded], now: str, remote: str
) -> tuple[list[Entry], dict[str, str]]:
    """The features of this clone with their age, and those that can't be read, with the reason."""
    found, malformed = [], {}
    idle(now, now)  # refuses what is no time
    seen = _last_commits(git, remote)
    for one in loaded:
        state = one.state
        if one.damage is not None or state.phase is None:
            malformed[state.feature] = one.damage.message if one.damage else "it has no start"
            continue
        try:
            age = idle(now, state.at, *seen.get(state.branch, ()))
        except OneshotError as err:
            malformed[state.feature] = err.message
            continue
        found.append(Entry(state.feature, state.phase, age))
    return found, malformed


def _last_commits(git: Git, remote: str) -> dict[str, list[str]]:
    """When the last commit of each branch was made, here and at the remote."""
    form = "--format=%(committerdate:iso-strict)%00%(refname)"
    prefixes = ["refs/heads/", *([f"refs/remotes/{remote}/"] if remote else [])]
    found: dict[str, list[str]] = {}
    for line in git.lines("for-each-ref", form, *(prefix.rstrip("/") for prefix in prefixes)):
        at, _, ref = line.partition("\0")
        for prefix in prefixes:
            if ref.startswith(prefix):
                found.setdefault(ref.removeprefix(prefix), []).append(at)
    return found


def safeguard(git: Git, state: State, now: str, remote: str, forge: ForgeOf) -> tuple[str, str]:
    """What keeps a stale feature, and its reason; ("", "") when nothing does.

    A feature without a branch has neither pull request nor commits.
    """
    if not state.branch:
        return "", ""
    try:
        port = forge(FeatureId(state.feature))
        head = state.pull.head if state.pull is not None else state.branch
        there = port.find_by_branch(head)
    except OneshotError as err:
        return "open-pr-unknown", err.message
    if there is not None:
        return "open-pr", there.url or f"the pull request of '{head}' is open"
    signs = _last_commits(git, remote).get(state.branch)
    if signs and idle(now, *signs) < RECENT:
        return "active-branch", f"'{state.branch}' has a commit of the last 24 hours"
    return "", ""


def prune(
    git: Git, session: Session | None, choice: Choice, now: str, remote: str, forge: ForgeOf,
    states: dict[str, State], *, apply: bool = False, force: bool = False,
) -> Iterator[Fate]:  # fmt: skip
    """What becomes of each candidate, one after the other; only ``apply`` writes anything.

    ``session`` is None where no event can be written, and a dry run needs none.
    Force asks for no safeguard, and is recorded; what is fresh stays fresh.
    """
    if apply and session is None:
        raise OneshotError(
            Code.MISSING_CONTEXT,
            "git does not know who you are: nothing can be recorded, and nothing is given up",
            "git config --global user.name 'Your Name'; "
            "git config --global user.email you@example.com",
        )
    for one in choice.chosen:
        state = states[one.feature]
        reason, why = ("", "") if force else safeguard(git, state, now, remote, forge)
        if not reason and apply:
            assert session is not None
            reason, why = _cancel(git, session, state, one, remote, forge, force=force)
        yield Fate(one.feature, one.idle, reason, why)


def _cancel(
    git: Git, session: Session, state: State, one: Entry, remote: str, forge: ForgeOf, *,
    force: bool,
) -> tuple[str, str]:  # fmt: skip
    """Give one up; why it stays, when that failed."""
    feature = FeatureId(one.feature)
    try:
        todo = steps(git, session, state, remote, lambda: forge(feature))
        clean_up(session, feature, todo)
        session.execute(feature, Prune(minutes=one.idle, bypassed=SAFEGUARDS if force else ()))
    except OneshotError as err:
        return "cancel-failed", err.message
    return "", ""
