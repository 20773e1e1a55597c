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
    """Whether the command line of a commit says --amend."""
    return _says(argv, "--amend", least="--am")


def squashes(argv: Sequence[str]) -> bool:
    """Whether the command line of a commit makes one that is to be squashed into another."""
    return _says(argv, "--fixup", least="--fix") or _says(argv, "--squash", least="--sq")


def only_tries(argv: Sequence[str]) -> bool:
    """Whether the command line of a push says --dry-run, or -n among other letters."""
    letters = (word[1:] for word in _options(argv) if word[:1] == "-" and word[:2] != "--")
    # What follows an o is the option's value.
    tries = any("n" in word.partition("o")[0] for word in letters)
    return tries or _says(argv, "--dry-run", least="--dr")


def _says(argv: Sequence[str], option: str, *, least: str) -> bool:
    """Whether a long option is given, spelt out or as short as git still understands it."""
    names = (word.partition("=")[0] for word in _options(argv))
    return any(option.startswith(name) and name.startswith(least) for name in names)


def _options(argv: Sequence[str]) -> list[str]:
    """The words of git's subcommand: what stands before it is git's own."""
    begun = itertools.dropwhile(lambda word: word not in ("commit", "push"), argv)
    return list(itertools.takewhile(lambda word: word != "--", begun))
