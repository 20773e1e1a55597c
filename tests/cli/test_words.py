"""Words that a command is given, and words that a stream can't have."""

import os
import re
import subprocess
from pathlib import Path
from typing import Final

import click
import pytest

from git_oneshot.cli.look import painted
from git_oneshot.cli.main import COMMANDS, HIDDEN, group
from tests.cli.test_start import terminal
from tests.gate.project import MakeProject, Project, run
from tests.proof.lab import INI

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


# -- the editor ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "editor",
    ["~/ed.sh", "$HOME/ed.sh", 'f() { sh ~/ed.sh "$@"; }; f', "sh ~/ed.sh"],
)
def test_the_editor_is_run_as_git_runs_it(feature: Project, home: Path, editor: str) -> None:
    script = home / "ed.sh"
    script.write_text('#!/bin/sh\n[ $# = 1 ] && echo "the goal" >"$1"\n')
    script.chmod(0o755)
    assert "planned 'topic': the goal" in terminal(feature, ["plan"], {"GIT_EDITOR": editor})


def test_what_was_written_is_kept_where_the_editor_fails(feature: Project) -> None:
    failing = 'f() { echo "the goal" >"$1"; return 1; }; f'
    said = terminal(feature, ["plan"], {"GIT_EDITOR": failing})
    assert "error: the editor ended with 1; nothing is recorded" in said
    hint = re.search(r"hint: what you wrote is kept: git oneshot (plan -F \S+)\r\n", said)
    assert hint is not None
    # The next editor begins with it, and what is recorded is not kept any longer.
    said = terminal(feature, ["plan"], {"GIT_EDITOR": 'grep -q "the goal"'})
    assert "planned 'topic': the goal" in said
    assert not [*(feature.path / ".git").glob("ONESHOT_PLAN*")]


@pytest.mark.parametrize(
    ("editor", "said"),
    [
        (":", "the plan was not saved; nothing is recorded"),
        ("false", "the editor ended with 1; nothing is recorded"),
        ("/nope/ed", "the editor ended with 127; nothing is recorded"),
    ],
)
def test_an_editor_that_writes_nothing(feature: Project, editor: str, said: str) -> None:
    assert f"error: {said}" in terminal(feature, ["plan"], {"GIT_EDITOR": editor})


# -- hints that work where they are read ---------------------------------------------------


@pytest.mark.parametrize("command", ["rules", "skill"])
def test_a_path_in_a_hint_is_one_from_here(project: Project, command: str) -> None:
    below = project.path / "lib"
    below.mkdir(exist_ok=True)
    (project.path / ".oneshot.toml").unlink(missing_ok=True)
    [step] = project.cli(command, "--write", "--json", cwd=below).json["next"]
    assert run(step["argv"], below).code == 0
    assert project.git("diff", "--cached", "--name-only")


def test_nothing_names_a_package_that_a_stranger_could_bring() -> None:
    root = Path(__file__).parent.parent.parent
    found = run(["git", "grep", "-nE", r"pip install [^|]*git.?-oneshot *($|[^:])", "--", ".",
                 ":!tests", ":!CHANGELOG.md"], root)  # fmt: skip
    named = [line for line in found.out.splitlines() if not re.search(r"of git.?-oneshot", line)]
    assert named == []


# -- what a command is told ----------------------------------------------------------------


@pytest.mark.parametrize("tip", ["HEAD", "abc1234", "refs/oneshot/topic", "A" * 40])
def test_a_tip_that_is_no_full_id_is_no_reason_to_try_again(feature: Project, tip: str) -> None:
    done = feature.cli("request-synthesize", "--if-tip", tip, "--json")
    assert (done.code, done.error) == (2, "INVALID_INPUT")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["plan", "-m", "a", "-F", "lib/base"], "options '-m' and '-F' cannot be used together"),
        (["plan", "--goal", "a", "-F", "lib/base"],
         "options '-F' and '--goal' cannot be used together"),
        (["list", "-f", "nope"], "list shows every feature, and takes no '-f'"),
        (["cancel", "--superseded-by", ""], "invalid feature id ''"),
        (["complete", "--merged-as", ""], "'--merged-as' names nothing"),
        (["list", "--branch", ""], "'--branch' names nothing"),
        (["init", "other", "--base", ""], "no branch '', here or at a remote"),
    ],
)  # fmt: skip
def test_nothing_that_is_given_is_dropped_in_silence(
    feature: Project, argv: list[str], said: str
) -> None:
    before = feature.digest()
    done = feature.cli(*argv)
    assert done.code == 2, done
    assert done.err.startswith(f"error: {said}")
    assert feature.digest() == before


def test_a_base_is_named_as_git_names_it(project: Project) -> None:
    project.git("update-ref", "refs/remotes/origin/trunk", "HEAD")
    project.do("init", "topic", "--base", "origin/trunk")
    assert project.do("status", "--json").data["base"] == "trunk"


def test_a_file_without_a_test_is_named(make: MakeProject) -> None:
    project = make(files={"pytest.ini": INI, "README.md": "hi\n", "test_calc.py": ""})
    project.begin()
    done = project.cli("red", "README.md")
    assert (done.code, done.err.splitlines()[-2:]) == (
        2, ["error: no test in 'README.md'", "hint: name a test file, or file::test"],
    )  # fmt: skip


# -- push ----------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["side", "--detach"])
def test_a_push_without_a_feature_is_gits(project: Project, where: str) -> None:
    project.git("init", "-q", "--bare", "../remote.git")
    project.git("remote", "add", "origin", "../remote.git")
    project.git("switch", "-q", *(["-c", where] if where == "side" else [where]))
    assert run(["git-oneshot", "push", "origin", "HEAD:refs/heads/main"], project.path).code == 0
    assert project.git("ls-remote", "origin", "main").split()[0] == project.head


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (["push", "--set-upstream", "origin", "main"],
         "to git push it goes behind --: git oneshot push -- --set-upstream origin main"),
        (["push", "-f", "origin", "main"],
         "git's own -f goes behind --: git oneshot push -- -f origin main"),
    ],
)  # fmt: skip
def test_what_git_push_takes_goes_behind_two_dashes(
    feature: Project, argv: list[str], hint: str
) -> None:
    done = feature.cli(*argv)
    assert (done.code, done.err.splitlines()[1]) == (2, f"hint: {hint}")
