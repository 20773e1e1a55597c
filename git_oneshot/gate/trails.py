"""Trails on their way: with a push, by themselves, and what a fetch finds missing."""

from collections.abc import Callable, Sequence

from git_oneshot.core.errors import OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.gate.election import elected, is_elected
from git_oneshot.git import Git
from git_oneshot.session import Session
from git_oneshot.trail import exchange
from git_oneshot.trail.exchange import Exchange, Outcome
from git_oneshot.trail.tracking import Loss
from git_oneshot.trail.transport import Remote


def sync(
    git: Git, session: Session, remote: str, features: Sequence[FeatureId] | None, *, dry: bool
) -> tuple[list[Outcome], list[Loss]]:
    """Exchange trails with a remote, of ``features`` or all; ``dry``: say what that would do.

    Raises OneshotError when the remote can't be reached.
    """
    session.store.close()
    one = Exchange(git, session.store, Remote(git, remote))
    outcomes = one.plan(features) if dry else one.run(features, _pause(session))
    return outcomes, one.losses


def send_trails(
    git: Git, session: Session, remote: str, features: Sequence[FeatureId]
) -> list[Outcome]:
    """Send trails along with a push, if it goes where trails go; those that did not arrive.

    ``remote``: as git names it to the hook, by name or by URL.
    """
    if not features or not is_elected(git, remote):
        return []
    session.store.close()
    try:
        there = Remote(git, elected(git))
        outcomes = exchange.send(git, session.store, there, features, _pause(session))
    except OneshotError as err:
        return [Outcome(feature, wrong=err.message) for feature in features]
    return [one for one in outcomes if one.wrong]


def _pause(session: Session) -> Callable[[float], None]:
    world = session.world
    return lambda most: world.pause(most * world.chance())
