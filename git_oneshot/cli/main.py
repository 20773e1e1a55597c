"""The command line: one lazy group, one error boundary.

A command's module is imported when the command is run, so ``--version``, ``-h``
and a read command pay for nothing that they do not use.
"""

import contextlib
import importlib
import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from git_oneshot import __version__
from git_oneshot.cli.help import help_option
from git_oneshot.core.errors import Code, Exit, OneshotError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# name: what `-h` says. Each is in commands/, in the module of its name, or of that in BESIDE.
COMMANDS: Final = {
    "init": "begin a feature on this branch",
    "plan": "say what you are about to do, and go on to implementing",
    "red": "see the new test fail on the code as it was",
    "green": "see it pass with the change, and fail without it",
    "request-synthesize": "ask for a pull request at the end",
    "graduate": "make a feature of a spike",
    "declare": "say that a commit is a refactor or a removal",
    "waive": "let a commit pass without a proof",
    "finalize": "prove every commit and leave implementing",
    "prove": "prove what is not proven yet, and wait for it",
    "push": "prove what is not proven yet, then git push",
    "synthesize": "open the pull request, or bring it up to date",
    "validate-pr-body": "see whether the text of a pull request says enough",
    "pr": "show, edit, ready, draft, close or merge the pull request",
    "complete": "complete a feature whose pull request was merged",
    "cancel": "give a feature up",
    "prune": "give up the features that nobody works on",
    "checkpoint": "say where the work stands, for whoever goes on",
    "resume": "one page to go on from, in this or any clone",
    "status": "where a feature stands, and what to do next",
    "list": "the open features; with --all, all of them",
    "log": "the events of a feature",
    "show": "one event, whole",
    "replay": "the state of a feature, now or after an event",
    "why": "why a commit, a push or finalize was refused last, and what to do",
    "verify": "judge commits by running their tests",
    "sync": "exchange trails with a remote",
    "split": "give one of two beginnings of one id a trail of its own",
    "clone": "git clone, with the trails",
    "fsck": "check trails against every rule of their format",
    "export": "a trail as JSON lines, or as a report",
    "import": "take in a trail that was exported as JSON lines",
    "install": "hooks, fetch and git log in this clone",
    "uninstall": "take back what install changed",
    "trust": "let the test commands of this repository run here",
    "rules": "the rules in force; --write makes a file of them",
    "doctor": "what is wrong in this clone, and what mends it",
    "schema": "the JSON Schema of an answer, and a command's arguments",
    "skill": "instructions for coding agents",
    "cache": "what was found out before: show it, or clear it",
    "hook": "",
}
BESIDE: Final = {
    "green": "red", "request-synthesize": "plan", "graduate": "plan", "waive": "declare",
    "push": "prove", "validate-pr-body": "synthesize", "prune": "cancel", "checkpoint": "resume",
    "show": "log", "replay": "log", "split": "sync", "import": "export",
    "uninstall": "install", "trust": "install",
}  # fmt: skip
HIDDEN: Final = ("hook",)
# The first command of each section of `-h`, and its title.
SECTIONS: Final = {
    "init": "From beginning to end",
    "status": "See where things stand",
    "verify": "Judge, and exchange",
    "install": "Set up a clone",
    "schema": "For programs and agents",
}
COMPLETE: Final = "_GIT_ONESHOT_COMPLETE"  # the variable by which completions/ ask


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of a feature's life."""
        return [name for name in COMMANDS if name not in HIDDEN]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"git_oneshot.cli.commands.{BESIDE.get(name, name)}")
        found = (one for one in vars(module).values() if isinstance(one, click.Command))
        return next(one for one in found if one.name == name)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command. Where another pipe breaks than that of our output, it has failed."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, EOFError) as err:  # click would say a blank line
            raise click.Abort from err
        except BrokenPipeError as err:
            from traceback import walk_tb

            *_, (frame, _) = walk_tb(err.__traceback__)
            if frame.f_code is click.echo.__code__:
                raise
            raise _bug(err) from err

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Offer the commands without importing them."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        from git_oneshot.cli.completion import commands

        return commands(ctx, self.params[0], incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        sections: dict[str, list[tuple[str, str]]] = {}
        title = ""
        for name in self.list_commands(ctx):
            title = SECTIONS.get(name, title)
            sections.setdefault(title, []).append((name, COMMANDS[name]))
        wide = max(len(name) for name in COMMANDS)
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(wide), said) for name, said in rows])


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"git-oneshot {__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"max_content_width": 100},
    add_help_option=False,
    epilog="'git oneshot COMMAND -h' tells more; 'git help oneshot' is the manual.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Show the version and exit.",
)
@help_option
def group() -> None:
    """Land one small change fast, and leave a proof behind."""


