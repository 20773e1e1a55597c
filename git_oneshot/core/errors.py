"""Every way the program says no: one table of codes, one exception.

The codes are public (DESIGN §7, and the man page): a caller may rely on a
code, its exit status and whether trying again can help. Names are those of
Exarchos where it has the same error.
"""

from enum import IntEnum, StrEnum
from typing import Final, NamedTuple


class Exit(IntEnum):
    """Exit statuses of ``git oneshot``."""

    DONE = 0
    REFUSED = 1  # by a rule, a guard or a verdict
    USAGE = 2  # wrong usage or input
    UNDECIDED = 3  # could not be determined
    DAMAGED = 4  # a damaged or newer trail
    MISSING = 69  # a service or an extra is missing (EX_UNAVAILABLE)
    BUG = 70  # ours (EX_SOFTWARE)
    AGAIN = 75  # try again: lock, race, budget (EX_TEMPFAIL)
    INTERRUPTED = 130


class Code(StrEnum):
    """What went wrong, for programs."""

    ALREADY_CANCELLED = "ALREADY_CANCELLED"
    ALREADY_COMPLETED = "ALREADY_COMPLETED"
    BUG = "BUG"
    CLONE_UNSOUND = "CLONE_UNSOUND"
    COMPENSATION_PARTIAL = "COMPENSATION_PARTIAL"
    DETACHED_HEAD = "DETACHED_HEAD"
    EVENT_APPEND_FAILED = "EVENT_APPEND_FAILED"
    EXTRA_MISSING = "EXTRA_MISSING"
    FEATURE_OPEN = "FEATURE_OPEN"
    FEATURE_UNKNOWN = "FEATURE_UNKNOWN"
    FILE_ERROR = "FILE_ERROR"
    FORGE_BUSY = "FORGE_BUSY"
    FORGE_DENIED = "FORGE_DENIED"
    FORGE_REFUSED = "FORGE_REFUSED"
    FORGE_UNAVAILABLE = "FORGE_UNAVAILABLE"
    FORGE_UNKNOWN = "FORGE_UNKNOWN"
    GIT_FAILED = "GIT_FAILED"
    GIT_MISSING = "GIT_MISSING"
    GUARD_FAILED = "GUARD_FAILED"
    HOOKS_PATH_SET = "HOOKS_PATH_SET"
    IDENTITY_MISSING = "IDENTITY_MISSING"
    INTERRUPTED = "INTERRUPTED"
    INVALID_INPUT = "INVALID_INPUT"
    INVALID_PHASE = "INVALID_PHASE"
    INVALID_TRANSITION = "INVALID_TRANSITION"
    LOCK_STALE = "LOCK_STALE"
    MISSING_CONTEXT = "MISSING_CONTEXT"
    NEEDS_INPUT = "NEEDS_INPUT"
    NOT_A_REPOSITORY = "NOT_A_REPOSITORY"
    NOT_PROVEN = "NOT_PROVEN"
    NO_WORK_TREE = "NO_WORK_TREE"
    NO_COMMITS = "NO_COMMITS"
    NO_SUITE = "NO_SUITE"
    PUSH_FAILED = "PUSH_FAILED"
    RACE_LOST = "RACE_LOST"
    REF_LOCKED = "REF_LOCKED"
    REMOTE_FAILED = "REMOTE_FAILED"
    REMOTE_REFUSED = "REMOTE_REFUSED"
    REMOTE_UNKNOWN = "REMOTE_UNKNOWN"
    RESERVED_FIELD = "RESERVED_FIELD"
    RULES_INVALID = "RULES_INVALID"
    SEQUENCE_CONFLICT = "SEQUENCE_CONFLICT"
    STATE_ALREADY_EXISTS = "STATE_ALREADY_EXISTS"
    STATE_NOT_FOUND = "STATE_NOT_FOUND"
    TEMPLATE_ERROR = "TEMPLATE_ERROR"
    TOKEN_MISSING = "TOKEN_MISSING"  # noqa: S105 - its absence
    TRAIL_DAMAGED = "TRAIL_DAMAGED"
    TRAIL_NEWER = "TRAIL_NEWER"
    UNDECIDED = "UNDECIDED"
    UNKNOWN_EVENT_TYPE = "UNKNOWN_EVENT_TYPE"
    UNTRUSTED = "UNTRUSTED"
    USAGE = "USAGE"


