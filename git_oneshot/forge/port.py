"""What a forge can do for us: the port that each of them keeps.

A forge is asked for facts and told to act; it writes no event and decides
nothing. Every method raises OneshotError, with one line for people and without
any token in it, and may be called again after it failed.
"""

from typing import Literal, NamedTuple, Protocol

from git_oneshot.core.facts import Provider

Standing = Literal["open", "closed", "merged"]


def standing(*, merged: bool, is_open: bool) -> Standing:
    """How a pull request stands; some forges call a merged one closed as well."""
    return "merged" if merged else "open" if is_open else "closed"


class Capabilities(NamedTuple):
    """What differs between forges."""

    body_limit: int  # characters of a pull request's text
    keeps_text: bool = True  # whether it keeps that text, so that the trail need not
    merges: bool = False  # whether `pr merge` merges here; else people do it there


class Wanted(NamedTuple):
    """A pull request that is to be opened."""

    head: str
    base: str
    title: str
    body: str


class PullRequest(NamedTuple):
    """A pull request as its forge has it. ``title`` is without the mark of a draft."""

    provider: Provider
    number: int  # 0: the local forge counts none
    url: str
    head: str
    base: str
    title: str
    body: str
    draft: bool
    state: Standing = "open"
    merge_commit: str = ""


class Forge(Protocol):
    """A place where pull requests live."""

    provider: Provider
    capabilities: Capabilities

    def open_draft(self, wanted: Wanted) -> PullRequest:
        """Open a draft. When one is open for the branch, that one is given back as it is."""

    def find_by_branch(self, head: str) -> PullRequest | None:
        """The open pull request of a branch."""

    def look(self, number: int) -> PullRequest:
        """A pull request as it is now."""

    def update(self, pull: PullRequest, *, title: str, body: str) -> PullRequest:
        """Give it another title and text."""

    def set_draft(self, pull: PullRequest, draft: bool) -> PullRequest:
        """Make it a draft, or ready."""

    def close(self, pull: PullRequest) -> PullRequest:
        """Close it without a merge."""

    def merged(self, pull: PullRequest) -> str | None:
        """The commit that it was merged as, None when it was not."""
