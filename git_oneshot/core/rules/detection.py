"""Which suites the names of a tree's files suggest, where no rules name one.

=========  ================================================================  ===========
runner     detected by                                                       at
=========  ================================================================  ===========
pytest     pytest.ini, or a Python test and no sign of unittest alone        manifest
unittest   Python tests that import unittest, and no sign of pytest          manifest
vitest     ``scripts.test``, else vitest.config.*, else a dependency         package.json
jest       ``scripts.test``, else jest.config.*, else a dependency           package.json
node       JavaScript tests, and nothing that runs them is named             package.json
go         a ``_test.go``                                                    go.mod
cargo      a ``.rs``                                                         Cargo.toml
ctest      a CMakeLists.txt that enables tests                               CMakeLists
command    a Makefile's ``test``, when nothing above is found                the top
=========  ================================================================  ===========

Of two that could run the same tests the upper one is taken; what ``scripts.test``
names, itself or in the scripts that it runs, stands above settings and dependencies.
Languages don't hinder each other.
A root is the folder of the nearest manifest above a test; of roots of one language
within each other the outer one counts (but each go.mod is a module of its own).
Folders that hold other people's code, or examples and fixtures, are not looked at.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from msgspec.structs import replace

from git_oneshot.core.rules.file import Argv, Runner
from git_oneshot.core.rules.rules import Suite

_SKIPPED: Final = re.compile(
    r"(?:^|/)(?:node_modules|vendor|third_party|venv|site-packages|testdata|fixtures"
    r"|__fixtures__|examples?|\.[^/]+)/"
)
_IN_TESTS: Final = re.compile(r"(?:^|/)(?:tests?|__tests__|spec)/")
_SAMPLES: Final = 5  # test files that are read to tell pytest from unittest


# Found in every path that detection can use, so that 50,000 others cost nothing.
TELLING: Final = re.compile(
    rb"test|spec|jest|requirements|pyproject\.toml|setup\.(?:py|cfg)\0|tox\.ini|Pipfile"
    rb"|package\.json|go\.mod|Cargo\.toml|CMakeLists|[Mm]akefile|\.rs\0"
)


class Project:
    """The files of a tree, as far as detection looks at them."""

    def __init__(self, paths: Iterable[str], read: Callable[[str], str]) -> None:
        self.paths = [path for path in paths if not _SKIPPED.search(path)]
        self.all = frozenset(self.paths)
        self._read = read
        self._texts: dict[str, str] = {}

    def text(self, path: str) -> str:
        """The text of a file; "" where there is none."""
        if path not in self._texts:
            self._texts[path] = self._read(path) if path in self.all else ""
        return self._texts[path]

    def folders(self, pattern: str) -> set[str]:
        """The folders with a file of such a name, but those of a test's own projects."""
        match = re.compile(pattern).fullmatch
        hits = (path for path in self.paths if match(_name(path)))
        return {_folder(path) for path in hits if not _IN_TESTS.search(path)}


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _at(root: str, name: str) -> str:
    return f"{root}/{name}" if root else name


def _above(path: str) -> Iterator[str]:
    """The folders above a path, the nearest first; the last is the top."""
    while path:
        path = _folder(path)
        yield path


def _within(path: str, root: str) -> bool:
    return not root or path.startswith(root + "/")


def _outermost(roots: Iterable[str]) -> list[str]:
    """The roots that are in none of the others."""
    every = set(roots)
    return sorted(root for root in every if not every.intersection(_above(root)))


def detect(project: Project) -> tuple[Suite, ...]:
    """The suites of a tree, by root."""
    found = [suite for finder in _FINDERS for suite in finder(project)] or list(_make(project))
    suites: list[Suite] = []
    names: set[str] = set()
    numbers: Counter[str] = Counter()  # so that no name is tried twice
    for suite in sorted(found, key=lambda s: (s.root, s.name)):
        name = suite.name
        while name in names:
            numbers[suite.name] += 1
            end = f"-{numbers[suite.name] + 1}"
            name = suite.name[: min(36, 40 - len(end))] + end
        names.add(name)
        suites.append(replace(suite, name=name))
    return tuple(suites)


def _suite(runner: Runner, command: Argv, root: str, name: str = "") -> Suite:
    """A detected suite; below the top its name holds its root."""
    named = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{name or runner}-{root}" if root else name or runner)
    return Suite(name=named[:40], command=command, root=root, runner=runner, detected=True)


# -- python ------------------------------------------------------------------------------

_PYTHON_MANIFEST: Final = (
    r"pyproject\.toml|setup\.(py|cfg)|tox\.ini|pytest\.ini|requirements[^/]*\.txt|Pipfile"
)


def _python(project: Project) -> Iterator[Suite]:
    tests = [p for p in project.paths if re.fullmatch(r"test_.*\.py|.*_test\.py", _name(p))]
    signs = [p for p in project.paths if _name(p) in ("pytest.ini", "conftest.py")]
    manifests = project.folders(_PYTHON_MANIFEST)
    roots = {
        next((folder for folder in _above(path) if folder in manifests), "")
        for path in (*tests, *signs)
    }
    for root in _outermost(roots):
        here = [path for path in tests if _within(path, root)]
        if any(_within(path, root) for path in signs) or not _old_style(project, root, here):
            yield _suite("pytest", ("python", "-m", "pytest"), root)
        else:
            yield _suite("unittest", ("python", "-m", "unittest"), root)


