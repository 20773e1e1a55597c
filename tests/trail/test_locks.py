"""When others write, or nobody can: each outcome has a name, and nothing is done by half."""

import contextlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from git_oneshot.core.commands import Cancel, Move, Patch, RecordRed, RequestSynthesis, Start
from git_oneshot.core.errors import Code, Exit, LostRace, OneshotError
from git_oneshot.core.events import Event
from git_oneshot.core.facts import Plan, Proof
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.state import State
from git_oneshot.session import LONGEST, TRIES, Session, World
from git_oneshot.trail.store import Tip
from tests.sandbox import MakeRepo, MakeWorld, Repo
from tests.trail.crafted import FEATURE, OTHER, Open, append, started, titled
from tests.trail.memory import MemoryStore

REF = f"refs/oneshot/{FEATURE}"
PLANNED = Patch(fields=("plan",), plan=Plan(goal="g"), move=True)


class Holder:
    """A live git process that holds the lock of a ref."""

    def __init__(self, repo: Repo, value: str) -> None:
        self._git = subprocess.Popen(
            ["git", "update-ref", "--stdin"],
            cwd=repo.path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._git.stdin is not None and self._git.stdout is not None
        self._git.stdin.write(f"start\nupdate {REF} {value} {value}\nprepare\n".encode())
        self._git.stdin.flush()
        assert self._git.stdout.readline() == b"start: ok\n"
        assert self._git.stdout.readline() == b"prepare: ok\n"

    def let_go(self) -> None:
        """Give the ref free, with nothing changed."""
        if self._git.returncode is None:
            self._git.communicate(b"abort\n")


@contextlib.contextmanager
def holding(repo: Repo, value: str) -> Iterator[Holder]:
    """The lock of the trail is held in here."""
    repo.git("config", "core.filesRefLockTimeout", "0")  # git waits for 100 ms of its own
    holder = Holder(repo, value)
    try:
        yield holder
    finally:
        holder.let_go()


def test_a_lock_that_is_let_go_in_time_is_no_failure(
    work: Repo, opened: Open, world: MakeWorld
) -> None:
    tip = append(opened(work), FEATURE, None, started())
    pauses: list[float] = []
    with holding(work, tip.commit) as holder:

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 3:
                holder.let_go()

        session = Session(opened(work), world()._replace(pause=pause))
        receipt = session.execute(FEATURE, RequestSynthesis())
    assert len(pauses) == 3
    assert all(0 < seconds <= LONGEST for seconds in pauses)
    assert opened(work).tip(FEATURE) == receipt.tip
    assert work.git("rev-parse", f"{REF}~1") == tip.commit


def test_a_lock_that_is_held_on_ends_in_a_refusal(
    work: Repo, opened: Open, world: MakeWorld
) -> None:
    tip = append(opened(work), FEATURE, None, started())
    session = Session(opened(work), world())
    with holding(work, tip.commit), pytest.raises(OneshotError) as refused:
        session.execute(FEATURE, RequestSynthesis())
    assert refused.value.code is Code.REF_LOCKED
    assert refused.value.kind.exit is Exit.AGAIN
    assert refused.value.kind.retryable
    assert refused.value.data["lock"] == str(work.path / ".git" / f"{REF}.lock")
    assert opened(work).tip(FEATURE) == tip
    assert session.execute(FEATURE, RequestSynthesis()).state.requests == 1


@pytest.mark.parametrize("how", ["hook", "ref"])
def test_what_stands_in_the_way_for_good_is_named_and_is_no_reason_to_try_again(
    work: Repo, opened: Open, world: MakeWorld, how: str
) -> None:
    if how == "hook":
        hook = work.path / ".git" / "hooks" / "reference-transaction"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text('#!/bin/sh\n[ "$1" != prepared ]\n')
        hook.chmod(0o755)
        said, helps = "aborted by hook", "the hook reference-transaction refuses it"
    else:
        work.git("update-ref", f"{REF}/x", work.git("commit-tree", "-m", "x", work.git("mktree")))
        said, helps = f"'{REF}/x' exists", f"git update-ref -d {REF}/x"
    with pytest.raises(OneshotError) as refused:
        append(opened(work), FEATURE, None, started())
    assert refused.value.kind.exit is Exit.REFUSED
    assert not refused.value.kind.retryable
    assert said in refused.value.message
    assert helps in refused.value.hint


def test_a_lock_of_a_killed_process_is_named_at_once(
    work: Repo, opened: Open, world: MakeWorld
) -> None:
    work.git("config", "core.filesRefLockTimeout", "0")
    tip = append(opened(work), FEATURE, None, started())
    lock = work.path / ".git" / f"{REF}.lock"
    lock.touch()
    os.utime(lock, (time.time() - 120,) * 2)
    pauses: list[float] = []
    session = Session(opened(work), world()._replace(pause=pauses.append))

    with pytest.raises(OneshotError) as refused:
        session.execute(FEATURE, RequestSynthesis())

    assert refused.value.code is Code.LOCK_STALE
    assert refused.value.kind.exit is Exit.AGAIN
    assert not refused.value.kind.retryable  # waiting does not help
    assert str(lock) in refused.value.message
    assert f"rm '{lock}'" in refused.value.hint
    assert refused.value.data == {"lock": str(lock)}
    assert pauses == []
    assert opened(work).tip(FEATURE) == tip
    lock.unlink()
    session.execute(FEATURE, RequestSynthesis())


@pytest.mark.parametrize("age", [0, 120])
def test_a_lock_of_tables_is_named_as_that_of_a_file_is(
    repo: MakeRepo, opened: Open, world: MakeWorld, age: int
) -> None:
    """One lock holds all refs: held it is waited for, and left behind it is named."""
    try:
        work = repo("work", "--ref-format=reftable")
    except subprocess.CalledProcessError:
        pytest.skip("this git has no reftable backend (git 2.45 is the first)")
    work.git("config", "reftable.lockTimeout", "0")
    tip = append(opened(work), FEATURE, None, started())
    lock = work.path / ".git/reftable/tables.list.lock"
    lock.touch()
    os.utime(lock, (time.time() - age,) * 2)
    pauses: list[float] = []
    session = Session(opened(work), world()._replace(pause=pauses.append))

    with pytest.raises(OneshotError) as refused:
        session.execute(FEATURE, RequestSynthesis())

    assert refused.value.code is (Code.LOCK_STALE if age else Code.REF_LOCKED)
    assert refused.value.data == {"lock": str(lock)}
    assert bool(pauses) is not bool(age)
    assert opened(work).tip(FEATURE) == tip
    # Gone between git's try and ours to look at it.
    session = Session(opened(work), world()._replace(pause=lambda _: lock.unlink()))
    os.utime(lock, None)
    session.execute(FEATURE, RequestSynthesis())


def test_a_writer_killed_behind_its_swap_has_written(work: Repo, opened: Open) -> None:
    """What is on the trail is acknowledged, and not written once more."""
    store = opened(work)
    tip = append(store, FEATURE, None, started())
    hook = work.path / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\ntest "$1" != committed || kill -9 $PPID\n')
    hook.chmod(0o755)
    tip = append(store, FEATURE, tip, titled("t"))
    assert work.git("rev-parse", REF) == tip.commit
    assert opened(work).load([tip])[0].state.clock == 2


def test_a_swap_does_not_believe_refs_that_were_packed_before(work: Repo, opened: Open) -> None:
    """git's process that swaps may take one packed-refs for another of the same second.

    It then thinks that a ref is where it was, and overwrites what others wrote.
    """
    path = work.path / ".git" / "packed-refs"

    def identity() -> tuple[int, int, int]:
        stat = path.stat()
        return (stat.st_ino, stat.st_size, int(stat.st_mtime))

    writer, theirs = opened(work), opened(work)
    mine = append(writer, OTHER, None, started(OTHER))
    tip = append(theirs, FEATURE, None, started())
    for _ in range(4):
        for _ in range(3):
            tip = append(theirs, FEATURE, tip, titled("x"))
            work.git("pack-refs", "--all")
        mine = append(writer, OTHER, mine, titled("y"))  # its git has read packed-refs now
        stale, seen = tip, identity()
        for _ in range(6):
            tip = append(theirs, FEATURE, tip, titled("z"))
            work.git("pack-refs", "--all")
            if identity() == seen:
                break
        with pytest.raises(LostRace):
            append(writer, FEATURE, stale, titled("lost"))
        assert work.git("rev-parse", REF) == tip.commit


# -- nobody can write ---------------------------------------------------------------


def no_folder_for_objects(repo: Repo) -> None:
    """A file is where each folder of loose objects must be (root may write anywhere)."""
    repo.git("gc", "-q", "--prune=now")
    for fan in range(256):
        (repo.path / ".git" / "objects" / f"{fan:02x}").touch()


def no_folder_for_refs(repo: Repo) -> None:
    repo.git("update-ref", "-d", REF)
    folder = repo.path / ".git" / "refs" / "oneshot"
    folder.rmdir()
    folder.touch()


def a_ref_below_the_ref(repo: Repo) -> None:
    repo.git("update-ref", "-d", REF)
    repo.git("update-ref", f"{REF}/below", repo.commit("x"))


def a_broken_ref(repo: Repo) -> None:
    """What a power cut can leave of a ref that was not synced."""
    (repo.path / ".git" / REF).write_text("")


def a_hook_that_refuses(repo: Repo) -> None:
    hook = repo.path / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)


