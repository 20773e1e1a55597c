"""Projects to work in."""

from tests.gate.project import feature, make, program, project, shell

__all__ = ["feature", "make", "program", "project", "shell"]
