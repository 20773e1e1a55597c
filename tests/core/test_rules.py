"""`.oneshot.toml`: what it may say, how it is refused, and what holds where it says nothing."""

import re
import string
import tomllib
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_oneshot.core.errors import Code, Exit, OneshotError
from git_oneshot.core.rules.effective import effective, values
from git_oneshot.core.rules.file import GateTable, LimitsTable, SidesTable
from git_oneshot.core.rules.lines import lines_of
from git_oneshot.core.rules.reading import parse
from git_oneshot.core.rules.rules import Rules, Suite, sides, suites_of
from git_oneshot.core.rules.template import template

PYTEST: Final = Suite(
    name="pytest", command=("python", "-m", "pytest"), runner="pytest", detected=True
)
WHOLE: Final = """\
strict = true
check = ["ruff check .", "mypy"]

[[suite]]
name = "unit"
command = "python -m pytest -x 'a b'"

[[suite]]
name = "web"
root = "./web/"
command = "npm test"
timeout = 60

[[suite]]
name = "tox"
root = "lib/x"
command = "tox -q"
runner = "pytest"

[sides]
test = ["spec/**"]
production = ["*.sql"]

[gate]
refs = ["refs/heads/main"]
everything = true

[limits]
commit-seconds = 2
plan-files = 9
"""


def rules(text: str) -> Rules:
    """The rules of a file, in a repository that gives nothing away."""
    return effective(parse(text), [])


def refused(text: str) -> OneshotError:
    """How a file is refused."""
    with pytest.raises(OneshotError) as caught:
        rules(text)
    assert caught.value.code is Code.RULES_INVALID
    assert caught.value.kind.exit is Exit.USAGE
    assert caught.value.message.startswith((".oneshot.toml: ", ".oneshot.toml:"))
    return caught.value


def suite(line: str = "", *, name: str = "all", command: str = "make test") -> str:
    """A file with one suite."""
    return f'[[suite]]\nname = "{name}"\ncommand = "{command}"\n{line}\n'


# -- what it says ---------------------------------------------------------------------


def test_every_key_is_read() -> None:
    said = rules(WHOLE)
    unit, web, tox = said.suites
    assert unit == Suite(
        name="unit", command=("python", "-m", "pytest", "-x", "a b"), runner="pytest"
    )
    assert web == Suite(name="web", command=("npm", "test"), root="web", timeout=60)
    assert tox == Suite(name="tox", command=("tox", "-q"), root="lib/x", runner="pytest")
    assert said.checks == (("ruff", "check", "."), ("mypy",))
    assert (said.strict, said.from_file) == (True, True)
    assert (said.sides.test, said.sides.production) == (("spec/**",), ("*.sql",))
    assert (said.gate.refs, said.gate.everything) == (("refs/heads/main",), True)
    assert (said.limits.commit_seconds, said.limits.plan_files) == (2.0, 9)


def test_h57_every_command_that_would_be_run_is_one_to_trust() -> None:
    said = rules(WHOLE)
    assert said.commands == (*(s.command for s in said.suites), *said.checks)


def test_an_empty_file_says_nothing_but_is_there() -> None:
    assert rules("") == Rules(from_file=True)
    assert effective(None, []) == Rules()


# -- how it is refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "key", "table", "near"),
    [
        ("strct = true", 1, "strct", "the file", "strict"),
        ("# first\n[[suit]]\nname = 'a'", 2, "suit", "the file", "suite"),
        (suite() + suite("tmeout = 3", name="b"), 8, "tmeout", "[[suite]]", "timeout"),
        ("\n\n[limits]\n\ncommit_seconds = 3", 5, "commit_seconds", "[limits]", "commit-seconds"),
        ("limits.plan_files = 3", 1, "plan_files", "[limits]", "plan-files"),
        ('limits = {"plan-file" = 3}', 1, "plan-file", "[limits]", "plan-files"),
        ("[sides]\ntest = [\n'a', # ]\n'b',\n]\ntests = ['x']", 6, "tests", "[sides]", "test"),
        ("[gate]\nref = ['x']", 2, "ref", "[gate]", "refs"),
        ('[gate]\n"re\\u0066s " = 1', 2, "refs ", "[gate]", "refs"),
    ],
)
def test_an_unknown_key_is_named_with_its_line_and_the_nearest_of_its_table(
    text: str, line: int, key: str, table: str, near: str
) -> None:
    error = refused(text)
    assert error.message == f".oneshot.toml:{line}: unknown key '{key}' in {table}"
    assert error.hint == f"did you mean '{near}'?"
    assert error.data["line"] == line


def test_the_nearest_key_is_never_one_of_another_table() -> None:
    assert refused("[gate]\ntimeout = 3").hint == "keys of [gate]: refs, everything, order, scope"


