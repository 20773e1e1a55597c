"""What a feature is, as its trail tells it. ``evolve`` says how each event changes it."""

from functools import cached_property
from typing import Final

from msgspec import Struct

from git_oneshot.core.facts import How, Outcome, Phase, Plan, Policy, Proof, Provider
from git_oneshot.core.words import FINAL as FINAL

BEGUN_TWICE: Final = "the feature was begun twice, and the other start came first"


class Commit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the trail says of one commit of the feature."""

    id: str
    tree: str = ""
    parent_tree: str = ""
    patch_id: str = ""
    subject: str = ""
    declared: str = ""  # the class that somebody said it is of
    proof: Proof | None = None


class Cycle(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the RED-GREEN-REFACTOR round stands since the last commit."""

    parent: str | None = None
    red: Proof | None = None
    green: Proof | None = None


class Pull(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The pull request of a feature, as far as the trail knows it."""

    provider: Provider
    number: int = 0
    url: str = ""
    base: str = ""
    head: str = ""
    title: str = ""
    draft: bool = False
    open: bool = True
    commit: str = ""
    body: str = ""  # the digest of the text that we wrote last
    text: str = ""  # a body that a person wrote, where no forge keeps it
    payload: str = ""  # the digest of the whole of it, where that is its beginning

    @property
    def name(self) -> str:
        """What people call it: its number, or the name of its branch."""
        return f"#{self.number}" if self.number else self.head


class Landed(Struct, frozen=True, kw_only=True):
    """A commit of the base, and the commits of the feature that it holds."""

    id: str
    sources: tuple[str, ...]
    how: How


class Pending(Struct, frozen=True):
    """A class that was declared for the next commit on a parent with this tree."""

    parent_tree: str
    kind: str


class Waiver(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A commit that may pass without a proof; who said so, and why."""

    commit: str
    patch_id: str = ""
    reason: str
    by: str


class Void(Struct, frozen=True):
    """An event without effect, and why."""

    id: str
    type: str
    reason: str


class State(Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True):
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
    pending: Pending | None = None
    commits: tuple[Commit, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    suite: Proof | None = None
    proven: str = ""  # the last commit on which the suite passed
    pull: Pull | None = None
    merge_commit: str = ""
    pr_url: str = ""
    drift: bool = False
    landed: tuple[Landed, ...] = ()
    steps: dict[str, Outcome] = {}  # of giving it up, as far as they were taken
    checkpoint: int = 0  # the clock of the last one
    checkpoint_summary: str = ""
    pruned: bool = False
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

    @property
    def gated(self) -> bool:
        """Whether hooks have a say on its branch: never for a spike."""
        return self.open and not self.spike

    @property
    def unproven(self) -> frozenset[str]:
        """The commits of which no proof is on the trail."""
        return frozenset(commit.id for commit in self.commits if commit.proof is None)

    def waiver(self, commit: str, patch_id: str = "") -> Waiver | None:
        """What exempts a commit: said of it, or of another one that made the same change."""
        if not self.waivers:
            return None
        of_commit, of_patch, patches = self._waived
        same = patch_id or patches.get(commit, "")
        found = [at for at in (of_commit.get(commit), of_patch.get(same)) if at is not None]
        return self.waivers[min(found)] if found else None

    @cached_property
    def _waived(self) -> tuple[dict[str, int], dict[str, int], dict[str, str]]:
        """The first waiver of each commit and of each patch, and the patch of each commit."""
        of_commit, of_patch = dict[str, int](), dict[str, int]()
        for at, one in enumerate(self.waivers):
            of_commit.setdefault(one.commit, at)
            if one.patch_id:
                of_patch.setdefault(one.patch_id, at)
        return of_commit, of_patch, {one.id: one.patch_id for one in reversed(self.commits)}
