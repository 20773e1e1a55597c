"""Features from their beginning to their end, as a team would have them."""

import os
from collections.abc import Iterator
from typing import Final

from benchmarks.scene import BEGAN, commit, root, stamp
from git_oneshot.core.codec import encode
from git_oneshot.core.commands import (
    Bind,
    Command,
    Finalize,
    Patch,
    RecordGreen,
    RecordRed,
    Start,
)
from git_oneshot.core.facts import CommitJudged, CommitRecorded, Plan, Proof, SuiteJudged, TestTurn
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.replay import replay
from git_oneshot.core.state import State
from git_oneshot.core.workflow import decide
from git_oneshot.trail.notes import by_commit

EVENTS: Final = 13  # of one feature, in nine appends


def life(number: int) -> list[Command]:
    """A feature of two commits, each with its cycle."""
    plan = Plan(goal=f"goal number {number}", approach="test, then fix", files=(f"m{number}.py",))
    steps: list[Command] = [Start(branch=f"b{number}", base="main"),
                            Patch(fields=("plan",), plan=plan, move=True)]  # fmt: skip
    proofs = []
    for _ in range(2):
        commit, tree, parent, hybrid = (os.urandom(20).hex() for _ in range(4))
        turn = TestTurn(suite="pytest", id=f"tests/test_m{number}.py::test_one", reason="assertion",
                        file=f"tests/test_m{number}.py", red="failed", green="passed")  # fmt: skip
        proof = Proof(word="PASS", kind="behaviour", hybrid=hybrid, tree=tree, tests=(turn,))
        log = os.urandom(32).hex()
        fact = CommitRecorded(commit=commit, tree=tree, parentTree=parent,
                              patchId=os.urandom(20).hex(), subject="fix: one thing")  # fmt: skip
        cycle = {"parent": parent, "proof": proof, "log": log}
        steps += [RecordRed(**cycle), RecordGreen(**cycle), Bind(commits=(fact,))]  # type: ignore[arg-type]
        proofs.append(CommitJudged(commit=commit, proof=proof, log=log))
    suite = SuiteJudged(commit=proofs[-1].commit, proof=Proof(word="PASS", notes=("12 tests",)))
    return [*steps, Finalize(proofs=tuple(proofs), suite=suite)]


def lives(count: int) -> Iterator[bytes]:
    """Such features for fast-import, an hour apart: an append a command, with its notes."""
    for number in range(count):
        name = f"feature-{number}"
        yield root(name)
        state, notes = State(feature=FeatureId(name)), dict[bytes, list[bytes]]()
        for step, command in enumerate(life(number)):
            events = decide(state, command, stamp())
            state = replay(state, events)
            at = BEGAN + 3600 * number + 600 * step
            yield commit(name, at, b"".join(encode(event) + b"\n" for event in events))
            for about, lines in by_commit(events).items():
                notes.setdefault(about, []).extend(lines)
                text = b"".join(line + b"\n" for line in notes[about])
                path = about[:2] + b"/" + about[2:]
                yield b"M 100644 inline %s\ndata %d\n%s\n" % (path, len(text), text)
