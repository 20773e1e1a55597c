"""Each runner, the real one, on a small real project: `make runners`.

Not collected by `make test`: what is run here comes from other package indexes.
A runner that this machine does not have is counted as skipped, never as passed.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from git_oneshot.core.facts import Proof
from git_oneshot.core.rules.languages import is_test
from git_oneshot.proof.runners import RUNNERS
from git_oneshot.proof.suites import rules_of
from tests.proof.lab import Lab, said, user_environment
from tests.runners.projects import ESM, PROJECTS, Files, Project
from tests.sandbox import MakeRepo

# Where `make runners` put what comes from outside.
NODE_MODULES: Final = os.path.join(os.environ.get("ONESHOT_OUTSIDE", "/nowhere"), "node_modules")

Prove = Callable[..., Proof]


def there(program: str) -> bool:
    """Whether a program that a runner needs is on this machine."""
    if program in ("vitest", "jest"):
        return os.path.exists(os.path.join(NODE_MODULES, ".bin", program))
    env = user_environment()
    if program == "cargo":  # of rustup, which may be there without any toolchain
        asked = ["sh", "-c", "cargo --version"]
        return subprocess.run(asked, env=env, capture_output=True).returncode == 0
    return shutil.which(program, path=env["PATH"]) is not None


@pytest.fixture
def prove(repo: MakeRepo, tmp_path: Path) -> Prove:
    """Commit a project and a change to it, and judge the change."""

    def run(project: Project, change: Files, *, half: bool = False) -> Proof:
        lacking = [program for program in project.needs if not there(program)]
        if lacking:
            pytest.skip(f"{' and '.join(lacking)} can't be had on this machine")
        lab = Lab(repo(), tmp_path / "lab")
        lab.commit({**project.base, ".gitignore": "node_modules\n"})
        if {"vitest", "jest"} & set(project.needs):
            (lab.repo.path / "node_modules").symlink_to(NODE_MODULES)
        (suite,) = rules_of(lab.git, lab.head()).suites
        assert suite.runner == project.runner
        before = lab.head()
        if half:
            return lab.prover().red(before, lab.commit(change)).proof
        return lab.prove(change).proof

    return run


def test_every_runner_has_a_project() -> None:
    assert {project.runner for project in PROJECTS.values()} == set(RUNNERS)


@pytest.mark.parametrize("name", PROJECTS)
def test_a_test_that_fails_without_the_code_and_passes_with_it(name: str, prove: Prove) -> None:
    proof = prove(PROJECTS[name], PROJECTS[name].good)
    assert said(proof) == "PASS behaviour", proof
    assert proof.tests[0].reason == PROJECTS[name].reason, proof


@pytest.mark.parametrize("name", PROJECTS)
def test_a_test_that_passes_without_the_code_proves_nothing(name: str, prove: Prove) -> None:
    proof = prove(PROJECTS[name], PROJECTS[name].vacuous)
    assert said(proof) == "FAIL(vacuous-red)", proof


@pytest.mark.parametrize("name", [name for name, p in PROJECTS.items() if p.broken])
def test_a_test_that_fails_of_itself_proves_nothing(name: str, prove: Prove) -> None:
    proof = prove(PROJECTS[name], PROJECTS[name].broken)
    assert said(proof) == "FAIL(broken-test)", proof


@pytest.mark.parametrize("name", PROJECTS)
def test_red_is_seen_before_the_code_is_written(name: str, prove: Prove) -> None:
    tests = {path: text for path, text in PROJECTS[name].good.items() if is_test(path)}
    proof = prove(PROJECTS[name], tests, half=True)
    assert (proof.word, len(proof.tests)) == ("PASS", 1), proof
    assert proof.tests[0].reason == PROJECTS[name].reason, proof


RUST: Final = (
    "pub fn sub(a: i32, b: i32) -> i32 { a - b }\n%s\n#[cfg(test)]\nmod tests {\n    %s\n}\n"
)
SCRIPT: Final = "export const sub = (a, b) => a - b\n%s\nif (import.meta.vitest) {\n  %s\n}\n"
RUST_ADD: Final = "pub fn add(a: i32, b: i32) -> i32 { a + b }"
SCRIPT_ADD: Final = "export const add = (a, b) => a + b"
ADDS: Final = "#[test]\n    fn adds() { assert_eq!(super::%s, 3); }"
IN_SOURCE: Final = "import.meta.vitest.test('adds', () => import.meta.vitest.expect(%s).toBe(3))"
INSIDE: Final[dict[str, tuple[Files, Files, Files]]] = {
    "cargo": (
        {
            "Cargo.toml": "[package]\nname = 'calc'\nversion = '0.1.0'\n",
            "src/lib.rs": RUST % ("", "")},
        {"src/lib.rs": RUST % (RUST_ADD, ADDS % "add(1, 2)")},
        {"src/lib.rs": RUST % (RUST_ADD, ADDS % "sub(4, 1)")},
    ),
    "vitest": (
        {"package.json": ESM % ', "devDependencies": {"vitest": "*"}',
         "vitest.config.js": "export default { test: { includeSource: ['src/*.js'] } }\n",
         "src/calc.test.js": "import { expect, test } from 'vitest'\ntest('it', () => {})\n",
         "src/calc.js": SCRIPT % ("", "")},
        {"src/calc.js": SCRIPT % (SCRIPT_ADD, IN_SOURCE % "add(1, 2)")},
        {"src/calc.js": SCRIPT % (SCRIPT_ADD, IN_SOURCE % "sub(4, 1)")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("runner", INSIDE)
def test_h47_tests_inside_of_code_are_told_from_it(runner: str, prove: Prove) -> None:
    base, good, vacuous = INSIDE[runner]
    proof = prove(Project(runner, (runner,), base, good, vacuous, {}), good)
    assert said(proof) == "PASS behaviour", proof


@pytest.mark.parametrize("runner", INSIDE)
def test_h47_tests_inside_of_code_prove_nothing_that_they_pass_without(
    runner: str, prove: Prove
) -> None:
    base, good, vacuous = INSIDE[runner]
    proof = prove(Project(runner, (runner,), base, good, vacuous, {}), vacuous)
    assert said(proof) == "FAIL(vacuous-red)", proof
