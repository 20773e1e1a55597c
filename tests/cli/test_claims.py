"""What somebody says of a commit: who may say it, and what it opens."""

import os
import pty
import select
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from git_oneshot.core.errors import Code
from tests.gate.project import MakeProject, Project, run

REASON = "a log line that no test can see"


def on_a_terminal(project: Project, answer: str, *argv: str) -> tuple[int, str]:
    """Run `git oneshot …` on a terminal of its own, and type one answer."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(project.path)
        os.execvp("git", ["git", "oneshot", *argv])
    said = b""
    typed = False
    while select.select([terminal], [], [], 30)[0]:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:  # Linux: the other end is closed
            break
        if not chunk:
            break
        said += chunk
        if b"?" in said and not typed:
            os.write(terminal, answer.encode() + b"\n")
            typed = True
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.decode(errors="replace")


def waived(project: Project) -> list[str]:
    """The reasons of the waivers on the trail."""
    return [waiver.reason for waiver in project.loaded().state.waivers]


def unattended(project: Project) -> None:
    """The user's own configuration lets clones act alone."""
    project.git("config", "--global", "oneshot.unattended", "true")


def refused(project: Project, env: Mapping[str, str] = {}) -> str:
    """What says that no waiver is given, though git itself believes the setting."""
    assert project.may("config", "oneshot.unattended", env=env).out.strip() == "true"
    done = project.oneshot("waive", "--reason", REASON, env=env)
    assert (done.code, waived(project)) == (2, [])
    return done.err


def test_an_agent_cannot_waive_for_itself(feature: Project) -> None:
    feature.land("bad", "--no-verify", test=False)
    before = feature.digest()
    for option in ((), ("--json",), ("--via", "agent")):
        done = feature.cli("waive", "--reason", REASON, *option)
        assert done.code == 2
        assert done.error == Code.NEEDS_INPUT if option == ("--json",) else "terminal" in done.err
    assert feature.cli("waive", "--reason", REASON, "--yes").code == 2
    assert feature.digest() == before
    assert waived(feature) == []


SAYS: Final = "[oneshot]\n\tunattended = true\n"


def test_the_command_line_is_not_the_users_own_configuration(feature: Project) -> None:
    feature.land("bad", "--no-verify", test=False)
    done = feature.may("-c", "oneshot.unattended=true", "oneshot", "waive", "--reason", REASON)
    assert (done.code, waived(feature)) == (2, [])


@pytest.mark.parametrize(
    "named",
    [
        {"GIT_CONFIG_GLOBAL": "{said}"},
        {"GIT_CONFIG_SYSTEM": "{said}", "GIT_CONFIG_NOSYSTEM": "0"},
        {"GIT_CONFIG_PARAMETERS": "'oneshot.unattended'='true'"},
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "oneshot.unattended",
         "GIT_CONFIG_VALUE_0": "true"},
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "include.path",
         "GIT_CONFIG_VALUE_0": "{said}"},
        {"HOME": "{repository}/.git", "XDG_CONFIG_HOME": "/nowhere"},
        {"XDG_CONFIG_HOME": "{repository}/checks"},
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_the_environment_says_is_not_the_users_own(
    feature: Project, tmp_path: Path, named: Mapping[str, str]
) -> None:
    """All of it can be set without leaving the clone."""
    feature.land("bad", "--no-verify", test=False)
    for said in ("checks/git/config", ".git/.gitconfig"):
        feature.repo.write(said, SAYS)
    (tmp_path / "said").write_text(SAYS)
    places = {"said": tmp_path / "said", "repository": feature.path}
    refused(feature, {name: value.format_map(places) for name, value in named.items()})


@pytest.mark.parametrize("scope", ["--local", "--worktree"])
def test_the_clones_configuration_is_not_the_users_own(feature: Project, scope: str) -> None:
    """Whoever works in the clone can write it, and a script may have."""
    feature.land("bad", "--no-verify", test=False)
    feature.git("config", "extensions.worktreeConfig", "true")
    feature.git("config", scope, "oneshot.unattended", "true")
    said = refused(feature)
    assert "'oneshot.unattended' counts in the user's own configuration alone" in said


@pytest.mark.parametrize("said", ["settings", ".git/settings", "../beside/settings"])
def test_a_file_of_the_repository_that_the_users_own_includes_is_not(
    feature: Project, said: str
) -> None:
    """In a tracked file, in the git directory, or in another working tree of it."""
    feature.land("bad", "--no-verify", test=False)
    feature.git("worktree", "add", "-q", "-b", "beside", "../beside")
    feature.repo.write(said, SAYS)
    file = os.path.realpath(feature.path / said)
    feature.git("config", "--global", f"includeIf.gitdir:{feature.path}/.path", file)
    refused(feature)


