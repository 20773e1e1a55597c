"""The shims in hooks/: idle where nothing is open, closed where something is wrong."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from git_oneshot.cli import caller
from git_oneshot.gate.hooks import HOOKS
from tests.gate.project import ROOT, MakeProject, Project, run
from tests.proof.lab import INI


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH with git and sh, and nothing else."""
    folder = tmp_path / "few"
    folder.mkdir()
    for name in ("git", "sh"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(os.path.realpath(found))
    return str(folder)


def replace_program(project: Project, tmp_path: Path, script: str = "exit 0") -> Path:
    """Let hooks call a script that notes how it was called."""
    called, program = tmp_path / "called", tmp_path / "spy"
    program.write_text(f'#!/bin/sh\necho "$@" >>"{called}"\n{script}\n')
    program.chmod(0o755)
    (project.own / "program").write_text(f"{program}\n")
    return called


def program_without_interpreter(project: Project, tmp_path: Path) -> None:
    """The script of an environment that was made anew, or whose Python was."""
    program = tmp_path / "git-oneshot"
    program.write_text(f"#!{tmp_path}/gone/python3\n")
    program.chmod(0o755)
    (project.own / "program").write_text(f"{program}\n")


def user_hook(project: Project, name: str, script: str) -> Path:
    """A hook that the user had before us."""
    hook = project.hook(name)
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)
    return hook


# -- idle ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pre-receive", "pre-push", "post-rewrite"])
def test_what_git_says_is_taken_whole_or_not_at_all(name: str, project: Project) -> None:
    """On a disk that is full, half of it would pass for all."""
    hook = project.hook(name)
    hook.write_bytes((ROOT / "hooks" / name).read_bytes())
    hook.chmod(0o755)
    project.own.mkdir(exist_ok=True)
    (project.own / "active").touch()
    (project.own / "program").write_text(f"{shutil.which('true')}\n")
    full = ["sh", "-c", 'ulimit -f 0; exec "$0" origin url', str(hook)]
    lines = b"0 1 refs/heads/main\n"
    done = run(full, project.path, stdin=lines)
    if name == "post-rewrite":
        assert "could not note all that was rewritten" in done.err
    else:
        assert done.code == 1
    assert run(["sh", str(hook), "origin", "url"], project.path, stdin=lines).code == 0


@pytest.mark.usefixtures("by_files")
def test_where_no_feature_is_open_git_finds_no_hook(project: Project, make: MakeProject) -> None:
    """No cost at all: not even sh is begun for a commit, an amend or a push."""

    def hooks(*argv: str) -> list[str]:
        done = project.may(*argv, env={"GIT_TRACE2_EVENT": "2"})
        assert done.code == 0
        return re.findall(r'"hook_name":"([a-z-]+)"', done.err)

    make.remote(project)
    project.do("install", "--yes")
    project.change("bare", test=False)
    assert hooks("commit", "-q", "-m", "x") == []
    assert hooks("commit", "-q", "--amend", "-m", "y") == []
    assert hooks("push", "-q", "origin", "main") == []
    project.begin()
    project.change("other", code=False, test=False)
    assert hooks("commit", "-q", "-m", "x") == ["pre-commit", "post-commit"]
    assert project.lines("spool") == [f"commit {project.head} main"]
    project.do("cancel")
    assert hooks("commit", "-q", "--allow-empty", "-m", "y") == []  # only the push waits
    assert hooks("push", "-q", "origin", "main") == ["pre-push"]
    assert hooks("commit", "-q", "--allow-empty", "-m", "z") == []


@pytest.mark.usefixtures("by_files")
def test_where_a_disk_has_no_links_our_hooks_are_files(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "symlink", refuse)
    project.do("install", "--yes")
    for name in HOOKS:
        assert project.hook(name).read_bytes() == (ROOT / "hooks" / name).read_bytes()
    assert project.do("install", "--yes", "--json").data["changes"] == []


def test_without_a_feature_nothing_but_sh_runs(
    project: Project, bare_path: str, make: MakeProject
) -> None:
    remote = make.remote(project)
    project.do("install", "--yes")
    project.change("bare", test=False)
    env = {"PATH": bare_path}
    assert project.may("commit", "-q", "-m", "no test", env=env) == (0, "", "")
    assert project.may("commit", "-q", "--amend", "-m", "no test yet", env=env) == (0, "", "")
    assert project.may("push", "-q", "origin", "main", env=env) == (0, "", "")
    assert remote.git("rev-parse", "main") == project.head
    assert not (project.own / "spool").exists()


