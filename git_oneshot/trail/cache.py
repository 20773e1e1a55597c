"""States by tip, in one file that anyone may delete.

A line is ``<tip> <digest> <state as JSON>``. The digest covers the line and the
version of the program, so a torn, edited or outdated line is not believed: a
wrong cache costs a replay, never the truth. The file is appended to, and
rewritten when most of it is about tips long gone.
"""

import contextlib
import functools
import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from git_oneshot import __version__
from git_oneshot.trail.disk import put

if TYPE_CHECKING:
    from git_oneshot.core.state import State

LARGEST: Final = 64 * 2**20  # bytes; then begin anew
END: Final = 2**16  # bytes of the end that are looked at first


@functools.cache  # a list needs no state
def _decoder() -> "msgspec.json.Decoder[State]":
    from git_oneshot.core.state import State

    return msgspec.json.Decoder(State)


class StateCache:
    """The file ``<common dir>/oneshot/states``."""

    def __init__(self, folder: str) -> None:
        self.damaged = False  # whether a line that was asked for is not to be believed
        self._path = os.path.join(folder, "states")
        self._found = 0  # bytes of the lines that were believed

    def find(self, tips: Iterable[str]) -> "dict[str, State]":
        """The states that are known, by tip. Damage is a miss."""
        wanted = list(tips)
        # Looking for one line is quicker than taking all lines apart, until it isn't. What a
        # command asks for was mostly written last.
        few = len(wanted) <= 8
        found, _ = self._taken(wanted, self._read(END), few=True) if few else ({}, False)
        left = [tip for tip in wanted if tip not in found]
        if left:
            more, damaged = self._taken(left, self._read(), few=few)
            found |= more
            self.damaged |= damaged
        return found

    def _taken(
        self, wanted: Sequence[str], data: bytes, *, few: bool
    ) -> "tuple[dict[str, State], bool]":
        """The states that some lines hold, by tip, and whether a line is not to be believed."""
        line_of = None if few else _lines(data)
        found: dict[str, State] = {}
        damaged = False
        for tip in wanted:
            line = line_of.get(tip.encode(), b"") if line_of is not None else _line_of(data, tip)
            state = _believed(line, tip)
            if state is not None:
                found[tip] = state
                self._found += len(line)
            damaged |= bool(line) and state is None
        return found, damaged

    def add(self, states: "Mapping[str, State]") -> None:
        """Remember states. A disk that refuses makes the next read slower, no more."""
        lines = b"".join(_line(tip, state) for tip, state in states.items())
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            fd = os.open(self._path, flags, 0o666)
            try:
                if os.fstat(fd).st_size > LARGEST:
                    os.ftruncate(fd, 0)
                os.write(fd, lines)
            finally:
                os.close(fd)

    def keep(self, states: "Mapping[str, State]") -> None:
        """Rewrite the file with these states alone, when it is twice as large as they are."""
        with contextlib.suppress(OSError):
            if os.path.getsize(self._path) <= 2 * self._found + 65_536:
                return  # as it mostly is: making the lines again would cost as much as all else
            lines = b"".join(_line(tip, state) for tip, state in states.items())
            if os.path.getsize(self._path) <= 2 * len(lines) + 65_536:
                return
            put(self._path, lines)

    @property
    def size(self) -> int:
        """How large the file is."""
        try:
            return os.path.getsize(self._path)
        except OSError:
            return 0

    def untrue(self) -> bool:
        """Whether most lines are not to be believed."""
        lines = [line for line in self._read().split(b"\n") if line]
        good = sum(_believed(line, line.partition(b" ")[0].decode(errors="replace")) is not None
                   for line in lines)  # fmt: skip
        return len(lines) > 2 * good

    def _read(self, last: int | None = None) -> bytes:
        """The file, or so many bytes of its end."""
        try:
            with open(self._path, "rb") as file:
                if last is not None:
                    file.seek(max(0, os.fstat(file.fileno()).st_size - last))
                return file.read()
        except OSError:
            return b""


def _line(tip: str, state: "State") -> bytes:
    body = msgspec.json.encode(state)
    return b"%s %s %s\n" % (tip.encode(), _digest(tip, body), body)


def _digest(tip: str, body: bytes) -> bytes:
    # Against damage, not against an attacker: whoever can write here can write the
    # trail itself. hashlib would cost a read command 2 ms of its 9.
    return b"%08x" % zlib.crc32(body, zlib.crc32(f"{__version__} {tip}".encode()))


def _lines(data: bytes) -> dict[bytes, bytes]:
    """All lines by their tip; the last one of a tip counts."""
    return {line.partition(b" ")[0]: line for line in data.split(b"\n")[:-1]}


def _line_of(data: bytes, tip: str) -> bytes:
    """The last line of one tip."""
    start = data.rfind(tip.encode() + b" ")
    end = data.find(b"\n", start)
    return data[start:end] if 0 <= start < end else b""


def _believed(line: bytes, tip: str) -> "State | None":
    _, _, rest = line.partition(b" ")
    digest, _, body = rest.partition(b" ")
    if digest != _digest(tip, body):
        return None
    try:
        return _decoder().decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
