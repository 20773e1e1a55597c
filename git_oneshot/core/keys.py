"""What a key was used for: a call that is repeated with it must be the one of then."""

from collections.abc import Iterable
from typing import Final

from git_oneshot.core import commands as c
from git_oneshot.core import facts as f
from git_oneshot.core import pulls as p
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.events import Event, Said, type_name

# What each command that can bear a key always writes, and no other one does.
WRITES: Final[dict[type[c.Command], tuple[type[Said], ...]]] = {
    c.Start: (f.Started,),
    c.Patch: (f.Patched,),
    c.Graduate: (f.Graduated,),
    c.RequestSynthesis: (f.SynthesisRequested,),
    c.RecordRed: (f.Reddened,),
    c.RecordGreen: (f.Greened,),
    c.Declare: (f.Declared,),
    c.Waive: (f.Waived,),
    c.Finalize: (f.SuiteJudged,),
    c.RecordVerified: (f.CommitsVerified,),
    c.Ready: (p.PullCreated, p.PullUpdated),  # as synthesize ends
    c.OpenPull: (p.PullCreated,),
    c.UpdatePull: (p.PullUpdated,),
    c.ClosePull: (p.PullClosed,),
    c.Complete: (f.CleanedUp,),
    c.Checkpoint: (p.Checkpointed,),
    c.Cancel: (f.Cancelled,),
}


def same_use(key: str, feature: str, wrote: Iterable[Event], command: c.Command) -> None:
    """Raise INVALID_INPUT where what a key ``wrote`` is not what ``command`` would write."""
    wrote = tuple(wrote)
    marks = WRITES.get(type(command), ())
    mine = [one.data for one in wrote if isinstance(one.data, marks)]
    if any(_means(fact, command) for fact in mine):
        return
    used = (
        f"was used for something else on the trail of '{feature}'" if mine
        else f"is that of another command on the trail of '{feature}': {type_name(wrote[0])}"
    )  # fmt: skip
    raise OneshotError(
        Code.INVALID_INPUT,
        f"the key '{key}' {used}",
        f"take another --key; what it did: git oneshot log {feature}",
    )


def _means(fact: Said, command: c.Command) -> bool:
    """Whether the fact is what the command says, where it says something of its own."""
    match fact, command:
        case f.Declared(), c.Declare(kind=kind, commit=commit, reason=reason):
            return (fact.kind, fact.commit, fact.reason) == (kind, commit, reason.strip())
        case f.Waived(), c.Waive(commit=commit, reason=reason):
            return (fact.commit, fact.reason) == (commit, reason.strip())
        case f.Cancelled(), c.Cancel(reason=reason, superseded_by=successor):
            return (fact.reason or "", fact.supersededBy or "") == (reason, successor)
        case p.Checkpointed(), c.Checkpoint(summary=summary):
            return fact.summary == summary
        case p.PullUpdated(), c.UpdatePull(change=change):
            return fact.draft == change.draft
        case _:
            return True
