"""sync, clone, and what other commands say when trails come from elsewhere."""

import os
import re
import shutil
from pathlib import Path

import pytest

from git_oneshot.core.errors import Exit
from tests.gate.project import FEATURE, ROOT, MakeProject, Project, run
from tests.sandbox import At, Repo

REF = f"refs/oneshot/{FEATURE}"


def cloned(project: Project, make: MakeProject) -> tuple[Repo, Project]:
    """A remote, and a clone of it that is set up."""
    bare = make.remote(project)
    project.do("install", "--yes")
    project.do("sync")
    clone = Project(Repo(project.path.parent / "clone"))
    clone.git("remote", "add", "origin", str(bare.path))
    clone.git("fetch", "-q")
    clone.git("reset", "-q", "--hard", "origin/main")
    assert clone.do("install", "--yes", "--json").data["fetched"] == 1
    return bare, clone


def test_sync_for_people_and_for_programs(feature: Project, make: MakeProject) -> None:
    bare = make.remote(feature)
    dry = feature.do("sync", "--dry-run", "-f", FEATURE)
    assert dry.out == f"{FEATURE}: 3 events would be sent\n"
    assert dry.err == f"hint: then do it: git oneshot sync -f {FEATURE}\n"
    assert bare.git("for-each-ref", "refs/oneshot") == ""
    done = feature.do("sync", "--json")
    assert done.data == {
        "remote": "origin", "dryRun": False, "lost": [], "completed": [],
        "features": [
            {"feature": FEATURE, "sent": 3, "received": 0, "merged": False, "wrong": None}
        ],
    }  # fmt: skip
    assert bare.git("rev-parse", REF) == feature.git("rev-parse", REF)
    assert feature.do("sync").out == "all trails are as 'origin' has them\n"


def test_sync_merges_and_status_is_the_same_everywhere(feature: Project, make: MakeProject) -> None:
    bare, clone = cloned(feature, make)
    clone.do("cancel", FEATURE, "--reason", "no time")
    feature.do("request-synthesize")
    feature.do("sync")
    done = clone.do("sync")
    assert done.out == f"{FEATURE}: merged, 1 event sent, 1 event received\n"
    feature.git("fetch", "-q")
    # Before our own sync, reading has both sides.
    before = feature.do("status", FEATURE, "--json").data
    assert before["phase"] == "cancelled"
    feature.do("sync")
    assert {p.git("rev-parse", REF) for p in (feature, clone)} == {bare.git("rev-parse", REF)}
    for project in (feature, clone):
        data = project.do("status", FEATURE, "--json").data
        assert (data["phase"], data["unpushed"]["trail"]) == ("cancelled", False)


