"""The house keeps its order: imports go down, and only its top floor has windows.

All of it is read from the source (DESIGN §3); nothing is imported.
"""

import ast
import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).parent.parent
PACKAGE: Final = "git_oneshot"

# Top to bottom. A module may import what is in its own row, and in any row below.
LAYERS: Final = (
    ("__main__",),
    ("cli", "serve"),
    ("run", "gate", "forge"),
    ("session",),
    ("proof", "trail"),
    ("git",),
    ("core",),
    ("__init__",),  # the version
)
# It runs inside the interpreter of the tested project, where we are not installed.
EXEMPT: Final = "proof/plugin/"

# What the core may not import: I/O, the clock, the environment, chance.
IMPURE: Final = frozenset(
    """
    asyncio builtins ctypes fcntl getpass glob importlib io locale logging
    multiprocessing os pathlib platform pwd random secrets select shutil signal socket
    sqlite3 subprocess sys tempfile threading time urllib uuid zoneinfo
    """.split()  # noqa: SIM905 - a column of names reads better
)
ONLY_IN: Final = {"dulwich": "trail", "click": "cli"}
# What the world says is read at the top, and handed down.
WORLD: Final = {
    "os": {"environ", "environb", "getenv", "getcwd", "getcwdb", "putenv", "unsetenv"},
    "sys": {"argv", "stdin", "stdout", "stderr"},
    "time": {"time", "time_ns", "localtime"},
    "datetime": {"now", "utcnow", "today"},
}
TOP: Final = ("cli", "serve", "__main__")

LONGEST: Final = 300
LONGER: Final[dict[str, tuple[int, str]]] = {}


Check = Callable[[str, ast.Module], list[str]]


class Import(NamedTuple):
    """A module that is imported, and where."""

    name: str
    line: int


def sources() -> list[str]:
    """The modules of the package, as paths below it."""
    found = sorted((ROOT / PACKAGE).rglob("*.py"))
    return [path.relative_to(ROOT / PACKAGE).as_posix() for path in found]


MODULES: Final = sources()
HELD: Final = [path for path in MODULES if not path.startswith(EXEMPT)]


@functools.cache
def parse(path: str) -> ast.Module:
    return ast.parse((ROOT / PACKAGE / path).read_text(encoding="utf-8"), path)


def part_of(path: str) -> str:
    """The part of the house that a path is in: a folder, or a module of its own."""
    return path.split("/")[0].removesuffix(".py")


def layer(part: str) -> int:
    """The row of a part. A part that is in no row has no place in the house."""
    rows = [n for n, parts in enumerate(LAYERS) if part in parts]
    assert rows, f"'{part}' is in no layer"
    return rows[0]


