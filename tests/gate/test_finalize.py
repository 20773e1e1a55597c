"""The way out of implementing: proven anew, whole, clean, or not at all.

It believes nothing that a hook found out, so commits are made past the hooks here.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from git_oneshot.gate.commits import of_feature
from git_oneshot.gate.finalize import Checked, check
from tests.gate.project import BASE, MakeProject, Project
from tests.proof.lab import INI


def refusal(project: Project, code: str, status: int, *argv: str) -> str:
    """The one line that refuses `finalize`; nothing changed, with and without --dry-run."""
    feature_before, before = project.types(), project.digest()
    for options in (["--dry-run"], []):
        done = project.cli("finalize", *options, *argv)
        assert done.code == status, done
        [line] = [line for line in done.err.splitlines() if line.startswith("error: ")]
        assert any(line.startswith("hint: ") for line in done.err.splitlines()), done
        json = project.cli("finalize", "--json", *options, *argv)
        assert (json.code, json.error) == (status, code)
    assert project.digest() == before
    assert project.types() == feature_before
    return line.removeprefix("error: ")


def test_a_proven_feature_is_completed(feature: Project, one: str) -> None:
    two = feature.land("two", "--no-verify")
    done = feature.do("finalize", "--json")
    assert (done.data["previousPhase"], done.data["phase"]) == ("implementing", "completed")
    assert [c["commit"] for c in done.data["commits"]] == [one, two]
    assert {(c["verdict"], c["class"]) for c in done.data["commits"]} == {("PASS", "behaviour")}
    assert done.data["suite"]["verdict"] == "PASS"
    assert feature.types()[-4:] == [
        "proof.recorded", "proof.recorded", "gate.executed", "workflow.transition",
    ]  # fmt: skip
    assert (feature.own / "done/main").read_text() == "topic\n"
    assert not (feature.own / "on").exists()
    notes = feature.git("log", "-1", "--format=%N")
    assert "claimed: PASS behaviour" in notes
    assert "verified here: PASS behaviour" in notes


def test_it_says_each_commit_and_where_the_feature_is_now(feature: Project, one: str) -> None:
    done = feature.do("finalize")
    lines = done.out.splitlines()
    assert lines[0].startswith(f"{one[:9]} PASS behaviour")
    assert any(line.startswith("suite    PASS") for line in lines)
    assert lines[-1] == "'topic' is completed"
    assert "git push" not in done.err  # there is no remote


@pytest.mark.parametrize(
    ("policy", "asked", "to"),
    [("always", False, "synthesize"), ("always", True, "synthesize"),
     ("never", False, "completed"), ("never", True, "completed"),
     ("on-request", False, "completed"), ("on-request", True, "synthesize")],
)  # fmt: skip
def test_the_policy_decides_and_whether_anyone_asked(
    project: Project, policy: str, asked: bool, to: str
) -> None:
    project.begin("topic", "--policy", policy)
    if asked:
        project.do("request-synthesize")
    project.land("one", "--no-verify")
    dry = project.do("finalize", "--dry-run", "--json")
    assert (dry.data["phase"], dry.data["to"]) == ("implementing", to)
    assert project.do("finalize", "--json").data["phase"] == to
    # In synthesize more commits may come: the marker stays.
    assert (project.own / "on/main").exists() == (to == "synthesize")


def test_a_dry_run_writes_nothing(feature: Project, one: str) -> None:
    feature.do("status")
    before, spool = feature.digest(), feature.lines("spool")
    done = feature.do("finalize", "--dry-run")
    assert done.out.startswith(f"{feature.head[:9]} PASS behaviour  one\n")
    assert done.out.endswith("'topic' would enter completed\n")
    assert feature.digest() == before
    assert feature.lines("spool") == spool
    assert (feature.own / "on/main").exists()


def test_twice_is_once(feature: Project, one: str) -> None:
    feature.do("finalize")
    done = feature.cli("finalize", "--json")
    assert (done.code, done.error) == (1, "INVALID_PHASE")


def test_without_a_plan(project: Project) -> None:
    project.do("init", "topic", "--yes")
    project.land("one", "--no-verify")
    line = refusal(project, "INVALID_PHASE", 1)
    assert "is in phase 'plan'" in line


def test_without_a_commit(feature: Project) -> None:
    assert refusal(feature, "GUARD_FAILED", 1) == "feature 'topic' has no commit"


def test_with_changes_that_are_in_no_commit(feature: Project, one: str) -> None:
    """Unstaged, staged, renamed and deleted: each is named."""
    feature.repo.write("README", "unstaged\n")
    feature.repo.write("lib/base", "base\n# staged\n")
    feature.git("add", "lib/base")
    feature.git("mv", "lib/one", "lib/\u00fcn")
    line = refusal(feature, "GUARD_FAILED", 1)
    assert line == (
        "tracked files have changes that are not committed: README, lib/base, lib/\u00fcn"
    )


def test_untracked_files_are_listed_and_stop_nothing(feature: Project, one: str) -> None:
    feature.repo.write("notes/\x1b[2J", "not mine\n")
    with open(bytes(feature.path) + b"/\xff", "wb"):
        pass
    data = feature.cli("finalize", "--dry-run", "--json").data
    assert len(data["untracked"]) == 2
    done = feature.do("finalize")
    assert "untracked, and in no commit: notes/" in done.out
    assert "untracked, and in no commit: \\udcff" in done.out


def test_what_needs_no_test_is_listed_commit_by_commit(feature: Project) -> None:
    feature.change("one")
    for name in ("README", "deploy.sh"):
        feature.repo.write(name, "anew\n")
    feature.git("add", "--all")
    feature.git("commit", "-q", "--no-verify", "-m", "one")
    for name in ("a", "b", "c\x1b", "d", "e"):
        feature.repo.write(f"notes/{name}", "more\n")
    feature.git("add", "--all")
    feature.git("commit", "-q", "--no-verify", "-m", "notes")
    feature.land("two", "--no-verify")
    for words in (("--dry-run",), ()):
        done = feature.do("finalize", *words)
        told = [line.strip() for line in done.out.splitlines() if "needs no test" in line]
        assert told == [
            "needs no test: README, deploy.sh",
            "needs no test: notes/a, notes/b, notes/c\\x1b and 2 more",
        ]


def test_what_needs_no_test_is_told_to_programs(feature: Project) -> None:
    feature.repo.write("README", "anew\n")
    feature.git("commit", "-q", "--no-verify", "-am", "notes")
    feature.land("one", "--no-verify")
    assert feature.cli("finalize", "--dry-run", "--json").data["neutral"] == ["README"]


def test_one_commit_that_fails(feature: Project, one: str) -> None:
    bad = feature.land("bad", "--no-verify", test=False)
    feature.land("three", "--no-verify")
    line = refusal(feature, "NOT_PROVEN", 1)
    assert line.startswith(f"{bad[:9]} is FAIL (no-test): lib/bad changed")
    data = feature.cli("finalize", "--json").data
    assert [c["verdict"] for c in data["commits"]] == ["PASS", "FAIL", "PASS"]


def test_a_commit_that_cannot_be_judged(feature: Project, one: str) -> None:
    (feature.own / "trust").unlink()
    assert "are not trusted in this clone" in refusal(feature, "UNTRUSTED", 1)


def test_fail_comes_before_unknown(make: MakeProject) -> None:
    """A refusal is certain, a doubt may go away."""
    rules = BASE[".oneshot.toml"].replace('sh check.sh"', 'sh check.sh"\ntimeout = 1')
    project = make(files={**BASE, ".oneshot.toml": rules})
    project.begin()
    project.change("slow")
    project.repo.write("checks/slow", "sleep 3\n")
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", "slow")
    assert project.cli("finalize", "--json").error == "UNDECIDED"
    project.land("bad", "--no-verify", test=False)
    done = project.cli("finalize", "--json")
    assert (done.code, done.error) == (1, "NOT_PROVEN")


def test_a_spike_cannot_be_finalized(project: Project) -> None:
    project.begin("topic", "--spike")
    project.land("one", "--no-verify", test=False)
    assert refusal(project, "GUARD_FAILED", 1) == "'topic' is a spike and can't be finalized"


@pytest.mark.long
def test_a_suite_that_breaks_elsewhere(make: MakeProject) -> None:
    """Each commit's own tests pass; the whole suite on the tip does not."""
    truth = "def test_truth():\n    assert True\n"
    other = "def test_size():\n    import calc\n    assert calc.SIZE == 1\n"
    project = make(
        files={
            "pytest.ini": INI,
            "calc.py": "SIZE = 1\n",
            "test_calc.py": truth,
            "test_size.py": other,
        }
    )
    project.begin()
    project.repo.write("calc.py", "SIZE = 2\n")
    project.repo.write("test_calc.py", truth + "\n\ndef test_two():\n    from calc import SIZE\n"
                       "    assert SIZE == 2\n")  # fmt: skip
    project.git("commit", "-q", "--no-verify", "-am", "two")
    done = project.cli("finalize", "--json")
    assert (done.code, done.error) == (1, "NOT_PROVEN")
    assert [c["verdict"] for c in done.data["commits"]] == ["PASS"]
    assert done.data["suite"]["code"] == "regression"
    assert re.search(r"test_size\.py::test_size", done.json["error"]["message"])


