"""The cases of pull requests: cancel, merge, pr-body and synthesis."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from git_oneshot.core import commands as c
from git_oneshot.core import facts as f
from git_oneshot.core import pulls as p
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.prbody import judge
from git_oneshot.forge.giving_up import clean_up, steps
from tests.conformance.cases import CASES, FEATURE, FINALIZE, PLAN, Trial, memory, opened, trial
from tests.forge.fakes import FakeForge, an_open_one
from tests.forge.steps import begin
from tests.gate.project import BASE, MakeProject, Project, make, program, project, shell

__all__ = ["make", "memory", "opened", "program", "project", "shell", "trial"]

CREATED = p.PullCreated(provider="github", prNumber=7, base="main", head="topic-branch")


def given(trial: Trial, *, policy: f.Policy | None = None) -> Trial:
    """init and plan; with policy always, finalize too."""
    trial.do(c.Start(policy=policy), PLAN)
    if policy == "always":
        trial.do(FINALIZE)
    return trial


# -- cancel -------------------------------------------------------------------------


def test_e54_e55_e59_cancel_gives_a_feature_up(trial: Trial) -> None:
    case = CASES["E54"]
    done = given(trial).do(c.Cancel(reason=case["when"]["reason"]))
    assert (done.state.phase, done.before.phase) == ("cancelled", "implementing")
    assert done.state.reason == "abandoned"
    trial.do(c.Start(), feature="e55")
    assert trial.do(c.Cancel(), feature="e55").before.phase == "plan"
    trial.do(c.Start(), PLAN, feature="e59")
    before = trial.state("e59")
    trial.follow({"fault": "append_fails"})
    with pytest.raises(OneshotError) as refused:
        trial.do(c.Start(), feature="e59")
    assert refused.value.code is Code.EVENT_APPEND_FAILED
    assert before.phase == "implementing"


def test_e58_a_dry_run_lists_the_steps_and_changes_nothing(project: Project) -> None:
    begin(project).do("finalize")
    project.do("synthesize")
    types = project.types()
    done = project.do("cancel", "--dry-run", "--json")
    assert [step["action"] for step in done.data["steps"]] == ["close-pull-request"]
    assert (done.data["phase"], done.data["events"]) == ("synthesize", [])
    assert project.types() == types


def compensating(trial: Trial, forge: FakeForge, repo: Project) -> None:
    """Cancel, as the command does it."""
    name = FeatureId(FEATURE)
    state = trial.session.sound(name).state
    todo = steps(repo.repo.discover(), trial.session, state, "", lambda: forge)
    clean_up(trial.session, name, todo)
    trial.do(c.Cancel())


def test_e60_e61_a_step_that_fails_leaves_the_phase_and_the_next_try_goes_on(
    memory: Trial, project: Project
) -> None:
    trial = given(memory, policy="always")
    trial.do(c.OpenPull(CREATED))
    forge = FakeForge(an_open_one(), broken=("close",))
    with pytest.raises(OneshotError) as refused:
        compensating(trial, forge, project)
    assert refused.value.code == CASES["E61"]["then"]["error"]
    assert trial.state().phase == CASES["E61"]["then"]["phase"]
    assert trial.state().steps == {"close-pull-request": "failed"}
    forge.broken.clear()
    forge.end(7, "closed")  # the crash came when it had closed it, and before it said so
    compensating(trial, forge, project)
    assert trial.state().phase == "cancelled"
    assert trial.types()[-3:] == ["pr.closed", "workflow.compensation", "workflow.cancel"]
    assert forge.asked.count("close") == 1
    ids = [event.id for event in trial.events()]
    assert len(set(ids)) == len(ids)


# -- merge --------------------------------------------------------------------------


def test_e63_an_address_is_no_merge(memory: Trial) -> None:
    given(memory, policy="always").do(c.OpenPull(replace(CREATED, url="https://x/1")))
    refused = memory.refusal(c.Move("completed"))
    assert (refused.code, refused.data["guard"]) == (Code.GUARD_FAILED, "merge-verified")


def test_e64_a_merge_completes_and_says_where(memory: Trial) -> None:
    given(memory, policy="always")
    done = memory.do(c.Complete(merge_commit="b" * 40, url="https://x/1", branches=("b",)))
    assert (done.state.phase, done.before.phase) == ("completed", "synthesize")
    assert done.state.pr_url == CASES["E64"]["then"]["state"]["prUrl"]
    data = memory.events()[-1].data
    assert isinstance(data, f.CleanedUp) and data.mergedBranches == ("b",)


def test_e65_e66_e68_what_cannot_be_completed(memory: Trial) -> None:
    given(memory, policy="always")
    assert memory.refusal(c.Complete()).code is Code.GUARD_FAILED
    memory.do(c.Start(), PLAN, FINALIZE, feature="e66")
    merge = c.Complete(merge_commit="b" * 40)
    assert memory.refusal(merge, "e66").code == CASES["E66"]["then"]["error"]
    assert memory.refusal(merge, "nope").code is Code.STATE_NOT_FOUND


def test_e69_a_merge_can_be_seen_without_being_recorded(project: Project) -> None:
    begin(project).do("finalize")
    project.do("synthesize")
    project.git("branch", "-f", "main", "HEAD")
    types = project.types()
    done = project.do("complete", "--dry-run", "--json")
    assert (done.data["phase"], done.data["dryRun"]) == ("synthesize", True)
    assert project.types() == types


# -- pr-body ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["E104", "E105", "E109", "E110", "E111", "E112"])
def test_e104_e105_e109_e110_e111_e112_a_text_is_judged(name: str) -> None:
    when, then = CASES[name]["when"], CASES[name]["then"]
    if "error" in then:
        with pytest.raises(OneshotError) as refused:
            judge(when["body"], when.get("template"))
        assert refused.value.code == then["error"]
        return
    judged = judge(when["body"], when.get("template"), author=when.get("author", ""))
    assert judged.passed == then["passed"]
    assert list(judged.missing) == then.get("missing", [])
    assert judged.skipped == then.get("skipped", False)


def test_e108_a_file_that_cannot_be_read(project: Project, tmp_path: Path) -> None:
    done = project.cli("validate-pr-body", str(tmp_path / "missing"), "--json")
    assert done.error == CASES["E108"]["then"]["error"]


def test_e113_headings_in_a_fence_are_none() -> None:
    judged = judge(CASES["E113"]["when"]["body"])
    assert not judged.passed
    assert judged.missing == ("Summary", "Changes", "Test Plan")


# -- synthesis ----------------------------------------------------------------------


def test_e115_a_failing_suite_keeps_it_from_review(make: MakeProject) -> None:
    """A neutral change needs no test, and breaks one all the same."""
    project = make(files={**BASE, "checks/readme": "grep -q read README\n"})
    begin(project).do("finalize")
    project.repo.commit("docs: break it", {"README": "nothing\n"})
    done = project.cli("synthesize", "--json")
    then = CASES["E115"]["then"]
    assert (done.data["ready"], done.data["blockers"]) == (then["ready"], then["blockers"])
    gates = [
        e["data"] for e in project.do("log", "topic", "--json").data["events"]
        if e["type"] == "gate.checked"
    ]  # fmt: skip
    assert {"suite": False}.items() <= {g["gateName"]: g["passed"] for g in gates}.items()


def test_e116_without_commits_ahead_there_is_nothing_to_review(project: Project) -> None:
    begin(project).do("finalize")
    project.git("branch", "-f", "main", "HEAD")
    done = project.cli("synthesize", "--json")
    assert (done.data["ready"], done.data["blockers"]) == (
        False, CASES["E116"]["then"]["blockers"],
    )  # fmt: skip


def test_e117_an_empty_id_is_no_feature(project: Project) -> None:
    assert project.cli("synthesize", "", "--json").error == CASES["E117"]["then"]["error"]
