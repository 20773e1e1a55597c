"""Care over time as a person types it: cancel, prune, list, overlaps, checkpoint, resume."""

from pathlib import Path

import pytest

from git_oneshot.core.prune import age
from git_oneshot.core.spelling import span
from tests.forge.steps import elsewhere, work
from tests.gate.project import FEATURE, MakeProject, Project

OLD = "2020-01-01T00:00:00Z"


def old(project: Project, name: str, branch: str) -> None:
    """A feature that nothing has happened to since 2020."""
    project.git("switch", "-q", "-c", branch)
    project.do("init", name)
    event = project.do("show", "1", "-f", name, "--json").data["event"]
    message = project.git("log", "-1", "--format=%B", f"refs/oneshot/{name}")
    tree = project.git("rev-parse", f"refs/oneshot/{name}^{{tree}}")
    root = project.git("rev-parse", f"refs/oneshot/{name}^")
    said = (("DATE", "1577836800 +0000"), ("NAME", "Ada Lovelace"), ("EMAIL", "ada@example.org"))
    env = {f"GIT_{who}_{what}": is_ for who in ("AUTHOR", "COMMITTER") for what, is_ in said}
    again = project.may(
        "commit-tree", "-p", root, "-m", message.replace(event["at"], OLD), tree, env=env
    )
    project.git("update-ref", f"refs/oneshot/{name}", again.out.strip())


# -- cancel -------------------------------------------------------------------------


def test_cancel_closes_the_pull_request_first(opened: Project) -> None:
    project = opened
    done = project.do("cancel", "--json")
    assert [(s["action"], s["status"]) for s in done.data["steps"]] == [
        ("close-pull-request", "executed")
    ]
    assert project.types()[-3:] == ["pr.closed", "workflow.compensation", "workflow.cancel"]
    assert project.git("branch", "--list", "topic-branch")


def test_a_pull_request_can_be_left_as_it_is(opened: Project) -> None:
    project = opened
    project.do("cancel", "--keep-pr")
    assert project.types()[-1] == "workflow.cancel"
    state = project.loaded().state
    assert state.pull is not None and state.pull.open


@pytest.mark.parametrize(
    ("prepare", "status", "why"),
    [
        ("", "skipped", "it is checked out"),
        ("switch -q main", "skipped", "is on no other branch and on no remote"),
        ("switch -q -c other", "executed", "it was at"),
    ],
)
def test_a_branch_is_deleted_when_it_is_asked_for_and_nothing_is_lost(
    begun: Project, prepare: str, status: str, why: str
) -> None:
    project = begun
    if prepare:
        project.git(*prepare.split())
    asked = ("cancel", FEATURE, "--delete-branch")
    said = project.do(*asked, "--dry-run").out.splitlines()[0]
    dry = project.do(*asked, "--dry-run", "--reason", "it's late", "--json")
    assert [step["argv"] for step in dry.json["next"]] == [
        ["git", "oneshot", *asked[:1], "--json", FEATURE, "--reason", "it's late",
         "--delete-branch"]
    ]  # fmt: skip
    [ahead] = dry.data["steps"]
    [step] = project.do(*asked, "--json").data["steps"]
    assert (step["action"], step["status"]) == ("delete-branch", status)
    assert why in step["message"]
    if status == "skipped":
        assert ahead == step
        assert said == f"delete-branch: would be skipped, {step['message']}"
    else:
        assert (ahead["action"], ahead["status"]) == ("delete-branch", None)
        assert said == "delete-branch: would be taken, delete the branch 'topic-branch'"
    assert bool(project.git("branch", "--list", "topic-branch")) == (status == "skipped")


def test_the_branch_that_synthesize_made_goes_with_the_feature(make: MakeProject) -> None:
    project = make()
    bare = make.remote(project)
    project.begin(FEATURE, "--policy", "always", "--base", "main")
    work(project).do("finalize")
    assert "oneshot/topic" in project.do("synthesize").out
    assert project.git("ls-remote", str(bare.path), "refs/heads/oneshot/topic")
    project.do("cancel")
    assert project.git("ls-remote", str(bare.path), "refs/heads/oneshot/topic") == ""
    [tip] = project.git("ls-remote", str(bare.path), "refs/oneshot/topic").split()[:1]
    assert tip == project.git("rev-parse", "refs/oneshot/topic")


def at_its_remote(make: MakeProject) -> tuple[Project, str]:
    """A feature on its own base: what is in review is at the remote under a name of ours."""
    project = make()
    bare = make.remote(project)
    project.begin(FEATURE, "--policy", "always", "--base", "main")
    work(project).do("finalize")
    project.do("synthesize")
    return project, str(bare.path)


