"""The command line itself: lazy, one boundary, exit codes, and who is on the other end."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from git_oneshot import __version__
from git_oneshot.cli import main as cli
from git_oneshot.cli.main import COMMANDS, HIDDEN, main
from git_oneshot.core.errors import KINDS, Code, OneshotError
from tests.gate.project import ROOT, Done, Project, call, run

SHOWN = [name for name in COMMANDS if name not in HIDDEN]


def python(code: str, cwd: Path) -> Done:
    return run([sys.executable, "-c", code], cwd)


def test_the_version_costs_nothing(tmp_path: Path) -> None:
    """`--version` and `-h` import no command, no repository, no library but click."""
    for argv in (["--version"], ["-h"], ["nope"]):
        code = (
            "import sys\nbefore = {*sys.modules}\nfrom git_oneshot.cli.main import main\n"
            f"main({argv!r})\nloaded = {{*sys.modules}} - before\n"
            "ours = sorted(m for m in loaded if m.startswith('git_oneshot'))\n"
            "print([*ours, *({'msgspec', 'dulwich', 'subprocess', 'tomllib'} & loaded)])"
        )
        done = python(code, tmp_path)
        loaded = set(eval(done.out.splitlines()[-1]))
        assert loaded <= {
            "git_oneshot", "git_oneshot.cli", "git_oneshot.cli.help", "git_oneshot.cli.main",
            "git_oneshot.core", "git_oneshot.core.errors",
            *(["git_oneshot.core.spelling", "git_oneshot.cli.look", "git_oneshot.cli.usage"]
              if argv == ["nope"] else []),
        }  # fmt: skip


def test_a_read_command_does_not_pay_for_what_writes(feature: Project) -> None:
    """Also where it looks at the planned files, and whether it was merged."""
    feature.do("plan", "--goal", "go", "--file", "lib/base", "--draft")
    feature.do("status")
    code = (
        "import sys\nimport git_oneshot.cli.forges, git_oneshot.forge.landing\n"
        "from git_oneshot.cli.main import main\nmain(['status'])\n"
        "print([m for m in sys.modules if m.split('.')[0] == 'dulwich' or '.proof.' in m])"
    )
    assert python(code, feature.path).out.splitlines()[-1] == "[]"


def test_a_read_command_loads_nothing_of_what_remotes_lost(feature: Project) -> None:
    code = (
        "import sys\nfrom git_oneshot.cli.main import main\nmain(['status'])\n"
        "print('git_oneshot.trail.tracking' in sys.modules)"
    )
    assert python(code, feature.path).out.splitlines()[-1] == "False"


def test_a_replay_needs_no_slow_library(feature: Project) -> None:
    """What reads takes commits apart itself; only what writes makes objects."""
    code = (
        "import sys\nbefore = {*sys.modules}\nfrom git_oneshot.cli.main import main\n"
        "main(['log'])\nloaded = {*sys.modules} - before\n"
        "print(sorted({'dulwich', 'subprocess', 'json'} & loaded))"
    )
    assert python(code, feature.path).out.splitlines()[-1] == "[]"


def test_a_list_loads_no_state_and_no_answer(feature: Project) -> None:
    """What a thousand features are listed from is decoded in one go, without these.

    Of one that is open where HEAD is, more is asked: the trail may not know of its commits.
    """
    feature.do("list")
    feature.git("switch", "-qc", "elsewhere")
    code = (
        "import sys\nfrom git_oneshot.cli.main import main\nmain(['list'])\n"
        "print([m for m in sys.modules if m.startswith('git_oneshot') and m.endswith("
        "('.facts', '.state', '.show', '.parts', '.data', '_data'))])"
    )
    assert python(code, feature.path).out.splitlines()[-1] == "[]"


def test_a_hook_loads_no_slow_library(feature: Project) -> None:
    """A commit and a push wait for it: what makes runs is loaded by the process that makes them."""
    code = (
        "import sys\nbefore = {*sys.modules}\nimport git_oneshot.cli.main\n"
        "import git_oneshot.cli.commands.hook\nloaded = {*sys.modules} - before\n"
        "print(sorted({'concurrent.futures', 'dulwich', 'logging', 'pathlib'} & loaded))"
    )
    assert python(code, feature.path).out.splitlines()[-1] == "[]"


def test_python_m_is_the_same_program(tmp_path: Path) -> None:
    for argv in (["--version"], ["-h"], ["status", "-h"], ["nope"]):
        module = run([sys.executable, "-m", "git_oneshot", *argv], tmp_path)
        assert module == run(["git-oneshot", *argv], tmp_path)
    assert run(["git", "oneshot", "--version"], tmp_path).out == f"git-oneshot {__version__}\n"


@pytest.mark.parametrize("name", ["", *COMMANDS, "hook pre-commit", "hook pre-push"])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_is_everywhere(name: str, option: str, tmp_path: Path) -> None:
    done = call([*name.split(), option], tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: git oneshot {name}".rstrip())
    if name in SHOWN:
        assert "--json" in done.out
        assert "-f, --feature ID" in done.out


def test_help_names_every_command_and_what_it_does(tmp_path: Path) -> None:
    out = call(["-h"], tmp_path).out
    for name in SHOWN:
        assert f"\n  {name} " in out
        assert COMMANDS[name].split(" ", maxsplit=1)[0] in out
    assert "\n  hook " not in out


def test_alone_it_says_how_it_is_used(tmp_path: Path) -> None:
    done = call([], tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: git oneshot [OPTIONS] COMMAND")


@pytest.mark.parametrize(
    "argv",
    [["nope"], ["--nope"], ["init"], ["init", "a", "b"], ["status", "--nope"],
     ["init", "a", "--policy", "x"], ["list", "--limit", "0"], ["list", "--limit", "many"],
     ["status", "-f"], ["hook"], ["hook", "nope"], ["hook", "pre-push"],
     ["plan", "-F", "nowhere"], ["status", "-f", "a", "b"]],
)  # fmt: skip
def test_wrong_usage_is_one_line_and_a_hint_or_one_object(
    project: Project, argv: list[str]
) -> None:
    done = project.cli(*argv)
    assert (done.code, done.out) == (2, "")
    if argv != ["hook"]:
        first, second = done.err.splitlines()
        assert first.startswith("error: ")
        assert first[7].islower() or first[7] in "'-"
        assert not first.endswith(".")
        assert second.startswith("hint: ")
    done = project.cli(*argv, "--json")
    assert (done.code, done.err) == (2, "")
    assert done.json["v"] == 1
    assert done.error in ("USAGE", "INVALID_INPUT")
    assert done.json["command"] == (argv[0] if argv[0] in COMMANDS else None)


@pytest.mark.parametrize(
    ("argv", "said", "hint"),
    [(["verify", "-j", "two"], "'-j' / '--jobs': 'two' is not a number from 1 to 64", "verify -h"),
     (["verify", "-j", "65"], "'-j' / '--jobs': '65' is not a number from 1 to 64", "verify -h"),
     (["clone", "u", "--depth", "0"], "'--depth': '0' is not a number of 1 or more", "clone -h"),
     (["log", "--limit", "0"], "'--limit': '0' is not a number of 1 or more", "log -h"),
     (["log", "--limit"], "option '--limit' requires an argument", "log -h")],
)  # fmt: skip
def test_a_number_that_is_none_is_said_in_our_words(
    project: Project, argv: list[str], said: str, hint: str
) -> None:
    first, second = project.cli(*argv).err.splitlines()
    assert first.removeprefix("error: ").removeprefix("invalid value for ") == said
    assert second == f"hint: git oneshot {hint}"


def test_alone_for_programs(tmp_path: Path) -> None:
    done = call(["--json"], tmp_path)
    assert (done.code, done.error) == (2, "USAGE")


def _raises(err: BaseException) -> object:
    def get_command(*_: object) -> None:
        raise err

    return get_command


@pytest.mark.parametrize("code", Code)
def test_every_code_ends_as_the_table_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: Code
) -> None:
    error = OneshotError(code, "what\n\x1b[31m", "do \x07this", guard="g", lock="l")
    monkeypatch.setattr(cli.LazyGroup, "get_command", _raises(error))
    done = call(["status"], tmp_path)
    assert (done.code, done.out) == (KINDS[code].exit, "")
    assert done.err == "error: what\\n\\x1b[31m\nhint: do \\x07this\n"
    done = call(["status", "--json"], tmp_path)
    assert done.code == KINDS[code].exit
    assert done.known == {"guard": "g", "lock": "l"}
    assert {key: value for key, value in done.json.items() if key not in ("data", "next")} == {
        "v": 1, "command": "status", "ok": False,
        "error": {"code": code, "message": "what\n\x1b[31m", "hint": "do \x07this",
                  "retryable": KINDS[code].retryable},
    }  # fmt: skip
    assert "\x1b" not in done.out


def test_a_bug_of_ours_is_one_line_that_can_be_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cli.LazyGroup, "get_command", _raises(ValueError("odd\x1b")))
    done = call(["status"], tmp_path)
    assert done.code == 70
    first, second = done.err.splitlines()
    assert first.startswith(f"error: git-oneshot {__version__} is wrong here: ValueError: odd\\x1b")
    assert "test_main.py:" in first
    assert (
        second
        == "hint: please report this line; git oneshot doctor looks for what it may have left"
    )
    done = call(["status", "--json"], tmp_path)
    assert (done.code, done.error) == (70, "BUG")
    assert done.data["frames"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort(), EOFError()])
def test_an_interrupt_is_130(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: BaseException
) -> None:
    monkeypatch.setattr(cli.LazyGroup, "get_command", _raises(error))
    done = call(["status"], tmp_path)
    assert done.code == 130
    assert done.err.splitlines()[-2] == "error: interrupted"
    assert call(["status", "--json"], tmp_path).error == "INTERRUPTED"


def test_a_file_that_click_cannot_open(project: Project) -> None:
    project.do("init", "topic")
    error = click.FileError("x", "gone")
    assert str(error)
    done = project.cli("plan", "-F", str(project.path), "--json")
    assert (done.code, done.error) in ((2, "USAGE"), (2, "INVALID_INPUT"))


@pytest.mark.parametrize("argv", [["log"], ["log", "--json"], ["-h"], ["--version"]])
def test_a_reader_that_goes_away_is_no_error(feature: Project, argv: list[str]) -> None:
    """As in `git oneshot log | head -1`."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        ["git-oneshot", *argv], cwd=feature.path, stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_reader_that_goes_away_still_gets_the_status(feature: Project) -> None:
    read, write = os.pipe()
    os.close(read)
    argv = ["git-oneshot", "status", "nope", "--json"]
    done = subprocess.run(argv, cwd=feature.path, stdout=write, stderr=write, check=False)
    os.close(write)
    assert done.returncode == KINDS[Code.STATE_NOT_FOUND].exit


