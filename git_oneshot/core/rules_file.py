"""What `.oneshot.toml` may say: its tables, and how a wrong file is refused."""

import difflib
import re
import tomllib
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from git_oneshot.core.errors import Code, OneshotError

FILE: Final = ".oneshot.toml"

Patterns = tuple[Annotated[str, Meta(min_length=1)], ...]  # git takes no empty pathspec


class _Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A table of the file: unknown keys are errors."""


class SuiteTable(_Table, frozen=True, kw_only=True):
    """``[[suite]]``: a test command, and the folder that it tests."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,40}\Z")]
    command: str
    root: str = "."
    runner: Literal["pytest", "command"] | None = None
    timeout: Annotated[int, Meta(ge=1, le=86_400)] = 600


class SidesTable(_Table, frozen=True, kw_only=True):
    """``[sides]``: pathspecs that stand above what is detected."""

    test: Patterns = ()
    production: Patterns = ()
    environment: Patterns = ()
    generated: Patterns = ()
    neutral: Patterns = ()


class GateTable(_Table, frozen=True, kw_only=True):
    """``[gate]``: which pushes ask for proofs."""

    refs: tuple[str, ...] = ()
    everything: bool = False


class LimitsTable(_Table, frozen=True, kw_only=True):
    """``[limits]``: seconds that a commit may take, files that a plan may name."""

    commit_seconds: Annotated[float, Meta(ge=0, le=600)] = 10.0
    plan_files: Annotated[int, Meta(ge=1, le=1_000)] = 5


class RulesTable(_Table, frozen=True, kw_only=True):
    """The whole file."""

    strict: bool = False
    check: tuple[str, ...] = ()
    suite: tuple[SuiteTable, ...] = ()
    sides: SidesTable = SidesTable()
    gate: GateTable = GateTable()
    limits: LimitsTable = LimitsTable()


def parse(text: str) -> RulesTable:
    """Read the file. Raises OneshotError(RULES_INVALID) with the place and the nearest key."""
    try:
        said = tomllib.loads(text)
        if _has_nul(said):
            raise OneshotError(Code.RULES_INVALID, f"{FILE}: no value may hold a NUL character")
        return msgspec.convert(said, RulesTable)
    except (tomllib.TOMLDecodeError, RecursionError) as err:
        raise OneshotError(Code.RULES_INVALID, f"{FILE}: {err}", "git oneshot rules") from err
    except msgspec.ValidationError as err:
        why = str(err)
        unknown = re.search(r"unknown field `([^`]*)`", why)
        near = difflib.get_close_matches(unknown[1], _keys(), 1) if unknown else []
        raise OneshotError(
            Code.RULES_INVALID,
            f"{FILE}: {why[0].lower()}{why[1:]}",
            f"did you mean '{near[0]}'?" if near else "keys: " + ", ".join(_keys()),
        ) from err


def _has_nul(value: object) -> bool:
    """Whether any text holds the one character that no argument of a process can."""
    if isinstance(value, dict):
        return any(map(_has_nul, value.values()))
    return any(map(_has_nul, value)) if isinstance(value, list) else "\0" in str(value)


def _keys() -> list[str]:
    tables = (RulesTable, SuiteTable, SidesTable, GateTable, LimitsTable)
    return sorted({name for t in tables for name in t.__struct_encode_fields__})
