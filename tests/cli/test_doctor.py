"""doctor: each kind of damage is named with what mends it, and what is ours is mended."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from dulwich.objects import Blob

from git_oneshot.gate.doctor import CHECKS
from git_oneshot.gate.hooks import Hooks
from git_oneshot.proof.trees.index import private_index
from git_oneshot.trail.disk import Disk
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.shelter import shelter
from tests.gate.project import FEATURE, Done, MakeProject, Project
from tests.sandbox import Repo
from tests.trail.crafted import FEATURE as BAD
from tests.trail.crafted import loose, root_of
from tests.trail.test_audit import READ
from tests.trail.test_damage import two_appends

HOUR = 7200


def wrong(done: Done) -> dict[str, list[str]]:
    """What each check found."""
    return {
        row["check"]: [one["what"] for one in row["findings"]]
        for row in done.data["checks"]
        if row["findings"]
    }


def test_a_clone_that_is_set_up_is_sound(feature: Project) -> None:
    done = feature.do("doctor")
    assert [line.split()[1:] for line in done.out.splitlines()] == [["sound"]] * len(CHECKS)
    assert feature.do("doctor", "--json").json["next"] == []


def test_a_clone_that_is_not_set_up_is_not_set_up_by_a_doctor(project: Project) -> None:
    """--fix asks for nothing, so it takes nothing that was not given."""
    before = project.digest()
    done = project.cli("doctor", "--fix", "--json")
    assert (done.code, done.error) == (1, "CLONE_UNSOUND")
    assert {*wrong(done)} == {"hooks", "notes", "trust"}
    assert wrong(done)["hooks"] == ["no hook looks at commits here"]  # and not a row for each
    assert [n["argv"][2] for n in done.json["next"]] == ["install", "trust"]
    assert project.digest() == before


def test_in_a_bare_repository_nobody_works_and_no_hook_asks(feature: Project) -> None:
    bare = feature.path.parent / "bare.git"
    feature.git("clone", "-q", "--bare", ".", str(bare))
    feature.git("push", "-q", str(bare), "refs/oneshot/topic")
    assert {*wrong(feature.cli("doctor", "--json", cwd=bare))} == {"fetch", "notes"}
    done = feature.cli("status", "topic", "--json", cwd=bare)
    assert [step["argv"] for step in done.json["next"]] == [
        ["git", "oneshot", "clone", "--json", os.path.realpath(bare)]
    ]


def test_a_bare_repository_has_the_rules_of_its_head(project: Project) -> None:
    """Where nothing is checked out, as on a server."""
    bare = project.path.parent / "bare.git"
    project.git("clone", "-q", "--bare", ".", str(bare))
    assert {*wrong(project.cli("doctor", "--json", cwd=bare))} == {"fetch", "notes"}
    project.repo.commit("rules", {".oneshot.toml": "chekc = 1\n"})
    project.git("push", "-q", str(bare), "main")
    assert "rules" in wrong(project.cli("doctor", "--json", cwd=bare))


def _old(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    then = time.time() - HOUR
    os.utime(path, (then, then))


def _gone_interpreter(project: Project) -> None:
    script = project.path.parent / "git-oneshot"
    script.write_text("#!/nowhere/python\n")
    script.chmod(0o755)
    (project.own / "program").write_text(f"{script}\n")


def _gone_branch(project: Project) -> None:
    (project.own / "on" / "gone").write_text("nothing\n")


def _index_of_a_killed(project: Project) -> Path:
    """The name of a private index, as a process takes it that is killed before it ends."""
    with private_index(project.repo.discover()) as path:
        return Path(path)


Damage = dict[str, tuple[str, Callable[[Project], object], str]]
OLD = "#!/bin/sh\n# git-oneshot hook 0: x\n"
FILES: Damage = {
    "a hook is gone": ("hooks", lambda p: p.hook("post-commit").unlink(), "is not there"),
    "a hook has no x-bit": ("hooks", lambda p: p.hook("pre-push").chmod(0o644), "x-bit"),
    "a hook is old": ("hooks", lambda p: p.hook("pre-commit").write_text(OLD), "another version"),
}
SETTINGS: Damage = {
    "something else is set": (
        "hooks",
        lambda p: p.git("config", "--file", str(p.own / "open/settings"),
                        "hook.oneshot-pre-push.command", "true"),
        "another version",
    ),
    "what is set is gone": (
        "hooks", lambda p: (p.own / "open/post-rewrite").unlink(), "another version",
    ),
    "what is set has no x-bit": (
        "hooks", lambda p: (p.own / "open/pre-push").chmod(0o644), "another version",
    ),
    "what is set is old": (
        "hooks", lambda p: (p.own / "open/pre-commit").write_text(OLD), "another version",
    ),
    "the file beside it is gone": (
        "hooks", lambda p: p.hook("pre-push").unlink(), "is not there",
    ),
}  # fmt: skip
OURS: Damage = {
    "the program moved": (
        "program",
        lambda p: (p.own / "program").write_text("/nowhere/git-oneshot\n"),
        "which is gone",
    ),
    "its interpreter is gone": ("program", _gone_interpreter, "interpreter '/nowhere/python'"),
    "a marker is gone": ("markers", lambda p: shutil.rmtree(p.own / "on"), "no marker"),
    "a marker is of nothing": ("markers", _gone_branch, "without a trail"),
    "a lock is left": (
        "locks",
        lambda p: _old(Path(p.git("rev-parse", "--git-dir"), "refs/oneshot/topic.lock")),
        "killed process",
    ),
    "the notes are gone": (
        "notes", lambda p: p.git("update-ref", "-d", "refs/notes/oneshot"), "is not there",
    ),
    "the cache is damaged": (
        "cache", lambda p: (p.own / "states").write_text("x\ny\n"), "states is damaged",
    ),
    "a file is damaged": ("cache", lambda p: (p.own / "verified").write_text("{"), "verified'"),
    "a hook was killed": ("leftovers", lambda p: _old(p.own / "stdin.12"), "stdin.12'"),
    "a proof was killed": ("leftovers", lambda p: _old(_index_of_a_killed(p)), "oneshot/index."),
    "git was killed in it": (
        "leftovers", lambda p: _old(Path(f"{_index_of_a_killed(p)}.lock")), ".lock'",
    ),
    "a search for Python was killed": (
        "leftovers", lambda p: _old(p.own / "toolchain.12.139872"), "toolchain.12.139872'",
    ),
    "install was killed": (
        "leftovers", lambda p: _old(p.hook("pre-push.12")), "hooks/pre-push.12'",
    ),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.usefixtures("by_files")
def test_h12_what_is_ours_is_named_and_mended(feature: Project) -> None:
    named_and_mended(feature, {**FILES, **OURS})


@pytest.mark.long
def test_hooks_that_are_set_are_named_and_mended(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hooks, "by_settings", True)
    project.begin()
    named_and_mended(project, SETTINGS)


def named_and_mended(feature: Project, damages: Damage) -> None:
    """Each damage is the one that is found, and is mended by --fix."""
    os.chdir(feature.path)
    for name, (check, damage, said) in damages.items():
        damage(feature)
        done = feature.cli("doctor", "--json")
        assert (done.code, done.error) == (1, "CLONE_UNSOUND"), name
        assert [*wrong(done)] == [check], name
        assert said in wrong(done)[check][0], name
        assert done.json["next"][0]["argv"] == ["git", "oneshot", "doctor", "--json", "--fix"]
        done = feature.do("doctor", "--fix", "--json")
        [finding] = next(r for r in done.data["checks"] if r["check"] == check)["findings"]
        assert finding["fixed"] is True, name
        assert wrong(feature.do("doctor", "--json")) == {}, name


def test_a_branch_with_two_open_features_has_the_marker_of_one(feature: Project) -> None:
    """Another clone began one on a branch of the same name, and this one wrote to it."""
    other = feature.path.parent / "other"
    feature.git("clone", "-q", ".", str(other))
    feature.cli("init", "second", cwd=other)
    feature.git("-C", str(other), "push", "-q", "origin", "refs/oneshot/second")
    assert wrong(feature.do("doctor", "--json")) == {}
    [marker] = (feature.own / "on").iterdir()
    assert marker.read_text() == f"{FEATURE}\n"
    marker.unlink()
    assert len(wrong(feature.cli("doctor", "--json"))["markers"]) == 1
    feature.do("doctor", "--fix")
    assert wrong(feature.do("doctor", "--json")) == {}


def test_a_setting_that_install_made_is_made_again(feature: Project, make: MakeProject) -> None:
    make.remote(feature)
    feature.do("install", "--yes")
    before = feature.git("config", "--local", "--list")
    feature.git("config", "--unset-all", "remote.origin.fetch", "oneshot")
    feature.git("config", "--unset-all", "notes.displayRef")
    assert {*wrong(feature.cli("doctor", "--json"))} == {"fetch", "notes"}
    feature.do("doctor", "--fix")
    assert sorted(feature.git("config", "--local", "--list").split()) == sorted(before.split())
    assert wrong(feature.do("doctor", "--json")) == {}


def test_a_pack_that_a_killed_writer_kept_is_given_back_to_gc(feature: Project) -> None:
    """Once nobody comes back to it; one that is kept by anyone else stays so."""
    git = feature.repo.discover()
    ours = Path(shelter(git, Disk(), [Blob.from_string(b"ours")]))
    theirs = feature.git("pack-objects", f"{git.common_dir}/objects/pack/pack",
                         stdin=f"{feature.head}\n")  # fmt: skip
    kept = ours.with_name(f"pack-{theirs}.keep")
    kept.write_text("my own: git oneshot append\n")
    assert wrong(feature.do("doctor", "--json")) == {}, "its writer may be at work"
    for path in (ours, kept):
        then = time.time() - HOUR
        os.utime(path, (then, then))
    done = feature.cli("doctor", "--json")
    what = f"a killed process left '{ours}' behind, which keeps a pack from git gc"
    assert wrong(done) == {"leftovers": [what]}
    feature.do("doctor", "--fix")
    assert wrong(feature.do("doctor", "--json")) == {}
    feature.git("gc", "-q", "--prune=now")
    assert (ours.with_suffix(".pack").exists(), kept.with_suffix(".pack").exists()) == (False, True)


THEIRS: dict[str, tuple[str, Callable[[Project], object], str, int]] = {
    "hooks are elsewhere": (
        "core.hooksPath", lambda p: p.git("config", "core.hooksPath", ".husky"),
        "add to .husky/pre-commit", 1,
    ),
    "a fetch overwrites trails": (
        "fetch",
        lambda p: p.git("config", "--add", "remote.origin.fetch", "refs/oneshot/*:refs/oneshot/*"),
        "would overwrite trails", 1,
    ),
    "a fetch overwrites all refs": (
        "fetch", lambda p: p.git("config", "--add", "remote.origin.fetch", "+refs/*:refs/*"),
        "would overwrite trails", 1,
    ),
    "a lock of all refs is left": (
        "locks", lambda p: _old(p.own.parent / "reftable/tables.list.lock"), "killed process", 1,
    ),
    "a lock of a branch is left": (
        "locks", lambda p: _old(p.own.parent / "refs/heads/main.lock"), "killed process", 1,
    ),
    "a lock of the index is left": (
        "locks", lambda p: _old(p.own.parent / "index.lock"), "killed process", 1,
    ),
    "trust is gone": ("trust", lambda p: (p.own / "trust").unlink(), "not trusted", 1),
    "the clone is shallow": (
        "history", lambda p: (p.own.parent / "shallow").write_text(""), "shallow", 0,
    ),
}  # fmt: skip


def test_a_trail_is_sound_when_it_can_be_read_and_not_when_its_state_is_cached(
    feature: Project,
) -> None:
    tip = feature.git("rev-parse", "refs/oneshot/topic")
    (feature.own.parent / "objects" / tip[:2] / tip[2:]).unlink()
    done = feature.cli("doctor", "--json")
    assert done.code == 1
    assert [*wrong(done)] == ["trails"]


def test_a_cache_that_is_rubbish_is_damaged_however_short_it_is(feature: Project) -> None:
    (feature.own / "states").write_text("rubbish\n")
    assert [*wrong(feature.cli("doctor", "--json"))] == ["cache"]


@pytest.mark.usefixtures("by_files")
@pytest.mark.parametrize("name", THEIRS)
def test_what_is_theirs_is_named_and_left_alone(
    name: str, feature: Project, make: MakeProject
) -> None:
    make.remote(feature)
    feature.do("install", "--yes")
    check, damage, said, code = THEIRS[name]
    damage(feature)
    before = feature.digest()
    done = feature.cli("doctor", "--fix", "--json")
    assert done.code == code
    assert said in wrong(done)[check][0]
    assert feature.digest() == before


def test_a_remote_that_is_named_and_is_not_there_is_not_made(
    feature: Project, make: MakeProject
) -> None:
    """A name that was mistyped, or is that of a remote which was removed."""
    make.remote(feature)
    feature.git("config", "oneshot.remote", "orgin")
    before = feature.git("config", "--local", "--list")
    feature.do("install", "--yes")
    done = feature.cli("doctor", "--fix", "--json")
    said = "oneshot.remote is 'orgin', and there is no such remote"
    assert wrong(done) == {"fetch": [said]}
    [finding] = next(r for r in done.data["checks"] if r["check"] == "fetch")["findings"]
    assert finding["mend"] == ["git", "remote"]
    assert feature.git("config", "--local", "--list") == before
    assert feature.cli("sync", "--json").json["error"]["message"] == "there is no remote 'orgin'"
    feature.git("config", "oneshot.remote", "")
    assert wrong(feature.do("doctor", "--json")) == {}


def _leave(project: Project, make: MakeProject) -> None:
    """Share the trails with a second remote, and remove that, as git does it: they stay."""
    make.remote(project, "other")
    project.git("push", "-q", "--no-verify", "other", "refs/oneshot/*:refs/oneshot/*")
    project.git("fetch", "-q", "other", "+refs/oneshot/*:refs/oneshot-remote/other/*")
    project.git("remote", "remove", "other")


def test_what_a_removed_remote_had_is_dropped_where_it_is_elsewhere_too(
    feature: Project, make: MakeProject
) -> None:
    """Its refs would go on to say that it has the trail."""
    _leave(feature, make)
    said = "1 trail in refs/oneshot-remote of a remote that is not there: other"
    assert wrong(feature.do("doctor", "--json")) == {"fetch": [said]}
    feature.do("doctor", "--fix")
    assert feature.git("for-each-ref", "refs/oneshot-remote") == ""
    assert wrong(feature.do("doctor", "--json")) == {}


def test_what_a_doctor_dropped_is_not_kept_as_lost(feature: Project, make: MakeProject) -> None:
    """Where it is only at another remote: the next look at the trails put it back as lost."""
    bare = make.remote(feature)
    feature.do("install", "--yes")
    feature.do("sync")
    there = Project(Repo(feature.path.parent / "there"))
    for name in ("origin", "other"):
        there.git("remote", "add", name, str(bare.path))
        there.git("fetch", "-q", name, f"+refs/oneshot/*:refs/oneshot-remote/{name}/*")
    there.do("install", "--yes")
    there.do("list")
    there.git("remote", "remove", "other")
    there.cli("doctor", "--fix")
    there.do("fsck")
    seen = there.git("for-each-ref", "--format=%(refname)", "refs/oneshot-remote")
    assert seen == f"refs/oneshot-remote/origin/{FEATURE}"


def test_what_only_a_removed_remote_had_stays(feature: Project, make: MakeProject) -> None:
    _leave(feature, make)
    feature.git("update-ref", "-d", "refs/oneshot/topic")
    feature.do("doctor", "--fix")
    assert feature.git("for-each-ref", "refs/oneshot-remote") != ""
    said = "1 trail in refs/oneshot-remote of a remote that is not there: other"
    said += "; they stay, since nothing else has them"
    assert wrong(feature.do("doctor", "--json")) == {"fetch": [said]}


def test_many_refs_of_no_remote_are_few_lines(feature: Project) -> None:
    """As where somebody fetched with a refspec of their own, or a hub had odd names."""
    lines = [f"create refs/oneshot-remote/z{n:03}/f{n:03} HEAD\n" for n in range(105)]
    lines += [f"create refs/oneshot-remote/y{n}/topic refs/oneshot/topic\n" for n in range(5)]
    lines += [f"create refs/oneshot-remote/z/X{n} HEAD\n" for n in range(105)]
    feature.repo.git("update-ref", "--stdin", stdin="".join(lines))
    found = wrong(feature.cli("doctor", "--json"))
    assert found["fetch"] == [
        "5 trails in refs/oneshot-remote of remotes that are not there: y0, y1, y2 and 2 more",
        "105 trails in refs/oneshot-remote of remotes that are not there: z000, z001, z002"
        " and 102 more; they stay, since nothing else has them",
    ]
    assert len(found["trails"]) == 11
    assert found["trails"][-1] == "95 more trails cannot be read"
    done = feature.cli("fsck")
    assert len(done.err.splitlines()) < 30
    assert "error: parents: 94 more; --json has all" in done.err.splitlines()
    assert "warning: ref-name: 95 more; --json has all" in done.err.splitlines()
    assert len(feature.cli("fsck", "--json").data["broken"]) == 210
    feature.cli("doctor", "--fix")
    assert feature.git("for-each-ref", "refs/oneshot-remote/y*") == ""


def test_a_trail_that_cannot_be_read_takes_no_hook_away(feature: Project) -> None:
    feature.git("update-ref", "refs/oneshot/topic", "HEAD")
    done = feature.cli("doctor", "--fix", "--json")
    assert {*wrong(done)} == {"trails"}
    assert feature.lines("on/main") == ["topic"]


def test_rules_that_cannot_be_read_and_a_runner_that_is_gone(make: MakeProject) -> None:
    project = make(files={".oneshot.toml": "x ="})
    assert "rules" in wrong(project.cli("doctor", "--json"))
    suite = '[[suite]]\nname = "a"\ncommand = "no-such-program run"\n'
    project = make("other", files={".oneshot.toml": suite})
    [said] = wrong(project.cli("doctor", "--json"))["runner"]
    assert said == "suite 'a': no program 'no-such-program'"


def test_a_program_of_the_installed_packages_is_there(make: MakeProject) -> None:
    """It is found as a run finds it, also where the packages are the main working tree's."""
    suite = '[[suite]]\nname = "{0}"\nroot = "{0}"\nrunner = "jest"\ncommand = "{1}"\n'
    programs = {"web": "jest", "lib": "node_modules/.bin/jest", "api": "at-the-top"}
    rules = "\n".join(suite.format(*each) for each in programs.items())
    project = make(files={".oneshot.toml": rules, ".gitignore": "node_modules\n"})
    for path in ("web/node_modules/.bin/jest", "lib/node_modules/.bin/jest",
                 "node_modules/.bin/at-the-top"):  # fmt: skip
        project.repo.write(path, "#!/bin/sh\n")
        (project.path / path).chmod(0o755)
    assert {"rules", "runner"} & {*wrong(project.cli("doctor", "--json"))} == set()
    linked = project.path.parent / "linked"
    project.git("worktree", "add", "-q", str(linked))
    assert "runner" not in wrong(project.cli("doctor", "--json", cwd=linked))