def main(argv: Sequence[str]) -> int:
    """Run one command, and give back the exit status. The only place that catches everything."""
    if sys.stdin is None and "hook" not in argv[:1]:  # closed by whoever called us: it is empty
        sys.stdin = io.TextIOWrapper(io.BytesIO())
    try:
        code = group.main(
            list(argv), prog_name="git oneshot", complete_var=COMPLETE, standalone_mode=False
        )
        return int(code) if isinstance(code, int) else Exit.DONE
    except OneshotError as err:
        return fail(argv, err)
    except click.exceptions.NoArgsIsHelpError as err:
        return _help(argv, err)
    except click.UsageError as err:
        from git_oneshot.cli.usage import usage

        names = [name for name in COMMANDS if name not in HIDDEN]
        return fail(argv, usage(_named(argv), argv, err, names))
    except click.ClickException as err:
        from git_oneshot.cli.usage import sentence

        said = sentence(err.format_message())
        return fail(argv, OneshotError(Code.INVALID_INPUT, said, "git oneshot -h"))
    except (KeyboardInterrupt, click.Abort):
        if sys.stderr is not None and sys.stderr.isatty():
            click.echo(err=True)  # behind a question, or the ^C
        why = "nothing is recorded by halves: run it again"
        return fail(argv, OneshotError(Code.INTERRUPTED, "interrupted", why))
    except (BrokenPipeError, SystemExit):  # click makes the second of the first
        # The reader of our output went away, as `head` does; not worth a word. But a gate that
        # came to no end is shut.
        sys.stdout = None  # nothing is to be flushed at exit
        return Exit.REFUSED if "hook" in argv[:1] else Exit.DONE
    except OSError as err:
        return fail(argv, _machine(err) or _bug(err))
    except Exception as err:  # noqa: BLE001 - the boundary
        return fail(argv, _bug(err))


def fail(argv: Sequence[str], err: OneshotError) -> int:
    """Say what went wrong, as people read it or as --json has it; give back the exit status."""
    if any(word == "--json" or word.startswith("--json=") for word in argv):
        from git_oneshot.cli.refusal import refusal

        with contextlib.suppress(OSError):  # where nobody takes it, it is said as to people
            click.echo(refusal(_named(argv), argv, err))
            return err.kind.exit
    import os

    from git_oneshot.cli.look import tell
    from git_oneshot.core.spelling import printable

    tell(f"error: {printable(err.message)}", os.environ)
    for hint in _hints(err):
        tell(f"hint: {printable(hint)}", os.environ)
    return err.kind.exit


def _named(argv: Sequence[str]) -> str:
    """The command that was asked for; "" for none."""
    return next((word for word in argv if word in COMMANDS), "")


def _hints(err: OneshotError) -> list[str]:
    """What helps, a line each: the commands that the refused one knew, else its one hint."""
    ahead = err.data.get("ahead")
    if isinstance(ahead, tuple):
        notes = getattr(err.data.get("proof"), "notes", ())
        told = [note.removeprefix("hint: ") for note in notes if note.startswith("hint: ")]
        return [*(f"{step.why}: {step.line}" for step in ahead), *told]
    return [err.hint] if err.hint else []


def _help(argv: Sequence[str], err: click.UsageError) -> int:
    """What `git oneshot` alone says: how it is used."""
    if "--json" in argv:
        return fail(argv, OneshotError(Code.USAGE, "no command was named", "git oneshot -h"))
    click.echo(err.format_message(), err=True)
    return Exit.USAGE


def _machine(err: OSError) -> OneshotError | None:
    """What is no fault of ours: a disk that is full or read-only, a file in a folder's place."""
    import errno
    import os

    from git_oneshot.cli.usage import sentence
    from git_oneshot.git import MAKE_ROOM

    denied = (errno.EACCES, errno.EPERM, errno.EROFS)
    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    in_the_way = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ELOOP)
    if err.errno not in (*denied, *full, *in_the_way):
        return None
    what = f"'{os.fsdecode(err.filename)}'" if err.filename is not None else "the disk"
    hint = "move away what is in its way; git oneshot doctor looks for more"
    if err.errno in denied:
        hint = "you have to be allowed to write there: ls -ld"
    if err.errno in full:
        hint = MAKE_ROOM
    return OneshotError(Code.FILE_ERROR, f"{what}: {sentence(err.strerror or 'no')}", hint)


def _bug(err: Exception) -> OneshotError:
    from traceback import walk_tb

    walked = walk_tb(err.__traceback__)
    frames = [f"{f.f_code.co_filename.rpartition('/')[2]}:{line}" for f, line in walked]
    return OneshotError(
        Code.BUG,
        f"git-oneshot {__version__} is wrong here: {type(err).__name__}: {err} ({frames[-1]})",
        "please report this line; git oneshot doctor looks for what it may have left",
        frames=frames,
    )
