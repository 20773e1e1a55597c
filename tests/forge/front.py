"""GitHub on loopback: the `emulate` emulator, with what it lacks put in front of it.

Every request is kept, so that it can be held against GitHub's own description of
its API. The emulator has no GraphQL, so draft and ready are done here; and no
git, so pushes go to a bare repository by `git http-backend`.
"""

import json
import os
import re
import subprocess
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

REPO = "octocat/demo"


class Request(NamedTuple):
    """One request for the API."""

    method: str
    path: str
    body: Any


class Front:
    """A server on loopback before ``upstream``; ``bare`` is the repository that is pushed to."""

    def __init__(self, upstream: str, bare: Path) -> None:
        self.upstream = upstream.rstrip("/")
        self.bare = bare
        self.seen: list[Request] = []
        handler = type("Bound", (_Handler,), {"front": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._http.server_address[1]}"

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """What the emulator answers."""
        request = urllib.request.Request(
            self.upstream + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Authorization": "token gho_test", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                raw = answer.read()
                return answer.status, json.loads(raw) if raw else None
        except urllib.error.HTTPError as err:
            with err:
                return err.code, json.loads(err.read() or b"null")

    def merge(self, number: int) -> None:
        """What a reviewer does: GitHub makes the merge commit, and says so."""
        _, pull = self.ask("GET", f"/repos/{REPO}/pulls/{number}")

        def git(*args: str, stdin: str = "") -> str:
            done = subprocess.run(
                ["git", "-C", str(self.bare), *args], input=stdin, capture_output=True, text=True,
                check=True,
            )  # fmt: skip
            return done.stdout.strip()

        base, head = (f"refs/heads/{pull[side]['ref']}" for side in ("base", "head"))
        tree = git("merge-tree", "--write-tree", base, head)
        commit = git("commit-tree", "-p", base, "-p", head, "-m", f"Merge #{number}", tree)
        git("update-ref", base, commit)
        status, _ = self.ask("PUT", f"/repos/{REPO}/pulls/{number}/merge", {})
        assert status == 200


class _Handler(BaseHTTPRequestHandler):
    front: Front
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """Nothing."""

    def _any(self) -> None:
        raw = self._body()
        if ".git/" in self.path:
            self._git(raw)
            return
        path = re.sub(
            r"^/api/(v3|graphql)", lambda m: "/graphql" if m[1] != "v3" else "", self.path
        )
        body = json.loads(raw) if raw else None
        self.front.seen.append(Request(self.command, path, body))
        if path.startswith("/graphql"):
            status, found = self._graphql(body)
        else:
            status, found = self.front.ask(self.command, path, body)
        # PyGithub believes only addresses of the host that it asked.
        text = json.dumps(found).replace(
            self.front.upstream, f"http://{self.headers['Host']}/api/v3"
        )
        self._reply(status, "application/json", text.encode())

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _graphql(self, body: Any) -> tuple[int, Any]:
        names = r"(markPullRequestReadyForReview|convertPullRequestToDraft)"
        found = re.search(names, body["query"])
        assert found is not None, body
        node = (body["variables"].get("input") or body["variables"])["pullRequestId"]
        draft = found[1] == "convertPullRequestToDraft"
        _, pulls = self.front.ask("GET", f"/repos/{REPO}/pulls?state=all")
        number = next(pull["number"] for pull in pulls if pull["node_id"] == node)
        # The emulator takes what the real REST does not: it is where its state is.
        self.front.ask("PATCH", f"/repos/{REPO}/pulls/{number}", {"draft": draft})
        answer = {"clientMutationId": None, "pullRequest": {"id": node, "isDraft": draft}}
        return 200, {"data": {found[1]: answer}}

    def _git(self, raw: bytes) -> None:
        path, _, query = self.path.partition("?")
        env = {
            **os.environ, "GIT_PROJECT_ROOT": str(self.front.bare.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{self.front.bare.name}/{path.partition('.git/')[2]}",
            "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_USER": "octocat",
            "CONTENT_TYPE": self.headers.get("content-type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("content-encoding", ""),
            "CONTENT_LENGTH": str(len(raw)),
        }  # fmt: skip
        done = subprocess.run(
            ["git", "-c", "http.receivepack=true", "http-backend"], input=raw, env=env,
            capture_output=True, check=True,
        )  # fmt: skip
        head, _, out = done.stdout.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(lines.pop("Status", "200 OK").split()[0])
        self._reply(status, lines.get("Content-Type", "text/plain"), out)

    def _reply(self, status: int, kind: str, out: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _any  # noqa: N815
