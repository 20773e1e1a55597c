"""What others do to the planned files: found by as many processes, however many they are."""

import subprocess
from collections.abc import Iterator

import pytest

from git_oneshot.core.codec import encode
from git_oneshot.core.commands import Patch, Start
from git_oneshot.core.events import Event, Stamp
from git_oneshot.core.facts import Plan
from git_oneshot.core.replay import replay
from git_oneshot.core.state import State
from git_oneshot.core.workflow import decide
from git_oneshot.gate.progress import overlaps
from tests.gate.project import Project

OTHERS = 200


def _said(name: str, start: str, *files: str) -> tuple[State, list[Event]]:
    """A planned feature on a branch of its own name."""
    state, events = State(feature=name), list[Event]()
    for command in (
        Start(branch=name, base="main", start=start),
        Patch(fields=("plan",), plan=Plan(goal="go", files=files), move=True),
    ):
        entropy = f"{name} {state.clock}".encode().ljust(16)
        at = Stamp(now=0, at="2026-01-01T00:00:00Z", by="Ada <ada@example.org>", entropy=entropy)
        new = decide(state, command, at)
        state = replay(state, new)
        events += new
    return state, events


def _stream(start: str) -> Iterator[bytes]:
    """Many features: the last one plans the file, the one before has changed it on its branch."""
    for i in range(OTHERS):
        name = f"f{i:03}"
        files = ["lib/base"] if i == OTHERS - 1 else []
        change = "lib/base" if i == OTHERS - 2 else f"lib/{name}"
        who, ref = (
            b"Ada <ada@example.org> 1800000000 +0000",
            b"commit refs/heads/%s\n" % name.encode(),
        )
        yield ref + b"committer %s\ndata 0\nfrom %s\nM 644 inline %s\ndata 1\nx\n" % (
            who, start.encode(), change.encode(),
        )  # fmt: skip
        yield b"commit refs/oneshot/%s\ncommitter git oneshot <git-oneshot@localhost> 0 +0000\n" % (
            name.encode()
        ) + _data(f"oneshot {name}\n".encode())
        message = f"{name}: go\n\n".encode() + b"".join(
            encode(event) + b"\n" for event in _said(name, start, *files)[1]
        )
        yield b"commit refs/oneshot/%s\ncommitter %s\n" % (name.encode(), who) + _data(message)


def _data(text: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(text), text)


def test_two_hundred_open_features_cost_no_more_processes_than_one(
    project: Project, children: list[str]
) -> None:
    project.do("init", "topic", "--yes")
    project.do("plan", "--goal", "go", "--file", "lib/base")
    start = project.head
    subprocess.run(["git", "fast-import", "--quiet"], cwd=project.path, check=True,
                   input=b"".join(_stream(start)))  # fmt: skip
    for i in range(OTHERS):
        (project.own / "on").mkdir(exist_ok=True)
        (project.own / "on" / f"f{i:03}").write_text(f"f{i:03}\n")
    project.do("list")  # so that the states are known
    children.clear()
    found = project.do("status", "--json").data["overlaps"]
    assert {one["feature"] for one in found} == {f"f{OTHERS - 1:03}", f"f{OTHERS - 2:03}"}
    many = len(children)
    for i in range(1, OTHERS):
        (project.own / "on" / f"f{i:03}").unlink()
    children.clear()
    assert project.do("status", "--json").data["overlaps"] == []
    assert many <= len(children) + 1, children
    children.clear()
    warned = project.do("plan", "--goal", "go", "--file", "lib/base").err
    assert warned.count("is changed by features 'f") == 1  # a line a file, not a line a pair
    assert len(children) < 20, children


@pytest.mark.parametrize(
    ("planned", "branch"),
    [("../outside", "f"), ("/etc/passwd", "f"), (":(top)x", "f"), ("", "f"), ("a", "x\n-y\nz"),
     ("a", "no such"), ("a\nb", "f")],
)  # fmt: skip
def test_whatever_a_trail_says_is_asked_for_as_it_is_or_not_at_all(
    project: Project, planned: str, branch: str
) -> None:
    project.git("branch", "f")
    mine, _ = _said("mine", project.head, planned)
    other, _ = _said(branch, project.head)
    assert overlaps(project.repo.discover(), mine, [other], None) == ()


def test_what_of_the_base_is_in_the_branch_does_not_overlap_with_it(project: Project) -> None:
    """A part of the feature that is merged already, or a rebase onto what others did."""
    project.git("switch", "-q", "-c", "topic")
    project.do("init", "topic", "--yes")
    project.do("plan", "--goal", "go", "--file", "lib/one")
    project.land("one")
    project.git("branch", "-f", "main")
    assert project.do("status", "--json").data["overlaps"] == []
    project.git("switch", "-q", "main")
    project.repo.write("lib/one", "again\n")
    project.git("commit", "-q", "--no-verify", "-am", "again")
    project.git("switch", "-q", "topic")
    assert [o["file"] for o in project.do("status", "--json").data["overlaps"]] == ["lib/one"]
