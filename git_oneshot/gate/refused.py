"""The last refusal, whole: who refused it said it in a line, `git oneshot why` has the rest."""

import contextlib
import os
from collections.abc import Collection

import msgspec
from msgspec import Struct

from git_oneshot.core.facts import Proof
from git_oneshot.git import Git
from git_oneshot.trail.disk import put


class Judged(Struct, frozen=True, kw_only=True):
    """What was judged. ``commit`` is "" for what was staged, or for a tip's whole suite."""

    commit: str = ""
    subject: str = ""
    ref: str = ""  # of the remote, when it was pushed
    proof: Proof
    log: str = ""  # the end of what the tests printed


class Refused(Struct, frozen=True, kw_only=True):
    """What a hook, or finalize, refused, and why. ``tip``: where HEAD was."""

    hook: str
    at: str
    branch: str
    message: str
    remote: str = ""
    parent_tree: str = ""
    tree: str = ""
    tip: str = ""
    judged: tuple[Judged, ...] = ()


def keep(git: Git, refused: Refused) -> None:
    """Keep a refusal until the next one. A disk that is full does not make the hook fail."""
    with contextlib.suppress(OSError):
        put(_path(git), msgspec.json.encode(refused))


def overcome(git: Git, commits: Collection[str]) -> None:
    """Take from the last refusal what is proven by now; "" is the suite of its tip."""
    kept = last(git)
    if kept is None or kept.tree:
        return
    judged = kept.judged
    left = tuple(j for j in judged if j.proof.word == "PASS" or j.commit not in commits)
    if len(left) < len(judged):
        keep(git, msgspec.structs.replace(kept, judged=left))


def last(git: Git) -> Refused | None:
    """The last refusal, None when nothing was refused in this clone."""
    try:
        with open(_path(git), "rb") as file:
            return msgspec.json.decode(file.read(), type=Refused)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _path(git: Git) -> str:
    return os.path.join(git.own_dir, "refused")
