"""Runs and verdicts that were had before: kept whole, compared whole, and never in doubt."""

import os
import threading
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_oneshot.core import facts as f
from git_oneshot.core.facts import Proof
from git_oneshot.core.verdicts.codes import DOUBTS
from git_oneshot.core.verdicts.runs import Result, Run
from git_oneshot.proof.running.cache import ProofCache, write

KEY: Final = ("1", "pytest", "a" * 40)
RUN: Final = Run(results=(Result(id="t", outcome="failed", frames=("a.py",)),), seconds=0.5)
PASS: Final = Proof(
    word="PASS", kind="behaviour", tree="a" * 40, tests=(f.TestTurn(suite="x", id="t"),)
)
FAIL: Final = Proof(word="FAIL", code="vacuous-red", notes=("why",))


@pytest.fixture
def cache(tmp_path: Path) -> ProofCache:
    return ProofCache(str(tmp_path / "cache"))


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


@pytest.mark.parametrize("value", [RUN, PASS, FAIL], ids=["run", "pass", "fail"])
def test_what_is_kept_is_found(cache: ProofCache, value: Run | Proof) -> None:
    cache.keep(KEY, value)
    found = cache.find(Run, KEY) if isinstance(value, Run) else cache.find(Proof, KEY)
    assert found == value


def test_what_was_never_kept_is_a_miss(cache: ProofCache) -> None:
    assert cache.find(Run, KEY) is None
    cache.keep(KEY, RUN)
    assert cache.find(Run, (*KEY, "more")) is None
    assert cache.find(Run, KEY[:-1]) is None
    assert cache.find(Proof, KEY) is None  # a run is no verdict


@pytest.mark.parametrize("code", DOUBTS)
def test_unknown_is_never_kept(cache: ProofCache, tmp_path: Path, code: str) -> None:
    """Trouble of the machine is gone the next time; what is kept stays."""
    cache.keep(KEY, Run(trouble=code))
    cache.keep(KEY, Proof(word="UNKNOWN", code=code))
    assert files(tmp_path) == []


@given(st.binary(max_size=40) | st.just(b'{"key":[],"value":{}}'), st.integers(0, 300))
def test_a_damaged_file_is_a_miss(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, cut: int
) -> None:
    tmp_path = tmp_path_factory.mktemp("damaged")
    cache = ProofCache(str(tmp_path / "cache"))
    cache.keep(KEY, PASS)
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    for damaged in (junk, whole[:cut], whole[:cut] + junk + whole[cut + 1 :]):
        path.write_bytes(damaged)
        found = cache.find(Proof, KEY)
        assert found is None or damaged == whole or found.word in ("PASS", "FAIL")
    path.write_bytes(whole[: min(cut, len(whole) - 1)])
    assert cache.find(Proof, KEY) is None


def test_a_file_under_the_name_of_another_key_is_a_miss(cache: ProofCache, tmp_path: Path) -> None:
    """A name is a digest; the key in the file is what counts."""
    other = (*KEY[:-1], "b" * 40)
    cache.keep(KEY, RUN)
    (mine,) = files(tmp_path)
    cache.keep(other, RUN)
    (theirs,) = [path for path in files(tmp_path) if path != mine]
    theirs.write_bytes(mine.read_bytes())
    assert cache.find(Run, other) is None
    assert cache.find(Run, KEY) == RUN


def test_keys_are_lists_of_words_not_one_text(cache: ProofCache) -> None:
    cache.keep(("a", "b\0c"), RUN)
    assert cache.find(Run, ("a\0b", "c")) is None
    assert cache.find(Run, ("a", "b", "c")) is None


def test_another_schema_forgets_what_was_kept(
    cache: ProofCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.keep(KEY, RUN)
    monkeypatch.setattr("git_oneshot.proof.running.cache.SCHEMA", "next")
    assert cache.find(Run, KEY) is None


def test_a_disk_that_refuses_costs_time_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    cache = ProofCache(str(tmp_path / "cache"))
    cache.keep(KEY, RUN)
    assert cache.find(Run, KEY) is None


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """Threads and readers at once: no reader sees half of a file, and nothing is left over."""
    path = tmp_path / "one"
    bodies = {str(n).encode() * 50_000 for n in range(4)}
    seen: set[bytes] = set()

    def writer(body: bytes) -> None:
        for _ in range(20):
            write(str(path), body)
            seen.add(path.read_bytes())

    threads = [threading.Thread(target=writer, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen <= bodies
    assert [p.name for p in tmp_path.iterdir()] == ["one"]


def test_two_threads_write_each_its_own_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RED and GREEN run side by side, and may come to one file at the same time."""
    both = threading.Barrier(2, timeout=10)
    seen: set[str] = set()
    replace = os.replace

    def waiting(source: str, target: str) -> None:
        seen.add(source)
        both.wait()
        replace(source, target)

    monkeypatch.setattr(os, "replace", waiting)
    threads = [
        threading.Thread(target=write, args=(str(tmp_path / "one"), body)) for body in (b"1", b"2")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["one"]


def test_the_time_of_the_last_run_is_remembered(cache: ProofCache, tmp_path: Path) -> None:
    assert cache.last(KEY) == 0.0
    cache.took(KEY, 1.5)
    assert cache.last(KEY) == 1.5
    assert cache.last((*KEY, "more")) == 0.0
    (path,) = files(tmp_path)
    path.write_bytes(b"soon")
    assert cache.last(KEY) == 0.0


def test_a_kept_file_can_be_read_by_a_person(cache: ProofCache, tmp_path: Path) -> None:
    cache.keep(KEY, RUN)
    (path,) = files(tmp_path)
    assert msgspec.json.decode(path.read_bytes())["key"][1:] == list(KEY)


def test_what_was_not_used_for_the_longest_time_goes(tmp_path: Path) -> None:
    small = ProofCache(str(tmp_path), largest=10 * 4096)
    for number in range(10):
        small.keep((str(number),), RUN)
    assert small.held().runs == 10
    for age, path in enumerate(files(tmp_path)):
        os.utime(path, (1_000_000 - age,) * 2)
    assert small.find(Run, ("3",)) == RUN  # which is used now
    small.trim()
    left = small.held()
    assert left.size <= 10 * 4096
    if left.size < 10 * 4096:  # where a small file takes a block
        small.keep(("more",), RUN)
    assert small.find(Run, ("3",)) == RUN
    small = ProofCache(str(tmp_path), largest=4096)
    small.trim()
    assert small.held().runs <= 1
    small.clear()
    assert small.held() == (0, 0, 0)


def test_the_cache_looks_at_its_size_now_and_then(tmp_path: Path) -> None:
    """Nobody has to ask for it, and no run pays for looking at all the others."""
    small = ProofCache(str(tmp_path), largest=4096)
    for number in range(1_000):
        small.took((str(number),), 1.0)
        small.keep((str(number),), RUN)
    assert len(files(tmp_path)) < 1_000
