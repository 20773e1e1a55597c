"""What a CI service shows of verdicts: annotations, a code quality report, a summary.

Pure. Subjects, paths and the names of tests are a stranger's. Each service has
its own way of being told to do things by what a job prints, and every value is
escaped for the place where it goes.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from git_oneshot.core.facts import Proof
from git_oneshot.core.markdown import code, escape
from git_oneshot.core.spelling import printable
from git_oneshot.core.verdicts.codes import advice

SHOWN: Final = 10  # annotations of one kind that GitHub shows of a step
ROWS: Final = 200  # of a summary, which may have a mebibyte
LONGEST: Final = 500  # characters of one value


class Remark(NamedTuple):
    """A verdict that is not PASS, of a commit or ("" is its id) of the suite, and its place."""

    proof: Proof
    commit: str = ""
    subject: str = ""
    path: str = ""
    line: int = 1

    @property
    def title(self) -> str:
        """The verdict, and what it is about."""
        return f"{self.proof.verdict} {self.commit[:9] or 'suite'}"

    @property
    def said(self) -> str:
        """Why, and what to do about it."""
        notes = self.proof.notes[:1]
        return "; ".join(filter(None, [self.subject, *notes, advice(self.proof)]))


# -- GitHub -------------------------------------------------------------------------


def annotations(remarks: Sequence[Remark]) -> list[str]:
    """Workflow commands: errors for FAIL, warnings for UNKNOWN, as many as are shown."""
    lines = []
    for word, kind in (("FAIL", "error"), ("UNKNOWN", "warning")):
        found = [one for one in remarks if one.proof.word == word]
        shown = found if len(found) <= SHOWN else found[: SHOWN - 1]
        lines += [_command(kind, one) for one in shown]
        if len(found) > len(shown):
            lines.append(f"::{kind}::and {len(found) - len(shown)} more: see the summary")
    return lines


def _command(kind: str, one: Remark) -> str:
    at = {"file": one.path, "line": str(one.line)} if one.path else {}
    said = {**at, "title": f"git oneshot: {one.title}"}
    properties = ",".join(f"{name}={_property(value)}" for name, value in said.items())
    return f"::{kind} {properties}::{_data(one.said)}"


def _data(text: str) -> str:
    """A value behind a command's last colons: the runner undoes just this."""
    return printable(text[:LONGEST]).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def harmless(text: str) -> str:
    """Lines in which the runner finds no command: one begins a line, an old one is anywhere."""
    lines = (
        line.replace("::", ": :", 1) if line.lstrip().startswith("::") else line
        for line in text.split("\n")
    )
    return "\n".join(lines).replace("##[", "# #[")


# -- GitLab -------------------------------------------------------------------------


def quality(remarks: Iterable[Remark]) -> bytes:
    """A code quality report. What has no place is at the rules, which are at the top."""
    rows = [
        {
            "description": _text(f"{one.title}: {one.said}"),
            "check_name": f"git-oneshot/{one.proof.code}",
            # The same finding in the next pipeline: not by the commit, which a rebase changes.
            "fingerprint": _digest(one.proof.code, one.subject, one.path),
            "severity": "major" if one.proof.word == "FAIL" else "minor",
            "location": {
                "path": _text(one.path or ".oneshot.toml"), "lines": {"begin": one.line},
            },
        }
        for one in remarks
    ]  # fmt: skip
    return msgspec.json.encode(rows) + b"\n"


def _text(text: str) -> str:
    return printable(text[:LONGEST])


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(map(ascii, parts)).encode()).hexdigest()[:32]


# -- for both -----------------------------------------------------------------------


class Row(NamedTuple):
    """A line of the summary; ``waived``: it may pass as it is."""

    commit: str
    proof: Proof
    subject: str
    waived: bool = False

    @property
    def bad(self) -> bool:
        """Whether something has to be done about it."""
        return self.proof.word != "PASS" and not self.waived


def summary(rows: Sequence[Row], suite: Proof | None) -> str:
    """A table in Markdown."""
    bad, waived = sum(row.bad for row in rows), sum(row.waived for row in rows)
    head = f"{bad} of {len(rows)} not proven" if bad else f"{len(rows) - waived} proven"
    head += f", {waived} waived" if waived else ""
    lines = [f"### git oneshot: {head}", "", "| commit | verdict | subject |", "|---|---|---|"]
    # The bad ones first, where not all can be shown.
    ordered = sorted(rows, key=lambda row: not row.bad) if len(rows) > ROWS else rows
    for row in ordered[:ROWS]:
        cells = (
            code(row.commit[:9]),
            escape(("waived: " if row.waived else "") + row.proof.told[:LONGEST]),
            escape(row.subject[:LONGEST]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    if len(rows) > ROWS:
        lines += ["", f"and {len(rows) - ROWS} more"]
    if suite is not None:
        lines += ["", f"suite: {escape(suite.told[:LONGEST])}"]
    return "\n".join([*lines, "", ""])
