"""Where tests run: a sealed environment, real repositories, and worlds that tell the time."""

import contextlib
import hashlib
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from git_oneshot.core.events import Stamp
from git_oneshot.git import Git, discover
from git_oneshot.proof.running.process import utf_8
from git_oneshot.session import World

AUTHOR: Final = "Ada Lovelace <ada@example.org>"
NOON: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z, in milliseconds
CONFIG: Final = """\
[user]
	name = Ada Lovelace
	email = ada@example.org
[init]
	defaultBranch = main
	templateDir = ~/template
[core]
	fsync = none
[gc]
	auto = 0
[maintenance]
	auto = false
[commit]
	gpgSign = false
"""


def sealed(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """``environ`` cut off from the person who runs the tests: their git, home, editor and time.

    Images often tell Python to keep no bytecode, and then each process compiles the program anew.
    Coverage is measured in the processes of the tests alone: to load it takes as long again as
    all that a command does.
    """
    kept = {
        k: v
        for k, v in environ.items()
        if not k.startswith(("GIT_", "XDG_", "COVERAGE_")) and k != "PYTHONDONTWRITEBYTECODE"
    }
    return {
        **kept,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_EDITOR": "false",
        "GIT_TERMINAL_PROMPT": "0",
        "TZ": "UTC",
        "LC_ALL": utf_8(),
    }


def settle(home: Path) -> None:
    """Have a person's settings in ``home``.

    What git puts into each new repository are two empty folders, and not sixteen files as well:
    samples and comments, which would be made and copied for every test.
    """
    settings = home / ".gitconfig"
    if not settings.is_file() or settings.read_text() != CONFIG:
        settings.write_text(CONFIG)
    for folder in ("hooks", "info"):
        (home / "template" / folder).mkdir(parents=True, exist_ok=True)


class Repo:
    """A real git repository with a work tree. Its commits have fixed times, one second apart."""

    def __init__(self, path: Path, *options: str) -> None:
        self.path = path
        self._clock = NOON // 1000
        path.mkdir(parents=True)
        self.git("init", "-q", *options)

    def git(self, *args: str, stdin: str = "") -> str:
        """What git printed, less the last line break; CalledProcessError when it failed."""
        now = f"{self._clock} +0000"
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            env={**os.environ, "GIT_AUTHOR_DATE": now, "GIT_COMMITTER_DATE": now},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            failed = subprocess.CalledProcessError(
                done.returncode, ["git", *args], done.stdout, done.stderr
            )
            failed.add_note(done.stderr)
            raise failed
        return done.stdout.removesuffix("\n")

    def write(self, path: str, text: str) -> Path:
        """Write a file of the work tree."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def commit(self, message: str, files: Mapping[str, str] = {}, /, **more: str) -> str:
        """Write and add files, commit everything that is staged, and give back the commit's id."""
        for path, text in {**files, **more}.items():
            self.write(path, text)
        if files or more:
            self.git("add", "--", *files, *more)
        self._clock += 1
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.head

    @property
    def head(self) -> str:
        """The commit that HEAD is at; git is asked where that is not in two plain files."""
        with contextlib.suppress(OSError):
            said = (self.path / ".git/HEAD").read_text().rstrip("\n")
            ref = said.removeprefix("ref: ")
            return (self.path / ".git" / ref).read_text().rstrip("\n") if ref != said else said
        return self.git("rev-parse", "HEAD")

    def discover(self) -> Git:
        """The repository as the program finds it."""
        return discover(str(self.path), os.environ)


def fixed_world(seconds: Iterator[int], *, key: str | None = None, via: str | None = None) -> World:
    """A world without surprise: each stamp is a second after the last, and waiting takes none."""

    def stamp() -> Stamp:
        n = next(seconds)
        entropy = hashlib.sha256(str(n).encode()).digest()
        return Stamp(
            now=NOON + 1000 * n,
            at=_at(NOON / 1000 + n),
            by=AUTHOR,
            entropy=entropy,
            key=key,
            via=via,
        )

    return World(stamp=stamp, pause=lambda _seconds: None, chance=lambda: 0.5)


def real_world(*, key: str | None = None, via: str | None = None) -> World:
    """The world as it is, for tests with several processes."""

    def stamp() -> Stamp:
        now = time.time()
        return Stamp(
            now=int(now * 1000), at=_at(now), by=AUTHOR, entropy=os.urandom(16), key=key, via=via
        )

    return World(stamp=stamp, pause=time.sleep, chance=random.random)


def _at(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class At(Repo):
    """A repository that is there; its first commit was made as the first one of a Repo is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._clock = NOON // 1000 + 1


class Kept:
    """What many tests begin with: made once, and copied, which takes a tenth of the time.

    What is made depends on the settings of the home that it is made in, and on nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder  # lasts as long as the tests do

    def bring(self, name: str, path: Path, make: Callable[[], object]) -> None:
        """Have a repository at ``path`` as ``make`` leaves it there."""
        settings = Path(os.environ["HOME"], ".gitconfig").read_bytes()
        there = self._folder / f"{name}-{hashlib.sha256(settings).hexdigest()[:16]}"
        if not there.exists():
            make()
            shutil.copytree(path, there, symlinks=True)
            return
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(there, path, symlinks=True)
        if (path / ".git").exists():
            At(path).git("update-index", "-q", "--refresh")


class MakeRepo:
    """Makes repositories below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str = "work", *options: str) -> Repo:
        """A new repository; ``options`` are those of ``git init``."""
        return Repo(self._folder / name, *options)


class MakeWorld:
    """Makes worlds that share one clock, so that no two stamps of a test are equal."""

    def __init__(self, seconds: Iterator[int]) -> None:
        self._seconds = seconds

    def __call__(
        self, *, real: bool = False, key: str | None = None, via: str | None = None
    ) -> World:
        """A new world: with real time and chance, or with fixed ones."""
        if real:
            return real_world(key=key, via=via)
        return fixed_world(self._seconds, key=key, via=via)


def signing(repo: Repo, folder: Path) -> str:
    """Let a repository sign by ssh; the key's file."""
    key = folder / "key"
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(argv, check=True)
    (folder / "allowed").write_text(f"ada@example.org {key.with_suffix('.pub').read_text()}")
    for name, value in (
        ("commit.gpgSign", "true"), ("gpg.format", "ssh"), ("user.signingKey", f"{key}.pub"),
        ("user.email", "ada@example.org"),
        ("gpg.ssh.allowedSignersFile", str(folder / "allowed")),
    ):  # fmt: skip
        repo.git("config", name, value)
    return str(key)