@pytest.mark.parametrize(
    ("bwrap", "said"), [("", "bubblewrap is not here"), ("exit 1", "the kernel lets this user")]
)
def test_a_sandbox_that_cannot_be_had(
    feature: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bwrap: str, said: str
) -> None:
    """UNKNOWN(sandbox) sends its reader here; who asks for one where it can be had is told."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    for name in ("git", "sh"):
        (bin_ / name).symlink_to(str(shutil.which(name)))
    if bwrap:
        (bin_ / "bwrap").write_text(f"#!/bin/sh\n{bwrap}\n")
        (bin_ / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(bin_))
    assert "sandbox" not in wrong(feature.do("doctor", "--json"))
    feature.git("config", "oneshot.sandbox", "auto")
    [note] = wrong(feature.do("doctor", "--json"))["sandbox"]
    assert note.startswith("tests run without a sandbox: ")
    feature.git("config", "oneshot.sandbox", "require")
    done = feature.cli("doctor", "--json")
    assert said in wrong(done)["sandbox"][0]
    assert done.code == 1


def test_a_sandbox_of_no_known_name_is_one_finding(feature: Project) -> None:
    """The other checks are made, and what is said mends it."""
    feature.git("config", "oneshot.sandbox", "always")
    done = feature.cli("doctor", "--json")
    assert (done.code, done.error) == (1, "CLONE_UNSOUND")
    said = "oneshot.sandbox is 'always', and it may be off, auto, require"
    assert wrong(done) == {"sandbox": [said]}
    assert len(done.data["checks"]) == len(CHECKS)
    mend = done.data["checks"][list(CHECKS).index("sandbox")]["findings"][0]["mend"]
    feature.git(*mend[1:])
    assert "may be" not in str(wrong(feature.cli("doctor", "--json")))


def test_a_change_of_rules_makes_no_clone_unsound(feature: Project, one: str) -> None:
    until = feature.own / "verdicts" / "current"
    until.parent.mkdir(parents=True, exist_ok=True)
    until.write_text("0" * 64 + "\n")
    done = feature.do("doctor", "--json")
    assert "rules that changed since" in wrong(done)["verdicts"][0]
    feature.do("doctor", "--fix")
    assert wrong(feature.do("doctor", "--json")) == {}


def test_a_trail_that_is_damaged(feature: Project) -> None:
    feature.git("update-ref", "refs/oneshot/broken", feature.head)
    done = feature.cli("doctor", "--json")
    assert wrong(done)["trails"][0].startswith("trail 'broken': ")
    assert done.json["next"][-1]["argv"] == ["git", "oneshot", "fsck", "--json", "-f", "broken"]


@pytest.mark.parametrize("where", ["ours", "theirs", "theirs beside ours"])
def test_whatever_fsck_fails_for_is_wrong_for_a_doctor(feature: Project, where: str) -> None:
    """Ours, or what a remote has of a trail, which may be sound here."""
    git = feature.own.parent
    ref = "refs/oneshot" if where == "ours" else "refs/oneshot-remote/origin"
    of_objects = ("missing", "edited", "cut")  # which ours has as well
    for rule, breaks in READ.items():
        if where == "theirs beside ours" and rule in of_objects:
            continue
        store = GitStore(feature.repo.discover(), time.time)
        tip = two_appends(store)
        store.close()
        broken = breaks(feature.repo, root_of(feature.repo, BAD), tip)
        if where == "theirs":
            feature.git("update-ref", "-d", f"refs/oneshot/{BAD}")
        (git / ref).mkdir(parents=True, exist_ok=True)
        (git / ref / BAD).write_text(f"{broken}\n")
        assert feature.cli("fsck").code == 4, rule
        done = feature.cli("doctor", "--json")
        assert (done.code, len(wrong(done)["trails"])) == (1, 1), rule
        for left in (git / ref / BAD, git / "refs/oneshot" / BAD, git / "shallow"):
            left.unlink(missing_ok=True)
        for oid in {tip.commit, broken}:
            Path(loose(feature.repo, oid)).unlink(missing_ok=True)


@pytest.mark.usefixtures("by_files")
def test_status_says_whose_the_hooks_are(feature: Project) -> None:
    """Until the other tool's hooks call ours."""
    feature.git("config", "core.hooksPath", ".husky")
    assert feature.do("status", "--json").data["unheard"] == ["pre-commit", "pre-push"]
    assert "hooks     pre-commit and pre-push: another tool's" in feature.do("status").out
    feature.repo.write(".husky/pre-commit", "git-oneshot hook pre-commit\n")
    feature.repo.write(".husky/pre-push", 'git-oneshot hook pre-push "$@"\n')
    assert feature.do("status", "--json").data["unheard"] == []
    assert wrong(feature.do("doctor", "--json")) == {}