def test_a_check_command_that_fails(project: Project) -> None:
    rules = (project.path / ".oneshot.toml").read_text()
    project.repo.write(".oneshot.toml", "check = ['test ! -e lib/one']\n" + rules)
    project.git("commit", "-q", "--no-verify", "-am", "check")
    project.begin()
    project.land("one", "--no-verify")
    line = refusal(project, "NOT_PROVEN", 1)
    assert line.startswith("the suite is FAIL (check-failed): ")
    assert "test ! -e lib/one" in line or "test '!' -e lib/one" in line
    # `why` called it staged, and nothing was.
    assert "\nthe suite FAIL(check-failed)\n" in project.do("why").out


@pytest.mark.parametrize(
    ("top", "bottom"),
    [
        ("check = ['test ! -e lib/one']\n", ""),
        ("", "[[suite]]\nname = 'more'\nroot = 'more'\ncommand = 'test ! -e ../lib/one'\n"),
    ],
    ids=["a check", "a suite"],
)  # fmt: skip
def test_what_a_feature_adds_to_the_rules_holds_at_its_end(
    feature: Project, top: str, bottom: str
) -> None:
    """finalize and a push said PASS, and the next verify of the same tip FAIL."""
    rules = (feature.path / ".oneshot.toml").read_text()
    feature.repo.write("more/README", "more\n")
    feature.git("add", "more")
    feature.git("commit", "-q", "--no-verify", "-m", "more")
    feature.repo.write(".oneshot.toml", top + rules + bottom)
    feature.git("commit", "-q", "--no-verify", "-am", "rules")
    feature.do("trust", "--yes")
    feature.land("one", "--no-verify")
    said = []
    for words in (("finalize",), ("verify", "HEAD~3..HEAD"), ("verify", "HEAD")):
        done = feature.cli(*words, "--json")
        assert done.code == 1, words
        said.append(done.data["suite"]["verdict"])
    assert said == ["FAIL"] * 3


