"""Laboratories, made anew for each test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.proof.lab import Files, Lab
from tests.sandbox import MakeRepo

MakeLab = Callable[..., Lab]


@pytest.fixture
def lab(repo: MakeRepo, tmp_path: Path) -> MakeLab:
    """Makes laboratories: ``lab()`` without a commit, ``lab(files)`` with a first one.

    What follows are options of ``git init``.
    """
    made: list[Lab] = []

    def make(files: Files | None = None, *options: str) -> Lab:
        name = f"lab{len(made)}"
        made.append(Lab(repo(name, *options), tmp_path / f"{name}.own"))
        if files is not None:
            made[-1].commit(files)
        return made[-1]

    return make