def test_a_tracked_file_that_the_clones_own_includes_is_not(feature: Project) -> None:
    feature.repo.write("settings", SAYS)
    feature.git("config", "include.path", "../settings")
    feature.git("add", "--all")
    feature.git("commit", "-q", "-m", "settings")
    refused(feature)


def test_the_users_own_configuration_may(feature: Project) -> None:
    bad = feature.land("bad", "--no-verify", test=False)
    unattended(feature)
    done = feature.do("waive", "--reason", REASON, "--json")
    assert (done.data["commit"], done.data["reason"]) == (bad, REASON)
    assert waived(feature) == [REASON]
    feature.git("config", "--global", "oneshot.unattended", "false")
    assert feature.cli("waive", "--reason", REASON).code == 2


def test_the_users_own_may_for_some_clones_alone_and_the_clone_cannot_say_no(
    feature: Project, tmp_path: Path
) -> None:
    """By a file of theirs that is included for these. What the clone says has no part in it."""
    feature.land("bad", "--no-verify", test=False)
    (tmp_path / "agents").write_text(SAYS)
    feature.git("config", "--global", "includeIf.gitdir:/elsewhere/.path", str(tmp_path / "agents"))
    assert feature.cli("waive", "--reason", REASON).code == 2
    key = f"includeIf.gitdir:{feature.path}/.path"
    feature.git("config", "--global", key, str(tmp_path / "agents"))
    feature.git("config", "oneshot.unattended", "false")
    feature.do("waive", "--reason", REASON)


def test_the_machines_configuration_may(feature: Project, tmp_path: Path) -> None:
    """What an administrator wrote: git itself knows where that is, and here another place."""
    feature.land("bad", "--no-verify", test=False)
    (tmp_path / "etc").write_text(SAYS)
    git = tmp_path / "built" / "git"
    git.parent.mkdir()
    git.write_text(
        "#!/bin/sh\nunset GIT_CONFIG_NOSYSTEM\n"
        f'GIT_CONFIG_SYSTEM={tmp_path}/etc exec {shutil.which("git")} "$@"\n'
    )
    git.chmod(0o755)
    path = os.pathsep.join([str(git.parent), os.environ["PATH"]])
    argv = ["git-oneshot", "waive", "--reason", REASON]  # `git oneshot` would bring its own git
    assert run(argv, feature.path, {"PATH": path}).code == 0


def test_the_refusal_has_the_command_that_the_user_would_type(feature: Project) -> None:
    bad = feature.land("bad", "--no-verify", test=False)
    said = feature.cli("waive", "--reason", "it's old", "-f", "topic").err
    assert f"git oneshot waive {bad[:9]} --reason 'it'\"'\"'s old' -f topic" in said


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal is a pty here")
def test_a_person_is_asked_on_a_terminal(feature: Project) -> None:
    feature.land("bad", "--no-verify", test=False)
    code, said = on_a_terminal(feature, "n", "waive", "--reason", REASON)
    assert (code, waived(feature)) == (1, [])
    assert "let it pass without a proof?" in said and REASON in said
    # Not 'green': on a clean tree there is nothing that it could judge.
    assert f"git oneshot verify {feature.head[:9]}" in said
    code, said = on_a_terminal(feature, "y", "waive", "--reason", REASON)
    assert (code, waived(feature)) == (0, [REASON])


def test_a_waiver_is_of_the_feature_and_has_a_reason(feature: Project) -> None:
    unattended(feature)
    base = feature.git("rev-parse", "HEAD")
    feature.land("bad", "--no-verify", test=False)
    for argv in (["--reason", "  "], [base, "--reason", REASON], ["nothing", "--reason", REASON]):
        assert feature.cli("waive", *argv).code == 2
    assert feature.cli("waive").code == 2
    assert waived(feature) == []


def test_what_finalize_found_of_a_commit_stands_beside_its_waiver(feature: Project) -> None:
    bad = feature.land("bad", "--no-verify", test=False)
    feature.land("worse", "--no-verify", test=False)
    unattended(feature)
    feature.do("waive", bad, "--reason", REASON)
    assert feature.cli("finalize").code == 1
    done = feature.do("status", "topic")
    assert f"{bad[:9]} FAIL (no-test) (here) waived" in done.out
    assert bad[:9] not in done.err  # what helps is about the other one


