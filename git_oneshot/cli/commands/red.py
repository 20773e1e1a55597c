"""red and green: the two halves of a cycle, on a snapshot of the working tree."""

import os
from typing import Any, Final

import click
from msgspec.structs import replace

from git_oneshot.cli import text
from git_oneshot.cli.ahead import GREEN, stage_it
from git_oneshot.cli.answer import COMMIT_IT, STATUS, Answer, Next, answering, written
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import files
from git_oneshot.cli.data.feature import Greened, Reddened
from git_oneshot.cli.data.parts import excerpt
from git_oneshot.cli.mending import RED, in_tree
from git_oneshot.cli.proofs import proof_data, trusted
from git_oneshot.cli.underway import settled, under_way
from git_oneshot.core.commands import RecordGreen, RecordRed
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Proof
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.rules.file import FILE
from git_oneshot.core.spelling import typed
from git_oneshot.core.verdicts.codes import DOUBTS, FAILURES, advice
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.filed import file_verdict
from git_oneshot.gate.logs import Logs
from git_oneshot.proof.cases import Judged
from git_oneshot.proof.classes.at_sight import Said
from git_oneshot.proof.suites import digest, rules_for, rules_of
from git_oneshot.proof.trees.made import made, snapshot, staged

_NAME_IT: Final = (
    Next(("git", "oneshot", "green"), f"name the test command in {FILE}, or prove it as it is"),
)
_CHANGE: Final = Next(("git", "oneshot", "green"), "make the change first, then", work=True)
_TESTS_ALONE: Final = Next(("git", "oneshot", "green"), "or, if only tests are to come")
_PLACEHOLDER = Proof(word="PASS")
LOG_LINES: Final = 20  # of the end of what the tests printed


@answering("red", long=True)
@click.argument("tests", nargs=-1, metavar="[TEST]...", shell_complete=files)
def red(app: App, *, tests: tuple[str, ...]) -> Answer:
    """Run the tests that you changed, or the named ones, on the code as it was.

    At least one must fail, and for a reason that the change will take away.
    Your working tree is only read.
    """
    name, only = _begin(app, tests)
    app.session.rehearse(name, RecordRed(parent=app.head, proof=_PLACEHOLDER))
    parent_tree, tree = app.git.tree(app.head), _snapshot(app)
    rules = rules_of(app.git, parent_tree, fallback=tree)
    if not rules.suites:
        raise OneshotError(
            Code.NO_SUITE,
            "no test suite is known here",
            "add a test, or name the command that runs them: git oneshot rules --write",
            ahead=_NAME_IT if os.path.exists(os.path.join(app.work_tree, FILE)) else None,
        )
    judged = app.prover(fresh=True).red(parent_tree, tree, only)
    _found(only, judged)
    _refuse(app, name, judged, red=True)
    if rules.gate.order == "observed" and judged.change.on("production"):
        app.say("note: code has changed already, and the rules ask for a red before that")
    logs = Logs(app.git, parent_tree, app.home)
    command = RecordRed(parent=app.head, proof=judged.proof, log=logs.keep(judged.runs))
    receipt = app.session.execute(name, command, expect=app.bind(name), payloads=logs.payloads)
    data = Reddened(**written(receipt), proof=proof_data(judged.proof))
    done = bool(judged.change.on("production"))
    return Answer(data, text.red(judged.proof), [GREEN._replace(work=not done)])


@answering("green", long=True)
@click.argument("tests", nargs=-1, metavar="[TEST]...", shell_complete=files)
def green(app: App, *, tests: tuple[str, ...]) -> Answer:
    """Prove the change that is in your working tree: red without it, green with it.

    After an edit, run it again: that is the refactor check. Your working tree
    is only read.
    """
    name, only = _begin(app, tests)
    app.session.rehearse(name, RecordGreen(parent=app.head, proof=_PLACEHOLDER))
    parent_tree, tree = app.git.tree(app.head), _snapshot(app)
    if tree == parent_tree:
        raise OneshotError(
            Code.NOT_PROVEN, "nothing has changed since the last commit", ahead=(_CHANGE, STATUS)
        )
    claims = Claims((app.session.load(name).state,))
    said = Said(declared=claims.of_next(parent_tree))
    judged = app.prover(fresh=True).prove(parent_tree, tree, said=said, only=only)
    _found(only, judged)
    _refuse(app, name, judged, red=False)
    logs = Logs(app.git, parent_tree, app.home)
    command = RecordGreen(parent=app.head, proof=judged.proof, log=logs.keep(judged.runs))
    receipt = app.session.execute(name, command, expect=app.bind(name), payloads=logs.payloads)
    rules = rules_for(app.git, parent_tree, tree).rules
    file_verdict(app.git, digest(rules), parent_tree, tree, judged.proof)
    index = staged(app.git)
    same = index == tree
    if index not in (tree, parent_tree):
        app.say("note: this is the working tree, and what is staged differs from it")
    data = Greened(**written(receipt), proof=proof_data(judged.proof), staged=same)
    stage = [] if same else [stage_it(app)]
    going = under_way(app)  # as a merge, which has its message
    last = going.step if going else COMMIT_IT
    return Answer(data, text.green(judged.proof), [*stage, last])


