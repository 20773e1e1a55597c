"""What verify tells a CI service beside its answer, in the way of that service."""

import os
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import click

from git_oneshot.cli.app import App
from git_oneshot.core.verdicts.remarks import Remark, Row, annotations, quality, summary
from git_oneshot.gate.judging import Found
from git_oneshot.gate.remarks import remarks
from git_oneshot.trail.disk import put

QUALITY: Final = "gl-code-quality-report.json"
Service = Literal["github", "gitlab", ""]


def service(environ: Mapping[str, str]) -> Service:
    """Which service runs us; Forgejo and Gitea say that they are GitHub, and read the same."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return "github"
    return "gitlab" if environ.get("GITLAB_CI") == "true" else ""


def tell(app: App, found: Found) -> None:
    """Annotations and a summary, or a code quality report; a note where no service is known."""
    counting = [v for v in found.verdicts if v.commit.id not in found.pardoned]
    said = list(remarks(app.git, counting, found.suite))
    try:
        match service(app.environ):
            case "github":
                for line in annotations(said):  # the runner reads both streams
                    click.echo(line, err=True)
                _summarize(app, found)
            case "gitlab":
                _replace(os.path.join(app.environ.get("CI_PROJECT_DIR") or app.cwd, QUALITY), said)
            case "":
                app.say("note: no CI service is known here: GITHUB_ACTIONS or GITLAB_CI says so")
    except OSError as err:  # the verdict stands
        app.say(f"warning: '{err.filename}' cannot be written: {err.strerror}")


def _summarize(app: App, found: Found) -> None:
    path = app.environ.get("GITHUB_STEP_SUMMARY")
    rows = [
        Row(v.commit.id, v.proof, v.commit.subject, waived=v.commit.id in found.pardoned)
        for v in found.verdicts
    ]
    if path:
        with open(path, "a", encoding="utf-8", errors="replace") as file:
            file.write(summary(rows, found.suite))


def _replace(path: str, said: Sequence[Remark]) -> None:
    """Put a report in its place; a link that a commit put there is replaced, not followed."""
    put(path, quality(said))
