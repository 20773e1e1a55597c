"""red and green: the two halves of a cycle, on a snapshot that touches nothing."""

import sys
from pathlib import Path

import pytest

from git_oneshot.proof.extra import installing
from tests.gate.project import MakeProject, Project
from tests.proof.lab import INI


@pytest.fixture
def pytest_project(make: MakeProject) -> Project:
    """A project whose tests are pytest's."""
    project = make(
        files={
            "pytest.ini": INI,
            "calc.py": "",
            "tests/test_calc.py": "def test_truth():\n    pass\n",
        }
    )
    project.begin()
    return project


STAGED = "note: this is the working tree, and what is staged differs from it"


def test_green_is_of_the_working_tree(feature: Project) -> None:
    feature.change("one")
    feature.repo.write("docs/more", "more\n")
    assert STAGED in feature.do("green").err


def test_red_then_green_then_commit(feature: Project) -> None:
    feature.change("one", code=False)
    feature.git("reset", "-q")
    index = feature.git("ls-files", "--stage")
    done = feature.do("red")
    assert done.out == "red: 1 test fails without the change\n  sh check.sh  exit-code\n"
    assert "hint: make it pass, then: git oneshot green" in done.err
    status = feature.do("status", "--json")
    assert status.data["cycle"] == "green"
    assert [step["argv"][2] for step in status.json["next"]] == ["green"]  # nothing to finalize
    feature.repo.write("lib/one", "one\n")
    done = feature.do("green")
    assert done.out == (
        "green: 1 turned by the change\n  sh check.sh  red without it (exit-code)\n"
    )
    assert STAGED not in done.err  # nothing is
    assert "hint: stage it: git add --all" in done.err
    assert feature.git("ls-files", "--stage") == index
    assert feature.do("status", "--json").data["cycle"] == "commit"
    feature.git("add", "--all")
    done = feature.do("green", "--json")
    assert (done.data["staged"], done.json["next"][0]["argv"]) == (True, ["git", "commit"])
    assert done.data["proof"]["verdict"] == "PASS"
    assert feature.may("commit", "-q", "-m", "one") == (0, "", "")
    assert feature.do("status", "--json").data["cycle"] == "red"
    assert feature.types()[-3:] == ["cycle.red", "cycle.green", "cycle.green"]


def test_a_refused_half_leaves_no_event(feature: Project, one: str) -> None:
    """Nor do commits that hooks noted: they wait for a command that is carried out."""
    before, types = feature.digest(), feature.types()
    for command in ("red", "green"):
        feature.repo.write("lib/two", "two\n")
        done = feature.cli(command, "--json")
        assert (done.code, done.error) == (1, "NOT_PROVEN")
        assert done.data["proof"]["code"] == "no-test"
    (feature.path / "lib/two").unlink()
    assert feature.digest() == before
    assert feature.types() == types


def test_red_without_a_changed_test(feature: Project) -> None:
    done = feature.cli("red")
    assert done.code == 1
    assert done.err.splitlines() == [
        "error: no test has changed since the last commit",
        "hint: write the test first, or name it behind this: git oneshot red",
    ]
    answer = feature.cli("red", "--json")
    assert [step["argv"][2] for step in answer.json["next"]] == ["red"]
    assert answer.data["proof"]["notes"] == []  # no code has changed either


def test_a_class_can_be_declared_where_the_test_tells_nothing_of_the_change(
    feature: Project,
) -> None:
    feature.change("one")
    feature.repo.write("checks/one", "true\n")
    for half in ("red", "green"):
        done = feature.cli(half, "--json")
        assert done.data["proof"]["code"] == "vacuous-red"
        assert [step["argv"][2] for step in done.json["next"]] == ["red", "declare"]


def test_red_that_passes_is_vacuous(feature: Project) -> None:
    feature.repo.write("checks/true", "true\n")
    done = feature.cli("red")
    assert done.code == 1
    assert done.err.startswith("error: not red (vacuous-red): sh check.sh passes")
    assert "hint: write the test that fails without the change, then" in done.err


def test_red_names_green_where_only_tests_are_to_come(feature: Project) -> None:
    """More tests of what is there need no change: it only said to make one fail."""
    feature.repo.write("checks/more", "true\n")
    assert feature.cli("red").err.splitlines()[-2:] == [
        "hint: write the test that fails without the change, then: git oneshot red",
        "hint: or, if only tests are to come: git oneshot green",
    ]
    feature.repo.write("lib/one", "one\n")
    assert "if only tests" not in feature.cli("red").err


