"""How the program says no: each code of `core/errors.py` and each command, in real repositories.

A scene is a place and what is typed there. Each line is typed twice, as a person and with --json;
`tests/golden/refusals/SCENE.json` has what both read. When that changes, look at it, and run

    GIT_ONESHOT_UI=write python -m pytest tests/test_refusals.py
"""

import json
import os
import re
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
import pytest

from git_oneshot import session
from git_oneshot.cli.main import COMMANDS, HIDDEN, group
from git_oneshot.core.errors import KINDS, Code
from git_oneshot.forge import retrying
from tests.cli.test_bad_input import an_event, append
from tests.forge.server import serving
from tests.forge.steps import begin
from tests.forge.test_care import old
from tests.forge.test_faults import FORGE, There
from tests.gate.project import (
    BASE,
    CHECK,
    Done,
    MakeProject,
    Project,
    call,
    make,
    program,
    run,
    shell,
)
from tests.sandbox import Repo
from tests.test_ui import WRITE
from tests.tour import masked

__all__ = ["make", "program", "shell"]

FOLDER: Final = Path(__file__).parent / "golden" / "refusals"
VISIBLE: Final = [name for name in COMMANDS if name not in HIDDEN]
# No command gives these; each has its test elsewhere.
ELSEWHERE: Final = {
    Code.BUG: "tests/cli/test_main.py: it takes a bug",
    Code.RESERVED_FIELD: "tests/core/test_workflow.py: no command sets a field by its name",
}
# What each command needs to be understood.
WORDS: Final = {
    "init": "topic", "plan": "--goal g", "declare": "refactor --reason r", "waive": "--reason r",
    "show": "1", "clone": "nowhere", "skill": "--write", "install": "--yes", "schema": "nothing",
    "split": "topic --as other",
}  # fmt: skip
HINTED: Final = re.compile(r"git oneshot( [^;,]*)?")


