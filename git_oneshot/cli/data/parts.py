"""The parts that answers are made of, and what every refusal holds.

Every field is always there; what does not apply is null.
"""

from typing import Any, Final

from msgspec import Struct, field

from git_oneshot.cli.data import Data
from git_oneshot.core.words import Phase, Word

EXCERPT: Final = 4096  # bytes of a long text that an answer holds


class Wrote(Data, frozen=True, kw_only=True):
    """What every command that writes answers: its events, and where the trail is now.

    ``repeated``: --key was used before; the events are those of then, and nothing was done.
    """

    feature: str
    phase: Phase
    previous_phase: Phase | None
    events: list[str]
    tip: str
    repeated: bool = False


class Turn(Data, frozen=True, kw_only=True):
    """How one test came out without the change (red) and with it (green)."""

    suite: str
    file: str
    id: str
    red: str | None
    green: str | None
    reason: str | None


class ProofData(Data, frozen=True, kw_only=True):
    """A verdict, and the tests that it rests on: the first 200 of ``total``."""

    verdict: Word
    code: str | None
    kind: str | None = field(name="class")
    declared: bool  # whether the class is somebody's word
    tests: list[Turn]
    total: int
    notes: list[str]


class Judgement(ProofData, frozen=True, kw_only=True):
    """A commit and its proof. ``suite``: where each was asked; ``waived``: the reason."""

    commit: str
    subject: str
    suite: ProofData | None
    waived: str | None


class ShardData(Data, frozen=True, kw_only=True):
    """The part of ``commits`` in all that was judged: the ``number``-th of ``parts``, from 1."""

    number: int
    parts: int
    commits: int


class BrokenRow(Data, frozen=True, kw_only=True):
    """A rule of the format that is broken: error or warning, on which trail and commit."""

    rule: str
    word: str
    ref: str
    commit: str
    what: str
    meaning: str


class SyncRow(Data, frozen=True, kw_only=True):
    """What became of one trail: events that went and came, and why it is not there, if it isn't."""

    feature: str
    sent: int
    received: int
    merged: bool
    wrong: str | None


class Excerpt(Data, frozen=True, kw_only=True):
    """Text that was cut at 4 KiB when ``cut``; ``bytes`` is what there was of it."""

    text: str
    bytes: int
    cut: bool


def excerpt(text: str) -> Excerpt:
    """The end of a long text."""
    raw = text.encode(errors="replace")
    end = raw[-EXCERPT:].decode(errors="ignore")
    return Excerpt(text=end, bytes=len(raw), cut=len(raw) > EXCERPT)


class Gate(Data, frozen=True, kw_only=True):
    """A condition of a pull request, and what was found."""

    gate: str
    passed: bool
    details: str


class FindingRow(Data, frozen=True, kw_only=True):
    """Something that is wrong, or (``note``) worth knowing; ``mend`` may be []."""

    what: str
    mend: list[str]
    fixable: bool
    fixed: bool
    note: bool


class CheckRow(Data, frozen=True, kw_only=True):
    """A check of doctor, and what it found."""

    check: str
    sound: bool
    findings: list[FindingRow]


class Refusal(Struct, frozen=True, kw_only=True, rename="camel"):
    """What ``data`` holds when ``ok`` is false, of any command: null is what is not its case."""

    feature: str | None = None
    phase: Phase | None = None
    meant: str | None = None  # the command, feature or id that was probably meant
    guard: str | None = None  # the guard that does not hold
    valid_targets: list[str] | None = None  # phases that can follow
    paths: list[str] | None = None  # files that stand in the way
    proof: ProofData | None = None
    commits: list[Judgement] | None = None
    suite: ProofData | None = None
    untracked: list[str] | None = None
    neutral: list[str] | None = None  # changed files that need no test
    log: Excerpt | None = None  # the end of what the tests printed
    said: Excerpt | None = None  # the end of what git said
    changes: list[str] | None = None  # to this clone: done, or waiting for a yes
    commands: list[list[str]] | None = None  # that are to be trusted
    expected: str | None = None  # where --if-tip expects the trail
    actual: str | None = None  # where the trail is
    line: int | None = None  # of .oneshot.toml
    checks: list[CheckRow] | None = None  # of doctor
    lock: str | None = None  # the file that is in the way
    tip: str | None = None
    events: list[dict[str, Any]] | None = None  # of a damaged trail, as far as it is sound
    exchange: list[SyncRow] | None = None  # what became of each trail, and why it is not there
    broken: list[BrokenRow] | None = None  # rules of the format that trails break
    frames: list[str] | None = None  # of a bug: where
    ready: bool | None = None  # for a pull request
    blockers: list[str] | None = None  # what keeps it from one
    gates: list[Gate] | None = None
    missing: list[str] | None = None  # sections that are not in the text
    empty: list[str] | None = None  # sections that say nothing


class Refused(ProofData, frozen=True, kw_only=True):
    """What a hook refused: a commit, or (``commit`` is null) what was staged, or a tip's suite."""

    commit: str | None
    subject: str | None
    ref: str | None
    advice: str
    log: Excerpt


class Argument(Data, frozen=True, kw_only=True):
    """An argument of a command: an option by its names, or a word."""

    names: list[str]
    required: bool
    many: bool
    flag: bool
    choices: list[str] | None
    help: str | None


class Spoken(Data, frozen=True, kw_only=True):
    """A commit that an event speaks of; ``subject`` is null when it is not here."""

    commit: str
    subject: str | None


class Said(Data, frozen=True, kw_only=True):
    """What a trail claims of a commit, else what was found here; null where neither is."""

    commit: str
    subject: str
    verdict: Word | None
    code: str | None
    kind: str | None = field(name="class")
    here: bool  # this clone found it out, and no trail has it yet
    declared: str | None
    waived: str | None


class Unpushed(Data, frozen=True, kw_only=True):
    """What no remote has, as far as the last fetch or push saw."""

    commits: list[str]
    trail: bool


class OverlapData(Data, frozen=True, kw_only=True):
    """A planned file that an open feature changes, too; null: the base does, since this began."""

    file: str
    feature: str | None


class ValueRow(Data, frozen=True, kw_only=True):
    """A value in force, by its key as the file spells it, and its line there if it has one."""

    key: str
    value: Any
    source: str
    line: int | None


class SuiteRow(Data, frozen=True, kw_only=True):
    """A suite of the rules."""

    name: str
    command: list[str]
    root: str
    runner: str
    report: str | None
    setup: list[str]
    timeout: int
    source: str


class SideRow(Data, frozen=True, kw_only=True):
    """The paths of a side, as git's pathspecs."""

    side: str
    paths: list[str]


class GateData(Data, frozen=True, kw_only=True):
    """What a push asks proofs for, besides what every clone does; what finalize asks besides."""

    refs: list[str]
    everything: bool
    order: str
    scope: str


class PruneData(Data, frozen=True, kw_only=True):
    """When a feature is stale, how many are given up at a time, and the phases that are spared."""

    stale_after_days: int
    max_batch: int
    phase_exclusions: list[str]


class LimitsData(Data, frozen=True, kw_only=True):
    """Seconds that a commit may wait, and files that a plan may name without a warning."""

    commit_seconds: float
    plan_files: int
