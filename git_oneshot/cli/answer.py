"""How a command answers: one object for programs, a few lines for people."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypedDict

import click
import msgspec

from git_oneshot.cli.app import App
from git_oneshot.cli.completion import features
from git_oneshot.cli.help import Command, help_option
from git_oneshot.cli.look import Part
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import COMMIT
from git_oneshot.core.spelling import typed, visible

if TYPE_CHECKING:  # a command loads the parts that it answers with, and no others
    from git_oneshot.cli.data import Data
    from git_oneshot.cli.data.parts import Refusal
    from git_oneshot.core.words import Phase
    from git_oneshot.session import Receipt


class Next(NamedTuple):
    """A command that would be right now, and why.

    ``argv`` can be run as it is when ``needs`` is empty. Else each need is
    appended first: an option and its text for ``--name``, a text for ``NAME``.
    ``work``: something is to be done before, which ``why`` says; where nobody
    did it, the command would answer as it did, and there is nothing to follow.
    """

    argv: tuple[str, ...]
    why: str
    needs: tuple[str, ...] = ()
    work: bool = False

    @property
    def line(self) -> str:
        """The command as a person types it."""
        needs = (f"{need} …" if need.startswith("-") else need for need in self.needs)
        return " ".join([typed(*self.argv), *needs])


# What writes to one trail: a key makes it be done once, and the tip can be said that it is for.
KEYED: Final = frozenset({
    "init", "plan", "red", "green", "request-synthesize", "graduate", "declare", "waive",
    "finalize", "synthesize", "pr", "complete", "cancel", "checkpoint",
})  # fmt: skip
_TYPED: Final = click.core.ParameterSource.COMMANDLINE
AGAIN: Final = "that key was used before: nothing was done again"
STATUS: Final = Next(("git", "oneshot", "status"), "see where the feature stands")
DOCTOR: Final = Next(("git", "oneshot", "doctor"), "see what is wrong in this clone")
COMMIT_IT: Final = Next(("git", "commit"), "commit it", ("--message",))
PLAN_IT: Final = Next(("git", "oneshot", "plan"), "plan it", ("--goal", "--approach"))


def as_given(why: str, *more: str, but: str = "") -> Next:
    """The command that is running, with the words it was given, and more of them or one less."""
    ctx = click.get_current_context()
    words: list[str] = []
    for param in sorted(ctx.command.params, key=lambda one: isinstance(one, click.Option)):
        name = param.name or ""
        if name in ("json", but) or ctx.get_parameter_source(name) is not _TYPED:
            continue
        value = ctx.params[name]
        for one in value if isinstance(value, tuple) else (value,):
            words += param.opts[:1] if isinstance(param, click.Option) else []
            words += [] if one is True else [str(one)]
    return Next(("git", "oneshot", str(ctx.command.name), *more, *words), why)


def in_earnest() -> Next:
    """What does what the dry run that is running found out."""
    return as_given("then do it", but="dry_run")


class Answer(NamedTuple):
    """What a command found out or did. ``text`` goes to stdout; hints follow on stderr.

    ``data`` may be left out where a person asked, who reads the text alone.
    """

    data: "Data | None" = None
    text: str | Sequence[Part] = ""
    next: Sequence[Next] = ()


def answering(name: str, *, long: bool = False) -> Callable[[Callable[..., Answer]], click.Command]:
    """Make a command of a function ``(app, **arguments) -> Answer``, with the common options.

    ``long``: it can take long, and tells a program that asks how it goes.
    """

    def wrap(function: Callable[..., Answer]) -> click.Command:
        @functools.wraps(function)
        def run(
            *, feature_option: str | None, json: bool, key: str | None = None,
            if_tip: str | None = None, via: str | None, progress: str | None = None,
            **arguments: Any,
        ) -> None:  # fmt: skip
            _utf_8(click.get_current_context())
            told = progress is not None
            app = App(feature=feature_option, key=key, if_tip=if_tip, via=via, json=json, told=told)
            if told:
                app.progress.begin(name)
            answer = _of_before(app, name, function(app, **arguments))
            if json:  # the types of all answers are more than one command should load
                from git_oneshot.cli.data.table import ANSWERS

                assert isinstance(answer.data, ANSWERS[name])
            _print(app, name, answer)

        found = _progress(_common(run, name)) if long else _common(run, name)
        return click.command(name, cls=Command, add_help_option=False)(found)

    return wrap


def _of_before(app: App, name: str, answer: Answer) -> Answer:
    """The answer; of a call that only repeats one, that, and not what it would have done."""
    before = app.session.repeated if "session" in vars(app) else None
    if before is None:
        return answer
    step = STATUS._replace(argv=(*STATUS.argv, before.state.feature))
    data = answer.data
    if name in KEYED and data is not None:
        data = msgspec.structs.replace(data, repeated=True)
    return answer._replace(data=data, text=AGAIN, next=[step])


def _utf_8(ctx: click.Context) -> None:
    """Refuse an option's text that no trail can hold; a feature's id is looked at as such."""
    for option in ctx.command.params:
        if not isinstance(option, click.Option) or option.type is not click.STRING:
            continue
        value = ctx.params.get(option.name or "") or ""
        try:
            "".join(value).encode()
        except UnicodeEncodeError as err:
            if option.name == "feature_option":
                continue
            raise OneshotError(
                Code.INVALID_INPUT,
                f"'{option.opts[-1]}' is no UTF-8 text",
                "a trail holds UTF-8: say it in that",
            ) from err


def _full_id(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """The tip that is expected; what is no full id would be expected in vain, however often."""
    if value and value.isprintable() and not COMMIT.fullmatch(value):
        raise OneshotError(
            Code.INVALID_INPUT,
            f"'--if-tip' takes the full id of a commit, and not '{value[:100]}'",
            "it is in 'tip' of: git oneshot status --json",
        )
    return value


def _not_empty(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """The key; an empty one, as of a variable that is not set, is none."""
    if value == "":
        raise OneshotError(
            Code.INVALID_INPUT, "'--key' is empty", "give a key of your own, or leave it out"
        )
    return value


def _common(run: Callable[..., None], name: str) -> Callable[..., None]:
    """The options that every command has, and those that this one keeps the promise of."""
    key = click.option(
        "--key", metavar="KEY", help="Do this once, however often it is asked.",
        callback=_not_empty,
    )  # fmt: skip
    if_tip = click.option(
        "--if-tip", metavar="COMMIT", help="Only if the trail ends at COMMIT.", callback=_full_id
    )
    options = (
        click.option(
            "-f", "--feature", "feature_option", metavar="ID", help="The feature.",
            shell_complete=features,
        ),
        click.option("--json", is_flag=True, help="Answer with one JSON object."),
        *((key,) if name in KEYED or name == "verify" else ()),  # which seals
        *((if_tip,) if name in KEYED else ()),
        click.option("--via", metavar="NAME", help="Who acts for you, for the record."),
        help_option,
    )  # fmt: skip
    for option in reversed(options):
        run = option(run)
    return run


_progress: Final = click.option(
    "--progress", type=click.Choice(["jsonl"]),
    help="Say on stderr how it goes, one JSON object a line.",
)  # fmt: skip


def _print(app: App, name: str, answer: Answer) -> None:
    if app.json:
        assert answer.data is not None
        click.echo(envelope(name, answer.data, None, answer.next))
        return
    parts = [answer.text] if isinstance(answer.text, str) else answer.text
    for part in filter(str, parts):
        app.answer(part)
    for one in answer.next:
        app.say(f"hint: {one.why}: {one.line}")


def envelope(
    name: str, data: "Data | Refusal", err: OneshotError | None, nexts: Sequence[Next]
) -> bytes:
    """The one object that a command answers with (DESIGN §7)."""
    error = None
    if err is not None:
        error = {"code": err.code, "message": err.message, "hint": err.hint or None,
                 "retryable": err.kind.retryable}  # fmt: skip
    body = {
        "v": 1, "command": name or None, "ok": err is None, "data": whole(data), "error": error,
        "next": [{**n._asdict(), "argv": _asking_json(n.argv)} for n in nexts],
    }  # fmt: skip
    return _encoded(body)


def _asking_json(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Who reads JSON goes on reading JSON."""
    if argv[:2] != ("git", "oneshot") or "--json" in argv:
        return argv
    return (*argv[:3], "--json", *argv[3:])


