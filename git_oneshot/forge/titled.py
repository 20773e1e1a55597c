"""Forges where a draft is a pull request whose title says so: GitLab, Forgejo and Gitea."""

from abc import ABC, abstractmethod

from git_oneshot.forge.hosts import Place
from git_oneshot.forge.port import PullRequest, Wanted
from git_oneshot.forge.retrying import Patience, Trouble, creating, patiently


class Titled(ABC):
    """What they have in common. ``mark`` is put before the title of a draft."""

    mark: str

    def __init__(self, place: Place, patience: Patience) -> None:
        self._place = place
        self._patience = patience

    @abstractmethod
    def _make(self, wanted: Wanted, title: str) -> PullRequest:
        """Ask once for a new one of that title."""

    @abstractmethod
    def _find(self, head: str) -> PullRequest | None:
        """Ask once for the open one of a branch of this repository."""

    @abstractmethod
    def _retitle(self, pull: PullRequest, title: str) -> PullRequest:
        """Give it another title, again if need be."""

    @property
    def url(self) -> str:
        """Where people see the repository."""
        return self._place.web

    def open_draft(self, wanted: Wanted) -> PullRequest:
        """Open a draft, or find the one that is open."""

        def make() -> PullRequest:
            try:
                return self._make(wanted, self.mark + wanted.title)
            except Trouble as trouble:
                there = self._find(wanted.head) if trouble.status == 409 else None
                if there is None:
                    raise
                return there

        return creating(self._place.host, self._patience, make, lambda: self._find(wanted.head))

    def find_by_branch(self, head: str) -> PullRequest | None:
        """The open one of a branch of this repository."""
        return patiently(self._place.host, self._patience, lambda: self._find(head))

    def set_draft(self, pull: PullRequest, draft: bool) -> PullRequest:
        """Make it a draft, or ready: by its title."""
        return self._retitle(pull, self.mark + pull.title if draft else pull.title)

    def merged(self, pull: PullRequest) -> str | None:
        """The commit that it was merged as."""
        return pull.merge_commit or None

    def _titled(self, pull: PullRequest, title: str) -> str:
        """The title of one that stays a draft, if it is one."""
        return self.mark + title if pull.draft else title


def unmarked(title: str, marks: tuple[str, ...]) -> str:
    """A title without what makes a draft of it."""
    for mark in marks:
        if title.lower().startswith(mark):
            return title[len(mark) :].lstrip()
    return title
