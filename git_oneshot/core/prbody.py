"""What a pull request says: its title, its body, and whether a body says enough.

Everything is taken from the trail: plan, cycles, proofs and what was waived or
declared. Those texts were written by anyone, so each goes through ``markdown``.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Proof
from git_oneshot.core.markdown import Section, code, escape, fenced, line, sections
from git_oneshot.core.state import Commit, State

REQUIRED: Final = ("Summary", "Changes", "Test Plan")
LONGEST_TITLE: Final = 72
BOTS: Final = ("renovate[bot]", "dependabot[bot]")
QUEUE: Final = "gh-readonly-queue/"
TYPES: Final = (
    "feat", "fix", "docs", "test", "refactor", "perf", "build", "ci", "chore", "style", "revert",
)  # fmt: skip
# What we wrote is between these, so that a person's words around it stay.
BEGIN: Final = "<!-- git-oneshot: what is below is written again at each synthesize -->"
END: Final = "<!-- git-oneshot: end -->"

_TYPED: Final = re.compile(rf"({'|'.join(TYPES)})(\([\w./-]+\))?!?: +(\S.*)", re.IGNORECASE)
_BY_CLASS: Final = {
    "behaviour": "feat", "neutral": "docs", "test-only": "test", "environment": "build",
    "rules": "chore", "refactor": "refactor", "removal": "refactor", "inert": "style",
    "revert": "revert",
}  # fmt: skip
# Headings of a repository's own template, by what of ours belongs below them.
_PLACES: Final = (
    ("Test Plan", re.compile(r"test|verif|validat|\bqa\b", re.IGNORECASE)),
    ("Summary", re.compile(r"summary|descri|motivat|why|what|overview|context", re.IGNORECASE)),
    ("Changes", re.compile(r"change|approach|how|implement|detail", re.IGNORECASE)),
)


class Judged(NamedTuple):
    """What validation found: headings that are not there, and sections that say nothing."""

    missing: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    skipped: bool = False

    @property
    def passed(self) -> bool:
        """Whether the body says enough."""
        return not self.missing and not self.empty


# -- the title ------------------------------------------------------------------------


def title(state: State) -> str:
    """``<type>: <what>``, one line of at most 72 characters that no forge acts upon."""
    source = state.title or (state.plan.summary if state.plan else "") or state.summary
    said = line(source) or state.feature.replace("-", " ")
    typed = _TYPED.fullmatch(said)
    if not typed:
        said = f"{_type(state)}: {said}"
    return said if len(said) <= LONGEST_TITLE else said[: LONGEST_TITLE - 1].rstrip() + "…"


def _type(state: State) -> str:
    """What kind of change it is: as the first commit says, else as its class tells."""
    for commit in state.commits:
        typed = _TYPED.fullmatch(commit.subject)
        if typed:
            return typed[1].lower()
    if re.match(r"(fix|bug|hotfix)-", state.feature):
        return "fix"
    kinds = [c.proof.kind for c in state.commits if c.proof]
    chief = "behaviour" if "behaviour" in kinds or not kinds else kinds[0]
    return _BY_CLASS.get(chief, "chore")


# -- the body -------------------------------------------------------------------------


def body(state: State, template: str | None = None) -> str:
    """What the trail says of a feature, under our headings or those of a template."""
    ours = {"Summary": _summary(state), "Changes": _changes(state), "Test Plan": _tests(state)}
    before, parts = sections(template) if template else ((), ())
    filled = list(_placed(parts, ours)) if parts else []
    taken = {name for part in parts if (name := _place(part, parts))}
    claims = _claims(state)
    if claims:
        ours["Waived and declared"] = claims  # never inside of a section that might be passed over
    own = [f"## {name}\n\n{text}" for name, text in ours.items() if name not in taken]
    lead = "\n".join(before).strip()
    blocks = [BEGIN, *([lead] if lead else []), *filled, *own, _foot(state), END]
    return "\n\n".join(blocks) + "\n"


def renewed(there: str, ours: str) -> str:
    """The body at the forge with our part written anew; as it is where a person took that out."""
    start, end = there.find(BEGIN), there.find(END)
    if start < 0 or end < start:
        return there
    return there[:start] + ours.removesuffix("\n") + there[end + len(END) :]


def fit(text: str, limit: int) -> str:
    """A body that is no longer than a forge takes."""
    if len(text) <= limit:
        return text
    note = "\n\n… cut here; the trail has all of it: `git oneshot log`\n"
    kept = text[: limit - len(note) - len(END) - 80]
    fences = re.findall(r"^(`{3,})", kept, re.MULTILINE)
    close = f"\n{fences[-1]}" if len(fences) % 2 else ""
    return f"{kept}{close}{note}\n{END}\n"


def _place(part: Section, parts: Sequence[Section]) -> str:
    """Which of our texts belongs below a heading: the first heading of its kind has it."""
    for name, pattern in _PLACES:
        first = next((p for p in parts if pattern.search(p.name)), None)
        if first is part:
            return name
    return ""


def _placed(parts: Sequence[Section], ours: dict[str, str]) -> list[str]:
    """A template's sections: ours where they fit, its own words where it has some."""
    blocks = []
    for part in parts:
        own = "" if part.empty else "\n".join(part.lines).strip()
        name = _place(part, parts)
        said = [ours[name]] if name else []
        text = "\n\n".join([*said, *([own] if own else [])])
        blocks.append(f"## {part.name}\n\n{text or 'The plan says nothing about this.'}")
    return blocks