def test_the_branch_that_synthesize_made_stays_where_commits_would_be_lost(
    make: MakeProject, tmp_path: Path
) -> None:
    """Another clone has not got them, and a reviewer's are nowhere else."""
    project, bare = at_its_remote(make)
    second = Project.__new__(Project)
    second.path = tmp_path / "second"
    project.git("clone", "-q", bare, str(second.path))
    second.do("install", "--yes")
    [_, ahead] = second.do("cancel", FEATURE, "--dry-run", "--json").data["steps"]
    [closed, kept] = second.do("cancel", FEATURE, "--json").data["steps"]
    assert ahead == kept
    assert (closed["status"], kept["status"]) == ("executed", "skipped")
    assert kept["message"] == f"{project.head[:9]} is on no other branch"
    assert project.git("ls-remote", bare, "refs/heads/oneshot/topic").split()[0] == project.head


def test_the_base_is_never_deleted(make: MakeProject) -> None:
    project = make()
    make.remote(project)
    project.begin(FEATURE, "--base", "main")
    project.git("switch", "-q", "-c", "elsewhere")
    [step] = project.do("cancel", FEATURE, "--delete-branch", "--json").data["steps"]
    assert (step["status"], step["message"]) == ("skipped", "it is the base")
    assert project.git("branch", "--list", "main")


@pytest.mark.long
def test_a_cancel_that_failed_half_way_goes_on_and_closes_what_was_opened_since(
    make: MakeProject, tmp_path: Path
) -> None:
    project, bare = at_its_remote(make)
    Path(bare).rename(tmp_path / "gone")
    done = project.cli("cancel", "--json")
    assert (done.code, done.error) == (75, "COMPENSATION_PARTIAL")
    assert "delete-branch: git push to 'origin' failed: " in done.json["error"]["message"]
    assert "--keep-branch" in done.json["error"]["hint"]
    assert project.types()[-3:] == ["pr.closed", *["workflow.compensation"] * 2]
    (tmp_path / "gone").rename(bare)
    [left] = project.do("cancel", "--dry-run", "--json").data["steps"]
    assert left["action"] == "delete-branch"
    project.do("synthesize")
    steps = project.do("cancel", "--json").data["steps"]
    assert [(one["action"], one["status"]) for one in steps] == [
        ("close-pull-request", "executed"), ("delete-branch", "executed"),
    ]  # fmt: skip
    state = project.loaded().state
    assert state.pull is not None and not state.pull.open


# -- prune --------------------------------------------------------------------------


def test_a_phase_that_there_is_not_keeps_nothing_and_is_refused(project: Project) -> None:
    old(project, "forgotten", "b1")
    done = project.cli("prune", "--exclude-phase", "paln", "--apply", "--json")
    assert (done.code, done.error) == (2, "USAGE")
    assert project.loaded("forgotten").state.phase == "plan"


def test_the_command_that_prunes_what_was_shown_is_of_the_same_options(project: Project) -> None:
    old(project, "forgotten", "b1")
    asked = ("--older-than", "30d", "--force", "--exclude-phase", "synthesize", "--limit", "1")
    [ahead] = project.do("prune", *asked, "--json").json["next"]
    assert ahead["argv"] == ["git", "oneshot", "prune", "--json", "--apply", *asked]


@pytest.mark.parametrize(("said", "minutes"), [("14d", 20_160), ("90m", 90), ("2", 2_880)])
def test_an_age_is_in_units_that_people_use(said: str, minutes: int) -> None:
    assert age(said) == minutes


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(2, "2 minutes"), (60, "1 hour"), (1_439, "23 hours"), (57_600, "40 days")],
)
def test_an_age_is_told_in_the_largest_unit_that_there_is_one_of(minutes: int, said: str) -> None:
    assert span(minutes) == said


def test_where_all_stay_no_command_gives_them_up(project: Project) -> None:
    old(project, "forgotten", "b1")
    project.git("remote", "add", "origin", "https://codeberg.org/ada/mail.git")  # and no token
    done = project.do("prune", "--json")
    assert [one["reason"] for one in done.data["skipped"]] == ["open-pr-unknown"]
    assert done.json["next"] == []


def test_prune_shows_first_and_then_does_it(project: Project) -> None:
    old(project, "forgotten", "b1")
    old(project, "waits-for-review", "b2")
    seen = project.do("prune", "--json").data
    assert (seen["applied"], seen["pruned"]) == (False, None)
    assert set(seen["candidates"]) == {"forgotten", "waits-for-review"}
    assert project.do("prune", "--limit", "1", "--json").data["truncated"]
    done = project.do("prune", "--apply", "--json").data
    assert set(done["pruned"]) == {"forgotten", "waits-for-review"}
    assert project.loaded("forgotten").state.pruned
    assert project.do("prune").out == "nothing is stale\n"


def test_what_another_clone_did_since_keeps_a_feature(project: Project) -> None:
    """A trail is what this clone and its remotes have of it, not this clone's end alone."""
    old(project, "forgotten", "b1")
    elsewhere(project, "plan", "forgotten", "--goal", "go on", feature="forgotten")
    assert project.do("prune", "--json").data["candidates"] == []