def test_a_repository_that_cannot_be_written_to_is_read(
    feature: Project, make: MakeProject
) -> None:
    """Also when trails moved since, and one that a remote dropped is to be kept."""
    plain = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    if plain and shutil.which("setpriv") is None:
        pytest.skip("NOT SHOWN with a repository that is read-only: we are root, and no setpriv")
    bare, clone = cloned(feature, make)
    clone.do("list")
    feature.do("cancel")
    feature.do("init", "other", "--policy", "never")
    feature.do("sync")
    bare.git("update-ref", "-d", REF)
    clone.git("fetch", "-q", "--prune")
    folders = [clone.path / ".git", *(p for p in (clone.path / ".git").rglob("*") if p.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        for _ in range(2):
            done = run([*plain, "git-oneshot", "list", "--all"], clone.path)
            assert (done.code, "other" in done.out) == (0, True), done
            assert f"'origin' dropped the trail of '{FEATURE}'" in done.err
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert f"'origin' dropped the trail of '{FEATURE}'" in clone.do("list").err
    assert FEATURE in clone.do("list", "--all").out


def test_both_authors_of_one_id_are_told(feature: Project, make: MakeProject) -> None:
    make.remote(feature)
    other = Project(Repo(feature.path.parent / "other"))
    other.git("remote", "add", "origin", str(feature.path.parent / "origin.git"))
    other.git("fetch", "-q")
    other.git("reset", "-q", "--hard", "origin/main")
    other.begin()
    feature.do("sync")
    other.do("sync")
    feature.do("sync")
    for project in (feature, other):
        done = project.do("status", FEATURE)
        assert "begun twice" in done.out
        assert f"git oneshot split {FEATURE} --as …" in done.err


def test_split_gives_ours_a_trail_of_its_own(feature: Project, make: MakeProject) -> None:
    make.remote(feature)
    feature.do("sync")
    other = Project(Repo(feature.path.parent / "other"))
    other.git("remote", "add", "origin", str(feature.path.parent / "origin.git"))
    other.git("fetch", "-q")
    other.git("reset", "-q", "--hard", "origin/main")
    other.do("init", FEATURE, "--yes", "--title", "mine")
    other.do("plan", "-m", "a long plan\n" + "x" * 5000)
    one = other.land("one")
    other.do("install", "--yes")
    assert "begun twice" in other.do("status", FEATURE).out
    done = other.do("split", FEATURE, "--as", "mine", "--json")
    assert (done.data["feature"], done.data["source"]) == ("mine", FEATURE)
    # Ours has all that was said, the plan's text too; the old id is the other's alone.
    data = other.do("status", "--json").data
    assert (data["feature"], data["title"], data["phase"]) == ("mine", "mine", "implementing")
    assert [c["commit"] for c in data["commits"]] == [one]
    ids = [e["id"] for e in other.do("log", "mine", "--json").data["events"]]
    plan = next(e for e in other.do("log", "mine", "--json").data["events"]
                if e["type"] == "state.patched")  # fmt: skip
    assert "xxx" in other.do("show", plan["id"], "-f", "mine").out
    assert done.data["events"] == ids
    assert other.do("status", FEATURE, "--json").data["void"] == []
    assert other.git("rev-parse", REF) == feature.git("rev-parse", REF)
    other.do("sync")
    assert other.git("fsck", "--strict", "--no-dangling", "--no-progress") == ""


def test_split_of_a_trail_that_has_both(feature: Project, make: MakeProject) -> None:
    make.remote(feature)
    feature.do("sync")
    other = Project(Repo(feature.path.parent / "other"))
    other.git("remote", "add", "origin", str(feature.path.parent / "origin.git"))
    other.do("init", FEATURE, "--yes", "--title", "mine")
    other.do("sync")
    before = other.do("status", FEATURE, "--json").data
    other.do("split", FEATURE, "--as", "second")
    titles = {other.do("status", f, "--json").data["title"] for f in (FEATURE, "second")}
    assert titles == {"", "mine"}
    assert other.do("status", FEATURE, "--json").data == before
    assert other.cli("split", FEATURE, "--as", "second", "--json").error == "STATE_ALREADY_EXISTS"
    assert other.cli("split", "second", "--as", "third", "--json").error == "INVALID_INPUT"


def begun_by(project: Project, *names: str, plan: bool = True) -> list[Project]:
    """Clones of who begins the feature anew, one behind the other; ids tell whose counts."""
    found = []
    for name in names:
        clone = Project(Repo(project.path.parent / name))
        clone.git("config", "user.name", name)
        clone.git("config", "user.email", f"{name.lower()}@example.com")
        clone.git("remote", "add", "origin", str(project.path.parent / "origin.git"))
        clone.do("init", FEATURE, "--yes", "--title", name)
        if plan:
            clone.do("plan", FEATURE, "--goal", f"the goal of {name}")
        clone.do("install", "--yes")
        found.append(clone)
    return found


def said_in(project: Project, *features: str) -> dict[str, list[str]]:
    """The ids of what is said on trails."""
    return {
        one: [event["id"] for event in project.do("log", one, "--json").data["events"]]
        for one in features
    }


def test_a_split_takes_along_what_came_behind_the_merge(
    project: Project, make: MakeProject
) -> None:
    """It was said in this clone alone, and the old id is a remote's then."""
    make.remote(project)
    two, one = begun_by(project, "Bob", "Ann")
    two.do("sync")
    one.git("fetch", "-q")
    one.do("checkpoint", FEATURE, "--summary", "after the fork")  # a merge is written by that
    one.do("request-synthesize", FEATURE, "--reason", "mine")
    theirs, both = said_in(two, FEATURE)[FEATURE], said_in(one, FEATURE)[FEATURE]
    done = one.do("split", FEATURE, "--as", "mine")
    assert done.out == (
        f"'mine' has what Ann began as '{FEATURE}': 6 events; '{FEATURE}' has what Bob began\n"
    )
    after = said_in(one, FEATURE, "mine")
    assert after[FEATURE] == theirs
    assert {*after["mine"]} == {*both} - {*theirs}
    data = one.do("status", "mine", "--json").data
    assert (data["title"], data["requested"], data["void"]) == ("Ann", True, [])
    assert one.do("status", FEATURE, "--json").data["title"] == "Bob"
    one.do("sync")
    assert said_in(two, FEATURE)[FEATURE] == theirs


def test_what_counts_only_beside_the_other_beginning_stays(
    project: Project, make: MakeProject
) -> None:
    """On a trail of its own it would be void: so the old one stays as it is."""
    make.remote(project)
    [two] = begun_by(project, "Bob")
    two.do("sync")
    [one] = begun_by(project, "Ann", plan=False)
    one.git("fetch", "-q")
    one.do("cancel", FEATURE)  # out of implementing, where only what Bob began is
    before = one.git("rev-parse", REF)
    done = one.do("split", FEATURE, "--as", "mine")
    assert "stays as it is" in done.out
    assert one.git("rev-parse", REF) == before
    data = one.do("status", "mine", "--json").data
    assert (data["phase"], data["void"]) == ("plan", [])
    assert one.do("status", FEATURE, "--json").data["phase"] == "cancelled"


@pytest.mark.parametrize("asks", ["Ann", "Bob"])
def test_each_splits_what_is_theirs(project: Project, make: MakeProject, asks: str) -> None:
    """Whichever of the two counts; and when both have, nothing is there twice."""
    make.remote(project)
    clones = begun_by(project, "Ann", "Bob")
    for clone in (*clones, clones[0]):
        clone.do("sync")
    before = said_in(clones[0], FEATURE)
    counts = clones[0].do("status", FEATURE, "--json").data["title"]
    for clone, name in sorted(zip(clones, ("Ann", "Bob"), strict=True), key=lambda x: x[1] != asks):
        done = clone.do("split", FEATURE, "--as", f"of-{name.lower()}")
        assert done.out == (
            f"'of-{name.lower()}' has what {name} began as '{FEATURE}': 3 events; "
            f"'{FEATURE}' stays as it is, and what {counts} began counts there\n"
        )
        on = clone.do("status", "--json").data
        assert (on["feature"], on["title"]) == (f"of-{name.lower()}", name)
    for clone in (*clones, *clones):
        clone.do("sync")
    for clone in clones:
        said = said_in(clone, FEATURE, "of-ann", "of-bob")
        assert said[FEATURE] == before[FEATURE]
        assert {*said["of-ann"]}.isdisjoint(said["of-bob"])
        done = clone.cli("split", FEATURE, "--as", "once-more", "--json")
        assert done.json["error"]["message"] == (
            f"what else was begun as '{FEATURE}' has a trail of its own: 'of-ann', 'of-bob'"
        )


def test_who_began_neither_splits_what_does_not_count(project: Project, make: MakeProject) -> None:
    """And is told whose that is; what is open in that clone stays so."""
    make.remote(project)
    clones = begun_by(project, "Ann", "Bob")
    for clone in (*clones, clones[0]):
        clone.do("sync")
    third = clones[0]
    counts = third.do("status", FEATURE, "--json").data["title"]
    [other] = {"Ann", "Bob"} - {counts}
    third.git("config", "user.email", "carol@example.com")
    done = third.do("split", FEATURE, "--as", "other", "--json")
    assert done.data["by"].startswith(f"{other} <")
    assert done.data["counts"].startswith(f"{counts} <")
    assert third.do("status", "--json").data["feature"] == FEATURE


def test_sync_tells_each_author_once_that_two_beginnings_met(
    project: Project, make: MakeProject
) -> None:
    """Also the one whose write merged them before; and who takes one in as a file."""
    make.remote(project)
    two, one = begun_by(project, "Bob", "Ann")
    file = two.do("export", FEATURE).out.encode()
    two.do("sync")
    one.git("fetch", "-q")
    one.do("checkpoint", FEATURE, "--summary", "merged")
    argv = ["git", "oneshot", "split", "--json", FEATURE]
    for clone in (one, two):
        assert "begun twice" not in clone.do("sync", "--dry-run").err
        done = clone.do("sync")
        counts = clone.do("status", FEATURE, "--json").data["title"]
        [other] = {"Ann", "Bob"} - {counts}
        assert done.err == (
            f"note: '{FEATURE}' was begun twice, by {counts} and {other}; "
            f"what {counts} began counts\n"
            f"hint: it was begun twice: give one a trail of its own: "
            f"git oneshot split {FEATURE} --as …\n"
        )
    for clone in (one, two):
        clone.do("request-synthesize", FEATURE)
        done = clone.do("sync", "--json")
        assert argv not in [step["argv"] for step in done.json["next"]]
    # Nor by a sync with a fork of their own, which had not heard of it.
    fork = Repo(project.path.parent / "fork.git", "--bare")
    one.git("remote", "add", "fork", str(fork.path))
    assert one.do("sync", "fork").err == ""
    [third] = begun_by(project, "Carol")
    done = third.do("import", "--json", stdin=file)
    assert argv in [step["argv"] for step in done.json["next"]]
    third.do("split", FEATURE, "--as", "carols")
    assert third.do("import", stdin=file).err == ""


def test_what_was_split_off_is_not_split_off_again(feature: Project, make: MakeProject) -> None:
    """Whoever did it, each beginning that does not count gets one trail, and the hint ends."""
    make.remote(feature)
    feature.do("sync")
    others = []
    for name in ("one", "two"):
        other = Project(Repo(feature.path.parent / name))
        other.git("remote", "add", "origin", str(feature.path.parent / "origin.git"))
        other.do("init", FEATURE, "--yes", "--title", name)
        other.do("sync")
        others.append(other)
    first, second = others
    hint = f"git oneshot split {FEATURE} --as …"
    second.do("split", FEATURE, "--as", "a-third")
    assert hint in second.do("status", FEATURE).err
    second.do("sync")
    first.do("sync")
    assert hint in first.do("status", FEATURE).err
    first.do("split", FEATURE, "--as", "a-fourth")
    titles = {first.do("status", f, "--json").data["title"] for f in ("a-third", "a-fourth")}
    assert titles == {"one", "two"}
    first.do("plan", "a-fourth", "-m", "go on")
    first.do("sync")
    for project in (feature, first, second):
        project.do("sync")
        assert "split" not in project.do("status", FEATURE).err
        done = project.cli("split", FEATURE, "--as", "once-more", "--json")
        assert (done.code, done.error) == (2, "INVALID_INPUT")
        assert done.json["error"]["message"] == (
            f"what else was begun as '{FEATURE}' has a trail of its own: 'a-fourth', 'a-third'"
        )
        assert project.cli("status", "once-more", "--json").error == "STATE_NOT_FOUND"


def test_sync_that_does_not_arrive_ends_with_why(feature: Project, make: MakeProject) -> None:
    bare = make.remote(feature)
    hook = bare.path / "hooks" / "update"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    done = feature.cli("sync", "--json")
    assert done.code == Exit.REFUSED
    assert (done.error, done.json["error"]["retryable"]) == ("REMOTE_REFUSED", False)
    assert done.json["next"] == []  # no other try would help
    assert done.data["exchange"][0]["wrong"] == "'origin' refuses it: hook declined"
    assert "topic: 'origin' refuses it: hook declined" in feature.cli("sync").err


def test_sync_names_what_is_missing(feature: Project, make: MakeProject) -> None:
    assert feature.cli("sync", "--json").error == "REMOTE_UNKNOWN"
    make.remote(feature)
    assert feature.cli("sync", "nowhere", "--json").error == "REMOTE_UNKNOWN"
    assert feature.cli("sync", "-f", "nothing", "--json").error == "STATE_NOT_FOUND"
    feature.git("config", "oneshot.remote", "")
    assert feature.cli("sync", "--json").error == "REMOTE_UNKNOWN"
    feature.git("config", "oneshot.remote", "gone")
    assert "'gone'" in feature.cli("sync").err


def test_list_says_what_a_remote_rewound(feature: Project, make: MakeProject) -> None:
    bare, clone = cloned(feature, make)
    clone.do("list")
    bare.git("update-ref", REF, f"{REF}~1")
    clone.git("fetch", "-q")
    done = clone.do("list")
    assert "warning: 'origin' rewound the trail of 'topic'; nothing is lost here" in done.err
    assert clone.do("status", FEATURE, "--json").data["phase"] == "implementing"
    assert clone.do("list").err == ""
    done = clone.do("sync")
    assert done.out == "all others are as 'origin' has them\n"
    assert done.err.splitlines() == [
        "warning: 'origin' no longer has what is kept here of 'topic'",
        "hint: if nobody took it away on purpose, send it again: git oneshot sync origin -f topic",
    ]
    assert clone.do("sync", "-f", FEATURE, "--dry-run").out == "topic: 2 events would be sent\n"
    assert clone.do("sync", "-f", FEATURE).out == "topic: 2 events sent\n"
    assert clone.do("sync").out == "all trails are as 'origin' has them\n"


def test_a_sync_tells_the_hooks_what_came_by_it(feature: Project, make: MakeProject) -> None:
    """Of what another clone ended, and of what is ours again; else doctor alone did."""
    bare, clone = cloned(feature, make)
    branch = feature.git("branch", "--show-current")
    assert clone.git("branch", "--show-current") == branch
    bare.git("update-ref", "-d", REF)
    clone.git("fetch", "-q", "--prune")
    clone.do("sync", "-f", FEATURE)
    assert clone.lines(f"on/{branch}") == [FEATURE]
    feature.do("cancel")
    feature.do("sync")
    clone.do("sync")
    assert clone.lines(f"on/{branch}") == []
    for one in (feature, clone):
        assert "a marker" not in one.cli("doctor").out


def test_list_says_what_a_remote_rewound_in_a_clone_that_is_not_set_up(
    feature: Project, make: MakeProject
) -> None:
    """Only where the notes of `git log` were made it was looked for, and nothing was kept."""
    bare = make.remote(feature)
    feature.do("sync")
    path = feature.path.parent / "clone"
    refspec = "remote.origin.fetch=+refs/oneshot/*:refs/oneshot-remote/origin/*"
    feature.git("clone", "-q", "-c", refspec, str(bare.path), str(path))
    clone = Project(At(path))
    was = clone.git("rev-parse", f"refs/oneshot-remote/origin/{FEATURE}")
    assert clone.do("list").err == ""
    bare.git("update-ref", REF, f"{REF}~1")
    clone.git("fetch", "-q")
    said = f"warning: 'origin' rewound the trail of '{FEATURE}'; nothing is lost here\n"
    assert clone.do("list").err == said
    assert clone.do("list").err == ""
    assert clone.git("rev-parse", f"refs/oneshot-remote/origin@{was[:12]}/{FEATURE}") == was


@pytest.mark.parametrize(
    "command", ["fsck", "fsck --repair", "doctor", "push", "uninstall", "verify"]
)
def test_what_reads_every_trail_keeps_what_a_remote_rewound(
    feature: Project, make: MakeProject, command: str
) -> None:
    """From a plain fetch on nothing leads to it any more, and the next gc may take it."""
    bare, clone = cloned(feature, make)
    clone.do("list")
    was = clone.git("rev-parse", f"refs/oneshot-remote/origin/{FEATURE}")
    bare.git("update-ref", REF, f"{REF}~1")
    clone.git("fetch", "-q")
    if command == "push":
        clone.git("switch", "-q", "-c", "mine")
        clone.do("init", "mine", "--yes")
        done = clone.may("push", "-q", "origin", "mine")
    else:
        done = clone.cli(*command.split())
    assert "warning: 'origin' rewound the trail of 'topic'; nothing is lost here" in done.err
    clone.git("gc", "-q", "--prune=now")
    assert clone.git("rev-parse", f"refs/oneshot-remote/origin@{was[:12]}/{FEATURE}") == was
    assert "rewound" not in clone.do("list").err


def test_a_gc_before_anyone_looked_spares_what_was_seen_with_the_setting_of_the_manual(
    feature: Project, make: MakeProject
) -> None:
    """What a fetch took back is older than git lets it be, and nothing leads to it."""
    bare, clone = cloned(feature, make)
    if "gc.recentObjectsHook" not in clone.git("help", "--config"):
        pytest.skip("NOT SHOWN with gc.recentObjectsHook: this git has none")
    manual = (ROOT / "man/git-oneshot.1").read_text()
    [line] = re.findall("^git config gc.recentObjectsHook.*", manual, re.MULTILINE)
    for roff, text in (("\\-", "-"), ("\\(aq", "'"), ("\\e", "\\")):
        line = line.replace(roff, text)
    assert run(["sh", "-c", line], clone.path).code == 0
    clone.do("list")
    was = clone.git("rev-parse", f"refs/oneshot-remote/origin/{FEATURE}")
    clone.git("repack", "-adq")
    for file in (clone.path / ".git/objects").rglob("*"):
        os.utime(file, (0, 0))
    bare.git("update-ref", REF, f"{REF}~1")
    clone.git("fetch", "-q")
    clone.git("gc", "-q")
    said = f"warning: 'origin' rewound the trail of '{FEATURE}'; nothing is lost here\n"
    assert clone.do("list").err == said
    assert clone.git("rev-parse", f"refs/oneshot-remote/origin@{was[:12]}/{FEATURE}") == was
    shutil.rmtree(clone.own)
    clone.git("gc", "-q")


def test_who_writes_into_a_mirror_is_told_that_a_fetch_overwrites_it(
    feature: Project, make: MakeProject
) -> None:
    """It is acknowledged, and gone with the next fetch, unless a sync comes first."""
    bare = make.remote(feature)
    feature.do("sync")
    said = "a fetch or a push would overwrite trails"
    assert said not in feature.do("plan", "--goal", "one").err
    feature.git("config", "remote.origin.fetch", "+refs/*:refs/*")
    done = feature.do("plan", "--goal", "two")
    assert f"warning: remote.origin.fetch is '+refs/*:refs/*': {said}" in done.err.splitlines()
    assert "hint: send it before the next fetch: git oneshot sync" in done.err.splitlines()
    feature.do("sync")
    feature.git("fetch", "-q", "--update-head-ok")
    assert feature.do("status").out.count("two") == 1
    assert bare.git("rev-parse", REF) == feature.git("rev-parse", REF)


def test_sync_of_one_feature_moves_no_other(feature: Project, make: MakeProject) -> None:
    """Neither ours nor the remote's, nor what was seen there."""
    bare, clone = cloned(feature, make)
    feature.git("switch", "-q", "-c", "other")
    feature.do("init", "other")
    feature.do("sync")
    feature.do("checkpoint", "-f", FEATURE)
    feature.do("checkpoint", "-f", "other")
    clone.git("fetch", "-q")
    clone.do("checkpoint", "-f", "other")
    refs = ("for-each-ref", "--format=%(refname) %(objectname)", "refs/oneshot*/**/other")
    before = [one.git(*refs) for one in (feature.repo, bare)]
    assert all(before)
    assert re.fullmatch(r"topic: \d+ events? sent\n", feature.do("sync", "-f", FEATURE).out)
    assert [one.git(*refs) for one in (feature.repo, bare)] == before
    assert bare.git("rev-parse", REF) == feature.git("rev-parse", REF)
    seen = clone.git(*refs)
    clone.do("sync", "-f", FEATURE)
    came = clone.git("rev-parse", f"refs/oneshot-remote/origin/{FEATURE}")
    assert came == bare.git("rev-parse", REF)
    assert clone.git(*refs) == seen


def test_clone_brings_trails_and_sets_up(feature: Project, make: MakeProject) -> None:
    bare = make.remote(feature)
    feature.do("sync")
    top = feature.path.parent
    done = feature.do("clone", str(bare.path), str(top / "there"), "--yes", "--json")
    assert (done.data["fetched"], done.data["path"]) == (1, str(top / "there"))
    there = Project(_at(top / "there"))
    assert there.do("status", FEATURE, "--json").data["phase"] == "implementing"
    assert os.path.lexists(there.hook("pre-push"))
    elsewhere = _made(top / "elsewhere")
    done = feature.oneshot("clone", str(bare.path), cwd=elsewhere)
    assert done.code == 0
    assert "1 feature came with" in done.out
    hint = done.err.splitlines()[-1].removeprefix("hint: set up this clone: ")
    assert hint == "git -C origin oneshot install --yes"  # typed where the clone was asked for
    assert feature.may(*hint.split()[1:], cwd=elsewhere).code == 0
    assert (top / "elsewhere" / "origin" / "lib").exists()
    done = feature.cli("clone", str(top / "nothing"), str(top / "x"), "--json")
    assert done.error == "REMOTE_FAILED"
    assert "does not exist" in done.json["error"]["message"]


@pytest.mark.parametrize(
    ("options", "remote", "commits", "branches"),
    [
        (["--depth", "1"], "origin", 1, ["main"]),
        (["--depth=1", "--no-single-branch"], "origin", 1, ["main", "other"]),
        (["--single-branch", "-b", "other"], "origin", 3, ["other"]),
        (["-o", "up", "--filter=blob:none"], "up", 2, ["main", "other"]),
        (["--origin=a=b", "--recurse-submodules"], "a=b", 2, ["main", "other"]),
    ],
    ids=str,
)
def test_clone_takes_options_of_git_clone_and_brings_trails_whole(
    feature: Project, one: str, make: MakeProject, options: list[str], remote: str,
    commits: int, branches: list[str],
) -> None:  # fmt: skip
    """Where git brings nothing but one branch, or would cut what it brings, too."""
    bare = make.remote(feature)
    bare.git("config", "uploadpack.allowFilter", "true")
    feature.git(
        "push", "-q", "--no-verify", "origin", f"{feature.repo.commit('two')}:refs/heads/other"
    )
    feature.do("sync")
    there = Project(_at(feature.path.parent / "there"))
    argv = [*options, "--quiet", f"file://{bare.path}", str(there.path), "--yes"]
    assert feature.do("clone", *argv, "--json").data["fetched"] == 1
    assert there.git("for-each-ref", "--format=%(refname)", "refs/oneshot-remote") == (
        f"refs/oneshot-remote/{remote}/{FEATURE}"
    )
    assert there.do("fsck", "-f", FEATURE).out == "1 trail checked\n"
    assert there.git("rev-list", "--count", "HEAD") == f"{commits}"
    seen = there.git("for-each-ref", "--format=%(refname:lstrip=3)", f"refs/remotes/{remote}")
    assert [name for name in seen.split("\n") if name != "HEAD"] == branches
    feature.do("checkpoint")
    feature.do("sync")
    there.git("fetch", "-q")
    assert there.git("rev-parse", f"refs/oneshot-remote/{remote}/{FEATURE}") == (
        feature.git("rev-parse", f"refs/oneshot/{FEATURE}")
    )
    there.do("uninstall")
    assert "refs/oneshot/" not in there.git("config", "--get-all", f"remote.{remote}.fetch")


def test_clone_brings_submodules_where_that_is_asked_for(
    feature: Project, make: MakeProject
) -> None:
    feature.git("config", "--global", "protocol.file.allow", "always")
    feature.git("submodule", "--quiet", "add", str(make("sub").path), "sub")
    feature.unhooked("sub")
    there = feature.path.parent / "there"
    feature.do("clone", "--recurse-submodules", str(feature.path), str(there), "--json")
    assert (there / "sub" / "README").exists()


def test_clone_names_the_remote_as_git_would(feature: Project, make: MakeProject) -> None:
    bare = make.remote(feature)
    feature.do("sync")
    feature.git("config", "--global", "clone.defaultRemoteName", "up")
    there = Project(_at(feature.path.parent / "there"))
    assert feature.do("clone", str(bare.path), str(there.path), "--json").data["fetched"] == 1
    assert there.git("remote") == "up"


@pytest.mark.parametrize(
    "argv",
    [
        ["--", "--upload-pack=touch ran;"],
        ["ext::sh -c touch% ran", "there"],
        ["--branch=--upload-pack=touch ran;", ".", "there"],
        ["--origin=--upload-pack=touch ran;", ".", "there"],
        ["--filter=--upload-pack=touch ran;", ".", "there"],
        ["--depth=--upload-pack=touch ran;", ".", "there"],
    ],
    ids=" ".join,
)
def test_clone_runs_nothing_that_a_url_or_an_option_says(feature: Project, argv: list[str]) -> None:
    done = feature.cli("clone", "--json", *argv)
    assert done.error in ("REMOTE_FAILED", "USAGE")
    assert not (feature.path / "ran").exists()
    assert not (feature.path / "there").exists()


def _at(path: Path) -> Repo:
    repo = Repo.__new__(Repo)
    repo.path, repo._clock = path, 0
    return repo


def _made(path: Path) -> Path:
    path.mkdir()
    return path


def test_uninstall_takes_back_what_clone_set(feature: Project, make: MakeProject) -> None:
    """The refspec stayed: it was there before install, which leaves what is not its own."""
    bare = make.remote(feature)
    feature.do("sync")
    there = feature.path.parent / "there"
    feature.do("clone", str(bare.path), str(there), "--yes")
    clone = Project(_at(there))
    assert "refs/oneshot/" in clone.git("config", "--get-all", "remote.origin.fetch")
    clone.do("uninstall")
    assert "refs/oneshot/" not in clone.git("config", "--get-all", "remote.origin.fetch")


def test_a_branch_whose_feature_another_clone_began_names_the_way_to_go_on(
    feature: Project, make: MakeProject
) -> None:
    """Only resume binds a branch here, so that a fetch alone gates nobody's commits."""
    _, clone = cloned(feature, make)
    done = clone.cli("status")
    assert done.code == Exit.USAGE
    assert f"hint: go on with what another clone began: git oneshot resume {FEATURE}" in done.err
    clone.do("resume", FEATURE)
    assert clone.do("status", "--json").data["feature"] == FEATURE


def test_a_clone_is_set_up_and_nothing_else_whatever_git_was_told_of_another(
    feature: Project, make: MakeProject, tmp_path: Path
) -> None:
    """As from a hook of git's, or an alias, for which GIT_DIR is set."""
    other = make("other")
    before = other.digest()
    env = {"GIT_DIR": str(other.path / ".git"), "GIT_WORK_TREE": str(other.path)}
    argv = ["git-oneshot", "clone", str(feature.path), "new", "--yes", "--json"]
    done = run(argv, tmp_path, env)
    assert done.data["changes"]
    assert other.digest() == before
    assert run(["git", "config", "notes.displayRef"], tmp_path / "new").code == 0
