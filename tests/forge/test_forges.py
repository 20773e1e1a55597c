"""Each forge keeps the port, and every trouble is one line that says what helps.

The server is on loopback: see ``server``. What the real ones accept is checked
against their published descriptions by `make contract`.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.forge import forgejo, github, gitlab, retrying
from git_oneshot.forge.forgejo import Forgejo
from git_oneshot.forge.github import GitHub
from git_oneshot.forge.gitlab import GitLab
from git_oneshot.forge.hosts import Place, parse, place
from git_oneshot.forge.port import Forge, Wanted
from git_oneshot.forge.retrying import Patience
from git_oneshot.forge.tokens import Token, token
from tests.forge.server import REPO, Server, serving
from tests.sandbox import MakeRepo

KINDS: Final = ("github", "gitlab", "forgejo")
WANTED: Final = Wanted("topic-branch", "main", "feat: it", "## Summary\n\nit\n")


class Open:
    """A server, the forge that speaks with it, and how long it was waited for."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.waits: list[float] = []
        api = server.api
        at = Place(server.kind, server.host, REPO, api)  # type: ignore[arg-type]
        made: dict[str, Any] = {"github": GitHub, "gitlab": GitLab, "forgejo": Forgejo}
        patience = Patience(self.waits.append, lambda: 0.5)
        self.forge: Forge = made[server.kind](at, Token(server.token), patience)

    def refused(self, code: Code) -> OneshotError:
        """How opening a pull request is refused; nothing of the token is in it."""
        with pytest.raises(OneshotError) as caught:
            self.forge.open_draft(WANTED)
        err = caught.value
        assert err.code is code, err.message
        assert err.hint and "\n" not in err.message + err.hint
        assert self.server.token not in err.message + err.hint + repr(err.data)
        return err


