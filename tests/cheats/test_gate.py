"""Ways around the hooks, and things written by hand that only the program should write.

The hooks are a convenience. What counts are finalize, the push to a gated ref,
and `verify`: none of them believes anything but commits and the runs that it
made itself.
"""

import json
from pathlib import Path
from typing import Final

import pytest

from tests.gate.project import BASE, MakeProject, Project
from tests.proof.lab import INI
from tests.sandbox import Repo

pytestmark = pytest.mark.long

RELEASE: Final = '[gate]\nrefs = ["refs/heads/release"]\n'


@pytest.fixture
def work(project: Project, remote: Repo) -> Project:
    """A feature on the branch `topic`, meant for main, which the remote gates."""
    assert remote
    project.git("switch", "-q", "-c", "topic")
    project.begin()
    return project


def unproven(project: Project, code: str = "FAIL(no-test)", *refspec: str) -> None:
    """The push, finalize and `verify` all refuse, and nothing has moved."""
    before = project.git("ls-remote", "origin")
    done = project.may("push", "origin", *(refspec or ("topic:main",)))
    assert done.code == 1
    assert code in done.err
    assert project.git("ls-remote", "origin") == before
    done = project.cli("finalize", "--json")
    assert (done.code, done.error) == (1, "NOT_PROVEN")
    done = project.cli("verify", "--json", "--regression", "off", "main..topic")
    assert done.error == "NOT_PROVEN"
    assert code.removeprefix("FAIL(").removesuffix(")") in {c["code"] for c in done.data["commits"]}


# -- around the hooks -------------------------------------------------------------------------


def test_a_commit_without_its_hooks(work: Project) -> None:
    work.change("one", test=False)
    assert "not proven (no-test)" in work.may("commit", "-m", "one").err
    work.git("commit", "-q", "--no-verify", "-m", "one")
    unproven(work)


def test_hooks_that_are_elsewhere(work: Project) -> None:
    work.change("one", test=False)
    work.unhooked("one")
    unproven(work)


def test_a_commit_that_plumbing_made(work: Project) -> None:
    work.change("one", test=False)
    tree = work.git("write-tree")
    made = work.git("commit-tree", tree, "-p", "HEAD", "-m", "one\n\nOneshot: PASS")
    work.git("update-ref", "refs/heads/topic", made)
    unproven(work)


def test_an_amend_that_takes_the_test_out_again(work: Project) -> None:
    work.land("one")
    work.git("rm", "-q", "--cached", "checks/one")
    work.git("commit", "-q", "--no-verify", "--amend", "--no-edit")
    work.git("clean", "-fdq")
    unproven(work)


def test_a_branch_without_a_feature(work: Project) -> None:
    """The gate is the ref that is pushed to, whatever branch it comes from."""
    work.git("switch", "-q", "-c", "aside", "main")
    work.land("one", "--no-verify", test=False)
    done = work.may("push", "origin", "aside:main")
    assert (done.code, "FAIL(no-test)" in done.err) == (1, True)
    done = work.may("push", "origin", "HEAD~0:refs/heads/main")
    assert (done.code, "FAIL(no-test)" in done.err) == (1, True)


def test_a_commit_under_anothers_name(work: Project) -> None:
    """A push passes over what others committed; finalize, `verify` and the suite do not."""
    work.git("config", "user.email", "someone@else.example")
    work.land("one", "--no-verify", test=False)
    work.git("config", "--unset", "user.email")
    done = work.cli("finalize", "--json")
    assert (done.code, done.error) == (1, "NOT_PROVEN")
    done = work.cli("verify", "--json", "main..topic")
    assert [c["code"] for c in done.data["commits"]] == ["no-test"]


# -- what is remembered of the remote -----------------------------------------------------------


def test_a_remote_that_is_said_to_have_it(work: Project) -> None:
    work.land("one", "--no-verify", test=False)
    work.git("update-ref", "refs/remotes/origin/main", "HEAD")
    unproven_push(work, "topic:main")


def test_a_remote_that_is_said_to_have_it_and_a_new_ref(work: Project, remote: Repo) -> None:
    """What a clone remembers says nothing of a ref that is new: the remote itself is asked."""
    rules = (work.path / ".oneshot.toml").read_text()
    work.repo.write(".oneshot.toml", rules + RELEASE)
    work.git("commit", "-q", "-am", "gate release")
    work.land("one", "--no-verify", test=False)
    work.git("update-ref", "refs/remotes/origin/anything", "HEAD")
    unproven_push(work, "topic:release")
    assert "release" not in remote.git("for-each-ref")


def unproven_push(project: Project, refspec: str) -> None:
    """The push is refused."""
    done = project.may("push", "origin", refspec)
    assert (done.code, "FAIL(no-test)" in done.err) == (1, True), done


def test_a_commit_that_no_event_binds_and_a_remote_that_is_said_to_have_it(work: Project) -> None:
    work.land("one")
    work.change("two", test=False)
    work.unhooked("two")
    work.git("update-ref", "refs/remotes/origin/anything", "HEAD")
    unproven_push(work, "topic:main")


