"""What people do with git all day, walked through under the hooks, to the end of the feature."""

from pathlib import Path

import pytest

from tests.gate.project import BASE, RULES, MakeProject, Project, run
from tests.proof.lab import INI
from tests.sandbox import At, Repo

pytestmark = pytest.mark.long


def classes(project: Project, feature: str = "topic") -> list[str]:
    """Finalize, and give back the class of each commit."""
    return [c["class"] for c in project.do("finalize", feature, "--json").data["commits"]]


def branch(project: Project, name: str = "topic") -> None:
    """A feature on a branch of its own."""
    project.git("switch", "-q", "-c", name)
    project.begin(name, "--base", "main")


def main_moves(project: Project, name: str, text: str) -> None:
    """Somebody else lands a change on main, with its test."""
    project.git("switch", "-q", "main")
    project.repo.write(f"lib/{name}", text)
    project.repo.write(f"checks/{name}", f"grep -qx {text.split()[-1]} lib/{name}\n")
    project.git("add", "--all")
    project.git("commit", "-q", "-m", f"main: {name}")
    project.git("switch", "-q", "topic")


def test_a_merge_from_main_without_a_conflict(project: Project) -> None:
    branch(project)
    project.land("one")
    main_moves(project, "other", "other\n")
    project.git("merge", "-q", "--no-edit", "main")
    project.land("two")
    assert classes(project) == ["behaviour", "merge", "behaviour"]


def test_a_merge_from_main_with_a_conflict(project: Project) -> None:
    branch(project)
    project.land("one")
    main_moves(project, "one", "main\none\n")
    assert project.may("merge", "-q", "--no-edit", "main").code == 1
    project.repo.write("lib/one", "main\none\n")  # theirs holds ours
    project.repo.write("checks/one", "grep -qx one lib/one\n")
    project.git("add", "--all")
    assert project.may("commit", "-q", "--no-edit").code == 0
    assert classes(project) == ["behaviour", "merge"]


def test_both_sides_of_a_conflict_with_blank_lines_between_them(project: Project) -> None:
    """As a formatter lays them out: no hand has said anything."""
    branch(project)
    project.land("one")
    main_moves(project, "one", "main\none\n")
    project.may("merge", "-q", "--no-edit", "main")
    project.repo.write("lib/one", "one\n\n\nmain\n\n\none\n")
    project.repo.write("checks/one", "grep -qx one lib/one\n")
    project.git("add", "--all")
    assert project.may("commit", "-q", "--no-edit").code == 0
    assert classes(project) == ["behaviour", "merge"]


def test_a_conflict_that_is_settled_by_code_of_nobody_is_refused(project: Project) -> None:
    branch(project)
    project.land("one")
    main_moves(project, "one", "main\none\n")
    project.may("merge", "-q", "--no-edit", "main")
    project.repo.write("lib/one", "evil\none\n")
    project.repo.write("checks/one", "grep -qx one lib/one\n")
    project.git("add", "--all")
    refused = project.may("commit", "-q", "--no-edit")
    assert refused.code == 1 and "(no-test)" in refused.err
    project.git("commit", "-q", "--no-edit", "--no-verify")
    assert project.cli("finalize").code == 1


def test_a_merge_that_brings_its_own_test(project: Project) -> None:
    branch(project)
    project.land("one")
    main_moves(project, "one", "main\none\n")
    project.may("merge", "-q", "--no-edit", "main")
    project.repo.write("lib/one", "main\none\nboth\n")
    project.repo.write("checks/one", "grep -qx both lib/one\n")
    project.git("add", "--all")
    assert project.may("commit", "-q", "--no-edit").code == 0
    assert classes(project) == ["behaviour", "merge"]


def test_h23_a_rebase_onto_a_main_that_moved_meanwhile(project: Project) -> None:
    branch(project)
    project.land("one")
    project.land("two")
    main_moves(project, "other", "other\n")
    project.git("rebase", "-q", "main")
    assert classes(project) == ["behaviour", "behaviour"]
    assert len(project.loaded().state.commits) == 2


def test_an_amend_that_adds_the_test(project: Project) -> None:
    branch(project)
    project.land("one", "--no-verify", test=False)
    project.change("one")
    assert project.may("commit", "-q", "--amend", "--no-edit").code == 0
    assert classes(project) == ["behaviour"]
    assert [one.id for one in project.loaded().state.commits] == [project.head]


