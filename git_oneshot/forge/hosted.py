"""What the forges have in common that are asked over a network."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from git_oneshot.forge.hosts import Place
from git_oneshot.forge.port import PullRequest, Wanted
from git_oneshot.forge.retrying import STRANGE, Patience, Trouble, creating, patiently


@contextmanager
def shaped() -> Iterator[None]:
    """Read what a forge answered: a Trouble where that is not shaped as it should be."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Trouble(STRANGE, "what a pull request has is missing") from None


class Hosted(ABC):
    """The pull requests of one repository. ``exists``: the status that says that there is one."""

    exists: int

    def __init__(self, place: Place, patience: Patience) -> None:
        self._place = place
        self._patience = patience

    @abstractmethod
    def _make(self, wanted: Wanted) -> PullRequest:
        """Ask once for a new draft."""

    @abstractmethod
    def _find(self, head: str) -> PullRequest | None:
        """Ask once for the open one of a branch of this repository."""

    def open_draft(self, wanted: Wanted) -> PullRequest:
        """Open a draft, or find the one that is open."""

        def make() -> PullRequest:
            try:
                return self._make(wanted)
            except Trouble as trouble:
                there = self._find(wanted.head) if trouble.status == self.exists else None
                if there is None:
                    raise
                return there

        return creating(self._place.host, self._patience, make, lambda: self._find(wanted.head))

    def find_by_branch(self, head: str) -> PullRequest | None:
        """The open one of a branch of this repository."""
        return patiently(self._place.host, self._patience, lambda: self._find(head))

    def merged(self, pull: PullRequest) -> str | None:
        """The commit that it was merged as."""
        return pull.merge_commit or None


class Titled(Hosted):
    """Those where a draft is one whose title says so: ``mark`` is put before it."""

    mark: str
    exists = 409

    @abstractmethod
    def _retitle(self, pull: PullRequest, title: str) -> PullRequest:
        """Give it another title, again if need be."""

    def set_draft(self, pull: PullRequest, draft: bool) -> PullRequest:
        """Make it a draft, or ready: by its title."""
        return self._retitle(pull, self.mark + pull.title if draft else pull.title)

    def _titled(self, pull: PullRequest, title: str) -> str:
        """The title of one that stays a draft, if it is one."""
        return self.mark + title if pull.draft else title


def unmarked(title: str, marks: tuple[str, ...]) -> str:
    """A title without what makes a draft of it."""
    for mark in marks:
        if title.lower().startswith(mark):
            return title[len(mark) :].lstrip()
    return title
