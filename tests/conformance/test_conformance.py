"""The behaviour that was promised: every case of ``oneshot_cases.json`` by its id.

A case of status 'conform' is matched as it stands, by the small interpreter
below. One of status 'diverge' has a test of its own that asserts what ``ours``
says, here or in a file of its group. Every id is run.
"""

import json
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import pytest

from git_oneshot.core import commands as c
from git_oneshot.core import facts as f
from git_oneshot.core.codec import decode, encode
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.events import type_name
from git_oneshot.core.pipeline import Filter, glance, rows
from git_oneshot.core.state import State
from git_oneshot.session import Receipt
from tests.conformance import test_care, test_reviews
from tests.conformance.cases import (
    CASES,
    FEATURE,
    FINALIZE,
    PLAN,
    Opened,
    Trial,
    memory,
    opened,
    trial,
)
from tests.sandbox import MakeWorld, Repo

# Groups that have tests of their own beside this file.
REVIEWS: Final = ("cancel", "merge", "pr-body", "synthesis")
CARE: Final = ("prune", "checkpoint", "resume")
# Cases of our groups that the interpreter below has no words for.
BY_HAND: Final = {"E118", "E119", "E120", "E121", "E123", "E125", "E126", "E140", "E141"}
MATCHED: Final = [
    case["id"]
    for case in CASES.values()
    if case["group"] not in REVIEWS + CARE
    and case["id"] not in BY_HAND
    and case["status"] == "conform"
]

__all__ = ["memory", "opened", "trial"]

# -- the interpreter -------------------------------------------------------------------


class Outcome(NamedTuple):
    """What the step of a case did."""

    trial: Trial
    error: OneshotError | None
    before: State
    types_before: list[str]


def _said(outcome: Outcome, expected: Mapping[str, Mapping[str, object]]) -> None:
    for event in outcome.trial.events():
        data = json.loads(encode(event))["data"]
        for name, value in expected.get(type_name(event), {}).items():
            assert data.get(name) == value


def _state(outcome: Outcome, expected: Mapping[str, object] | None) -> None:
    state = outcome.trial.state()
    if expected is None:
        assert state.phase is None
    else:
        assert {name: getattr(state, name) for name in expected} == expected


def _phase(outcome: Outcome, expected: object) -> None:
    assert outcome.trial.state().phase == expected


def _error(outcome: Outcome, expected: object) -> None:
    assert outcome.error is not None and outcome.error.code == expected


def _guard(outcome: Outcome, expected: object) -> None:
    assert outcome.error is not None and outcome.error.data["guard"] == expected


def _hint(outcome: Outcome, expected: object) -> None:
    assert outcome.error is not None and "plan" in outcome.error.hint


def _events(outcome: Outcome, expected: object) -> None:
    assert outcome.trial.types() == expected


def _events_added(outcome: Outcome, expected: object) -> None:
    assert outcome.trial.types()[len(outcome.types_before) :] == expected


def _previous(outcome: Outcome, expected: object) -> None:
    assert outcome.before.phase == expected


def _count(outcome: Outcome, expected: Mapping[str, int]) -> None:
    types = outcome.trial.types()
    assert {name: types.count(name) for name in expected} == expected


THEN: Final[dict[str, Callable[[Outcome, Any], None]]] = {
    "phase": _phase,
    "previousPhase": _previous,
    "state": _state,
    "error": _error,
    "guard": _guard,
    "hint": _hint,
    "events": _events,
    "events_added": _events_added,
    "event_data": _said,
    "count": _count,
}


@pytest.mark.parametrize("name", MATCHED)
def test_the_case_is_matched(name: str, trial: Trial) -> None:
    case = CASES[name]
    for step in case["given"]:
        trial.follow(step)
    before, types = trial.state(), trial.types()
    error: OneshotError | None = None
    if case["when"]["cmd"] != "status":
        try:
            trial.follow(case["when"])
        except OneshotError as refused:
            error = refused
    assert (error is not None) == ("error" in case["then"]), error
    if error is not None:
        assert (trial.state(), trial.types()) == (before, types)
    for key, expected in case["then"].items():
        THEN[key](Outcome(trial, error, before, types), expected)


