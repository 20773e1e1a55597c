"""What a failure says of itself, in the words that a verdict weighs.

``core/verdicts/verdict.py`` reads class names of exceptions. Python has them; what other
languages say is put into the nearest of Python's classes, beside its own name.
"""

from typing import Final, NamedTuple

from git_oneshot.core.verdicts.runs import Outcome, Result

ASSERTION: Final = "AssertionError"  # a check of the test failed
NAME: Final = "NameError"  # a name is missing
FILE: Final = "FileNotFoundError"  # a file or a module of the project is missing
PACKAGE: Final = "ModuleNotFoundError"  # a package is missing that somebody else makes
BROKEN: Final = "SyntaxError"  # what cannot be read at all


class Evidence(NamedTuple):
    """Why a test failed."""

    exception: str = ""
    bases: tuple[str, ...] = ()
    message: str = ""
    missing: str = ""
    frames: tuple[str, ...] = ()  # files of the tree, outermost first


def packages(name: str, message: str) -> Evidence:
    """The evidence that somebody else's package is not installed."""
    return Evidence(PACKAGE, (PACKAGE, "Uninstalled"), message[:500], name)


def result(id_: str, file: str, outcome: Outcome, when: str, why: Evidence) -> Result:
    """A result with its evidence."""
    return Result(id=id_, file=file, outcome=outcome, when=when, **why._asdict())
