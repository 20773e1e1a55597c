"""Every command where something is wrong with the place: an answer with a way out, never a bug."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from git_oneshot.gate.markers import Markers
from tests.gate.project import MakeProject, Project, call, run
from tests.sandbox import At

# One process for all: what each answers, with its exit status before it.
EACH: Final = """
import contextlib, io, sys
from git_oneshot.cli.main import main
for line in sys.argv[1:]:
    out = io.StringIO()
    answer = io.TextIOWrapper(io.BytesIO())
    with contextlib.redirect_stderr(out), contextlib.redirect_stdout(answer):
        code = main(line.split())
    print(code, line, "|", out.getvalue().replace("\\n", "|"))
"""
COMMANDS: Final = (
    "init other --yes", "plan --goal x", "red", "green", "request-synthesize",
    "declare refactor --reason x", "finalize", "prove", "push", "checkpoint", "resume", "status",
    "list", "log", "why", "verify", "prune --apply", "sync", "fsck", "fsck --repair", "export",
    "install --yes", "trust --yes", "doctor", "doctor --fix", "rules", "rules --write",
    "skill --write", "cache clear", "cancel", "uninstall",
)  # fmt: skip


def each(folder: Path, *before: str) -> dict[str, str]:
    """What each command answered in a folder, by command."""
    argv = [*before, sys.executable, "-c", EACH, *COMMANDS]
    done = subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120, check=False)  # fmt: skip
    said = {}
    for line in done.stdout.splitlines():
        code, rest = line.split(" ", 1)
        command, _, answer = rest.partition(" | ")
        said[command] = f"{code} {answer}"
    assert said.keys() == {*COMMANDS}, done.stderr
    return said


def no_bugs(said: dict[str, str]) -> None:
    for command, answer in said.items():
        assert not answer.startswith("70 "), (command, answer)
        assert answer.startswith(("0 ", "130 ")) or "|hint: " in answer, (command, answer)


@pytest.mark.parametrize("bare", [False, True])
def test_where_there_is_no_commit_yet(tmp_path: Path, bare: bool) -> None:
    """git's own words on a branch without one are of no help to anybody."""
    subprocess.run(["git", "init", "-q", *["--bare"] * bare, str(tmp_path)], check=True)
    for command in ("prove",) if bare else ("red", "prove", "finalize"):
        assert call([command, "--json"], tmp_path).error == "FEATURE_UNKNOWN"


@pytest.mark.long
def test_a_repository_that_nobody_may_write_to(feature: Project) -> None:
    """It can be read; what would write is refused, and not to be tried again."""
    plain = ["setpriv", "--bounding-set=-dac_override,-fowner"] if os.geteuid() == 0 else []
    if plain and shutil.which("setpriv") is None:
        pytest.skip("NOT SHOWN in a repository for reading: we are root, and there is no setpriv")
    feature.land("one")
    paths = [feature.path, *feature.path.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        said = each(feature.path, *plain)
    finally:
        for path in paths:
            path.chmod(path.stat().st_mode | 0o200)
    no_bugs(said)
    for command in ("plan --goal x", "checkpoint", "cancel", "init other --yes"):
        assert said[command].startswith(("1 ", "2 ")), (command, said[command])
        assert "try again" not in said[command]
    for command in ("status", "list", "log", "why", "rules", "export"):
        assert said[command].startswith("0 "), (command, said[command])


@pytest.mark.long
def test_a_file_where_our_folder_belongs(feature: Project) -> None:
    shutil.rmtree(feature.own)
    feature.own.write_text("junk")
    no_bugs(each(feature.path))


def test_a_folder_that_is_gone(project: Project) -> None:
    folder = project.path / "gone"
    folder.mkdir()
    argv = [sys.executable, "-c", f"import os, sys; os.rmdir({str(folder)!r}); "
            "from git_oneshot.cli.main import main; sys.exit(main(['status']))"]  # fmt: skip
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2, "error: the folder that you are in is gone",
    )  # fmt: skip


