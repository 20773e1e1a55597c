"""A plan as text: what was asked, what was answered, and that nothing of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_oneshot.core.facts import Plan
from git_oneshot.core.plan import QUESTIONS, parse, template

ANSWERED = """\
# Plan of fix-typo. Lines that begin with '#' are left out.

Goal:
# what is to be achieved?
Say 'receive', not 'recieve'.

Approach: edit the word
Files:
- README.md
* src/**

tests:
  - test_readme_has_no_typo
"""


def test_answers_are_read_under_their_headings() -> None:
    assert parse(ANSWERED) == Plan(
        goal="Say 'receive', not 'recieve'.",
        approach="edit the word",
        files=("README.md", "src/**"),
        tests=("test_readme_has_no_typo",),
    )


def test_a_template_that_was_saved_as_it_came_is_blank() -> None:
    """The guard of implementing: an unanswered question is no answer."""
    text = template("fix-typo")
    assert parse(text).blank
    for question in QUESTIONS.values():
        assert question in text


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_answer_of_the_template_finds_its_field(name: str) -> None:
    heading = f"{name.title()}:\n"
    text = template("fix-typo")
    assert heading in text
    answer = getattr(parse(text.replace(heading, f"{heading}so\n")), name)
    assert answer in ("so", ("so",))


def test_a_text_without_headings_is_kept_as_it_stands() -> None:
    assert parse("Fix the typo:\n  one word\n# a note to myself\n") == Plan(
        text="Fix the typo:\n  one word"
    )


def test_what_stands_before_the_first_heading_is_kept() -> None:
    plan = parse("Fix the typo.\n\nTests: test_typo\n")
    assert plan == Plan(text="Fix the typo.", tests=("test_typo",))
    assert not plan.blank
    assert plan.summary == "Fix the typo."


def test_an_answer_may_have_several_lines_and_a_colon() -> None:
    assert parse("Goal: one\ntwo: three\n\nApproach: so\n").goal == "one\ntwo: three"


def test_a_star_or_a_dash_is_a_bullet_only_at_the_beginning() -> None:
    plan = parse("Files:\n- tests/*\n-x.py\n*.md\nTests:\n* test_a-b-\n")
    assert plan.files == ("tests/*", "-x.py", "*.md")
    assert plan.tests == ("test_a-b-",)


@given(st.text())
def test_any_text_is_a_plan_and_blank_only_if_nothing_was_said(text: str) -> None:
    plan = parse(text)
    left = "".join(line for line in text.splitlines() if not line.startswith("#")).strip()
    headed = any(line.partition(":")[0].strip().lower() in QUESTIONS for line in text.splitlines())
    if not headed:
        assert plan.blank is (not left)
    assert plan.summary in text
