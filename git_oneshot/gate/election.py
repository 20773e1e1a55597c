"""Which remote the trails of a clone are exchanged with. They go to no other."""

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.git import Git

_KEYS = r"^(oneshot\.remote|branch\..*\.remote|remote\..*\.(url|pushurl))$"


def elected(git: Git) -> str:
    """The remote's name, "" when there is none.

    ``oneshot.remote``, which is the user's own setting (empty, or none that is there: none);
    else the upstream remote of the branch; else origin; else the only one there is.
    """
    said = _said(git)
    remotes = remotes_in(said)
    if "oneshot.remote" in said:
        return said["oneshot.remote"] if said["oneshot.remote"] in remotes else ""
    head = git.maybe("symbolic-ref", "-q", "--short", "HEAD") if len(remotes) > 1 else None
    upstream = said.get(f"branch.{head}.remote", "")
    if upstream in remotes:
        return upstream
    if "origin" in remotes or not remotes:
        return "origin" if "origin" in remotes else ""
    return next(iter(remotes)) if len(remotes) == 1 else ""


def must_elect(git: Git) -> str:
    """The same, or REMOTE_UNKNOWN."""
    if name := elected(git):
        return name
    named = mistaken(git)
    if not named and not remotes_in(_said(git)):
        raise OneshotError(
            Code.REMOTE_UNKNOWN, "this repository has no remote", "git remote add origin URL"
        )
    raise OneshotError(
        Code.REMOTE_UNKNOWN,
        f"there is no remote '{named}'" if named else "no remote is elected for trails",
        "name one: git config oneshot.remote NAME",
    )


def called(git: Git, remote: str) -> str:
    """The remote's name, where git names it to the hook of a push by its address."""
    remotes = remotes_in(_said(git))
    if remote in remotes:
        return remote
    pairs = _pairs(git)
    for name in (elected(git), *remotes):
        pushed, fetched = (
            [value for key, value in pairs if key == f"remote.{name}.{of}"]
            for of in ("pushurl", "url")
        )
        if remote in (pushed or fetched):
            return name
    return remote


def mistaken(git: Git) -> str:
    """What ``oneshot.remote`` names although there is no such remote, "" when it does not."""
    said = _said(git)
    named = said.get("oneshot.remote", "")
    return "" if named in remotes_in(said) else named


def remotes_in(said: dict[str, str]) -> dict[str, None]:
    """The remotes that a configuration names, in its order."""
    urls = (key for key in said if key.startswith("remote.") and key.endswith(("url", "pushurl")))
    return dict.fromkeys(key.removeprefix("remote.").rpartition(".")[0] for key in urls)


def _said(git: Git) -> dict[str, str]:
    return dict(_pairs(git))


def _pairs(git: Git) -> list[tuple[str, str]]:
    """What git is told of remotes: of a key that is there again, each value."""
    found = git.maybe("config", "-z", "--get-regexp", _KEYS) or ""
    rows = (row.partition("\n") for row in found.split("\0") if row)
    return [(key, value) for key, _, value in rows]
