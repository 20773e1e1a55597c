"""Our hooks in a clone: settings where git knows such, files in its folder of hooks where not.

From 2.54 on git runs what ``hook.<name>.command`` says, whatever else is in the
folder of hooks and wherever that is, so there we write no file of it and move
none. An older git passes over these settings: there a link to ours is put in the
folder, or, where a hook is there, which is kept and runs first, a shim that is a
file. So is a server's, always: its gate holds for whichever git receives a push.

The links, and an ``include`` of the settings, lead into a folder that is there while
a feature is open. To git, what leads nowhere is no hook and no setting, and it begins
no process: so a commit costs nothing where nothing is open.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final

import git_oneshot
from git_oneshot.git import Git
from git_oneshot.trail.disk import link, put

HOOKS: Final = ("pre-commit", "post-commit", "post-rewrite", "pre-push")
SERVER: Final = "pre-receive"  # in a repository that is pushed to, where it is asked for
GATE: Final = "pre-push"  # holds for every git of the clone: also for an older one, as of an editor
OURS: Final = b"# git-oneshot hook "
BEFORE: Final = "before-oneshot"  # the folder of the hooks that were there
# Our settings while a feature is open, which those of the repository include: from beside them.
_INCLUDED: Final = "oneshot/open/settings"
_OPEN: Final = os.path.dirname(_INCLUDED)  # the folder that is there while a feature is open
_TO: Final = f"../{_OPEN}"  # from the folder of hooks
SETTINGS: Final = (2, 54)  # the first git that has hooks by settings
# What is set: our shim, from any worktree and after a move, if there still is something to do.
_RUN: Final = (
    'd=${GIT_DIR:-.git}; test -d "$d" || d=$(git rev-parse --git-dir); '
    'test ! -f "$d/commondir" || { read -r c <"$d/commondir"; '
    "case $c in /*) d=$c ;; *) d=$d/$c ;; esac; }; "
    f'test ! -e "$d/oneshot/MARKER" || exec "$d/{_OPEN}/NAME"'
)


class Hooks:
    """The hooks of one clone."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self.folder = os.path.join(git.common_dir, "hooks")
        self._open = os.path.join(git.common_dir, _OPEN)
        self._settings = os.path.join(git.common_dir, _INCLUDED)

    @property
    def foreign(self) -> str:
        """Why git's folder of hooks is not ours to write to, "" when it is."""
        if os.path.islink(self.folder):  # into the working tree, perhaps: its files are tracked
            return f"'{self.folder}' is a link to '{os.readlink(self.folder)}'"
        if os.path.realpath(self._git.hooks) == os.path.realpath(self.folder):
            return ""
        path = self._git.maybe("config", "--get", "core.hooksPath") or self._git.hooks
        return f"core.hooksPath is '{path}'"

    @cached_property
    def by_settings(self) -> bool:
        """Whether this git runs hooks that are set."""
        found = re.search(r"(\d+)\.(\d+)", self._git.text("version"))
        return found is not None and (int(found[1]), int(found[2])) >= SETTINGS

    def wanting(self) -> Iterator[tuple[str, str]]:
        """(name, what is wrong with it) for each hook of ours that this git would not run."""
        settings = self.by_settings
        for name in HOOKS:
            shim(name)  # what is not part of this installation is known before anything changes
            state = self._setting(name) if settings else self._file(name)
            if settings and state == "missing" and not self.foreign:
                state = self._file(name)  # from before this git was here; it does as well
            elif settings and state == "sound" and self._both(name):
                linked = _link_of_ours(os.path.join(self.folder, name))
                state = "stale" if linked else self._file(name)
            if state != "sound":
                yield name, state

    @property
    def server(self) -> str:
        """How the hook of a server is: as a file, which every git runs."""
        return "missing" if self.foreign else self._file(SERVER)

    def put(self, name: str) -> None:
        """Put one hook in its place, and keep the one that is there."""
        path = os.path.join(self.folder, name)
        kept = os.path.join(self.folder, BEFORE, name)
        if self.by_settings and name != SERVER:
            self._include()
            # A file, and no link: what is set ends the way of a feature, and git runs this next.
            if self._both(GATE):
                put(os.path.join(self.folder, GATE), shim(GATE), 0o755)
        else:
            os.makedirs(self.folder, exist_ok=True)
            if os.path.lexists(path) and not _ours(path):
                os.makedirs(os.path.dirname(kept), exist_ok=True)
                _make_room(kept)
                _move(path, kept)
            if os.path.isdir(os.path.dirname(kept)):
                self._surround()
            always = name == SERVER or os.path.lexists(kept)
            if always or not link(path, f"{_TO}/{name}"):  # a disk may have no links
                put(path, shim(name), 0o755)
        if self._due(GATE):
            self.wake()

    def kept(self, name: str) -> bool:
        """Whether a hook is there that would be kept and run first."""
        path = os.path.join(self.folder, name)
        return not self.by_settings and os.path.lexists(path) and not _ours(path)

    def wake(self) -> None:
        """Let our links and settings lead to the hooks that have something to do."""
        with contextlib.suppress(OSError):
            os.unlink(self._open)  # a file there would stop what began half way
        included = self._included
        due = [name for name in HOOKS if self._due(name)]
        for name in due:
            path = os.path.join(self._open, name)
            wanted = included or _link_of_ours(self._found(name))
            if wanted and not _whole(path, name):
                put(path, shim(name), 0o755)
        settings = b"".join(map(_set, due))
        if included and self._said != settings:
            put(self._settings, settings)
        for name in {*HOOKS} - {*due}:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self._open, name))

    def rest(self) -> None:
        """Let them lead nowhere: nothing is open."""
        if os.path.isdir(self._open):
            import shutil  # slow to load, and few that come here have hooks to take away

            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._settings)  # first: a commit goes on meanwhile
            shutil.rmtree(self._open, ignore_errors=True)  # an install may fill it just now

    def undo(self) -> Iterator[str]:
        """Take our hooks back, bring those that were there back, and say so."""
        included = self._exclude()
        for name in (*HOOKS, SERVER):
            path = os.path.join(self.folder, name)
            kept = os.path.join(self.folder, BEFORE, name)
            own = not os.path.islink(self.folder)
            ours = own and _ours(path)
            if ours:
                os.unlink(path)
            if ours or (included and name != SERVER):
                yield f"hook {name}"
            if own and not os.path.lexists(path) and os.path.lexists(kept):
                _move(kept, path)
                yield f"back: the {name} hook of before"
        if not os.path.islink(self.folder):
            self._clear()

    def _found(self, name: str) -> str:
        """Where our hook is as a file, if it is: pre-commit and prek call what was there first."""
        path = os.path.join(self.folder, name)
        return path if _ours(path) else f"{path}.legacy"

    def _file(self, name: str) -> str:
        """How our hook is as a file: sound, stale, not executable, or missing."""
        path = self._found(name)
        if _link_of_ours(path) and not self._due(name):
            return "sound"
        if not _ours(path) or not os.path.exists(path):
            return "missing"
        if not os.access(path, os.X_OK):
            return "missing" if path.endswith(".legacy") else "not executable"
        return "sound" if path.endswith(".legacy") or _content(path) == shim(name) else "stale"

    def _due(self, name: str) -> bool:
        """Whether a hook has something to do: where nothing is open but to be pushed, two have."""
        return os.path.exists(os.path.join(self._git.own_dir, _marker(name)))

    def _setting(self, name: str) -> str:
        """How our hook is as a setting: sound, stale or missing."""
        if not self._included:
            return "missing"
        whole = _whole(os.path.join(self._open, name), name) and _set(name) in self._said
        return "sound" if whole or not self._due(name) else "stale"

    @property
    def _said(self) -> bytes:
        """Our settings as they are."""
        return _content(self._settings)

    def _both(self, name: str) -> bool:
        """Whether a hook is to be a file beside its setting: it costs no commit anything."""
        path = os.path.join(self.folder, name)
        return name == GATE and not self.foreign and (not os.path.lexists(path) or _ours(path))

    @property
    def _included(self) -> bool:
        """Whether our settings are git's: read from its file, for a `git config` takes longer."""
        return os.fsencode(_INCLUDED) in _content(os.path.join(self._git.common_dir, "config"))

    def _include(self) -> None:
        if not self._included:
            self._git.call("config", "--local", "--add", "include.path", _INCLUDED)

    def _exclude(self) -> bool:
        if there := self._included:
            self._git.call("config", "--local", "--fixed-value", "--unset-all", "include.path",
                           _INCLUDED)  # fmt: skip
        return there

    def _surround(self) -> None:
        """Let a hook that was moved find beside it what was beside it."""
        for entry in os.listdir(self.folder):
            link = os.path.join(self.folder, BEFORE, entry)
            ours = entry in (*HOOKS, SERVER) or entry == BEFORE or entry.endswith(".sample")
            if not ours and not os.path.lexists(link):
                os.symlink(os.path.join(os.pardir, entry), link)

    def _clear(self) -> None:
        """Take away the folder of the hooks that were there, if nothing else is in it."""
        folder = os.path.join(self.folder, BEFORE)
        for entry in os.listdir(folder) if os.path.isdir(folder) else ():
            link = os.path.join(folder, entry)
            if os.path.islink(link) and os.readlink(link) == os.path.join(os.pardir, entry):
                os.unlink(link)
        if os.path.isdir(folder) and not os.listdir(folder):
            os.rmdir(folder)


