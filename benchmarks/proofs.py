"""Proofs: beside the two test runs that each is made of."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from benchmarks.scene import ONESHOT, PYTHON, Scene, write
from benchmarks.timing import Row, at_most, in_turn, over, ratio, run
from git_oneshot.gate.commits import look
from git_oneshot.git import discover
from git_oneshot.proof.prover import Prover
from git_oneshot.proof.runners import Tools
from git_oneshot.proof.running.cache import ProofCache
from git_oneshot.proof.running.slots import Slots, place
from git_oneshot.proof.running.toolchain import Toolchain

MANY: Final = 100 if os.environ.get("FULL") else 20  # commits of a range


def proofs(scene: Scene) -> list[Row]:
    """One commit in a tree of 5,000 and of 50,000 files, over the two bare test runs."""
    return [_proof(scene, 5_000, 60), _proof(scene, 50_000, 0)]


def _proof(scene: Scene, count: int, budget: int) -> Row:
    path = scene.repository(f"large-{count}")
    scene.git("fast-import", "--quiet", cwd=path, stdin=b"".join(_files(count)))
    scene.git("reset", "-q", "--hard", cwd=path)
    scene.oneshot("trust", "--yes", cwd=path)
    for number in range(6):
        _grow(scene, path, number)
    bare = _test(scene, path, "tests/test_5.py")
    took = in_turn({"two runs": lambda: (bare(), bare()), "proof": _prove(path, scene.env)}, 5)
    more = over(took, "proof", "two runs") * 1e3
    return at_most(f"proof in {count:,} files: over two bare runs", more, budget, " ms")


def ranges(scene: Scene) -> list[Row]:
    """`verify -j2` of many commits, beside whoever runs each one's test twice by hand."""
    path = scene.repository("range")
    # The plugins of this environment would take most of the time of either.
    write(path, "pytest.ini", "[pytest]\naddopts = -p no:hypothesispytest -p no:xdist\n")
    scene.git("add", ".", cwd=path)
    scene.git("commit", "-qm", "settings", cwd=path)
    scene.oneshot("trust", "--yes", cwd=path)
    start = scene.git("rev-parse", "HEAD", cwd=path)
    for number in range(MANY):
        _grow(scene, path, number)
    commits = scene.git("rev-list", "--reverse", f"{start}..", cwd=path).split()

    def by_hand() -> None:
        for number, commit in enumerate(commits):
            test = f"tests/test_{number}.py"
            scene.git("checkout", "-q", "-f", f"{commit}^", cwd=path)
            scene.git("checkout", "-q", commit, "--", test, cwd=path)
            _test(scene, path, test, fails=True)()
            scene.git("checkout", "-q", "-f", commit, cwd=path)
            _test(scene, path, test)()

    argv = [ONESHOT, "verify", "--regression", "off", f"{start}..{commits[-1]}", "-j", "2"]
    ours = run(*argv, cwd=path, env=scene.env)
    took = in_turn({"by hand": by_hand, "ours": ours}, 1)
    what = f"verify -j2 of {MANY} commits: of by hand"
    return [at_most(what, ratio(took, "ours", "by hand"), 1, " x")]


def _files(count: int) -> Iterator[bytes]:
    """A commit of so many files, for fast-import."""
    text = b"x = 1\n" * 100
    yield b"commit refs/heads/main\ncommitter A <a@example.com> 1800000000 +0000\ndata 4\nmany"
    yield b"\nfrom refs/heads/main^0\n"
    for i in range(count):
        body = b"# file %d\n" % i + text
        yield b"M 644 inline pkg%d/m%d.py\ndata %d\n%s\n" % (i // 100, i, len(body), body)


def _grow(scene: Scene, path: str, number: int) -> None:
    """A commit of one more function, with its test."""
    with open(os.path.join(path, "calc.py"), "a", encoding="utf-8") as file:
        file.write(f"def f{number}(x):\n    return x + {number}\n")
    write(path, f"tests/test_{number}.py", f"import calc\n\n\ndef test_{number}():\n"
          f"    assert calc.f{number}(1) == {1 + number}\n")  # fmt: skip
    scene.git("add", "calc.py", "tests", cwd=path)
    scene.git("commit", "-qm", f"c{number}", cwd=path)


def _test(scene: Scene, path: str, test: str, *, fails: bool = False) -> Callable[[], object]:
    """One bare run of a test."""
    argv = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]

    def go() -> None:
        done = subprocess.run(argv, cwd=path, env=scene.env, capture_output=True, check=False)
        assert (done.returncode != 0) == fails, done

    return go


def _prove(path: str, env: Mapping[str, str]) -> Callable[[], object]:
    """Prove another commit of a repository at each call, as `verify` does, without its start-up."""
    git = discover(path, env)
    seen = iter(look(git, git.lines("rev-list", "-6", "HEAD")))

    def go() -> None:
        commit = next(seen)
        tools = Tools(Toolchain(git.own_dir, git.work_tree, env), env, git.work_tree)
        cache = ProofCache(os.path.join(git.own_dir, "cache"))
        prover = Prover(git, tools, Slots(git, place(git)), cache, fresh=True)
        proof = prover.prove(commit.parent_tree, commit.tree).proof
        assert proof.word == "PASS", proof

    return go
