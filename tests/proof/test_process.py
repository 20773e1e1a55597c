"""Processes of a project: sealed off from the user's git and home, bounded, and ended whole."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from git_oneshot.proof.running import process
from git_oneshot.proof.running.process import LOG, Ended, environment, run

HOSTILE: Final = {
    "GIT_DIR": "/elsewhere/.git",
    "GIT_INDEX_FILE": "/elsewhere/.git/index.lock",
    "GIT_WORK_TREE": "/elsewhere",
    "GIT_CONFIG_GLOBAL": "/home/ada/.gitconfig",
    "GIT_SSH_COMMAND": "ssh -i key",
    "GIT_EXEC_PATH": "/elsewhere/bin",
    "GIT_CONFIG_COUNT": "1",
    "PYTHONPATH": "/home/ada/work",
    "PYTHONSTARTUP": "/home/ada/.pythonrc",
    "PYTEST_ADDOPTS": "--lf",
    "GITHUB_TOKEN": "secret",
    "SSH_AUTH_SOCK": "/run/agent",
    "HOME": "/home/ada",
    "PATH": os.defpath,
    "LANG": "de_DE.UTF-8",
    "VIRTUAL_ENV": "/home/ada/venv",
}


def python(source: str, cwd: Path, *, timeout: float = 20, **env: str) -> Ended:
    """Run a piece of Python."""
    return run([sys.executable, "-I", "-c", source], str(cwd), {**os.environ, **env}, timeout)


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something comes true within ten seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.01)
    return False


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet has, too."""
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except ProcessLookupError:
        return True
    except OSError:
        return False


# -- what a child sees -------------------------------------------------------------------


def test_h2_nothing_of_the_users_git_reaches_a_child(tmp_path: Path) -> None:
    """A suite that runs `git init` in a hook's environment writes into the user's repository."""
    env = environment(HOSTILE, str(tmp_path / "home"), str(tmp_path / "slot" / "tree"))
    ended = run(["env"], str(tmp_path), env, 20)
    seen = dict(line.split("=", 1) for line in ended.log.splitlines())
    assert {k: v for k, v in seen.items() if k.startswith("GIT_")} == {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(tmp_path / "slot"),
    }
    assert not {v for v in HOSTILE.values() if "secret" in v or "/elsewhere" in v} & {
        *seen.values()
    }
    assert "PYTHONPATH" not in seen and "PYTEST_ADDOPTS" not in seen


def test_a_child_has_a_home_of_its_own_and_the_same_world_each_time(tmp_path: Path) -> None:
    env = environment(HOSTILE, "/slot/home", "/slot/tree")
    assert (env["HOME"], env["TMPDIR"]) == ("/slot/home", "/slot/home/tmp")
    assert (env["TZ"], env["PYTHONHASHSEED"]) == ("UTC", "0")
    assert (env["CI"], env["PYTHONDONTWRITEBYTECODE"]) == ("1", "1")
    assert (env["PATH"], env["VIRTUAL_ENV"]) == (os.defpath, "/home/ada/venv")
    # What `pip install --user` brought is found although the home is another.
    assert env["PYTHONUSERBASE"] == "/home/ada/.local"
    assert "PYTHONUSERBASE" not in environment({}, "/slot/home", "/slot/tree")


