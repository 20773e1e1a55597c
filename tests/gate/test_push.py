"""The gate: every line of a push and every commit of its ranges, however they came to be."""

import os
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from git_oneshot.cli.app import App
from git_oneshot.core.facts import Proof
from git_oneshot.gate import prepush
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.judging import Verdict
from git_oneshot.gate.prepush import Held, Update, parse
from git_oneshot.proof.cases import Judged
from git_oneshot.proof.trees.change import Change
from tests.gate.project import MakeProject, Project, run
from tests.sandbox import At, Kept, Repo

REFUSED = (
    "it has to take refs/oneshot/*; where it will not, name another remote for trails: "
    "git config oneshot.remote NAME"
)
NEVER = '[gate]\nrefs = ["refs/heads/release"]\n'


@pytest.fixture
def remote(make: MakeProject, project: Project, kept: Kept) -> Repo:
    """The bare repository that the project pushes to."""
    bare = At(project.path.parent / "origin.git")
    kept.bring("tracking", project.path, partial(make.remote, project))
    kept.bring("origin", bare.path, lambda: None)  # which was made with it
    project.git("remote", "set-url", "origin", str(bare.path))
    return bare


@pytest.fixture
def feature(project: Project, remote: Repo, kept: Kept) -> Project:
    """A feature on the branch `topic`, meant for main."""

    def made() -> None:
        project.git("switch", "-q", "-c", "topic")
        project.begin()

    kept.bring("topic", project.path, made)
    project.git("remote", "set-url", "origin", str(remote.path))
    return project


@pytest.fixture
def one(feature: Project, remote: Repo, kept: Kept) -> str:
    """A commit of the feature, with its test, made under its hooks: lib/one."""
    kept.bring("topic-one", feature.path, partial(feature.land, "one"))
    feature.git("remote", "set-url", "origin", str(remote.path))
    return feature.head


def refused(project: Project, *args: str) -> list[str]:
    """The lines that say why a push is refused."""
    done = project.may("push", *args)
    assert done.code == 1, done
    lines = done.err.splitlines()
    assert any(line.startswith("hint: ") for line in lines), done
    return [line for line in lines if line.startswith("error: ref")]


def pushed(project: Project, *args: str) -> str:
    """What a push that goes through says."""
    done = project.may("push", "-q", *args)
    assert done.code == 0, done
    return done.err


# -- every line -----------------------------------------------------------------------


def test_h32_a_proven_commit_goes_and_its_trail_with_it(
    feature: Project, one: str, remote: Repo
) -> None:
    assert pushed(feature, "origin", "topic:main") == ""
    assert remote.git("rev-parse", "main") == feature.head
    assert remote.git("rev-parse", "refs/oneshot/topic") == feature.git(
        "rev-parse", "refs/oneshot/topic"
    )
    assert feature.types()[-1] == "commit.recorded"


def test_every_commit_of_the_range_is_judged(feature: Project) -> None:
    """Two wrong commits below a right one: both are named, by id and subject."""
    one = feature.land("one", "--no-verify", test=False)
    feature.land("two")
    three = feature.land("three", "--no-verify", test=False)
    feature.land("four")
    [line] = refused(feature, "origin", "topic:main")
    assert line.split()[2] == one[:9]
    assert line.endswith("lib/one changed, and no test did, and 1 more")
    found = feature.do("why", "--json").data["refused"]
    assert [(c["commit"], c["subject"], c["code"]) for c in found] == [
        (one, "one", "no-test"), (three, "three", "no-test"),
    ]  # fmt: skip


def test_h28_the_first_failure_does_not_hide_the_others(feature: Project, remote: Repo) -> None:
    """H28: several refs in one push, each judged by its own range."""
    feature.repo.write(".oneshot.toml", (feature.path / ".oneshot.toml").read_text() + NEVER)
    feature.git("commit", "-q", "-am", "gate release")
    feature.git("push", "-q", "--no-verify", "origin", "topic:release")
    feature.git("switch", "-q", "-c", "aside")
    feature.land("two", "--no-verify", test=False)
    feature.git("switch", "-q", "topic")
    feature.land("one", "--no-verify", test=False)
    before = remote.git("for-each-ref")
    lines = refused(feature, "origin", "topic:main", "aside:release", "aside:free")
    assert sorted(line.split()[1] for line in lines) == ["refs/heads/main:", "refs/heads/release:"]
    assert remote.git("for-each-ref") == before


@pytest.mark.parametrize("hook", [("pre-push", "origin", "url"), ("pre-receive",)])
def test_what_is_no_line_of_a_push(feature: Project, hook: tuple[str, ...]) -> None:
    """As from a manager of hooks that hands on something else."""
    done = run(["git-oneshot", "hook", *hook], feature.path, stdin=b"gar\x1bbage\n")
    assert done.code == 2
    assert done.err == (
        "error: 'gar\\x1bbage' is no line of a push\n"
        "hint: give the hook what git gives on standard input\n"
    )


def test_h28_lines_of_a_push_are_read_to_the_letter() -> None:
    zero, one = "0" * 40, "1" * 40
    text = (
        f"(delete) {zero} refs/heads/gone {one}\n"
        f"HEAD^{{/a b\x85c}} {one} refs/heads/\udcff {zero}\n"
    )
    assert parse(text) == [
        Update("(delete)", "", "refs/heads/gone", one),
        Update("HEAD^{/a b\x85c}", one, "refs/heads/\udcff", ""),
    ]
    assert parse("") == []
    assert parse(f"a {'0' * 64} b {'0' * 64}\n") == [Update("a", "", "b", "")]