# -- the log -------------------------------------------------------------------------


def appended(trial: Trial, count: int) -> list[Receipt]:
    """A trail with so many events, one an append: the start, and requests."""
    return [trial.do(c.RequestSynthesis() if n else c.Start()) for n in range(count)]


def test_e118_clocks_are_without_gaps_and_read_in_order(trial: Trial) -> None:
    appended(trial, 3)
    assert [event.clock for event in trial.events()] == [1, 2, 3]


def test_e119_an_append_that_expects_an_older_tip_is_refused_with_both_tips(trial: Trial) -> None:
    old, head = (receipt.tip.commit for receipt in appended(trial, 2))
    with pytest.raises(OneshotError) as refused:
        trial.session.execute(FEATURE, c.RequestSynthesis(), expect=old)
    assert refused.value.code is Code.SEQUENCE_CONFLICT
    assert refused.value.data == {"expected": old, "actual": head}
    assert len(trial.events()) == 2
    trial.session.execute(FEATURE, c.RequestSynthesis(), expect=head)
    assert len(trial.events()) == 3


def test_e120_an_event_with_a_known_key_is_not_appended_again(trial: Trial) -> None:
    trial.do(c.Start())
    first = trial.another(key="k").do(c.RequestSynthesis())
    tip = trial.store.tip(FEATURE)
    again = trial.another(key="k").do(c.RequestSynthesis())
    assert again.events == first.events
    assert (again.tip, trial.store.tip(FEATURE)) == (first.tip, tip)


def test_e121_a_key_is_known_to_a_later_process(opened: Opened, world: MakeWorld) -> None:
    trial = Trial(opened.open(), world)
    trial.do(c.Start())
    first = trial.another(key="k").do(c.RequestSynthesis())
    restarted = Trial(opened.open(), world)
    assert restarted.another(key="k").do(c.RequestSynthesis()).events == first.events
    assert len(restarted.events()) == 2


def test_e122_no_key_is_ever_forgotten(trial: Trial) -> None:
    trial.do(c.Start())
    first = trial.another(key="the first key").do(c.RequestSynthesis())
    for n in range(201):
        trial.session.world = trial.world(key=f"key {n}")
        trial.do(c.RequestSynthesis())
    assert trial.another(key="the first key").do(c.RequestSynthesis()).events == first.events
    assert len(trial.events()) == 203


def test_e123_other_keys_and_no_key_both_land(trial: Trial) -> None:
    trial.another(key="a").do(c.Start())
    trial.another(key="b").do(c.RequestSynthesis())
    trial.do(c.RequestSynthesis())
    trial.do(c.RequestSynthesis())
    assert len(trial.events()) == 4


def test_e125_an_event_of_an_unknown_type_is_no_event(memory: Trial) -> None:
    memory.do(c.Start())
    line = encode(memory.events()[0]).replace(b"workflow.started", b"prune.diagnostics")
    with pytest.raises(OneshotError) as refused:
        decode(line)
    assert refused.value.code is Code.UNKNOWN_EVENT_TYPE


