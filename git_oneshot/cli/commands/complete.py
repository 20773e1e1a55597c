"""complete: a feature whose pull request was merged."""

import click
from msgspec.structs import replace

from git_oneshot.cli.answer import Answer, Next, answering, in_earnest, written
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import branches, open_features
from git_oneshot.cli.data.pull import Completed, LandedData
from git_oneshot.cli.forges import (
    base_gone,
    closed,
    fetch_base,
    forge_for,
    read_at,
    send_trail,
)
from git_oneshot.cli.given import a_branch, named
from git_oneshot.cli.sealing import may_end, sealed
from git_oneshot.core.commands import Complete
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.guards import unmet
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.state import State
from git_oneshot.forge.landing import Landing, by_history, find
from git_oneshot.session import Receipt


@answering("complete")
@click.argument("feature", required=False, shell_complete=open_features)
@click.option(
    "--merged-as", metavar="REV", shell_complete=branches,
    help="The commit of the base that holds it.",
)  # fmt: skip
@click.option(
    "--base", metavar="BRANCH", shell_complete=branches,
    help="What the base is called now, where it was renamed.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Find out, and record nothing.")
def complete(
    app: App, *, feature: str | None, merged_as: str | None, base: str | None, dry_run: bool
) -> Answer:  # fmt: skip
    """Complete a feature in synthesize, if its merge is a fact.

    It is one when the proven tip is in the base, or when the forge, or you, name
    the commit that it was squashed or rebased to, and that one is in the base.
    """
    merge = named("--merged-as", merged_as)
    name = app.feature(feature, ended=True)
    before = app.session.before(name, Complete(), app.key)
    if before is not None:
        return _answer(before, None, dry_run=False)
    state = app.session.sound(name).state
    app.session.rehearse(name, Complete(merge_commit=app.git.zero))
    may_end(app)
    there = fetch_base(app, state.base)
    if base is not None:
        state = _renamed(app, state, base, there=there)
    found = _find(app, name, state, merge, there=there or base is not None)
    if dry_run:
        return _answer(read_at(app, name), found, dry_run=True)
    expect = app.bind(name)
    receipt = sealed(app, app.session.execute(name, found.command(state), expect=expect))
    closed(app, name, state)
    send_trail(app, name)
    app.refresh_display()
    if found.drift:
        app.say(f"warning: {found.commit[:9]} holds more or less than what was proven")
        app.say(f"hint: judge it as it is: git oneshot verify {found.commit[:9]}")
    return _answer(receipt, found, dry_run=False)


def _find(app: App, name: FeatureId, state: State, said: str, *, there: bool) -> Landing:
    """How it was merged: what git knows first, then what the forge says."""
    remote = app.clone.remote
    found = find(app.git, state, remote, said=said)
    if found is None and state.pull is not None and state.pull.number:
        found = find(app.git, state, remote, forge=forge_for(app, name))
    if found is not None:
        return found
    raise _not_merged(app, state) if there else base_gone(app, state.base, "complete")


def _renamed(app: App, state: State, base: str, *, there: bool) -> State:
    """The state with the new name of its base: only where there is none of the old name."""
    base = a_branch(app, base)
    if there or base == state.branch:
        raise OneshotError(
            Code.INVALID_INPUT,
            f"'{base}' is not the base, '{state.base}' is" if there
            else f"'{base}' is the branch of the feature itself",
            f"git oneshot complete {state.feature}",
        )  # fmt: skip
    fetch_base(app, base)
    return replace(state, base=base)


def _not_merged(app: App, state: State) -> OneshotError:
    pull, remote = state.pull, app.clone.remote
    if remote and by_history(app.git, state, f"refs/heads/{state.base}"):
        step = Next(("git", "push", remote, state.base), "send it")
        return unmet(
            "merge-verified",
            f"'{state.feature}' is in '{state.base}' here, and not at '{remote}'",
            step.line,
            ahead=(step,),
        )
    where = f" ({pull.url})" if pull is not None and pull.url else ""
    hint = "merge it first: git oneshot pr merge"
    if pull is not None and pull.number:
        hint = "merge it there first"
    return unmet(
        "merge-verified",
        f"'{state.feature}' is not in '{state.base}'{where}",
        f"{hint}; if it was squashed: git oneshot complete --merged-as REV",
    )


def _answer(receipt: Receipt, found: Landing | None, *, dry_run: bool) -> Answer:
    state = receipt.state
    merged = found.commit if found else state.merge_commit
    landed = found.landed if found else ()
    data = Completed(
        **written(receipt), merge_commit=merged, how=found.how if found else None,
        drift=found.drift if found else state.drift, url=state.pr_url or None, dry_run=dry_run,
        landed=[LandedData(commit=one.commit, sources=list(one.sources)) for one in landed],
    )  # fmt: skip
    how = f" ({found.how})" if found else ""
    verb = "would be" if dry_run else "is"
    return Answer(data, f"'{state.feature}' {verb} completed: merged as {merged[:9]}{how}",
                  [in_earnest()] if dry_run else [])  # fmt: skip
