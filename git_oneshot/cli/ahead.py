"""What comes next, the first thing first: from the state of a feature, its commits and the tree.

Who follows the first step of each answer gets to an end, or to a step that is
a person's (`tests/cli/test_agent.py`). So a step is named only where it can do
something: what was refused is not tried again before it has changed.
"""

import os
import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from git_oneshot.cli.answer import COMMIT_IT, PLAN_IT, STATUS, Next
from git_oneshot.cli.app import App
from git_oneshot.cli.data.parts import Said
from git_oneshot.cli.renamed import own_branch
from git_oneshot.cli.underway import under_way
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.state import BEGUN_TWICE, State
from git_oneshot.gate.commits import UNFINISHED, Commits
from git_oneshot.gate.spool import commits_of

RED = Next(("git", "oneshot", "red"), "write the test that fails, then", work=True)
GREEN = Next(("git", "oneshot", "green"), "make it pass, then", work=True)
VERIFY = Next(("git", "oneshot", "verify"), "see which of its commits are proven")
FINALIZE = Next(("git", "oneshot", "finalize"), "when all is committed")
STAGE = Next(("git", "add", "--all"), "stage it")
SPIKE = (
    Next(("git", "oneshot", "graduate"), "make a feature of it, when it is good", work=True),
    Next(
        ("git", "oneshot", "cancel", "--keep-branch"), "or end it, when you have seen enough",
        work=True,
    ),
)  # fmt: skip


def red_first(app: App) -> Next:
    """The next cycle; a program is told, too, whether there is something to look at already."""
    if not app.json:
        return RED
    tree = changed(app)
    return RED._replace(work=not (tree.staged or tree.other))


_BEHIND: Final = re.compile(r" -> (\S+) \((?:fetch first|non-fast-forward)\)")


def send_it(app: App) -> list[Next]:
    """The push that brings this branch, and the trail with it, to its remote; none without one."""
    branch, remote = app.branch, app.clone.remote
    if branch is None or not remote:
        return []
    first: tuple[str, ...] = ()
    if app.git.maybe("config", "--get", f"branch.{branch}.merge") is None:
        first = ("--set-upstream", remote, branch)
    argv = ("git", "push", *first)
    if app.json:  # which is told then what to do where git says no
        argv = ("git", "oneshot", "push", *(("--", *first) if first else ()))
    return [Next(argv, "send it, with its trail")]


def home_it(app: App, state: State) -> list[Next]:
    """The push that brings a finalized branch to its base; none where that is the same."""
    branch, remote = app.branch, app.clone.remote
    if not remote or branch is None or not state.base or state.base == branch:
        return []
    push = ("oneshot", "push", "--") if app.json else ("push",)
    argv = ("git", *push, remote, f"{branch}:{state.base}")
    return [Next(argv, f"bring it to '{state.base}'")]


def after_push(app: App, given: Sequence[str], said: str) -> tuple[Next, ...]:
    """What helps after a push that failed, by what it was given, and what git and the hook said."""
    if "--set-upstream" in said:
        return tuple(send_it(app))
    if behind := _BEHIND.search(said):
        remote = next((one for one in given if one in app.git.lines("remote")), app.clone.remote)
        there = f"{remote}/{behind[1]}"
        tracked = app.git.maybe("rev-parse", "--abbrev-ref", "@{upstream}") == there
        argv = ("git", "pull", "--rebase", *(() if tracked else (remote, behind[1])))
        return (Next(argv, "take in what the remote has"),)
    if "hint: git oneshot why" in said:
        return (Next(("git", "oneshot", "why"), "see what the hook refused"),)
    return ()


def stage_it(app: App) -> Next:
    """How the change is staged: not with what tools made beside it."""
    from git_oneshot.proof.trees.made import made

    names = list(dict.fromkeys(os.path.basename(folder.rstrip("/")) for folder in made(app.git)))
    if not names:
        return STAGE
    said = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
    return STAGE._replace(why=f"name {said} in .gitignore, then stage it", work=True)


def sync_it(app: App, feature: str) -> list[Next]:
    """How a trail gets to its remote where its commits are there already."""
    argv = ("git", "oneshot", "sync", "-f", feature)
    return [Next(argv, "send its trail")] if app.clone.remote else []


def go_on(app: App) -> list[Next]:
    """Back to the feature that is open here."""
    if app.open_here() is None:
        return []
    return [STATUS._replace(why="go on with the feature that is open here")]


def after(app: App, state: State, cycle: str, commits: Commits, said: Sequence[Said]) -> list[Next]:
    """What to do next with a feature; ``said``: what is known of its commits."""
    if state.open and app.git.work_tree is None:
        argv = ("git", "oneshot", "clone", app.git.git_dir)
        return [Next(argv, "nobody works in a bare repository; in a clone, be on its branch")]
    going = under_way(app)
    if going and state.open and app.branch is None:  # and git goes to none before that is done
        return [going.step]
    first = [going.step] if going and state.open else branch(app, state)
    nexts = [*first, *_ahead(app, state, cycle, commits, said)]
    nexts += split_it(app, state)
    if state.open and not os.path.exists(os.path.join(app.git.own_dir, "program")):
        argv = ("git", "oneshot", "install", "--yes")
        nexts.append(Next(argv, "no hook looks at commits here; set up this clone"))
    return nexts


def known_first(app: App, state: State) -> list[Next]:
    """A look at the commits that a feature has before its first cycle, as of a spike."""
    if app.head == state.start or not commits_of(app.git, state).ids:
        return []
    return [VERIFY]


