"""The words that events, states and answers choose from. They are on the wire: literals.

Apart from the facts, which are many, so that a list of features loads none.
"""

from typing import Final, Literal

Policy = Literal["always", "never", "on-request"]
Phase = Literal["plan", "implementing", "synthesize", "completed", "cancelled"]
Word = Literal["PASS", "FAIL", "UNKNOWN"]
Provider = Literal["local", "github", "gitlab", "forgejo"]  # a forge
Outcome = Literal["executed", "skipped", "failed"]  # of a step of cancelling
How = Literal["merge", "squash", "rebase"]  # commits got into the base
Declarable = Literal["refactor", "removal"]

PHASES: Final[tuple[Phase, ...]] = (
    "plan", "implementing", "synthesize", "completed", "cancelled",
)  # fmt: skip
FINAL: Final[tuple[Phase, ...]] = ("completed", "cancelled")
