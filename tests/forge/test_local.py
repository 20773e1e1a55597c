"""A feature without a forge: its pull request is the trail and a branch, merged here."""

from pathlib import Path

import pytest

from tests.forge.steps import begin, work
from tests.gate.project import FEATURE, Done, MakeProject, Project

# -- the whole way -------------------------------------------------------------------


@pytest.mark.parametrize("way", [(), ("--squash",), ("--rebase",)], ids=lambda way: "".join(way))
def test_from_init_to_a_merged_pull_request(begun: Project, way: tuple[str, ...]) -> None:
    """git switch, init, plan, git add, git commit, and these: ten commands."""
    project = begun
    project.do("finalize")
    done = project.do("synthesize", "--json")
    assert done.data["opened"] and done.data["pull"]["draft"]
    project.do("pr", "ready")
    merged = project.do("pr", "merge", *way, "--yes", "--json")
    assert (merged.data["phase"], merged.data["previousPhase"]) == ("completed", "synthesize")
    state = project.loaded().state
    assert project.git("rev-parse", "main") == state.merge_commit
    assert not state.drift
    assert project.git("show", "main:lib/more") == "more"
    assert project.types()[-8:].count("pr.created") == 1
    shown = project.do("pr", "show", "-f", FEATURE).out
    assert f"merged as {state.merge_commit[:12]}" in shown


@pytest.mark.long
def test_a_second_clone_shows_the_story_the_proof_and_the_pull_request(
    make: MakeProject, tmp_path: Path
) -> None:
    project = make()
    bare = make.remote(project)
    begin(project).do("finalize")
    project.do("synthesize", "--ready")
    project.do("pr", "merge", "--squash", "--yes")
    second = Project.__new__(Project)
    second.path = tmp_path / "second"
    project.git("clone", "-q", str(bare.path), str(second.path))
    second.do("install", "--yes")
    assert "completed" in second.do("status", FEATURE).out
    story = second.do("log", FEATURE).out
    for kind in ("pr.created", "commit.landed", "workflow.cleanup", "proof.recorded"):
        assert kind in story
    assert "## Summary" in second.do("pr", "show", "-f", FEATURE).out
    log = second.may("log", "-1").out
    assert "PASS behaviour" in log, log
    # What the text of the pull request tells a reader to run judges what the base has of it.
    [judged] = second.do("verify", "-f", FEATURE, "--json").data["commits"]
    assert (judged["commit"], judged["verdict"]) == (
        project.git("rev-parse", "origin/main"), "PASS",
    )  # fmt: skip


def test_what_is_shown_is_what_is_read_on_a_forge(begun: Project) -> None:
    """What keeps a forge from acting upon words is nothing to a reader; a stranger's tricks are."""
    text = "thanks to @ada, see gh-7, #7 and https://example.org; www.example.org and a\u200bb"
    begun.do("plan", "--goal", text)
    begun.do("finalize")
    begun.do("synthesize")
    begun.do("pr", "edit", "--title", "tell @ada of #7")
    shown = begun.do("pr", "show").out
    title, standing = shown.splitlines()[:2]
    assert title == "tell @ada of #7"
    assert standing.startswith("open: draft pull request: ")
    assert text.replace("\u200b", "\\u200b") in shown.replace("\\\\u", "\\u")


@pytest.mark.parametrize("way", [(), ("--rebase",)], ids=lambda way: "".join(way))
def test_a_feature_that_was_merged_is_judged_where_it_is_in(
    opened: Project, way: tuple[str, ...]
) -> None:
    opened.do("pr", "ready")
    opened.git("switch", "-q", "-c", "elsewhere", "main")
    opened.repo.commit("docs: not of this feature", {"docs/x": "x\n"})
    for merge in (False, True):
        if merge:
            opened.git("switch", "-q", "main")
            opened.do("pr", "merge", "-f", FEATURE, *way, "--yes")
            opened.git("branch", "-q", "-D", "topic-branch")
        [judged] = opened.do("verify", "-f", FEATURE, "--json").data["commits"]
        assert (judged["subject"], judged["verdict"]) == ("feat: more", "PASS")


def test_a_feature_of_which_nothing_is_here_is_not_judged(opened: Project) -> None:
    opened.git("switch", "-q", "main")
    opened.git("branch", "-q", "-D", "topic-branch")
    done = opened.cli("verify", "-f", FEATURE, "--json")
    assert refused(done) == (2, "INVALID_INPUT")
    assert "neither HEAD nor a branch here" in done.json["error"]["message"]


