"""A run to make, what it may use of this machine, and what every runner concludes alike."""

import errno
import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from git_oneshot.core.rules.file import Sandboxing
from git_oneshot.core.rules.rules import Suite
from git_oneshot.core.spelling import printable
from git_oneshot.core.verdicts.runs import FAILING, Result, Run
from git_oneshot.proof import plugin
from git_oneshot.proof.running.process import LOG, OUTPUT, Ended, environment, run
from git_oneshot.proof.running.sandbox import Sandbox, sandbox, stricter
from git_oneshot.proof.running.slots import Slot
from git_oneshot.proof.running.toolchain import Toolchain

PLUGIN: Final = os.path.dirname(os.path.abspath(plugin.__file__ or ""))


class Task(NamedTuple):
    """One run to make: a suite in a slot, on all its tests or on the selected ones.

    ``selected`` are paths or test ids below the suite's root; empty means all.
    ``trace`` are files below the top of which the executed lines are asked for.
    """

    suite: Suite
    slot: Slot
    selected: tuple[str, ...]
    timeout: float
    trace: tuple[str, ...] = ()
    sandbox: Sandbox = Sandbox()

    @property
    def root(self) -> str:
        """The folder that the suite tests."""
        return os.path.join(self.slot.top, self.suite.root) if self.suite.root else self.slot.top

    @property
    def files(self) -> list[str]:
        """The selected files, whatever tests of them were asked for."""
        return list(dict.fromkeys(one.partition("::")[0] for one in self.selected))

    def below_top(self, path: str) -> str:
        """A path below the suite's root, as the tree spells it; "" for the top."""
        path = os.path.normpath(os.path.join(self.suite.root, path))
        return "" if path == "." else path

    def inside(self, path: str) -> str | None:
        """A file of the tree by its path below the top; None for any other file."""
        top = os.path.realpath(self.slot.top) + os.sep
        try:
            whole = os.path.realpath(os.path.join(self.root, path.removeprefix("file://")))
        except ValueError:  # a name with a NUL in it, or one that is no text
            return None
        within = whole.startswith(top) and f"{os.sep}node_modules{os.sep}" not in whole
        return whole[len(top) :] if within else None


class Tools(NamedTuple):
    """What runners need of this machine."""

    toolchain: Toolchain
    user: Mapping[str, str]
    work_tree: str | None
    sandbox: Sandboxing = "off"  # what the user asks for; the rules may ask for more


def sandbox_of(suite: Suite, tools: Tools) -> Sandbox | None:
    """What a suite is run in; None where it has to be run in a sandbox and there is none."""
    wanted = stricter(suite.sandbox, tools.sandbox)
    return sandbox(wanted, tools.user, tools.toolchain.path(), PLUGIN, *tools.toolchain.trees)


def env_of(task: Task, tools: Tools, **more: str) -> dict[str, str]:
    """The environment of a run."""
    env = environment(tools.user, task.slot.home, task.slot.top)
    folders = [os.path.join(task.root, "node_modules", ".bin")]
    if task.suite.root:
        folders.append(os.path.join(task.slot.top, "node_modules", ".bin"))
    found = [folder for folder in folders if os.path.isdir(folder)]
    return {**env, "PATH": os.pathsep.join([*found, tools.toolchain.path()]), **more}


def start(
    task: Task, argv: Sequence[str], env: Mapping[str, str], *, spent: float = 0.0, kept: int = LOG,
    network: bool = False,
) -> Ended:  # fmt: skip
    """Run a command in the suite's root; ``spent``: seconds of the timeout that are gone.

    ``network``: it may have one in a sandbox, too.
    """
    left = max(0.1, task.timeout - spent)
    ours = (task.slot.top, task.slot.home)
    boxed = task.sandbox.argv(argv, task.root, ours, network=network)
    if task.sandbox.program and not _found(argv[0], task.root, env):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), argv[0])
    ended = run(boxed, task.root, env, left, task.slot.lock, kept=kept)
    if task.sandbox.program and ended.status == 1 and ended.log.startswith("bwrap: "):
        raise OSError(errno.EPERM, printable(ended.log.strip())[:200], task.sandbox.program)
    return ended._replace(seconds=ended.seconds + spent)


def _found(program: str, root: str, env: Mapping[str, str]) -> bool:
    """Whether there is a program: of a sandbox, the status would not tell."""
    if "/" in program:
        return os.access(os.path.join(root, program), os.X_OK)
    return shutil.which(program, path=env.get("PATH")) is not None


