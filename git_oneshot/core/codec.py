"""Events to bytes and back: one JSON line each, sorted keys, checked both ways.

Reading takes two steps, the header first, so that an event of a newer version
is called newer and not damaged. Old bytes are never rewritten: when the version
rises, a pure one-step upcaster ``dict -> dict`` joins ``UPCASTERS`` and the
files in ``tests/golden/v1/`` still decode.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.events import TYPES, Event, type_name
from git_oneshot.core.spelling import from_source, printable

VERSION: Final = 1
MAX_EVENT: Final = 262_144  # bytes of one line

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
UPCASTERS: Final[dict[int, Upcaster]] = {}  # version n -> a function from n to n + 1


class _Header(msgspec.Struct):
    v: int
    type: str = ""


_TYPES: Final = frozenset(type_name(cls) for cls in TYPES)
_encoder: Final = msgspec.json.Encoder(order="sorted")
_decoder: Final = msgspec.json.Decoder(Event)
_header: Final = msgspec.json.Decoder(_Header)
# msgspec raises these three for bytes that are not what they should be: bad
# UTF-8 and deep nesting have exceptions of their own.
_BROKEN: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# An upcaster trusts the shape of what it lifts; damage may have another one.
_MISSHAPEN: Final = (LookupError, TypeError, ValueError, AttributeError)


def encode(event: Event) -> bytes:
    """One JSON line, without the line break; canonical: equal events, equal bytes.

    Raises OneshotError(INVALID_INPUT) for what could not be read back: a field
    over its limit, text that is not Unicode.
    """
    try:
        line = _encoder.encode(event)
        if len(line) > MAX_EVENT:
            raise OneshotError(
                Code.INVALID_INPUT,
                f"the event is {len(line)} bytes, over the limit of {MAX_EVENT}",
                "say less, or keep it in a file of the repository",
            )
        _decoder.decode(line)  # constructing a struct checks nothing; decoding does
    except (*_BROKEN, ValueError) as err:
        raise _unfit(err) from err
    return line


def _unfit(err: Exception) -> OneshotError:
    """What no event can hold, in words."""
    if isinstance(err, UnicodeError):
        why = "cannot record this: it is no UTF-8 text"
        return OneshotError(Code.INVALID_INPUT, why, "a trail holds UTF-8: say it in that")
    many = re.match(r"Expected `array` of length <= (\d+) - at `\$\.(?:data\.)?(.*)`", str(err))
    if many is not None:
        why = f"cannot record this: the {many[2].replace('.', ' ')} are more than {many[1]}"
        return OneshotError(Code.INVALID_INPUT, why, "name fewer")
    long = re.match(r"Expected `str` of length <= (\d+) - at `\$\.(?:data\.)?(.*)`", str(err))
    if long is None:
        why = f"cannot record this: {err}"
        return OneshotError(Code.INVALID_INPUT, why, "say less, and in plain text")
    return OneshotError(
        Code.INVALID_INPUT,
        f"cannot record this: the {long[2].replace('.', ' ')} has more than {long[1]} characters",
        "say less, or, of a plan, give it as text: git oneshot plan -F FILE",
    )


def decode(line: bytes, upcasters: Mapping[int, Upcaster] = UPCASTERS) -> Event:
    """Read one line that ``encode`` of this or an older version wrote.

    Raises OneshotError: TRAIL_NEWER for a later version, UNKNOWN_EVENT_TYPE for a type that
    is not known, TRAIL_DAMAGED for anything else that is not byte for byte an event.
    """
    if len(line) > MAX_EVENT:
        raise _damaged(f"an event of {len(line)} bytes, over the limit of {MAX_EVENT}")
    try:
        event: Event = _decoder.decode(line)
    except _BROKEN as err:
        return _decode_slowly(line, err, upcasters)
    if _encoder.encode(event) != line:
        raise _damaged("an event is not in canonical form")
    return event


def _decode_slowly(line: bytes, err: Exception, upcasters: Mapping[int, Upcaster]) -> Event:
    """Say why a line is not an event of this version, or lift it from an older one."""
    try:
        header = _header.decode(line)
    except _BROKEN:
        raise _damaged(f"an event cannot be read: {err}") from err
    if header.v > VERSION:
        raise OneshotError(
            Code.TRAIL_NEWER,
            f"an event of version {header.v} was written by a newer git-oneshot",
            f"upgrade it, {from_source()}",
        ) from err
    if header.v == VERSION and header.type not in _TYPES:
        raise OneshotError(
            Code.UNKNOWN_EVENT_TYPE,
            f"unknown event type '{printable(header.type[:80])}'",
            f"a newer git-oneshot may know it; {from_source()}",
        ) from err
    if header.v not in upcasters:
        raise _damaged(f"event '{header.type}' cannot be read: {err}") from err
    try:
        body = msgspec.json.decode(line)
        if _encoder.encode(body) != line:
            raise _damaged("an event is not in canonical form")
        for version in range(header.v, max(upcasters) + 1):
            body = upcasters[version](body)
        lifted: Event = msgspec.convert(body, Event)
    except (*_BROKEN, *_MISSHAPEN) as bad:
        raise _damaged(
            f"event '{header.type}' of version {header.v} cannot be read: {bad}"
        ) from bad
    return lifted


def _damaged(what: str) -> OneshotError:
    # What is damaged can hold anything, and parsers quote it.
    shown = printable(what[:500])
    return OneshotError(Code.TRAIL_DAMAGED, shown, "git oneshot log shows what can be read")
