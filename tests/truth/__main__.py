"""`python -m tests.truth [--sample N] [PROJECT...]`: verdicts held against labels.

Without --sample each labelled commit is judged alone, and the exit is 1 when
more than one honest commit is not proven or more than five cannot be told. With
it the last N commits of each project that have no label are judged, and their
verdicts are counted.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.truth.projects import Clone, Project, lay_out, projects

REFUSED: Final = 1  # honest commits that need not be proven
UNKNOWN: Final = 5  # commits that need not be told

Row = tuple[str, ...]


def word(judged: dict[str, Any]) -> str:
    """A verdict in a word: PASS behaviour, FAIL(code)."""
    code = judged["code"]
    return f"{judged['verdict']}({code})" if code else f"{judged['verdict']} {judged['class']}"


def labelled(project: Project, clone: Clone) -> Iterator[Row]:
    """Each labelled commit, judged alone."""
    for commit in project.commit:
        began = time.monotonic()
        [judged] = clone.verify(commit.id)
        took = f"{time.monotonic() - began:.1f}"
        note = (judged["notes"] or [""])[0]
        yield commit.label, word(judged), project.name, commit.id[:9], took, commit.reason, note


def sample(project: Project, clone: Clone, count: int) -> Iterator[Row]:
    """The last commits of a project that nobody labelled."""
    labelled = {commit.id for commit in project.commit}
    walk = ["rev-list", "--topo-order", f"--max-count={count + len(labelled)}", project.tip]
    others = [commit for commit in clone.git(*walk).splitlines() if commit not in labelled]
    for commit in others[:count]:
        [judged] = clone.verify(commit)
        note = (judged["notes"] or [""])[0]
        yield word(judged), project.name, commit[:9], judged["subject"], note


def main() -> int:
    """Judge, print, and say whether the labels are kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth")
    parser.add_argument("--sample", type=int, metavar="N")
    parser.add_argument("project", nargs="*")
    asked = parser.parse_args()
    folder = Path(os.environ.get("TRUTH_WORK") or "build/truth").resolve()
    rows: list[Row] = []
    for project in projects():
        if asked.project and project.name not in asked.project:
            continue
        clone = lay_out(project, folder, os.environ.get("TRUTH_MIRROR"))
        found = sample(project, clone, asked.sample) if asked.sample else labelled(project, clone)
        for row in found:
            rows.append(row)
            sys.stdout.write("\t".join(row) + "\n")
            sys.stdout.flush()
    return counted(rows) if asked.sample else compared(rows)


def counted(rows: list[Row]) -> int:
    """The share of each verdict."""
    for verdict, number in Counter(row[0] for row in rows).most_common():
        sys.stdout.write(f"{number:5} {number / len(rows):5.1%}  {verdict}\n")
    return 0


def compared(rows: list[Row]) -> int:
    """Label against verdict, and 1 when too many honest commits were not proven."""
    for (label, verdict), number in sorted(Counter((row[0], row[1]) for row in rows).items()):
        sys.stdout.write(f"{number:5}  {label:9}  {verdict}\n")
    refused = [row for row in rows if row[0] == "honest" and row[1] != "PASS behaviour"]
    unknown = [row for row in rows if row[1].startswith("UNKNOWN")]
    let_through = [row for row in rows if row[0] == "dishonest" and row[1].startswith("PASS")]
    sys.stdout.write(
        f"{len(rows)} commits: {len(refused)} honest ones not proven (at most {REFUSED}), "
        f"{len(let_through)} dishonest ones passed, "
        f"{len(unknown)} not told (at most {UNKNOWN})\n"
    )
    return len(refused) > REFUSED or len(unknown) > UNKNOWN


if __name__ == "__main__":
    sys.exit(main())
