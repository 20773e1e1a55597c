"""A forge in memory: what it has, what it was asked, and what goes wrong."""

from collections.abc import Callable

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Provider
from git_oneshot.forge.port import Capabilities, PullRequest, Wanted


class FakeForge:
    """Keeps the port. ``broken`` names methods that raise."""

    provider: Provider = "github"
    capabilities = Capabilities(body_limit=65_536)
    url = "https://forge.example/ada/mail"

    def __init__(self, *pulls: PullRequest, broken: tuple[str, ...] = ()) -> None:
        self.pulls = {pull.number: pull for pull in pulls}
        self.broken = set(broken)
        self.asked: list[str] = []

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what in self.broken:
            raise OneshotError(Code.FORGE_UNAVAILABLE, "'forge.example' does not answer: cut")

    def _put(self, pull: PullRequest) -> PullRequest:
        self.pulls[pull.number] = pull
        return pull

    def open_draft(self, wanted: Wanted) -> PullRequest:
        self._ask("open_draft")
        number = max(self.pulls, default=6) + 1
        return self._put(
            PullRequest(
                self.provider, number, f"{self.url}/pull/{number}", wanted.head, wanted.base,
                wanted.title, wanted.body, draft=True,
            )
        )  # fmt: skip

    def find_by_branch(self, head: str) -> PullRequest | None:
        self._ask("find_by_branch")
        pulls = (p for p in self.pulls.values() if (p.head, p.state) == (head, "open"))
        return next(pulls, None)

    def look(self, number: int) -> PullRequest:
        self._ask("look")
        return self.pulls[number]

    def update(self, pull: PullRequest, *, title: str, body: str) -> PullRequest:
        self._ask("update")
        return self._put(pull._replace(title=title, body=body))

    def set_draft(self, pull: PullRequest, draft: bool) -> PullRequest:
        self._ask("set_draft")
        return self._put(pull._replace(draft=draft))

    def close(self, pull: PullRequest) -> PullRequest:
        self._ask("close")
        return self._put(pull._replace(state="closed"))

    def merged(self, pull: PullRequest) -> str | None:
        self._ask("merged")
        return pull.merge_commit or None

    def end(self, number: int, state: str, commit: str = "") -> None:
        """What a person does there meanwhile."""
        ended = self.pulls[number]._replace(merge_commit=commit)
        self.pulls[number] = ended._replace(state="merged" if state == "merged" else "closed")


def an_open_one(head: str = "topic-branch", number: int = 7) -> PullRequest:
    """A draft that is open."""
    url = f"{FakeForge.url}/pull/{number}"
    return PullRequest("github", number, url, head, "main", "feat: it", "", draft=True)


ForgeOf = Callable[[object], FakeForge]
