"""A whole feature through JSON alone, by an agent that only follows ``next`` (`tests/agent.py`)."""

from collections.abc import Callable
from typing import Final, NamedTuple

import pytest

from tests.agent import Agent, Work
from tests.gate.project import RULES, MakeProject, Project
from tests.proof.lab import INI

pytestmark = pytest.mark.long

FILES = {"calc.py": "", "tests/test_calc.py": "def test_truth():\n    assert True\n",
         "pytest.ini": INI}  # fmt: skip
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
        "git commit 0", "status 0", "finalize 0", "push 0",
    ]  # fmt: skip
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
        "status 0", "finalize 0", "push 0",
    ]  # fmt: skip
    why = agent.answers[0]
    assert why["data"]["refused"][0]["code"] == "no-test"
    assert project.may("ls-remote", "origin", "refs/oneshot/*").out


# -- every state of a feature: who follows next ends, or asks a person ----------------------


def write_check(project: Project) -> Work:
    """The test that the code of `bare` lacks."""
    return lambda: void(project.repo.write("checks/bare", "grep -qx bare lib/bare\n"))


def bare(project: Project) -> None:
    """A commit past the hook, of code without its test."""
    project.land("bare", "--no-verify", test=False)


def bare_below(project: Project) -> None:
    bare(project)
    project.land("two")


def in_rebase(project: Project) -> None:
    project.land("one")
    project.git("switch", "-q", "-c", "other", "HEAD^")
    project.repo.write("lib/one", "another\n")
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", "another")
    assert project.may("rebase", "main").code != 0


def fixup_of(subject: str) -> Callable[[Project], None]:
    def set_up(project: Project) -> None:
        project.land("one")
        fix_up(project, subject)

    return set_up


def fix_up(project: Project, subject: str) -> None:
    project.repo.write("docs/more", "more\n")
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", f"fixup! {subject}")


def finalized(project: Project) -> None:
    project.land("one")
    project.do("finalize")


def left_behind(project: Project) -> None:
    cancelled(project)
    on_another_branch(project)


def on_another_branch(project: Project) -> None:
    project.git("switch", "-q", "-c", "elsewhere")


def mixed(project: Project) -> None:
    project.change("one")
    project.repo.write(".oneshot.toml", RULES + "# more\n")
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", "mixed")


def broken_suite(project: Project) -> None:
    project.land("one")
    project.repo.write("docs/x", "x\n")
    project.repo.write("checks/base", "false\n")
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", "break it")


def untrusted(project: Project) -> None:
    project.land("one")
    for file in project.own.glob("trust*"):
        file.unlink()


def left_over(project: Project) -> None:
    project.land("one")
    project.repo.write("lib/base", "base\n# and more\n")


def docs_alone(project: Project) -> None:
    project.change("guide", code=False, test=False)


def code_alone(project: Project) -> None:
    project.repo.write("lib/base", "base\n\n")


def not_staged(project: Project) -> None:
    project.change("one")
    project.do("green")
    project.git("reset", "-q")


def cancelled(project: Project) -> None:
    project.do("cancel")


class State(NamedTuple):
    """How a feature got there, what an agent that has no test left does, and whom it asks."""

    set_up: Callable[[Project], None]
    begins: str
    does: str
    asks: str


