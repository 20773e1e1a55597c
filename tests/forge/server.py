"""A forge on loopback that does what a test says, one answer after another.

It knows enough of GitHub's, GitLab's and Forgejo's pull requests to keep their
state; what nobody scripted is answered as the real ones document it.
"""

import contextlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

Row = dict[str, Any]
# Instead of an answer: a status with headers, a connection that is cut, one that hangs.
Fault = tuple[int, dict[str, str]] | str

REPO: Final = "ada/mail"


class Server:
    """Pull requests by number, the requests that came, and the faults to come."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.pulls: dict[int, Row] = {}
        self.branches = {"main", "topic-branch"}
        self.faults: list[Fault] = []
        self.after: list[Fault] = []  # the next answers are lost once the work is done
        self.seen: list[tuple[str, str]] = []
        self.bodies: list[Any] = []
        self.tokens: set[str] = set()
        self.token = "the-token"
        self.drafts = True
        self.woken = threading.Event()  # what hangs goes on
        handler = type("Bound", (_Handler,), {"server_of": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._http.server_address[1]}"

    @property
    def api(self) -> str:
        """The address of the API."""
        tail = {"github": "/api/v3", "gitlab": "", "forgejo": "/api/v1"}[self.kind]
        return f"http://{self.host}{tail}"

    def stop(self) -> None:
        """End it, and what hangs in it."""
        self.woken.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    # -- pull requests ---------------------------------------------------------------

    def open(self, head: str, base: str, title: str, body: str, *, draft: bool) -> tuple[int, Row]:
        """Open one, as the forges do: not twice, and not of a branch that is not there."""
        if any((p["head"], p["state"]) == (head, "open") for p in self.pulls.values()):
            return (422 if self.kind == "github" else 409), {
                "message": "Validation Failed",
                "errors": [{"message": f"A pull request already exists for {head}"}],
            }
        if not {head, base} <= self.branches:
            field = "head" if head not in self.branches else "base"
            return 422, {
                "message": "Validation Failed" if self.kind == "github" else f"{field} is invalid",
                "errors": [{"field": field, "code": "invalid"}],
            }
        if len(body) > 65_536:
            return 422, {
                "message": "Validation Failed",
                "errors": [{"message": "body is too long"}],
            }
        if draft and not self.drafts:
            why = "Draft pull requests are not supported in this repository."
            return 422, {"message": "Validation Failed", "errors": [{"message": why}]}
        number = len(self.pulls) + 7
        self.pulls[number] = {
            "number": number, "head": head, "base": base, "title": title, "body": body,
            "draft": draft, "state": "open", "merge": None,
        }  # fmt: skip
        return 201, self.row(number)

    def row(self, number: int) -> Row:
        """One as the forge tells it."""
        p = self.pulls[number]
        merged = p["state"] == "merged"
        if self.kind == "gitlab":
            states = {"open": "opened", "closed": "closed", "merged": "merged"}
            return {
                "iid": number, "title": p["title"], "description": p["body"],
                "source_branch": p["head"], "target_branch": p["base"],
                "draft": p["title"].startswith("Draft:"), "state": states[p["state"]],
                "web_url": f"http://{self.host}/{REPO}/-/merge_requests/{number}",
                "source_project_id": 1, "target_project_id": 1,
                "merge_commit_sha": p["merge"], "squash_commit_sha": None, "sha": "0" * 40,
            }  # fmt: skip
        state = "open" if p["state"] == "open" else "closed"
        url = f"{self.api}/repos/{REPO}/pulls/{number}"
        row: Row = {
            "number": number, "title": p["title"], "body": p["body"], "state": state,
            "url": url, "html_url": f"http://{self.host}/{REPO}/pull/{number}",
            "head": {"ref": p["head"], "repo": {"full_name": REPO}}, "base": {"ref": p["base"]},
            "merged_at": "2026-01-01T00:00:00Z" if merged else None,
            "merge_commit_sha": p["merge"], "draft": p["draft"],
        }  # fmt: skip
        if self.kind == "forgejo":
            return row | {"merged": merged, "draft": p["title"].startswith("WIP:")}
        return row | {"node_id": f"PR_{number}"}

    def change(self, number: int, change: Row) -> Row:
        """Change one."""
        p = self.pulls[number]
        for name, field in (("title", "title"), ("body", "body"), ("description", "body")):
            if name in change:
                p[field] = change[name]
        if change.get("state") == "closed" or change.get("state_event") == "close":
            p["state"] = "closed"
        return self.row(number)

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """What the forge answers when nothing is wrong."""
        parts = urlsplit(path)
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        if parts.path.endswith("/graphql"):
            return self._graphql(body)
        number = re.search(r"/(?:pulls|merge_requests)/(\d+)$", parts.path)
        if number and int(number[1]) in self.pulls:
            known = int(number[1])
            return 200, self.change(known, body) if method in ("PATCH", "PUT") else self.row(known)
        if not re.search(r"/(?:pulls|merge_requests)$", parts.path):
            return 404, {"message": "Not Found"}
        if method == "POST":
            head = body.get("head") or body.get("source_branch")
            base = body.get("base") or body.get("target_branch")
            text = body.get("body") or body.get("description") or ""
            return self.open(head, base, body["title"], text, draft=bool(body.get("draft")))
        head = query.get("source_branch") or query.get("head", "").partition(":")[2]
        found = [
            self.row(n) for n, p in self.pulls.items()
            if p["state"] == "open" and (not head or p["head"] == head)
        ]  # fmt: skip
        return 200, found if int(query.get("page", 1)) == 1 else []

    def _graphql(self, body: Row) -> tuple[int, Row]:
        name = re.search(
            r"(markPullRequestReadyForReview|convertPullRequestToDraft)", body["query"]
        )
        assert name is not None
        variables = body["variables"].get("input") or body["variables"]
        number = int(variables["pullRequestId"].removeprefix("PR_"))
        self.pulls[number]["draft"] = draft = name[1] == "convertPullRequestToDraft"
        return 200, {"data": {name[1]: {"clientMutationId": None,
                                        "pullRequest": {"isDraft": draft}}}}  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    server_of: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """Nothing."""

    def _any(self) -> None:
        server = self.server_of
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        body = json.loads(raw) if raw else None
        server.seen.append((self.command, self.path))
        server.bodies.append(body)
        said = self.headers.get("Authorization", "").split(" ")[-1]
        server.tokens.add(said)
        if server.faults:
            return self._fault(server.faults.pop(0))
        if said != server.token:
            return self._reply(401, {"message": "Bad credentials"}, {})
        status, found = server.answer(self.command, self.path, body)
        if server.after and self.command == "POST":
            return self._fault(server.after.pop(0))
        return self._reply(status, found, {})

    def _fault(self, fault: Fault) -> None:
        if isinstance(fault, str):  # cut: some bytes, or none
            if fault == "hang":
                self.server_of.woken.wait(30)
            if fault == "half":
                self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, headers = fault
        self._reply(status, {"message": headers.pop("why", "as scripted")}, headers)

    def _reply(self, status: int, body: Any, headers: dict[str, str]) -> None:
        out = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(out)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(out)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _any  # noqa: N815


@contextlib.contextmanager
def serving(kind: str) -> Iterator[Server]:
    """A forge for the length of a block."""
    server = Server(kind)
    try:
        yield server
    finally:
        server.stop()


Opening = Callable[[str], Server]
