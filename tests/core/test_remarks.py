"""What CI services read: whatever a commit or a test is called, it tells them nothing to do."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from git_oneshot.core.facts import Proof, Word
from git_oneshot.core.verdicts.remarks import (
    ROWS,
    SHOWN,
    Remark,
    Row,
    annotations,
    harmless,
    quality,
    summary,
)

_EVIL = (
    "::add-mask::x", "%0A::error::x", "a\n::set-output name=x::y", "x::y,line=3", "\r\n##[error]x",
    "\x1b[0Ksection_start:1:x\r\x1b[0K", "| a | <img src=x> @team `x` |", "\udcff", "a:b,c",
    "![x](//y)",
)  # fmt: skip
hostile = st.one_of(st.sampled_from(_EVIL), st.text(max_size=40))


def failed(note: str, word: Word = "FAIL", code: str = "no-test") -> Proof:
    return Proof(word=word, code=code, notes=(note,))


@given(note=hostile, subject=hostile, path=hostile)
def test_an_annotation_is_one_command_whose_values_are_those_it_was_given(
    note: str, subject: str, path: str
) -> None:
    [line] = annotations([Remark(failed(note), "a" * 40, subject, path, 7)])
    assert line.isprintable()
    found = re.fullmatch(r"::error ([^:]*)::(.*)", line)  # as the runner takes it apart
    assert found is not None
    properties = dict(one.split("=", 1) for one in found[1].split(","))
    assert list(properties) == (["file", "line", "title"] if path else ["title"])
    for value in (*properties.values(), found[2]):
        assert re.fullmatch(r"(%25|%3A|%2C|[^%])*", value)
    if path.isascii() and path.isprintable() and path:
        assert _undone(properties["file"]) == path


def _undone(value: str) -> str:
    return value.replace("%3A", ":").replace("%2C", ",").replace("%25", "%")


@given(st.lists(hostile, max_size=4).map("\n".join))
def test_what_is_printed_besides_holds_no_command(text: str) -> None:
    for line in harmless(text).split("\n"):
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


@given(note=hostile, subject=hostile, path=hostile)
def test_a_quality_report_is_json_of_the_fields_that_gitlab_asks_for(
    note: str, subject: str, path: str
) -> None:
    remarks = [Remark(failed(note), "a" * 40, subject, path, 7),
               Remark(failed("", "UNKNOWN", "timeout"))]  # fmt: skip
    one, two = json.loads(quality(remarks))
    assert set(one) == {"description", "check_name", "fingerprint", "severity", "location"}
    assert (one["check_name"], one["severity"]) == ("git-oneshot/no-test", "major")
    assert one["location"]["lines"] == {"begin": 7}
    assert two["location"] == {"path": ".oneshot.toml", "lines": {"begin": 1}}
    assert two["severity"] == "minor"
    assert one["fingerprint"] != two["fingerprint"]


@given(note=hostile, subject=hostile)
def test_a_summary_is_one_table_and_nothing_in_it_acts(note: str, subject: str) -> None:
    text = summary([Row("a" * 40, failed(note), subject)], failed(note))
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert html.count("<table>") == 1
    assert html.count("<td>") == 3
    assert not re.search(r"<(img|a|h1|h2|li|pre|hr)\b", html)
    assert "@team" not in html


def test_no_more_is_said_than_is_shown() -> None:
    many = [Remark(failed(f"n{n}"), f"{n:040}") for n in range(SHOWN + 5)]
    lines = annotations([*many, Remark(failed("", "UNKNOWN", "timeout"))])
    assert len([line for line in lines if line.startswith("::error")]) == SHOWN
    assert lines[SHOWN - 1] == "::error::and 6 more: see the summary"
    assert [line for line in lines if line.startswith("::warning")] == [lines[-1]]


def test_a_long_summary_shows_what_is_not_proven() -> None:
    passed = Proof(word="PASS", kind="behaviour")
    rows = [Row(f"{n:040}", passed, "fine") for n in range(ROWS)] + [
        Row("f" * 40, failed("x"), "no")
    ]
    text = summary(rows, passed)
    assert text.startswith(f"### git oneshot: 1 of {ROWS + 1} not proven\n")
    assert "fffffffff" in text
    assert text.endswith("and 1 more\n\nsuite: PASS behaviour\n\n")
    assert summary([], None).startswith("### git oneshot: 0 proven")


def test_what_is_waived_is_neither_proven_nor_bad() -> None:
    rows = [Row("a" * 40, failed("x"), "no", waived=True), Row("b" * 40, failed("y"), "no")]
    assert summary(rows, None).startswith("### git oneshot: 1 of 2 not proven, 1 waived\n")
    alone = summary(rows[:1], None)
    assert alone.startswith("### git oneshot: 0 proven, 1 waived\n")
    assert "| waived: FAIL" in alone
