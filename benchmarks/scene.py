"""Repositories to measure in: sealed homes, and as many features as are wanted."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Final

from git_oneshot.core.codec import encode
from git_oneshot.core.commands import Command, Patch, RecordRed, RequestSynthesis, Start
from git_oneshot.core.events import Event, Stamp
from git_oneshot.core.facts import Plan, Proof, TestTurn
from git_oneshot.core.replay import replay
from git_oneshot.core.state import State
from git_oneshot.core.workflow import decide

PYTHON = sys.executable
ONESHOT = os.path.join(os.path.dirname(sys.executable), "git-oneshot")
PROGRAM = (ONESHOT,)
NOBODY: Final = b"git oneshot <git-oneshot@localhost>"
SOMEONE: Final = b"A U Thor <a@example.com>"
BEGAN: Final = 1_700_000_000


def stamp() -> Stamp:
    """Now, by nobody in particular."""
    now = time.time()
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    return Stamp(now=int(now * 1000), at=at, by="A U Thor <a@example.com>", entropy=os.urandom(16))


class Scene:
    """A scratch folder with a home of its own."""

    def __init__(self, top: str) -> None:
        self.top = top
        home = os.path.join(top, "home")
        os.makedirs(home)
        kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        bin_ = os.path.dirname(PYTHON)
        self.env = {**kept, "HOME": home, "XDG_CONFIG_HOME": home, "GIT_CONFIG_NOSYSTEM": "1",
                    "PATH": bin_ + os.pathsep + kept.get("PATH", "")}  # fmt: skip
        for name in ("VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE"):
            self.env.pop(name, None)  # an installed program has its bytecode
        for key, value in (("user.name", "A U Thor"), ("user.email", "a@example.com"),
                           ("init.defaultBranch", "main"), ("gc.auto", "0")):  # fmt: skip
            self.git("config", "--global", key, value, cwd=top)

    def git(self, *args: str, cwd: str, stdin: bytes = b"") -> str:
        """Run git; it must succeed."""
        done = subprocess.run(
            ["git", *args], cwd=cwd, env=self.env, input=stdin, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    def oneshot(self, *args: str, cwd: str) -> None:
        """Run the program; it must succeed."""
        subprocess.run([ONESHOT, *args], cwd=cwd, env=self.env, capture_output=True, check=True)

    def repository(self, name: str) -> str:
        """A repository with one test, one source file and one commit."""
        path = os.path.join(self.top, name)
        self.git("init", "-q", path, cwd=self.top)
        os.makedirs(os.path.join(path, "tests"))
        write(path, "tests/test_a.py", "def test_a():\n    assert True\n")
        write(path, "notes.txt", "0\n")
        self.git("add", ".", cwd=path)
        self.git("commit", "-qm", "start", cwd=path)
        return path

    def features(self, path: str, count: int, events: int) -> None:
        """Give a repository many features of so many events."""
        self.imported(path, _stream(count, events))

    def imported(self, path: str, stream: Iterable[bytes]) -> None:
        """Give a repository many features, by one fast-import."""
        self.git("fast-import", "--quiet", cwd=path, stdin=b"".join(stream))
        self.git("pack-refs", "--all", cwd=path)


def write(top: str, path: str, text: str) -> None:
    """Write a file below a folder."""
    with open(os.path.join(top, path), "w", encoding="utf-8") as file:
        file.write(text)


def story(feature: str, events: int) -> list[Event]:
    """So many events of a feature, as commands would write them."""
    turn = TestTurn(suite="pytest", id="tests/test_a.py::test_one", file="tests/test_a.py",
                    red="failed", reason="assertion")  # fmt: skip
    proof = Proof(word="PASS", kind="behaviour", tests=(turn,), total=1)
    state, written = State(feature=feature), list[Event]()
    steps: Iterable[Command] = (
        Start(branch=feature, base="main"),
        Patch(fields=("plan",), plan=Plan(goal="goal of it", files=("a.py",)), move=True),
        *(RecordRed(parent=None, proof=proof) if i % 2 else RequestSynthesis()
          for i in range(max(0, events - 3))),
    )  # fmt: skip
    for step in steps:
        new = decide(state, step, stamp())
        state = replay(state, new)
        written += new
    return written[:events]


def _stream(count: int, events: int) -> Iterator[bytes]:
    """Features that are begun an hour apart, with two hours from each event to the next.

    What git walks is ordered by time: were all of one second, each would be compared with each.
    """
    for i in range(count):
        name = f"feature-{i}"
        yield root(name)
        for j, event in enumerate(story(name, events)):
            yield commit(name, BEGAN + 3600 * i + 7200 * j, encode(event) + b"\n")


def root(name: str) -> bytes:
    """The root of a trail, for fast-import."""
    return _commit(name, NOBODY, 0, f"oneshot {name}\n".encode())


def commit(name: str, at: int, events: bytes) -> bytes:
    """An append at a time in seconds, for fast-import."""
    return _commit(name, SOMEONE, at, name.encode() + b": event\n\n" + events)


def _commit(name: str, who: bytes, at: int, message: bytes) -> bytes:
    return (
        b"commit refs/oneshot/%s\ncommitter %s %d +0000\ndata %d\n%s\n"
        % (name.encode(), who, at, len(message), message)
    )  # fmt: skip
