"""Trails to a remote and back: fetch, merge where needed, push by fast-forward.

What is unpushed is what the refs say; there is no queue. An exchange is done
when the remote says that it has what we have, feature by feature. Another clone
that pushes meanwhile costs a round, and rounds are bounded.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Container, Sequence
from typing import Any, Final, NamedTuple

from git_oneshot.core.errors import Code, LostRace, OneshotError
from git_oneshot.core.history import Entry
from git_oneshot.core.ids import FeatureId
from git_oneshot.git import Git
from git_oneshot.trail.merging import agree, behind, join, known, meet
from git_oneshot.trail.store import Tip, Trail, TrailStore, joined
from git_oneshot.trail.tracking import Loss, Tracking, kept_of, seen_in
from git_oneshot.trail.transport import Remote

ROUNDS: Final = 12
_SHOWN: Final = 3  # times that a remote takes a trail before it has to show it: it may lag behind


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


class Ends(NamedTuple):
    """A trail from where our ref is, our end, and those of the remote, which may be pushed to
    elsewhere than it is fetched from.
    """

    trail: Trail
    ours: str
    theirs: str | None  # an end that the remote has and ours not, or else any
    pushed: tuple[str | None, ...]  # what each address that is pushed to has


class Exchange:
    """One exchange with one remote. ``losses`` is what the remote does not have any more."""

    def __init__(
        self, git: Git, store: TrailStore, remote: Remote, told: Told = untold
    ) -> None:  # fmt: skip
        self._told = told
        self._git = git
        self._store = store
        self._remote = remote
        self._tracking = Tracking(git, store)
        self._outcomes: dict[FeatureId, Outcome] = {}
        self._there: dict[str, dict[FeatureId, str]] = {}  # where it is pushed to elsewhere
        self._kept: set[FeatureId] = set()  # of which something is kept that a remote lost
        self._taken: Counter[FeatureId] = Counter()  # how often the remote took each
        self._stayed: dict[FeatureId, str] = {}  # why it was not taken last, if a lock was why
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
            why = self._stayed.get(feature, "")
            wrong = f"'{self._remote.name}' did not take it, {ROUNDS} times: {why}"
            if not why:
                wrong = f"other clones pushed first, {ROUNDS} times"
            self._note(feature, wrong=wrong, retry=True)
        return sorted(one for one in self._outcomes.values() if one.moved or one.wrong)

    def plan(self, features: Sequence[FeatureId] | None) -> list[Outcome]:
        """What `run` would do now. Fetches, and moves nothing else."""
        ends = self._ends(self._look(features))
        for number, one in enumerate(ends, 1):
            self._told(number, len(ends), one.trail.feature)
            how = meet(one.trail.entries, one.ours, one.theirs) if one.theirs else "push"
            self._count(one)
            self._note(one.trail.feature, merged=how == "merge")
        return sorted(one for one in self._outcomes.values() if one.moved or one.wrong)

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
        losses = self._tracking.compare(before, now)
        # What it took just now and does not show was not dropped.
        self.losses += [loss for loss in losses if not self._taken[loss.feature]]
        tips = self._store.tips()
        for tip in tips:
            if tip.feature in there and kept_of(tip.origin) == name:  # it may have it again
                self._tracking.let_go(tip.feature, there[tip.feature], name)
        tips = self._store.tips()
        self._there = self._remote.elsewhere(features, joined(tips))
        if self._there:  # something may have been brought
            tips = self._store.tips()
        ours = {tip.feature: tip.commit for tip in tips if not tip.origin}
        self._kept = {tip.feature for tip in tips if kept_of(tip.origin)}
        # What a remote lost and is not ours goes back only where that is asked for.
        here = {*ours, *self._kept}
        wanted = ours if features is None else [f for f in features if f in here]
        has = (there, *self._there.values())
        return [f for f in wanted if f in self._kept or any(at.get(f) != ours[f] for at in has)]

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
        for number, one in enumerate(ends, 1):
            feature = one.trail.feature
            self._told(number, len(ends), feature)
            try:
                new = self._settle(one)
            except LostRace:
                again.append(feature)
                continue
            except OneshotError as err:
                if err.code not in (Code.REF_LOCKED, Code.LOCK_STALE):
                    raise
                self._note(feature, wrong=err.message, retry=err.kind.retryable,
                           mend=err.hint)  # fmt: skip
                continue
            if None in one.pushed and self._taken[feature] == _SHOWN:
                wrong = f"'{self._remote.name}' takes it, and does not show that it has it"
                mend = "it has to show refs/oneshot/*: see uploadpack.hideRefs in its configuration"
                self._note(feature, wrong=wrong, refused=True, mend=mend)
            elif any(end != new for end in one.pushed):
                push[feature] = new
        for reply in self._remote.push(push):
            if reply.word in ("refused", "away"):
                name = self._remote.name
                self._note(reply.feature, wrong=reply.refusal(name), mend=reply.mend(name),
                           refused=reply.word == "refused")  # fmt: skip
            else:  # taken, which the next look makes sure of, or moved by somebody
                self._taken[reply.feature] += reply.word == "taken"
                self._stayed[reply.feature] = reply.why
                again.append(reply.feature)
        return again

    def _settle(self, one: Ends) -> str:
        """Move our ref to where both will be."""
        trail, feature = one.trail, one.trail.feature
        assert trail.tip is not None
        commit = one.ours
        if one.theirs is not None:
            commit = agree(self._store, feature, one.ours, one.theirs, trail.entries).commit
        if commit != trail.tip.commit:
            self._store.move(feature, commit, trail.tip)
        self._count(one)  # not before: the ref may be locked, or have moved
        if commit not in (one.ours, one.theirs):
            self._note(feature, merged=True)
        if feature in self._kept:
            self._tracking.let_go(feature, commit)
        return commit

    def _ends(self, features: Sequence[FeatureId]) -> list[Ends]:
        """Our end and the remote's of each feature.

        What was kept because a remote lost it is joined to ours first; no ref moves.
        """
        every = joined(self._store.tips())
        name = self._remote.name
        seen = seen_in(self._store.tips())
        tips = [every[feature] for feature in features if feature in every]
        found = []
        for tip, trail in zip(tips, self._store.read(tips), strict=True):
            fetched = seen.get((name, tip.feature))
            at = {name: fetched} | {at: has.get(tip.feature) for at, has in self._there.items()}
            pushed = tuple(map(at.__getitem__, self._remote.addresses))
            ends = [end for end in dict.fromkeys((fetched, *pushed)) if end is not None]
            there = known(trail.entries)
            if trail.damage is not None:
                self._note(tip.feature, wrong=trail.damage.message, damaged=True)
            elif not there.issuperset(ends):
                bad = next(end for end in ends if end not in there)
                [alone] = self._store.read([Tip(tip.feature, bad, name)])
                why = alone.damage or LostRace()
                wrong = f"what '{name}' has cannot be joined: {why.message}"
                self._note(tip.feature, wrong=wrong, mend=why.hint)
            else:
                ours = self._own(tip, ends, there)
                if ours != tip.commit:  # a merge that was just written: what is behind it is asked
                    all_ = tip._replace(commit=ours, beside=tuple(ends))
                    trail = self._store.read([all_])[0]._replace(tip=tip)
                held = behind(trail.entries, ours).commits
                new = [end for end in ends if end not in held]
                theirs = next(iter([*new, *ends]), None)
                found.append(Ends(trail, ours, theirs, pushed))
        return found

    def _own(self, tip: Tip, theirs: Sequence[str], there: Container[str]) -> str:
        ends = [end for end in tip.beside if end not in theirs and end in there]
        return join(self._store, tip._replace(beside=tuple(ends))).commit

    # -- what is said about it -------------------------------------------------------

    def _count(self, one: Ends) -> None:
        entries, feature = one.trail.entries, one.trail.feature
        said = {
            end: behind(entries, end).said for end in (one.ours, one.theirs, *one.pushed) if end
        }
        mine, other = said[one.ours], said.get(one.theirs or "", frozenset())
        lacking = frozenset[str]().union(
            *(mine - said.get(end or "", frozenset()) for end in one.pushed)
        )
        before = self._outcomes.get(feature, Outcome(feature))
        self._note(
            feature,
            sent=max(before.sent, _events(entries, lacking)),
            received=before.received + _events(entries, other - mine),
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
