"""Clones with different versions of the program: one ref in the end, and what is new is named.

The other version is in a process of its own, see ``tests/trail/version.py``.
"""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.sandbox import MakeRepo, Repo
from tests.trail import version
from tests.trail.crafted import FEATURE, OTHER

ROOT: Final = Path(__file__).parents[2]
REF: Final = f"refs/oneshot/{FEATURE}"
Act = Callable[..., list[str]]
BOTH_KNOW: Final = ("title", "plan", "ask", "commit")


class Clone:
    """A clone, and the version of the program that works in it."""

    def __init__(self, repo: Repo, act: Act) -> None:
        self.repo = repo
        self._act = act
        repo.git("config", "core.logAllRefUpdates", "always")

    def do(self, *what: str) -> list[str]:
        """Let its version do something."""
        return self._act(str(self.repo.path), *what)

    def sync(self, remote: str = "hub", feature: str = FEATURE) -> list[str]:
        """Exchange; why that did not work, if it did not."""
        return self.do("sync", feature, remote)

    def head(self, feature: str = FEATURE) -> str:
        """Where a trail is."""
        return self.repo.git("rev-parse", f"refs/oneshot/{feature}")


@pytest.fixture
def other(request: pytest.FixtureRequest) -> Iterator[Act]:
    """Another version of the program: that of the parameter."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.trail.version", request.param],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None

    def act(*what: str) -> list[str]:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(what) + "\n")
        process.stdin.flush()
        said = json.loads(process.stdout.readline())
        assert isinstance(said, list)
        return said

    yield act
    process.stdin.close()
    process.wait()
    process.stdout.close()


@pytest.fixture
def clones(repo: MakeRepo, other: Act) -> list[Clone]:
    """Two with this version and two with the other, all of one hub, and each of the next."""
    hub = repo("hub", "--bare")
    names = ["ours", "theirs", "ours-2", "theirs-2"]
    made = [Clone(repo(name), (version.act, other)[at % 2]) for at, name in enumerate(names)]
    for clone in made:
        clone.repo.git("remote", "add", "hub", str(hub.path))
        for name in names:
            if name != clone.repo.path.name:
                clone.repo.git("remote", "add", name, str(hub.path.parent / name))
    return made


def forwards(repo: Repo, feature: str = FEATURE) -> bool:
    """Whether each move of a ref was a fast-forward."""
    moves = repo.git("reflog", "--format=%H", f"refs/oneshot/{feature}").splitlines()
    for old, new in zip(moves[1:], moves, strict=False):
        repo.git("merge-base", "--is-ancestor", old, new)
    return len(moves) > 1


def ways(way: str, clones: list[Clone], chance: random.Random) -> list[tuple[Clone, str]]:
    """Who exchanges with whom, in one round."""
    names = [clone.repo.path.name for clone in clones]
    if way == "hub":
        found = [(clone, "hub") for clone in clones]
    elif way == "ring":
        found = [(clone, names[(at + 1) % len(names)]) for at, clone in enumerate(clones)]
    else:
        found = [(a, b) for a in clones for b in names if b != a.repo.path.name]
    chance.shuffle(found)
    return found


@pytest.mark.parametrize(
    "way", ["hub", *(pytest.param(way, marks=pytest.mark.thorough) for way in ("ring", "pairs"))]
)
@pytest.mark.parametrize("other", ["earlier", "later"], indirect=True)
def test_two_versions_come_to_one_ref(way: str, clones: list[Clone]) -> None:
    """Whatever words each has for notes and summaries; and then nothing moves any more."""
    chance = random.Random(way)
    said = clones[0].do("say", FEATURE, "start")
    for clone in clones[1:]:  # all begin it, of one root
        said += clone.do("say", FEATURE, "start")
        said += clone.do("say", FEATURE, "commit", "5")  # a note in the words of each
    for number in range(12):
        clone = chance.choice(clones)
        said += clone.do("say", FEATURE, BOTH_KNOW[number % 4], str(number % 8))
        if not number % 4:
            who, remote = chance.choice(ways(way, clones, chance))
            assert who.sync(remote) == []
    said += clones[0].do("say", FEATURE, "cancel")
    said += clones[1].do("say", FEATURE, "ask")
    heads: list[str] = []
    for _ in range(9):
        for clone, remote in ways(way, clones, chance):
            assert clone.sync(remote) == []
        before, heads = heads, [clone.head() for clone in clones]
        if before == heads:
            break
    assert len({*heads}) == 1
    assert before == heads
    assert all(forwards(clone.repo) for clone in clones)
    for clone in clones:
        known = clone.do("known", FEATURE)
        assert {*said} <= {*known} and len({*known}) == len(known)
    assert clones[0].repo.git("rev-list", "--min-parents=2", REF)
    note = clones[0].repo.git("cat-file", "blob", f"{REF}:55/{'5' * 38}").splitlines()
    assert {line.endswith("versions say it") for line in note} == {True, False}


@pytest.mark.parametrize("other", ["earlier"], indirect=True)
def test_an_earlier_version_names_what_it_does_not_know(clones: list[Clone]) -> None:
    _does_not_know(newer=clones[0], older=clones[1], reader=clones[2], word="workflow.checkpoint")


@pytest.mark.parametrize("other", ["later"], indirect=True)
def test_what_a_later_version_wrote_is_named(clones: list[Clone]) -> None:
    _does_not_know(newer=clones[1], older=clones[0], reader=clones[3], word="review.noted")


def _does_not_know(newer: Clone, older: Clone, reader: Clone, word: str) -> None:
    """Only that trail stands still, nothing of it is lost, and whoever upgrades has all of it."""
    said = newer.do("say", FEATURE, "start") + newer.do("say", OTHER, "start")
    for clone, features in ((newer, (FEATURE, OTHER)), (older, ()), (reader, ())):
        for feature in features:
            assert clone.sync(feature=feature) == []
        clone.repo.git("fetch", "-q", "hub", "+refs/oneshot/*:refs/oneshot-remote/hub/*")
    said += older.do("say", FEATURE, "title", "older") + older.do("say", OTHER, "ask")
    new = newer.do("say", FEATURE, "checkpoint", "so far")
    assert new
    assert newer.sync() == []
    before = older.head()
    [why] = older.sync()
    assert f"unknown event type '{word}'" in why and "cannot be joined" in why
    assert older.head() == before
    # It goes on here, and so does the other trail.
    said += older.do("say", FEATURE, "title", "older still")
    assert older.sync(feature=OTHER) == []
    # The newer one has it from the older one's clone.
    assert newer.sync("theirs" if older.repo.path.name == "theirs" else "ours") == []
    assert newer.sync() == []
    assert older.head() == newer.head()
    code, _, text = older.do("type", "status", FEATURE)
    assert code == "4" and f"unknown event type '{word}'" in text
    assert (
        "hint: a newer git-oneshot may know it; in a checkout of git-oneshot: pip install ." in text
    )
    code, out, _ = older.do("type", "list", "--all")
    assert code == "0" and FEATURE in out and OTHER in out
    code, out, text = older.do("type", "fsck")
    assert code == "4" and "unknown-type" in out + text
    # Upgraded: the clone of the older one is read by the newer version.
    known: list[str] = []
    for feature in (FEATURE, OTHER):
        reader.do("say", feature, "ask")
        assert reader.sync(feature=feature) == []
        known += reader.do("known", feature)
    assert {*said, *new} <= {*known}
    assert all(forwards(clone.repo) for clone in (newer, older))