def test_a_branch_without_a_feature_is_left_alone(feature: Project, bare_path: str) -> None:
    feature.git("switch", "-q", "-c", "aside")
    feature.change("bare", test=False)
    assert feature.may("commit", "-q", "-m", "x", env={"PATH": bare_path}) == (0, "", "")
    assert feature.lines("spool") == []


def test_a_detached_head_is_left_alone(feature: Project, bare_path: str) -> None:
    feature.git("switch", "-q", "--detach")
    feature.change("bare", test=False)
    assert feature.may("commit", "-q", "-m", "x", env={"PATH": bare_path}) == (0, "", "")
    assert feature.lines("spool") == []


def test_a_known_verdict_is_answered_in_sh(feature: Project, tmp_path: Path) -> None:
    feature.change("one")
    feature.do("green")
    called = replace_program(feature, tmp_path, "exit 1")
    feature.git("commit", "-q", "-m", "one")
    assert not called.exists()
    feature.change("two")
    assert feature.may("commit", "-q", "-m", "two").code == 1
    assert called.read_text() == "hook pre-commit\n"


def test_a_verdict_is_of_these_rules_and_these_trees_alone(
    feature: Project, tmp_path: Path
) -> None:
    feature.change("one")
    feature.do("green")
    called = replace_program(feature, tmp_path)
    (feature.own / "verdicts/current").write_text("0123456789abcdef\n")
    feature.git("commit", "-q", "-m", "one")
    assert called.read_text() == "hook pre-commit\n"


# -- refusing -------------------------------------------------------------------------


def test_code_without_a_test_is_refused(feature: Project) -> None:
    before = feature.head
    feature.change("one", test=False)
    done = feature.may("commit", "-q", "-m", "one")
    assert done.code == 1
    assert done.err.splitlines() == [
        "error: not proven (no-test): lib/one changed, and no test did",
        "hint: git oneshot why",
    ]
    assert feature.head == before


def test_h39_a_test_that_passes_without_the_code_is_refused(feature: Project) -> None:
    feature.change("one")
    feature.repo.write("checks/one", "true\n")
    feature.git("add", "--all")
    assert "not proven (vacuous-red)" in feature.may("commit", "-q", "-m", "one").err


def test_a_test_that_fails_with_the_code_is_refused(feature: Project) -> None:
    feature.change("one")
    feature.repo.write("checks/one", "false\n")
    feature.git("add", "--all")
    assert "not proven (green-failed)" in feature.may("commit", "-q", "-m", "one").err


def test_h36_docs_and_tests_alone_pass(feature: Project) -> None:
    feature.land("doc", code=False, test=False)
    feature.repo.write("lib/late", "late\n")
    feature.change("late", code=False)
    feature.repo.write("checks/late", "true\n")
    feature.git("add", "checks")
    feature.git("commit", "-q", "-m", "test only", "checks")


def test_untrusted_commands_are_not_run(feature: Project) -> None:
    """H57: a hook runs no command that this clone's user has not seen."""
    (feature.own / "trust").unlink()
    feature.change("one")
    done = feature.may("commit", "-q", "-m", "one")
    assert done.code == 0
    assert "note: not proven yet (untrusted): see them: git oneshot trust" in done.err


def test_no_verify_passes_here_and_is_refused_at_the_push(
    feature: Project, make: MakeProject
) -> None:
    remote = make.remote(feature)
    feature.land("one", "--no-verify", test=False)
    done = feature.may("push", "origin", "main")
    assert done.code == 1
    assert "error: refs/heads/main: " in done.err
    assert "FAIL(no-test)" in done.err
    assert remote.git("log", "--format=%s", "main") == "base"


def test_intent_to_add_and_conflicts_are_no_bug(feature: Project) -> None:
    """H5: what has no tree yet is git's to refuse, and the index stays as it is."""
    feature.repo.write("later", "later\n")
    feature.git("add", "-N", "later")
    feature.change("one")
    feature.git("reset", "-q", "later")
    feature.git("add", "-N", "later")
    feature.git("commit", "-q", "-m", "one")
    assert feature.git("status", "--porcelain") == " A later"


