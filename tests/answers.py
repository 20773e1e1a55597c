"""Every answer that a test reads is held against the schema of its command."""

import functools
from typing import Any

from jsonschema import Draft202012Validator

from git_oneshot.cli.commands.schema import of_any, of_command
from git_oneshot.cli.data.table import ANSWERS


def conform(answer: dict[str, Any]) -> None:
    """Fail where an answer is not what `git oneshot schema` says of it."""
    name = answer["command"]
    found = [error.message[:500] for error in _validator(name).iter_errors(answer)]
    assert not found, f"the answer of {name} does not conform: {found}"


@functools.cache
def _validator(name: str | None) -> Draft202012Validator:
    """The one branch of a schema that is meant would be lost in `oneOf`: errors name both."""
    schema = of_command(name) if name in ANSWERS else of_any()
    for part in schema["$defs"].values():
        if "properties" in part:
            part["additionalProperties"] = False  # of this version, there are no others
    return Draft202012Validator(schema)
