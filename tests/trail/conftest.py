"""Stores that are closed when the test ends."""

import time
from collections.abc import Iterator

import pytest

from git_oneshot.git import Git
from git_oneshot.trail.git_store import GitStore
from tests.sandbox import MakeRepo, Repo
from tests.trail.crafted import Open


@pytest.fixture
def work(repo: MakeRepo) -> Repo:
    """A repository with a work tree."""
    return repo()


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens stores of repositories."""
    stores: list[GitStore] = []

    def open_store(where: Repo | Git) -> GitStore:
        git = where.discover() if isinstance(where, Repo) else where
        stores.append(GitStore(git, time.time))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()