def test_a_file_name_is_shown_harmless(feature: Project) -> None:
    """What a path holds never reaches the terminal as it is."""
    feature.repo.write("lib/\x1b[2J\u202eevil", "x\n")
    feature.git("add", "--all")
    done = feature.may("commit", "-q", "-m", "evil")
    assert done.code == 1
    assert "\x1b" not in done.err
    assert "\u202e" not in done.err
    assert "\\x1b[2J\\u202eevil" in done.err


def test_a_name_that_is_not_unicode_is_refused_like_any(feature: Project) -> None:
    with open(os.fsencode(feature.path) + b"/lib/\xff", "wb"):
        pass
    feature.git("add", "--all")
    done = feature.may("commit", "-q", "-m", "evil")
    assert done.code == 1
    assert "not proven (no-test): lib/\\udcff changed" in done.err


# -- amend, merge, rebase -----------------------------------------------------------------


def test_h20_an_amended_message_is_judged_against_the_parent(feature: Project, one: str) -> None:
    done = feature.may("commit", "--amend", "-q", "-m", "better words")
    assert done == (0, "", "")


def test_an_amend_that_brings_the_missing_test_passes(feature: Project) -> None:
    feature.land("one", "--no-verify", test=False)
    feature.change("one", code=False)
    assert feature.may("commit", "--amend", "-q", "--no-edit") == (0, "", "")


@pytest.mark.parametrize("option", ["--amend", "--ame"])
def test_an_amend_that_adds_code_to_a_proven_commit_passes(
    feature: Project, one: str, option: str
) -> None:
    """Against HEAD that is code without a test; against HEAD's parent it has one."""
    feature.change("more", test=False)
    assert feature.may("commit", option, "-q", "--no-edit") == (0, "", "")


def test_h20_an_amend_that_takes_the_test_away_is_refused(feature: Project, one: str) -> None:
    feature.git("rm", "-q", "checks/one")
    done = feature.may("commit", "--amend", "-q", "--no-edit")
    assert done.code == 1
    assert "not proven (no-test)" in done.err


def test_an_amend_does_not_believe_what_is_known_of_a_commit_on_top(feature: Project) -> None:
    """The file of a verdict is named by HEAD's tree, and HEAD is not the parent."""
    feature.land("one", "--no-verify", test=False)
    feature.change("words", code=False, test=False)
    feature.do("hook", "pre-commit")  # a commit of that alone is known to pass
    refused = feature.may("commit", "--amend", "-q", "--no-edit")
    assert refused.code == 1 and "(no-test)" in refused.err
    assert feature.may("commit", "-q", "-m", "words") == (0, "", "")


def test_a_path_called_amend_is_no_amend(feature: Project, one: str) -> None:
    feature.repo.write("--amend", "a file\n")
    feature.change("more", test=False)
    done = feature.may("commit", "-q", "-m", "x", "--", "--amend", "lib/more")
    assert done.code == 1
    assert "no-test" in done.err


def test_a_merge_in_progress_passes(feature: Project) -> None:
    feature.git("switch", "-q", "-c", "other")
    feature.land("theirs", test=False)
    feature.repo.write("README", "theirs\n")
    feature.git("commit", "-q", "-am", "their words")
    feature.git("switch", "-q", "main")
    feature.repo.write("README", "ours\n")
    feature.git("commit", "-q", "-am", "our words")
    assert feature.may("merge", "-q", "other").code == 1
    feature.repo.write("README", "both\n")
    feature.git("add", "README")
    assert feature.may("commit", "-q", "--no-edit") == (0, "", "")
    assert feature.git("rev-list", "--parents", "-1", "HEAD").count(" ") == 2


def test_commits_and_rewrites_are_noted_and_become_events(feature: Project, one: str) -> None:
    assert feature.lines("spool") == [f"commit {one} main"]
    feature.git("commit", "-q", "--amend", "-m", "one, said better")
    two = feature.head
    assert feature.lines("spool")[1:] == [f"commit {two} main", f"rewrite {one} {two}"]
    feature.change("more")
    feature.do("green")
    [commit] = feature.loaded().state.commits
    assert (commit.id, commit.subject) == (two, "one, said better")
    assert feature.lines("spool") == []
    feature.git("commit", "-q", "--amend", "-m", "again")
    feature.git("commit", "-q", "--amend", "-m", "and again")
    feature.change("most")
    feature.do("green")
    [commit] = feature.loaded().state.commits
    assert (commit.id, commit.subject) == (feature.head, "and again")
    assert sorted(feature.types()[-3:]) == ["commit.recorded", "commit.rewritten", "cycle.green"]


