"""rules: what is in force, and where it comes from."""

import os
import shlex

import click

from git_oneshot.cli.ahead import go_on
from git_oneshot.cli.answer import Answer, Next, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.data.clone import RulesData
from git_oneshot.cli.data.parts import GateData, LimitsData, PruneData, SideRow, SuiteRow, ValueRow
from git_oneshot.cli.look import Prose
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.rules.effective import values
from git_oneshot.core.rules.file import FILE
from git_oneshot.core.rules.lines import lines_of
from git_oneshot.core.rules.rules import Rules, sides
from git_oneshot.core.rules.template import template
from git_oneshot.core.spelling import printable
from git_oneshot.proof.suites import edited, file_of, rules_of
from git_oneshot.trail.disk import put


@answering("rules")
@click.option("--write", is_flag=True, help=f"Write a commented {FILE}.")
def rules(app: App, *, write: bool) -> Answer:
    """Show the rules in force at HEAD, and where each value comes from."""
    tree = app.git.tree(app.head)
    found = rules_of(app.git, tree)
    if write:
        return _written(app, found, tree)
    _look_at_edits(app, tree)
    data = _data(app, found, tree)
    return Answer(data, [Prose(_shown(found, data.values))], go_on(app))


def _written(app: App, found: Rules, tree: str) -> Answer:
    path = os.path.join(app.work_tree, FILE)
    if os.path.lexists(path):
        raise OneshotError(Code.INVALID_INPUT, f"{FILE} exists", f"edit it: {path}")
    put(path, template(found).encode())
    return Answer(
        _data(app, found, tree, FILE),
        f"wrote {FILE}",
        [Next(("git", "add", app.from_here(FILE)), "commit it alone: it changes the rules")],
    )


def _look_at_edits(app: App, tree: str) -> None:
    """Check the file as it is being edited; to commit it must not be the only way to do so."""
    text = edited(app.git)
    if text is None:
        return
    committed = app.git.call("cat-file", "blob", f"{tree}:{FILE}", ok=(0, 128))
    if committed.returncode != 0 or committed.stdout != text:
        app.say(f"note: {FILE} was changed, and is not in force until it is committed")


def _data(app: App, found: Rules, tree: str, written: str | None = None) -> RulesData:
    said = values(found, lines_of(file_of(app.git, tree) or ""))
    return RulesData(
        written=written,
        source=FILE if found.from_file else "detected",
        values=[
            ValueRow(key=v.key, value=v.value, source=v.source, line=v.line) for v in said
        ],
        suites=[
            SuiteRow(
                name=s.name, command=list(s.command), root=s.root or ".", runner=s.runner,
                timeout=s.timeout, report=s.report or None, setup=list(s.setup),
                source="detected" if s.detected else FILE,
            )
            for s in found.suites
        ],
        sides=[SideRow(side=side, paths=list(paths)) for side, paths in sides(found)],
        strict=found.strict,
        checks=[list(argv) for argv in found.checks],
        gate=GateData(
            refs=list(found.gate.refs), everything=found.gate.everything, order=found.gate.order,
            scope=found.gate.scope,
        ),
        limits=LimitsData(
            commit_seconds=found.limits.commit_seconds, plan_files=found.limits.plan_files
        ),
        prune=PruneData(
            stale_after_days=found.prune.stale_after_days, max_batch=found.prune.max_batch,
            phase_exclusions=list(found.prune.phase_exclusions),
        ),
    )  # fmt: skip


def _shown(found: Rules, said: list[ValueRow]) -> str:
    lines = [f"# from {FILE}" if found.from_file else f"# there is no {FILE}: detected"]
    rows = [(v.key, _plain(v.value), f"{v.source}:{v.line}" if v.line else v.source) for v in said]
    wide = max(len(key) for key, _, _ in rows)
    long = min(40, max(len(value) for _, value, _ in rows))
    lines += [f"{key:<{wide}}  {value:<{long}}  {source}".rstrip() for key, value, source in rows]
    if not found.suites:
        lines.append("# no suite is known: nothing is gated")
    lines += ["", "# the first side that claims a path has it"]
    for side, paths in sides(found):
        lines.append(f"{side:<12} {' '.join(path.removeprefix(':(glob)') for path in paths)}")
    lines.append(f"{'production' if found.strict else 'neutral':<12} all else")
    return "\n".join(printable(line) for line in lines)


def _plain(value: object) -> str:
    """A value on one line: commands as a shell has them."""
    if isinstance(value, tuple):
        words = [shlex.join(one) if isinstance(one, tuple) else one for one in value]
        nested = any(isinstance(one, tuple) for one in value)
        return "; ".join(words) if nested else shlex.join(words) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
