"""Which forge is behind a remote: by its host, or by what the user's git says of that host.

    git config --global oneshot.git.example.org.forge forgejo

Nothing of this is ever read from a tracked file: a repository must not choose
where a token goes.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Provider
from git_oneshot.core.spelling import typed
from git_oneshot.forge.own import last
from git_oneshot.git import Git

KNOWN: Final[dict[str, Provider]] = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "codeberg.org": "forgejo",
    "gitea.com": "forgejo",
}
NAMES: Final[dict[str, Provider]] = {
    "github": "github",
    "gitlab": "gitlab",
    "forgejo": "forgejo",
    "gitea": "forgejo",
    "local": "local",
}
_SCP: Final = re.compile(r"(?:[^/@\s]+@)?([A-Za-z0-9.-]+):(?!//)(.+)")


class Place(NamedTuple):
    """A repository on a forge. ``host`` has its port where the address has one."""

    provider: Provider
    host: str
    path: str  # such as ada/mail; with groups on GitLab
    api: str  # the address of the API, without a slash at its end

    @property
    def api_host(self) -> str:
        """The host that is asked, which is the one that a token must be issued for."""
        return urlsplit(self.api).netloc

    @property
    def issuer(self) -> str:
        """The host that issues the API's tokens: `api.` before a host is the host's."""
        return self.host if self.api_host in (self.host, f"api.{self.host}") else self.api_host


def parse(url: str) -> tuple[str, str, str]:
    """(scheme, host, path) of a remote's address; no host for a path of this machine."""
    parts = urlsplit(url)
    if parts.scheme in ("https", "http"):
        return parts.scheme, parts.netloc.rpartition("@")[2].lower(), _path(parts.path)
    if parts.scheme in ("ssh", "git", "git+ssh", "ssh+git"):
        # The port is that of ssh: the API is elsewhere.
        return "https", (parts.hostname or "").lower(), _path(parts.path)
    scp = _SCP.fullmatch(url)
    # A drive letter and a relative path with a colon are no hosts.
    if scp and not parts.scheme.startswith("file") and len(scp[1]) > 1 and "://" not in url:
        return "https", scp[1].lower(), _path(scp[2])
    return "", "", ""


def _path(path: str) -> str:
    return path.strip("/").removesuffix(".git")


def place(git: Git, remote: str) -> Place | None:
    """The repository that ``remote`` is pushed to, None when no forge is known for it.

    Raises OneshotError(FORGE_UNKNOWN) where the configuration names a forge that does not exist.
    """
    if not remote:
        return None
    url = git.maybe("remote", "get-url", "--push", remote) or ""
    scheme, host, path = parse(url)
    if not host or not path:
        return None
    said = last(git, f"oneshot.{host}.forge")
    if said and said.lower() not in NAMES:
        raise OneshotError(
            Code.FORGE_UNKNOWN,
            f"oneshot.{host}.forge is '{said}', and there is no such forge",
            f"there are {', '.join(NAMES)}: "
            + typed("git", "config", "--global", f"oneshot.{host}.forge", "github"),
        )
    provider = NAMES[said.lower()] if said else KNOWN.get(host)
    if provider is None or provider == "local":
        return None
    api = last(git, f"oneshot.{host}.api") or _api(provider, scheme, host)
    return Place(provider, host, path, api.rstrip("/"))


def unknown(git: Git, remote: str) -> str:
    """The host of a remote that no forge is known for, "" when there is none to ask about."""
    if not remote:
        return ""
    _, host, _ = parse(git.maybe("remote", "get-url", "--push", remote) or "")
    said = last(git, f"oneshot.{host}.forge") if host else ""
    return host if host and host not in KNOWN and not said else ""


def _api(provider: Provider, scheme: str, host: str) -> str:
    if provider == "github":
        if host == "github.com" or host.endswith(".ghe.com"):
            return f"https://api.{host}"
        return f"{scheme}://{host}/api/v3"
    return f"{scheme}://{host}" if provider == "gitlab" else f"{scheme}://{host}/api/v1"
