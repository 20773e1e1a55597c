"""A plan as text: four questions, and what was answered."""

import re
from typing import Final

from git_oneshot.core.facts import Plan

QUESTIONS: Final = {
    "goal": "what is to be achieved?",
    "approach": "how, in a line?",
    "files": "which files will be touched? one a line",
    "tests": "which tests will be added? by name, one a line",
}
PAYLOAD: Final = 4_096  # bytes of text above which it is kept beside the event


def template(feature: str) -> str:
    """What the editor opens with."""
    asked = "\n".join(f"{name.title()}:\n# {what}\n\n" for name, what in QUESTIONS.items())
    return f"# Plan of {feature}. Lines that begin with '#' are left out.\n\n{asked}"


def parse(text: str) -> Plan:
    """Read a plan: under the headings Goal, Approach, Files and Tests, else as it stands."""
    kept = [line for line in text.splitlines() if not line.startswith("#")]
    answers: dict[str, list[str]] = {name: [] for name in QUESTIONS}
    before: list[str] = []  # the first heading
    heading = ""
    for line in kept:
        name, colon, rest = line.partition(":")
        if colon and name.strip().lower() in QUESTIONS:
            heading = name.strip().lower()
            line = rest
        if heading:
            answers[heading].append(re.sub(r"^\s*[-*]\s+", "", line).strip())
        else:
            before.append(line)
    said = {name: [line for line in lines if line] for name, lines in answers.items()}
    return Plan(
        goal="\n".join(said["goal"]), approach="\n".join(said["approach"]),
        files=tuple(said["files"]), tests=tuple(said["tests"]), text="\n".join(before).strip(),
    )  # fmt: skip