def test_h23_a_cherry_pick_is_noted(feature: Project) -> None:
    feature.git("switch", "-q", "-c", "other")
    feature.land("theirs")
    feature.git("switch", "-q", "main")
    feature.land("ours")
    feature.git("cherry-pick", "other")
    feature.change("next")
    feature.do("green")
    assert [c.subject for c in feature.loaded().state.commits] == ["ours", "theirs"]


@pytest.mark.long
def test_h23_a_rebase_is_followed(make: MakeProject) -> None:
    project = make()
    project.git("switch", "-q", "-c", "fix/it")
    project.begin()
    project.land("one")
    project.land("two")
    project.change("x")
    project.do("green")
    old = [c.id for c in project.loaded().state.commits]
    project.git("stash", "-q", "--include-untracked")
    project.git("switch", "-q", "main")
    project.land("upstream", "--no-verify")
    project.git("switch", "-q", "fix/it")
    project.git("rebase", "-q", "main")
    new = project.git("rev-list", "--reverse", "main..").split()
    assert project.lines("spool") == [f"rewrite {a} {b}" for a, b in zip(old, new, strict=True)]
    project.git("stash", "pop", "-q")
    project.do("green")
    commits = project.loaded().state.commits
    assert [c.id for c in commits] == new
    assert [c.subject for c in commits] == ["one", "two"]
    assert all(c.tree and c.parent_tree and c.patch_id for c in commits)


# -- the interpreter is gone -----------------------------------------------------------------


def test_h11_a_commit_without_the_program_is_refused_with_the_way_out(
    feature: Project, bare_path: str, tmp_path: Path
) -> None:
    """H11: a gate that stopped must not look like one that passes."""
    (feature.own / "program").write_text(f"{tmp_path}/gone/git-oneshot\n")
    (tmp_path / "few" / "cat").symlink_to("/bin/cat")
    feature.change("one")
    env = {"PATH": bare_path, "program": shutil.which("true") or ""}
    done = feature.may("commit", "-q", "-m", "one", env=env)
    assert done.code == 1
    assert done.err.splitlines() == [
        "error: git-oneshot is not there any more, and feature 'topic' is open",
        "hint: in a checkout of git-oneshot: pip install ., then here: "
        "git oneshot install; or for once: git commit --no-verify",
    ]
    (feature.own / "program").unlink()
    assert feature.may("commit", "-q", "-m", "one", env=env).code == 1
    program_without_interpreter(feature, tmp_path)
    assert feature.may("commit", "-q", "-m", "one", env=env).err.endswith(done.err)
    assert feature.may("commit", "-q", "--no-verify", "-m", "one", env=env).code == 0


def test_a_push_without_the_program_is_refused_with_the_way_out(
    feature: Project, make: MakeProject, bare_path: str, tmp_path: Path
) -> None:
    make.remote(feature)
    feature.land("one")
    (feature.own / "program").write_text(f"{tmp_path}/gone/git-oneshot\n")
    for name in ("cat", "rm"):
        (tmp_path / "few" / name).symlink_to(f"/bin/{name}")
    env = {"PATH": bare_path, "program": shutil.which("true") or ""}
    done = feature.may("push", "origin", "main", env=env)
    assert done.code == 1
    assert done.err.splitlines()[:2] == [
        "error: git-oneshot is not there any more, and a feature is on its way",
        "hint: in a checkout of git-oneshot: pip install ., then here: "
        "git oneshot install; or for once: git push --no-verify",
    ]
    program_without_interpreter(feature, tmp_path)
    assert done.err in feature.may("push", "origin", "main", env=env).err
    assert feature.may("push", "-q", "--no-verify", "origin", "main", env=env).code == 0
    assert not list(feature.own.glob("stdin.*"))


def test_h11_a_program_that_moved_is_found_on_path(feature: Project, tmp_path: Path) -> None:
    (feature.own / "program").write_text(f"{tmp_path}/gone/git-oneshot\n")
    feature.change("one", test=False)
    assert "not proven (no-test)" in feature.may("commit", "-q", "-m", "one").err


# -- hooks that were there -----------------------------------------------------------------


