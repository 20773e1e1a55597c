"""Projects to work in."""

from tests.gate.project import (
    by_files,
    children,
    feature,
    make,
    one,
    program,
    project,
    remote,
    shell,
)

__all__ = [
    "by_files", "children", "feature", "make", "one", "program", "project", "remote", "shell",
]  # fmt: skip