def test_h29_what_brings_no_commit_is_not_judged(feature: Project, remote: Repo) -> None:
    """H29: a delete, tags of trees and blobs, our own refs, nothing at all."""
    feature.git("push", "-q", "--no-verify", "origin", "main:refs/heads/main2")
    feature.land("bad", "--no-verify", test=False)
    feature.git("tag", "tree", "HEAD^{tree}")
    feature.git("tag", "blob", "HEAD:README")
    feature.git("tag", "-a", "-m", "of a tree", "annotated", "HEAD^{tree}")
    for what in ("tree", "blob", "annotated"):
        pushed(feature, "origin", f"refs/tags/{what}:refs/tags/{what}")
    pushed(feature, "origin", "--delete", "main2")
    pushed(feature, "origin", "refs/oneshot/topic:refs/oneshot/topic")
    pushed(feature, "origin", "main")  # nothing to push: git gives no line
    names = remote.git("for-each-ref", "--format=%(refname)").split()
    assert names == ["refs/heads/main", "refs/oneshot/topic", *(
        f"refs/tags/{what}" for what in ("annotated", "blob", "tree")
    )]  # fmt: skip


def test_a_tag_of_a_commit_is_peeled_where_everything_is_gated(
    make: MakeProject, project: Project, remote: Repo
) -> None:
    project.repo.write(
        ".oneshot.toml",
        (project.path / ".oneshot.toml").read_text() + "[gate]\neverything = true\n",
    )
    project.git("commit", "-q", "-am", "gate everything")
    project.git("push", "-q", "origin", "main")
    project.begin()
    project.land("bad", "--no-verify", test=False)
    project.git("tag", "-a", "-m", "v1", "v1")
    [line] = refused(project, "origin", "v1")
    assert line.startswith("error: refs/tags/v1: ")
    [line] = refused(project, "origin", "main:refs/heads/anything")
    assert line.startswith("error: refs/heads/anything: ")
    assert remote.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"


def test_h30_a_new_branch_brings_what_the_remote_has_not(feature: Project, remote: Repo) -> None:
    """H30: not the whole history, nor nothing."""
    feature.repo.write(".oneshot.toml", (feature.path / ".oneshot.toml").read_text() + NEVER)
    feature.git("commit", "-q", "-am", "gate release")
    bad = feature.land("bad", "--no-verify", test=False)
    [line] = refused(feature, "origin", "topic:release")
    assert line.split()[2] == bad[:9]
    feature.change("bad", code=False)
    feature.git("commit", "-q", "--amend", "--no-edit")
    pushed(feature, "origin", "topic:release")
    assert remote.git("rev-parse", "release") == feature.head


def test_h30_a_forced_push_is_judged_by_what_replaces(feature: Project, remote: Repo) -> None:
    """H30: the old tip may be unknown here."""
    other = Repo(feature.path.parent / "other")
    other.git("remote", "add", "origin", str(remote.path))
    other.git("pull", "-q", "origin", "main")
    other.commit("theirs", {"README": "theirs\n"})
    other.git("push", "-q", "origin", "HEAD:main")
    bad = feature.land("bad", "--no-verify", test=False)
    [line] = refused(feature, "--force", "origin", "topic:main")
    assert line.split()[2] == bad[:9]
    feature.change("bad", code=False)
    feature.git("commit", "-q", "--amend", "--no-edit")
    pushed(feature, "--force", "origin", "topic:main")
    assert remote.git("rev-parse", "main") == feature.head


def test_commits_of_others_are_reported_and_not_refused(feature: Project, remote: Repo) -> None:
    feature.git("config", "user.email", "someone@else.example")
    feature.land("theirs", "--no-verify", test=False)
    feature.git("config", "--unset", "user.email")
    feature.land("ours")
    said = pushed(feature, "origin", "topic:main")
    assert said == "note: 1 commit by others, not judged here\n"
    assert remote.git("rev-parse", "main") == feature.head


def test_a_branch_that_nobody_gates_takes_anything(feature: Project, remote: Repo) -> None:
    feature.land("bad", "--no-verify", test=False)
    assert pushed(feature, "origin", "topic") == ""
    assert remote.git("rev-parse", "topic") == feature.head
    assert remote.git("rev-parse", "refs/oneshot/topic") != ""


def test_the_whole_suite_is_run_on_the_tip(feature: Project, one: str) -> None:
    """Each commit is proven by its own tests; another's test that fails stops the push."""
    feature.change("base", code=False)
    feature.repo.write("checks/base", "! test -e lib/two\n")
    feature.git("add", "--all")
    feature.git("commit", "-q", "-m", "a rule")
    feature.change("two")
    feature.git("commit", "-q", "--no-verify", "-m", "breaks the rule")
    lines = refused(feature, "origin", "topic:main")
    assert "FAIL(green-failed)" in lines[0]


def test_check_commands_are_run_once_on_the_tip(make: MakeProject, project: Project) -> None:
    rules = (project.path / ".oneshot.toml").read_text()
    project.repo.write(".oneshot.toml", "check = ['test ! -e lib/one']\n" + rules)
    project.git("commit", "-q", "-am", "check")
    make.remote(project)
    project.begin()
    project.land("one")
    [line] = refused(project, "origin", "main")
    assert line.startswith(
        "error: refs/heads/main: the suite is FAIL(check-failed): check 'test ! -e lib/one'"
    )


@pytest.mark.long
def test_rules_that_nobody_can_read_are_refused_and_can_be_mended(
    feature: Project, remote: Repo
) -> None:
    """A slip in the rules is no dead end: neither for the commit that mends it, nor after it."""
    rules = (feature.path / ".oneshot.toml").read_text()
    feature.repo.write(".oneshot.toml", "suit = 3\n")
    done = feature.may("commit", "-q", "-am", "slip")
    assert done.code == 1
    assert "not proven (rules-invalid): .oneshot.toml:1: " in done.err
    feature.git("commit", "-q", "--no-verify", "-am", "slip")
    [line] = refused(feature, "origin", "topic:main")
    assert "FAIL(rules-invalid)" in line
    pushed(feature, "--no-verify", "origin", "topic:main")
    feature.repo.write(".oneshot.toml", rules)
    assert feature.may("commit", "-q", "-am", "mend") == (0, "", "")
    feature.land("one")
    assert pushed(feature, "origin", "topic:main") == ""
    assert remote.git("rev-parse", "main") == feature.head


