"""What events say: one frozen struct a fact, past tense.

Adding a field to a fact of version 1 is a new version and an upcaster (see
``codec``), never an edit here: these structs are the wire format.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from git_oneshot.core.ids import COMMIT
from git_oneshot.core.spelling import printable
from git_oneshot.core.words import Declarable as Declarable
from git_oneshot.core.words import How as How
from git_oneshot.core.words import Outcome as Outcome
from git_oneshot.core.words import Phase as Phase
from git_oneshot.core.words import Policy as Policy
from git_oneshot.core.words import Provider as Provider
from git_oneshot.core.words import Word as Word

# \Z: $ would let a line break through.
ObjectId = Annotated[str, Meta(pattern=rf"^({COMMIT.pattern})\Z")]
Line = Annotated[str, Meta(max_length=500)]
Text = Annotated[str, Meta(max_length=16_384)]
Lines = Annotated[tuple[Line, ...], Meta(max_length=1_000)]


TURNED: Final = "turned: "  # how the remark begins that counts what no list has room for


class Data(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What one type of event says; an absent field is left out of the JSON."""


class Plan(Data, frozen=True, kw_only=True):
    """The four answers of a plan, and its text as the author wrote it."""

    goal: Text = ""
    approach: Text = ""
    files: Lines = ()
    tests: Lines = ()
    text: Text = ""
    # A text over 4 KiB is a blob under payload/<event id>; this is its SHA-256.
    payload: Line = ""

    @property
    def blank(self) -> bool:
        """Whether the plan says nothing (DESIGN §5: the guard of implementing)."""
        return not (self.goal.strip() or self.approach.strip() or self.text.strip() or self.payload)

    @property
    def summary(self) -> str:
        """The plan in one line."""
        said = f"{self.goal}\n{self.text}\n{self.approach}".splitlines()
        line = next((line.strip() for line in said if line.strip()), "")
        return line if len(line) <= 120 else line[:119] + "…"


class TestTurn(Data, frozen=True, kw_only=True):
    """How one test came out without the change (red) and with it (green)."""

    suite: Line
    id: Annotated[str, Meta(max_length=2_000)]
    file: Line = ""
    red: Line = ""
    green: Line = ""
    reason: Line = ""

    @property
    def turned(self) -> bool:
        """Whether the change turned the test, for a reason that counts."""
        failed = self.red in ("failed", "error") and not self.reason.startswith("not ")
        return failed and self.green == "passed"


class Proof(Data, frozen=True, kw_only=True):
    """The judgement of one commit, or of the change that would become one."""

    word: Word
    code: Line = ""
    kind: Line = ""  # the class of the commit, a DESIGN §2 word
    declared: bool = False  # somebody said so, and the runs do not contradict it
    hybrid: ObjectId | None = None
    tree: ObjectId | None = None
    tests: Annotated[tuple[TestTurn, ...], Meta(max_length=200)] = ()
    # How many tests there were before the list was cut at 200.
    total: Annotated[int, Meta(ge=0, le=2**53)] = 0
    notes: Lines = ()

    @property
    def verdict(self) -> str:
        """The word, with its code where there is one: ``PASS``, ``FAIL(no-test)``."""
        return f"{self.word}({self.code})" if self.code else self.word

    @property
    def turned(self) -> int:
        """How many tests the change turned: where a remark says so, more than are listed."""
        told = next((note for note in self.notes if note.startswith(TURNED)), "")
        many = told.removeprefix(TURNED).partition(" ")[0]
        said = int(many) if many.isascii() and many.isdigit() else 0
        return max(sum(test.turned for test in self.tests), min(said, self.total))

    @property
    def told(self) -> str:
        """The proof in one printable line, such as ``PASS behaviour, 1 test red without it, …``."""
        told = f"{self.verdict} {self.kind}".strip() + (" (declared)" if self.declared else "")
        turned = [t for t in self.tests if t.turned]
        if turned:
            names = ", ".join(f"{t.id} ({t.reason})" if t.reason else t.id for t in turned[:3])
            more = f" and {self.turned - 3} more" if self.turned > 3 else ""
            plural = "test" if self.turned == 1 else "tests"
            told += f", {self.turned} {plural} red without it, green with it: {names}{more}"
        elif self.notes:
            told += f", {self.notes[0]}"
        return printable(told)