def split_it(app: App, state: State) -> list[Next]:
    """How to part what was begun twice, while a beginning has no trail of its own."""
    if all(void.reason != BEGUN_TWICE for void in state.void):
        return []
    from git_oneshot.trail.splitting import split_off

    tip = app.store.tip(FeatureId(state.feature))
    assert tip is not None
    [trail] = app.store.read([tip])
    if None not in split_off(app.store, trail).values():
        return []
    argv = ("git", "oneshot", "split", state.feature)
    return [Next(argv, "it was begun twice: give one a trail of its own", ("--as",))]


def branch(app: App, state: State) -> list[Next]:
    """How to get to the branch of an open feature, where we are on another one."""
    if not state.open or not state.branch or app.is_on(state):
        return []
    here = own_branch(app, state)
    if app.git.named(f"refs/heads/{here}"):
        return [switch_to(app, here, "be on its branch")]
    remote = app.clone.remote
    if app.git.named(f"refs/remotes/{remote}/{state.branch}"):
        track = f"{remote}/{state.branch}"
        return [Next(("git", "switch", "--track", track), "be on its branch, as the remote has it")]
    why = f"see whether a remote has '{state.branch}' by now"
    return [Next(("git", "fetch"), why, work=True)]


def switch_to(app: App, branch: str, why: str, *options: str) -> Next:
    """How to get to a branch of this clone; git does not go where another worktree is."""
    at = app.git.maybe("for-each-ref", "--format=%(worktreepath)", f"refs/heads/{branch}")
    if at and app.branch != branch:
        argv = ("git", "-C", at, "oneshot", "status", *(["--json"] if app.json else []))
        return Next(argv, f"{why}, in another worktree")
    return Next(("git", "switch", *options, branch), why)


def _ahead(
    app: App, state: State, cycle: str, commits: Commits, said: Sequence[Said]
) -> list[Next]:
    if state.spike and state.open:
        return [*SPIKE]
    if state.phase == "plan":
        return [PLAN_IT]
    if state.phase == "implementing":
        return _implementing(app, state, cycle, commits, said)
    if state.phase == "completed" and not app.is_on(state):
        return _to_send(app, state) if commits.unpushed else []
    if state.phase == "completed":
        home = [] if is_home(app, state) else home_it(app, state)
        return [*(send_it(app) if commits.unpushed else []), *home]
    if state.phase == "synthesize":
        mend_first = _mending(app, state, commits) or _unfinished(app, state, said)
        return mend_first or after_review(state)
    return []


def is_home(app: App, state: State) -> bool:
    """Whether the base has a feature that has ended, as far as is known here."""
    from git_oneshot.gate.home import is_done

    merged = bool(state.merge_commit)
    return merged or is_done(app.git, state, state.branch, app.clone.remote)


def _to_send(app: App, state: State) -> list[Next]:
    """How to get to where a feature of another branch is sent from: a push sends this one."""
    here = own_branch(app, state)
    if not app.git.named(f"refs/heads/{here}"):
        return []
    return [switch_to(app, here, "be on its branch, to send it")]


def _implementing(
    app: App, state: State, cycle: str, commits: Commits, said: Sequence[Said]
) -> list[Next]:
    mend_first = _mending(app, state, commits)
    if mend_first:
        return mend_first
    end = _unfinished(app, state, said) or ([FINALIZE] if said else [])
    if cycle == "green":
        declared = state.cycle.red is None or state.cycle.parent != app.head
        return [GREEN._replace(why="make the change, then") if declared else GREEN, *end]
    if cycle == "commit":
        tree = changed(app)
        # Edited since it was staged: green was of that, too; or a formatter of theirs wrote it.
        if tree.edited or (tree.other and not tree.staged):
            return [stage_it(app), COMMIT_IT]
        if tree.staged:
            return [COMMIT_IT, *end]
    return [*end, red_first(app)]


def _mending(app: App, state: State, commits: Commits) -> list[Next]:
    """How to mend what was refused and is still there."""
    if not was_refused(app):
        return []
    from git_oneshot.cli.refused import still

    return still(app, state, commits)


def _unfinished(app: App, state: State, said: Sequence[Said]) -> list[Next]:
    """How a fixup gets into its commit, which is before any gate."""
    fixups = [c.commit for c in said if c.subject.startswith(UNFINISHED) and c.waived is None]
    if not fixups or not app.is_on(state):
        return []
    from git_oneshot.cli.refused import mend

    return [*mend(app, "fixup", fixups[0], [c.commit for c in said])]


def was_refused(app: App) -> bool:
    """Whether anything was refused in this clone: else there is nothing to load for it."""
    return os.path.exists(os.path.join(app.git.own_dir, "refused"))


MERGED: Final = Next(("git", "oneshot", "complete"), "it was merged: complete it")


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


class Changed(Struct, frozen=True):
    """Whether the working tree has changes: staged ones, others, and of these in tracked files."""

    staged: bool
    other: bool
    edited: bool


def changed(app: App) -> Changed:
    """Look at the working tree, as `git status` does."""
    if app.git.work_tree is None:
        return Changed(False, False, False)
    lines = app.git.names("status", "--porcelain=v1", "-z", "--no-renames")
    return Changed(
        staged=any(line[0] not in " ?" for line in lines),
        other=any(line[1] != " " for line in lines),
        edited=any(line[1] not in " ?" for line in lines),
    )
