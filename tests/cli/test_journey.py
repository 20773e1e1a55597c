"""One whole feature through real processes, as a person and as a program goes."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.gate.project import MakeProject, Project
from tests.proof.lab import INI

pytestmark = pytest.mark.long

TRUTH = "def test_truth():\n    assert True\n"
TEST = TRUTH + "\n\ndef test_two():\n    from calc import two\n\n    assert two() == 2\n"


@pytest.fixture
def project(make: MakeProject) -> Project:
    """A Python project with a remote, and nobody's features."""
    project = make(files={"calc.py": "", "test_calc.py": TRUTH, "pytest.ini": INI})
    make.remote(project)
    project.git("switch", "-q", "-c", "fix/two")
    return project


def test_a_feature_from_intention_to_landed_commit(project: Project, tmp_path: Path) -> None:
    """In text: what a person types, and what git itself does in between."""

    def oneshot(*argv: str) -> str:
        done = project.oneshot(*argv)
        assert done.code == 0, done
        return done.out

    assert "began feature 'two'" in oneshot("init", "two", "--yes", "--policy", "never")
    assert "planned 'two': count to two" in oneshot("plan", "--goal", "count to two")
    project.repo.write("test_calc.py", TEST)
    assert "red: 1 test fails without the change" in oneshot("red")
    project.repo.write("calc.py", "def two():\n    return 2\n")
    assert "1 turned by the change" in oneshot("green")
    project.git("commit", "-q", "-am", "count to two")
    assert "commit    " in oneshot("status")
    assert "1 commit" in oneshot("verify")
    assert "'two' is completed" in oneshot("finalize")
    project.git("push", "-q", "origin", "HEAD:main")
    log = project.git("log", "-1")
    assert re.search(r"claimed: PASS behaviour.*test_two", log)
    assert "workflow.transition" in oneshot("log", "two")

    # Someone else clones, sees the story, and proves it again.
    clone = tmp_path / "clone"
    project.git("clone", "-q", str(tmp_path / "origin.git"), str(clone))
    for argv in (["install", "--yes"], ["status", "two"]):
        done = project.oneshot(*argv, cwd=clone)
        if argv[0] == "install":
            assert project.may("fetch", "-q", cwd=clone).code == 0
    assert done.code == 0, done
    assert "two: completed" in done.out
    done = project.oneshot("verify", cwd=clone)
    assert (done.code, done.out.splitlines()[-1]) == (0, "1 commit proven")


def test_a_feature_by_json_alone(project: Project) -> None:
    """A program reads one object from each command and follows ``next``."""

    def ask(*argv: str, code: int = 0) -> dict[str, Any]:
        done = project.oneshot(*argv, "--json", "--via", "robot")
        assert (done.code, done.err) == (code, "")
        answer = json.loads(done.out)
        assert set(answer) == {"v", "command", "ok", "data", "error", "next"}
        assert (answer["v"], answer["command"], answer["ok"]) == (1, argv[0], code == 0)
        found = answer["data"]
        assert isinstance(found, dict)
        return {**found, "next": answer["next"], "error": answer["error"]}

    assert ask("status", code=2)["error"]["code"] == "FEATURE_UNKNOWN"
    begun = ask("init", "two", "--yes", "--key", "run-1")
    assert begun["phase"] == "plan"
    assert ask("init", "two", "--yes", "--key", "run-1")["events"] == begun["events"]
    assert ask("plan", "-m", "count to two", "--if-tip", begun["tip"])["phase"] == "implementing"
    project.repo.write("test_calc.py", TEST)
    assert ask("green", code=1)["error"]["code"] == "NOT_PROVEN"
    red = ask("red")
    assert [t["reason"] for t in red["proof"]["tests"]] == ["missing-symbol"]
    assert red["next"][0]["argv"] == ["git", "oneshot", "green", "--json"]
    project.repo.write("calc.py", "def two():\n    return 2\n")
    green = ask("green")
    assert green["next"][0]["argv"] == ["git", "add", "--all"]
    project.git("add", "--all")
    project.git("commit", "-q", "-m", "count to two")
    state = ask("status")
    assert state["unpushed"]["commits"] == [project.head]
    asked = ask("request-synthesize", "--reason", "needs eyes")
    assert asked["policy"] == "on-request"
    assert ask("finalize", "--dry-run")["to"] == "synthesize"
    done = ask("finalize")
    assert (done["phase"], done["commits"][0]["verdict"]) == ("synthesize", "PASS")
    assert ask("push", "origin", "fix/two")["pushed"] is True
    events = ask("log")["events"]
    assert {event["via"] for event in events if event["type"] != "commit.recorded"} == {"robot"}
    assert [event["clock"] for event in events] == list(range(1, len(events) + 1))
    assert ask("replay", "--at", events[0]["id"])["state"]["phase"] == "plan"
    assert ask("list")["features"][0]["origin"] == "both"
    assert ask("cancel", "--reason", "merged elsewhere")["phase"] == "cancelled"


def test_it_works_where_a_person_works(project: Project) -> None:
    """From a folder below, through an alias of git, with a pager and an editor that would hang."""
    below = project.path / "deep" / "er"
    below.mkdir(parents=True)
    env = {"GIT_PAGER": "sleep 60", "PAGER": "sleep 60", "EDITOR": "sleep 60"}
    project.git("config", "alias.o", "oneshot")
    run: Callable[..., Any] = project.may
    assert run("o", "init", "two", "--yes", cwd=below, env=env).code == 0
    assert run("o", "plan", "--goal", "x", cwd=below, env=env).code == 0
    assert run("o", "log", cwd=below, env=env).out.count("\n") == 3
    (below / "note.txt").write_text("x\n")
    assert run("add", "note.txt", cwd=below).code == 0
    assert run("commit", "-q", "-m", "a note", cwd=below, env=env).code == 0
    assert run("o", "finalize", cwd=below, env=env).code == 0
    assert os.listdir(below) == ["note.txt"]
