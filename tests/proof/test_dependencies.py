"""Dependencies in slots: linked where the lock file is the same, else set up, else UNKNOWN."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from git_oneshot.core.rules.file import Runner
from git_oneshot.core.rules.rules import Suite
from git_oneshot.proof.runners import RUNNERS, Task, fingerprint, run_suite
from git_oneshot.proof.runners.dependencies import installed, missing
from git_oneshot.proof.running.slots import Slot
from tests.proof.lab import tools_of
from tests.proof.test_runners import soon

PACKAGE: Final = json.dumps({"name": "x", "devDependencies": {"left": "1", "@a/b": "1"}})


class Place:
    """A working tree with installed packages, and a slot with a tree to be proven."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        self.top = folder / "slot" / "tree"
        self.home = folder / "slot" / "home"
        for path in (self.work, self.top, self.home / "tmp"):
            path.mkdir(parents=True)
        self.own = folder / "own"

    def write(self, path: str, text: str, *places: Path) -> None:
        """Write a file in the working tree and the slot, or where it is said."""
        for place in places or (self.work, self.top):
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(text)

    def task(self, runner: Runner = "node", root: str = "", *setup: str) -> Task:
        """A run of a suite here."""
        suite = Suite(name="js", command=("true",), runner=runner, root=root, setup=setup)
        return Task(suite, Slot(str(self.top), str(self.home), 2), (), 60)

    def trouble(self, runner: Runner = "node", root: str = "", *setup: str) -> str:
        """What keeps the dependencies of a suite from being there."""
        lacking = missing(self.task(runner, root, *setup), tools_of(self.own, str(self.work)))
        return f"{lacking.trouble}: {lacking.detail}" if lacking else ""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.write("package.json", PACKAGE)
    for path in ("left/index.js", "@a/b/index.js", ".bin/tool", ".cache/x", ".package-lock.json"):
        made.write(f"node_modules/{path}", path, made.work)
    return made


def test_packages_are_linked_where_the_lock_file_is_the_same(place: Place) -> None:
    place.write("package-lock.json", "{}")
    assert place.trouble() == ""
    modules = place.top / "node_modules"
    assert (modules / "left/index.js").read_text() == "left/index.js"
    assert (modules / "@a/b/index.js").read_text() == "@a/b/index.js"
    assert (modules / ".bin/tool").exists()
    # What tools keep beside the packages is the slot's own: the user's is never written.
    assert not (modules / ".cache").exists()
    (modules / ".vite").mkdir()
    assert not (place.work / "node_modules/.vite").exists()


def test_packages_of_another_lock_file_are_not(place: Place) -> None:
    place.write("package-lock.json", "{}", place.work)
    place.write("package-lock.json", '{"new": 1}', place.top)
    assert place.trouble().startswith("deps: the packages of 'package-lock.json' are not")
    assert not (place.top / "node_modules").exists()


def test_without_a_lock_file_the_manifest_decides(place: Place) -> None:
    assert place.trouble() == ""
    other = Place(place.work.parent / "other")
    other.write("package.json", PACKAGE, other.work)
    other.write("package.json", PACKAGE.replace('"1"', '"2"'), other.top)
    other.write("node_modules/left/x", "", other.work)
    why = "the packages of 'package.json' are not installed in the working tree"
    assert other.trouble() == f"deps: {why}"  # it spoke of a lock file, and there is none


def test_a_manifest_and_a_lock_file_decide_by_the_packages_that_they_name(place: Place) -> None:
    """A release writes a version into both, and a script asks for no other package."""
    other = Place(place.work.parent / "other")
    other.write("node_modules/left/x", "", other.work)
    other.write("package.json", PACKAGE, other.work)
    other.write(
        "package.json", PACKAGE.replace("{", '{"version": "2", "scripts": {}, ', 1), other.top
    )
    assert other.trouble() == ""
    locked = '{"version": "%d", "packages": {"": {"version": "%d"}, "node_modules/left": {%s}}}'
    place.write("package-lock.json", locked % (1, 1, ""), place.work)
    place.write("package-lock.json", locked % (2, 2, ""), place.top)
    assert place.trouble() == ""
    place = Place(place.work.parent / "third")
    place.write("package.json", PACKAGE)
    place.write("node_modules/left/x", "", place.work)
    place.write("package-lock.json", locked % (1, 1, ""), place.work)
    place.write("package-lock.json", locked % (1, 1, '"version": "2"'), place.top)
    assert place.trouble().startswith("deps: the packages of 'package-lock.json' are not")


