"""A plan that is written in the user's editor, which is found and run as git does it."""

import contextlib
import os
import subprocess

from git_oneshot.cli.app import App
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.plan import template
from git_oneshot.core.spelling import typed
from git_oneshot.trail.disk import put


def edited(app: App, name: FeatureId) -> str:
    """The plan of a feature as its user wrote it.

    What was written and not recorded is kept, and is what the editor opens the next time.
    Raises OneshotError(NEEDS_INPUT) where nothing was written, or the editor failed.
    """
    path, empty = _file(app, name), template(name)
    if not os.path.exists(path):
        put(path, empty.encode())
    editor = app.git.maybe("var", "GIT_EDITOR")
    if editor is None:
        raise OneshotError(
            Code.NEEDS_INPUT, "git knows no editor for this terminal", "git oneshot plan -m '…'"
        )
    code = 0
    if editor != ":":  # which git takes for none
        done = subprocess.run(["sh", "-c", f'{editor} "$@"', editor, path], env=app.environ,
                              check=False)  # fmt: skip
        code = done.returncode
    with open(path, "rb") as file:
        written = file.read()
    unsaved = written == empty.encode()
    if code:
        kept = f"what you wrote is kept: {typed('git', 'oneshot', 'plan', '-F', path)}"
        another = "name another one: git config core.editor EDITOR"
        raise OneshotError(
            Code.NEEDS_INPUT, f"the editor ended with {code}; nothing is recorded",
            another if unsaved else kept,
        )  # fmt: skip
    if unsaved:
        raise OneshotError(
            Code.NEEDS_INPUT, "the plan was not saved; nothing is recorded", "git oneshot plan"
        )
    try:
        return written.decode()
    except UnicodeDecodeError as err:
        raise OneshotError(
            Code.INVALID_INPUT, "the plan is no UTF-8 text", "git oneshot plan, to edit it again"
        ) from err


def forget(app: App, name: FeatureId) -> None:
    """Take away what was written for a plan that is recorded now."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(_file(app, name))


def _file(app: App, name: FeatureId) -> str:
    return os.path.join(app.git.git_dir, f"ONESHOT_PLAN.{name}.md")
