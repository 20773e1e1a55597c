"""What programs read: the scene of `tests/test_ui.py` once more, with --json.

A file a command in `tests/golden/json/`: what was asked, the exit status and the
answer, with ids, times and paths masked. When an answer changes, look at it, and
if nothing is taken away from version 1:

    GIT_ONESHOT_UI=write python -m pytest tests/test_golden_json.py
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from git_oneshot.cli.data.table import ANSWERS
from git_oneshot.cli.main import COMMANDS, HIDDEN
from tests.answers import conform
from tests.gate.project import Done, MakeProject, Project, feature, make, program, project, shell
from tests.test_ui import WRITE, Stage, review, scene
from tests.tour import masked

pytestmark = pytest.mark.long

__all__ = ["feature", "make", "program", "project", "shell"]

FOLDER: Final = Path(__file__).parent / "golden" / "json"


class Recorder(Stage):
    """Types each command with --json, and keeps the answers."""

    def play(self, line: str, at: Project | None = None) -> Done:
        """Type a command, and keep its answer."""
        name, *rest = shlex.split(line)
        done = (at or self.project).cli(name, "--json", *rest)
        assert done.err == "", (line, done.err)
        answer = done.json
        if "schema" in answer["data"]:  # its keys are enough: it is made from the answers' types
            answer["data"]["schema"] = sorted(answer["data"]["schema"])
        if name == "skill" and "text" in answer["data"]:  # it is a manual, with a test of its own
            answer["data"]["text"] = answer["data"]["text"].split("\n")[1]
        said = {"argv": f"{name} --json {' '.join(rest)}".strip(), "exit": int(done.code),
                "answer": answer}  # fmt: skip
        text = json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False)
        self.said.setdefault(name, []).append(self._masked(text))
        return done

    def _masked(self, text: str) -> str:
        text = text.replace(str(self.project.path.parent), "")
        text = re.sub(r": ID\b", ": 0", masked(text))
        text = re.sub(r"\b0[0-9a-z]{25}\b", "EVENT", text)
        text = re.sub(r"\bTIME:\d\d\b", "TIME", text)
        text = re.sub(r"\b\d{4}\\*-\d\d\\*-\d\dT[\d:]+Z", "TIME", text)
        return re.sub(r'"(seconds|ageMinutes|minutes)": [\d.]+', r'"\1": 0', text)


def test_every_answer_is_what_it_was(make: MakeProject) -> None:
    stage = Recorder(make("project"))
    scene(stage, make)
    stage.project = make("reviewed")
    review(stage)
    said = {name: "[\n" + ",\n".join(parts) + "\n]\n" for name, parts in stage.said.items()}
    if WRITE:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for file in FOLDER.glob("*.json"):
            file.unlink()
        for name, text in said.items():
            (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
    kept = {file.stem: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.json")}
    assert said == kept


def test_every_command_has_a_success_and_most_a_refusal() -> None:
    kept = {f.stem: json.loads(f.read_text(encoding="utf-8")) for f in FOLDER.glob("*.json")}
    assert {*kept} == {*COMMANDS} - {*HIDDEN}
    for name, answers in kept.items():
        assert all(one["answer"]["command"] == name for one in answers)
    codes = {one["answer"]["error"]["code"] for a in kept.values() for one in a if one["exit"]}
    assert codes >= {"FEATURE_UNKNOWN", "NEEDS_INPUT", "NOT_PROVEN", "GUARD_FAILED",
                     "STATE_NOT_FOUND", "ALREADY_CANCELLED", "UNTRUSTED", "USAGE",
                     "FILE_ERROR"}  # fmt: skip


ALL: Final = """
import os, sys
os.close(0)
sys.stdin = None
from git_oneshot.cli.main import COMMANDS, HIDDEN, main
for name in COMMANDS:
    if name not in HIDDEN:
        main([name, "--json"])
        sys.stdout.flush()
        main([name])
        print("\\n====", flush=True)
"""


def test_nothing_waits_for_a_terminal_that_is_not_there(feature: Project) -> None:
    """Every command, for programs and for people, with standard input closed and no terminal."""
    done = subprocess.run(
        [sys.executable, "-c", ALL], cwd=feature.path, capture_output=True, text=True,
        env={**os.environ, "GIT_EDITOR": "sleep 600", "PAGER": "sleep 600"}, timeout=100,
        check=False, start_new_session=True,
    )  # fmt: skip
    said = [part.strip().split("\n")[0] for part in done.stdout.split("\n====\n")][:-1]
    assert len(said) == len(COMMANDS) - len(HIDDEN), done
    for line in said:
        answer = json.loads(line)
        conform(answer)
        assert answer["error"] is None or answer["error"]["code"] != "BUG", answer
    assert "is wrong here" not in done.stderr


# -- --key, --if-tip, --via -----------------------------------------------------------------


def _life(_project: Project) -> dict[str, list[str]]:
    """What makes each command ready to write, and its arguments, in the order of a life."""
    return {
        "init": ["topic", "--yes"],
        "plan": ["--goal", "x"],
        "red": [],
        "green": [],
        "declare": ["refactor", "--reason", "x"],
        "waive": ["--reason", "x"],
        "checkpoint": ["--summary", "x"],
        "request-synthesize": [],
        "finalize": [],
        "cancel": [],
    }


def _ready(project: Project, name: str) -> None:
    if name == "red":
        project.change("one", code=False)
    elif name == "green":
        project.change("one")
    elif name == "waive":
        project.git("config", "--global", "oneshot.unattended", "true")
        project.git("commit", "-q", "-m", "one")


def test_every_command_that_writes_takes_a_key_a_tip_and_who_acts(project: Project) -> None:
    """Another tip: refused, and nothing is written. A key: done once. Both answer the same."""
    tip = ""
    for name, arguments in _life(project).items():
        _ready(project, name)
        refused = project.cli(name, *arguments, "--json", "--if-tip", "1" * 40)
        assert refused.error == "SEQUENCE_CONFLICT", name
        found = project.may("rev-parse", "-q", "--verify", "refs/oneshot/topic").out.strip()
        assert found == tip, name
        options = ["--json", "--key", f"k-{name}", "--via", "robot"]
        # What the hooks noted is written first, in an append of its own.
        first = project.do(name, *arguments, *options, "--if-tip", tip).data
        again = project.do(name, *arguments, *options).data
        assert first["events"] and first["events"] == again["events"], name
        tip = first["tip"]
        assert again["tip"] == tip, name
        for event in first["events"]:
            assert project.do("show", event, "--json").data["event"]["via"] == "robot", name


def test_the_commands_that_write_are_those(project: Project) -> None:
    """Of the rest, complete and synthesize need a forge, graduate a spike: they are tried there.

    An import writes what it reads, to the byte, so it is done once by itself.
    """
    writing = {name for name, cls in ANSWERS.items() if "events" in cls.__struct_fields__}
    others = {"log", "complete", "graduate", "synthesize", "pr", "split", "import"}
    assert writing - others <= {*_life(project)}
