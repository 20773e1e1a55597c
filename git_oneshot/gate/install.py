"""What the program changes in a clone, and how it takes it back.

Nothing of the user's is destroyed: a hook that was there is moved aside,
runs first, and is put back; configuration is added, never replaced.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import Final, NamedTuple

import msgspec

from git_oneshot.core.errors import OneshotError
from git_oneshot.core.ids import LOCAL, REMOTE
from git_oneshot.gate.election import elected
from git_oneshot.gate.hooks import Hooks
from git_oneshot.git import Git
from git_oneshot.trail.disk import put, read
from git_oneshot.trail.display import REF as NOTES
from git_oneshot.trail.display import ours
from git_oneshot.trail.tracking import rename_kept
from git_oneshot.trail.transport import Remote

BRINGS: Final = "fetch: bring"
_FETCH: Final = r"^remote\..*\.fetch$"


class Step(NamedTuple):
    """One change to the clone: what it is in words, and how it is made."""

    what: str
    make: Callable[[], None]


class Clone:
    """The parts of a clone that install and uninstall touch."""

    def __init__(self, git: Git, program: str) -> None:
        self._git = git
        self._program = program
        self.hooks = Hooks(git)

    @property
    def foreign(self) -> str:
        """Why no hook of ours can be installed, "" when they can."""
        why = self.hooks.foreign
        return "" if why and self.hooks.by_settings else why

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """While no other process changes this clone: two would each move what the other put."""
        os.makedirs(self._git.own_dir, exist_ok=True)
        with open(os.path.join(self._git.own_dir, "install.lock"), "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @cached_property
    def remote(self) -> str:
        """The remote that trails are exchanged with, "" when there is none."""
        return elected(self._git)

    def steps(self) -> list[Step]:
        """What is yet to be done here."""
        steps = [] if self.foreign else self._hook_steps()
        remote = self.remote
        refspec = f"+refs/oneshot/*:{REMOTE}{remote}/*"
        astray = self.astray()
        steps += [
            Step(
                f"fetch: the trails of '{name}' as its own, not as those of '{other}' "
                f"(remote.{name}.fetch)",
                partial(self._rename, name, other),
            )
            for name, other in astray
        ]
        known = not remote or remote in dict(astray)
        if not known and refspec not in self._values(f"remote.{remote}.fetch"):
            steps.append(
                Step(
                    f"{BRINGS} the trails of '{remote}' along (remote.{remote}.fetch)",
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

    def astray(self) -> list[tuple[str, str]]:
        """The remotes whose trails a fetch brings as another's, as where git renamed one."""
        found = self._git.maybe("config", "-z", "--local", "--get-regexp", _FETCH) or ""
        rows = [row.partition("\n") for row in found.split("\0") if row]
        named = [(key[len("remote.") : -len(".fetch")], value) for key, _, value in rows]
        aim = f"+refs/oneshot/*:{REMOTE}"
        into = [
            (name, v[len(aim) : -2]) for name, v in named if v.startswith(aim) and v[-2:] == "/*"
        ]
        return [(name, other) for name, other in into if name != other]

    def overwriting(self) -> list[tuple[str, str]]:
        """The settings by which a fetch or a push would put another's trails over what is there."""
        rows = [
            (key, value)
            for remote in self._git.lines("remote")
            for key in (f"remote.{remote}.fetch", f"remote.{remote}.push")
            for value in self._values(key)
        ]
        return [(key, value) for key, value in rows if _into(key, value)]

    def _rename(self, name: str, other: str) -> None:
        key = f"remote.{name}.fetch"
        self._drop(key, f"+refs/oneshot/*:{REMOTE}{other}/*")
        refspec = f"+refs/oneshot/*:{REMOTE}{name}/*"
        if refspec not in self._values(key):
            self._add(key, refspec)
        rename_kept(self._git, other, name)

    def _hook_steps(self) -> list[Step]:
        steps = []
        for name, _ in self.hooks.wanting():
            tail = f", after the {name} hook that is there" if self.hooks.kept(name) else ""
            put = partial(self.hooks.put, name)
            steps.append(Step(f"hook {name}{tail}", put))
        if self._known_program() != self._program:
            steps.append(Step("marker: where git-oneshot is, for the hooks", self.mark))
        return steps

    @property
    def _program_file(self) -> str:
        return os.path.join(self._git.own_dir, "program")

    def mark(self) -> None:
        """Note where this program is, for the hooks."""
        put(self._program_file, os.fsencode(self._program) + b"\n")

    def _known_program(self) -> str:
        return read(self._program_file).removesuffix("\n")

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

    def bring(self) -> str:
        """Let a fetch bring the trails along, and fetch them; what went wrong, "" if nothing."""
        for step in self.steps():
            if step.what.startswith(BRINGS):
                step.make()
        return self.fetch()

    def undo(self) -> list[str]:
        """Take everything back but the trails, and say what was done.

        Settings that were there before us stay.
        """
        from git_oneshot.proof.running.background import stop
        from git_oneshot.proof.running.slots import forget

        # Else it would make the folders anew that are taken away.
        done = ["the proof in the background"] if stop(self._git.own_dir).ended else []
        added, notes = self.added(), ours(self._git)
        done += self.hooks.undo()
        for remote in self._git.lines("remote"):
            refspec = f"+refs/oneshot/*:{REMOTE}{remote}/*"
            if added is None or [f"remote.{remote}.fetch", refspec] in added:
                done += self._drop(f"remote.{remote}.fetch", refspec)
        if ["notes.displayRef", NOTES] in added if added is not None else notes:
            done += self._drop("notes.displayRef", NOTES)
        if forget(self._git):
            done.append("the folders that proofs ran in")
        if os.path.isdir(self._git.own_dir):
            shutil.rmtree(self._git.own_dir)
            done.append("caches, markers and trust")
        if notes and self._git.named(NOTES):
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
        put(os.path.join(self._git.own_dir, "added"), msgspec.json.encode(added))

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


def _into(key: str, refspec: str) -> bool:
    """Whether what a refspec changes may be a trail."""
    source, colon, target = refspec.lstrip("+").partition(":")
    if not colon:
        if key.endswith(".fetch"):
            return False  # it changes nothing
        target = source
    return target.startswith(LOCAL) or (target[-1:] == "*" and LOCAL.startswith(target[:-1]))


def overwrites(key: str, value: str) -> str:
    """What is said of such a setting."""
    return f"{key} is '{value}': a fetch or a push would overwrite trails"


def without(key: str, value: str) -> tuple[str, ...]:
    """The command that takes a setting away."""
    return ("git", "config", "--fixed-value", "--unset-all", key, value)
