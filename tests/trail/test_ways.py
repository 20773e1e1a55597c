"""Each commit is looked at once, however many ends lead to it, and what is found is the same."""

import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_oneshot.core.ids import FeatureId
from git_oneshot.trail import git_reader, reading, source
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.store import Tip
from git_oneshot.trail.ways import Broken, Ways
from tests.sandbox import Repo
from tests.trail.crafted import FEATURE, Open, append, commit_with, point, root_of, started, titled
from tests.trail.test_hostile import put_loose

MANY = 30


def naive(at: str, root: str, step: dict[str, Sequence[str] | Broken], done: set[str]) -> str:
    """What is met first, by looking at everything for each end: "" for nothing."""
    if at == root or at in done:
        return ""
    one = step[at]
    if isinstance(one, Broken) or not one or len(one) > 2:
        return at
    for parent in one:
        found = naive(parent, root, step, done)
        if found:
            return found
    done.add(at)
    return ""


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Sequence[str] | Broken]:
    """Commits with up to three parents, some of them broken, and two that may be roots."""
    made: dict[str, Sequence[str] | Broken] = {"r0": (), "r1": ()}
    for number in range(draw(st.integers(1, 12))):
        parents = draw(st.lists(st.sampled_from(list(made)), min_size=1, max_size=3))
        name = f"c{number}"
        broken = draw(st.integers(0, 9)) == 0
        made[name] = Broken("header", name, "is broken") if broken else parents
    return made


@given(graphs(), st.randoms())
def test_what_is_met_is_what_a_walk_for_each_end_meets(
    made: dict[str, Sequence[str] | Broken], chance: st.DrawFn
) -> None:
    looked: list[str] = []

    def step(at: str) -> Sequence[str] | Broken:
        looked.append(at)
        return made[at]

    ways = Ways(step)
    asked = [(end, root) for end in made for root in ("r0", "r1")]
    chance.shuffle(asked)  # type: ignore[attr-defined]
    for end, root in asked:
        met = ways.met(end, root)
        assert (met.commit if met else "") == naive(end, root, made, set())
    assert len(looked) == len({*looked})


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tips each walk of git was for."""
    found: list[int] = []
    walk = GitStore._raw

    def counted(self: GitStore, tips: Sequence[Tip]) -> object:
        found.append(len(tips))
        return walk(self, tips)

    monkeypatch.setattr(GitStore, "_raw", counted)
    return found


def crowd(repo: Repo, commit: str) -> list[Tip]:
    """Many features, each with a commit of its own on one that is no trail's."""
    return [
        point(repo, FeatureId(f"x{n}"), commit_with(repo, [commit], b"x%d\n" % n))
        for n in range(MANY)
    ]


@pytest.mark.parametrize("what", ["code", "another trail"])
def test_many_refs_into_one_history_cost_its_length_once(
    work: Repo, opened: Open, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anyone who may push can point a thousand refs into a hundred thousand commits."""
    tip = append(opened(work), FEATURE, None, started())
    base = tip.commit if what == "another trail" else work.commit("no trail")
    for n in range(40):
        base = commit_with(work, [base], b"%d\n" % n)
    tips = [tip, *crowd(work, base)]
    looked: list[str] = []
    take = reading.taken_apart

    def counted(oid: str, *more: object) -> object:
        looked.append(oid)
        return take(oid, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "taken_apart", counted)
    trails = opened(work).read(tips)
    assert [one.damage is None for one in trails] == [True] + [False] * MANY
    assert {"is no trail" in one.damage.message for one in trails[1:] if one.damage} == {True}
    assert len(looked) < 3 * (40 + 1 + MANY)


def test_many_refs_to_more_than_a_trail_may_be_are_not_each_read(
    work: Repo, opened: Open, walks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    tip = append(opened(work), FEATURE, None, started())
    base = work.commit("no trail")
    for n in range(6):
        base = commit_with(work, [base], b"%d" % n * 20_000)
    tips = [tip, *crowd(work, base)]
    monkeypatch.setattr(source, "MAX_TRAIL", 100_000)
    trails = opened(work).read(tips)
    assert [one.damage is None for one in trails] == [True] + [False] * MANY
    assert len(walks) == 2


def test_what_is_read_in_part_is_not_taken_for_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """git may have printed all of it, and end well, before anybody sees that it is too much."""
    printed = b"".join(b"%040d commit 10\n%s\n" % (n, b"x" * 10) for n in range(3))
    assert len(source._taken_apart(io.BytesIO(printed)) or ()) == 3
    monkeypatch.setattr(source, "MAX_TRAIL", 25)
    assert source._taken_apart(io.BytesIO(printed)) is None


def test_many_refs_to_what_git_cannot_unpack_are_not_each_tried(
    work: Repo, opened: Open, walks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_LIMITS", {"GIT_ALLOC_LIMIT": "32m"})
    tip = append(opened(work), FEATURE, None, started())
    tip = append(opened(work), FEATURE, tip, titled("t"))
    bomb = put_loose(work, "commit", 64 * 2**20)
    tips = [tip, *crowd(work, bomb), point(work, FeatureId("bomb"), bomb)]
    walks.clear()
    trails = opened(work).read(tips)
    assert [one.damage is None for one in trails] == [True] + [False] * (MANY + 1)
    assert {getattr(one.damage, "commit", "") for one in trails[1:]} == {bomb}
    assert len(walks) == 2
    alone = opened(work).read([tips[5]])[0].damage
    assert alone is not None and alone.message == getattr(trails[5].damage, "message", "")


def test_a_trail_of_its_own_that_is_too_much_is_not_read_and_hinders_none(
    work: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = append(opened(work), FEATURE, None, started())
    for n in range(9):
        big = append(
            opened(work), FEATURE, big, *(titled(f"{n} {i} {'x' * 99}") for i in range(99))
        )
    assert root_of(work, FEATURE)
    small = append(opened(work), FeatureId("small"), None, started(FeatureId("small")))
    monkeypatch.setattr(source, "MAX_TRAIL", 100_000)
    one, two = opened(work).read([big, small])
    assert one.damage is not None and "over the limit" in one.damage.message
    assert getattr(one.damage, "rule", "") == "too-long"
    assert two.damage is None


def test_of_many_trails_a_walk_is_for_so_many_that_git_is_quick(
    work: Repo, opened: Open, walks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """git sorts what it is to walk from by the square of its number."""
    names = [FeatureId(f"f{n}") for n in range(7)]
    tips = [append(opened(work), name, None, started(name)) for name in names]
    monkeypatch.setattr(git_reader, "AT_ONCE", 3)
    walks.clear()
    trails = opened(work).read(tips)
    assert [trail.tip for trail in trails] == tips
    assert walks == [3, 3, 1]
