"""What a command says to a person beside its answer: on stderr, and never to a program."""

import sys
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import click

from git_oneshot.cli.look import Part, fitting, show, tell

if TYPE_CHECKING:
    from git_oneshot.cli.progress import Progress, Times
    from git_oneshot.core.errors import OneshotError


class Talk:
    """One command's talk.

    ``json``: a program reads the answer, and wants no talk; ``told``: it reads
    how the work goes.
    """

    def __init__(self, *, json: bool, environ: Mapping[str, str], told: bool = False) -> None:
        self.json = json
        self.told = told
        self.environ = dict(environ)

    @property
    def terminal(self) -> bool:
        """Whether there is a person to ask."""
        streams = (sys.stdin, sys.stderr)  # one that was closed is None
        return not self.json and all(one is not None and one.isatty() for one in streams)

    @property
    def home(self) -> str:
        """The home folder of whoever acts."""
        return self.environ.get("HOME", "").rstrip("/")

    def say(self, part: Part) -> None:
        """Talk, unless there is nothing to say, or a program reads the answer or stderr."""
        if str(part) and not self.json and not self.told:
            self.quiet()
            tell(part, self.environ)

    def agreed(self, question: str, *, default: bool = False) -> bool:
        """Ask a person; only Enter, yes or no is an answer."""
        shown = f"{question} [{'Y/n' if default else 'y/N'}]"
        answers = {"": default, "y": True, "yes": True, "n": False, "no": False}
        while True:
            typed = click.prompt(shown, default="", show_default=False, err=True)
            answer = answers.get(typed.strip().lower())
            if answer is not None:
                return answer
            self.say("answer y or n")

    def left_out(self, feature: str, damage: "Iterable[OneshotError]") -> None:
        """Name what a remote has of a trail and nobody can read."""
        for one in damage:
            self.say(f"warning: what a remote has of '{feature}' is left out: {one.message}")

    def answer(self, part: Part) -> None:
        """Print a part of the answer itself."""
        self.quiet()
        show(part, sys.stdout, self.environ)

    @property
    def times(self) -> "Times | None":
        """How long things took the last time, where there is a place to remember it."""
        return None

    def quiet(self) -> None:
        """Take the line of progress away before something else is written."""
        if "progress" in self.__dict__:
            self.progress.clear()

    @cached_property
    def progress(self) -> "Progress":
        """What a person sees, or a program is told, while something takes long."""
        import shutil

        from git_oneshot.cli.progress import Progress, lines

        if self.told and sys.stderr is not None:
            progress = Progress(None, tell=lines(sys.stderr), times=self.times)
            click.get_current_context().call_on_close(progress.close)
            return progress
        if self.json or not fitting(sys.stderr, self.environ):
            return Progress(None)
        progress = Progress(sys.stderr, shutil.get_terminal_size().columns, times=self.times)
        click.get_current_context().call_on_close(progress.close)
        return progress
