"""A feature's trail as a report for a reviewer or an auditor: Markdown, or HTML in one file.

What a trail says is anybody's text: in Markdown it is escaped so that no forge
acts upon it, in HTML so that no browser does.
"""

import html
from collections.abc import Sequence
from typing import Final, NamedTuple

from git_oneshot.core import markdown as md
from git_oneshot.core.ids import printable
from git_oneshot.core.state import State

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:.3em .6em;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere}code{font-size:.9em}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}"
)


class Table(NamedTuple):
    """A heading, and rows under their titles."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def tables(state: State, story: Sequence[tuple[str, ...]]) -> list[Table]:
    """What a report shows. ``story``: clock, time, who, what, about, and why it is void."""
    plan = state.plan
    facts = [
        ("phase", state.phase or ""), ("policy", state.policy), ("branch", state.branch),
        ("base", state.base), ("begun by", state.by), ("begun", state.began), ("last", state.at),
        ("goal", (plan.goal or plan.summary) if plan else ""),
        ("approach", plan.approach if plan else ""),
        ("suite", state.suite.told if state.suite else "not run"),
        ("reason", state.reason), ("superseded by", state.superseded_by),
    ]  # fmt: skip
    commits = [
        (c.id, c.subject, c.proof.told if c.proof else "not judged",
         waiver.reason if (waiver := state.waiver(c.id)) else "")
        for c in state.commits
    ]  # fmt: skip
    return [
        Table("Feature", ("", ""), [row for row in facts if row[1]]),
        Table("Commits and their proofs", ("commit", "subject", "claimed", "waived"), commits),
        Table("Events", ("clock", "time", "who", "what", "about", "void"), story),
    ]


def to_markdown(state: State, story: Sequence[tuple[str, ...]]) -> str:
    """The report in Markdown."""
    parts = [f"# {md.escape(state.title or state.feature)}", ""]
    for table in tables(state, story):
        parts += [f"## {table.title}", "", _row(table.head), _row(["---"] * len(table.head))]
        parts += [_row([md.escape(cell) for cell in row]) for row in table.rows]
        parts.append("")
    return "\n".join(parts)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def to_html(state: State, story: Sequence[tuple[str, ...]]) -> str:
    """The report in one file that asks for nothing and runs nothing."""
    title = _safe(state.title or state.feature)
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">",
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>",
    ]
    for table in tables(state, story):
        heads = "".join(f"<th>{_safe(cell)}</th>" for cell in table.head)
        parts.append(f"<h2>{_safe(table.title)}</h2><table><tr>{heads}</tr>")
        rows = ("".join(f"<td>{_safe(cell)}</td>" for cell in row) for row in table.rows)
        parts += [*(f"<tr>{cells}</tr>" for cells in rows), "</table>"]
    return "\n".join([*parts, "</body></html>"])


def _safe(text: str) -> str:
    return html.escape("\n".join(printable(line) for line in text.split("\n")))
