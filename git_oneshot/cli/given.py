"""What a command is given: a text as a file, or on standard input; a branch; a number."""

from collections.abc import Mapping
from typing import IO, Any, Final

import click

from git_oneshot.cli.app import App
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.spelling import nearest, typed

MOST: Final = 2**20  # characters, more than anybody reads; standard input may have no end


def given(stream: IO[str]) -> str:
    """The text of a stream. Raises OneshotError(INVALID_INPUT) for more than a text may have."""
    text = stream.read(MOST + 1)
    if len(text) > MOST:
        raise OneshotError(
            Code.INVALID_INPUT, f"a text has at most {MOST:,} characters, this one more",
            "shorten it",
        )  # fmt: skip
    return text


def read_text(path: str, code: Code) -> str:
    """The text of a file, or of standard input. Raises OneshotError(``code``) where it is none."""
    try:
        with click.open_file(path, encoding="utf-8") as stream:
            return given(stream)
    except (OSError, UnicodeDecodeError) as err:
        why = err.strerror if isinstance(err, OSError) else "it is not UTF-8"
        raise OneshotError(code, f"cannot read '{path}': {why}", _naming_one()) from err


def _naming_one() -> str:
    return f"name a text file: git oneshot {click.get_current_context().info_name} -h"


def apart(given: Mapping[str, object]) -> None:
    """Refuse options that exclude each other; ``given``: what each was given, nothing if not."""
    there = [name for name, value in given.items() if value not in (None, (), False)]
    if len(there) > 1:
        first, second = there[:2]
        raise OneshotError(
            Code.USAGE, f"options '{first}' and '{second}' cannot be used together",
            "give one of them",
        )  # fmt: skip


def named(option: str, value: str | None) -> str:
    """What an option names, "" where it was not given. Refuses a name that is empty."""
    if value == "":
        raise OneshotError(
            Code.INVALID_INPUT, f"'{option}' names nothing", "name it, or leave it out"
        )
    return value or ""


def a_branch(app: App, base: str) -> str:
    """The name of a branch, here or at a remote, which may be named before it, as git does.

    Raises OneshotError(INVALID_INPUT) where there is none.
    """
    heads = app.git.lines("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads")
    far = app.git.lines("for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes")
    if base in (*heads, *far, app.branch):
        return base
    _, _, bare = base.partition("/")
    if bare in far and app.git.named(f"refs/remotes/{base}") is not None:
        return bare
    near = nearest(base, [*heads, *far])
    raise OneshotError(
        Code.INVALID_INPUT,
        f"no branch '{base[:100]}', here or at a remote",
        f"did you mean '{near}'?" if near else f"such as: {typed('--base', [*heads, 'main'][0])}",
    )


class Number(click.IntRange):
    """A number that an option takes; of what is none, click's words are about its own types."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; raises BadParameter with its bounds."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            bounds = (
                f"of {self.min} or more" if self.max is None else f"from {self.min} to {self.max}"
            )
            self.fail(f"'{value}' is not a number {bounds}", param, ctx)