@pytest.mark.usefixtures("by_files")
def test_a_hook_that_was_there_runs_first_and_can_refuse(project: Project, tmp_path: Path) -> None:
    log = tmp_path / "log"
    user_hook(project, "pre-commit", f'echo "pre-commit $#" >>"{log}"; exit "${{REFUSE:-0}}"')
    user_hook(project, "post-commit", f'echo "post-commit $#" >>"{log}"; exit 3')
    user_hook(project, "post-rewrite", f'echo "post-rewrite $*" >>"{log}"; cat >>"{log}"')
    project.do("install", "--yes")
    old = project.land("idle", test=False)
    project.git("commit", "-q", "--amend", "-m", "idle again")
    idle = ["pre-commit 0", "post-commit 0"]
    assert log.read_text().splitlines() == [*idle, *idle, "post-rewrite amend",
                                            f"{old} {project.head}"]  # fmt: skip
    project.begin()
    log.unlink()
    project.change("one")
    called = replace_program(project, tmp_path)
    assert project.may("commit", "-q", "-m", "one", env={"REFUSE": "7"}).code == 1
    assert not called.exists()
    project.git("commit", "-q", "-m", "one")
    old = project.head
    project.git("commit", "-q", "--amend", "-m", "once more")
    assert called.read_text() == "hook pre-commit\n" * 2
    assert log.read_text().splitlines() == [
        "pre-commit 0", *idle, *idle, "post-rewrite amend", f"{old} {project.head}",
    ]  # fmt: skip
    assert project.lines("spool") == [
        f"commit {old} main", f"commit {project.head} main", f"rewrite {old} {project.head}",
    ]  # fmt: skip


@pytest.mark.usefixtures("by_files")
@pytest.mark.parametrize("is_open", [False, True])
def test_h14_a_pre_push_that_was_there_gets_the_same_arguments_and_bytes(
    project: Project, make: MakeProject, tmp_path: Path, is_open: bool
) -> None:
    """H14, binary-exact: names of refs need not be Unicode."""
    make.remote(project)
    seen = tmp_path / "seen"
    hook = user_hook(project, "pre-push", f'printf "%s\\n" "$@" >"{seen}.args"; cat >"{seen}"')
    project.do("install", "--yes")
    odd = b"refs/heads/\xffodd\xc2\x85name"
    run(["git", "update-ref", os.fsdecode(odd), "HEAD"], project.path)
    if is_open:
        project.begin()
    done = project.may("push", "-q", "origin", os.fsdecode(odd), "HEAD^{/ba se|base}:refs/heads/b")
    assert done.code == 0, done
    head = project.head.encode()
    assert sorted(seen.read_bytes().splitlines(keepends=True)) == sorted([
        odd + b" " + head + b" " + odd + b" " + b"0" * 40 + b"\n",
        b"HEAD^{/ba se|base} " + head + b" refs/heads/b " + b"0" * 40 + b"\n",
    ])  # fmt: skip
    assert Path(f"{seen}.args").read_text().splitlines() == ["origin", str(tmp_path / "origin.git")]
    (hook.parent / "before-oneshot/pre-push").write_text("#!/bin/sh\nexit 9\n")
    assert project.may("push", "-q", "origin", "main:refs/heads/c").code == 1


def test_our_exit_status_is_the_hooks(feature: Project, make: MakeProject, tmp_path: Path) -> None:
    make.remote(feature)
    feature.land("one")
    called = replace_program(feature, tmp_path, "exec cat >&2; exit 5")
    line = f"refs/heads/main {feature.head} refs/heads/main {feature.git('rev-parse', 'HEAD^')}"
    assert feature.may("push", "-q", "origin", "main").err == line + "\n"
    assert called.read_text() == f"hook pre-push origin {tmp_path}/origin.git\n"
    replace_program(feature, tmp_path, "exit 5")
    feature.land("two", "--no-verify")
    assert feature.may("push", "-q", "origin", "main").code == 1
    assert not list(feature.own.glob("stdin.*"))


@pytest.mark.usefixtures("by_files")
def test_h14_uninstall_puts_everything_back_byte_for_byte(
    project: Project, make: MakeProject, tmp_path: Path
) -> None:
    make.remote(project)
    odd = user_hook(project, "pre-commit", "")
    odd.write_bytes(b"#!/bin/sh\r\n\xff\n")
    odd.chmod(0o640)
    user_hook(project, "pre-push", "exit 0").chmod(0o705)
    linked = project.hook("post-commit")
    linked.symlink_to("../elsewhere")
    before = project.digest()
    project.begin()
    assert project.digest() != before
    done = project.do("uninstall")
    assert "gone: hook pre-commit\nback: the pre-commit hook of before\n" in done.out
    project.git("update-ref", "-d", "refs/oneshot/topic")
    assert project.digest() == before
    assert linked.is_symlink()
    assert stat.S_IMODE(odd.stat().st_mode) == 0o640
    assert not project.own.exists()
    assert project.do("uninstall").out == "nothing to do\n"


