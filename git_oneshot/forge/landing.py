"""Whether a feature is in its base, and as what.

A merge is a fact, not a claim: the proven tip is in the base, or the forge (or
the user) names a commit that is in the base. A squash or a rebase has other ids;
it is linked to the commits that were proven by patch ids and by trees, so that
the base shows their proofs.
"""

from typing import NamedTuple

from msgspec.structs import replace

from git_oneshot.core.commands import Complete
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import How
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.pulls import CommitLanded
from git_oneshot.core.spelling import typed
from git_oneshot.core.state import State
from git_oneshot.forge.base import base_ref
from git_oneshot.forge.port import Forge
from git_oneshot.gate.commits import look, record
from git_oneshot.git import Git
from git_oneshot.session import Receipt, Session


class Landing(NamedTuple):
    """A commit of the base by which the feature is in it.

    ``drift``: what it holds is not what merging the proven tip gives.
    """

    commit: str
    how: How
    drift: bool = False
    landed: tuple[CommitLanded, ...] = ()

    def command(self, state: State) -> Complete:
        """The command that records it."""
        pull = state.pull
        return Complete(
            merge_commit=self.commit, url=pull.url if pull else "", drift=self.drift,
            branches=(pull.head,) if pull else (), landed=self.landed,
        )  # fmt: skip


def find(
    git: Git, state: State, remote: str, *, forge: Forge | None = None, said: str = ""
) -> Landing | None:
    """How the feature got into its base, None when it did not.

    ``said``: the commit that the user names. Without a forge nobody is asked.
    Raises OneshotError(GUARD_FAILED) for a commit that is not in the base.
    """
    if said:
        return _said(git, state, remote, said)
    base = base_ref(git, state, remote)
    found = by_history(git, state, base) if base else None
    if found is not None or forge is None or state.pull is None or not state.pull.number:
        return found
    there = forge.look(state.pull.number)
    base = base_ref(git, replace(state, base=there.base), remote)  # it may have another name now
    merged = forge.merged(there)
    if not merged or base is None or not git.leads(merged, base):
        return None
    return as_commit(git, state, merged)


def complete_merged(
    git: Git, session: Session, feature: FeatureId, remote: str, *, forge: Forge | None = None
) -> tuple[Landing, Receipt] | None:
    """Complete a feature in synthesize that was merged; None, and no event, when it was not.

    For whoever sees the merge on the way, as a sync does. Without ``forge`` only git is asked.
    """
    state = session.sound(feature).state
    found = find(git, state, remote, forge=forge)
    if found is None:
        return None
    return found, session.execute(feature, found.command(state))


def tip_of(state: State) -> str:
    """The commit that was proven last."""
    return state.proven or (state.commits[-1].id if state.commits else "")


def by_history(git: Git, state: State, base: str) -> Landing | None:
    """The proven tip is in the base: by which commit of the base's own line?"""
    tip = tip_of(state)
    if not tip or not git.leads(tip, base):
        return None
    line = git.lines("rev-list", "--first-parent", "--ancestry-path", f"{tip}..{base}")
    if not line or git.named(f"{line[-1]}^1") == tip:
        return Landing(tip, "rebase")  # fast-forward: the commits themselves
    return Landing(line[-1], "merge", drift=_drift(git, line[-1], tip))


def as_commit(git: Git, state: State, commit: str) -> Landing:
    """What a commit of the base holds of the feature: a rebase's last commit, or a squash."""
    tip = tip_of(state)
    sources = tuple(one.id for one in state.commits)
    if commit == tip:
        return Landing(commit, "rebase")
    if len(git.text("rev-list", "--parents", "-n1", commit).split()) > 2:
        return Landing(commit, "merge", drift=_drift(git, commit, tip))
    rebased = _rebased(git, state, commit)
    if rebased:
        first = rebased[0].commit
        return Landing(commit, "rebase", _drift(git, commit, tip, onto=f"{first}^"), rebased)
    squash = CommitLanded(commit=commit, sources=sources, how="squash")
    return Landing(commit, "squash", _drift(git, commit, tip), (squash,))


def _said(git: Git, state: State, remote: str, said: str) -> Landing:
    commit = git.named(f"{said}^{{commit}}")
    if commit is None:
        raise OneshotError(
            Code.INVALID_INPUT, f"'{said}' names no commit here", "fetch it: git fetch"
        )
    bases = {base_ref(git, state, remote), base_ref(git, state, "")} - {None}
    if not any(base and git.leads(commit, base) for base in bases):
        raise OneshotError(
            Code.GUARD_FAILED,
            f"{commit[:9]} is not in '{state.base}'",
            (f"{typed('git', 'fetch', remote)}, or " if remote else "") + "merge it there first",
            guard="merge-verified",
        )
    return as_commit(git, state, commit)


def _rebased(git: Git, state: State, commit: str) -> tuple[CommitLanded, ...]:
    """The commits up to ``commit`` that make the feature's changes one by one, in their order."""
    patches = [(one.patch_id, one.id) for one in state.commits if one.patch_id]
    if len(patches) < len(state.commits) or len(patches) < 2:
        # One commit, rebased or squashed: there is no difference.
        return ()
    line = git.lines("rev-list", "--first-parent", f"-n{len(patches)}", commit)[::-1]
    found = [one.patchId for one in record(git, look(git, line))]
    if found != [patch for patch, _ in patches]:
        return ()
    return tuple(
        CommitLanded(commit=new, sources=(old,), how="rebase")
        for new, (_, old) in zip(line, patches, strict=True)
    )


def _drift(git: Git, commit: str, tip: str, onto: str = "") -> bool:
    """Whether a commit holds anything else than the merge of the tip into what was before it."""
    if not tip or git.maybe("cat-file", "-t", tip) != "commit":
        return True
    before = git.named(onto or f"{commit}^1")
    expected = merged_tree(git, before, tip) if before else git.tree(tip)
    return expected != git.tree(commit)


def merged_tree(git: Git, ours: str, theirs: str) -> str | None:
    """The tree of a merge, None when it has conflicts. Touches no working tree."""
    done = git.call("merge-tree", "--write-tree", "--no-messages", ours, theirs, ok=(0, 1))
    return done.stdout.decode().split()[0] if done.returncode == 0 else None