# -- synthesize ----------------------------------------------------------------------


def test_what_was_found_out_is_on_the_trail_each_by_itself(review: Project) -> None:
    review.do("synthesize")
    events = review.do("log", FEATURE, "--json").data["events"]
    gates = {
        e["data"]["gateName"]: e["data"]["passed"] for e in events if e["type"] == "gate.checked"
    }
    assert gates == {"commits-proven": True, "suite": True, "checks": True, "ahead-of-base": True}


def test_again_it_updates_and_never_opens_a_second_one(opened: Project) -> None:
    again = opened.do("synthesize", "--json")
    assert not again.data["opened"]
    assert opened.types().count("pr.created") == 1


def test_a_review_fix_is_a_cycle_and_moves_the_proof(opened: Project) -> None:
    first = opened.loaded().state
    work(opened, "fixed")
    assert opened.cli("pr", "merge", "--yes", "--json").code == 1  # not what was proven
    opened.do("synthesize", "--ready")
    state = opened.loaded().state
    assert (state.proven, state.pull and state.pull.commit) == (opened.head, opened.head)
    assert first.proven != state.proven
    assert "feat: fixed" in opened.do("pr", "show").out


def test_a_commit_without_a_proof_keeps_it_from_review_and_that_is_recorded(
    review: Project,
) -> None:
    review.repo.write("lib/untested", "x\n")
    review.git("add", "--all")
    review.git("commit", "-q", "--no-verify", "-m", "feat: untested")
    done = review.cli("synthesize", "--json")
    assert (done.code, done.error) == (1, "NOT_PROVEN")
    assert done.data["blockers"] == ["Commits not proven"]
    assert review.types()[-1] == "gate.checked"
    assert review.loaded().state.pull is None


def test_without_a_commit_ahead_of_the_base_there_is_nothing_to_review(review: Project) -> None:
    review.git("branch", "-f", "main", "HEAD")
    done = review.cli("synthesize", "--json")
    assert (done.error, done.data["blockers"]) == ("GUARD_FAILED", ["Stack not healthy"])


def test_a_dry_run_finds_out_and_writes_nothing(review: Project) -> None:
    before = review.digest()
    done = review.do("synthesize", "--dry-run", "--ready", "--json")
    assert done.data["ready"]
    assert review.digest() == before
    [step] = done.json["next"]
    assert step["argv"] == ["git", "oneshot", "synthesize", "--json", "--ready"]


def test_before_finalize_there_is_no_pull_request(begun: Project) -> None:
    project = begun
    done = project.cli("synthesize", "--json")
    assert (done.code, done.error) == (1, "INVALID_PHASE")
    assert project.cli("pr", "show", "--json").error == "GUARD_FAILED"


def test_what_was_said_of_a_commit_is_so_of_the_one_that_replaced_it(review: Project) -> None:
    """As at finalize: the hooks have noted it, and the trail does not have it yet."""
    review.change("more", text="more\n")
    review.git("reset", "-q", "checks")
    review.git("commit", "-q", "--no-verify", "-m", "tidy")
    review.do("declare", "refactor", "HEAD", "--reason", "a line less")
    review.git("commit", "-q", "--no-verify", "--amend", "-m", "refactor: tidy")
    assert review.do("synthesize", "--dry-run", "--json").data["ready"]


@pytest.mark.parametrize("command", ["prove", "push", "verify", "synthesize"])
def test_where_the_tests_may_not_run_that_is_said_at_once(review: Project, command: str) -> None:
    (review.own / "trust").unlink()
    before = review.digest()
    assert refused(review.cli(command, "--json")) == (1, "UNTRUSTED")
    assert review.digest() == before


def test_a_repeated_key_does_it_once(review: Project) -> None:
    first = review.do("synthesize", "--key", "k", "--json")
    again = review.do("synthesize", "--key", "k", "--json")
    assert again.data["events"] == first.data["events"]
    assert review.types().count("pr.created") == 1


# -- pr -----------------------------------------------------------------------------


def test_a_closed_one_leaves_the_phase_and_another_can_be_opened(opened: Project) -> None:
    opened.do("pr", "close", "--reason", "not now")
    assert opened.loaded().state.phase == "synthesize"
    assert opened.cli("pr", "ready", "--json").error == "GUARD_FAILED"
    assert opened.do("synthesize", "--json").data["opened"]


