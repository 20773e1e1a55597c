"""finalize: every commit and the suite anew, and the way out."""

import os
from itertools import takewhile
from typing import Any, Final

import click
from msgspec.structs import replace

from git_oneshot.cli import text
from git_oneshot.cli.ahead import MERGED, home_it, send_it
from git_oneshot.cli.answer import Answer, Next, answering, in_earnest, written
from git_oneshot.cli.app import App
from git_oneshot.cli.completion import open_features
from git_oneshot.cli.data.feature import Finalized
from git_oneshot.cli.forges import tell
from git_oneshot.cli.proofs import judgements, proof_data, so_far, trusted
from git_oneshot.cli.refused import note_refusal
from git_oneshot.cli.renamed import own_branch
from git_oneshot.cli.sealing import may_end, sealed
from git_oneshot.cli.underway import settled
from git_oneshot.core.commands import Finalize
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.events import Stamp
from git_oneshot.core.facts import Moved, Proof, SuiteJudged
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.state import State
from git_oneshot.core.workflow import chosen, decide
from git_oneshot.gate.finalize import Checked, check
from git_oneshot.gate.logs import Logs
from git_oneshot.session import Receipt
from git_oneshot.trail.store import Loaded

_KIND: Final = Finalize(proofs=(), suite=SuiteJudged(commit="", proof=Proof(word="UNKNOWN")))


@answering("finalize", long=True)
@click.argument("feature", required=False, shell_complete=open_features)
@click.option("--dry-run", is_flag=True, help="Find out, and record nothing.")
def finalize(app: App, *, feature: str | None, dry_run: bool) -> Answer:
    """Prove every commit of the feature anew and run the whole suite on the last one.

    Then the feature is completed, or goes on to its pull request: the policy
    decides, and whether anyone asked for one.
    """
    name = app.feature(feature)
    top = app.work_tree
    before = app.session.before(name, _KIND, app.key)
    if before is not None:
        return _again(before)
    loaded = app.session.sound(name)
    state = loaded.state
    app.stand_on(state)
    if state.phase == "implementing" and chosen(state) == "completed":
        may_end(app)
    settled(app)
    os.chdir(top)
    logs = Logs(app.git, app.git.tree(app.head), app.home)
    checked = _checked(app, loaded, logs, dry_run=dry_run)
    data = _data(checked)
    table = text.verdicts(checked.verdicts, neutral=True)
    try:
        trusted([*(v.proof for v in checked.verdicts), checked.suite])
        if dry_run:
            found = _would(loaded, checked.command, data)
            lines = [*checked.scope.lines, f"'{name}' would enter {found.to}"]
            return Answer(found, [table, *lines], [in_earnest()])
        receipt = sealed(app, _leave(app, name, checked.command, logs))
    except OneshotError as err:
        app.say(table)
        err.data |= data if checked.verdicts else {**data, "suite": None}
        if err.data.get("guard") == "has-commits":
            err.data["ahead"] = _on_base(app, state)
        if err.code in (Code.NOT_PROVEN, Code.UNDECIDED):
            err.data["ahead"] = note_refusal(app, state, "finalize", err.message, checked.verdicts,
                                        checked.suite)  # fmt: skip
        raise
    app.refresh_display({v.commit.id: v.proof for v in checked.verdicts})
    tell(app, name, state.clock)
    if receipt.state.branch and receipt.state.phase == "completed":
        app.markers.close(own_branch(app, receipt.state))
        app.markers.leave(app.branch or receipt.state.branch, name)
    lines = [f"suite    {checked.suite.told}"]
    lines += [f"untracked, and in no commit: {path}" for path in checked.untracked[:5]]
    lines += checked.scope.lines
    wrote = written(receipt)
    phase = wrote["phase"]
    goes = "goes on to its pull request" if phase == "synthesize" else f"is {phase}"
    lines.append(f"'{name}' {goes}")
    return Answer(Finalized(**wrote, to=phase, dry_run=False, **data), [table, *lines],
                  _onward(app, receipt.state))  # fmt: skip


