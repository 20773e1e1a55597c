"""install, uninstall, trust, rules: what holds in this clone."""

import re

import pytest

from tests.gate.project import BASE, RULES, MakeProject, Project, run


def test_install_says_what_it_changes(project: Project) -> None:
    done = project.do("install", "--yes")
    said = done.err.splitlines()
    assert said[0] == "in this clone:"
    assert "  hook pre-commit" in said
    assert "  trust: run `sh check.sh`" in said
    assert done.out.startswith("this clone is set up")
    assert project.do("install", "--yes").out == "everything is in place\n"
    data = project.do("install", "--json").data
    assert data == {"changes": [], "fetched": 0}


@pytest.mark.usefixtures("by_files")
def test_install_with_hooks_elsewhere_says_so(project: Project) -> None:
    project.git("config", "core.hooksPath", ".husky")
    done = project.cli("install", "--yes")
    assert done.code == 1
    assert "warning: core.hooksPath is '.husky': no hook is installed there" in done.err
    assert "error: core.hooksPath is '.husky', so the hooks are another tool's" in done.err
    # Everything else is done, and a feature can begin.
    assert project.do("init", "topic", "--yes").code == 0


def test_uninstall_says_what_is_gone(feature: Project) -> None:
    done = feature.do("uninstall")
    assert "gone: hook pre-commit\n" in done.out
    assert feature.do("uninstall", "--json").data == {"changes": []}
    assert feature.do("status", "topic").code == 0


def test_trust_shows_commands_before_they_run(project: Project) -> None:
    done = project.cli("trust")
    assert done.code == 2
    assert done.err.splitlines()[0] == "  sh check.sh"
    done = project.cli("trust", "--json")
    assert (done.error, done.known) == ("NEEDS_INPUT", {"commands": [["sh", "check.sh"]]})
    assert project.do("trust", "--yes").out == "trusted: sh check.sh\n"
    assert project.do("trust").out == "trusted: sh check.sh\n"
    assert project.do("trust", "--json").data == {"commands": []}


def test_trust_where_there_is_nothing_to_trust(make: MakeProject) -> None:
    project = make(files={"README": "x"})
    assert project.do("trust").out == "this repository names no command\n"


def test_the_first_suite_of_a_repository_can_be_trusted_before_it_is_committed(
    make: MakeProject,
) -> None:
    project = make(files={"README": "x"})
    project.begin()
    for name in (".oneshot.toml", "check.sh"):
        project.repo.write(name, BASE[name])
    project.repo.write("checks/one", "grep -qx one lib/one\n")
    assert project.cli("red", "--json").error == "UNTRUSTED"
    assert project.do("trust", "--yes").out == "trusted: sh check.sh\n"
    project.do("red")


def test_what_is_in_the_tree_is_trusted_at_once_where_nothing_else_is_known(
    make: MakeProject,
) -> None:
    project = make(files={"README": "x"})
    for name in (".oneshot.toml", "check.sh"):
        project.repo.write(name, BASE[name])
    done = project.do("init", "topic", "--yes")
    assert "  trust: run `sh check.sh`" in done.err
    assert "no test suite is known" not in done.out


def changed_rules(project: Project) -> tuple[str, str]:
    """Two commits: one is judged by the first rules, and the next one changes them."""
    first = project.land("one")
    project.repo.write(".oneshot.toml", RULES.replace("sh check.sh", "sh ./check.sh"))
    project.git("commit", "-q", "-a", "-m", "rules")
    return first, project.head


def test_commands_that_rules_named_before_can_be_trusted(project: Project) -> None:
    first, last = changed_rules(project)
    project.do("trust", "--yes")
    done = project.cli("verify", f"{first}^..{last}")
    assert (
        done.err.splitlines()[-1]
        == f"hint: see the commands, and decide: git oneshot trust {first[:9]}"
    )
    done = project.cli("verify", f"{first}^..{last}", "--json")
    assert done.error == "UNTRUSTED"
    [step] = done.json["next"]
    assert step["argv"] == ["git", "oneshot", "trust", "--json", first[:9]]
    done = project.cli("trust", first[:9], "--json")
    assert (done.error, done.known) == ("NEEDS_INPUT", {"commands": [["sh", "check.sh"]]})
    [step] = done.json["next"]
    assert step["argv"] == ["git", "oneshot", "trust", "--json", first[:9], "--yes"]
    project.do(*step["argv"][2:])
    project.do("verify", f"{first}^..{last}")
    assert project.cli("trust", "nowhere", "--json").error == "INVALID_INPUT"


def test_commands_that_a_suite_of_old_rules_names_can_be_trusted(project: Project) -> None:
    _first, last = changed_rules(project)
    project.do("trust", "--yes")
    project.land("docs", code=False, test=False)
    project.repo.write(".oneshot.toml", RULES)
    project.git("commit", "-q", "-a", "-m", "rules, again")
    (project.own / "trust").unlink()
    project.do("trust", "--yes")
    done = project.cli("verify", f"{last}..HEAD")  # no test of a commit runs, but the suite
    assert (
        done.err.splitlines()[-1]
        == f"hint: see the commands, and decide: git oneshot trust {last}..HEAD"
    )
    project.do("trust", f"{last}..HEAD", "--yes")
    project.do("verify", f"{last}..HEAD")


