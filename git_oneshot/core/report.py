"""A feature's trail as a report for a reviewer or an auditor: Markdown, or HTML in one file.

What a trail says is anybody's text: in Markdown it is escaped so that no forge
acts upon it, in HTML so that no browser does.
"""

import html
import re
from collections.abc import Sequence
from itertools import compress
from typing import Final, NamedTuple

from git_oneshot.core import markdown as md
from git_oneshot.core.spelling import printable
from git_oneshot.core.state import State

_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em}"
    "h1{margin-bottom:.2em}h2{margin-top:1.6em}table{border-collapse:collapse;width:100%}"
    "td,th{border-top:1px solid #8886;padding:.3em .8em .3em 0;text-align:left;vertical-align:top;"
    "overflow-wrap:break-word;max-width:32em}td:last-child{overflow-wrap:anywhere}"
    "th,td[data-of=time]{white-space:nowrap}th{font-weight:600}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere}"
    ".PASS{color:#18793b}.FAIL{color:#c22}.UNKNOWN{color:#a60}"
    "@media(prefers-color-scheme:dark){.PASS{color:#5c8}.FAIL{color:#f77}.UNKNOWN{color:#da4}}"
    # On a telephone, the cells of a row one below the other.
    "@media(max-width:44em){table,tbody,tr,td,th{display:block}h1,td,th{overflow-wrap:anywhere}"
    "tr{border-top:1px solid #8886;padding:.3em 0}td,th{border:0;padding:0}"
    "th[scope=col]{display:none}tr:has(th[scope=col]){display:none}"
    "td[data-of]::before{content:attr(data-of) ': ';font-weight:600}}"
)
_VERDICT: Final = re.compile(r"^(PASS|FAIL|UNKNOWN)\b")


class Table(NamedTuple):
    """A heading, and rows under their titles; without titles, each row begins with its own."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    @property
    def filled(self) -> "Table":
        """The table without the columns in which nothing is."""
        some = [any(column) for column in zip(*self.rows, strict=True)]
        rows = [tuple(compress(row, some)) for row in self.rows]
        return Table(self.title, tuple(compress(self.head, some)), rows)


def tables(state: State, story: Sequence[tuple[str, ...]]) -> list[Table]:
    """What a report shows. ``story``: clock, time, who, what, about, and why it is void."""
    plan = state.plan
    facts = [
        ("phase", state.phase or ""), ("policy", state.policy), ("branch", state.branch),
        ("base", state.base), ("begun by", state.by), ("begun", state.began), ("last", state.at),
        ("goal", (plan.goal or plan.summary) if plan else ""),
        ("approach", plan.approach if plan else ""),
        ("planned files", ", ".join(plan.files) if plan else ""),
        ("planned tests", ", ".join(plan.tests) if plan else ""),
        ("suite", state.suite.told if state.suite else "not run"),
        ("reason", state.reason), ("superseded by", state.superseded_by),
    ]  # fmt: skip
    commits = [
        (c.id, c.subject, c.proof.told if c.proof else "not judged",
         waiver.reason if (waiver := state.waiver(c.id)) else "")
        for c in state.commits
    ]  # fmt: skip
    turns = [
        (c.id[:9], test.suite, test.id, test.red, test.green, test.reason)
        for c in state.commits if c.proof for test in c.proof.tests
    ]  # fmt: skip
    found = [
        Table("Feature", (), [row for row in facts if row[1]]),
        Table("Commits and their proofs", ("commit", "subject", "claimed", "waived"), commits),
        Table("Tests", ("commit", "suite", "test", "without it", "with it", "reason"), turns),
        Table("Events", ("clock", "time", "who", "what", "about", "void"), story),
    ]
    return [table.filled for table in found if table.rows]


def to_markdown(state: State, story: Sequence[tuple[str, ...]], plan: str = "") -> str:
    """The report in Markdown. ``plan``: the text of it, where that is more than a line."""
    parts = [f"# {md.escape(state.title or state.feature)}", ""]
    for table in tables(state, story):
        rows = [[md.escape(cell) for cell in row] for row in table.rows]
        parts += [f"## {table.title}", ""]
        if table.head:
            parts += [_row(table.head), _row(["---"] * len(table.head)), *map(_row, rows), ""]
        else:
            parts += [*(f"- {row[0]}: {row[1]}" for row in rows), ""]
            parts += ["## Plan", "", md.fenced(plan), ""] if plan else []
    return "\n".join(parts)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def to_html(state: State, story: Sequence[tuple[str, ...]], plan: str = "") -> str:
    """The report in one file that asks for nothing and runs nothing. ``plan``: see above."""
    title = _safe(state.title or state.feature)
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">",
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>",
    ]
    for table in tables(state, story):
        parts.append(f"<h2>{_safe(table.title)}</h2><table>")
        heads = "".join(f'<th scope="col">{_safe(cell)}</th>' for cell in table.head)
        parts += [f"<tr>{heads}</tr>"] if heads else []
        for row in table.rows:
            first = "" if table.head else f'<th scope="row">{_safe(row[0])}</th>'
            named = zip(table.head or ("",), row if table.head else row[1:], strict=True)
            cells = "".join(_cell(name, text) for name, text in named)
            parts.append(f"<tr>{first}{cells}</tr>")
        parts.append("</table>")
        if plan and not table.head:
            parts.append(f"<h2>Plan</h2><pre>{_safe(plan)}</pre>")
    return "\n".join([*parts, "</body></html>"])


def _cell(name: str, text: str) -> str:
    of = f' data-of="{_safe(name)}"' if name and text else ""
    verdict = _VERDICT.match(text)
    return f"<td{of}" + (f' class="{verdict[1]}"' if verdict else "") + f">{_safe(text)}</td>"


def _safe(text: str) -> str:
    return html.escape("\n".join(printable(line) for line in text.split("\n")))
