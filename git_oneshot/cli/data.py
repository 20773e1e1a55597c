"""What ``data`` holds in the answer of each command: one struct a command, all in one place.

`git oneshot schema` is made from these, so a schema and an answer cannot
differ. Every field is always there; what does not apply is null. Within
version 1 of the answers fields are only added.

A new command: its struct here, its row in ``ANSWERS``.
"""

from typing import Any, Final

from git_oneshot.cli.audit_data import Checked
from git_oneshot.cli.care_data import Cancelled, Checkpointed, Pruned, Resumed
from git_oneshot.cli.clone_data import (
    Checkup,
    Installed,
    RulesData,
    Schema,
    Skill,
    Trusted,
    Uninstalled,
)
from git_oneshot.cli.parts import (
    Excerpt,
    Judgement,
    ProofData,
    Refused,
    ShardData,
    Spoken,
    Wrote,
)
from git_oneshot.cli.pipeline_data import Listed
from git_oneshot.cli.proof_data import Cached, Proved
from git_oneshot.cli.pull_data import BodyJudged, Completed, PullAnswer, Synthesized
from git_oneshot.cli.shape import Data
from git_oneshot.cli.standing_data import Status
from git_oneshot.cli.travel_data import Cloned, Exported, Imported, SplitOff, Synced
from git_oneshot.core.facts import Phase, Plan, Policy
from git_oneshot.core.state import State

# -- commands that write an event ------------------------------------------------------


class Began(Wrote, frozen=True, kw_only=True):
    """init."""

    branch: str
    policy: Policy
    installed: list[str]
    suites: list[str]


class Planned(Wrote, frozen=True, kw_only=True):
    """plan."""

    plan: Plan
    warnings: list[str]


class Requested(Wrote, frozen=True, kw_only=True):
    """request-synthesize."""

    policy: Policy


class Declared(Wrote, frozen=True, kw_only=True, rename={"kind": "class"}):
    """declare: ``commit`` is null for the one that is about to be made."""

    commit: str | None
    kind: str
    reason: str


class Waived(Wrote, frozen=True, kw_only=True):
    """waive."""

    commit: str
    reason: str


class Reddened(Wrote, frozen=True, kw_only=True):
    """red."""

    proof: ProofData


class Greened(Wrote, frozen=True, kw_only=True):
    """green. ``staged``: whether what is staged is what was proven."""

    proof: ProofData
    staged: bool


class Finalized(Data, frozen=True, kw_only=True):
    """finalize. Of --dry-run: no events, and ``to`` is the phase that it would enter.

    ``outside``: changed files that the plan does not name; ``unturned``: planned tests that
    no commit turned; ``late``: commits of which no test was seen red before their code.
    """

    feature: str
    phase: Phase
    previous_phase: Phase | None
    events: list[str]
    tip: str
    to: Phase
    dry_run: bool
    commits: list[Judgement]
    suite: ProofData
    untracked: list[str]
    outside: list[str]
    unturned: list[str]
    late: list[str]


# -- commands that judge or send -----------------------------------------------------


class Pushed(Data, frozen=True, kw_only=True):
    """push."""

    feature: str
    commits: list[Judgement]
    suite: ProofData | None
    pushed: bool


class Verified(Data, frozen=True, kw_only=True):
    """verify. The suite is run when every commit is PASS, and of shards by the last."""

    commits: list[Judgement]
    suite: ProofData | None
    shard: ShardData | None


# -- commands that read -----------------------------------------------------------------


class Logged(Data, frozen=True, kw_only=True):
    """log. Each event as it is on the trail, plus ``void``: null, or why it has no effect.

    ``total``: how many events the trail has.
    """

    feature: str
    tip: str
    events: list[dict[str, Any]]
    total: int


class Shown(Data, frozen=True, kw_only=True):
    """show. ``entry`` is the commit of the trail that holds the event.

    ``payload`` is a text that the event only names; ``object`` is what git
    calls it, for all of it. ``log`` is what tests printed, where this clone
    alone keeps it.
    """

    feature: str
    event: dict[str, Any]
    void: str | None
    entry: str
    commits: list[Spoken]
    payload: Excerpt | None
    object: str | None
    log: Excerpt | None


class Replayed(Data, frozen=True, kw_only=True):
    """replay."""

    state: State
    policy: Policy


class Why(Data, frozen=True, kw_only=True):
    """why: the last refusal of a hook or of finalize in this clone; null where there is none.

    ``mended``: whether what it names is not there any more.
    """

    hook: str | None
    at: str | None
    branch: str | None
    remote: str | None
    message: str | None
    tree: str | None
    parent_tree: str | None
    mended: bool | None
    refused: list[Refused]


ANSWERS: Final[dict[str, type[Data]]] = {
    "init": Began,
    "plan": Planned,
    "red": Reddened,
    "green": Greened,
    "request-synthesize": Requested,
    "graduate": Wrote,
    "declare": Declared,
    "waive": Waived,
    "finalize": Finalized,
    "prove": Proved,
    "push": Pushed,
    "synthesize": Synthesized,
    "validate-pr-body": BodyJudged,
    "pr": PullAnswer,
    "complete": Completed,
    "cancel": Cancelled,
    "prune": Pruned,
    "checkpoint": Checkpointed,
    "resume": Resumed,
    "status": Status,
    "list": Listed,
    "log": Logged,
    "show": Shown,
    "replay": Replayed,
    "why": Why,
    "verify": Verified,
    "sync": Synced,
    "split": SplitOff,
    "clone": Cloned,
    "fsck": Checked,
    "export": Exported,
    "import": Imported,
    "install": Installed,
    "uninstall": Uninstalled,
    "trust": Trusted,
    "rules": RulesData,
    "doctor": Checkup,
    "schema": Schema,
    "skill": Skill,
    "cache": Cached,
}