class Stage:
    """One place after another, and what was refused there."""

    def __init__(self, folder: Path, make: MakeProject, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.make = make
        self.patch = patch
        self.at = folder
        self.said: list[str] = []

    def project(self, name: str, *, planned: bool = True) -> Project:
        """A new place: a project, with a planned feature."""
        project = self.make(name)
        if planned:
            project.begin()
        self.at = project.path
        return project

    def no(self, code: Code, *lines: str, how: Callable[..., Done] = call) -> None:
        """Have lines refused, and write down what a person and a program read."""
        for line in lines:
            name, *rest = shlex.split(line)
            read = how([name, *rest], self.at)
            done = how([name, *rest, "--json"], self.at)
            error, steps = done.json["error"], done.json["next"]
            assert error is not None and error["code"] == code, (line, done)
            kind = KINDS[code]
            assert (read.code, done.code) == (kind.exit, kind.exit), (line, read)
            assert error["retryable"] is kind.retryable
            self._reads(line, read)
            for step in steps:
                understood(step["argv"])
            known = {key: value for key, value in done.data.items() if value is not None}
            said = {"typed": line, "exit": read.code, "out": read.out.splitlines(),
                    "err": read.err.splitlines(), "error": error, "data": known,
                    "next": steps}  # fmt: skip
            self.said.append(self._kept(said))

    def _reads(self, line: str, read: Done) -> None:
        """A person reads one line of what is wrong, and what helps."""
        errors = [one for one in read.err.splitlines() if one.startswith("error: ")]
        hints = [one for one in read.err.splitlines() if one.startswith("hint: ")]
        assert len(errors) == 1 and len(hints) >= 1, (line, read)
        for hint in hints:
            for found in HINTED.finditer(hint):
                understood(shlex.split(found[0].replace("'…'", "x").replace("…", "x")))

    def _kept(self, said: dict[str, Any]) -> str:
        """A line for each field, and for each step."""
        lines = []
        for key, value in said.items():
            if value in ([], {}):
                continue
            several = isinstance(value, list) and len(value) > 1
            inside = (
                ["[", ",\n".join(f"   {_json(one)}" for one in value), "  ]"]
                if several
                else [_json(value)]
            )
            lines.append(f'  "{key}": ' + "\n".join(inside))
        text = "{\n" + ",\n".join(lines) + "\n}"
        text = masked(text.replace(sys.executable, "python"))
        text = text.replace(str(self.folder), "")
        text = re.sub(r"\b0[0-9a-z]{25}\b", "EVENT", text)
        text = re.sub(r"127\.0\.0\.1:\w+", "127.0.0.1:PORT", text)
        text = re.sub(r"\b\d{4}-\d\d-\d\dT[\d:]+Z", "TIME", text)
        return re.sub(r"for \d+ s\b", "for N s", text)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def understood(argv: list[str]) -> None:
    """Fail where a command that is said to help is none of ours, or has no such option."""
    if argv[:2] != ["git", "oneshot"] or not argv[2:] or argv[2].isupper():
        return
    name, *rest = argv[2:]
    if name == "-h":
        return
    found = group.get_command(click.Context(group), name)
    assert found is not None, argv
    known = {option for param in found.params for option in param.opts}
    for word in rest[: rest.index("--")] if "--" in rest else rest:
        assert not word.startswith("-") or word.partition("=")[0] in known, argv


# -- scenes ----------------------------------------------------------------------------------


def anywhere(stage: Stage) -> None:
    """Words that no command understands, and commands outside of a repository."""
    for name in VISIBLE:
        stage.no(Code.USAGE, f"{name} --nonsense")
        if name not in ("clone", "schema"):
            stage.no(Code.NOT_A_REPOSITORY, f"{name} {WORDS.get(name, '')}".strip())
    stage.no(Code.USAGE, "statsu", "init", "schema nothing")
    stage.no(Code.REMOTE_FAILED, "clone nowhere")
    (stage.at / "taken").write_text("")
    stage.no(Code.GIT_FAILED, "clone nowhere taken")


def begun_by_nobody(stage: Stage) -> None:
    """A repository with a commit, and nothing else."""
    project = stage.project("fresh", planned=False)
    stage.no(
        Code.FEATURE_UNKNOWN, "status", "plan --goal g", "red", "green", "finalize", "graduate",
        "request-synthesize", "declare refactor --reason r", "waive --reason r", "checkpoint",
        "resume", "export", "log", "show 1", "replay", "complete", "cancel", "synthesize",
        "pr show",
    )  # fmt: skip
    stage.no(Code.STATE_NOT_FOUND, "status nobody", "split nobody --as x")
    stage.no(Code.INVALID_INPUT, "init A", "verify nowhere", "prune --older-than x")
    stage.no(Code.USAGE, "status a -f b", "list --limit x")
    stage.no(Code.NEEDS_INPUT, "install")
    stage.no(Code.REMOTE_UNKNOWN, "sync", "sync nowhere")
    stage.no(Code.FILE_ERROR, "validate-pr-body none")
    stage.no(Code.TEMPLATE_ERROR, "validate-pr-body check.sh --template none")
    project.git("config", "core.hooksPath", "theirs")
    stage.no(Code.HOOKS_PATH_SET, "install --yes")
    project.git("config", "--unset", "core.hooksPath")
    project.git("switch", "-q", "--detach")
    stage.no(Code.DETACHED_HEAD, "init topic")


def without_a_name_or_a_program(stage: Stage) -> None:
    project = stage.project("nameless", planned=False)
    old(project, "forgotten", "b1")
    project.git("switch", "-q", "main")
    settings = Path(os.environ["HOME"], ".gitconfig")
    before = settings.read_text()
    settings.write_text("[user]\n\tuseConfigOnly = true\n")
    stage.no(Code.IDENTITY_MISSING, "init topic")
    stage.no(Code.MISSING_CONTEXT, "prune --apply")
    settings.write_text(before)
    with stage.patch.context() as patch:
        patch.setenv("PATH", str(stage.folder))
        stage.no(Code.GIT_MISSING, "status")


def odd_places(stage: Stage) -> None:
    """Without a commit, a suite or a working tree."""
    Repo(stage.folder / "empty")
    stage.at = stage.folder / "empty"
    stage.no(Code.NO_COMMITS, "verify")
    stage.make("suiteless", files={"README": "x\n"}).begin()
    stage.at = stage.folder / "suiteless"
    stage.no(Code.NO_SUITE, "red")
    stage.no(Code.NOT_PROVEN, "green")
    Repo(stage.folder / "bare.git", "--bare")
    stage.at = stage.folder / "bare.git"
    stage.no(Code.NO_WORK_TREE, "red -f x", "skill --write", "rules --write")


def a_life(stage: Stage) -> None:
    """One feature, and what is refused on its way."""
    project = stage.project("life", planned=False)
    project.do("init", "topic", "--yes")
    stage.no(Code.INVALID_PHASE, "red", "green", "finalize", "declare refactor --reason r")
    stage.no(Code.GUARD_FAILED, "plan -m ' '", "graduate")
    stage.no(Code.NEEDS_INPUT, "plan")
    stage.no(Code.USAGE, "plan -F .")
    project.do("plan", "--goal", "make it so")
    stage.no(Code.FEATURE_OPEN, "init again")
    stage.no(Code.STATE_ALREADY_EXISTS, "init topic")
    stage.no(Code.GUARD_FAILED, "finalize", "pr show")
    stage.no(Code.INVALID_PHASE, "synthesize", "complete")
    stage.no(Code.USAGE, "declare miracle --reason r", "rules --wrte")
    stage.no(Code.STATE_NOT_FOUND, "show 99", "log --after 99", "replay --at 99")
    stage.no(Code.SEQUENCE_CONFLICT, f"checkpoint --summary x --if-tip {'1' * 40}")
    project.change("two", test=False)
    stage.no(Code.NOT_PROVEN, "red", "green")
    project.git("commit", "-q", "--no-verify", "-m", "two")
    stage.no(Code.NOT_PROVEN, "verify", "prove", "finalize", "push")
    stage.no(Code.NEEDS_INPUT, "waive --reason r")
    project.hook("pre-commit").unlink(missing_ok=True)
    stage.no(Code.CLONE_UNSOUND, "doctor")
    project.do("cancel", "topic")
    stage.no(Code.ALREADY_CANCELLED, "cancel topic")
    stage.no(Code.INVALID_PHASE, "plan topic --goal g")
    project.repo.write(".oneshot.toml", "[[suit]]\n")
    project.git("commit", "-qam", "rules", "--no-verify")
    stage.no(Code.RULES_INVALID, "rules")


def other_ends(stage: Stage) -> None:
    """A feature that is completed, and a spike."""
    project = stage.project("ends", planned=False)
    project.begin("topic", "--policy", "never")
    project.land("one")
    trust = project.own / "trust"
    trust.rename(trust.with_name("aside"))
    stage.no(Code.UNTRUSTED, "verify", "finalize")
    trust.with_name("aside").rename(trust)
    project.do("finalize")
    stage.no(Code.ALREADY_COMPLETED, "complete")
    stage.no(Code.INVALID_TRANSITION, "cancel topic")
    stage.no(Code.PUSH_FAILED, "push")
    project.do("init", "try-it", "--spike")
    stage.no(Code.GUARD_FAILED, "finalize")


def machines(stage: Stage) -> None:
    """What the machine does to us: locks, a full disk, a signal, a HEAD that moves."""
    project = stage.project("machines")
    stage.patch.setattr(session, "LONGEST", 0.0001)
    project.git("config", "core.filesRefLockTimeout", "1")
    lock = project.path / ".git/refs/oneshot/topic.lock"
    lock.write_text("")
    stage.no(Code.REF_LOCKED, "cancel")
    past = time.time() - 3600
    os.utime(lock, (past, past))
    stage.no(Code.LOCK_STALE, "cancel")
    lock.unlink()
    no_room = ("sh", "-c", 'ulimit -f 0; exec git-oneshot "$@"', "sh")
    stage.no(Code.EVENT_APPEND_FAILED, "cancel", how=lambda argv, at: run([*no_room, *argv], at))


MOVES: Final = (
    "git -c user.name=A -c user.email=a@b -C '{}' commit -q --allow-empty -m late --no-verify"
)


def a_suite_that_does_not_end_well(stage: Stage) -> None:
    """A HEAD that moves while its commits are judged, a signal, a suite that cannot be run."""
    for code, check in (
        (Code.RACE_LOST, MOVES.format(stage.folder / "RACE_LOST") + "\n" + CHECK),
        (Code.INTERRUPTED, "kill -INT $PPID\nsleep 2\n"),
        (Code.UNDECIDED, "kill -9 $$\n"),
    ):
        project = stage.make(code, files={**BASE, "check.sh": check})
        project.begin()
        stage.at = project.path
        project.change("one")
        project.unhooked("one")
        stage.no(code, "finalize", how=lambda argv, at: run(["git-oneshot", *argv], at))


def damage(stage: Stage) -> None:
    """Trails that break the format, each in a copy of one project."""
    for name, body, code in (
        ("torn", an_event()[:-9], Code.TRAIL_DAMAGED),
        ("newer", an_event(v=2), Code.TRAIL_NEWER),
        ("alien", an_event(type="alien.event"), Code.UNKNOWN_EVENT_TYPE),
    ):
        append(stage.project(name), body)
        stage.no(code, "status", "log", "export", "checkpoint --summary x")
        stage.no(Code.TRAIL_DAMAGED, "fsck")


def remotes(stage: Stage) -> None:
    project = stage.project("remotes")
    bare = stage.make.remote(project)
    project.git("config", "remote.origin.url", f"{bare.path}-gone")
    stage.no(Code.REMOTE_FAILED, "sync")
    project.git("config", "remote.origin.url", str(bare.path))
    hook = bare.path / "hooks" / "update"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    stage.no(Code.REMOTE_REFUSED, "sync")


def forges(stage: Stage) -> None:
    """A forge that says no, in each way that it can."""
    project = stage.project("forged", planned=False)
    begin(project).do("finalize")
    project.hook("pre-push").unlink(missing_ok=True)  # which takes longer than all else here
    stage.patch.setattr(retrying, "TRIES", 1)
    with serving("forgejo") as server:
        there = There(project, server, stage.folder)
        server.token = "another"
        stage.no(Code.FORGE_DENIED, "synthesize")
        there.mend()
        for code, status, headers in (
            (Code.FORGE_DENIED, 403, {"why": "no\nway"}), (Code.FORGE_REFUSED, 404, {}),
            (Code.FORGE_REFUSED, 409, {}), (Code.FORGE_UNAVAILABLE, 500, {}),
            (Code.FORGE_BUSY, 429, {"Retry-After": "3600"}),
        ):  # fmt: skip
            server.faults = [(status, headers)] * 20
            stage.no(code, "synthesize")
            there.mend()
        project.git("config", FORGE, "bitbucket")
        stage.no(Code.FORGE_UNKNOWN, "synthesize")
        there.mend()
        project.git("config", "--unset", "credential.helper")
        stage.no(Code.TOKEN_MISSING, "synthesize")
        there.mend()
        with stage.patch.context() as patch:
            patch.setitem(sys.modules, "github", None)
            project.git("config", FORGE, "github")
            stage.no(Code.EXTRA_MISSING, "synthesize")
        there.mend()
        project.do("synthesize")
        there.server.faults = [(500, {})] * 20
        stage.no(Code.COMPENSATION_PARTIAL, "cancel")


SCENES: Final = (
    anywhere, begun_by_nobody, without_a_name_or_a_program, odd_places, a_life, other_ends,
    machines, a_suite_that_does_not_end_well, damage, remotes, forges,
)  # fmt: skip


@pytest.fixture
def stage(tmp_path: Path, make: MakeProject, monkeypatch: pytest.MonkeyPatch) -> Stage:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    return Stage(tmp_path, make, monkeypatch)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_every_refusal_is_what_it_was(stage: Stage, scene: Callable[[Stage], None]) -> None:
    scene(stage)
    said = "[\n" + ",\n".join(stage.said) + "\n]\n"
    file = FOLDER / f"{scene.__name__}.json"
    if WRITE:
        FOLDER.mkdir(parents=True, exist_ok=True)
        file.write_text(said, encoding="utf-8")
    assert said == file.read_text(encoding="utf-8")


def _kept() -> list[dict[str, Any]]:
    assert {file.stem for file in FOLDER.iterdir()} == {scene.__name__ for scene in SCENES}
    texts = (file.read_text(encoding="utf-8") for file in FOLDER.iterdir())
    return [one for text in texts for one in json.loads(text)]


def test_every_code_has_a_golden() -> None:
    """A new code comes with a line in a scene; one that no command gives is dead."""
    assert {one["error"]["code"] for one in _kept()} == {*map(str, Code)} - {*map(str, ELSEWHERE)}


def test_every_command_is_refused_for_its_words_and_for_a_reason() -> None:
    refused = {(one["typed"].split(" ")[0], one["error"]["code"] == Code.USAGE) for one in _kept()}
    assert {(name, True) for name in VISIBLE} <= refused
    assert {name for name in VISIBLE if (name, False) not in refused} == {"schema"}