UNWRITABLE: list[Callable[[Repo], None]] = [
    no_folder_for_objects,
    no_folder_for_refs,
    a_ref_below_the_ref,
    a_broken_ref,
    a_hook_that_refuses,
]


@pytest.mark.parametrize("spoil", UNWRITABLE, ids=lambda spoil: spoil.__name__)
def test_a_trail_that_cannot_be_written_says_so_at_once(
    work: Repo, opened: Open, world: MakeWorld, spoil: Callable[[Repo], None]
) -> None:
    """It is not taken for a lost race, which would be tried again sixty times."""
    append(opened(work), FEATURE, None, started())
    spoil(work)
    store = opened(work)
    tip = store.tip(FEATURE)
    pauses: list[float] = []
    session = Session(store, world()._replace(pause=pauses.append))

    with pytest.raises(OneshotError) as refused:
        session.execute(FEATURE, RequestSynthesis() if tip else Start())

    for_good = spoil in (a_ref_below_the_ref, a_hook_that_refuses)
    assert refused.value.code is (Code.CLONE_UNSOUND if for_good else Code.EVENT_APPEND_FAILED)
    assert refused.value.kind.exit is (Exit.REFUSED if for_good else Exit.AGAIN)
    assert refused.value.hint
    assert pauses == []
    assert opened(work).tip(FEATURE) == tip


