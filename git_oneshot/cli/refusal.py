"""A refusal for programs: the object, and what to run next, as commands that can be run.

One table for the codes of errors, one for guards; for the codes of verdicts, see `mending`.
"""

from collections.abc import Sequence
from typing import Any, Final

from git_oneshot.cli.answer import DOCTOR, PLAN_IT, STATUS, Next, envelope
from git_oneshot.cli.data.parts import Refusal
from git_oneshot.cli.mending import RED, RULES, in_tree, trust
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import as_id

_LIST: Final = Next(("git", "oneshot", "list", "--all"), "see the features")
_COMPLETE: Final = Next(("git", "oneshot", "complete"), "when it was merged", work=True)

_INIT: Final = Next(("git", "oneshot", "init"), "begin another", ("FEATURE",))
_IDENTITY: Final = (
    Next(("git", "config", "user.name"), "say who you are", ("NAME",)),
    Next(("git", "config", "user.email"), "and your address", ("EMAIL",)),
)
_CODES: Final[dict[Code, tuple[Next, ...]]] = {
    Code.ALREADY_CANCELLED: (_INIT,),
    Code.ALREADY_COMPLETED: (_INIT,),
    Code.DETACHED_HEAD: (Next(("git", "switch", "-c"), "be on a branch", ("BRANCH",)),),
    Code.EVENT_APPEND_FAILED: (DOCTOR,),
    Code.HOOKS_PATH_SET: (DOCTOR,),
    Code.LOCK_STALE: (DOCTOR,),
    Code.TRAIL_DAMAGED: (DOCTOR,),
    Code.FEATURE_UNKNOWN: (
        Next(("git", "oneshot", "init"), "begin one", ("FEATURE",)),
        Next(("git", "oneshot", "list"), "see the open features"),
    ),
    Code.GUARD_FAILED: (STATUS,),
    Code.IDENTITY_MISSING: _IDENTITY,
    Code.MISSING_CONTEXT: _IDENTITY,
    Code.INVALID_PHASE: (STATUS,),
    Code.INVALID_TRANSITION: (STATUS,),
    Code.NOT_A_REPOSITORY: (Next(("git", "init"), "begin a repository"),),
    Code.NO_COMMITS: (
        Next(("git", "commit"), "commit something first", ("--message",), work=True),
    ),
    Code.NO_SUITE: (Next(("git", "oneshot", "rules", "--write"), "name the test command"),),
    Code.REMOTE_UNKNOWN: (Next(("git", "remote", "--verbose"), "see the remotes"),),
    Code.RULES_INVALID: (RULES,),
    Code.SEQUENCE_CONFLICT: (STATUS,),
    Code.STATE_NOT_FOUND: (_LIST,),
    Code.UNDECIDED: (DOCTOR,),
    Code.UNTRUSTED: (trust(),),
}
_GUARDS: Final[dict[str, tuple[Next, ...]]] = {
    "plan-set": (PLAN_IT,),
    "has-commits": (RED,),
    "red-observed": (
        Next(("git", "oneshot", "waive"), "a person lets it pass", ("COMMIT", "--reason")),
    ),
    "in-scope": (PLAN_IT,),
    "a-spike": (STATUS,),
    "not-a-spike": (
        Next(("git", "oneshot", "graduate"), "make a feature of it"),
        Next(("git", "oneshot", "cancel", "--keep-branch"), "or give it up"),
    ),
    "tree-clean": (
        Next(("git", "commit", "--all"), "commit what is left over", ("--message",)),
        Next(("git", "stash"), "or put it away"),
    ),
    "synthesis-opted-in": (
        Next(("git", "oneshot", "request-synthesize"), "ask for a pull request"),
    ),
    "synthesis-opted-out": (Next(("git", "oneshot", "finalize"), "go on to its pull request"),),
    "has-pull-request": (Next(("git", "oneshot", "synthesize"), "open one"),),
    "merge-verified": (_COMPLETE,),
    "ahead-of-base": (Next(("git", "oneshot", "complete"), "complete it"),),
    "base-free": (_COMPLETE,),
    "local-forge": (_COMPLETE,),
    "not-merged": (Next(("git", "oneshot", "complete"), "complete it"),),
    "not-a-draft": (Next(("git", "oneshot", "pr", "ready"), "make it ready"),),
    "proven-tip": (Next(("git", "oneshot", "synthesize"), "prove what is new"),),
    "proven": (Next(("git", "oneshot", "finalize"), "prove the commits"),),
}
# Whose hint begins with the command of git that helps, which names a branch.
_HINTED: Final = {
    "on-base": "be on top of it",
    "no-conflict": "join it, and resolve what is in conflict",
    "has-base": "bring it here",
}
_MISUSED: Final = (Code.USAGE, Code.INVALID_INPUT, Code.TEMPLATE_ERROR)
# Of a command that has to be answered: how it is answered without a terminal.
_ANSWERED: Final[dict[str, tuple[Next, ...]]] = {
    "plan": (PLAN_IT,),
    "install": (Next(("git", "oneshot", "install", "--yes"), "make the changes"),),
}


