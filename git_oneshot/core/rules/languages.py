"""What the tools of each language take for tests, for code and for environment.

Production is what a language compiles or loads. Tests are what its runners
collect, and the helpers, fixtures and golden files beside them. Manifests, lock
files and settings of the tools are environment. Patterns are git's pathspecs.
"""

import re
from typing import Final, Literal, get_args

from git_oneshot.core.rules.file import Runner

Side = Literal["test", "production", "environment", "generated", "neutral", "rules"]
Patterns = dict[Side, tuple[str, ...]]


def _all(patterns: str) -> tuple[str, ...]:
    return tuple(f"**/{pattern}" for pattern in patterns.split())


# Whatever the language.
_TESTS: Final = _all(
    "tests/** test/** testdata/** fixtures/** golden/** goldens/** __snapshots__/** *.snap"
)
# At the top, beside the package: nothing that is installed loads it.
_BESIDE: Final = ("docs/**", "doc/**", "examples/**", "benchmarks/**", "bench/**")
_TESTING: Final = "testing/**"  # at the top: within a package it may be what the package offers
LANGUAGES: Final[dict[str, Patterns]] = {
    "python": {
        "test": (*_all("test_*.py *_test.py conftest.py"), *_TESTS, _TESTING),
        "environment": _all(
            "pyproject.toml setup.cfg setup.py requirements*.txt requirements/*.txt tox.ini "
            "pytest.ini noxfile.py Pipfile *.lock pylock*.toml .python-version"
        ),
        "neutral": _BESIDE,
        # Python loads compiled code as gladly, and bytecode rather than its source.
        "production": _all("*.py *.pyi *.pyx *.pxd *.pyc *.pyd *.so"),
    },
    "javascript": {
        "test": (
            *_all(
                "*.test.[jt]s *.test.[cm][jt]s *.test.[jt]sx *.spec.[jt]s *.spec.[cm][jt]s "
                "*.spec.[jt]sx test-*.[jt]s *-test.[jt]s *_test.[jt]s *-test.[cm][jt]s "
                "*_test.[cm][jt]s test-*.[cm][jt]s test.[jt]s test.[cm][jt]s "
                "*.test-d.ts *.spec-d.ts *.tst.ts __tests__/** __mocks__/** __fixtures__/** "
                "jest.setup.* vitest.setup.*"
            ),
            *_TESTS,
        ),
        "environment": _all(
            "package.json package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml "
            "pnpm-workspace.yaml bun.lock bun.lockb .npmrc .nvmrc .node-version tsconfig*.json "
            "jsconfig.json jest.config.* vitest.config.* vitest.workspace.* vite.config.* "
            "babel.config.* .babelrc* .swcrc eslint.config.* .eslintrc* prettier.config.* "
            ".prettierrc* rollup.config.* webpack.config.* tsup.config.* tsdown.config.* "
            "build.config.* lint-staged.config.* commitlint.config.*"
        ),
        "neutral": _BESIDE,
        "production": _all("*.[jt]s *.[cm][jt]s *.[jt]sx *.vue *.svelte"),
    },
    "go": {
        "test": (*_all("*_test.go"), *_TESTS),
        "environment": _all("go.mod go.sum go.work go.work.sum vendor/**"),
        "production": _all("*.go *.s"),
    },
    "rust": {
        "test": (*_all("tests.rs test.rs *_test.rs *_tests.rs benches/**"), *_TESTS),
        "environment": _all(
            "Cargo.toml Cargo.lock rust-toolchain rust-toolchain.toml .cargo/config.toml"
        ),
        "production": _all("*.rs"),
    },
    "c": {
        "test": (
            *_all(
                "test_*.c test_*.cc test_*.cpp *_test.c *_test.cc *_test.cpp *_unittest.cc "
                "*_unittest.cpp"
            ),
            *_TESTS,
        ),
        "environment": _all(
            "CMakeLists.txt *.cmake CMakePresets.json Makefile makefile GNUmakefile *.mk "
            "meson.build configure.ac Makefile.am"
        ),
        "production": _all(
            "*.c *.h *.cc *.hh *.cpp *.hpp *.cxx *.hxx *.inl *.ipp *.tpp *.S *.asm *.cu"
        ),
    },
}

# How the files of a language end.
_ENDINGS: Final[dict[str, tuple[str, ...]]] = {
    "python": (".py", ".pyi", ".pyx", ".pxd"),
    "javascript": (
        ".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte", ".snap",
    ),
    "go": (".go",),
    "rust": (".rs",),
    "c": (".c", ".h", ".cc", ".hh", ".cpp", ".hpp", ".cxx", ".hxx"),
}  # fmt: skip


def _every() -> Patterns:
    """All languages at once, for the runners that tell nothing of theirs."""
    sides: tuple[Side, ...] = ("test", "environment", "production")
    return {
        side: tuple(dict.fromkeys(p for one in LANGUAGES.values() for p in one[side]))
        for side in sides
    }


_ANY: Final = _every()
# What each runner's tests are written in; what is missing may be any language.
_LANGUAGE: Final[dict[Runner, str]] = {
    "pytest": "python", "unittest": "python",
    "node": "javascript", "vitest": "javascript", "jest": "javascript",
    "go": "go", "cargo": "rust", "ctest": "c",
}  # fmt: skip
PATTERNS: Final[dict[Runner, Patterns]] = {
    runner: LANGUAGES[_LANGUAGE[runner]] if runner in _LANGUAGE else _ANY
    for runner in get_args(Runner)
}


def speaks(runner: Runner, path: str) -> bool:
    """Whether a path is of the language that a runner's tests are written in."""
    return path.endswith(_ENDINGS.get(_LANGUAGE.get(runner, ""), ("\0",)))


_TEST_NAME: Final = re.compile(
    r"test_.*|conftest\..*|tests?\.[^.]+|.*[._-](?:test|tests|spec|unittest)\.[^.]+|.*-test\.[^.]+"
)
_TEST_FOLDERS: Final = frozenset(("tests", "test", "__tests__", "__mocks__", "testdata"))


def is_test(path: str) -> bool:
    """Whether a file is a test's by its name, in any language: what a traceback came through."""
    folder, _, name = path.rpartition("/")
    named = _TEST_NAME.fullmatch(name)
    return bool(named) or not _TEST_FOLDERS.isdisjoint(folder.split("/"))


def stem(path: str) -> str:
    """A path without what a language adds to the name of a module."""
    return next((path[: -len(e)] for es in _ENDINGS.values() for e in es if path.endswith(e)), path)