def test_an_unknown_key_with_no_like_gets_the_list_of_its_table() -> None:
    hint = "keys of the file: strict, check, sandbox, suite, sides, gate, trail, limits, prune"
    assert refused("zzz = 1").hint.startswith(hint)


def test_bad_toml_is_named_with_its_line() -> None:
    assert refused("strict = true\ncheck = = 1\n").message.startswith(".oneshot.toml:2: ")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("strict = 'yes'", 1, "expected `bool`, got `str` at 'strict'"),
        ("\ncheck = 'mypy'", 2, "expected `array`, got `str` at 'check'"),
        ("check = [\n1]", 1, "expected `str`, got `int` at 'check[0]'"),
        (suite("timeout = 0"), 4, "expected `int` >= 1 at 'suite[0].timeout'"),
        (suite("timeout = 99999"), 4, "expected `int` <= 86400"),
        (suite("runner = 'nose'"), 4, "invalid enum value 'nose' at 'suite[0].runner'"),
        (suite("report = ''"), 4, "expected `str` of length >= 1"),
        ("[[suite]]\nname = 'a'", 1, "missing required field `command` at 'suite[0]'"),
        (suite(name="two words"), 2, "expected `str` matching regex"),
        (suite(name="a\\n"), 2, "expected `str` matching regex"),
        ("[limits]\ncommit-seconds = 601", 2, "<= 600"),
        ("[limits]\nplan-files = 0", 2, ">= 1"),
        ("[prune]\nstale-after-days = 0", 2, ">= 1"),
        ("[prune]\nmax-batch = 1.5", 2, "int"),
        ('[prune]\nphase-exclusions = ["review"]', 2, "review"),
        ("[sides]\ntest = ['']", 2, "expected `str` of length >= 1 at 'sides.test[0]'"),
        (suite() + suite(), 6, "two suites are called 'all'"),
        (suite("runner = 'junit'"), 4, "the runner 'junit' reads a report"),
        (suite("report = 'a.json'"), 4, "what kind of report 'a.json' is does not show"),
        (suite("runner = 'pytest'\nreport = 'a.xml'"), 5, "'pytest' reads no report of yours"),
        (suite('setup = "npm \'ci"'), 4, "setup of 'all': no closing quotation"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(text: str, line: int, said: str) -> None:
    message = refused(text).message
    assert message.startswith(f".oneshot.toml:{line}: ")
    assert said in message


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("sandbox = 'maybe'", "it may be off, auto, require"),
        ("[gate]\norder = 'x'", "it may be any, observed"),
        (suite("runner = 'nose'"), "it may be pytest, unittest, node, vitest, jest, go, cargo, "
         "ctest, junit, tap, command"),
        ('[prune]\nphase-exclusions = ["review"]', "it may be plan, implementing, synthesize, "
         "completed, cancelled"),
        ("strict = 'yes'", "mend it; how it is written: git help oneshot-rules"),
    ],
)  # fmt: skip
def test_what_a_key_may_say_is_said(text: str, hint: str) -> None:
    assert refused(text).hint == hint


def test_a_file_that_is_wrong_in_other_ways_is_refused() -> None:
    assert "no value may hold a NUL" in refused('check = ["a\\u0000b"]').message
    assert "no value may hold a NUL" in refused('"a\\u0000b" = 1').message
    assert "larger than 64 KiB" in refused("#" * 70_000).message


@pytest.mark.parametrize("report", ["/tmp/a.xml", "../a.xml", "a/../../b.xml", ".", "./"])
def test_a_report_that_leaves_the_root_is_refused(report: str) -> None:
    message = refused(suite(f"report = '{report}'\nrunner = 'junit'")).message
    assert message == f".oneshot.toml:4: report '{report}' leaves the suite's root"


@pytest.mark.parametrize(
    ("command", "report", "runner"),
    [
        ("python -m pytest -q", "", "pytest"),
        ("python3 -m unittest discover", "", "unittest"),
        ("npx vitest run", "", "vitest"),
        ("node_modules/.bin/jest", "", "jest"),
        ("node --import tsx --test", "", "node"),
        ("node build.js", "", "command"),
        ("go test ./...", "", "go"),
        ("cargo nextest run", "", "cargo"),
        ("cargo build", "", "command"),
        ("ctest --preset ci", "", "ctest"),
        ("make pytest", "", "pytest"),
        ("gradle test", "build/a.xml", "junit"),
        ("prove -v", "build/a.tap", "tap"),
        ("sh -c 'exit 0'", "", "command"),
    ],
)
def test_a_runner_is_known_by_the_command_or_its_report(
    command: str, report: str, runner: str
) -> None:
    (found,) = rules(suite(f"report = '{report}'" if report else "", command=command)).suites
    assert found.runner == runner


