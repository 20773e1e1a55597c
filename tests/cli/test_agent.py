"""A whole feature through JSON alone, by an agent that only follows ``next`` (`tests/agent.py`)."""

from collections.abc import Callable

import pytest

from tests.agent import Agent
from tests.answers import conform
from tests.gate.project import QUICK, MakeProject, Project

pytestmark = pytest.mark.long

FILES = {"calc.py": "", "tests/test_calc.py": "def test_truth():\n    assert True\n",
         "pytest.ini": QUICK}  # fmt: skip
TEST = "from calc import two\n\n\ndef test_two():\n    assert two() == 2\n"
CODE = "def two():\n    return 2\n"
TEXTS = {"--goal": "count to two", "--approach": "one function", "--message": "feat: count to two",
         "FEATURE": "count-to-two"}  # fmt: skip


def writes(project: Project, path: str, text: str) -> Callable[[], None]:
    return lambda: void(project.repo.write(path, text))


def void(_: object) -> None:
    """Leave it at that."""


def begin(make: MakeProject) -> Project:
    project = make(files=FILES)
    make.remote(project)
    project.git("switch", "-q", "-c", "count")
    return project


def test_it_lands_a_change(make: MakeProject) -> None:
    """It begins knowing nothing, not even that there is no feature yet."""
    project = begin(make)
    agent = Agent(
        project.path,
        TEXTS,
        {
            "red": writes(project, "tests/test_two.py", TEST),
            "green": writes(project, "calc.py", CODE),
        },
    )
    agent.follow(["git", "oneshot", "status", "--json"])
    assert agent.done == [
        "status 2", "init 0", "install 0", "status 0", "plan 0", "red 0", "green 0", "git add 0",
        "status 0",
        "git commit 0", "status 0", "finalize 0", "git push 0", "status 0",
    ]  # fmt: skip
    for answer in agent.answers:
        conform(answer)
    assert project.do("status", "count-to-two", "--json").data["phase"] == "completed"
    assert project.may("ls-remote", "origin", "refs/oneshot/*").out


def test_it_mends_what_is_refused(make: MakeProject) -> None:
    """A commit without its test, a test that is not red, a test that is not green: each is
    refused, says why, and what to do; and the agent gets through.
    """
    project = begin(make)
    project.do("init", "count-to-two", "--yes")
    project.do("plan", "--goal", "count to two")
    project.repo.write("calc.py", CODE)
    project.git("add", "--all")
    agent = Agent(project.path, TEXTS, {"red": writes(project, "tests/test_two.py", TEST)})
    agent.follow(["git", "commit", "--message", "feat: no test"])
    assert agent.done == [
        "git commit 1", "why 0", "red 0", "green 0", "git add 0", "status 0", "git commit 0",
        "status 0", "finalize 0", "git push 0", "status 0",
    ]  # fmt: skip
    why = agent.answers[0]
    conform(why)
    assert why["data"]["refused"][0]["code"] == "no-test"
    assert project.may("ls-remote", "origin", "refs/oneshot/*").out


def test_it_follows_what_a_refused_finalize_names(make: MakeProject) -> None:
    """It made a commit past the hook; the gate holds it, and it puts the test into the commit."""
    project = begin(make)
    project.do("init", "count-to-two", "--yes", "--policy", "never")
    project.do("plan", "--goal", "count to two")
    project.repo.write("calc.py", CODE)
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", "feat: no test")
    refused = project.cli("finalize", "--json")
    assert refused.error == "NOT_PROVEN"
    assert [step["argv"] for step in refused.json["next"]] == [
        ["git", "oneshot", "red", "--json"], ["git", "commit", "--amend", "--no-edit"],
    ]  # fmt: skip
    project.repo.write("tests/test_two.py", TEST)
    project.git("add", "--all")
    project.git(*refused.json["next"][1]["argv"][1:])
    assert project.do("finalize", "--json").data["phase"] == "completed"
