"""Trails to a remote and back: fetch, merge where needed, push by fast-forward.

What is unpushed is what the refs say; there is no queue. An exchange is done
when the remote says that it has what we have, feature by feature. Another clone
that pushes meanwhile costs a round, and rounds are bounded.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from git_oneshot.core.errors import Code, LostRace, OneshotError
from git_oneshot.core.history import Entry
from git_oneshot.core.ids import FeatureId
from git_oneshot.git import Git
from git_oneshot.trail.merging import agree, behind, join, meet
from git_oneshot.trail.store import Tip, Trail, TrailStore, joined
from git_oneshot.trail.tracking import Loss, Tracking, kept_of, seen_in
from git_oneshot.trail.transport import Remote

ROUNDS: Final = 12


class Outcome(NamedTuple):
    """What an exchange did, or would do, with one trail.

    ``sent`` and ``received`` count events. ``wrong``: why the remote does not
    have what we have; ``retry``: whether to try again can help; ``refused``: whether
    it takes no trails at all, or not this one; ``damaged``: what we have can't be read;
    ``mend``: what helps with this one alone.
    """

    feature: FeatureId
    sent: int = 0
    received: int = 0
    merged: bool = False
    wrong: str = ""
    retry: bool = False
    refused: bool = False
    damaged: bool = False
    mend: str = ""

    @property
    def moved(self) -> bool:
        """Whether anything was to be done."""
        return bool(self.sent or self.received or self.merged)


Told = Callable[[int, int, str], None]  # which trail of how many is exchanged


def untold(_number: int, _total: int, _feature: str) -> None:
    """Tell nobody."""


class Exchange:
    """One exchange with one remote. ``losses`` is what the remote does not have any more."""

    def __init__(
        self, git: Git, store: TrailStore, remote: Remote, told: Told = untold
    ) -> None:  # fmt: skip
        self._told = told
        self._git = git
        self._store = store
        self._remote = remote
        self._tracking = Tracking(git)
        self._outcomes: dict[FeatureId, Outcome] = {}
        self._kept: set[FeatureId] = set()  # of which something is kept that a remote lost
        self.losses: list[Loss] = []

    def run(
        self, features: Sequence[FeatureId] | None, pause: Callable[[float], None]
    ) -> list[Outcome]:
        """Exchange these features, or all that this clone has; ``pause`` waits between rounds."""
        left = self._look(features)
        for number in range(ROUNDS):
            if not left:
                break
            if number:
                pause(min(1.0, 0.02 * 2**number))
                left = self._look(left)
            self._adopt(left)
            left = self._round(left)
        for feature in left:
            self._note(feature, wrong=f"other clones pushed first, {ROUNDS} times", retry=True)
        return sorted(self._outcomes.values())

    def plan(self, features: Sequence[FeatureId] | None) -> list[Outcome]:
        """What `run` would do now. Fetches, and moves nothing else."""
        ends = self._ends(self._look(features))
        for number, (trail, ours, theirs) in enumerate(ends, 1):
            self._told(number, len(ends), trail.feature)
            how = meet(trail.entries, ours, theirs) if theirs else "push"
            self._count(trail, ours, theirs)
            self._note(trail.feature, merged=how == "merge")
        return sorted(self._outcomes.values())

    # -- one round ----------------------------------------------------------------

    def _look(self, features: Sequence[FeatureId] | None) -> list[FeatureId]:
        """See what the remote has, fetch what is new; the features that differ."""
        there = self._remote.tips(features)
        before = seen_in(self._store.tips())
        name = self._remote.name
        known = {feature: at for (origin, feature), at in before.items() if origin == name}
        new = [feature for feature, commit in there.items() if known.get(feature) != commit]
        if new:
            self._remote.fetch(None if features is None else new)
        tips = self._store.tips()
        gone = {(name, f) for f in (known if features is None else features) if f not in there}
        now = {key: at for key, at in seen_in(tips).items() if key not in gone}
        self.losses += self._tracking.compare(before, now)
        tips = self._store.tips()
        ours = {tip.feature: tip.commit for tip in tips if not tip.origin}
        self._kept = {tip.feature for tip in tips if kept_of(tip.origin)}
        # What a remote lost and is not ours goes back only where that is asked for.
        here = {*ours, *self._kept}
        wanted = ours if features is None else [f for f in features if f in here]
        return [f for f in wanted if f in self._kept or there.get(f) != ours[f]]

    def _adopt(self, features: Sequence[FeatureId]) -> None:
        """Make ours what a remote lost and only our copy of it still has."""
        wanted = {*features}
        for feature in lost(self._store.tips()):
            tip = self._store.tip(feature) if feature in wanted else None
            # Damage is said below.
            if tip is not None and self._store.read([tip])[0].damage is None:
                with contextlib.suppress(LostRace):  # the next round looks again
                    self._store.move(feature, join(self._store, tip).commit, None)

    def _round(self, features: Sequence[FeatureId]) -> list[FeatureId]:
        """Make ours and the remote's one; the features of which either moved meanwhile."""
        push: dict[FeatureId, str] = {}
        again: list[FeatureId] = []
        ends = self._ends(features)
        for number, (trail, ours, theirs) in enumerate(ends, 1):
            self._told(number, len(ends), trail.feature)
            try:
                new, send = self._settle(trail, ours, theirs)
            except LostRace:
                again.append(trail.feature)
                continue
            except OneshotError as err:
                if err.code not in (Code.REF_LOCKED, Code.LOCK_STALE):
                    raise
                self._note(trail.feature, wrong=err.message, retry=err.kind.retryable,
                           mend=err.hint)  # fmt: skip
                continue
            if send:
                push[trail.feature] = new
        for reply in self._remote.push(push):
            if reply.word == "refused":
                name = self._remote.name
                self._note(reply.feature, wrong=reply.refusal(name), refused=True,
                           mend=reply.mend(name))  # fmt: skip
            else:  # taken, which the next look makes sure of, or moved by somebody
                again.append(reply.feature)
        return again

    def _settle(self, trail: Trail, ours: str, theirs: str | None) -> tuple[str, bool]:
        """Move our ref to where both will be; whether the remote's has to follow."""
        feature, tip = trail.feature, trail.tip
        assert tip is not None
        if theirs is None:
            self._count(trail, ours, theirs)
            return ours, True
        commit, push = agree(self._store, feature, ours, theirs, trail.entries)
        if commit != tip.commit:
            self._store.move(feature, commit, tip)
        self._count(trail, ours, theirs)  # not before: the ref may be locked, or have moved
        if commit not in (ours, theirs):
            self._note(feature, merged=True)
        if feature in self._kept:
            self._tracking.let_go(feature, commit)
        return commit, push

    def _ends(self, features: Sequence[FeatureId]) -> list[tuple[Trail, str, str | None]]:
        """Our end and the remote's of each feature, and the trail from where our ref is.

        What was kept because a remote lost it is joined to ours first; no ref moves.
        """
        every = joined(self._store.tips())
        name = self._remote.name
        seen = seen_in(self._store.tips())
        tips = [every[feature] for feature in features if feature in every]
        found = []
        for tip, trail in zip(tips, self._store.read(tips), strict=True):
            theirs = seen.get((name, tip.feature))
            there = {entry.commit for entry in trail.entries}
            if trail.damage is not None:
                self._note(tip.feature, wrong=trail.damage.message, damaged=True)
            elif theirs is not None and theirs not in there:
                why = trail.aside[0].message if trail.aside else "it is damaged"
                self._note(tip.feature, wrong=f"what '{name}' has cannot be joined: {why}")
            else:
                ours = self._own(tip, theirs, there)
                if ours != tip.commit:  # a merge that was just written: what is behind it is asked
                    ends = tip._replace(commit=ours, beside=(theirs,) if theirs else ())
                    trail = self._store.read([ends])[0]._replace(tip=tip)
                found.append((trail, ours, theirs))
        return found

    def _own(self, tip: Tip, theirs: str | None, there: set[str]) -> str:
        ends = [end for end in tip.beside if end != theirs and end in there]
        return join(self._store, tip._replace(beside=tuple(ends))).commit

    # -- what is said about it -------------------------------------------------------

    def _count(self, trail: Trail, ours: str, theirs: str | None) -> None:
        mine = behind(trail.entries, ours).said
        other = behind(trail.entries, theirs).said if theirs else frozenset[str]()
        before = self._outcomes.get(trail.feature, Outcome(trail.feature))
        self._note(
            trail.feature,
            sent=max(before.sent, _events(trail.entries, mine - other)),
            received=before.received + _events(trail.entries, other - mine),
        )

    def _note(self, feature: FeatureId, **more: Any) -> None:
        if "wrong" in more:  # the remote does not have what we have
            more["sent"] = 0
        self._outcomes[feature] = self._outcomes.get(feature, Outcome(feature))._replace(**more)


