"""Words that a command is given, and words that a stream can't have."""

import os
import subprocess
from typing import Final

import click
import pytest

from git_oneshot.cli.look import painted
from git_oneshot.cli.main import COMMANDS, HIDDEN, group
from tests.gate.project import Project

NO_TEXT: Final = "ab\udcff"  # what Python makes of bytes that are not UTF-8


def texts() -> list[tuple[str, str]]:
    """Every option of every command that takes a text; a file is named as it is named."""
    found = []
    context = click.Context(group)
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        found += [
            (name, option.opts[-1]) for option in command.params
            if isinstance(option, click.Option) and option.type is click.STRING
            and option.name != "feature_option" and name not in HIDDEN
        ]  # fmt: skip
    return found


@pytest.mark.parametrize(("command", "option"), texts())
def test_a_text_that_is_no_utf_8_is_refused_in_one_plain_line(
    project: Project, command: str, option: str
) -> None:
    arguments = {"init": ["x"], "clone": ["u"], "show": ["1"], "declare": ["refactor"],
                 "pr": ["show"]}  # fmt: skip
    required = {"declare": "--reason", "waive": "--reason", "split": "--as"}.get(command, option)
    needed = [required, "r"] if required != option else []
    before = project.digest()
    argv = [command, *arguments.get(command, []), *needed, option, NO_TEXT]
    done = project.cli(*argv)
    assert (done.code, done.out) == (2, ""), done
    hint = "hint: a trail holds UTF-8: say it in that\n"
    assert done.err == f"error: '{option}' is no UTF-8 text\n{hint}"
    told = project.cli(*argv, "--json")
    assert (told.code, told.error) == (2, "INVALID_INPUT")
    assert project.digest() == before


def test_a_plan_in_a_file_that_is_no_utf_8(feature: Project) -> None:
    done = feature.cli("plan", "-F", "-", stdin=b"ab\xff")
    assert (done.code, done.err.split("\n")[0]) == (2, "error: the plan is no UTF-8 text")


@pytest.mark.parametrize("argv", ["list", "status", "log", "replay", "export --format markdown"])
def test_what_a_stream_cannot_show_is_escaped_and_no_failure(feature: Project, argv: str) -> None:
    """In a Latin locale there is no \u65e5; a report is a file, and stays UTF-8."""
    feature.do("plan", "--goal", "\u65e5\u672c \u00e4")
    done = subprocess.run(
        ["git-oneshot", *argv.split()], cwd=feature.path, capture_output=True, check=False,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
    )  # fmt: skip
    assert done.returncode == 0, done
    assert b"error" not in done.stderr
    kept = "\u65e5\u672c".encode() if "export" in argv else b"\\u65e5\\u672c"
    assert kept in done.stdout


def test_json_that_is_given_a_value_is_refused_as_an_object(feature: Project) -> None:
    done = feature.cli("status", "--json=3")
    assert (done.code, done.err, done.error) == (2, "", "USAGE")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["init", "-foo"], "missing argument 'FEATURE': '-foo' is read as '-f oo'"),
        (["import", "nope"], "cannot read 'nope': No such file or directory"),
        (["plan", "-F", "nope"], "cannot read 'nope': No such file or directory"),
        (["plan", "--goal", "g", *["--test", "t"] * 3000],
         "cannot record this: the plan tests are more than 1000"),
    ],
    ids=["a name with a dash", "no file", "no plan", "many tests"],
)  # fmt: skip
def test_what_is_wrong_is_said_in_plain_words(feature: Project, argv: list[str], said: str) -> None:
    done = feature.cli(*argv)
    assert (done.code, done.err.split("\n")[0]) == (2, f"error: {said}")


def test_a_log_is_no_aside(feature: Project) -> None:
    """Each of its lines begins with blanks, as what is dim does."""
    lines = feature.do("log").out.splitlines()
    assert lines
    for line in lines:
        shown = painted(line)
        assert shown.startswith("\x1b[2m")
        assert shown.partition("\x1b[0m")[2].lstrip(" ").startswith("Ada")
    assert painted("  what a test printed").endswith("\x1b[0m")