def concluded(
    task: Task,
    ended: Ended,
    results: Sequence[Result],
    problem: str = "",
    failed: tuple[int, ...] = (1,),
    *,
    none: bool = False,
) -> Run:
    """The run of these results. Exit status, report and tests must agree, or it proves nothing.

    ``failed``: the statuses that mean that a test failed; ``problem``: why the
    report can't be believed; ``none``: the runner says that it found no test.
    """
    trouble, detail = troubled(task, ended), detailed(task, ended)
    failing = any(result.outcome in FAILING for result in results)
    if not trouble:
        if none:
            trouble, detail = "runner", idle(task)
        elif problem or ended.status not in (0, *failed) or (ended.status in failed) != failing:
            with_it = "a test of it failed" if failing else "no test of it failed"
            trouble, detail = "runner", problem or f"{detail}; and {with_it}"
        elif not results:
            trouble, detail = "runner", idle(task)
    log = ended.log[-LOG:]
    if trouble:
        return Run(trouble=trouble, detail=detail[:500], seconds=ended.seconds, log=log)
    return Run(results=tuple(results), seconds=ended.seconds, log=log)


def lost_of(task: Task, log: str) -> tuple[str, ...]:
    """The tests and files that were asked for and not found, as pytest and our unittest say it."""
    said = [line.rstrip() for line in log.splitlines() if "not found: " in line]
    named = [task.below_top(one) for one in task.selected]
    return tuple(one for one in named if any(line.endswith(f"/{one}") for line in said))


class _Message(msgspec.Struct):
    rendered: str | None = None


class _Line(msgspec.Struct):
    reason: str = ""  # cargo's
    action: str = msgspec.field(name="Action", default="")  # go's
    output: str = msgspec.field(name="Output", default="")
    message: _Message = msgspec.field(default_factory=_Message)


def in_words(ended: Ended) -> Ended:
    """The same end, and of what go and cargo printed as JSON only what a person reads."""
    words: list[str] = []
    for line in ended.log.splitlines(keepends=True):
        try:
            said = msgspec.json.decode(line.encode(errors="replace"), type=_Line)
        except msgspec.DecodeError:
            said = _Line()
        of_tool = said.reason or said.action
        words.append(said.output or said.message.rendered or "" if of_tool else line)
    return ended._replace(log="".join(words))


def idle(task: Task) -> str:
    """What is said of a run without a test: it is never a pass."""
    return f"suite '{task.suite.name}' ran no test"


def troubled(task: Task, ended: Ended) -> str:
    """The code of a run that did not come to an end of its own."""
    if ended.status is None:
        return "timeout" if ended.seconds >= task.timeout else "runner"
    return "runner" if ended.status < 0 else ""


def detailed(task: Task, ended: Ended) -> str:
    """How a run ended, in a sentence."""
    if ended.status is None:
        much = f"took longer than {task.timeout:g} s"
        if ended.seconds < task.timeout:
            much = f"printed more than {OUTPUT >> 20} MiB"
        return f"suite '{task.suite.name}' {much}"
    how = f"signal {-ended.status}" if ended.status < 0 else f"exit {ended.status}"
    last = next((line for line in reversed(ended.log.splitlines()) if line.strip()), "")
    said = f": {last.strip()}" if last else ""
    return f"suite '{task.suite.name}' ended with {how}{said}"[:500]


def options_after(suite: Suite, word: str, *dropped: str) -> list[str]:
    """The options that a command gives to a program, but those that no proof wants.

    ``dropped``: these; one that takes a value ends with an equals sign.
    """
    command = suite.command
    start = next((n for n, one in enumerate(command) if one.rpartition("/")[2] == word), None)
    given = list(command[start + 1 :]) if start is not None else []
    kept = []
    while given:
        one = given.pop(0)
        name, equals, _ = one.partition("=")
        if f"{name}=" in dropped and not equals and given:
            given.pop(0)
        elif not {name, f"{name}="} & set(dropped):
            kept.append(one)
    return kept


def read_file(path: str, most: int = OUTPUT, flags: int = 0) -> bytes:
    """The file at a path that a tree or its tests have made; at most ``most`` bytes of it.

    Raises OSError, also for what is no file: a pipe would keep us waiting, and a device may
    have no end.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | flags)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "it is no file", path)
        with open(fd, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(fd)


def text_of(path: str) -> str:
    """The text of such a file; "" where there is none."""
    try:
        return read_file(path).decode(errors="replace")
    except OSError:
        return ""
