"""What comes next, the first thing first: from the state of a feature, its commits and the tree.

Who follows the first step of each answer gets to an end, or to a step that is
a person's (`tests/cli/test_agent.py`). So a step is named only where it can do
something: what was refused is not tried again before it has changed.
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from git_oneshot.cli.answer import COMMIT_IT, PLAN_IT, Next
from git_oneshot.cli.app import App
from git_oneshot.cli.mending import HELP, in_commit, in_tree, put_into, squash
from git_oneshot.cli.sending import send_it
from git_oneshot.core.state import BEGUN_TWICE, State
from git_oneshot.gate.commits import Commits, look, of_feature

if TYPE_CHECKING:
    from git_oneshot.core.facts import Proof
    from git_oneshot.gate.judging import Verdict
    from git_oneshot.gate.refused import Judged

STATUS = Next(("git", "oneshot", "status"), "see where the feature stands")
RED = Next(("git", "oneshot", "red"), "write the test that fails, then")
GREEN = Next(("git", "oneshot", "green"), "make it pass, then")
FINALIZE = Next(("git", "oneshot", "finalize"), "when all is committed")
STAGE = Next(("git", "add", "--all"), "stage it")
SPIKE = (
    Next(("git", "oneshot", "cancel", "--keep-branch"), "end it, when you have seen enough"),
    Next(("git", "oneshot", "graduate"), "or make a feature of it"),
)


def after(app: App, state: State, cycle: str, commits: Commits) -> list[Next]:
    """What to do next with a feature."""
    nexts = [*branch(app, state), *_ahead(app, state, cycle, commits)]
    if any(void.reason == BEGUN_TWICE for void in state.void):
        argv = ("git", "oneshot", "split", state.feature)
        nexts.append(Next(argv, "it was begun twice: give one a trail of its own", ("--as",)))
    return nexts


def branch(app: App, state: State) -> list[Next]:
    """How to get to the branch of an open feature, where we are on another one."""
    if not state.open or not state.branch or app.branch == state.branch:
        return []
    if app.git.named(f"refs/heads/{state.branch}"):
        return [Next(("git", "switch", state.branch), "be on its branch")]
    remote = app.clone.remote
    if app.git.named(f"refs/remotes/{remote}/{state.branch}"):
        track = f"{remote}/{state.branch}"
        return [Next(("git", "switch", "--track", track), "be on its branch, as the remote has it")]
    why = f"see whether a remote has '{state.branch}' by now"
    return [Next(("git", "fetch"), why, work=True)]


def _ahead(app: App, state: State, cycle: str, commits: Commits) -> list[Next]:
    if state.spike and state.open:
        return [*SPIKE]
    if state.phase == "plan":
        return [PLAN_IT]
    if state.phase == "implementing":
        return _implementing(app, state, cycle, commits)
    if state.phase == "completed" and commits.unpushed:
        return send_it(app)
    if state.phase == "synthesize":
        return _mending(app, state, commits) or after_review(state)
    return []


def _implementing(app: App, state: State, cycle: str, commits: Commits) -> list[Next]:
    mend_first = _mending(app, state, commits)
    if mend_first:
        return mend_first
    if cycle == "green":
        return [GREEN, FINALIZE]
    if cycle == "commit":
        tree = changed(app)
        if tree.staged:
            return [COMMIT_IT, FINALIZE]
        if tree.other:
            return [STAGE, COMMIT_IT]
    return [FINALIZE, RED] if commits.ids else [RED, FINALIZE]


def after_review(state: State) -> list[Next]:
    """What to do next with a pull request."""
    if state.phase != "synthesize":
        return []
    pull = state.pull
    if pull is None or not pull.open:
        what = "open the pull request" if pull is None else "open another"
        return [Next(("git", "oneshot", "synthesize"), what)]
    return [after_pull(draft=pull.draft, local=pull.provider == "local")]


def after_pull(*, draft: bool, local: bool) -> Next:
    """What to do next with a pull request that is open."""
    if draft:
        return Next(("git", "oneshot", "pr", "ready"), "when it may be reviewed")
    if local:
        return Next(("git", "oneshot", "pr", "merge"), "when it may be merged")
    return Next(("git", "oneshot", "complete"), "when it was merged", work=True)


# -- what was refused, and is still there -----------------------------------------------


def _mending(app: App, state: State, commits: Commits) -> list[Next]:
    """How to mend what was refused and is still there; nothing where that is nothing."""
    found = known(app, state, commits.ids)
    bad = next((c for c in commits.ids if c in found and found[c].proof.word == "FAIL"), None)
    if bad is None:
        suite = found.get("")
        broken = suite is not None and suite.proof.word == "FAIL"
        return [*in_tree(suite.proof.code)] if suite is not None and broken else []
    code = found[bad].proof.code
    if code != "fixup" and _for(app, bad, commits.ids):
        return [squash(onto_of(app, bad))]
    if code in HELP and HELP[code].lacks and not HELP[code].apart:
        tree = changed(app)
        if tree.staged or tree.other:
            stage = [] if tree.staged else [STAGE]
            return [*stage, *put_into(bad[:9], onto_of(app, bad))]
    return [*mend(app, code, bad, commits.ids)]


def refused(
    app: App, state: State, by: str, message: str, verdicts: "Sequence[Verdict]",
    suite: "Proof | None",
) -> tuple[Next, ...]:  # fmt: skip
    """Keep what ``by`` refused, for `why` and `status`; give back how it is mended."""
    from git_oneshot.gate.refused import Judged, Refused, keep

    judged = [
        Judged(commit=v.commit.id, subject=v.commit.subject, proof=v.proof, log=v.log)
        for v in verdicts
    ]
    if suite is not None and suite.word != "PASS":
        judged.append(Judged(proof=suite))
    keep(app.git, Refused(hook=by, at=app.now, branch=app.branch or "", message=message,
                          tip=app.head or "", judged=tuple(judged)))  # fmt: skip
    return mending(app, state, judged)


def mending(app: App, state: State, judged: "Sequence[Judged]") -> tuple[Next, ...]:
    """What helps after a refusal: of the first that is FAIL, else of the first in doubt."""
    for word in ("FAIL", "UNKNOWN"):
        for one in judged:
            if one.proof.word != word or state.waiver(one.commit):
                continue
            if not one.commit:
                return in_tree(one.proof.code)
            return mend(app, one.proof.code, one.commit, of_feature(app.git, state).ids)
    return ()


def mend(app: App, code: str, commit: str, commits: Sequence[str]) -> tuple[Next, ...]:
    """What helps where a commit of the branch was refused; ``commits``: the feature's."""
    target = ""
    if code == "fixup":
        [seen] = look(app.git, [commit])
        subject = seen.subject.partition("! ")[2]
        below = look(app.git, commits[: commits.index(commit)] if commit in commits else [])
        target = next((onto_of(app, one.id) for one in below if one.subject == subject), "")
    return in_commit(code, commit, onto_of(app, commit), target)


