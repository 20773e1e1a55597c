"""doctor: what is wrong in this clone, and the command that mends it."""

import shlex
import time

import click

from git_oneshot.cli.answer import Answer, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.data.clone import Checkup
from git_oneshot.cli.data.parts import CheckRow, FindingRow
from git_oneshot.cli.look import Table
from git_oneshot.cli.provers import asked_for
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.spelling import counted
from git_oneshot.gate.clinic import Clinic, Finding
from git_oneshot.gate.doctor import examine


@answering("doctor")
@click.option("--fix", is_flag=True, help="Mend what is this program's own.")
def doctor(app: App, *, fix: bool) -> Answer:
    """Check settings, hooks, markers, locks, trust, rules, runner and caches of this clone.

    With --fix, what is this program's own is mended; what is yours is only
    named, with the command that mends it.
    """
    app.look_for_losses(app.store.tips())
    clinic = Clinic(
        app.git, app.clone, app.store, app.environ, time.time(), app.refresh_display,
        lambda: asked_for(app.git),
    )  # fmt: skip
    rows = [_row(name, found, fix=fix) for name, found in examine(clinic)]
    table = _table(rows)
    wrong = [one for row in rows for one in row.findings if not one.note and not one.fixed]
    if not wrong:
        return Answer(Checkup(checks=rows), [table])
    app.say(table)
    hint = (
        "git oneshot doctor --fix"
        if any(one.fixable for one in wrong)
        else "each line above says what"
    )
    raise OneshotError(
        Code.CLONE_UNSOUND,
        f"{counted(len(wrong), 'thing')} {'is' if len(wrong) == 1 else 'are'} wrong in this clone",
        hint,
        checks=rows,
    )


def _row(name: str, found: list[Finding], *, fix: bool) -> CheckRow:
    findings = []
    for one in found:
        if fix and one.fix is not None:
            one.fix()
        findings.append(FindingRow(
            what=one.what, mend=list(one.mend), fixable=one.fix is not None,
            fixed=fix and one.fix is not None, note=one.note,
        ))  # fmt: skip
    sound = all(one.note or one.fixed for one in findings)
    return CheckRow(check=name, sound=sound, findings=findings)


def _table(rows: list[CheckRow]) -> Table:
    cells: list[tuple[str, str, str]] = []
    lines = []
    for row in rows:
        if not row.findings:
            cells.append((row.check, "sound", ""))
            lines.append(f"{row.check:<15} sound")
        for one in row.findings:
            word = "mended" if one.fixed else "note" if one.note else "wrong"
            mend = shlex.join(one.mend) if not one.fixed else ""
            cells.append((row.check, word, "\n".join(filter(None, (one.what, mend)))))
            lines.append(f"{row.check:<15} {word}: {one.what}")
            lines += [f"{'':<15} {mend}"] if mend else []
    return Table(("check", "state", "what is wrong, and what mends it"), cells, "\n".join(lines))
