"""The list of features: which are shown, and which page of them."""

from collections.abc import Iterable

from git_oneshot.core.state import FINAL, State


def rows(
    states: Iterable[State],
    *,
    all: bool = False,  # noqa: A002 - the name of the option
    offset: int = 0,
    limit: int | None = None,
) -> tuple[list[State], int]:
    """One page of ``states``, and how many there are on all pages.

    Finished features are left out unless ``all``: before the pages are cut, so
    that the total is that of the pages.
    """
    shown = [state for state in states if all or state.phase not in FINAL]
    end = None if limit is None else offset + limit
    return shown[offset:end], len(shown)
