"""A shard: the part of some commits that one of several machines judges.

A verdict is about its commit alone, so it does not depend on who else judges
what. Neighbours stay together: one's tree is the next one's parent.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

from git_oneshot.core.errors import Code, OneshotError

One = TypeVar("One")
MOST: Final = 1_000  # machines


class Shard(NamedTuple):
    """The ``number``-th of so many ``parts``, from 1."""

    number: int
    parts: int

    def of(self, things: Sequence[One]) -> Sequence[One]:
        """This part of them. The parts in their order are the whole, and none is much larger."""
        ends = [len(things) * end // self.parts for end in (self.number - 1, self.number)]
        return things[slice(*ends)]

    @property
    def last(self) -> bool:
        """Whether this is the part with the tip, which the suite is run on."""
        return self.number == self.parts


def shard_of(text: str) -> Shard:
    """Read ``I/N``. Raises OneshotError(USAGE)."""
    found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    shard = Shard(*map(int, found.groups())) if found else Shard(0, 0)
    if not 1 <= shard.number <= shard.parts <= MOST:
        raise OneshotError(Code.USAGE, f"'{text}' is no shard", "such as: --shard 1/4")
    return shard