@pytest.fixture(params=KINDS)
def there(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Each forge in turn."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    with serving(request.param) as server:
        yield Open(server)


# -- the life of a pull request ------------------------------------------------------


def test_draft_ready_draft_closed(there: Open) -> None:
    forge = there.forge
    assert forge.find_by_branch("topic-branch") is None
    pull = forge.open_draft(WANTED)
    assert (pull.title, pull.body, pull.draft, pull.state) == (*WANTED[2:], True, "open")
    assert (pull.head, pull.base, pull.number) == ("topic-branch", "main", 7)
    assert forge.find_by_branch("topic-branch") == pull == forge.look(7)
    pull = forge.update(pull, title="fix: it", body="text\n")
    assert (pull.title, pull.body, pull.draft) == ("fix: it", "text\n", True)
    pull = forge.set_draft(pull, False)
    assert (pull.title, pull.draft) == ("fix: it", False)
    assert forge.set_draft(pull, True).draft
    pull = forge.set_draft(forge.look(7), False)
    assert forge.merged(pull) is None
    assert forge.close(pull).state == "closed"
    assert forge.find_by_branch("topic-branch") is None
    assert there.server.tokens == {there.server.token}
    assert there.waits == []


def test_what_was_merged_there_says_as_which_commit(there: Open) -> None:
    there.forge.open_draft(WANTED)
    there.server.pulls[7] |= {"state": "merged", "merge": "b" * 40}
    pull = there.forge.look(7)
    assert (pull.state, there.forge.merged(pull)) == ("merged", "b" * 40)


def test_one_that_is_open_is_found_and_not_opened_again(there: Open) -> None:
    first = there.forge.open_draft(WANTED)
    assert there.forge.open_draft(WANTED) == first
    assert len(there.server.pulls) == 1


# -- what goes wrong ------------------------------------------------------------------


@pytest.mark.parametrize("cut", ["cut", "half"])
def test_a_connection_that_is_cut_in_the_middle_makes_no_second_one(there: Open, cut: str) -> None:
    """It was opened, and the answer was lost."""
    there.server.after = [cut]
    pull = there.forge.open_draft(WANTED)
    assert (pull.number, len(there.server.pulls)) == (7, 1)
    assert [method for method, _ in there.server.seen].count("POST") == 1


@pytest.mark.parametrize("fault", ["cut", (500, {}), (502, {}), (429, {"Retry-After": "3"})])
def test_what_passes_is_waited_for(there: Open, fault: Any) -> None:
    there.server.faults = [fault, fault]
    assert there.forge.open_draft(WANTED).number == 7
    assert len(there.waits) == 2
    asked = 3.0 if isinstance(fault, tuple) and fault[0] == 429 else 0
    assert all(wait >= asked for wait in there.waits)


def test_it_is_given_up_after_a_few_tries_that_grow_apart(there: Open) -> None:
    there.server.faults = [(503, {}) for _ in range(20)]
    there.refused(Code.FORGE_UNAVAILABLE)
    assert len(there.waits) == retrying.TRIES - 1
    assert there.waits == sorted(there.waits)
    assert there.server.pulls == {}
    there.server.faults = []
    assert there.forge.open_draft(WANTED).number == 7


def test_a_forge_that_asks_for_long_is_not_waited_for(there: Open) -> None:
    there.server.faults = [(429, {"Retry-After": "3600"})]
    err = there.refused(Code.FORGE_BUSY)
    assert "3600 s" in err.message and there.waits == []


def test_a_forge_that_is_not_there_does_not_answer(there: Open) -> None:
    there.server.stop()
    assert "does not answer" in there.refused(Code.FORGE_UNAVAILABLE).message


def test_a_forge_that_hangs_is_given_up(there: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without waiting as long as a person would have to: the time-out is made short."""
    for module, seconds in ((forgejo, 0.2), (gitlab, 0.2), (github, 1)):
        monkeypatch.setattr(module, "TIMEOUT", seconds)
    monkeypatch.setattr(retrying, "TRIES", 2)
    short = Open(there.server)
    there.server.faults = ["hang", "hang"]
    assert "timed out" in short.refused(Code.FORGE_UNAVAILABLE).message


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        ((401, {}), Code.FORGE_DENIED, "does not accept the token"),
        ((403, {"why": "Resource not accessible"}), Code.FORGE_DENIED, "Resource not accessible"),
        ((404, {}), Code.FORGE_REFUSED, "says 404"),
        ((422, {"why": "no\nway\x1b[2J"}), Code.FORGE_REFUSED, "no way\\x1b[2J"),
        ((302, {"Location": "http://127.0.0.1:9/away"}), Code.FORGE_REFUSED, "127.0.0.1"),
    ],
)
def test_what_does_not_pass_is_said_at_once(
    there: Open, fault: Any, code: Code, words: str
) -> None:
    status, headers = fault
    there.server.faults = [(status, dict(headers)), (status, dict(headers))]
    err = there.refused(code)
    assert words in err.message
    assert there.waits == []


def test_an_answer_that_is_no_pull_request_is_named(there: Open) -> None:
    """Such as that of a proxy, or of another program at this address."""
    there.server.faults = [(200, {}), (200, {})]
    assert "does not answer as such a forge does" in there.refused(Code.FORGE_REFUSED).message


@pytest.mark.parametrize(
    "body", [None, 1, "x", {}, [None], [1], ["x"], [[]], [{"head": 1}], [{"head": {"repo": 1}}]]
)
def test_a_list_of_something_else_is_named_or_empty(there: Open, body: Any) -> None:
    there.server.answer = lambda *_: (200, body)  # type: ignore[method-assign]
    with contextlib.suppress(OneshotError):
        assert there.forge.find_by_branch(WANTED.head) is None


@pytest.mark.parametrize("missing", ["topic-branch", "main"])
def test_a_branch_that_the_forge_does_not_have_is_its_no(there: Open, missing: str) -> None:
    """The head was never pushed; the base was renamed or deleted meanwhile."""
    there.server.branches.discard(missing)
    assert "invalid" in there.refused(Code.FORGE_REFUSED).message


def test_a_wrong_token_is_denied(there: Open) -> None:
    there.server.token = "another"
    there.refused(Code.FORGE_DENIED)
    assert there.server.pulls == {}


def test_where_there_are_no_drafts_it_is_opened_all_the_same() -> None:
    with serving("github") as server:
        server.drafts = False
        assert not Open(server).forge.open_draft(WANTED).draft


# -- which forge, and which token -----------------------------------------------------


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://github.com/ada/mail.git", ("https", "github.com", "ada/mail")),
        ("https://me:secret@GitHub.com/ada/mail", ("https", "github.com", "ada/mail")),
        ("http://127.0.0.1:80/ada/mail/", ("http", "127.0.0.1:80", "ada/mail")),
        ("git@github.com:ada/mail.git", ("https", "github.com", "ada/mail")),
        ("ssh://git@git.example.org:2222/a/b/c.git", ("https", "git.example.org", "a/b/c")),
        ("/srv/git/mail.git", ("", "", "")),
        ("../mail.git", ("", "", "")),
        ("C:/mail", ("", "", "")),
        ("file:///srv/mail.git", ("", "", "")),
    ],
)
def test_a_remote_leads_to_a_host_and_a_path(url: str, found: tuple[str, str, str]) -> None:
    assert parse(url) == found


def test_the_forge_follows_from_the_host_or_from_the_users_own_word(repo: MakeRepo) -> None:
    work = repo()
    git = work.discover()
    assert place(git, "") is None
    work.git("remote", "add", "origin", "git@github.com:ada/mail.git")
    found = place(git, "origin")
    assert found is not None
    assert (found.provider, found.api, found.issuer) == (
        "github", "https://api.github.com", "github.com",
    )  # fmt: skip
    work.git("remote", "set-url", "origin", "https://git.example.org/ada/mail.git")
    assert place(git, "origin") is None
    work.git("config", "oneshot.git.example.org.forge", "Gitea")
    found = place(git, "origin")
    assert found is not None and found.api == "https://git.example.org/api/v1"
    work.git("config", "oneshot.git.example.org.forge", "github")
    work.git("config", "oneshot.git.example.org.api", "https://elsewhere.example/v3/")
    found = place(git, "origin")
    assert found is not None
    assert (found.api, found.issuer) == ("https://elsewhere.example/v3", "elsewhere.example")
    work.git("config", "oneshot.git.example.org.forge", "bitbucket")
    with pytest.raises(OneshotError) as refused:
        place(git, "origin")
    assert refused.value.code is Code.FORGE_UNKNOWN and "github" in refused.value.hint


AT: Final = Place("github", "github.com", REPO, "https://api.github.com")
GITEA: Final = Place("forgejo", "git.example.org", REPO, "https://git.example.org/api/v1")


@pytest.mark.parametrize(
    ("at", "environ", "found"),
    [
        (AT, {"GH_TOKEN": "a"}, "a"),
        (AT, {"GITHUB_TOKEN": "b", "GITLAB_TOKEN": "c"}, "b"),
        (AT, {"GH_ENTERPRISE_TOKEN": "c", "GH_HOST": "git.example.org"}, None),
        (AT._replace(host="git.example.org", api="https://git.example.org/api/v3"),
         {"GH_TOKEN": "a", "GH_ENTERPRISE_TOKEN": "c", "GH_HOST": "git.example.org"}, "c"),
        (AT._replace(api="https://evil.example"), {"GH_TOKEN": "a"}, None),
        (GITEA, {"GITEA_TOKEN": "d"}, None),
        (GITEA, {"GITEA_TOKEN": "d", "GITEA_HOST": "https://git.example.org/"}, "d"),
        (GITEA, {"CODEBERG_TOKEN": "e"}, None),
    ],
)  # fmt: skip
def test_a_token_is_for_the_host_that_issued_it(
    repo: MakeRepo, at: Place, environ: dict[str, str], found: str | None
) -> None:
    git = repo().discover()
    if found is not None:
        assert token(git, at, environ) == found
        return
    with pytest.raises(OneshotError) as refused:
        token(git, at, environ)
    assert refused.value.code is Code.TOKEN_MISSING
    assert not any(value in refused.value.message for value in environ.values() if len(value) > 1)


def test_gits_credential_helper_is_asked_first_and_cannot_ask_anyone(
    repo: MakeRepo, home: Path
) -> None:
    work = repo()
    kept = "echo username=me && echo password=kept"
    helper = f'!f() {{ test "$1" = get && grep -q host=github.com && {kept}; }}; f'
    work.git("config", "credential.helper", helper)
    git = work.discover()
    found = token(git, AT, {"GH_TOKEN": "a"})
    assert found == "kept"
    assert repr(found) == "<token>" and f"{[found]}" == "[<token>]"
    assert token(git, GITEA, {"GITEA_TOKEN": "d", "GITEA_HOST": "git.example.org"}) == "d"
