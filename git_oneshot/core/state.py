"""What a feature is, as its trail tells it. ``evolve`` says how each event changes it."""

from typing import Final

from msgspec import Struct

from git_oneshot.core.facts import Phase, Plan, Policy, Proof

FINAL: Final[tuple[Phase, ...]] = ("completed", "cancelled")


class Commit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the trail says of one commit of the feature."""

    id: str
    tree: str = ""
    parent_tree: str = ""
    patch_id: str = ""
    subject: str = ""
    proof: Proof | None = None


class Cycle(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the RED-GREEN-REFACTOR round stands since the last commit."""

    parent: str | None = None
    red: Proof | None = None
    green: Proof | None = None


class Void(Struct, frozen=True):
    """An event without effect, and why."""

    id: str
    type: str
    reason: str


class State(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A feature, as its trail tells it. ``phase`` is None before it began."""

    feature: str
    phase: Phase | None = None
    policy_set: Policy | None = None
    title: str = ""
    base: str = ""
    branch: str = ""
    start: str | None = None
    spike: bool = False
    plan: Plan | None = None
    summary: str = ""
    requests: int = 0
    cycle: Cycle = Cycle()
    commits: tuple[Commit, ...] = ()
    suite: Proof | None = None
    reason: str = ""
    superseded_by: str = ""
    by: str = ""
    began: str = ""
    at: str = ""
    clock: int = 0
    last: str = ""
    keys: dict[str, tuple[str, ...]] = {}
    void: tuple[Void, ...] = ()

    @property
    def policy(self) -> Policy:
        """The synthesis policy in force."""
        return self.policy_set or "on-request"

    @property
    def open(self) -> bool:
        """Whether anything can still happen to the feature."""
        return self.phase is not None and self.phase not in FINAL
