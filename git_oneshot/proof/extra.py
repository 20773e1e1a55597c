"""Libraries that not everybody needs."""

import importlib.util
import os
import shlex
import sys

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.spelling import from_source


def needs(module: str, extra: str) -> None:
    """Refuse where the library of an extra is missing, with the command that installs it."""
    if importlib.util.find_spec(module) is None:
        raise OneshotError(
            Code.EXTRA_MISSING,
            f"'{extra}' needs a library that is not installed",
            installing(extra),
        )


def installing(extra: str) -> str:
    """The command that installs an extra where this program is, whatever pip is on PATH.

    It names the extra's libraries: we are on no index, where our name could be another's.
    """
    from importlib.metadata import PackageNotFoundError, requires

    try:
        listed = [line.partition(";") for line in requires("git-oneshot") or ()]
    except PackageNotFoundError:
        return from_source(extra)
    libraries = [name.strip() for name, _, only in listed if only.endswith(f'"{extra}"')]
    if os.path.exists(os.path.join(sys.prefix, "pipx_metadata.json")):
        return shlex.join(["pipx", "inject", os.path.basename(sys.prefix), *libraries])
    pip = [sys.executable, "-m", "pip", "install"]
    if importlib.util.find_spec("pip") is None:
        pip = ["uv", "pip", "install", "--python", sys.executable]
    return shlex.join([*pip, *libraries])
