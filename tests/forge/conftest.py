"""Projects to work in."""

from pathlib import Path

import pytest

from tests.forge.kept import kept
from tests.forge.steps import begin, finalized, synthesized
from tests.gate.project import Project, feature, make, program, project, shell

__all__ = ["feature", "make", "program", "project", "shell"]


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where projects are kept."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def begun(project: Project, store: Path) -> Project:
    """A planned feature with a commit, on a branch of its own."""
    return kept("begun", project, store, begin)


@pytest.fixture
def review(project: Project, store: Path) -> Project:
    """A feature in synthesize, without a remote."""
    return kept("review", project, store, finalized)


@pytest.fixture
def opened(project: Project, store: Path) -> Project:
    """With its pull request."""
    return kept("opened", project, store, synthesized)
