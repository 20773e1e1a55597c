"""What is said when two beginnings of one id come to one trail: their authors may know of neither.

It is said once, by the command that brings them together here or at the remote;
`status` says it as long as there is something to split.
"""

from collections.abc import Collection

from git_oneshot.cli.ahead import split_it
from git_oneshot.cli.answer import Next
from git_oneshot.cli.app import App
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.spelling import printable
from git_oneshot.core.state import BEGUN_TWICE, State
from git_oneshot.trail.store import Trail, joined

Ends = dict[tuple[FeatureId, str], str]  # the commit of each end, by feature and origin


def ends(app: App) -> Ends:
    """Where all trails end, before they come together."""
    return {(tip.feature, tip.origin): tip.commit for tip in app.store.tips()}


def tell(
    app: App, before: Ends, features: Collection[FeatureId], *, sent: bool
) -> list[Next]:  # fmt: skip
    """Say what was begun twice where our end had not all beginnings; what helps.

    ``sent``: or where they are at a remote now, and no remote had them before.
    """
    tips = joined(app.store.tips())
    nexts = []
    for loaded in app.store.load([tips[feature] for feature in features if feature in tips]):
        state = loaded.state
        if loaded.tip is None or all(void.reason != BEGUN_TWICE for void in state.void):
            continue
        [trail] = app.store.read([loaded.tip])
        here = before.get((trail.feature, ""))
        there = [end for (name, origin), end in before.items() if origin and name == trail.feature]
        begun = _new(trail, here, there if sent else [here])
        if begun:
            app.say(_note(state, begun))
            nexts += split_it(app, state)
    return nexts


def _new(trail: Trail, here: str | None, there: Collection[str | None]) -> list[str]:
    """Who began the trail, each once, in order; nobody where its old ends say so already."""
    from git_oneshot.core.history import starts_of
    from git_oneshot.trail.merging import behind

    starts = starts_of(trail.feature, trail.entries)

    def says(end: str | None) -> bool:
        return end is not None and behind(trail.entries, end).commits.issuperset(starts)

    if says(here) and any(map(says, there)):
        return []
    by = {event.id: event.by for entry in trail.entries for event in entry.events}
    return list(dict.fromkeys(by[event] for event in starts.values()))


def _note(state: State, begun: list[str]) -> str:
    names = [printable(one.partition(" <")[0]) for one in begun]
    counts = f"; what {names[0]} began counts" if len(names) > 1 else ""
    return f"note: '{state.feature}' was begun twice, by {' and '.join(names)}{counts}"
