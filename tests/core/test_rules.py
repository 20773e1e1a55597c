"""`.oneshot.toml`: what it may say, how it is refused, and what holds where it says nothing."""

import string
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_oneshot.core.detection import detect
from git_oneshot.core.effective import effective
from git_oneshot.core.errors import Code, Exit, OneshotError
from git_oneshot.core.rules import Rules, Suite, sides, suite_of
from git_oneshot.core.rules_file import parse
from git_oneshot.core.template import template

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
    return effective(parse(text), [], [])


def refused(text: str) -> OneshotError:
    """How a file is refused."""
    with pytest.raises(OneshotError) as caught:
        rules(text)
    assert caught.value.code is Code.RULES_INVALID
    assert caught.value.kind.exit is Exit.USAGE
    assert caught.value.message.startswith(".oneshot.toml: ")
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
    assert effective(None, [], []) == Rules()


# -- how it is refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "near"),
    [
        ("strct = true", "strct", "strict"),
        ("[[suit]]\nname = 'a'", "suit", "suite"),
        (suite("tmeout = 3"), "tmeout", "timeout"),
        ("[limits]\ncommit_seconds = 3", "commit_seconds", "commit-seconds"),
        ("[sides]\ntests = ['x']", "tests", "test"),
        ("[gate]\nref = ['x']", "ref", "refs"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_one(text: str, key: str, near: str) -> None:
    error = refused(text)
    assert f"unknown field `{key}`" in error.message
    assert error.hint == f"did you mean '{near}'?"


def test_an_unknown_key_with_no_like_gets_the_list() -> None:
    assert refused("zzz = 1").hint.startswith("keys: check, command, commit-seconds, ")


def test_bad_toml_is_named_with_its_line() -> None:
    assert "at line 2, column" in refused("strict = true\ncheck = = 1\n").message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("strict = 'yes'", "expected `bool`, got `str` - at `$.strict`"),
        ("check = 'mypy'", "expected `array`, got `str` - at `$.check`"),
        ("check = [1]", "expected `str`, got `int` - at `$.check[0]`"),
        (suite("timeout = 0"), "expected `int` >= 1 - at `$.suite[0].timeout`"),
        (suite("timeout = 99999"), "expected `int` <= 86400"),
        (suite("runner = 'nose'"), "invalid enum value 'nose' - at `$.suite[0].runner`"),
        ("[[suite]]\nname = 'a'", "missing required field `command` - at `$.suite[0]`"),
        (suite(name="two words"), "expected `str` matching regex"),
        (suite(name="a\\n"), "expected `str` matching regex"),
        ("[limits]\ncommit-seconds = 601", "<= 600"),
        ("[limits]\nplan-files = 0", ">= 1"),
        ("[sides]\ntest = ['']", "expected `str` of length >= 1 - at `$.sides.test[0]`"),
        ("check = ['a\\u0000b']".replace("'", '"'), "no value may hold a NUL character"),
        (suite() + suite(), "two suites are called 'all'"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(text: str, said: str) -> None:
    assert said in refused(text).message


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
        (suite(command="make 'test"), "suite 'all': No closing quotation"),
        (suite(command="make \\\\"), "suite 'all': No escaped character"),
        (suite(command=""), "suite 'all': the command is empty"),
        (suite(command="  "), "suite 'all': the command is empty"),
        ('check = ["mypy \'x"]', "check: No closing quotation"),
        ('check = [""]', "check: the command is empty"),
    ],
)
def test_a_command_that_no_shell_could_read_is_refused(text: str, said: str) -> None:
    assert said in refused(text).message


keys = st.sampled_from(["suite", "sides", "strict", "check", "gate", "limits", "name", "root", "x"])
values = st.sampled_from(["1", "true", "'a'", "['a', 1]", "{a = 1}", "1979-05-27", "[[[", '"\\u0"'])
lines = st.one_of(
    st.builds("{} = {}".format, keys, values),
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


@pytest.mark.parametrize(
    ("top", "tests"),
    [
        (["pytest.ini"], []),
        (["conftest.py"], []),
        (["test_calc.py"], []),
        (["calc_test.py"], []),
        (["tests"], ["tests/test_calc.py"]),
        (["tests"], ["tests/unit/deep/calc_test.py"]),
        (["test"], ["test/conftest.py"]),
    ],
)
def test_pytest_is_found_by_the_names_of_its_files(top: list[str], tests: list[str]) -> None:
    assert detect(top, tests) == (PYTEST,)


@pytest.mark.parametrize(
    ("top", "tests"),
    [
        ([], []),
        (["README.md", "setup.py", "tests"], ["tests/data.json"]),
        (["latest.py", "test_notes.txt", "mytest_x.py.orig"], ["tests/contest.py"]),
    ],
)
def test_nothing_is_found_where_there_is_no_test(top: list[str], tests: list[str]) -> None:
    assert detect(top, tests) == ()


def test_a_suite_of_the_file_stands_above_what_is_found() -> None:
    assert effective(parse("strict = true"), ["conftest.py"], []).suites == (PYTEST,)
    named = effective(parse(suite()), ["conftest.py"], []).suites
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
        ("test", ":(glob)web/**/tests/**"),
        ("test", ":(glob)**/test_*.py"),
        ("environment", ":(glob)**/pyproject.toml"),
        ("production", ":(glob)**/*.py"),
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
    found = suite_of(said, path)
    assert found is not None and found.name == name


def test_a_path_above_every_root_belongs_to_no_suite() -> None:
    assert suite_of(rules(suite('root = "web"')), "README.md") is None


# -- the template ------------------------------------------------------------------------------

names = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=40)
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
folders = st.lists(words.filter(lambda w: "/" not in w and w not in ("", ".", "..")), max_size=3)
suites = st.builds(
    Suite,
    name=names,
    command=st.lists(words, min_size=1, max_size=4).map(tuple),
    root=folders.map("/".join),
    runner=st.sampled_from(["pytest", "command"]),
    timeout=st.integers(1, 86_400),
)


@given(st.lists(suites, max_size=3, unique_by=lambda s: s.name).map(tuple))
def test_what_the_template_writes_is_read_back(found: tuple[Suite, ...]) -> None:
    assert rules(template(found)).suites == found


def test_the_template_of_what_is_found_is_what_is_found() -> None:
    (written,) = rules(template([PYTEST])).suites
    assert written == Suite(name="pytest", command=PYTEST.command, runner="pytest")


def test_every_line_of_the_template_that_is_commented_out_may_be_used() -> None:
    text = template([])
    used = [
        line.removeprefix("# ")
        for line in text.splitlines()
        if "=" in line or line.startswith(("# [",))
    ]
    said = rules("\n".join(used))
    assert [s.name for s in said.suites] == ["all"]
    assert said.checks and said.sides.test and said.gate.refs
    assert rules(text) == Rules(from_file=True)
