"""synthesize, validate-pr-body: from a proven feature to its pull request."""

import os
from typing import Any, Final

import click
from msgspec.structs import replace

from git_oneshot.cli.ahead import MERGED, after_pull
from git_oneshot.cli.answer import Answer, Next, answering, as_given, in_earnest, written
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import branches, files, open_features
from git_oneshot.cli.data.parts import Gate
from git_oneshot.cli.data.pull import BodyJudged, Synthesized
from git_oneshot.cli.forges import (
    as_known,
    fetch_its_base,
    forge_for,
    pull_data,
    pull_name,
    read_at,
    send_trail,
    tell,
)
from git_oneshot.cli.given import a_branch, read_text
from git_oneshot.cli.proofs import judgements, trusted
from git_oneshot.cli.refused import note_refusal
from git_oneshot.core import prbody
from git_oneshot.core.commands import Ready, UpdatePull
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.pulls import PullUpdated
from git_oneshot.core.state import State
from git_oneshot.forge import readiness
from git_oneshot.forge import synthesize as opening
from git_oneshot.forge.landing import find as landed
from git_oneshot.forge.port import Forge
from git_oneshot.gate.logs import Logs
from git_oneshot.session import Receipt

_APART: Final = Next(
    ("git", "switch", "-c"), "commit the change to a branch of its own", ("BRANCH",)
)


@answering("synthesize")
@click.argument("feature", required=False, shell_complete=open_features)
@click.option("--ready", is_flag=True, help="Not as a draft.")
@click.option(
    "--base", metavar="BRANCH", shell_complete=branches,
    help="Another base from now on, as where it was renamed.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Find out whether it is ready, and do nothing.")
def synthesize(
    app: App, *, feature: str | None, ready: bool, base: str | None, dry_run: bool
) -> Answer:  # fmt: skip
    """Prove what HEAD has, push it, and open a draft pull request, or update the open one.

    It tells the plan, the commits, what each test did, and what was waived or
    declared, in the repository's own template if it has one.
    """
    name = app.feature(feature)
    before = app.session.before(name, Ready(gates=()), app.key)
    if before is not None:
        return _again(before)
    os.chdir(app.work_tree)
    state = app.session.sound(name).state
    if base is not None:
        base = a_branch(app, base)
        state = replace(state, base=base)
    app.session.rehearse(name, Ready(gates=()))
    app.stand_on(state)
    remote = app.clone.remote
    forge = forge_for(app, name)  # what is missing is said before the long work
    fetch_its_base(app, state.base)
    logs = Logs(app.git, app.git.tree(app.head), app.home)
    found = readiness.check(app.git, app.prover(), state, remote, logs)
    data = _data(found)
    trusted(found.found.lacking, **data)
    expect = app.if_tip if dry_run else app.bind(name)
    if not dry_run:
        app.aside.execute(name, found.command, expect=expect, payloads=logs.payloads)
    if found.blockers:
        raise _blocked(app, state, found, data)
    if dry_run:
        nothing = Synthesized(
            **written(read_at(app, name)), **data, pull=None, opened=False, dry_run=True
        )
        return Answer(nothing, f"'{name}' is ready for its pull request", [in_earnest()])
    pull, receipt, opened = _published(app, state, forge, found.head, ready=ready)
    send_trail(app, name)
    tell(app, name, state.clock)
    app.refresh_display()
    if pull.head != state.branch:
        app.say(f"note: the branch of the pull request is '{pull.head}'")
    answer = Synthesized(
        **written(receipt), **data, pull=pull_data(pull), opened=opened, dry_run=False
    )
    return Answer(answer, f"{'opened' if opened else 'updated'} {pull_name(pull)}",
                  [after_pull(draft=pull.draft, local=pull.provider == "local")])  # fmt: skip


def _data(found: readiness.Readiness) -> dict[str, Any]:
    """What was found out, whether it is enough or not."""
    gates = found.command.gates
    return {
        "commits": judgements(found.found.verdicts),
        "gates": [Gate(gate=g.gateName, passed=g.passed, details=g.details) for g in gates],
        "ready": not found.blockers, "blockers": list(found.blockers),
    }  # fmt: skip


