"""Where in the tree a verdict is about: the file, and the first line that the commit changed."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from git_oneshot.core.facts import Proof
from git_oneshot.core.verdicts.remarks import Remark
from git_oneshot.gate.judging import Verdict
from git_oneshot.git import Git

_HUNK: Final = re.compile(rb"^@@ -\S+ \+(\d+)", re.MULTILINE)


def remarks(git: Git, verdicts: Iterable[Verdict], suite: Proof | None) -> Iterator[Remark]:
    """What is to be said of each commit that is not proven, and of the suite at the tip."""
    for verdict in verdicts:
        seen = verdict.commit
        for proof in verdict.proofs:
            if proof.word != "PASS":
                path, line = _place(git, seen.parent_tree, seen.tree, proof)
                yield Remark(proof, seen.id, seen.subject, path, line)
    if suite is not None and suite.word != "PASS":
        yield Remark(suite, path=next((t.file for t in suite.tests if t.file), ""))


def _place(git: Git, parent_tree: str, tree: str, proof: Proof) -> tuple[str, int]:
    changed = git.names("diff-tree", "-r", "-z", "--no-renames", "--name-only", parent_tree, tree)
    tests = {turn.file for turn in proof.tests}
    named = [p for p in changed if any(note.startswith(p) for note in proof.notes)]
    path = next(iter([*named, *(p for p in changed if p in tests), *changed]), "")
    if not path:
        return "", 1
    patch = git.output(
        "diff-tree", "-p", "-U0", "--no-renames", "--no-ext-diff", "--no-textconv",
        parent_tree, tree, "--", f":(literal){path}",
    )  # fmt: skip
    hunk = _HUNK.search(patch)
    return path, max(1, int(hunk[1])) if hunk else 1
