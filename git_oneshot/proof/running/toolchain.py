"""Which interpreter runs a project's tests, and what decides how it behaves."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from git_oneshot.proof.running.cache import write
from git_oneshot.proof.running.process import passed

_HOMES = ("HOME", "PYTHONUSERBASE")
_PROBE = """\
import importlib.util as u, json, site, sys
print(json.dumps({"version": sys.version, "path": [p for p in sys.path if p],
                  "userbase": site.getuserbase(),
                  "pytest": u.find_spec("pytest") is not None}))
"""


class _Probed(msgspec.Struct):
    """What an interpreter said of itself, and the stamp it had then."""

    version: str
    path: list[str]
    pytest: bool
    userbase: str = ""
    stamp: str = ""


class Python(NamedTuple):
    """An interpreter: where it is, and a text that changes when its packages do.

    ``userbase``: where it has what its user installed, "" where it did not say.
    """

    executable: str
    fingerprint: str
    userbase: str = ""

    @property
    def env(self) -> dict[str, str]:
        """What it needs to find its packages in another home."""
        return {"PYTHONUSERBASE": self.userbase} if self.userbase else {}


class Toolchain:
    """The programs of one working tree. ``user`` is the user's environment.

    ``trees``: where what is installed may be; who works in a linked one has set up the main one.
    """

    def __init__(self, own_dir: str, work_tree: str | None, user: Mapping[str, str]) -> None:
        self._file = os.path.join(own_dir, "toolchain")
        self.trees = _trees(own_dir, work_tree)
        self._user = user
        self._versions: dict[str, str] = {}

    def python(self, *, needs_pytest: bool = True) -> Python | None:
        """The first interpreter that serves: the active environment's, the trees', PATH's."""
        known = self._known()
        for executable in self._candidates():
            told = known.get(ascii(executable))
            stamp = _stamp(executable)
            if told is None or told.stamp != stamp or (needs_pytest and not told.pytest):
                told = self._probe(executable)
                if told is None or (needs_pytest and not told.pytest):
                    continue  # asked again next time: it may be installed any moment
                told.stamp = stamp
                known[ascii(executable)] = told
                write(self._file, msgspec.json.encode(known))
            dirs = [f"{path}@{_mtime(path)}" for path in told.path]
            return Python(executable, "\n".join([told.version, stamp, *dirs]), told.userbase)
        return None

    def path(self) -> str:
        """The search path of the project's processes: its own tools first, as its people have."""
        folders = [os.path.join(folder, "bin") for folder in self._local()]
        found = [folder for folder in folders if os.path.isdir(folder)]
        return os.pathsep.join([*found, self._user.get("PATH", os.defpath)])

    def version(self, *argv: str) -> str:
        """What a program says that it is, such as ``rustc -V``; asked again when it changed.

        A name on PATH may stand for one of many (rustup's, nvm's), so where these
        keep their choice is a part of what is remembered.
        """
        program = self.program(argv[0])
        home = self._user.get("HOME", "")
        rustup = self._user.get("RUSTUP_HOME") or f"{home}/.rustup"
        chosen = [f"{rustup}/settings.toml", f"{rustup}/toolchains", f"{home}/.tool-versions"]
        stamp = "\n".join([program, *(f"{path}@{_mtime(path)}" for path in chosen)])
        known = self._versions.get(stamp)
        if known is None:
            known = self._ask(argv)
            self._versions[stamp] = known
        return f"{stamp}\n{known}"

    def _ask(self, argv: tuple[str, ...]) -> str:
        try:
            done = subprocess.run(
                argv,
                env={**self._env(), "PATH": self.path()},
                capture_output=True,
                timeout=60,
                check=False,
                cwd="/",
            )
        except (OSError, subprocess.SubprocessError):
            return "none"
        return done.stdout.decode(errors="replace").strip()

    def _env(self) -> dict[str, str]:
        """For a program that says what it is: it may be of the working tree, as a test is."""
        home = {name: self._user[name] for name in _HOMES if name in self._user}
        return {**passed(self._user), **home}

    def program(self, name: str) -> str:
        """A text that changes when the program that ``name`` stands for is another."""
        if "/" in name:
            return name  # of the tree itself, whose id is in the key
        found = shutil.which(name, path=self.path())
        return f"{found}@{_mtime(found)}" if found else name

    def serves(self, program: str, root: str) -> bool:
        """Whether the program of a suite is here, where a run in ``root`` looks for it."""
        if "/" in program:
            return any(os.path.exists(os.path.join(tree, root, program)) for tree in self.trees)
        roots = [os.path.join(tree, folder) for tree in self.trees for folder in (root, "")]
        bins = [os.path.join(one, "node_modules", ".bin") for one in roots]
        return shutil.which(program, path=os.pathsep.join([*bins, self.path()])) is not None

    def _local(self) -> list[str]:
        return [os.path.join(tree, name) for tree in self.trees for name in (".venv", "venv")]

    def _candidates(self) -> Iterator[str]:
        for folder in (self._user.get("VIRTUAL_ENV", ""), *self._local()):
            path = os.path.join(folder, "bin", "python")
            if folder and os.access(path, os.X_OK):
                yield path
        for name in ("python3", "python"):
            found = shutil.which(name, path=self._user.get("PATH"))
            if found:
                yield found

    def _known(self) -> dict[str, _Probed]:
        try:
            with open(self._file, "rb") as file:
                return msgspec.json.decode(file.read(), type=dict[str, _Probed])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return {}

    def _probe(self, executable: str) -> _Probed | None:
        try:
            done = subprocess.run(
                [executable, "-c", _PROBE],
                env=self._env(),
                capture_output=True,
                timeout=60,
                check=True,
                cwd="/",
            )
            return msgspec.json.decode(done.stdout, type=_Probed)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, subprocess.SubprocessError):
            return None


def _trees(own_dir: str, work_tree: str | None) -> tuple[str, ...]:
    common = os.path.dirname(own_dir)
    main = os.path.dirname(common) if os.path.basename(common) == ".git" else None
    return tuple(dict.fromkeys(filter(None, (work_tree, main))))


def _stamp(executable: str) -> str:
    """A text that changes when the interpreter or its environment is made anew."""
    home = os.path.dirname(os.path.dirname(executable))
    return f"{os.path.realpath(executable)}@{_mtime(executable)}@{_mtime(home + '/pyvenv.cfg')}"


def _mtime(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
