"""Streams side by side: nothing is lost, an error of one ends all, and nobody is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial

import pytest

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.proof.running.abreast import abreast

WANTED = {"a": 300, "b": 2, "c": 0}


def counting(name: str, count: int) -> Iterator[tuple[str, int, int]]:
    for i in range(count):
        yield name, i, os.getpid()


def waiting(seconds: float) -> Iterator[int]:
    yield os.getpid()
    time.sleep(seconds)


def refusing(seconds: float = 0) -> Iterator[int]:
    yield 1
    time.sleep(seconds)
    raise OneshotError(Code.NO_SUITE, "no suite", "add one", suite="x")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_all_comes_each_in_its_order_from_a_process_of_its_own() -> None:
    found = list(abreast([partial(counting, name, count) for name, count in WANTED.items()]))
    for wanted, count in WANTED.items():
        assert [i for name, i, _ in found if name == wanted] == list(range(count))
    assert len({pid for *_, pid in found} | {os.getpid()}) == 3


def test_an_error_of_one_is_raised_whole_and_ends_the_others() -> None:
    streams = abreast([partial(waiting, 60.0), partial(refusing, 0.2)])
    began = time.monotonic()
    seen = set()
    with pytest.raises(OneshotError) as raised:
        for one in streams:
            seen.add(one)
    assert time.monotonic() - began < 30
    assert (raised.value.code, raised.value.hint) == (Code.NO_SUITE, "add one")
    assert raised.value.data == {"suite": "x"}
    [pid] = seen - {1}
    assert not alive(pid)


def test_one_that_is_killed_is_no_end_of_its_stream() -> None:
    """What it had not said yet must not be taken for nothing."""
    streams = abreast([partial(waiting, 60.0)])
    os.kill(next(streams), signal.SIGKILL)
    with pytest.raises(OneshotError) as raised:
        next(streams)
    assert raised.value.code is Code.UNDECIDED


def test_who_looks_no_longer_ends_them() -> None:
    streams = abreast([partial(waiting, 60.0)])
    pid = next(streams)
    streams.close()
    assert not alive(pid)


def test_a_bug_in_one_is_a_bug_of_ours(capfd: pytest.CaptureFixture[str]) -> None:
    def broken() -> Iterator[int]:
        yield 1 // 0

    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        list(abreast([broken]))
    assert capfd.readouterr().err == ""


_ROUNDS = """
import os, signal
from git_oneshot.proof.running.abreast import abreast
signal.signal(signal.SIGTERM, signal.default_int_handler)  # as a prover has it
try:
    for _ in range(300):
        assert sorted(abreast([lambda n=n: [n] for n in range(4)])) == [0, 1, 2, 3]
finally:
    os.write(1, f"{os.getpid()}\\n".encode())
"""


@pytest.mark.long
def test_no_process_of_a_stream_goes_on_as_another_of_us() -> None:
    """As it would where it is ended in the moment that it ends by itself."""
    done = subprocess.run(
        [sys.executable, "-c", _ROUNDS], capture_output=True, text=True, check=False
    )
    assert (done.returncode, len(done.stdout.split()), done.stderr) == (0, 1, "")
