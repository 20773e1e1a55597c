"""Bytes and events: one form each way, old bytes for ever, and one kind of error for any others.

``tests/golden/v1`` holds a stored line of every type and whole trails with the
state they lead to. The lines are never edited: a new form of an event is a new
version, with an upcaster. A ``.state.json`` may follow the shape of the state.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from git_oneshot.core import codec
from git_oneshot.core import events as e
from git_oneshot.core import facts as f
from git_oneshot.core.codec import MAX_EVENT, Upcaster, decode, encode
from git_oneshot.core.errors import Code, Exit, OneshotError
from git_oneshot.core.events import TYPES, Event, type_name
from git_oneshot.core.replay import replay
from git_oneshot.core.spelling import printable
from git_oneshot.core.state import State
from tests.strategies import events

GOLDEN = Path(__file__).parent.parent / "golden" / "v1"
TRAILS = sorted(path.name for path in GOLDEN.glob("trail-*.jsonl"))


def golden(cls: type[Event]) -> bytes:
    """The stored line of a type."""
    return (GOLDEN / f"{type_name(cls)}.json").read_bytes().removesuffix(b"\n")


LINES = [golden(cls) for cls in TYPES]
STARTED = golden(e.WorkflowStarted)


def refusal(line: bytes, upcasters: dict[int, Upcaster] | None = None) -> OneshotError:
    """How decode refuses a line."""
    with pytest.raises(OneshotError) as refused:
        decode(line, upcasters or {})
    assert refused.value.kind.exit is Exit.DAMAGED
    assert printable(refused.value.message) == refused.value.message
    return refused.value


# -- old bytes, for ever -----------------------------------------------------------


def test_there_is_one_golden_file_for_each_type_and_no_other() -> None:
    files = {path.stem for path in GOLDEN.glob("*.json") if not path.name.startswith("trail-")}
    assert files == {type_name(cls) for cls in TYPES}


@pytest.mark.parametrize("cls", TYPES, ids=type_name)
def test_a_golden_line_decodes_and_encodes_to_the_same_bytes(cls: type[Event]) -> None:
    event = decode(golden(cls))
    assert type(event) is cls
    assert encode(event) == golden(cls)


@pytest.mark.parametrize("cls", TYPES, ids=type_name)
def test_a_golden_line_uses_every_field_of_its_type(cls: type[Event]) -> None:
    said = json.loads(golden(cls))["data"]
    # A workflow has one type, and a default is left out of the line.
    wire = {field.encode_name for field in msgspec.structs.fields(cls.__annotations__["data"])}
    assert set(said) == wire - {"workflowType"}


@pytest.mark.parametrize("name", TRAILS)
def test_a_golden_trail_leads_to_the_state_it_always_led_to(name: str) -> None:
    lines = (GOLDEN / name).read_bytes().splitlines()
    history = [decode(line) for line in lines]
    assert [encode(event) for event in history] == lines
    expected = json.loads((GOLDEN / name.replace(".jsonl", ".state.json")).read_bytes())
    assert json.loads(msgspec.json.encode(replay(State(feature="fix-readme-typo"), history))) == (
        expected
    )


def test_a_golden_trail_ends_in_each_phase_behind_implementing() -> None:
    ends = {json.loads(path.read_bytes())["phase"] for path in GOLDEN.glob("*.state.json")}
    assert ends == {"synthesize", "completed", "cancelled"}


# -- there and back ------------------------------------------------------------------


@given(events())
def test_what_is_encoded_decodes_to_the_same_event_and_the_same_bytes(event: Event) -> None:
    line = encode(event)
    assert decode(line) == event
    assert encode(decode(line)) == line


@given(events())
def test_an_event_is_one_line_with_sorted_keys(event: Event) -> None:
    line = encode(event)
    assert b"\n" not in line and b"\r" not in line
    body = json.loads(line)
    assert list(body) == sorted(body)
    assert list(body["data"]) == sorted(body["data"])


def started(**envelope: Any) -> Event:
    return replace(decode(STARTED), **envelope)


def patched(**data: Any) -> Event:
    event = decode(golden(e.StatePatched))
    return replace(event, data=replace(event.data, **data))


UNREADABLE = {
    "a version that is not ours": started(v=2),
    "an id that is no ULID": started(id="I" * 26),
    "an id with a line break": started(id="0" * 26 + "\n"),
    "a clock of zero": started(clock=0),
    "a clock beyond what JSON holds": started(clock=2**53 + 1),
    "a clock of 5,000 digits": started(clock=10**5_000),
    "a time with a line break": started(at="2026-01-01T00:00:00Z\n"),
    "a time in other digits": started(at="٢٠٢٦-01-01T00:00:00Z"),
    "a time in another zone": started(at="2026-01-01T00:00:00+01:00"),
    "an author of more than a line": started(by="a" * 501),
    "an empty key": started(key=""),
    "a title that is not Unicode": started(by="\udcff"),
    "a summary over its limit": patched(planSummary="a" * 501),
    "too many fields": patched(fields=("a",) * 1_001),
    "a plan over its limit": patched(plan=f.Plan(text="a" * 16_385)),
    "files of 400 KB": patched(plan=f.Plan(files=("a" * 400,) * 1_000)),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_could_not_be_read_back_is_not_written(what: str) -> None:
    with pytest.raises(OneshotError) as refused:
        encode(UNREADABLE[what])
    assert refused.value.code is Code.INVALID_INPUT


@pytest.mark.parametrize("commit", ["", "a" * 39, "A" * 40, "a" * 41, "a" * 63, "a" * 40 + "\n"])
def test_a_commit_is_named_by_its_full_id_and_nothing_else(commit: str) -> None:
    event = decode(golden(e.ProofRecord))
    with pytest.raises(OneshotError) as refused:
        encode(replace(event, data=replace(event.data, commit=commit)))
    assert refused.value.code is Code.INVALID_INPUT


# -- any other bytes --------------------------------------------------------------


@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_one_error(line: bytes) -> None:
    refusal(line)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A stored line with some bytes changed, lost, added or doubled."""
    line = draw(st.sampled_from(LINES))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(line)))
        to = draw(st.integers(at, min(len(line), at + 30)))
        new = draw(st.sampled_from([b"", line[at:to] * 2]) | st.binary(max_size=3))
        line = line[:at] + new + line[to:]
    return line