def refusal(command: str, argv: Sequence[str], err: OneshotError) -> bytes:
    """The object that a refused command answers with."""
    names = dict(zip(Refusal.__struct_encode_fields__, Refusal.__struct_fields__, strict=True))
    said: dict[str, Any] = {names[key]: value for key, value in err.data.items() if key in names}
    return envelope(command, Refusal(**said), err, after_error(command, argv, err))


def after_error(command: str, argv: Sequence[str], err: OneshotError) -> Sequence[Next]:
    """The commands that help after an error, the first one first."""
    ahead = err.data.get("ahead")  # where the command itself knew
    if isinstance(ahead, tuple):
        return ahead
    if err.kind.retryable and err.code is not Code.UNDECIDED:
        return (Next(("git", "oneshot", *argv), "wait a moment, then try again", work=True),)
    code = getattr(err.data.get("proof"), "code", None)
    if err.code in (Code.NOT_PROVEN, Code.UNDECIDED) and code:
        return in_tree(code)
    if err.code is Code.NEEDS_INPUT:
        return _ANSWERED.get(command, ())
    if err.code is Code.INVALID_PHASE and err.data.get("phase") == "plan":
        return (PLAN_IT,)
    meant, feature = str(err.data.get("meant") or ""), str(err.data.get("feature") or "")
    if err.code in (Code.FEATURE_OPEN, Code.STATE_ALREADY_EXISTS):
        status = ("git", "oneshot", "status", *filter(None, [feature]))
        which = "is open" if err.code is Code.FEATURE_OPEN else "has this id"
        other = [_other(argv, feature, meant, "take another id")] if meant else []
        return (*other, Next(status, f"see the feature that {which}"))
    if err.code is Code.STATE_NOT_FOUND and meant:
        status = ("git", "oneshot", "status", meant)
        return (Next(status, f"see '{meant}', if it is what you meant"), _LIST)
    if err.code is Code.STATE_NOT_FOUND and feature:
        return (Next(("git", "oneshot", "init", feature), "begin it"), _LIST)
    if err.code is Code.CLONE_UNSOUND:
        return _mending(err.data.get("checks"))
    guard = str(err.data.get("guard"))
    if guard in _HINTED:
        words = tuple(err.hint.partition(", ")[0].split(" "))
        return (Next(words, _HINTED[guard], work=guard == "no-conflict"),)
    if guard == "has-pull-request" and err.data.get("phase") != "synthesize":
        guard = ""
    # The feature may be that of no branch, or of another.
    named = STATUS._replace(argv=(*STATUS.argv, *filter(None, [feature])))
    helps = _GUARDS.get(guard) or _CODES.get(err.code, ())
    if err.code in _MISUSED:
        helps = _misused(command, argv, err, meant)
    return tuple(named if one == STATUS else one for one in helps)


def _other(argv: Sequence[str], wrong: str, meant: str, why: str) -> Next:
    """What was typed, with another id."""
    words = [meant if word == wrong else word for word in argv if word != "--json"]
    return Next(("git", "oneshot", *words), why)


def _misused(command: str, argv: Sequence[str], err: OneshotError, meant: str) -> tuple[Next, ...]:
    """How what was typed wrongly is typed."""
    named = err.code is Code.INVALID_INPUT and "meant" in err.data  # as no feature can be
    if named and command != "init":
        return (_LIST,)
    wrong = next((word for word in argv if word != meant and as_id(word) == meant), "")
    if named and meant and wrong:
        return (_other(argv, wrong, meant, "name it so"),)
    meant = "" if named else meant
    return (_usage(meant or command),)


def _usage(command: str) -> Next:
    """How a command is used, for a program: who used it wrongly reads no page of help."""
    from git_oneshot.cli.data.table import ANSWERS  # the types of all answers

    if command not in ANSWERS:  # which is none, or a hook
        return Next(("git", "oneshot", "skill"), "see how it is used")
    return Next(("git", "oneshot", "schema", command), "see its arguments")


def _mending(checks: object) -> Sequence[Next]:
    """What mends a clone: first what we mend ourselves, then what is left to do."""
    if not isinstance(checks, list):
        return ()
    wrong = [one for row in checks for one in row.findings if not (one.fixed or one.note)]
    fix = [Next(("git", "oneshot", "doctor", "--fix"), "mend what is our own")]
    left = {tuple(one.mend): one.what for one in wrong if one.mend and not one.fixable}
    nexts = [Next(argv, what) for argv, what in left.items()]
    return [*(fix if any(one.fixable for one in wrong) else []), *nexts]