def _old_style(project: Project, root: str, tests: list[str]) -> bool:
    """Whether tests are unittest's own, and nothing speaks of pytest."""
    manifests = re.compile(_PYTHON_MANIFEST).fullmatch
    said = [p for p in project.paths if _folder(p) in (root, "") and manifests(_name(p))]
    if any("pytest" in project.text(path) for path in said):
        return False
    texts = [project.text(path) for path in tests[:_SAMPLES]]
    modern = re.compile(r"^(import|from) pytest|^(async )?def test", re.MULTILINE)
    return not any(map(modern.search, texts)) and any("unittest" in text for text in texts)


# -- javascript --------------------------------------------------------------------------

_JS_TEST: Final = re.compile(
    r"(?:.*/)?(?:[^/]+\.(?:test|spec)|test|test-[^/]+|[^/]+[-_]test)\.(?:[cm]?[jt]s|[jt]sx)"
    r"|(?:.*/)?__tests__/[^/]+\.(?:[cm]?[jt]s|[jt]sx)|(?:.*/)?test/[^/]+\.[cm]?js"
)


def _javascript(project: Project) -> Iterator[Suite]:
    tests = [path for path in project.paths if _JS_TEST.fullmatch(path)]
    packages = project.folders(r"package\.json")
    runners = {folder: _named_runner(project, folder) for folder in packages}
    chosen: dict[str, Suite] = {}
    for path in tests:
        above = [folder for folder in _above(path) if folder in packages]
        root = next((folder for folder in above if runners[folder]), above[0] if above else None)
        if root is not None:
            chosen[root] = runners[root] or _suite("node", ("node", "--test"), root)
    yield from (chosen[root] for root in _outermost(chosen))


def _named_runner(project: Project, folder: str) -> Suite | None:
    """The runner that a package names: in its script, its settings, its dependencies."""
    package = _object(project.text(_at(folder, "package.json")))
    script = _script(_of(package, "scripts"))
    needs = {*_of(package, "dependencies"), *_of(package, "devDependencies")}
    known: tuple[tuple[Runner, Argv], ...] = (("vitest", ("vitest", "run")), ("jest", ("jest",)))
    for runner, command in known:
        if re.search(rf"(?:^|[\s/]){runner}\b", script):
            return _suite(runner, command, folder)
    if re.search(r"\bnode\b.* --test\b", script):
        return _suite("node", ("node", "--test"), folder)
    if script:
        return _suite("command", ("npm", "test"), folder, "npm")
    settings = [_name(p) for p in project.paths if _folder(p) == folder]
    for runner, command in known:
        if runner in needs or any(name.startswith(f"{runner}.config.") for name in settings):
            return _suite(runner, command, folder)
    return None


_RUNS: Final = re.compile(r"\b(?:npm|pnpm|yarn|bun) +(?:run(?:-script)? +)?([\w:.-]+)")


def _script(scripts: dict[str, Any]) -> str:
    """What a package's tests are run by: a line for its script, and for each that this runs."""
    lines: dict[str, str] = {}
    names = ["test"]
    for name in names:
        line = scripts.get(name)
        if name not in lines and isinstance(line, str) and "no test specified" not in line:
            lines[name] = line
            names += _RUNS.findall(line)
    return "\n".join(lines.values())


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _of(package: dict[str, Any], key: str) -> dict[str, Any]:
    value = package.get(key)
    return value if isinstance(value, dict) else {}


# -- compiled languages --------------------------------------------------------------------


def _go(project: Project) -> Iterator[Suite]:
    modules = project.folders(r"go\.mod")
    tests = (path for path in project.paths if path.endswith("_test.go"))
    owners = (next((f for f in _above(path) if f in modules), None) for path in tests)
    for root in sorted({owner for owner in owners if owner is not None}):
        yield _suite("go", ("go", "test", "./..."), root)


def _cargo(project: Project) -> Iterator[Suite]:
    for root in _outermost(project.folders(r"Cargo\.toml")):
        if any(path.endswith(".rs") and _within(path, root) for path in project.paths):
            yield _suite("cargo", ("cargo", "test"), root)


def _ctest(project: Project) -> Iterator[Suite]:
    enables = re.compile(r"\benable_testing\s*\(|\binclude\s*\(\s*CTest\b", re.IGNORECASE)
    for root in _outermost(project.folders(r"CMakeLists\.txt")):
        if enables.search(project.text(_at(root, "CMakeLists.txt"))):
            yield _suite("ctest", ("ctest",), root)


def _make(project: Project) -> Iterator[Suite]:
    for name in ("GNUmakefile", "makefile", "Makefile"):
        if re.search(r"^test\s*::?(?![:=])", project.text(name), re.MULTILINE):
            yield _suite("command", ("make", "test"), "", "make")
            return


_FINDERS: Final = (_python, _javascript, _go, _cargo, _ctest)


# -- commands ------------------------------------------------------------------------------


def runner_of(command: Argv, report: str = "") -> Runner:
    """The runner that a command is one of, by its first words; by its report before that."""
    if report:
        return "tap" if report.endswith(".tap") else "junit"
    start = [word.rpartition("/")[2] for word in command[:3]]
    by_word: tuple[Runner, ...] = ("pytest", "unittest", "vitest", "jest", "ctest")
    for runner in by_word:
        if runner in start:
            return runner
    if start[0] == "node" and "--test" in command:
        return "node"
    pairs: dict[tuple[str, ...], Runner] = {
        ("go", "test"): "go", ("cargo", "test"): "cargo", ("cargo", "nextest"): "cargo",
    }  # fmt: skip
    return pairs.get(tuple(start[:2]), "command")
