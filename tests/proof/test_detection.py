"""Trees without a rules file: the suites that they give away, and the side of each path.

Each tree is committed by git, since git matches the patterns; what is expected
stands beside each file: T test, P production, E environment, n neutral.
"""

from typing import Final, NamedTuple

import pytest

from git_oneshot.core.rules.detection import Project, detect
from git_oneshot.core.rules.rules import suites_of
from git_oneshot.proof.suites import rules_of
from git_oneshot.proof.trees.change import read_change
from tests.sandbox import MakeRepo

SIDES: Final = {"test": "T", "production": "P", "environment": "E", "neutral": "n"}
PACKAGE: Final = '{"scripts": {"test": "%s"}, "devDependencies": {%s}}'


class Tree(NamedTuple):
    """Files with side and text, and the suites: name, runner, root and command."""

    files: dict[str, str]
    suites: list[tuple[str, str, str, str]]


TREES: Final = {
    "pytest": Tree(
        {
            "pyproject.toml": "E [tool.pytest.ini_options]", "uv.lock": "E", "src/calc/add.py": "P",
            "tests/test_add.py": "T import unittest", "tests/data/big.json": "T",
            "tests/conftest.py": "T", "testing/util.py": "T", "src/calc/testing/util.py": "P",
            "README.md": "n", "docs/conf.txt": "n", "setup.py": "E",
            ".github/workflows/ci.yml": "n", "scripts/run.sh": "n", "calc.ipynb": "n",
            "src/calc/__snapshots__/x.ambr": "T",
        },
        [("pytest", "pytest", "", "python -m pytest")],
    ),
    "unittest": Tree(
        {
            "setup.py": "E", "calc.py": "P", "test_calc.py": "T import unittest\nclass T: ...",
            "helper_test.py": "T from unittest import TestCase", "notes.sql": "n",
        },
        [("unittest", "unittest", "", "python -m unittest")],
    ),
    "node": Tree(
        {
            "package.json": "E " + PACKAGE % ("node --import tsx --test", ""), "lib/calc.mjs": "P",
            "test/calc.js": "T", "lib/calc.test.mjs": "T", "package-lock.json": "E",
            "index.html": "n", "README.md": "n", "lib/types.d.ts": "P",
        },
        [("node", "node", "", "node --test")],
    ),
    "a script that has others run": Tree(
        {
            "package.json": 'E {"scripts": {"test": "npm run lint && pnpm test:all",'
            ' "lint": "eslint", "test:all": "yarn unit && npm run test:all", "unit":'
            ' "c8 --100 node --test"}, "devDependencies": {"jest": "1"}}',
            "index.js": "P", "test/index.js": "T", "eslint.config.js": "E", ".eslintrc.cjs": "E",
            "examples/a.js": "n", "benchmarks/a.mjs": "n", "lib/examples/a.js": "P",
            "build.config.ts": "E", "src/app.config.ts": "P",
        },
        [("node", "node", "", "node --test")],
    ),
    "node without a word": Tree(
        {
            "package.json": "E " + PACKAGE % ('echo \\"Error: no test specified\\" && exit 1', ""),
            "calc.js": "P", "calc-test.js": "T",
        },
        [("node", "node", "", "node --test")],
    ),
    "vitest": Tree(
        {
            "package.json": 'E {"devDependencies": {"vitest": "^3"}}', "tsconfig.json": "E",
            "src/App.vue": "P", "src/calc.ts": "P", "src/calc.spec.ts": "T", "style.css": "n",
            "src/__snapshots__/calc.spec.ts.snap": "T", "vitest.config.ts": "E",
            "pnpm-lock.yaml": "E", "vitest.setup.ts": "T",
            "types/index.test-d.ts": "T", "types/index.tst.ts": "T", "types/index.d.ts": "P",
        },
        [("vitest", "vitest", "", "vitest run")],
    ),
    "jest": Tree(
        {
            "package.json": "E {", "jest.config.js": "E", "src/calc.jsx": "P", "yarn.lock": "E",
            "src/__tests__/calc.jsx": "T", "src/__mocks__/net.js": "T", "public/logo.svg": "n",
        },
        [("jest", "jest", "", "jest")],
    ),
    "two runners could match": Tree(
        {
            # The script decides; then vitest would stand above jest, and jest above node.
            "package.json": "E " + PACKAGE % ("jest --silent", '"vitest": "1", "jest": "29"'),
            "vitest.config.js": "E", "calc.js": "P", "calc.test.js": "T",
            # pytest stands above unittest as soon as anything speaks of it.
            "requirements-dev.txt": "E pytest", "calc.py": "P", "test_calc.py": "T import unittest",
            # And a Makefile's target runs what others were found for.
            "Makefile": "n test:\n\tpytest\n",
        },
        [("jest", "jest", "", "jest"), ("pytest", "pytest", "", "python -m pytest")],
    ),
    "go": Tree(
        {
            "go.mod": "E", "go.sum": "E", "calc/calc.go": "P", "calc/calc_test.go": "T",
            "calc/testdata/in.txt": "T", "calc/asm.s": "P", "vendor/x/y.go": "E",
            "tools/go.mod": "E", "tools/t_test.go": "T", "Dockerfile": "n",
        },
        [("go", "go", "", "go test ./..."), ("go-tools", "go", "tools", "go test ./...")],
    ),
    "cargo": Tree(
        {
            "Cargo.toml": "E", "Cargo.lock": "E", "src/lib.rs": "P", "build.rs": "P",
            "tests/calc.rs": "T", "crates/a/Cargo.toml": "E", "crates/a/src/lib.rs": "P",
            "crates/a/src/tests.rs": "T", "benches/fast.rs": "T", "LICENSE": "n",
            "rust-toolchain.toml": "E",
        },
        [("cargo", "cargo", "", "cargo test")],
    ),
    "ctest": Tree(
        {
            "CMakeLists.txt": "E project(calc)\nInclude( CTest )", "src/CMakeLists.txt": "E",
            "src/calc.cpp": "P", "include/calc.hpp": "P", "tests/calc.cpp": "T",
            "src/calc_test.cc": "T", "cmake/deps.cmake": "E", "doc/Doxyfile": "n",
        },
        [("ctest", "ctest", "", "ctest")],
    ),
    "a makefile": Tree(
        {
            "Makefile": "E all:\n\tcc\n\ntest: all\n\t./t", "calc.c": "P", "calc.h": "P",
            "test/run.sh": "T", "test_calc.c": "T", "man/calc.1": "n",
        },
        [("make", "command", "", "make test")],
    ),
    "two languages below one top": Tree(
        {
            "README.md": "n", "Makefile": "n test:\n\tfalse", "backend/pyproject.toml": "E",
            "backend/app/main.py": "P", "backend/tests/test_main.py": "T", "tools/x.py": "n",
            "frontend/package.json": 'E {"devDependencies": {"vitest": "1"}}',
            "frontend/src/a.ts": "P", "frontend/src/a.test.ts": "T", "backend/web.js": "n",
        },
        [
            ("pytest-backend", "pytest", "backend", "python -m pytest"),
            ("vitest-frontend", "vitest", "frontend", "vitest run"),
        ],
    ),
    "packages of one workspace": Tree(
        {
            "package.json": "E " + PACKAGE % ("npm run test --workspaces", ""),
            "packages/a/package.json": "E " + PACKAGE % ("vitest", ""), "packages/a/x.test.js": "T",
            "packages/b/package.json": "E " + PACKAGE % ("mocha", ""), "packages/b/x.spec.js": "T",
            "packages/b/x.js": "P", "examples/c/package.json": "n {}", "examples/c/y.test.js": "n",
        },
        [
            ("vitest-packages-a", "vitest", "packages/a", "vitest run"),
            ("npm-packages-b", "command", "packages/b", "npm test"),
        ],
    ),
    "fixtures of a tool that tests tools": Tree(
        {
            "setup.cfg": "E", "tool.py": "P", "tests/test_tool.py": "T import pytest",
            "tests/fixtures/web/package.json": 'T {"devDependencies": {"jest": "1"}}',
            "tests/fixtures/web/a.test.js": "T", "tests/go/go.mod": "T", "tests/go/a_test.go": "T",
            "node_modules/x/x.test.js": "n", ".venv/lib/test_x.py": "T",
        },
        [("pytest", "pytest", "", "python -m pytest")],
    ),
    "no tests": Tree(
        {
            "README.md": "n", "main.py": "n", "app.js": "n", "package.json": "n {}", "go.mod": "n",
            "main.go": "n", "CMakeLists.txt": "n project(x)",
"Makefile": "n test-all:\n\ntest := 1",
            "tests/data.json": "n", "latest.py": "n", "test_notes.txt": "n",
        },
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TREES)
def test_h48_a_tree_gives_away_its_suites_and_sides(name: str, repo: MakeRepo) -> None:
    files, suites = TREES[name]
    work = repo()
    work.commit(name, {path: said[2:] for path, said in files.items()})
    git = work.discover()
    tree = git.tree("HEAD")
    rules = rules_of(git, tree)
    found = [(s.name, s.runner, s.root, " ".join(s.command)) for s in rules.suites]
    assert found == suites
    assert all(s.detected for s in rules.suites)
    change = read_change(git, git.tree(None), tree, rules)
    assert {f.path: SIDES[f.side] for f in change.files} == {p: s[0] for p, s in files.items()}


@pytest.mark.parametrize(
    "paths",
    [
        ["pytest.ini"],
        ["conftest.py"],
        ["test_calc.py"],
        ["calc_test.py"],
        ["tests/unit/deep/calc_test.py"],
        ["test/conftest.py"],
        ["src/pkg/test_calc.py", "src/pkg/calc.py"],
    ],
)
def test_pytest_is_found_by_the_names_of_its_files(paths: list[str]) -> None:
    (found,) = detect(Project(paths, lambda _: ""))
    assert (found.name, found.root) == ("pytest", "")


def test_so_many_suites_with_one_name_get_numbers_too() -> None:
    paths = [f"{'long/' * 20}{n}/{file}" for n in range(1_100) for file in ("go.mod", "a_test.go")]
    names = {suite.name for suite in detect(Project(paths, lambda _: ""))}
    assert len(names) == 1_100
    assert max(map(len, names)) == 40


def test_suites_with_one_name_get_numbers() -> None:
    paths = ["a/b/go.mod", "a/b/x_test.go", "a-b/go.mod", "a-b/x_test.go"]
    assert [s.name for s in detect(Project(paths, lambda _: ""))] == ["go-a-b", "go-a-b-2"]


def test_a_manifest_that_is_no_json_gives_nothing_away() -> None:
    for text in ("[" * 99_999, "[1]", '{"scripts": 1, "dependencies": []}', "\x00"):
        project = Project(["package.json", "a.test.js"], {"package.json": text}.__getitem__)
        assert [s.runner for s in detect(project)] == ["node"]


def test_a_file_of_two_suites_at_one_top_goes_to_the_one_of_its_language(repo: MakeRepo) -> None:
    work = repo()
    files = TREES["two runners could match"].files
    work.commit("both", {path: said[2:] for path, said in files.items()})
    git = work.discover()
    rules = rules_of(git, git.tree("HEAD"))
    assert [s.name for s in suites_of(rules, "deep/x.test.js")] == ["jest"]
    assert [s.name for s in suites_of(rules, "deep/test_x.py")] == ["pytest"]
