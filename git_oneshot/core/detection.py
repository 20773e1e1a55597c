"""Which suites the names of files give away, where no file names one."""

import re
from collections.abc import Iterable
from typing import Literal

from git_oneshot.core.rules import Argv, Suite


def detect(top: Iterable[str], tests: Iterable[str]) -> tuple[Suite, ...]:
    """The suites that file names give away: pytest's, so far."""
    names = set(top)
    if names & {"pytest.ini", "conftest.py"} or any(map(_is_python_test, (*names, *tests))):
        return (
            Suite(
                name="pytest", command=("python", "-m", "pytest"), runner="pytest", detected=True
            ),
        )
    return ()


def _is_python_test(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name == "conftest.py" or bool(re.fullmatch(r"test_.*\.py|.*_test\.py", name))


def runner_of(command: Argv) -> Literal["pytest", "command"]:
    return "pytest" if "pytest" in command[:3] else "command"
