"""Forgejo and Gitea, by a handful of REST calls.

A draft is a title that begins with ``WIP:``. A redirect is not followed: it
would take the token along, to wherever it leads.
"""

import http.client
import json
import urllib.error
import urllib.request
from typing import Any, Final
from urllib.parse import quote

from git_oneshot.core.facts import Provider
from git_oneshot.forge.hosted import Titled, shaped, unmarked
from git_oneshot.forge.hosts import Place
from git_oneshot.forge.port import Capabilities, PullRequest, Wanted, standing
from git_oneshot.forge.retrying import STRANGE, TIMEOUT, Patience, Trouble, patiently
from git_oneshot.forge.tokens import Token

MARKS: Final = ("wip:", "[wip]")  # what the forge takes for a draft by default
LARGEST: Final = 16 * 2**20  # bytes of an answer
PAGE: Final = 50
PAGES: Final = 20


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it becomes the HTTPError that it is."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Nowhere."""


class Forgejo(Titled):
    """The pull requests of one repository."""

    provider: Provider = "forgejo"
    mark = "WIP: "
    # The forge itself sets none; MySQL's LONGTEXT and reason do.
    capabilities = Capabilities(body_limit=65_536)

    def __init__(self, place: Place, token: Token, patience: Patience) -> None:
        super().__init__(place, patience)
        self._headers = {
            "Authorization": f"token {token}",
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "git-oneshot",
        }
        self._top = f"{place.api}/repos/{quote(place.path)}"
        self._opener = urllib.request.build_opener(_Stay)

    def _make(self, wanted: Wanted) -> PullRequest:
        body = {
            "title": self.mark + wanted.title, "body": wanted.body, "base": wanted.base,
            "head": wanted.head,
        }  # fmt: skip
        return _pull(self._once("POST", "/pulls", body))

    @shaped()
    def _find(self, head: str) -> PullRequest | None:
        for page in range(1, PAGES + 1):
            rows = self._once("GET", f"/pulls?state=open&limit={PAGE}&page={page}")
            for row in rows:
                branch = row.get("head") or {}
                theirs = (branch.get("repo") or {}).get("full_name", self._place.path)
                if branch.get("ref") == head and theirs.lower() == self._place.path.lower():
                    return _pull(row)
            if len(rows) < PAGE:
                return None
        return None

    def look(self, number: int) -> PullRequest:
        """A pull request as it is now."""
        return self._ask("GET", f"/pulls/{number}")

    def update(self, pull: PullRequest, *, title: str, body: str) -> PullRequest:
        """Give it another title and text."""
        change = {"title": self._titled(pull, title), "body": body}
        return self._ask("PATCH", f"/pulls/{pull.number}", change)

    def _retitle(self, pull: PullRequest, title: str) -> PullRequest:
        return self._ask("PATCH", f"/pulls/{pull.number}", {"title": title})

    def close(self, pull: PullRequest) -> PullRequest:
        """Close it without a merge."""
        return self._ask("PATCH", f"/pulls/{pull.number}", {"state": "closed"})

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> PullRequest:
        """Ask, again if need be: nothing that goes this way does anything twice."""
        host = self._place.host
        return patiently(host, self._patience, lambda: _pull(self._once(method, path, body)))

    def _once(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode(errors="replace")
        request = urllib.request.Request(  # noqa: S310 - the user's own remote, http or https
            self._top + path, data=data, method=method, headers=self._headers
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return json.loads(_whole(answer))
        except urllib.error.HTTPError as err:
            with err:
                raise Trouble(err.code, _why(err), _wait(err)) from None
        except urllib.error.URLError as err:
            raise Trouble(None, str(err.reason)) from None
        except (OSError, http.client.HTTPException) as err:
            raise Trouble(None, str(err) or type(err).__name__) from None
        except ValueError:
            raise Trouble(STRANGE, "the answer is not JSON") from None


def _whole(answer: http.client.HTTPResponse) -> bytes:
    """The answer, all of it: a read with a bound does not say that it was cut."""
    out = answer.read(LARGEST)
    if answer.length:
        raise Trouble(None, "the connection was cut")
    return out


def _why(err: urllib.error.HTTPError) -> str:
    """The forge's own words."""
    try:
        return str(json.loads(err.read(65_536))["message"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return str(err.reason)


def _wait(err: urllib.error.HTTPError) -> float | None:
    said = err.headers.get("Retry-After", "")
    return float(said) if said.isdecimal() else None


@shaped()
def _pull(row: Any) -> PullRequest:
    title = str(row["title"])
    draft = bool(row.get("draft")) or title.lower().startswith(MARKS)
    state = standing(merged=bool(row.get("merged")), is_open=row["state"] == "open")
    return PullRequest(
        "forgejo", int(row["number"]), str(row.get("html_url") or ""), str(row["head"]["ref"]),
        str(row["base"]["ref"]), unmarked(title, MARKS), str(row.get("body") or ""), draft, state,
        str(row.get("merge_commit_sha") or "") if state == "merged" else "",
    )  # fmt: skip
