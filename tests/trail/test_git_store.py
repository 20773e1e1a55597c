"""What a trail is in a git repository: the format, and every kind of repository it lives in."""

import contextlib
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from git_oneshot.core import facts as f
from git_oneshot.core.codec import encode
from git_oneshot.core.commands import RequestSynthesis, Start
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.state import State
from git_oneshot.git import discover
from git_oneshot.session import Session
from git_oneshot.trail import reading
from git_oneshot.trail.audit import odd_refs
from git_oneshot.trail.disk import Disk
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.objects import SMALL, Objects, blob_of
from git_oneshot.trail.store import Tip, joined
from tests.sandbox import MakeRepo, MakeWorld, Repo
from tests.trail.crafted import (
    FEATURE,
    OTHER,
    Open,
    append,
    events_of,
    judged,
    loose,
    root_of,
    started,
    titled,
)

REF = f"refs/oneshot/{FEATURE}"
SHOW = f"notes.displayRef={REF}"


def sound(repo: Repo) -> None:
    """`git fsck --strict` has nothing to say."""
    assert repo.git("fsck", "--strict", "--no-dangling", "--no-progress") == ""


# -- the format -----------------------------------------------------------------


def test_two_clones_that_begin_one_feature_share_its_root(repo: MakeRepo, opened: Open) -> None:
    roots = set()
    for name in ("one", "two"):
        here = repo(name)
        append(opened(here), FEATURE, None, f.Started(featureId=FEATURE, title=name))
        roots.add(here.git("rev-list", "--max-parents=0", REF))
    [root] = roots
    assert root == root_of(repo("three"), FEATURE)
    assert here.git("cat-file", "commit", root) == (
        "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
        "author git oneshot <git-oneshot@localhost> 0 +0000\n"
        "committer git oneshot <git-oneshot@localhost> 0 +0000\n"
        "\n"
        "oneshot fix-typo"
    )


def test_roots_of_two_features_differ(work: Repo) -> None:
    assert root_of(work, FEATURE) != root_of(work, OTHER)


def test_a_message_is_a_line_for_people_and_a_line_per_event(work: Repo, opened: Open) -> None:
    tip = append(opened(work), FEATURE, None, started(), titled("Tippfehler überall"))
    lines = work.git("log", "-1", "--format=%B", tip.commit).splitlines()
    events = events_of(1, started(), titled("Tippfehler überall"))
    assert lines == ["fix-typo: say", "", *(encode(event).decode() for event in events)]
    assert work.discover().output("cat-file", "commit", REF).endswith(b"}\n")
    assert work.git("log", "-1", "--format=%s", REF) == "fix-typo: say"


