"""What a pull request says, and that nobody can make it do more than say it."""

import re
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from git_oneshot.core import facts as f
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Plan, Proof
from git_oneshot.core.markdown import GAP, code, escape, fenced, inert, line, sections, ungapped
from git_oneshot.core.prbody import (
    BEGIN,
    LONGEST_TITLE,
    REQUIRED,
    body,
    fit,
    judge,
    renewed,
    title,
)
from git_oneshot.core.state import Commit, State, Waiver

RENDER: Final = MarkdownIt("gfm-like")
HOSTILE: Final = (
    "@ada please", "fixes #12", "closes ada/mail#3", "GH-7", "/close", "![x](http://evil/x.png)",
    "<img src=x onerror=alert(1)>", "<!-- hidden", "[click](javascript:alert(1))", "`` ` ``",
    "https://github.com/ada/mail/issues/1", "www.evil.example", "a@b.example", "# heading",
    "- [ ] task", "1. list", "***bold***", "~~gone~~", "| a | b |", "&lt;b&gt;", "\\", "==x==",
    "!12", "&3", "%milestone", "~label", "$snippet", "a\u202eb", "x\n/merge\n@all", "```\n/close",
    "mailto:a@b.c", "[skip ci] go", "    indented", "--- ", "===", "> quote", "$x^2$", ":tada:",
    "1) x", "12. y", "- x", "-", "--", "=== x", "=", "* x", "+ x", "_x_", "__x__", "a_b_c_", "#",
    "###### x", "#x", "~", "```", "<x>", "&#35;", "&lt", "a **b** c", "~x~", "*", "_", "{: .x}",
    "[^1]", "[[x]]", "| - |", "x\n===", "x\n---", "1.", "1.x", ")", "\\_x_", "`", "[x]: http://e",
)  # fmt: skip
nasty = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=20), max_size=4).map(" ".join)
ACTS: Final = re.compile(r"(?:^|[^\w`])[@#!%~][\w]|://\S|(?i:\bgh-\d)")


def rendered_words(markdown: str) -> str:
    """The text that a reader sees, or an error when anything but text was rendered."""
    [opening, inline, closing] = RENDER.parse(markdown)
    assert (opening.type, closing.type) == ("paragraph_open", "paragraph_close")
    assert {child.type for child in inline.children or []} <= {"text", "text_special"}
    return "".join(child.content for child in inline.children or [])


@given(nasty)
def test_escaped_text_renders_as_its_own_words_and_as_nothing_else(text: str) -> None:
    words = escape(f"x {text}")
    assert "\n" not in words
    seen = rendered_words(words)
    assert not ACTS.search(seen), seen
    assert not seen.startswith("/")


@pytest.mark.parametrize("text", HOSTILE)
def test_each_known_trick_is_inert_at_the_start_of_a_line(text: str) -> None:
    words = escape(text)
    seen = rendered_words(words)
    assert not ACTS.search(seen)
    assert not re.search(r"^/", words, re.MULTILINE)
    plain = "".join(text.split())
    assert "".join(seen.replace(GAP, "").split()) == plain.replace("\u202e", r"\u202e")


@pytest.mark.parametrize(
    "text",
    [
        "PASS behaviour, 1 test red without it: tests/test_x.py::test_no_typo (assertion)",
        "fix-readme-typo", "2026-01-01T00:00:00Z", "implementing -> completed", "v1.2.3 + more",
        "a = b; c & d, 100 %", "Ada Lovelace, 2nd (really!)", "snake_case_name", "7 of 9",
    ],
)  # fmt: skip
def test_words_that_mean_nothing_to_a_forge_stay_as_they_are(text: str) -> None:
    """Markdown is read as it is, too: in a mail, in an editor, in a diff."""
    assert escape(text) == text


@given(nasty)
def test_what_is_read_elsewhere_has_none_of_our_gaps_and_each_of_a_strangers(text: str) -> None:
    assert GAP not in ungapped(f"- goal: {escape(text)}")
    assert ungapped(inert(text.replace(GAP, ""))) == text.replace(GAP, "")
    assert ungapped(f"a{GAP}b .{GAP}/x") == f"a{GAP}b .{GAP}/x"


@given(nasty)
def test_a_code_span_holds_its_text_whatever_backticks_are_in_it(text: str) -> None:
    [_, inline, _] = RENDER.parse(code(f"x{text}"))
    [child] = inline.children or []
    assert child.type == "code_inline"


