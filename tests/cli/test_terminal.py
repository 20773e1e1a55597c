"""What asks or stays on a terminal, on a real one: answers, Ctrl-C, another width, no colours."""

import os
from collections.abc import Iterator, Mapping

import pytest

from tests.forge.conftest import opened
from tests.gate.project import FEATURE, Project
from tests.shells import Shell

__all__ = ["opened"]

CTRL_C = "\x03"


def on_a_terminal(project: Project, *argv: str, env: Mapping[str, str] = {}) -> Shell:
    """The program on a terminal of 100 columns."""
    kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
    made = Shell(["git-oneshot", *argv], project.path, {**kept, "TERM": "xterm", **env})
    made.resize(100)
    return made


@pytest.fixture
def ready(opened: Project) -> Iterator[Project]:
    """A pull request that may be merged, and a base that must not move."""
    opened.do("pr", "ready")
    before = opened.digest()
    yield opened
    assert opened.digest() == before


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ("n\r", 1, r"n\r\n\S*error:\S* nothing is merged\r\n"),
        ("\r", 1, r"\r\n\S*error:\S* nothing is merged\r\n"),
        (CTRL_C, 130, r"\r\n\S*error:\S* interrupted\r\n"),
        ("what?\rn\r", 1, r"answer y or n\r\n.*error:\S* nothing is merged\r\n"),
        ("\x04", 130, r"\r\n\S*error:\S* interrupted\r\n"),
    ],
)
def test_a_merge_that_nobody_says_yes_to_is_not_made(
    ready: Project, typed: str, code: int, said: str
) -> None:
    shell = on_a_terminal(ready, "pr", "merge", "-f", FEATURE)
    shell.until(r"merge '.*' into 'main'\? \[y/N\]: ")  # it waits for the answer now
    shell.type(typed)
    shell.until(said, again=typed if typed == CTRL_C else "")
    assert shell.ended() == code


def test_a_clone_that_is_not_set_up_for_ctrl_c_is_there(project: Project) -> None:
    """To run it again would find the folder."""
    shell = on_a_terminal(project, "clone", "-q", ".", "there")
    shell.until(r"make these changes\? \[Y/n\]: ")
    shell.type(CTRL_C)
    said = r"\r\n\S*error:\S* interrupted: the clone is made, and not set up\r\n"
    shell.until(said + r"\S*hint:\S* git -C there oneshot install\r\n", again=CTRL_C)
    assert shell.ended() == 130


@pytest.mark.long
@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}], ids=["colours", "no colours"])
def test_a_watch_follows_the_trails_and_the_width_until_it_is_interrupted(
    feature: Project, env: Mapping[str, str]
) -> None:
    shell = on_a_terminal(feature, "list", "--watch", env=env)
    head = shell.until(r"[^\n]*feature[^\n]*phase[^\n]*\n")[0]
    assert ("\x1b[1m" in head) == (not env)
    feature.do("plan", "--goal", "another goal that is long enough to be folded", "--draft")
    shell.until(r"goal that is long enough to be folded")
    shell.resize(60)
    shell.until(r"goal that\r\n")
    shell.type(CTRL_C)
    assert shell.ended() == 0


def test_rules_break_between_patterns_and_not_within_one(project: Project) -> None:
    shell = on_a_terminal(project, "rules")
    said = shell.until(r"(?s).*all else\r\n")[0]
    assert shell.ended() == 0
    assert max(map(len, said.splitlines())) <= 100
    assert "sides.neutral" in said.split()