def test_a_pipe_of_our_own_that_breaks_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As when a `git log` dies that we write to: nobody went away, and the work is not done."""
    monkeypatch.setattr(cli.LazyGroup, "get_command", _raises(BrokenPipeError(32, "Broken pipe")))
    done = call(["init", "--json"], tmp_path)
    assert (done.code, done.error) == (70, "BUG")


def test_names_that_are_no_unicode_are_valid_json(feature: Project, one: str) -> None:
    with open(bytes(feature.path) + b"/\xff", "wb"):
        pass
    done = feature.oneshot("finalize", "--dry-run", "--json")
    assert done.code == 0
    assert done.data["untracked"] == ["?"]
    with open(bytes(feature.path) + b"/lib/\xff", "wb"):
        pass
    feature.git("add", "--all")
    done = feature.oneshot("finalize", "--json")
    assert (done.code, done.error) == (1, "GUARD_FAILED")
    assert "?" in done.json["error"]["message"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("json", [False, True])
def test_an_interrupt_amid_the_tests_ends_them_and_records_nothing(
    feature: Project, tmp_path: Path, number: signal.Signals, json: bool
) -> None:
    """The tests run in sessions of their own, where Ctrl-C does not reach them."""
    pids = tmp_path / "pids"
    feature.change("slow")
    feature.repo.write("checks/slow", f"echo $$ >>{pids}; grep -q . lib/slow && sleep 60\n")
    feature.git("add", "--all")
    feature.git("commit", "-q", "--no-verify", "-m", "slow")
    before, types = feature.digest(), feature.types()
    child = subprocess.Popen(
        ["git-oneshot", "finalize", *(["--json"] if json else [])],
        cwd=feature.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until(lambda: pids.exists() and len(pids.read_text().split()) >= 2)
    child.send_signal(number)
    child.send_signal(number)  # as `timeout` does: to the process, then to its group
    out, err = child.communicate(timeout=15)
    assert child.returncode == 130
    if json:
        assert Done(130, out, err).error == "INTERRUPTED"
    else:
        said = [line for line in err.splitlines() if line]
        assert said == ["error: interrupted", "hint: nothing is recorded by halves: run it again"]
    until(lambda: not any(alive(int(pid)) for pid in pids.read_text().split()))
    assert feature.digest() == before
    assert feature.types() == types


def until(done: object) -> None:
    """Wait for something to become true."""
    assert callable(done)
    end = time.monotonic() + 15
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process runs, and is no zombie."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False)
    return done.stdout.strip()[:1] not in (b"", b"Z")


def test_the_checkout_is_what_is_tested(tmp_path: Path) -> None:
    """The program that hooks call is the one in the folder of these tests."""
    code = "import git_oneshot; print(git_oneshot.__file__)"
    assert python(code, tmp_path).out == f"{ROOT}/git_oneshot/__init__.py\n"
    assert callable(main)


@pytest.mark.parametrize("command", [["finalize", "--dry-run"], ["verify", "HEAD~2..HEAD"]])
@pytest.mark.parametrize("json", [False, True])
def test_an_interrupt_shows_what_was_judged_by_then(
    feature: Project, tmp_path: Path, command: list[str], json: bool
) -> None:
    """After minutes of it a FAIL is worth knowing, and that nothing of it is kept."""
    pids = tmp_path / "pids"
    feature.land("quick")
    feature.change("slow")
    feature.repo.write("checks/slow", f"echo $$ >>{pids}; grep -q . lib/slow && sleep 60\n")
    feature.git("add", "--all")
    feature.git("commit", "-q", "--no-verify", "-m", "slow")
    quick = feature.git("rev-parse", "HEAD~1").strip()
    before = feature.digest()
    child = subprocess.Popen(
        ["git-oneshot", *command, *(["--json"] if json else [])],
        cwd=feature.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until(lambda: pids.exists() and len(pids.read_text().split()) >= 2)
    child.send_signal(signal.SIGTERM)
    out, err = child.communicate(timeout=15)
    assert child.returncode == 130
    if json:
        done = Done(130, out, err)
        assert done.error == "INTERRUPTED"
        assert [one["commit"] for one in done.json["data"]["commits"]] == [quick]
    else:
        said = [line for line in err.splitlines() if line]
        assert said[0].startswith(f"{quick[:9]} PASS behaviour")
        assert said[-2] == "error: interrupted: 1 of 2 commits were judged"
        assert said[-1].startswith("hint: nothing of it is kept")
        assert f"git oneshot {shlex.join(command)}" in said[-1]
    assert feature.digest() == before
