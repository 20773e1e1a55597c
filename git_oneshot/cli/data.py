"""What ``data`` holds in the answer of each command: one struct a command.

`git oneshot schema` is made from these, so a schema and an answer cannot
differ. Every field is always there; what does not apply is null. Within
version 1 of the answers fields are only added.

A new command: its struct in the ``*_data`` module beside its own, its row here.
Apart from the structs, so that a command loads only those that it needs.
"""

from typing import Final

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
from git_oneshot.cli.feature_data import (
    Began,
    Declared,
    Finalized,
    Greened,
    Planned,
    Pushed,
    Reddened,
    Requested,
    Waived,
)
from git_oneshot.cli.history_data import Logged, Replayed, Shown, Why
from git_oneshot.cli.parts import Wrote
from git_oneshot.cli.pipeline_data import Listed
from git_oneshot.cli.proof_data import Cached, Proved, Verified
from git_oneshot.cli.pull_data import BodyJudged, Completed, PullAnswer, Synthesized
from git_oneshot.cli.shape import Data
from git_oneshot.cli.standing_data import Status
from git_oneshot.cli.travel_data import Cloned, Exported, Imported, SplitOff, Synced

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
