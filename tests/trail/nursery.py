"""A nursery of processes that append, and that are killed."""

import os
import select
import subprocess
import sys
from pathlib import Path
from typing import IO

from tests.sandbox import Repo
from tests.trail.crafted import FEATURE


class Nursery:
    """A process that has imported everything, and forks an appender whenever it is asked."""

    def __init__(self, repo: Repo) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.trail.appender", "--nursery", str(repo.path), FEATURE],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin: IO[bytes] = self._process.stdin
        self._out = self._process.stdout.fileno()
        self._rest = b""

    def appender(self, at: str = "next") -> int:
        """The process group of a new appender, once it is there."""
        self._stdin.write(f"{at}\n".encode())
        self._stdin.flush()
        return int(self._line().removeprefix("pid "))

    def said(self) -> list[str]:
        """What an appender said before it ended: the events that it acknowledged."""
        lines = []
        while (line := self._line()) != "end":
            lines.append(line)
        return lines

    def _line(self) -> str:
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._out], [], [], 30)
            assert ready, "the appender says nothing any more"
            self._rest += os.read(self._out, 65_536)
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()

    def close(self) -> None:
        """End it."""
        self._process.communicate()
        assert self._process.returncode == 0
