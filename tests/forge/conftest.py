"""Projects to work in."""

from functools import partial

import pytest

from tests.forge.steps import begin, finalized, synthesized
from tests.gate.project import Project, feature, make, one, program, project, shell
from tests.sandbox import Kept

__all__ = ["feature", "make", "one", "program", "project", "shell"]


@pytest.fixture
def begun(project: Project, kept: Kept) -> Project:
    """A planned feature with a commit, on a branch of its own."""
    kept.bring("begun", project.path, partial(begin, project))
    return project


@pytest.fixture
def review(project: Project, kept: Kept) -> Project:
    """A feature in synthesize, without a remote."""
    kept.bring("review", project.path, partial(finalized, project))
    return project


@pytest.fixture
def opened(project: Project, kept: Kept) -> Project:
    """With its pull request."""
    kept.bring("opened", project.path, partial(synthesized, project))
    return project
