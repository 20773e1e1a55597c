"""Projects that many tests begin with: made once, and copied.

A feature that is finalized takes a second to make, and a folder is copied in a
few milliseconds.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.gate.project import Project

_MADE: Final[dict[str, Path]] = {}


def kept(name: str, project: Project, folder: Path, make: Callable[[Project], object]) -> Project:
    """The project as ``make`` leaves it; ``folder`` lasts as long as the tests do."""
    there = _MADE.get(name)
    if there is None:
        make(project)
        _MADE[name] = shutil.copytree(project.path, folder / name, symlinks=True)
        return project
    shutil.rmtree(project.path)
    shutil.copytree(there, project.path, symlinks=True)
    project.git("update-index", "-q", "--refresh")
    return project
