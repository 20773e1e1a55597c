"""Running a command of the repository: argv, its own process group, nothing of git, bounded."""

import contextlib
import math
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from git_oneshot.proof.running.strays import bury, ending_strays, unburied

_CUT: Final = re.compile(rb"\A(?:[^\n]{0,4000}+\n|\S{0,4000}+\s)")  # the line, else the word
LOG: Final = 8_192  # bytes of output that are kept, from the end
OUTPUT: Final = 64 * 2**20  # bytes after which a run is stopped
GRACE: Final = 2.0  # seconds between asking a process to end and ending it

# What a test may see of the user's environment. No GIT_* ever: a suite that
# runs `git init` in a hook's environment writes into the user's repository.
_PASSED: Final = (
    "PATH", "LANG", "LC_CTYPE", "TERM", "USER", "LOGNAME", "SHELL", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "SYSTEMROOT", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH", "DEVELOPER_DIR", "SDKROOT",
    "JAVA_HOME", "GOROOT", "CARGO_HOME", "RUSTUP_HOME", "PYENV_ROOT", "PYENV_VERSION", "NVM_DIR",
)  # fmt: skip


# Set when this process was told to stop: a test runs in a session of its own,
# so the interrupt of the terminal does not reach it.
stopping: Final = threading.Event()

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # what tells us to stop
NICE: Final = 10
_told: Final = [-math.inf]  # when we were told to stop
_groups: Final[set[int]] = set()  # the process groups that are running
_unless: Final[list[Callable[[], bool]]] = []  # an item once tests are to give way


def interrupt(_number: int, _frame: object) -> None:
    """A handler of signals that tell us to stop: KeyboardInterrupt, once until all has ended.

    `timeout` sends two at once, and the second would interrupt what ends the tests.
    """
    now = time.monotonic()
    if now - _told[0] > GRACE + 1:
        _told[0] = now
        raise KeyboardInterrupt


class Ended(NamedTuple):
    """How a process ended: its status (None: it was stopped for taking too long or too much)."""

    status: int | None
    seconds: float
    log: str


def utf_8() -> str:
    """The locale of UTF-8 that a system has: macOS has C.UTF-8 only since version 15."""
    return "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"


def passed(user: Mapping[str, str]) -> dict[str, str]:
    """What any child of ours may see of the user's environment: no token is among it."""
    return {name: user[name] for name in _PASSED if name in user}


def environment(user: Mapping[str, str], home: str, top: str) -> dict[str, str]:
    """The environment of a test process: an allow-list, a private home, git sealed off.

    The home is empty, so git finds no settings of the user's; those that a test makes count.
    """
    env = passed(user)
    real_home = user.get("HOME", "")
    if real_home:
        # Packages that were installed with `pip install --user` are still there.
        env["PYTHONUSERBASE"] = user.get("PYTHONUSERBASE", os.path.join(real_home, ".local"))
    return {
        **env,
        "HOME": home,
        "TMPDIR": os.path.join(home, "tmp"),
        "TZ": "UTC",
        "LC_ALL": utf_8(),
        "CI": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": os.path.dirname(top),
    }


def run(
    argv: Sequence[str],
    cwd: str,
    env: Mapping[str, str],
    timeout: float,
    *keep: int,
    kept: int = LOG,
) -> Ended:
    """Run to the end, or to the timeout; nothing that it began survives.

    Where no kernel tells who left the process group (not Linux), only those in it are ended.

    ``keep``: file descriptors that it inherits; ``kept``: bytes of output that come
    back. Raises OSError when the program cannot be started.
    """
    began = time.monotonic()
    with tempfile.TemporaryFile() as output, ending_strays():
        with unburied():
            child = subprocess.Popen(
                list(argv),
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=keep,
            )
            _groups.add(child.pid)
        _bound(child.pid, timeout)
        if _unless and not _unless[0]():  # perhaps just when it was begun
            _lower(child.pid)
        try:
            status = _wait(child, output.fileno(), began + timeout)
        finally:
            _end(child)
            _groups.discard(child.pid)
        size = output.seek(0, os.SEEK_END)
        output.seek(max(0, size - kept))
        log = output.read()
    if size > kept:  # of a secret whose beginning is gone, no mask would know the rest
        log = _CUT.sub(b"", log, count=1)
    return Ended(status, time.monotonic() - began, log.decode(errors="replace"))


def _bound(pid: int, timeout: float) -> None:
    """Let nothing that it starts use more processor time than there is until its timeout.

    A process that leaves the group is not ended with it; the kernel ends it then.
    """
    most = (math.ceil(timeout) + 1) * (os.cpu_count() or 1)
    with contextlib.suppress(
        OSError, ValueError, AttributeError
    ):  # ended; less already; no prlimit
        resource.prlimit(pid, resource.RLIMIT_CPU, (most, most))


def _wait(child: subprocess.Popen[bytes], output: int, deadline: float) -> int | None:
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or stopping.is_set() or os.fstat(output).st_size > OUTPUT:
            return None
        with contextlib.suppress(subprocess.TimeoutExpired):
            return child.wait(min(left, 0.2))
        bury(_groups)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End whatever is left of the process group: TERM, then KILL, also when we are hurried."""
    gone = contextlib.suppress(ProcessLookupError, PermissionError)
    try:
        if child.poll() is None:
            with gone, contextlib.suppress(subprocess.TimeoutExpired):
                os.killpg(child.pid, signal.SIGTERM)
                child.wait(GRACE)
    finally:
        with gone:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def lower(unless: Callable[[], bool] = lambda: False) -> None:
    """Give way to all else on this machine with the tests that are run.

    ``unless`` is asked when one begins: whether it should not. Nobody may take back what
    gave way already, nor this process, whose children would all begin with that.
    """
    _unless[:] = [unless]
    for group in list(_groups):
        _lower(group)


def _lower(group: int) -> None:
    with contextlib.suppress(OSError):  # it has ended
        os.setpriority(os.PRIO_PGRP, group, NICE)
