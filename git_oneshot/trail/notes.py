"""The notes tree of a trail: for each code commit, a few plain lines.

A view for people with plain git; the events in the messages are the truth.
"""

from collections.abc import Iterable
from typing import Final, assert_never

from git_oneshot.core import events as e
from git_oneshot.core.events import Event
from git_oneshot.core.spelling import printable

# What speaks of no code commit: most of a trail.
_SILENT: Final = frozenset(
    {
        e.WorkflowStarted, e.StatePatched, e.WorkflowTransition, e.WorkflowCancel,
        e.WorkflowCleanup, e.SynthesizeRequested, e.SpikeGraduated, e.CycleRed, e.CycleGreen,
        e.PrCreated, e.PrUpdated, e.PrClosed, e.GateCheck, e.WorkflowCompensation,
        e.WorkflowCheckpoint, e.WorkflowCheckpointWritten, e.WorkflowPruned,
    }
)  # fmt: skip


def lines_of(event: Event) -> list[tuple[str, str]]:
    """(commit, line) for each commit that the event speaks about."""
    match event:
        case e.CommitRecord(data=data):
            said = [(data.commit, "recorded")]
        case e.CommitRewrite(data=data):
            said = [(data.new, f"replaces {data.old[:12]}")]
        case e.ProofRecord(data=data):
            said = [(data.commit, data.proof.told)]
        case e.ClassDeclared(data=data):
            said = [(data.commit, f"declared {data.kind}: {data.reason}")] if data.commit else []
        case e.CommitWaived(data=data):
            said = [(data.commit, f"waived: {data.reason}")]
        case e.GateExecuted(data=data):
            said = [(data.commit, f"{data.proof.told} (whole suite)")]
        case e.VerificationRecord(data=data):
            said = [(commit, "verified") for commit in data.commits]
        case e.CommitLand(data=data):
            sources = " ".join(source[:12] for source in data.sources)
            said = [(data.commit, f"{data.how} of {sources}")]
        case (
            e.WorkflowStarted()
            | e.StatePatched()
            | e.WorkflowTransition()
            | e.WorkflowCancel()
            | e.WorkflowCleanup()
            | e.SynthesizeRequested()
            | e.SpikeGraduated()
            | e.CycleRed()
            | e.CycleGreen()
            | e.PrCreated()
            | e.PrUpdated()
            | e.PrClosed()
            | e.GateCheck()
            | e.WorkflowCompensation()
            | e.WorkflowCheckpoint()
            | e.WorkflowCheckpointWritten()
            | e.WorkflowPruned()
        ):
            said = []
        case _ as other:
            assert_never(other)
    return [(commit, f"{event.clock:010d} {printable(line)[:500]}") for commit, line in said]


def by_commit(events: Iterable[Event]) -> dict[bytes, list[bytes]]:
    """The new note lines of an append, by commit id."""
    found: dict[bytes, list[bytes]] = {}
    for event in events:
        if type(event) in _SILENT:
            continue
        for commit, line in lines_of(event):
            found.setdefault(commit.encode(), []).append(line.encode())
    return found


def union(*notes: bytes) -> bytes:
    """Notes joined: each line once, byte-sorted."""
    lines = sorted({line for note in notes for line in note.split(b"\n") if line})
    return b"\n".join(lines) + b"\n" if lines else b""
