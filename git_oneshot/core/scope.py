"""What a feature was planned to be, beside what it became.

``scope``: a file that no line of the plan names, and a planned test that no
commit turned. ``order``: a commit of which no test was seen red before its code.
"""

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from git_oneshot.core.facts import Plan, Proof, TestTurn

_NOTE: Final = re.compile(r"[:,]?\s.*")  # what a line of a plan says behind a name


def outside(plan: Plan, paths: Iterable[str]) -> tuple[str, ...]:
    """The paths that a plan does not name, by themselves, by a folder or by a pattern.

    None where the plan names no file.
    """
    named = {name for line in plan.files for name in _names(line) if name}
    return tuple(path for path in paths if named and not any(_covers(n, path) for n in named))


def _names(line: str) -> tuple[str, ...]:
    """A line whole, as a name may hold blanks, and its first word."""
    plain = line.strip().strip("`").removeprefix("./")
    return plain, _NOTE.sub("", plain).strip("`")


def _covers(name: str, path: str) -> bool:
    return path == name or path.startswith(name.rstrip("/") + "/") or fnmatchcase(path, name)


def unturned(plan: Plan, proofs: Sequence[Proof]) -> tuple[str, ...]:
    """The planned tests that no commit turned.

    None where that cannot be told: not every turned test is listed, or none has a name.
    """
    turned = [test for proof in proofs for test in proof.tests if test.turned]
    listed = all(proof.total <= len(proof.tests) for proof in proofs)
    if not listed or (turned and not any(test.file for test in turned)):
        return ()
    return tuple(line for line in plan.tests if not any(_is_of(line, test) for test in turned))


def _is_of(line: str, test: TestTurn) -> bool:
    name = re.escape(line.strip().strip("`").removesuffix("()"))
    return bool(re.search(rf"(?<!\w){name}(?!\w)", test.id))


def unobserved(proofs: Iterable[tuple[str, Proof]], seen: Iterable[Proof]) -> tuple[str, ...]:
    """The commits whose proof is a test that turned, none of which was seen red before its code.

    ``seen``: what `git oneshot red` recorded while the code was as it had been. Tests are
    told by their names, as a commit may be amended or rebased since.
    """
    red = {(test.suite, test.id) for proof in seen for test in proof.tests}
    return tuple(
        commit
        for commit, proof in proofs
        if (proof.word, proof.kind) == ("PASS", "behaviour")
        and not any((t.suite, t.id) in red for t in proof.tests if t.turned)
    )
