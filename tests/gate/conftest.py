"""Projects to work in."""

from tests.gate.project import by_files, feature, make, program, project, remote, shell

__all__ = ["by_files", "feature", "make", "program", "project", "remote", "shell"]
