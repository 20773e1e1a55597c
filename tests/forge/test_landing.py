"""A merge is a fact: what completes a feature, and what its commits became."""

from functools import partial
from pathlib import Path

import click
import pytest

from git_oneshot.cli import forges
from git_oneshot.cli.app import App
from git_oneshot.core.facts import How
from git_oneshot.forge.landing import complete_merged, find
from git_oneshot.session import Session
from git_oneshot.trail.git_store import GitStore
from tests.forge.steps import begin, work
from tests.gate.project import FEATURE, MakeProject, Project
from tests.sandbox import Kept, MakeWorld, signing


def moved_on(project: Project) -> None:
    """A feature of two commits with its pull request, and a base that has moved on."""
    work(begin(project), "second").do("finalize")
    project.do("synthesize", "--ready")
    project.git("switch", "-q", "main")
    project.repo.commit("other", {"README": "read this\n"})


@pytest.fixture
def review(project: Project, kept: Kept) -> Project:
    """See moved_on."""
    kept.bring("moved-on", project.path, partial(moved_on, project))
    return project


def merged(project: Project, way: str) -> str:
    """Merge the branch by hand, as a forge does it; the commit that the base is at then."""
    if way == "merge":
        project.git("merge", "-q", "--no-ff", "--no-edit", "topic-branch")
    elif way == "squash":
        project.git("merge", "-q", "--squash", "topic-branch")
        project.git("commit", "-q", "--no-verify", "-m", "feat: squashed (#7)")
    else:
        project.git("cherry-pick", "-x", "main..topic-branch")
    return project.head


@pytest.mark.parametrize("way", ["merge", "squash", "rebase"])
def test_a_merged_feature_is_completed_and_its_commits_are_found_again(
    review: Project, way: How
) -> None:
    commit = merged(review, way)
    named = [] if way == "merge" else ["--merged-as", "HEAD"]
    sources = [one.id for one in review.loaded().state.commits]
    done = review.do("complete", FEATURE, *named, "--json")
    assert (done.data["mergeCommit"], done.data["how"], done.data["drift"]) == (commit, way, False)
    landed = {one["commit"]: one["sources"] for one in done.data["landed"]}
    if way == "squash":
        assert landed == {commit: sources}
    if way == "rebase":
        line = review.git("rev-list", "--reverse", "-n2", "HEAD").splitlines()
        assert landed == {new: [old] for new, old in zip(line, sources, strict=True)}
    state = review.loaded().state
    assert (state.phase, state.merge_commit) == ("completed", commit)
    shown = review.may("log", "-2", "--first-parent").out
    assert ("PASS behaviour" in shown) == (way != "merge")
    assert review.cli("complete", FEATURE, "--json").error == "ALREADY_COMPLETED"


@pytest.mark.parametrize("way", ["complete", "sync", "pr merge"])
def test_where_rules_require_a_seal_a_merge_completes_nothing_unsealed(
    review: Project, make: MakeProject, tmp_path: Path, way: str
) -> None:
    """Nor is anything merged that could not be completed."""
    make.remote(review)
    rules = review.path / ".oneshot.toml"
    rules.write_text(f'{rules.read_text()}[trail]\nsignatures = "require"\n')
    review.git("commit", "-qam", "rules")
    why = "the end of a feature is to be sealed, and git does not sign: commit.gpgSign is not set"
    if way != "pr merge":
        merged(review, "merge")
        review.git("push", "-q", "--no-verify", "origin", "main")
    before = review.head
    argv = ["pr", "merge", "-f", FEATURE, "--yes"] if way == "pr merge" else [way]
    argv += [FEATURE] if way == "complete" else []
    done = review.cli(*argv)
    if way == "sync":
        assert f"warning: '{FEATURE}' is not completed: {why}\n" in done.err
    else:
        assert (done.code, f"error: {why}\n" in done.err) == (1, True)
    assert (review.loaded().state.phase, review.git("rev-parse", "main")) == ("synthesize", before)
    signing(review.repo, tmp_path)
    review.do(*argv)
    assert review.loaded().state.phase == "completed"
    seals = review.do("fsck", "--json").data["seals"]
    assert [one["verdict"] for one in seals if one["ref"] == FEATURE] == ["good"]


def test_a_fast_forward_is_a_merge_of_the_commits_themselves(opened: Project) -> None:
    project = opened
    project.git("switch", "-q", "main")
    project.git("merge", "-q", "--ff-only", "topic-branch")
    done = project.do("complete", FEATURE, "--json")
    assert (done.data["mergeCommit"], done.data["how"]) == (project.head, "rebase")
    assert done.data["landed"] == []


def test_what_is_not_merged_is_not_completed(review: Project) -> None:
    before = review.digest()
    done = review.cli("complete", FEATURE, "--json")
    assert (done.code, done.error) == (1, "GUARD_FAILED")
    assert done.data["guard"] == "merge-verified"
    assert "--merged-as" in done.json["error"]["hint"]
    assert review.digest() == before


@pytest.mark.parametrize("named", ["topic-branch", "nothing-there"])
def test_a_commit_that_is_not_in_the_base_completes_nothing(review: Project, named: str) -> None:
    done = review.cli("complete", FEATURE, "--merged-as", named, "--json")
    assert done.error == ("GUARD_FAILED" if named == "topic-branch" else "INVALID_INPUT")
    assert review.loaded().state.phase == "synthesize"


