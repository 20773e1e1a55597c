"""Many writers at once on one trail: what was acknowledged is kept, whatever goes on beside."""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from git_oneshot.core.commands import RequestSynthesis, Start
from git_oneshot.session import Session
from git_oneshot.trail.exchange import Exchange
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.store import Trail
from git_oneshot.trail.transport import Remote
from tests.sandbox import MakeRepo, MakeWorld, Repo, real_world
from tests.trail.crafted import FEATURE, Open

ROOT: Final = Path(__file__).parents[2]
REF: Final = f"refs/oneshot/{FEATURE}"
WRITERS, EACH = 8, 25
LONG: Final = pytest.mark.long
TABLES: Final = "--ref-format=reftable"


def appender(repo: Repo, count: int = EACH) -> "subprocess.Popen[bytes]":
    """A process that appends, and says what was acknowledged."""
    argv = [sys.executable, "-m", "tests.trail.appender", str(repo.path), FEATURE, str(count)]
    return subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(writers: "list[subprocess.Popen[bytes]]") -> list[str]:
    """What was acknowledged to writers, which must not have complained."""
    said = [writer.communicate() for writer in writers]
    assert "".join(stderr.decode()[-2_000:] for _, stderr in said) == ""
    return [line for stdout, _ in said for line in stdout.decode().split()]


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[None]:
    """Do something again and again until the writers are done, and once to its end at least."""
    done = threading.Event()

    def loop() -> None:
        work()
        while not done.is_set():
            work()

    keeper = threading.Thread(target=loop)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def keep_house(repo: Repo) -> None:
    """What git's own maintenance does."""
    try:
        repo.git("pack-refs", "--all")
    except subprocess.CalledProcessError:
        # Where refs are in tables, git gives way to whoever writes.
        if not (repo.path / ".git" / "reftable").is_dir():
            raise
    # Not --prune=now: git's manual forbids it beside writers, and eight
    # loops of commit-tree and update-ref lose everything to it too.
    repo.git("gc", "-q")


def read(repo: Repo, opened: Open) -> Trail:
    """The trail, from all its ends, which must be sound."""
    tip = opened(repo).tip(FEATURE)
    assert tip is not None
    [trail] = opened(repo).read([tip])
    assert (trail.damage, trail.aside) == (None, ())
    assert repo.git("fsck", "--strict", "--no-dangling", "--no-progress") == ""
    return trail


def made(repo: MakeRepo, name: str, *options: str) -> Repo:
    """A repository, where this git can make one."""
    try:
        return repo(name, *options)
    except subprocess.CalledProcessError:
        pytest.skip("this git has no reftable backend (git 2.45 is the first)")


@pytest.mark.parametrize(
    ("house", "options"),
    [
        (False, []),
        pytest.param(True, [], marks=LONG),
        pytest.param(True, [TABLES], marks=LONG),
    ],
)
def test_no_acknowledged_event_is_lost(
    repo: MakeRepo, opened: Open, world: MakeWorld, house: bool, options: list[str]
) -> None:
    work = made(repo, "work", *options)
    work.commit("code")
    Session(opened(work), world()).execute(FEATURE, Start())
    with ExitStack() as stack:
        if house:
            stack.enter_context(beside(lambda: keep_house(work)))
        acknowledged = ended([appender(work) for _ in range(WRITERS)])
    assert len(acknowledged) == WRITERS * EACH
    events = read(work, opened).events
    assert [event.clock for event in events] == list(range(1, WRITERS * EACH + 2))
    assert sorted(event.id for event in events[1:]) == sorted(acknowledged)


@pytest.mark.long
@pytest.mark.parametrize(
    ("writers", "each", "options"), [(2, 6, []), (WRITERS, EACH, []), (WRITERS, EACH, [TABLES])]
)
def test_no_event_is_lost_where_others_are_fetched_meanwhile(
    repo: MakeRepo, opened: Open, world: MakeWorld, writers: int, each: int, options: list[str]
) -> None:
    """Eight write, a ninth packs and collects, a tenth fetches what yet another clone writes."""
    work, other = made(repo, "work", *options), made(repo, "other", *options)
    Session(opened(work), world()).execute(FEATURE, Start())
    other.git("fetch", "-q", str(work.path), f"{REF}:{REF}")
    refspec = "+refs/oneshot/*:refs/oneshot-remote/other/*"
    work.git("remote", "add", "other", str(other.path))

    came: set[str] = set()

    def fetch() -> None:
        with contextlib.suppress(subprocess.CalledProcessError):  # git gives way to its gc
            work.git("fetch", "-q", "other", refspec)
            came.add(work.git("rev-parse", f"refs/oneshot-remote/other/{FEATURE}"))

    with beside(lambda: keep_house(work)), beside(fetch):
        theirs = appender(other, each)
        acknowledged = ended([*(appender(work, each) for _ in range(writers)), theirs])
    work.git("fetch", "-q", "other", refspec)
    assert len(acknowledged) == (writers + 1) * each
    assert len(came) > 1, "nothing was fetched while it was written"
    trail = read(work, opened)
    assert sorted(event.id for event in trail.events[1:]) == sorted(acknowledged)


