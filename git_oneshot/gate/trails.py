"""Trails on their way: with a push, by themselves, and what a fetch finds missing."""

from collections.abc import Callable, Sequence

from git_oneshot.core.errors import OneshotError
from git_oneshot.core.events import CommitWaived, VerificationRecord
from git_oneshot.core.ids import FeatureId
from git_oneshot.git import Git
from git_oneshot.session import Session
from git_oneshot.trail.exchange import Exchange, Outcome, Told
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.merging import behind
from git_oneshot.trail.sending import send
from git_oneshot.trail.store import Tip, Trail, ours
from git_oneshot.trail.tracking import Loss
from git_oneshot.trail.transport import Remote

# A seal right behind one of these is its writer's word, and is given at once: see ``believed``.
_SEALED_BY_ITSELF = (VerificationRecord, CommitWaived)


def sync(
    git: Git, session: Session, remote: str, features: Sequence[FeatureId] | None, *,
    dry: bool, told: Told,
) -> tuple[list[Outcome], list[Loss]]:  # fmt: skip
    """Exchange trails with a remote, of ``features`` or all; ``dry``: say what that would do.

    ``told``: which trail is exchanged.

    Raises OneshotError when the remote can't be reached.
    """
    session.store.close()
    one = Exchange(git, session.store, Remote(git, remote), told)
    outcomes = one.plan(features) if dry else one.run(features, _pause(session))
    return outcomes, one.losses


def send_trails(
    git: Git, session: Session, remote: str, features: Sequence[FeatureId]
) -> list[Outcome]:
    """Send trails along with a push to the elected remote; those that did not arrive."""
    if not features:
        return []
    session.store.close()
    try:
        there = Remote(git, remote)
        outcomes = send(git, session.store, there, features, _pause(session))
    except OneshotError as err:
        return [Outcome(feature, wrong=err.message) for feature in features]
    return [one for one in outcomes if one.wrong]


def advice(wrong: Sequence[Outcome]) -> str:
    """What helps where trails did not arrive."""
    if all(one.mend for one in wrong):
        return wrong[0].mend
    if all(one.refused for one in wrong):
        return (
            "it has to take refs/oneshot/*; where it will not, name another remote for trails: "
            "git config oneshot.remote NAME"
        )
    if all(one.retry for one in wrong):
        return "try again: git oneshot sync"
    return "git oneshot fsck"


def seal(git: Git, store: GitStore, tip: Tip, *, terminal: bool) -> tuple[Tip, str]:
    """Seal a trail when the user's git signs; where it is then, and why a seal was left out."""
    from git_oneshot.trail.seals import signs

    return store.seal(tip, terminal=terminal) if signs(git) else (tip, "")


def unsealed(store: GitStore, email: str, features: Sequence[FeatureId] | None) -> list[Tip]:
    """The trails with events of this user that no seal vouches for.

    Of all trails, those of which no remote has such events; of ``features``, whoever has them.
    """
    tips = ours(store.tips())
    if features is not None:
        wanted = [tip for tip in tips if tip.feature in features]
        told = [tip._replace(beside=()) for tip in wanted]
    else:
        wanted = told = [tip for tip in tips if not tip.shared]
    trails = store.read(wanted)
    return [
        tip
        for tip, alone, trail in zip(wanted, told, trails, strict=True)
        if trail.damage is None and _speaks(trail, alone, email)
    ]


def _speaks(trail: Trail, tip: Tip, email: str) -> bool:
    """Whether someone said something behind a tip, above all seals and all that remotes have."""
    known = frozenset[str]().union(*(behind(trail.entries, e).commits for e in tip.beside))
    sealed = {e.commit for e in trail.entries if not e.events and len(e.parents) == 1}
    for commit in sealed:
        known |= behind(trail.entries, commit).commits
    last = next((e for e in trail.entries if e.commit == tip.commit), None)
    if last and any(isinstance(event, _SEALED_BY_ITSELF) for event in last.events):
        return False
    return any(
        event.by.endswith(f"<{email}>")
        for entry in trail.entries
        if entry.commit not in known
        for event in entry.events
    )


def _pause(session: Session) -> Callable[[float], None]:
    world = session.world
    return lambda most: world.pause(most * world.chance())
