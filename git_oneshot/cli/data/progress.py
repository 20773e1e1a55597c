"""What --progress jsonl says while a command works: one of these a line, on stderr.

`git oneshot schema progress` is made from them. Every field is always there;
within version 1 kinds and fields are only added.
"""

from typing import Literal

from git_oneshot.cli.data import Data
from git_oneshot.core.facts import Word


class _Happened(Data, frozen=True, kw_only=True, tag_field="event"):
    v: Literal[1] = 1


class Begin(_Happened, frozen=True, kw_only=True, tag="begin"):
    """The first line."""

    command: str


class Run(_Happened, frozen=True, kw_only=True, tag="run"):
    """Something that may take long has begun; several can go on side by side.

    ``expected``: the seconds that it took the last time.
    """

    what: str
    expected: float | None


class Ran(_Happened, frozen=True, kw_only=True, tag="ran"):
    """It has ended, well or not."""

    what: str
    seconds: float


class Commit(_Happened, frozen=True, kw_only=True, tag="commit"):
    """The ``n``-th commit ``of`` so many is judged; ``seconds`` are since the one before."""

    n: int
    of: int
    commit: str
    verdict: Word
    code: str | None
    seconds: float


class Trail(_Happened, frozen=True, kw_only=True, tag="trail"):
    """The ``n``-th trail ``of`` so many is exchanged; another clone's push begins them anew."""

    n: int
    of: int
    feature: str


class End(_Happened, frozen=True, kw_only=True, tag="end"):
    """The last line; how it ended is in the answer."""

    seconds: float


Event = Begin | Run | Ran | Commit | Trail | End
