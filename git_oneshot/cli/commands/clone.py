"""clone: git clone, with the trails, and install in what it made."""

import os
import subprocess
from collections.abc import Mapping
from typing import Final

import click

from git_oneshot.cli.answer import Answer, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import files
from git_oneshot.cli.consent import INSTALL, apply, ask, pending
from git_oneshot.cli.data.trails import Cloned
from git_oneshot.cli.given import Number
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import REMOTE
from git_oneshot.core.spelling import counted, typed
from git_oneshot.git import scrub

Given = str | int | bool | None
_NAME: Final = "clone.defaultRemoteName"


@answering("clone")
@click.argument("url")
@click.argument("directory", required=False, shell_complete=files)
@click.option("--yes", is_flag=True, help="Set up the clone without asking.")
@click.option("-b", "--branch", metavar="NAME", help="The branch to check out.")
@click.option("-o", "--origin", metavar="NAME", help="What to call the remote.")
@click.option("--depth", type=Number(1), metavar="N", help="N commits of a branch.")
@click.option("--single-branch", is_flag=True, help="Only one branch.")
@click.option("--no-single-branch", is_flag=True, help="All branches, with a depth, too.")
@click.option("--recurse-submodules", is_flag=True, help="The submodules as well.")
@click.option("--filter", "filter_", metavar="SPEC", help="A partial clone.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing of how it goes.")
def clone(app: App, *, url: str, directory: str | None, yes: bool, **options: Given) -> Answer:
    """Clone a repository with its trails, and set the clone up.

    The options but --yes are those of git clone; trails come whole with any.
    The same by hand: git clone -c
    remote.origin.fetch='+refs/oneshot/*:refs/oneshot-remote/origin/*' URL, then
    git oneshot install in it.
    """
    path = os.path.abspath(directory or _folder(url))
    environ = scrub(app.environ)  # a hook's, or an alias's, may name another repository
    options["quiet"] = options["quiet"] or app.json
    options["origin"] = name = str(options["origin"] or _usual(environ))
    setting = (f"remote.{name}.fetch", f"+refs/oneshot/*:{REMOTE}{name}/*")
    # With one branch git brings nothing else, and what it brings with a depth it cuts.
    along = not (options["depth"] or options["single_branch"] or "=" in name)
    _git_clone(app, [*_argv(options), *(["-c", "=".join(setting)] if along else [])], url, path,
               environ)  # fmt: skip
    os.chdir(path)
    there = App(json=app.json, environ=environ)
    if along:
        there.clone.remember([setting])
    elif wrong := there.clone.bring():
        app.say(f"warning: {wrong}")
    came = len({tip.feature for tip in there.store.tips()})
    own = ("git", "-C", directory or _folder(url))
    try:
        agreed = ask(there, pending(there), yes=yes)
    except (KeyboardInterrupt, click.Abort) as err:
        click.echo(err=True)  # behind the question
        what = "interrupted: the clone is made, and not set up"
        raise OneshotError(Code.INTERRUPTED, what, typed(*own, "oneshot", "install")) from err
    changes = apply(there) if agreed else []
    text = f"{counted(came, 'feature')} came with '{path}'"
    argv = (*own, *INSTALL.argv[1:], *(("--json",) if app.json else ()))
    nexts = [] if agreed else [INSTALL._replace(argv=argv)]
    return Answer(Cloned(path=path, fetched=came, changes=changes), text, nexts)


def _git_clone(
    app: App, options: list[str], url: str, path: str, environ: Mapping[str, str]
) -> None:
    taken = _is_taken(path)
    done = subprocess.run(
        ["git", "clone", *options, "--", url, path],
        env=environ, check=False,
        stdout=subprocess.DEVNULL if app.json else None,
        stderr=subprocess.PIPE if app.json else None,
    )  # fmt: skip
    if done.returncode != 0:
        said = (done.stderr or b"").decode(errors="replace").strip().splitlines()
        why = f": {said[-1].removeprefix('fatal: ')}" if said else ""
        code = Code.GIT_FAILED if taken else Code.REMOTE_FAILED
        hint = f"see whether it answers: {typed('git', 'ls-remote', url)}"
        if taken:
            hint = f"name another folder: {typed('git', 'oneshot', 'clone', url)} FOLDER"
        raise OneshotError(code, f"git clone ended with {done.returncode}{why}", hint)


def _is_taken(path: str) -> bool:
    """Whether git would clone nothing into it, whatever the address."""
    try:
        return bool(os.listdir(path))
    except FileNotFoundError:
        return False
    except OSError:  # a file, or nothing to look into
        return True


def _argv(options: Mapping[str, Given]) -> list[str]:
    """Options of ours as those of git, each with its value in one word."""
    argv = []
    for name, value in options.items():
        option = f"--{name.strip('_').replace('_', '-')}"
        if isinstance(value, bool):
            argv += [option] if value else []
        elif value is not None:
            argv.append(f"{option}={value}")
    return argv


def _usual(environ: Mapping[str, str]) -> str:
    """What git calls the remote of a new clone where nothing else is said."""
    done = subprocess.run(["git", "config", "--get", _NAME], env=environ, check=False,
                          capture_output=True, text=True)  # fmt: skip
    return done.stdout.removesuffix("\n") or "origin"


def _folder(url: str) -> str:
    """The folder that git would clone into."""
    name = url.rstrip("/").removesuffix("/.git").rpartition("/")[2].rpartition(":")[2]
    return name.removesuffix(".git").removesuffix(".bundle")
