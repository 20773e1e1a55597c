"""list: the features, which are many over time: filters, pages, and a watch."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import click

from git_oneshot.cli import text
from git_oneshot.cli.answer import Answer, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.complete import branches
from git_oneshot.cli.look import Table
from git_oneshot.cli.parts import Row
from git_oneshot.cli.show import say_aside
from git_oneshot.cli.standing_data import Listed
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.pipeline import Filter, rows, verdicts
from git_oneshot.core.state import State
from git_oneshot.trail.store import joined

if TYPE_CHECKING:
    from git_oneshot.trail.store import Loaded, Tip

EVERY: Final = 2.0  # seconds between two looks of --watch
PHASES: Final = ("plan", "implementing", "synthesize", "completed", "cancelled")


class Asked:
    """What was asked for, and how to look for it again."""

    def __init__(self, app: App, *, wanted: Filter, stale: bool, offset: int, limit: int | None):
        self._app = app
        self._wanted = wanted
        self._stale = stale
        self._offset = offset
        self._limit = limit

    @property
    def nothing(self) -> str:
        """What is said when there is none."""
        if self._stale or self._wanted != Filter(all=self._wanted.all):
            return "no such feature"
        return "there is no feature" if self._wanted.all else "no feature is open"

    def look(self, tips: "list[Tip]") -> tuple[Listed, Table]:
        """The features at these tips."""
        app = self._app
        origins: dict[FeatureId, set[str]] = {}
        for tip in tips:
            origins.setdefault(tip.feature, set()).add("remote" if tip.origin else "local")
        loaded = app.store.load(list(joined(tips).values()))
        damaged = {one.state.feature: one.damage for one in loaded if one.damage}
        wanted = self._wanted
        if self._stale:
            wanted = wanted._replace(stale=_stale(app, loaded))
        shown, total = rows(
            (one.state for one in loaded), wanted=wanted, offset=self._offset, limit=self._limit
        )
        now = app.now
        features = [_row(now, s, origins[FeatureId(s.feature)], damaged) for s in shown]
        for name, damage in damaged.items():
            app.say(f"warning: {name}: {damage.message if damage else ''}")
        for one in loaded:
            say_aside(app, one)
        return Listed(features=features, total=total), _table(features)


@answering("list", "the open features; with --all, all of them")
@click.option("--all", "all_", is_flag=True, help="Finished ones, too.")
@click.option(
    "--phase", "phases", multiple=True, type=click.Choice(PHASES), metavar="PHASE",
    help="Only those in a phase; again for more.",
)  # fmt: skip
@click.option("--branch", default="", help="Only the one of a branch.", shell_complete=branches)
@click.option("--mine", is_flag=True, help="Only those that you began.")
@click.option("--stale", is_flag=True, help="Only those that prune would look at.")
@click.option(
    "--offset", type=click.IntRange(min=0), default=0, metavar="N", help="Leave out so many."
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Show at most so many.")
@click.option("--watch", is_flag=True, help="Show them again whenever a trail moves.")
def list_(
    app: App, *, all_: bool, phases: tuple[str, ...], branch: str, mine: bool, stale: bool,
    offset: int, limit: int | None, watch: bool,
) -> Answer:  # fmt: skip
    """List features, those that only a remote has included."""
    wanted = Filter(all_, phases, branch, app.identity if mine else "")
    asked = Asked(app, wanted=wanted, stale=stale, offset=offset, limit=limit)
    tips = app.store.tips()
    if app.display.behind(tips):  # a fetch moved trails since
        app.look_for_losses(tips)
        tips = app.store.tips()
        app.refresh_display()
    if watch:
        return _watch(app, asked)
    return _answer(app, asked, tips)


def _answer(app: App, asked: Asked, tips: "list[Tip]") -> Answer:
    data, table = asked.look(tips)
    if not data.features:
        return Answer(data, asked.nothing)
    left = data.total - len(data.features)
    if left:
        app.say(f"note: {len(data.features)} of {data.total} are shown")
    return Answer(data, [table])


def _watch(app: App, asked: Asked) -> Answer:
    """Show them until a person has seen enough."""
    if not app.terminal:
        raise OneshotError(
            Code.USAGE, "--watch is for a terminal", "ask again for what is new: git oneshot list"
        )
    seen: list[Tip] | None = None
    try:
        while True:
            tips = app.store.tips()
            if tips != seen:
                click.clear()
                _, table = asked.look(tips)
                app.answer(table if table.rows else asked.nothing)
                seen = tips
            time.sleep(EVERY)
    except KeyboardInterrupt:
        data, _ = asked.look(app.store.tips())
        return Answer(data)


def _stale(app: App, loaded: "list[Loaded]") -> frozenset[str]:
    """The features that are older than the rules allow."""
    from git_oneshot.core.prune import choose
    from git_oneshot.forge.pruning import entries
    from git_oneshot.proof.suites import rules_of

    said = rules_of(app.git, app.git.tree(app.head)).prune
    found, _ = entries(app.git, loaded, app.now, app.clone.remote)
    choice = choose(found, threshold=said.stale_after_days * 1_440, limit=len(found) or 1)
    return frozenset(one.feature for one in choice.chosen)


def _row(
    now: str, state: State, origins: set[str], damaged: Mapping[str, OneshotError | None]
) -> Row:
    bad = damaged.get(state.feature)
    pull = state.pull
    cycle = "commit" if state.cycle.green else "green" if state.cycle.red else "red"
    return Row(
        feature=state.feature, title=state.title, phase=state.phase, policy=state.policy,
        branch=state.branch, commits=len(state.commits), at=state.at,
        summary=text.plan_line(state.plan, state.summary or state.title),
        origin="both" if len(origins) == 2 else next(iter(origins)),
        damage=bad.code if bad else None,
        cycle=cycle if state.phase in ("implementing", "synthesize") else None,
        verdicts=verdicts(state), age=text.age(now, state.at),
        pull=(pull.url or pull.head) if pull else None,
    )  # fmt: skip


def _table(features: list[Row]) -> Table:
    return text.table(
        ("feature", "phase", "cycle", "verdicts", "age", "branch", "origin", "pull", "plan"),
        [
            (
                r.feature, r.phase or "?", r.cycle or "-", r.verdicts or "-", r.age,
                r.branch or "-", r.origin, r.pull or "-", r.summary,
            )
            for r in features
        ],
    )  # fmt: skip