def test_a_bare_repository_begins_nothing(make: MakeProject) -> None:
    project = make()
    done = project.cli("init", "topic", cwd=make.remote(project).path)
    assert (done.code, done.err.splitlines()[0]) == (
        2, "error: this needs a working tree, and the repository is bare",
    )  # fmt: skip


def test_of_three_who_begin_at_once_one_does(project: Project) -> None:
    """They would all find the branch free, and begin on it."""
    argv = ["git", "oneshot", "init", "--json"]
    with Markers(project.repo.discover()).beginning():  # none may begin before all have looked
        running = [
            subprocess.Popen([*argv, f"try-{number}"], cwd=project.path, stdout=subprocess.PIPE)
            for number in range(3)
        ]
    codes = sorted(one.wait() for one in running)
    for one in running:
        assert one.stdout is not None
        one.stdout.close()
    assert codes == [0, 1, 1]
    assert project.do("list", "--json").data["total"] == 1


def test_a_base_that_is_no_branch(project: Project) -> None:
    done = project.cli("init", "topic", "--base", "mian")
    assert (done.code, done.err) == (
        2, "error: no branch 'mian', here or at a remote\nhint: did you mean 'main'?\n",
    )  # fmt: skip


MEANT: Final = "did you mean 'topic'? see them: git oneshot list --all"


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (("stauts",), "did you mean 'status'?"),
        (("status", "--jsn"), "did you mean '--json'?"),
        (("declare", "refactr", "--reason", "x"), "did you mean 'refactor'?"),
        (("nothing-like-it",), "git oneshot -h"),
        (("status", "topci"), MEANT),
        (("log", "topci"), MEANT),
        (("show", "1", "-f", "topci"), MEANT),
        (("replay", "topci"), MEANT),
        (("fsck", "-f", "topci"), MEANT),
        (("split", "topci", "--as", "new"), MEANT),
        (("status", "--nix"), "git oneshot status -h"),  # two dashes are no likeness
        (("init", "x", "--policy"), "git oneshot init -h"),
    ],
)
def test_what_was_meant(feature: Project, argv: tuple[str, ...], hint: str) -> None:
    done = feature.cli(*argv)
    assert (done.code, done.err.splitlines()[1]) == (2, f"hint: {hint}")


@pytest.mark.parametrize(
    ("argv", "first"),
    [
        (("finalise",), "schema finalize"),
        (("stauts",), "schema status"),
        (("nothing-like-it",), "skill"),
        (("plan", "topci", "--goal", "x"), "status topic"),
        (("finalize", "topci"), "status topic"),
        (("plan", "quite-another", "--goal", "x"), "init quite-another"),
        (("init", "CLI_BadArg", "--policy", "never"), "init cli-badarg --policy never"),
        (("init", "__"), "schema init"),
        (("finalize", "CLI_BadArg"), "list --all"),
    ],
)
def test_a_program_is_led_to_what_was_meant(
    feature: Project, argv: tuple[str, ...], first: str
) -> None:
    """As a person is; a feature that was only nearly named is looked at, and nothing is done."""
    step = feature.cli(*argv, "--json").json["next"][0]
    assert [word for word in step["argv"][2:] if word != "--json"] == first.split()


def test_the_id_of_a_feature_that_ended_leads_to_another_id(feature: Project) -> None:
    feature.do("cancel")
    steps = feature.cli("init", "topic", "--policy", "never", "--json").json["next"]
    assert [" ".join(step["argv"]) for step in steps] == [
        "git oneshot init --json topic-2 --policy never", "git oneshot status --json topic",
    ]  # fmt: skip


def test_a_plan_on_another_branch_leads_to_the_features_own(feature: Project) -> None:
    feature.git("switch", "-q", "-c", "elsewhere")
    steps = feature.do("plan", "topic", "--goal", "x", "--json").json["next"]
    assert steps[0]["argv"] == ["git", "switch", "main"]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("cache", "nix"), "invalid value: 'nix' is not one of 'show', 'clear'"),
        (("import", "/nope"), "cannot read '/nope': No such file or directory"),
    ],
)
def test_an_argument_without_a_name_has_none(
    project: Project, argv: tuple[str, ...], said: str
) -> None:
    """It was called '[show|clear]', as the usage line has it."""
    assert project.cli(*argv).err.splitlines()[0] == f"error: {said}"


