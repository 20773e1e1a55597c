"""What a feature was planned to be, compared with what it became.

``scope``: a file that no line of the plan names, and a planned test that no
commit turned. ``order``: a commit of which no test was seen red before its code.

A plan and what was seen red are on a trail, where names are masked too: what they are
compared with is masked here. ``home``: the folder of whoever asks.
"""

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from git_oneshot.core.facts import Plan, Proof, TestTurn
from git_oneshot.core.masking import masked

_BULLET: Final = re.compile(r"(?:[-*+]|\d+[.)])\s+")
_NOTE: Final = re.compile(r"[:,]?\s.*")  # what a line of a plan says behind a name


def outside(plan: Plan, paths: Iterable[str], home: str = "") -> tuple[str, ...]:
    """The paths that a plan does not name, by themselves, by a folder or by a pattern.

    None where the plan names no file.
    """
    named = {masked(name, home) for line in plan.files for name in _names(line) if name}
    return tuple(path for path in paths if named and not _is_of(named, masked(path, home)))


def _is_of(names: Iterable[str], path: str) -> bool:
    return any(_covers(name, path) for name in names)


def _names(line: str) -> tuple[str, ...]:
    """A line whole, as a name may hold blanks, and its first word."""
    bullet = _BULLET.match(line := line.strip())
    plain = line[bullet.end() if bullet else 0 :].strip("`").removeprefix("./")
    return plain, _NOTE.sub("", plain).strip("`")


def _covers(name: str, path: str) -> bool:
    """Whether a name is of a path. No word with a star is a pattern; a bracket is a letter."""
    is_pattern = re.search(r"[*?]", name) and re.search(r"[/.]", name)
    return (
        path == name
        or path.startswith(name.rstrip("/") + "/")
        or bool(is_pattern and fnmatchcase(path, name.replace("[", "[[]")))
    )


def unturned(plan: Plan, proofs: Sequence[Proof], home: str = "") -> tuple[str, ...]:
    """The planned tests that no commit turned; none where not every turned test is listed."""
    return () if _is_cut(proofs) else _missing(plan, proofs, home)


def untold(plan: Plan, proofs: Sequence[Proof], home: str = "") -> tuple[str, ...]:
    """The planned tests for which it cannot be told, as more turned than are listed."""
    return _missing(plan, proofs, home) if _is_cut(proofs) else ()


def _is_cut(proofs: Sequence[Proof]) -> bool:
    return any(proof.total > len(proof.tests) for proof in proofs)


def _missing(plan: Plan, proofs: Sequence[Proof], home: str) -> tuple[str, ...]:
    """The planned tests that are not listed; none where no test has a name."""
    turned = [test for proof in proofs for test in proof.tests if test.turned]
    if turned and not any(test.file for test in turned):
        return ()
    ids = [masked(test.id, home) for test in turned]
    named = [line for line in plan.tests if _is_name(line)]
    return tuple(line for line in named if not _is_in(masked(line, home), ids))


def _is_name(line: str) -> bool:
    """Whether a line names a test; some say in words what one is to show."""
    first, *more = line.split() or [""]
    return not more or " > " in line or bool(re.search(r"[/._]|::", first))


def _is_in(line: str, ids: Iterable[str]) -> bool:
    name = re.escape(line.strip().strip("`").removesuffix("()"))
    return any(re.search(rf"(?<!\w){name}(?!\w)", id_) for id_ in ids)


def unobserved(
    proofs: Iterable[tuple[str, Proof]], seen: Iterable[Proof], home: str = ""
) -> tuple[str, ...]:
    """The commits whose proof is a test that turned, none of which was seen red before its code.

    ``seen``: what `git oneshot red` recorded while the code was as it had been. Tests are
    told by their names, as a commit may be amended or rebased since.
    """
    red = {_name(test, home) for proof in seen for test in proof.tests}
    return tuple(
        commit
        for commit, proof in proofs
        if (proof.word, proof.kind) == ("PASS", "behaviour")
        and not any(_name(test, home) in red for test in proof.tests if test.turned)
    )


def _name(test: TestTurn, home: str) -> tuple[str, str]:
    return masked(test.suite, home), masked(test.id, home)
