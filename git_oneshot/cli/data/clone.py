"""What the commands about the clone, and about the program itself, answer."""

from typing import Any

from git_oneshot.cli.data import Data
from git_oneshot.cli.data.parts import (
    Argument,
    CheckRow,
    GateData,
    LimitsData,
    PruneData,
    SideRow,
    SuiteRow,
    ValueRow,
)


class Installed(Data, frozen=True, kw_only=True):
    """install. ``fetched``: features that came."""

    changes: list[str]
    fetched: int


class Uninstalled(Data, frozen=True, kw_only=True):
    """uninstall."""

    changes: list[str]


class Trusted(Data, frozen=True, kw_only=True):
    """trust: the commands that were not trusted before."""

    commands: list[list[str]]


class RulesData(Data, frozen=True, kw_only=True):
    """rules. ``written`` is the file that --write made."""

    written: str | None
    source: str
    values: list[ValueRow]
    suites: list[SuiteRow]
    sides: list[SideRow]
    strict: bool
    checks: list[list[str]]
    gate: GateData
    limits: LimitsData
    prune: PruneData


class Checkup(Data, frozen=True, kw_only=True):
    """doctor."""

    checks: list[CheckRow]


class Schema(Data, frozen=True, kw_only=True):
    """schema. ``command`` is null, and there are no arguments, for the schema of any answer."""

    command: str | None
    schema: dict[str, Any]
    arguments: list[Argument]


class Skill(Data, frozen=True, kw_only=True):
    """skill. ``path`` is where --write puts it; ``written`` is false when it says so already."""

    text: str
    path: str | None
    written: bool
