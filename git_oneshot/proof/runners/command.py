"""Any command: its exit status is one test. It can't tell tests apart: a weaker proof."""

from typing import Final

from git_oneshot.core.verdicts.runs import Result, Run
from git_oneshot.proof.runners.task import Task, Tools, detailed, env_of, start, troubled

# A shell's words for "cannot run it", and for "a signal ended it".
_SHELL: Final = frozenset((126, 127, *range(129, 129 + 64)))


def run(task: Task, tools: Tools) -> Run:
    """Run the command as it stands."""
    ended = start(task, task.suite.command, env_of(task, tools))
    trouble = troubled(task, ended)
    if not trouble and ended.status in _SHELL:
        trouble = "runner"
    if trouble:
        return Run(
            trouble=trouble, detail=detailed(task, ended), seconds=ended.seconds, log=ended.log
        )
    result = Result(
        id=" ".join(task.suite.command)[:500],
        outcome="passed" if ended.status == 0 else "failed",
        exception="" if ended.status == 0 else "exit-code",
        message=f"exit {ended.status}",
    )
    return Run(results=(result,), seconds=ended.seconds, log=ended.log)
