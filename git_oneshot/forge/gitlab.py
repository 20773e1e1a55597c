"""GitLab, by python-gitlab: a pull request is a merge request, and a draft's title says so."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from git_oneshot.core.facts import Provider
from git_oneshot.forge.hosted import Titled, shaped, unmarked
from git_oneshot.forge.hosts import Place
from git_oneshot.forge.port import Capabilities, PullRequest, Wanted, standing
from git_oneshot.forge.retrying import STRANGE, TIMEOUT, Patience, Trouble, patiently
from git_oneshot.forge.tokens import Token
from git_oneshot.proof.extra import needs

MARKS: Final = ("draft:", "[draft]", "(draft)")
# Waiting and trying again is ours: the library would do it without a bound.
ONCE: Final[dict[str, Any]] = {"obey_rate_limit": False, "max_retries": 0}


class GitLab(Titled):
    """The merge requests of one project."""

    provider: Provider = "gitlab"
    mark = "Draft: "
    capabilities = Capabilities(body_limit=1_048_576)

    def __init__(self, place: Place, token: Token, patience: Patience) -> None:
        needs("gitlab", "gitlab")
        import gitlab
        import requests

        super().__init__(place, patience)
        self._wait: float | None = None
        session = requests.Session()
        # A header of GitLab's own would follow a redirect to another host; this one does not.
        session.max_redirects = 0
        session.hooks["response"].append(self._heard)
        self._lab = gitlab.Gitlab(
            place.api, oauth_token=str(token), timeout=TIMEOUT, session=session,
            keep_base_url=True, user_agent="git-oneshot",
        )  # fmt: skip
        self._top = f"/projects/{quote(place.path, safe='')}/merge_requests"

    def _heard(self, answer: Any, **_: Any) -> None:
        """Remember how long the forge asks us to wait: the library's error does not say."""
        said = answer.headers.get("Retry-After", "")
        self._wait = float(said) if answer.status_code >= 400 and said.isdecimal() else None

    def _make(self, wanted: Wanted) -> PullRequest:
        body = {
            "source_branch": wanted.head, "target_branch": wanted.base,
            "title": self.mark + wanted.title, "description": wanted.body,
        }  # fmt: skip
        return self._once(lambda: self._lab.http_post(self._top, post_data=body, **ONCE))

    @shaped()
    def _find(self, head: str) -> PullRequest | None:
        query = {"state": "opened", "source_branch": head}
        rows = self._asked(lambda: self._lab.http_get(self._top, query_data=query, **ONCE))
        for row in rows:
            same = row.get("source_project_id") == row.get("target_project_id")
            if row.get("source_branch") == head and same:
                return _pull(row)
        return None

    def look(self, number: int) -> PullRequest:
        """A merge request as it is now."""
        path = f"{self._top}/{number}"
        return self._ask(lambda: self._lab.http_get(path, **ONCE))

    def update(self, pull: PullRequest, *, title: str, body: str) -> PullRequest:
        """Give it another title and text."""
        return self._put(pull, title=self._titled(pull, title), description=body)

    def _retitle(self, pull: PullRequest, title: str) -> PullRequest:
        return self._put(pull, title=title)

    def close(self, pull: PullRequest) -> PullRequest:
        """Close it without a merge."""
        return self._put(pull, state_event="close")

    def _put(self, pull: PullRequest, **change: str) -> PullRequest:
        path = f"{self._top}/{pull.number}"
        return self._ask(lambda: self._lab.http_put(path, post_data=change, **ONCE))

    def _ask(self, ask: Callable[[], Any]) -> PullRequest:
        return patiently(self._place.host, self._patience, lambda: self._once(ask))

    def _once(self, ask: Callable[[], Any]) -> PullRequest:
        return _pull(self._asked(ask))

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """What the library gives; what it throws becomes a Trouble."""
        import gitlab
        import requests

        self._wait = None
        try:
            answer = ask()
        except gitlab.exceptions.RedirectError:
            raise Trouble(301, "it answers with an address elsewhere") from None
        except requests.TooManyRedirects:
            raise Trouble(301, "it answers with an address elsewhere") from None
        except gitlab.exceptions.GitlabError as err:
            raise Trouble(err.response_code, str(err.error_message), self._wait) from None
        except requests.Timeout:
            raise Trouble(None, "timed out") from None
        except requests.exceptions.SSLError:
            raise Trouble(None, "its certificate is not accepted") from None
        except requests.RequestException:
            raise Trouble(None, "the connection failed") from None
        if not isinstance(answer, dict | list):
            raise Trouble(STRANGE, "the answer is not JSON")
        return answer


@shaped()
def _pull(row: Any) -> PullRequest:
    title = str(row["title"])
    draft = bool(row.get("draft")) or title.lower().startswith(MARKS)
    state = standing(
        merged=row["state"] == "merged",
        is_open=row["state"] in ("opened", "locked"),  # locked: it is being merged
    )
    merged = row.get("merge_commit_sha") or row.get("squash_commit_sha") or row.get("sha") or ""
    return PullRequest(
        "gitlab", int(row["iid"]), str(row.get("web_url") or ""), str(row["source_branch"]),
        str(row["target_branch"]), unmarked(title, MARKS), str(row.get("description") or ""), draft,
        state,
        str(merged) if state == "merged" else "",
    )  # fmt: skip
