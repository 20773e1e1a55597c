"""A list of what is known at a glance is the list of what is so, and loads what moved alone."""

import os
from collections.abc import Callable, Sequence

import pytest

from git_oneshot.core.ids import FeatureId
from git_oneshot.core.pipeline import glance
from git_oneshot.trail import glances
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.store import Glanced, Loaded, Tip, joined
from tests.sandbox import Repo
from tests.trail.crafted import FEATURE, OTHER, Open, append, started, titled

THIRD = FeatureId("third")


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[list[FeatureId]]:
    """Which features were loaded, list by list."""
    seen: list[list[FeatureId]] = []
    load = GitStore._load

    def noted(self: GitStore, tips: Sequence[Tip]) -> list[Loaded]:
        seen.append([tip.feature for tip in tips])
        return load(self, tips)

    monkeypatch.setattr(GitStore, "_load", noted)
    return seen


def listed(store: GitStore) -> dict[FeatureId, Glanced]:
    """What a list has of each feature."""
    tips = joined(store.tips())
    return dict(zip(tips, store.glances(list(tips.values())), strict=True))


def begun(store: GitStore, *names: FeatureId) -> None:
    """Begin features."""
    for name in names:
        append(store, name, None, started(name))


def test_a_list_is_of_the_states_and_loads_what_moved_alone(
    work: Repo, opened: Open, loads: list[list[FeatureId]]
) -> None:
    names = [FeatureId(f"f{n:02}") for n in range(20)]
    begun(opened(work), *names)
    listed(opened(work))
    loads.clear()
    before = listed(opened(work))
    assert loads == []
    store = opened(work)
    append(store, names[3], joined(store.tips())[names[3]], titled("moved"))
    store.close()
    loads.clear()
    after = listed(opened(work))
    assert loads == [[names[3]]]
    assert after[names[3]].glance.title == "moved"
    assert {**after, names[3]: before[names[3]]} == before
    loads.clear()
    assert listed(opened(work)) == after
    assert loads == []
    tips = joined(opened(work).tips())
    assert after == {
        one.tip.feature: Glanced(glance(one.state))
        for one in opened(work).load(list(tips.values()))
        if one.tip
    }


def test_a_feature_that_is_gone_is_not_listed_nor_kept(work: Repo, opened: Open) -> None:
    begun(opened(work), FEATURE, OTHER)
    assert set(listed(opened(work))) == {FEATURE, OTHER}
    work.git("update-ref", "-d", f"refs/oneshot/{OTHER}")
    assert set(listed(opened(work))) == {FEATURE}
    assert len(glances.read(work.discover().own_dir).known) == 1


def test_a_trail_that_was_copied_to_another_name_is_not_taken_for_its_first(
    work: Repo, opened: Open
) -> None:
    begun(opened(work), FEATURE)
    listed(opened(work))
    work.git("update-ref", f"refs/oneshot/{THIRD}", f"refs/oneshot/{FEATURE}")
    for _ in range(2):
        found = listed(opened(work))
        assert found[FEATURE].damage is None
        assert found[THIRD].damage is not None


def test_damage_is_named_each_time(work: Repo, opened: Open) -> None:
    work.commit("no trail")
    begun(opened(work), FEATURE)
    work.git("update-ref", f"refs/oneshot/{OTHER}", "HEAD")
    for _ in range(3):
        found = listed(opened(work))
        assert (found[FEATURE].damage, found[OTHER].damage is None) == (None, False)


def _torn(path: str) -> None:
    os.truncate(path, os.path.getsize(path) - 5)


def _edited(path: str) -> None:
    with open(path, "r+b") as file:
        content = file.read().replace(b'"plan"', b'"done"')
        file.seek(0)
        file.write(content)


def _other(path: str) -> None:
    os.unlink(path)
    os.mkdir(path)


@pytest.mark.parametrize("spoil", [_torn, _edited, _other, os.unlink])
def test_a_file_that_is_not_to_be_believed_costs_time_alone(
    work: Repo, opened: Open, spoil: Callable[[str], None]
) -> None:
    begun(opened(work), FEATURE, OTHER)
    sound = listed(opened(work))
    spoil(os.path.join(work.discover().own_dir, "glances"))
    for _ in range(2):
        assert listed(opened(work)) == sound


def test_who_only_lists_throws_away_the_states_of_tips_long_gone(work: Repo, opened: Open) -> None:
    names = [FeatureId(f"f{n:02}") for n in range(20)]
    begun(opened(work), *names)
    listed(opened(work))
    states = os.path.join(work.discover().own_dir, "states")
    small = os.path.getsize(states)
    with open(states, "ab") as file:
        file.write(b"of a tip long gone\n" * 10_000)
    store = opened(work)
    append(store, names[0], joined(store.tips())[names[0]], titled("moved"))
    store.close()
    listed(opened(work))
    assert os.path.getsize(states) < small + 65_536
