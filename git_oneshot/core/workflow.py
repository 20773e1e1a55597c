"""What `git oneshot` allows: the whole workflow, from top to bottom.

Rules of this file:

1. ``decide(state, command)`` holds every rule of today, and may refuse. A
   refusal leaves no event.
2. What it takes to leave implementing is in ``guards``, to be read after this.
3. What a trail means, once it is written, is not decided here: see ``replay``.
4. Nobody here knows the time, the user, git or a disk. They come in with the
   command, or with its stamp.

A trail is what was *said*; ``git oneshot verify`` finds out what is *so*.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, assert_never

from msgspec.structs import replace

from git_oneshot.core import commands as c
from git_oneshot.core import events as e
from git_oneshot.core import facts as f
from git_oneshot.core import guards, review
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.events import Event, Said, Stamp
from git_oneshot.core.facts import Fact, Phase
from git_oneshot.core.ids import event_id
from git_oneshot.core.spelling import span
from git_oneshot.core.state import FINAL, State


class Transition(NamedTuple):
    """One row of the table: from where, to where, and the guard that must hold."""

    origin: Phase
    to: Phase
    guard: str


# The whole workflow. In addition, every open phase can go to cancelled.
TRANSITIONS: Final = (
    Transition("plan", "implementing", "plan-set"),
    Transition("implementing", "synthesize", "synthesis-opted-in"),
    Transition("implementing", "completed", "synthesis-opted-out"),
    Transition("synthesize", "completed", "merge-verified"),
)
RESERVED: Final = ("phase", "workflowType", "featureId", "createdAt", "version")
PATCHABLE: Final = ("plan", "planSummary", "title")


# -- the choice ---------------------------------------------------------------


def chosen(state: State) -> Phase:
    """Where ``implementing`` leads: policy first, then whether anyone asked for a pull request."""
    match state.policy:
        case "always":
            return "synthesize"
        case "never":
            return "completed"
        case "on-request":
            return "synthesize" if state.requests else "completed"
        case _ as other:
            assert_never(other)


_GUARDS: Final[dict[str, Callable[[State], bool]]] = {
    "plan-set": lambda state: state.plan is not None and not state.plan.blank,
    "synthesis-opted-in": lambda state: chosen(state) == "synthesize",
    "synthesis-opted-out": lambda state: chosen(state) == "completed",
    # Nothing a state can say proves a merge: only `Complete` brings that fact.
    "merge-verified": lambda _state: False,
}
_HINTS: Final = {
    "plan-set": "say what you are about to do: git oneshot plan --goal '…' --approach '…'",
    "synthesis-opted-in": "ask for a pull request first: git oneshot request-synthesize",
    "synthesis-opted-out": "this feature ends in a pull request: git oneshot finalize",
    "merge-verified": "the feature completes when its commits are merged into the base",
}


def edge(origin: Phase | None, to: Phase) -> Transition | None:
    """The row of the table for a move, if there is one."""
    return next((t for t in TRANSITIONS if t.origin == origin and t.to == to), None)


def targets(phase: Phase | None) -> tuple[Phase, ...]:
    """The phases that can follow ``phase``."""
    if phase is None or phase in FINAL:
        return ()
    return (*(t.to for t in TRANSITIONS if t.origin == phase), "cancelled")


# -- decide: the rules of today ---------------------------------------------------


def decide(state: State, command: c.Command, stamp: Stamp) -> tuple[Event, ...]:
    """The events that carry out ``command``; none when there is nothing to do.

    Raises OneshotError with the code of the rule that refuses it.
    """
    facts = _facts(state, command)
    return tuple(
        e.event_of(
            fact, id=event_id(stamp.now, stamp.entropy, i), clock=state.clock + 1 + i, stamp=stamp
        )
        for i, fact in enumerate(facts)
    )


def _facts(state: State, command: c.Command) -> tuple[Said, ...]:
    if isinstance(command, c.Start):
        return _start(state, command)
    if state.phase is None:
        raise OneshotError(
            Code.STATE_NOT_FOUND,
            f"no feature '{state.feature}'",
            f"begin it: git oneshot init {state.feature}",
            feature=state.feature,
        )
    match command:
        case c.Patch():
            return _patch(state, command)
        case c.Move(to=to):
            return _enter(state, to)
        case c.Graduate(reason=reason):
            guards.may_graduate(state)
            return (f.Graduated(reason=reason or None),)
        case c.RequestSynthesis(reason=reason):
            guards.require(state, "plan", "implementing")
            return (f.SynthesisRequested(reason=reason or None),)
        case c.RecordRed(parent=parent, proof=proof, log=log):
            guards.require(state, "implementing", "synthesize")
            return (f.Reddened(parent=parent, proof=proof, log=log),)
        case c.RecordGreen(parent=parent, proof=proof, log=log):
            guards.require(state, "implementing", "synthesize")
            return (f.Greened(parent=parent, proof=proof, log=log),)
        case c.Bind():
            return _bind(state, command)
        case c.Declare() | c.Waive():
            return _claim(state, command)
        case c.Finalize():
            return _finalize(state, command)
        case c.RecordProofs(proofs=proofs):
            unproven = state.unproven
            return tuple(one for one in proofs if one.commit in unproven)
        case c.RecordVerified(said=said):
            return said  # in any phase: commits stay what they are
        case c.Ready():
            return review.ready(state, command)
        case c.OpenPull():
            return review.open_pull(state, command)
        case c.UpdatePull():
            return review.update_pull(state, command)
        case c.ClosePull():
            return review.close_pull(state, command)
        case c.Complete():
            return _complete(state, command)
        case c.Compensate():
            return review.compensate(state, command)
        case c.Checkpoint():
            return review.checkpoint(state, command)
        case c.Prune():
            reason = f"pruned: nothing happened for {span(command.minutes)}"
            return (*_cancel(state, reason, ""), review.pruned(command))
        case c.Cancel(reason=reason, superseded_by=successor):
            return _cancel(state, reason, successor)
        case _ as other:
            assert_never(other)


def _start(state: State, command: c.Start) -> tuple[Fact, ...]:
    if state.phase is not None:
        other = f"{state.feature[:98]}-2"
        raise OneshotError(
            Code.STATE_ALREADY_EXISTS,
            f"feature '{state.feature}' exists ({state.phase})",
            f"look at it: git oneshot status {state.feature}" if state.open
            else f"take another id: git oneshot init {other}",
            feature=state.feature, meant=None if state.open else other,
        )  # fmt: skip
    started = f.Started(
        featureId=state.feature, synthesisPolicy=command.policy, title=command.title,
        base=command.base, branch=command.branch, start=command.start, spike=command.spike,
    )  # fmt: skip
    return (started,)


def _patch(state: State, command: c.Patch) -> tuple[Fact, ...]:
    for name in command.fields:
        if name in RESERVED or name.startswith("_"):
            raise OneshotError(
                Code.RESERVED_FIELD,
                f"field '{name}' cannot be set",
                "fields: " + ", ".join(PATCHABLE),
            )
        if name not in PATCHABLE:
            raise OneshotError(
                Code.INVALID_INPUT, f"unknown field '{name}'", "fields: " + ", ".join(PATCHABLE)
            )
    guards.require(state, "plan", "implementing", "synthesize")
    patched = f.Patched(
        fields=tuple(command.fields), plan=command.plan, planSummary=command.summary,
        title=command.title,
    )  # fmt: skip
    if state.phase != "plan":  # improving a plan later moves nothing
        guards.may_replan(state, command)
        return (patched,)
    planned = replace(state, plan=command.plan) if "plan" in command.fields else state
    return (patched, *(_move(planned, "implementing") if command.move else ()))


def _enter(state: State, to: Phase) -> tuple[Fact, ...]:
    """The move to a phase by name; not one that only `Finalize` can prove."""
    moved = _move(state, to)
    if moved and state.phase == "implementing" and to != "cancelled":
        raise guards.unmet(
            "proven",
            f"cannot enter '{to}': the commits are not proven",
            f"prove them: git oneshot finalize {state.feature}",
        )
    return moved


def _move(state: State, to: Phase) -> tuple[Fact, ...]:
    """The move to ``to``; nothing when the feature is there already."""
    if to == state.phase and state.open:
        return ()
    if to == "cancelled" and state.open:
        return _cancel(state, "", "")
    row = edge(state.phase, to)
    if row is None:
        valid = targets(state.phase)
        raise OneshotError(
            Code.INVALID_TRANSITION,
            f"'{state.phase}' does not lead to '{to}'",
            "it leads to " + " or ".join(valid) if valid else guards.AGAIN,
            validTargets=list(valid),
        )
    _guard(state, row.guard, to)
    return (f.Moved(origin=row.origin, to=to),)


def _guard(state: State, guard: str, to: Phase) -> None:
    if not _GUARDS[guard](state):
        what = "the plan is blank" if guard == "plan-set" else f"guard '{guard}' does not hold"
        raise guards.unmet(guard, f"cannot enter '{to}': {what}", _HINTS[guard])


def _bind(state: State, command: c.Bind) -> tuple[Fact, ...]:
    known = {one.id for one in state.commits if one.tree}
    new = tuple(one for one in command.commits if one.commit not in known)
    ours = {one.id for one in state.commits} | {one.commit for one in new}
    rewrites = []
    for rewrite in command.rewrites:
        if rewrite.old in ours and rewrite.old != rewrite.new:
            rewrites.append(rewrite)
            ours.add(rewrite.new)
    return (*new, *rewrites)


def _claim(state: State, command: c.Declare | c.Waive) -> tuple[Fact, ...]:
    """What somebody says of a commit stands beside its proof, and always with a reason."""
    guards.require(state, "implementing", "synthesize", "completed")
    reason = guards.reason(command.reason)
    if isinstance(command, c.Waive):
        return (f.Waived(commit=command.commit, patchId=command.patch_id, reason=reason),)
    about = command.commit
    declared = f.Declared(
        kind=command.kind, reason=reason, commit=about,
        parentTree=command.parent_tree if about is None else None,
    )  # fmt: skip
    return (declared,)


def _finalize(state: State, command: c.Finalize) -> tuple[Fact, ...]:
    """DESIGN §5, leaving implementing: see ``guards.may_finalize`` for what it takes."""
    guards.may_finalize(state, command)
    return (*command.records, *command.proofs, command.suite, *_move(state, chosen(state)))


def _complete(state: State, command: c.Complete) -> tuple[Said, ...]:
    review.may_complete(state)
    if command.merge_commit is None:
        _guard(state, "merge-verified", "completed")
    merge, url = command.merge_commit, command.url or None
    merged = f.CleanedUp(
        mergeCommit=merge, prUrl=url, mergedBranches=command.branches, drift=command.drift
    )
    return (*command.landed, merged)


def _cancel(state: State, reason: str, successor: str) -> tuple[Fact, ...]:
    if state.phase == "cancelled":
        raise OneshotError(
            Code.ALREADY_CANCELLED, f"feature '{state.feature}' is cancelled already", guards.AGAIN
        )
    if state.phase is None or not state.open:
        raise guards.over(state)
    return (f.Cancelled(origin=state.phase, reason=reason or None, supersededBy=successor or None),)
