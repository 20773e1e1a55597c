"""Projects to work in."""

from tests.gate.project import by_files, feature, make, one, program, project, remote, shell

__all__ = ["by_files", "feature", "make", "one", "program", "project", "remote", "shell"]