def _marker(name: str) -> str:
    """What is there while a hook has something to do."""
    return "on" if name in ("pre-commit", "post-commit") else "active"


def _set(name: str) -> bytes:
    """The settings of one hook."""
    command = _RUN.replace("NAME", name).replace("MARKER", _marker(name)).replace('"', '\\"')
    return f'[hook "oneshot-{name}"]\n\tevent = {name}\n\tcommand = "{command}"\n'.encode()


def shim(name: str) -> bytes:
    """A hook as it stands in the top-level hooks/: beside the package, or inside it."""
    package = os.path.dirname(os.path.abspath(git_oneshot.__file__))
    for folder in (os.path.join(os.path.dirname(package), "hooks"), package + "/shims"):
        found = _content(os.path.join(folder, name))
        if found.startswith(b"#!/bin/sh\n" + OURS):
            return found
    raise FileNotFoundError(f"the {name} shim is not part of this installation")


def _whole(path: str, name: str) -> bool:
    """Whether a file is a hook as it is to be."""
    return _content(path) == shim(name) and os.access(path, os.X_OK)


def _move(path: str, new: str) -> None:
    """Move a hook; a link goes on leading where it led."""
    to = os.readlink(path) if os.path.islink(path) else "/"
    if os.path.isabs(to):
        os.rename(path, new)
        return
    whole = os.path.join(os.path.dirname(path), to)
    os.symlink(os.path.relpath(whole, os.path.dirname(new)), new)
    os.unlink(path)


def _make_room(path: str) -> None:
    """Move what is there out of the way: a hook that another tool has replaced since."""
    number = 1
    while os.path.lexists(f"{path}.{number}"):
        number += 1
    if os.path.lexists(path):
        os.rename(path, f"{path}.{number}")


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _ours(path: str) -> bool:
    """Whether a hook is one that any version of this program put there."""
    return _link_of_ours(path) or (not os.path.islink(path) and OURS in _content(path)[:200])


def _link_of_ours(path: str) -> bool:
    return os.path.islink(path) and os.path.dirname(os.readlink(path)) == _TO