@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=20), max_size=4).map("\n".join))
def test_no_line_leaves_its_fence(text: str) -> None:
    [fence] = RENDER.parse(fenced(text))
    assert fence.type == "fence"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fix  the\n typo", "fix the typo"),
        ("[skip ci] fix [ci skip]it", "fix it"),
        ("tell @ada", f"tell @{GAP}ada"),
        ("fixes #1", f"fixes #{GAP}1"),
        ("see https://x.example/1", f"see https:/{GAP}/x.example/1"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
    ],
)
def test_a_title_is_one_line_that_no_forge_acts_upon(text: str, said: str) -> None:
    assert line(text) == said


# -- the title ------------------------------------------------------------------------


def feature(**fields: object) -> State:
    return replace(State(feature="fix-typo", phase="synthesize"), **fields)


def commit(subject: str = "", kind: str = "behaviour", **fields: object) -> Commit:
    proof = Proof(word="PASS", kind=kind)
    return replace(Commit(id="a" * 40, subject=subject, proof=proof), **fields)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (feature(title="docs: fix the typo"), "docs: fix the typo"),
        (feature(title="fix(core)!: stop it"), "fix(core)!: stop it"),
        (feature(plan=Plan(goal="fix the typo")), "fix: fix the typo"),
        (feature(plan=Plan(goal="a"), commits=(commit("perf(x): b"),)), "perf: a"),
        (replace(feature(plan=Plan(goal="a")), feature="greet"), "feat: a"),
        (
            replace(feature(plan=Plan(goal="a"), commits=(commit(kind="neutral"),)), feature="x"),
            "docs: a",
        ),
        (feature(), "fix: fix typo"),
        (feature(title="one\ntwo"), "fix: one two"),
    ],
)
def test_a_title_has_a_type_and_what_is_done(state: State, said: str) -> None:
    assert title(state) == said


@given(nasty, nasty)
def test_a_title_is_never_longer_than_it_may_be(text: str, goal: str) -> None:
    said = title(feature(title=text[:500], plan=Plan(goal=goal)))
    assert len(said) <= LONGEST_TITLE
    assert re.match(r"[a-z]+(\([\w./-]+\))?!?: +\S", said, re.IGNORECASE)
    assert "\n" not in said


# -- the body -------------------------------------------------------------------------

TURN: Final = f.TestTurn(
    suite="all", id="tests/t.py::t", red="failed", green="passed", reason="assertion"
)
FULL: Final = feature(
    plan=Plan(goal="say *what*", approach="edit", files=("README.md",), text="# Plan\n/close"),
    commits=(commit("docs: fix", proof=Proof(word="PASS", kind="behaviour", tests=(TURN,))),),
    suite=Proof(word="PASS", notes=("12 tests",)),
    proven="a" * 40,
)


def test_a_body_tells_the_plan_the_commits_and_what_each_test_did() -> None:
    text = body(FULL)
    assert judge(text).passed
    told = (
        "say \\*what\\*", "`aaaaaaaaa`", "PASS behaviour", "`tests/t.py::t` fails without",
        "`README.md`", "12 tests", "`refs/oneshot/fix-typo`", "```text\n# Plan",
    )  # fmt: skip
    assert [words for words in told if words not in text] == []


@given(nasty)
@example(" ")
def test_a_body_says_enough_whatever_was_planned(text: str) -> None:
    plan = Plan(goal=text, approach=text, text=text, files=(text,), tests=(text,))
    said = body(feature(plan=plan, title=text, commits=(commit(text),)))
    assert judge(said).passed
    html = RENDER.render(said)
    assert "<img" not in html and "<a " not in html and "<script" not in html
    assert not re.search(r"^/\w", re.sub(r"(?ms)^(`{3,}).*?^\1$", "", said), re.MULTILINE)


def test_what_rests_on_a_word_is_said_openly_and_no_template_hides_it() -> None:
    waiver = Waiver(commit="a" * 40, reason="a spelling", by="Ada <ada@example.org>")
    said = replace(FULL, waivers=(waiver,), commits=(commit("fix", declared="refactor"),))
    for template in (None, "## Summary\n\n## Changes\n\n## Test Plan\n"):
        text = body(said, template)
        assert "## Waived and declared\n\n- `aaaaaaaaa` fix is waived by Ada: a spelling" in text
        assert "is declared to be a refactor" in text
    assert "Waived" not in body(FULL)