def test_install_twice_changes_nothing_the_second_time(project: Project, make: MakeProject) -> None:
    make.remote(project)
    user_hook(project, "pre-commit", "exit 0")
    project.do("install", "--yes")
    before = project.digest()
    done = project.do("install", "--yes", "--json")
    assert done.data["changes"] == []
    assert project.digest() == before


@pytest.mark.usefixtures("by_files")
def test_a_hook_that_another_tool_put_over_ours_destroys_no_third(project: Project) -> None:
    hook = user_hook(project, "pre-commit", "echo first")
    project.do("install", "--yes")
    user_hook(project, "pre-commit", "echo second")
    project.do("install", "--yes")
    kept = hook.parent / "before-oneshot"
    assert "echo second" in (kept / "pre-commit").read_text()
    assert "echo first" in (kept / "pre-commit.1").read_text()
    project.do("uninstall")
    assert "echo second" in hook.read_text()


def test_a_hook_that_was_there_knows_its_name_and_what_is_beside_it(
    project: Project, tmp_path: Path
) -> None:
    """Many hooks ask their own name what they are, and have a part in a file beside them."""
    log = tmp_path / "log"
    user_hook(
        project, "post-commit", f'. "$(dirname "$0")/part.sh"; echo "$part ${{0##*/}}" >>"{log}"'
    )
    project.hook("part.sh").write_text("part=here\n")
    tracked = project.repo.write("tools/check", f'#!/bin/sh\necho "checked" >>"{log}"\n')
    tracked.chmod(0o755)
    project.hook("pre-commit").symlink_to("../../tools/check")
    before = sorted(os.listdir(tracked.parent.parent / ".git/hooks"))
    project.do("install", "--yes")
    project.land("one", test=False)
    assert log.read_text().splitlines() == ["checked", "here post-commit"]
    project.do("uninstall")
    assert sorted(os.listdir(tracked.parent.parent / ".git/hooks")) == before
    assert os.readlink(project.hook("pre-commit")) == "../../tools/check"


