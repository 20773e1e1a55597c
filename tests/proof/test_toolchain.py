"""Which interpreter runs a project's tests, and when its fingerprint changes."""

import os
import sys
from pathlib import Path
from typing import Final

import pytest

from git_oneshot.proof.running.toolchain import Toolchain
from tests.proof.lab import user_environment

# An interpreter that answers what the file beside it says, and counts how often it is asked.
FAKE: Final = """\
#!/bin/sh
echo asked >>"$0.log"
read -r said <"$0.json"
echo "$said"
"""
ANSWER: Final = '{"version": "3.11", "path": ["%s"], "pytest": %s}\n'


def fake(path: Path, *, pytest: bool = True) -> str:
    """Make such an interpreter."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FAKE)
    path.chmod(0o755)
    (path.parent.parent / "lib").mkdir(exist_ok=True)
    answer(path, pytest=pytest)
    return str(path)


def answer(path: Path, *, pytest: bool) -> None:
    lib = path.parent.parent / "lib"
    Path(f"{path}.json").write_text(ANSWER % (lib, str(pytest).lower()))


def asked(path: str | Path) -> int:
    """How often an interpreter was asked what it is."""
    log = Path(f"{path}.log")
    return len(log.read_text().splitlines()) if log.exists() else 0


class Place:
    """A working tree and a user with a PATH, in which interpreters can be put."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = folder / "work"
        self.user = {"PATH": os.pathsep.join([str(folder / "bin"), os.defpath])}

    def toolchain(self) -> Toolchain:
        """As a new process would have it."""
        return Toolchain(str(self.folder / "own"), str(self.tree), self.user)

    def found(self) -> str | None:
        python = self.toolchain().python()
        return python.executable if python else None

    def fingerprint(self) -> str:
        python = self.toolchain().python()
        assert python is not None
        return python.fingerprint


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_the_real_one_is_found_and_its_fingerprint_tells_its_version(tmp_path: Path) -> None:
    python = Toolchain(str(tmp_path / "own"), None, user_environment()).python()
    assert python is not None
    assert os.path.samefile(os.path.dirname(python.executable), os.path.dirname(sys.executable))
    assert sys.version in python.fingerprint
    assert "site-packages@" in python.fingerprint


def test_the_active_environment_comes_first_then_the_trees_then_path(place: Place) -> None:
    place.user["PATH"] = str(place.folder / "bin")
    assert place.found() is None
    for path in ("bin/python", "bin/python3", "work/venv/bin/python", "work/.venv/bin/python"):
        assert fake(place.folder / path) == place.found()
    place.user["VIRTUAL_ENV"] = str(place.folder / "active")
    assert place.found() == str(place.tree / ".venv/bin/python")  # there is no such folder
    assert fake(place.folder / "active/bin/python") == place.found()


def test_a_linked_working_tree_has_the_environment_of_the_main_one(place: Place) -> None:
    """Before PATH's, and behind its own."""
    place.user["PATH"] = str(place.folder / "bin")
    fake(place.folder / "bin" / "python3")
    main = place.folder / "main"
    toolchain = Toolchain(str(main / ".git" / "oneshot"), str(place.tree), place.user)
    theirs = fake(main / ".venv" / "bin" / "python")
    found = toolchain.python()
    assert found is not None and found.executable == theirs
    own = fake(place.tree / ".venv" / "bin" / "python")
    found = toolchain.python()
    assert found is not None and found.executable == own
    bins = toolchain.path().split(os.pathsep)
    assert bins[:2] == [os.path.dirname(own), os.path.dirname(theirs)]


def test_one_without_pytest_is_passed_over(place: Place) -> None:
    fake(place.tree / ".venv/bin/python", pytest=False)
    assert fake(place.folder / "bin/python3") == place.found()


def test_one_that_served_unittest_is_passed_over_for_pytest_all_the_same(place: Place) -> None:
    """A project may have suites of both, and the answer is remembered."""
    own, other = fake(place.tree / ".venv/bin/python", pytest=False), "bin/python3"
    plain = place.toolchain().python(needs_pytest=False)
    assert plain is not None and plain.executable == own
    assert fake(place.folder / other) == place.found()


