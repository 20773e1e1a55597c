"""why: a hook says one line, and the rest is kept."""

import pytest

from git_oneshot.cli.mending import HELP
from git_oneshot.core.verdicts.codes import DOUBTS, FAILURES
from tests.gate.project import MakeProject, Project
from tests.proof.lab import INI


def test_nothing_was_refused(feature: Project) -> None:
    done = feature.do("why")
    assert done.out == "nothing was refused in this clone\n"
    assert feature.do("why", "--json").data["refused"] == []


def test_a_commit_without_a_test(feature: Project) -> None:
    feature.change("one", test=False)
    assert feature.may("commit", "-q", "-m", "one").err.splitlines()[1:] == [
        "hint: git oneshot why",
    ]
    done = feature.do("why")
    first, *rest = done.out.splitlines()
    assert first.startswith("pre-commit on 'main' refused at 2")
    assert first.endswith("lib/one changed, and no test did")
    assert rest[0] == "staged FAIL(no-test)"
    assert "add one that fails without it" in rest[-1]
    assert done.err.splitlines()[-1].startswith(
        "hint: or, knowing better for once: git commit --no"
    )
    answer = feature.do("why", "--json")
    assert (answer.data["hook"], answer.data["branch"]) == ("pre-commit", "main")
    assert answer.data["tree"] == feature.git("write-tree")
    [one] = answer.data["refused"]
    assert (one["commit"], one["code"], one["log"]["text"]) == (None, "no-test", "")
    assert answer.json["next"][0]["argv"] == ["git", "oneshot", "red", "--json"]


def test_a_test_that_is_written_and_not_staged_is_named(feature: Project) -> None:
    """Somebody who wrote it was told to write it."""
    feature.change("one")
    feature.git("reset", "-q", "--", "checks")
    said = "not proven (no-test): lib/one changed, and no test did; not staged: checks/one"
    assert f"error: {said}\n" in feature.may("commit", "-q", "-m", "one").err
    steps = [step["argv"] for step in feature.do("why", "--json").json["next"]]
    assert steps[:2] == [["git", "add", "--", ":/checks/one"], ["git", "commit"]]
    feature.git(*steps[0][1:])
    assert steps[0] not in [step["argv"] for step in feature.do("why", "--json").json["next"]]
    assert feature.may("commit", "-q", "-m", "one").code == 0


def test_a_test_that_fails_is_shown_with_what_it_printed(make: MakeProject) -> None:
    """Also when the hook finds the verdict in the cache: someone wants to see the runs."""
    project = make(files={"pytest.ini": INI, "calc.py": "", "test_calc.py": ""})
    project.begin()
    project.repo.write("calc.py", "def two():\n    return 3\n")
    project.repo.write(
        "test_calc.py", "import calc\n\n\ndef test_two():\n    assert calc.two() == 2\n"
    )
    project.git("add", "--all")
    for _ in range(2):
        assert project.may("commit", "-q", "-m", "two").code == 1
        [one] = project.do("why", "--json").data["refused"]
        assert [(t["id"], t["green"]) for t in one["tests"]] == [
            ("test_calc.py::test_two", "failed")
        ]
        assert "assert 3 == 2" in one["log"]["text"]
    text = project.do("why").out
    assert "test_calc.py::test_two: without it failed, with it failed" in text
    assert "  | 1 failed in " in text  # canaries of ours are not counted


def test_a_push(feature: Project, make: MakeProject) -> None:
    """One line for all that is held back; the commits are in why."""
    make.remote(feature)
    bad = [feature.land(name, "--no-verify", test=False) for name in ("one", "two")]
    done = feature.may("push", "-q", "origin", "main")
    assert done.err.splitlines()[:2] == [
        f"error: refs/heads/main: {bad[0][:9]} is FAIL(no-test): lib/one changed, and no test did, "
        "and 1 more",
        "hint: git oneshot why",
    ]
    data = feature.do("why", "--json").data
    assert (data["hook"], data["remote"], data["tree"]) == ("pre-push", "origin", None)
    assert [(one["commit"], one["ref"]) for one in data["refused"]] == [
        (commit, "refs/heads/main") for commit in bad
    ]


@pytest.mark.parametrize("damage", ["", "{}", "\xff"])
def test_a_file_that_is_damaged_is_no_refusal(feature: Project, damage: str) -> None:
    (feature.own / "refused").write_text(damage, encoding="latin-1")
    assert feature.do("why", "--json").data["hook"] is None


def test_what_it_shows_does_nothing_to_a_terminal(feature: Project) -> None:
    feature.repo.write("lib/\x1b[31m", "x\n")
    feature.git("add", "--all")
    assert feature.may("commit", "-q", "-m", "x").code == 1
    assert "\x1b" not in feature.do("why").out