def _linked(project: Project, to: str) -> None:
    (project.path / ".oneshot.toml").unlink()
    (project.path / ".oneshot.toml").symlink_to(to)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda p: p.repo.write(".oneshot.toml", "strict = true\n[[suite"), ".oneshot.toml:2: "),
        (lambda p: p.repo.write(".oneshot.toml", "[gate]\nrefs = [1,\n"), ".oneshot.toml:2: "),
        (
            lambda p: _linked(p, "nowhere"),
            ".oneshot.toml is a link to 'nowhere', which is not there",
        ),
        (lambda p: _linked(p, "/etc/passwd"), ".oneshot.toml is a link to '/etc/passwd'"),
    ],
)
def test_rules_that_are_broken_and_not_committed(
    project: Project, spoil: Callable[[Project], object], why: str
) -> None:
    """`rules` has the line and names what helps, and not itself; doctor knows of it, too."""
    spoil(project)
    error, hint = project.cli("rules").err.splitlines()
    assert error.startswith(f"error: {why}")
    assert hint.startswith(("hint: mend it; how it is written: git help", "hint: make it a file"))
    [row] = [r for r in project.cli("doctor", "--json").data["checks"] if r["check"] == "rules"]
    assert row["findings"][0]["what"].startswith(f"not committed yet: {why}")


def test_a_goal_that_is_too_long(project: Project) -> None:
    project.do("init", "topic")
    assert project.cli("plan", "--goal", "x" * 20_000).err.splitlines() == [
        "error: cannot record this: the plan goal has more than 16384 characters",
        "hint: say less, or, of a plan, give it as text: git oneshot plan -F FILE",
    ]


@pytest.fixture
def topic(project: Project) -> Project:
    """A project on a branch with a feature, which has a commit."""
    project.git("switch", "-q", "-c", "topic")
    project.begin("topic", "--base", "main")
    project.land("one")
    return project


def test_a_feature_follows_its_branch(topic: Project) -> None:
    """It was open on a name that nothing had any more: a second one could begin there."""
    topic.git("branch", "-m", "renamed")
    done = topic.do("status")
    assert done.err.splitlines()[0] == "note: 'topic' follows its branch, which was 'topic'"
    assert done.out.splitlines()[0] == "topic: implementing, on-request, on renamed"
    again = topic.do("status", "--json")
    assert (again.data["branch"], again.err) == ("renamed", "")
    assert again.json["next"][0]["argv"][:3] == ["git", "oneshot", "finalize"]
    assert topic.cli("init", "second", "--json").error == "FEATURE_OPEN"
    topic.change("two", test=False)
    assert topic.may("commit", "-q", "-m", "two").code == 1  # the hooks know of it, too
    topic.git("reset", "-q", "--hard")
    topic.land("three")
    topic.git("commit", "-q", "--amend", "-m", "third")
    assert topic.cli("doctor").code == 0
    commits = topic.do("finalize", "--json").data["commits"]
    assert [one["subject"] for one in commits] == ["one", "third"]
    recorded = [one.id for one in topic.loaded().state.commits]
    assert recorded == [one["commit"] for one in commits]
    assert not (topic.own / "on" / "renamed").exists()
    assert topic.lines("done/renamed") == ["topic"]


