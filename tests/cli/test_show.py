"""status, list, log, replay: reading, which never writes."""

import json

import pytest

from git_oneshot.cli.story import about
from git_oneshot.core import facts as f
from git_oneshot.core.events import CycleGreen
from git_oneshot.core.ids import FeatureId
from git_oneshot.trail.git_store import GitStore
from tests.gate.project import MakeProject, Project
from tests.sandbox import Repo
from tests.trail.crafted import append


def test_status_says_where_a_feature_stands_and_what_is_next(project: Project) -> None:
    project.do("init", "topic", "--title", "A title")
    done = project.do("status")
    assert done.out.splitlines() == [
        "topic: plan, on-request, on main", "title     A title", "plan      none yet",
        "unpushed  the trail",
    ]  # fmt: skip
    assert done.err.startswith("hint: plan it: git oneshot plan")
    project.do("plan", "--goal", "a goal")
    done = project.do("status")
    assert "cycle     write the next test that fails" in done.out
    assert done.err.splitlines() == [
        "hint: write the test that fails, then: git oneshot red",
        "hint: no hook looks at commits here; set up this clone: git oneshot install --yes",
    ]  # fmt: skip
    project.do("install", "--yes")
    one = project.land("one")
    assert f"commit    {one[:9]} PASS (here)  one" in project.do("status").out
    assert "unpushed  1 commit and the trail" in project.do("status").out
    project.do("finalize")
    done = project.do("status")
    assert f"commit    {one[:9]} PASS  one" in done.out
    assert "topic: completed" in done.out
    assert done.err == ""  # there is no remote to send it to


def test_status_for_programs(feature: Project, one: str) -> None:
    done = feature.do("status", "--json")
    tip = feature.git("rev-parse", "refs/oneshot/topic")
    assert done.data == {
        "feature": "topic", "title": "", "phase": "implementing", "policy": "on-request",
        "requested": False, "branch": "main", "base": "main", "spike": False,
        "plan": {"goal": "make it so", "approach": "", "files": [], "tests": [], "text": "",
                 "payload": ""},
        "cycle": "red",
        "commits": [{"commit": one, "subject": "one", "verdict": "PASS", "code": None,
                     "class": "behaviour", "here": True, "declared": None, "waived": None}],
        "unpushed": {"commits": [one], "trail": True}, "unheard": [], "tip": tip, "void": [],
        "pull": None, "merged": None, "overlaps": [], "checkpointAdvised": False,
            "going": None,
    }  # fmt: skip
    assert [step["argv"] for step in done.json["next"]] == [
        ["git", "oneshot", "finalize", "--json"], ["git", "oneshot", "red", "--json"],
    ]  # fmt: skip


def test_status_of_a_spike_names_no_finalize(project: Project) -> None:
    project.begin("topic", "--spike")
    assert "finalize" not in project.do("status").err


def test_status_where_the_cycle_stands(feature: Project) -> None:
    feature.change("one", code=False)
    feature.do("red")
    assert "cycle     red: sh check.sh" in feature.do("status").out
    feature.change("one")
    feature.do("green")
    done = feature.do("status")
    assert "cycle     green: refactor and run green again, or commit" in done.out
    assert "hint: commit it: git commit --message" in done.err


def test_status_knows_what_is_pushed(feature: Project, one: str, make: MakeProject) -> None:
    make.remote(feature, at="HEAD^")
    feature.do("install", "--yes")
    feature.do("finalize")
    assert feature.do("status", "--json").data["unpushed"] == {"commits": [one], "trail": True}
    feature.git("push", "-q", "--no-verify", "origin", "main")
    assert "hint: send its trail: git oneshot sync -f topic\n" in feature.do("status", "topic").err
    feature.git("push", "-q", "origin", "main")
    data = feature.do("status", "topic", "--json")
    assert data.data["unpushed"] == {"commits": [], "trail": False}
    assert data.json["next"] == []


