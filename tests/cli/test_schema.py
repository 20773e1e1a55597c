"""schema: every test holds its answers against it (`tests/answers.py`); here, what it says."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, SchemaError

from git_oneshot.cli.data.table import ANSWERS
from git_oneshot.cli.main import COMMANDS, HIDDEN
from git_oneshot.core.errors import Code
from tests.answers import conform
from tests.gate.project import Project, call


def test_there_is_a_schema_for_every_command(tmp_path: Path) -> None:
    for name in COMMANDS:
        if name not in HIDDEN:
            done = call(["schema", name, "--json"], tmp_path)
            assert done.data["command"] == name
            assert done.data["schema"]["title"] == f"what 'git oneshot {name} --json' answers"
            assert json.loads(call(["schema", name], tmp_path).out) == done.data["schema"]


@pytest.mark.long
def test_every_schema_is_one(tmp_path: Path) -> None:
    """By the schema of schemas. A part that many share is asked about once: it takes its time."""
    asked = set()
    for name in [*ANSWERS, "progress", None]:
        argv = ["schema", *([name] if name else []), "--json"]
        schema = call(argv, tmp_path).data["schema"]
        for part in [*schema["$defs"].values(), {**schema, "$defs": {}}]:
            if (text := json.dumps(part)) not in asked:
                asked.add(text)
                Draft202012Validator.check_schema(part)
    with pytest.raises(SchemaError):
        Draft202012Validator.check_schema({**part, "$defs": {"x": {"type": "nothing"}}})


def test_without_a_command_it_is_of_any_answer(tmp_path: Path) -> None:
    data = call(["schema", "--json"], tmp_path).data
    assert (data["command"], data["arguments"]) == (None, [])
    assert len(data["schema"]["oneOf"]) == len(ANSWERS) + 1
    assert call(["schema", "nope", "--json"], tmp_path).error == "USAGE"


def test_an_answer_that_lacks_a_field_or_has_another_does_not_conform(project: Project) -> None:
    """The test of the test: what is left out, added or of another type is seen."""
    answer = project.do("list", "--json").json
    conform(answer)
    for wrong in (
        {**answer, "data": {"features": []}},
        {**answer, "data": {**answer["data"], "more": 1}},
        {**answer, "data": {**answer["data"], "total": "0"}},
        {**answer, "ok": False},
        {key: value for key, value in answer.items() if key != "next"},
    ):
        with pytest.raises(AssertionError, match="does not conform"):
            conform(wrong)


def test_the_schema_names_every_code(tmp_path: Path) -> None:
    schema = call(["schema", "red"], tmp_path).out
    assert all(f'"{code}"' in schema for code in Code)


def test_it_has_the_arguments_of_a_command(tmp_path: Path) -> None:
    rows = call(["schema", "init", "--json"], tmp_path).data["arguments"]
    by_name = {row["names"][-1]: row for row in rows}
    assert by_name["FEATURE"]["required"]
    assert by_name["--policy"]["choices"] == ["always", "never", "on-request"]
    assert (by_name["--spike"]["flag"], by_name["--title"]["flag"]) == (True, False)
    rows = call(["schema", "plan", "--json"], tmp_path).data["arguments"]
    assert [row["many"] for row in rows if row["names"] == ["--file"]] == [True]


def test_it_has_the_lines_of_progress(tmp_path: Path) -> None:
    """A kind a branch, with every field; `tests/cli/test_progress.py` holds the lines to it."""
    data = call(["schema", "progress", "--json"], tmp_path).data
    assert (data["command"], data["arguments"]) == ("progress", [])
    parts = data["schema"]["$defs"].values()
    kinds = {kind for part in parts for kind in part["properties"]["event"]["enum"]}
    assert kinds == {"begin", "run", "ran", "commit", "trail", "end"}
    assert all({*part["required"]} == {*part["properties"]} for part in parts)