def onto_of(app: App, commit: str) -> str:
    """What a commit is rebased onto; "" for the last one, which is amended."""
    if commit == app.head:
        return ""
    parent = app.git.named(f"{commit}^")
    return f"{commit[:9]}^" if parent else "--root"


def _for(app: App, commit: str, commits: Sequence[str]) -> bool:
    """Whether a later commit waits to be squashed into one."""
    from git_oneshot.gate.judging import UNFINISHED

    seen, *later = look(app.git, commits[commits.index(commit) :])
    return any(one.subject == f"{word}{seen.subject}" for one in later for word in UNFINISHED)


def known(app: App, state: State, commits: Sequence[str]) -> "dict[str, Judged]":
    """What the last refusal found of commits, where nobody has said anything of them since.

    What it found of the tip's whole suite is there as "".
    """
    if not os.path.exists(os.path.join(app.git.own_dir, "refused")):
        return {}  # and nothing is imported
    from git_oneshot.gate.refused import last

    kept = last(app.git)
    if kept is None:
        return {}
    said = {commit.id for commit in state.commits if commit.declared}
    found = {one.commit: one for one in kept.judged
             if one.commit in commits and (one.proof.declared or one.commit not in said)
             and state.waiver(one.commit) is None}  # fmt: skip
    if kept.tip == app.head and not kept.tree:
        found.update(("", one) for one in kept.judged if not one.commit)
    return found


class Changed(NamedTuple):
    """Whether the working tree has changes: staged ones, and others."""

    staged: bool
    other: bool


def changed(app: App) -> Changed:
    """Look at the working tree, as `git status` does."""
    if app.git.work_tree is None:
        return Changed(False, False)
    lines = app.git.names("status", "--porcelain=v1", "-z", "--no-renames")
    return Changed(
        any(line[0] not in " ?" for line in lines), any(line[1] != " " for line in lines)
    )
