"""Reading `.oneshot.toml`: every fault with its line, and what was probably meant."""

import shlex
import tomllib
from collections.abc import Iterator
from typing import Final

import msgspec

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.rules.file import FILE, Argv, RulesTable, SuiteTable, keys, table_at
from git_oneshot.core.rules.lines import Where, line_of, place_of
from git_oneshot.core.spelling import nearest

LARGEST: Final = 64 * 1024  # characters of the file


WRITTEN: Final = "mend it; how it is written: git help oneshot-rules"


def parse(text: str) -> RulesTable:
    """Read the file. Raises OneshotError(RULES_INVALID) with the line and the nearest key."""
    if len(text) > LARGEST:
        raise OneshotError(
            Code.RULES_INVALID, f"{FILE}: larger than {LARGEST // 1024} KiB", "say less"
        )
    try:
        said = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as err:
        why, line = place_of(str(err), text)
        raise _refusal(why, WRITTEN, line) from err
    if _has_nul(said):
        raise OneshotError(
            Code.RULES_INVALID, f"{FILE}: no value may hold a NUL character", "mend .oneshot.toml"
        )
    try:
        table = msgspec.convert(said, RulesTable)
    except msgspec.ValidationError as err:
        raise _misfit(text, str(err)) from err
    for where, why, hint in _faults(table):
        raise _refusal(why, hint, line_of(text, where))
    return table


def _refusal(why: str, hint: str, line: int | None) -> OneshotError:
    at = f"{FILE}:{line}" if line else FILE
    return OneshotError(Code.RULES_INVALID, f"{at}: {why}", hint, line=line)


def _misfit(text: str, said: str) -> OneshotError:
    """What msgspec found, with its line, and the key that was meant."""
    import re

    why, _, at = said.partition(" - at `")
    steps = re.findall(r"\.([^.\[\]`]+)|\[(\d+)\]", at)
    where: Where = tuple(int(number) if number else name for name, number in steps)
    unknown = re.search(r"unknown field `(.*)`\Z", why)
    if unknown is None:
        spot = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where)
        place = f" at '{spot.removeprefix('.')}'" if spot else ""
        named = [name for name in where if isinstance(name, str)]
        choices = next((k.choices for k in keys(table_at(where)[1]) if k.name in named[-1:]), ())
        hint = f"it may be {', '.join(choices)}" if choices else WRITTEN
        return _refusal(f"{why[0].lower()}{why[1:]}{place}", hint, line_of(text, where))
    title, table = table_at(where)
    known = [key.name for key in keys(table)]
    near = nearest(unknown[1], known)
    hint = f"did you mean '{near}'?" if near else f"keys of {title}: {', '.join(known)}"
    return _refusal(
        f"unknown key '{unknown[1]}' in {title}", hint, line_of(text, (*where, unknown[1]))
    )


def _has_nul(value: object) -> bool:
    """Whether any text holds the one character that no argument of a process can."""
    if isinstance(value, dict):
        return any(map(_has_nul, (*value, *value.values())))
    return any(map(_has_nul, value)) if isinstance(value, list) else "\0" in str(value)


# -- what a table alone cannot say ---------------------------------------------------


def words(line: str) -> Argv:
    """A command as a shell would split it. Raises ValueError."""
    argv = tuple(shlex.split(line))
    if not argv:
        raise ValueError("the command is empty")
    return argv


def below(path: str) -> str | None:
    """A path as its parts spell it; "" for the top, None when it leaves the folder."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return None if path.startswith("/") or ".." in parts else "/".join(parts)


def _faults(table: RulesTable) -> Iterator[tuple[Where, str, str]]:
    """Each value that no table refuses and that can't be meant: where, why, a hint."""
    commands: list[tuple[Where, str, str]] = [
        (("check", n), "check", line) for n, line in enumerate(table.check)
    ]
    for n, suite in enumerate(table.suite):
        commands.append((("suite", n, "command"), f"suite '{suite.name}'", suite.command))
        if suite.setup is not None:
            commands.append((("suite", n, "setup"), f"setup of '{suite.name}'", suite.setup))
    for where, what, line in commands:
        try:
            words(line)
        except ValueError as err:
            yield where, f"{what}: {str(err)[:1].lower()}{str(err)[1:]}", WRITTEN
    names = [suite.name for suite in table.suite]
    for n, suite in enumerate(table.suite):
        yield from _suite_faults(n, suite)
        if suite.name in names[:n]:
            why = f"two suites are called '{suite.name}'"
            yield ("suite", n, "name"), why, "rename one of them"


def _suite_faults(n: int, suite: SuiteTable) -> Iterator[tuple[Where, str, str]]:
    if below(suite.root) is None:
        hint = "give a folder of the repository, such as root = 'backend'"
        yield ("suite", n, "root"), f"root '{suite.root}' leaves the repository", hint
    report = suite.report
    if report is not None and not below(report):
        hint = "give a path below the suite's root, such as report = 'build/tests.xml'"
        yield ("suite", n, "report"), f"report '{report}' leaves the suite's root", hint
    if report is None and suite.runner == "junit":
        hint = "say where: report = 'build/tests.xml'"
        yield ("suite", n, "runner"), "the runner 'junit' reads a report", hint
    if report is not None and suite.runner not in REPORTS:
        why = f"the runner '{suite.runner}' reads no report of yours"
        if suite.runner is None:
            why = f"what kind of report '{report}' is does not show"
            if report.endswith((".xml", ".tap")):
                return
        yield ("suite", n, "report"), why, "say runner = 'junit' or runner = 'tap'"


REPORTS: Final = ("junit", "tap")  # the runners that read the file that ``report`` names
