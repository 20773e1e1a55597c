"""A small project whose suite takes ten milliseconds, and the program as git and people call it."""

import contextlib
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from git_oneshot import git as door
from git_oneshot.cli.main import main
from git_oneshot.gate import doctor
from git_oneshot.gate.hooks import HOOKS, Hooks
from git_oneshot.proof.running.slots import MEMORY
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.store import Loaded
from tests.answers import conform
from tests.sandbox import At, Kept, Repo

ROOT: Final = Path(__file__).parents[2]
FEATURE: Final = "topic"

# Each file of checks/ is a test of the file of its name in lib/.
RULES: Final = """\
[[suite]]
name = "all"
command = "sh check.sh"

[sides]
test = ["checks/**", "check.sh"]
production = ["lib/**"]
"""
CHECK: Final = 'for one in checks/*; do\n\tsh "$one" || exit 1\ndone\n'
BASE: Final = {
    ".oneshot.toml": RULES,
    "check.sh": CHECK,
    "checks/base": "grep -qx base lib/base\n",
    "lib/base": "base\n",
    "README": "read me\n",
}
BY_FILES: Final = "ONESHOT_TEST_BY_FILES"  # said to processes that a test starts


class Done(NamedTuple):
    """How a process, or a call of the command line, ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object that --json prints."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        conform(found)
        assert found["ok"] is (self.code == 0)
        return found

    @property
    def data(self) -> dict[str, Any]:
        """The data of that object."""
        found = self.json["data"]
        assert isinstance(found, dict)
        return found

    @property
    def known(self) -> dict[str, Any]:
        """The data of that object, less what is null."""
        return {key: value for key, value in self.data.items() if value is not None}

    @property
    def error(self) -> str:
        """The code of the error in that object."""
        return str(self.json["error"]["code"])


def run(
    argv: Sequence[str],
    cwd: Path,
    env: Mapping[str, str] = {},
    *,
    stdin: bytes = b"",
) -> Done:
    """Run a process to its end; what it printed must be text."""
    done = subprocess.run(
        argv, cwd=cwd, env={**os.environ, **env}, input=stdin, capture_output=True, check=False
    )
    out, err = (os.fsdecode(stream) for stream in (done.stdout, done.stderr))
    return Done(done.returncode, out, err)


class Project:
    """A git repository with a suite, and the command line in it."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.path = repo.path

    # -- git --------------------------------------------------------------------

    def git(self, *args: str, stdin: str = "") -> str:
        """What git printed; an error when it failed."""
        return self.repo.git(*args, stdin=stdin)

    def may(self, *args: str, env: Mapping[str, str] = {}, cwd: Path | None = None) -> Done:
        """Run git, which may fail."""
        return run(["git", *args], cwd or self.path, env)

    @property
    def head(self) -> str:
        """The commit that HEAD is at."""
        return self.repo.head

    @property
    def own(self) -> Path:
        """Where the program keeps what is local."""
        return self._folders[1] / "oneshot"

    def hook(self, name: str) -> Path:
        """The file of a hook."""
        return self._folders[1] / "hooks" / name

    def lines(self, name: str) -> list[str]:
        """The lines of a file of our own folder."""
        file = self.own / name
        return file.read_text().splitlines() if file.exists() else []

    def change(self, name: str, *, code: bool = True, test: bool = True, text: str = "") -> None:
        """Write and stage a change: code, its test, or both; neither means a neutral file."""
        text = text or name
        if test:
            self.repo.write(f"checks/{name}", f"grep -qx {text} lib/{name}\n")
        if code:
            self.repo.write(f"lib/{name}", f"{text}\n")
        if not code and not test:
            self.repo.write(f"docs/{name}", f"{text}\n")
        self.git("add", "--all")

    def land(self, name: str, *options: str, code: bool = True, test: bool = True) -> str:
        """Make a change and commit it."""
        self.change(name, code=code, test=test)
        self.git("commit", "-q", "-m", name, *options)
        return self.head

    def unhooked(self, message: str) -> str:
        """Commit what is staged where no hook is run, whatever git takes for one."""
        off = (f"hook.oneshot-{name}.enabled=false" for name in HOOKS)
        options = [part for one in ("core.hooksPath=/dev/null", *off) for part in ("-c", one)]
        self.git(*options, "commit", "-q", "-m", message)
        return self.head

    # -- the program --------------------------------------------------------------

    def oneshot(self, *argv: str, env: Mapping[str, str] = {}, cwd: Path | None = None) -> Done:
        """Run `git oneshot …` as a process of its own."""
        return run(["git", "oneshot", *argv], cwd or self.path, env)

    def cli(self, *argv: str, cwd: Path | None = None, stdin: bytes = b"") -> Done:
        """Run a command in this process."""
        return call(argv, cwd or self.path, stdin)

    def do(self, *argv: str, stdin: bytes = b"") -> Done:
        """Run a command in this process that has to succeed."""
        done = self.cli(*argv, stdin=stdin)
        assert done.code == 0, done
        return done

    def begin(self, feature: str = FEATURE, *options: str) -> None:
        """Begin a feature on this branch, set the clone up, and plan."""
        self.do("init", feature, "--yes", *options)
        self.do("plan", feature, "--goal", "make it so")

    def loaded(self, feature: str = FEATURE) -> Loaded:
        """The state of a feature, without the command line."""
        store = GitStore(self.repo.discover(), lambda: 0.0)
        try:
            [found] = store.load([tip for tip in store.tips() if tip.feature == feature][:1])
        finally:
            store.close()
        return found

    def types(self, feature: str = FEATURE) -> list[str]:
        """The types of a feature's events, oldest first."""
        return [one["type"] for one in self.do("log", feature, "--json").data["events"]]

    def digest(self) -> str:
        """Refs, configuration, HEAD, index, status and hooks: all that a refusal leaves alone."""
        git, common = self._folders
        refs = (file for name in ("refs", "reftable") for file in (common / name).rglob("*"))
        files = [*filter(Path.is_file, refs), *(common / "hooks").rglob("*")]
        said = [
            self.may("status", "--porcelain=v1", "-z", "--ignored").out,
            *(_content(git / name) for name in ("HEAD", "index")),
            *(_content(common / name) for name in ("config", "packed-refs", "logs/refs/stash")),
            *(
                f"{file.relative_to(common)} {file.lstat().st_mode} {_content(file)}"
                for file in sorted(files)
            ),
        ]
        return hashlib.sha256("\0".join(said).encode(errors="surrogateescape")).hexdigest()

    @property
    def _folders(self) -> tuple[Path, Path]:
        """git's folder, and the one that it shares with linked work trees."""
        if (here := self.path / ".git").is_dir():
            return here, here
        git = self.repo.discover()
        return Path(git.git_dir), Path(git.common_dir)


