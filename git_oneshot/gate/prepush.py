"""The pre-push hook: bring trails up to date, hold what is not proven, send the trails.

How a range is found and judged is in ``push``; what is said about it is the
caller's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from git_oneshot.core.errors import OneshotError
from git_oneshot.core.facts import Proof
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.state import State
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.commits import look
from git_oneshot.gate.judging import Verdict
from git_oneshot.gate.landing import is_done
from git_oneshot.gate.markers import Markers
from git_oneshot.gate.patience import Judge
from git_oneshot.gate.push import Range, Update, gated, judge_range, ranges
from git_oneshot.gate.spool import bind
from git_oneshot.gate.trails import send_trails
from git_oneshot.git import Git
from git_oneshot.session import Session
from git_oneshot.trail.store import ours
from git_oneshot.trail.tracking import seen_in


class Held(NamedTuple):
    """What an update of a gated ref may not bring: a commit, or the tip for its suite."""

    update: Update
    found: Verdict | Proof


class Others(NamedTuple):
    """How many commits of a range are by others, and are not judged here."""

    number: int


def bind_all(
    git: Git, session: Session, markers: Markers
) -> Iterator[tuple[FeatureId, OneshotError]]:
    """Bring the trails of the features that are open, or leave, up to date; what went wrong."""
    for branch, feature in markers.all().items():
        try:
            bind(git, session, feature, branch)
        except OneshotError as err:  # commits are judged, whatever a trail says of them
            yield feature, err


def settle(git: Git, session: Session, markers: Markers, remote: str) -> None:
    """Be done with the features that ended and that an earlier push has brought home."""
    for branch, feature in markers.all().items():
        if markers.feature_on(branch) is not None:
            continue
        if is_done(git, session.load(feature).state, branch, remote):
            send_trails(git, session, remote, [feature])  # that push ran no hook
            markers.close(branch)


def hold(
    git: Git,
    remote: str,
    updates: Sequence[Update],
    states: Sequence[State],
    judge: Callable[[], Judge],
    email: str,
) -> Iterator[Held | Others]:
    """Judge what the updates bring to gated refs, and give what is not proven.

    ``states``: of the features that gate; ``judge`` is made when it is needed.
    """
    starts = [state.start for state in states if state.start and _known(git, state.start)]
    for update in updates if states else ():
        if not update.local or not git.named(update.local + "^{commit}"):
            continue
        tree = git.tree(update.remote if _known(git, update.remote) else update.local)
        for found in ranges(git, remote, [update], gated(git, remote, states, tree), starts):
            yield from _judged(git, found, judge(), email, Claims(tuple(states)))


def _judged(
    git: Git, found: Range, judge: Judge, email: str, claims: Claims
) -> Iterator[Held | Others]:
    others = [seen for seen in look(git, found.commits) if seen.email != email]
    if others:
        yield Others(len(others))
    for one in judge_range(git, judge, found, email, claims):
        accepted = one.accepted if isinstance(one, Verdict) else one.word == "PASS"
        if not accepted:
            yield Held(found.update, one)


def _known(git: Git, oid: str) -> bool:
    return bool(oid) and git.maybe("cat-file", "-t", oid) == "commit"


def going(
    features: Mapping[str, FeatureId], updates: Sequence[Update], branch: str | None
) -> list[FeatureId]:
    """The features whose branches are pushed, of those by branch; ``branch``: HEAD's."""
    pushed = {u.local_ref.removeprefix("refs/heads/") for u in updates if u.local}
    if "HEAD" in pushed and branch:
        pushed.add(branch)
    # A push of nothing still carries the trail of what was pushed and then finalized.
    return [f for on, f in features.items() if on in pushed or not updates]


def brought(git: Git, session: Session, remote: str, updates: Sequence[Update]) -> list[FeatureId]:
    """The features that have a commit in what is pushed, or was, and of which there is more here.

    On whichever branch they were, and whatever was begun there since.
    """
    tips = session.store.tips()
    has = seen_in(tips)
    other = [(tip, has.get((remote, tip.feature), "")) for tip in ours(tips)]
    waiting = [t for t, at in other if t.commit != at and not (at and git.leads(t.commit, at))]
    there = [u.local for u in updates if u.local and git.named(u.local + "^{commit}")]
    there += git.lines("for-each-ref", "--format=%(objectname)", f"refs/remotes/{remote}")
    if not waiting or not there:
        return []
    states = [one.state for one in session.store.load(waiting)]
    commits = {commit.id for state in states for commit in state.commits}
    said = [x.split(" ") for x in git.lines("cat-file", "--batch-check", stdin=_rows(commits))]
    here = {one[0] for one in said if one[1] == "commit"}
    beyond = _rows([*here, *(f"^{tip}" for tip in there)])
    here.difference_update(git.lines("rev-list", "--stdin", stdin=beyond) if here else ())
    return [FeatureId(s.feature) for s in states if any(c.id in here for c in s.commits)]


def _rows(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
