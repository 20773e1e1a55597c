"""What is said of words that are no command, no option or no value of ours.

click says what is wrong; it is said in git's grammar, with what was probably meant.
"""

import re
from collections.abc import Sequence

import click

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.spelling import nearest, typed


def usage(
    named: str, argv: Sequence[str], err: click.UsageError, commands: Sequence[str]
) -> OneshotError:
    """The error for words that click has no use for; ``named``: the command, "" for none."""
    command = f"git oneshot {named}".rstrip()
    meant = _meant(err, commands)
    said = err.format_message().partition(" Did you mean ")[0]  # of an option
    if isinstance(getattr(getattr(err, "param", None), "type", None), click.File):
        said = re.sub(r"^Invalid value(?: for .*?)?: ", "cannot read ", said)
    joined = next((word for word in argv if re.fullmatch(r"-[A-Za-z][^=]+", word)), "")
    if joined and isinstance(err, click.MissingParameter):
        said = f"{said.rstrip('.')}: '{joined}' is read as '{joined[:2]} {joined[2:]}'"
    # An argument that may be left out has no name, only the brackets of the usage line.
    said = re.sub(r" for '\[[^']*\]'", "", said)
    hint = f"did you mean '{meant}'?" if meant else f"{command} -h"
    if named == "push" and isinstance(err, click.NoSuchOption) and not meant and "--" not in argv:
        rest = argv[argv.index(named) + 1 :]
        hint = f"to git push it goes behind --: {typed('git', 'oneshot', 'push', '--', *rest)}"
    return OneshotError(
        Code.USAGE, sentence(said), hint, meant=meant if meant in commands else None
    )


def _meant(err: click.UsageError, commands: Sequence[str]) -> str:
    """The command, option or choice that is spelt nearly as what click has no use for."""
    if isinstance(err, click.NoSuchOption):  # the dashes are no likeness
        options = {option.lstrip("-"): option for option in err.possibilities or ()}
        return options.get(nearest(err.option_name.lstrip("-"), options), "")
    said = err.format_message()
    unknown = re.match(r"No such command '(.*)'", said)
    choice = re.search(r"'([^']*)' is not one of (.*)\.", said)
    if unknown:
        return nearest(unknown[1], commands)
    return nearest(choice[1], re.findall(r"'([^']*)'", choice[2])) if choice else ""


def sentence(text: str) -> str:
    """A message of click in git's grammar: lower case, no full stop."""
    first = " ".join(text.split())
    return (first[:1].lower() + first[1:]).rstrip(".")
