"""schema: what an answer looks like, as JSON Schema, made from the structs that answers are."""

from collections.abc import Mapping
from typing import Any, Final, get_args

import click
import msgspec

from git_oneshot.cli.answer import Answer, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import commands
from git_oneshot.cli.data import Data
from git_oneshot.cli.data.clone import Schema
from git_oneshot.cli.data.parts import Argument, Refusal
from git_oneshot.cli.data.progress import Event
from git_oneshot.cli.data.table import ANSWERS
from git_oneshot.core.errors import Code, OneshotError

PROGRESS: Final = "progress"  # what stands for a command, and is none
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final = {"type": "string"}
_NEXT: Final = {
    "type": "array",
    "items": {
        "type": "object",
        "description": "argv can be run as it is when needs is empty; else each need is appended: "
        "an option and its text for --name, a text for NAME. work: something is to be done "
        "before, which why says; without it the command would answer as before",
        "properties": {
            "argv": {"type": "array", "items": _TEXT},
            "why": _TEXT,
            "needs": {"type": "array", "items": _TEXT},
            "work": {"type": "boolean"},
        },
        "required": ["argv", "why", "needs", "work"],
    },
}
_ERROR: Final = {
    "type": "object",
    "properties": {
        "code": {"enum": [str(code) for code in Code]},
        "message": _TEXT,
        "hint": {"type": ["string", "null"]},
        "retryable": {"type": "boolean"},
    },
    "required": ["code", "message", "hint", "retryable"],
}


@answering("schema")
@click.argument("command", required=False, shell_complete=commands)
def schema(app: App, *, command: str | None) -> Answer:  # noqa: ARG001 - every command has one
    """Print the JSON Schema of what COMMAND answers with --json; without COMMAND, of any answer.

    As COMMAND, progress is the schema of a line of --progress jsonl.
    """
    if command == PROGRESS:
        return _answer(command, of_progress(), [])
    if command is not None and command not in ANSWERS:
        raise OneshotError(Code.USAGE, f"no such command '{command}'", "git oneshot -h")
    found = of_command(command) if command is not None else of_any()
    rows = _arguments(command) if command is not None else []
    return _answer(command, found, rows)


def _answer(name: str | None, found: dict[str, Any], rows: list[Argument]) -> Answer:
    text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
    return Answer(Schema(command=name, schema=found, arguments=rows), text)


def of_command(name: str) -> dict[str, Any]:
    """The schema of what one command answers."""
    [data, refusal], parts = _made(ANSWERS[name], Refusal)
    title = f"what 'git oneshot {name} --json' answers"
    return {"$schema": DIALECT, "title": title, **_either(name, data, refusal), "$defs": parts}


def of_any() -> dict[str, Any]:
    """The schema of any answer, also of one to a command that does not exist."""
    [*datas, refusal], parts = _made(*ANSWERS.values(), Refusal)
    done = [_done(name, data) for name, data in zip(ANSWERS, datas, strict=True)]
    return {
        "$schema": DIALECT,
        "title": "what 'git oneshot --json' answers",
        "oneOf": [*done, _failed({"type": ["string", "null"]}, refusal)],
        "$defs": parts,
    }


def of_progress() -> dict[str, Any]:
    """The schema of a line that --progress jsonl writes."""
    kinds, parts = _made(*get_args(Event))
    title = "a line of 'git oneshot COMMAND --progress jsonl'"
    return {"$schema": DIALECT, "title": title, "oneOf": kinds, "$defs": parts}


def _made(*types: type[Data] | type[Refusal]) -> tuple[list[Any], dict[str, Any]]:
    """Schemas of types, and of what they are made of. No field is left out of an answer."""
    schemas, parts = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    for part in parts.values():
        if "properties" in part:
            part["required"] = list(part["properties"])
            for value in part["properties"].values():
                value.pop("default", None)
        part.pop("additionalProperties", None)  # version 1 may have more fields one day
    return list(schemas), parts


def _either(name: str, data: Mapping[str, Any], refusal: Mapping[str, Any]) -> dict[str, Any]:
    return {"oneOf": [_done(name, data), _failed({"const": name}, refusal)]}


def _done(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return _envelope({"const": name}, {"const": True}, data, {"type": "null"})


def _failed(name: Mapping[str, Any], refusal: Mapping[str, Any]) -> dict[str, Any]:
    return _envelope(name, {"const": False}, refusal, _ERROR)


def _envelope(
    name: Mapping[str, Any],
    ok: Mapping[str, Any],
    data: Mapping[str, Any],
    error: Mapping[str, Any],
) -> dict[str, Any]:
    fields = {"v": {"const": 1}, "command": name, "ok": ok, "data": data, "error": error,
              "next": _NEXT}  # fmt: skip
    return {"type": "object", "properties": fields, "required": list(fields)}


def _arguments(name: str) -> list[Argument]:
    """What a command is given, as its help has it."""
    from git_oneshot.cli.main import group

    found = group.get_command(click.Context(group), name)
    assert found is not None
    return [_argument(param) for param in found.params if param.expose_value]


def _argument(param: click.Parameter) -> Argument:
    option = isinstance(param, click.Option)
    kind = param.type
    return Argument(
        names=[*param.opts] if option else [str(param.name).rstrip("_").upper()],
        required=param.required,
        many=bool(getattr(param, "multiple", False)) or param.nargs == -1,
        flag=bool(getattr(param, "is_flag", False)),
        choices=[*kind.choices] if isinstance(kind, click.Choice) else None,
        help=getattr(param, "help", None),
    )
