"""What proves for a command, here or behind it: by this machine, and by the user's settings."""

import contextlib
import functools
import os
import signal
from collections.abc import Iterator

from git_oneshot.cli.app import App
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.rules.file import SANDBOXES, Sandboxing
from git_oneshot.forge.own import last
from git_oneshot.gate.filed import file_verdict
from git_oneshot.gate.patience import Patient
from git_oneshot.gate.trust import Trust
from git_oneshot.git import Git, scrub
from git_oneshot.proof.prover import Prover
from git_oneshot.proof.runners import Tools
from git_oneshot.proof.running.background import Background, going
from git_oneshot.proof.running.cache import ProofCache
from git_oneshot.proof.running.process import SIGNALS, interrupt
from git_oneshot.proof.running.queue import Task
from git_oneshot.proof.running.slots import Slots, place
from git_oneshot.proof.running.toolchain import Toolchain
from git_oneshot.proof.suites import digest, rules_for


def prover_in(
    app: App, git: Git, *, fresh: bool, trusted: bool, limit: float | None, by: str | None,
    sandbox: Sandboxing | None = None,
) -> Prover:  # fmt: skip
    """What runs tests of a repository; the arguments are those of ``App.prover``.

    ``sandbox``: what to ask for, whatever the user's configuration says.
    """
    # A test outlives us if we just die; interrupted, we end it first.
    with contextlib.suppress(ValueError):  # not in the main thread
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                signal.signal(number, interrupt)
    least = sandbox or asked_for(git)
    toolchain = Toolchain(git.own_dir, git.work_tree, app.environ)
    return Prover(
        git,
        Tools(toolchain, app.environ, git.work_tree, least),
        Slots(git, place(git)),
        ProofCache(os.path.join(git.own_dir, "cache")),
        fresh=fresh,
        trusted=None if trusted else Trust(git).trusted(),
        limit=limit,
        by=by,
        watch=app.progress.running,
    )


def patient(app: App, limit: float | None) -> Patient:
    """What judges here, and waits for so many seconds."""
    return Patient(
        app.prover(limit=0), background(app), asker(app.git), limit, app.progress.running
    )


def background(app: App) -> Background:
    """The proof behind the commands of this repository."""
    return Background(app.git.own_dir, functools.partial(_work, app.git))


def asker(git: Git) -> str:
    """Of whom a task is that is left here: the working tree, or a bare repository."""
    return git.work_tree or git.git_dir


@contextlib.contextmanager
def waiting(app: App) -> Iterator[None]:
    """Wait for a proof behind the command: who interrupts the waiting is told that it goes on."""
    try:
        yield
    except KeyboardInterrupt:
        if going(app.git.own_dir) is not None:
            app.say("note: the proof goes on; end it: git oneshot prove --stop")
        raise


def _work(git: Git, task: Task) -> object:
    """Prove, as a command in the task's working tree would; it is another process by now.

    ``git``: the repository of the command that began it. Others leave their tasks, too.
    """
    # It says nothing; and what git told the hook is of that hook alone.
    app = App(json=True, environ=scrub(os.environ))
    app.cwd = task.work_tree
    if task.work_tree == git.work_tree:  # nothing but GIT_DIR may lead to it
        app.git = git
    prover = app.prover()
    if task.kind == "suite":
        return prover.suite(task.tree, task.before, task.leaving)
    before = task.before or app.git.tree(None)
    judged = prover.prove(before, task.tree, said=task.said)
    if judged.proof.word != "UNKNOWN" and len(task.said.parents) < 2:
        rules = digest(rules_for(app.git, before, task.tree).rules)
        file_verdict(app.git, rules, before, task.tree, judged.proof)
    return judged


def asked_for(git: Git) -> Sandboxing:
    """What the user's own configuration asks for."""
    said = last(git, "oneshot.sandbox") or "off"
    found = next((one for one in SANDBOXES if one == said), None)
    if found is None:
        raise OneshotError(
            Code.INVALID_INPUT,
            f"oneshot.sandbox is '{said}', and it may be {', '.join(SANDBOXES)}",
            "git config oneshot.sandbox auto",
        )
    return found
