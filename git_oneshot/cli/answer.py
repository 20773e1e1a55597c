"""How a command answers: one object for programs, a few lines for people."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import click
import msgspec

from git_oneshot.cli.app import App
from git_oneshot.cli.complete import features
from git_oneshot.cli.help import Command
from git_oneshot.cli.look import Part
from git_oneshot.session import Receipt


class Next(NamedTuple):
    """A command that would be right now, and why."""

    argv: tuple[str, ...]
    why: str


class Answer(NamedTuple):
    """What a command found out or did. ``text`` goes to stdout; hints follow on stderr."""

    data: Mapping[str, Any]
    text: str | Sequence[Part] = ""
    next: Sequence[Next] = ()


def answering(name: str, summary: str) -> Callable[[Callable[..., Answer]], click.Command]:
    """Make a command of a function ``(app, **arguments) -> Answer``, with the common options."""

    def wrap(function: Callable[..., Answer]) -> click.Command:
        @functools.wraps(function)
        def run(
            *, feature_option: str | None, json: bool, key: str | None, if_tip: str | None,
            via: str | None, **arguments: Any,
        ) -> None:  # fmt: skip
            app = App(feature=feature_option, key=key, if_tip=if_tip, via=via, json=json)
            _print(app, name, function(app, **arguments))

        return click.command(name, cls=Command, short_help=summary)(_common(run))

    return wrap


def _common(run: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.option(
            "-f",
            "--feature",
            "feature_option",
            metavar="ID",
            help="The feature.",
            shell_complete=features,
        ),
        click.option("--json", is_flag=True, help="Answer with one JSON object."),
        click.option("--key", metavar="KEY", help="Do this once, however often it is asked."),
        click.option("--if-tip", metavar="COMMIT", help="Only if the trail is there."),
        click.option("--via", metavar="NAME", help="Who acts for you, for the record."),
    )
    for option in reversed(options):
        run = option(run)
    return run


def _print(app: App, name: str, answer: Answer) -> None:
    if app.json:
        body = {
            "v": 1, "command": name, "ok": True, "data": answer.data, "error": None,
            "next": [{"argv": list(n.argv), "why": n.why} for n in answer.next],
        }  # fmt: skip
        click.echo(_encoded(body))
        return
    parts = [answer.text] if isinstance(answer.text, str) else answer.text
    for part in filter(str, parts):
        app.answer(part)
    for one in answer.next:
        app.say(f"hint: {one.why}: {' '.join(one.argv)}")


def _encoded(body: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(body, order="sorted")
    except UnicodeEncodeError:  # the name of a file need not be Unicode; JSON has to be
        import json

        plain = json.dumps(msgspec.to_builtins(body), ensure_ascii=False).encode(errors="replace")
        return msgspec.json.encode(msgspec.json.decode(plain), order="sorted")


def written(receipt: Receipt, **more: Any) -> dict[str, Any]:
    """The data of a command that wrote: its events, the tip, the phase."""
    return {
        "feature": receipt.state.feature, "phase": receipt.state.phase,
        "previousPhase": receipt.before.phase, "events": list(receipt.events),
        "tip": receipt.tip.commit, **more,
    }  # fmt: skip