@pytest.mark.long
def test_finalize_and_the_push_take_a_waived_commit_and_say_so(
    feature: Project, make: MakeProject
) -> None:
    remote = make.remote(feature)
    bad = feature.land("bad", "--no-verify", test=False)
    assert feature.cli("finalize").code == 1
    assert feature.may("push", "-q", "origin", "main").code == 1
    unattended(feature)
    feature.do("waive", bad[:9], "--reason", REASON)
    feature.land("one")
    done = feature.do("finalize")
    assert f"waived by Ada Lovelace: {REASON}" in done.out
    assert feature.may("push", "-q", "origin", "main").code == 0
    assert remote.git("rev-parse", "main") == feature.head
    assert "FAIL (no-test) waived" in feature.do("status", "topic").out
    [first, _] = feature.do("status", "topic", "--json").data["commits"]
    assert (first["verdict"], first["waived"]) == ("FAIL", REASON)
    assert f"commit.waived  {bad[:9]} {REASON}" in feature.do("log", "topic").out
    assert f"claimed: waived by Ada Lovelace: {REASON} [topic]" in feature.git("log", "-2")


def test_verify_shows_a_waiver_and_judges_all_the_same(feature: Project) -> None:
    feature.land("bad", "--no-verify", test=False)
    unattended(feature)
    feature.do("waive", "--reason", REASON)
    done = feature.cli("verify")
    assert done.code == 1
    assert f"waived by Ada Lovelace: {REASON}" in done.err
    [commit] = feature.cli("verify", "--json").data["commits"]
    assert (commit["verdict"], commit["code"], commit["waived"]) == ("FAIL", "no-test", REASON)


def test_a_waiver_is_of_a_change_and_goes_with_it(feature: Project) -> None:
    """A rebase keeps it; an amend that changes something else does not."""
    start = feature.head
    feature.land("bad", "--no-verify", test=False)
    unattended(feature)
    feature.do("waive", "--reason", REASON)
    feature.git("commit", "-q", "--amend", "--no-verify", "-m", "other words")
    assert feature.do("finalize", "--dry-run").code == 0
    feature.git("switch", "-q", "-c", "aside", start)
    feature.land("two", "--no-verify")
    feature.git("switch", "-q", "main")
    feature.git("rebase", "-q", "aside")
    assert feature.do("finalize", "--dry-run").code == 0
    feature.repo.write("lib/bad", "worse\n")
    feature.git("commit", "-q", "--all", "--amend", "--no-verify", "--no-edit")
    assert feature.cli("finalize", "--dry-run").code == 1


# -- declared classes ------------------------------------------------------------------------


def declare(project: Project, *argv: str) -> str:
    """Declare a refactor, and give back what was said."""
    return project.do("declare", "refactor", *argv, "--reason", "tidy").out


def test_a_declared_refactor_is_committed_finalized_and_pushed(
    feature: Project, make: MakeProject
) -> None:
    remote = make.remote(feature)
    feature.repo.write("lib/base", "base\n\n")
    feature.git("add", "--all")
    assert feature.may("commit", "-q", "-m", "tidy").code == 1
    assert declare(feature) == "declared refactor: the next commit\n"
    assert "green: refactor (declared)" in feature.do("green").out
    assert feature.may("commit", "-q", "-m", "tidy").code == 0
    assert "PASS refactor (declared)" in feature.do("finalize").out
    [commit] = feature.do("status", "topic", "--json").data["commits"]
    assert (commit["class"], commit["declared"]) == ("refactor", "refactor")
    assert "PASS refactor (declared)" in feature.do("status", "topic").out
    assert "claimed: PASS refactor (declared)" in feature.git("log", "-1")
    assert "the next commit refactor (declared): tidy" in feature.do("log", "topic").out
    assert feature.may("push", "-q", "origin", "main").code == 0
    assert remote.git("rev-parse", "main") == feature.head
    [found] = feature.do("verify", "HEAD", "--json").data["commits"]
    assert (found["class"], found["declared"]) == ("refactor", True)


def test_what_is_said_of_a_completed_feature_leads_to_its_push(
    feature: Project, make: MakeProject
) -> None:
    """The hints were `green` and `finalize`, which are refused then."""
    remote = make.remote(feature)
    feature.land("one")
    feature.do("finalize")
    unattended(feature)
    done = feature.do("waive", "--reason", REASON)
    assert done.err == "hint: send it, with its trail: git push --set-upstream origin main\n"
    feature.repo.write("lib/base", "base\n\n")
    feature.git("add", "--all")
    done = feature.do("declare", "refactor", "--reason", "tidy")
    why = "commit it, and the push sees whether the tests bear it out"
    assert done.err == f"hint: {why}: git commit --message …\n"
    feature.git("commit", "-q", "--no-verify", "-m", "tidy")
    assert feature.may("push", "-q", "origin", "main").code == 0
    assert remote.git("rev-parse", "main") == feature.head
    feature.git("switch", "-q", "-c", "side")
    gone = feature.cli("declare", "-f", "topic", "refactor", "--reason", "tidy")
    assert gone.err.splitlines() == [
        "error: feature 'topic' is completed, and no commit of it is to come here",
        "hint: name one that it has: git oneshot declare refactor COMMIT --reason …",
    ]


