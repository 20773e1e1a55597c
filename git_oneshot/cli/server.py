"""The pre-receive hook: what it reads of the server's own settings, and what git tells it."""

import os
from typing import Final

from git_oneshot.cli.app import App
from git_oneshot.cli.provers import prover_in
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.history import state_of
from git_oneshot.forge.own import granted, own
from git_oneshot.gate.believed import pardons
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.prereceive import (
    Arrival,
    Judge,
    executed,
    received,
    refusals,
    sealed,
    trails_of,
)
from git_oneshot.git import Git
from git_oneshot.proof.prover import Prover
from git_oneshot.proof.running.sandbox import sandbox
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.store import Tip

# Where git keeps what is pushed until it is let in. git reads it there; no test sees these.
_QUARANTINE: Final[tuple[str, ...]] = (
    "GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
)  # fmt: skip
# By these, whoever pushes could have git read other settings than the server's own.
_SAID: Final = (
    "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS",
)  # fmt: skip
_SEAL: Final = "let CI verify it, and send the trail: git oneshot verify RANGE --seal"
_MEND: Final = "see each test: git oneshot verify RANGE"


def refused(app: App, lines: str) -> tuple[list[str], str]:
    """Why a push may not come in, a line for each ref, and what helps."""
    kept = {name: app.environ[name] for name in _QUARANTINE if name in app.environ}
    environ = {k: v for k, v in app.git.environ.items() if k not in _SAID}
    git = app.git._replace(environ={**environ, **kept})
    updates = received(lines)
    store = GitStore(git, lambda: 0.0)
    try:
        judge = _judge(app, git, store, trails_of(store, updates))
        hint = _MEND if granted(git, "oneshot.execute") else _SEAL
        return list(refusals(git, updates, judge)), hint
    finally:
        store.close()


def _judge(app: App, git: Git, store: GitStore, tips: list[Tip]) -> Judge:
    """How the server's own settings want it."""
    verifiers = own(git, "oneshot.verifier")
    runs = granted(git, "oneshot.execute")
    if not verifiers and not runs:
        raise OneshotError(
            Code.UNTRUSTED,
            "this server names nobody whose verdicts it believes",
            "on the server: git config --add oneshot.verifier ci@example.org",
        )
    by_seal = sealed(git, store, tips, verifiers)
    if not runs:
        return by_seal

    def judge(arrival: Arrival) -> str:
        if not by_seal(arrival):
            return ""
        states = [state_of(tip.feature, trail.entries)
                  for tip, trail in zip(tips, store.read(tips), strict=True)]  # fmt: skip
        return executed(
            git,
            lambda tree: _prover(app, git, tree),
            Claims(tuple(states)),
            lambda tree: pardons(git, store, tips, tree),
        )(arrival)

    return judge


def _prover(app: App, git: Git, tree: str) -> Prover:
    """What runs a stranger's tests: by the rules of a tree, in a sandbox or not at all."""
    if sandbox("require", app.environ, app.environ.get("PATH", os.defpath)) is None:
        raise OneshotError(
            Code.EXTRA_MISSING,
            "this server runs what is pushed in a sandbox, and has none",
            "on the server: apt-get install bubblewrap",
        )
    return prover_in(app, git, fresh=True, trusted=True, limit=None, by=tree, sandbox="require")
