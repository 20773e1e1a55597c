"""ci/: what GitHub and GitLab are given, played on loopback by a driver of their steps.

The driver does what a runner does with a step of shell: its environment, its shell, the
expressions in it. It leaves out what reaches for the network: the checkout is a clone of a
bare repository, and git-oneshot is on PATH already, so nothing asks pip.
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.gate.project import Done, MakeProject, Project, make, program, project, run, shell
from tests.sandbox import Repo

__all__ = ["make", "program", "project", "shell"]

CI: Final = Path(__file__).parent.parent / "ci"
TOKENS: Final = {
    "GITHUB_TOKEN": "s3cret", "GH_TOKEN": "s3cret", "ACTIONS_RUNTIME_TOKEN": "s3cret",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "s3cret", "CI_JOB_TOKEN": "s3cret",
    "CI_JOB_JWT": "s3cret", "CI_REGISTRY_PASSWORD": "s3cret", "AWS_SECRET_ACCESS_KEY": "s3cret",
    "PIP_INDEX_URL": "https://u:s3cret@host/", "NPM_TOKEN": "s3cret",
}  # fmt: skip
# A test that turns with its change only where it sees none of them, here or in what began it.
NOSY: Final = """\
pid=$$
while [ "$pid" -gt 1 ]; do
	grep -q s3cret "/proc/$pid/environ" && exit 1
	pid=$(sed -n 's/^PPid:.//p' "/proc/$pid/status")