@pytest.mark.parametrize("root", ["/srv", "..", "web/../..", "a/..", "/"])
def test_a_root_that_leaves_the_repository_is_refused(root: str) -> None:
    error = refused(suite(f'root = "{root}"'))
    assert f"root '{root}' leaves the repository" in error.message
    assert "root = 'backend'" in error.hint


@pytest.mark.parametrize("root", [".", "", "./", "././"])
def test_the_top_has_many_names(root: str) -> None:
    assert rules(suite(f'root = "{root}"')).suites[0].root == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (suite(command="make 'test"), "suite 'all': no closing quotation"),
        (suite(command="make \\\\"), "suite 'all': no escaped character"),
        (suite(command=""), "suite 'all': the command is empty"),
        (suite(command="  "), "suite 'all': the command is empty"),
        ('check = ["mypy \'x"]', "check: no closing quotation"),
        ('check = [""]', "check: the command is empty"),
    ],
)
def test_a_command_that_no_shell_could_read_is_refused(text: str, said: str) -> None:
    assert said in refused(text).message


keys = st.sampled_from(["suite", "sides", "strict", "check", "gate", "limits", "name", "root", "x"])
scalars = st.sampled_from(
    ["1", "true", "'a'", "['a', 1]", "{a = 1}", "1979-05-27", "[[[", '"\\u0"']
)
lines = st.one_of(
    st.builds("{} = {}".format, keys, scalars),
    st.builds("[{}]".format, keys),
    st.builds("[[{}]]".format, keys),
    st.text(max_size=20),
)


@given(st.lists(lines, max_size=5).map("\n".join))
def test_any_text_is_rules_or_refused_with_one_error(text: str) -> None:
    try:
        rules(text)
    except OneshotError as error:
        assert error.code is Code.RULES_INVALID


def test_a_file_that_is_too_deep_is_refused_like_any_other() -> None:
    refused("check = " + "[" * 100_000)


# -- what names give away ------------------------------------------------------------------


def test_a_suite_of_the_file_stands_above_what_is_found() -> None:
    assert effective(parse("strict = true"), ["conftest.py"]).suites == (PYTEST,)
    named = effective(parse(suite()), ["conftest.py"]).suites
    assert [s.name for s in named] == ["all"]


# -- sides and roots -------------------------------------------------------------------------


def test_sides_claim_in_order_the_file_first_then_the_longest_root() -> None:
    said = rules(
        suite(name="top", command="pytest")
        + suite("root = 'web'", name="web")
        + "[sides]\nneutral = ['n']\ngenerated = ['g']\nenvironment = ['e']\n"
        "production = ['p']\ntest = ['t']\n"
    )
    order = [(side, patterns[0]) for side, patterns in sides(said)]
    assert order == [
        ("rules", ":(glob).oneshot.toml"),
        ("test", "t"),
        ("production", "p"),
        ("environment", "e"),
        ("generated", "g"),
        ("neutral", "n"),
        ("test", ":(glob)web/**/test_*.py"),
        ("environment", ":(glob)web/**/pyproject.toml"),
        ("production", ":(glob)web/**/*.py"),
        ("test", ":(glob)**/test_*.py"),
        ("environment", ":(glob)**/pyproject.toml"),
        ("neutral", ":(glob)docs/**"),
        ("production", ":(glob)**/*.py"),
        ("environment", ":(glob)pyproject.toml"),
    ]


def test_no_table_can_take_the_rules_off_the_rules() -> None:
    said = rules("[sides]\nneutral = ['.oneshot.toml', '**']")
    assert sides(said)[0] == ("rules", (":(glob).oneshot.toml", ":(glob).oneshot/allowed_signers"))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.py", "top"),
        ("web/a.js", "web"),
        ("web/api/a.py", "api"),
        ("webs/a.js", "top"),
        ("web", "top"),
    ],
)
def test_a_path_belongs_to_the_longest_root(path: str, name: str) -> None:
    roots = {"top": ".", "web": "web", "api": "web/api"}
    said = rules("".join(suite(f'root = "{root}"', name=n) for n, root in roots.items()))
    assert [found.name for found in suites_of(said, path)] == [name]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("a/calc_test.py", ["py"]),
        ("a/calc.test.mjs", ["js"]),
        ("tests/data.json", ["py", "js", "sh"]),
        ("calc.go", ["py", "js", "sh"]),
    ],
)
def test_of_suites_with_one_root_that_of_the_language_has_the_path(
    path: str, names: list[str]
) -> None:
    said = rules(
        suite(name="py", command="pytest")
        + suite(name="js", command="npx vitest run")
        + suite(name="sh", command="sh tests/run.sh")
    )
    assert [found.name for found in suites_of(said, path)] == names


