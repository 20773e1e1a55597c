"""finalize and push, as people and programs read them (what they decide: tests/gate)."""

import re

from tests.gate.project import MakeProject, Project


def test_a_refused_finalize_lists_its_commits(feature: Project) -> None:
    """`data` is there when it fails, too."""
    one, bad = feature.land("one"), feature.land("bad", "--no-verify", test=False)
    done = feature.cli("finalize", "--json")
    assert done.json["ok"] is False
    assert done.json["error"]["retryable"] is False
    assert re.fullmatch(r"see what each test did: git oneshot verify.*", done.json["error"]["hint"])
    assert [(c["commit"], c["verdict"], c["code"], c["subject"]) for c in done.data["commits"]] == [
        (one, "PASS", None, "one"), (bad, "FAIL", "no-test", "bad"),
    ]  # fmt: skip
    [test] = done.data["commits"][0]["tests"]
    assert test == {
        "suite": "all", "file": None, "id": "sh check.sh", "red": "failed", "green": "passed",
        "reason": "exit-code",
    } or {**test, "file": None} == {
        "suite": "all", "file": None, "id": "sh check.sh", "red": "failed", "green": "passed",
        "reason": "exit-code",
    }  # fmt: skip


def test_finalize_for_programs(feature: Project, one: str) -> None:
    data = feature.do("finalize", "--json").data
    assert data["tip"] == feature.git("rev-parse", "refs/oneshot/topic")
    assert data["suite"]["verdict"] == "PASS"
    assert data["untracked"] == []
    events = feature.do("log", "topic", "--json").data["events"]
    # What hooks had noted came before, by itself.
    assert [e["id"] for e in events[-len(data["events"]) :]] == data["events"]
    assert [e["type"] for e in events[-4:]] == [
        "commit.recorded", "proof.recorded", "gate.executed", "workflow.transition",
    ]  # fmt: skip
    assert events[-3]["data"]["commit"] == one


def test_finalize_records_commits_that_no_hook_saw(feature: Project) -> None:
    feature.change("one")
    tree = feature.git("write-tree")
    made = feature.git("commit-tree", "-p", "HEAD", "-m", "by hand", tree)
    feature.git("update-ref", "refs/heads/main", made)
    feature.do("finalize")
    [commit] = feature.loaded().state.commits
    assert (commit.id, commit.tree, commit.subject) == (made, tree, "by hand")
    assert feature.types().count("commit.recorded") == 1


def test_push_without_commits_pushes(feature: Project, make: MakeProject) -> None:
    remote = make.remote(feature)
    done = feature.oneshot("push", "origin", "main:refs/heads/copy")
    assert (done.code, done.out) == (0, "")
    assert "copy" in done.err  # git's own words
    assert remote.git("rev-parse", "copy") == feature.head


def test_push_from_a_folder_below(feature: Project, one: str, make: MakeProject) -> None:
    remote = make.remote(feature, at="HEAD^")
    done = feature.cli("push", "--json", "origin", "main", cwd=feature.path / "lib")
    assert done.code == 0
    assert remote.git("rev-parse", "main") == feature.head


def test_commits_that_were_made_on_the_base_by_mistake(project: Project) -> None:
    start = project.head
    project.git("switch", "-q", "-c", "topic")
    project.begin()
    project.git("switch", "-q", "main")
    project.land("one")
    project.git("switch", "-q", "topic")
    assert project.cli("finalize", "--json").json["next"][0]["argv"][:2] == ["git", "oneshot"]
    project.git("merge", "-q", "main")
    done = project.cli("finalize", "--json")
    assert done.json["error"]["message"] == "feature 'topic' has no commit"
    [step] = done.json["next"]
    assert step["argv"] == ["git", "branch", "--force", "main", start[:9]]
    project.git(*step["argv"][1:])
    project.do("finalize")


def test_a_base_that_was_merged_into_is_not_taken_back(project: Project) -> None:
    """Its events bind its commits; what else came to the base is not among them."""
    project.git("switch", "-q", "-c", "side")
    project.begin()
    one = project.land("one")
    project.git("switch", "-q", "main")
    project.git("merge", "-q", "--ff-only", "side")
    theirs = project.land("theirs")
    project.git("switch", "-q", "side")
    project.git("merge", "-q", "--ff-only", "main")
    done = project.do("status", "--json").data
    assert [row["commit"] for row in done["commits"]] == done["unpushed"]["commits"] == [one]
    assert theirs == project.head
    done = project.do("finalize", "--json").data
    assert ([row["commit"] for row in done["commits"]], done["to"]) == ([one], "completed")


def test_a_base_that_got_what_others_did_is_not_taken_back(project: Project) -> None:
    """That brought others' commits; only one that was committed to by mistake is."""
    project.git("switch", "-q", "-c", "other")
    project.land("one")
    project.git("switch", "-q", "-c", "side", "main")
    project.begin()
    for into, what in (("main", "other"), ("side", "main")):
        project.git("switch", "-q", into)
        project.git("merge", "-q", "--ff-only", what)
    done = project.cli("finalize", "--json")
    assert done.json["error"]["message"] == "feature 'topic' has no commit"
    assert not any("--force" in step["argv"] for step in done.json["next"])


def test_a_dry_run_that_finds_nothing_wrong_leads_on(feature: Project, one: str) -> None:
    """It named no step, and who follows `next` stood still."""
    [step] = feature.do("finalize", "--dry-run", "--json").json["next"]
    assert step["argv"] == ["git", "oneshot", "finalize", "--json"]
    assert feature.do("finalize", "--dry-run").err == "hint: then do it: git oneshot finalize\n"
    named = feature.do("finalize", "--dry-run", "--via", "robot", "topic", "--json").json["next"]
    whole = ["git", "oneshot", "finalize", "--json", "topic", "--via", "robot"]
    assert [step["argv"] for step in named] == [whole]


def test_a_feature_that_ended_has_no_commit_of_the_next_one(feature: Project) -> None:
    """On the same branch, and before a push of either."""
    one = feature.land("one")
    feature.do("finalize")
    feature.do("init", "second")
    two = feature.land("two")
    for _ in range(2):
        data = feature.do("status", "topic", "--json").data
        assert [row["commit"] for row in data["commits"]] == [one]
        assert data["unpushed"]["commits"] == [one]
        data = feature.do("status", "second", "--json").data
        assert [row["commit"] for row in data["commits"]] == [two]
        if data["phase"] != "completed":
            feature.do("plan", "--goal", "g")
            feature.do("finalize")
