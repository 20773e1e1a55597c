"""Laboratories and projects for those who cheat."""

from tests.gate.project import feature, make, one, program, project, remote, shell
from tests.proof.conftest import lab

__all__ = ["feature", "lab", "make", "one", "program", "project", "remote", "shell"]