LANDS = "status 0, finalize 0"
STATES: Final = {
    "nothing is done yet": State(void, "status", "status 0", "write the test that fails"),
    "documents alone": State(
        docs_alone, "status", f"status 0, red 1, green 0, git commit 0, {LANDS}", ""
    ),
    "code without a test": State(code_alone, "status", "status 0, red 1", "write the test"),
    "green, and not staged": State(
        not_staged, "status", f"status 0, git add 0, status 0, git commit 0, {LANDS}", ""
    ),
    "the last commit lacks its test": State(
        bare, "status", "status 0, finalize 1", "write the test that it lacks"
    ),
    "a commit below lacks its test": State(
        bare_below,
        "status", "status 0, finalize 1", "write the test that it lacks",
    ),
    "a change is in no commit": State(
        left_over, "status", "status 0, finalize 1, git commit 1, why 0", "write the test"
    ),
    "rules beside code": State(
        mixed, "status", "status 0, finalize 1, git reset 0, status 0, red 0, green 1, "
        f"git commit 0, status 0, finalize 1, git commit 0, {LANDS}", "",
    ),
    "a fixup": State(
        fixup_of("one"), "status", f"status 0, git rebase 0, {LANDS}", ""
    ),
    "a fixup of nothing": State(
        fixup_of("none"), "resume", f"resume 0, git commit 0, {LANDS}", ""
    ),
    "a suite that fails": State(broken_suite, "status", "status 0, finalize 1", "mend"),
    "commands that are not trusted": State(
        untrusted, "finalize", "finalize 1, trust 2", "a person reads these commands"
    ),
    "a rebase that goes on": State(in_rebase, "status", "status 1", "resolve what is in conflict"),
    "another branch": State(
        on_another_branch, "status topic", "status 0, git switch 0, status 0", "write"
    ),
    "completed": State(finalized, "status topic", "status 0", ""),
    "cancelled": State(cancelled, "status topic", "status 0", ""),
    "cancelled, with no pull request": State(left_behind, "pr -f topic", "pr 1, status 0", ""),
    "cancelled, and not to be planned": State(
        left_behind, "plan topic --goal x --approach y", "plan 1, status 0", ""
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_who_follows_next_ends_or_asks_a_person(feature: Project, name: str) -> None:
    state = STATES[name]
    state.set_up(feature)
    agent = Agent(feature.path, {"--message": "land it"})
    agent.follow(["git", "oneshot", *state.begins.split(), "--json"])
    assert ", ".join(agent.done) == state.does
    assert agent.asked.startswith(state.asks) and bool(agent.asked) is bool(state.asks)


def test_nobody_ends_a_spike_before_somebody_has_tried_something(project: Project) -> None:
    began = project.do("init", "try", "--spike", "--yes", "--json")
    project.land("one", test=False)
    for answer in (began, project.do("status", "--json")):
        steps = answer.json["next"]
        assert [(step["argv"][2], step["work"]) for step in steps] == [
            ("graduate", True), ("cancel", True),
        ]  # fmt: skip
    agent = Agent(project.path, {})
    agent.follow(["git", "oneshot", "status", "--json"])
    assert agent.done == ["status 0"]
    assert agent.asked.startswith("make a feature of it, when it is good")


def test_what_needs_work_says_so_until_it_is_done(feature: Project) -> None:
    """Who runs a step without its work gets no further by it."""

    def first(*argv: str) -> tuple[str, bool]:
        step = feature.do(*argv, "--json").json["next"][0]
        return step["argv"][2], step["work"]

    assert first("plan", "--goal", "one") == ("red", True)
    assert first("status") == first("resume") == ("red", True)
    feature.change("one", code=False)
    assert first("status") == ("red", False)
    assert first("red") == ("green", True)
    assert first("status") == ("green", True)
    feature.change("one")
    assert first("red") == ("green", False)


def test_on_a_fresh_branch_nobody_is_sent_to_another_feature(feature: Project) -> None:
    feature.git("switch", "-q", "-c", "elsewhere")
    agent = Agent(feature.path, {"FEATURE": "second"})
    agent.follow(["git", "oneshot", "status", "--json"])
    assert agent.done[:2] == ["status 2", "init 0"]
    other = agent.answers[0]["next"][1]
    assert other["argv"] == ["git", "switch", "main"]
    assert other["why"] == "or go on with 'topic', on branch 'main'"


@pytest.mark.parametrize("below", [False, True])
def test_it_puts_a_test_into_the_commit_that_lacks_it(feature: Project, *, below: bool) -> None:
    """Into the last one by an amend; into one below by a fixup, squashed by a rebase."""
    bare(feature)
    if below:
        feature.land("two")
    agent = Agent(feature.path, {}, {"git add": write_check(feature)})
    agent.follow(["git", "oneshot", "finalize", "--json"])
    into = "git rebase 0, status 0, " if below else ""
    assert ", ".join(agent.done) == (
        f"finalize 1, git add 0, status 0, git commit 0, status 0, {into}finalize 0"
    )
    landed = feature.git("log", "--reverse", "--format=%s", "-2").splitlines()
    assert landed == (["bare", "two"] if below else ["base", "bare"])


def test_a_fixup_that_waits_for_what_is_refused_is_squashed_first(feature: Project) -> None:
    """It is what mends the commit, so nobody is told to mend it again."""
    bare(feature)
    write_check(feature)()
    feature.git("add", "--all")
    feature.git("commit", "-q", "--no-verify", "--fixup", "HEAD")
    refused = feature.cli("finalize", "--json").json["next"]
    assert [step["why"] for step in refused] == ["squash the fixup into its commit"]
    said = feature.cli("why")
    assert said.err.splitlines() == feature.cli("status").err.splitlines()
    lines = said.out.splitlines()
    assert len({*lines}) == len(lines)
    agent = Agent(feature.path, {})
    agent.follow(["git", "oneshot", "finalize", "--json"])
    assert ", ".join(agent.done) == f"finalize 1, git rebase 0, {LANDS}"


def test_what_a_refused_finalize_found_is_shown(feature: Project) -> None:
    """`status` and `why` know it; once it is mended, `why` says so."""
    bare(feature)
    feature.cli("finalize")
    [commit] = feature.do("status", "--json").data["commits"]
    assert (commit["verdict"], commit["code"]) == ("FAIL", "no-test")
    why = feature.do("why", "--json")
    assert why.data["hook"] == "finalize" and why.data["mended"] is False
    steps = [" ".join(step["argv"][:4]) for step in why.json["next"]]
    assert steps == [
        "git add --all", "git commit --amend --no-edit", "git oneshot declare --json",
        "git oneshot waive --json",
    ]  # fmt: skip
    write_check(feature)()
    feature.git("add", "--all")
    feature.git("commit", "-q", "--amend", "--no-edit")
    assert feature.do("why", "--json").data["mended"] is True
    assert "mended since" in feature.do("why").out


def test_a_push_that_the_remote_does_not_take(make: MakeProject, feature: Project) -> None:
    """Somebody pushed meanwhile: take it in, and push once more."""
    origin = make.remote(feature)
    feature.git("push", "-q", "--set-upstream", "origin", "main")
    feature.land("one")
    feature.do("finalize")
    clone = make("clone")
    clone.git("fetch", "-q", str(origin.path), "main")
    clone.git("reset", "-q", "--hard", "FETCH_HEAD")
    clone.land("docs", code=False, test=False)
    clone.git("push", "-q", str(origin.path), "HEAD:main")
    agent = Agent(feature.path, {})
    agent.follow(["git", "oneshot", "status", "topic", "--json"])
    assert agent.done == ["status 0", "push 1", "git pull 0", "status 0", "push 0"]


def test_a_fixup_in_review_is_squashed_first(make: MakeProject) -> None:
    project = make()
    make.remote(project)
    project.git("switch", "-q", "-c", "work")
    project.begin("topic", "--policy", "always", "--base", "main")
    project.land("one")
    project.do("finalize")
    fix_up(project, "one")
    steps = project.cli("status", "--json").json["next"]
    assert [step["why"] for step in steps] == ["squash the fixup into its commit"]


def test_a_pull_request_of_its_own(make: MakeProject) -> None:
    """Ready, merged when a person says so, and after that it is complete."""
    project = make()
    make.remote(project)
    project.git("switch", "-q", "-c", "work")
    project.begin("topic", "--policy", "always", "--base", "main")
    project.land("one")
    agent = Agent(project.path, {})
    agent.follow(["git", "oneshot", "status", "--json"])
    assert agent.done == ["status 0", "finalize 0", "synthesize 0", "pr 0", "pr 2"]
    merged = project.do("pr", "merge", "--yes", "--json")
    assert merged.json["next"] == []
    assert project.cli("complete", "--json").error == "ALREADY_COMPLETED"
    assert "'topic' is completed" in project.cli("status").err
