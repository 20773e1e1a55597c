"""init, plan, request-synthesize, cancel: what begins and what ends without a proof."""

import contextlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.gate.project import MakeProject, Project


def test_init_begins_on_this_branch(project: Project, make: MakeProject) -> None:
    make.remote(project)
    project.git("switch", "-q", "-c", "fix/typo")
    done = project.do("init", "topic", "--title", "A typo", "--policy", "always")
    assert done.out == "began feature 'topic' on branch 'fix/typo' (always)\n"
    assert done.err.splitlines() == [
        "hint: set up this clone: git oneshot install --yes",
        "hint: plan it: git oneshot plan --goal … --approach …",
    ]
    state = project.loaded().state
    assert (state.base, state.branch, state.start, state.title, state.policy) == (
        "main", "fix/typo", project.head, "A typo", "always",
    )  # fmt: skip
    assert not any(project.hook(name).exists() for name in ("pre-commit", "pre-push"))


def test_init_for_programs(project: Project) -> None:
    done = project.do("init", "topic", "--yes", "--json")
    assert done.err == ""
    assert {k: done.json[k] for k in ("v", "command", "ok", "error")} == {
        "v": 1, "command": "init", "ok": True, "error": None,
    }  # fmt: skip
    data = done.data
    assert data["tip"] == project.git("rev-parse", "refs/oneshot/topic")
    assert (data["feature"], data["phase"], data["previousPhase"]) == ("topic", "plan", None)
    assert (data["branch"], data["policy"], data["suites"]) == ("main", "on-request", ["all"])
    assert len(data["events"]) == 1
    assert "trust: run `sh check.sh`" in data["installed"]
    assert [step["argv"][:3] for step in done.json["next"]] == [["git", "oneshot", "plan"]]


@pytest.mark.parametrize(
    ("branch", "option", "base"),
    [("topic", [], "main"), ("main", [], "main"), ("topic", ["--base", "release"], "release")],
)
def test_what_a_feature_is_meant_for(
    project: Project, branch: str, option: list[str], base: str
) -> None:
    if branch != "main":
        project.git("switch", "-q", "-c", branch)
        project.git("branch", "release")
    project.do("init", "x", *option)
    assert project.loaded("x").state.base == base


def test_a_branch_that_is_neither_main_nor_master_is_its_own_base(project: Project) -> None:
    project.git("branch", "-q", "-m", "trunk")
    project.do("init", "x")
    assert project.loaded("x").state.base == "trunk"


def test_commits_of_before_that_a_push_will_judge_are_told(
    project: Project, make: MakeProject
) -> None:
    make.remote(project)
    project.land("early", "--no-verify", test=False)
    done = project.do("init", "topic")
    note = "note: a push to 'main' will judge 1 commit of before it, too"
    assert note in done.err.splitlines()
    project.do("cancel", "topic")
    project.land("next", "--no-verify", test=False)
    done = project.do("init", "other", "--json")
    assert (done.data["before"], done.err) == (2, "")
    project.do("cancel", "other")
    project.git("push", "-q", "--no-verify", "origin", "main")
    assert project.do("init", "third", "--json").data["before"] == 0


def test_a_base_that_no_remote_has_takes_what_was_before(project: Project) -> None:
    project.land("early", "--no-verify", test=False)
    done = project.do("init", "topic", "--json")
    assert done.data["before"] == 0


def test_where_no_suite_is_known_that_is_said(make: MakeProject) -> None:
    project = make(files={"README": "x"})
    done = project.do("init", "topic", "--yes")
    assert "no test suite is known here: nothing is gated until there is one" in done.out
    project.repo.write("code.py", "x = 1\n")
    project.git("add", "--all")
    assert project.may("commit", "-q", "-m", "code") == (0, "", "")


def test_the_same_feature_twice(project: Project) -> None:
    project.do("init", "topic")
    done = project.cli("init", "topic", "--json")
    assert (done.code, done.error) == (1, "STATE_ALREADY_EXISTS")
    assert done.json["error"]["hint"] == "look at it: git oneshot status topic"
    done = project.cli("init", "other", "--json")
    assert (done.code, done.error, done.known) == (1, "FEATURE_OPEN", {"feature": "topic"})
    project.git("switch", "-q", "-c", "other")
    project.do("init", "other")


def test_a_feature_that_ended_makes_room(project: Project) -> None:
    project.do("init", "one")
    project.do("cancel")
    project.do("init", "two")
    project.do("cancel")
    assert project.cli("init", "one", "--json").error == "STATE_ALREADY_EXISTS"


