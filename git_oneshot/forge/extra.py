"""Libraries that not everybody needs."""

import importlib.util

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.spelling import from_source


def needs(module: str, extra: str) -> None:
    """Refuse where the library of an extra is missing, with the command that installs it."""
    if importlib.util.find_spec(module) is None:
        raise OneshotError(
            Code.EXTRA_MISSING,
            f"'{extra}' needs a library that is not installed",
            from_source(extra),
        )
