"""What Tab offers for an argument: features, events, branches, commands, files.

A shell asks while a person waits, in whatever folder they are: nothing here
raises, prints or imports dulwich, and what is slow to find is not offered.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from git_oneshot.cli.app import App

MOST: Final = 200  # events of a trail: nobody looks through more

Found = Iterable[tuple[str, str]]
Completer = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]


def _offering(find: Callable[[click.Context, str], Found]) -> Completer:
    """Make a completer of a function that finds values and what is said of each."""

    def complete(
        ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        from git_oneshot.core.spelling import printable

        try:
            with ctx:
                found = list(find(ctx, incomplete))
        except Exception:  # noqa: BLE001 - a shell that is being typed in is no place for an error
            return []
        return [
            CompletionItem(value, help=printable(said) or None)
            for value, said in found
            if value.startswith(incomplete) and printable(value) == value
        ]

    return complete


def _app(ctx: click.Context) -> "App":
    from git_oneshot.cli.app import App

    return App(feature=ctx.params.get("feature") or ctx.params.get("feature_option"))


def _features(ctx: click.Context, *, ended: bool) -> Found:
    from git_oneshot.cli.text import plan_line
    from git_oneshot.trail.store import joined

    app = _app(ctx)
    tips = joined(app.store.tips())
    known = app.store.cached(list(tips.values()))
    for name, tip in sorted(tips.items()):
        state = known.get(tip)
        if state is None or ended or state.open:
            about = state and plan_line(state.plan, state.summary or state.title)
            yield name, f"{state.phase}: {about}" if state else ""


def _events(ctx: click.Context, incomplete: str) -> Found:
    """The last events of the feature, by clock; by id when that is being typed.

    An id of this century begins with 0, and no clock does.
    """
    import msgspec

    from git_oneshot.core.ids import local_ref

    app = _app(ctx)
    ref = local_ref(app.feature())
    for line in app.git.lines("log", f"-{MOST}", "--format=%b", ref, "--"):
        if line:
            event = msgspec.json.decode(line)
            name = event["id"] if incomplete.startswith("0") else str(event["clock"])
            yield name, event["type"]


def _branches(ctx: click.Context, *patterns: str) -> Iterator[tuple[str, str]]:
    out = _app(ctx).git.lines(
        "for-each-ref", "--format=%(refname:short) %(contents:subject)", *patterns
    )
    for line in out:
        name, _, subject = line.partition(" ")
        yield name, subject


def _range(ctx: click.Context, incomplete: str) -> Found:
    begun, dots, _ = incomplete.rpartition("..")
    for name, subject in _branches(ctx, "refs/heads", "refs/remotes", "refs/tags"):
        yield begun + dots + name, subject


def _commits(ctx: click.Context, _incomplete: str) -> Found:
    for line in _app(ctx).git.lines("log", "-20", "--format=%h %s", "--"):
        name, _, subject = line.partition(" ")
        yield name, subject


def _remotes(ctx: click.Context, _incomplete: str) -> Found:
    return [(name, "") for name in _app(ctx).git.lines("remote")]


def _commands(_ctx: click.Context, _incomplete: str) -> Found:
    from git_oneshot.cli.main import COMMANDS, HIDDEN

    return [(name, said) for name, said in COMMANDS.items() if name not in HIDDEN]


features: Final = _offering(lambda ctx, _: _features(ctx, ended=True))
open_features: Final = _offering(lambda ctx, _: _features(ctx, ended=False))
events: Final = _offering(_events)
branches: Final = _offering(lambda ctx, _: _branches(ctx, "refs/heads"))
commits: Final = _offering(_commits)
remotes: Final = _offering(_remotes)
ranges: Final = _offering(_range)
commands: Final = _offering(_commands)


def files(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Leave it to the shell, which knows files better."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]