def test_pytest_is_seen_as_soon_as_it_is_installed(place: Place) -> None:
    """'pip install pytest', the program hinted: its word of before must not stand against it."""
    place.user["PATH"] = str(place.folder / "bin")
    fake(place.tree / ".venv/bin/python", pytest=False)
    assert (place.found(), place.found()) == (None, None)
    answer(place.tree / ".venv/bin/python", pytest=True)
    assert place.found() == str(place.tree / ".venv/bin/python")


@pytest.mark.parametrize("junk", ["echo hello", "echo '[]'", "exit 1", "echo '{\"version\": 3}'"])
def test_one_that_cannot_answer_is_passed_over(place: Place, junk: str) -> None:
    broken = place.tree / ".venv/bin/python"
    fake(broken)
    broken.write_text(f"#!/bin/sh\n{junk}\n")
    assert fake(place.folder / "bin/python3") == place.found()


def test_an_interpreter_is_asked_once(place: Place) -> None:
    path = fake(place.folder / "bin/python3")
    assert {place.fingerprint() for _ in range(3)} == {place.fingerprint()}
    assert asked(path) == 1


@pytest.mark.parametrize("junk", [b"", b"[]", b'{"x": 5}', b'{"x": {"version": 1}}', b"\xff"])
def test_a_damaged_note_of_what_it_said_costs_a_question(place: Place, junk: bytes) -> None:
    path = fake(place.folder / "bin/python3")
    before = place.fingerprint()
    note = place.folder / "own" / "toolchain"
    note.write_bytes(junk.replace(b"x", path.encode()))
    assert place.fingerprint() == before
    assert asked(path) == 2


def later(path: Path) -> None:
    """As if the file or folder had been changed a second later."""
    info = path.stat()
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns + 10**9))


def test_the_fingerprint_changes_when_a_package_is_installed(place: Place) -> None:
    path = fake(place.folder / "bin/python3")
    before = place.fingerprint()
    later(place.folder / "lib")
    assert place.fingerprint() != before
    assert asked(path) == 1  # no question is needed for that


def test_the_fingerprint_changes_when_the_interpreter_or_its_environment_does(
    place: Place,
) -> None:
    path = Path(fake(place.folder / "bin/python3"))
    (place.folder / "pyvenv.cfg").touch()
    seen = {place.fingerprint()}
    for changed in (path, place.folder / "pyvenv.cfg"):
        later(changed)
        seen.add(place.fingerprint())
    assert len(seen) == 3
    assert asked(path) == 3


def test_the_question_is_put_without_the_users_settings(place: Place) -> None:
    """GIT_* and PYTHON* of a hook would tell it another path than its tests will have."""
    path = Path(fake(place.folder / "bin/python3"))
    path.write_text(f'#!/bin/sh\nenv >"$0.env"; pwd >>"$0.env"; cat "{path}.json"\n')
    place.user |= {"PYTHONPATH": "/elsewhere", "GIT_DIR": "/elsewhere", "PYTHONHOME": "/elsewhere"}
    assert place.found() == str(path)
    seen = Path(f"{path}.env").read_text()
    assert "elsewhere" not in seen
    assert seen.endswith("\n/\n")  # not the user's folder, from which it might import


def test_the_projects_own_tools_come_first(place: Place) -> None:
    rest = place.user["PATH"]
    assert place.toolchain().path() == rest
    fake(place.tree / "venv/bin/python")
    fake(place.tree / ".venv/bin/python")
    local = [str(place.tree / name / "bin") for name in (".venv", "venv")]
    assert place.toolchain().path() == os.pathsep.join([*local, rest])
    place.user.clear()
    assert place.toolchain().path() == os.pathsep.join([*local, os.defpath])


def test_a_program_is_known_by_where_it_is_and_when_it_was_made(place: Place) -> None:
    on_path = Path(fake(place.folder / "bin/tool"))
    before = place.toolchain().program("tool")
    assert before.startswith(f"{on_path}@")
    later(on_path)
    assert place.toolchain().program("tool") != before
    local = fake(place.tree / ".venv/bin/tool")
    assert place.toolchain().program("tool").startswith(f"{local}@")


def test_a_program_of_the_tree_is_known_by_its_tree(place: Place) -> None:
    assert place.toolchain().program("./run.sh") == "./run.sh"
    assert place.toolchain().program("no-such-tool") == "no-such-tool"
