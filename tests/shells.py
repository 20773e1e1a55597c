"""An interactive shell on a terminal of its own, typed into by a program."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

TIMEOUT: Final = 30.0  # seconds; only a shell that hangs takes so long


class Shell:
    """A shell that answers: it is typed into, and read until it has said what is waited for."""

    def __init__(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job has none
            os.chdir(cwd)
            os.execvpe(argv[0], list(argv), dict(env))
        self._said = ""

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._fd, keys.encode())

    def until(self, pattern: str, again: str = "") -> re.Match[str]:
        """Read until ``pattern`` was said; what comes behind it is kept for the next call.

        ``again``: keys to press once more after a second of silence. An interrupt that comes
        just before a read is only seen when the read ends.
        """
        end = time.monotonic() + TIMEOUT
        while True:
            found = re.search(pattern, self._said)
            if found:
                self._said = self._said[found.end() :]
                return found
            left = max(0.0, end - time.monotonic())
            ready, _, _ = select.select([self._fd], [], [], min(left, 1.0) if again else left)
            if again and left and not ready:
                self.type(again)
                continue
            more = b""
            with contextlib.suppress(OSError):  # a terminal whose other end is closed
                more = os.read(self._fd, 65_536) if ready else b""
            if not more:
                raise AssertionError(f"no {pattern!r} in {self._said!r}")
            self._said += more.decode(errors="replace")

    def resize(self, columns: int) -> None:
        """Make the terminal as wide."""
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def ended(self) -> int:
        """The exit status, once it has ended by itself."""
        with contextlib.suppress(OSError):
            while os.read(self._fd, 65_536):
                pass
        os.close(self._fd)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def close(self) -> None:
        """End the shell."""
        os.close(self._fd)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