@pytest.mark.usefixtures("by_files")
def test_installs_at_once_keep_the_hook_that_was_there(project: Project) -> None:
    """Each would take the other's hook for the user's, and run it before itself for ever."""
    hook = user_hook(project, "pre-commit", "echo mine")
    argv = ["git", "oneshot", "install", "--yes"]
    running = [
        subprocess.Popen(argv, cwd=project.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    ended = [(one.communicate()[1], one.returncode) for one in running]
    assert [code for _, code in ended] == [0] * 4, ended
    assert os.listdir(hook.parent / "before-oneshot") == ["pre-commit"]
    assert "echo mine" in (hook.parent / "before-oneshot/pre-commit").read_text()
    assert project.git("config", "--get-all", "notes.displayRef") == "refs/notes/oneshot"


@pytest.mark.parametrize("folder", ["oneshot", "hooks"])
def test_a_file_where_a_folder_should_be_is_named(project: Project, folder: str) -> None:
    shutil.rmtree(project.path / ".git" / folder, ignore_errors=True)
    (project.path / ".git" / folder).write_text("a file\n")
    done = project.cli("install", "--yes", "--json")
    assert (done.code, done.error) == (2, "FILE_ERROR")
    assert done.json["error"]["message"].startswith(f"'{project.path}/.git/{folder}")


@pytest.mark.usefixtures("by_files")
def test_a_manager_that_calls_ours_first_is_left_alone(project: Project) -> None:
    """pre-commit and prek keep the hook that they find as NAME.legacy, and call that."""
    project.do("install", "--yes")
    project.hook("pre-commit").rename(project.hook("pre-commit.legacy"))
    user_hook(project, "pre-commit", 'exec "$0.legacy" "$@"')
    assert project.do("install", "--yes", "--json").data["changes"] == []
    project.begin()
    assert project.do("install", "--yes", "--json").data["changes"] == []
    project.change("one", test=False)
    assert "not proven (no-test)" in project.may("commit", "-q", "-m", "one").err


@pytest.mark.usefixtures("by_files")
def test_the_line_for_husky_goes_into_the_users_hook(feature: Project) -> None:
    """git looks into `.husky/_`, which husky makes anew; the user's hooks are in `.husky`."""
    feature.repo.write(".husky/_/h", "")
    feature.repo.write(".husky/_/pre-commit", '. "$(dirname "$0")/h"\n')
    feature.git("config", "core.hooksPath", ".husky/_")
    done = feature.cli("install", "--yes", "--json")
    assert "add to .husky/pre-commit: git-oneshot hook pre-commit" in done.json["error"]["hint"]
    feature.repo.write(".husky/pre-commit", "git-oneshot hook pre-commit\n")
    assert feature.do("status", "--json").data["unheard"] == ["pre-push"]


def test_h12_a_hook_that_lost_its_bit_is_put_right(feature: Project) -> None:
    """H12: git passes over a hook that is not executable."""
    feature.hook("pre-push").chmod(0o644)
    assert feature.do("install", "--yes", "--json").data["changes"] == ["hook pre-push"]
    assert os.access(feature.hook("pre-push"), os.X_OK)


@pytest.mark.usefixtures("by_files")
def test_h13_anothers_hooks_path_is_left_alone(project: Project, tmp_path: Path) -> None:
    """H13: core.hooksPath is another tool's; nothing is written there, nor into .git/hooks."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    project.git("config", "core.hooksPath", str(theirs))
    done = project.cli("install", "--yes", "--json")
    assert (done.code, done.error) == (1, "HOOKS_PATH_SET")
    assert list(theirs.iterdir()) == []
    assert not any(project.hook(name).exists() for name in HOOKS)
    assert project.git("config", "--get-all", "notes.displayRef") == "refs/notes/oneshot"
    assert "git-oneshot hook pre-commit" in done.json["error"]["hint"]
    # What the hint says works: their pre-commit calls ours.
    (theirs / "pre-commit").write_text("#!/bin/sh\nexec git-oneshot hook pre-commit\n")
    (theirs / "pre-commit").chmod(0o755)
    project.begin()
    project.change("one", test=False)
    assert "not proven (no-test)" in project.may("commit", "-q", "-m", "one").err


# -- wherever a commit is made -----------------------------------------------------------------


@pytest.mark.parametrize("branch", ["main", "fix/deep/er", "it's odd; $(touch x)", "ünï"])
def test_hooks_know_the_branch(project: Project, branch: str) -> None:
    branch = branch.replace(" ", "-") if "odd" in branch else branch
    if branch != "main":
        project.git("switch", "-q", "-c", branch)
    project.begin()
    project.change("one", test=False)
    assert project.may("commit", "-q", "-m", "one").code == 1
    project.change("one", code=False)
    project.git("commit", "-q", "-m", "one")
    assert project.lines("spool") == [f"commit {project.head} {branch}"]
    assert not (project.path / "x").exists()


def test_a_commit_from_a_subdirectory(feature: Project) -> None:
    feature.change("one", test=False)
    cwd = feature.path / "lib"
    assert feature.may("commit", "-q", "-m", "one", cwd=cwd).code == 1
    feature.change("one", code=False)
    assert feature.may("commit", "-q", "-m", "one", cwd=cwd) == (0, "", "")


def test_linked_worktrees_share_hooks_and_not_branches(feature: Project, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    feature.git("worktree", "add", "-q", "-b", "side", str(linked))
    (linked / "lib/one").write_text("one\n")
    run(["git", "add", "--all"], linked)
    assert feature.may("commit", "-q", "-m", "no feature here", cwd=linked) == (0, "", "")
    assert feature.cli("init", "second", cwd=linked).code == 0
    (linked / "lib/two").write_text("two\n")
    run(["git", "add", "--all"], linked)
    assert feature.may("commit", "-q", "-m", "x", cwd=linked).code == 1
    assert feature.may("commit", "-q", "--no-verify", "-m", "x", cwd=linked).code == 0
    [line] = feature.lines("spool")
    assert line.endswith(" side")
    # The feature of the main worktree leaves it where it is, for the other.
    feature.change("three")
    feature.do("green")
    assert feature.lines("spool") == [line]


def test_a_git_directory_elsewhere(make: MakeProject, tmp_path: Path) -> None:
    project = make("work", f"--separate-git-dir={tmp_path}/else where.git")
    project.begin()
    project.change("one", test=False)
    assert project.may("commit", "-q", "-m", "one").code == 1
    project.change("one", code=False)
    project.git("commit", "-q", "-m", "one")
    assert project.lines("spool") == [f"commit {project.head} main"]


@pytest.mark.long
def test_a_sha256_repository(make: MakeProject) -> None:
    """H8: the empty tree and the zero id are computed, not known by heart."""
    project = make("work", "--object-format=sha256")
    bare = project.may("init", "-q", "--bare", "--object-format=sha256", "../r.git")
    assert bare.code == 0
    project.git("remote", "add", "origin", "../r.git")
    project.begin()
    project.change("one", test=False)
    assert project.may("commit", "-q", "-m", "one").code == 1
    project.change("one", code=False)
    project.git("commit", "-q", "-m", "one")
    project.git("commit", "-q", "--amend", "-m", "one, again")
    assert len(project.head) == 64
    # A new branch whose whole history is new: the root commit is of no feature, and proven.
    assert project.may("push", "-q", "origin", "main").code == 0
    assert project.git("ls-remote", "origin", "refs/oneshot/topic") != ""
    assert project.do("finalize").out.endswith("'topic' is completed\n")


def test_the_first_commit_of_a_repository(make: MakeProject) -> None:
    """H7: without a HEAD the parent is the empty tree."""
    project = make()
    project.git("checkout", "-q", "--orphan", "fresh")
    project.do("init", "topic", "--yes")
    project.do("plan", "--goal", "begin")
    assert project.may("commit", "-q", "-m", "root").code == 0
    assert project.lines("spool") == [f"commit {project.head} fresh"]
    feature = project.do("status", "--json").data
    assert [c["commit"] for c in feature["commits"]] == [project.head]


def test_pytest_is_run_in_a_hook(make: MakeProject) -> None:
    """The whole way once with pytest itself: its tests, not its exit code, are the proof."""
    truth = "def test_truth():\n    assert True\n"
    project = make(files={"pytest.ini": INI, "calc.py": "", "test_calc.py": truth})
    project.begin()
    project.repo.write("calc.py", "def two():\n    return 2\n")
    vacuous = "\n\ndef test_two():\n    import calc\n"
    project.repo.write("test_calc.py", truth + vacuous)
    project.git("add", "--all")
    assert "not proven (vacuous-red)" in project.may("commit", "-q", "-m", "two").err
    project.repo.write("test_calc.py", truth + vacuous + "    assert calc.two() == 2\n")
    project.git("add", "--all")
    assert project.may("commit", "-q", "-m", "two") == (0, "", "")


def test_the_command_line_of_git_is_read_or_none_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no /proc, `ps` is asked; where nothing is known, it is no amend."""
    argv, parent = caller._process(os.getpid())
    assert argv and parent == os.getppid()
    assert caller._process(2**30) == ([], 0)
    monkeypatch.setattr(os, "getppid", lambda: 2**30)
    monkeypatch.setenv("PATH", "/nowhere")
    assert caller.git_argv() == []
    assert caller.amends(["git", "commit", "--amend"])
    assert not caller.amends(["git", "commit", "--a", "--", "--amend"])
    for line in ("--fixup=HEAD", "--fix HEAD", "--fixup=amend:HEAD", "--squash HEAD", "--sq=@"):
        assert caller.squashes(["git", "commit", *line.split()])
    assert not caller.squashes(["git", "commit", "--file=x", "--signoff", "--s", "--fixture"])


@pytest.mark.parametrize(
    ("line", "tries"),
    [("git push --dry-run", True), ("git push -n origin main", True), ("git push -fn", True),
     ("git push --dry", True), ("git push", False), ("git push -o nice", False),
     ("git push -qon", False), ("git push --no-verify", False), ("git push -- -n", False),
     ("git -c a=-n push", False), ("git push --d", False)],
)  # fmt: skip
def test_a_push_that_only_tries_is_known_by_its_command_line(line: str, tries: bool) -> None:
    assert caller.only_tries(line.split()) is tries


def test_an_amended_merge_passes(feature: Project) -> None:
    """Its parents are two: what it brings from elsewhere is not its own."""
    ours = feature.git("branch", "--show-current")
    feature.land("one")
    feature.git("switch", "-q", "-c", "theirs", "HEAD~1")
    feature.repo.write("lib/theirs", "theirs\n")
    feature.git("add", "--all")
    feature.git("commit", "-q", "-m", "theirs")
    feature.git("switch", "-q", ours)
    feature.git("merge", "-q", "--no-edit", "theirs")
    assert feature.may("commit", "--amend", "-q", "-m", "better words") == (0, "", "")