@pytest.mark.parametrize("text", ["spell it right", "spell it right\n\nin every file"])
def test_a_plan_in_ones_own_words_is_a_summary(text: str) -> None:
    """What synthesize writes passes validate-pr-body: a text that is all in a fence did not."""
    planned = replace(FULL, title="", plan=Plan(text=text))
    said = body(planned)
    assert "## Summary\n\nspell it right\n" in said
    assert ("every file" in said) is ("every file" in text)
    assert judge(said).empty == ()


def test_a_template_keeps_its_headings_and_its_own_words() -> None:
    template = "Hello.\n\n## Motivation\n<!-- why -->\n\n## Checklist\n- [ ] docs\n\n## Risks\n"
    text = body(FULL, template)
    assert [part.name for part in sections(text)[1]] == [
        "Motivation", "Checklist", "Risks", "Changes", "Test Plan",
    ]  # fmt: skip
    assert "Hello." in text and "- [ ] docs" in text and "<!-- why -->" not in text
    assert "## Motivation\n\nsay" in text
    assert judge(text, template).passed


def test_a_template_without_headings_is_a_preface() -> None:
    text = body(FULL, "Thank you.")
    assert judge(text).passed
    assert [part.name for part in sections(text)[1]] == list(REQUIRED)


def test_what_a_person_wrote_around_our_part_stays() -> None:
    first = body(FULL)
    there = f"See the video.\n{first}\nAnd the manual."
    ours = body(replace(FULL, plan=Plan(goal="another")))
    text = renewed(there, ours)
    assert text.startswith("See the video.\n") and text.endswith("\nAnd the manual.")
    assert "another" in text and "edit" not in text
    assert renewed("all my own", ours) == "all my own"
    assert renewed(first, first) == first


@given(st.integers(400, 3_000))
def test_a_body_over_the_limit_is_cut_and_says_so(limit: int) -> None:
    long = body(replace(FULL, plan=Plan(goal="x", text="word\n" * 3_000)))
    text = fit(long, limit)
    assert len(text) <= limit
    assert "git oneshot log" in text
    assert text.startswith(BEGIN)
    assert [t.type for t in RENDER.parse(text) if t.type == "fence"] in (["fence"], [])
    assert renewed(text, "new") == "new\n"


def test_a_body_within_the_limit_is_left_alone() -> None:
    assert fit("short", 100) == "short"


# -- validation -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "missing", "empty"),
    [
        ("## Summary\r\nS\r\n\r\n## Changes\r\nc\r\n## Test Plan\r\nt", (), ()),
        ("## test plan ##\nt\n## CHANGES\nc\n  ## Summary\ns", (), ()),
        ("## Summary\nS\n## Changes\n### More\n\n## Test Plan\n<!-- t -->", (),
         ("Changes", "Test Plan")),
        ("~~~\n## Summary\n## Changes\n~~~\n## Test Plan\n~~~\nt\n~~~", ("Summary", "Changes"),
         ("Test Plan",)),
        ("<!--\n## Summary\ns\n-->\n## Changes\nc\n## Test Plan\nt", ("Summary",), ()),
        ("## Summary\n<!-- a\nb -->\n# Other\ntext\n## Changes\nc\n## Test Plan\nt", (),
         ("Summary",)),
        ("## Summary\n## Summary\ns\n## Changes\nc <!-- x\n-->\n## Test Plan\nt", (), ()),
        ("", REQUIRED, ()),
    ],
)  # fmt: skip
def test_a_section_must_be_there_and_say_something(
    text: str, missing: tuple[str, ...], empty: tuple[str, ...]
) -> None:
    judged = judge(text)
    assert (judged.missing, judged.empty) == (missing, empty)
    assert judged.passed == (not missing and not empty)


def test_a_template_without_headings_asks_for_nothing() -> None:
    with pytest.raises(OneshotError) as refused:
        judge("## Summary\ns", "### Only small ones")
    assert refused.value.code is Code.TEMPLATE_ERROR


def test_bots_and_merge_queues_need_no_words() -> None:
    assert judge("", author="renovate[bot]").skipped
    assert judge("", head="gh-readonly-queue/main/1").passed
    assert not judge("", author="ada").passed
