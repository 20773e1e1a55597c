"""Laboratories and projects for those who cheat."""

from tests.gate.project import feature, make, program, project, remote, shell
from tests.proof.conftest import lab

__all__ = ["feature", "lab", "make", "program", "project", "remote", "shell"]
