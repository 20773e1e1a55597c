"""What a partial clone lacks of trails, brought at once.

git fetches each object that a partial clone lacks when somebody reads it, one by one:
of a trail of 10,000 notes that is 10,000 fetches. Who reads trails whole asks here first.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from git_oneshot.core.errors import OneshotError
from git_oneshot.git import Git, GitError
from git_oneshot.trail.store import Tip
from git_oneshot.trail.transport import Remote

# As git itself asks a remote for what that promised.
_FETCH: Final = (
    "-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags",
    "--no-write-fetch-head", "--recurse-submodules=no", "--no-auto-maintenance",
    "--filter=blob:none", "--stdin",
)  # fmt: skip
_ROUNDS: Final = 4  # a tree, what is in it, and in that: a note, or a payload


def bring_promised(git: Git, tips: Sequence[Tip]) -> None:
    """Fetch the objects behind tips that a remote promised; nothing where none did.

    What a remote has not is left to who reads it: that is damage. Raises
    OneshotError(REMOTE_FAILED) where the remote can't be asked.
    """
    said = git.maybe("config", "--type=bool", "--get-regexp", r"^remote\..*\.promisor$") or ""
    remotes = [
        line.removeprefix("remote.").removesuffix(".promisor true")
        for line in said.split("\n") if line.endswith(" true")
    ]  # fmt: skip
    ends = [end for tip in tips for end in tip.ends]
    missing = _missing(git, ends) if remotes else set()
    for remote in remotes:
        for _ in range(_ROUNDS):
            if not missing or not _brought(git, remote, missing):
                break
            missing = _missing(git, ends)


def _missing(git: Git, ends: Iterable[str]) -> set[str]:
    """What git lacks of all that is behind the ends, as far as what is here leads."""
    asked = "".join(f"{end}\n" for end in ends).encode()
    try:
        lines = git.lines("rev-list", "--objects", "--missing=print", "--stdin", stdin=asked)
    except GitError:  # one leads nowhere, which is damage
        return set()
    return {line[1:] for line in lines if line.startswith("?")}


def _brought(git: Git, remote: str, missing: Iterable[str]) -> bool:
    try:
        git.call(*_FETCH, remote, stdin="".join(f"{oid}\n" for oid in sorted(missing)).encode())
    except GitError:
        try:
            Remote(git, remote).tips([])  # does it answer at all?
        except OneshotError as away:
            away.message = f"this clone is partial, and lacks objects of trails: {away.message}"
            raise
        return False
    return True
