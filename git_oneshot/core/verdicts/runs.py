"""What a verdict is made of: what each test did in each run, and what the diff says."""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from msgspec import Struct

Outcome = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed"]
FAILING: Final = ("failed", "error")


class Result(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one test did in one run."""

    id: str
    outcome: Outcome
    file: str = ""
    when: str = "call"  # setup, call, teardown or collect
    exception: str = ""  # the exception's class name
    bases: tuple[str, ...] = ()  # the names of its classes
    message: str = ""
    missing: str = ""  # the name, module or file it missed, when it said so
    frames: tuple[str, ...] = ()  # files of the traceback, outermost first


class Run(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One run of one suite on one tree. With ``trouble``, a code of DOUBTS, it proves nothing."""

    results: tuple[Result, ...] = ()
    trouble: str = ""
    detail: str = ""
    lacks: str = ""  # what was not there to be laid out: a failure may be for want of it
    lost: tuple[str, ...] = ()  # tests that were named, and that their files do not have
    seconds: float = 0.0
    log: str = ""  # the end of what it printed
    # The lines that were executed of each file that was asked for; None when nothing can tell.
    lines: dict[str, tuple[int, ...]] | None = None


class Facts(Struct, frozen=True, kw_only=True):
    """What the diff says, as far as a verdict needs it."""

    production: frozenset[str] = frozenset()  # changed production files
    names: frozenset[str] = frozenset()  # identifiers on lines that the change adds outside tests
    files: frozenset[str] = frozenset()  # files that it adds outside tests
    environment: bool = False  # lock files or manifests changed
    # Production that is yet to be written may add any name (`git oneshot red`).
    provisional: bool = False


class Pair(NamedTuple):
    """A suite's run without the change and with it."""

    suite: str
    red: Run
    green: Run


def log_of(pairs: Iterable[Pair]) -> str:
    """What tests printed, run by run, each below a line that says which."""
    said = []
    for pair in pairs:
        said.append((f"{pair.suite}, without the change", pair.red.log))
        if pair.green is not pair.red:
            said.append((f"{pair.suite}, with the change", pair.green.log))
    return "\n".join(f"-- {head}\n{log.rstrip()}\n" for head, log in said if log.strip())


def worst(results: Iterable[Result]) -> list[Result]:
    """One result an id: where an id came twice, the worse outcome."""
    found: dict[str, Result] = {}
    for result in results:
        there = found.get(result.id)
        if there is None or _BADNESS[result.outcome] > _BADNESS[there.outcome]:
            found[result.id] = result
    return list(found.values())


_BADNESS: Final = {o: i for i, o in enumerate(
    ("passed", "xpassed", "xfailed", "skipped", "failed", "error")
)}  # fmt: skip
