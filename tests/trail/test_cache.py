"""A cache costs time when it is wrong, never truth."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from git_oneshot.core import facts as f
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.state import State
from git_oneshot.trail import cache as cache_module
from git_oneshot.trail.cache import StateCache
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.reading import Raw
from git_oneshot.trail.store import Tip
from tests.sandbox import Repo
from tests.trail.crafted import FEATURE, OTHER, Open, append, started, titled

A, B = "a" * 40, "b" * 40


def path_of(repo: Repo) -> str:
    """The cache's file."""
    return os.path.join(repo.discover().own_dir, "states")


def contents(repo: Repo) -> bytes:
    """What is in the cache's file."""
    with open(path_of(repo), "rb") as file:
        return file.read()


def put(repo: Repo, content: bytes) -> None:
    """Replace the cache's file."""
    with open(path_of(repo), "wb") as file:
        file.write(content)


@pytest.fixture
def replays(monkeypatch: pytest.MonkeyPatch) -> list[list[FeatureId]]:
    """Which features were replayed, read by read."""
    seen: list[list[FeatureId]] = []
    walk = GitStore._raw

    def raw(self: GitStore, tips: Sequence[Tip]) -> dict[str, Raw] | None:
        seen.append([tip.feature for tip in tips])
        return walk(self, tips)

    monkeypatch.setattr(GitStore, "_raw", raw)
    return seen


def test_what_a_process_wrote_the_next_one_need_not_replay(
    work: Repo, opened: Open, replays: list[list[FeatureId]]
) -> None:
    store = opened(work)
    tip = append(store, FEATURE, None, started())
    tip = append(store, FEATURE, tip, titled("kept"))
    store.close()
    replays.clear()
    [loaded] = opened(work).load([tip])
    assert loaded.state.title == "kept"
    assert replays == []


def test_what_was_replayed_once_need_not_be_again(
    work: Repo, opened: Open, replays: list[list[FeatureId]]
) -> None:
    tips = [append(opened(work), one, None, started(one)) for one in (FEATURE, OTHER)]
    assert not os.path.exists(path_of(work))
    cold = opened(work).load(tips)
    replays.clear()
    assert opened(work).load(tips) == cold
    assert replays == []


def test_another_process_that_moves_the_tip_is_seen(work: Repo, opened: Open) -> None:
    reader = opened(work)
    tip = append(opened(work), FEATURE, None, f.Started(featureId=FEATURE, title="old"))
    assert reader.load([tip])[0].state.title == "old"
    tip = append(opened(work), FEATURE, tip, titled("new"))
    seen = reader.tip(FEATURE)
    assert seen == tip
    assert reader.load([seen])[0].state.title == "new"


def edited(line: bytes) -> bytes:
    """Someone changed the state, and left the digest."""
    return line.replace(b'"true"', b'"lies"')


def forged(line: bytes) -> bytes:
    """Another tip's line, with a digest that is right there, under this tip."""
    tip = line.partition(b" ")[0]
    theirs = cache_module._line("c" * 40, State(feature=FEATURE, phase="completed", title="lies"))
    return theirs.replace(b"c" * 40, tip)


def of_another_version(line: bytes) -> bytes:
    """As a version of the program wrote it that knew another state."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache_module, "__version__", "0.0.9")
        tip = line.partition(b" ")[0].decode()
        return cache_module._line(tip, State(feature=FEATURE, phase="completed", title="lies"))


def not_a_state(line: bytes) -> bytes:
    """A digest that is right, of something that is no state."""
    tip = line.partition(b" ")[0].decode()
    body = b'{"feature":7}'
    return b"%s %s %s\n" % (tip.encode(), cache_module._digest(tip, body), body)


SPOIL: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda line: b"",
    "torn in the tip": lambda line: line[:20],
    "torn behind the tip": lambda line: line[:41],
    "torn behind the tip, then another line": lambda line: line[:41] + b"\n",
    "torn in the digest": lambda line: line[:45] + b"\n",
    "torn behind the digest": lambda line: b" ".join(line.split(b" ", 2)[:2]) + b"\n",
    "torn in the state": lambda line: line[:-20],
    "torn in the state, then another line": lambda line: line[:-20] + b"\n" + b"x" * 80 + b"\n",
    "without its line break": lambda line: line[:-1],
    "edited": edited,
    "forged": forged,
    "of another version": of_another_version,
    "not a state": not_a_state,
    "not text": lambda line: line[:58] + b"\xff\xfe" + line[60:],
    "garbage": lambda line: os.urandom(4096),
    "zeros": lambda line: b"\0" * len(line),
}


@pytest.mark.parametrize("how", SPOIL)
def test_a_line_that_is_not_as_it_was_written_is_not_believed(
    work: Repo, opened: Open, how: str
) -> None:
    tip = append(opened(work), FEATURE, None, f.Started(featureId=FEATURE, title="true"))
    [sound] = opened(work).load([tip])
    put(work, SPOIL[how](contents(work)))
    assert opened(work).load([tip]) == [sound]
    # The next line is not glued to a torn one so that it is lost too.
    again = opened(work)
    assert again.load([tip]) == [sound]


def test_a_line_behind_a_torn_one_is_found(tmp_path: Path) -> None:
    """Two processes append; one is killed half way."""
    cache = StateCache(os.fspath(tmp_path))
    torn = cache_module._line(A, State(feature="one"))[:-10]
    with open(os.path.join(tmp_path, "states"), "wb") as file:
        file.write(torn)
    cache.add({B: State(feature="two")})
    assert cache.find([A, B]) == {B: State(feature="two")}


def test_of_a_large_file_the_end_is_looked_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command asks for what was written last, beside ten thousand features of others."""
    monkeypatch.setattr(cache_module, "END", 600)
    cache = StateCache(str(tmp_path))
    for number in range(50):
        cache.add({f"{number:040x}": State(feature=FeatureId(f"f-{number}"))})
    asked: list[int | None] = []
    read = StateCache._read

    def spy(self: StateCache, last: int | None = None) -> bytes:
        asked.append(last)
        return read(self, last)

    monkeypatch.setattr(StateCache, "_read", spy)
    first, last, none = f"{0:040x}", f"{49:040x}", "f" * 40
    assert cache.find([last])[last].feature == "f-49"
    assert asked == [600]
    assert {tip: one.feature for tip, one in cache.find([last, first, none]).items()} == {
        first: "f-0", last: "f-49",
    }  # fmt: skip
    assert asked == [600, 600, None]
    assert not cache.damaged