def test_status_from_another_branch_and_of_a_clones_remote(
    feature: Project, one: str, make: MakeProject
) -> None:
    make.remote(feature, at="HEAD^")
    feature.do("finalize")
    feature.git("push", "-q", "origin", "main")
    feature.git("switch", "-q", "-c", "elsewhere", "HEAD^")
    data = feature.do("status", "topic", "--json").data
    assert [c["commit"] for c in data["commits"]] == [one]
    clone = Project(Repo(feature.path.parent / "clone"))
    clone.git("remote", "add", "origin", "../origin.git")
    clone.do("install", "--yes")
    clone.git("fetch", "-q")
    clone.git("reset", "-q", "--hard", "origin/main")
    data = clone.do("status", "topic", "--json").data
    assert (data["phase"], data["unpushed"]["trail"]) == ("completed", False)
    assert [c["commit"] for c in data["commits"]] == [one]
    [row] = clone.do("list", "--all", "--json").data["features"]
    assert row["origin"] == "remote"
    [row] = feature.do("list", "--all", "--json").data["features"]
    assert row["origin"] in ("both", "local")


def test_a_feature_is_found_by_its_trail_when_its_marker_is_gone(feature: Project) -> None:
    feature.do("uninstall")
    assert feature.do("status", "--json").data["feature"] == "topic"
    done = feature.cli("status", "-f", "topic", "topic", "--json")
    assert done.data["feature"] == "topic"


def test_list(project: Project) -> None:
    assert project.do("list").out == "no feature is open\n"
    assert project.do("list", "--all").out == "there is no feature\n"
    for number in range(3):
        project.git("switch", "-q", "-c", f"b{number}")
        project.do("init", f"f{number}", "--title", f"title {number}")
    project.do("cancel", "f1")
    done = project.do("list")
    assert [line.split() for line in done.out.splitlines()] == [
        [f"f{n}", "plan", f"b{n}", "local", "title", f"{n}"] for n in (2, 0)
    ] or [line.split()[0] for line in done.out.splitlines()] == ["f0", "f2"]
    data = project.do("list", "--all", "--json").data
    assert data["total"] == 3
    assert {row["feature"]: row["phase"] for row in data["features"]} == {
        "f0": "plan", "f1": "cancelled", "f2": "plan",
    }  # fmt: skip
    page = project.do("list", "--all", "--offset", "1", "--limit", "1", "--json").data
    assert (page["total"], page["features"]) == (3, data["features"][1:2])


def test_a_damaged_feature_is_named_and_hides_no_other(feature: Project) -> None:
    feature.git("update-ref", "refs/oneshot/broken", "HEAD")
    done = feature.do("list")
    assert "topic" in done.out
    assert done.err.startswith("warning: broken: 'refs/oneshot/broken' is no trail")
    data = feature.do("list", "--all", "--json").data
    assert {row["feature"]: row["damage"] for row in data["features"]} == {
        "topic": None, "broken": "TRAIL_DAMAGED",
    }  # fmt: skip
    for command in ("status", "log", "replay"):
        done = feature.cli(command, "broken", "--json")
        assert (done.code, done.error) == (4, "TRAIL_DAMAGED")


def test_log_shows_events_as_they_are_on_the_trail(feature: Project, one: str) -> None:
    feature.do("request-synthesize", "--reason", "look")
    feature.change("two", code=False)
    feature.do("red")
    feature.git("reset", "-q", "--hard")
    feature.do("finalize")
    done = feature.do("log", "topic")
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines] == [str(n + 1) for n in range(len(lines))]
    kinds = [line.split()[5] for line in lines]
    assert kinds[:3] == ["workflow.started", "state.patched", "workflow.transition"]
    assert all("Ada Lovelace" in line for line in lines)
    data = feature.do("log", "topic", "--json").data
    assert [event["type"] for event in data["events"]] == kinds
    on_trail = feature.git("log", "--reverse", "--format=%b", "refs/oneshot/topic").split("\n")
    said = [json.loads(line) for line in on_trail if line.startswith("{")]
    assert [{k: v for k, v in event.items() if k != "void"} for event in data["events"]] == said


def test_log_and_replay_after_everything_that_can_happen(feature: Project, one: str) -> None:
    """Each type of event has its line."""
    feature.change("x")
    feature.do("green")
    feature.git("stash", "-q", "--include-untracked")
    feature.git("commit", "-q", "--amend", "-m", "one again")
    feature.do("finalize")
    feature.git("switch", "-q", "-c", "b")
    feature.do("init", "second", "--policy", "always")
    feature.do("cancel", "--reason", "no")
    text = feature.do("log", "topic").out
    assert f"commit.rewritten  {one[:9]} -> {feature.git('rev-parse', 'main')[:9]}" in text
    assert "gate.executed" in text
    assert "workflow.cancel  no" in feature.do("log", "second").out
    data = feature.do("replay", "topic", "--json").data
    assert (data["state"]["phase"], data["policy"]) == ("completed", "on-request")