@pytest.mark.long
def test_e126_eight_processes_at_once_lose_nothing(
    opened: Opened, world: MakeWorld, pytestconfig: pytest.Config
) -> None:
    trial = Trial(opened.open(), world)
    trial.do(c.Start())
    argv = [sys.executable, "-m", "tests.conformance.appender", str(opened.repo.path), FEATURE]
    children = [
        subprocess.Popen(
            argv,
            cwd=pytestconfig.rootpath,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for child in children:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.close()
    for child in children:
        assert child.wait() == 0 and child.stdout is not None
        child.stdout.close()
    events = Trial(opened.open(), world).events()
    assert [event.clock for event in events] == list(range(1, 10))
    assert len({event.id for event in events}) == 9
    assert trial.state().requests == 8


# -- the list ----------------------------------------------------------------------


def listed(trial: Trial, **options: Any) -> tuple[list[str], int]:
    """The features that the list shows, and their total."""
    states = [loaded.state for loaded in trial.store.load(trial.store.tips())]
    shown, total = rows(map(glance, states), **options)
    return [one.feature for one in shown], total


def test_e140_finished_features_are_listed_on_request(trial: Trial) -> None:
    trial.do(c.Start(), feature="a")
    trial.do(c.Start(), PLAN, FINALIZE, feature="b")
    assert listed(trial) == (["a"], 1)
    assert listed(trial, wanted=Filter(all=True)) == (["a", "b"], 2)


def test_e141_the_total_is_counted_before_the_pages_are_cut(trial: Trial) -> None:
    for feature in "abcde":
        trial.do(c.Start(), feature=feature)
    trial.do(c.Start(), c.Cancel(), feature="aa")
    assert listed(trial, offset=1, limit=2) == (["b", "c"], 5)


def test_e143_a_new_feature_is_listed_in_plan(memory: Trial) -> None:
    memory.do(c.Start())
    ((state,), _) = rows([glance(memory.state())])
    assert state.phase == "plan"


@pytest.mark.parametrize("end", ["cancelled", "completed"])
def test_e144_cancelled_and_merged_features_leave_the_list(memory: Trial, end: str) -> None:
    memory.do(c.Start(policy="always"), PLAN)
    if end == "cancelled":
        memory.do(c.Cancel())
    else:
        memory.do(FINALIZE, c.Complete(merge_commit="b" * 40))
    assert rows([glance(memory.state())]) == ([], 0)
    ((state,), _) = rows([glance(memory.state())], wanted=Filter(all=True))
    assert state.phase == end


# -- what we do otherwise --------------------------------------------------------------


def test_e9_a_refused_move_leaves_no_event(trial: Trial) -> None:
    trial.do(c.Start())
    assert trial.refusal(c.Move("implementing")).code is Code.GUARD_FAILED
    assert trial.state().phase == "plan"
    assert trial.types() == ["workflow.started"]


def test_e17_the_valid_targets_are_those_of_our_table(trial: Trial) -> None:
    trial.do(c.Start())
    refused = trial.refusal(c.Move("completed"))
    assert refused.code is Code.INVALID_TRANSITION
    assert refused.data == {"validTargets": ["implementing", "cancelled"]}


@pytest.mark.parametrize("name", ["E37", "E51"])
def test_e37_e51_there_is_one_kind_of_workflow(name: str, memory: Trial) -> None:
    assert CASES[name]["given"] == [{"cmd": "init", "type": "feature"}]
    memory.do(c.Start())
    body = json.loads(encode(memory.events()[0]))
    body["data"]["workflowType"] = "feature"
    with pytest.raises(OneshotError) as refused:
        decode(json.dumps(body, separators=(",", ":"), sort_keys=True).encode())
    assert refused.value.code is Code.TRAIL_DAMAGED


def test_e42_the_plan_and_the_move_are_one_append_and_proofs_come_between(trial: Trial) -> None:
    trial.do(c.Start(), PLAN, FINALIZE)
    tip = trial.store.tip(FEATURE)
    assert tip is not None
    appends = [
        [type_name(event) for event in entry.events] for entry in trial.store.read([tip])[0].entries
    ]
    assert appends == [
        ["workflow.started"],
        ["state.patched", "workflow.transition"],
        ["proof.recorded", "gate.executed", "workflow.transition"],
    ]
    assert trial.state().phase == "completed"


def test_e145_replay_of_a_merged_feature_gives_completed(trial: Trial) -> None:
    trial.do(c.Start(policy="always"), PLAN, FINALIZE, c.Complete(merge_commit="b" * 40))
    assert trial.state().phase == "completed"


def lose_cache(opened: Opened) -> None:
    """Lose everything that is not on the trail."""
    shutil.rmtree(opened.repo.discover().own_dir)


def test_e146_a_cancelled_feature_stays_so_when_the_cache_is_lost(
    opened: Opened, world: MakeWorld
) -> None:
    Trial(opened.open(), world).do(c.Start(), PLAN, c.Cancel())
    assert Trial(opened.open(), world).state().phase == "cancelled"
    lose_cache(opened)
    assert Trial(opened.open(), world).state().phase == "cancelled"


def test_e147_policy_and_plan_stay_when_the_cache_is_lost(opened: Opened, world: MakeWorld) -> None:
    Trial(opened.open(), world).do(c.Start(policy="never"), PLAN, c.RequestSynthesis())
    opened.open()
    lose_cache(opened)
    trial = Trial(opened.open(), world)
    assert (trial.state().policy, trial.state().plan) == ("never", PLAN.plan)
    assert trial.do(FINALIZE).state.phase == "completed"


def edit(repo: Repo, commit: str, old: bytes, new: bytes) -> None:
    """Change the content of a loose object in its place."""
    path = repo.path / ".git" / "objects" / commit[:2] / commit[2:]
    _, _, content = zlib.decompress(path.read_bytes()).partition(b"\0")
    assert content.count(old) == 1
    content = content.replace(old, new)
    path.chmod(0o644)
    path.write_bytes(zlib.compress(b"commit %d\0%s" % (len(content), content)))


@pytest.mark.parametrize("cache", ["kept", "lost"])
def test_e150_an_edited_trail_is_damaged(opened: Opened, world: MakeWorld, cache: str) -> None:
    trial = Trial(opened.open(), world)
    first = trial.do(c.Start(policy="never"))
    trial.do(PLAN)
    opened.open()  # and so the first one was closed
    edit(opened.repo, first.tip.commit, b'"never"', b'"always"')
    if cache == "lost":
        lose_cache(opened)
    trial = Trial(opened.open(), world)
    (trail,) = trial.store.read(trial.store.tips())
    assert trail.damage is not None and trail.damage.code is Code.TRAIL_DAMAGED
    assert "was edited" in trail.damage.message
    if cache == "lost":
        assert trial.refusal(FINALIZE).code is Code.TRAIL_DAMAGED
        with pytest.raises(OneshotError, match="was edited"):
            trial.session.sound(FEATURE)
    else:
        assert trial.state().policy == "never"


def test_e151_an_illegal_jump_by_hand_has_no_effect_and_is_named(trial: Trial) -> None:
    trial.do(c.Start())
    trial.say(f.Moved(origin="plan", to="completed"))
    state = trial.state()
    assert state.phase == "plan"
    assert [(void.type, void.reason) for void in state.void] == [
        ("workflow.transition", "plan does not lead to completed")
    ]
    assert trial.another().do(PLAN).state.phase == "implementing"


def test_e154_there_is_one_way_to_cancel(trial: Trial) -> None:
    trial.do(c.Start(), feature="by-name")
    trial.do(c.Start(), feature="by-command")
    trial.do(c.Move("cancelled"), feature="by-name")
    trial.do(c.Cancel(), feature="by-command")
    by_name, by_command = trial.events("by-name"), trial.events("by-command")
    assert [type_name(event) for event in by_name] == ["workflow.started", "workflow.cancel"]
    assert by_name[1].data == by_command[1].data
    assert trial.state("by-name").phase == "cancelled"


# -- nothing is left out -----------------------------------------------------------------


def ids_run() -> list[str]:
    """The ids of the cases that are matched, and those that the names of tests speak of."""
    names = [*globals(), *vars(test_reviews), *vars(test_care)]
    words = (word for name in names if name.startswith("test_e") for word in name.split("_"))
    named = [word.upper() for word in words if word[0] == "e" and word[1:].isdecimal()]
    return [*MATCHED, *named]


def test_every_case_is_run_and_none_twice() -> None:
    run = ids_run()
    assert len(run) == len(set(run))
    assert set(run) == set(CASES)
    assert len(CASES) == 119
