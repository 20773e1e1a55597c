"""What a trail means, for ever: ``legal``, ``evolve``, and ``replay`` that folds them.

``legal(state, event)`` is the phase table, the choice and the ownership of ids,
and nothing else. It is frozen for version 1 of the envelope: a trail that
replays today replays for ever, and golden trails hold it. ``evolve(state,
event)`` holds no rule and never fails.
"""

from collections.abc import Iterable, Iterator
from typing import assert_never

from msgspec.structs import replace

from git_oneshot.core import events as e
from git_oneshot.core.events import Event
from git_oneshot.core.facts import CommitRecorded, Phase
from git_oneshot.core.review import illegal_pull, pulled
from git_oneshot.core.state import Commit, Cycle, Landed, Pending, State, Void, Waiver
from git_oneshot.core.workflow import chosen, edge


def legal(state: State, event: Event) -> str | None:
    """Why ``event`` has no effect in ``state``, or None when it has."""
    match event:  # the frequent ones first: each class that is tried costs
        case e.WorkflowStarted(data=data):
            if state.phase is not None:
                return "the feature had begun"
            return None if data.featureId == state.feature else "it is of another feature"
        case _ if state.phase is None:
            return "the feature had not begun"
        case (
            e.CycleRed()
            | e.CycleGreen()
            | e.GateExecuted()
            | e.SpikeGraduated()
            | e.GateCheck()
            | e.WorkflowCompensation()
            | e.WorkflowCheckpoint()
            | e.WorkflowCheckpointWritten()
        ):
            return None if state.open else f"{state.phase} is final"
        case (
            e.CommitRecord()
            | e.ProofRecord()
            | e.CommitRewrite()
            | e.StatePatched()
            | e.SynthesizeRequested()
            | e.VerificationRecord()
            | e.CommitLand()
            | e.ClassDeclared()
            | e.CommitWaived()
        ):
            return None
        case e.WorkflowTransition(data=data):
            return _illegal_move(state, data.origin, data.to)
        case e.WorkflowCleanup():
            return _illegal_move(state, "synthesize", "completed")
        case e.WorkflowCancel(data=data):
            if data.origin != state.phase:
                return f"the phase was {state.phase}"
            return None if state.open else f"{state.phase} is final"
        case e.PrCreated() | e.PrUpdated() | e.PrClosed():
            return illegal_pull(state, event)
        case e.WorkflowPruned():
            return None if state.phase == "cancelled" else f"the phase was {state.phase}"
        case _ as other:
            assert_never(other)


def _illegal_move(state: State, origin: Phase, to: Phase) -> str | None:
    if origin != state.phase:
        return f"the phase was {state.phase}"
    if edge(origin, to) is None:
        return f"{origin} does not lead to {to}"
    if origin == "implementing" and chosen(state) != to:
        return f"policy {state.policy} leads to {chosen(state)}"
    return None


def replay(state: State, history: Iterable[Event]) -> State:
    """Fold events, in the order of the trail, into a state.

    An event that is not legal where it stands is void: counted, remembered in
    ``state.void``, without effect. So is a second event of one id.
    """
    ids: set[str] = set()
    folding = Folding(state)
    for event in history:
        reason = "its id was used before" if event.id in ids else legal(folding.state, event)
        ids.add(event.id)
        folding.add(event, reason)
    return folding.done()


class Folding:
    """A fold in progress. What grows with the trail is kept apart, or folding would be quadratic.

    ``state`` is the state so far, without what grows.
    """

    def __init__(self, state: State) -> None:
        self._before = state
        self._commits = {commit.id: commit for commit in state.commits}
        self._waivers = list(state.waivers)
        self._landed = list(state.landed)
        self._steps = dict(state.steps)
        self._keys: dict[str, list[str]] = {}  # those of new events
        self._void = list(state.void)
        self.state = _lean(state)

    def add(self, event: Event, reason: str | None) -> None:
        """Let an event count, or remember why it does not."""
        if reason is not None:
            self._void.append(Void(event.id, e.type_name(event), reason))
            self.state = _passed(self.state, event)
            return
        about = []
        if self._commits:  # most of a trail comes before there is any
            about = [c for id_ in _commits_of(event) if (c := self._commits.get(id_))]
        if about:
            self.state = replace(self.state, commits=tuple(about))
        after = evolve(self.state, event)
        if about:
            for gone in {c.id for c in about} - {c.id for c in after.commits}:
                del self._commits[gone]
        if after.commits or after.waivers or after.landed or after.steps or after.keys:
            self._take(after)
            after = _lean(after)
        self.state = after

    def _take(self, after: State) -> None:
        """Put aside what one event added."""
        self._commits.update((c.id, c) for c in after.commits)
        self._waivers += after.waivers
        self._landed += after.landed
        self._steps.update(after.steps)
        for key, ids in after.keys.items():
            self._keys.setdefault(key, []).extend(ids)

    def done(self) -> State:
        """The whole state."""
        keys = self._before.keys
        return replace(
            self.state,
            commits=tuple(self._commits.values()),
            waivers=tuple(self._waivers),
            landed=tuple(self._landed),
            steps=self._steps,
            keys={**keys, **{key: (*keys.get(key, ()), *ids) for key, ids in self._keys.items()}},
            void=tuple(self._void),
        )


def _lean(state: State) -> State:
    """A state without what grows with its trail."""
    return replace(state, commits=(), waivers=(), landed=(), steps={}, keys={}, void=())


