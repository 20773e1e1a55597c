"""fsck: every rule of the format, on every trail."""

import contextlib
import os
from collections import Counter
from collections.abc import Sequence

import click

from git_oneshot.cli.answer import Answer, Next, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.data.parts import BrokenRow
from git_oneshot.cli.data.trails import Checked, SealRow
from git_oneshot.cli.sealing import later
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import feature_id
from git_oneshot.core.spelling import counted
from git_oneshot.gate.soundness import MOST
from git_oneshot.proof.suites import rules_of
from git_oneshot.trail.audit import RULES, Finding, audit, failing, odd_refs
from git_oneshot.trail.display import REF, ours
from git_oneshot.trail.promised import bring_promised
from git_oneshot.trail.sealed import Seal, seals
from git_oneshot.trail.store import Tip, unknown


@answering("fsck", long=True)
@click.option("--signatures", is_flag=True, help="Look at the seals, too.")
@click.option("--repair", is_flag=True, help="Make anew what is derived.")
def fsck(app: App, *, signatures: bool, repair: bool) -> Answer:
    """Check all trails, ours and the remotes', or those of -f.

    What breaks a rule that reading depends on is an error, and the exit status
    4; what is odd in a view is a warning. What was said is never changed.
    """
    app.look_for_losses(app.store.tips())  # before what is remembered of remotes is made anew
    tips = _tips(app)
    if repair:
        _repair(app)
    with app.progress.running(f"checking {counted(len(tips), 'trail')}"):
        bring_promised(app.git, tips)
        found: list[Finding] = [*audit(app.store, tips)]
        found += odd_refs(app.git, tips) if not app.named else ()
    policy = _policy(app)
    sealed: list[Seal] = []
    if signatures or policy != "off":
        for one in seals(app.git, app.store, tips):
            if isinstance(one, Seal):
                sealed.append(one)
            else:
                found.append(one)
    rows = [_row(one, policy) for one in found]
    data = Checked(
        trails=len(tips), findings=rows,
        seals=[SealRow(ref=s.ref, commit=s.commit, verdict=s.verdict.word,
                       signer=s.verdict.signer or None) for s in sealed],
    )  # fmt: skip
    errors = [(row, one.hint) for row, one in zip(rows, found, strict=True) if row.word == "error"]
    # With the first error the command ends.
    lines = _lines([row for row in rows if row is not errors[0][0]] if errors else rows)
    lines += [f"seal: {s.ref}: {s.commit[:12]} {s.verdict.word} {s.verdict.signer}".rstrip()
              for s in sealed if s.verdict.word == "good"]  # fmt: skip
    if errors:
        first, hint = errors[0]
        for line in lines:
            app.say(line)
        raise _damaged(first, hint, len(errors) - 1, data)
    unknown = [row.commit[:12] for row in rows if row.rule == "seal-unknown"]
    look = [Next(("git", "verify-commit", *unknown[:1]), "see what git says")] if unknown else []
    return Answer(data, "\n".join([*lines, f"{counted(len(tips), 'trail')} checked"]), look)


def _policy(app: App) -> str:
    """off, warn or require, of the rules at HEAD; what is wrong with those hides no damage."""
    try:
        return rules_of(app.git, app.git.tree(app.head)).trail.signatures
    except OneshotError as err:
        app.say(f"warning: whether a seal is required is not known: {err.message}")
        return "off"


def _tips(app: App) -> list[Tip]:
    tips = app.store.tips()
    if app.named is None:
        return tips
    name = feature_id(app.named)
    named = [tip for tip in tips if tip.feature == name]
    if not named:
        raise unknown(app.store, name)
    return named


def _row(one: Finding, policy: str) -> BrokenRow:
    word = "error" if failing(one.rule, policy) else one.word
    return BrokenRow(rule=one.rule, word=word, ref=one.ref, commit=one.commit, what=one.what,
                      meaning=RULES[one.rule][1])  # fmt: skip


def _repair(app: App) -> None:
    """Throw away what is derived, and make it anew."""
    for name in ("states", "glances", "seen", "displayed", "suiteless"):
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(app.git.own_dir, name))
    if ours(app.git):
        app.git.call("update-ref", "-d", REF)
    else:
        app.say(f"note: {REF} holds notes of yours, and stays as it is")
    app.refresh_display()


def _lines(rows: Sequence[BrokenRow]) -> list[str]:
    """A line for each, up to a number of those that break one rule."""
    count, lines = Counter[tuple[str, str]](), list[str]()
    for row in rows:
        count[row.word, row.rule] += 1
        if count[row.word, row.rule] <= MOST:
            lines.append(_line(row))
    return lines + [
        f"{word}: {rule}: {n - MOST:,} more; --json has all"
        for (word, rule), n in count.items()
        if n > MOST
    ]


def _line(row: BrokenRow) -> str:
    return f"{row.word}: {row.ref}: {row.rule}: {row.what}"


def _damaged(first: BrokenRow, hint: str, others: int, data: Checked) -> OneshotError:
    more = f", and {others} more" if others else ""
    if first.rule == "unsealed":
        hint = f"who ended it can seal it: {later(first.ref.rpartition('/')[2])}"
    elif first.rule == "seal-bad":
        hint = f"see what git says: git verify-commit {first.commit[:12]}"
    what = _line(first).removeprefix("error: ") + more
    return OneshotError(Code.TRAIL_DAMAGED, what, hint, broken=data.findings)
