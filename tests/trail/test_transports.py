"""Trails over git's own transports: file, git, http(s) and ssh, each served on loopback."""

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest

from git_oneshot.core.commands import RequestSynthesis, Start
from git_oneshot.session import Session
from git_oneshot.trail.exchange import Exchange, Outcome
from git_oneshot.trail.store import load_all
from git_oneshot.trail.transport import Remote
from tests.gate.project import Project, feature, make, program, project
from tests.sandbox import MakeRepo, MakeWorld, Repo
from tests.trail.crafted import FEATURE, Open

__all__ = ["feature", "make", "program", "project"]  # fixtures

REF: Final = f"refs/oneshot/{FEATURE}"


class Backend(BaseHTTPRequestHandler):
    """`git http-backend` as a CGI program, and no more of a server than that."""

    protocol_version = "HTTP/1.0"
    root = ""

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        """A request without a body."""
        self._run(b"")

    def do_POST(self) -> None:
        """A request with one; git sends a large one in chunks."""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        self._run(body)

    def _run(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        env = {
            **os.environ, "GIT_PROJECT_ROOT": self.root, "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command,
            "REMOTE_USER": "someone", "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }  # fmt: skip
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=env, capture_output=True, check=False
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))  # TLS has its own end, not sent here
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def hub(repo: MakeRepo) -> Repo:
    """What is served."""
    bare = repo("hub", "--bare")
    for key in ("http.receivepack", "daemon.receivepack"):
        bare.git("config", key, "true")
    bare.git("config", "http.uploadpack", "true")
    return bare


@contextlib.contextmanager
def served(hub: Repo) -> Iterator[ThreadingHTTPServer]:
    """A web server, which answers from when it is left alone."""
    backend = type("Served", (Backend,), {"root": str(hub.path.parent)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), backend)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def http(hub: Repo) -> Iterator[str]:
    """A web server; the URL of the hub."""
    with served(hub) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}/hub"


@pytest.fixture
def https(hub: Repo, home: Path, tmp_path: Path) -> Iterator[str]:
    """The same, behind a certificate that the user's git trusts."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    import ssl

    key, known = tmp_path / "tls.key", tmp_path / "tls.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-keyout", str(key), "-out", str(known), "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    with served(hub) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(known, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        hub.git("config", "--global", "http.sslCAInfo", str(known))
        yield f"https://127.0.0.1:{server.server_address[1]}/hub"


@pytest.fixture
def daemon(hub: Repo) -> Iterator[str]:
    """`git daemon`; the URL of the hub."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        ["git", "daemon", "--reuseaddr", "--export-all", "--enable=receive-pack", "--verbose",
         "--listen=127.0.0.1", f"--port={port}", f"--base-path={hub.path.parent}"],
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert b"Ready to rumble" in process.stderr.readline()
    yield f"git://127.0.0.1:{port}/hub"
    process.terminate()
    process.wait()
    process.stderr.close()


@pytest.fixture
def ssh(hub: Repo, home: Path, tmp_path: Path) -> Iterator[str]:
    """An sshd of our own, where there is one; the URL of the hub."""
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])
    if sshd is None:
        pytest.skip("sshd is not installed")
    import getpass
    import socket

    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True
        )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tmp_path / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\nUsePAM no\n"
        f"AuthorizedKeysFile {tmp_path}/user.pub\nStrictModes no\nPidFile {tmp_path}/pid\n"
    )
    process = subprocess.Popen(
        [sshd, "-D", "-e", "-f", str(config)], stderr=subprocess.PIPE, start_new_session=True
    )
    assert process.stderr is not None
    assert b"listening" in process.stderr.readline()
    os.environ["GIT_SSH_COMMAND"] = (
        f"ssh -i {tmp_path}/user -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no"
        " -o LogLevel=ERROR -F /dev/null"
    )
    yield f"ssh://{getpass.getuser()}@127.0.0.1:{port}{hub.path}"
    process.terminate()
    process.wait()
    process.stderr.close()


@pytest.mark.parametrize(
    "kind",
    [
        "file",
        "daemon",
        "http",
        *(pytest.param(k, marks=pytest.mark.thorough) for k in ("https", "ssh")),
    ],
)
def test_trails_travel_by(
    kind: str, hub: Repo, repo: MakeRepo, opened: Open, world: MakeWorld,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    url = f"file://{hub.path}" if kind == "file" else str(request.getfixturevalue(kind))
    clones = [repo(name) for name in ("one", "two")]

    def sync(clone: Repo) -> list[Outcome]:
        git = clone.discover()
        return Exchange(git, opened(clone), Remote(git, "origin")).run(None, lambda _: None)

    for clone in clones:
        clone.git("remote", "add", "origin", url)
    one, two = clones
    Session(opened(one), world()).execute(FEATURE, Start())
    assert sync(one) == [Outcome(FEATURE, sent=1)]
    sync(two)
    for clone in clones:
        Session(opened(clone), world()).execute(FEATURE, RequestSynthesis())
    sync(two)
    assert sync(one) == [Outcome(FEATURE, sent=1, received=1, merged=True)]
    assert sync(two) == [Outcome(FEATURE, received=1)]
    heads = {place.git("rev-parse", REF) for place in (one, two, hub)}
    assert len(heads) == 1
    assert load_all(opened(one))[0].state == load_all(opened(two))[0].state


@pytest.mark.parametrize(
    "kind",
    ["http", *(pytest.param(k, marks=pytest.mark.thorough) for k in ("daemon", "https", "ssh"))],
)
def test_a_push_takes_the_trail_along_by(
    kind: str, hub: Repo, feature: Project, request: pytest.FixtureRequest
) -> None:
    """By the hook that was installed, as git itself runs it."""
    feature.git("remote", "add", "origin", str(request.getfixturevalue(kind)))
    feature.land("one")
    feature.git("push", "-q", "origin", "HEAD:refs/heads/topic")
    assert hub.git("rev-parse", "refs/heads/topic") == feature.head
    trail = feature.git("rev-parse", "refs/oneshot/topic")
    assert hub.git("rev-parse", "refs/oneshot/topic") == trail