class Kind(NamedTuple):
    """What a code means for the process that sees it."""

    exit: Exit
    retryable: bool
    meaning: str


KINDS: Final[dict[Code, Kind]] = {
    Code.ALREADY_CANCELLED: Kind(Exit.REFUSED, False, "the feature is cancelled already"),
    Code.ALREADY_COMPLETED: Kind(Exit.REFUSED, False, "the feature is completed already"),
    Code.BUG: Kind(Exit.BUG, False, "git-oneshot itself is wrong; please report it"),
    Code.CLONE_UNSOUND: Kind(Exit.REFUSED, False, "something is wrong in this clone"),
    Code.COMPENSATION_PARTIAL: Kind(Exit.AGAIN, True, "a step of cancelling failed"),
    Code.DETACHED_HEAD: Kind(Exit.REFUSED, False, "HEAD is on no branch"),
    Code.EVENT_APPEND_FAILED: Kind(Exit.AGAIN, True, "the event could not be written"),
    Code.EXTRA_MISSING: Kind(Exit.MISSING, False, "an extra of this program is not installed"),
    Code.FEATURE_OPEN: Kind(Exit.REFUSED, False, "the branch has an open feature"),
    Code.FEATURE_UNKNOWN: Kind(Exit.USAGE, False, "no feature was named and none is open here"),
    Code.FILE_ERROR: Kind(Exit.USAGE, False, "a file cannot be read or written"),
    Code.FORGE_BUSY: Kind(Exit.AGAIN, True, "the forge asks us to wait"),
    Code.FORGE_DENIED: Kind(Exit.REFUSED, False, "the forge does not allow it"),
    Code.FORGE_REFUSED: Kind(Exit.REFUSED, False, "the forge refuses it"),
    Code.FORGE_UNAVAILABLE: Kind(Exit.AGAIN, True, "the forge does not answer"),
    Code.FORGE_UNKNOWN: Kind(Exit.USAGE, False, "there is no such forge"),
    Code.GIT_FAILED: Kind(Exit.UNDECIDED, False, "a git command failed"),
    Code.GIT_MISSING: Kind(Exit.MISSING, False, "git is not installed"),
    Code.GUARD_FAILED: Kind(Exit.REFUSED, False, "a guard of the transition does not hold"),
    Code.HOOKS_PATH_SET: Kind(Exit.REFUSED, False, "the hooks belong to another tool"),
    Code.IDENTITY_MISSING: Kind(Exit.USAGE, False, "git does not know who you are"),
    Code.INTERRUPTED: Kind(Exit.INTERRUPTED, True, "stopped by a signal"),
    Code.INVALID_INPUT: Kind(Exit.USAGE, False, "a value is not allowed"),
    Code.INVALID_PHASE: Kind(Exit.REFUSED, False, "not in this phase"),
    Code.INVALID_TRANSITION: Kind(Exit.REFUSED, False, "no such transition from this phase"),
    Code.LOCK_STALE: Kind(Exit.AGAIN, False, "a killed process left a lock behind"),
    Code.MISSING_CONTEXT: Kind(Exit.USAGE, False, "there is nowhere to write events"),
    Code.NEEDS_INPUT: Kind(Exit.USAGE, False, "an answer is needed and there is no terminal"),
    Code.NOT_A_REPOSITORY: Kind(Exit.USAGE, False, "not inside a git repository"),
    Code.NOT_PROVEN: Kind(Exit.REFUSED, False, "a commit has no proof"),
    Code.NO_WORK_TREE: Kind(Exit.USAGE, False, "the command needs a working tree"),
    Code.NO_COMMITS: Kind(Exit.USAGE, False, "the repository has no commit yet"),
    Code.NO_SUITE: Kind(Exit.REFUSED, False, "no test suite is known"),
    Code.PUSH_FAILED: Kind(Exit.REFUSED, False, "git push failed"),
    Code.RACE_LOST: Kind(Exit.AGAIN, True, "other writers won every try"),
    Code.REF_LOCKED: Kind(Exit.AGAIN, True, "another process holds the lock of the trail"),
    Code.REMOTE_FAILED: Kind(Exit.MISSING, True, "a remote could not be reached, or failed"),
    Code.REMOTE_REFUSED: Kind(Exit.REFUSED, False, "a remote takes no trails, or not these"),
    Code.REMOTE_UNKNOWN: Kind(Exit.USAGE, False, "no remote is elected for trails"),
    Code.RESERVED_FIELD: Kind(Exit.USAGE, False, "the field is not plain data"),
    Code.RULES_INVALID: Kind(Exit.USAGE, False, ".oneshot.toml is not valid"),
    Code.SEQUENCE_CONFLICT: Kind(Exit.AGAIN, False, "the trail is not where --if-tip expects it"),
    Code.STATE_ALREADY_EXISTS: Kind(Exit.REFUSED, False, "the feature exists"),
    Code.STATE_NOT_FOUND: Kind(Exit.USAGE, False, "there is no such feature or event"),
    Code.TEMPLATE_ERROR: Kind(Exit.USAGE, False, "the template cannot be used"),
    Code.TOKEN_MISSING: Kind(Exit.MISSING, False, "no token is known for the forge"),
    Code.TRAIL_DAMAGED: Kind(Exit.DAMAGED, False, "the trail breaks a rule of the format"),
    Code.TRAIL_NEWER: Kind(Exit.DAMAGED, False, "a newer git-oneshot wrote the trail"),
    Code.UNDECIDED: Kind(Exit.UNDECIDED, True, "a commit could not be judged"),
    Code.UNKNOWN_EVENT_TYPE: Kind(Exit.DAMAGED, False, "no such type of event"),
    Code.UNTRUSTED: Kind(Exit.REFUSED, False, "the test commands are not trusted in this clone"),
    Code.USAGE: Kind(Exit.USAGE, False, "wrong options or arguments"),
}


