"""Forges where a draft is a pull request whose title says so: GitLab, Forgejo and Gitea."""

from abc import abstractmethod

from git_oneshot.forge.hosted import Hosted
from git_oneshot.forge.port import PullRequest


class Titled(Hosted):
    """What they have in common. ``mark`` is put before the title of a draft."""

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
