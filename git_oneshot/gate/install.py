"""What the program changes in a clone, and how it takes it back.

Nothing of the user's is destroyed: a hook that was there is moved aside,
runs first, and is put back; configuration is added, never replaced.
"""

import os
import shutil
from collections.abc import Callable
from typing import Final, NamedTuple

import git_oneshot
from git_oneshot.core.errors import OneshotError
from git_oneshot.core.ids import REMOTE
from git_oneshot.gate.election import elected
from git_oneshot.git import Git
from git_oneshot.proof.slots import forget, place
from git_oneshot.trail.transport import Remote

HOOKS: Final = ("pre-commit", "post-commit", "post-rewrite", "pre-push")
OURS: Final = b"# git-oneshot hook "
BEFORE: Final = ".before-oneshot"
NOTES: Final = "refs/notes/oneshot"


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
    def hooks_path(self) -> str:
        """``core.hooksPath``, "" when the user has not set it."""
        return self._git.maybe("config", "--get", "core.hooksPath") or ""

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
        steps = [] if self.hooks_path else self._hook_steps()
        remote = self.remote
        refspec = f"+refs/oneshot/*:{REMOTE}{remote}/*"
        if remote and refspec not in self._values(f"remote.{remote}.fetch"):
            steps.append(
                Step(
                    f"fetch: bring the trails of '{remote}' along (remote.{remote}.fetch)",
                    lambda: self._add(f"remote.{remote}.fetch", refspec),
                )
            )
        if NOTES not in self._values("notes.displayRef"):
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
            steps.append(Step(f"hook {name}{tail}", lambda name=name: self._put(name)))  # type: ignore[misc]
        if _content(self._program_file) != self._program.encode() + b"\n":
            steps.append(Step("marker: where git-oneshot is, for the hooks", self._mark))
        return steps

    @property
    def _program_file(self) -> str:
        return os.path.join(self._git.own_dir, "program")

    def _mark(self) -> None:
        os.makedirs(self._git.own_dir, exist_ok=True)
        with open(self._program_file, "w", encoding="utf-8") as file:
            file.write(self._program + "\n")

    def _put(self, name: str) -> None:
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
        """Take everything back but the trails, and say what was done."""
        done = []
        for name in HOOKS:
            path = os.path.join(self._hooks, name)
            if _ours(path):
                os.unlink(path)
                done.append(f"hook {name}")
            if not os.path.lexists(path) and os.path.lexists(path + BEFORE):
                os.rename(path + BEFORE, path)
                done.append(f"the {name} hook of before is back")
        for remote in self._git.lines("remote"):
            refspec = f"+refs/oneshot/*:{REMOTE}{remote}/*"
            done += self._drop(f"remote.{remote}.fetch", refspec)
        done += self._drop("notes.displayRef", NOTES)
        if forget(self._git):
            done.append("the folders that proofs ran in")
        if os.path.isdir(self._git.own_dir):
            shutil.rmtree(place(self._git), ignore_errors=True)
            shutil.rmtree(self._git.own_dir)
            done.append("caches, markers and trust")
        if self._git.maybe("rev-parse", "-q", "--verify", NOTES):
            self._git.call("update-ref", "-d", NOTES)
            done.append(f"{NOTES} (made from the trails)")
        return done

    def _values(self, key: str) -> list[str]:
        return (self._git.maybe("config", "--get-all", key) or "").split("\n")

    def _add(self, key: str, value: str) -> None:
        self._git.call("config", "--local", "--add", key, value)

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


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _ours(path: str) -> bool:
    """Whether a hook is one that any version of this program put there."""
    return not os.path.islink(path) and OURS in _content(path)[:200]
