"""Verdicts by the names of trees, where a shim finds a PASS without starting Python.

By the names alone, so they are advice, like all else in a hook: the push and
finalize ask the cache by everything that decides an outcome.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import convert

from git_oneshot.core.facts import Proof, Word
from git_oneshot.git import Git
from git_oneshot.trail.disk import put, read

FILED: Final = "verdicts"  # the shims know this name
REFUSED: Final = ".not"  # ends the name of what is no PASS, so that no shim finds it
COMMITS: Final = "commits"  # holds what is filed by a commit, for no shim
_TOLD: Final = re.compile(r"(PASS|FAIL|UNKNOWN)(?:\(([a-z-]+)\))?(?: ([a-z-]+))?( \(declared\))?")
MOST: Final = 10_000  # parent trees of which verdicts are filed


def file_verdict(git: Git, rules: str, parent_tree: str, tree: str, proof: Proof) -> None:
    """File a PASS or FAIL by the digest of the rules and the trees that it is about.

    A disk that refuses is no error: then a hook asks again, and a status says less.
    """
    folder = os.path.join(git.own_dir, FILED)
    ours = os.path.join(folder, rules)
    # Those of other rules go: the shim asks for those in force alone. Now and then, all do.
    if not os.path.isdir(ours) or (tree.startswith("00") and len(os.listdir(ours)) > MOST):
        unfile(git)
    ending = "" if proof.word == "PASS" else REFUSED
    with contextlib.suppress(OSError):
        put(os.path.join(ours, parent_tree, tree + ending), f"{proof.told}\n".encode())
        put(os.path.join(folder, "current"), f"{rules}\n".encode())


def file_proven(git: Git, proofs: Mapping[str, Proof]) -> None:
    """File by commits what was proven, for a status: two trees say too little of a merge."""
    folder = os.path.join(git.own_dir, FILED)
    ours = os.path.join(folder, read(os.path.join(folder, "current")).strip())
    with contextlib.suppress(OSError):
        for commit, proof in proofs.items():
            put(os.path.join(ours, COMMITS, commit), f"{proof.told}\n".encode())


def unfile(git: Git) -> None:
    """Take away what was filed."""
    shutil.rmtree(os.path.join(git.own_dir, FILED), ignore_errors=True)


def filed(git: Git, commits: Sequence[str]) -> dict[str, str]:
    """What is filed of commits, by their ids: the verdict in words."""
    folder = os.path.join(git.own_dir, FILED)
    ours = os.path.join(folder, read(os.path.join(folder, "current")).strip())
    asked = "".join(f"{one}^{{tree}}\n{one}^^{{tree}}\n{one}^2\n" for one in commits)
    ids = git.lines("cat-file", "--batch-check=%(objectname)", stdin=asked.encode())
    found = {}
    for one, tree, before, second in zip(commits, ids[::3], ids[1::3], ids[2::3], strict=True):
        told = read(os.path.join(ours, COMMITS, one))
        if not told and second.endswith(" missing"):
            path = os.path.join(ours, git.tree(None) if " " in before else before, tree)
            told = read(path) or read(path + REFUSED)
        if told := told.strip():
            found[one] = told
    return found


def proof_told(told: str) -> Proof | None:
    """The verdict, class and code of a proof that was told in a line; None where it is none."""
    found = _TOLD.match(told)
    if found is None:
        return None
    word, code, kind, declared = found.groups("")
    return Proof(word=convert(word, Word), code=code, kind=kind, declared=bool(declared))