def test_a_feature_whose_branch_was_renamed_is_found_from_another_one(topic: Project) -> None:
    """What it began on is gone: it was to be fetched, and had no commit."""
    topic.git("branch", "-m", "renamed")
    topic.do("status")
    topic.git("switch", "-q", "main")
    assert topic.do("status", "topic", "--json").json["next"][0]["argv"] == [
        "git", "switch", "renamed",
    ]  # fmt: skip
    done = topic.cli("finalize", "topic", "--json")
    assert done.json["error"]["message"] == "feature 'topic' is on branch 'renamed', not on 'main'"
    assert done.json["next"][0]["argv"] == ["git", "switch", "renamed"]
    [one] = topic.do("verify", "-f", "topic", "--json").data["commits"]
    assert (one["subject"], one["verdict"]) == ("one", "PASS")


def test_a_feature_is_cancelled_on_a_branch_that_was_renamed(topic: Project) -> None:
    topic.git("branch", "-m", "renamed")
    topic.do("cancel", "--keep-branch")
    assert not (topic.own / "on").exists()


def test_a_branch_that_was_renamed_and_named_back(topic: Project) -> None:
    topic.git("branch", "-m", "renamed")
    topic.do("status")
    topic.git("branch", "-m", "topic")
    assert topic.do("status", "--json").data["branch"] == "topic"
    assert topic.lines("on/topic") == ["topic"]
    assert not (topic.own / "on" / "renamed").exists()


def test_a_rename_of_another_branch_takes_no_feature_along(topic: Project) -> None:
    topic.git("switch", "-q", "-c", "other")
    topic.git("branch", "-m", "renamed")
    assert topic.cli("status", "--json").error == "FEATURE_UNKNOWN"
    assert topic.lines("on/topic") == ["topic"]


@pytest.mark.long
def test_where_a_shallow_clone_ends_it_is_told_to_fetch_more(
    project: Project, make: MakeProject, tmp_path: Path
) -> None:
    bare = make.remote(project)
    project.begin()
    project.land("one")
    project.git("push", "-q", "-u", "origin", "main")
    url = f"file://{bare.path}"
    project.git("clone", "-q", "--depth=1", "-b", "main", url, str(tmp_path / "shallow"))
    shallow = Project(At(tmp_path / "shallow"))
    shallow.do("install", "--yes")
    shallow.do("resume", "topic")
    deepen = ["git", "fetch", "--deepen=1"]
    for argv in (["verify"], ["verify", "HEAD"], ["finalize"], ["why"]):
        done = shallow.cli(*argv, "--json")
        assert done.json["next"][0]["argv"] == deepen, argv
    shallow.git(*deepen[1:])
    shallow.do("finalize")


def test_a_clone_without_hooks_says_so_as_long_as_the_feature_is_open(project: Project) -> None:
    project.do("init", "topic")
    project.do("plan", "--goal", "x")
    step = project.do("status", "--json").json["next"][-1]
    assert step["argv"] == ["git", "oneshot", "install", "--json", "--yes"]
    project.do("install", "--yes")
    assert all("install" not in one["argv"] for one in
               project.do("status", "--json").json["next"])  # fmt: skip


def test_a_push_without_an_upstream_is_told_how(project: Project, make: MakeProject) -> None:
    make.remote(project)
    project.git("switch", "-q", "-c", "topic")
    project.begin()
    project.land("one")
    done = project.cli("push", "--json")
    assert done.error == "PUSH_FAILED"
    argv = done.json["next"][0]["argv"]
    assert argv[-3:] == ["--set-upstream", "origin", "topic"]
    project.do(*argv[2:])


def test_who_acts_is_who_this_repository_says_from_wherever_it_is_named(project: Project) -> None:
    """git takes GIT_DIR, and --git-dir, from the folder where it is called."""
    for name in ("NAME", "EMAIL"):
        os.environ.pop(f"GIT_COMMITTER_{name}", None)
    project.git("config", "user.name", "Grace")
    project.git("config", "user.email", "grace@example.org")
    folder = project.path / "a" / "b"
    folder.mkdir(parents=True)
    env = {"GIT_DIR": "../../.git", "GIT_WORK_TREE": "../.."}
    assert run(["git-oneshot", "init", "topic"], folder, env).code == 0
    [event] = project.do("log", "topic", "--json").data["events"]
    assert event["by"] == "Grace <grace@example.org>"