def _content(file: Path) -> str:
    return file.read_bytes().hex() if file.is_file() else "-"


def call(argv: Sequence[str], cwd: Path, stdin: bytes = b"") -> Done:
    """Run the command line in this process, in a folder, without a terminal."""
    out, err = io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO())
    before, sys.stdin = (Path.cwd(), sys.stdin), io.TextIOWrapper(io.BytesIO(stdin))
    os.chdir(cwd)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(list(argv))
    finally:
        os.chdir(before[0])
        sys.stdin = before[1]
    texts = []
    for stream in (out, err):
        stream.flush()
        buffer = stream.buffer
        assert isinstance(buffer, io.BytesIO)
        texts.append(buffer.getvalue().decode())
    return Done(code, *texts)


class MakeProject:
    """Makes projects below one folder."""

    def __init__(self, folder: Path, kept: Kept | None = None) -> None:
        self._folder = folder
        self._kept = kept

    def __call__(
        self, name: str = "work", *options: str, files: Mapping[str, str] = BASE
    ) -> Project:
        """A new project with one commit; ``options`` are those of ``git init``."""
        path = self._folder / name

        def made() -> None:
            repo = Repo(path, *options)
            for file, text in files.items():
                repo.write(file, text)
            repo.git("add", "--all")
            repo.commit("base")

        if self._kept and files is BASE and not options:
            self._kept.bring("project", path, made)
        else:
            made()
        return Project(At(path))

    def remote(self, project: Project, name: str = "origin", at: str = "HEAD") -> Repo:
        """A bare repository that has what the project has up to ``at``, as its remote ``name``."""
        bare = Repo(self._folder / f"{name}.git", "--bare")
        project.git("remote", "add", name, str(bare.path))
        project.git("push", "-q", "--no-verify", name, f"{at}:refs/heads/main")
        project.git("remote", "set-head", name, "main")
        return bare


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of the folder under test, as a script that git and hooks find on PATH."""
    # The same in each folder of tests: what is kept for all of them knows where it is.
    script = tmp_path_factory.getbasetemp() / "bin" / "git-oneshot"
    script.parent.mkdir(exist_ok=True)
    script.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from git_oneshot.__main__ import run\n"
        f"import os\nif {BY_FILES!r} in os.environ:\n"
        "    from git_oneshot.gate.hooks import Hooks\n    Hooks.by_settings = False\n"
        "run()\n"
    )
    script.chmod(0o755)
    return script


@pytest.fixture(autouse=True)
def shell(
    home: Path, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """PATH has the program, tests have no terminal, and slots in memory are given back."""
    # Other tests of this machine leave slots behind, and end at any time.
    monkeypatch.setattr(doctor, "orphans", lambda _git: [])
    os.environ["PATH"] = os.pathsep.join([str(program.parent), os.environ["PATH"]])
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ["VIRTUAL_ENV"] = sys.prefix  # whose pytest proofs are run with
    before = _slots()
    yield
    for slots in _slots() - before:
        with contextlib.suppress(OSError):  # another test's may go at any time
            if Path(slots, "of").read_bytes().startswith(os.fsencode(f"{tmp_path}/")):
                shutil.rmtree(slots, ignore_errors=True)


def _slots() -> set[str]:
    """The folders in memory with the slots of a repository, anyone's."""
    ours = os.path.join(MEMORY, f"git-oneshot-{os.getuid()}")
    with contextlib.suppress(FileNotFoundError):
        return {os.path.join(ours, name) for name in os.listdir(ours)}
    return set()


