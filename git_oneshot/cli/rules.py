"""rules: what is in force, and where it comes from."""

import os
import shlex

import click

from git_oneshot.cli.answer import Answer, Next, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.data import RulesData
from git_oneshot.cli.parts import GateData, LimitsData, SideRow, SuiteRow
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.rules import Rules, sides
from git_oneshot.core.rules_file import FILE, parse
from git_oneshot.core.template import template
from git_oneshot.proof.suites import rules_of


@answering("rules", "the rules in force; --write makes a file of them")
@click.option("--write", is_flag=True, help=f"Write a commented {FILE}.")
def rules(app: App, *, write: bool) -> Answer:
    """Show the rules in force at HEAD, and where they come from."""
    tree = app.git.tree(app.head)
    found = rules_of(app.git, tree)
    if write:
        path = os.path.join(app.work_tree, FILE)
        try:
            with open(path, "x", encoding="utf-8") as file:
                file.write(template(found.suites))
        except FileExistsError:
            raise OneshotError(Code.INVALID_INPUT, f"{FILE} exists", f"edit it: {path}") from None
        return Answer(
            _data(found, FILE),
            f"wrote {FILE}",
            [Next(("git", "add", FILE), "commit it alone: it changes the rules")],
        )
    _look_at_edits(app, tree)
    return Answer(_data(found), _shown(found))


def _look_at_edits(app: App, tree: str) -> None:
    """Check the file as it is being edited; to commit it must not be the only way to do so."""
    try:
        with open(os.path.join(app.git.work_tree or os.devnull, FILE), "rb") as file:
            edited = file.read()
    except OSError:
        return
    parse(edited.decode(errors="replace"))
    committed = app.git.call("cat-file", "blob", f"{tree}:{FILE}", ok=(0, 128))
    if committed.returncode != 0 or committed.stdout != edited:
        app.say(f"note: {FILE} was changed, and is not in force until it is committed")


def _data(found: Rules, written: str | None = None) -> RulesData:
    return RulesData(
        written=written,
        source=FILE if found.from_file else "detected",
        suites=[
            SuiteRow(
                name=s.name, command=list(s.command), root=s.root or ".", runner=s.runner,
                timeout=s.timeout, source="detected" if s.detected else FILE,
            )
            for s in found.suites
        ],
        sides=[SideRow(side=side, paths=list(paths)) for side, paths in sides(found)],
        strict=found.strict,
        checks=[list(argv) for argv in found.checks],
        gate=GateData(refs=list(found.gate.refs), everything=found.gate.everything),
        limits=LimitsData(
            commit_seconds=found.limits.commit_seconds, plan_files=found.limits.plan_files
        ),
    )  # fmt: skip


def _shown(found: Rules) -> str:
    lines = [f"# from {FILE}" if found.from_file else f"# there is no {FILE}: detected"]
    lines += [
        f"suite    {s.name}: {shlex.join(s.command)} in {s.root or '.'}, {s.timeout} s, {s.runner}"
        for s in found.suites
    ]
    if not found.suites:
        lines.append("suite    none: nothing is gated")
    lines += [f"check    {shlex.join(argv)}" for argv in found.checks]
    for side, paths in sides(found):
        lines.append(f"{side:<12} {' '.join(path.removeprefix(':(glob)') for path in paths)}")
    rest = "production (strict)" if found.strict else "neutral"
    lines.append(f"all else     {rest}")
    if found.gate.everything:
        lines.append("gate     every push")
    elif found.gate.refs:
        lines.append(f"gate     {' '.join(found.gate.refs)}")
    return "\n".join(lines)
