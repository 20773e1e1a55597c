"""Who is told, when, and what a dead target does: nothing but be reported."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from git_oneshot.core import facts as f
from git_oneshot.core import pulls as p
from git_oneshot.core.events import Said
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.notices import Notice, notices
from git_oneshot.core.state import State
from git_oneshot.forge import outbox
from git_oneshot.forge.outbox import Target, Untold, deliver
from git_oneshot.forge.own import own
from git_oneshot.trail.git_store import GitStore
from tests.gate.project import FEATURE, Project
from tests.proof.test_process import eventually, gone
from tests.sandbox import MakeRepo
from tests.trail.crafted import OTHER, append, events_of

COMMIT = "a" * 40


@pytest.mark.parametrize(
    ("fact", "what"),
    [
        (f.Moved(origin="implementing", to="completed"), "finalized"),
        (f.Moved(origin="implementing", to="synthesize"), "finalized"),
        (f.Moved(origin="plan", to="implementing"), None),
        (p.PullCreated(provider="local", base="b", head="h", draft=True), "opened"),
        (p.PullCreated(provider="local", base="b", head="h"), "ready"),
        (p.PullUpdated(draft=False), "ready"),
        (p.PullUpdated(draft=True), None),
        (f.CleanedUp(mergeCommit=COMMIT), "merged"),
        (p.Pruned(stalenessMinutes=1, triggeredBy="manual"), "pruned"),
        (f.SynthesisRequested(), None),
    ],
)
def test_what_others_want_to_know(fact: Said, what: str | None) -> None:
    events = events_of(1, fact)
    found = notices(State(feature="x", title="a\x1b[2J title"), events)
    assert [one.what for one in found] == ([what] if what else [])
    for one in found:
        assert one.id == events[0].id
        assert "\x1b" not in one.line


class Told:
    """A command that writes down what it is told, and may fail."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.project = project
        self.file = folder / "told"
        self.script = folder / "tell"
        self.works(True)
        project.git("config", "notify.command", f"sh '{self.script}'")

    def works(self, well: bool) -> None:
        self.script.write_text(
            f"cat >>'{self.file}'; echo >>'{self.file}'\n" if well else "exit 3\n"
        )

    @property
    def what(self) -> list[str]:
        """What was told, in its order."""
        return [one["what"] for one in self.all]

    @property
    def all(self) -> list[dict[str, Any]]:
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        return [json.loads(line) for line in lines if line]


@pytest.fixture
def told(begun: Project, tmp_path: Path) -> Told:
    return Told(begun, tmp_path)


def test_each_step_is_told_once(told: Told) -> None:
    project = told.project
    project.do("finalize")
    for line in ("synthesize", "pr ready", "synthesize", "pr merge --yes"):
        project.do(*line.split())
    assert told.what == ["finalized", "opened", "ready", "merged"]
    ids = [event["id"] for event in project.do("log", FEATURE, "--json").data["events"]]
    assert {one["id"] for one in told.all} <= {*ids}


def test_a_dead_target_is_reported_and_told_later(told: Told) -> None:
    project = told.project
    told.works(False)
    done = project.do("finalize")
    assert "warning: 'notify.command' was not told: it ended with 3" in done.err
    told.works(True)
    project.do("synthesize")
    assert told.what == ["finalized", "opened"]


def test_a_target_that_works_on_by_itself_is_not_waited_for(told: Told) -> None:
    """As one that sends in the background, and has what it prints open."""
    told.script.write_text(f"cat >'{told.file}'; sleep 60 & echo $! >'{told.file}.pid'\n")
    try:
        assert "was not told" not in told.project.do("finalize").err
        assert told.what == ["finalized"]
    finally:
        os.kill(int(Path(f"{told.file}.pid").read_text()), signal.SIGKILL)


def test_a_target_that_hangs_ends_with_all_that_it_began(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "WAIT", 1.0)
    told.script.write_text(f"sleep 60 & echo $! >'{told.file}.pid'; wait\n")
    done = told.project.do("finalize")
    assert "warning: 'notify.command' was not told: it took longer than 1 s" in done.err
    child = int(Path(f"{told.file}.pid").read_text())
    assert eventually(lambda: gone(child))


@pytest.mark.parametrize("command", ["'", "/nowhere/at-all", ""])
def test_what_is_no_command_blocks_nothing(begun: Project, command: str) -> None:
    begun.git("config", "notify.command", command)
    done = begun.do("finalize")
    assert "was not told" in done.err


def test_that_nothing_can_be_remembered_blocks_nothing(told: Told) -> None:
    (told.project.own / "heard").mkdir()
    done = told.project.do("finalize", "--json")
    assert done.data["phase"] == "synthesize"
    assert told.file.read_text()


def test_a_new_target_is_not_told_what_was_before_it(opened: Project, tmp_path: Path) -> None:
    told = Told(opened, tmp_path)
    opened.do("pr", "ready")
    assert told.what == ["ready"]


def finished(store: GitStore, name: FeatureId) -> None:
    """A feature that was finalized."""
    moved = f.Moved(origin="plan", to="implementing")
    tip = append(store, name, None, f.Started(featureId=name), moved)
    append(store, name, tip, f.Moved(origin="implementing", to="completed"))


def test_a_new_target_is_not_told_later_what_another_clone_did_before_it(repo: MakeRepo) -> None:
    work = repo()
    store = GitStore(work.discover(), lambda: 0.0)
    told: list[str] = []

    def tell(notice: Notice) -> None:
        if not told:
            told.append("not told")
            raise Untold("it is away")
        told.append(notice.feature)

    for name in (FEATURE, OTHER):
        finished(store, FeatureId(name))
    # Of the other one this clone has the beginning, and its remote the end.
    work.git("update-ref", f"refs/oneshot-remote/origin/{OTHER}", f"refs/oneshot/{OTHER}")
    work.git("update-ref", f"refs/oneshot/{OTHER}", f"refs/oneshot/{OTHER}^")
    target = Target("a target", "key", tell)
    for _ in range(2):
        deliver(work.discover(), store, [target], FeatureId(FEATURE), 0)
    store.close()
    assert told == ["not told", FEATURE]


class Listener(BaseHTTPRequestHandler):
    """Takes what apprise sends."""

    bodies: list[Any] = []  # noqa: RUF012

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.bodies.append(json.loads(raw))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def listener() -> Iterator[HTTPServer]:
    Listener.bodies = []
    server = HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.filterwarnings("ignore")
def test_apprise_tells_the_services_that_it_knows(begun: Project, listener: HTTPServer) -> None:
    """And no address is shown: it may hold a secret."""
    port = listener.server_address[1]
    begun.git("config", "notify.target", f"json://127.0.0.1:{port}/hook")
    begun.git("config", "--add", "notify.target", "json://127.0.0.1:1/s3cret")
    done = begun.do("finalize")
    assert [one["message"].splitlines()[0] for one in Listener.bodies] == [
        "topic is finalized: make it so"
    ]
    assert "'json:…' was not told" in done.err
    assert "s3cret" not in done.err + done.out


def test_a_file_that_a_commit_can_bring_is_not_believed(project: Project) -> None:
    project.repo.commit("sneak", {"evil": "[notify]\n\tcommand = touch /tmp/owned\n"})
    project.git("config", "include.path", "../evil")
    assert project.git("config", "notify.command") == "touch /tmp/owned"
    git = project.repo.discover()
    assert own(git, "notify.command") == []
    project.git("config", "notify.command", "mine")
    assert own(git, "notify.command") == ["mine"]