def test_a_full_disk_changes_nothing(work: Repo, opened: Open, world: MakeWorld) -> None:
    store = opened(work)
    tip = append(store, FEATURE, None, started())
    session = Session(store, world())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(OneshotError) as refused:
            session.execute(FEATURE, RequestSynthesis())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert refused.value.code is Code.EVENT_APPEND_FAILED
    assert opened(work).tip(FEATURE) == tip
    assert not list((work.path / ".git" / "objects").glob("*/tmp_obj_*"))
    session.execute(FEATURE, RequestSynthesis())
    assert work.git("fsck", "--strict", "--no-dangling", "--no-progress") == ""


# -- others write -------------------------------------------------------------------


def sessions(work: Repo, opened: Open, world: MakeWorld) -> tuple[Session, Session]:
    """Two processes' work on a trail that has begun, each with what it saw last."""
    one, two = Session(opened(work), world()), Session(opened(work), world())
    one.execute(FEATURE, Start())
    two.execute(FEATURE, RequestSynthesis())
    return one, two


def test_whoever_loses_the_race_decides_again(work: Repo, opened: Open, world: MakeWorld) -> None:
    """What the first cancelled the second can't cancel once more on what it saw before."""
    one, two = sessions(work, opened, world)
    one.execute(FEATURE, Cancel(reason="first"))
    with pytest.raises(OneshotError) as refused:
        two.execute(FEATURE, Cancel(reason="second"))
    assert refused.value.code is Code.ALREADY_CANCELLED
    assert one.load(FEATURE).state.reason == "first"


def test_interleaved_appends_are_all_kept_in_one_order(
    work: Repo, opened: Open, world: MakeWorld
) -> None:
    both = sessions(work, opened, world)
    written = [both[n % 2].execute(FEATURE, RequestSynthesis()).events[0] for n in range(10)]
    loaded = both[0].load(FEATURE)
    assert loaded.state.requests == 11
    assert loaded.tip is not None
    [trail] = opened(work).read([loaded.tip])
    assert [event.id for event in trail.events][2:] == written


def test_nothing_is_refused_for_what_was_true_before(
    work: Repo, opened: Open, world: MakeWorld
) -> None:
    """A session may remember the state it left; only a state that was read may refuse."""
    one, two = sessions(work, opened, world)
    two.execute(FEATURE, RequestSynthesis())
    one.execute(FEATURE, PLANNED)
    red = RecordRed(parent=None, proof=Proof(word="FAIL"))
    assert two.execute(FEATURE, red).events


def test_nothing_is_skipped_for_what_was_true_before(
    work: Repo, opened: Open, world: MakeWorld
) -> None:
    one, two = sessions(work, opened, world)
    two.execute(FEATURE, PLANNED)
    one.execute(FEATURE, Cancel())
    with pytest.raises(OneshotError) as refused:
        two.execute(FEATURE, Move(to="implementing"))  # there it was when `two` looked last
    assert refused.value.code is Code.INVALID_TRANSITION