def test_untrusted_commands_are_no_yes(feature: Project, one: str) -> None:
    (feature.own / "trust").unlink()
    lines = refused(feature, "origin", "topic:main")
    assert "UNKNOWN(untrusted)" in lines[0]


def test_a_forged_verdict_file_is_not_believed(feature: Project) -> None:
    """The shim's files are advice: whoever writes one gets past the commit, not the push."""
    feature.land("good")
    rules = feature.lines("verdicts/current")[0]
    feature.change("bad", test=False)
    before, tree = feature.git("rev-parse", "HEAD^{tree}"), feature.git("write-tree")
    forged = feature.own / "verdicts" / rules / before / tree
    forged.parent.mkdir(parents=True)
    forged.write_text("PASS\n")
    feature.git("commit", "-q", "-m", "bad")
    [line] = refused(feature, "origin", "topic:main")
    assert "FAIL(no-test)" in line


def test_a_stale_verdict_file_is_not_believed(feature: Project) -> None:
    """A verdict of other rules: what passed under them is judged by those of its parent."""
    rules = (feature.path / ".oneshot.toml").read_text()
    feature.land("one")
    filed = Path(feature.own / "verdicts")
    feature.change("two", test=False)
    for old in list(filed.glob("*/*/*")):
        parent = filed / old.parts[-3] / feature.git("rev-parse", "HEAD^{tree}")
        parent.mkdir(exist_ok=True)
        (parent / feature.git("write-tree")).write_text(old.read_text())
    feature.git("commit", "-q", "-m", "two")
    assert rules
    [line] = refused(feature, "origin", "topic:main")
    assert "FAIL(no-test)" in line


def test_a_damaged_trail_does_not_stop_a_push(feature: Project, one: str, remote: Repo) -> None:
    """Commits are judged, whatever a trail says: it is named, and stays here."""
    feature.git("update-ref", "refs/oneshot/topic", "HEAD")
    said = pushed(feature, "origin", "topic")
    assert (
        "warning: the trail of 'topic' is not up to date: 'refs/oneshot/topic' is no trail" in said
    )
    assert remote.git("rev-parse", "topic") == feature.head


def trees(project: Project, commit: str) -> tuple[str, str]:
    """The trees before a commit and after it."""
    before, after = (project.git("rev-parse", f"{commit}{at}^{{tree}}") for at in ("^", ""))
    return before, after


