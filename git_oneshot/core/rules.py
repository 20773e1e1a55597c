"""The rules in force for one tree: its suites, and the side of each path.

Paths are matched by git's own pathspecs (``git help glossary``), never here:
this module only knows which patterns belong to which side.
"""

from typing import Final, Literal

from msgspec import Struct

from git_oneshot.core.languages import PATTERNS, Side
from git_oneshot.core.rules_file import FILE, GateTable, LimitsTable, SidesTable

RULES_PATHS: Final = (FILE, ".oneshot/allowed_signers")

Argv = tuple[str, ...]


class Suite(Struct, frozen=True, kw_only=True):
    """A test suite in force. ``root`` is "" for the top, else ends without a slash."""

    name: str
    command: Argv
    root: str = ""
    runner: Literal["pytest", "command"] = "command"
    timeout: int = 600
    detected: bool = False


class Rules(Struct, frozen=True, kw_only=True):
    """The rules in force for one tree."""

    suites: tuple[Suite, ...] = ()
    sides: SidesTable = SidesTable()
    strict: bool = False
    checks: tuple[Argv, ...] = ()
    gate: GateTable = GateTable()
    limits: LimitsTable = LimitsTable()
    from_file: bool = False

    @property
    def commands(self) -> tuple[Argv, ...]:
        """Every command of the repository that the program would run: what trust is about."""
        return (*(suite.command for suite in self.suites), *self.checks)


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
    for suite in sorted(rules.suites, key=lambda s: -len(s.root)):
        prefix = f"{suite.root}/" if suite.root else ""
        for side, patterns in PATTERNS[suite.runner].items():
            order.append((side, tuple(f":(glob){prefix}{pattern}" for pattern in patterns)))
    return [(side, patterns) for side, patterns in order if patterns]


def suite_of(rules: Rules, path: str) -> Suite | None:
    """The suite that a path belongs to: the one with the longest root above it."""
    above = [s for s in rules.suites if not s.root or path.startswith(s.root + "/")]
    return max(above, key=lambda s: len(s.root), default=None)