def _commits_of(event: Event) -> Iterator[str]:
    """The commits that an event speaks about: facts name them alike."""
    for name in ("commit", "old", "new"):
        commit = getattr(event.data, name, None)
        if commit is not None:
            yield commit


def evolve(state: State, event: Event) -> State:
    """The state after a legal event."""
    state = _passed(state, event)
    if event.key is not None:
        ids = (*state.keys.get(event.key, ()), event.id)
        state = replace(state, keys={**state.keys, event.key: ids})
    match event:  # the frequent ones first
        case e.CycleRed(data=data):
            return replace(state, cycle=Cycle(parent=data.parent, red=data.proof))
        case e.CycleGreen(data=data):
            red = state.cycle.red if state.cycle.parent == data.parent else None
            return replace(state, cycle=Cycle(parent=data.parent, red=red, green=data.proof))
        case e.CommitRecord(data=data):
            return _recorded(state, data)
        case e.CommitRewrite(data=data):
            old = next((c for c in state.commits if c.id == data.old), Commit(id=data.old))
            kept = tuple(c for c in state.commits if c.id != data.old or data.old == data.new)
            new = Commit(id=data.new, declared=old.declared)
            return replace(state, commits=_with(kept, new))
        case e.ProofRecord(data=data):
            return replace(
                state,
                commits=_with(state.commits, Commit(id=data.commit, proof=data.proof)),
            )
        case e.WorkflowStarted(data=data):
            return replace(
                state,
                phase="plan",
                policy_set=data.synthesisPolicy,
                title=data.title,
                base=data.base,
                branch=data.branch,
                start=data.start,
                spike=data.spike,
                by=event.by,
                began=event.at,
            )
        case e.StatePatched(data=data):
            return replace(
                state,
                plan=data.plan if "plan" in data.fields else state.plan,
                summary=data.planSummary or "" if "planSummary" in data.fields else state.summary,
                title=data.title or "" if "title" in data.fields else state.title,
            )
        case e.WorkflowTransition(data=data):
            return replace(state, phase=data.to)
        case e.WorkflowCleanup(data=data):
            return replace(
                state,
                phase="completed",
                merge_commit=data.mergeCommit or "",
                pr_url=data.prUrl or "",
                drift=data.drift,
            )
        case e.WorkflowCancel(data=data):
            return replace(
                state,
                phase="cancelled",
                reason=data.reason or "",
                superseded_by=data.supersededBy or "",
            )
        case e.SpikeGraduated():
            return replace(state, spike=False)
        case e.SynthesizeRequested():
            return replace(state, requests=state.requests + 1)
        case e.ClassDeclared(data=data):
            if data.commit is None:
                return replace(state, pending=Pending(data.parentTree or "", data.kind))
            commit = Commit(id=data.commit, declared=data.kind)
            return replace(state, commits=_with(state.commits, commit))
        case e.CommitWaived(data=data):
            waiver = Waiver(
                commit=data.commit, patch_id=data.patchId, reason=data.reason, by=event.by
            )
            return replace(state, waivers=(*state.waivers, waiver))
        case e.GateExecuted(data=data):
            passed = data.proof.word == "PASS"
            return replace(state, suite=data.proof, proven=data.commit if passed else state.proven)
        case e.PrCreated(data=data):  # what it is meant for by now
            return replace(state, pull=pulled(state.pull, event), base=data.base or state.base)
        case e.PrUpdated() | e.PrClosed():
            return replace(state, pull=pulled(state.pull, event))
        case e.CommitLand(data=data):
            landed = Landed(id=data.commit, sources=data.sources, how=data.how)
            return replace(state, landed=(*state.landed, landed))
        case e.WorkflowCompensation(data=data):
            return replace(state, steps={**state.steps, data.actionId: data.status})
        case e.WorkflowCheckpoint(data=data):
            return replace(state, checkpoint=event.clock, checkpoint_summary=data.summary)
        case e.WorkflowPruned():
            return replace(state, pruned=True)
        case e.GateCheck() | e.WorkflowCheckpointWritten() | e.VerificationRecord():
            return state
        case _ as other:
            assert_never(other)


def _passed(state: State, event: Event) -> State:
    """What every event changes, whether it has an effect or not: the clock and the age."""
    return replace(state, clock=event.clock, last=event.id, at=event.at)


def _recorded(state: State, data: CommitRecorded) -> State:
    """A commit was made: a new cycle begins, and what was said of "the next commit" is about it."""
    said = state.pending if state.pending and state.pending.parent_tree == data.parentTree else None
    commit = Commit(
        id=data.commit,
        tree=data.tree,
        parent_tree=data.parentTree,
        patch_id=data.patchId,
        subject=data.subject,
        declared=said.kind if said else "",
    )
    pending = None if said else state.pending
    return replace(state, cycle=Cycle(), pending=pending, commits=_with(state.commits, commit))


def _with(commits: tuple[Commit, ...], new: Commit) -> tuple[Commit, ...]:
    """Add a commit, or add to a known one what is newly said of it."""
    for i, old in enumerate(commits):
        if old.id == new.id:
            merged = Commit(
                id=old.id,
                tree=new.tree or old.tree,
                parent_tree=new.parent_tree or old.parent_tree,
                patch_id=new.patch_id or old.patch_id,
                subject=new.subject or old.subject,
                declared=new.declared or old.declared,
                proof=new.proof or old.proof,
            )
            return (*commits[:i], merged, *commits[i + 1 :])
    return (*commits, new)
