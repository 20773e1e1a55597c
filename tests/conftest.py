"""Every test runs sealed: no setting, key or clock of this machine's user reaches it."""

import gc
import itertools
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis.strategies import just

from git_oneshot.proof.running import slots
from tests.sandbox import Kept, MakeRepo, MakeWorld, sealed, settle

settings.register_profile("default", max_examples=60, deadline=None, derandomize=True)
settings.register_profile("thorough", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
TEMPORARY: Final = "PYTEST_DEBUG_TEMPROOT"  # where pytest puts the folders of tests


def pytest_configure() -> None:
    """Have the folders of tests in memory, by the rule of slots, unless somebody said where.

    A disk takes a fifth of the suite's time, and more on the clock, and tests keep nothing.
    """
    if not {TEMPORARY, "TMPDIR"} & os.environ.keys() and slots.roomy(slots.MEMORY):
        os.environ[TEMPORARY] = slots.MEMORY


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests wait for what they start, up to a fifth of a run.

    Four at most: a container may have less of a large machine than it is told.
    """
    return min((os.cpu_count() or 1) + 1, 4)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for garbage in what tests make, not in what is imported: that lasts as long as we do."""
    gc.disable()
    try:
        return (yield)
    finally:
        # Hypothesis looks for who refers to its dice when it first throws them, and what is
        # frozen is not found: on Python 3.14 it warned in the first test of each process.
        settings(max_examples=1, database=None)(given(just(None))(lambda _: None))()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def seal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of all tests, and of the fixtures that serve more than one."""
    before = dict(os.environ)
    # A job in the background of a shell ignores it, and so would all that we start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    environ = sealed(before, tmp_path_factory.mktemp("home"))
    _put(environ)
    yield environ
    _put(before)


@pytest.fixture(autouse=True)
def home(seal: dict[str, str]) -> Iterator[Path]:
    """The home of one test, as new: whatever the test before did to it is undone."""
    _put(seal)
    home = Path(seal["HOME"])
    settle(home)
    folder = Path.cwd()
    yield home
    os.chdir(folder)


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """What tests begin with, made once."""
    return Kept(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def repo(tmp_path: Path) -> MakeRepo:
    """Makes real git repositories: ``repo()``, ``repo("other", "--bare")``."""
    return MakeRepo(tmp_path)


@pytest.fixture
def world() -> MakeWorld:
    """Makes worlds: ``world()`` with fixed time, ``world(real=True)``, ``world(key="k")``."""
    return MakeWorld(itertools.count())


def _put(environ: dict[str, str]) -> None:
    # pytest names the running test in the environment by itself.
    for name in os.environ.keys() - environ.keys():
        del os.environ[name]
    os.environ.update(environ.items() - os.environ.items())