def test_what_helps_after_a_run_that_tells_nothing_is_no_guess_at_why(make: MakeProject) -> None:
    """Its note says why: it may be that there is no pytest, and nothing has disagreed."""
    project = make(files={"pytest.ini": INI, "calc.py": "", "test_calc.py": ""})
    project.begin()
    project.repo.write("test_calc.py", "import os\n\n\ndef test_it():\n    os._exit(0)\n")
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", "it")
    assert project.cli("finalize").code == 3
    [one] = project.do("why", "--json").data["refused"]
    assert one["code"] == "runner"
    assert one["advice"].endswith(": run the suite's command by hand, and read the note")


def test_every_verdict_has_its_help() -> None:
    assert {*HELP} == {*FAILURES, *DOUBTS}


@pytest.mark.parametrize("by", ["prove", "finalize", "push"])
def test_what_could_not_be_known_and_is_proven_by_now_is_mended(
    by: str, feature: Project, one: str, make: MakeProject
) -> None:
    """A machine that lacked something does not stay on the page for ever."""
    make.remote(feature, at="HEAD^")
    trust = (feature.own / "trust").read_bytes()
    (feature.own / "trust").unlink()
    assert feature.may("push", "-q", "origin", "main").code == 1
    assert "UNKNOWN (untrusted)" in feature.do("status").out
    (feature.own / "trust").write_bytes(trust)
    if by == "push":
        assert feature.may("push", "-q", "origin", "main").code == 0
    else:
        feature.do(by)
    assert feature.do("why").out.splitlines()[1:] == [
        "mended since: what it names is proven by now, or not there any more"
    ]
    assert "UNKNOWN" not in feature.do("status").out


@pytest.mark.long
def test_a_test_that_only_set_up_what_is_gone_is_changed_first(make: MakeProject) -> None:
    """No test can tell old and new apart by what neither of them is to have."""
    old = "import calc\n\n\ndef test_two():\n    calc.CACHE.clear()\n    assert calc.two(1) == 2\n"
    new = old.replace("    calc.CACHE.clear()\n", "")
    more = "\n\ndef test_three():\n    assert calc.three() == 3\n"
    code = "CACHE = {}\n\n\ndef two(x):\n    return x + 1\n"
    project = make(files={"pytest.ini": INI, "calc.py": code, "test_calc.py": old})
    project.begin()
    done = "def two(x):\n    return x + 1\n\n\ndef three():\n    return 3\n"
    project.repo.write("calc.py", done)
    project.repo.write("test_calc.py", new + more)
    project.git("add", "--all")
    assert "(weakened)" in project.may("commit", "-q", "-m", "three").err
    told = project.do("why", "--json").json["next"][1]
    assert told["argv"] == ["git", "commit", "--only"]
    assert told["needs"] == ["PATH", "--message"]
    project.git("commit", "-q", "--no-verify", "-m", "three")
    assert "hint: or take it back; where it only set up what is gone" in project.cli("finalize").err
    project.git("reset", "-q", "--soft", "HEAD^")
    project.repo.write("test_calc.py", new)
    project.git("commit", "-q", "-m", "test", "--only", "test_calc.py")
    project.repo.write("test_calc.py", new + more)
    project.git("commit", "-q", "-a", "-m", "three")
    project.do("finalize")


@pytest.mark.parametrize("by", ["push", "finalize"])
def test_what_is_out_all_the_same_is_past(feature: Project, make: MakeProject, by: str) -> None:
    """Nobody is told to rewrite what the remote's branch has."""
    make.remote(feature)
    bad = feature.land("bad", "--no-verify", test=False)
    refused = feature.may("push", "origin", "main") if by == "push" else feature.cli("finalize")
    assert refused.code == 1
    feature.land("docs", code=False, test=False)
    assert any("rebase" in step["argv"] for step in feature.do("why", "--json").json["next"])
    feature.git("push", "-q", "--no-verify", "origin", "main")
    why = feature.do("why", "--json")
    assert why.data["mended"] is True
    assert [step["argv"][:3] for step in why.json["next"]] == [["git", "oneshot", "status"]]
    told = feature.do("why").out
    assert f"past: 'origin/main' has {bad[:9]}, and a new commit mends what is there" in told
    for argv in (["status"], ["finalize"], ["verify"]):
        steps = feature.cli(*argv, "--json").json["next"]
        assert not any("rebase" in step["argv"] for step in steps)
        assert {"waive", bad[:12]} <= {*steps[0]["argv"]}
    assert "mended since" not in told