def test_a_feature_whose_rules_change_is_trusted_as_a_whole(feature: Project) -> None:
    (feature.own / "trust").unlink()
    changed_rules(feature)
    assert feature.cli("finalize", "--json").error == "UNTRUSTED"
    assert feature.do("trust", "--yes", "--json").data["commands"] == [
        ["sh", "./check.sh"], ["sh", "check.sh"],
    ]  # fmt: skip
    feature.do("finalize")


def test_commands_are_shown_harmless(make: MakeProject) -> None:
    rules = '[[suite]]\nname = "x"\ncommand = "sh \\u001b[2J\\u202e"\n'
    project = make(files={".oneshot.toml": rules})
    done = project.do("trust", "--yes")
    assert "\\x1b[2J\\u202e" in done.err
    assert "\x1b" not in done.out + done.err + project.do("rules").out


def test_rules_as_detected_and_as_written(make: MakeProject) -> None:
    project = make(files={"test_x.py": "", "pyproject.toml": ""})
    text = project.do("rules").out
    assert text.startswith("# there is no .oneshot.toml: detected\n")
    assert re.search(r"^suite\[0\].command +python -m pytest +detected$", text, re.MULTILINE)
    assert re.search(r"^strict +false +default$", text, re.MULTILINE)
    data = project.do("rules", "--json").data
    assert (data["source"], data["suites"][0]["source"]) == ("detected", "detected")
    done = project.do("rules", "--write")
    assert done.out == "wrote .oneshot.toml\n"
    assert "commit it alone" in done.err
    again = project.cli("rules", "--write", "--json")
    assert (again.code, again.error) == (2, "INVALID_INPUT")
    # In force when it is committed; and then it says what was so before.
    project.git("add", "--all")
    project.git("commit", "-q", "-m", "rules")
    data = project.do("rules", "--json").data
    assert (data["source"], data["suites"][0]["command"]) == (
        ".oneshot.toml", ["python", "-m", "pytest"],
    )  # fmt: skip


def test_rules_in_full(make: MakeProject) -> None:
    rules = (
        'strict = true\ncheck = ["mypy x"]\n[gate]\nrefs = ["refs/heads/r"]\n'
        '[[suite]]\nname = "a"\ncommand = "make test"\nroot = "sub"\ntimeout = 5\n'
        '[sides]\nneutral = ["docs/**"]\n[limits]\nplan-files = 3\n'
    )
    project = make(files={".oneshot.toml": rules})
    text = project.do("rules").out
    for key, value, source in (
        ("strict", "true", ".oneshot.toml:1"),
        ("check", "mypy x", ".oneshot.toml:2"),
        ("sides.test", "none", "default"),
        ("sides.neutral", r"'docs/\*\*'", ".oneshot.toml:11"),
        ("gate.refs", "refs/heads/r", ".oneshot.toml:4"),
        ("limits.commit-seconds", "10.0", "default"),
        (r"suite\[0\].root", "sub", ".oneshot.toml:8"),
        (r"suite\[0\].runner", "command", "detected"),
    ):
        assert re.search(rf"^{key} +{value} +{source}$", text, re.MULTILINE), key
    assert text.endswith("\nproduction   all else\n")
    data = project.do("rules", "--json").data
    assert data["gate"] == {
        "refs": ["refs/heads/r"], "everything": False, "order": "any", "scope": "warn",
    }  # fmt: skip
    assert data["limits"] == {"commitSeconds": 10.0, "planFiles": 3}
    project.repo.write(".oneshot.toml", "[gate]\neverything = true\n")
    project.git("commit", "-q", "-am", "all")
    values = {v["key"]: v for v in project.do("rules", "--json").data["values"]}
    assert values["gate.everything"] == {
        "key": "gate.everything", "value": True, "source": ".oneshot.toml", "line": 2,
    }  # fmt: skip
    assert "# no suite is known: nothing is gated" in project.do("rules").out


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [("x =", "", "git help oneshot-rules"),
     ("chek = []", "unknown key 'chek' in the file", "did you mean 'check'?"),
     ("strict = 3", ":1: expected `bool`", "git help oneshot-rules"),
     ('check = [" "]', "check: the command is empty", ""),
     ('[[suite]]\nname = "a"\ncommand = "x"\nroot = "../up"', "leaves the repository", "")],
)  # fmt: skip
def test_rules_that_are_wrong(make: MakeProject, text: str, said: str, hint: str) -> None:
    project = make(files={".oneshot.toml": text})
    done = project.cli("rules", "--json")
    assert (done.code, done.error) == (2, "RULES_INVALID")
    assert said in done.json["error"]["message"]
    assert hint in (done.json["error"]["hint"] or "")
    for argv in (["init", "topic"], ["trust"], ["install", "--yes"], ["verify", "HEAD"]):
        assert project.cli(*argv, "--json").error in ("RULES_INVALID", "UNDECIDED", "NOT_PROVEN")


@pytest.mark.parametrize(
    ("command", "file"),
    [("rules", ".oneshot.toml"), ("skill", ".claude/skills/git-oneshot/SKILL.md")],
)
def test_where_there_is_no_room_for_a_file_none_is_left(
    make: MakeProject, command: str, file: str
) -> None:
    project = make(files={"test_x.py": ""})
    done = run(["sh", "-c", f"ulimit -f 0; exec git-oneshot {command} --write"], project.path)
    assert (done.code, done.err.splitlines()[-1]) == (
        2, "hint: make room: df, and git oneshot cache clear",
    )  # fmt: skip
    assert not (project.path / file).exists()
