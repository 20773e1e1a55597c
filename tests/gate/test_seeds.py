"""The small changes that this program is for: each is committed and finalized as it is.

Nothing here says --no-verify, and nothing is waived. The fits are those of a
workflow for one-shot changes; the tasks are those that a coding agent is given.
"""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

import pytest

from tests.gate.project import MakeProject, Project
from tests.proof.lab import INI

pytestmark = pytest.mark.long

Files = Mapping[str, str]

RULES: Final = """\
[[suite]]
name = "all"
command = "sh tests/run.sh"

[sides]
production = ["app/**"]
environment = ["deps.lock"]
"""
# Each file of tests/ is a shell script that has to succeed.
RUN: Final = 'for one in tests/*.t; do\n\tsh "$one" || exit 1\ndone\n'
APP: Final = {
    ".oneshot.toml": RULES,
    "tests/run.sh": RUN,
    "tests/greet.t": 'test "$(sh app/greet.sh Ada)" = "Hello, Ada"\n',
    "app/greet.sh": 'echo "Hello, $1"\n',
    "app/colour.cfg": "colour=red\n",
    "tests/colour.t": "grep -qx colour=red app/colour.cfg\n",
    "README.md": "We recieve your mail.\n",
    "deps.lock": "mail 1\n",
    ".github/workflows/ci.yml": "on: push\n",
}


def landed(project: Project, files: Files, *, feature: str = "small") -> str:
    """Make a change under the hooks, finalize it, and give back its class."""
    project.begin(feature)
    for path, text in files.items():
        project.repo.write(path, text)
    project.git("add", "--all")
    done = project.may("commit", "-q", "-m", "a small change")
    assert done.code == 0 and "error" not in done.err, done.err
    [commit] = project.do("finalize", "--json").data["commits"]
    assert (commit["verdict"], commit["waived"]) == ("PASS", None)
    return str(commit["class"])


@pytest.fixture
def app(make: MakeProject) -> Project:
    """An application with shell scripts for tests: what runs them is not the point."""
    return make(files=APP)


# -- seven fits --------------------------------------------------------------------------------


def test_a_typo_with_a_test_that_looks_for_it(app: Project) -> None:
    files = {
        "README.md": "We receive your mail.\n",
        "tests/typo.t": "! grep -q recieve README.md\n",
    }
    assert landed(app, files) == "behaviour"


def test_a_typo_alone(app: Project) -> None:
    assert landed(app, {"README.md": "We receive your mail.\n"}) == "neutral"


def test_a_dependency_that_is_bumped(app: Project) -> None:
    assert landed(app, {"deps.lock": "mail 2\n"}) == "environment"


def test_a_null_check_that_was_missing(app: Project) -> None:
    files = {
        "app/greet.sh": 'echo "Hello, ${1:-you}"\n',
        "tests/nobody.t": 'test "$(sh app/greet.sh)" = "Hello, you"\n',
    }
    assert landed(app, files) == "behaviour"


def test_a_ci_file_that_is_tweaked(app: Project) -> None:
    assert landed(app, {".github/workflows/ci.yml": "on: [push, pull_request]\n"}) == "neutral"


def test_a_config_key_that_is_renamed_with_its_tests(app: Project) -> None:
    files = {
        "app/colour.cfg": "color=red\n",
        "tests/colour.t": "grep -qx color=red app/colour.cfg\n",
    }
    assert landed(app, files) == "behaviour"


def test_a_helper_script(app: Project) -> None:
    assert landed(app, {"scripts/release.sh": "git tag v1\n"}) == "neutral"


def test_a_spike_is_gated_by_nothing(app: Project) -> None:
    app.do("init", "spike", "--spike", "--yes")
    app.repo.write("app/idea.sh", "echo idea\n")
    app.git("add", "--all")
    assert app.may("commit", "-q", "-m", "an idea").code == 0
    assert app.cli("finalize", "spike").code == 1
    assert app.do("cancel", "spike").code == 0


# -- three tasks for an agent, in Python ----------------------------------------------------------

PYTHON: Final = {
    "pytest.ini": INI,
    "button.py": "import json\n\n\ndef label(text, wide=False):\n"
    "    return text.center(9) if wide else text\n\n\n"
    "def load(data):\n    return json.loads(data)\n",
    "test_button.py": "from button import label\n\n\ndef test_label():\n"
    "    assert label('ok') == 'ok'\n",
}


