"""Rules of a pull request, from its readiness to its end, and of care over time.

What ``workflow`` says of commands that come with a reviewer, a merge or a long pause:
who may open a pull request and when, what completes a feature, what a checkpoint
is. ``illegal_pull`` and ``pulled`` are the part of ``replay`` that speaks of pull
requests; they are frozen with it.
"""

import msgspec
from msgspec.structs import replace

from git_oneshot.core import commands as c
from git_oneshot.core import events as e
from git_oneshot.core import pulls as p
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.events import Said
from git_oneshot.core.guards import AGAIN, over, require, unmet
from git_oneshot.core.state import Pull, State

PullEvent = e.PrCreated | e.PrUpdated | e.PrClosed


# -- decide ---------------------------------------------------------------------------


def ready(state: State, command: c.Ready) -> tuple[Said, ...]:
    """What was found out, whether or not it is enough; known proofs are not repeated."""
    require(state, "synthesize")
    known = {commit.id: commit.proof for commit in state.commits}
    proofs = tuple(one for one in command.proofs if known.get(one.commit) != one.proof)
    suite = command.suite
    again = suite is not None and (state.proven, state.suite) == (suite.commit, suite.proof)
    told = () if suite is None or again else (suite,)
    return (*command.records, *proofs, *told, *command.gates)


def open_pull(state: State, command: c.OpenPull) -> tuple[Said, ...]:
    """One pull request at a time; nothing to say of the one that is known to be open."""
    require(state, "synthesize")
    there, new = state.pull, command.pull
    if there is None or not there.open:
        return (new,)
    if (there.provider, there.number, there.head) == (new.provider, new.prNumber, new.head):
        return ()
    raise unmet(
        "one-pull-request",
        f"the pull request '{there.name}' of '{state.feature}' is open",
        f"close it first: git oneshot pr close -f {state.feature}",
    )


def update_pull(state: State, command: c.UpdatePull) -> tuple[Said, ...]:
    """A change of the open pull request; nothing when it is so already."""
    there = open_one(state)
    if changed(there, command.change) == there:
        return ()
    return (command.change,)


def close_pull(state: State, command: c.ClosePull) -> tuple[Said, ...]:
    """The end of the open pull request without a merge. The phase stays."""
    open_one(state)
    return (p.PullClosed(reason=command.reason),)


def open_one(state: State) -> Pull:
    """The open pull request of a feature, or the refusal that there is none."""
    if state.pull is None or not state.pull.open:
        raise unmet(
            "has-pull-request",
            f"feature '{state.feature}' has no open pull request",
            f"open one: git oneshot synthesize {state.feature}"
            if state.phase == "synthesize"
            else f"see where it stands: git oneshot status {state.feature}",
            feature=state.feature,
            phase=state.phase,
        )
    return state.pull


def may_complete(state: State) -> None:
    """A merge completes what waits for one."""
    if state.phase == "completed":
        raise OneshotError(
            Code.ALREADY_COMPLETED, f"feature '{state.feature}' is completed already", AGAIN
        )
    require(state, "synthesize")


def compensate(state: State, command: c.Compensate) -> tuple[Said, ...]:
    """A step of giving a feature up: what became of it."""
    if not state.open:
        raise over(state)
    return (
        p.Compensated(
            actionId=command.action, status=command.status, message=command.message[:500]
        ),
    )


def checkpoint(state: State, command: c.Checkpoint) -> tuple[Said, ...]:
    """Where the work stands. The state that is kept is the one that the first event leaves."""
    require(state, "plan", "implementing", "synthesize")
    assert state.phase is not None
    said = p.Checkpointed(phase=state.phase, summary=command.summary)
    kept = replace(state, checkpoint=state.clock + 1, checkpoint_summary=command.summary)
    size = len(msgspec.json.encode(kept))
    written = p.CheckpointWritten(
        projectionId="state", projectionSequence=state.clock + 1, byteSize=size
    )
    return (said, written)


def pruned(command: c.Prune) -> p.Pruned:
    """The fact beside the cancel."""
    return p.Pruned(
        stalenessMinutes=command.minutes, triggeredBy=command.by,
        skippedSafeguards=command.bypassed or None,
    )  # fmt: skip


# -- replay ---------------------------------------------------------------------------


def illegal_pull(state: State, event: PullEvent) -> str | None:
    """Why an event of a pull request has no effect, or None when it has."""
    opened = state.pull is not None and state.pull.open
    if isinstance(event, e.PrCreated):
        if state.phase != "synthesize":
            return f"the phase was {state.phase}"
        return "a pull request was open" if opened else None
    return None if opened else "no pull request was open"


def pulled(there: Pull | None, event: PullEvent) -> Pull | None:
    """The pull request after an event; a change of none changes nothing."""
    match event:
        case e.PrCreated(data=data):
            return Pull(
                provider=data.provider, number=data.prNumber, url=data.url, base=data.base,
                head=data.head, title=data.title, draft=data.draft, commit=data.commit or "",
                body=data.body,
            )  # fmt: skip
        case e.PrUpdated(data=data):
            return there and changed(there, data)
        case e.PrClosed():
            return there and replace(there, open=False)


def changed(there: Pull, change: p.PullUpdated) -> Pull:
    """A pull request with a change."""
    return replace(
        there,
        title=there.title if change.title is None else change.title,
        body=there.body if change.body is None else change.body,
        text=there.text if change.text is None else change.text,
        payload=there.payload if change.text is None else change.payload,
        draft=there.draft if change.draft is None else change.draft,
        commit=change.commit or there.commit,
    )