def test_without_a_name_nothing_is_pruned(project: Project, home: Path) -> None:
    old(project, "forgotten", "b1")
    (home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    done = project.cli("prune", "--apply", "--json")
    assert (done.code, done.error) == (2, "MISSING_CONTEXT")
    assert project.do("prune", "--json").data["candidates"] == ["forgotten"]
    assert project.cli("prune", "--older-than", "1.5d", "--json").error == "INVALID_INPUT"


# -- list, and who overlaps -----------------------------------------------------------


def test_the_list_is_filtered_before_its_pages_are_cut(project: Project) -> None:
    old(project, "forgotten", "b1")
    project.git("switch", "-q", "-c", "b2")
    project.begin("second")

    def names(*options: str) -> list[str]:
        return [row["feature"] for row in project.do("list", *options, "--json").data["features"]]

    assert names() == ["forgotten", "second"]
    assert names("--phase", "implementing") == ["second"]
    assert names("--branch", "b1") == ["forgotten"]
    assert names("--stale") == ["forgotten"]
    assert names("--mine") == ["forgotten", "second"]
    project.git("config", "user.email", "another@example.org")
    assert names("--mine") == []
    assert project.do("list", "--mine").out == "no such feature\n"
    assert project.do("list", "--offset", "2").out == "this page is empty: 2 features in all\n"
    assert "1 of 2 are shown" in project.do("list", "--limit", "1").err
    assert project.cli("list", "--watch", "--json").error == "USAGE"
    [_, row] = project.do("list").out.splitlines()
    assert row.split()[:3] == ["second", "implementing", "red"]


def test_a_planned_file_that_others_change_is_named(project: Project) -> None:
    project.git("switch", "-q", "-c", "b1")
    project.do("init", "first", "--base", "main", "--yes")
    project.do("plan", "--goal", "x", "--file", "README", "--file", "lib/base")
    project.git("switch", "-q", "main")
    project.repo.commit("on main", {"README": "of main\n"})
    project.git("update-ref", "refs/oneshot-remote/origin/first", "refs/oneshot/first")
    project.git("switch", "-q", "-c", "b2")
    project.do("init", "second", "--base", "main")
    planned = project.do("plan", "--goal", "y", "--file", "lib/base", "--json").data
    assert planned["warnings"] == ["'lib/base' is changed by feature 'first' as well"]
    project.git("switch", "-q", "b1")
    status = project.do("status", "--json").data
    assert status["overlaps"] == [
        {"file": "lib/base", "feature": "second"}, {"file": "README", "feature": None},
    ]  # fmt: skip
    assert "overlap   'README' is changed by the base" in project.do("status").out


# -- resume -------------------------------------------------------------------------


def test_another_clone_goes_on_from_one_page(make: MakeProject, tmp_path: Path) -> None:
    project = make()
    bare = make.remote(project)
    project.git("switch", "-q", "-c", "topic-branch")
    project.do("init", FEATURE, "--yes", "--base", "main")
    project.do("plan", "--goal", "make it so", "--file", "lib/more", "--file", "lib/later",
               "--test", "checks/later")  # fmt: skip
    work(project)
    project.do("checkpoint", "--summary", "the first half is done")
    project.git("push", "-q", "origin", "topic-branch")
    second = Project.__new__(Project)
    second.path = tmp_path / "second"
    project.git("clone", "-q", str(bare.path), str(second.path))
    second.do("install", "--yes")
    elsewhere = second.do("resume", FEATURE, "--json")
    assert elsewhere.data["bound"] is False
    assert elsewhere.json["next"][0]["argv"][:3] == ["git", "switch", "--track"]
    second.git = second.may  # type: ignore[method-assign,assignment]
    assert second.may("switch", "-q", "--track", "origin/topic-branch").code == 0
    here = second.do("resume", FEATURE, "--json").data
    assert here["bound"] is True
    assert (here["summary"], here["filesLeft"]) == ("the first half is done", ["lib/later"])
    assert here["testsLeft"] == ["checks/later"]
    assert [one["subject"] for one in here["commits"]] == ["feat: more"]
    page = second.do("resume").out
    for words in ("goal      make it so", "said      the first half", "to do     lib/later"):
        assert words in page
    assert (second.path / ".git" / "oneshot" / "on" / "topic-branch").exists()


def test_status_advises_a_checkpoint_and_says_what_was_merged(opened: Project) -> None:
    project = opened
    for _ in range(3):
        project.do("synthesize")
    done = project.do("status", "--json")
    assert done.data["checkpointAdvised"] is True
    project.do("checkpoint")
    assert project.do("status", "--json").data["checkpointAdvised"] is False
    project.git("branch", "-f", "main", "HEAD")
    assert project.do("status", "--json").data["merged"] == project.head
    assert "merged    as" in project.do("status").out
