"""The cases of care over time: prune, checkpoint and resume."""

import json
import math
from collections.abc import Iterable
from typing import Any

import pytest

from git_oneshot.core import commands as c
from git_oneshot.core import pulls as p
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.pipeline import checkpoint_advised
from git_oneshot.core.prune import Choice, Entry, age, choose, idle
from git_oneshot.core.state import State
from git_oneshot.forge.pruning import Fate, entries, prune, safeguard
from git_oneshot.session import Session
from git_oneshot.trail.store import Loaded, Tip
from tests.conformance.cases import CASES, PLAN, Trial, memory, opened, trial
from tests.forge.fakes import FakeForge, an_open_one
from tests.gate.project import Project, feature, make, program, project, shell

__all__ = [
    "feature", "make", "memory", "opened", "program", "project", "shell", "trial",
]  # fmt: skip

NOW = "2026-06-01T00:00:00Z"
DAYS = 14 * 1_440


def workflows(case: dict[str, Any]) -> list[Entry]:
    """The features of a case."""
    given = [one["workflow"] for one in case["given"] if "workflow" in one]
    return [Entry(one["id"], one["phase"], one["idle_minutes"]) for one in given]


def chosen(name: str) -> Choice:
    """What is chosen in a case, with its threshold and its configuration."""
    case = CASES[name]
    config = case["when"].get("config", {})
    days = config.get("staleAfterDays", 14)
    return choose(
        workflows(case),
        threshold=case["when"].get("thresholdMinutes", days * 1_440),
        exclusions=config.get("phaseExclusions", ["synthesize"]),
        limit=config.get("maxBatchSize", 25),
    )


@pytest.mark.parametrize("name", ["E71", "E72", "E73", "E74", "E76", "E77", "E78", "E99"])
def test_e71_e72_e73_e74_e76_e77_e78_e99_who_is_stale(name: str) -> None:
    then = CASES[name]["then"]
    choice = chosen(name)
    assert [one.feature for one in choice.chosen] == then["candidates"]
    assert then.get("excluded", {}).items() <= choice.excluded.items()


def test_e75_there_is_one_kind_of_workflow_so_none_is_left_out_by_kind() -> None:
    assert {one.feature for one in chosen("E75").chosen} == {"os1", "f1"}


@pytest.mark.parametrize("name", ["E91", "E92", "E93", "E94", "E95"])
def test_e91_e92_e93_e94_e95_an_age_is_a_whole_number(name: str) -> None:
    said = CASES[name]["when"]["thresholdMinutes"]
    minutes = {"NaN": math.nan, "Infinity": math.inf}.get(said, said)
    with pytest.raises(OneshotError) as refused:
        choose(workflows(CASES[name]), threshold=minutes)
    assert refused.value.code is Code.INVALID_INPUT
    with pytest.raises(OneshotError):
        age(str(said))


def test_e96_now_is_a_time() -> None:
    with pytest.raises(OneshotError) as refused:
        idle(CASES["E96"]["when"]["now"], NOW)
    assert refused.value.code is Code.INVALID_INPUT


def test_e98_what_is_malformed_is_always_counted() -> None:
    choice = chosen("E98")
    assert (len(choice.malformed), choice.total) == (0, 1)


def test_e100_the_stalest_are_taken_first_and_the_rest_is_counted() -> None:
    found = [Entry(f"w{i}", "implementing", 30_000 + 100 * i) for i in range(10)]
    choice = choose(found, threshold=DAYS, limit=3)
    assert [one.feature for one in choice.chosen] == ["w9", "w8", "w7"]
    assert (choice.truncated, choice.total) == (True, 10)


# -- prune, applied -------------------------------------------------------------------