def _on_base(app: App, state: State) -> tuple[Next, ...] | None:
    """What helps a feature whose commits were made on its base, and are on no remote yet."""
    base, tip = state.base, app.git.named(f"refs/heads/{state.base}")
    if not state.start or base == state.branch or tip != app.head or tip in (None, state.start):
        return None
    if not app.git.lines("rev-list", "--max-count=1", tip, f"^{state.start}", "--not", "--remotes"):
        return None
    log = app.git.lines("reflog", "show", "--format=%H %gs", f"refs/heads/{base}")
    since = list(takewhile(lambda line: not line.startswith(f"{state.start} "), log))
    if not since or not all(line.partition(" ")[2].startswith("commit") for line in since):
        return None  # a merge was meant, and may have brought what others did
    argv = ("git", "branch", "--force", base, state.start[:9])
    return (Next(argv, f"its commits are on '{base}', too: take them from there"),)


def _checked(app: App, loaded: Loaded, logs: Logs, *, dry_run: bool) -> Checked:
    """Judge what HEAD has; a HEAD that moves meanwhile was not judged."""
    tries = ("--dry-run",) if dry_run else ()
    again = " ".join(("git oneshot finalize", *tries, loaded.state.feature))
    with so_far(app, again) as each:
        checked = check(
            app.git, app.prover(fresh=True), loaded.state, each, logs,
            lambda: app.store.read([loaded.tip])[0].events if loaded.tip else (),
        )  # fmt: skip
    if app.git.named("HEAD^{commit}") != app.head:
        raise OneshotError(
            Code.RACE_LOST,
            "HEAD moved while the commits were judged",
            f"judge them again: {again}",
        )
    return checked


def _data(checked: Checked) -> dict[str, Any]:
    """What was found out, whether it is enough or not."""
    return {
        "commits": judgements(checked.verdicts),
        "suite": proof_data(checked.suite),
        "untracked": list(checked.untracked),
        "neutral": sorted({path for v in checked.verdicts for path in v.neutral}),
        "outside": list(checked.scope.files),
        "unturned": list(checked.scope.tests),
        "late": list(checked.scope.late),
    }


def _again(before: Receipt) -> Answer:
    """The answer to a repeated --key, of what is on the trail."""
    wrote = written(before)
    suite = proof_data(before.state.suite or Proof(word="UNKNOWN"))
    return Answer(Finalized(
        **wrote, to=wrote["phase"], dry_run=False, commits=[], suite=suite, untracked=[],
        neutral=[],
        outside=[], unturned=[], late=[],
    ))  # fmt: skip


def _would(loaded: Loaded, command: Finalize, data: dict[str, Any]) -> Finalized:
    """The answer of a dry run, or the refusal that it would meet."""
    state = loaded.state
    stamp = Stamp(now=0, at="1970-01-01T00:00:00Z", by="-", entropy=b"")
    to = decide(state, command, stamp)[-1].data
    assert isinstance(to, Moved) and state.phase is not None and loaded.tip is not None
    return Finalized(
        feature=state.feature, phase=state.phase, previous_phase=state.phase, events=[],
        tip=loaded.tip.commit, to=to.to, dry_run=True, **data,
    )  # fmt: skip


def _onward(app: App, state: State) -> list[Next]:
    if state.phase == "synthesize":
        from git_oneshot.forge.landing import find

        if find(app.git, state, app.clone.remote) is not None:  # as on its own base
            return [MERGED]
        return [Next(("git", "oneshot", "synthesize"), "open the pull request")]
    return [*send_it(app), *home_it(app, state)]


def _leave(app: App, name: FeatureId, command: Finalize, logs: Logs) -> Receipt:
    """Refuse, or first write what the hooks noted, then the rest."""
    app.session.rehearse(name, command)
    expect = app.bind(name)
    bound = {commit.id for commit in app.session.load(name).state.commits if commit.tree}
    left = tuple(one for one in command.records if one.commit not in bound)
    command = replace(command, records=left)
    return app.session.execute(name, command, expect=expect, payloads=logs.payloads)