def test_replay_to_an_event(feature: Project) -> None:
    """By its id or its clock; the cache has no say."""
    events = feature.do("log", "--json").data["events"]
    feature.do("status")
    (feature.own / "states").write_text("rubbish\n")
    for at in (events[0]["id"], "1"):
        state = feature.do("replay", "--at", at, "--json").data["state"]
        assert state["phase"] == "plan"
    text = feature.do("replay").out
    assert json.loads(text)["phase"] == "implementing"
    done = feature.cli("replay", "--at", "99\x1b", "--json")
    assert (done.code, done.error) == (2, "STATE_NOT_FOUND")


def test_a_void_event_is_shown_with_its_reason(feature: Project) -> None:
    """Written by hand, as a merge of two clones may bring it."""
    tip = feature.git("rev-parse", "refs/oneshot/topic")
    [*_, last] = feature.do("log", "--json").data["events"]
    event = {k: v for k, v in last.items() if k != "void"}
    event |= {"clock": last["clock"] + 1, "id": "0" * 26}
    body = json.dumps(event, sort_keys=True, separators=(",", ":"))
    tree = feature.git("rev-parse", f"{tip}^{{tree}}")
    commit = feature.git("commit-tree", "-p", tip, "-m", f"by hand\n\n{body}", tree)
    feature.git("update-ref", "refs/oneshot/topic", commit)
    assert "[void: the phase was implementing]" in feature.do("log").out
    assert "void      workflow.transition: the phase was implementing" in feature.do("status").out
    data = feature.do("log", "--json").data
    assert [e["void"] for e in data["events"]][-2:] == [None, "the phase was implementing"]


def test_a_damaged_trail_is_shown_as_far_as_it_is_sound(feature: Project) -> None:
    tip = feature.git("rev-parse", "refs/oneshot/topic")
    tree = feature.git("rev-parse", f"{tip}^{{tree}}")
    commit = feature.git("commit-tree", "-p", tip, "-m", "torn\n\n{", tree)
    feature.git("update-ref", "refs/oneshot/topic", commit)
    done = feature.cli("log")
    assert done.code == 4
    assert "workflow.started" in done.err.splitlines()[0]
    assert done.err.splitlines()[-2].startswith("error: trail commit")
    assert len(feature.cli("log", "--json").data["events"]) == 3


@pytest.mark.parametrize("command", ["status", "list", "log", "replay"])
def test_reading_writes_nothing_but_the_cache(feature: Project, one: str, command: str) -> None:
    before = feature.digest()
    ours = {p.name for p in feature.own.iterdir()}
    spool = feature.lines("spool")
    feature.do(command)
    feature.do(command, "--json")
    assert feature.digest() == before
    assert feature.lines("spool") == spool
    assert {p.name for p in feature.own.iterdir()} - ours <= {"states", "glances"}


def test_status_of_another_branchs_feature_without_a_commit(feature: Project) -> None:
    feature.git("switch", "-q", "-c", "elsewhere")
    assert feature.do("status", "topic", "--json").data["commits"] == []


def test_status_tells_what_this_clone_found_out(feature: Project, one: str) -> None:
    assert " PASS (here)  one\n" in feature.do("status").out  # as the hook did
    feature.do("cache", "clear")
    assert " not judged  one\n" in feature.do("status").out
    feature.do("verify")
    feature.land("guide", code=False, test=False)
    feature.land("bare", "--no-verify", test=False)
    feature.cli("verify")
    for command in ("status", "resume"):
        out = feature.do(command).out
        assert " PASS (here)  one\n" in out and " FAIL (no-test) (here)  bare\n" in out
        commits = feature.do(command, "--json").data["commits"]
        assert [(c["verdict"], c["class"], c["code"], c["here"]) for c in commits] == [
            ("PASS", "behaviour", None, True), ("PASS", "neutral", None, True),
            ("FAIL", None, "no-test", True),
        ]  # fmt: skip