done
grep -qx nosy lib/nosy
"""


def load(path: Path) -> dict[str, Any]:
    """A file of YAML."""
    found = yaml.safe_load(path.read_text())
    assert isinstance(found, dict)
    return found


class Job:
    """A clone of the remote in which a service runs a job on a branch."""

    def __init__(self, clone: Repo, base: str, folder: Path) -> None:
        self.clone = clone
        self.base = base
        self.head = clone.git("rev-parse", "HEAD")
        self.folder = folder
        folder.mkdir()

    def github(self, event: str = "pull_request") -> Done:
        """The steps of the action, one after another, until one fails."""
        summary, path = self.folder / "summary", self.folder / "path"
        path.touch()
        env = {
            **TOKENS, "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": event,
            "GITHUB_SERVER_URL": "https://github.com", "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_PATH": str(path), "RUNNER_TEMP": str(self.folder),
        }  # fmt: skip
        action = load(CI / "github" / "action.yml")
        values = {f"inputs.{name}": one["default"] for name, one in action["inputs"].items()}
        values |= {"github.event.pull_request.base.sha": self.base, "github.token": "s3cret",
                   "github.event.pull_request.head.sha": self.head}  # fmt: skip
        out = err = ""
        for step in action["runs"]["steps"]:
            mine = {k: _expanded(str(v), values) for k, v in step.get("env", {}).items()}
            assert step["shell"] == "bash"
            assert "${{" not in step["run"]  # a value in a script is a script
            done = self._bash(step["run"], {**env, **mine})
            out, err = out + done.out, err + done.err
            if done.code:
                break
        return Done(done.code, out, err)

    def gitlab(self, **more: str) -> Done:
        """The script of the template."""
        job = load(CI / "gitlab" / "oneshot.yml")["oneshot"]
        env = {
            **TOKENS, "CI": "true", "GITLAB_CI": "true", "CI_PROJECT_DIR": str(self.clone.path),
            "CI_PROJECT_URL": "https://gitlab.example/group/project",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": self.base, "CI_COMMIT_SHA": self.head,
            **job["variables"], **more,
        }  # fmt: skip
        return self._bash("\n".join(job["script"]), env)

    def _bash(self, script: str, env: Mapping[str, str]) -> Done:
        file = self.folder / "step.sh"
        file.write_text(script)
        argv = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(file)]
        return run(argv, self.clone.path, env)


def _expanded(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values[found[1]], text)


@pytest.fixture
def work(project: Project, make: MakeProject, tmp_path: Path) -> Project:
    """A project with a bare remote; a commit on a branch there is proven."""
    make.remote(project)
    project.git("switch", "-q", "-c", "topic")
    project.repo.write("checks/nosy", NOSY)
    project.repo.write("lib/nosy", "nosy\n")
    project.git("add", "--all")
    project.repo.commit("nosy")
    return project


def job(work: Project, tmp_path: Path, name: str = "job") -> Job:
    """A job on what is pushed of the branch."""
    work.git("push", "-q", "--no-verify", "origin", "topic")
    clone = Repo(tmp_path / name)
    clone.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    clone.git("fetch", "-q", "origin")
    clone.git("checkout", "-q", "--detach", "origin/topic")
    return Job(clone, work.git("rev-parse", "main"), tmp_path / f"{name}.temp")


def test_github(work: Project, tmp_path: Path) -> None:
    """What is proven passes, and no test sees a token; what is not fails the job, annotated."""
    one = job(work, tmp_path)
    done = one.github()
    assert done.code == 0, done
    assert "1 commit proven" in done.out
    assert "1 proven" in (one.folder / "summary").read_text()
    bad = work.land("bad", test=False)
    done = job(work, tmp_path, "second").github()
    assert done.code == 1
    assert f"FAIL(no-test) {bad[:9]}::" in done.err
    assert "::error file=lib/bad,line=1," in done.err


def test_github_runs_no_stranger_with_the_rights_of_the_base(work: Project, tmp_path: Path) -> None:
    for event in ("pull_request_target", "workflow_run", "push", ""):
        done = job(work, tmp_path, f"on-{event}").github(event)
        assert (done.code, done.err) == (2, "")
        assert done.out.startswith("::error::")
    workflow = load(CI / "github" / "workflow.yml")
    assert {"pull_request"} == {v for k, v in workflow.items() if str(k) in ("on", "True")}
    assert workflow["permissions"] == {"contents": "read"}
    [proofs] = workflow["jobs"].values()
    checkout, ours = proofs["steps"]
    assert checkout["with"]["fetch-depth"] == 0
    assert checkout["with"]["persist-credentials"] is False
    assert ours["uses"].startswith("OWNER/git-oneshot/ci/github@")
    assert (CI / "github" / "action.yml").exists()


@pytest.mark.long
def test_gitlab(work: Project, tmp_path: Path) -> None:
    one = job(work, tmp_path)
    done = one.gitlab()
    assert done.code == 0, done
    assert "1 commit proven" in done.out
    assert json.loads((one.clone.path / "gl-code-quality-report.json").read_text()) == []
    assert one.clone.git("remote", "get-url", "origin").startswith("https://gitlab.example/")
    work.land("bad", test=False)
    two = job(work, tmp_path, "second")
    assert two.gitlab(CI_NODE_INDEX="1", CI_NODE_TOTAL="2").code == 0  # the commit that is proven
    two.clone.git("remote", "set-url", "origin", str(tmp_path / "origin.git"))
    assert two.gitlab(CI_NODE_INDEX="2", CI_NODE_TOTAL="2").code == 1
    [said] = json.loads((two.clone.path / "gl-code-quality-report.json").read_text())
    assert said["location"]["path"] == "lib/bad"


def test_gitlab_asks_for_what_it_needs() -> None:
    found = load(CI / "gitlab" / "oneshot.yml")["oneshot"]
    assert "/tmp" not in "".join(found["script"])  # a name that another job can take first
    assert found["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'}]
    assert found["variables"]["GIT_DEPTH"] == "0"
    assert found["artifacts"]["when"] == "always"


@pytest.mark.long
def test_declared_classes_come_with_the_trails(work: Project, tmp_path: Path) -> None:
    """Without the trail, nobody would know that the commit is a refactor."""
    work.do("init", "tidy", "--yes")
    work.do("plan", "tidy", "--goal", "tidy up")
    work.repo.write("lib/base", "base\nbase\n")
    work.git("add", "--all")
    work.do("declare", "refactor", "--reason", "it is one")
    work.git("commit", "-qm", "tidy", "--no-verify")
    work.do("status")
    work.cli("verify")
    one = job(work, tmp_path)
    work.do("sync")
    assert "refactor" in one.github().out + one.github().err


@pytest.mark.long
def test_the_python_of_the_tree_sees_no_token(work: Project, tmp_path: Path) -> None:
    """An interpreter that a commit brings is asked what it is, before any test is run."""
    seen = tmp_path / "seen"
    fake = work.repo.write(".venv/bin/python", f'#!/bin/sh\nenv >>"{seen}"\nexit 1\n')
    fake.chmod(0o755)
    work.repo.write(".oneshot.toml", '[[suite]]\nname = "a"\ncommand = "python -m pytest"\n')
    work.git("add", "--all", "--force")
    work.git("commit", "-q", "--no-verify", "-m", "python")
    work.repo.write("test_a.py", "def test_a():\n    pass\n")
    work.git("add", "--all")
    work.git("commit", "-q", "--no-verify", "-m", "test")
    one = job(work, tmp_path)
    os.environ.pop("VIRTUAL_ENV")
    one.github()
    assert seen.exists()
    assert "s3cret" not in seen.read_text()
