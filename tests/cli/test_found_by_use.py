"""What people stumbled over when they first used it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.gate.project import MakeProject, Project


def test_install_in_a_plain_clone_brings_the_proofs(make: MakeProject, tmp_path: Path) -> None:
    """`git clone`, `git oneshot install`, `git log`: no fetch that nobody told of."""
    project = make()
    remote = make.remote(project)
    project.begin()
    project.land("one")
    project.do("finalize")
    project.git("push", "-q", "origin", "main")
    there = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(remote.path), str(there)], check=True)
    done = project.cli("install", "--yes", cwd=there)
    assert done.code == 0, done
    assert "1 feature came from 'origin'" in done.out
    assert "claimed: PASS behaviour" in project.may("log", "-1", cwd=there).out


@pytest.mark.long
def test_a_later_fetch_shows_its_proofs_at_the_next_list(make: MakeProject, tmp_path: Path) -> None:
    project = make()
    remote = make.remote(project)
    there = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(remote.path), str(there)], check=True)
    project.cli("install", "--yes", cwd=there)
    project.begin()
    project.land("one")
    project.do("finalize")
    project.git("push", "-q", "origin", "main")
    assert project.may("pull", "-q", cwd=there).code == 0
    assert project.cli("list", "--all", cwd=there).code == 0
    assert "claimed: PASS behaviour" in project.may("log", "-1", cwd=there).out


def test_a_damaged_trail_is_said_before_another_feature_begins(project: Project) -> None:
    project.do("init", "one")
    project.git("update-ref", "refs/oneshot/one", "HEAD")
    done = project.cli("init", "two", "--json")
    assert (done.code, done.error) == (4, "TRAIL_DAMAGED")


def test_a_plan_that_is_no_text(project: Project) -> None:
    project.do("init", "one")
    done = project.cli("plan", "-F", "-", "--json", stdin=b"\xff\xfe plan")
    assert (done.code, done.error) == (2, "INVALID_INPUT")
    done = project.cli("plan", "--goal", "", "--json")
    assert (done.code, done.error) == (1, "GUARD_FAILED")


def test_a_long_plan_is_one_short_line(project: Project) -> None:
    project.do("init", "one")
    done = project.do("plan", "-m", "word " * 4_000)
    assert len(done.out) < 250
    assert max(map(len, project.do("status").out.splitlines())) < 250


def test_a_repeated_key_answers_what_was_recorded(project: Project) -> None:
    project.do("init", "one")
    project.do("plan", "-m", "first", "--key", "k")
    assert (
        project.do("plan", "-m", "second", "--key", "k", "--json").data["plan"]["text"] == "first"
    )


def test_a_feature_does_not_supersede_itself(project: Project) -> None:
    project.do("init", "one")
    done = project.cli("cancel", "--superseded-by", "one", "--json")
    assert (done.code, done.error) == (2, "INVALID_INPUT")
    project.do("cancel", "--superseded-by", "two", "--reason", "too large")
    assert "superseded by two: too large" in project.do("status", "one").out


def test_what_supersedes_may_begin_later_and_a_slip_of_the_pen_is_seen(project: Project) -> None:
    """A branch has one open feature, so what takes its place there can only come after it."""
    project.git("switch", "-q", "-c", "side")
    project.do("init", "greet-by-name")
    project.git("switch", "-q", "main")
    project.do("init", "one")
    ahead = project.do("cancel", "--dry-run", "--superseded-by", "great-by-name").err
    assert "note: no feature 'great-by-name' is here; did you mean 'greet-by-name'?\n" in ahead
    assert "note" not in project.do("cancel", "--superseded-by", "greet-by-name").err
    project.do("init", "two")
    done = project.do("cancel", "--superseded-by", "other-way")
    assert "note: no feature 'other-way' is here yet\n" in done.err


def test_rules_that_are_being_edited_are_checked(project: Project) -> None:
    project.repo.write(".oneshot.toml", "chekc = 1\n")
    done = project.cli("rules", "--json")
    assert (done.code, done.error) == (2, "RULES_INVALID")
    project.repo.write(".oneshot.toml", "strict = true\n")
    done = project.cli("rules")
    assert "not in force until it is committed" in done.err


def test_green_runs_again_what_failed_for_another_reason(feature: Project) -> None:
    """A service that was not up: what a run said then is not what it says now."""
    down = feature.path.parent / "down"
    down.touch()
    feature.change("one")
    feature.repo.write("checks/one", f"test ! -e {down} && grep -qx one lib/one\n")
    assert feature.cli("green", "--json").error == "NOT_PROVEN"
    down.unlink()
    assert feature.cli("green", "--json").code == 0


def test_code_beside_the_rules_is_code(feature: Project) -> None:
    feature.repo.write(".oneshot/run.sh", "echo\n")
    feature.git("add", "--all")
    feature.git("commit", "-q", "-m", "neutral")
    feature.repo.write(".oneshot/more.sh", "echo\n")
    feature.repo.write(".oneshot/allowed_signers", "a\n")
    feature.git("add", "--all")
    done = feature.may("commit", "-q", "-m", "mixed")
    assert "rules-mixed" in done.err


def test_a_command_to_trust_is_one_line(project: Project) -> None:
    """A line break in it could show another command than the one that runs."""
    rules = '[[suite]]\nname = "all"\ncommand = "sh -c \'evil\\\\n\\\\n  python -m pytest\'"\n'
    project.repo.write(".oneshot.toml", rules.replace("\\\\n", "\\n"))
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", "rules")
    done = project.cli("trust")
    assert "\n  python -m pytest" not in done.err
    assert "evil\\n\\n  python" in done.err


def test_a_private_index_leaves_nothing_behind(feature: Project) -> None:
    feature.git("config", "core.splitIndex", "true")
    before = len([n for n in os.listdir(feature.path / ".git") if n.startswith("sharedindex")])
    feature.change("one")
    feature.cli("green")
    after = [n for n in os.listdir(feature.path / ".git") if n.startswith("sharedindex")]
    assert len(after) <= before + 1


def test_a_base_is_a_branch(project: Project) -> None:
    for base in ("ma\nin", "-x", "a..b", "a b"):
        done = project.cli("init", "one", f"--base={base}", "--json")
        assert done.code == 2
        assert done.error == "INVALID_INPUT"
    assert project.cli("list", "--all", "--json").data["total"] == 0


@pytest.mark.parametrize(
    ("argv", "leads"),
    [(["stat"], ["schema", "status"]), (["nix"], ["skill"]), (["-h"], ["skill"]),
     (["init"], ["schema", "init"]), (["log", "--nope"], ["schema", "log"])],
)  # fmt: skip
def test_a_program_that_used_it_wrongly_is_led_on(
    project: Project, argv: list[str], leads: list[str]
) -> None:
    """Not to an error that leads to itself, nor to a page of text."""
    [step] = project.cli(*argv, "--json").json["next"]
    assert step["argv"] == ["git", "oneshot", leads[0], "--json", *leads[1:]]
    assert project.do(*step["argv"][2:]).json["ok"]


def test_a_plain_clone_does_not_say_that_there_is_nothing(
    feature: Project, one: str, make: MakeProject, tmp_path: Path
) -> None:
    """`git clone` leaves the trails where they are: who goes on with the work is told how."""
    remote = make.remote(feature, at="HEAD^")
    feature.git("push", "-q", "origin", "main")
    there = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(remote.path), str(there)], check=True)
    hint = "bring the trails that 'origin' may have: git oneshot install"
    for argv in (["list"], ["list", "--all"], ["status"], ["log"]):
        assert hint in feature.cli(*argv, cwd=there).err, argv
    [step] = feature.cli("list", "--json", cwd=there).json["next"]
    assert step["argv"] == ["git", "oneshot", "install", "--json", "--yes"]
    assert feature.cli(*step["argv"][2:], cwd=there).code == 0
    assert hint not in feature.cli("list", cwd=there).err


def test_where_no_suite_is_known_it_is_said_to_the_end(make: MakeProject) -> None:
    """Not 'PASS, 0 tests', as if some had been looked for."""
    project = make(files={"hello.sh": "echo hello\n"})
    project.begin()
    line = "suite     none is known here: nothing is gated until there is one"
    for _ in ("looked for", "known for this commit"):
        assert line in project.do("status").out
        assert project.lines("suiteless") == [f"{project.head} yes"]
    project.repo.write("hello.sh", "echo Hello\n")
    project.git("commit", "-q", "-am", "fix: Hello")
    done = project.do("finalize")
    assert "suite    PASS, no suite is known" in done.out
    assert line not in project.do("status").out


def test_a_suite_is_known_from_the_commit_that_brings_it(make: MakeProject) -> None:
    project = make(files={"hello.sh": "echo hello\n"})
    project.begin()
    assert "nothing is gated" in project.do("status").out
    project.repo.write("test_hello.py", "def test_it():\n    pass\n")
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", "a test")
    assert "nothing is gated" not in project.do("status").out
    assert project.lines("suiteless") == [f"{project.head} no"]


@pytest.mark.parametrize("half", ["red", "green"])
def test_a_test_named_from_the_top_is_found_from_a_folder(feature: Project, half: str) -> None:
    """As agents name it, who are somewhere below."""
    feature.repo.write("checks/one", "grep -qx one lib/one\n")
    inside = feature.repo.write("lib/deep/x", "x\n").parent
    done = feature.oneshot(half, "checks/one", cwd=inside)
    assert (done.code, done.err.splitlines()) == (2, [
        "error: no test 'checks/one' in 'lib/deep'",
        f"hint: name it from there: git oneshot {half} ../../checks/one",
    ])  # fmt: skip
    assert feature.oneshot("red", "../../checks/one", cwd=inside).code == 0


def test_an_id_that_is_taken_is_shown_by_its_name(feature: Project) -> None:
    """On another branch 'git oneshot status' alone would know of nothing."""
    feature.git("switch", "-q", "-c", "side")
    feature.do("init", "second")
    feature.git("switch", "-q", "-c", "other")
    steps = feature.cli("init", "second", "--json").json["next"]
    assert [step["argv"][2:] for step in steps] == [["status", "--json", "second"]]
    feature.do("cancel", "second")
    done = feature.cli("init", "second")
    assert done.err.splitlines()[1] == "hint: take another id: git oneshot init second-2"


def test_a_test_that_was_only_taken_away_is_no_test(feature: Project, one: str) -> None:
    """It did change: what it lacks is another one."""
    feature.repo.write("lib/one", "another\n")
    feature.git("rm", "-q", "checks/one")
    feature.git("add", "--all")
    first, _ = feature.may("commit", "-q", "-m", "another").err.splitlines()
    assert first == "error: not proven (no-test): lib/one changed, and tests only went: checks/one"


def test_uninstall_says_what_stays(feature: Project) -> None:
    """And its command takes that away, too."""
    done = feature.do("uninstall")
    first = done.err.splitlines()[0]
    said, _, command = first.partition(" away: ")
    assert said == "note: 1 trail stays; what takes them"
    assert feature.git("for-each-ref", "refs/oneshot/") != ""
    subprocess.run(command, shell=True, cwd=feature.path, check=True)
    assert feature.git("for-each-ref", "refs/oneshot*", "refs/notes") == ""


def test_a_finished_feature_of_another_branch_sends_no_other_branch(
    feature: Project, make: MakeProject
) -> None:
    """What would be pushed is where HEAD is, which may be proven by nothing."""
    make.remote(feature)
    feature.git("switch", "-q", "-c", "side")
    feature.do("init", "second")
    feature.do("plan", "--goal", "more")
    feature.land("two")
    feature.do("finalize")
    feature.git("switch", "-q", "main")
    for name in ("status", "resume"):
        steps = feature.do(name, "second", "--json").json["next"]
        assert [step["argv"] for step in steps] == [["git", "switch", "side"]], name


def test_a_branch_of_another_worktree_is_gone_to_there(feature: Project, tmp_path: Path) -> None:
    """git switches to no branch that another worktree has."""
    feature.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    assert feature.cli("init", "second", cwd=tmp_path / "side").code == 0
    for argv in (["finalize", "-f", "second"], ["red", "-f", "second"]):
        [step] = feature.cli(*argv, "--json").json["next"]
        assert step["argv"][:3] == ["git", "-C", str(tmp_path / "side")], argv
        assert feature.may(*step["argv"][1:]).code == 0