def test_a_fixup_that_is_squashed_into_its_commit(project: Project) -> None:
    """H24: it may be made, and is no commit to finalize; its code is judged where it ends up."""
    branch(project)
    project.land("one")
    project.land("two")
    project.repo.write("lib/one", "one\n\n")
    assert project.may("commit", "-q", "-a", "--fixup", "HEAD^").code == 0
    refused = project.cli("finalize", "topic", "--json")
    assert [one["code"] for one in refused.data["commits"]] == [None, None, "fixup"]
    editor = {"GIT_SEQUENCE_EDITOR": "true"}
    done = project.may("rebase", "-q", "-i", "--autosquash", "main", env=editor)
    assert done.code == 0, done.err
    assert classes(project) == ["behaviour", "behaviour"]
    recorded = [one.id for one in project.loaded().state.commits]
    assert recorded == project.git("rev-list", "--reverse", "main..HEAD").split()


def test_a_revert_of_a_commit_of_the_feature(project: Project) -> None:
    """Its test goes with it, and is not missed at the tip."""
    branch(project)
    project.land("one")
    project.land("two")
    project.git("revert", "--no-edit", "HEAD^")
    assert classes(project) == ["behaviour", "behaviour", "revert"]


def test_the_first_commit_of_a_repository(make: MakeProject) -> None:
    project = make("new", files={})
    project.git("update-ref", "-d", "HEAD")
    project.begin()
    for path, text in BASE.items():
        project.repo.write(path, text)
    project.git("add", "--all")
    assert project.may("commit", "-q", "-m", "begin").code == 0
    project.do("trust", "--yes")
    assert classes(project) == ["behaviour"]


def test_a_repository_without_tests(make: MakeProject) -> None:
    """Nothing is gated, code neither, and that is said."""
    project = make("bare", files={"notes.txt": "n\n", "app.py": "x = 1\n"})
    assert "nothing is gated" in project.do("init", "topic", "--yes").out
    project.do("plan", "--message", "m")
    project.repo.write("notes.txt", "more\n")
    project.repo.write("app.py", "x = 2\n")
    assert project.may("commit", "-q", "-a", "-m", "more").code == 0
    assert classes(project) == ["neutral"]


def test_three_suites_in_one_repository(make: MakeProject) -> None:
    roots = ("api", "web", "cli")
    rules = "".join(
        f'[[suite]]\nname = "{root}"\nroot = "{root}"\ncommand = "sh check.sh"\n' for root in roots
    )
    sides = '[sides]\ntest = ["*/check.sh"]\nproduction = ["*/lib/**"]\n'
    files = {f"{root}/check.sh": f"echo >>$HOME/{root}; grep -qx 1 lib/a\n" for root in roots}
    lib = {f"{root}/lib/a": "1\n" for root in roots}
    project = make("three", files={".oneshot.toml": rules + sides, **files, **lib})
    project.begin()
    project.repo.write("web/lib/a", "2\n")
    project.repo.write("web/check.sh", "grep -qx 2 lib/a\n")
    project.git("commit", "-q", "-a", "-m", "web")
    [commit] = project.do("finalize", "--json").data["commits"]
    assert [test["suite"] for test in commit["tests"]] == ["web"]


def test_generated_code_needs_no_test(make: MakeProject) -> None:
    generated = {".gitattributes": "gen/** linguist-generated\n", "test_a.py": "\n"}
    project = make(files=generated)
    project.begin()
    project.repo.write("gen/parser.py", "made = 1\n")
    project.git("add", "--all")
    assert project.may("commit", "-q", "-m", "generate").code == 0
    assert project.do("verify", "HEAD", "--regression", "off").out.startswith(
        f"{project.head[:9]} PASS neutral"
    )


def test_the_rules_stand_above_what_attributes_call_generated(make: MakeProject) -> None:
    """Else a file that calls everything generated would open the gate."""
    project = make(files={**BASE, ".gitattributes": "* linguist-generated\n"})
    project.begin()
    project.change("one", test=False)
    assert project.may("commit", "-q", "-m", "one").code == 1


