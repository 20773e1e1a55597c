"""verify: the judgement that CI, a server and anyone with a clone can make."""

import os
import signal

import pytest

from git_oneshot.cli.app import App
from git_oneshot.proof.running.process import interrupt
from tests.gate.project import MakeProject, Project
from tests.proof.lab import INI
from tests.sandbox import Repo


def test_the_open_features_commits(feature: Project, one: str) -> None:
    two = feature.land("two")
    done = feature.do("verify")
    lines = done.out.splitlines()
    assert lines[0].startswith(f"{one[:9]} PASS behaviour")
    assert any(line.startswith(f"{two[:9]} PASS behaviour") for line in lines)
    assert lines[-1] == "2 commits proven"
    data = feature.do("verify", "--json").data
    assert [c["commit"] for c in data["commits"]] == [one, two]
    assert data["suite"]["verdict"] == "PASS"
    assert "verified here: PASS behaviour" in feature.git("log", "-1", "--format=%N")


def test_a_range_and_one_commit(project: Project) -> None:
    base = project.head
    project.do("trust", "--yes")
    one, two = project.land("one"), project.land("two")
    for expression, commits in (
        (f"{base}..HEAD", [one, two]), ("HEAD", [two]), ("main^", [one]), ("HEAD..HEAD", []),
    ):  # fmt: skip
        data = project.do("verify", expression, "--json").data
        assert [c["commit"] for c in data["commits"]] == commits
    assert project.do("verify", "HEAD..HEAD").out == "nothing to judge\n"


def test_a_failure_lists_every_commit_and_runs_no_suite(feature: Project, one: str) -> None:
    bad = feature.land("bad", "--no-verify", test=False)
    done = feature.cli("verify")
    assert (done.code, done.out) == (1, "")
    assert f"{bad[:9]} FAIL(no-test)" in done.err
    [line] = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert "FAIL" in line
    done = feature.cli("verify", "--json")
    assert (done.error, done.data["suite"]) == ("NOT_PROVEN", None)
    assert [c["code"] for c in done.data["commits"]] == [None, "no-test"]


def test_a_range_that_is_no_features_hints_at_what_each_code_asks_for(project: Project) -> None:
    """It said that each line above says why, and no line says what to do."""
    project.do("trust", "--yes")
    project.land("bad", "--no-verify", test=False)
    done = project.cli("verify", "HEAD")
    assert "hint: no-test: add one that fails without it, or declare a class\n" in done.err


@pytest.mark.long
def test_the_suite_of_each_commit_is_run_when_asked_for(make: MakeProject) -> None:
    """What a commit breaks and a later one mends shows only when each is looked at."""

    def module(name: str, value: int) -> dict[str, str]:
        return {f"{name}.py": f"X = {value}\n"}

    def with_test(name: str) -> dict[str, str]:
        test = f"def test_{name}():\n    import {name}\n    assert {name}.X == 1\n"
        return {f"test_{name}.py": test, **module(name, 1)}

    project = make(files={"pytest.ini": INI, **with_test("a")})
    project.do("trust", "--yes")
    broken = project.repo.commit("b, and a is broken", {**with_test("b"), **module("a", 2)})
    mended = project.repo.commit("c, and a is mended", {**with_test("c"), **module("a", 1)})
    data = project.do("verify", "HEAD~2..", "--json").data
    assert [c["suite"] for c in data["commits"]] == [None, None]
    assert data["suite"]["verdict"] == "PASS"
    done = project.cli("verify", "HEAD~2..", "--regression", "each", "--json")
    assert (done.code, done.error) == (1, "NOT_PROVEN")
    suites = {c["commit"]: c["suite"]["code"] for c in done.data["commits"]}
    assert suites == {broken: "regression", mended: None}
    assert done.data["suite"]["verdict"] == "PASS"
    assert (
        f"{broken[:9]} suite FAIL(regression)"
        in project.cli("verify", "HEAD~2..", "--regression", "each").err
    )


def test_the_suite_is_not_run_when_that_is_asked_for(feature: Project, one: str) -> None:
    done = feature.do("verify", "--regression", "off", "--json")
    assert done.data["suite"] is None


def test_a_doubt_is_no_yes(make: MakeProject) -> None:
    project = make()
    project.begin()
    project.change("one")
    project.repo.write("check.sh", "exit 127\n")
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", "one")
    done = project.cli("verify", "--json")
    assert (done.code, done.error) == (3, "UNDECIDED")


def test_no_cache_is_believed(feature: Project, one: str) -> None:
    """A forged or stale cache changes nothing: what it has is not read."""
    feature.do("verify")
    for kept in (feature.own / "cache").rglob("*"):
        if kept.is_file():
            kept.write_bytes(kept.read_bytes().replace(b'"failed"', b'"passed"'))
    assert feature.do("verify").code == 0


