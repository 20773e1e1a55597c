"""list: the features, which are many over time: filters, pages, and a watch."""

import contextlib
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import click
from msgspec.structs import replace

from git_oneshot.cli import text
from git_oneshot.cli.answer import Answer, Next, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import branches
from git_oneshot.cli.given import Number, named
from git_oneshot.cli.look import NOTHING, Part, Table
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.pipeline import Filter, Glance, rows
from git_oneshot.core.spelling import counted, typed
from git_oneshot.core.words import PHASES
from git_oneshot.trail.store import joined

if TYPE_CHECKING:
    from git_oneshot.cli.data.pipeline import Listed
    from git_oneshot.trail.store import Tip

EVERY: Final = 2.0  # seconds between two looks of --watch
HEAD: Final = (
    "feature", "phase", "next", "verdicts", "age", "branch", "origin", "pull", "plan",
)  # fmt: skip


class Page(NamedTuple):
    """The features that are shown, of ``total``, and what is said of them besides."""

    features: list[Glance]
    total: int
    origins: dict[str, str]  # local, remote or both
    damaged: dict[str, OneshotError]

    def table(self, now: str) -> Table:
        """The page as people read it."""
        origins = self.origins
        return text.table(HEAD, [
            (
                one.feature, one.phase or "?", one.cycle or NOTHING, one.verdicts or NOTHING,
                text.age(now, one.at), one.branch or NOTHING, origins[one.feature],
                _pull(one), one.summary or text.UNPLANNED,
            )
            for one in self.features
        ], spare="origin")  # fmt: skip

    def data(self, now: str) -> "Listed":
        """The page as programs read it."""
        from git_oneshot.cli.data.pipeline import Listed, Row

        return Listed(total=self.total, features=[
            Row(
                feature=one.feature, title=one.title, phase=one.phase, policy=one.policy,
                branch=one.branch, commits=one.commits, at=one.at,
                summary=one.summary or text.UNPLANNED, origin=self.origins[one.feature],
                damage=self.damaged[one.feature].code if one.feature in self.damaged else None,
                cycle=one.cycle, verdicts=one.verdicts, age=text.age(now, one.at), pull=one.pull,
            )
            for one in self.features
        ])  # fmt: skip


def _pull(one: Glance) -> str:
    """A pull request in a word: its number, or that it is kept on the trail."""
    number = (one.pull or "").rpartition("/")[2]
    return f"#{number}" if number.isdecimal() else "local" if one.pull else NOTHING


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

    def look(self, tips: "list[Tip]") -> Page:
        """The features at these tips; what is wrong with any is said."""
        if not (self._app.told or self._app.terminal):  # a pipe does not pay for it
            return self._look(tips)
        with self._app.progress.running(f"reading {counted(len(tips), 'trail')}"):
            return self._look(tips)

    def _look(self, tips: "list[Tip]") -> Page:
        app = self._app
        ends = list(joined(tips).values())
        wanted = self._wanted
        if self._stale:
            wanted = replace(wanted, stale=_stale(app, ends))
        found = app.store.glances(ends)
        shown, total = rows(
            (one.glance for one in found), wanted=wanted, offset=self._offset, limit=self._limit
        )
        shown = [_refused(app, _here(app, one)) for one in shown]
        damaged = {one.glance.feature: one.damage for one in found if one.damage}
        for name, damage in damaged.items():
            app.say(f"warning: {name}: {damage.message}")
        for one in found:
            app.left_out(one.glance.feature, one.aside)
        return Page(shown, total, _origins(tips), damaged)


@answering("list", long=True)
@click.option("--all", "all_", is_flag=True, help="Finished ones, too.")
@click.option(
    "--phase", "phases", multiple=True, type=click.Choice(PHASES), metavar="PHASE",
    help="Only those in a phase; again for more.",
)  # fmt: skip
@click.option("--branch", help="Only the one of a branch.", shell_complete=branches)
@click.option("--mine", is_flag=True, help="Only those that you began.")
@click.option("--stale", is_flag=True, help="Only those that prune would look at.")
@click.option("--offset", type=Number(min=0), default=0, metavar="N", help="Leave out so many.")
@click.option("--limit", type=Number(min=1), metavar="N", help="Show at most so many.")
@click.option("--watch", is_flag=True, help="Show them again whenever a trail moves.")
def list_(
    app: App, *, all_: bool, phases: tuple[str, ...], branch: str | None, mine: bool, stale: bool,
    offset: int, limit: int | None, watch: bool,
) -> Answer:  # fmt: skip
    """List features, those that only a remote has included."""
    if app.named is not None:
        raise OneshotError(
            Code.USAGE, "list shows every feature, and takes no '-f'",
            typed("git", "oneshot", "status", app.named),
        )  # fmt: skip
    wanted = Filter(all_, phases, named("--branch", branch), app.identity if mine else "")
    asked = Asked(app, wanted=wanted, stale=stale, offset=offset, limit=limit)
    tips = app.store.tips()
    if app.display.behind(tips):  # a fetch moved trails since
        with contextlib.suppress(OSError, OneshotError):  # where nothing can be written
            app.refresh_display()
        tips = app.store.tips()
    if watch:
        return _watch(app, asked)
    return _answer(app, asked, tips)