def imports(path: str, tree: ast.Module) -> Iterator[Import]:
    """All that a module imports, at its top or inside of a function, by full name."""
    package = [PACKAGE, *path.split("/")[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = [*base, *([node.module] if node.module else [])]
            for alias in node.names:
                yield Import(".".join([*module, alias.name]), node.lineno)


def ours(name: str) -> str | None:
    """The part of the house that an import is of; None for what is not ours."""
    package, *rest = name.split(".")
    if package != PACKAGE:
        return None
    known = {part for parts in LAYERS for part in parts}
    return rest[0] if rest and rest[0] in known else "__init__"


def up(path: str, tree: ast.Module) -> list[str]:
    """The imports that go up."""
    here = layer(part_of(path))
    return [
        f"{path}:{line}: {name}"
        for name, line in imports(path, tree)
        if (part := ours(name)) is not None and layer(part) < here
    ]


def test_files_get_their_place_by_one_function() -> None:
    """So that a reader never sees half a file: `trail.disk.put`."""
    found = {path for path in HELD for node in ast.walk(parse(path))
             if isinstance(node, ast.Attribute) and node.attr == "replace"
             and isinstance(node.value, ast.Name) and node.value.id == "os"}  # fmt: skip
    assert found == {"trail/disk.py"}


def strangers(path: str, tree: ast.Module) -> list[str]:
    """The imports of the core that are not pure, or not of the standard library and msgspec."""
    found = []
    for name, line in imports(path, tree):
        top = name.split(".")[0]
        pure = top in sys.stdlib_module_names and top not in IMPURE
        if not pure and top not in (PACKAGE, "msgspec"):
            found.append(f"{path}:{line}: {name}")
    return found


def hasty(path: str, tree: ast.Module) -> list[str]:
    """The imports of a command: `main` imports it by its name when it is run, and nobody else."""
    return [
        f"{path}:{line}: {name}"
        for name, line in imports(path, tree)
        if f"{name}.".startswith(f"{PACKAGE}.cli.commands.")
    ]


def misplaced(path: str, tree: ast.Module) -> list[str]:
    """The imports that only another folder may make."""
    return [
        f"{path}:{line}: {name}"
        for name, line in imports(path, tree)
        if ONLY_IN.get(name.split(".")[0], part_of(path)) != part_of(path)
    ]


def worldly(path: str, tree: ast.Module) -> list[str]:
    """Where a module asks the world: its environment, arguments, clock or terminal."""
    found = [
        f"{path}:{node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in WORLD.get(ast.unparse(node.value).rpartition(".")[2], ())
    ]
    by_name = [
        f"{path}:{line}: {name}"
        for name, line in imports(path, tree)
        if (at := name.rpartition("."))[2] in WORLD.get(at[0], ())
    ]
    return found + by_name


def against(check: Check, paths: Iterable[str]) -> list[str]:
    """What a check finds in some modules."""
    return [one for path in paths for one in check(path, parse(path))]


def test_imports_go_down() -> None:
    assert against(up, HELD) == []


def test_the_core_imports_nothing_that_can_act() -> None:
    assert against(strangers, (path for path in HELD if part_of(path) == "core")) == []


def test_what_commands_share_is_beside_them() -> None:
    assert against(hasty, (path for path in HELD if part_of(path) == "cli")) == []


def test_heavy_libraries_stay_in_their_folder() -> None:
    assert against(misplaced, HELD) == []


def test_only_the_command_line_asks_the_world() -> None:
    assert against(worldly, (path for path in HELD if part_of(path) not in TOP)) == []


def length(path: str) -> int:
    return len((ROOT / PACKAGE / path).read_text(encoding="utf-8").splitlines())


def test_a_module_is_short_enough_to_read() -> None:
    most = {path: LONGER.get(path, (LONGEST, ""))[0] for path in MODULES}
    assert [f"{path}: {length(path)}" for path in MODULES if length(path) > most[path]] == []


def test_every_longer_module_is_still_longer() -> None:
    assert [path for path in LONGER if length(path) <= LONGEST] == []


# -- the checks themselves -------------------------------------------------------

BAD: Final[list[tuple[Check, str, str]]] = [
    (up, "core/ids.py", "from git_oneshot.trail import store"),
    (up, "core/ids.py", "def f():\n    import git_oneshot.session"),
    (up, "core/ids.py", "from ..cli.main import main"),
    (up, "core/ids.py", "from git_oneshot import cli"),
    (up, "trail/refs.py", "from git_oneshot.gate import push"),
    (up, "git.py", "from .trail.refs import Refs"),
    (up, "session.py", "import git_oneshot.run.engine as engine"),
    (strangers, "core/ids.py", "import os"),
    (strangers, "core/ids.py", "from os.path import join"),
    (strangers, "core/ids.py", "if TYPE_CHECKING:\n    import dulwich"),
    (hasty, "cli/app.py", "def f():\n    from git_oneshot.cli.commands.init import init"),
    (hasty, "cli/main.py", "from git_oneshot.cli import commands"),
    (hasty, "cli/commands/prove.py", "from .finalize import check"),
    (misplaced, "gate/push.py", "import dulwich.repo"),
    (misplaced, "session.py", "from click import echo"),
    (worldly, "session.py", "import os\nos.environ['HOME']"),
    (worldly, "session.py", "from os import environ"),
    (worldly, "session.py", "import time\nnow = time.time"),
    (worldly, "session.py", "from sys import argv as words"),
    (worldly, "session.py", "import datetime\ndatetime.datetime.now()"),
]
GOOD: Final[list[tuple[Check, str, str]]] = [
    (up, "cli/main.py", "from git_oneshot.session import Session"),
    (up, "run/engine.py", "from git_oneshot.gate.finalize import finalize"),
    (up, "core/codec.py", "from .errors import Code\nfrom git_oneshot import __version__"),
    (strangers, "core/ids.py", "import re, hashlib, tomllib\nfrom msgspec.structs import replace"),
    (hasty, "cli/commands/init.py", "from git_oneshot.cli.given import a_branch"),
    (misplaced, "trail/tree.py", "from dulwich.objects import Tree"),
    (worldly, "session.py", "import os\nos.path.join(state.environ, world.time)"),
]


@pytest.mark.parametrize(("check", "path", "source"), BAD)
def test_the_checks_find_what_is_forbidden(check: Check, path: str, source: str) -> None:
    assert check(path, ast.parse(source))


@pytest.mark.parametrize(("check", "path", "source"), GOOD)
def test_the_checks_let_pass_what_is_allowed(check: Check, path: str, source: str) -> None:
    assert check(path, ast.parse(source)) == []