def test_green_that_fails(feature: Project) -> None:
    feature.change("one")
    feature.repo.write("lib/one", "wrong\n")
    done = feature.cli("green")
    assert done.code == 1
    assert done.err.startswith("error: not proven (green-failed): ")


@pytest.mark.long
def test_green_says_of_which_run_the_output_is(make: MakeProject) -> None:
    """It runs the tests twice, and a reader takes what is printed for the second."""
    project = make(files={"calc.py": "", "tests/test_calc.py": ""})
    project.begin()
    project.repo.write("calc.py", "FOUND = {0: 1}\n")
    test = "import calc\ndef test_a():\n    found = getattr(calc, 'FOUND', [])\n    found[0]\n"
    project.repo.write("tests/test_calc.py", test)
    done = project.cli("green")
    assert done.err.startswith("without the change, the tests print:\n")
    assert "IndexError" in done.err
    project.repo.write("calc.py", "FOUND = {}\n")
    assert project.cli("green").err.startswith("with the change, the tests print:\n")


def test_green_where_no_test_had_to_turn(feature: Project) -> None:
    feature.repo.write("docs/x", "x\n")
    assert feature.do("green").out == "green: neutral, no test turned and none had to\n"


def test_green_where_nothing_has_changed(feature: Project) -> None:
    """There is nothing to commit: it was called green, and told to be committed."""
    before = feature.digest()
    done = feature.cli("green", "--json")
    assert done.code == 1
    assert done.error == "NOT_PROVEN"
    assert done.json["next"][0]["argv"] == ["git", "oneshot", "green", "--json"]
    assert done.json["next"][0]["work"] is True
    assert feature.cli("green").err.splitlines() == [
        "error: nothing has changed since the last commit",
        "hint: make the change first, then: git oneshot green",
        "hint: see where the feature stands: git oneshot status",
    ]
    assert feature.digest() == before


def test_a_run_that_tells_nothing_is_not_known(make: MakeProject) -> None:
    project = make(files={"tests/test_x.py": "", ".oneshot.toml":
                          '[[suite]]\nname = "x"\ncommand = "no-such-program"\n'
                          '[sides]\ntest = ["tests/**"]\n'})  # fmt: skip
    project.begin()
    project.repo.write("tests/test_x.py", "x\n")
    for command in ("red", "green"):
        done = project.cli(command, "--json")
        assert (done.code, done.error) == (3, "UNDECIDED")
        assert done.json["error"]["retryable"] is True
        assert "cannot run 'no-such-program'" in done.json["error"]["message"]


def test_untrusted_commands_are_not_run(feature: Project) -> None:
    (feature.own / "trust").unlink()
    feature.change("one")
    for command in ("red", "green"):
        done = feature.cli(command, "--json")
        assert (done.code, done.error) == (1, "UNTRUSTED")
        assert done.json["error"]["hint"] == "see the commands, and decide: git oneshot trust"


def test_before_the_plan_and_after_the_end(project: Project) -> None:
    project.do("init", "topic", "--yes")
    project.change("one")
    done = project.cli("red", "--json")
    assert (done.code, done.error) == (1, "INVALID_PHASE")
    project.do("cancel")
    assert project.cli("green", "-f", "topic", "--json").error == "INVALID_PHASE"


def test_noted_commits_are_bound_before_the_half(feature: Project, one: str) -> None:
    """In the order in which they happened: a commit ends the cycle before it."""
    feature.change("two")
    feature.do("green")
    assert feature.types()[-2:] == ["commit.recorded", "cycle.green"]
    assert feature.do("status", "--json").data["cycle"] == "commit"


def test_a_key_is_the_commands_own(feature: Project, one: str) -> None:
    """What hooks noted is written under no key, else the command would seem done."""
    feature.change("two")
    first = feature.do("green", "--key", "k", "--json").data
    [event] = first["events"]
    assert feature.types()[-2:] == ["commit.recorded", "cycle.green"]
    assert feature.do("green", "--key", "k", "--json").data["events"] == [event]
    feature.git("commit", "-q", "-m", "two")
    done = feature.do("finalize", "--key", "f", "--json").data
    assert done["phase"] == "completed"
    again = feature.do("finalize", "--key", "f", "--json").data
    assert (again["phase"], again["events"]) == ("completed", done["events"])


