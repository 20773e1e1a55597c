"""The pre-push hook: bring trails up to date, hold what is not proven, send the trails.

git gives one line for each ref of the push; every line is looked at, and every
commit of its range. Commits are judged, not hooks and not events: it makes no
difference by which way a commit came to be. What is said about it is the caller's.
"""

import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from git_oneshot.core.commands import RecordProofs
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import CommitJudged, Proof
from git_oneshot.core.ids import LOCAL, FeatureId
from git_oneshot.core.spelling import counted, printable
from git_oneshot.core.state import State
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.commits import bases_of, commits_here, look
from git_oneshot.gate.judging import Verdict, judge_all, leaving
from git_oneshot.gate.logs import Logs
from git_oneshot.gate.patience import Judge
from git_oneshot.gate.refused import overcome
from git_oneshot.gate.spool import bind
from git_oneshot.git import ANY, Git
from git_oneshot.proof.suites import rules_for
from git_oneshot.session import Session
from git_oneshot.trail.store import ours
from git_oneshot.trail.tracking import seen_in
from git_oneshot.trail.transport import Remote

WAIT: Final = 60.0  # seconds that a push may wait for proofs (DESIGN §6)


class Update(NamedTuple):
    """One line of pre-push: what goes where. An empty id means that there is no such object."""

    local_ref: str
    local: str
    remote_ref: str
    remote: str


class Range(NamedTuple):
    """The commits that an update brings to a gated ref."""

    update: Update
    commits: tuple[str, ...]


class Held(NamedTuple):
    """What an update of a gated ref may not bring: a commit, or the tip for its suite."""

    update: Update
    found: Verdict | Proof


class Others(NamedTuple):
    """How many commits of a range are by others, and are not judged here."""

    number: int


def parse(lines: str) -> list[Update]:
    """Read what git gives the hook on standard input. Raises OneshotError(INVALID_INPUT)."""
    updates = []
    for line in filter(None, lines.split("\n")):
        # The source may be any expression, such as HEAD^{/some words}; names have no space.
        local_ref, local, remote_ref, remote = parts(line.rsplit(" ", 3), 4)
        updates.append(Update(local_ref, local.strip("0") and local, remote_ref,
                              remote.strip("0") and remote))  # fmt: skip
    return updates


def parts(line: list[str], number: int) -> list[str]:
    """A line that git gave a hook, if it has so many parts. Raises OneshotError(INVALID_INPUT)."""
    if len(line) != number:
        raise OneshotError(
            Code.INVALID_INPUT,
            f"'{printable(' '.join(line))[:80]}' is no line of a push",
            "give the hook what git gives on standard input",
        )
    return line


def bind_all(
    git: Git, session: Session, states: Mapping[str, State]
) -> tuple[dict[str, State], list[tuple[FeatureId, OneshotError]]]:
    """Features by branch, with their trails brought up to date; and what went wrong."""
    bound, wrong = dict(states), list[tuple[FeatureId, OneshotError]]()
    for branch, state in states.items():
        feature = FeatureId(state.feature)
        try:
            receipt = bind(git, session, feature, branch, state)
        except OneshotError as err:  # commits are judged, whatever a trail says of them
            wrong.append((feature, err))
        else:
            bound[branch] = receipt.state if receipt else state
    return bound, wrong


def hold(
    git: Git,
    remote: str,
    url: str,
    updates: Sequence[Update],
    states: Sequence[State],
    judge: Callable[[], Judge],
    email: str,
) -> Iterator[Verdict | Held | Others]:
    """Judge what the updates bring to gated refs: what is accepted, and what is not proven.

    ``url``: where the push goes, which need not be where ``remote`` is fetched from.
    ``states``: of the features that gate; ``judge`` is made when it is needed.
    """
    there = remote if Remote(git, remote).alike else url
    starts = commits_here(git, [state.start for state in states if state.start])

    def gates(update: Update) -> frozenset[str]:
        known = _known(git, update.remote)
        return gated(git, remote, states, git.tree(update.remote if known else update.local))

    for found in ranges(git, there, updates if states else (), gates, starts):
        yield from judge_range(git, judge(), found, email, Claims(tuple(states)))


def gated(git: Git, remote: str, states: Sequence[State], tree: str) -> frozenset[str]:
    """The refs of the remote that ask for proofs; holds "*" when all do."""
    rules = rules_for(git, tree, tree).rules
    if rules.gate.everything:
        return frozenset("*")
    going = [s for s in states if s.base and not s.spike and s.phase != "cancelled"]
    refs = {f"refs/heads/{state.base}" for state in going}
    head = git.maybe("symbolic-ref", "-q", f"refs/remotes/{remote}/HEAD")
    if head:
        refs.add("refs/heads/" + head.removeprefix(f"refs/remotes/{remote}/"))
    return frozenset(refs | set(rules.gate.refs))