def test_a_clone_verifies_what_the_trails_speak_of(
    feature: Project, one: str, make: MakeProject
) -> None:
    """On a fresh clone no feature is open: every commit of HEAD that a trail names is judged."""
    make.remote(feature, at="HEAD^")
    feature.do("finalize")
    feature.git("push", "-q", "origin", "main")
    clone = Project(Repo(feature.path.parent / "clone"))
    clone.git("remote", "add", "origin", "../origin.git")
    clone.git("pull", "-q", "origin", "main")
    assert clone.do("verify").out == "nothing to judge\n"
    clone.do("install", "--yes")
    clone.git("fetch", "-q")
    data = clone.do("verify", "--json").data
    assert [(c["commit"], c["verdict"]) for c in data["commits"]] == [(one, "PASS")]
    notes = clone.git("log", "-1", "--format=%N")
    assert "claimed: PASS" in notes
    assert "verified here: PASS" in notes


def test_a_named_feature(feature: Project, one: str) -> None:
    feature.do("finalize")
    feature.land("two", "--no-verify", test=False)
    data = feature.do("verify", "-f", "topic", f"{one}", "--json").data
    assert [c["commit"] for c in data["commits"]] == [one]
    assert feature.cli("verify", "-f", "topic", "--json").code == 1


@pytest.mark.parametrize(
    "expression", ["nowhere", "HEAD..nowhere", "--all", "", "HEAD^{tree}", "-n1", "\udcff"]
)
def test_what_names_no_commit(project: Project, expression: str) -> None:
    done = project.cli("verify", "--json", "--", expression)
    assert (done.code, done.error) == (2, "INVALID_INPUT")


def test_h26_a_shallow_clone_is_no_reason_to_refuse_nor_to_pass(
    feature: Project, one: str, make: MakeProject
) -> None:
    """H26: where the parent is missing nothing is known, and that is said."""
    make.remote(feature, at="HEAD^")
    two = feature.land("two")
    feature.git("push", "-q", "--no-verify", "origin", "main")
    clone = Project(Repo(feature.path.parent / "clone"))
    origin = f"file://{feature.path.parent}/origin.git"
    clone.git("remote", "add", "origin", origin)
    clone.git("fetch", "-q", "--depth=1", "origin", "main")
    clone.git("reset", "-q", "--hard", "FETCH_HEAD")
    clone.do("trust", "--yes")
    done = clone.cli("verify", "HEAD", "--json")
    assert (done.code, done.error) == (3, "UNDECIDED")
    assert [(c["commit"], c["code"]) for c in done.data["commits"]] == [(two, "missing-objects")]
    clone.git("fetch", "-q", "--deepen=1", "origin", "main")
    clone.do("verify", "HEAD")


@pytest.mark.long
def test_many_tests_are_cut_short_for_people(make: MakeProject) -> None:
    project = make(files={"pytest.ini": INI, "calc.py": "X = 0\n", "test_calc.py": ""})
    project.do("trust", "--yes")
    tests = [f"def test_{n}():\n    import calc\n    assert calc.X\n" for n in range(7)]
    project.repo.write("test_calc.py", "\n\n".join(tests))
    project.repo.write("calc.py", "X = 1\n")
    project.git("commit", "-q", "-am", "seven")
    text = project.do("verify", "HEAD").out
    assert text.count("red without it (assertion)") == 5
    assert "and 2 more" in text
    assert len(project.do("verify", "HEAD", "--json").data["commits"][0]["tests"]) == 7


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_the_caller_ignores_stays_ignored(
    feature: Project, number: signal.Signals
) -> None:
    """As under nohup, where the proof is to outlive the terminal; else it ends its tests."""
    before = signal.getsignal(number)
    os.chdir(feature.path)
    try:
        for found, wanted in (
            (signal.SIG_IGN, signal.SIG_IGN), (signal.SIG_DFL, interrupt),
        ):  # fmt: skip
            signal.signal(number, found)
            App(json=True).prover()
            assert signal.getsignal(number) is wanted
    finally:
        signal.signal(number, before)


def test_what_it_proved_is_on_the_status(feature: Project, one: str) -> None:
    """Also a revert and a merge, which no run of two trees speaks of."""
    feature.git("revert", "--no-edit", "HEAD")
    feature.git("switch", "-q", "-c", "side", "HEAD^")
    feature.repo.write("docs/side", "side\n")
    feature.git("add", "--all")
    feature.git("commit", "-q", "--no-verify", "-m", "side")
    feature.git("switch", "-q", "main")
    feature.git("merge", "-q", "--no-edit", "side")
    assert feature.do("prove").out == "4 commits proven\n"
    assert feature.do("status").out.count("PASS (here)") == 4