@pytest.mark.parametrize(
    ("threads", "each", "options"),
    [
        (4, 5, []),
        pytest.param(WRITERS, EACH, [], marks=LONG),
        pytest.param(WRITERS, EACH, [TABLES], marks=LONG),
    ],
)
def test_no_event_of_a_thread_is_lost(
    repo: MakeRepo, opened: Open, world: MakeWorld, threads: int, each: int, options: list[str]
) -> None:
    """Threads of one process: each with a store of its own."""
    work = made(repo, "work", *options)
    Session(opened(work), world()).execute(FEATURE, Start())

    def write(number: int) -> list[str]:
        store = GitStore(work.discover(), time.time)
        session = Session(store, real_world())
        reason = RequestSynthesis(reason=f"{number}")
        receipts = [session.execute(FEATURE, reason) for _ in range(each)]
        store.close()
        return [event for receipt in receipts for event in receipt.events]

    with ThreadPoolExecutor(threads) as pool:
        acknowledged = [event for events in pool.map(write, range(threads)) for event in events]
    assert len(acknowledged) == threads * each
    events = read(work, opened).events
    assert sorted(event.id for event in events[1:]) == sorted(acknowledged)


@pytest.mark.parametrize(("clones", "rounds"), [(2, 2), pytest.param(4, 6, marks=LONG)])
@pytest.mark.parametrize("options", [[], pytest.param([TABLES], marks=LONG)])
def test_no_event_is_lost_on_the_way_through_a_remote(
    repo: MakeRepo, opened: Open, world: MakeWorld, clones: int, rounds: int, options: list[str]
) -> None:
    """Several clones write and sync at once, through one bare repository."""
    hub = made(repo, "hub", "--bare", *options)
    hub.git("config", "core.logAllRefUpdates", "always")
    there = [made(repo, f"clone-{number}", *options) for number in range(clones)]
    for clone in there:
        clone.git("remote", "add", "origin", str(hub.path))
    Session(opened(there[0]), world()).execute(FEATURE, Start())
    there[0].git("push", "-q", "origin", REF)

    def sync(clone: Repo) -> list[str]:
        """Exchange; what is in the way if anything is."""
        git = clone.discover()
        store = GitStore(git, time.time)
        outcomes = Exchange(git, store, Remote(git, "origin")).run(None, time.sleep)
        store.close()
        return [one.wrong for one in outcomes if one.wrong and not one.retry]

    def work(clone: Repo) -> list[str]:
        acknowledged: list[str] = []
        for _ in range(rounds):
            store = GitStore(clone.discover(), time.time)
            session = Session(store, real_world())
            for _ in range(3):
                acknowledged += session.execute(FEATURE, RequestSynthesis()).events
            store.close()
            assert sync(clone) == []
        return acknowledged

    for clone in there[1:]:
        sync(clone)
    with ThreadPoolExecutor(clones) as pool:
        acknowledged = [event for events in pool.map(work, there) for event in events]
    for clone in [*there, *there]:  # who came first has not seen who came last
        assert sync(clone) == []
    assert len(acknowledged) == clones * rounds * 3
    assert len({clone.git("rev-parse", REF) for clone in [*there, hub]}) == 1
    # What a push takes away comes again with its writer's next sync: here it is seen.
    moves = hub.git("log", "-g", "--format=%H", REF).split("\n")
    assert len(moves) > clones
    for after, before in pairwise(moves):
        hub.git("merge-base", "--is-ancestor", before, after)
    for clone in there:
        events = read(clone, opened).events
        assert sorted(event.id for event in events[1:]) == sorted(acknowledged)
