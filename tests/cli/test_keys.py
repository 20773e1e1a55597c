"""A repeated --key: what it says is so, and what was done under it is of the same command."""

import pytest

from git_oneshot.cli.answer import KEYED
from git_oneshot.cli.data.parts import Wrote
from git_oneshot.cli.data.table import ANSWERS
from tests.gate.project import Project

OTHERS = {
    "init": ("one",),
    "request-synthesize": (),
    "graduate": (),
    "declare": ("refactor", "--reason", "r"),
    "red": (),
    "green": (),
    "finalize": (),
    "synthesize": (),
    "complete": (),
    "checkpoint": (),
    "cancel": (),
}
AGAIN = "that key was used before: nothing was done again\n"


@pytest.mark.parametrize("command", OTHERS)
def test_a_key_of_another_command_is_refused(feature: Project, one: str, command: str) -> None:
    """`feature` was planned; who asks for something else with that key would take it for done."""
    feature.do("plan", "-m", "better", "--key", "k1")
    tip = feature.git("rev-parse", "refs/oneshot/topic")
    asked = "topic" if command == "init" else None
    words = (asked,) if asked else OTHERS[command]
    done = feature.cli(command, *words, "--key", "k1", "--json")
    assert (done.code, done.error) == (2, "INVALID_INPUT"), done
    done = feature.cli(command, *words, "--key", "k1")
    assert "key 'k1' is that of another command on the trail of 'topic': state.patched" in done.err
    assert "hint: " in done.err
    assert feature.git("rev-parse", "refs/oneshot/topic") == tip


@pytest.mark.parametrize(
    "command",
    [
        ("plan", "-m", "better"),
        ("request-synthesize",),
        ("declare", "refactor", "--reason", "r"),
        ("checkpoint", "--summary", "s"),
        ("cancel", "topic", "--reason", "r"),
        ("finalize", "topic"),
    ],
    ids=lambda words: words[0],
)
def test_a_command_that_is_repeated_says_so(feature: Project, command: tuple[str, ...]) -> None:
    if command[0] == "finalize":
        feature.land("one")
    first = feature.do(*command, "--key", "k1", "--json").data
    done = feature.do(*command, "--key", "k1")
    assert done.out == AGAIN
    assert "hint: see where the feature stands: git oneshot status topic\n" in done.err
    again = feature.do(*command, "--key", "k1", "--json").data
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert again["events"] == first["events"]
    assert again["previousPhase"] == again["phase"] == first["phase"]


def test_a_key_is_about_one_thing_that_was_said(feature: Project) -> None:
    feature.do("declare", "refactor", "--reason", "r", "--key", "k1")
    for other in (("removal", "--reason", "r"), ("refactor", "--reason", "s")):
        done = feature.cli("declare", *other, "--key", "k1", "--json")
        assert (done.code, done.error) == (2, "INVALID_INPUT")
    done = feature.cli("declare", "removal", "--reason", "r", "--key", "k1")
    assert "the key 'k1' was used for something else on the trail of 'topic'" in done.err


def test_a_feature_that_is_over_is_not_begun_again_by_its_key(project: Project) -> None:
    project.do("init", "one", "--key", "k")
    project.do("cancel")
    assert project.do("init", "one", "--key", "k").out == AGAIN
    project.do("init", "two")


@pytest.mark.parametrize("option", [("--key", "k"), ("--if-tip", "1" * 40)])
def test_what_would_promise_nothing_is_no_option(feature: Project, option: tuple[str, ...]) -> None:
    """Who says --if-tip counts on it. Who acts may be said everywhere: that promises nothing."""
    for name, words in (("status", ()), ("sync", ()), ("push", ()), ("prune", ("--apply",))):
        done = feature.cli(name, *words, *option, "--json")
        assert (done.code, done.error) == (2, "USAGE"), name
        assert done.json["error"]["message"] == f"no such option '{option[0]}'"
    feature.do("status", "--via", "robot")


def test_a_verify_that_writes_nothing_takes_no_key(feature: Project) -> None:
    done = feature.cli("verify", "--key", "k", "--json")
    assert (done.code, done.error) == (2, "USAGE")
    assert "'--seal'" in done.json["error"]["message"]


def test_an_empty_key_is_none(feature: Project) -> None:
    """As of a variable that is not set: it was said as a decoder says it."""
    done = feature.cli("plan", "-m", "more", "--key", "")
    assert done.code == 2
    assert "error: '--key' is empty\n" in done.err


def test_every_command_that_writes_to_one_trail_takes_a_key() -> None:
    answers = {name for name, cls in ANSWERS.items() if issubclass(cls, Wrote)}
    assert answers == KEYED