def test_git_is_asked_once_for_rules_and_settings(
    feature: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a clone that is set up: each process takes milliseconds, and there were thirty."""
    feature.do("cancel")
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(trace))
    feature.do("init", "second")
    ran = [line.partition("trace: built-in: ")[2] for line in trace.read_text().splitlines()]
    settings = [one for one in ran if one.startswith(("git config", "git ls-tree", "git cat-file"))]
    assert sorted({*settings}) == sorted(settings)
    assert len([one for one in ran if one]) < 20


def test_a_spike_is_gated_by_nothing(project: Project) -> None:
    done = project.do("init", "topic", "--spike", "--yes")
    assert done.out == "began spike 'topic' on branch 'main' (on-request)\n"
    assert not (project.own / "active").exists()
    project.do("plan", "-m", "try it")
    project.change("one", test=False)
    assert project.may("commit", "-q", "-m", "one") == (0, "", "")
    assert "topic (spike): implementing" in project.do("status").out
    assert project.cli("init", "other", "--json").error == "FEATURE_OPEN"


def test_a_key_does_it_once(project: Project) -> None:
    """However often a caller asks, and whatever came between."""
    first = project.do("init", "topic", "--key", "k1", "--via", "robot", "--json").data
    project.do("plan", "-m", "go")
    again = project.do("init", "topic", "--key", "k1", "--json").data
    assert again["events"] == first["events"]
    assert len(project.types()) == 3
    [event, *_] = project.do("log", "--json").data["events"]
    assert (event["key"], event["via"]) == ("k1", "robot")


def test_a_tip_that_is_elsewhere_refuses(feature: Project) -> None:
    tip = feature.git("rev-parse", "refs/oneshot/topic")
    before = feature.digest()
    done = feature.cli("cancel", "--if-tip", "0" * 40, "--json")
    assert (done.code, done.error) == (75, "SEQUENCE_CONFLICT")
    assert done.known == {"expected": "0" * 40, "actual": tip}
    assert feature.digest() == before
    feature.do("cancel", "--if-tip", tip)


# -- plan ---------------------------------------------------------------------------


def test_a_plan_in_four_answers(project: Project) -> None:
    project.do("init", "topic")
    done = project.do(
        "plan", "--goal", "a goal", "--approach", "a way", "--file", "a.py", "--file", "b.py",
        "--test", "test_a.py", "--json",
    )  # fmt: skip
    assert done.data["plan"] == {
        "goal": "a goal", "approach": "a way", "files": ["a.py", "b.py"], "tests": ["test_a.py"],
        "text": "", "payload": "",
    }  # fmt: skip
    assert (done.data["previousPhase"], done.data["phase"]) == ("plan", "implementing")
    assert project.types() == ["workflow.started", "state.patched", "workflow.transition"]
    # Both in one append.
    assert project.git("rev-list", "--count", "refs/oneshot/topic") == "3"


@pytest.mark.parametrize("size", [1, 6_000])
def test_a_secret_in_a_plan_is_masked_also_in_a_long_one(project: Project, size: int) -> None:
    """Which is beside the event: no object of the repository holds it."""
    project.do("init", "topic")
    token = "glpat-" + "aB3dE6gH9" * 3
    done = project.do("plan", "-m", f"go\nwith {token} in /home/ada/x\n" + "x" * size)
    assert "note: what looks like a secret or a home folder is recorded as" in done.err
    assert "with *** in ~/x" in project.do("show", "2").out
    everything = project.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
    assert all(token not in project.git("cat-file", "-p", one) for one in everything.split())
    assert project.do("fsck").out == "1 trail checked\n"


@pytest.mark.parametrize("way", ["-m", "-F", "stdin"])
def test_a_plan_as_text(project: Project, way: str, tmp_path: Path) -> None:
    project.do("init", "topic")
    (tmp_path / "plan.md").write_text("do it\n\nlike this\n")
    argv = {"-m": ["-m", "do it\n\nlike this\n"], "-F": ["-F", str(tmp_path / "plan.md")],
            "stdin": ["-F", "-"]}[way]  # fmt: skip
    stdin = b"do it\n\nlike this\n" if way == "stdin" else b""
    assert project.do("plan", *argv, stdin=stdin).out == "planned 'topic': do it\n"
    assert "plan      do it" in project.do("status").out


def test_a_plan_that_does_not_end_is_refused(project: Project) -> None:
    """What is longer than a payload may be would be written, and never read again."""
    project.do("init", "topic")
    done = project.cli("plan", "-F", "-", "--json", stdin=b"x" * (2**20 + 1))
    assert (done.code, done.error) == (2, "INVALID_INPUT")
    assert done.json["error"]["message"].startswith("a text has at most 1,048,576 characters")
    project.do("plan", "-F", "-", stdin=b"x" * 2**20)
    assert project.do("fsck").out == "1 trail checked\n"


def test_a_plan_is_told_by_the_first_thing_that_it_says(feature: Project) -> None:
    assert feature.do("plan", "--goal", " ", "--approach", "so").out == "planned 'topic': so\n"


@pytest.mark.parametrize("text", ["", " \n\t ", "# only a comment\n"])
def test_a_blank_plan_is_refused(project: Project, text: str) -> None:
    project.do("init", "topic")
    if text.startswith("#"):
        text = " "
    done = project.cli("plan", "-m", text, "--json")
    assert (done.code, done.error) == (1, "GUARD_FAILED")
    assert project.types() == ["workflow.started"]


def test_a_draft_after_planning_is_the_plan_at_once(feature: Project) -> None:
    """It was told to plan it then, and its text counted already."""
    done = feature.do("plan", "--draft", "--goal", "better")
    assert done.out == "planned 'topic': better\n"
    assert done.err.splitlines() == [
        "note: 'topic' is in implementing already: this is its plan from now on",
        "hint: write the test that fails, then: git oneshot red",
    ]


def test_a_draft_stays_in_planning(project: Project) -> None:
    project.do("init", "topic")
    done = project.do("plan", "--draft", "--goal", "maybe")
    assert done.out == "drafted the plan of 'topic'\n"
    assert project.do("status", "--json").data["phase"] == "plan"
    project.do("plan", "--goal", "surely")
    assert project.do("status", "--json").data["plan"]["goal"] == "surely"
    project.do("plan", "--goal", "better")
    assert project.types()[-1] == "state.patched"


def test_a_long_plan_is_kept_beside_the_event(project: Project) -> None:
    project.do("init", "topic")
    text = "the goal\n\n" + "word " * 20_000
    done = project.do("plan", "-m", text, "--json")
    assert done.data["plan"]["goal"] == "the goal"
    event = done.data["events"][0]
    kept = project.git("show", f"refs/oneshot/topic:payload/{event}")
    assert kept.strip() == text.strip()


def test_a_plan_of_many_files_is_warned_of(project: Project) -> None:
    project.do("init", "topic")
    files = [word for n in range(6) for word in ("--file", f"f{n}")]
    done = project.do("plan", "--goal", "much", *files)
    assert "warning: 6 files are more than a oneshot's usual 5; is it one change?" in done.err
    assert len(project.do("plan", "--goal", "much", *files, "--json").data["warnings"]) == 1


def test_without_a_terminal_nobody_is_asked(project: Project) -> None:
    project.do("init", "topic")
    done = project.cli("plan", "--json")
    assert (done.code, done.error) == (2, "NEEDS_INPUT")
    assert "--goal" in done.json["error"]["hint"]
    done = project.cli("install", "--json")
    assert (done.code, done.error) == (2, "NEEDS_INPUT")
    assert done.data["changes"]


def test_on_a_terminal_the_editor_opens(project: Project) -> None:
    """The four questions are there; what is not saved is not recorded."""
    project.do("init", "topic")
    editor = project.path.parent / "editor"
    editor.write_text('#!/bin/sh\ncp "$1" seen.md\n')
    editor.chmod(0o755)
    asked = terminal(project, ["plan"], {"GIT_EDITOR": str(editor)})
    assert "the plan was not saved; nothing is recorded" in asked
    assert "topic" in (project.path / "seen.md").read_text()
    editor.write_text(
        '#!/bin/sh\necho "the goal" >"$1.new"; mv "$1.new" "$1"; touch -d 2030-01-01 "$1"\n'
    )
    assert "planned 'topic': the goal" in terminal(project, ["plan"], {"GIT_EDITOR": str(editor)})


def test_on_a_terminal_a_change_of_the_clone_is_asked_for(project: Project) -> None:
    before = project.digest()
    asked = terminal(project, ["install"], answer=b"n\n")
    assert "make these changes? [Y/n]" in asked
    assert "nothing was changed" in asked
    assert project.digest() == before
    assert "this repository" not in terminal(project, ["trust"], answer=b"n\n")
    assert project.cli("verify", "HEAD", "--json").error == "UNTRUSTED"
    assert "trusted: sh check.sh" in terminal(project, ["trust"], answer=b"y\n")
    assert "this clone is set up" in terminal(project, ["install"], answer=b"\n")
    assert project.do("install", "--json").data["changes"] == []


def terminal(
    project: Project, argv: list[str], env: Mapping[str, str] = {}, answer: bytes = b""
) -> str:
    """What a person sees who runs a command on a terminal, and types ``answer``."""
    ours, theirs = os.openpty()
    child = subprocess.Popen(
        ["git-oneshot", *argv], cwd=project.path, env={**os.environ, **env, "TERM": "dumb"},
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, answer)
    seen = b""
    with contextlib.suppress(OSError):  # the other end is closed when the child ends
        while chunk := os.read(ours, 4096):
            seen += chunk
    os.close(ours)
    child.wait(10)
    return seen.decode()


# -- request-synthesize, cancel ---------------------------------------------------------


def test_a_pull_request_is_asked_for(feature: Project) -> None:
    done = feature.do("request-synthesize", "--reason", "needs eyes")
    assert done.out == "asked for a pull request at the end of 'topic'\n"
    assert feature.do("status", "--json").data["requested"] is True
    assert "asked     for a pull request" in feature.do("status").out
    assert "needs eyes" in feature.do("log").out


def test_where_the_policy_is_never_that_is_said(project: Project) -> None:
    project.begin("topic", "--policy", "never")
    done = project.do("request-synthesize", "topic")
    assert done.out.endswith("; its policy is 'never', so there will be none\n")


def test_cancel_leaves_everything_where_it_is(feature: Project, one: str) -> None:
    head = feature.head
    done = feature.do("cancel", "--reason", "no use", "--superseded-by", "other")
    assert done.out == "cancelled 'topic'; its commits are where they were\n"
    assert feature.head == head
    assert not (feature.own / "on/main").exists()
    assert (feature.own / "done/main").read_text() == "topic\n"  # the next push tells the remote
    again = feature.cli("cancel", "topic", "--json")
    assert (again.code, again.error) == (1, "ALREADY_CANCELLED")
    assert feature.cli("request-synthesize", "topic", "--json").error == "INVALID_PHASE"
    feature.change("two", test=False)
    assert feature.may("commit", "-q", "-m", "ungated") == (0, "", "")


def test_cancel_of_another_branchs_feature_leaves_this_ones_marker(feature: Project) -> None:
    feature.git("switch", "-q", "-c", "side")
    feature.do("init", "second")
    data = feature.do("cancel", "topic", "--json").data
    assert (data["reason"], data["supersededBy"]) == ("", None)
    assert (feature.own / "on/side").exists()
    assert not (feature.own / "on/main").exists()


TOKEN = "ghp_" + "aB3dE6gH9" * 4
NOTE = "note: what looks like a secret or a home folder is recorded as '***' or '~'\n"


@pytest.mark.parametrize("command", [
        ("plan", "--goal", TOKEN),
    ("request-synthesize", "--reason", TOKEN),
    ("checkpoint", "--summary", TOKEN),
    ("cancel", "--reason", TOKEN),
], ids=lambda command: command[0])  # fmt: skip
def test_who_gives_a_secret_away_is_told_that_it_was_masked(
    project: Project, command: tuple[str, ...]
) -> None:
    """Whichever command it was: the secret is still in the history of a shell."""
    project.begin()
    done = project.do(*command)
    assert done.err.count(NOTE) == 1
    plain = project.cli(*(word.replace(TOKEN, "plain") for word in command))
    assert NOTE not in plain.err


def test_a_secret_that_was_refused_is_not_recorded_at_all(project: Project) -> None:
    project.begin("topic", "--spike")
    done = project.cli("request-synthesize", "--if-tip", "0" * 40, "--reason", TOKEN)
    assert done.code != 0 and NOTE not in done.err


@pytest.mark.parametrize("option", ["--file", "--test"])
def test_a_plan_names_no_file_without_a_name(project: Project, option: str) -> None:
    project.do("init", "topic", "--yes")
    before = project.loaded().tip
    done = project.cli("plan", "--goal", "a goal", option, " ", "--json")
    assert (done.code, done.error) == (2, "INVALID_INPUT")
    assert done.json["error"]["message"] == "a planned file or test has no name"
    assert project.loaded().tip == before
