"""Tokens: found where the user keeps them, and only for the host that issued them.

In this order: git's credential helper, the forge's usual variables, `gh auth
token`. A token is never printed, logged or put into an error, and its ``repr``
says nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.forge.hosts import Place
from git_oneshot.git import Git

WAIT: Final = 10.0  # seconds for a helper that asks something else
# variable: the host that it is for, or the variable that names that host
VARIABLES: Final[dict[str, dict[str, str]]] = {
    "github": {
        "GH_TOKEN": "github.com", "GITHUB_TOKEN": "github.com",
        "GH_ENTERPRISE_TOKEN": "$GH_HOST", "GITHUB_ENTERPRISE_TOKEN": "$GH_HOST",
    },
    "gitlab": {"GITLAB_TOKEN": "$GITLAB_HOST|gitlab.com"},
    "forgejo": {
        "FORGEJO_TOKEN": "$FORGEJO_HOST", "GITEA_TOKEN": "$GITEA_HOST",
        "CODEBERG_TOKEN": "codeberg.org",
    },
}  # fmt: skip


class Token(str):
    """A secret. It can be sent, and that is all."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<token>"


def token(git: Git, place: Place, environ: Mapping[str, str]) -> Token:
    """The token for a place. Raises OneshotError(TOKEN_MISSING) when there is none."""
    for found in _places(git, place, environ):
        if found:
            return Token(found)
    scheme = place.api.partition("://")[0]
    raise OneshotError(
        Code.TOKEN_MISSING,
        f"no token is known for '{place.issuer}'",
        f"set {_settable(place)}; or let git keep one: git credential approve,"
        f" which reads url={scheme}://YOU:TOKEN@{place.issuer}",
    )


def _settable(place: Place) -> str:
    """The variable that is for the place's host, and what makes it so."""
    hosts = {name: host.removeprefix("$") for name, host in VARIABLES[place.provider].items()}
    for name, host in hosts.items():
        if place.issuer == host.rpartition("|")[2]:
            return name
    name, variable = next((n, h) for n, h in hosts.items() if h.isupper() or "|" in h)
    return f"{name}, and {variable.partition('|')[0]}={place.issuer}"


def _places(git: Git, place: Place, environ: Mapping[str, str]) -> Iterator[str]:
    yield _helper(git, place)
    yield from _variables(place, environ)
    if place.provider == "github":
        yield _run(git, ["gh", "auth", "token", "--hostname", place.issuer])


def _variables(place: Place, environ: Mapping[str, str]) -> Iterator[str]:
    """The variables that are for the place's host, and for no other."""
    for name, host in VARIABLES[place.provider].items():
        variable, _, default = host.removeprefix("$").partition("|")
        meant = environ.get(variable, default) if host.startswith("$") else host
        if environ.get(name) and meant.removeprefix("https://").rstrip("/") == place.issuer:
            yield environ[name].strip()


def _helper(git: Git, place: Place) -> str:
    """What git's credential helper has. It may not ask anyone."""
    scheme = place.api.partition("://")[0]
    asked = f"protocol={scheme}\nhost={place.issuer}\npath={place.path}.git\n\n"
    # An empty askpass and no prompt: a helper that has nothing says so.
    quiet = ["-c", "core.askPass=", "-c", "credential.interactive=false"]
    said = _run(git, ["git", *quiet, "credential", "fill"], asked.encode())
    fields = dict(line.partition("=")[::2] for line in said.splitlines())
    return fields.get("password", "")


def _run(git: Git, argv: list[str], stdin: bytes = b"") -> str:
    import subprocess

    env = {**git.env(), "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": "",
           "GCM_INTERACTIVE": "never", "GH_PROMPT_DISABLED": "1"}  # fmt: skip
    try:
        done = subprocess.run(
            argv, input=stdin, env=env, capture_output=True, check=False, timeout=WAIT
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""
