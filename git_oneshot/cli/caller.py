"""Which git command runs us: git tells a hook neither of --amend nor of --dry-run."""

import contextlib
import itertools
import os
from collections.abc import Sequence
from typing import Final

FAR: Final = 4  # processes between git and us: the shim, and what another tool puts there


def git_argv() -> list[str]:
    """The command line of the git that runs the hook, [] when nothing can tell."""
    pid = os.getppid()
    for _ in range(FAR):
        argv, parent = _process(pid)
        if argv and os.path.basename(argv[0]) == "git":
            return argv
        pid = parent
    return []


def _process(pid: int) -> tuple[list[str], int]:
    """The command line of a process, and who began it."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            argv = os.fsdecode(file.read()).split("\0")
        with open(f"/proc/{pid}/stat", "rb") as file:
            return argv, int(file.read().rpartition(b")")[2].split()[1])
    import subprocess

    with contextlib.suppress(OSError, ValueError, IndexError):
        done = subprocess.run(["ps", "-o", "ppid=", "-o", "args=", "-p", str(pid)],
                              capture_output=True, check=False)  # fmt: skip
        parent, *argv = os.fsdecode(done.stdout).split()
        return argv, int(parent)
    return [], 0


def amends(argv: Sequence[str]) -> bool:
    """Whether a git command line says --amend, or a part of it that says no less."""
    return any(word.startswith("--am") and "--amend".startswith(word) for word in _options(argv))


def squashes(argv: Sequence[str]) -> bool:
    """Whether the command line of a commit makes one that is to be squashed into another."""
    return any(word.startswith(("--fixup", "--squash")) for word in _options(argv))


def only_tries(argv: Sequence[str]) -> bool:
    """Whether the command line of a push says --dry-run, or -n among other letters."""
    return any(
        (word.startswith("--dr") and "--dry-run".startswith(word))
        # What follows an o is the option's value.
        or (word[:1] == "-" and word[:2] != "--" and "n" in word.partition("o")[0])
        for word in _options(argv)
    )


def _options(argv: Sequence[str]) -> list[str]:
    """The words of git's subcommand: what stands before it is git's own."""
    begun = itertools.dropwhile(lambda word: word not in ("commit", "push"), argv)
    return list(itertools.takewhile(lambda word: word != "--", begun))