def _answer(app: App, asked: Asked, tips: "list[Tip]") -> Answer:
    page = asked.look(tips)
    nexts = [] if tips else _brought_by(app)
    if app.json:
        return Answer(page.data(app.now), next=nexts)
    return Answer(text=[_told(app, asked, page)], next=nexts)


def _brought_by(app: App) -> list[Next]:
    from git_oneshot.cli.nowhere import not_brought

    return list(filter(None, [not_brought(app, ())]))


def _told(app: App, asked: Asked, page: Page) -> Part:
    """A page for people; how much of all it is, is said beside it."""
    if not page.features:
        beyond = f"this page is empty: {counted(page.total, 'feature')} in all"
        return beyond if page.total else asked.nothing
    if page.total > len(page.features):
        app.say(f"note: {len(page.features)} of {page.total} are shown")
    return page.table(app.now)


def _watch(app: App, asked: Asked) -> Answer:
    """Show them until a person has seen enough."""
    if not app.terminal:
        raise OneshotError(
            Code.USAGE, "--watch is for a terminal", "ask again for what is new: git oneshot list"
        )
    import shutil

    seen: object = None
    try:
        while True:
            tips = app.store.tips()
            # What is seen depends on the width, and the age on the minute.
            sight = (tips, shutil.get_terminal_size(), app.now[:16])
            if sight != seen:
                click.clear()
                app.answer(_told(app, asked, asked.look(tips)))
                seen = sight
            time.sleep(EVERY)
    except KeyboardInterrupt:
        return Answer()


def _stale(app: App, tips: "list[Tip]") -> frozenset[str]:
    """The features that are older than the rules allow."""
    from git_oneshot.core.prune import choose
    from git_oneshot.forge.pruning import entries
    from git_oneshot.proof.suites import rules_of

    said = rules_of(app.git, app.git.tree(app.head)).prune
    found, _ = entries(app.git, app.store.load(tips), app.now, app.clone.remote)
    choice = choose(found, threshold=said.stale_after_days * 1_440, limit=len(found) or 1)
    return frozenset(one.feature for one in choice.chosen)


def _here(app: App, one: Glance) -> Glance:
    """A feature with what is next as `status` has it: HEAD may be further than the trail.

    Where nothing of a cycle is recorded, it cannot be.
    """
    if one.cycle in (None, "red") or one.branch != app.branch:
        return one
    from git_oneshot.cli.standing import cycle

    state = app.session.load(FeatureId(one.feature)).state
    return replace(one, cycle=cycle(app, state)[0])


def _refused(app: App, one: Glance) -> Glance:
    """A feature with what this clone refused of it, as `status` shows it."""
    if "not judged" not in one.verdicts:
        return one
    from git_oneshot.cli.ahead import was_refused

    if not was_refused(app):
        return one
    from git_oneshot.cli.refused import known
    from git_oneshot.core.pipeline import verdicts

    state = app.session.load(FeatureId(one.feature)).state
    found = known(app, state, [commit.id for commit in state.commits], waived=True)
    said = verdicts(state, {commit: judged.proof.word for commit, judged in found.items()})
    return replace(one, verdicts=said)


def _origins(tips: "list[Tip]") -> dict[str, str]:
    """Who has each feature's trail: this clone (local), a remote, or both."""
    here: set[str] = {tip.feature for tip in tips if not tip.origin}
    there: set[str] = {tip.feature for tip in tips if tip.origin}
    only = {**dict.fromkeys(here, "local"), **dict.fromkeys(there, "remote")}
    return {**only, **dict.fromkeys(here & there, "both")}
