"""A suite that takes long never holds up a commit, is never begun twice, and lands."""

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, cast

import msgspec
import pytest

from git_oneshot.core.facts import Proof
from git_oneshot.core.verdicts.codes import DOUBTS
from git_oneshot.gate.patience import Patient
from git_oneshot.proof.prover import Prover
from git_oneshot.proof.running.background import LOCK, Background, Going, awaited, going, stop
from git_oneshot.proof.running.queue import QUEUE, Queue, Task
from tests.gate.project import MakeProject, Project
from tests.sandbox import At

LIMITS = "[limits]\ncommit-seconds = 0.3\n"
# Without git in between, which would be killed alone.
PUSH = [sys.executable, "-m", "git_oneshot", "push", "--", "-q", "origin", "main"]


class Slow:
    """A project with a test that takes until it is let go, and that says when it is run."""

    def __init__(self, project: Project, top: Path) -> None:
        self.project = project
        self.gate, self.ran = top / "gate", top / "ran"
        path = project.path / ".oneshot.toml"
        path.write_text(path.read_text() + LIMITS)
        project.git("commit", "-q", "-am", "rules")
        project.begin()

    def change(self, name: str) -> None:
        """Stage a change whose proof takes until it is let go."""
        self.project.change(name)
        test = self.project.path / "checks" / name
        # Not for ever, whoever ends this test before it can let them go.
        wait = (
            f"n=0\nuntil test -e {self.gate}; do\n"
            "\tsleep 0.05\n\tn=$((n + 1))\n\ttest $n -lt 900 || exit 1\ndone\n"
        )
        test.write_text(f"echo $$ {name} >> {self.ran}\n{wait}{test.read_text()}")
        self.project.git("add", "--all")

    def commit(self, name: str) -> str:
        """Commit such a change; what git said."""
        self.change(name)
        done = self.project.may("commit", "-q", "-m", name)
        assert done.code == 0
        return done.err

    def begun(self) -> set[int]:
        """The tests of the first proof, once its two runs have begun."""
        until(lambda: self.ran.exists() and len(self.ran.read_text().splitlines()) == 2)
        return {int(line.split()[0]) for line in self.ran.read_text().splitlines()}

    def queued(self) -> int:
        """How many tasks wait for their turn."""
        queue = Path(self.own, QUEUE)
        return len(queue.read_bytes().splitlines()) if queue.exists() else 0

    def let_go(self) -> None:
        """Let the tests come to their end."""
        self.gate.touch()

    def runs(self, name: str) -> int:
        """How often a test was begun."""
        return sum(line.endswith(f" {name}") for line in self.ran.read_text().splitlines())

    @property
    def own(self) -> str:
        """Where the program keeps what is local."""
        return str(self.project.own)

    def idle(self) -> None:
        """Wait until nothing is proven any more."""
        until(lambda: going(self.own) is None)


def until(done: "object") -> None:
    """Wait for what another process will do."""
    assert callable(done)
    for _ in range(1500):
        if done():
            return
        time.sleep(0.02)
    raise AssertionError("it does not come")


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and nobody asked after does not."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False)
    return done.stdout.strip()[:1] not in (b"", b"Z")


@pytest.fixture
def slow(make: MakeProject, tmp_path: Path) -> Iterator[Slow]:
    """Nothing goes on when a test is over."""
    made = Slow(make(), tmp_path)
    yield made
    made.let_go()
    stop(made.own)


def test_what_a_commit_began_goes_on_and_is_waited_for(slow: Slow) -> None:
    said = slow.commit("one").splitlines()
    slow.begun()
    assert said[0] == "note: not proven yet (budget): not within 0.3 s"
    assert said[1].startswith("hint: the proof goes on: git oneshot status")
    found = slow.project.do("status", "--json").data["going"]
    assert (found["tree"], found["suite"]) == (slow.project.git("rev-parse", "HEAD^{tree}"), False)
    assert "proving   a commit, for " in slow.project.do("status").out
    waiting = subprocess.Popen(["git", "oneshot", "prove", "--json"], cwd=slow.project.path,
                               stdout=subprocess.PIPE, text=True)  # fmt: skip
    slow.let_go()
    out, _ = waiting.communicate()
    assert waiting.returncode == 0, out
    assert '"verdict":"PASS"' in out
    assert slow.runs("one") == 2  # without the change, and with it: which was the suite, too
    slow.idle()
    done = slow.project.may("commit", "-q", "--amend", "-m", "by another word")
    assert (done.code, done.err, slow.runs("one")) == (0, "", 2)  # the verdict is known
    assert slow.project.do("status", "--json").data["going"] is None
    assert os.path.getsize(os.path.join(slow.own, LOCK)) == 0


