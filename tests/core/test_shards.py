"""Shards: whoever judges which part, the parts are the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.verdicts.shards import Shard, shard_of


@given(st.lists(st.integers()), st.integers(1, 12))
def test_the_parts_are_the_whole(commits: list[int], parts: int) -> None:
    """Each commit is judged once, in its order; no machine has much more to do than another."""
    shards = [Shard(number + 1, parts) for number in range(parts)]
    found = [shard.of(commits) for shard in shards]
    assert [commit for part in found for commit in part] == commits
    sizes = [len(part) for part in found]
    assert max(sizes) - min(sizes) <= 1
    assert bool(sizes[-1]) is bool(commits)  # the tip is in the last, which runs the suite
    assert [shard.last for shard in shards] == [False] * (parts - 1) + [True]


def test_a_shard_as_it_is_typed() -> None:
    assert shard_of("2/3") == Shard(2, 3)
    for wrong in ("", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "1/9999", "a/b", "1/2\n"):
        with pytest.raises(OneshotError) as caught:
            shard_of(wrong)
        assert caught.value.code is Code.USAGE
