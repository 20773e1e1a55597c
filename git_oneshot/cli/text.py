"""What people read: plain lines, printable whatever a trail, a test or a commit holds."""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from git_oneshot.cli.look import Table
from git_oneshot.core.spelling import printable, some

if TYPE_CHECKING:  # a read command proves nothing
    import datetime

    from git_oneshot.core.facts import Plan, Proof, TestTurn
    from git_oneshot.core.state import State
    from git_oneshot.gate.judging import Verdict
    from git_oneshot.gate.prepush import Held

UNPLANNED: Final = "none yet"  # instead of a plan


def size(number: int) -> str:
    """A number of bytes: ``12.3 MiB``."""
    return f"{number / 2**20:.1f} MiB"


def lasting(seconds: float) -> str:
    """How long something has been going on: ``40 s``, ``3 min``."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def red(proof: "Proof") -> str:
    """What `red` says."""
    count = proof.total
    tests = "test fails" if count == 1 else "tests fail"
    head = f"red: {count} {tests} without the change"
    return "\n".join([head, *(f"  {printable(t.id)}  {t.reason}" for t in proof.tests[:10])])


def green(proof: "Proof") -> str:
    """What `green` says."""
    turned = [t for t in proof.tests if t.turned]
    if not turned:
        kind = f"{proof.kind} (declared)" if proof.declared else proof.kind
        return f"green: {kind}, no test turned and none had to"
    lines = [f"  {printable(t.id)}  red without it ({t.reason})" for t in turned[:10]]
    rest = [t for t in proof.tests if not t.turned and not t.red == t.green == "passed"]
    others = proof.total - proof.turned
    if len(turned) + len(rest) == len(proof.tests) < proof.total:  # what they are is not listed
        tail = f", {others} others" if others else ""
    else:
        tail = f", {others - len(rest)} passed all along" if others > len(rest) else ""
        tail += f", {len(rest)} not counted" if rest else ""
    lines += [f"  {printable(t.id)}  {_uncounted(t)}" for t in rest[:10]]
    return "\n".join([f"green: {proof.turned} turned by the change{tail}", *lines])


def _uncounted(turn: "TestTurn") -> str:
    """Why a test is not counted that did not pass all along."""
    from git_oneshot.core.verdicts.codes import UNCOUNTED

    said = UNCOUNTED.get(turn.reason.removeprefix("not "))
    there = turn.red or "not there", turn.green or "not there"
    return said or f"{there[0]} without it, {there[1]} with it"


def verdict(found: "Verdict") -> str:
    """One commit and its verdict in a line, and what it rests on below."""
    short = found.commit.id[:9]
    lines = [f"{short} {_word(found.proof)}  {printable(found.commit.subject)}"]
    lines += [f"          {line}" for line in _rests_on(found)]
    if found.suite is not None and found.suite.word != "PASS":
        lines.append(f"{short} suite {found.suite.told}")
    return "\n".join(lines)


def verdicts(found: Sequence["Verdict"], *, neutral: bool = False) -> Table:
    """Commits and their verdicts; ``neutral``: and their files that need no test."""
    rows, lines = [], []
    for one in found:
        below = _rests_on(one)
        if one.suite is not None and one.suite.word != "PASS":
            below.append(f"suite {one.suite.told}")
        rest = [f"needs no test: {some(one.neutral)}"] if neutral and one.neutral else []
        lines += [verdict(one), *(f"          {line}" for line in rest)]
        what = "\n".join([printable(one.commit.subject), *below, *rest])
        rows.append((one.commit.id[:9], _word(one.proof), what))
    return Table(("commit", "verdict", "what"), rows, "\n".join(lines))


def _word(proof: "Proof") -> str:
    word = proof.verdict if proof.code else f"{proof.word} {proof.kind}"
    return word + " (declared)" if proof.declared else word


def _rests_on(found: "Verdict") -> list[str]:
    proof = found.proof
    turned = [t for t in proof.tests if t.turned]
    lines = [f"red without it ({t.reason}): {printable(t.id)}" for t in turned[:5]]
    if proof.turned > 5:
        lines.append(f"and {proof.turned - 5} more")
    lines += [printable(note) for note in proof.notes[:3]]
    if found.waiver is not None:
        by = found.waiver.by.partition(" <")[0]
        lines.append(printable(f"waived by {by}: {found.waiver.reason}"))
    return lines


def held(all_: "Sequence[Held]") -> list[str]:
    """What a push may not bring: a line for each ref."""
    refs = dict.fromkeys(one.update.remote_ref for one in all_)
    return [_held([one for one in all_ if one.update.remote_ref == ref]) for ref in refs]


def _held(found: "Sequence[Held]") -> str:
    from git_oneshot.core.facts import Proof

    first = found[0].found
    proof = first if isinstance(first, Proof) else first.proof
    what = "the suite" if isinstance(first, Proof) else first.commit.id[:9]
    why = f": {proof.notes[0]}" if proof.notes else ""
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    where = f"{found[0].update.remote_ref}: {what}"
    return printable(f"{where} is {proof.verdict}{why}{more}")


def plan_line(plan: "Plan | None", summary: str) -> str:
    """A plan in one line."""
    return printable(summary or (plan.summary if plan else "")) or UNPLANNED


def cycle(state: "State", head: str | None, declared: str) -> tuple[str, str]:
    """Where the cycle stands, in a word and in a line; ``declared``: what comes next is of it."""
    now = state.cycle
    if now.parent != head or (now.red is None and now.green is None):
        if declared:
            return "green", f"declared {declared}: make the change and run green, or commit"
        return "red", "write the next test that fails"
    if now.green is None:
        assert now.red is not None
        names = ", ".join(printable(t.id) for t in now.red.tests[:2])
        return "green", f"red: {names}"
    return "commit", "green: refactor and run green again, or commit"


def age(now: str, then: str) -> str:
    """How long ago, in the largest unit that there is one of."""
    try:
        passed = _moment(now) - _moment(then)
    except ValueError:  # a damaged trail tells no time
        return "?"
    minutes = max(0, int(passed.total_seconds() // 60))
    for unit, size in (("d", 1_440), ("h", 60)):
        if minutes >= size:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


@functools.lru_cache(maxsize=16)  # of a thousand features all are compared with one now
def _moment(text: str) -> "datetime.datetime":
    import datetime

    return datetime.datetime.fromisoformat(text)


def table(
    head: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, spare: str = ""
) -> Table:  # fmt: skip
    """Rows in columns, as wide as they need to be where nothing says how wide they may be."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    line = "  ".join(f"%-{width}s" for width in widths)
    return Table(head, rows, "\n".join((line % row).rstrip() for row in rows), spare,
                 titled=True)  # fmt: skip