def test_a_tip_to_expect_is_the_one_before_what_hooks_noted(feature: Project) -> None:
    tip = feature.do("status", "--json").data["tip"]
    feature.land("one")
    feature.change("two")
    before = feature.types()
    assert feature.cli("green", "--if-tip", "0" * 40, "--json").error == "SEQUENCE_CONFLICT"
    assert feature.types() == before
    feature.do("green", "--if-tip", tip)
    assert feature.types()[-2:] == ["commit.recorded", "cycle.green"]


def test_another_features_commits_are_not_bound_to_the_named_one(feature: Project) -> None:
    feature.git("switch", "-q", "-c", "side")
    feature.do("init", "second")
    feature.do("plan", "--goal", "x")
    feature.land("theirs")
    feature.do("request-synthesize", "topic")
    assert feature.loaded("topic").state.commits == ()
    feature.change("three")
    feature.do("green")
    assert [c.subject for c in feature.loaded("second").state.commits] == ["theirs"]


@pytest.mark.parametrize("half", ["red", "green"])
def test_a_half_is_of_the_features_own_branch(feature: Project, half: str) -> None:
    """What is in another branch's working tree is no fact of this feature."""
    feature.git("switch", "-q", "-c", "elsewhere", "main")
    feature.change("one", code=half == "green")
    done = feature.cli(half, "-f", "topic", "--json")
    assert done.code == 1
    assert done.error == "GUARD_FAILED"
    assert done.json["error"]["hint"] == "git switch main"
    assert "cycle" not in feature.do("log", "topic").out


@pytest.mark.long
def test_tests_are_named_as_pytest_does(pytest_project: Project) -> None:
    project = pytest_project
    text = "def test_truth():\n    pass\n\n\ndef test_two():\n    from calc import two\n    two()\n"
    project.repo.write("tests/test_calc.py", text)
    done = project.do("red", "tests/test_calc.py::test_two", "--json")
    [test] = done.data["proof"]["tests"]
    assert (test["id"], test["reason"]) == ("tests/test_calc.py::test_two", "missing-symbol")
    # From below, by a relative path.
    done = project.cli("red", "test_calc.py", "--json", cwd=project.path / "tests")
    assert done.code == 0, done
    project.repo.write("calc.py", "def two():\n    return 2\n")
    assert "1 turned by the change" in project.do("green", "tests/test_calc.py").out


@pytest.mark.parametrize("name", ["nowhere.py", "../outside.py", "/etc/passwd", "\x1b[2J", ".."])
def test_what_is_no_test_is_refused(feature: Project, name: str) -> None:
    (feature.path.parent / "outside.py").write_text("")
    for command in ("red", "green"):
        done = feature.cli(command, name, "--json")
        assert (done.code, done.error) == (2, "INVALID_INPUT")
    assert "\x1b" not in feature.cli("red", name).err


def test_a_test_is_found_by_a_whole_path_that_leads_through_a_link(
    feature: Project, tmp_path: Path
) -> None:
    """As below /tmp on macOS, which is a link, and which the shell does not resolve."""
    (tmp_path / "link").symlink_to(feature.path)
    feature.change("one", code=False)
    assert "1 test fails" in feature.do("red", f"{tmp_path}/link/checks/one").out


def test_where_no_suite_is_known_there_is_no_red(make: MakeProject) -> None:
    project = make(files={"README": "x\n"})
    project.begin()
    done = project.cli("red", "--json")
    assert (done.code, done.error) == (1, "NO_SUITE")
    assert "git oneshot rules --write" in done.json["error"]["hint"]


def test_a_test_that_its_file_does_not_have_is_named(pytest_project: Project) -> None:
    pytest_project.repo.write("tests/test_x.py", "def test_one():\n    assert False\n")
    done = pytest_project.cli("red", "tests/test_x.py::test_oen")
    assert (done.code, done.err.splitlines()[-2:]) == (2, [
        "error: no test 'test_oen' in 'tests/test_x.py'",
        "hint: name another, or the file alone: git oneshot red tests/test_x.py",
    ])  # fmt: skip


UNITTEST = "import unittest\n\nclass T(unittest.TestCase):\n    def test_one(self): pass\n"


