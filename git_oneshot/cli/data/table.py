"""What each command answers: one struct a command.

`git oneshot schema` is made from these, so a schema and an answer cannot
differ. Every field is always there; what does not apply is null. Within
version 1 of the answers fields are only added.

A new command: its struct in a module beside this one, its row here.
"""

from typing import Final

from git_oneshot.cli.data import Data
from git_oneshot.cli.data.care import Cancelled, Checkpointed, Pruned, Resumed
from git_oneshot.cli.data.clone import (
    Checkup,
    Installed,
    RulesData,
    Schema,
    Skill,
    Trusted,
    Uninstalled,
)
from git_oneshot.cli.data.feature import (
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
from git_oneshot.cli.data.history import Logged, Replayed, Shown, Why
from git_oneshot.cli.data.parts import Wrote
from git_oneshot.cli.data.pipeline import Listed
from git_oneshot.cli.data.proof import Cached, Proved, Verified
from git_oneshot.cli.data.pull import BodyJudged, Completed, PullAnswer, Synthesized
from git_oneshot.cli.data.standing import Status
from git_oneshot.cli.data.trails import Checked, Cloned, Exported, Imported, SplitOff, Synced

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