def test_rules_that_a_feature_takes_away_hold_to_its_end(project: Project) -> None:
    rules = (project.path / ".oneshot.toml").read_text()
    project.repo.write(".oneshot.toml", "check = ['test ! -e lib/one']\n" + rules)
    project.git("commit", "-q", "--no-verify", "-am", "check")
    project.begin()
    project.repo.write(".oneshot.toml", rules)
    project.git("commit", "-q", "--no-verify", "-am", "no check")
    project.land("one", "--no-verify")
    assert refusal(project, "NOT_PROVEN", 1).startswith("the suite is FAIL (check-failed): ")


def test_no_cache_is_believed(feature: Project, tmp_path: Path) -> None:
    """What an executor can write is not what `finalize` reads: the tests run again."""
    ran = tmp_path / "ran"
    feature.change("one")
    feature.repo.write("checks/one", f"echo >>{ran}; grep -qx one lib/one\n")
    feature.git("add", "--all")
    feature.git("commit", "-q", "-m", "one")
    before = ran.read_text()
    feature.do("finalize", "--dry-run")
    assert len(ran.read_text()) > len(before)


def test_another_branchs_commits_are_not_taken(project: Project) -> None:
    """Standing on main, the feature of `topic` must not get main's commits."""
    project.git("switch", "-q", "-c", "topic")
    project.begin()
    project.land("one", "--no-verify")
    project.git("switch", "-q", "main")
    other = project.land("other", "--no-verify")
    line = refusal(project, "GUARD_FAILED", 1, "topic")
    assert line == "feature 'topic' is on branch 'topic', not on 'main'"
    # Where HEAD is on no branch, as in CI, or the branch was renamed, HEAD counts.
    project.git("switch", "-q", "--detach", "topic")
    assert project.do("finalize", "topic", "--dry-run").code == 0
    project.git("switch", "-q", "topic")
    project.git("branch", "-q", "-m", "renamed")
    done = project.do("finalize", "topic", "--json")
    assert [c["commit"] for c in done.data["commits"]] == [project.head]
    assert other not in str(done.data)


