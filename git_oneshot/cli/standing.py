"""What `status` and `resume` say of a feature: its commits, its pull request, the base, others."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from git_oneshot.cli import text
from git_oneshot.cli.ahead import MERGED, is_home, was_refused
from git_oneshot.cli.answer import Next
from git_oneshot.cli.app import App
from git_oneshot.cli.data.parts import OverlapData, Said
from git_oneshot.cli.data.pull import PullData
from git_oneshot.cli.look import Table
from git_oneshot.core.facts import Proof
from git_oneshot.core.pipeline import Overlap
from git_oneshot.core.spelling import printable
from git_oneshot.core.state import State
from git_oneshot.gate.commits import Commits, look
from git_oneshot.gate.spool import commits_of
from git_oneshot.trail.store import joined


class Standing(Struct, frozen=True):
    """Lines and fields for `status`; ``merged``: the commit that seems to hold the feature."""

    lines: list[str]
    nexts: list[Next]
    pull: PullData | None
    merged: str | None
    overlaps: list[OverlapData]


def standing(app: App, state: State) -> Standing:
    """Look around. Nobody is asked but git: no forge, and no network."""
    lines: list[str] = []
    nexts: list[Next] = []
    pull = None
    merged = None
    if state.pull is not None:
        from git_oneshot.cli.forges import as_known, pull_data, pull_name

        pull = pull_data(as_known(state.pull))
        closed = "" if state.pull.open else "closed, "
        lines.append(printable(f"pull      {closed}{pull_name(as_known(state.pull))}"))
    if state.phase == "synthesize":
        from git_oneshot.forge.landing import find

        found = find(app.git, state, app.clone.remote)
        merged = found.commit if found is not None else None
        if merged is not None:
            lines.append(f"merged    as {merged[:9]}")
            nexts.append(MERGED)
    if state.phase == "completed" and state.merge_commit:
        drift = ", and differs from what was proven" if state.drift else ""
        lines.append(f"merged    as {state.merge_commit[:9]}{drift}")
    away = state.phase == "completed" and app.clone.remote and state.base != state.branch
    if away and not is_home(app, state):
        lines.append(printable(f"base      '{app.clone.remote}/{state.base}' has it not yet"))
    found_overlaps = overlapping(app, state, here=True)
    from git_oneshot.core.pipeline import checkpoint_advised, told

    lines += [printable(f"overlap   {line}") for line in told(found_overlaps)]

    if checkpoint_advised(state):
        nexts.append(Next(("git", "oneshot", "checkpoint"), "much has happened since the last"))
    data = [OverlapData(file=o.file, feature=o.feature or None) for o in found_overlaps]
    return Standing(lines, nexts, pull, merged, data)


def overlapping(app: App, state: State, *, here: bool) -> tuple[Overlap, ...]:
    """The planned files that others change; ``here``: look at the features of this clone only."""
    if state.plan is None or not state.plan.files or not state.open:
        return ()
    from git_oneshot.forge.base import base_ref
    from git_oneshot.gate.progress import overlaps

    if here:
        names = {*app.markers.all().values()} - {state.feature}
        tips = app.store.tips_of(names)
    else:
        tips = list(joined(app.store.tips()).values())
    others = [loaded.state for loaded in app.store.load(tips)]
    return overlaps(app.git, state, others, base_ref(app.git, state, app.clone.remote))


def cycle(app: App, state: State) -> tuple[str, str]:
    """Where the cycle stands, in a word and in a line."""
    said = state.pending
    ours = said is not None and said.parent_tree == app.git.tree(app.head)
    return text.cycle(state, app.head, said.kind if said is not None and ours else "")


def reach(app: App, state: State) -> Commits:
    """The commits of a feature: on its branch what HEAD has of them, elsewhere what it recorded.

    So, too, where it has ended and another one is on the branch.
    """
    other = app.markers.all().get(state.branch, state.feature) != state.feature
    if app.is_on(state) and (state.open or not other):
        return commits_of(app.git, state) if app.head else Commits((), ())
    recorded = tuple(commit.id for commit in state.commits)
    if not recorded:
        return Commits((), ())
    ids = "\n".join(recorded).encode() + b"\n"
    new = app.git.lines(
        "rev-list", "--no-walk", "--ignore-missing", "--stdin", "--not", "--remotes", stdin=ids
    )
    return Commits(recorded, tuple(new))


def claims_of(app: App, state: State, commits: Sequence[str]) -> list[Said]:
    """What the trail says of each commit, else what was found out here; and its subject."""
    recorded = {commit.id: commit for commit in state.commits}
    refused = {}
    if was_refused(app):
        from git_oneshot.cli.refused import known

        refused = known(app, state, commits, waived=True)
    new = look(app.git, [c for c in commits if c not in recorded or not recorded[c].subject])
    subjects = {seen.id: seen.subject for seen in new}
    told = _found_here(app, [c for c in commits if c not in recorded or not recorded[c].proof])
    rows = []
    for id_ in commits:
        commit = recorded.get(id_)
        proof = commit.proof if commit else None
        here = proof is None
        if proof is None:
            proof = refused[id_].proof if id_ in refused else told.get(id_)
        waiver = state.waiver(id_)
        subject = commit.subject if commit and commit.subject else subjects.get(id_, "")
        rows.append(Said(
            commit=id_, subject=subject, verdict=proof.word if proof else None,
            code=(proof.code or None) if proof else None,
            kind=(proof.kind or None) if proof else None,
            here=here and proof is not None,
            declared=(commit.declared or None) if commit else None,
            waived=waiver.reason if waiver else None,
        ))  # fmt: skip
    return rows


def _found_here(app: App, commits: Sequence[str]) -> Mapping[str, Proof | None]:
    """What this clone found out of commits of which a trail says nothing yet."""
    if not commits:
        return {}
    from git_oneshot.gate.filed import filed, proof_told

    found = {**filed(app.git, commits), **app.display.verified()}
    return {one: proof_told(found[one]) for one in commits if one in found}


def table_of(commits: Sequence[Said]) -> Table:
    """The commits of a feature, with what its trail claims of them, or this clone found out."""
    rows = []
    for commit in commits:
        verdict = str(commit.verdict or "not judged")
        verdict += f" ({commit.code})" if commit.code else ""
        verdict += " (here)" if commit.here else ""
        verdict += f" {commit.declared} (declared)" if commit.declared else ""
        verdict += " waived" if commit.waived else ""
        rows.append((commit.commit[:9], verdict, printable(commit.subject)))
    plain = "\n".join(f"commit    {id_} {verdict}  {subject}" for id_, verdict, subject in rows)
    return Table(("commit", "verdict", "subject"), rows, plain)
