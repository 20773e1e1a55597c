"""The projects of labels.toml: a clone at the pinned tip, and an environment of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec

from tests.sandbox import sealed

LABELS: Final = Path(__file__).with_name("labels.toml")
ONESHOT: Final = Path(sys.executable).with_name("git-oneshot")

Label = Literal["honest", "dishonest", "neither"]


class Commit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A commit, and what a reader of its diff called it.

    ``first``: the label given before any run, where a run by hand showed it wrong.
    """

    id: str
    label: Label
    reason: str
    first: Label | None = None


class Project(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A public repository at one commit, and what its tests need."""

    name: str
    url: str
    tip: str
    requirements: tuple[str, ...]
    commit: tuple[Commit, ...]


class _Labels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    project: tuple[Project, ...]


def projects() -> tuple[Project, ...]:
    """The list, as it is kept."""
    return msgspec.toml.decode(LABELS.read_bytes(), type=_Labels).project


class Clone(NamedTuple):
    """A project on this machine."""

    path: Path
    env: Mapping[str, str]

    def git(self, *argv: str) -> str:
        """What git printed; an error when it failed."""
        return _run(["git", *argv], self.path, self.env)

    def verify(self, expression: str) -> list[dict[str, Any]]:
        """`git oneshot verify`: each commit with its verdict, as --json says it."""
        argv = ["nice", str(ONESHOT), "verify", expression, "--regression", "off", "--json"]
        done = subprocess.run(
            argv, cwd=self.path, env=self.env, capture_output=True, text=True, check=False
        )
        try:
            commits = json_of(done.stdout)["data"]["commits"]
        except (msgspec.DecodeError, KeyError, TypeError):
            raise RuntimeError(
                f"verify of {expression} said:\n{done.stdout}{done.stderr}"
            ) from None
        assert isinstance(commits, list)
        return commits


def json_of(text: str) -> dict[str, Any]:
    """The one object that --json prints."""
    return msgspec.json.decode(text, type=dict[str, Any])


def lay_out(project: Project, folder: Path, mirror: str | None) -> Clone:
    """Clone a project below ``folder``, give it an environment, and trust its commands.

    ``mirror``: a folder that holds ``<name>.git``, instead of the public address.
    """
    path, venv, home = (folder / project.name / part for part in ("clone", "venv", "home"))
    home.mkdir(parents=True, exist_ok=True)
    path_of_tools = os.pathsep.join([str(venv / "bin"), os.environ["PATH"]])
    env = sealed(os.environ, home) | {"VIRTUAL_ENV": str(venv), "PATH": path_of_tools}
    if not (venv / "ready").exists():
        _run([sys.executable, "-m", "venv", "--clear", str(venv)], folder, os.environ)
        pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "-q"]
        _run([*pip, *project.requirements], folder, os.environ)
        (venv / "ready").touch()
    clone = Clone(path, env)
    if not (path / ".git").exists():
        url = str(Path(mirror, f"{project.name}.git").resolve()) if mirror else project.url
        _run(["git", "clone", "--quiet", "--no-checkout", url, str(path)], folder, env)
    clone.git("checkout", "--quiet", "--detach", project.tip)
    _run([str(ONESHOT), "trust", "--yes"], path, env)
    return clone


def _run(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> str:
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout.rstrip("\n")