def test_it_is_done_from_any_folder(feature: Project, one: str) -> None:
    assert feature.cli("finalize", cwd=feature.path / "lib").code == 0


def test_a_commit_that_a_push_of_the_branch_brought_is_judged(make: MakeProject) -> None:
    """The push of a branch that no gate watches takes nothing out of the feature."""
    project = make()
    make.remote(project)
    project.git("switch", "-q", "-c", "topic")
    project.begin()
    project.change("evil", test=False)
    project.git("add", "--all")
    project.unhooked("evil")
    project.git("push", "-q", "--no-verify", "origin", "topic")
    project.land("good", "--no-verify")
    done = project.cli("finalize", "--json")
    assert (done.code, done.error) == (1, "NOT_PROVEN")
    assert [c["verdict"] for c in done.data["commits"]] == ["FAIL", "PASS"]


def test_a_branch_that_was_pushed_before_it_was_bound_can_be_finalized(make: MakeProject) -> None:
    project = make()
    make.remote(project)
    project.git("switch", "-q", "-c", "topic")
    project.do("init", "topic")
    project.do("trust", "--yes")
    project.do("plan", "-m", "x")
    project.change("one")
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", "one")
    project.git("push", "-q", "origin", "topic")
    assert project.do("finalize", "--json").data["phase"] == "completed"