def test_another_worktree_is_told_whose_proof_goes_on(slow: Slow) -> None:
    """There is one for a repository, and it is not of the commits that are looked at there."""
    other = slow.project.path.parent / "other"
    slow.project.git("worktree", "add", "-q", str(other))
    slow.commit("one")
    slow.begun()
    said = slow.project.cli("status", "topic", cwd=other).out
    assert f"proving   a commit in '{slow.project.path}', for " in said
    found = slow.project.cli("status", "topic", "--json", cwd=other).data["going"]
    assert found["elsewhere"] == str(slow.project.path)


def test_status_tells_what_came_of_it(slow: Slow) -> None:
    """The hook sends its reader there; nothing is on the trail before a push or a finalize."""
    slow.commit("one")
    slow.change("two")
    slow.project.repo.write("lib/two", "wrong\n")
    slow.project.git("add", "--all")
    slow.project.git("commit", "-q", "-m", "two")
    slow.let_go()
    slow.idle()
    told = slow.project.do("status").out.splitlines()
    assert [line.split(maxsplit=2)[2] for line in told if line.startswith("commit ")] == [
        "PASS (here)  one", "FAIL (green-failed) (here)  two",
    ]  # fmt: skip


def test_what_does_not_come_in_time_is_said_with_its_estimate(tmp_path: Path) -> None:
    """A push that waited its 60 s in vain said nothing of how long it would be (DESIGN §6)."""

    class Known:
        refused: ClassVar[list[float]] = []

        def suite(self, *_: object) -> Proof:
            self.refused.append(45.4)
            return Proof(word="UNKNOWN", code="budget", notes=("suite 'all' took 45 s",))

    class Behind:
        going = staticmethod(lambda: None)
        ask = staticmethod(lambda *_: None)

    judge = Patient(cast(Prover, Known()), cast(Background, Behind()), str(tmp_path), 60.0)
    found = judge.suite("b", "a")
    assert found.notes == ("not within 60 s; the last time it took 45 s",)
    assert "push may wait" in DOUBTS[found.code]


def test_what_takes_too_long_is_not_waited_for_again(slow: Slow) -> None:
    """Not even a moment: the last run says how long it would be."""
    slow.commit("one")
    slow.begun()
    time.sleep(0.4)  # of tests that have begun: so they take too long
    slow.let_go()
    slow.idle()
    slow.gate.unlink()
    err = slow.commit("two")
    assert "note: not proven yet (budget): suite 'all' took " in err
    until(lambda: slow.runs("one") == 4)  # of the second proof, which comes to `two` after it


def test_a_commit_does_not_queue_behind_what_takes_long(slow: Slow) -> None:
    """Another worktree's suite, say: each commit waited ten seconds, and for nothing."""
    slow.commit("one")
    slow.begun()
    first = going(slow.own)
    assert first is not None
    long_ago = msgspec.structs.replace(first, began=first.began - 60)
    Path(slow.own, LOCK).write_bytes(msgspec.json.encode(long_ago))
    path = slow.project.path / ".oneshot.toml"
    path.write_text(path.read_text().replace("0.3", "30"))
    slow.project.git("commit", "-q", "--no-verify", "-am", "rules")
    began = time.monotonic()
    err = slow.commit("two")
    assert time.monotonic() - began < 20
    assert "note: not proven yet (budget): another proof has gone on for " in err


