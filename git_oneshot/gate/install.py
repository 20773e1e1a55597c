"""What the program changes in a clone, and how it takes it back.

Nothing of the user's is destroyed: a hook that was there is moved aside,
runs first, and is put back; configuration is added, never replaced.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec

import git_oneshot
from git_oneshot.core.errors import OneshotError
from git_oneshot.core.ids import REMOTE
from git_oneshot.gate.election import elected
from git_oneshot.git import Git
from git_oneshot.proof.slots import forget, place
from git_oneshot.trail.display import REF as NOTES
from git_oneshot.trail.display import ours
from git_oneshot.trail.transport import Remote

HOOKS: Final = ("pre-commit", "post-commit", "post-rewrite", "pre-push")
OURS: Final = b"# git-oneshot hook "
BEFORE: Final = ".before-oneshot"


class Step(NamedTuple):
    """One change to the clone: what it is in words, and how it is made."""

    what: str
    make: Callable[[], None]


class Clone:
    """The parts of a clone that install and uninstall touch."""

    def __init__(self, git: Git, program: str) -> None:
        self._git = git
        self._program = program
        self._hooks = os.path.join(git.common_dir, "hooks")

    @property
    def foreign(self) -> str:
        """Why the folder of hooks is not ours to write to, "" when it is."""
        path = self._git.maybe("config", "--get", "core.hooksPath") or ""
        if path:
            return f"core.hooksPath is '{path}'"
        if os.path.islink(self._hooks):  # into the working tree, perhaps: its files are tracked
            return f"'{self._hooks}' is a link to '{os.readlink(self._hooks)}'"
        return ""

    @property
    def installed(self) -> bool:
        """Whether our hooks are there."""
        return all(_ours(os.path.join(self._hooks, name)) for name in HOOKS)

    @property
    def remote(self) -> str:
        """The remote that trails are exchanged with, "" when there is none."""
        return elected(self._git)

    def steps(self) -> list[Step]:
        """What is yet to be done here."""
        steps = [] if self.foreign else self._hook_steps()
        remote = self.remote
        refspec = f"+refs/oneshot/*:{REMOTE}{remote}/*"
        if remote and refspec not in self._values(f"remote.{remote}.fetch"):
            steps.append(
                Step(
                    f"fetch: bring the trails of '{remote}' along (remote.{remote}.fetch)",
                    lambda: self._add(f"remote.{remote}.fetch", refspec),
                )
            )
        if NOTES not in self._values("notes.displayRef") and ours(self._git):
            steps.append(
                Step(
                    "git log: show proofs below messages (notes.displayRef)",
                    lambda: self._add("notes.displayRef", NOTES),
                )
            )
        return steps

    def _hook_steps(self) -> list[Step]:
        steps = []
        for name in HOOKS:
            path = os.path.join(self._hooks, name)
            if _content(path) == _shim(name) and os.access(path, os.X_OK):
                continue
            kept = os.path.lexists(path) and not _ours(path)
            tail = f", after the {name} hook that is there" if kept else ""
            steps.append(Step(f"hook {name}{tail}", lambda name=name: self.put(name)))  # type: ignore[misc]
        if _content(self._program_file) != self._program.encode() + b"\n":
            steps.append(Step("marker: where git-oneshot is, for the hooks", self.mark))
        return steps

    @property
    def _program_file(self) -> str:
        return os.path.join(self._git.own_dir, "program")

    def mark(self) -> None:
        """Note where this program is, for the hooks."""
        os.makedirs(self._git.own_dir, exist_ok=True)
        with open(self._program_file, "w", encoding="utf-8") as file:
            file.write(self._program + "\n")

    def put(self, name: str) -> None:
        """Put one hook in its place, and keep the one that is there."""
        path = os.path.join(self._hooks, name)
        os.makedirs(self._hooks, exist_ok=True)
        if os.path.lexists(path) and not _ours(path):
            _keep(path + BEFORE)
            os.rename(path, path + BEFORE)
        temporary = f"{path}.{os.getpid()}"
        with open(temporary, "wb") as file:
            file.write(_shim(name))
        os.chmod(temporary, 0o755)  # noqa: S103 - as git init makes its sample hooks
        os.replace(temporary, path)

    def fetch(self) -> str:
        """Fetch the trails that the remote has; give back what went wrong, "" when nothing did."""
        remote = self.remote
        if not remote:
            return ""
        try:
            Remote(self._git, remote).fetch()
        except OneshotError as err:
            return err.message
        return ""

    def undo(self) -> list[str]:
        """Take everything back but the trails, and say what was done.

        Settings that were there before us stay.
        """
        done = []
        added, notes = self.added(), ours(self._git)
        for name in () if self.foreign else HOOKS:
            path = os.path.join(self._hooks, name)
            if _ours(path):
                os.unlink(path)
                done.append(f"hook {name}")
            if not os.path.lexists(path) and os.path.lexists(path + BEFORE):
                os.rename(path + BEFORE, path)
                done.append(f"the {name} hook of before is back")
        for remote in self._git.lines("remote"):
            refspec = f"+refs/oneshot/*:{REMOTE}{remote}/*"
            if added is None or [f"remote.{remote}.fetch", refspec] in added:
                done += self._drop(f"remote.{remote}.fetch", refspec)
        if ["notes.displayRef", NOTES] in added if added is not None else notes:
            done += self._drop("notes.displayRef", NOTES)
        if forget(self._git):
            done.append("the folders that proofs ran in")
        if os.path.isdir(self._git.own_dir):
            shutil.rmtree(place(self._git), ignore_errors=True)
            shutil.rmtree(self._git.own_dir)
            done.append("caches, markers and trust")
        if notes and self._git.maybe("rev-parse", "-q", "--verify", NOTES):
            self._git.call("update-ref", "-d", NOTES)
            done.append(f"{NOTES} (made from the trails)")
        return done

    def _values(self, key: str) -> list[str]:
        return (self._git.maybe("config", "--get-all", key) or "").split("\n")

    def _add(self, key: str, value: str) -> None:
        """Add a setting, and remember that it is from us."""
        self._git.call("config", "--local", "--add", key, value)
        self.remember([*(self.added() or []), [key, value]])

    def remember(self, added: Sequence[Sequence[str]]) -> None:
        """Note which settings are from us; what was there before install is not."""
        os.makedirs(self._git.own_dir, exist_ok=True)
        with open(os.path.join(self._git.own_dir, "added"), "wb") as file:
            file.write(msgspec.json.encode(added))

    def added(self) -> list[list[str]] | None:
        """The settings that are from us, None when nothing remembers."""
        try:
            with open(os.path.join(self._git.own_dir, "added"), "rb") as file:
                return msgspec.json.decode(file.read(), type=list[list[str]])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def _drop(self, key: str, value: str) -> list[str]:
        local = (self._git.maybe("config", "--local", "--get-all", key) or "").split("\n")
        if value not in local:
            return []
        self._git.call("config", "--local", "--fixed-value", "--unset-all", key, value)
        return [key]


def _keep(path: str) -> None:
    """Move what is there out of the way: a hook that another tool has replaced since."""
    number = 1
    while os.path.lexists(f"{path}.{number}"):
        number += 1
    if os.path.lexists(path):
        os.rename(path, f"{path}.{number}")


def _shim(name: str) -> bytes:
    """A hook as it stands in the top-level hooks/: beside the package, or inside it."""
    package = os.path.dirname(os.path.abspath(git_oneshot.__file__))
    for folder in (os.path.join(os.path.dirname(package), "hooks"), package + "/shims"):
        found = _content(os.path.join(folder, name))
        if found.startswith(b"#!/bin/sh\n" + OURS):
            return found
    raise FileNotFoundError(f"the {name} shim is not part of this installation")


def hook_state(git: Git, name: str) -> str:
    """How our hook of a name is: sound, stale, not executable, or missing."""
    path = os.path.join(git.common_dir, "hooks", name)
    if not _ours(path):
        return "missing"
    if not os.access(path, os.X_OK):
        return "not executable"
    return "sound" if _content(path) == _shim(name) else "stale"


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _ours(path: str) -> bool:
    """Whether a hook is one that any version of this program put there."""
    return not os.path.islink(path) and OURS in _content(path)[:200]
