"""A laboratory: a repository with tests, and a prover that keeps everything in one folder."""

import functools
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from git_oneshot.core.facts import Proof
from git_oneshot.core.rules.file import Argv
from git_oneshot.git import Git
from git_oneshot.proof.cases import Judged
from git_oneshot.proof.prover import Prover
from git_oneshot.proof.runners import Tools
from git_oneshot.proof.running.cache import ProofCache
from git_oneshot.proof.running.slots import Slots
from git_oneshot.proof.running.toolchain import Toolchain
from tests.sandbox import Repo

# Plugins, of our own environment and of pytest itself, that a small suite has no use for: they
# cost a run half of its time.
_LEFT: Final = (
    "hypothesispytest", "xdist", "xdist.looponfail", "legacypath", "unraisableexception",
    "faulthandler", "junitxml", "pastebin",
)  # fmt: skip
INI: Final = f"[pytest]\naddopts = {' '.join(f'-p no:{name}' for name in _LEFT)}\n"
Files = Mapping[str, str | None]  # None: the file goes away


def user_environment() -> dict[str, str]:
    """The environment of a user whose `python3` has pytest."""
    here = os.path.dirname(sys.executable)
    homes = {n: os.environ[n] for n in ("CARGO_HOME", "RUSTUP_HOME") if n in os.environ}
    path = os.pathsep.join([here, os.environ["PATH"]])
    return {"PATH": path, "HOME": os.environ["HOME"], **homes}


def tools_of(own: Path, work_tree: str | None = None) -> Tools:
    """What runners need, with a toolchain that remembers in ``own``."""
    user = user_environment()
    if not (own / "toolchain").exists():
        own.mkdir(parents=True, exist_ok=True)
        (own / "toolchain").write_bytes(_toolchain(user["PATH"]))
    return Tools(Toolchain(str(own), work_tree, user), user, work_tree)


@functools.cache
def _toolchain(path: str) -> bytes:
    """What the interpreter on a search path says of itself: it is asked once for all tests."""
    with tempfile.TemporaryDirectory() as own:
        assert Toolchain(own, None, {"PATH": path}).python()
        return Path(own, "toolchain").read_bytes()


class Lab:
    """A repository, and the changes that are made and proven in it."""

    def __init__(self, repo: Repo, folder: Path) -> None:
        self.repo = repo
        self.folder = folder
        self.git: Git = repo.discover()

    def prover(
        self,
        *,
        fresh: bool = False,
        trusted: frozenset[Argv] | None = None,
        limit: float | None = None,
        by: str | None = None,
    ) -> Prover:
        """A new prover, as a new process would have it."""
        return Prover(
            self.git,
            tools_of(self.folder / "own", self.git.work_tree),
            Slots(self.git, str(self.folder / "slots")),
            ProofCache(str(self.folder / "cache")),
            fresh=fresh,
            trusted=trusted,
            limit=limit,
            by=by,
        )

    def commit(self, files: Files) -> str:
        """Commit files and removals, and give back the tree."""
        if gone := [path for path, text in files.items() if text is None]:
            self.repo.git("rm", "-q", "--", *gone)
        for path, text in files.items():
            if text is not None:
                self.repo.write(path, text)
        if len(gone) < len(files):
            self.repo.git("add", "-f", "--", *(path for path in files if path not in gone))
        self.repo.commit("a change")
        return self.repo.git("rev-parse", "HEAD^{tree}")

    def head(self) -> str:
        """The tree of HEAD; the empty tree before the first commit."""
        head = self.git.maybe("rev-parse", "-q", "--verify", "HEAD^{tree}")
        return head if head is not None else self.git.tree(None)

    def prove(self, files: Files, prover: Prover | None = None) -> Judged:
        """Commit a change on HEAD, and judge it."""
        before = self.head()
        return (prover or self.prover()).prove(before, self.commit(files))

    def runs(self) -> int:
        """How many runs the cache holds."""
        return sum(1 for path in self.folder.glob("cache/run/*/*") if path.is_file())


def said(proof: Proof) -> str:
    """A proof in a word: PASS behaviour, FAIL(code)."""
    return f"{proof.word}({proof.code})" if proof.code else f"{proof.word} {proof.kind}".strip()