def _summary(state: State) -> str:
    plan = state.plan
    called = escape(state.title) or escape(state.feature)
    if plan is None:
        return called
    blocks = [escape(one) for one in (plan.goal, plan.approach) if one.strip()]
    # A text alone is in a fence, and says nothing to whoever asks for a word outside of one.
    blocks = blocks or [escape(state.title) or escape(plan.summary) or called]
    if plan.text.strip() not in ("", plan.summary):
        blocks.append(fenced(plan.text))
    return "\n\n".join(blocks)


def _changes(state: State) -> str:
    lines = [_commit(commit) for commit in state.commits if commit.subject]
    if state.plan and state.plan.files:
        files = ", ".join(map(code, state.plan.files[:20]))
        lines += ["", f"Planned files: {files}"]
    return "\n".join(lines) or "No commit is recorded."


def _commit(commit: Commit) -> str:
    verdict = _verdict(commit.proof) if commit.proof else "not judged"
    return f"- {code(commit.id[:9])} {escape(commit.subject)}: {verdict}"


def _claims(state: State) -> str:
    """What rests on somebody's word: said openly, and first of all who said it."""
    lines = []
    for commit in state.commits:
        name = f"{code(commit.id[:9])} {escape(commit.subject)}"
        waiver = state.waiver(commit.id)
        if waiver is not None:
            by = escape(waiver.by.partition(" <")[0])
            lines.append(f"- {name} is waived by {by}: {escape(waiver.reason)}")
        if commit.declared:
            lines.append(f"- {name} is declared to be a {escape(commit.declared)}")
    return "\n".join(lines)


def _verdict(proof: Proof) -> str:
    return f"{proof.verdict} {escape(proof.kind)}".strip()


def _tests(state: State) -> str:
    lines = []
    for commit in state.commits:
        turned = [t for t in commit.proof.tests if t.turned] if commit.proof else []
        lines += [
            f"- {code(t.id)} fails without {code(commit.id[:9])} ({escape(t.reason)}), "
            "and passes with it"
            for t in turned[:10]
        ]
        if commit.proof and commit.proof.turned > 10:
            lines.append(f"- and {commit.proof.turned - 10} more")
    if state.suite is not None:
        at = f" on {code(state.proven[:9])}" if state.proven else ""
        lines += ["", f"The whole suite{at}: {escape(state.suite.told)}"]
    planned = state.plan.tests if state.plan else ()
    if not lines and planned:
        lines = [f"- {escape(one)}" for one in planned[:20]]
    return "\n".join(lines).strip() or "No test turned, and none had to."


def _foot(state: State) -> str:
    trail = code(f"refs/oneshot/{state.feature}")
    verify = code(f"git oneshot verify -f {state.feature}")
    return f"Every commit was proven by running its tests. The story is in {trail}; run {verify}."


# -- validation -----------------------------------------------------------------------


def judge(text: str, template: str | None = None, *, author: str = "", head: str = "") -> Judged:
    """Whether a body has each required section, and something in each.

    Raises OneshotError(TEMPLATE_ERROR) for a template without level-2 headings.
    """
    if author in BOTS or head.startswith(QUEUE):
        return Judged(skipped=True)
    required = REQUIRED if template is None else headings(template)
    _, parts = sections(text)
    by_name: dict[str, list[Section]] = {}
    for part in parts:
        by_name.setdefault(part.name.casefold(), []).append(part)
    missing = tuple(name for name in required if name.casefold() not in by_name)
    empty = tuple(
        name
        for name in required
        if name not in missing and all(part.empty for part in by_name[name.casefold()])
    )
    return Judged(missing, empty)


def headings(template: str) -> tuple[str, ...]:
    """The level-2 headings that a template asks for."""
    names = tuple(dict.fromkeys(part.name for part in sections(template)[1]))
    if not names:
        raise OneshotError(
            Code.TEMPLATE_ERROR,
            "the template has no level-2 heading",
            "give it some, such as: ## Summary",
        )
    return names