def test_a_test_that_has_git_read_settings_of_its_own_is_heard(tmp_path: Path) -> None:
    """Many write them into a home that they make: a GIT_CONFIG_GLOBAL would stand above it."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own/.gitconfig").write_text("[user]\n\tname = Test\n")
    env = environment({"PATH": os.environ["PATH"]}, str(tmp_path / "home"), str(tmp_path / "tree"))
    asked = ["git", "config", "user.name"]
    assert run(asked, str(tmp_path), env, 20).log == ""
    assert run(asked, str(tmp_path), {**env, "HOME": str(tmp_path / "own")}, 20).log == "Test\n"


@pytest.mark.parametrize("name", ["DEVELOPER_DIR", "SDKROOT", "DYLD_FALLBACK_LIBRARY_PATH"])
def test_a_child_finds_the_compiler_and_the_libraries_that_macos_is_told_of(name: str) -> None:
    """Which Xcode a `cc` stands for, and where Homebrew has what ctypes loads."""
    assert environment({name: "/there"}, "/slot/home", "/slot/tree")[name] == "/there"


@pytest.mark.parametrize(("system", "wanted"), [("linux", "C.UTF-8"), ("darwin", "en_US.UTF-8")])
def test_a_child_has_a_locale_that_its_system_knows(
    monkeypatch: pytest.MonkeyPatch, system: str, wanted: str
) -> None:
    """An unknown one makes bash and perl complain into what tests read, and ruby think of ASCII."""
    monkeypatch.setattr(sys, "platform", system)
    assert environment({}, "/slot/home", "/slot/tree")["LC_ALL"] == wanted


def test_git_in_a_child_finds_no_repository_above_its_slot(tmp_path: Path) -> None:
    top = tmp_path / "slots" / "0" / "tree"
    top.mkdir(parents=True)
    (tmp_path / "home").mkdir()
    env = environment({"PATH": os.environ["PATH"]}, str(tmp_path / "home"), str(top))
    run(["git", "init", "-q"], str(tmp_path), env, 20)
    assert (tmp_path / ".git").is_dir()
    assert run(["git", "rev-parse"], str(tmp_path / "slots"), env, 20).status == 0
    assert run(["git", "rev-parse"], str(top), env, 20).status == 128


def test_standard_input_is_empty(tmp_path: Path) -> None:
    """A test that waits for an answer gets none, and does not hang."""
    reader, writer = os.pipe()
    os.write(writer, b"what the user types")
    os.close(writer)
    ours = os.dup(0)
    os.dup2(reader, 0)
    try:
        ended = python("import sys; print(repr(sys.stdin.read()))", tmp_path)
    finally:
        os.dup2(ours, 0)
        os.close(reader)
    assert (ended.status, ended.log) == (0, "''\n")


def test_output_and_errors_are_one_log_in_their_order(tmp_path: Path) -> None:
    ended = run(["sh", "-c", "echo one; echo two >&2; echo three"], str(tmp_path), os.environ, 20)
    assert ended.log == "one\ntwo\nthree\n"


# -- how it ends ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", -signal.SIGKILL)]
)
def test_the_status_is_the_childs(tmp_path: Path, script: str, status: int) -> None:
    assert run(["sh", "-c", script], str(tmp_path), os.environ, 20).status == status


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run(["no-such-program"], str(tmp_path), os.environ, 20)


def test_only_the_end_of_a_log_is_kept(tmp_path: Path) -> None:
    ended = python(f"print('x' * {10 * LOG}); print('the end')", tmp_path)
    assert len(ended.log) == LOG
    assert ended.log.endswith("x\nthe end\n")


def test_a_log_begins_with_a_whole_line(tmp_path: Path) -> None:
    """Half of a token has no form that a mask knows; nor has the value of a name that is gone."""
    ended = python(f"print('password: hunter2hunter2 x\\n' * {LOG})", tmp_path)
    assert {*ended.log.splitlines()} == {"password: hunter2hunter2 x", ""}
    assert LOG - 30 < len(ended.log) <= LOG
    ended = python(f"print('hunter2 ' * {LOG})", tmp_path)  # a line that is longer than that
    assert {*ended.log.split()} == {"hunter2"}
    assert LOG - 30 < len(ended.log) <= LOG


def test_a_log_need_not_be_text(tmp_path: Path) -> None:
    ended = run(["printf", r"\377\376"], str(tmp_path), os.environ, 20)
    assert ended.log == "\N{REPLACEMENT CHARACTER}" * 2


@pytest.fixture
def family(tmp_path: Path) -> tuple[str, Path]:
    """A script that starts a child with a child, and the file in which each of them signs."""
    pids = tmp_path / "pids"
    return f"(echo $$ >>{pids}; sh -c 'echo $$ >>{pids}; sleep 60' & sleep 60) &", pids


def signed(pids: Path) -> list[int]:
    return [int(line) for line in pids.read_text().split()] if pids.exists() else []


def test_h55_a_timeout_ends_the_whole_family(tmp_path: Path, family: tuple[str, Path]) -> None:
    script, pids = family
    ended = run(["sh", "-c", f"{script} sleep 60"], str(tmp_path), os.environ, 1.0)
    assert ended.status is None
    assert 1.0 <= ended.seconds < 10
    assert len(signed(pids)) == 2
    assert eventually(lambda: all(map(gone, signed(pids))))


def test_h55_what_a_run_leaves_behind_is_ended_too(
    tmp_path: Path, family: tuple[str, Path]
) -> None:
    script, pids = family
    wait = f'while [ "$(cat {pids} 2>/dev/null | wc -l)" -lt 2 ]; do sleep 0.01; done'
    ended = run(["sh", "-c", f"{script} {wait}; echo done"], str(tmp_path), os.environ, 20)
    assert (ended.status, ended.log) == (0, "done\n")
    assert eventually(lambda: all(map(gone, signed(pids))))


LINUX: Final = pytest.mark.skipif(sys.platform != "linux", reason="no kernel that tells whose")
# A daemon as the books have it: in a session of its own, of no known parent, without our variables.
DAEMON: Final = """if True:
    import os, sys
    if not os.fork():
        os.setsid()
        if os.fork():
            os._exit(0)
        os.execve("/bin/sh", ["sh", "-c", "echo $$ >>pids; sleep 60; :"], {"PATH": os.defpath})
    os.wait()
    while not os.path.exists("pids"):
        pass
    """


@LINUX
@pytest.mark.parametrize("end", ["", "raise SystemExit(3)", "import time; time.sleep(60)"])
def test_h55_what_leaves_its_session_is_ended_too(tmp_path: Path, end: str) -> None:
    ended = python(DAEMON + end, tmp_path, timeout=2)
    assert ended.status == {"": 0, "raise SystemExit(3)": 3}.get(end)
    [pid] = signed(tmp_path / "pids")
    assert gone(pid)
    assert not [*Path("/proc/self/task").glob(f"*/children/{pid}")]


@LINUX
def test_what_has_ended_is_not_kept_until_the_end_of_a_run(tmp_path: Path) -> None:
    """A suite that leaves many behind would fill the table of processes: they are ours to bury."""
    leave = """if True:
        import os, time
        for _ in range(50):
            if not os.fork():
                os.setsid()
                os.fork()
                os._exit(0)
            os.wait()
        runner, end = os.getppid(), time.monotonic() + 10
        def unburied():
            with open(f"/proc/{runner}/task/{runner}/children") as file:
                return len(file.read().split())
        while unburied() > 10 and time.monotonic() < end:
            time.sleep(0.05)
        print(unburied())
    """
    ended = python(leave, tmp_path)
    assert ended.status == 0
    assert int(ended.log) <= 10  # the run itself, and what else this process may have


@LINUX
def test_what_was_there_before_or_is_still_in_use_is_left_alone(tmp_path: Path) -> None:
    """A child of ours in a session of its own; what another run at the same time has started."""
    mine = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        first, second = tmp_path / "first", tmp_path / "second"
        first.mkdir()
        second.mkdir()
        with ThreadPoolExecutor() as pool:
            waits = f"{DAEMON}while not os.path.exists('go'): pass"
            using = pool.submit(python, waits, first)
            assert eventually(lambda: bool(signed(first / "pids")))
            python("pass", second)
            [pid] = signed(first / "pids")
            assert not gone(pid)
            (first / "go").touch()
            assert using.result().status == 0
        assert gone(pid)
        assert mine.poll() is None
    finally:
        mine.kill()
        mine.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="no prlimit")
def test_what_leaves_the_group_can_not_use_a_processor_for_ever(tmp_path: Path) -> None:
    source = """if True:
        import resource, time
        while resource.getrlimit(resource.RLIMIT_CPU)[0] == resource.RLIM_INFINITY:
            time.sleep(0.01)
        print(resource.getrlimit(resource.RLIMIT_CPU))"""
    most = 21 * (os.cpu_count() or 1)
    assert python(source, tmp_path).log.strip() == f"({most}, {most})"


def test_a_child_that_ignores_the_polite_signal_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "GRACE", 0.1)
    ended = run(["sh", "-c", "trap '' TERM; sleep 60; sleep 60"], str(tmp_path), os.environ, 0.3)
    assert ended.status is None
    assert ended.seconds < 10


def test_too_much_output_ends_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk is not filled by a test that prints for ever."""
    monkeypatch.setattr(process, "OUTPUT", 2**16)
    ended = run(["sh", "-c", "while :; do echo xxxxxxxx; done"], str(tmp_path), os.environ, 60)
    assert ended.status is None
    assert ended.seconds < 10