def _snapshot(app: App) -> str:
    """The working tree, with a word of what is left out because tools made it."""
    left = made(app.git)
    more = f" and {len(left) - 3} more" if len(left) > 3 else ""
    if left:
        app.say(f"note: in no .gitignore, and left out: {', '.join(left[:3])}{more}")
    return snapshot(app.git)


def _begin(app: App, tests: tuple[str, ...]) -> tuple[FeatureId, list[str]]:
    """The feature, and the tests below the top."""
    top = app.work_tree
    name = app.feature()
    app.stand_on(app.session.sound(name).state)
    settled(app)
    only = []
    for test in tests:
        path, separator, rest = test.partition("::")
        folder, base = os.path.split(os.path.normpath(os.path.join(app.cwd, path)))
        whole = os.path.join(os.path.realpath(folder), base)
        if not os.path.exists(whole) or not whole.startswith(top + os.sep):
            raise _no_test(app, path, separator + rest)
        only.append(os.path.relpath(whole, top) + separator + rest)
    return name, only


def _no_test(app: App, path: str, rest: str) -> OneshotError:
    """The error for a file that is not there; in a folder, it may be named from the top."""
    here = os.path.relpath(app.cwd, app.work_tree)
    if here == os.curdir or not os.path.exists(os.path.join(app.work_tree, path)):
        what, hint = "the working tree", "name a test file, or file::test, as pytest does"
    else:
        there = os.path.relpath(os.path.join(app.work_tree, path), app.cwd) + rest
        what = f"'{here}'"
        half = click.get_current_context().command.name or ""
        hint = f"name it from there: {typed('git', 'oneshot', half, there)}"
    return OneshotError(Code.INVALID_INPUT, f"no test '{path}' in {what}", hint)


def _found(only: list[str], judged: Judged) -> None:
    """Refuse a test that is named, and that its file does not have."""
    lost = {test for pair in judged.runs for test in (*pair.red.lost, *pair.green.lost)}
    for test in only:
        if test in lost:
            path, _, name = test.partition("::")
            if not name:
                raise OneshotError(
                    Code.INVALID_INPUT, f"no test in '{path}'", "name a test file, or file::test"
                )
            raise OneshotError(
                Code.INVALID_INPUT,
                f"no test '{name}' in '{path}'",
                f"name another, or the file alone: {typed('git', 'oneshot', 'red', path)}",
            )


def _refuse(app: App, name: FeatureId, judged: Judged, *, red: bool) -> None:
    """Raise the error that a verdict other than PASS is, below what the tests printed."""
    proof = judged.proof
    if proof.word == "PASS":
        return
    data: dict[str, Any] = {"proof": proof_data(proof)}
    why = proof.notes[0] if proof.notes else {**FAILURES, **DOUBTS}[proof.code]
    trusted([proof], **data)
    for pair in judged.runs:
        without = red or proof.code == "broken-test"
        log = pair.red.log if without else pair.green.log
        if proof.code != "vacuous-red" and log:
            if not red:
                app.say(f"{'without' if without else 'with'} the change, the tests print:")
            app.say("\n".join(log.strip().splitlines()[-LOG_LINES:]))
            data["log"] = excerpt(log)
    if proof.word == "UNKNOWN":
        raise OneshotError(
            Code.UNDECIDED, f"not known ({proof.code}): {why}", ahead=in_tree(proof.code), **data
        )
    code_changed = judged.change.on("production")
    if red and proof.code == "no-test" and judged.change.files and not code_changed:
        names = ", ".join(one.path for one in judged.change.files[:3])
        data["proof"] = proof_data(replace(proof, notes=()))
        raise OneshotError(
            Code.NOT_PROVEN,
            f"no test has changed, and for {names} none has to",
            "prove it as it is: git oneshot green",
            ahead=(Next(("git", "oneshot", "green"), "prove it as it is"),),
            **data,
        )
    if red and proof.code == "no-test":
        first, *declare = in_tree(proof.code)
        if not code_changed:
            data["proof"], declare = proof_data(replace(proof, notes=())), []
        raise OneshotError(
            Code.NOT_PROVEN,
            "no test has changed since the last commit",
            ahead=(first._replace(why="write the test first, or name it behind this"), *declare),
            **data,
        )
    if proof.code == "no-test":
        data["ahead"] = in_tree(proof.code)
    if red and proof.code == "vacuous-red" and not code_changed:
        from git_oneshot.cli.refused import beside

        state = app.session.load(name).state
        data["ahead"] = (*beside(app, state), RED, _TESTS_ALONE)
    raise OneshotError(
        Code.NOT_PROVEN, f"not {'red' if red else 'proven'} ({proof.code}): {why}",
        advice(proof), **data,
    )  # fmt: skip