def whole(value: Any) -> Any:
    """A value with every field of every struct in it: on a trail, defaults are left out."""
    if isinstance(value, msgspec.Struct):
        names = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
        return {wire: whole(getattr(value, name)) for wire, name in names}
    if isinstance(value, (list, tuple)):
        return [whole(one) for one in value]
    if isinstance(value, Mapping):
        return {key: whole(one) for key, one in value.items()}
    return value


def _encoded(body: Mapping[str, Any]) -> bytes:
    try:
        encoded = msgspec.json.encode(body, order="sorted")
    except UnicodeEncodeError:  # the name of a file need not be Unicode; JSON has to be
        import json

        plain = json.dumps(body, ensure_ascii=False).encode(errors="replace")
        encoded = msgspec.json.encode(msgspec.json.decode(plain), order="sorted")
    # What programs read, people see, too, where they try it.
    return visible(encoded.decode()).encode()


class _Wrote(TypedDict):
    feature: str
    phase: "Phase"
    previous_phase: "Phase | None"
    events: list[str]
    tip: str


def written(receipt: "Receipt") -> _Wrote:
    """The fields of ``Wrote``: what a command wrote, and where the trail is after it."""
    assert receipt.state.phase is not None
    return {
        "feature": receipt.state.feature, "phase": receipt.state.phase,
        "previous_phase": receipt.before.phase, "events": list(receipt.events),
        "tip": receipt.tip.commit,
    }  # fmt: skip