def interrupted_once_two_run(monkeypatch: pytest.MonkeyPatch, pids: Path) -> None:
    """Interrupt the next run as soon as it and its child have signed."""

    def interrupted(*_: object) -> None:
        assert eventually(lambda: len(signed(pids)) == 2)
        raise KeyboardInterrupt

    monkeypatch.setattr(process, "_wait", interrupted)


def test_an_interrupted_wait_ends_the_child(
    tmp_path: Path, family: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C leaves no process behind."""
    script, pids = family
    interrupted_once_two_run(monkeypatch, pids)
    with pytest.raises(KeyboardInterrupt):
        run(["sh", "-c", f"{script} sleep 60"], str(tmp_path), os.environ, 60)
    assert eventually(lambda: all(map(gone, signed(pids))))


def test_a_signal_that_is_told_twice_at_once_interrupts_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As `timeout` tells it: the second would end the first steps of what ends the tests."""
    clock = [100.0]
    monkeypatch.setattr(process, "_told", [0.0])
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    with pytest.raises(KeyboardInterrupt):
        process.interrupt(signal.SIGTERM, None)
    process.interrupt(signal.SIGTERM, None)
    process.interrupt(signal.SIGINT, None)
    clock[0] += process.GRACE + 2
    with pytest.raises(KeyboardInterrupt):
        process.interrupt(signal.SIGTERM, None)


def test_a_second_interrupt_ends_the_child_all_the_same(
    tmp_path: Path, family: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C twice, or a signal that git passes on beside one of its own."""
    script, pids = family
    interrupted_once_two_run(monkeypatch, pids)
    monkeypatch.setattr(process, "GRACE", 60)

    def again(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, again)
    try:
        with pytest.raises(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, 3)
            run(["sh", "-c", f"trap '' TERM; {script} sleep 60"], str(tmp_path), os.environ, 60)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert eventually(lambda: all(map(gone, signed(pids))))