def lost(tips: Sequence[Tip], remote: str = "*") -> list[FeatureId]:
    """The features of which something that a remote lost is kept here, and nothing is ours."""
    ours = {tip.feature for tip in tips if not tip.origin}
    kept = ((tip.feature, kept_of(tip.origin)) for tip in tips)
    return sorted({f for f, name in kept if name and remote in ("*", name)} - ours)


def _events(history: Sequence[Entry], commits: frozenset[str]) -> int:
    return sum(len(entry.events) for entry in history if entry.commit in commits)


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
    seen = seen_in(store.tips())
    outcomes = []
    unsent: dict[FeatureId, str] = {}
    left = []
    for tip in ours:
        if not store.leads(tip):
            left.append(tip.feature)
        elif seen.get((remote.name, tip.feature)) != tip.commit:
            unsent[tip.feature] = tip.commit
    for reply in remote.push(unsent):
        if reply.word == "taken":
            outcomes.append(Outcome(reply.feature, sent=1))
        elif reply.word == "moved":
            left.append(reply.feature)
        else:
            why = reply.refusal(remote.name)
            mend = reply.mend(remote.name)
            outcomes.append(Outcome(reply.feature, wrong=why, refused=True, mend=mend))
    return outcomes + (Exchange(git, store, remote).run(left, pause) if left else [])