def test_a_declaration_is_of_the_next_commit_on_this_one(feature: Project) -> None:
    declare(feature)
    feature.repo.write("lib/base", "base\n\n")
    feature.git("commit", "-q", "-a", "-m", "tidy")
    bad = feature.land("bad", "--no-verify", test=False)
    found = feature.cli("verify", "--json").data["commits"]
    assert [(c["class"], c["code"]) for c in found] == [("refactor", None), (None, "no-test")]
    assert feature.do("declare", "refactor", bad[:9], "--reason", "so it is").code == 0
    # A plain command cannot tell which lines it executes, and that is said.
    [_, found] = feature.do("verify", "--json").data["commits"]
    assert (found["class"], found["declared"]) == ("refactor", True)
    assert "is not known here" in found["notes"][-1]


@pytest.mark.long
def test_a_declaration_goes_through_an_amend_and_a_rebase(feature: Project) -> None:
    start = feature.head
    declare(feature)
    feature.repo.write("lib/base", "base\n\n")
    feature.git("commit", "-q", "-a", "-m", "tidy")
    feature.do("finalize", "--dry-run")
    feature.git("commit", "-q", "--amend", "--no-edit", "--date", "2026-02-01T00:00:00Z")
    feature.do("finalize", "--dry-run")
    feature.git("switch", "-q", "-c", "aside", start)
    feature.land("two", "--no-verify")
    feature.git("switch", "-q", "main")
    feature.git("rebase", "-q", "aside")
    assert "PASS refactor (declared)" in feature.do("finalize").out


def test_h24_a_commit_that_is_to_be_squashed_costs_no_run(project: Project, tmp_path: Path) -> None:
    rules = (project.path / ".oneshot.toml").read_text()
    project.repo.write(".oneshot.toml", rules.replace("sh check.sh", f"sh check.sh {tmp_path}/ran"))
    project.repo.write("check.sh", 'echo >> "$1"\n')
    project.git("commit", "-q", "-a", "-m", "squash! a test that counts its runs")
    project.repo.write("lib/two", "two\n")
    project.git("add", "--all")
    project.git("commit", "-q", "-m", "fixup! another")
    done = project.cli("verify", "HEAD", "--json")
    assert [c["code"] for c in done.data["commits"]] == ["fixup"]
    assert not (tmp_path / "ran").exists()


def test_a_commit_that_is_to_be_squashed_may_be_made_and_not_finalized(
    feature: Project, one: str
) -> None:
    """H24: pending here, and its verdict belongs to the commit that it ends up in."""
    feature.repo.write("lib/one", "one\n\n")
    assert feature.may("commit", "-q", "-a", "--fixup", "HEAD").code == 0
    done = feature.cli("finalize", "--json")
    assert (done.code, done.data["commits"][-1]["code"]) == (1, "fixup")
    feature.may("rebase", "-q", "-i", "--autosquash", "HEAD~2", env={"GIT_SEQUENCE_EDITOR": "true"})
    assert feature.do("finalize").out.count("PASS behaviour") == 1


def test_before_the_first_commit_there_is_nothing_to_waive(make: MakeProject) -> None:
    """It said that 'HEAD' names no commit, and to name one, such as HEAD."""
    project = make()
    project.git("update-ref", "-d", "HEAD")
    project.do("init", "topic", "--yes")
    project.do("plan", "--goal", "begin")
    said = project.cli("waive", "--reason", "x").err.splitlines()
    assert said == ["error: there is no commit here yet", "hint: git commit"]


@pytest.mark.parametrize("argv", [("declare", "refactor"), ("waive",)])
def test_a_claim_asks_for_its_trail_no_oftener_than_it_has_to(
    feature: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...]
) -> None:
    """First, before the hooks' notes are written, and before the swap: each is another moment."""
    feature.git("config", "--global", "oneshot.unattended", "true")
    feature.land("one")
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(trace))
    feature.do(*argv, "HEAD", "--reason", "x")
    asked = [line for line in trace.read_text().splitlines() if '"event":"start"' in line
             and "for-each-ref" in line and "refs/oneshot/topic" in line]  # fmt: skip
    assert len(asked) == 4  # one of them to write what the hooks noted of the commit