@given(mutated())
def test_a_changed_line_is_another_canonical_event_or_damaged(line: bytes) -> None:
    try:
        event = decode(line)
    except OneshotError as damage:
        assert damage.kind.exit is Exit.DAMAGED
        assert printable(damage.message) == damage.message
    else:
        assert encode(event) == line


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@given(st.sampled_from(LINES), st.data())
def test_a_line_with_other_json_in_one_place_is_damaged_or_canonical(
    line: bytes, data: st.DataObject
) -> None:
    body = json.loads(line)
    inside = data.draw(st.sampled_from([body, body["data"]]))
    inside[data.draw(st.sampled_from(sorted(inside)) | st.text(max_size=5))] = data.draw(trees)
    changed = json.dumps(body, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    try:
        event = decode(changed.encode(errors="surrogatepass"))
    except OneshotError as damage:
        assert damage.kind.exit is Exit.DAMAGED
    else:
        assert encode(event) == changed.encode()


def swap(old: bytes, new: bytes, line: bytes = STARTED) -> bytes:
    assert line.count(old) == 1
    return line.replace(old, new)


def test_a_line_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assert "over the limit" in refusal(STARTED + b" " * MAX_EVENT).message
    assert "over the limit" not in refusal(STARTED.ljust(MAX_EVENT)).message


DAMAGED = {
    "nothing": b"",
    "not an object": b"[]",
    "no type and no version": b"{}",
    "cut in the middle": STARTED[: len(STARTED) // 2],
    "two events in one line": STARTED + STARTED,
    "a space behind": STARTED + b" ",
    "a space inside": swap(b'"v":1', b'"v": 1'),
    "keys in another order": b'{"v":1,' + swap(b',"v":1', b"")[1:],
    "a key twice, with one value": swap(b'"v":1', b'"v":1,"v":1'),
    "a key twice, with two values": swap(b'"base":"main"', b'"base":"main","base":"evil"'),
    "an unknown field": swap(b'"v":1', b'"v":1,"w":1'),
    "an unknown field in the data": swap(b'"base":"main"', b'"base":"main","cost":1'),
    "a default that is written out": swap(b'"v":1', b'"v":1,"via":null'),
    "a field that must be there": swap(b'"clock":1,', b""),
    "a character escaped without need": swap(b'"main"', b'"\\u006dain"'),
    "NaN": swap(b'"clock":1', b'"clock":NaN'),
    "infinity": swap(b'"clock":1', b'"clock":1e999'),
    "a whole number as a fraction": swap(b'"clock":1', b'"clock":1.0'),
    "a version that is no number": swap(b'"v":1', b'"v":"1"'),
    "a version before the first": swap(b'"v":1', b'"v":0'),
    "a negative version": swap(b'"v":1', b'"v":-1'),
    "bytes that are not UTF-8": swap(b'"main"', b'"m\xffin"'),
    "half a surrogate pair": swap(b'"main"', b'"\\ud800"'),
    "a byte order mark": b"\xef\xbb\xbf" + STARTED,
    "nested data": swap(b'"base":"main"', b'"base":' + b"[" * 100_000),
    "nested data that is closed": swap(b'"v":1', b'"v":1,"w":' + b"[" * 9_999 + b"]" * 9_999),
    "nested data in an unknown type": b'{"type":"x","v":1,"w":' + b"[" * 100_000,
    "an escape for the terminal": swap(b'"v":1', b'"v":1,"\\u001b[2J":1'),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_damage_is_called_damage(what: str) -> None:
    assert refusal(DAMAGED[what]).code is Code.TRAIL_DAMAGED


@pytest.mark.parametrize("version", [b"2", b"99", b"9" * 30])
def test_a_newer_version_is_called_newer_and_not_damaged(version: bytes) -> None:
    line = b'{"type":"workflow.paused","v":%s,"what":["anything"]}' % version
    newer = refusal(line)
    assert newer.code is Code.TRAIL_NEWER
    assert "upgrade" in newer.hint


def test_an_unknown_type_is_called_unknown() -> None:
    unknown = refusal(swap(b"workflow.started", b"prune.diagnostics"))
    assert unknown.code is Code.UNKNOWN_EVENT_TYPE
    assert "'prune.diagnostics'" in unknown.message


@pytest.mark.parametrize("kind", ["feature", "refactor", "debug", "", "ONESHOT"])
def test_there_is_one_kind_of_workflow(kind: str) -> None:
    body = json.loads(STARTED)
    body["data"]["workflowType"] = kind
    line = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
    assert refusal(line).code is Code.TRAIL_DAMAGED


# -- upcasters ---------------------------------------------------------------------


def upcast_v0_v1(body: dict[str, Any]) -> dict[str, Any]:
    """Suppose there had been a version 0, which called a base a trunk."""
    data = dict(body["data"])
    data["base"] = data.pop("trunk")
    return {**body, "v": 1, "data": data}


def upcast_v_1_v0(body: dict[str, Any]) -> dict[str, Any]:
    """And one before it, which knew no clock."""
    return {**body, "v": 0, "clock": 1}


OLD: dict[int, Upcaster] = {0: upcast_v0_v1, -1: upcast_v_1_v0}


def old_line(version: int, **changes: Any) -> bytes:
    body = json.loads(STARTED)
    body["data"]["trunk"] = body["data"].pop("base")
    body = {**body, "v": version, **changes}
    return json.dumps(body, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def without_clock() -> bytes:
    return swap(b'"clock":1,', b"", old_line(-1))


@pytest.mark.parametrize("line", [STARTED, old_line(0), without_clock()], ids=["v1", "v0", "v-1"])
def test_older_versions_are_lifted_step_by_step(line: bytes) -> None:
    assert decode(line, OLD) == decode(STARTED)


@pytest.mark.parametrize(
    "line",
    [
        old_line(0, data=5),
        old_line(0, data=None),
        old_line(0, data=[]),
        old_line(0, data={}),
        old_line(0, clock="one"),
        old_line(0, type=7),
        old_line(0, type="never.known"),
        old_line(0) + b" ",
        swap(b'"v":0', b'"v":0,"v":0', old_line(0)),
        old_line(-2),
    ],
)
def test_damage_of_an_old_version_is_damage_whatever_the_upcaster_makes_of_it(line: bytes) -> None:
    assert refusal(line, OLD).code is Code.TRAIL_DAMAGED


def test_there_is_an_upcaster_for_every_version_that_was() -> None:
    assert sorted(codec.UPCASTERS) == list(range(1, codec.VERSION))
