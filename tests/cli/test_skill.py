"""skill: what an agent is told is what works."""

import json
import shlex

import pytest

from git_oneshot.cli.commands.skill import PLACE, instructions
from tests.answers import conform
from tests.gate.project import MakeProject, Project
from tests.proof.lab import INI
from tests.tour import answers, steps

pytestmark = pytest.mark.long

FILES = {
    "README.md": "# Mail\n\nWe recieve your mail.\n",
    "pytest.ini": INI,
    "tests/test_mail.py": "def test_truth():\n    assert True\n",
}


def test_it_is_short() -> None:
    text = instructions()
    assert text.startswith("---\nname: git-oneshot\ndescription: ")
    assert text.count("\n") <= 80


def test_every_command_in_it_works(make: MakeProject) -> None:
    """Both walkthroughs, typed to the letter: the request half-way, and the policy always."""
    project = make(files=FILES)
    make.remote(project)
    said: dict[str, list[dict[str, object]]] = {}
    for step in answers(instructions(), project.path):
        words = shlex.split(step.command.partition("<<")[0])
        if words[:2] == ["git", "oneshot"]:
            answer = json.loads(step.answer)
            conform(answer)
            assert answer["ok"], step
            said.setdefault(words[2], []).append(answer["data"])
        else:
            assert step.answer == "", step
    assert [data["phase"] for data in said["finalize"]] == ["synthesize", "synthesize"]
    assert len(said["synthesize"]) == 2
    assert [data["policy"] for data in said["init"]] == ["on-request", "always"]
    states = [
        project.do("status", name, "--json").data for name in ("greet-by-name", "spell-receive")
    ]
    assert [state["requested"] for state in states] == [True, False]


def test_both_walkthroughs_are_there() -> None:
    typed = [step.command for step in steps(instructions())]
    assert any("request-synthesize" in command for command in typed)
    assert any("--policy always" in command for command in typed)


def test_it_is_printed_or_written_where_agents_look(project: Project) -> None:
    assert project.do("skill").out == instructions()
    data = project.do("skill", "--write", "--json").data
    assert (data["path"], data["written"]) == (PLACE, True)
    file = project.path / PLACE
    assert file.read_text() == instructions()
    assert project.do("skill", "--write", "--json").data["written"] is False
    assert project.git("status", "--porcelain") == "?? .claude/"


def test_what_somebody_wrote_there_stays(project: Project) -> None:
    file = project.repo.write(PLACE, "my own\n")
    refused = project.cli("skill", "--write", "--json")
    assert (refused.code, refused.error, refused.known) == (2, "INVALID_INPUT", {"paths": [PLACE]})
    assert file.read_text() == "my own\n"
    project.do("skill", "--write", "--force")
    assert file.read_text() == instructions()