def test_what_is_not_installed_at_all_is_set_up_or_unknown(place: Place) -> None:
    other = Place(place.work.parent / "other")
    other.write("package.json", PACKAGE)
    assert other.trouble().startswith("deps: ")
    assert (
        other.trouble("node", "", "sh", "-c", "mkdir node_modules && touch node_modules/it") == ""
    )
    assert (other.top / "node_modules/it").exists()
    assert not (other.work / "node_modules").exists()


@pytest.mark.parametrize("command", ["exit 3", "kill -9 $$", "no-such-program"])
def test_a_setup_that_fails_is_no_run(place: Place, command: str) -> None:
    said = place.trouble("pytest", "", "sh", "-c", command)
    assert said.startswith("deps: the setup of suite 'js' ended with ")
    run = run_suite(place.task("command", "", "sh", "-c", "exit 3"), tools_of(place.own, None))
    assert (run.trouble, run.results) == ("deps", ())


def test_a_setup_runs_in_the_root_before_the_tests(place: Place) -> None:
    place.write("web/x", "")
    assert place.trouble("command", "web", "touch", "made") == ""
    assert (place.top / "web/made").exists()


def test_nothing_is_asked_for_where_nothing_is_needed(place: Place) -> None:
    for text in ('{"name": "x"}', "[]", "{", '{"dependencies": {}}'):
        place.write("package.json", text)
        assert place.trouble() == ""
    place.write("package.json", PACKAGE)
    place.write("package-lock.json", "{}", place.top)
    assert place.trouble("command") == ""  # of a plain command nobody knows what it needs
    place.write("node_modules/own/x", "", place.top)
    assert place.trouble() == ""  # the tree brings its own


def test_h53_a_workspace_loads_its_own_packages_from_the_slot(place: Place) -> None:
    """A link of npm's into the working tree would load the user's code there (H53)."""
    for path in ("packages/a/package.json", "packages/b/package.json"):
        place.write(path, PACKAGE)
    place.write("packages/a/index.js", "user", place.work)
    place.write("packages/a/index.js", "proven", place.top)
    place.write("packages/b/node_modules/deep/x", "deep", place.work)
    place.write("yarn.lock", "one")
    (place.work / "node_modules/a").symlink_to("../packages/a")
    assert place.trouble("vitest", "packages/b") == ""
    assert (place.top / "node_modules/a/index.js").read_text() == "proven"
    assert (place.top / "node_modules/left/index.js").exists()
    assert (place.top / "packages/b/node_modules/deep/x").read_text() == "deep"


def test_packages_of_workspaces_below_the_root_are_linked_too(place: Place) -> None:
    place.write("packages/b/package.json", PACKAGE)
    place.write("packages/b/node_modules/deep/x", "deep", place.work)
    assert place.trouble() == ""
    assert (place.top / "packages/b/node_modules/deep/x").read_text() == "deep"


