"""Trails along with a push: by one connection where that is enough, as it mostly is."""

from collections.abc import Callable, Sequence

from git_oneshot.core.ids import FeatureId
from git_oneshot.git import Git
from git_oneshot.trail.exchange import Exchange, Outcome
from git_oneshot.trail.store import TrailStore, joined
from git_oneshot.trail.tracking import seen_in
from git_oneshot.trail.transport import Remote


def send(
    git: Git,
    store: TrailStore,
    remote: Remote,
    features: Sequence[FeatureId],
    pause: Callable[[float], None],
) -> list[Outcome]:
    """Send trails where one connection is enough, as it mostly is; exchange the others.

    For the hook of a push, whose user waits: what the last fetch saw is believed
    until the remote says otherwise.
    """  # fmt: skip
    tips = joined(store.tips())
    ours = [tips[f] for f in features if f in tips and not tips[f].origin]
    has = remote.has(seen_in(store.tips()))
    outcomes = []
    unsent: dict[FeatureId, str] = {}
    left = []
    for tip in ours:
        if not store.leads(tip):
            left.append(tip.feature)
        elif has.get(tip.feature) != tip.commit:
            unsent[tip.feature] = tip.commit
    for reply in remote.push(unsent):
        if reply.word == "taken":
            outcomes.append(Outcome(reply.feature, sent=1))
        elif reply.word == "moved":
            left.append(reply.feature)
        else:
            why = reply.refusal(remote.name)
            mend = reply.mend(remote.name)
            refused = reply.word == "refused"
            outcomes.append(Outcome(reply.feature, wrong=why, refused=refused, mend=mend))
    return outcomes + (Exchange(git, store, remote).run(left, pause) if left else [])