def test_a_text_of_a_persons_own_stays(opened: Project, tmp_path: Path) -> None:
    body = tmp_path / "body"
    body.write_text("My own words.\n")
    opened.do("pr", "edit", "--title", "feat: call it\n so", "--body-file", str(body))
    opened.do("synthesize")
    shown = opened.do("pr", "show", "--json").data
    assert (shown["pull"]["title"], shown["body"]) == ("feat: call it so", "My own words.\n")


def test_a_long_text_is_kept_beside_its_event_and_read_from_there(
    opened: Project, tmp_path: Path
) -> None:
    body = tmp_path / "body"
    words = "Größer als ein Ereignis. " * 2_000
    body.write_text(f"{words}\ntoken ghp_{'a1B2' * 9}\n")
    edited = opened.do("pr", "edit", "--body-file", str(body))
    assert "note: what looks like a secret or a home folder is recorded as" in edited.err
    [event] = [e for e in opened.do("log", "--json").data["events"] if e["type"] == "pr.updated"]
    assert len(event["data"]["text"].encode()) <= 4_096
    opened.do("pr", "ready")
    shown = opened.do("pr", "show", "--json").data["body"]
    assert shown == f"{words}\ntoken ***\n"
    assert opened.do("fsck").code == 0
    second = Project.__new__(Project)
    second.path = tmp_path / "second"
    opened.do("clone", str(opened.path), str(second.path))
    assert second.do("pr", "show", "-f", FEATURE, "--json").data["body"] == shown


def test_words_around_what_we_wrote_stay_and_ours_are_renewed(
    opened: Project, tmp_path: Path
) -> None:
    body = tmp_path / "body"
    ours = opened.do("pr", "show", "--json").data["body"]
    body.write_text(f"See the video.\n\n{ours}")
    opened.do("pr", "edit", "--body-file", str(body))
    opened.do("plan", "--goal", "say it otherwise", "--draft")
    opened.do("synthesize")
    shown = opened.do("pr", "show", "--json").data["body"]
    assert shown.startswith("See the video.") and "say it otherwise" in shown


def test_ready_and_back_to_a_draft(opened: Project) -> None:
    opened.do("pr", "ready")
    assert not opened.do("pr", "show", "--json").data["pull"]["draft"]
    opened.do("pr", "draft")
    done = opened.cli("pr", "merge", "--yes", "--json")
    assert (done.code, done.error) == (1, "GUARD_FAILED")
    assert "draft" in done.json["error"]["message"]


def refused(done: Done) -> tuple[int, str]:
    return done.code, done.error


def test_what_is_asked_wrongly_is_said_in_a_line(opened: Project, tmp_path: Path) -> None:
    assert refused(opened.cli("pr", "show", "--squash", "--json")) == (2, "USAGE")
    assert refused(opened.cli("pr", "merge", "--squash", "--rebase", "--json")) == (2, "USAGE")
    assert refused(opened.cli("pr", "edit", "--json")) == (2, "NEEDS_INPUT")
    assert refused(opened.cli("pr", "edit", "--title", "x" * 73, "--json")) == (2, "INVALID_INPUT")
    assert refused(opened.cli("pr", "edit", "--body-file", "none", "--json")) == (2, "FILE_ERROR")
    long = tmp_path / "long"
    long.write_text("x" * 65_537)
    done = opened.cli("pr", "edit", "--body-file", str(long), "--json")
    assert refused(done) == (2, "INVALID_INPUT")
    opened.do("pr", "ready")
    assert refused(opened.cli("pr", "merge", "--json")) == (2, "NEEDS_INPUT")


def test_another_tip_than_expected_refuses_before_anything_is_done(opened: Project) -> None:
    opened.do("pr", "ready")
    before = opened.git("for-each-ref")
    for action in (["merge", "--yes"], ["close"]):
        done = opened.cli("pr", *action, "--if-tip", "0" * 40, "--json")
        assert refused(done) == (75, "SEQUENCE_CONFLICT")
    assert opened.git("for-each-ref") == before


# -- merging ------------------------------------------------------------------------