@pytest.fixture
def by_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our hooks are files, as with every git before 2.54, whichever is here."""
    monkeypatch.setattr(Hooks, "by_settings", False)
    os.environ[BY_FILES] = "1"  # taken back with all of the environment


@pytest.fixture
def make(tmp_path: Path, kept: Kept) -> MakeProject:
    """Makes projects: ``make()``, ``make("other", "--object-format=sha256")``."""
    return MakeProject(tmp_path, kept)


@pytest.fixture
def project(make: MakeProject) -> Project:
    """A project with one commit and no feature."""
    return make()


@pytest.fixture
def feature(request: pytest.FixtureRequest, project: Project, kept: Kept) -> Project:
    """A project with hooks installed and a planned feature on main."""
    by_files = "-by-files" if "by_files" in request.fixturenames else ""
    kept.bring(f"feature{by_files}", project.path, project.begin)
    return project


@pytest.fixture
def one(request: pytest.FixtureRequest, feature: Project, kept: Kept) -> str:
    """A commit of the feature, with its test, made under its hooks: lib/one."""
    by_files = "-by-files" if "by_files" in request.fixturenames else ""
    kept.bring(f"one{by_files}", feature.path, partial(feature.land, "one"))
    return feature.head


@pytest.fixture
def remote(make: MakeProject, project: Project) -> Repo:
    """The bare repository that the project pushes to."""
    return make.remote(project)


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The git commands that were run."""
    seen: list[str] = []
    run = door._run

    def noted(argv: list[str], stdin: bytes, env: dict[str, str]) -> door.Done:
        seen.append(" ".join(argv))
        return run(argv, stdin, env)

    monkeypatch.setattr(door, "_run", noted)
    return seen