def test_a_linked_working_tree_has_the_packages_of_the_main_one(tmp_path: Path) -> None:
    """Behind its own, and where they fit; a package of the workspace is that of the slot (H53)."""
    main, place = tmp_path / "main", Place(tmp_path)
    place.own = main / ".git" / "oneshot"
    place.write("package.json", PACKAGE, place.work, place.top, main)
    place.write("packages/b/package.json", PACKAGE, place.work, place.top, main)
    place.write("packages/b/index.js", "proven", place.top)
    place.write("packages/b/index.js", "another's", main)
    place.write("packages/b/node_modules/deep/x", "deep", main)
    place.write("node_modules/left/x", "theirs", main)
    (main / "node_modules/b").symlink_to("../packages/b")
    before = fingerprint(place.task().suite, tools_of(place.own, str(place.work)))
    assert place.trouble() == ""
    assert (place.top / "node_modules/left/x").read_text() == "theirs"
    assert (place.top / "node_modules/b/index.js").read_text() == "proven"
    assert (place.top / "packages/b/node_modules/deep/x").read_text() == "deep"
    place.write("node_modules/right/x", "", main)
    assert fingerprint(place.task().suite, tools_of(place.own, str(place.work))) != before

    shutil.rmtree(place.top / "node_modules")
    place.write("package.json", PACKAGE.replace('"1"', '"2"'), place.work, place.top)
    assert place.trouble().startswith("deps: ")  # the main one is of another commit
    place.write("node_modules/left/x", "own", place.work)
    assert place.trouble() == ""
    assert (place.top / "node_modules/left/x").read_text() == "own"


def test_a_link_to_the_packages_of_the_main_working_tree_loads_none_of_its_code(
    tmp_path: Path,
) -> None:
    """As people do in a linked one: a package of the workspace is that of the slot (H53)."""
    main, place = tmp_path / "main", Place(tmp_path)
    place.own = main / ".git" / "oneshot"
    place.write("package.json", PACKAGE)
    place.write("packages/b/index.js", "proven", place.top)
    place.write("packages/b/index.js", "another's", main)
    (main / "node_modules").mkdir()
    (main / "node_modules/b").symlink_to("../packages/b")
    (place.work / "node_modules").symlink_to(main / "node_modules")
    assert place.trouble() == ""
    assert (place.top / "node_modules/b/index.js").read_text() == "proven"


def test_without_a_working_tree_nothing_can_be_linked(place: Place) -> None:
    lacking = missing(place.task(), tools_of(place.own, None))
    assert lacking is not None and lacking.trouble == "deps"
    assert installed((), "") == ""


# -- what a run is remembered by ------------------------------------------------------------


def test_a_run_is_remembered_by_what_is_installed(place: Place) -> None:
    tools = tools_of(place.own, str(place.work))
    suite = place.task().suite
    before = fingerprint(suite, tools)
    assert fingerprint(suite, tools) == before
    (place.work / "node_modules/.package-lock.json").unlink()
    assert fingerprint(suite, tools) != before


Tool = Callable[[str], None]


@pytest.mark.parametrize(
    ("runner", "programs"),
    [("node", ["node"]), ("go", ["go"]), ("cargo", ["cargo", "rustc"]), ("ctest", ["cmake", "cc"])],
)
def test_the_version_of_each_program_decides(
    place: Place, runner: Runner, programs: list[str]
) -> None:
    assert [argv[0] for argv in RUNNERS[runner].programs] == programs
    folder = place.work / ".venv" / "bin"
    folder.mkdir(parents=True)

    def version(number: int) -> str:
        for program in programs:
            (folder / program).write_text(f"#!/bin/sh\necho {program} {number}\n")
            (folder / program).chmod(0o755)
        suite = Suite(name="x", command=(programs[0],), runner=runner)
        return fingerprint(suite, tools_of(place.own, str(place.work)))

    first = version(1)
    assert all(f"{program} 1" in first for program in programs)
    assert "2" in version(2) and version(2) != first


def test_a_program_that_is_not_there_has_a_fingerprint_too(place: Place) -> None:
    tools = tools_of(place.own, None)
    assert tools.toolchain.version("no-such-program", "-V").endswith("\nnone")


@pytest.mark.parametrize("name", ["package.json", "package-lock.json"])
def test_a_link_to_what_is_no_file_keeps_nobody_waiting(place: Place, name: str) -> None:
    """A tree may have links to anywhere, and they are followed before any sandbox is entered."""
    place.write("package-lock.json", "{}")
    os.mkfifo(place.own.parent / "pipe")
    (place.top / name).unlink()
    (place.top / name).symlink_to(place.own.parent / "pipe")
    with soon():
        assert place.trouble() == (
            "" if name == "package.json"
            else "deps: the packages of 'package-lock.json' are not installed in the working tree"
        )  # fmt: skip
