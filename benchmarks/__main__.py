"""`python -m benchmarks [WHAT...]`: print the table; exit 1 when a budget is missed.

Without WHAT, the table is kept in `latest.txt` and in the README.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from benchmarks.commands import commands, lists
from benchmarks.commits import commits, managers, refusals
from benchmarks.paste import keep
from benchmarks.peers import peers
from benchmarks.proofs import proofs, ranges
from benchmarks.scene import Scene
from benchmarks.timing import Row
from benchmarks.trails import appends, replays, writers
from benchmarks.travel import checked, merged, stored, travelled

WHAT: dict[str, Callable[[Scene], list[Row]]] = {
    "commits": commits, "commands": commands, "appends": appends, "replays": replays,
    "lists": lists, "writers": writers, "peers": peers,
    "stored": stored, "merged": merged, "checked": checked, "travelled": travelled,
    "proofs": proofs, "ranges": ranges,
    "refusals": refusals, "managers": managers,
}  # fmt: skip


def main(wanted: list[str]) -> int:
    """Measure, print, and say whether all budgets are met."""
    rows: list[Row] = []
    # Kept to the end: for minutes after so many files were removed, ext4 without a
    # journal takes thirty times as long to make one, and what comes next would pay.
    with contextlib.ExitStack() as kept:
        for name in wanted or WHAT:
            top = kept.enter_context(tempfile.TemporaryDirectory(prefix="git-oneshot-bench-"))
            for row in WHAT[name](Scene(top)):
                print(row.line, flush=True)
                rows.append(row)
    budgets = [row for row in rows if row.budget]
    missed = [row.what for row in budgets if not row.met]
    end = f"{len(budgets) - len(missed)} of {len(budgets)} budgets met"
    print(end)
    if not wanted:
        keep("".join(f"{line}\n" for line in [_where(), *(row.line for row in rows), end]))
    return 1 if missed else 0


def _where() -> str:
    """When and on what the figures were had."""
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True)
    python = ".".join(map(str, sys.version_info[:3]))
    what = f"{git.stdout.strip().removeprefix('git version ')}, Python {python}"
    # A machine that does other things meanwhile is no machine to measure on.
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}"
    return f"# {time.strftime('%Y-%m-%d')}: git {what}, {load}, {sys.platform}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
