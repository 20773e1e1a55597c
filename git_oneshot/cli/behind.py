"""The background proof of a command: who does the work, and who waits for it."""

import os

from git_oneshot.cli.app import App
from git_oneshot.gate.filed import file_verdict
from git_oneshot.gate.patience import Patient
from git_oneshot.git import scrub
from git_oneshot.proof.background import Background, Task
from git_oneshot.proof.suites import digest, rules_for


def patient(app: App, limit: float | None) -> Patient:
    """What judges here, and waits for so many seconds."""
    where = app.git.work_tree or app.git.git_dir
    background = Background(app.git.own_dir, _work)
    return Patient(app.prover(limit=0), background, where, limit, app.progress.running)


def _work(task: Task) -> object:
    """Prove, as a command in the task's working tree would; it is another process by now."""
    # It says nothing; and what git told the hook is of that hook alone.
    app = App(json=True, environ=scrub(os.environ))
    app.cwd = task.work_tree
    prover = app.prover()
    if task.kind == "suite":
        return prover.suite(task.tree, task.before, task.leaving)
    before = task.before or app.git.tree(None)
    judged = prover.prove(before, task.tree, said=task.said)
    if judged.proof.word != "UNKNOWN" and len(task.said.parents) < 2:
        rules = digest(rules_for(app.git, before, task.tree).rules)
        file_verdict(app.git, rules, before, task.tree, judged.proof)
    return judged
