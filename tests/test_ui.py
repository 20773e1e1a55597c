"""What people read: every command's output in one scene, a file a command in `tests/ui/`.

What a file holds was read by a person before it was committed. When the program
says something else, look at it, and if it is right:

    GIT_ONESHOT_UI=write make test

The output is that of a pipe, with ids and times masked. A line on stderr begins
with '! ', and an exit status other than 0 stands in brackets at the end.
"""

import os
import re
import shlex
from pathlib import Path
from typing import Final

from git_oneshot.cli.main import COMMANDS, HIDDEN
from tests.forge.steps import begin
from tests.gate.project import Done, MakeProject, Project, make, program, shell
from tests.sandbox import Repo
from tests.tour import masked

__all__ = ["make", "program", "shell"]

FOLDER: Final = Path(__file__).parent / "ui"
LONG: Final = 70  # lines
WRITE: Final = os.environ.get("GIT_ONESHOT_UI") == "write"


class Stage:
    """A project, and all that was said in it, by command."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.said: dict[str, list[str]] = {}

    def play(self, line: str, at: Project | None = None) -> Done:
        """Type a command, and write down what it answers."""
        argv = shlex.split(line)
        done = (at or self.project).cli(*argv)
        self.said.setdefault(argv[0], []).append(
            told(line, done).replace(str(self.project.path.parent), "")
        )
        return done


def told(line: str, done: Done) -> str:
    """A command and its answer, as the file has it."""
    # What goes on for long is a list of patterns or a manual, and not what is looked at here.
    said = [x if len(x) < 150 else x[:150] + "…" for x in done.out.splitlines()]
    said = said if len(said) < LONG else [*said[:8], f"… and {len(said) - 8} more lines"]
    said = [f"$ git oneshot {line}", *said]
    said += [f"! {text}" for text in done.err.splitlines()]
    said += [f"[{done.code}]"] if done.code else []
    text = masked("\n".join(said) + "\n")
    text = re.sub(r"\b0[0-9a-z]{25}\b", "EVENT", text)
    text = re.sub(r"(?<=  )\d+[smhd](?=  )", "AGE", text)
    text = re.sub(r"\bTIME:\d\d\b", "TIME", text)
    return re.sub(r"\b\d{4}\\*-\d\d\\*-\d\dT[\d:]+Z", "TIME", text)


def scene(stage: Stage, make: MakeProject) -> None:
    """Two features from beginning to end, with the mistakes that people make."""
    play, project = stage.play, stage.project
    origin = make.remote(project)
    play("status")
    play("list")
    play("verify")
    play("why")
    play("trust")
    play("trust --yes")
    play("init fix-typo --title 'A typo in the base'")
    play("status")
    play("init again")
    play("red")
    play("plan")
    play("plan --goal 'spell it right' --approach 'edit it' --file lib/one --test checks/one")
    play("install")
    play("doctor")
    play("install --yes")
    play("install --yes")
    play("doctor")
    play("red")
    project.change("one", code=False)
    play("red")
    play("status")
    project.change("one")
    play("green")
    play("status")
    project.land("one")
    project.change("two", test=False)
    project.may("commit", "-m", "two")  # the hook refuses
    play("why")
    project.git("commit", "-q", "-m", "two", "--no-verify")
    play("status")
    play("verify")
    play("prove")
    play("prove --stop")
    play("push -- --quiet origin main")
    play("finalize")
    play("request-synthesize --reason 'a second pair of eyes'")
    play("waive --reason 'no test can see it'")
    project.git("config", "--global", "oneshot.unattended", "true")
    play("waive --reason 'no test can see it'")
    play("checkpoint --summary 'half of it is done'")
    play("resume")
    play("finalize --dry-run")
    play("cancel --reason 'another way is better' --superseded-by other-way")
    play("cancel")
    play("status fix-typo")
    project.git("reset", "-q", "--hard", "HEAD^")
    play("init other-way --policy never")
    play("plan --message 'the other way'")
    project.land("three")
    play("prove")
    play("declare refactor --reason 'one loop instead of two'")
    play("declare miracle --reason 'it works'")
    play("finalize")
    play("push -- --quiet origin main")
    play("list")
    play("list --all")
    play("log other-way")
    play("log nobody")
    play("show 4 -f other-way")
    play("show nothing -f other-way")
    play("replay fix-typo --at 1")
    play("init try-it --spike")
    play("finalize")
    play("graduate")
    play("complete")
    play("prune --older-than 14d")
    play("prune --older-than soon")
    play("cancel")
    play("rules")
    play("rules --write")
    play("cache clear")
    clone = Project(Repo(project.path.parent / "clone"))
    clone.git("remote", "add", "origin", str(origin.path))
    play("install --yes", clone)
    clone.git("fetch", "-q")
    clone.git("reset", "-q", "--hard", "origin/main")
    play("verify", clone)
    play("trust --yes", clone)
    play("verify", clone)
    play("verify nowhere", clone)
    play("split")
    play("sync")
    play("sync")
    play("sync nowhere")
    play(f"clone {origin.path} {project.path.parent}/another --yes")
    play("list --all", clone)
    os.unlink(clone.hook("pre-push"))
    play("doctor", clone)
    play("doctor --fix", clone)
    play("fsck", clone)
    play("export other-way --format markdown")
    project.repo.write("../trail.jsonl", project.do("export", "other-way").out)
    play(f"import {project.path.parent}/trail.jsonl", clone)
    play("import", clone)
    play("uninstall", clone)


def review(stage: Stage) -> None:
    """Another feature, that goes through a pull request of the local forge."""
    play, project = stage.play, stage.project
    play("synthesize")
    begin(project)
    play("synthesize")
    play("pr show")
    project.do("finalize")
    project.git("commit", "-q", "--no-verify", "--allow-empty", "-m", "fixup! feat: more")
    play("synthesize")
    project.git("reset", "-q", "--hard", "HEAD^")
    play("synthesize --dry-run")
    play("synthesize")
    play("pr show")
    play("pr edit")
    play("validate-pr-body")
    project.repo.write("short.md", "## Summary\nS\n\n## Changes\n")
    play("validate-pr-body short.md")
    play("validate-pr-body none")
    play("pr ready")
    play("status")
    play("pr merge")
    play("pr merge --yes")
    play("status")
    for line in ("skill", "skill --write", "skill --write"):
        play(line)
    for line in ("schema", "schema pr", "schema progress", "schema nothing"):
        play(line)


def test_every_command_says_what_was_read(make: MakeProject) -> None:
    stage = Stage(make("project"))
    scene(stage, make)
    stage.project = make("reviewed")
    review(stage)
    said = {name: "\n".join(parts) for name, parts in stage.said.items()}
    if WRITE:
        for file in FOLDER.glob("*.txt"):
            file.unlink()
        for name, text in said.items():
            (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")
    kept = {file.stem: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.txt")}
    assert said == kept


def test_every_command_is_in_the_scene() -> None:
    there = {file.stem for file in FOLDER.glob("*.txt")}
    assert {*COMMANDS} - {*HIDDEN} == there