def test_a_colleagues_commits_in_the_range_are_reported(
    make: MakeProject, project: Project
) -> None:
    make.remote(project)
    branch(project)
    project.change("theirs", test=False)
    project.git(
        "-c", "user.email=bob@example.org", "commit", "-q", "--no-verify", "-m", "theirs"
    )  # fmt: skip
    project.land("ours")
    done = project.may("push", "-q", "origin", "topic:main")
    assert done.code == 0
    assert "by others" in done.err


def test_two_features_on_two_branches(project: Project) -> None:
    branch(project, "topic")
    project.land("one")
    project.git("switch", "-q", "main")
    branch(project, "second")
    project.land("two")
    assert classes(project, "second") == ["behaviour"]
    project.git("switch", "-q", "topic")
    assert [c["subject"] for c in project.do("status", "--json").data["commits"]] == ["one"]
    assert classes(project, "topic") == ["behaviour"]


def test_a_formatter_in_another_pre_commit_hook(project: Project) -> None:
    """It runs first; what it makes of the change is what is judged and committed."""
    hook = project.hook("pre-commit")
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nsed -i.bak 's/ *$//' lib/* && rm lib/*.bak && git add lib\n")
    hook.chmod(0o755)
    branch(project)
    project.repo.write("lib/one", "one   \n")
    project.repo.write("checks/one", "grep -qx one lib/one\n")
    project.git("add", "--all")
    assert project.may("commit", "-q", "-m", "one").code == 0
    assert project.git("show", "HEAD:lib/one") == "one"
    assert project.git("status", "--porcelain") == ""
    assert classes(project) == ["behaviour"]


def test_a_submodule_that_moves_is_no_empty_folder(make: MakeProject, tmp_path: Path) -> None:
    """H18: it is laid out from the clone's own store; what is not there is UNKNOWN."""
    words = Repo(tmp_path / "words")
    words.commit("one", {"word": "one\n"})
    project = make(files={**BASE, "check.sh": "grep -qx $(cat want) words/word\n", "want": "one\n"})
    project.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
                str(words.path), "words")  # fmt: skip
    project.repo.write(".oneshot.toml", RULES.replace('"check.sh"]', '"check.sh", "want"]'))
    project.git("add", "--all")
    project.git("commit", "-q", "-m", "words")
    project.begin()
    two = words.commit("two", {"word": "two\n"})
    run(["git", "-c", "protocol.file.allow=always", "fetch", "-q"], project.path / "words")
    run(["git", "checkout", "-q", two], project.path / "words")
    project.repo.write("want", "two\n")
    project.git("add", "--all")
    assert project.may("commit", "-q", "-m", "two words").code == 0
    assert classes(project) == ["behaviour"]
    three = words.commit("three", {"word": "three\n"})
    project.do("init", "more", "--yes")
    project.do("plan", "more", "--message", "m")
    project.git("update-index", "--cacheinfo", f"160000,{three},words")
    project.repo.write("want", "three\n")
    project.git("add", "want")
    done = project.may("commit", "-q", "-m", "three words")
    assert (done.code, "submodule" in done.err) == (0, True)
    [commit] = project.cli("verify", "HEAD", "--json").data["commits"]
    assert (commit["verdict"], commit["code"]) == ("UNKNOWN", "submodule")


def test_what_a_test_imports_from_a_submodule_that_is_not_here(
    make: MakeProject, tmp_path: Path
) -> None:
    """The way on is to bring it, and no package of that name."""
    lib = Repo(tmp_path / "lib")
    lib.commit("one", {"words.py": "def one():\n    return 1\n"})
    project = make(files={"pytest.ini": INI + "pythonpath = vendor\n", "test_a.py": ""})
    project.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
                str(lib.path), "vendor")  # fmt: skip
    test = "def test_one():\n    from words import one\n    assert one() == 1\n"
    project.repo.write("test_a.py", test)
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", "one word")
    project.git("clone", "-q", ".", str(tmp_path / "clone"))
    clone = Project(At(tmp_path / "clone"))
    clone.do("trust", "--yes")
    done = clone.cli("verify", "HEAD", "--json")
    [commit] = done.data["commits"]
    assert (commit["verdict"], commit["code"]) == ("UNKNOWN", "submodule")
    assert done.json["next"][0]["argv"][:3] == ["git", "submodule", "update"]