def _published(
    app: App, state: State, forge: Forge, head: str, *, ready: bool
) -> opening.Published:
    """Push the branch, and bring its pull request up to it."""
    name, remote = FeatureId(state.feature), app.clone.remote
    if remote:
        opening.push(app.git, state, remote, head)
    done = opening.publish(
        app.git, app.session, app.aside, forge, name, remote, head, state.base
    )  # fmt: skip
    if not ready or not done.pull.draft:
        return done
    pull = forge.set_draft(done.pull, False)
    receipt = app.aside.execute(name, UpdatePull(PullUpdated(draft=False)))
    return done._replace(pull=pull, receipt=receipt)


def _again(before: Receipt) -> Answer:
    """The answer to a repeated --key, of what is on the trail."""
    pull = before.state.pull
    data = Synthesized(
        **written(before), commits=[], gates=[], ready=True, blockers=[],
        pull=pull_data(as_known(pull)) if pull else None, opened=False, dry_run=False,
    )  # fmt: skip
    return Answer(data)


def _blocked(
    app: App, state: State, found: readiness.Readiness, data: dict[str, Any]
) -> OneshotError:
    """Why there is no pull request yet: each condition that does not hold, and the code of all."""
    for gate in found.command.gates:
        if not gate.passed:
            app.say(f"{readiness.BLOCKERS[gate.gateName].lower()}: {gate.details}")
    failed = {g.gateName for g in found.command.gates if not g.passed}
    code = Code.NOT_PROVEN
    if failed == {"ahead-of-base"}:
        code = Code.GUARD_FAILED
    elif found.undecided:
        code = Code.UNDECIDED
    message = f"'{state.feature}' is not ready: {', '.join(found.blockers).lower()}"
    merged = landed(app.git, state, app.clone.remote) is not None
    ahead: tuple[Next, ...] = (MERGED, _APART) if merged else (_APART,)
    if failed - {"ahead-of-base"}:
        suite = found.command.suite
        proof = suite.proof if suite else None
        ahead = note_refusal(app, state, "synthesize", message, found.found.verdicts, proof)
    return OneshotError(code, message, ahead=ahead, **data)


@answering("validate-pr-body")
@click.argument("file", required=False, metavar="[FILE]", shell_complete=files)
@click.option(
    "--template", type=click.Path(), metavar="FILE", help="Whose level-2 headings are required.",
    shell_complete=files,
)  # fmt: skip
@click.option("--author", default="", help="Who wrote it: the text of a known bot is not judged.")
@click.option("--head", default="", help="Its branch: that of a merge queue is not judged.")
def validate_pr_body(
    app: App, *, file: str | None, template: str | None, author: str, head: str
) -> Answer:
    """Check that each required section is there and says something outside of a code fence.

    FILE is the text, - standard input; without it, what synthesize would write.
    Required are Summary, Changes and Test Plan, or the headings of a template.
    """
    wanted = read_text(template, Code.TEMPLATE_ERROR) if template is not None else None
    body = read_text(file, Code.FILE_ERROR) if file is not None else _own(app)
    judged = prbody.judge(body, wanted, author=author, head=head)
    data = BodyJudged(
        passed=judged.passed, skipped=judged.skipped, missing=list(judged.missing),
        empty=list(judged.empty),
    )  # fmt: skip
    if judged.passed:
        return Answer(data, "skipped: nobody asks a bot" if judged.skipped else "it says enough")
    for name in judged.missing:
        app.say(f"missing: ## {name}")
    for name in judged.empty:
        app.say(f"empty: ## {name}")
    raise OneshotError(
        Code.GUARD_FAILED,
        "the text does not say enough: " + ", ".join((*judged.missing, *judged.empty)),
        "write these sections",
        ahead=(as_given("write these sections, then")._replace(work=True),),
        guard="pr-body",
        missing=data.missing,
        empty=data.empty,
    )


def _own(app: App) -> str:
    state: State = app.session.sound(app.feature()).state
    return opening.text_of(app.git, state, app.clone.remote)
