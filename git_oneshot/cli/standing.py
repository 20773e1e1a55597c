"""What `status` says besides the feature itself: its pull request, the base, other features."""

from msgspec import Struct

from git_oneshot.cli.ahead import MERGED
from git_oneshot.cli.answer import Next
from git_oneshot.cli.app import App
from git_oneshot.cli.data.parts import OverlapData
from git_oneshot.cli.data.pull import PullData
from git_oneshot.core.ids import printable
from git_oneshot.core.pipeline import Overlap
from git_oneshot.core.state import State
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