@pytest.mark.parametrize("way", [(), ("--squash",), ("--rebase",)], ids=lambda way: "".join(way))
def test_a_merge_into_a_base_that_moved_runs_the_suite_on_what_it_makes(
    opened: Project, way: tuple[str, ...]
) -> None:
    opened.do("pr", "ready")
    opened.git("switch", "-q", "main")
    opened.repo.commit(
        "feat: other", {"lib/other": "other\n", "checks/other": "test -e lib/other\n"}
    )
    other = opened.head
    opened.git("switch", "-q", "topic-branch")
    before = (opened.head, opened.git("status", "--porcelain"))
    opened.do("pr", "merge", *way, "--yes")
    assert (opened.head, opened.git("status", "--porcelain")) == before
    assert opened.git("show", "main:lib/other") == "other"
    state = opened.loaded().state
    assert not state.drift
    assert opened.git("rev-parse", "main^") == other
    assert "PASS behaviour" in opened.may("log", "-1", "main" if way else "topic-branch").out
    if way == ("--rebase",):
        [landed] = state.landed
        assert (landed.sources, landed.how) == ((before[0],), "rebase")
        assert opened.git("log", "-1", "--format=%an %s", "main") == opened.git(
            "log", "-1", "--format=%an %s", "topic-branch"
        )


def test_a_merge_that_breaks_the_suite_is_not_made(opened: Project) -> None:
    opened.do("pr", "ready")
    opened.git("switch", "-q", "main")
    opened.repo.commit("never more", {"checks/never": "test ! -e lib/more\n"})
    opened.git("switch", "-q", "topic-branch")
    before = opened.git("rev-parse", "main")
    assert refused(opened.cli("pr", "merge", "--yes", "--json")) == (1, "NOT_PROVEN")
    assert opened.git("rev-parse", "main") == before


def test_pr_alone_shows_it(opened: Project) -> None:
    """As `cache` alone does: to look is what is meant where nothing is said."""
    assert opened.do("pr").out == opened.do("pr", "show").out


def test_a_conflict_is_named(opened: Project) -> None:
    opened.do("pr", "ready")
    opened.git("switch", "-q", "main")
    opened.repo.commit("other more", {"lib/more": "other\n"})
    opened.git("switch", "-q", "topic-branch")
    before = opened.digest()
    for way in ([], ["--squash"], ["--rebase"]):
        done = opened.cli("pr", "merge", *way, "--yes", "--json")
        assert (done.error, done.data["guard"]) == ("GUARD_FAILED", "no-conflict")
        assert opened.digest() == before


@pytest.mark.parametrize("way", [(), ("--squash",), ("--rebase",)], ids=lambda way: "".join(way))
@pytest.mark.parametrize("by", ["--no-ff", "--squash"])
def test_what_somebody_merged_meanwhile_is_not_merged_again(
    opened: Project, by: str, way: tuple[str, ...]
) -> None:
    opened.do("pr", "ready")
    opened.git("switch", "-q", "main")
    opened.git("merge", "-q", by, "topic-branch")
    if by == "--squash":
        opened.git("commit", "-q", "--no-verify", "-m", "squashed")
    opened.git("switch", "-q", "topic-branch")
    before = opened.digest()
    done = opened.cli("pr", "merge", *way, "--yes", "--json")
    assert (done.error, done.data["guard"]) == ("GUARD_FAILED", "ahead-of-base")
    assert done.json["next"][0]["argv"][:3] == ["git", "oneshot", "complete"]
    assert opened.digest() == before
    if by == "--no-ff":
        for command in ("synthesize", "resume", "status"):
            ahead = opened.cli(command, "--json").json["next"]
            assert ahead[0]["argv"] == ["git", "oneshot", "complete", "--json"], command
        assert f"merged    as {opened.git('rev-parse', 'main')[:9]}" in opened.do("resume").out


def test_on_the_base_itself_the_working_tree_goes_on(opened: Project) -> None:
    opened.do("pr", "ready")
    opened.git("switch", "-q", "main")
    opened.do("pr", "merge", "-f", FEATURE, "--yes")
    assert (opened.path / "lib" / "more").exists()
    assert opened.git("status", "--porcelain") == ""


# -- a base that has another name by now -------------------------------------------------


def renamed(make: MakeProject) -> tuple[Project, str]:
    """A pull request whose base was called main when it was opened."""
    project = make()
    bare = str(make.remote(project).path)
    project.git("push", "-q", "origin", "main")
    begin(project).do("finalize")
    project.do("synthesize", "--ready")
    project.may("--git-dir", bare, "branch", "-m", "main", "trunk")
    project.git("fetch", "-q", "origin")
    return project, bare