def test_a_dry_run_says_so_and_changes_nothing(review: Project) -> None:
    merged(review, "merge")
    before = review.digest()
    done = review.do("complete", FEATURE, "--dry-run", "--json")
    assert (done.data["dryRun"], done.data["how"], done.data["phase"]) == (
        True, "merge", "synthesize",
    )  # fmt: skip
    assert review.digest() == before
    [step] = done.json["next"]
    assert step["argv"] == ["git", "oneshot", "complete", "--json", FEATURE]


def test_more_than_was_proven_is_drift_and_shown(review: Project) -> None:
    review.git("merge", "-q", "--squash", "topic-branch")
    review.repo.write("lib/sneaked", "in\n")
    review.git("add", "--all")
    review.git("commit", "-q", "--no-verify", "-m", "feat: squashed, and more")
    done = review.do("complete", FEATURE, "--merged-as", "HEAD")
    assert "holds more or less than what was proven" in done.err
    assert review.loaded().state.drift
    assert "and more than was proven" in review.may("log", "-1").out
    assert "differs from what was proven" in review.do("pr", "show", "-f", FEATURE).out


def test_a_squash_is_verified_as_the_one_commit_that_it_is(review: Project) -> None:
    """Another clone judges the commit of the base by its own diff; the trail names it."""
    merged(review, "squash")
    review.do("complete", FEATURE, "--merged-as", "HEAD")
    [commit] = review.do("verify", "HEAD", "--json").data["commits"]
    assert (commit["verdict"], commit["class"]) == ("PASS", "behaviour")
    assert {t["id"] for t in commit["tests"] if t["red"] in ("failed", "error")}
    judged = review.do("verify", "--json").data["commits"]
    assert review.head in [one["commit"] for one in judged]


def test_with_a_remote_the_base_is_seen_there(make: MakeProject, tmp_path: Path) -> None:
    project = make()
    bare = make.remote(project)
    begin(project).do("finalize")
    project.do("synthesize", "--ready")
    other = tmp_path / "other"
    project.git("clone", "-q", str(bare.path), str(other))
    for line in ("merge -q --no-ff --no-edit origin/topic-branch", "push -q origin main"):
        assert project.may(*line.split(), cwd=other).code == 0
    project.do("complete")
    assert project.loaded().state.phase == "completed"
    assert project.git("ls-remote", str(bare.path), f"refs/oneshot/{FEATURE}").split()[0] == (
        project.git("rev-parse", f"refs/oneshot/{FEATURE}")
    )


def test_sync_completes_what_was_merged(make: MakeProject, tmp_path: Path) -> None:
    project = make()
    bare = make.remote(project)
    begin(project).do("finalize")
    project.do("synthesize", "--ready")
    assert project.do("sync", "--json").data["completed"] == []
    other = tmp_path / "other"
    project.git("clone", "-q", str(bare.path), str(other))
    for line in ("merge -q --no-ff --no-edit origin/topic-branch", "push -q origin main"):
        assert project.may(*line.split(), cwd=other).code == 0
    assert project.do("sync", "--dry-run", "--json").data["completed"] == []
    assert project.do("sync").out.startswith("topic: completed, it was merged\n")
    assert project.loaded().state.phase == "completed"
    [tip] = project.git("ls-remote", str(bare.path), f"refs/oneshot/{FEATURE}").split()[:1]
    assert tip == project.git("rev-parse", f"refs/oneshot/{FEATURE}")


def test_who_sees_a_merge_on_the_way_completes_it_by_one_call(
    review: Project, world: MakeWorld
) -> None:
    git = review.repo.discover()
    store = GitStore(git, lambda: 0.0)
    session = Session(store, world(real=True))
    state = review.loaded().state
    try:
        assert find(git, state, "") is None
        assert complete_merged(git, session, store.tips()[0].feature, "") is None
        merged(review, "merge")
        done = complete_merged(git, session, store.tips()[0].feature, "")
        assert done is not None and done[1].state.phase == "completed"
    finally:
        store.close()


def test_the_base_of_many_features_is_fetched_once(
    review: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    review.git("switch", "-q", "-c", "second", "main")
    review.begin("second", "--policy", "always", "--base", "main")
    work(review, "second").do("finalize", "second")
    asked = []

    def fetch_base(_app: object, base: str) -> bool:
        asked.append(base)
        return True

    monkeypatch.setattr(forges, "fetch_base", fetch_base)
    monkeypatch.chdir(review.path)
    with click.Context(click.Command("sync")):
        assert forges.complete_seen(App(json=True), None) == []
    assert asked == ["main"]


def test_a_feature_on_its_own_base_without_a_remote_is_led_to_its_end(
    feature: Project, one: str
) -> None:
    """It was told to open a pull request, which there is nothing for; then, to complete it."""
    feature.do("request-synthesize")
    complete = ["git", "oneshot", "complete"]
    for command in ("finalize", "status", "resume"):
        step, *more = feature.do(command, "topic", "--json").json["next"]
        assert (step["argv"][:3], more) == (complete, [])
    assert feature.do("complete", "--json").data["mergeCommit"] == feature.head
