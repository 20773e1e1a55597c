"""What the tests of the cases share: the cases, and trails to try them on."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from git_oneshot.core import commands as c
from git_oneshot.core import facts as f
from git_oneshot.core.commands import Command
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.events import Event, event_of, type_name
from git_oneshot.core.ids import FeatureId, event_id, feature_id
from git_oneshot.core.state import State
from git_oneshot.session import Receipt, Session
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.store import Tip, TrailStore
from tests.sandbox import MakeRepo, MakeWorld, Repo
from tests.trail.memory import MemoryStore

Case = dict[str, Any]
Step = Mapping[str, Any]

CASES: Final[dict[str, Case]] = {
    case["id"]: case
    for case in json.loads(Path(__file__).with_name("oneshot_cases.json").read_bytes())
}
FEATURE: Final = FeatureId("fix-typo")
COMMIT: Final = "a" * 40
PLAN: Final = c.Patch(fields=("plan",), plan=f.Plan(text="one-page plan"), move=True)
FINALIZE: Final = c.Finalize(
    proofs=(f.CommitJudged(commit=COMMIT, proof=f.Proof(word="PASS")),),
    suite=f.SuiteJudged(commit=COMMIT, proof=f.Proof(word="PASS")),
)


def command_of(step: Step) -> Command:
    """The command that a step of a case stands for."""
    match step["cmd"]:
        case "init":
            assert step["type"] == "oneshot"
            return c.Start(policy=step.get("policy"))
        case "plan":
            return c.Patch(fields=("plan",), plan=f.Plan(text=step["text"]), move=True)
        case "set":
            updates = step["updates"]
            plan = f.Plan(text=updates["plan"]) if "plan" in updates else None
            return c.Patch(fields=tuple(updates), plan=plan, summary=updates.get("planSummary"))
        case "transition":
            return c.Move(step["to"])
        case "request_synthesize":
            return c.RequestSynthesis(reason=step.get("reason", ""))
        case "finalize":
            return FINALIZE
        case "cancel":
            return c.Cancel(reason=step.get("reason", ""))
        case "complete_merge":
            assert step["mergeVerified"]
            return c.Complete(merge_commit="b" * 40)
        case other:
            raise AssertionError(f"no command '{other}'")


class Full(MemoryStore):
    """A store that refuses writes."""

    def append(
        self,
        feature: FeatureId,
        tip: Tip | None,
        events: Sequence[Event],
        *,
        summary: str,
        state: State,
        payloads: Mapping[str, bytes] = {},
    ) -> Tip:
        raise OneshotError(Code.EVENT_APPEND_FAILED, "cannot write the event: disk full")


class Trial:
    """The trails that one case is about."""

    def __init__(self, store: TrailStore, world: MakeWorld) -> None:
        self.store = store
        self.world = world
        self.session = Session(store, world())

    def do(self, *commands: Command, feature: str = FEATURE) -> Receipt:
        """Carry out commands, and give back what the last one did."""
        return [self.session.execute(feature_id(feature), command) for command in commands][-1]

    def follow(self, step: Step) -> None:
        """Carry out a step of a case."""
        if "cmd" in step:
            self.do(command_of(step), feature=step.get("id", FEATURE))
        elif "event" in step:  # appended by someone else
            assert step["event"] == "synthesize.requested"
            self.another().do(c.RequestSynthesis())
        else:
            assert step == {"fault": "append_fails"}
            self.store = Full()
            self.session = Session(self.store, self.world())

    def another(self, *, key: str | None = None) -> "Trial":
        """Another session on the same trails, as another process has one."""
        trial = Trial(self.store, self.world)
        trial.session = Session(self.store, self.world(key=key))
        return trial

    def refusal(self, command: Command, feature: str = FEATURE) -> OneshotError:
        """How a command is refused; and then nothing changed."""
        before = self.store.tips()
        with pytest.raises(OneshotError) as refused:
            self.do(command, feature=feature)
        assert self.store.tips() == before
        return refused.value

    def state(self, feature: str = FEATURE) -> State:
        """The state, as a new process reads it."""
        return Session(self.store, self.world()).load(FeatureId(feature)).state

    def events(self, feature: str = FEATURE) -> list[Event]:
        """All events of a trail."""
        tip = self.store.tip(FeatureId(feature))
        return list(self.store.read([tip])[0].events) if tip else []

    def types(self) -> list[str]:
        """The types of the events of the trail."""
        return [type_name(event) for event in self.events()]

    def say(self, fact: f.Fact) -> None:
        """Put an event on the trail by hand, past every rule."""
        feature, before = FEATURE, self.state()
        stamp = self.world().stamp()
        event = event_of(
            fact, id=event_id(stamp.now, stamp.entropy, 0), clock=before.clock + 1, stamp=stamp
        )
        tip = self.store.tip(feature)
        self.store.append(feature, tip, [event], summary="by hand", state=before)


Open = Callable[[], GitStore]


class Opened(NamedTuple):
    """A repository, and what opens its trails as a new process does."""

    repo: Repo
    open: Open


@pytest.fixture
def opened(repo: MakeRepo) -> Iterator[Opened]:
    """A repository with one commit."""
    work = repo()
    work.commit("Begin")
    stores: list[GitStore] = []

    def new() -> GitStore:
        for store in stores:
            store.close()
        stores.append(GitStore(work.discover(), time.time))
        return stores[-1]

    yield Opened(work, new)
    for store in stores:
        store.close()


@pytest.fixture
def memory(world: MakeWorld) -> Trial:
    """Trails in memory."""
    return Trial(MemoryStore(), world)


@pytest.fixture(params=["memory", "git"])
def trial(request: pytest.FixtureRequest, world: MakeWorld) -> Trial:
    """Trails in memory, and in a repository."""
    if request.param == "memory":
        return Trial(MemoryStore(), world)
    opened: Opened = request.getfixturevalue("opened")
    return Trial(opened.open(), world)