@pytest.mark.long
def test_a_base_that_is_gone_is_not_made_again_and_its_new_name_is_gone_on_with(
    make: MakeProject,
) -> None:
    project, bare = renamed(make)
    for command in (["synthesize"], ["pr", "merge", "--yes"]):
        before = project.digest()
        done = project.cli(*command, "--json")
        assert (done.error, done.data["guard"]) == ("GUARD_FAILED", "base-there")
        assert "synthesize --base" in done.json["error"]["hint"]
        [ahead] = done.json["next"]
        assert (ahead["argv"][-1], ahead["needs"]) == ("--base", ["BRANCH"])
        assert project.digest() == before
    assert project.cli("synthesize", "--base", "trnk", "--json").error == "INVALID_INPUT"
    done = project.do("synthesize", "--base", "trunk", "--ready", "--json")
    assert (done.data["pull"]["base"], done.data["opened"]) == ("trunk", True)
    assert project.types().count("pr.closed") == 1
    project.do("pr", "merge", "--yes")
    heads = project.git("ls-remote", "--heads", bare)
    assert "refs/heads/trunk" in heads and "refs/heads/main" not in heads


def test_what_was_merged_into_a_base_of_another_name_is_completed(make: MakeProject) -> None:
    project, _ = renamed(make)
    project.git("push", "-q", "--no-verify", "origin", "topic-branch:trunk")
    done = project.cli("complete", "--json")
    assert (done.error, done.data["guard"]) == ("GUARD_FAILED", "base-there")
    assert done.json["next"][0]["argv"] == ["git", "oneshot", "complete", "--json", "--base"]
    said = project.cli("complete").err.splitlines()
    assert [line.partition(":")[0] for line in said] == ["error", "hint"]
    merged = project.do("complete", "--base", "trunk", "--json").data
    assert (merged["phase"], merged["mergeCommit"]) == ("completed", project.head)


def test_what_is_merged_here_alone_is_to_be_pushed(make: MakeProject) -> None:
    project = make()
    make.remote(project)
    project.git("push", "-q", "origin", "main")
    begin(project).do("finalize")
    project.do("synthesize")
    project.git("branch", "-f", "main", "topic-branch")
    done = project.cli("complete", "--json")
    assert done.error == "GUARD_FAILED"
    assert done.json["error"]["message"] == "'topic' is in 'main' here, and not at 'origin'"
    assert done.json["error"]["hint"] == "git push origin main"
    assert done.json["next"][0]["argv"] == ["git", "push", "origin", "main"]


def test_a_push_that_fails_says_what_git_says(make: MakeProject, tmp_path: Path) -> None:
    project = make()
    bare = make.remote(project).path
    begin(project).do("finalize")
    bare.rename(tmp_path / "gone")
    done = project.cli("synthesize", "--json")
    assert done.error == "PUSH_FAILED"
    assert "does not appear to be a git repository" in done.json["error"]["message"]


# -- validate-pr-body ----------------------------------------------------------------


def test_a_text_is_judged_by_its_sections(opened: Project, tmp_path: Path) -> None:
    opened.do("validate-pr-body")
    bad = tmp_path / "bad"
    bad.write_text("## Summary\nS\n")
    done = opened.cli("validate-pr-body", str(bad), "--json")
    assert (done.code, done.data["missing"]) == (1, ["Changes", "Test Plan"])
    piped = opened.cli("validate-pr-body", "-", "--json", stdin=b"## A\ntext\n")
    assert piped.code == 1
    template = tmp_path / "template"
    template.write_text("## A\n")
    done = opened.do("validate-pr-body", "-", "--template", str(template), stdin=b"## A\ntext\n")
    assert done.out == "it says enough\n"
    assert opened.do("validate-pr-body", str(bad), "--author", "renovate[bot]").out.startswith(
        "skip"
    )


def test_what_cannot_be_read_is_named(project: Project, tmp_path: Path) -> None:
    assert refused(project.cli("validate-pr-body", "none", "--json")) == (2, "FILE_ERROR")
    done = project.cli("validate-pr-body", "-", "--template", "none", "--json")
    assert refused(done) == (2, "TEMPLATE_ERROR")


def test_the_repositorys_own_template_is_filled(project: Project) -> None:
    template = "Hi!\n\n## What and why\n\n## Checklist\n\n- [ ] told everyone\n"
    project.repo.commit("a template", {".github/PULL_REQUEST_TEMPLATE.md": template})
    begin(project).do("finalize")
    project.do("synthesize")
    body = project.do("pr", "show", "--json").data["body"]
    for words in ("Hi!", "## What and why\n\nmake it so", "- [ ] told everyone", "## Test Plan"):
        assert words in body