class Pruning:
    """Features that began at NOON, and now."""

    def __init__(self, trial: Trial, project: Project) -> None:
        self.trial = trial
        self.git = project.repo.discover()
        self.forge = FakeForge()
        self.session: Session | None = trial.session

    def begin(self, name: str, branch: str = "") -> None:
        """A feature in implementing."""
        self.trial.do(c.Start(branch=branch), PLAN, feature=name)

    def states(self) -> dict[str, State]:
        loaded = self.trial.store.load(self.trial.store.tips())
        return {one.state.feature: one.state for one in loaded}

    def run(self, *idle: int, apply: bool = True, force: bool = False) -> list[Fate]:
        """Prune the features, which nothing has happened to for so many minutes, 30,000 if none."""
        states = self.states()
        minutes = [*idle, *[30_000] * (len(states) - len(idle))]
        found = [Entry(n, states[n].phase or "", m) for n, m in zip(states, minutes, strict=True)]
        choice = choose(found, threshold=DAYS)
        fates = prune(
            self.git, self.session, choice, NOW, "", lambda _name: self.forge, states,
            apply=apply, force=force,
        )  # fmt: skip
        return list(fates)

    def pruned(self, fates: Iterable[Fate]) -> list[str]:
        return sorted(fate.feature for fate in fates if not fate.skipped)


@pytest.fixture
def pruning(memory: Trial, project: Project) -> Pruning:
    return Pruning(memory, project)


def test_e79_without_apply_nothing_is_written(pruning: Pruning) -> None:
    pruning.begin("a")
    before = pruning.trial.store.tips()
    assert pruning.pruned(pruning.run(apply=False)) == ["a"]
    assert pruning.trial.store.tips() == before


def test_e80_e85_what_is_pruned_is_cancelled_and_says_so(pruning: Pruning) -> None:
    pruning.begin("x")
    pruning.begin("y")
    assert pruning.pruned(pruning.run()) == ["x", "y"]
    for name in ("x", "y"):
        assert pruning.trial.state(name).phase == "cancelled"
        [fact] = [e.data for e in pruning.trial.events(name) if isinstance(e.data, p.Pruned)]
        assert fact == p.Pruned(stalenessMinutes=30_000, triggeredBy="manual")


def test_e83_an_open_pull_request_is_asked_for_first(pruning: Pruning, project: Project) -> None:
    pruning.begin("a", "feat/a")
    project.git("branch", "feat/a")
    pruning.forge = FakeForge(an_open_one("feat/a"))
    [fate] = pruning.run()
    assert (fate.feature, fate.skipped) == ("a", "open-pr")


def test_e86_force_makes_nothing_stale_that_is_fresh_and_is_recorded(pruning: Pruning) -> None:
    pruning.begin("fresh-a")
    pruning.begin("stale-c", "main")
    assert pruning.pruned(pruning.run(0, 43_200, force=True)) == ["stale-c"]
    assert pruning.trial.state("fresh-a").phase == "implementing"
    fact = pruning.trial.events("stale-c")[-1].data
    assert isinstance(fact, p.Pruned)
    assert fact.skippedSafeguards == ("open-pr", "active-branch")


