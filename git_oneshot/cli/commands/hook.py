"""What the shims call. Not for people: `git oneshot hook NAME`."""

import functools
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from git_oneshot.cli import text
from git_oneshot.cli.app import App
from git_oneshot.cli.caller import amends, git_argv, only_tries, squashes
from git_oneshot.cli.provers import patient, waiting
from git_oneshot.cli.sealing import doubted
from git_oneshot.core.errors import Code, Exit, OneshotError
from git_oneshot.core.ids import LOCAL, FeatureId
from git_oneshot.core.spelling import counted
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.election import called, elected
from git_oneshot.gate.home import home, marked
from git_oneshot.gate.judging import Verdict
from git_oneshot.gate.logs import Logs
from git_oneshot.gate.precommit import pre_commit
from git_oneshot.gate.prepush import (
    WAIT,
    Held,
    Others,
    Update,
    bind_all,
    brought,
    going,
    hold,
    parse,
    record_proven,
)
from git_oneshot.gate.refused import Judged, Refused, keep
from git_oneshot.gate.spool import foreseen
from git_oneshot.gate.trails import advice, send_trails
from git_oneshot.proof.suites import rules_for


@click.group("hook", hidden=True, context_settings={"help_option_names": ["-h", "--help"]})
def hook() -> None:
    """Called by git's hooks."""


@hook.command("pre-commit")
@click.pass_context
def pre_commit_(ctx: click.Context) -> None:
    """Refuse a commit that is known not to be proven."""
    app = App()
    index = app.environ.get("GIT_INDEX_FILE") or os.path.join(app.git.git_dir, "index")
    tree = app.git.tree(app.head)
    rules, _, broken = rules_for(app.git, tree, tree)
    if broken is None and not rules.suites and app.head is not None:
        return
    judge = patient(app, rules.limits.commit_seconds)
    argv = git_argv()
    here = app.open_here()
    state = app.session.load(here).state if here else None
    claims = Claims((foreseen(app.git, state, app.branch or ""),) if state else ())
    with waiting(app):
        advice = pre_commit(
            app.git, judge, rules, claims, index=index, amend=amends(argv), squash=squashes(argv)
        )
    if advice.refused is not None:
        found = advice.refused
        judged = Judged(proof=found.proof, log=found.log)
        _refuse(app, "pre-commit", [advice.line], [judged], parent_tree=found.change.parent_tree,
                tree=found.change.tree)  # fmt: skip
        ctx.exit(Exit.REFUSED)
    if advice.line:
        app.say(f"note: {advice.line}")
        app.say(f"hint: {advice.hint}")


@hook.command("pre-push")
@click.argument("remote")
@click.argument("url")
@click.pass_context
def pre_push(ctx: click.Context, remote: str, url: str) -> None:
    """Refuse to push commits that are not proven to a gated ref; send the trails along."""
    app = App()
    remote = called(app.git, remote)
    updates = parse(_given())
    open_, wrong = bind_all(app.git, app.session, marked(app.session, app.markers))
    for feature, err in wrong:
        app.say(f"warning: the trail of '{feature}' is not up to date: {err.message}")
    tried = only_tries(git_argv())
    done = home(app.git, open_, app.markers, remote)
    left = {on: state for on, state in open_.items() if on not in done}
    states = [one for one in left.values() if one.phase != "cancelled" and not one.spike]
    held, proven = list[Held](), list[Verdict]()
    judge = functools.cache(lambda: patient(app, WAIT))
    with waiting(app):
        for one in hold(app.git, remote, url, updates, states, judge, app.email):
            match one:
                case Held():
                    held.append(one)
                case Verdict():
                    proven.append(one)
                case Others(number):
                    theirs = counted(number, "commit")
                    app.say(f"note: {theirs} by others, not judged here")
    if held:
        judged = [_judged(one) for one in held]
        _refuse(app, "pre-push", text.held(held), judged, remote=remote)
        if any(one.proof.code == "budget" for one in judged):
            app.say("hint: the proof goes on; wait for it, and push: git oneshot push")
        ctx.exit(Exit.REFUSED)
    if not tried:
        logs = Logs(app.git, app.git.tree(app.head), app.home)
        for feature, err in record_proven(app.session, states, proven, logs):
            app.say(f"warning: the trail of '{feature}' has no proof of a commit: {err.message}")
        features = {on: FeatureId(state.feature) for on, state in left.items()}
        own = going(features, updates, app.branch)
        _send(ctx, app, remote, updates, [*own, *done.values()])  # that push ran no hook
        for branch in done:
            app.markers.close(branch)