def test_a_head_that_moves_meanwhile_is_another_tip(
    feature: Project, one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was judged is what is recorded: a commit that came meanwhile was not."""

    def slowly(*args: Any) -> Checked:
        checked = check(*args)
        feature.git("commit", "-q", "--no-verify", "--allow-empty", "-m", "late")
        return checked

    monkeypatch.setattr("git_oneshot.cli.commands.finalize.check", slowly)
    done = feature.cli("finalize", "--json")
    assert (done.code, done.error) == (75, "RACE_LOST")
    assert feature.loaded().state.phase == "implementing"


def test_the_commits_of_the_base_are_not_the_features(make: MakeProject) -> None:
    """Without a remote, main is what it is here: merging it brings nothing of ours."""
    project = make()
    project.git("switch", "-q", "-c", "topic")
    project.begin()
    project.git("switch", "-q", "main")
    project.change("theirs", test=False)
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", "theirs")
    project.git("switch", "-q", "topic")
    project.land("ours", "--no-verify")
    project.git("merge", "-q", "--no-edit", "main")
    done = project.do("finalize", "--json")
    assert [c["subject"] for c in done.data["commits"]] == [
        "ours",
        "Merge branch 'main' into topic",
    ]


def test_a_start_that_was_rewritten_bars_nothing(feature: Project, one: str) -> None:
    """A clone never gets the commit that a feature began on, when that was amended."""
    state = feature.loaded().state
    lost = replace(state, start="1" * 40)
    assert feature.head in of_feature(feature.repo.discover(), lost).ids


# -- what the rules ask beside proofs ----------------------------------------------------------


def ruled(project: Project, line: str, *planned: str) -> None:
    """Begin a feature where `[gate]` says something."""
    rules = (project.path / ".oneshot.toml").read_text()
    project.repo.write(".oneshot.toml", f"{rules}[gate]\n{line}\n")
    project.git("commit", "-q", "--no-verify", "-am", "the rules")
    project.begin()
    if planned:
        project.do("plan", "--goal", "so", *(w for one in planned for w in ("--file", one)))


@pytest.mark.long
def test_a_file_outside_of_the_plan_is_told(project: Project) -> None:
    project.begin()
    project.do("plan", "--goal", "so", "--file", "lib/one", "--test", "checks/one")
    project.land("one", "--no-verify")
    assert "plan" not in project.do("finalize", "--dry-run").out
    project.land("two", "--no-verify")
    dry = project.do("finalize", "--dry-run")
    assert "outside of the plan: lib/two\n" in dry.out
    done = project.do("finalize", "--json")
    assert (done.data["outside"], done.data["unturned"], done.data["late"]) == (["lib/two"], [], [])


@pytest.mark.long
def test_a_file_outside_of_the_plan_is_refused_where_the_rules_say_so(project: Project) -> None:
    ruled(project, "scope = 'enforce'", "lib/one")
    project.land("one", "--no-verify")
    project.land("two", "--no-verify")
    assert refusal(project, "GUARD_FAILED", 1) == "the plan does not name 'lib/two'"
    project.do("plan", "--goal", "so", "--file", "lib")
    assert project.do("finalize", "--json").data["outside"] == []


def test_a_plan_binds_nobody_where_the_rules_say_so(project: Project) -> None:
    ruled(project, "scope = 'off'", "lib/two")
    project.land("one", "--no-verify")
    assert project.do("finalize", "--json").data["outside"] == []


def test_what_is_merged_is_no_part_of_the_plan(project: Project) -> None:
    project.git("switch", "-q", "-c", "topic")
    ruled(project, "scope = 'enforce'", "lib/ours")
    project.git("switch", "-q", "main")
    project.git("commit", "-q", "--allow-empty", "-m", "nothing")
    project.repo.write("lib/theirs", "theirs\n")
    project.repo.write("checks/theirs", "grep -qx theirs lib/theirs\n")
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", "theirs")
    project.git("switch", "-q", "topic")
    project.land("ours", "--no-verify")
    project.git("merge", "-q", "--no-edit", "main")
    assert project.do("finalize", "--json").data["outside"] == []


@pytest.mark.long
def test_the_rules_that_a_feature_begins_with_bind_it(project: Project) -> None:
    """A line that begins of itself comes first, and before it there are no rules."""
    ruled(project, "scope = 'enforce'", "lib/two")
    branch = project.git("symbolic-ref", "--short", "HEAD")
    rules = (project.path / ".oneshot.toml").read_text()
    project.git("switch", "-q", "--orphan", "side")
    project.repo.write("NOTE", "\n")
    project.git("add", "NOTE")
    project.git("commit", "-q", "--no-verify", "-m", "side")
    project.git("switch", "-q", branch)
    project.git("merge", "-q", "--allow-unrelated-histories", "--no-edit", "side")
    project.repo.write(".oneshot.toml", rules.replace("enforce", "off"))
    project.git("commit", "-q", "--no-verify", "-am", "rules")
    project.land("one", "--no-verify")
    assert refusal(project, "GUARD_FAILED", 1).startswith("the plan does not name ")


@pytest.mark.long
def test_observed_order_asks_that_red_came_before_the_code(project: Project) -> None:
    ruled(project, "order = 'observed'")
    project.change("one")
    # On the code as it was, but the new code is there already.
    assert "note: code has changed already" in project.do("red").err
    project.git("commit", "-q", "--no-verify", "-m", "one")
    line = refusal(project, "GUARD_FAILED", 1)
    assert line == f"no test of {project.head[:9]} was seen red before its code"
    project.git("reset", "-q", "--hard", "HEAD^")
    project.change("two", code=False)
    project.repo.write("README", "what needs no test may have been written before\n")
    assert "note: code" not in project.do("red").err
    project.change("two")
    project.git("commit", "-q", "--no-verify", "-am", "two")
    project.git("commit", "-q", "--amend", "-m", "two, said otherwise")
    assert project.do("finalize", "--json").data["late"] == []