@pytest.mark.parametrize("test", ["T::test_oen", "U::test_one"])
def test_a_test_that_a_file_of_unittest_does_not_have_is_named(
    make: MakeProject, test: str
) -> None:
    rules = '[[suite]]\nname = "all"\ncommand = "python3 -m unittest"\n'
    project = make(files={".oneshot.toml": rules, "tests/__init__.py": "", "calc.py": ""})
    project.begin()
    project.repo.write("tests/test_x.py", UNITTEST)
    done = project.cli("red", f"tests/test_x.py::{test}")
    assert f"error: no test '{test}' in 'tests/test_x.py'\n" in done.err


def test_code_alone_is_told_what_to_run(feature: Project) -> None:
    feature.change("one", test=False)
    assert feature.cli("green").err == (
        "error: not proven (no-test): lib/one changed, and no test did\n"
        "hint: write the test that fails without the change, then: git oneshot red\n"
        "hint: or, if it is a refactoring, say so: git oneshot declare refactor --reason …\n"
    )


@pytest.mark.long
def test_what_tools_make_beside_the_sources_is_no_part_of_the_change(
    pytest_project: Project,
) -> None:
    """Who had run the tests by hand, and had no .gitignore, was told to install the new module.

    What was compiled counted as code that had changed, and an environment as a thousand files.
    """
    made = ("__pycache__/calc.pyc", "tests/__pycache__/test_calc.pyc", ".venv/pyvenv.cfg",
            ".venv/lib/x.py", "web/node_modules/x/index.js")  # fmt: skip
    for name in made:
        pytest_project.repo.write(name, "x\n")
    test = "import new\n\n\ndef test_it():\n    pass\n"
    pytest_project.repo.write("tests/test_new.py", test)
    done = pytest_project.do("red")
    assert "missing-symbol" in done.out
    left = ".venv/, __pycache__/, tests/__pycache__/ and 1 more"
    assert done.err.startswith(f"note: in no .gitignore, and left out: {left}\n")
    pytest_project.repo.write("new.py", "")
    done = pytest_project.do("green", "--json")
    first, *_ = done.json["next"]
    assert first["why"] == "name .venv, __pycache__ and node_modules in .gitignore, then stage it"
    assert (first["argv"], first["work"]) == (["git", "add", "--all"], True)
    assert pytest_project.do("status", "--json").json["next"][0] == first
    pytest_project.repo.write(".gitignore", "/.venv\n__pycache__\nnode_modules\n")
    done = pytest_project.do("green", "--json")
    assert done.json["next"][0]["why"] == "stage it"
    assert ".gitignore" not in done.err


@pytest.mark.long
def test_a_named_test_that_is_new_does_not_run_the_whole_suite(
    pytest_project: Project, tmp_path: Path
) -> None:
    """It is not in its file as that was; and not everything else is run in its place."""
    ran = tmp_path / "ran"
    project = pytest_project
    project.repo.write("tests/test_other.py", f"def test_other():\n    open({str(ran)!r}, 'w')\n")
    project.repo.write("tests/test_calc.py", "def test_calc():\n    assert True\n")
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", "more tests")
    project.repo.write("calc.py", "def twice(x):\n    return 2 * x\n")
    project.repo.write(
        "tests/test_calc.py",
        "import pytest\ndef test_calc():\n    assert 1\n"
        "@pytest.mark.parametrize('name', ['twice', '__name__'])\ndef test_it(name):\n"
        "    import calc\n    assert hasattr(calc, name)\n",
    )
    assert project.do("green", "tests/test_calc.py::test_it").out.startswith("green: 1 turned")
    assert not ran.exists()


def test_red_counts_what_is_missing_also_where_other_code_has_changed(
    pytest_project: Project,
) -> None:
    """It called the test broken, or the module not installed: neither is written yet."""
    pytest_project.repo.write("other.py", "x = 1\n")
    for code in ("import calc\n    calc.twice(2)", "from new import it"):
        test = f"def test_it():\n    {code}\n"
        pytest_project.repo.write("tests/test_new.py", test)
        done = pytest_project.cli("red")
        assert (done.code, "missing-symbol" in done.out) == (0, True)


def test_a_folder_of_theirs_that_is_only_called_so_is_looked_at(pytest_project: Project) -> None:
    pytest_project.repo.write("venv/code.py", "x = 1\n")
    assert "venv/code.py changed, and no test did" in pytest_project.cli("green").err
    pytest_project.repo.write("__pycache__/kept.py", "x = 1\n")
    pytest_project.git("add", "__pycache__")
    assert "__pycache__/kept.py, venv/code.py changed" in pytest_project.cli("green").err


