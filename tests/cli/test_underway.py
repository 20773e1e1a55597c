"""In the middle of a merge, a pick, a rebase or a bisect: what git is at comes to its end first."""

from collections.abc import Callable

import pytest

from tests.agent import Agent
from tests.gate.project import Project


def conflict(project: Project) -> None:
    """A feature on `topic`, and a line of `main` that is in conflict with it."""
    project.git("switch", "-q", "-c", "topic")
    project.begin()
    project.land("one")
    project.git("switch", "-q", "main")
    project.change("one", text="main")
    project.git("commit", "-q", "--no-verify", "-m", "theirs")
    project.git("switch", "-q", "topic")


def merge(project: Project) -> None:
    project.may("merge", "main")


def pick(project: Project) -> None:
    project.may("cherry-pick", "main")


def resolve(project: Project) -> None:
    project.repo.write("lib/one", "main\none\n")
    project.repo.write("checks/one", "grep -qx one lib/one && grep -qx main lib/one\n")


@pytest.mark.long
@pytest.mark.parametrize(("begin", "what"), [(merge, "a merge"), (pick, "a cherry-pick")])
def test_a_conflict_is_resolved_before_anything_is_judged(
    project: Project, begin: Callable[[Project], None], what: str
) -> None:
    conflict(project)
    begin(project)
    told = f"{what} is under way, in conflict: checks/one, lib/one"
    step = {
        "argv": ["git", "commit", "--no-edit"], "needs": [], "work": True,
        "why": "resolve what is in conflict, stage it, and go on",
    }  # fmt: skip
    for command in ("red", "green", "finalize"):
        done = project.cli(command, "--json")
        assert done.json["error"]["message"] == told, command
        assert (done.error, done.json["next"]) == ("GUARD_FAILED", [step])
    assert project.do("status", "--json").json["next"][0] == step
    resolve(project)
    project.git("add", "--all")
    go_on = {**step, "work": False, "why": "go on with it"}
    assert project.do("status", "--json").json["next"][0] == go_on
    assert project.do("green", "--json").json["next"] == [go_on]  # and not a message of its own
    agent = Agent(project.path, {})
    agent.follow(["git", "oneshot", "status", "--json"])
    assert agent.done[-1].startswith("finalize 0"), agent.done


def test_in_a_rebase_status_knows_the_feature_of_its_branch(project: Project) -> None:
    """git brings the branch back when the rebase is done, and goes to none before that."""
    conflict(project)
    assert project.may("rebase", "main").code != 0
    for named in ((), ("topic",)):
        said = project.do("status", *named)
        assert said.out.splitlines()[:2] == [
            "topic: implementing, on-request, on topic",
            "git       a rebase is under way, in conflict: checks/one, lib/one",
        ]
        [step] = project.do("status", *named, "--json").json["next"]
        assert step["argv"] == ["git", "rebase", "--continue"]
    project.git("rebase", "--abort")
    project.git("switch", "-q", "main")
    project.git("switch", "-q", "--detach")
    assert project.cli("status").code == 2


def test_a_bisect_ends_before_its_branch_is_back(project: Project) -> None:
    project.begin()
    project.land("one")
    project.land("two")
    project.git("bisect", "start", "HEAD", "HEAD~2")
    done = project.cli("status", "--json")
    assert done.json["error"]["message"] == "a bisect is under way, and HEAD is on no branch"
    [step] = done.json["next"]
    assert (step["argv"], step["work"]) == (["git", "bisect", "reset"], True)
    project.git("bisect", "reset")
    project.do("status")


def test_another_branch_is_not_gone_to_in_the_middle_of_a_merge(project: Project) -> None:
    conflict(project)
    project.git("switch", "-q", "-c", "elsewhere")
    project.may("merge", "main")
    done = project.cli("status", "--json")
    assert done.json["next"][0]["argv"] == ["git", "commit", "--no-edit"]