def test_two_that_begin_one_feature_begin_it_once(
    work: Repo, opened: Open, world: MakeWorld
) -> None:
    one, two = Session(opened(work), world()), Session(opened(work), world())
    one.execute(FEATURE, Start())
    with pytest.raises(OneshotError) as refused:
        two.execute(FEATURE, Start())
    assert refused.value.code is Code.STATE_ALREADY_EXISTS


def test_a_trail_that_was_deleted_meanwhile_is_not_brought_back(
    work: Repo, opened: Open, world: MakeWorld
) -> None:
    session = Session(opened(work), world())
    session.execute(FEATURE, Start())
    work.git("update-ref", "-d", REF)
    with pytest.raises(OneshotError) as refused:
        session.execute(FEATURE, RequestSynthesis())
    assert refused.value.code is Code.STATE_NOT_FOUND
    assert work.git("for-each-ref") == ""


def test_one_key_is_one_event_however_many_processes_try(
    work: Repo, opened: Open, world: MakeWorld
) -> None:
    Session(opened(work), world()).execute(FEATURE, Start())
    argv = [sys.executable, "-m", "tests.trail.appender", str(work.path), FEATURE, "2", "the-key"]
    root = Path(__file__).parents[2]
    tries = [subprocess.Popen(argv, cwd=root, stdout=subprocess.PIPE) for _ in range(3)]
    said = {line for one in tries for line in one.communicate()[0].decode().split()}
    assert [one.returncode for one in tries] == [0, 0, 0]
    assert len(said) == 1
    loaded = Session(opened(work), world()).load(FEATURE)
    assert loaded.state.requests == 1
    assert {loaded.state.last} == said


# -- a race that never ends -----------------------------------------------------------


class Unlucky(MemoryStore):
    """Somebody else is always faster."""

    def __init__(self) -> None:
        super().__init__()
        self.lost = 0

    def append(
        self,
        feature: FeatureId,
        tip: Tip | None,
        events: Sequence[Event],
        *,
        summary: str,
        state: State,
        payloads: Mapping[str, bytes] = {},
    ) -> Tip:
        """Lose, but for the first event of all."""
        if tip is None:
            return super().append(feature, tip, events, summary=summary, state=state)
        self.lost += 1
        raise LostRace


def test_tries_are_bounded_and_pauses_are_short(world: MakeWorld) -> None:
    pauses: list[float] = []
    patient: World = world()._replace(pause=pauses.append, chance=lambda: 0.999)
    store = Unlucky()
    session = Session(store, patient)
    session.execute(FEATURE, Start())
    with pytest.raises(OneshotError) as refused:
        session.execute(FEATURE, RequestSynthesis())
    assert refused.value.code is Code.RACE_LOST
    assert refused.value.kind.exit is Exit.AGAIN
    assert refused.value.kind.retryable
    assert len(pauses) == TRIES
    assert store.lost == TRIES + 1  # the first is with what was remembered
    assert max(pauses) < LONGEST
    assert pauses[0] < 0.01
    tip = store.tip(FEATURE)
    assert tip is not None
    assert len(store.read([tip])[0].events) == 1


def test_pauses_differ_by_chance(world: MakeWorld) -> None:
    """Jitter: two losers do not meet again at once."""
    told: list[list[float]] = []
    for luck in (0.1, 0.9):
        pauses: list[float] = []
        session = Session(Unlucky(), world()._replace(pause=pauses.append, chance=lambda: luck))  # noqa: B023
        session.execute(FEATURE, Start())
        with pytest.raises(OneshotError):
            session.execute(FEATURE, RequestSynthesis())
        told.append(pauses)
    assert all(short < long for short, long in zip(*told, strict=True))


def test_a_retry_does_not_write_a_payload_twice(work: Repo, opened: Open, world: MakeWorld) -> None:
    """Payloads are named by the events of the try that succeeds."""
    one, two = sessions(work, opened, world)
    one.execute(FEATURE, RequestSynthesis())
    asked: list[str] = []

    def payloads(events: tuple[Event, ...]) -> dict[str, bytes]:
        asked.append(events[0].id)
        return {events[0].id: b"log"}

    receipt = two.execute(FEATURE, RequestSynthesis(), payloads=payloads)  # type: ignore[arg-type]
    assert len(asked) == 2
    assert work.git("ls-tree", "-r", "--name-only", REF) == f"payload/{receipt.events[0]}"
    assert receipt.events == (asked[1],)


def test_titles_are_patched_by_whoever_comes_last(
    work: Repo, opened: Open, world: MakeWorld
) -> None:
    one, two = sessions(work, opened, world)
    tip = one.load(FEATURE).tip
    append(opened(work), FEATURE, tip, titled("theirs"))
    receipt = two.execute(FEATURE, Patch(fields=("title",), title="ours"))
    assert receipt.before.title == "theirs"
    assert receipt.state.title == "ours"
