"""Events as people read them: a line each."""

from typing import assert_never

from git_oneshot.core import events as e
from git_oneshot.core.events import Event, type_name
from git_oneshot.core.pulls import PullUpdated
from git_oneshot.core.spelling import printable


def event(one: Event, void: str, short: str = "") -> str:
    """One event in a line of `log`; ``short``: of its id, where that is shown."""
    words = printable(about(one))
    tail = f"  [void: {printable(void)}]" if void else ""
    who = printable(one.by.partition(" <")[0])
    when = one.at[:16].replace("T", " ")
    shown = f"{short}  " if short else ""
    return f"{one.clock:>4}  {shown}{when}  {who}  {type_name(one)}  {words}{tail}".rstrip()


def about(one: Event) -> str:
    """What an event is about, in a line; not yet safe for a terminal."""
    match one:
        case e.WorkflowStarted(data=data):
            return f"on {data.branch}, {data.synthesisPolicy or 'on-request'}"
        case e.StatePatched(data=data):
            return data.plan.summary if data.plan else ", ".join(data.fields)
        case e.WorkflowTransition(data=data):
            return f"{data.origin} -> {data.to}"
        case e.SynthesizeRequested(data=data) | e.SpikeGraduated(data=data):
            return data.reason or ""
        case e.WorkflowCancel(data=data):
            return data.reason or f"from {data.origin}"
        case e.WorkflowCleanup(data=data):
            return data.mergeCommit or ""
        case e.CycleRed(data=data) | e.CycleGreen(data=data):
            turned = [t for t in data.proof.tests if t.turned]  # none of a red
            return ", ".join(t.id for t in (turned or data.proof.tests)[:2])
        case e.CommitRecord(data=data):
            return f"{data.commit[:9]} {data.subject}"
        case e.CommitRewrite(data=data):
            return f"{data.old[:9]} -> {data.new[:9]}"
        case e.ProofRecord(data=data):
            return f"{data.commit[:9]} {data.proof.told}"
        case e.ClassDeclared(data=data):
            which = data.commit[:9] if data.commit else "the next commit"
            return f"{which} {data.kind} (declared): {data.reason}"
        case e.CommitWaived(data=data):
            return f"{data.commit[:9]} {data.reason}"
        case e.GateExecuted(data=data):
            return f"suite on {data.commit[:9]}: {data.proof.told}"
        case e.VerificationRecord(data=data):
            more = f" and {len(data.commits) - 1} more" if len(data.commits) > 1 else ""
            suite = ", with the suite" if data.suite else ""
            return f"{data.commits[0][:9]}{more} PASS{suite}"
        case e.PrCreated(data=data):
            number = f"#{data.prNumber} " if data.prNumber else ""
            return f"{number}{'draft, ' if data.draft else ''}{data.url or data.head}"
        case e.PrUpdated(data=data):
            return _pull_change(data)
        case e.PrClosed(data=data):
            return data.reason
        case e.GateCheck(data=data):
            how = "passed" if data.passed else "failed"
            return f"{data.gateName}: {how}" + (f", {data.details}" if data.details else "")
        case e.CommitLand(data=data):
            sources = ", ".join(one[:9] for one in data.sources[:3])
            return f"{data.how} as {data.commit[:9]} of {sources}"
        case e.WorkflowCompensation(data=data):
            return f"{data.actionId}: {data.status}, {data.message}".rstrip(", ")
        case e.WorkflowCheckpoint(data=data):
            return data.summary
        case e.WorkflowCheckpointWritten(data=data):
            return f"{data.projectionId} at {data.projectionSequence}"
        case e.WorkflowPruned(data=data):
            return f"after {data.stalenessMinutes} minutes"
        case _ as other:
            assert_never(other)


def _pull_change(data: PullUpdated) -> str:
    said = [f"at {data.commit[:9]}"] if data.commit else []
    if data.draft is not None:
        said.append("draft" if data.draft else "ready")
    if data.title is not None:
        said.append(data.title)
    return ", ".join(said) or "its text"
