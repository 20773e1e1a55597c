"""Merging where there is no forge: made as objects, checked, and then one ref moves.

No working tree is touched but the one that stands on the base, and that one only
by a fast-forward.
"""

from typing import Literal

from msgspec.structs import replace

from git_oneshot.core import prbody
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.guards import unmet
from git_oneshot.core.markdown import line
from git_oneshot.core.pulls import CommitLanded
from git_oneshot.core.review import open_one
from git_oneshot.core.spelling import typed
from git_oneshot.core.state import State
from git_oneshot.forge.base import base_ref
from git_oneshot.forge.landing import Landing, as_commit, merged_tree, tip_of
from git_oneshot.forge.replaying import replay
from git_oneshot.forge.synthesize import head_of, send
from git_oneshot.gate.judging import Found, at_tip, worst
from git_oneshot.git import Git
from git_oneshot.proof.prover import Prover

Way = Literal["merge", "squash", "rebase"]


def make(git: Git, prover: Prover, state: State, remote: str, way: Way) -> Landing:
    """Make the commits of a merge and check them; no ref moves."""
    tip = _ready(git, state)
    base = base_ref(git, state, remote)
    if base is None:
        raise unmet(
            "has-base",
            f"the base '{state.base}' is not here",
            typed("git", "fetch", remote or "origin"),
        )
    onto = git.text("rev-parse", base)
    name = base.removeprefix("refs/remotes/").removeprefix("refs/heads/")
    if git.leads(tip, onto):
        raise _there_already(state)
    if way == "rebase":
        return _rebased(git, prover, state, onto, tip, name)
    tree = merged_tree(git, onto, tip)
    if tree is None:
        raise unmet(
            "no-conflict",
            f"'{head_of(state)}' and '{state.base}' have conflicts",
            f"{typed('git', 'merge', name)}, then: git oneshot synthesize",
        )
    if tree == git.tree(onto):
        raise _there_already(state)
    if tree != git.tree(tip):  # nobody has run anything on it yet
        ids = [commit.id for commit in state.commits]
        _proven(at_tip(git, prover, state, ids, trees=(tree, git.tree(onto))), state)
    parents = ["-p", onto, *(["-p", tip] if way == "merge" else [])]
    message = _message(state, way)
    commit = git.text("commit-tree", *parents, "-F", "-", tree, stdin=message.encode())
    return as_commit(git, state, commit)


def _rebased(
    git: Git, prover: Prover, state: State, onto: str, tip: str, base: str
) -> Landing:  # fmt: skip
    """The commits themselves where the base has not moved, else made anew on it and proven anew."""
    if git.leads(onto, tip):
        return as_commit(git, state, tip)
    old = git.lines("rev-list", "--topo-order", "--reverse", f"{onto}..{tip}")
    made = replay(git, old, onto, base)
    if not made:
        raise _there_already(state)
    new = dict(made)
    commits = tuple(replace(c, id=new[c.id]) for c in state.commits if c.id in new)
    moved = replace(state, commits=commits)  # what was said of each is so of the new one
    trees = (git.tree(made[-1][1]), git.tree(onto))
    _proven(at_tip(git, prover, moved, [*new.values()], trees=trees), state)
    landed = tuple(CommitLanded(commit=n, sources=(o,), how="rebase") for o, n in made)
    return Landing(made[-1][1], "rebase", drift=False, landed=landed)


def _there_already(state: State) -> OneshotError:
    return unmet(
        "ahead-of-base", f"'{state.base}' has all of it already",
        f"complete it: git oneshot complete {state.feature}",
    )  # fmt: skip


def _proven(found: Found, state: State) -> None:
    """Refuse what is not proven on the base as it is now."""
    if not found.lacking:
        return
    bad = next((one for one in found.verdicts if not one.accepted), None)
    what = "the suite" if bad is None else f"{bad.commit.id[:9]}, {bad.commit.subject!r},"
    raise OneshotError(
        Code.NOT_PROVEN if worst(found.lacking) == "FAIL" else Code.UNDECIDED,
        f"merged into '{state.base}' {what} is {found.lacking[0].told}",
        "bring the base in, mend it, and synthesize again",
    )


def _ready(git: Git, state: State) -> str:
    """The proven tip, which must be what the branch is at."""
    pull = open_one(state)
    if pull.draft:
        raise unmet(
            "not-a-draft", f"the pull request of '{state.feature}' is a draft",
            f"git oneshot pr ready -f {state.feature}",
        )  # fmt: skip
    tip = tip_of(state)
    at = git.named(f"refs/heads/{state.branch}^{{commit}}")
    if at is not None and at != tip:
        raise unmet(
            "proven-tip", f"'{state.branch}' has commits since {tip[:9]} was proven",
            f"git oneshot synthesize {state.feature}",
        )  # fmt: skip
    return tip


def _message(state: State, way: Way) -> str:
    """The words of a merge: nothing of it is a trailer, and nothing tells a CI to look away."""
    title = prbody.title(state) if state.pull is None else state.pull.title
    if way == "squash":
        subjects = "\n".join(f"* {line(c.subject)}" for c in state.commits if c.subject)
        return f"{title}\n\n{subjects}\n" if len(state.commits) > 1 else f"{title}\n"
    return f"Merge '{head_of(state)}': {title}\n"


def deliver(git: Git, state: State, made: Landing, remote: str) -> str:
    """Move the base: at the remote where there is one, else here.

    Gives back what is left to be said, "" when all is as it should be. Where a
    remote has it, our own branch only follows.
    """
    ref = f"refs/heads/{state.base}"
    if remote:
        send(git, remote, f"{made.commit}:{ref}")
    old = git.named(ref)
    if old is None or not git.leads(old, made.commit):
        return ""  # ours is elsewhere, which the next pull settles
    where = _checked_out(git, ref)
    if where is None:
        git.call("update-ref", "-m", f"oneshot: merge {state.feature}", ref, made.commit, old)
        return ""
    if where == git.work_tree:
        done = git.call("merge", "--ff-only", "--quiet", made.commit, ok=(0, 1, 128))
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = f"it is checked out here: {said[0].removeprefix('error: ')}" if said else ""
        if done.returncode == 0:
            return ""
    else:
        why = f"it is checked out in '{where}'"
    if remote:
        return f"'{state.base}' stays behind here, {why}"
    raise unmet(
        "base-free", f"'{state.base}' cannot be moved, {why}",
        f"git merge --ff-only {made.commit[:12]} there, then: git oneshot complete {state.feature}",
    )  # fmt: skip


def _checked_out(git: Git, ref: str) -> str | None:
    """The working tree that stands on a branch."""
    top = ""
    for one in git.lines("worktree", "list", "--porcelain"):
        name, _, value = one.partition(" ")
        if name == "worktree":
            top = value
        elif name == "branch" and value == ref:
            return top
    return None