def test_e87_one_that_fails_stops_no_other(
    pruning: Pruning, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        pruning.begin(name)
    append = pruning.trial.store.append

    def failing(feature: FeatureId, *rest: Any, **more: Any) -> Tip:
        if feature == "b":
            raise OneshotError(Code.EVENT_APPEND_FAILED, "disk full")
        return append(feature, *rest, **more)

    monkeypatch.setattr(pruning.trial.store, "append", failing)
    fates = pruning.run()
    assert pruning.pruned(fates) == ["a", "c"]
    assert [fate.skipped for fate in fates if fate.skipped] == ["cancel-failed"]


def test_e89_e90_where_nothing_can_be_written_only_a_dry_run_goes(pruning: Pruning) -> None:
    pruning.begin("a")
    pruning.session = None
    with pytest.raises(OneshotError) as refused:
        pruning.run()
    assert refused.value.code == CASES["E89"]["then"]["error"]
    assert pruning.trial.state("a").phase == "implementing"
    assert pruning.pruned(pruning.run(apply=False)) == ["a"]


def test_e97_what_cannot_be_read_is_named_and_stops_nothing(pruning: Pruning) -> None:
    damage = OneshotError(Code.TRAIL_DAMAGED, "object 'abc' is missing")
    bad = [
        Loaded(State(feature="no-start"), None),
        Loaded(State(feature="damaged"), None, damage),
        *(
            Loaded(State(feature=f"time-{n}", phase="plan", at=at), None)
            for n, at in enumerate(["", "yesterday", "2026-01-01"])
        ),
    ]
    good = Loaded(State(feature="valid", phase="plan", at="2026-01-01T00:00:00Z"), None)
    found, malformed = entries(pruning.git, [*bad, good], NOW, "")
    assert [one.feature for one in found] == ["valid"]
    assert len(malformed) == CASES["E97"]["then"]["malformed_count"]
    assert all(malformed.values())


def test_e103_a_name_reaches_no_shell_and_a_check_that_fails_keeps_the_feature(
    pruning: Pruning,
) -> None:
    name = CASES["E103"]["given"][0]["workflow"]["branch"]
    pruning.begin("a", name)
    state = pruning.states()["a"]
    assert safeguard(pruning.git, state, NOW, "", lambda _: pruning.forge) == ("", "")
    pruning.forge.broken.add("find_by_branch")
    [fate] = pruning.run()
    assert fate.skipped == "open-pr-unknown"
    assert pruning.pruned(pruning.run(force=True)) == ["a"]


def test_e148_apply_works_after_a_dry_run(pruning: Pruning) -> None:
    pruning.begin("a")
    assert pruning.pruned(pruning.run(apply=False)) == ["a"]
    assert pruning.pruned(pruning.run()) == ["a"]


# -- checkpoint ---------------------------------------------------------------------


def test_e128_a_checkpoint_says_where_the_work_stands(trial: Trial) -> None:
    trial.do(c.Start(), PLAN)
    count = len(trial.types())
    done = trial.do(c.Checkpoint(CASES["E128"]["when"]["summary"]))
    assert trial.types()[count:] == CASES["E128"]["then"]["events_added"]
    assert (done.state.phase, done.state.checkpoint_summary) == ("implementing", "half way")


def test_e129_of_nothing_there_is_no_checkpoint(memory: Trial) -> None:
    assert memory.refusal(c.Checkpoint(), "nope").code is Code.STATE_NOT_FOUND


@pytest.mark.parametrize("name", ["E131", "E132", "E133"])
def test_e131_e132_e133_there_is_no_gate_only_advice(name: str, memory: Trial) -> None:
    given = next(one["operations"] for one in CASES[name]["given"] if "operations" in one)
    memory.do(c.Start())
    for _ in range(given):
        memory.do(c.RequestSynthesis())
    assert checkpoint_advised(memory.state()) == (given >= 19)
    if name == "E132":
        memory.do(c.Checkpoint())
        assert not checkpoint_advised(memory.state())
    memory.do(PLAN)
    assert memory.state().phase == "implementing"


# -- resume -------------------------------------------------------------------------


def test_e135_e138_a_resume_goes_on_from_the_end_and_writes_nothing(feature: Project) -> None:
    feature.do("checkpoint", "--summary", "half way")
    feature.do("request-synthesize")
    types = feature.types()
    done = feature.do("resume", "--json")
    assert done.data["phase"] == CASES["E135"]["then"]["phase"]
    assert (done.data["summary"], done.data["requested"]) == ("half way", True)
    assert done.data["degraded"] is False
    assert feature.types() == types
    assert feature.loaded().state.requests == 1


def test_e136_a_damaged_cache_costs_time_and_that_is_said(feature: Project) -> None:
    feature.do("checkpoint")
    states = feature.path / ".git" / "oneshot" / "states"
    states.write_bytes(states.read_bytes().replace(b'"implementing"', b'"completed"'))
    done = feature.do("resume", "--json")
    assert (done.data["phase"], done.data["degraded"]) == ("implementing", True)
    assert "was damaged" in feature_text(feature)


def feature_text(project: Project) -> str:
    """What a person is told, with a cache that is damaged again."""
    states = project.path / ".git" / "oneshot" / "states"
    states.write_bytes(states.read_bytes().replace(b'"implementing"', b'"completed"'))
    return project.do("resume").err


def test_e139_an_unknown_feature_is_not_made_up(project: Project) -> None:
    done = project.cli("resume", "unknown", "--json")
    assert done.error == "STATE_NOT_FOUND"
    assert project.git("for-each-ref", "refs/oneshot") == ""
    assert json.loads(done.out)["data"]["phase"] is None
