"""plan, request-synthesize, graduate: commands that only say something."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import click
import msgspec

from git_oneshot.cli.ahead import SPIKE, VERIFY, branch, known_first, red_first
from git_oneshot.cli.answer import PLAN_IT, STATUS, Answer, answering, written
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import files, open_features
from git_oneshot.cli.data.feature import Planned, Requested
from git_oneshot.cli.data.parts import Wrote
from git_oneshot.cli.editor import edited, forget
from git_oneshot.cli.given import apart, given
from git_oneshot.core.commands import Graduate, Patch, RequestSynthesis
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.events import Event, StatePatched
from git_oneshot.core.facts import Plan
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.masking import masked_fact
from git_oneshot.core.pipeline import told
from git_oneshot.core.plan import PAYLOAD, parse


@answering("plan")
@click.argument("feature", required=False, shell_complete=open_features)
@click.option("-m", "--message", help="The plan as text.")
@click.option(
    "-F", "--from-file", type=click.File("r"), help="Read the plan from a file; - is stdin."
)
@click.option("--goal", help="What is to be achieved.")
@click.option("--approach", help="How, in a line.")
@click.option(
    "--file", "files", multiple=True, help="A file that will be touched; again for more.",
    shell_complete=files,
)  # fmt: skip
@click.option("--test", "tests", multiple=True, help="A test that will be added; again for more.")
@click.option("--draft", is_flag=True, help="Record it, and stay in planning.")
def plan(
    app: App, *, feature: str | None, message: str | None, from_file: Any,
    goal: str | None, approach: str | None, files: tuple[str, ...], tests: tuple[str, ...],
    draft: bool,
) -> Answer:  # fmt: skip
    """Record the plan of a feature, and move it to implementing in the same append.

    On a terminal, without any text, your editor opens with the four questions.
    """
    from git_oneshot.cli.standing import overlapping

    name = app.feature(feature)
    apart({"-m": message, "-F": from_file})
    for option, value in (("--goal", goal), ("--approach", approach), ("--file", files),
                          ("--test", tests)):  # fmt: skip
        apart({"-F": from_file, option: value})
    if not all(one.strip() for one in (*files, *tests)):
        raise OneshotError(
            Code.INVALID_INPUT, "a planned file or test has no name",
            "name it, or leave it out: git oneshot plan -h",
        )  # fmt: skip
    if goal is not None or approach is not None or files or tests:
        said = Plan(goal=goal or "", approach=approach or "", files=files, tests=tests,
                    text=message or "")  # fmt: skip
    else:
        said = parse(_text(app, name, message, from_file))
    clean = masked_fact(said, app.home)
    if clean != said:
        app.say_masked()
    said, payload = _payload(clean)
    receipt = app.session.execute(
        name, Patch(fields=("plan",), plan=said, move=not draft), expect=app.if_tip,
        payloads=lambda events: _payloads(events, payload),
    )  # fmt: skip
    forget(app, name)
    said = receipt.state.plan or said  # of a repeated --key, what was recorded then
    warnings = _warnings(app, said)
    warnings += told(overlapping(app, receipt.state, here=False))
    for warning in warnings:
        app.say(f"warning: {warning}")
    if draft and receipt.state.phase != "plan":
        app.say(f"note: '{name}' is in {receipt.state.phase} already: this is its plan from now on")
        draft = False
    nexts = [PLAN_IT] if draft else [*branch(app, receipt.state), red_first(app)]
    if receipt.state.spike:
        nexts = [*SPIKE]
    elif receipt.before.phase == "plan" and not draft:
        nexts = [*known_first(app, receipt.state), *nexts]
    text = f"planned '{name}': {said.summary}" if not draft else f"drafted the plan of '{name}'"
    return Answer(Planned(**written(receipt), plan=said, warnings=warnings), text, nexts)


def _text(app: App, name: FeatureId, message: str | None, from_file: Any) -> str:
    if message is not None:
        return message
    if from_file is not None:
        try:
            return given(from_file)
        except UnicodeDecodeError as err:
            raise OneshotError(
                Code.INVALID_INPUT, "the plan is no UTF-8 text", "git oneshot plan -h"
            ) from err
    if not app.terminal:
        raise OneshotError(
            Code.NEEDS_INPUT,
            "there is no terminal to write the plan on",
            "give it: git oneshot plan --goal '…' --approach '…' --file … --test …",
        )
    return edited(app, name)


def _payload(said: Plan) -> tuple[Plan, bytes]:
    """A long text is kept beside the event, which then holds its digest and its first line."""
    body = said.text.encode()
    if len(body) <= PAYLOAD:
        return said, b""
    first = said.goal or said.summary[:500]
    digest = hashlib.sha256(body).hexdigest()
    return msgspec.structs.replace(said, text="", goal=first, payload=digest), body


def _payloads(events: Iterable[Event], body: bytes) -> Mapping[str, bytes]:
    return {e.id: body for e in events if isinstance(e, StatePatched)} if body else {}


def _warnings(app: App, said: Plan) -> list[str]:
    from git_oneshot.proof.suites import rules_of

    most = rules_of(app.git, app.git.tree(app.head)).limits.plan_files
    if len(said.files) <= most:
        return []
    return [f"{len(said.files)} files are more than a oneshot's usual {most}; is it one change?"]


@answering("request-synthesize")
@click.argument("feature", required=False, shell_complete=open_features)
@click.option("--reason", default="", help="Why.")
def request_synthesize(app: App, *, feature: str | None, reason: str) -> Answer:
    """Ask that the feature ends in a pull request. The choice is made at finalize."""
    name = app.feature(feature)
    receipt = app.session.execute(name, RequestSynthesis(reason=reason), expect=app.if_tip)
    text = f"asked for a pull request at the end of '{name}'"
    if receipt.state.policy == "never":
        text += "; its policy is 'never', so there will be none"
    return Answer(Requested(**written(receipt), policy=receipt.state.policy), text, [STATUS])


@answering("graduate")
@click.argument("feature", required=False, shell_complete=open_features)
@click.option("--reason", default="", help="Why.")
def graduate(app: App, *, feature: str | None, reason: str) -> Answer:
    """Make a feature of a spike: gated from now on, and proven when it is finalized.

    The commits that it has already must be proven, too.
    """
    name = app.feature(feature)
    receipt = app.session.execute(name, Graduate(reason=reason), expect=app.if_tip)
    nexts = [PLAN_IT] if receipt.state.phase == "plan" else [VERIFY]
    return Answer(Wrote(**written(receipt)), f"'{name}' is a feature from now on", nexts)