@pytest.mark.parametrize(
    ("path", "names"),
    [("yarn.lock", ["a", "b", "c"]), ("packages/x.json", ["a", "b"]), ("docs/x", [])],
)
def test_a_path_above_every_root_belongs_to_the_suites_below_it(
    path: str, names: list[str]
) -> None:
    roots = {"a": "packages/a", "b": "packages/b", "c": "tools"}
    said = rules("".join(suite(f'root = "{root}"', name=n) for n, root in roots.items()))
    assert [found.name for found in suites_of(said, path)] == names


# -- where values come from ------------------------------------------------------------------


def sources(text: str | None, paths: list[str]) -> dict[str, tuple[str, int | None]]:
    """The source and line of each value."""
    said = effective(parse(text) if text is not None else None, paths)
    return {v.key: (v.source, v.line) for v in values(said, lines_of(text or ""))}


def test_each_value_says_where_it_came_from() -> None:
    found = sources(WHOLE, [])
    assert found["strict"] == (".oneshot.toml", 1)
    assert found["sides.neutral"] == ("default", None)
    assert found["suite[1].root"] == (".oneshot.toml", 10)
    assert found["suite[1].runner"] == ("detected", None)
    assert found["suite[1].command"] == (".oneshot.toml", 11)
    assert found["suite[0].timeout"] == ("default", None)
    assert found["limits.plan-files"] == (".oneshot.toml", 30)
    assert {line for _, line in found.values()} <= {None, *range(1, 31)}


def test_what_is_detected_says_so() -> None:
    found = sources(None, ["conftest.py"])
    assert found["suite[0].command"] == ("detected", None)
    assert found["gate.everything"] == ("default", None)


@given(st.lists(lines, max_size=6).map("\n".join))
def test_a_line_is_found_for_each_key_of_any_text(text: str) -> None:
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = lines_of(text)
    assert {name for name, *_ in found} == set(said)
    assert all(1 <= line <= text.count("\n") + 1 for line in found.values())


def test_looking_for_a_line_ends_however_long_a_value_is() -> None:
    text = "check = [\n" + "'] ',\n" * 9_000 + "]\nzzz = 1"
    assert refused(text).message == ".oneshot.toml: unknown key 'zzz' in the file"


# -- the template ------------------------------------------------------------------------------

names = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=40)
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
folders = st.lists(words.filter(lambda w: "/" not in w and w not in ("", ".", "..")), max_size=3)
suites = st.builds(
    Suite,
    name=names,
    command=st.lists(words, min_size=1, max_size=4).map(tuple),
    root=folders.map("/".join),
    runner=st.sampled_from(["pytest", "command", "go"]),
    setup=st.lists(words, max_size=2).map(tuple),
    timeout=st.integers(1, 86_400),
)


patterns = st.lists(words.filter(bool), max_size=2).map(tuple)
in_force = st.builds(
    Rules,
    suites=st.lists(suites, max_size=3, unique_by=lambda s: s.name).map(tuple),
    sides=st.builds(SidesTable, test=patterns, neutral=patterns),
    strict=st.booleans(),
    checks=st.lists(st.lists(words, min_size=1, max_size=3).map(tuple), max_size=2).map(tuple),
    gate=st.builds(
        GateTable,
        refs=patterns,
        everything=st.booleans(),
        order=st.sampled_from(["any", "observed"]),
        scope=st.sampled_from(["warn", "enforce", "off"]),
    ),
    limits=st.builds(LimitsTable, plan_files=st.integers(1, 9)),
    from_file=st.just(True),
)


@given(in_force)
def test_what_the_template_writes_is_what_is_in_force(found: Rules) -> None:
    assert rules(template(found)) == found


def test_the_template_of_what_is_found_is_what_is_found() -> None:
    (written,) = rules(template(Rules(suites=(PYTEST,)))).suites
    assert written == Suite(name="pytest", command=PYTEST.command, runner="pytest")


def test_each_key_of_the_template_may_be_used_alone() -> None:
    """It stands below its table, whatever else is commented out."""
    lines = template(Rules(suites=(PYTEST,))).splitlines()
    keys = [at for at, line in enumerate(lines) if re.match(r"# [a-z-]+ = ", line)]
    for at in keys:
        rules("\n".join([*lines[:at], lines[at].removeprefix("# "), *lines[at + 1 :]]))
    assert len(keys) > 15


def test_every_line_of_the_template_that_is_commented_out_may_be_used() -> None:
    text = template(Rules())
    used = [
        line.removeprefix("# ")
        for line in text.splitlines()
        if "=" in line or line.startswith(("# [[", "["))
    ]
    said = rules("\n".join(used))
    assert [s.name for s in said.suites] == ["all"]
    assert said.checks and said.sides.test and said.gate.refs
    assert rules(text) == Rules(from_file=True)
