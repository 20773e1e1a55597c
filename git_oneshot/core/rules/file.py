"""What `.oneshot.toml` may say: its tables. A key is one line here, with what it does.

``rules``, ``rules --write``, the manual's test and the errors read the tables, so
a key that is added is shown, written, asked for in the manual and refused by itself.
"""

from typing import Annotated, Any, Final, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from git_oneshot.core.facts import Phase
from git_oneshot.core.rules.lines import Where

FILE: Final = ".oneshot.toml"

Argv = tuple[str, ...]
Patterns = tuple[Annotated[str, Meta(min_length=1)], ...]  # git takes no empty pathspec
Runner = Literal[
    "pytest", "unittest", "node", "vitest", "jest", "go", "cargo", "ctest",
    "junit", "tap", "command",
]  # fmt: skip


Sandboxing = Literal["off", "auto", "require"]
SANDBOXES: Final[tuple[Sandboxing, ...]] = get_args(Sandboxing)  # the strictest last


class _Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A table of the file: unknown keys are errors."""


class SuiteTable(_Table, frozen=True, kw_only=True):
    """``[[suite]]``: a test command, and the folder that it tests."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,40}\Z")]
    command: str
    root: str = "."
    runner: Runner | None = None
    report: Annotated[str, Meta(min_length=1)] | None = None
    setup: str | None = None
    timeout: Annotated[int, Meta(ge=1, le=86_400)] = 600


class SidesTable(_Table, frozen=True, kw_only=True):
    """``[sides]``: pathspecs that stand above what is detected."""

    test: Annotated[Patterns, Meta(description="tests and helpers", examples=["spec/**"])] = ()
    production: Annotated[Patterns, Meta(description="what needs a test", examples=["*.sql"])] = ()
    environment: Annotated[
        Patterns, Meta(description="lock files and manifests", examples=["deps.txt"])
    ] = ()
    generated: Annotated[Patterns, Meta(description="what a tool writes", examples=["gen/**"])] = ()
    neutral: Annotated[
        Patterns, Meta(description="what needs no test", examples=["scripts/**"])
    ] = ()


class GateTable(_Table, frozen=True, kw_only=True):
    """``[gate]``: which pushes ask for proofs, and what else is asked of a feature at its end."""

    refs: Annotated[
        tuple[str, ...], Meta(description="full names of refs", examples=["refs/heads/main"])
    ] = ()
    everything: Annotated[bool, Meta(description="every ref")] = False
    order: Annotated[
        Literal["any", "observed"],
        Meta(description="observed: `red` has seen a test of each commit fail before its code"),
    ] = "any"
    scope: Annotated[
        Literal["warn", "enforce", "off"],
        Meta(
            description="files outside the plan, planned tests that turned never: told or refused"
        ),
    ] = "warn"


class TrailTable(_Table, frozen=True, kw_only=True):
    """``[trail]``: how trails travel."""

    push: Annotated[
        Literal["warn", "require", "off"],
        Meta(description="a push whose trails do not arrive: a warning, refused, or none are sent"),
    ] = "warn"
    signatures: Annotated[
        Literal["off", "warn", "require"],
        Meta(description="an end behind no good seal: nothing, a warning, or refused and an error"),
    ] = "off"
    logs: Annotated[
        Literal["local", "trail"],
        Meta(description="where what tests print is kept: in this clone, or on the trail, too"),
    ] = "local"


class LimitsTable(_Table, frozen=True, kw_only=True):
    """``[limits]``: of time and size."""

    commit_seconds: Annotated[
        float, Meta(ge=0, le=600, description="seconds that the pre-commit hook may run tests")
    ] = 10.0
    plan_files: Annotated[
        int, Meta(ge=1, le=1_000, description="files that a plan names before there is a warning")
    ] = 5


class PruneTable(_Table, frozen=True, kw_only=True):
    """``[prune]``: which features `prune` gives up."""

    stale_after_days: Annotated[
        int, Meta(ge=1, le=36_500, description="days without a sign of life, before one is stale")
    ] = 14
    max_batch: Annotated[
        int, Meta(ge=1, le=1_000, description="features that are given up at a time")
    ] = 25
    phase_exclusions: Annotated[
        tuple[Phase, ...], Meta(description="phases in which a feature stays")
    ] = ("synthesize",)


class RulesTable(_Table, frozen=True, kw_only=True):
    """The whole file."""

    strict: Annotated[
        bool, Meta(description="neutral files (documents, scripts, CI) count as production")
    ] = False
    check: Annotated[
        tuple[str, ...],
        Meta(
            description="commands that must pass once, on the last commit of a feature",
            examples=["ruff check .", "mypy"],
        ),
    ] = ()
    sandbox: Annotated[
        Sandboxing,
        Meta(description="tests without network: where bubblewrap works, or not without it"),
    ] = "off"
    suite: tuple[SuiteTable, ...] = ()
    sides: SidesTable = SidesTable()
    gate: GateTable = GateTable()
    trail: TrailTable = TrailTable()
    limits: LimitsTable = LimitsTable()
    prune: PruneTable = PruneTable()


class Key(NamedTuple):
    """A key of a table, as the file spells it."""

    name: str
    field: str
    default: Any
    about: str
    examples: tuple[str, ...]
    choices: tuple[str, ...]  # () where it may say anything of its type


def keys(table: type[Struct]) -> list[Key]:
    """The keys of a table, in order."""
    hints = get_type_hints(table, include_extras=True)
    found = []
    for field in msgspec.structs.fields(table):
        meta = next((a for a in get_args(hints[field.name])[1:] if isinstance(a, Meta)), Meta())
        examples = tuple(map(str, meta.examples or ()))
        about = meta.description or ""
        choices = _choices(hints[field.name])
        found.append(Key(field.encode_name, field.name, field.default, about, examples, choices))
    return found


def _choices(hint: object) -> tuple[str, ...]:
    if get_origin(hint) is Literal:
        return get_args(hint)
    return tuple(choice for part in get_args(hint) for choice in _choices(part))


def plain_tables() -> list[tuple[str, type[Struct]]]:
    """The file's tables but ``[[suite]]``, by name; the top level is called ''."""
    below = [(f.encode_name, f.type) for f in msgspec.structs.fields(RulesTable)]
    tables = [(n, t) for n, t in below if isinstance(t, type) and issubclass(t, _Table)]
    return [("", RulesTable), *tables]


def table_at(where: Where) -> tuple[str, type[Struct]]:
    """The table that holds a place: its title, and what it may say."""
    name = where[0] if where else ""
    if name == "suite":
        return "[[suite]]", SuiteTable
    found = dict(plain_tables())
    return (f"[{name}]", found[name]) if name in found and name else ("the file", RulesTable)