def ranges(
    git: Git,
    remote: str,
    updates: Sequence[Update],
    gates: Callable[[Update], frozenset[str]],
    starts: Sequence[str] = (),
) -> list[Range]:
    """The commits that each update brings to a gated ref, oldest first.

    ``gates``: see `gated`. ``starts``: where features began; to a ref that is new, what was
    before them is the repository's past, and asks for nothing.
    """
    began = [f"^{start}" for start in starts]
    there = functools.cache(lambda: _there(git, remote))
    found = []
    for update in updates:
        tip = f"{update.local}^{{commit}}"
        if not update.local or update.remote_ref.startswith(LOCAL) or git.named(tip) is None:
            continue  # our own, or gone, or a tag of a tree or a blob
        if {"*", update.remote_ref}.isdisjoint(gates(update)):
            continue
        # What the remote says it has stands above what we remember of it.
        known = _known(git, update.remote)
        without = [f"^{update.remote}"] if known else [*began, *there()]
        commits = git.lines("rev-list", "--topo-order", "--reverse", tip, *without)
        found.append(Range(update, tuple(commits)))
    return found


def _there(git: Git, remote: str) -> list[str]:
    """What to leave out as the remote has it: asked of itself, as far as we have it, too.

    What a clone remembers of a remote is a ref like any other, and anyone's to write.
    """
    said = git.call("ls-remote", "--heads", remote, ok=ANY)
    tips = {line.partition(b"\t")[0].decode() for line in said.stdout.splitlines()}
    return [f"^{tip}" for tip in commits_here(git, sorted(tips))]


def judge_range(
    git: Git, judge: Judge, found: Range, email: str, claims: Claims
) -> Iterator[Verdict | Held | Others]:
    """The user's own commits of a range, and what is not proven of them and of its tip.

    Commits of others are counted, and passed over.
    """
    deadline = time.monotonic() + WAIT
    all_ = look(git, found.commits)
    own, bases = [s.id for s in all_ if s.email == email], bases_of(all_)
    if len(own) < len(all_):
        yield Others(len(all_) - len(own))
    judged: list[Verdict] = []
    for verdict in judge_all(git, judge, own, claims, bases=bases):
        judged.append(verdict)
        yield verdict if verdict.accepted else Held(found.update, verdict)
        if time.monotonic() > deadline and len(judged) < len(own):
            left = len(own) - len(judged)
            note = f"not judged yet: {counted(left, 'commit')}; prove first: git oneshot push"
            yield Held(found.update, Proof(word="UNKNOWN", code="budget", notes=(note,)))
            return
    if judged and all(verdict.accepted for verdict in judged):
        update = found.update
        known = update.remote and git.named(update.remote + "^{tree}")
        before = known or bases[found.commits[-1]]
        suite = judge.suite(git.tree(update.local), before, leaving(judged))
        if suite.word != "PASS":
            yield Held(update, suite)
        else:
            overcome(git, ("",))


def record_proven(
    session: Session, states: Iterable[State], accepted: Sequence[Verdict], logs: Logs
) -> Iterator[tuple[FeatureId, OneshotError]]:
    """Let trails have the proofs of commits that were rewritten since they left implementing.

    Nobody who fetches could run what is not there. What went wrong, by feature.
    """
    for state in states:
        if state.phase not in ("synthesize", "completed"):
            continue
        unproven = state.unproven
        proofs = tuple(
            CommitJudged(commit=one.commit.id, proof=one.proof, log=logs.keep(one.runs))
            for one in accepted
            if one.commit.id in unproven
        )
        feature = FeatureId(state.feature)
        try:
            if proofs:
                session.execute(feature, RecordProofs(proofs), payloads=logs.payloads)
        except OneshotError as err:
            yield feature, err


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
    has = Remote(git, remote).has(seen_in(tips))
    other = [(tip, has.get(tip.feature, "")) for tip in ours(tips)]
    waiting = [t for t, at in other if t.commit != at and not (at and git.leads(t.commit, at))]
    there = [u.local for u in updates if u.local and git.named(u.local + "^{commit}")]
    there += git.lines("for-each-ref", "--format=%(objectname)", f"refs/remotes/{remote}")
    if not waiting or not there:
        return []
    states = [one.state for one in session.store.load(waiting)]
    commits = {commit.id for state in states for commit in state.commits}
    here = {*commits_here(git, commits)}
    beyond = _rows([*here, *(f"^{tip}" for tip in there)])
    here.difference_update(git.lines("rev-list", "--stdin", stdin=beyond) if here else ())
    return [FeatureId(s.feature) for s in states if any(c.id in here for c in s.commits)]


def _rows(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