def test_a_tip_in_someones_title_is_not_a_line(tmp_path: Path) -> None:
    cache = StateCache(os.fspath(tmp_path))
    cache.add({A: State(feature="one")})
    cache.add({B: State(feature="two", title=f"reverts {A} since")})
    assert cache.find([B]) == {B: State(feature="two", title=f"reverts {A} since")}
    assert cache.find([A]) in ({}, {A: State(feature="one")})  # a miss is allowed, a lie is not


def test_the_tip_is_part_of_the_digest_to_its_last_digit(tmp_path: Path) -> None:
    one, two = "d" * 63 + "1", "d" * 63 + "2"
    line = cache_module._line(one, State(feature="one"))
    with open(os.path.join(tmp_path, "states"), "wb") as file:
        file.write(line.replace(one.encode(), two.encode()))
    assert StateCache(os.fspath(tmp_path)).find([two]) == {}


@pytest.mark.parametrize("what", ["a file", "a dangling link", "a directory for the file"])
def test_a_folder_that_cannot_be_written_is_no_error(work: Repo, opened: Open, what: str) -> None:
    own = work.discover().own_dir
    if what == "a file":
        with open(own, "w") as file:
            file.write("in the way")
    elif what == "a dangling link":
        os.symlink("/nowhere/at/all", own)
    else:
        os.makedirs(os.path.join(own, "states"))
    store = opened(work)
    tips = [append(store, one, None, started(one)) for one in (FEATURE, OTHER)]
    store.close()
    for _ in range(2):
        assert [one.state.phase for one in opened(work).load(tips)] == ["plan", "plan"]


@pytest.mark.long
def test_a_list_throws_away_the_states_of_tips_long_gone(work: Repo, opened: Open) -> None:
    store = opened(work)
    other = append(store, OTHER, None, started(OTHER))
    tip = append(store, FEATURE, None, started())
    for n in range(60):
        tip = append(store, FEATURE, tip, titled(f"{n}"), f.SynthesisRequested(reason="r" * 2000))
        store.load([tip])
    plan = f.Patched(fields=("plan",), plan=f.Plan(text="p" * 4000))
    for _ in range(40):
        tip = append(store, FEATURE, tip, plan)
        store.load([tip])
    before = len(contents(work))
    assert before > 100_000

    assert [one.state.clock for one in opened(work).load([other, tip])] == [1, 161]

    assert len(contents(work)) < before / 10
    assert os.listdir(work.discover().own_dir) == ["states"]  # nothing temporary is left
    assert [one.state.clock for one in opened(work).load([other, tip])] == [1, 161]
    # One feature says nothing about the others: their states stay.
    size = len(contents(work))
    opened(work).load([tip])
    assert len(contents(work)) == size


def test_a_small_file_is_not_written_anew(tmp_path: Path) -> None:
    cache = StateCache(os.fspath(tmp_path))
    cache.add({A: State(feature="one")})
    cache.keep({B: State(feature="two")})
    assert cache.find([A]) == {A: State(feature="one")}


def test_the_file_has_a_limit(tmp_path: Path) -> None:
    cache = StateCache(os.fspath(tmp_path))
    cache.add({A: State(feature="one")})
    path = os.path.join(tmp_path, "states")
    os.truncate(path, cache_module.LARGEST + 1)  # sparse: no disk is filled
    cache.add({B: State(feature="two")})
    assert os.path.getsize(path) < 1000
    assert cache.find([A, B]) == {B: State(feature="two")}
