"""No forge: the pull request is the trail and a branch.

What a forge would keep is on the trail, so this one only reads it. Whether it
was merged is for git to say.
"""

from collections.abc import Callable

from git_oneshot.core.facts import Provider
from git_oneshot.core.state import State
from git_oneshot.forge.port import Capabilities, PullRequest, Wanted


class LocalForge:
    """The pull request of one feature, as its trail has it."""

    provider: Provider = "local"
    capabilities = Capabilities(body_limit=65_536, keeps_text=False, merges=True)

    def __init__(self, read: Callable[[], State], whole: Callable[[str], str]) -> None:
        self._read = read
        self._whole = whole  # of a text that is beside its event, by its digest

    def open_draft(self, wanted: Wanted) -> PullRequest:
        """A draft of the branch: the event that is written next makes it real."""
        return self.find_by_branch(wanted.head) or PullRequest(
            "local", 0, "", wanted.head, wanted.base, wanted.title, wanted.body, draft=True
        )

    def find_by_branch(self, head: str) -> PullRequest | None:
        """What the trail has of an open one."""
        pull = self._read().pull
        return self.look(0) if pull is not None and pull.open and pull.head == head else None

    def look(self, number: int) -> PullRequest:  # noqa: ARG002 - there is one
        """What the trail has; the text only where a person wrote it."""
        pull = self._read().pull
        assert pull is not None
        text = (pull.payload and self._whole(pull.payload)) or pull.text
        return PullRequest(
            "local", 0, "", pull.head, pull.base, pull.title, text, pull.draft,
            "open" if pull.open else "closed",
        )  # fmt: skip

    def update(self, pull: PullRequest, *, title: str, body: str) -> PullRequest:
        """It with another title and text."""
        return pull._replace(title=title, body=body)

    def set_draft(self, pull: PullRequest, draft: bool) -> PullRequest:
        """It as a draft, or ready."""
        return pull._replace(draft=draft)

    def close(self, pull: PullRequest) -> PullRequest:
        """It as closed."""
        return pull._replace(state="closed")

    def merged(self, pull: PullRequest) -> str | None:  # noqa: ARG002
        """Nobody merges here but git."""
        return None