def test_h31_a_push_that_takes_too_long_names_what_is_left(
    feature: Project, one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H31: n are judged, m are left, and what was found out is in the cache."""
    feature.land("two")
    feature.land("three")
    monkeypatch.setattr(prepush, "WAIT", -1.0)
    git = feature.repo.discover()
    update = Update("refs/heads/topic", feature.head, "refs/heads/main", "")
    [found] = prepush.ranges(
        git, "origin", [update], partial(_gates, frozenset({"refs/heads/main"}))
    )
    monkeypatch.chdir(feature.path)
    judged = list(prepush.judge_range(git, App().prover(), found, "ada@example.org", Claims()))
    note = "not judged yet: 2 commits; prove first: git oneshot push"
    assert isinstance(judged.pop(0), Verdict)
    assert judged == [Held(update, Proof(word="UNKNOWN", code="budget", notes=(note,)))]
    assert App().prover(limit=0).prove(*trees(feature, one)).proof.word == "PASS"


def test_ranges_pass_over_what_is_no_commit(feature: Project) -> None:
    git = feature.repo.discover()
    tree = feature.git("rev-parse", "HEAD^{tree}")
    main, all_ = frozenset({"refs/heads/main"}), frozenset("*")
    for update, gates in (
        (Update("t", tree, "refs/heads/main", ""), main),
        (Update("(delete)", "", "refs/heads/main", tree), main),
        (Update("r", feature.head, "refs/heads/other", ""), main),
        # Where everything is gated, our own refs are not: they hold no code.
        (Update("r", feature.head, "refs/oneshot/topic", ""), all_),
    ):
        assert prepush.ranges(git, "origin", [update], partial(_gates, gates)) == []


def _gates(refs: frozenset[str], _update: Update) -> frozenset[str]:
    return refs


def test_a_remote_is_asked_once_for_all_refs_that_are_new(
    feature: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over a network that takes a second, or asks for a password."""
    tip = feature.land("one")
    asked = []

    def there(_git: object, remote: str) -> list[str]:
        asked.append(remote)
        return ["^main"]

    monkeypatch.setattr(prepush, "_there", there)
    updates = [Update("topic", tip, f"refs/heads/{name}", "") for name in ("one", "two")]
    git = feature.repo.discover()
    found = prepush.ranges(git, "origin", updates, partial(_gates, frozenset("*")))
    assert [one.commits for one in found] == [(tip,), (tip,)]
    assert asked == ["origin"]


# -- the trail ----------------------------------------------------------------------------


def test_a_tree_is_asked_once_for_its_rules(
    feature: Project, one: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parent of a commit, its base, the end of a feature and the gate are often one tree.

    Once by the hook, that is, and once by the process that proves for it.
    """
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(trace))
    pushed(feature, "origin", "topic:main")
    asked = [line.partition("built-in: git ")[2] for line in trace.read_text().splitlines()]
    names = [line for line in asked if line.startswith("ls-tree") and ".oneshot.toml" in line]
    assert names
    assert max(map(names.count, names)) <= 2


def test_the_trail_goes_by_fast_forward_only(feature: Project, one: str, remote: Repo) -> None:
    pushed(feature, "origin", "topic")
    tip = remote.git("rev-parse", "refs/oneshot/topic")
    feature.land("two")
    pushed(feature, "origin", "topic")
    assert tip in remote.git("rev-list", "refs/oneshot/topic").split()
    # Someone else's events are there, which this clone has not seen.
    alien = remote.git("commit-tree", "-p", "refs/oneshot/topic", "-m", "alien", "HEAD^{tree}")
    remote.git("update-ref", "refs/oneshot/topic", alien)
    feature.land("three")
    said = pushed(feature, "origin", "topic")
    assert said.startswith("warning: the trail of 'topic' was not sent: what 'origin' has cannot")
    assert remote.git("rev-parse", "refs/oneshot/topic") == alien
    assert remote.git("rev-parse", "topic") == feature.head


def test_a_remote_that_refuses_our_refs_takes_the_branch(feature: Project, remote: Repo) -> None:
    hook = remote.path / "hooks/update"
    hook.write_text(
        '#!/bin/sh\nprintf "no \\033[31mrefs\\n" >&2\ncase $1 in refs/oneshot/*) exit 1; esac\n'
    )
    hook.chmod(0o755)
    feature.land("one")
    said = pushed(feature, "origin", "topic:main")
    assert "was not sent: 'origin' refuses it: hook declined (no \\x1b[31mrefs)" in said
    assert f"hint: {REFUSED}\n" in said
    done = feature.cli("sync", "--json")
    assert (done.error, done.json["error"]["hint"]) == ("REMOTE_REFUSED", REFUSED)
    assert remote.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert remote.git("rev-parse", "main") == feature.head


def test_rules_can_refuse_a_push_whose_trail_does_not_arrive(
    feature: Project, one: str, remote: Repo
) -> None:
    rules = feature.path / ".oneshot.toml"
    rules.write_text(rules.read_text() + '[trail]\npush = "require"\n')
    feature.git("commit", "-qam", "rules")
    hook = remote.path / "hooks/update"
    hook.write_text("#!/bin/sh\ncase $1 in refs/oneshot/*) exit 1; esac\n")
    hook.chmod(0o755)
    done = feature.may("push", "origin", "topic")
    assert done.code == 1
    assert "error: the trail of 'topic' was not sent" in done.err
    hook.unlink()
    pushed(feature, "origin", "topic")
    assert remote.git("rev-parse", "refs/oneshot/topic") != ""


@pytest.mark.long
def test_a_trail_that_diverged_is_merged_and_sent(feature: Project, one: str, remote: Repo) -> None:
    pushed(feature, "origin", "topic")
    feature.git("push", "-q", "--no-verify", str(remote.path), "refs/oneshot/topic")
    there = Project(Repo(feature.path.parent / "there"))
    there.git("remote", "add", "origin", str(remote.path))
    there.do("sync")
    there.do("request-synthesize", "topic")
    there.do("sync")
    feature.land("two")
    assert pushed(feature, "origin", "topic") == ""
    there.do("sync")
    assert there.git("rev-parse", "refs/oneshot/topic") == feature.git(
        "rev-parse", "refs/oneshot/topic"
    )
    assert there.do("status", "topic", "--json").data["requested"]


def test_every_feature_whose_commits_are_pushed_sends_its_trail(
    feature: Project, one: str, remote: Repo
) -> None:
    """Two of one branch at once, and one that comes by a merge from another."""
    feature.do("finalize")
    feature.begin("second")
    feature.land("two")
    feature.do("finalize")
    feature.git("switch", "-q", "main")
    feature.git("merge", "-q", "--ff-only", "topic")
    feature.begin("later")  # nothing of it is in what is pushed
    feature.git("switch", "-q", "--detach")
    pushed(feature, "origin", "topic:main")
    assert remote.git("for-each-ref", "--format=%(refname)", "refs/oneshot").split() == [
        "refs/oneshot/second", "refs/oneshot/topic",
    ]  # fmt: skip


def test_a_feature_that_was_given_up_takes_no_other_ones_trail_away(
    feature: Project, one: str, remote: Repo
) -> None:
    feature.do("finalize")
    feature.do("init", "second")
    feature.do("cancel", "second")
    pushed(feature, "origin", "topic")
    assert remote.git("for-each-ref", "--format=%(refname)", "refs/oneshot").split() == [
        "refs/oneshot/second", "refs/oneshot/topic",
    ]  # fmt: skip


def test_what_a_push_left_behind_goes_with_the_next_one(
    feature: Project, one: str, remote: Repo
) -> None:
    """Its commits are there, whoever pushed them how."""
    feature.do("finalize")
    pushed(feature, "--no-verify", "origin", "topic:main")
    feature.begin("second")
    feature.land("two")
    hook = remote.path / "hooks/update"
    hook.write_text("#!/bin/sh\ncase $1 in refs/oneshot/*) exit 1; esac\n")
    hook.chmod(0o755)
    said = pushed(feature, "origin", "topic:main")
    assert said.startswith("warning: the trails of 'second' and 1 more were not sent: 'origin' ref")
    hook.unlink()
    pushed(feature, "origin", "topic:main")
    assert remote.git("rev-parse", "refs/oneshot/topic") == feature.git(
        "rev-parse", "refs/oneshot/topic"
    )


def test_trails_go_to_one_remote_only(feature: Project, remote: Repo, make: MakeProject) -> None:
    other = make.remote(feature, "other")
    feature.land("one")
    pushed(feature, "other", "topic")
    assert other.git("for-each-ref", "refs/oneshot") == ""
    pushed(feature, str(remote.path), "topic")
    assert remote.git("rev-parse", "refs/oneshot/topic") != ""


def test_a_trail_follows_when_another_remote_is_elected(
    feature: Project, remote: Repo, make: MakeProject
) -> None:
    """That one remote has it says nothing of another."""
    other = make.remote(feature, "other")
    feature.land("one")
    pushed(feature, "origin", "topic")
    feature.git("config", "oneshot.remote", "other")
    assert pushed(feature, "other", "topic") == ""
    assert other.git("rev-parse", "refs/oneshot/topic") == remote.git(
        "rev-parse", "refs/oneshot/topic"
    )


def test_so_do_those_that_ended_before(feature: Project, remote: Repo, make: MakeProject) -> None:
    other = make.remote(feature, "other")
    feature.land("one")
    feature.do("finalize")
    pushed(feature, "origin", "topic")
    feature.git("config", "oneshot.remote", "other")
    feature.begin("second")
    assert pushed(feature, "other", "topic") == ""
    assert other.git("rev-parse", "refs/oneshot/topic") == remote.git(
        "rev-parse", "refs/oneshot/topic"
    )


def test_what_is_fetched_says_nothing_of_where_is_pushed(
    feature: Project, one: str, remote: Repo, make: MakeProject
) -> None:
    """As in a fork, or with a copy beside the hub."""
    feature.do("finalize")
    pushed(feature, "origin", "topic")
    fork = make.remote(feature, "fork")
    copy = make.remote(feature, "copy")
    feature.git("remote", "set-url", "--push", "origin", str(fork.path))
    feature.git("remote", "set-url", "--push", "--add", "origin", str(copy.path))
    feature.begin("second")
    bad = feature.land("bad", "--no-verify", test=False)
    feature.git("push", "-q", "--no-verify", str(remote.path), "topic:main")
    for at in (fork, copy):  # neither has its main, as the hub has
        at.git("update-ref", "-d", "refs/heads/main")
    [line, again] = refused(feature, "origin", "topic:main")
    assert line.split()[2] == again.split()[2] == bad[:9]
    pushed(feature, str(fork.path), "topic:other")
    for at in (fork, copy):
        assert at.git("for-each-ref", "--format=%(refname)", "refs/oneshot").split() == [
            "refs/oneshot/second", "refs/oneshot/topic",
        ]  # fmt: skip


def test_an_address_that_is_away_holds_no_push_to_another(
    feature: Project, one: str, remote: Repo, make: MakeProject
) -> None:
    """git pushes to each until one does not answer; the hook asked them all, and refused."""
    gone = make.remote(feature, "gone")
    for at in (remote, gone):
        feature.git("remote", "set-url", "--push", "--add", "origin", str(at.path))
    shutil.rmtree(gone.path)
    done = feature.may("push", "origin", "topic")
    assert "warning: the trail of 'topic' was not sent: " in done.err
    assert f"'{gone.path}' does not appear to be a git repository" in done.err
    assert remote.git("rev-parse", "topic") == feature.head
    assert remote.git("rev-parse", "refs/oneshot/topic") == feature.git(
        "rev-parse", "refs/oneshot/topic"
    )


def test_head_as_the_source_takes_the_trail_along(feature: Project, one: str, remote: Repo) -> None:
    pushed(feature, "origin", "HEAD")
    assert remote.git("rev-parse", "refs/oneshot/topic") != ""


def test_a_push_that_names_a_trail_itself_is_not_overtaken(feature: Project, remote: Repo) -> None:
    """Its refs were read before the hook ran: a trail that was sent meanwhile would refuse it."""
    feature.land("one")
    feature.git("push", "-q", "--mirror")
    assert remote.git("rev-parse", "main") == feature.git("rev-parse", "main")
    first = remote.git("rev-parse", "refs/oneshot/topic")
    feature.git("push", "-q", "--mirror")  # what the hook of the first one wrote
    ours = feature.git("rev-parse", "refs/oneshot/topic")
    assert remote.git("rev-parse", "refs/oneshot/topic") == ours
    assert first in feature.git("rev-list", "refs/oneshot/topic").split()
    feature.land("two")
    feature.git("push", "-q", "origin", "topic", ":refs/oneshot/topic")
    assert remote.git("for-each-ref", "refs/oneshot/topic") == ""


def test_a_push_to_an_address_is_judged_as_well(feature: Project, remote: Repo) -> None:
    bad = feature.land("bad", "--no-verify", test=False)
    [line] = refused(feature, str(remote.path), "topic:main")
    assert line.split()[2] == bad[:9]


def test_a_push_to_the_address_of_a_remote_is_one_to_the_remote(
    feature: Project, remote: Repo
) -> None:
    """Its main branch is gated, though no feature's base; and git asks it as it is set up."""
    feature.git("branch", "next")
    feature.do("cancel")
    feature.do("init", "second", "--base", "next")
    feature.do("plan", "second", "--goal", "g")
    bad = feature.land("bad", "--no-verify", test=False)
    said = feature.path.parent / "said"
    for asks, key in (("upload", "uploadpack"), ("receive", "receivepack")):
        way = feature.path.parent / key
        way.write_text(f'#!/bin/sh\necho {asks} >>{said}\nexec git-{asks}-pack "$@"\n')
        way.chmod(0o755)
        feature.git("config", f"remote.origin.{key}", str(way))
    [line] = refused(feature, str(remote.path), "topic:main")
    assert line.split()[2] == bad[:9]
    assert feature.do("why", "--json").data["remote"] == "origin"
    refused(feature, str(remote.path), "topic:next")  # which is new, so that it is asked
    assert said.read_text() == "upload\n"


# -- the way out --------------------------------------------------------------------------


def test_a_finalized_feature_is_done_with_when_it_has_arrived(
    feature: Project, one: str, remote: Repo
) -> None:
    """What a push brought is seen at the next one: its own hook can't know that it arrives."""
    feature.do("finalize")
    assert (feature.own / "done/topic").read_text() == "topic\n"
    pushed(feature, "origin", "topic:main")
    assert remote.git("rev-parse", "refs/oneshot/topic") == feature.git(
        "rev-parse", "refs/oneshot/topic"
    )
    feature.land("no feature", test=False)
    assert pushed(feature, "origin", "topic:main") == ""
    assert not (feature.own / "active").exists()
    assert not (feature.own / "done").exists()


def test_a_push_that_was_rejected_leaves_the_gate_closed(
    feature: Project, one: str, remote: Repo
) -> None:
    """Finalized, rejected, changed, pushed again: the change is judged."""
    feature.do("finalize")
    hook = remote.path / "hooks/update"
    hook.write_text("#!/bin/sh\ncase $1 in refs/heads/*) exit 1; esac\n")
    hook.chmod(0o755)
    assert feature.may("push", "origin", "topic:main").code == 1
    hook.unlink()
    feature.land("bad", test=False)
    [line] = refused(feature, "origin", "topic:main")
    assert "FAIL(no-test)" in line


def test_a_trail_that_a_push_without_hooks_left_behind_follows(
    feature: Project, one: str, remote: Repo
) -> None:
    feature.do("finalize")
    pushed(feature, "--no-verify", "origin", "topic:main")
    assert remote.git("for-each-ref", "refs/oneshot") == ""
    pushed(feature, "origin", "topic:later")
    assert remote.git("rev-parse", "refs/oneshot/topic") == feature.git(
        "rev-parse", "refs/oneshot/topic"
    )
    assert not (feature.own / "active").exists()


@pytest.mark.parametrize("pruned", [False, True])
def test_a_finalized_branch_that_is_gone_is_done_with(
    feature: Project, one: str, remote: Repo, pruned: bool
) -> None:
    """Also where its commits are no more, and nothing is known of the remote."""
    feature.do("finalize")
    feature.git("switch", "-q", "main")
    feature.git("branch", "-q", "-D", "topic")
    if pruned:
        feature.git("update-ref", "-d", "refs/remotes/origin/main")
        feature.git("reflog", "expire", "--expire=now", "--all")
        feature.git("gc", "-q", "--prune=now")
    feature.land("x", test=False)
    pushed(feature, "origin", "main")
    assert not (feature.own / "active").exists()


def test_a_feature_that_was_given_up_gates_nothing_and_tells_the_remote(
    feature: Project, remote: Repo
) -> None:
    feature.land("one", "--no-verify", test=False)
    feature.do("cancel")
    assert pushed(feature, "origin", "topic:main") == ""
    assert remote.git("rev-parse", "refs/oneshot/topic") == feature.git(
        "rev-parse", "refs/oneshot/topic"
    )
    feature.land("two", test=False)
    assert pushed(feature, "origin", "topic:main") == ""
    assert not (feature.own / "active").exists()


def test_what_a_cancelled_feature_leaves_is_said(feature: Project, remote: Repo) -> None:
    """Its trail can be sent at once, and nobody takes the tree for clean."""
    feature.change("one")
    dry = feature.do("cancel", "--dry-run", "--reason", "no need", "--json").json["next"]
    assert dry[0]["argv"] == ["git", "oneshot", "cancel", "--json", "--reason", "no need"]
    done = feature.do(*dry[0]["argv"][2:])
    sync, tree = done.json["next"]
    assert tree["why"].startswith("see what is changed in the working tree")
    assert sync["argv"] == ["git", "oneshot", "sync", "--json", "-f", "topic"]
    feature.do(*sync["argv"][2:])
    assert remote.git("for-each-ref", "--format=%(refname)", "refs/oneshot") == "refs/oneshot/topic"


# -- git oneshot push ----------------------------------------------------------------------


def test_push_proves_and_pushes(feature: Project, remote: Repo) -> None:
    feature.land("one", "--no-verify")
    feature.do("finalize")
    done = feature.oneshot("push", "-q", "--json", "origin", "topic:main")
    assert done.code == 2  # git's own options come behind --
    done = feature.oneshot("push", "--json", "--", "-q", "origin", "topic:main")
    assert done.code == 0, done
    assert done.data["pushed"] is True
    assert [c["verdict"] for c in done.data["commits"]] == ["PASS"]
    assert remote.git("rev-parse", "main") == feature.head
    assert not (feature.own / "active").exists()


def test_push_sends_nothing_that_is_not_proven(feature: Project, one: str, remote: Repo) -> None:
    bad = feature.land("bad", "--no-verify", test=False)
    done = feature.cli("push", "origin", "topic:main")
    assert done.code == 1
    assert done.err.startswith(f"{bad[:9]} FAIL(no-test)")
    error, hint, *_ = done.err.splitlines()[-5:]
    assert error == "error: FAIL: 1 commit of 2; nothing was pushed"
    assert hint == "hint: write the test that it lacks, and stage it: git add --all"
    done = feature.cli("push", "--json", "origin", "topic:main")
    assert (done.code, done.error) == (1, "NOT_PROVEN")
    assert [c["code"] for c in done.data["commits"]] == [None, "no-test"]
    (feature.own / "trust").unlink()
    feature.git("reset", "-q", "--hard", "HEAD^")
    assert feature.cli("push", "--json").error == "UNTRUSTED"
    assert remote.git("log", "-1", "--format=%s", "main") == "base"


def test_push_says_what_git_said(feature: Project, one: str) -> None:
    done = feature.cli("push", "--json", "nowhere")
    assert (done.code, done.error) == (1, "PUSH_FAILED")
    assert "'nowhere' does not appear to be a git repository" in done.data["said"]["text"]


def test_push_of_another_branchs_feature_is_refused(feature: Project) -> None:
    feature.git("switch", "-q", "main")
    done = feature.cli("push", "-f", "topic", "--json")
    assert (done.code, done.error) == (1, "GUARD_FAILED")
    assert done.json["error"]["hint"] == "git switch topic"


# -- ways around the gate ---------------------------------------------------------------------


def test_a_push_of_the_branch_alone_does_not_open_the_gate(feature: Project, one: str) -> None:
    """The base of a just finalized feature is gated until it has the feature."""
    feature.do("finalize")
    pushed(feature, "origin", "topic")
    feature.land("evil", "--no-verify", test=False)
    [line] = refused(feature, "origin", "HEAD:main")
    assert "FAIL(no-test)" in line


def test_a_branch_that_was_merged_here_and_deleted_is_still_on_its_way(
    feature: Project, one: str
) -> None:
    feature.do("finalize")
    feature.git("switch", "-q", "main")
    feature.git("merge", "-q", "topic")
    feature.git("branch", "-q", "-d", "topic")
    feature.land("evil", "--no-verify", test=False)
    [line] = refused(feature, "origin", "main")
    assert "FAIL(no-test)" in line


@pytest.mark.parametrize("where", [".git", ".git/refs"])
def test_a_push_from_inside_of_git_runs_the_gate(feature: Project, where: str) -> None:
    """git then calls the hook by another name: hooks/pre-push."""
    feature.land("evil", "--no-verify", test=False)
    done = feature.may("push", "origin", "topic:main", cwd=feature.path / where)
    assert done.code == 1, done
    assert "FAIL(no-test)" in done.err


def test_an_ancestor_as_a_second_parent_makes_no_merge(feature: Project, one: str) -> None:
    """Any commit could call itself a merge, and be judged by nothing but the suite."""
    feature.land("evil", "--no-verify", test=False)
    tree = feature.git("rev-parse", "HEAD^{tree}")
    fake = feature.git("commit-tree", "-p", "HEAD~1", "-p", "HEAD~2", "-m", "merge", tree)
    feature.git("reset", "-q", "--hard", fake)
    [line] = refused(feature, "origin", "topic:main")
    assert "FAIL(no-test)" in line


def test_a_neutral_commit_that_breaks_the_suite_is_refused(feature: Project, one: str) -> None:
    """REGRESSION is about the last commit of what is pushed, whatever its class."""
    pushed(feature, "origin", "topic:main")
    feature.repo.write("checks/reads", "grep -q 'read me' README\n")
    feature.git("add", "--all")
    feature.git("commit", "-q", "-m", "a test of the readme")
    feature.repo.write("README", "nothing\n")
    feature.git("commit", "-q", "--no-verify", "-am", "break it")
    [line] = refused(feature, "origin", "topic:main")
    assert "FAIL(" in line


def test_a_new_ref_is_compared_with_where_it_came_from(feature: Project, remote: Repo) -> None:
    """A test that went is gone, on whatever branch it is pushed."""
    feature.repo.write(".oneshot.toml", (feature.path / ".oneshot.toml").read_text() + NEVER)
    feature.git("commit", "-q", "-am", "gate release")
    feature.land("one")
    judged: list[str | None] = []

    class Spy:
        def prove(self, *_: object, **__: object) -> object:
            return Judged(Proof(word="PASS", kind="behaviour"), Change("", "", ()))

        def suite(self, tree: str, before: str | None, leaving: object) -> Proof:
            judged.append(before)
            return Proof(word="PASS")

    git = feature.repo.discover()
    commits = tuple(git.lines("rev-list", "--reverse", "main..HEAD"))
    found = prepush.Range(Update("HEAD", feature.head, "refs/heads/release", ""), commits)
    spy: Any = Spy()
    list(prepush.judge_range(git, spy, found, "ada@example.org", Claims()))
    assert judged == [git.tree("main")]


@pytest.mark.parametrize("option", ["--dry-run", "-n"])
def test_a_dry_run_sends_nothing(feature: Project, one: str, remote: Repo, option: str) -> None:
    """git gives the hook the same input; the trail must not go either."""
    assert pushed(feature, option, "origin", "topic:main") == ""
    assert remote.git("for-each-ref", "refs/oneshot") == ""
    assert pushed(feature, "origin", "topic:main") == ""
    assert remote.git("for-each-ref", "refs/oneshot") != ""


def test_a_push_reads_twenty_features_at_once(
    feature: Project, remote: Repo, children: list[str]
) -> None:
    """There is no process a feature; one more asks which of the new ones are to be sent."""
    one = f"refs/heads/topic {feature.land('one')} refs/heads/elsewhere {'0' * 40}\n".encode()

    def processes() -> int:
        feature.do("list")  # the states are known
        children.clear()
        feature.do("hook", "pre-push", "--", "origin", str(remote.path), stdin=one)
        return len(children)

    processes()
    alone = processes()
    for number in range(20):
        feature.git("switch", "-q", "-c", f"b{number}", "main")
        feature.do("init", f"f{number}")
    assert processes() <= alone + 1


# -- what is said, and heard by nobody ------------------------------------------------


@pytest.mark.parametrize("nobody", ["closed", "gone"])
def test_the_gate_is_shut_though_nobody_hears_why(feature: Project, nobody: str) -> None:
    """As under `git push 2>&1 | head`: what can't be said is refused all the same."""
    feature.land("one", "--no-verify", test=False)
    line = f"refs/heads/topic {feature.head} refs/heads/main {'0' * 40}\n".encode()
    read, write = os.pipe()
    os.close(read)
    argv = ["sh", "-c", 'exec "$@" 2>&-' if nobody == "closed" else 'exec "$@"', "sh"]
    done = subprocess.run(
        [*argv, "git-oneshot", "hook", "pre-push", "origin", "url"],
        cwd=feature.path, input=line, stdout=write, stderr=write, check=False,
        env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    os.close(write)
    assert done.returncode == 1
    assert feature.do("why", "--json").data["hook"] == "pre-push"


@pytest.mark.parametrize("push", [("push",), ("oneshot", "push")])
def test_what_is_home_is_over_whichever_way_it_went(
    project: Project, push: tuple[str, ...]
) -> None:
    """`status` and both pushes agree: nothing is open, and what comes now is no feature's."""
    MakeProject(project.path.parent).remote(project)
    project.git("branch", "-q", "--set-upstream-to=origin/main")
    project.begin()
    project.land("one")
    project.do("finalize")
    assert project.do("status", "--json").data["phase"] == "completed"
    assert project.may(*push).code == 0
    assert "'topic' is completed" in project.cli("status").err
    project.git("fetch", "-q")
    project.land("later", test=False)
    status = project.cli("status", "--json")
    assert (status.code, status.error) == (2, "FEATURE_UNKNOWN")
    assert project.may("push", "--dry-run").code == 0
    done = project.oneshot("push", "--json")
    assert (done.code, done.data["commits"]) == (0, [])


def test_what_is_home_sends_no_trail_where_the_rules_want_none_sent(
    feature: Project, one: str, remote: Repo
) -> None:
    feature.do("finalize")
    with (feature.path / ".oneshot.toml").open("a") as rules:
        rules.write('[trail]\npush = "off"\n')
    feature.git("commit", "-qam", "rules: no trails")
    feature.git("push", "-q", "--no-verify", "origin", "topic:main")
    feature.git("fetch", "-q", "origin")
    pushed(feature, "origin", "topic:again")
    assert remote.git("for-each-ref", "refs/oneshot") == ""


def test_the_way_of_a_finalized_branch_to_its_base_is_named(feature: Project, one: str) -> None:
    """Pushed to where nothing is gated, it is not home; who follows what comes next gets there."""
    bring = ["git", "oneshot", "push", "--json", "--", "origin", "topic:main"]
    first, second = feature.do("finalize", "--json").json["next"]
    assert (first["argv"][-1], second["argv"]) == ("topic", bring)
    assert feature.may(*first["argv"][1:]).code == 0
    done = feature.do("status")
    assert "base      'origin/main' has it not yet\n" in done.out
    assert done.err == "hint: bring it to 'main': git push origin topic:main\n"
    assert [one["argv"] for one in feature.do("status", "--json").json["next"]] == [bring]
    feature.land("late", test=False)
    assert feature.may("push", "origin", "topic:main").code == 1  # gated all the way
    feature.git("reset", "-q", "--hard", "HEAD^")
    assert feature.may(*bring[1:]).code == 0
    assert "base" not in feature.do("status", "topic").out
    assert feature.cli("status", "--json").error == "FEATURE_UNKNOWN"


@pytest.mark.parametrize("said", [("origin", "main"), ()])
def test_a_base_that_moved_on_is_pulled_from_where_it_is(
    feature: Project, one: str, said: tuple[str, ...]
) -> None:
    """A branch that tracks another, or none, is told what to pull; one that tracks it need not."""
    feature.do("finalize")
    if not said:
        feature.git("branch", "-q", "--set-upstream-to=origin/main")
    above = feature.git("commit-tree", "-m", "above", "-p", "main", "main^{tree}")
    feature.git("push", "-q", "--no-verify", "origin", f"{above}:main")
    done = feature.oneshot("push", "--json", "--", "origin", "topic:main")
    assert (done.code, done.error) == (1, "PUSH_FAILED")
    [pull] = done.json["next"]
    assert pull["argv"] == ["git", "pull", "--rebase", *said]
    feature.git(*pull["argv"][1:])
    assert feature.oneshot("push", "--json", "--", "origin", "topic:main").code == 0


def rebased(feature: Project) -> None:
    """Onto a main that moved on meanwhile: as `git pull --rebase` leaves a finalized branch."""
    feature.land("one")
    feature.do("finalize")
    above = feature.git("commit-tree", "-m", "above", "-p", "main", "main^{tree}")
    feature.git("push", "-q", "--no-verify", "origin", f"{above}:main")
    feature.git("rebase", "-q", above)


def test_a_commit_that_is_rebased_after_its_end_lands_with_its_proof(
    feature: Project, remote: Repo
) -> None:
    """Who fetches sees it at the commit that landed, not at one that nobody has."""
    rebased(feature)
    assert pushed(feature, "origin", "topic:main") == ""
    [commit] = feature.loaded().state.commits
    assert commit.id == feature.head == remote.git("rev-parse", "main")
    assert commit.proof is not None and commit.proof.told.startswith("PASS behaviour")
    trail = feature.git("rev-parse", "refs/oneshot/topic")
    assert remote.git("rev-parse", "refs/oneshot/topic") == trail
    pushed(feature, "origin", "topic:main")  # and said once
    assert feature.git("rev-parse", "refs/oneshot/topic") == trail


def test_a_push_that_only_tries_or_is_refused_writes_no_proof(feature: Project) -> None:
    rebased(feature)
    pushed(feature, "--dry-run", "origin", "topic:main")
    feature.land("two", "--no-verify", test=False)
    refused(feature, "origin", "topic:main")
    assert [commit.proof for commit in feature.loaded().state.commits] == [None]


@pytest.mark.parametrize("push", [("push",), ("oneshot", "push")])
def test_a_spike_is_gated_by_neither_push(project: Project, push: tuple[str, ...]) -> None:
    MakeProject(project.path.parent).remote(project)
    project.git("branch", "-q", "--set-upstream-to=origin/main")
    project.do("init", "try", "--spike", "--yes")
    project.land("one", test=False)
    assert project.may(*push).code == 0
    assert project.git("rev-parse", "origin/main") == project.head