def test_a_proof_is_joined_and_not_begun_again(slow: Slow) -> None:
    slow.commit("one")
    slow.begun()
    slow.project.git("reset", "-q", "--soft", "HEAD^")
    assert "not proven yet" in slow.project.may("commit", "-q", "-m", "again").err
    assert slow.project.may("commit", "-q", "--amend", "-m", "and again").code == 0
    slow.let_go()
    slow.idle()
    assert slow.runs("one") == 2


def test_there_is_one_for_a_repository_and_it_ends_with_its_queue(slow: Slow) -> None:
    slow.commit("one")
    slow.begun()
    first = going(slow.own)
    slow.commit("two")
    until(lambda: slow.queued() == 1)
    assert slow.runs("two") == 0
    assert first is not None
    assert going(slow.own) == first
    slow.let_go()
    until(lambda: slow.project.cli("push", "--json").error == "PUSH_FAILED")  # proven, no remote
    slow.idle()
    assert slow.runs("two") == 2
    assert slow.queued() == 0


def test_whoever_waits_for_the_end_of_the_commit_does_not_wait_for_the_proof(slow: Slow) -> None:
    """An editor reads all that a commit prints, and gives it files that it knows nothing of."""
    slow.change("one")
    read, write = os.pipe()
    argv = ["git", "commit", "-q", "-m", "one"]
    done = subprocess.Popen(argv, cwd=slow.project.path, pass_fds=[write], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    os.close(write)
    done.communicate(timeout=30)
    ready, _, _ = select.select([read], [], [], 30)
    assert ready
    assert os.read(read, 1) == b""
    os.close(read)
    found = going(slow.own)
    assert found is not None
    assert os.getpgid(found.pid) != os.getpgid(0)
    assert os.getsid(found.pid) != os.getsid(0)
    tests = slow.begun()
    until(lambda: {os.getpriority(os.PRIO_PROCESS, pid) for pid in tests} == {10})


def test_what_somebody_waits_for_does_not_give_way(slow: Slow, tmp_path: Path) -> None:
    """Left to itself a proof is niced. No right gives that back: what begins after it is not."""
    said = tmp_path / "nice"
    slow.commit("one")
    slow.begun()
    slow.change("two")
    test = slow.project.path / "checks" / "two"
    test.write_text(f"nice >> {said}\n{test.read_text()}")
    slow.project.git("commit", "-q", "-a", "-m", "two")
    until(lambda: slow.queued() == 1)
    waiting = subprocess.Popen(["git", "oneshot", "prove", "--json"], cwd=slow.project.path,
                               stdout=subprocess.PIPE, text=True)  # fmt: skip
    until(lambda: awaited(slow.own))
    slow.let_go()
    out, _ = waiting.communicate()
    assert waiting.returncode == 0, out
    assert said.read_text().split() == [str(os.nice(0))] * 2
    assert not awaited(slow.own)


def test_a_repository_that_is_found_by_its_name_alone_is_proven(
    feature: Project, tmp_path: Path
) -> None:
    """As a home whose files are kept by `git --git-dir=… --work-tree=…`."""
    feature.land("one", "--no-verify")
    (feature.path / ".git").rename(tmp_path / "kept")
    env = {"GIT_DIR": str(tmp_path / "kept"), "GIT_WORK_TREE": str(feature.path)}
    done = feature.oneshot("prove", "--json", env=env)
    assert done.data["suite"]["verdict"] == "PASS"


def test_uninstall_ends_it_and_its_tests(slow: Slow) -> None:
    """Else it would make the folders anew that were just taken away."""
    slow.commit("one")
    tests = slow.begun()
    done = slow.project.do("uninstall", "--json")
    assert "the proof in the background" in done.data["changes"]
    until(lambda: not any(map(alive, tests)))
    assert not Path(slow.own).exists()


def test_stop_ends_it_and_its_tests(slow: Slow) -> None:
    slow.commit("one")
    tests = slow.begun()
    slow.commit("two")
    until(lambda: slow.queued() == 1)  # who waited for its turn leaves it there, soon after
    assert slow.project.do("prove", "--stop").out.startswith(
        "the proof in the background was ended"
    )
    assert going(slow.own) is None
    until(lambda: not any(alive(pid) for pid in tests))
    assert slow.project.do("prove", "--stop", "--json").data["stopped"] is False
    slow.let_go()
    assert slow.project.do("prove", "--json").data["suite"]["verdict"] == "PASS"


@pytest.fixture
def other(slow: Slow) -> Slow:
    """The project in another working tree, on a branch with a feature of its own."""
    path = slow.project.path.parent / "other"
    slow.project.git("worktree", "add", "-q", "-b", "other", str(path))
    made = Slow.__new__(Slow)
    made.project, made.gate, made.ran = Project(At(path)), slow.gate, slow.ran
    made.project.begin("elsewhere")
    return made


def test_stop_ends_what_this_working_tree_asked_for_and_leaves_the_others(
    slow: Slow, other: Slow
) -> None:
    """It ended the proof of whoever had the turn, and dropped what the others waited for."""
    other.commit("one")
    other.begun()
    first = going(slow.own)
    other.commit("two")
    slow.commit("three")
    until(lambda: slow.queued() == 2)
    done = slow.project.do("prove", "--stop", "--json").data
    assert (done["stopped"], done["dropped"], done["left"]) == (False, 1, [str(other.project.path)])
    assert (going(slow.own), slow.queued()) == (first, 1)
    said = slow.project.do("prove", "--stop")
    assert said.out == "no proof of this working tree goes on\n"
    there = f"git -C {other.project.path} oneshot prove --stop"
    assert said.err == f"note: 2 proofs of '{other.project.path}' go on; end them there: {there}\n"
    slow.let_go()
    slow.idle()
    assert (slow.runs("two"), slow.runs("three")) == (2, 0)


def test_what_another_working_tree_waits_for_goes_on_when_one_is_stopped(
    slow: Slow, other: Slow
) -> None:
    """In a process of its own, as what was ended would have come to it."""
    slow.commit("one")
    tests = slow.begun()
    slow.commit("two")
    other.commit("three")
    until(lambda: slow.queued() == 2)
    done = slow.project.do("prove", "--stop")
    assert done.out == "the proof in the background was ended, and 1 that waited is forgotten\n"
    until(lambda: not any(alive(pid) for pid in tests))
    slow.let_go()
    slow.idle()
    assert (slow.runs("two"), slow.runs("three")) == (0, 2)


def test_a_working_tree_that_is_gone_is_nobodys_and_can_be_stopped_anywhere(
    slow: Slow, other: Slow
) -> None:
    other.commit("one")
    other.begun()
    slow.project.git("worktree", "remove", "--force", str(other.project.path))
    assert slow.project.do("prove", "--stop", "--json").data["stopped"] is True
    assert going(slow.own) is None


def test_working_trees_take_turns(slow: Slow, other: Slow) -> None:
    """One with many commits does not keep another waiting until the last of them."""
    slow.commit("one")
    slow.begun()
    for name in ("two", "three", "four"):
        slow.commit(name)
    other.commit("five")
    until(lambda: slow.queued() == 4)
    slow.let_go()
    slow.idle()
    names = [line.split()[1] for line in slow.ran.read_text().splitlines()]
    firsts = list(dict.fromkeys(names))
    assert firsts.index("five") < firsts.index("three")


def test_a_hook_that_waited_for_another_working_tree_says_so(slow: Slow, other: Slow) -> None:
    other.commit("one")
    other.begun()
    said = slow.commit("two").splitlines()[0]
    assert said.startswith("note: not proven yet (budget): another proof has gone on for ")
    assert said.endswith(f" s in '{other.project.path}'")


def test_a_wait_behind_another_working_tree_says_so(tmp_path: Path) -> None:
    """Where that began a moment ago, nothing said that it was what one had waited for."""
    task = Task("suite", "/elsewhere", None, "c")
    told: list[str] = []

    class Known:
        refused: ClassVar[list[float]] = []

        def suite(self, *_: object) -> Proof:
            return Proof(word="UNKNOWN", code="budget")

    class Behind:
        going = staticmethod(lambda: Going(1, task, time.monotonic() - 1))
        ask = staticmethod(lambda *_: None)

    def watch(what: str, *_: object) -> contextlib.AbstractContextManager[None]:
        told.append(what)
        return contextlib.nullcontext()

    known, behind = cast(Prover, Known()), cast(Background, Behind())
    found = Patient(known, behind, str(tmp_path), 60.0, watch).suite("b", "a")
    assert found.notes == ("not within 60 s, after a proof in '/elsewhere'",)
    assert told == ["the suite, in the background after a proof in '/elsewhere'"]
    assert Patient(known, behind, "/elsewhere", 60.0).suite("b", "a").notes == ("not within 60 s",)


def test_a_task_that_is_left_while_the_queue_is_read_is_not_lost(tmp_path: Path) -> None:
    """Whoever had opened the file before it was taken wrote into one that nobody read."""
    queue = Queue(str(tmp_path))
    tasks = [Task("suite", str(tmp_path), None, str(number)) for number in range(40)]
    taken: list[Task] = []
    writers = [threading.Thread(target=queue.add, args=[task]) for task in tasks]
    for writer in writers:
        writer.start()
        if (one := queue.next({})) is not None:
            taken.append(one)
    for writer in writers:
        writer.join()
    while (one := queue.next({})) is not None:
        taken.append(one)
    assert sorted(taken, key=lambda task: int(task.tree)) == tasks


def test_a_killed_one_leaves_nothing_wrong(slow: Slow) -> None:
    slow.commit("one")
    slow.begun()
    found = going(slow.own)
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    until(lambda: going(slow.own) is None)
    assert slow.project.do("status", "--json").data["going"] is None
    slow.let_go()
    assert slow.project.do("prove").out == "1 commit proven\n"


@pytest.mark.long
def test_a_suite_of_twenty_minutes_blocks_no_commit_loses_no_run_and_lands(
    slow: Slow, make: MakeProject
) -> None:
    """It comes to no end before it is let go, and the last run says how long that would be."""
    remote = make.remote(slow.project)
    slow.commit("one")
    slow.begun()
    slow.let_go()
    slow.idle()
    for took in Path(slow.own).glob("cache/float/*/*"):
        took.write_text("1200.0")
    slow.gate.unlink()
    assert "(budget): suite 'all' took 1200 s the last time" in slow.commit("two")
    until(lambda: slow.runs("one") == 4)  # of this proof, which comes to `two` after it
    begun = going(slow.own)
    refused = slow.project.may("push", "-q", "origin", "main")
    assert refused.code == 1
    assert "took 1200 s the last time" in refused.err
    assert "wait for it, and push: git oneshot push" in refused.err
    waiting = subprocess.Popen(PUSH, cwd=slow.project.path, stderr=subprocess.DEVNULL)
    until(lambda: awaited(slow.own))
    waiting.kill()
    waiting.wait()
    assert going(slow.own) == begun
    slow.let_go()
    done = slow.project.oneshot("push", "--", "-q", "origin", "main")
    assert done.code == 0, done
    assert remote.git("rev-parse", "main") == slow.project.head
    assert (slow.runs("one"), slow.runs("two")) == (4, 2)


def heeds(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a way of its own to take a signal; where none tells, after a while."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        time.sleep(2)
        return True
    [caught] = [x.split()[1] for x in status.read_text().splitlines() if x.startswith("SigCgt")]
    return bool(int(caught, 16) >> (number - 1) & 1)


def test_a_push_waits_and_an_interrupted_one_loses_nothing(slow: Slow, make: MakeProject) -> None:
    remote = make.remote(slow.project)
    slow.commit("one")
    waiting = subprocess.Popen(PUSH, cwd=slow.project.path, stderr=subprocess.PIPE)
    slow.begun()
    until(lambda: heeds(waiting.pid, signal.SIGTERM))
    # Not SIGINT: who runs tests in the background of a script ignores that one.
    waiting.send_signal(signal.SIGTERM)
    said = waiting.communicate(timeout=60)[1].decode()
    assert waiting.returncode == 130
    assert "note: the proof goes on; end it: git oneshot prove --stop\n" in said
    assert going(slow.own) is not None
    slow.let_go()
    done = slow.project.oneshot("push", "--", "-q", "origin", "main")
    assert done.code == 0, done
    assert remote.git("rev-parse", "main") == slow.project.head
    assert slow.runs("one") == 2


def test_a_fail_that_is_found_behind_holds_the_push(slow: Slow, make: MakeProject) -> None:
    make.remote(slow.project)
    slow.change("one")
    test = slow.project.path / "checks" / "one"
    test.write_text(test.read_text().replace("grep -qx one", "true #"))
    slow.project.git("add", "--all")
    assert slow.project.may("commit", "-q", "-m", "vacuous").code == 0
    slow.let_go()
    done = slow.project.oneshot("push", "--json", "--", "origin", "main")
    assert (done.code, done.error) == (1, "NOT_PROVEN")
    assert done.data["commits"][0]["code"] == "vacuous-red"


def test_the_cache_is_shown_and_cleared(slow: Slow) -> None:
    slow.commit("one")
    slow.begun()
    slow.let_go()
    slow.idle()
    held = slow.project.do("cache", "--json").data
    assert (held["runs"], held["verdicts"], held["cleared"]) == (2, 1, False)
    assert held["limit"] > held["bytes"] > 0
    assert slow.project.do("cache", "show").out.splitlines()[0] == "runs      2"
    assert slow.project.do("cache", "clear").out == "cleared\n"
    assert slow.project.do("cache", "--json").data["runs"] == 0
    assert not (slow.project.own / "verdicts").exists()
    with contextlib.suppress(FileNotFoundError):
        slow.ran.unlink()
    assert slow.project.do("prove").code == 0
    assert slow.runs("one") == 2


# -- what another system does otherwise ---------------------------------------------------

TASK = Task("prove", "", None, "")


class MacPoll:
    """poll(2) of macOS: what is asked for nothing says nothing, and a lost reader is a hang-up."""

    real = staticmethod(select.poll)

    def __init__(self) -> None:
        self._poll = self.real()
        self._asked: dict[int, int] = {}

    def register(self, fd: int, events: int) -> None:
        """Ask for events of a file."""
        self._asked[fd] = events
        if events:
            self._poll.register(fd, events)

    def poll(self, patience: float | None = None) -> list[tuple[int, int]]:
        """What was asked for and came."""
        if not any(self._asked.values()):
            time.sleep(5)
            return []
        told = self._poll.poll(patience)
        return [(fd, select.POLLHUP if event & select.POLLERR else event) for fd, event in told]


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Background]:
    """A background proof that goes on until the test is over."""
    gate = tmp_path / "gate"
    yield Background(str(tmp_path), lambda _task: until(gate.exists))
    gate.touch()
    until(lambda: going(str(tmp_path)) is None)


def test_a_system_that_says_hang_up_is_understood(
    held: Background, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody waits for gives way, and waits for no turn of its own."""
    monkeypatch.setattr(select, "poll", MacPoll)
    lowered = tmp_path / "lowered"
    monkeypatch.setattr(Background, "_lower", lambda _self: lowered.touch())

    held.ask(TASK, time.monotonic())
    until(lowered.exists)

    pid = os.fork()
    if pid == 0:
        held.ask(TASK, None)
        os._exit(0)
    until(lambda: awaited(str(tmp_path)))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    until((tmp_path / QUEUE).exists)


def test_no_file_of_the_caller_stays_open_where_their_number_has_no_limit(
    held: Background, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ulimit -n unlimited`: whoever reads what a commit prints would wait for the proof."""

    def closerange(low: int, high: int) -> None:
        """As where no system call closes a range."""
        for fd in range(low, high):
            with contextlib.suppress(OSError):
                os.close(fd)

    monkeypatch.setattr(os, "sysconf", lambda _name: -1)
    monkeypatch.setattr(os, "closerange", closerange)
    read, write = os.pipe()
    printing = fcntl.fcntl(write, fcntl.F_DUPFD, 100)
    os.close(write)

    held.ask(TASK, time.monotonic())

    os.close(printing)
    assert select.select([read], [], [], 5)[0]
    os.close(read)