@pytest.mark.parametrize("limit", ["MAX_EVENTS", "MAX_COMMIT"])
def test_what_no_commit_may_hold_is_not_written(
    work: Repo, opened: Open, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read back, it would be damage: the trail would end there."""
    tip = append(opened(work), FEATURE, None, started())
    monkeypatch.setattr(reading, limit, {"MAX_EVENTS": 2, "MAX_COMMIT": 5_000}[limit])
    with pytest.raises(OneshotError) as refused:
        append(opened(work), FEATURE, tip, *(titled("t" * 500) for _ in range(3)))
    assert refused.value.code is Code.INVALID_INPUT
    assert work.git("rev-parse", REF) == tip.commit


def test_an_append_is_by_who_did_it_then_in_utc(work: Repo, opened: Open) -> None:
    work.git("config", "user.name", "Someone Else")
    append(opened(work), FEATURE, None, started(), by="Zoë Ünal <zoe@example.org>")
    who = work.git("log", "-1", "--format=%an <%ae> %ad|%cn <%ce> %cd", "--date=raw", REF)
    assert who == "|".join(["Zoë Ünal <zoe@example.org> 1767225600 +0000"] * 2)


def test_the_reflog_says_who_moved_the_ref(work: Repo, opened: Open) -> None:
    work.git("config", "core.logAllRefUpdates", "always")
    store = opened(work)
    tip = append(store, FEATURE, None, started())
    append(store, FEATURE, tip, titled("t"))
    assert work.git("reflog", "--format=%gs", REF) == "oneshot: append\noneshot: append"


def test_notes_have_one_fan_out_level_and_sorted_padded_lines(work: Repo, opened: Open) -> None:
    code = work.commit("fix the typo")
    store = opened(work)
    tip = append(store, FEATURE, None, started(), *(titled(f"{n}") for n in range(8)))
    recorded = f.CommitRecorded(commit=code, tree="1" * 40, parentTree="2" * 40)
    tip = append(store, FEATURE, tip, recorded, judged(code))
    append(opened(work), FEATURE, tip, judged(code, "again"))  # from another process

    path = f"{code[:2]}/{code[2:]}"
    assert work.git("ls-tree", "-r", "--name-only", REF) == path
    assert work.git("show", f"{REF}:{path}").splitlines() == [
        "0000000010 recorded",
        "0000000011 PASS behaviour, 1 test red without it, green with it: test_typo (assert)",
        "0000000012 PASS behaviour, again",
    ]


def test_git_itself_shows_the_notes(work: Repo, opened: Open) -> None:
    code = work.commit("fix the typo")
    append(opened(work), FEATURE, None, started(), judged(code, "it holds"))
    shown = work.git("-c", SHOW, "log", "-1", code)
    assert f"Notes ({REF.removeprefix('refs/')}):\n    0000000002 PASS behaviour, it holds" in shown


def test_many_notes_stay_in_reach(work: Repo, opened: Open) -> None:
    """Notes of earlier appends survive, in the same and in other folders, from any process."""
    commits = [work.commit(f"c{n}") for n in range(20)]
    tip = append(opened(work), FEATURE, None, started())
    for half in (commits[:10], commits[10:]):
        store = opened(work)
        for code in half:
            tip = append(store, FEATURE, tip, judged(code, f"of {code[:4]}"))
    for code in commits:
        assert f"PASS behaviour, of {code[:4]}" in work.git("-c", SHOW, "log", "-1", code)
    sound(work)


@pytest.mark.parametrize("fresh", [False, True], ids=["same process", "another process"])
def test_a_payload_is_in_its_own_append_only(work: Repo, opened: Open, fresh: bool) -> None:
    code = work.commit("fix")
    store = opened(work)
    first, second = events_of(1, started(), judged(code))
    payloads = {first.id: b"a long plan\n" * 1000, second.id: b"\0\xff"}
    tip = append(store, FEATURE, None, started(), judged(code), payloads=payloads)
    for event, content in payloads.items():
        blob = subprocess.run(
            ["git", "cat-file", "blob", f"{REF}:payload/{event}"],
            cwd=work.path,
            check=True,
            capture_output=True,
        )
        assert blob.stdout == content

    append(opened(work) if fresh else store, FEATURE, tip, titled("next"))
    assert work.git("ls-tree", "--name-only", REF) == code[:2]
    assert work.git("ls-tree", "--name-only", f"{REF}~1").split() == [code[:2], "payload"]
    sound(work)


# -- the repositories -------------------------------------------------------------


def test_a_sha256_repository_keeps_a_trail_with_notes(repo: MakeRepo, opened: Open) -> None:
    work = repo("work", "--object-format=sha256")
    code = work.commit("fix")
    store = opened(work)
    tip = append(store, FEATURE, None, started(), judged(code, "first"))
    tip = append(store, FEATURE, tip, judged(code, "second"))
    tip = append(opened(work), FEATURE, tip, judged(code, "third"))
    assert len(tip.commit) == 64
    [trail] = opened(work).read([tip])
    assert trail.damage is None
    assert len(trail.events) == 4
    for word in ("first", "second", "third"):
        assert f"PASS behaviour, {word}" in work.git("-c", SHOW, "log", "-1", code)
    sound(work)


def test_linked_worktrees_share_trails_and_cache(work: Repo, opened: Open, tmp_path: Path) -> None:
    work.commit("first")
    work.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = discover(str(tmp_path / "linked"), os.environ)
    tip = append(opened(linked), FEATURE, None, started())
    store = opened(work)
    assert store.tip(FEATURE) == tip
    tip = append(store, FEATURE, tip, titled("from the main one"))
    assert opened(linked).load([tip])[0].state.title == "from the main one"
    assert linked.own_dir == work.discover().own_dir
    assert not os.path.exists(os.path.join(linked.git_dir, "oneshot"))
    sound(work)


def test_a_bare_repository_keeps_trails(repo: MakeRepo, opened: Open) -> None:
    bare = repo("bare", "--bare")
    tip = append(opened(bare), FEATURE, None, started())
    tip = append(opened(bare), FEATURE, tip, titled("t"))
    assert opened(bare).load([tip])[0].state.title == "t"
    sound(bare)


def test_git_dir_in_the_environment_names_the_repository(
    repo: MakeRepo, opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As inside a hook; every child is told anew, so no variable bends where it writes."""
    here, elsewhere = repo("here"), repo("elsewhere")
    monkeypatch.setenv("GIT_DIR", str(here.path / ".git"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(elsewhere.path / ".git" / "objects"))
    git = discover(str(elsewhere.path), os.environ)
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_OBJECT_DIRECTORY")
    tip = append(opened(git), FEATURE, None, started())
    assert here.git("rev-parse", REF) == tip.commit
    assert elsewhere.git("for-each-ref") == ""
    assert len(opened(here).read([tip])[0].events) == 1
    sound(here)


def test_packing_and_collecting_between_appends_loses_nothing(work: Repo, opened: Open) -> None:
    """Also for a process that keeps its git children through it."""
    code = work.commit("fix")
    store = opened(work)
    tip = append(store, FEATURE, None, started())
    for n in range(4):
        work.git("pack-refs", "--all")
        tip = append(store, FEATURE, tip, judged(code, f"note {n}"))
        work.git("gc", "-q", "--prune=now")
        assert not os.path.exists(loose(work, tip.commit))
        tip = append(opened(work), FEATURE, tip, titled(f"{n}"))
    [trail] = store.read([tip])
    assert trail.damage is None
    assert [event.clock for event in trail.events] == list(range(1, 10))
    assert len(work.git("show", f"{REF}:{code[:2]}/{code[2:]}").splitlines()) == 4
    sound(work)


@pytest.mark.parametrize(("size", "compressed"), [(SMALL // 2, False), (2 * SMALL, True)])
def test_what_takes_one_block_anyway_is_not_compressed(
    work: Repo, size: int, compressed: bool
) -> None:
    git = work.discover()
    objects = Objects(os.path.join(git.common_dir, "objects"), git.object_format)

    blob = objects.add(blob_of(b"a" * size)).decode()

    assert (os.path.getsize(loose(work, blob)) < size) is compressed
    assert work.git("cat-file", "blob", blob) == "a" * size
    assert objects.loose(blob, size * 2) == ("blob", b"a" * size)
    work.git("fsck", "--strict")


def test_a_gc_between_writing_and_syncing_an_object_is_no_failure(work: Repo, opened: Open) -> None:
    """A collection moves objects that exist into a pack, and removes the folders they were in."""
    code = work.commit("fix")
    store = opened(work)
    tip = append(store, FEATURE, None, started(), judged(code, "a note"))
    git = work.discover()
    objects = Objects(os.path.join(git.common_dir, "objects"), git.object_format)
    blob = loose(work, work.git("rev-parse", f"{REF}:{code[:2]}/{code[2:]}"))
    oid = objects.add(blob_of(b"0000000002 PASS behaviour, a note\n")).decode()
    assert loose(work, oid) == blob
    work.git("gc", "-q", "--prune=now")
    assert not os.path.exists(blob)
    objects.sync()
    append(store, FEATURE, tip, titled("next"))
    sound(work)


def test_in_a_run_of_appends_the_disk_has_all_objects_of_one_at_once(
    work: Repo, opened: Open
) -> None:
    """A disk takes four flushes in little more than the time of one."""
    here = threading.Barrier(4, timeout=10)

    class Meeting(Disk):
        """One on which no object is synced before four are about to be."""

        def sync(self, path: str) -> None:
            """Wait for the others."""
            if run and "/objects/" in path:
                with contextlib.suppress(threading.BrokenBarrierError):
                    here.wait()
            super().sync(path)

    run = False
    store = GitStore(work.discover(), time.time, Meeting())
    tip = append(store, FEATURE, None, started(), judged(work.commit("one"), "a note"))
    run = True
    append(store, FEATURE, tip, judged(work.commit("two"), "another"))
    store.close()
    assert not here.broken
    sound(work)


def test_a_reftable_repository_keeps_trails(repo: MakeRepo, opened: Open) -> None:
    try:
        work = repo("work", "--ref-format=reftable")
    except subprocess.CalledProcessError:
        pytest.skip("this git has no reftable backend (git 2.45 is the first)")
    store = opened(work)
    tip = append(store, FEATURE, None, started())
    tip = append(store, FEATURE, tip, titled("t"))
    work.git("pack-refs", "--all")
    tip = append(opened(work), FEATURE, tip, titled("u"))
    assert opened(work).tips() == [tip]
    sound(work)


# -- remotes ----------------------------------------------------------------------


def fetched(repo: MakeRepo, opened: Open, remote: str = "origin") -> tuple[Repo, Tip]:
    """A clone that has fetched a trail which someone else wrote."""
    theirs = repo("theirs")
    code = theirs.commit("fix")
    tip = append(opened(theirs), FEATURE, None, started(), judged(code, "theirs"))
    ours = repo("ours")
    ours.git("remote", "add", remote, str(theirs.path))
    ours.git("fetch", "-q", remote, f"+refs/oneshot/*:refs/oneshot-remote/{remote}/*")
    ours.git("fetch", "-q", remote)
    return ours, tip._replace(origin=remote)


@pytest.mark.parametrize("remote", ["origin", "team/fork"])
def test_a_feature_that_only_a_remote_has_can_be_read(
    repo: MakeRepo, opened: Open, remote: str
) -> None:
    ours, tip = fetched(repo, opened, remote)
    store = opened(ours)
    assert store.tip(FEATURE) == tip
    assert store.tips() == [tip]
    [loaded] = store.load([tip])
    assert (loaded.tip, loaded.damage, loaded.state.clock) == (tip, None, 2)
    assert ours.git("for-each-ref", "refs/oneshot/") == ""  # reading never writes


def test_the_first_write_adopts_the_remotes_trail(
    repo: MakeRepo, opened: Open, world: MakeWorld
) -> None:
    ours, tip = fetched(repo, opened)
    session = Session(opened(ours), world())
    receipt = session.execute(FEATURE, RequestSynthesis())
    assert receipt.tip == Tip(FEATURE, ours.git("rev-parse", REF), "", (tip.commit,))
    assert ours.git("rev-parse", f"{REF}~1") == tip.commit
    assert receipt.state.requests == 1
    # The notes that came with it go on.
    assert "theirs" in ours.git("-c", SHOW, "log", "-1", "FETCH_HEAD")
    assert [t.origin for t in session.store.tips()] == ["", "origin"]
    assert session.load(FEATURE).tip == receipt.tip
    sound(ours)


def test_ours_comes_before_a_remotes(repo: MakeRepo, opened: Open, world: MakeWorld) -> None:
    ours, tip = fetched(repo, opened)
    for remote in ("aaa", "zzz"):
        ours.git("config", f"remote.{remote}.url", "nowhere")
        ours.git("update-ref", f"refs/oneshot-remote/{remote}/{FEATURE}", tip.commit)
    store = opened(ours)
    first = store.tip(FEATURE)
    assert first is not None
    assert first.origin == "aaa"
    Session(store, world()).execute(FEATURE, RequestSynthesis())
    assert [t.origin for t in store.tips()] == ["", "aaa", "origin", "zzz"]


def test_refs_that_no_feature_can_have_are_not_trails(work: Repo, opened: Open) -> None:
    code = work.commit("code")
    for ref in ("Upper", "a/b", "-x", "x" * 101, "under_score"):
        work.git("update-ref", f"refs/oneshot/{ref}", code)
    work.git("update-ref", "refs/oneshot-other/origin/fix-typo", code)
    store = opened(work)
    assert store.tips() == []
    assert store.tip(FeatureId("a")) is None
    assert store.tip(FEATURE) is None


# -- what could bend it -----------------------------------------------------------


def test_replace_refs_and_grafts_do_not_bend_a_trail(
    work: Repo, opened: Open, world: MakeWorld
) -> None:
    session = Session(opened(work), world())
    session.execute(FEATURE, Start(title="the truth"))
    tip = session.execute(FEATURE, RequestSynthesis()).tip
    with_lie = append(opened(work), OTHER, None, f.Started(featureId=OTHER, title="a lie"))
    first = work.git("rev-parse", f"{REF}~1")
    work.git("replace", first, with_lie.commit)
    (work.path / ".git" / "info" / "grafts").write_text(f"{tip.commit}\n")
    assert work.git("rev-list", "--count", REF) == "1"  # git itself is bent

    [trail] = opened(work).read([tip])
    assert trail.damage is None
    assert [event.clock for event in trail.events] == [1, 2]
    assert opened(work).load([tip])[0].state.title == "the truth"
    append(opened(work), FEATURE, tip, titled("and on"))


def test_a_commit_graph_does_not_bend_a_trail(work: Repo, opened: Open) -> None:
    store = opened(work)
    tip = append(store, FEATURE, None, started())
    work.git("commit-graph", "write", "--reachable")
    tip = append(store, FEATURE, tip, titled("t"))
    assert len(opened(work).read([tip])[0].events) == 2


def test_a_copied_ref_is_not_a_feature(work: Repo, opened: Open) -> None:
    """A state is never taken for that of a feature whose ref only names the same commit."""
    tip = append(opened(work), FEATURE, None, started())
    work.git("update-ref", f"refs/oneshot/{OTHER}", tip.commit)
    copy = Tip(OTHER, tip.commit)
    for _ in ("cold", "warm"):
        for asked in ([tip, copy], [copy, tip]):
            loaded = {one.tip: one for one in opened(work).load(asked)}
            assert loaded[tip].damage is None
            assert loaded[copy].damage is not None


def test_a_ref_of_no_remote_is_nothing_of_ours(work: Repo, opened: Open) -> None:
    """It would be read as our trail, and the way out that damage names takes that away."""
    work.git("update-ref", f"refs/oneshot-remote/{FEATURE}", work.commit("no trail"))
    work.git("update-ref", f"refs/oneshot-remote/{OTHER}", work.head)
    tip = append(opened(work), FEATURE, None, started())
    assert opened(work).tips() == [tip]
    assert opened(work).tip(OTHER) is None


@pytest.mark.parametrize("left", ["gone", "gone@0123456789ab", "gone/for", "gone@0123456789ab/for"])
def test_who_reads_one_trail_sees_what_who_reads_all_does(
    repo: MakeRepo, opened: Open, world: MakeWorld, left: str
) -> None:
    """What a removed remote left was joined by `list`, and not by `status`, `log` and `show`."""
    ours, tip = fetched(repo, opened)
    Session(opened(ours), world()).execute(FEATURE, RequestSynthesis())
    new = append(opened(ours), FEATURE, opened(ours).tip(FEATURE), titled("left"))
    ours.git("update-ref", REF, f"{new.commit}~1")
    ours.git("update-ref", f"refs/oneshot-remote/{left}/{FEATURE}", new.commit)
    store = opened(ours)
    seen = joined(store.tips())
    assert seen[FEATURE].ends == (ours.git("rev-parse", REF), new.commit, tip.commit)
    assert store.tip(FEATURE) == seen[FEATURE]
    assert store.tips_of([FEATURE, OTHER]) == [seen[FEATURE]]


@pytest.mark.parametrize("of", ["origin", "origin@0123456789ab"])
def test_what_a_remote_has_below_a_trail_is_no_trail_of_a_remote_of_that_name(
    work: Repo, opened: Open, of: str
) -> None:
    """No feature is called so. It was a trail at 'origin/deep', to which no push could go."""
    tip = append(opened(work), FEATURE, None, started())
    ref = f"refs/oneshot-remote/{of}/deep/{FEATURE}"
    work.git("update-ref", ref, tip.commit)
    work.git("update-ref", "-d", REF)
    seen = [tip._replace(origin=f"{of}/deep")]
    assert opened(work).tips() == seen  # of a remote that is gone, for all we know
    work.git("remote", "add", "origin", "somewhere")
    assert opened(work).tips() == []
    assert opened(work).tip(FEATURE) is None
    assert [(x.rule, x.ref) for x in odd_refs(work.discover(), [])] == [("ref-name", ref)]
    # A remote that is really called so, by now or, where git renamed it, before.
    for key, value in (("url", "else"), ("fetch", "+refs/oneshot/*:refs/oneshot-remote/a/*")):
        work.git("config", f"remote.origin/deep.{key}", value)
        assert opened(work).tips() == seen
    work.git("config", "--rename-section", "remote.origin/deep", "remote.new")
    work.git("config", "remote.new.fetch", "+refs/oneshot/*:refs/oneshot-remote/origin/deep/*")
    assert opened(work).tips() == seen


@pytest.mark.parametrize("by", ["Eve <e@x>\nparent x", "Eve\0 <e@x>", "nobody", "<a> <b>"])
def test_what_others_said_can_be_said_again_whoever_they_say_they_are(
    work: Repo, opened: Open, by: str
) -> None:
    """As a split does: a commit's header has room for a person, and for a day that there is."""
    said = events_of(1, started(), by=by)[0]
    never = replace(said, at="0000-00-00T00:00:00Z")
    opened(work).append(FEATURE, None, [never], summary="again", state=State(feature=FEATURE))
    [trail] = opened(work).read(opened(work).tips())
    assert (trail.damage, trail.events) == (None, (never,))
    work.git("fsck", "--strict")