class Started(Data, frozen=True, kw_only=True):
    """A feature began."""

    featureId: Line  # noqa: N815 - the wire name is Exarchos'
    workflowType: Literal["oneshot"] = "oneshot"  # noqa: N815
    synthesisPolicy: Policy | None = None  # noqa: N815
    title: Line = ""
    base: Line = ""
    branch: Line = ""
    start: ObjectId | None = None
    spike: bool = False


class Patched(Data, frozen=True, kw_only=True):
    """Fields of the feature were set: its plan, its plan's summary, its title."""

    fields: Lines
    plan: Plan | None = None
    planSummary: Line | None = None  # noqa: N815
    title: Line | None = None


class Moved(Data, frozen=True, kw_only=True, rename={"origin": "from"}):
    """The feature went from one phase to the next."""

    origin: Phase
    to: Phase


class Graduated(Data, frozen=True, kw_only=True):
    """A spike became a feature: its commits are to be proven from then on."""

    reason: Text | None = None


class SynthesisRequested(Data, frozen=True, kw_only=True):
    """Someone asked for a pull request."""

    reason: Text | None = None


class Cancelled(Data, frozen=True, kw_only=True, rename={"origin": "from"}):
    """The feature was given up."""

    origin: Phase
    reason: Text | None = None
    supersededBy: Line | None = None  # noqa: N815


class CleanedUp(Data, frozen=True, kw_only=True):
    """The pull request was merged, and the feature completed by that."""

    mergeCommit: ObjectId | None = None  # noqa: N815
    prUrl: Line | None = None  # noqa: N815
    mergedBranches: Lines = ()  # noqa: N815
    drift: bool = False


class Reddened(Data, frozen=True, kw_only=True):
    """Tests were seen to fail on the parent's code."""

    parent: ObjectId | None = None
    proof: Proof
    # The SHA-256 of what they printed, which is under payload/<event id> if it is on the trail.
    log: Line = ""


class Greened(Data, frozen=True, kw_only=True):
    """Tests were seen to pass with the change."""

    parent: ObjectId | None = None
    proof: Proof
    log: Line = ""


class CommitRecorded(Data, frozen=True, kw_only=True):
    """A commit belongs to the feature; trees and patch id find it again after a rebase."""

    commit: ObjectId
    tree: ObjectId
    parentTree: ObjectId  # noqa: N815
    patchId: Line = ""  # noqa: N815
    subject: Line = ""


class CommitRewritten(Data, frozen=True, kw_only=True):
    """git replaced a commit by another (amend, rebase)."""

    old: ObjectId
    new: ObjectId


class CommitJudged(Data, frozen=True, kw_only=True):
    """The verdict on a commit: a claim that anyone with a clone can check."""

    commit: ObjectId
    proof: Proof
    log: Line = ""


class Declared(Data, frozen=True, kw_only=True, rename={"kind": "class"}):
    """Somebody said what class a commit is of; its runs have to bear that out.

    ``commit``: the one it is about. Without it, the next one on a parent of ``parentTree``.
    """

    kind: Declarable
    reason: Text
    commit: ObjectId | None = None
    parentTree: ObjectId | None = None  # noqa: N815


class Waived(Data, frozen=True, kw_only=True):
    """Somebody let a commit pass without a proof; the same patch is waived after a rebase."""

    commit: ObjectId
    patchId: Line = ""  # noqa: N815
    reason: Text


class SuiteJudged(Data, frozen=True, kw_only=True):
    """The whole suite and the checks ran once, on the last commit."""

    commit: ObjectId
    proof: Proof


class CommitsVerified(Data, frozen=True, kw_only=True):
    """Whoever seals this ran the tests: each of these commits is PASS under the rules named.

    ``suite``: the one of them on which the whole suite passed; ``rules``: the SHA-256 of the
    rules in force, those that are detected included.
    """

    commits: Annotated[tuple[ObjectId, ...], Meta(min_length=1, max_length=1_000)]
    suite: ObjectId | None = None
    rules: ObjectId | None = None


Fact = (
    Started
    | Patched
    | Moved
    | Graduated
    | SynthesisRequested
    | Cancelled
    | CleanedUp
    | Reddened
    | Greened
    | CommitRecorded
    | CommitRewritten
    | CommitJudged
    | Declared
    | Waived
    | SuiteJudged
    | CommitsVerified
)
