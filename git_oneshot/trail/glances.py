"""Features at a glance by tip, in one file that anyone may delete.

A list of a thousand features must not decode a thousand states. The file is
one line of digest, as the lines of ``cache`` have it, and one JSON object: it
is decoded in one go, and rewritten as a whole when a tip has moved.
"""

import contextlib
import os
import zlib
from collections.abc import Mapping
from typing import Final

import msgspec

from git_oneshot import __version__
from git_oneshot.core.pipeline import Glance
from git_oneshot.trail.disk import put


class Glances(msgspec.Struct, frozen=True, array_like=True):
    """Glances by the keys of the state cache; ``size`` is how large that was when all were made."""

    size: int = 0
    known: dict[str, Glance] = {}


_decoder: Final = msgspec.json.Decoder(Glances)


def read(folder: str) -> Glances:
    """What is known; damage is nothing known."""
    try:
        with open(_path(folder), "rb") as file:
            digest, _, body = file.read().partition(b"\n")
        return _decoder.decode(body) if digest == _digest(body) else Glances()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return Glances()


def write(folder: str, known: Mapping[str, Glance], size: int) -> None:
    """Remember these and no others. A disk that refuses only makes the next read slower."""
    body = msgspec.json.encode(Glances(size, dict(known)))
    with contextlib.suppress(OSError):
        put(_path(folder), _digest(body) + b"\n" + body)


def _path(folder: str) -> str:
    return os.path.join(folder, "glances")


def _digest(body: bytes) -> bytes:
    return b"%08x" % zlib.crc32(body, zlib.crc32(__version__.encode()))