def test_green_and_then_more_is_staged_before_it_is_committed(feature: Project) -> None:
    """A formatter of theirs that refuses the commit wrote it: without that, it refuses again."""
    feature.change("one")
    feature.do("green")
    assert feature.do("status", "--json").json["next"][0]["argv"] == ["git", "commit"]
    feature.repo.write("lib/one", "one\n\n")
    steps = [one["argv"] for one in feature.do("status", "--json").json["next"]]
    assert steps == [["git", "add", "--all"], ["git", "commit"]]


def test_what_was_pushed_past_the_hooks_is_still_the_features(
    project: Project, make: MakeProject
) -> None:
    make.remote(project)
    project.begin()
    project.change("one", test=False)
    project.git("commit", "-q", "--no-verify", "-m", "one")
    project.git("push", "-q", "--no-verify", "origin", "main")
    [commit] = project.do("status", "--json").data["commits"]
    assert (commit["commit"], commit["subject"]) == (project.head, "one")
    done = project.cli("finalize", "--json")
    assert [one["code"] for one in done.data["commits"]] == ["no-test"]


def test_a_list_knows_what_this_clone_refused_as_status_does(feature: Project) -> None:
    feature.land("bad", "--no-verify", test=False)
    feature.cli("finalize")
    feature.change("two")
    feature.do("green")  # the trail has the commit, and nothing of its verdict
    assert "FAIL (no-test)" in feature.do("status").out
    assert "1 FAIL" in feature.do("list").out
    assert feature.do("list", "--json").data["features"][0]["verdicts"] == "1 FAIL"


def test_status_shows_what_the_next_commit_was_declared_to_be(feature: Project) -> None:
    feature.do("declare", "refactor", "--reason", "tidy")
    feature.repo.write("lib/base", "base\n\n")
    feature.git("add", "--all")
    line = "cycle     declared refactor: make the change and run green, or commit"
    for command in ("status", "resume"):
        done = feature.do(command)
        assert line in done.out.splitlines()
        assert "hint: make the change, then: git oneshot green\n" in done.err
    assert feature.do("status", "--json").data["cycle"] == "green"
    assert [one["cycle"] for one in feature.do("list", "--json").data["features"]] == ["green"]
    feature.do("green")
    assert feature.do("status", "--json").data["cycle"] == "commit"
    feature.git("commit", "-q", "-m", "tidy")
    assert "cycle     write the next test that fails" in feature.do("status").out
    assert [one["cycle"] for one in feature.do("list", "--json").data["features"]] == ["red"]


def test_a_log_names_the_tests_that_turned() -> None:
    """And not the first ones that were run beside them."""
    tests = (
        f.TestTurn(suite="all", id="stayed", red="passed", green="passed"),
        f.TestTurn(suite="all", id="turned", red="failed", green="passed"),
    )
    proof = f.Proof(word="PASS", tests=tests)
    green = CycleGreen(
        v=1, id="x", clock=1, at="2026-01-01T00:00:00Z", by="Ada <a@b>",
        data=f.Greened(parent=None, proof=proof),
    )  # fmt: skip

    assert about(green) == "turned"


HOSTILE = "\x1b]0;owned\x07 \x00 \x7f \x9b31m \u202eevil \U000e0041 é"


@pytest.mark.parametrize("command", ["status", "log", "list", "show", "replay", "fsck"])
def test_what_a_trail_holds_breaks_no_json_and_moves_no_terminal(
    project: Project, command: str
) -> None:
    """Where an answer is JSON, what cannot be seen is escaped as JSON does: it is the same text."""
    feature = FeatureId("topic")
    store = GitStore(project.repo.discover(), lambda: 0.0)
    append(store, feature, None, f.Started(featureId=feature, title=HOSTILE, branch=HOSTILE))
    [trail] = store.read(store.tips())
    store.close()
    named = {"list": (), "fsck": (), "show": (trail.events[0].id,)}.get(command, ("topic",))
    programs = project.do(command, *named, "--json").out
    people = project.do(command, *named)
    for said in (programs, people.out, people.err):
        assert said.replace("\n", "").isprintable()
    if command != "fsck":
        assert f'"title":{json.dumps(HOSTILE)}' in json.dumps(json.loads(programs)).replace(
            ": ", ":"
        )
    if command in ("show", "replay"):
        body = json.loads(people.out[people.out.index("{") :])
        assert body["title"] == HOSTILE
