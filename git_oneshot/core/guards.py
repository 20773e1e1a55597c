"""What must hold before a command may do its work: the guards that ``workflow`` calls.

The guards of the table are one line each, and stand beside it. Here are those
that weigh facts: the phase that a command needs, and what it takes to leave
implementing.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from git_oneshot.core import commands as c
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Phase
from git_oneshot.core.state import State

AGAIN: Final = "begin another: git oneshot init FEATURE"


def may_finalize(state: State, command: c.Finalize) -> None:
    """DESIGN §5, leaving implementing: commits, their proofs, the suite, a clean tree."""
    if state.spike and state.open:
        raise unmet(
            "not-a-spike",
            f"'{state.feature}' is a spike and can't be finalized",
            f"make a feature of it: git oneshot graduate {state.feature}; "
            f"or give it up: git oneshot cancel {state.feature} --keep-branch",
            feature=state.feature,
        )
    require(state, "implementing")
    if command.left_over:
        names = ", ".join(command.left_over[:3]) + (" …" if len(command.left_over) > 3 else "")
        raise unmet(
            "tree-clean",
            f"tracked files have changes that are not committed: {names}",
            "commit them, or put them away: git stash",
            paths=list(command.left_over),
        )
    if not command.proofs:
        raise unmet(
            "has-commits",
            f"feature '{state.feature}' has no commit",
            "commit the change with its test first: git commit",
        )
    # FAIL before UNKNOWN: a refusal is certain, a doubt may go away.
    patches = {record.commit: record.patchId for record in command.records}
    judged = [
        (one.commit[:9], one.proof)
        for one in command.proofs
        if state.waiver(one.commit, patches.get(one.commit, "")) is None
    ]
    judged.append(("the suite", command.suite.proof))
    for word, code in (("FAIL", Code.NOT_PROVEN), ("UNKNOWN", Code.UNDECIDED)):
        for what, proof in judged:
            if proof.word == word:
                because = f": {proof.notes[0]}" if proof.notes else ""
                raise OneshotError(
                    code,
                    f"{what} is {word} ({proof.code}){because}",
                    f"see what each test did: git oneshot verify -f {state.feature}",
                )
    _as_the_rules_ask(state, command, patches)


def _as_the_rules_ask(state: State, command: c.Finalize, patches: Mapping[str, str]) -> None:
    """`[gate] order` and `scope`: the commits keep to their order, and to the plan."""
    late = [one for one in command.late if state.waiver(one, patches.get(one, "")) is None]
    if late:
        raise unmet(
            "red-observed",
            f"no test of {late[0][:9]} was seen red before its code",
            "the rules ask for it: run git oneshot red before the code is written",
        )
    anew = f"keep to the plan, or make another: git oneshot plan {state.feature} --goal …"
    if command.outside:
        raise unmet("in-scope", f"the plan does not name {_few(command.outside)}", anew)
    if command.unturned:
        raise unmet(
            "in-scope", f"no commit turned what was planned: {_few(command.unturned)}", anew
        )


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names[:3]) + (" …" if len(names) > 3 else "")


def reason(text: str) -> str:
    """The reason of a claim, which may not be blank."""
    if not text.strip():
        raise OneshotError(Code.INVALID_INPUT, "a reason is needed", "say why: --reason '…'")
    return text.strip()


def may_replan(state: State, command: c.Patch) -> None:
    """A later plan replaces the first one, and so has to be as complete."""
    if "plan" in command.fields and (command.plan is None or command.plan.blank):
        raise unmet(
            "plan-set",
            "a plan takes the place of the one before, and this one has neither goal nor approach",
            f"say all of it: git oneshot plan {state.feature} --goal '…' --approach '…'",
        )


def may_graduate(state: State) -> None:
    """Only an open spike can become a feature."""
    require(state, "plan", "implementing")
    if not state.spike:
        raise unmet(
            "a-spike",
            f"'{state.feature}' is no spike: its commits are proven already when it ends",
            f"see where it stands: git oneshot status {state.feature}",
            feature=state.feature,
        )


def require(state: State, *phases: Phase) -> None:
    """Refuse in any other phase."""
    if state.phase in phases:
        return
    raise OneshotError(
        Code.INVALID_PHASE,
        f"feature '{state.feature}' is in phase '{state.phase}', not in {_any(phases)}",
        _way(state),
        feature=state.feature,
        phase=state.phase,
    )


def _any(phases: Sequence[Phase]) -> str:
    first = ", ".join(phases[:-1])
    return f"{first} or {phases[-1]}" if first else phases[-1]


def _way(state: State) -> str:
    """What helps where a feature is in another phase than a command needs."""
    name = state.feature
    match state.phase:
        case "plan":
            return f"plan it first: git oneshot plan {name} --goal '…' --approach '…'"
        case "implementing":
            return f"prove its commits first: git oneshot finalize {name}"
        case "synthesize":
            return f"see where its pull request stands: git oneshot status {name}"
        case _:
            return f"{AGAIN}; its story: git oneshot log {name}"


def over(state: State) -> OneshotError:
    """The error for an attempt to change a feature that has ended."""
    return OneshotError(
        Code.INVALID_TRANSITION,
        f"feature '{state.feature}' is {state.phase}, which is final",
        AGAIN,
        validTargets=[],
    )


def unmet(guard: str, message: str, hint: str, **data: object) -> OneshotError:
    """The error for a guard that does not hold."""
    return OneshotError(Code.GUARD_FAILED, message, hint, guard=guard, **data)
