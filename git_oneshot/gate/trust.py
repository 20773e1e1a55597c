"""Which commands of the repository the user lets run in this clone.

A clone's `.oneshot.toml` comes from whoever pushed it. Its commands run only
after the user has seen them; when they change, they are shown again.
"""

import os
from collections.abc import Iterator, Sequence

import msgspec

from git_oneshot.core.rules.file import Argv
from git_oneshot.gate.commits import bases_of, look
from git_oneshot.git import Git
from git_oneshot.proof.suites import rules_for
from git_oneshot.trail.disk import put


class Trust:
    """The file ``<common dir>/oneshot/trust``, which no fetch and no commit can write."""

    def __init__(self, git: Git) -> None:
        self._path = os.path.join(git.own_dir, "trust")

    def trusted(self) -> frozenset[Argv]:
        """The commands that may run."""
        try:
            with open(self._path, "rb") as file:
                return frozenset(msgspec.json.decode(file.read(), type=list[Argv]))
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return frozenset()

    def add(self, commands: tuple[Argv, ...]) -> None:
        """Let more commands run."""
        put(self._path, msgspec.json.encode(sorted(self.trusted() | set(commands))))


def commands_of(git: Git, commits: Sequence[str]) -> Iterator[Argv]:
    """The commands that a proof of commits runs: of the rules before each of them."""
    seen = look(git, commits)
    bases = bases_of(seen)
    for one in seen:
        rules = rules_for(git, one.parent_tree, one.tree, bases.get(one.id, "")).rules
        yield from rules.commands
