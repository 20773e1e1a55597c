"""What the shims call. Not for people: `git oneshot hook NAME`."""

import contextlib
import itertools
import os
import sys
from collections.abc import Sequence

import click

from git_oneshot.cli import text
from git_oneshot.cli.app import App
from git_oneshot.core.errors import Exit, OneshotError
from git_oneshot.core.ids import FeatureId, remote_ref
from git_oneshot.gate import push as pushing
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.commits import look
from git_oneshot.gate.judging import Verdict
from git_oneshot.gate.landing import is_done
from git_oneshot.gate.precommit import pre_commit
from git_oneshot.gate.spool import bind
from git_oneshot.proof.suites import rules_for


@click.group("hook", hidden=True)
def hook() -> None:
    """Called by git's hooks."""


@hook.command("pre-commit")
@click.pass_context
def pre_commit_(ctx: click.Context) -> None:
    """Refuse a commit that is known not to be proven."""
    app = App()
    index = app.environ.get("GIT_INDEX_FILE") or os.path.join(app.git.git_dir, "index")
    tree = app.git.tree(app.head)
    rules, broken = rules_for(app.git, tree, tree)
    if broken is None and not rules.suites and app.head is not None:
        return
    prover = app.prover(limit=rules.limits.commit_seconds)
    amend = amends(_parent_argv())
    advice = pre_commit(app.git, prover, rules, index=index, amend=amend)
    if not advice.line:
        return
    app.say(f"{'error' if advice.refuse else 'note'}: {advice.line}")
    app.say(f"hint: {advice.hint}")
    if advice.refuse:
        ctx.exit(Exit.REFUSED)


def amends(argv: Sequence[str]) -> bool:
    """Whether a git command line says --amend, or a part of it that says no less."""
    options = itertools.takewhile(lambda word: word != "--", argv)
    return any(word.startswith("--am") and "--amend".startswith(word) for word in options)


def _parent_argv() -> list[str]:
    """The command line of the git that runs the hook, [] when nothing can tell.

    Neither the environment nor an argument of pre-commit tells an amend from
    a commit, and the parents differ.
    """
    try:
        with open(f"/proc/{os.getppid()}/cmdline", "rb") as file:
            return os.fsdecode(file.read()).split("\0")
    except OSError:
        import subprocess

    with contextlib.suppress(OSError):
        done = subprocess.run(["ps", "-o", "args=", "-p", str(os.getppid())],
                              capture_output=True, check=False)  # fmt: skip
        return os.fsdecode(done.stdout).split()
    return []


@hook.command("pre-push")
@click.argument("remote")
@click.argument("url")
@click.pass_context
def pre_push(ctx: click.Context, remote: str, url: str) -> None:
    """Refuse to push commits that are not proven to a gated ref; send the trails along."""
    app = App()
    updates = pushing.parse(os.fsdecode(sys.stdin.buffer.read()))
    _bind(app)
    _settle(app, remote)
    features = app.markers.all()
    if not features:
        return
    states = [app.session.load(feature).state for feature in features.values()]
    states = [state for state in states if state.phase != "cancelled"]  # gates nothing
    refused = False
    for update in updates if states else ():
        if not update.local or not app.git.maybe(
            "rev-parse", "-q", "--verify", update.local + "^{commit}"
        ):
            continue
        tree = app.git.tree(update.remote if _known(app, update.remote) else update.local)
        gates = pushing.gated(app.git, remote, states, tree)
        starts = [state.start for state in states if state.start and _known(app, state.start)]
        for found in pushing.ranges(app.git, remote, [update], gates, starts):
            refused |= _refused(app, found, Claims(tuple(states)))
    if refused:
        app.say("hint: see each test: git oneshot verify; or amend the commit and push again")
        ctx.exit(Exit.REFUSED)
    _send(app, remote or url, features, updates)


def _settle(app: App, remote: str) -> None:
    """Be done with the features that ended and that an earlier push has brought home."""
    for branch, feature in app.markers.all().items():
        if app.markers.feature_on(branch) is not None:
            continue
        if is_done(app.git, app.session.load(feature).state, branch, remote):
            tip = app.store.tip(feature)
            seen = app.git.lines("for-each-ref", remote_ref("*", feature), "--format=%(objectname)")
            if tip is not None and tip.commit not in seen:
                pushing.send_trails(app.git, remote, [feature])  # that push ran no hook
            app.markers.close(branch)


def _bind(app: App) -> None:
    """Bring the trails of the features that are open, or leave, up to date."""
    for branch, feature in app.markers.all().items():
        try:
            bind(app.git, app.session, feature, branch)
        except OneshotError as err:  # commits are judged, whatever a trail says of them
            app.say(f"warning: the trail of '{feature}' is not up to date: {err.message}")


def _known(app: App, oid: str) -> bool:
    return bool(oid) and app.git.maybe("cat-file", "-t", oid) == "commit"


def _refused(app: App, found: pushing.Range, claims: Claims) -> bool:
    """Judge a range aloud, and whether anything in it is not proven."""
    others = [s for s in look(app.git, found.commits) if s.email != app.email]
    if others:
        app.say(f"note: {len(others)} commits are by others, and are not judged here")
    refused = False
    prover = app.prover(limit=pushing.WAIT)
    for one in pushing.judge_range(app.git, prover, found, app.email, claims):
        proof = one.proof if isinstance(one, Verdict) else one
        if proof.word == "PASS" or (isinstance(one, Verdict) and one.accepted):
            continue
        refused = True
        if isinstance(one, Verdict):
            app.say(f"error: {found.update.remote_ref}: {text.verdict(one)}")
        else:
            why = proof.notes[0] if proof.notes else ""
            app.say(f"error: {found.update.remote_ref}: {proof.word}({proof.code}) {why}")
    return refused


def _send(
    app: App, remote: str, features: dict[str, FeatureId], updates: list[pushing.Update]
) -> None:
    """Send the trails of the features whose branches, or whose commits, are pushed."""
    pushed = {u.local_ref.removeprefix("refs/heads/") for u in updates if u.local}
    if "HEAD" in pushed and app.branch:
        pushed.add(app.branch)
    # A push of nothing still carries the trail of what was pushed and then finalized.
    going = [f for branch, f in features.items() if branch in pushed or not updates]
    app.session.store.close()
    wrong = pushing.send_trails(app.git, remote, going)
    if wrong:
        app.say(f"warning: the trail was not pushed: {wrong}")
