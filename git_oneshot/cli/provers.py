"""The prover of a command: what it needs of this machine and of the user's settings."""

import contextlib
import os
import signal

from git_oneshot.cli.app import App
from git_oneshot.gate.trust import Trust
from git_oneshot.git import Git
from git_oneshot.proof.cache import ProofCache
from git_oneshot.proof.prover import Prover
from git_oneshot.proof.runners import Tools
from git_oneshot.proof.slots import Slots, place
from git_oneshot.proof.toolchain import Toolchain


def prover_in(
    app: App, git: Git, *, fresh: bool, trusted: bool, limit: float | None, by: str | None
) -> Prover:
    """What runs tests of a repository; the arguments are those of ``App.prover``."""
    # A test outlives us if we just die; interrupted, we end it first.
    with contextlib.suppress(ValueError):  # not in the main thread
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
    toolchain = Toolchain(git.own_dir, git.work_tree, app.environ)
    return Prover(
        git,
        Tools(toolchain, app.environ, git.work_tree),
        Slots(git, place(git)),
        ProofCache(os.path.join(git.own_dir, "cache")),
        fresh=fresh,
        trusted=None if trusted else Trust(git).trusted(),
        limit=limit,
        by=by,
        watch=app.progress.running,
    )
