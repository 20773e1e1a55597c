"""The rules in force for one tree: its suites, and the side of each path.

Paths are matched by git's own pathspecs (``git help glossary``), never here:
this module only knows which patterns belong to which side.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from git_oneshot.core.rules.file import (
    FILE,
    Argv,
    GateTable,
    LimitsTable,
    PruneTable,
    Runner,
    Sandboxing,
    SidesTable,
    TrailTable,
)
from git_oneshot.core.rules.languages import PATTERNS, Side, speaks

RULES_PATHS: Final = (FILE, ".oneshot/allowed_signers")


class Suite(Struct, frozen=True, kw_only=True):
    """A test suite in force. ``root`` is "" for the top, else ends without a slash."""

    name: str
    command: Argv
    root: str = ""
    runner: Runner = "command"
    report: str = ""  # the file that the command writes, below root
    setup: Argv = ()  # what installs the dependencies, in root
    timeout: int = 600
    sandbox: Sandboxing = "off"
    detected: bool = False

    @property
    def commands(self) -> tuple[Argv, ...]:
        """Every command of the repository that a run of this suite may run."""
        return (self.setup, self.command) if self.setup else (self.command,)


class Rules(Struct, frozen=True, kw_only=True):
    """The rules in force for one tree."""

    suites: tuple[Suite, ...] = ()
    sides: SidesTable = SidesTable()
    strict: bool = False
    checks: tuple[Argv, ...] = ()
    sandbox: Sandboxing = "off"
    gate: GateTable = GateTable()
    trail: TrailTable = TrailTable()
    limits: LimitsTable = LimitsTable()
    prune: PruneTable = PruneTable()
    from_file: bool = False

    @property
    def commands(self) -> tuple[Argv, ...]:
        """Every command of the repository that the program would run: what trust is about."""
        return (*(argv for suite in self.suites for argv in suite.commands), *self.checks)


def sides(rules: Rules) -> list[tuple[Side, tuple[str, ...]]]:
    """Sides and their pathspecs in the order in which they claim a path.

    What no pathspec claims is neutral, or production when the rules are strict.
    """
    said = rules.sides
    order: list[tuple[Side, tuple[str, ...]]] = [
        ("rules", tuple(f":(glob){path}" for path in RULES_PATHS)),
        ("test", said.test),
        ("production", said.production),
        ("environment", said.environment),
        ("generated", said.generated),
        ("neutral", said.neutral),
    ]
    for root, suites in _by_root(rules):
        # All suites of a root have their say on one side before the next side has.
        for side in ("test", "environment", "neutral", "production"):
            if side == "neutral" and rules.strict:
                continue
            patterns = dict.fromkeys(p for s in suites for p in PATTERNS[s.runner].get(side, ()))
            order.append((side, tuple(f":(glob){root}{pattern}" for pattern in patterns)))
    order.append(("environment", tuple(dict.fromkeys(_shared(rules)))))
    return [(side, patterns) for side, patterns in order if patterns]


def _shared(rules: Rules) -> Iterator[str]:
    """The manifests in the folders above a root, such as a workspace's one lock file."""
    for suite in rules.suites:
        parts = suite.root.split("/") if suite.root else []
        for depth in range(len(parts)):
            folder = "".join(f"{part}/" for part in parts[:depth])
            for pattern in PATTERNS[suite.runner]["environment"]:
                yield f":(glob){folder}{pattern.removeprefix('**/')}"


def _by_root(rules: Rules) -> list[tuple[str, list[Suite]]]:
    """The suites of each root, the longest root first."""
    found: dict[str, list[Suite]] = {}
    for suite in sorted(rules.suites, key=lambda s: -len(s.root)):
        found.setdefault(f"{suite.root}/" if suite.root else "", []).append(suite)
    return list(found.items())


def suites_of(rules: Rules, path: str) -> list[Suite]:
    """The suites that a path belongs to: of those with the longest root above it, the ones of
    its language, else all; and where no root is above it, those below its own folder."""
    above = [s for s in rules.suites if not s.root or path.startswith(s.root + "/")]
    if not above:
        folder = path[: path.rfind("/") + 1]
        return [s for s in rules.suites if s.root.startswith(folder)]
    longest = max((len(s.root) for s in above), default=0)
    nearest = [s for s in above if len(s.root) == longest]
    return [s for s in nearest if speaks(s.runner, path)] or nearest
