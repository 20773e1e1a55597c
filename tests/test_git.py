"""Which repository a directory belongs to, and what a child process of ours gets to see."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from git_oneshot.core.errors import Code, Exit, OneshotError
from git_oneshot.git import Git, GitError, discover, scrub
from tests.sandbox import MakeRepo, Repo


@pytest.fixture
def work(repo: MakeRepo) -> Repo:
    """A repository with a work tree and a commit."""
    work = repo()
    work.commit("first", {"docs/index.md": "hello\n"})
    return work


def at(path: Path) -> Git:
    """What is found from a directory."""
    return discover(str(path), os.environ)


# -- where ------------------------------------------------------------------------


@pytest.mark.parametrize("below", [".", "docs", ".git", ".git/refs/heads"])
def test_one_repository_is_found_from_everywhere_in_it(work: Repo, below: str) -> None:
    git = at(work.path / below)
    assert git.git_dir == git.common_dir == str(work.path / ".git")
    if below != ".git/refs/heads":
        assert git.work_tree == str(work.path)
    assert git.object_format == "sha1"
    assert git.own_dir == str(work.path / ".git" / "oneshot")
    assert git.zero == "0" * 40
    assert git.text("rev-parse", "HEAD") == work.git("rev-parse", "HEAD")


def test_a_sha256_repository_says_so(repo: MakeRepo) -> None:
    git = repo("work", "--object-format=sha256").discover()
    assert git.object_format == "sha256"
    assert git.zero == "0" * 64


def test_a_bare_repository_has_no_work_tree(repo: MakeRepo) -> None:
    git = repo("bare.git", "--bare").discover()
    assert git.work_tree is None
    assert git.git_dir == git.common_dir
    assert git.text("rev-parse", "--is-bare-repository") == "true"


def test_a_bare_repository_called_dot_git_has_none_either(repo: MakeRepo, tmp_path: Path) -> None:
    """As people keep it who work in linked worktrees only."""
    repo("project/.git", "--bare")
    assert at(tmp_path / "project").work_tree is None
    assert at(tmp_path / "project" / ".git").work_tree is None


def test_a_linked_worktree_shares_all_but_its_own(work: Repo, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    work.git("worktree", "add", "-q", str(linked))
    git = at(linked / "docs")
    assert git.work_tree == str(linked)
    assert git.git_dir == str(work.path / ".git" / "worktrees" / "linked")
    assert git.common_dir == str(work.path / ".git")
    assert git.own_dir == at(work.path).own_dir
    assert git.text("rev-parse", "--abbrev-ref", "HEAD") == "linked"


def test_a_work_tree_elsewhere_is_found(work: Repo, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    work.git("config", "core.worktree", str(elsewhere))
    assert at(work.path / ".git").work_tree == str(elsewhere)


def test_a_name_with_spaces_and_umlauts_is_found(repo: MakeRepo) -> None:
    work = repo("mein Täst 'repo'")
    work.commit("first", {"a b": ""})
    git = work.discover()
    assert git.work_tree == str(work.path)
    assert git.names("ls-files", "-z") == ["a b"]


def test_outside_of_a_repository_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(OneshotError) as refused:
        at(tmp_path)
    assert refused.value.code is Code.NOT_A_REPOSITORY
    assert refused.value.kind.exit is Exit.USAGE
    assert refused.value.message == "not inside a git repository"
    assert "git init" in refused.value.hint


def test_outside_of_a_repository_is_understood_in_any_language(tmp_path: Path) -> None:
    with pytest.raises(OneshotError) as refused:
        discover(str(tmp_path), {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "de"})
    assert refused.value.message == "not inside a git repository"


def test_a_directory_that_is_not_there_is_in_no_repository(tmp_path: Path) -> None:
    with pytest.raises(OneshotError) as refused:
        at(tmp_path / "gone")
    assert refused.value.code is Code.NOT_A_REPOSITORY
    assert "gone" in refused.value.message


def test_without_git_the_message_names_git(work: Repo, tmp_path: Path) -> None:
    with pytest.raises(OneshotError) as refused:
        discover(str(work.path), {**os.environ, "PATH": str(tmp_path)})
    assert refused.value.code is Code.GIT_MISSING
    assert refused.value.kind.exit is Exit.MISSING
    assert "install" in refused.value.hint


# -- what a child sees ----------------------------------------------------------------


def test_every_variable_that_binds_git_to_a_repository_is_scrubbed() -> None:
    """git says itself which they are; two of them carry the user's own ``-c`` options."""
    said = subprocess.run(
        ["git", "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "GIT_INDEX_FILE" in said
    kept = {"GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"}
    assert set(scrub(dict.fromkeys(said, "x"))) == kept & set(said)


def test_scrubbing_takes_nothing_else() -> None:
    environ = {"PATH": "/bin", "GIT_AUTHOR_NAME": "A", "GIT_SSH_COMMAND": "ssh", "GIT_TRACE": "0"}
    assert scrub({**environ, "GIT_DIR": "/x", "GIT_NOTES_REF": "refs/notes/x"}) == environ


@pytest.fixture
def hooked(work: Repo, repo: MakeRepo, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A repository as a hook of it finds it, with variables that point elsewhere too."""
    elsewhere = repo("elsewhere")
    elsewhere.commit("elsewhere")
    monkeypatch.chdir(work.path)
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", str(work.path / ".git" / "index.lock.of.commit"))
    git = discover(".", os.environ)
    monkeypatch.setenv("GIT_DIR", str(elsewhere.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(elsewhere.path))
    return git


def test_a_hooks_variables_never_reach_a_child(hooked: Git, work: Repo) -> None:
    """A child that inherits them writes into the index that is being committed."""
    assert hooked.git_dir == str(work.path / ".git")
    seen = hooked.text("-c", "alias.env=!env", "env").splitlines()
    values = dict(line.split("=", 1) for line in seen if line.startswith("GIT_"))
    assert values["GIT_DIR"] == str(work.path / ".git")
    assert values.get("GIT_WORK_TREE") in (None, str(work.path))
    assert "GIT_INDEX_FILE" not in values


def test_in_a_hook_the_index_that_is_being_committed_is_not_touched(
    hooked: Git, work: Repo
) -> None:
    hooked.output("update-index", "--add", "--cacheinfo", f"100644,{'1' * 40},new")
    assert not os.path.exists(work.path / ".git" / "index.lock.of.commit")
    assert hooked.lines("ls-files") == ["docs/index.md", "new"]


def test_a_private_index_leaves_the_users_alone(work: Repo, tmp_path: Path) -> None:
    git = at(work.path)
    private = str(tmp_path / "private")
    git.output("read-tree", "--empty", index=private)
    assert git.lines("ls-files", index=private) == []
    assert git.lines("ls-files") == ["docs/index.md"]


def test_the_users_own_options_reach_a_child(work: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """``git -c key=value oneshot`` is meant for us."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.name")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "From The Command Line")
    assert at(work.path).text("config", "user.name") == "From The Command Line"


def test_replace_refs_bend_no_child(work: Repo) -> None:
    first, second = work.git("rev-parse", "HEAD"), work.commit("second")
    work.git("replace", second, first)
    assert at(work.path).text("log", "-1", "--format=%s", second) == "second"


# -- calling --------------------------------------------------------------------------


def test_a_command_that_fails_says_what_git_said(work: Repo) -> None:
    with pytest.raises(GitError) as failed:
        at(work.path).text("cat-file", "-t", "nonsense")
    assert failed.value.code is Code.GIT_FAILED
    assert failed.value.status == 128
    assert failed.value.message == "git cat-file: fatal: Not a valid object name nonsense"
    assert failed.value.stderr.startswith("fatal:")


def test_a_command_that_fails_in_silence_says_how_it_ended(work: Repo) -> None:
    with pytest.raises(GitError) as failed:
        at(work.path).text("rev-parse", "-q", "--verify", "nonsense")
    assert failed.value.message == "git rev-parse: exit 1"


def test_a_status_can_be_allowed(work: Repo) -> None:
    assert at(work.path).call("diff", "--quiet", ok=(0, 1)).returncode == 0
    git = at(work.path)
    assert git.maybe("rev-parse", "-q", "--verify", "nonsense") is None
    assert git.maybe("rev-parse", "--verify", "nonsense") is None
    assert git.maybe("rev-parse", "HEAD") == work.git("rev-parse", "HEAD")


@pytest.mark.parametrize("name", ["nonsense", "-q", "--all", "", "a b", "HEAD~9"])
def test_what_names_nothing_is_no_option_either(work: Repo, name: str) -> None:
    git = at(work.path)
    assert git.named(name) is None
    assert not git.leads(name, "HEAD")


def test_a_commit_leads_to_itself_and_to_what_comes_after(work: Repo) -> None:
    git = at(work.path)
    first, second = work.commit("one"), work.commit("two")
    assert git.named("HEAD") == second
    assert git.leads(first, second) and git.leads(second, "HEAD")
    assert not git.leads(second, first)


def test_output_lines_and_names(work: Repo) -> None:
    work.commit("second", {"two\nlines": "", "ümlaut": ""})
    git = at(work.path)
    blob = git.text("hash-object", "-w", "--stdin", stdin=b"\0\xff")
    assert git.output("cat-file", "blob", blob) == b"\0\xff"
    assert git.names("ls-files", "-z") == ["docs/index.md", "two\nlines", "ümlaut"]
    assert git.lines("log", "--format=%s") == ["second", "first"]
    assert git.lines("ls-files", "nothing") == []
    assert git.text("show", "HEAD~1:docs/index.md") == "hello"


def test_children_run_at_the_top_of_the_work_tree(work: Repo) -> None:
    git = at(work.path / "docs")
    assert git.lines("ls-files") == ["docs/index.md"]


def test_a_child_that_is_interrupted_takes_its_lock_away(work: Repo) -> None:
    """git does so when it is asked to end, and cannot when it is killed."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        editor = f"kill -ALRM {os.getpid()}; sleep 1; true"
        git = discover(str(work.path), {**os.environ, "GIT_EDITOR": editor})
        with pytest.raises(KeyboardInterrupt):
            git.call("commit", "--all", "--amend")
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not (work.path / ".git" / "index.lock").exists()


def test_children_speak_english(work: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANGUAGE", "de")
    with pytest.raises(GitError) as failed:
        at(work.path).text("cat-file", "-t", "nonsense")
    assert "Not a valid object name" in failed.value.message


def test_no_name_holds_a_nul(work: Repo) -> None:
    """A trail may name a branch that can be none, and no program can be asked for that."""
    git = at(work.path)
    assert git.named("refs/heads/a\0b") is None
    with pytest.raises(GitError, match="NUL"):
        git.text("rev-parse", "a\0b")
