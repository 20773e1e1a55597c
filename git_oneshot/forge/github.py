"""GitHub and GitHub Enterprise, by PyGithub; draft and ready are GraphQL there."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from git_oneshot.core.facts import Provider
from git_oneshot.forge.hosted import Hosted
from git_oneshot.forge.hosts import Place
from git_oneshot.forge.port import Capabilities, PullRequest, Wanted, standing
from git_oneshot.forge.retrying import STRANGE, TIMEOUT, Patience, Trouble, patiently
from git_oneshot.forge.tokens import Token
from git_oneshot.proof.extra import needs

if TYPE_CHECKING:
    from github.PullRequest import PullRequest as Theirs
    from github.Repository import Repository

_T = TypeVar("_T")


class GitHub(Hosted):
    """The pull requests of one repository."""

    provider: Provider = "github"
    capabilities = Capabilities(body_limit=65_536)
    exists = 422

    def __init__(self, place: Place, token: Token, patience: Patience) -> None:
        needs("github", "github")
        import github

        super().__init__(place, patience)
        # Waiting and trying again is ours: the library would do it without a bound.
        hub = github.Github(
            base_url=place.api, auth=github.Auth.Token(str(token)), timeout=int(TIMEOUT),
            retry=None, seconds_between_requests=None, seconds_between_writes=None,
            user_agent="git-oneshot", lazy=True,
        )  # fmt: skip
        self._repo: Repository = hub.get_repo(place.path)

    def _make(self, wanted: Wanted) -> PullRequest:
        try:
            return _asked(lambda: self._create(wanted, draft=True))
        except Trouble as trouble:
            if trouble.status != 422 or "draft" not in trouble.why.lower():
                raise
            return _asked(lambda: self._create(wanted, draft=False))  # not in every plan of theirs

    def _create(self, wanted: Wanted, *, draft: bool) -> PullRequest:
        return _pull(
            self._repo.create_pull(
                base=wanted.base, head=wanted.head, title=wanted.title, body=wanted.body,
                draft=draft,
            )
        )  # fmt: skip

    def _find(self, head: str) -> PullRequest | None:
        owner = self._place.path.partition("/")[0]

        def ask() -> PullRequest | None:
            for one in self._repo.get_pulls(state="open", head=f"{owner}:{head}"):
                if one.head.ref == head:  # a forge that does not filter gives them all
                    return _pull(one)
            return None

        return _asked(ask)

    def look(self, number: int) -> PullRequest:
        """A pull request as it is now."""
        return self._ask(lambda: _pull(self._repo.get_pull(number)))

    def update(self, pull: PullRequest, *, title: str, body: str) -> PullRequest:
        """Give it another title and text."""
        return self._changed(pull, lambda one: one.edit(title=title, body=body))

    def set_draft(self, pull: PullRequest, draft: bool) -> PullRequest:
        """Make it a draft, or ready."""
        return self._changed(
            pull, lambda one: one.convert_to_draft() if draft else one.mark_ready_for_review()
        )

    def close(self, pull: PullRequest) -> PullRequest:
        """Close it without a merge."""
        return self._changed(pull, lambda one: one.edit(state="closed"))

    def _changed(self, pull: PullRequest, change: "Callable[[Theirs], object]") -> PullRequest:
        def ask() -> PullRequest:
            one = self._repo.get_pull(pull.number)
            change(one)
            return _pull(one)

        return self._ask(ask)

    def _ask(self, ask: Callable[[], _T]) -> _T:
        return patiently(self._place.host, self._patience, lambda: _asked(ask))


def _asked(ask: Callable[[], _T]) -> _T:
    """What the library gives; what it throws becomes a Trouble."""
    import github
    import requests

    try:
        return ask()
    except github.GithubException as err:
        raise Trouble(err.status, _why(err), _wait(err)) from None
    except requests.RequestException as err:
        raise Trouble(None, _kind(err)) from None
    except (RuntimeError, AssertionError):
        # It trusts no address of another host than the one that it was given.
        raise Trouble(301, "it answers with addresses of another host") from None
    except (AttributeError, KeyError, TypeError, ValueError, github.BadAttributeException):
        raise Trouble(STRANGE, "what a pull request has is missing") from None


def _why(err: "Exception") -> str:
    """GitHub's own words, its list of errors included."""
    data = getattr(err, "data", None)
    if not isinstance(data, dict):
        return str(data or getattr(err, "message", "") or "no reason")
    told = [
        str(one.get("message") or one.get("code") or "") if isinstance(one, dict) else str(one)
        for one in data.get("errors") or []
    ]
    return ": ".join(part for part in (str(data.get("message") or ""), *told) if part)


def _wait(err: "Exception") -> float | None:
    """How long to wait: what it says; a spent limit is renewed within an hour, some time."""
    headers = {k.lower(): v for k, v in (getattr(err, "headers", None) or {}).items()}
    said = str(headers.get("retry-after", ""))
    if said.isdecimal():
        return float(said)
    spent = str(headers.get("x-ratelimit-remaining", "")) == "0"
    return 3_600.0 if spent and getattr(err, "status", 0) in (403, 429) else None


def _kind(err: Exception) -> str:
    """What went wrong with the connection: no more, since the library's words hold addresses."""
    import requests

    if isinstance(err, requests.Timeout):
        return "timed out"
    if isinstance(err, requests.exceptions.SSLError):
        return "its certificate is not accepted"
    return "the connection failed"


def _pull(one: "Theirs") -> PullRequest:
    state = standing(merged=one.merged_at is not None, is_open=one.state == "open")
    return PullRequest(
        "github", one.number, one.html_url or "", one.head.ref, one.base.ref, one.title,
        one.body or "", bool(one.draft), state,
        (one.merge_commit_sha or "") if state == "merged" else "",
    )  # fmt: skip