class OneshotError(Exception):
    """A refusal with a code, one line for people and a hint with the command that helps.

    ``data`` is what a ``--json`` caller gets beside the error, as ``Refusal`` in `cli/data` has it;
    in ``ahead``, the commands that help, where whoever refuses knows them.
    """

    def __init__(self, code: Code, message: str, hint: str = "", **data: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.data = data

    @property
    def kind(self) -> Kind:
        """The row of the table for this error."""
        return KINDS[self.code]


def unknown_feature(name: str, near: str = "") -> OneshotError:
    """The error for a feature that does not exist; ``near`` is one that does."""
    meant = f"did you mean '{near}'? " if near else ""
    hint = f"{meant}see them: git oneshot list --all"
    return OneshotError(Code.STATE_NOT_FOUND, f"no feature '{name}'", hint, meant=near or None)


def denied(what: str) -> OneshotError:
    """The error for someone who may not write to the repository: trying again would not help."""
    hint = "nothing was recorded; you have to be allowed to write to the repository"
    return OneshotError(Code.FILE_ERROR, what, hint)


class LostRace(OneshotError):  # noqa: N818 - an outcome: most callers read and decide again
    """The trail moved between reading it and writing to it."""

    def __init__(self) -> None:
        super().__init__(
            Code.RACE_LOST, "another process wrote to the trail meanwhile", "try again"
        )
