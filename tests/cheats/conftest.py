"""Laboratories and projects for those who cheat."""

from tests.gate.project import feature, make, program, project, shell
from tests.proof.conftest import lab

__all__ = ["feature", "lab", "make", "program", "project", "shell"]
