"""The sandbox: what a test in it can not do, and what happens where there is none."""

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from git_oneshot.core.rules.file import SANDBOXES, Sandboxing
from git_oneshot.core.rules.rules import Suite
from git_oneshot.proof.runners import fingerprint
from git_oneshot.proof.running.process import run
from git_oneshot.proof.running.sandbox import PROFILE, Sandbox, sandbox, stricter
from tests.gate.project import BASE, MakeProject, Project, make, program, project, shell
from tests.proof.lab import tools_of

__all__ = ["make", "program", "project", "shell"]

BWRAP: Final = sandbox("require", os.environ, os.environ["PATH"])
boxed = pytest.mark.skipif(
    BWRAP is None, reason="no bubblewrap, or a kernel that lets this user have no namespaces"
)


class Box:
    """A sandbox with a folder to write to, in a home of secrets."""

    def __init__(self, folder: Path) -> None:
        self.home, self.top = folder / "ada", folder / "slot"
        (self.home / ".ssh").mkdir(parents=True)
        (self.home / ".ssh" / "id").write_text("secret")
        (self.home / ".netrc").write_text("secret")
        (self.home / "code").write_text("plain")
        self.top.mkdir()
        found = sandbox("require", {**os.environ, "HOME": str(self.home)}, os.environ["PATH"],
                        str(self.home), sys.prefix)  # fmt: skip
        assert found is not None
        self.box = found

    def python(self, source: str, *, network: bool = False) -> str:
        """What a piece of Python prints in it."""
        argv = self.box.argv(
            [sys.executable, "-I", "-c", source], str(self.top), [str(self.top)], network=network
        )
        ended = run(argv, str(self.top), {"PATH": os.environ["PATH"]}, 20)
        return f"{ended.status} {ended.log}".strip()


@pytest.fixture
def box() -> Iterator[Box]:
    """A sandbox, on a machine that has one; not in memory, of which it has its own."""
    with tempfile.TemporaryDirectory() as folder:
        yield Box(Path(folder))


@boxed
def test_nothing_is_written_but_the_slot(box: Box) -> None:
    assert box.python("open('mine', 'w').write('x')") == "0"
    assert (box.top / "mine").read_text() == "x"
    for path in (box.home / "new", box.home / "code", "/usr/new"):
        assert "Read-only file system" in box.python(f"open({str(path)!r}, 'a')")
    assert box.python("open('/tmp/passing', 'w')") == "0"
    assert not Path("/tmp/passing").exists()


@boxed
def test_there_is_no_network_but_its_own(box: Box) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        reach = f"import socket; socket.create_connection({server.getsockname()!r}, 5)"
        assert "ConnectionRefusedError" in box.python(reach)
        assert box.python(reach, network=True) == "0"
    own = "import socket; s = socket.create_server(('127.0.0.1', 0)); "
    assert box.python(own + "socket.create_connection(s.getsockname(), 5)") == "0"


@boxed
def test_keys_and_other_processes_are_out_of_sight(box: Box) -> None:
    # The home is below a folder that is hidden, and is shown: not so what is hidden in it.
    assert "'.ssh'" in box.python(f"import os; print(os.listdir({str(box.home)!r}))")
    assert box.python(f"import os; print(os.listdir({str(box.home / '.ssh')!r}))") == "0 []"
    assert "secret" not in box.python(f"print(open({str(box.home / '.netrc')!r}).read())")
    assert box.python(f"print(open({str(box.home / 'code')!r}).read())") == "0 plain"
    assert box.python("import os; print(os.getppid())") in ("0 0", "0 1")
    assert "ProcessLookupError" in box.python(f"import os; os.kill({os.getpid()}, 0)")


@boxed
def test_root_mounts_nothing_anew_and_no_service_is_asked(box: Box) -> None:
    held = "print([x for x in open('/proc/self/status') if x[:4] == 'CapE' and int(x[7:], 16)])"
    assert box.python(held) == "0 []"
    anew = "import subprocess; subprocess.call(['mount', '-o', 'remount,rw,bind', '/'])"
    assert "Read-only" in box.python(f"{anew}; open('/usr/new', 'a')")
    for folder in ("/run", "/var/run"):
        left = box.python(f"import os; print({{*os.listdir('{folder}')}} - {{'systemd'}})")
        assert left == "0 set()"