# -- written by hand ----------------------------------------------------------------------------


def forge(project: Project, kind: str, data: dict[str, object]) -> None:
    """Put an event on the trail without asking the program."""
    events = project.do("log", "--json").data["events"]
    event = {
        "at": "2026-01-01T00:00:00Z", "by": "Ada Lovelace <ada@example.org>",
        "clock": events[-1]["clock"] + 1, "data": data, "id": "0" * 26, "type": kind, "v": 1,
    }  # fmt: skip
    line = json.dumps(event, sort_keys=True, separators=(",", ":"))
    tip = project.git("rev-parse", "refs/oneshot/topic")
    made = project.git("commit-tree", f"{tip}^{{tree}}", "-p", tip, "-m", f"by hand\n\n{line}")
    project.git("update-ref", "refs/oneshot/topic", made)


def test_an_event_that_says_a_commit_is_proven(work: Project) -> None:
    commit = work.land("one", "--no-verify", test=False)
    work.do("status")
    proof = {"kind": "behaviour", "tree": work.git("rev-parse", "HEAD^{tree}"), "word": "PASS"}
    forge(work, "proof.recorded", {"commit": commit, "proof": proof})
    assert work.types()[-1] == "proof.recorded"
    unproven(work)


def test_an_event_that_says_the_feature_is_completed(work: Project) -> None:
    work.land("one", "--no-verify", test=False)
    work.do("status")
    forge(work, "workflow.transition", {"from": "implementing", "to": "completed"})
    assert work.do("status", "topic", "--json").data["phase"] == "completed"
    unproven_push(work, "topic:main")


def test_a_waiver_that_an_agent_gives_itself(work: Project) -> None:
    work.land("one", "--no-verify", test=False)
    done = work.cli("waive", "--reason", "trust me", "--json")
    assert (done.code, done.error) == (2, "NEEDS_INPUT")
    done = work.oneshot("waive", "--reason", "x", "--json", env={"GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "oneshot.unattended", "GIT_CONFIG_VALUE_0": "true"})  # fmt: skip
    assert (done.code, done.error) == (2, "NEEDS_INPUT")
    unproven(work)


def test_a_waiver_that_is_written_by_hand(work: Project) -> None:
    """It opens the gates of this clone, whose owner can do so anyway, and nobody else's."""
    commit = work.land("one", "--no-verify", test=False)
    work.do("status")
    forge(work, "commit.waived", {"commit": commit, "reason": "trust me"})
    done = work.cli("verify", "--json", "--regression", "off", "main..topic")
    assert (done.error, done.data["commits"][0]["code"]) == ("NOT_PROVEN", "no-test")


def test_a_cache_that_is_written_by_hand(make: MakeProject, project: Project) -> None:
    """Runs of another tree, put under this one's key: finalize and `verify` look at no cache."""
    make.remote(project)
    project.git("switch", "-q", "-c", "topic")
    project.begin()
    project.land("one")
    project.change("two")
    project.repo.write("checks/two", "true\n")
    project.git("add", "--all")
    assert "vacuous-red" in project.may("commit", "-m", "two").err
    for kept in (project.own / "cache" / "proof").glob("*/*"):
        body = json.loads(kept.read_bytes())
        if body["value"].get("code") == "vacuous-red":
            body["value"] = {**body["value"], "word": "PASS", "code": "", "kind": "behaviour"}
            kept.write_text(json.dumps(body))
    assert project.may("commit", "-q", "-m", "two").code == 0
    done = project.cli("finalize", "--json")
    assert (done.error, done.data["commits"][1]["code"]) == ("NOT_PROVEN", "vacuous-red")
    done = project.cli("verify", "--json", "HEAD")
    assert done.data["commits"][0]["code"] == "vacuous-red"


def test_a_toolchain_that_is_written_by_hand(make: MakeProject, tmp_path: Path) -> None:
    """An interpreter that is said to have pytest, and has not, proves nothing."""
    made = make("python", files={**BASE, "pytest.ini": INI, "calc.py": "", "test_calc.py": ""})
    made.git("rm", "-q", ".oneshot.toml")
    made.git("commit", "-q", "-m", "python")
    made.do("trust", "--yes")
    fake = made.path / ".venv" / "bin" / "python"
    fake.parent.mkdir(parents=True)
    fake.write_text("#!/bin/sh\n")
    fake.chmod(0o755)
    stamp = f"{fake.resolve()}@{fake.stat().st_mtime_ns}@0"
    told = {"version": "3", "path": [], "pytest": True, "stamp": stamp}
    (made.own / "toolchain").write_text(json.dumps({ascii(str(fake)): told}))
    made.repo.write("calc.py", "a = 1\n")
    made.repo.write("test_calc.py", "import calc\ndef test(): assert calc.a\n")
    made.git("add", "calc.py", "test_calc.py")
    made.git("commit", "-q", "-m", "one")
    done = made.oneshot("verify", "--json", "HEAD", env={"VIRTUAL_ENV": ""})
    assert (done.error, done.data["commits"][0]["code"]) == ("UNDECIDED", "runner")
    assert tmp_path
