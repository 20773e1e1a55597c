"""The sandbox that commands of a repository run in, where one is asked for and can be had.

bubblewrap's: no network, no other process to be seen, no right of root's, nothing to be
written but the slot and its home, and out of sight the folders in which keys and sockets
are usually kept. What tests say may depend on it, so it is a part of a run's key.
"""

import functools
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from git_oneshot.core.rules.file import SANDBOXES, Sandboxing

PROFILE: Final = "bubblewrap 2"
# Hidden: through the sockets there, others do what is asked of them, network or not.
SHARED: Final = ("/tmp", "/var/tmp", "/run", "/var/run")  # noqa: S108
_RESOLVING: Final = "/run/systemd/resolve"  # where /etc/resolv.conf leads to on many a machine
# Below a home: keys, and what talks for them.
_KEYS: Final = (
    ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".config/gh", ".config/glab-cli",
    ".config/gcloud", ".local/share/keyrings",
)  # fmt: skip
_KEY_FILES: Final = (
    ".netrc", ".git-credentials", ".config/git/credentials", ".npmrc", ".pypirc",
)  # fmt: skip
_ALONE: Final = (
    "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--die-with-parent",
    "--unshare-pid", "--unshare-ipc", "--unshare-uts",
    "--cap-drop", "ALL",  # root has all of them else, and mounts anew what cannot be written to
)  # fmt: skip
_UNPLUGGED: Final = "--unshare-net"


class Sandbox(NamedTuple):
    """How commands are run: by ``program``, which is bubblewrap, or as they are.

    ``home``: the user's. ``seen``: what can be read even in a folder that is hidden.
    """

    program: str = ""
    home: str = ""
    seen: tuple[str, ...] = ()

    @property
    def profile(self) -> str:
        """What of it decides an outcome."""
        return PROFILE if self.program else ""

    def argv(
        self, argv: Sequence[str], cwd: str, written: Sequence[str], *, network: bool
    ) -> list[str]:
        """The command line that runs a command in it; ``written``: the folders it may write to."""
        if not self.program:
            return list(argv)
        options = [*_ALONE] if network else [*_ALONE, _UNPLUGGED]
        for folder in SHARED:
            if os.path.isdir(folder) and not os.path.islink(folder):
                options += ["--tmpfs", folder]
        for path in (_RESOLVING, *self.seen):
            options += ["--ro-bind-try", path, path]
        for folder in self._below_home(_KEYS):
            options += ["--tmpfs", folder]
        for path in self._below_home(_KEY_FILES):
            options += ["--ro-bind", os.devnull, path]
        for path in written:
            options += ["--bind", path, path]
        return [self.program, *options, "--chdir", cwd, "--", *argv]

    def _below_home(self, names: Sequence[str]) -> Iterator[str]:
        paths = (os.path.join(self.home, name) for name in names if self.home)
        return filter(os.path.exists, paths)


def stricter(one: Sandboxing, other: Sandboxing) -> Sandboxing:
    """What two of them ask for together."""
    return max(one, other, key=SANDBOXES.index)


def sandbox(wanted: Sandboxing, user: Mapping[str, str], path: str, *seen: str) -> Sandbox | None:
    """A sandbox where it is wanted; one that does nothing where it need not be; None where it must.

    ``user``: the user's environment; ``path``: where programs are; ``seen``: what has to be read.
    """
    if wanted == "off":
        return Sandbox()
    program = shutil.which("bwrap", path=user.get("PATH", os.defpath))
    if program is None or not _works(program):
        return Sandbox() if wanted == "auto" else None
    folders = path.split(os.pathsep)
    homes = [os.path.dirname(folder) for folder in folders]
    needed = [*seen, user.get("VIRTUAL_ENV", ""), *folders, *homes]
    below = tuple(dict.fromkeys(one for one in needed if _is_hidden(one)))
    return Sandbox(program, user.get("HOME", ""), below)


def _is_hidden(path: str) -> bool:
    return any(path.startswith(f"{folder}/") for folder in SHARED)


@functools.cache
def _works(program: str) -> bool:
    """Whether the kernel lets this user have one: in many a container it does not."""
    argv = [program, *_ALONE, _UNPLUGGED, "--", "true"]
    try:
        done = subprocess.run(
            argv, env={"PATH": os.defpath}, capture_output=True, check=False, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