@boxed
def test_a_status_and_a_timeout_are_what_they_are_without_it(box: Box, tmp_path: Path) -> None:
    assert box.python("raise SystemExit(7)") == "7"
    argv = box.box.argv(["sleep", "60"], "/", [], network=False)
    assert run(argv, "/", {"PATH": os.environ["PATH"]}, 0.5).status is None


def test_where_there_is_none(tmp_path: Path) -> None:
    """Off and auto run as they are; what requires one does not run. A kernel that says no is no."""
    nowhere = {"PATH": str(tmp_path)}
    refusing = tmp_path / "refusing"
    refusing.mkdir()
    (refusing / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (refusing / "bwrap").chmod(0o755)
    for user in (nowhere, {"PATH": str(refusing)}):
        assert sandbox("off", user, "") == sandbox("auto", user, "") == Sandbox()
        assert sandbox("require", user, "") is None
    assert Sandbox().argv(["a", "b"], "/", ["/x"], network=False) == ["a", "b"]


def test_the_stricter_counts() -> None:
    for n, one in enumerate(SANDBOXES):
        for m, other in enumerate(SANDBOXES):
            assert stricter(one, other) == SANDBOXES[max(n, m)]


@boxed
@pytest.mark.parametrize("runner", ["pytest", "command"])
def test_it_is_a_part_of_the_key_of_a_run(tmp_path: Path, runner: str) -> None:
    def of(wanted: Sandboxing, user: Sandboxing = "off") -> str:
        suite = Suite(name="a", command=("sh",), runner=runner, sandbox=wanted)  # type: ignore[arg-type]
        return fingerprint(suite, tools_of(tmp_path)._replace(sandbox=user))

    assert of("off") != of("auto") == of("require") == of("off", "auto")
    assert PROFILE in of("auto")
    assert PROFILE not in of("off")


# -- from the rules, and from the user's git ---------------------------------------------


def reaching(work: Project, outside: Path) -> None:
    """Commit a test that passes with its change only where it can write to nothing outside."""
    work.do("trust", "--yes")
    work.repo.write("checks/one", f'grep -qx one lib/one && ! touch "{outside}"\n')
    work.repo.write("lib/one", "one\n")
    work.git("add", "--all")
    work.repo.commit("one")


@boxed
def test_the_rules_ask_for_it(make: MakeProject) -> None:
    work = make(files={**BASE, ".oneshot.toml": f'sandbox = "require"\n{BASE[".oneshot.toml"]}'})
    outside = work.path.parent / "outside"
    reaching(work, outside)
    work.do("verify", "HEAD")
    assert not outside.exists()
    values = work.do("rules", "--json").data["values"]
    [said] = [value for value in values if value["key"] == "sandbox"]
    assert (said["value"], said["line"]) == ("require", 1)


@boxed
def test_the_users_git_asks_for_it(project: Project) -> None:
    outside = project.path.parent / "outside"
    reaching(project, outside)
    assert project.cli("verify", "HEAD").code == 1
    assert outside.exists()
    outside.unlink()
    project.git("config", "oneshot.sandbox", "require")
    project.do("verify", "HEAD")
    assert not outside.exists()


@boxed
def test_a_program_that_is_not_there_is_no_failing_test(project: Project) -> None:
    """bubblewrap ends with 1 then, as a test that fails does."""
    reaching(project, project.path.parent / "outside")
    project.repo.write(".oneshot.toml", BASE[".oneshot.toml"].replace('"sh ', '"nonesuch '))
    project.git("commit", "-qam", "rules")
    project.do("trust", "--yes")
    project.git("config", "oneshot.sandbox", "require")
    project.land("two", "--no-verify")
    [said] = project.cli("verify", "HEAD", "--json").data["commits"]
    assert (said["verdict"], said["code"]) == ("UNKNOWN", "runner")
    assert said["notes"] == ["cannot run 'nonesuch': No such file or directory"]


def test_without_one_nothing_is_run_and_nothing_is_known(project: Project, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin" / "bwrap").chmod(0o755)
    os.environ["PATH"] = os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]])
    outside = project.path.parent / "outside"
    reaching(project, outside)
    project.git("config", "oneshot.sandbox", "require")
    done = project.cli("verify", "HEAD", "--json")
    assert (done.code, done.data["commits"][0]["code"]) == (3, "sandbox")
    assert not outside.exists()
    project.git("config", "oneshot.sandbox", "always")
    assert project.cli("verify", "HEAD", "--json").error == "INVALID_INPUT"