def test_what_would_see_comments_is_told_where_it_is_not_installed(
    make: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`why` told, and --json; a person who had added JSDoc was told to call it a refactoring."""
    monkeypatch.setitem(sys.modules, "tree_sitter", None)
    package = '{"type": "module", "scripts": {"test": "node --test"}}'
    project = make(files={"package.json": package, "a.js": "export const a = 1;\n",
                          "a.test.js": "import './a.js';\n"})  # fmt: skip
    project.begin()
    project.repo.write("a.js", "/** One. */\nexport const a = 1;\n")
    said = project.cli("green").err.splitlines()
    known, install = said[-1].rsplit(": ", 1)
    assert known == "hint: to see whether only comments or types changed"
    assert install == installing("syntax")


def test_where_rules_name_no_suite_they_are_not_written_again(make: MakeProject) -> None:
    project = make(files={"README": "x\n"})
    project.begin()
    project.do("rules", "--write")
    done = project.cli("red", "--json")
    assert (done.error, done.json["next"][0]["argv"][2]) == ("NO_SUITE", "green")


def test_a_red_that_does_not_count_did_not_pass_all_along(make: MakeProject) -> None:
    project = make(files={"pytest.ini": INI, "calc.py": "words = ()\n", "test_calc.py": ""})
    project.begin()
    project.repo.write("calc.py", 'words = ("two",)\n')
    tests = (
        "from calc import words\n\n\n"
        "def test_number():\n    assert len(words) == 1\n\n\n"
        "def test_word():\n    assert words[0] == 'two'\n\n\n"
        "def test_type():\n    assert isinstance(words, tuple)\n"
    )
    project.repo.write("test_calc.py", tests)
    assert project.do("green").out.splitlines() == [
        "green: 1 turned by the change, 1 passed all along, 1 not counted",
        "  test_calc.py::test_number  red without it (assertion)",
        "  test_calc.py::test_word  breaks without the change by an error of its own",
    ]


@pytest.mark.long
def test_names_that_differ_only_in_case_or_in_how_an_accent_is_spelt(
    pytest_project: Project,
) -> None:
    """macOS gives names decomposed; what git and a runner name otherwise is another file."""
    project = pytest_project
    names = ("cafe", "CAFE", "caf\u00e9", "cafe\u0301")
    tests = [f"tests/test_{name}.py" for name in names]
    for number, (name, test) in enumerate(zip(names, tests, strict=True)):
        text = f"def test_it():\n    assert getattr(import_module('{name}'), 'X') == {number}\n"
        project.repo.write(test, f"from importlib import import_module\n{text}")
    if len([*(project.path / "tests").iterdir()]) < len(names) + 1:
        pytest.skip("the disk takes some of these names for one")
    red = project.do("red", *tests, "--json").data["proof"]["tests"]
    assert sorted(one["file"] for one in red) == sorted(tests)
    for number, name in enumerate(names):
        project.repo.write(f"{name}.py", f"X = {number}\n")
    assert project.do("green", tests[3], "--json").data["proof"]["total"] == 1
    assert project.do("green", "--json").data["proof"]["total"] == len(names)
    project.git("add", "--all")
    project.git("commit", "-q", "-m", f"feat: {names[3]}")
    [found] = project.do("verify", "HEAD", "--json").data["commits"]
    assert found["verdict"] == "PASS"
    assert sorted(one["file"] for one in found["tests"] if one["red"] != "passed") == sorted(tests)


def test_a_test_that_is_not_there_runs_no_other_beside_xdist(pytest_project: Project) -> None:
    """Which says nothing of it: the whole suite was run, for eleven minutes, and then it was."""
    ini = pytest_project.path / "pytest.ini"
    ini.write_text("[pytest]\naddopts = -n 2\n")
    pytest_project.git("commit", "-q", "--no-verify", "-a", "-m", "xdist")
    ran = pytest_project.path.parent / "ran"
    test = pytest_project.path / "tests" / "test_ran.py"
    test.write_text(f"def test_it():\n    open({str(ran)!r}, 'x').close()\n")
    done = pytest_project.cli("red", "tests/test_ran.py::test_nothing")
    assert (done.code, ran.exists()) == (2, False)
    assert done.err.startswith("error: no test 'test_nothing' in 'tests/test_ran.py'")
