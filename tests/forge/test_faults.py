"""Synthesize where one thing after another goes wrong: no second pull request, and a way on.

The forge is a fake on loopback, see ``server``; the branch goes to a bare
repository, by a stand-in for ssh.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from git_oneshot.forge import forgejo, retrying
from tests.forge.server import Server, serving
from tests.gate.project import FEATURE, Done, Project
from tests.sandbox import Repo

HOST: Final = "git.example.org"
FORGE: Final = f"oneshot.{HOST}.forge"
# Of ssh's arguments the last one is what to run there.
SSH: Final = '#!/bin/sh\ncd "$(dirname "$0")" && for last; do :; done && eval "exec $last"\n'


class There:
    """A feature in synthesize, and the forge of its remote."""

    def __init__(self, project: Project, server: Server, folder: Path) -> None:
        self.project = project
        self.server = server
        self.bare = Repo(folder / "ada" / "mail.git", "--bare")
        ssh = folder / "ssh"
        ssh.write_text(SSH)
        ssh.chmod(0o755)
        git = project.git
        git("config", "core.sshCommand", str(ssh))
        git("config", "ssh.variant", "simple")
        git("remote", "add", "origin", f"git@{HOST}:ada/mail.git")
        git("push", "-q", "--no-verify", "origin", "main")
        git("config", f"oneshot.{HOST}.api", server.api)
        self.mend()

    def mend(self) -> None:
        """Everything as it should be."""
        self.server.token = "the-token"
        self.server.faults.clear()
        self.server.branches |= {"main", "topic-branch"}
        self.project.git("config", FORGE, "forgejo")
        kept = "echo username=ada && echo password=the-token"
        helper = f'!f() {{ test "$1" = get && {kept}; }}; f'
        self.project.git("config", "credential.helper", helper)

    @property
    def pulls(self) -> list[str]:
        """What the trail says of pull requests."""
        return [one for one in self.project.types() if one.startswith("pr.")]

    def refused(self, *argv: str) -> Done:
        """How a command is refused: in one line, with a hint, and without the token."""
        done = self.project.cli(*argv, "--json")
        assert done.code != 0, done
        said = done.json["error"]
        assert said["hint"] or done.json["next"], said
        assert "\n" not in said["message"] and "the-token" not in done.out + done.err
        return done


@pytest.fixture
def there(review: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[There]:
    """The forge is Forgejo, and answers soon."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(retrying, "TRIES", 2)
    monkeypatch.setattr(forgejo, "TIMEOUT", 0.3)
    with serving("forgejo") as server:
        yield There(review, server, tmp_path)


def always(*faults: object) -> Callable[[There], None]:
    """Every answer is such a fault."""

    def arrange(there: There) -> None:
        there.server.faults = [fault for _ in range(20) for fault in faults]  # type: ignore[misc]

    return arrange


def _no_token(there: There) -> None:
    there.project.git("config", "--unset", "credential.helper")


def _wrong_token(there: There) -> None:
    there.server.token = "another"


def _wrong_name(there: There) -> None:
    there.project.git("config", FORGE, "bitbucket")


def _no_head(there: There) -> None:
    there.server.branches.discard("topic-branch")


def _no_base(there: There) -> None:
    there.server.branches.discard("main")


FAULTS: Final[dict[str, tuple[Callable[[There], None], str]]] = {
    "no token": (_no_token, "TOKEN_MISSING"),
    "a wrong token": (_wrong_token, "FORGE_DENIED"),
    "no permission": (always((403, {"why": "no\nway \x1b[2J"})), "FORGE_DENIED"),
    "404": (always((404, {})), "FORGE_REFUSED"),
    "409": (always((409, {})), "FORGE_REFUSED"),
    "422": (always((422, {})), "FORGE_REFUSED"),
    "429": (always((429, {"Retry-After": "3600"})), "FORGE_BUSY"),
    "500": (always((500, {})), "FORGE_UNAVAILABLE"),
    "a hang": (always("hang"), "FORGE_UNAVAILABLE"),
    "cut": (always("cut", "half"), "FORGE_UNAVAILABLE"),
    "a forge that there is not": (_wrong_name, "FORGE_UNKNOWN"),
    "a branch that the forge does not have": (_no_head, "FORGE_REFUSED"),
    "a base that was renamed": (_no_base, "FORGE_REFUSED"),
}


@pytest.mark.long
def test_whatever_goes_wrong_a_retry_goes_on_and_one_is_opened(there: There) -> None:
    for what, (arrange, code) in FAULTS.items():
        arrange(there)
        assert (what, there.refused("synthesize").error) == (what, code)
        assert (there.pulls, there.server.pulls) == ([], {}), what
        assert there.project.loaded().state.phase == "synthesize"
        there.mend()
    there.server.after = ["cut"]  # it is opened, and the answer is lost
    assert there.project.do("synthesize", "--json").data["pull"]["number"] == 7
    assert (there.pulls, [*there.server.pulls]) == (["pr.created"], [7])


@pytest.mark.long
def test_what_people_did_there_meanwhile_is_seen_and_gone_on_from(there: There) -> None:
    project, server = there.project, there.server
    project.do("synthesize", "--ready")
    server.pulls[7]["state"] = "closed"
    assert there.refused("pr", "draft").data["guard"] == "pull-request-open"
    assert there.pulls[-1] == "pr.closed"
    assert project.do("synthesize", "--json").data["pull"]["number"] == 8
    # The base has another name: the forge has moved its pull requests along.
    there.bare.git("branch", "-m", "main", "trunk")
    server.pulls[8]["base"] = "trunk"
    project.git("fetch", "-q", "--prune", "origin")
    project.git("branch", "-m", "main", "trunk")
    assert there.refused("synthesize").data["guard"] == "base-there"
    assert there.refused("complete").data["guard"] == "base-there"
    done = project.do("synthesize", "--base", "trunk", "--json").data["pull"]
    assert (done["number"], done["base"], server.pulls[8]["state"]) == (8, "trunk", "open")
    assert there.pulls[-3:] == ["pr.closed", "pr.created", "pr.updated"]
    # And once more, and merged there before anybody told us.
    there.bare.git("branch", "-m", "trunk", "stem")
    commit = project.git("rev-parse", "topic-branch")
    there.bare.git("update-ref", "refs/heads/stem", commit)
    project.git("fetch", "-q", "origin")
    server.pulls[8] |= {"state": "merged", "merge": commit, "base": "stem"}
    assert there.refused("pr", "draft").data["guard"] == "pull-request-open"
    assert project.do("complete", "--json").data["mergeCommit"] == commit


@pytest.mark.long
def test_where_no_forge_is_known_the_trail_keeps_it_and_that_is_said(there: There) -> None:
    there.project.git("config", "--unset", FORGE)
    done = there.project.do("synthesize")
    assert f"no forge is known for '{HOST}'" in done.err
    state = there.project.loaded(FEATURE).state
    assert state.pull is not None and state.pull.provider == "local"
    assert there.server.seen == []