def test_types_are_added_in_python(make: MakeProject) -> None:
    typed = PYTHON["button.py"].replace(
        "(text, wide=False):", "(text: str, wide: bool = False) -> str:"
    )
    typed = "from typing import Any\n" + typed.replace("load(data):", "load(data: str) -> Any:")
    assert landed(make(files=PYTHON), {"button.py": typed}) == "inert"


def test_comments_are_added_in_python(make: MakeProject) -> None:
    told = PYTHON["button.py"].replace(
        "wide=False):\n", 'wide=False):\n    """A label.\n\n    ``wide``: in the middle.\n    """\n'
    )
    assert landed(make(files=PYTHON), {"button.py": f"# Buttons.\n{told}"}) == "inert"


def test_errors_are_handled_in_python(make: MakeProject) -> None:
    careful = PYTHON["button.py"].replace(
        "    return json.loads(data)\n",
        "    try:\n        return json.loads(data)\n    except ValueError:\n        return None\n",
    )
    test = "from button import load\n\n\ndef test_no_json():\n    assert load('{') is None\n"
    files = {"button.py": careful, "test_load.py": test}
    assert landed(make(files=PYTHON), files) == "behaviour"


# -- and in JavaScript and TypeScript ------------------------------------------------------------

NODE: Final = shutil.which("node")


def _node() -> tuple[int, ...]:
    if NODE is None:
        return ()
    said = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in said.strip().lstrip("v").split(".")[:1] if part.isdigit())


needs_node = pytest.mark.skipif(_node() < (18,), reason="node 18 or later is not on this machine")
SCRIPT: Final = {
    ".oneshot.toml": '[[suite]]\nname = "node"\ncommand = "node --test"\n',
    "package.json": '{"name": "app", "private": true}\n',
    "src/formatters.js": "exports.price = (n) => `$${n.toFixed(2)}`;\n",
    "src/Button.tsx": "export function Button({ label }) {\n  return <b>{label}</b>;\n}\n",
    "src/auth.js": "exports.login = (db, name) => db.find(name);\n",
    "test/formatters.test.js": "const test = require('node:test');\n"
    "const assert = require('node:assert');\nconst { price } = require('../src/formatters');\n"
    "test('price', () => assert.equal(price(1), '$1.00'));\n",
}


@needs_node
def test_types_are_added_to_a_component(make: MakeProject) -> None:
    typed = (
        "import type { ReactNode } from 'react';\n\n"
        "interface ButtonProps {\n  label: string;\n}\n\n"
        "export function Button({ label }: ButtonProps): ReactNode {\n  return <b>{label}</b>;\n}\n"
    )
    assert landed(make(files=SCRIPT), {"src/Button.tsx": typed}) == "inert"


@needs_node
def test_comments_are_added_to_a_script(make: MakeProject) -> None:
    told = "/**\n * A price.\n * @param {number} n\n */\n" + SCRIPT["src/formatters.js"]
    assert landed(make(files=SCRIPT), {"src/formatters.js": told}) == "inert"


@needs_node
@pytest.mark.parametrize("path", ["src/formatters.js", "src/Button.tsx"])
def test_without_the_extra_types_and_comments_are_declared(
    make: MakeProject, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """A plain `pip install .` brings nothing that reads them, and no waiver is needed."""
    monkeypatch.setitem(sys.modules, "tree_sitter", None)
    project = make(files=SCRIPT)
    project.begin()
    project.repo.write(path, f"/** Said. */\n{SCRIPT[path]}")
    project.git("add", "--all")
    assert project.cli("green").code == 1
    project.do("declare", "refactor", "--reason", "comments alone")
    assert project.cli("green").code == 0
    project.unhooked("Comments")  # its hooks are processes of their own, which have the extra
    project.do("finalize")


@needs_node
def test_errors_are_handled_in_a_script(make: MakeProject) -> None:
    careful = (
        "exports.login = (db, name) => {\n  try {\n    return db.find(name);\n  } catch (err) {\n"
        "    return null;\n  }\n};\n"
    )
    test = (
        "const test = require('node:test');\nconst assert = require('node:assert');\n"
        "const { login } = require('../src/auth');\n"
        "test('no database', () => assert.equal(login(null, 'ada'), null));\n"
    )
    files = {"src/auth.js": careful, "test/auth.test.js": test}
    assert landed(make(files=SCRIPT), files) == "behaviour"
