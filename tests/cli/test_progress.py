"""--progress jsonl: what a program is told on stderr while a long command works."""

import io
import json
import os
import subprocess
import sys
from typing import Any, Final

import click
import msgspec
import pytest
from jsonschema import Draft202012Validator

from git_oneshot.cli.commands.schema import of_progress
from git_oneshot.cli.data.progress import Event
from git_oneshot.cli.main import COMMANDS, HIDDEN, group
from git_oneshot.cli.progress import Progress, lines
from tests.gate.project import Done, MakeProject, Project

LONG: Final = ("red", "green", "finalize", "prove", "push", "verify", "sync", "list", "fsck")


def told(project: Project, *argv: str) -> tuple[Done, list[dict[str, Any]]]:
    """Run a command for a program; its answer, and what it told, each line held to its type."""
    done = project.cli(*argv, "--json", "--progress", "jsonl")
    assert done.json["command"] == argv[0]
    return done, events(done.err, argv[0])


def events(err: str, command: str) -> list[dict[str, Any]]:
    """The lines of stderr, where nothing else is: in order, from begin to end."""
    check = Draft202012Validator(of_progress())
    found = []
    for line in err.splitlines():
        msgspec.json.decode(line, type=Event)
        found.append(json.loads(line))
        check.validate(found[-1])
    assert found[0] == {"event": "begin", "v": 1, "command": command}
    assert [one["event"] for one in found].count("begin") == 1
    assert [one["event"] for one in found].count("end") == 1
    assert found[-1]["event"] == "end"
    open_ = []
    for one in found:
        if one["event"] == "run":
            open_.append(one["what"])
        elif one["event"] == "ran":
            open_.remove(one["what"])
    assert open_ == []
    return found


def kinds(found: list[dict[str, Any]]) -> list[str]:
    return [one["event"] for one in found]


def commits(found: list[dict[str, Any]]) -> list[tuple[int, int, str, str, str | None]]:
    return [
        (one["n"], one["of"], one["commit"], one["verdict"], one["code"])
        for one in found
        if one["event"] == "commit"
    ]


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in HIDDEN])
def test_the_long_commands_have_it_and_no_other(name: str) -> None:
    found = group.get_command(click.Context(group), name)
    assert found is not None
    assert any("--progress" in param.opts for param in found.params) is (name in LONG)


@pytest.mark.long
def test_a_whole_feature_tells_how_it_goes(make: MakeProject) -> None:
    project = make()
    make.remote(project)
    project.begin()
    project.change("one", code=False)
    done, said = told(project, "red")
    assert done.code == 0 and {"run", "ran"} <= {*kinds(said)} and commits(said) == []
    assert said[1]["what"] == "suite 'all'" and said[1]["expected"] is None
    project.change("one")
    done, said = told(project, "green")
    assert done.code == 0 and {"run", "ran"} <= {*kinds(said)}
    one, two = project.land("one"), project.land("two")
    proven = [(1, 2, one, "PASS", None), (2, 2, two, "PASS", None)]
    for name in ("prove", "verify", "finalize"):
        done, said = told(project, name)
        assert done.code == 0 and commits(said) == proven, name
        assert all(e["seconds"] >= 0 for e in said if e["event"] in ("commit", "ran", "end"))
    # The suite at the last commit is run after the commits are judged.
    assert kinds(said).index("run") < kinds(said).index("commit")
    assert kinds(said)[-3:] == ["run", "ran", "end"]
    # The arguments of git push are behind the options.
    done = project.cli("push", "--json", "--progress", "jsonl", "--", "--quiet", "origin", "main")
    assert done.data["pushed"]
    said = events(done.err, "push")
    assert commits(said) == proven and said[-2]["what"] == "git push"
    project.begin("another", "--base", "main")
    done, said = told(project, "sync")
    trails = [(one["n"], one["of"], one["feature"]) for one in said if one["event"] == "trail"]
    assert done.code == 0 and trails == [(1, 1, "another")]
    assert (said[1]["what"], kinds(said)[-2:]) == ("exchange with 'origin'", ["ran", "end"])


def test_a_refusal_ends_it_too(feature: Project) -> None:
    bad = feature.land("one", "--no-verify", test=False)
    done, said = told(feature, "verify")
    assert done.error == "NOT_PROVEN"
    assert commits(said) == [(1, 1, bad, "FAIL", "no-test")]
    done, said = told(feature, "red", "-f", "nobody")
    assert done.error == "STATE_NOT_FOUND" and kinds(said) == ["begin", "end"]


def test_many_trails_tell_how_it_goes(feature: Project) -> None:
    for command, what in (("list", "reading 1 trail"), ("fsck", "checking 1 trail")):
        done, said = told(feature, command)
        assert done.code == 0 and kinds(said) == ["begin", "run", "ran", "end"]
        assert said[1]["what"] == what


def test_nobody_asks_nobody_is_told(feature: Project, one: str) -> None:
    assert feature.do("verify", "--json").err == ""
    assert feature.do("verify").err == "hint: when all is committed: git oneshot finalize\n"


def test_without_json_the_answer_is_for_people(feature: Project, one: str) -> None:
    done = feature.do("verify", "--progress", "jsonl")
    assert done.out.endswith("1 commit proven\n")
    assert kinds(events(done.err, "verify"))[-1] == "end"


def test_another_form_is_a_mistake(feature: Project) -> None:
    done = feature.cli("verify", "--progress", "xml", "--json")
    assert (done.code, done.error, done.err) == (2, "USAGE", "")
    assert feature.cli("status", "--progress", "jsonl", "--json").error == "USAGE"


@pytest.mark.parametrize("gone", ["the reader", "the stream"])
def test_who_does_not_listen_does_not_end_the_work(gone: str, feature: Project, one: str) -> None:
    read, write = os.pipe()
    os.close(read)
    closing = "os.close(2); sys.stderr = None" if gone == "the stream" else "pass"
    script = f"""
import os, sys
{closing}
from git_oneshot.__main__ import run
run()
"""
    done = subprocess.run(
        [sys.executable, "-c", script, "verify", "--json", "--progress", "jsonl"],
        cwd=feature.path, stdout=subprocess.PIPE, stderr=write, check=False,
    )  # fmt: skip
    os.close(write)
    answer = Done(done.returncode, done.stdout.decode(), "")
    assert [one["verdict"] for one in answer.data["commits"]] == ["PASS"]


def test_a_line_is_utf_8_whatever_the_locale_and_after_the_end_there_is_none() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    progress = Progress(None, tell=lines(stream))
    with progress.running("é\udcff"):
        pass
    progress.close()
    progress.trail(1, 1, "late")
    assert isinstance(stream.buffer, io.BytesIO)
    found = [json.loads(line) for line in stream.buffer.getvalue().splitlines()]
    assert [(one["event"], one.get("what")) for one in found] == [
        ("run", "é?"), ("ran", "é?"), ("end", None),
    ]  # fmt: skip