@hook.command("pre-receive")
@click.pass_context
def pre_receive(ctx: click.Context) -> None:
    """Refuse a push that brings to a gated ref what nobody who is believed has verified."""
    from git_oneshot.cli.server import refused

    app = App()
    said = _given()
    if not said:  # git has a line at least
        raise _lost()
    lines, hint = refused(app, said)
    for line in lines:
        app.say(f"error: {line}")
    if lines:
        app.say(f"hint: {hint}")
        ctx.exit(Exit.REFUSED)


def _given() -> str:
    """What git gives a hook on standard input: for a push, a line for each ref, or none."""
    if sys.stdin is None:
        raise _lost()
    return os.fsdecode(sys.stdin.buffer.read())


def _lost() -> OneshotError:
    """Whoever calls us in git's stead has not handed on what it said."""
    return OneshotError(
        Code.INVALID_INPUT,
        "nothing says what is pushed",
        "give the hook what git gives on standard input",
    )


def _send(
    ctx: click.Context, app: App, remote: str, updates: Sequence[Update], own: Sequence[FeatureId]
) -> None:
    """Send trails with a push, as the rules want it: ``own``, and those of what it brings."""
    tree = app.git.tree(app.head)
    rules = rules_for(app.git, tree, tree).rules.trail
    policy, seals = rules.push, rules.signatures
    if policy == "off" or remote != elected(app.git):
        return
    app.look_for_losses(app.store.tips())
    features = {*own, *brought(app.git, app.session, remote, updates)}
    # As by --mirror; git knows by now from where to where it moves such a ref.
    features.difference_update(FeatureId(u.remote_ref.removeprefix(LOCAL)) for u in updates)
    if doubted(app, features, "error" if seals == "require" else "warning") and seals == "require":
        ctx.exit(Exit.REFUSED)
    missing = send_trails(app.git, app.session, remote, sorted(features))
    word = "error" if policy == "require" else "warning"
    for why in dict.fromkeys(one.wrong for one in missing):
        first, *more = [one.feature for one in missing if one.wrong == why]
        what = f"s of '{first}' and {len(more)} more were" if more else f" of '{first}' was"
        app.say(f"{word}: the trail{what} not sent: {why}")
    if missing:
        refused = all(one.refused for one in missing)
        app.say(f"hint: {advice(missing) if refused else 'git oneshot sync'}")
    if missing and policy == "require":
        ctx.exit(Exit.REFUSED)


def _judged(held: Held) -> Judged:
    ref, found = held.update.remote_ref, held.found
    if not isinstance(found, Verdict):
        return Judged(ref=ref, proof=found)
    seen = found.commit
    return Judged(commit=seen.id, subject=seen.subject, ref=ref, proof=found.proof, log=found.log)


def _refuse(app: App, hook: str, lines: list[str], judged: list[Judged], **more: Any) -> None:
    """Say in a line (for each ref) what is refused, and keep the rest for `git oneshot why`."""
    refused = Refused(
        hook=hook, at=app.now, branch=app.branch or "", message="; ".join(lines),
        tip=app.head or "", judged=tuple(judged), **more,
    )  # fmt: skip
    keep(app.git, refused)
    for line in lines:
        app.say(f"error: {line}")
    app.say("hint: git oneshot why")
