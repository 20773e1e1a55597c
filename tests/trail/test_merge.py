"""Merges in real repositories: derived, sound for git, and only where one is needed."""

import json
import os
from pathlib import Path
from typing import Final

import msgspec
import pytest

from git_oneshot.core.codec import decode
from git_oneshot.core.commands import Cancel, RequestSynthesis
from git_oneshot.core.history import Entry, state_of
from git_oneshot.core.state import State
from git_oneshot.git import Git
from git_oneshot.session import Session
from git_oneshot.trail import merging
from git_oneshot.trail.merging import join
from git_oneshot.trail.objects import Objects
from git_oneshot.trail.store import Tip
from tests.sandbox import MakeRepo, MakeWorld, Repo
from tests.trail.crafted import (
    FEATURE,
    Open,
    append,
    commit_with,
    hash_object,
    judged,
    point,
    root_of,
    started,
    titled,
)
from tests.trail.test_git_store import REF, sound

GOLDEN: Final = Path(__file__).parent.parent / "golden" / "forks" / "v1.json"
CODE: Final = "a" * 40


def forked(repo: MakeRepo, opened: Open) -> tuple[Repo, Repo]:
    """Two clones that wrote at once, each with what it last fetched of the other."""
    ours, theirs = repo("ours"), repo("theirs")
    tip = append(opened(ours), FEATURE, None, started(), judged(CODE, "both"))
    exchange(theirs, ours)
    store = opened(ours)
    tip = append(store, FEATURE, tip, titled("ours"), judged(CODE, "ours"))
    point(theirs, FEATURE, ours.git("rev-parse", f"{REF}~1"))
    tip = append(opened(theirs), FEATURE, point(theirs, FEATURE, theirs.git("rev-parse", REF)),
                 judged(CODE, "theirs"), judged("b" * 40, "theirs"))  # fmt: skip
    exchange(ours, theirs)
    exchange(theirs, ours)
    return ours, theirs


def exchange(here: Repo, there: Repo) -> None:
    """See what another repository has."""
    if "origin" not in here.git("remote"):
        here.git("remote", "add", "origin", str(there.path))
    here.git("fetch", "-q", "origin", "+refs/oneshot/*:refs/oneshot-remote/origin/*")


def tip_of(opened: Open, repo: Repo) -> Tip:
    """The tip of the feature, with its other ends."""
    tip = opened(repo).tip(FEATURE)
    assert tip is not None
    return tip


def test_two_clones_read_one_state_before_anybody_merged(repo: MakeRepo, opened: Open) -> None:
    ours, theirs = forked(repo, opened)
    states: list[State] = []
    for here in (ours, theirs, ours):  # the third time from the cache
        [loaded] = opened(here).load([tip_of(opened, here)])
        assert loaded.damage is None
        states.append(loaded.state)
    assert states[0] == states[1] == states[2]
    assert states[0].title == "ours"
    assert {commit.id for commit in states[0].commits} == {CODE, "b" * 40}
    # Reading wrote nothing.
    assert ours.git("rev-list", "--min-parents=2", "--all") == ""


def test_two_clones_write_the_same_merge(repo: MakeRepo, opened: Open) -> None:
    ours, theirs = forked(repo, opened)
    merges = {join(opened(here), tip_of(opened, here)).commit for here in (ours, theirs)}
    [merge] = merges
    assert ours.git("cat-file", "commit", merge) == theirs.git("cat-file", "commit", merge)
    notes = ours.git("-c", f"notes.displayRef={REF}", "show", f"{merge}:aa/{'a' * 38}").split("\n")
    assert notes == sorted(notes)
    assert [line.rpartition(" ")[2] for line in notes] == ["both", "theirs", "ours"]
    assert ours.git("ls-tree", "-r", "--name-only", merge).split() == [
        f"aa/{'a' * 38}", f"bb/{'b' * 38}"
    ]  # fmt: skip
    ours.git("update-ref", REF, merge)
    sound(ours)


def test_a_merge_is_the_same_in_every_version(work: Repo, opened: Open) -> None:
    """Else clones with two versions of the program would merge their merges for ever."""
    line = (
        b'{"at":"2026-01-01T00:00:00Z","by":"A <a@b>","clock":1,"data":{"featureId":"fix-typo"},'
        b'"id":"0000000000000000000000000%d","type":"workflow.started","v":1}\n'
    )
    root = root_of(work, FEATURE)
    ends = [commit_with(work, [root], b"begin\n\n" + line % n) for n in (1, 2)]
    merge = join(opened(work), Tip(FEATURE, ends[0], "", (ends[1],))).commit
    assert merge == "da628ab351e25d7d30c7a98159bb6c8fda4d57bc"
    assert opened(work).read([Tip(FEATURE, merge)])[0].damage is None


def test_a_merge_has_its_parents_in_order_and_the_time_of_the_later(
    work: Repo, opened: Open
) -> None:
    """Whichever end it is asked for first, and whichever of the two is the later one."""
    root = root_of(work, FEATURE)
    store = opened(work)
    git = work.discover()
    objects = Objects(os.path.join(git.common_dir, "objects"), git.object_format)
    first_is_later = set()
    for n in range(6):
        early = commit_with(work, [root], b"begin\n\n%d\n" % n)
        raw = work.git("cat-file", "commit", early).replace(" 1767225600 ", " 1767225609 ")
        late = hash_object(work, "commit", f"{raw}\n".encode())
        first_is_later.add(late < early)
        for ends in ((early, late), (late, early)):
            merge = merging.merge(objects, store.look, FEATURE, ends, 1)
            said = work.git("show", "--no-patch", "--format=%P %at %ct", merge)
            assert said == f"{min(ends)} {max(ends)} 1767225609 1767225609"
    assert first_is_later == {True, False}


def test_an_append_joins_first_what_its_writer_saw(
    repo: MakeRepo, opened: Open, world: MakeWorld
) -> None:
    ours, _ = forked(repo, opened)
    receipt = Session(opened(ours), world()).execute(FEATURE, RequestSynthesis())
    parents = ours.git("rev-parse", f"{REF}~1^1", f"{REF}~1^2").split()
    assert parents == sorted(parents)
    assert receipt.before.title == "ours"
    [trail] = opened(ours).read([Tip(FEATURE, ours.git("rev-parse", REF))])
    assert trail.damage is None
    assert state_of(FEATURE, trail.entries) == receipt.state
    assert [event.clock for event in trail.events] == [1, 2, 3, 3, 4, 4, 5]
    # The next one has nothing to join.
    Session(opened(ours), world()).execute(FEATURE, RequestSynthesis())
    assert ours.git("rev-list", "--min-parents=2", "--count", REF) == "1"
    sound(ours)


def test_an_append_goes_on_where_a_remote_is_ahead(
    repo: MakeRepo, opened: Open, world: MakeWorld
) -> None:
    ours, theirs = repo("ours"), repo("theirs")
    tip = append(opened(theirs), FEATURE, None, started())
    exchange(ours, theirs)
    Session(opened(ours), world()).execute(FEATURE, RequestSynthesis())
    exchange(theirs, ours)
    assert opened(theirs).load([tip_of(opened, theirs)])[0].state.requests == 1
    Session(opened(theirs), world()).execute(FEATURE, Cancel())
    assert theirs.git("rev-list", "--count", REF) == "4"
    assert theirs.git("rev-parse", f"{REF}~1") == ours.git("rev-parse", REF)
    assert theirs.git("rev-parse", f"{REF}~2") == tip.commit


def test_three_ends_are_joined_by_merges_that_every_clone_believes(
    work: Repo, opened: Open
) -> None:
    """The clock of the second merge is the greatest behind the first one, too."""
    first = append(opened(work), FEATURE, None, started())
    for attempt in range(6):  # in whatever order their ids are
        ends = []
        for number in range(3):
            point(work, FEATURE, first.commit)
            facts = (titled(f"{attempt} {number} {n}") for n in range(number + 1))
            ends.append(append(opened(work), FEATURE, first, *facts).commit)
        tip = join(opened(work), Tip(FEATURE, ends[0], "", (ends[1], ends[2])))
        [trail] = opened(work).read([Tip(FEATURE, tip.commit)])
        assert trail.damage is None
        assert len(trail.events) == 7


def test_appends_of_one_process_ask_git_once(
    repo: MakeRepo, opened: Open, world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, _ = forked(repo, opened)
    asked: list[str] = []
    leads = Git.leads

    def counted(self: Git, one: str, other: str) -> bool:
        asked.append(one)
        return leads(self, one, other)

    monkeypatch.setattr(Git, "leads", counted)
    session = Session(opened(ours), world())
    for _ in range(5):
        session.execute(FEATURE, RequestSynthesis())
    assert len(asked) == 1


def test_damage_of_a_remotes_copy_is_left_aside(
    repo: MakeRepo, opened: Open, world: MakeWorld
) -> None:
    ours, _ = forked(repo, opened)
    bad = ours.commit("no trail at all")
    ours.git("update-ref", f"refs/oneshot-remote/origin/{FEATURE}", bad)
    tip = tip_of(opened, ours)
    [loaded] = opened(ours).load([tip])
    assert loaded.damage is None
    assert len(loaded.aside) == 1
    assert loaded.state.title == "ours"
    receipt = Session(opened(ours), world()).execute(FEATURE, RequestSynthesis())
    assert ours.git("rev-parse", f"{REF}~1") == tip.commit
    assert receipt.state.requests == 1


def test_an_append_does_not_come_behind_damage_that_a_remote_put_on_top_of_ours(
    repo: MakeRepo, opened: Open, world: MakeWorld
) -> None:
    """What comes behind damage is not believed: the event would be lost with it."""
    ours, _ = forked(repo, opened)
    head = ours.git("rev-parse", REF)
    bad = commit_with(ours, [head], b"by hand\n\nno event\n")
    ours.git("update-ref", f"refs/oneshot-remote/origin/{FEATURE}", bad)
    Session(opened(ours), world()).execute(FEATURE, RequestSynthesis())
    assert ours.git("rev-parse", f"{REF}~1") == head
    store = opened(ours)
    store.close()
    [loaded] = opened(ours).load([tip_of(opened, ours)])
    assert (loaded.damage, loaded.state.requests, len(loaded.aside)) == (None, 1, 1)


@pytest.mark.parametrize("kind", ["on top", "no trail", "blob"])
@pytest.mark.parametrize("name", ["aaa", "zzz"])
def test_damage_of_one_remote_does_not_hide_what_another_has(
    repo: MakeRepo, opened: Open, world: MakeWorld, name: str, kind: str
) -> None:
    """Whatever their names: nothing is ours yet, and the first write adopts what is sound."""
    ours, _ = forked(repo, opened)
    head = ours.git("rev-parse", REF)
    match kind:
        case "on top":
            bad = commit_with(ours, [head], b"by hand\n\nno event\n")
        case "no trail":
            bad = ours.commit("no trail at all")
        case _:
            bad = ours.git("hash-object", "-w", "--stdin", stdin="x")
    ours.git("update-ref", f"refs/oneshot-remote/origin/{FEATURE}", head)
    ours.git("update-ref", f"refs/oneshot-remote/{name}/{FEATURE}", bad)
    ours.git("remote", "add", name, "nowhere")
    ours.git("update-ref", "-d", REF)
    tip = tip_of(opened, ours)
    [loaded] = opened(ours).load([tip])
    assert (loaded.damage, loaded.state.title, len(loaded.aside)) == (None, "ours", 1)
    Session(opened(ours), world()).execute(FEATURE, RequestSynthesis())
    assert ours.git("rev-parse", f"{REF}~1") == head
    store = opened(ours)
    store.close()
    [loaded] = opened(ours).load([tip_of(opened, ours)])
    assert (loaded.damage, loaded.state.requests) == (None, 1)


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_the_merge_is_the_one_that_every_version_made(
    repo: MakeRepo, opened: Open, form: str
) -> None:
    """Byte for byte: clones with different versions of the program must come to one id."""
    options = [f"--object-format={form}"]
    ours = repo("ours", *options)
    first = append(opened(ours), FEATURE, None, started(), judged(CODE, "both"))
    ends = []
    for who in ("ours", "theirs"):
        point(ours, FEATURE, first.commit)
        facts = (titled(who), judged(CODE, who), judged("b" * 40, who))
        ends.append(append(opened(ours), FEATURE, first, *facts).commit)
    merge = join(opened(ours), Tip(FEATURE, ends[0], "", (ends[1],))).commit
    said = ours.git("cat-file", "commit", merge)
    notes = "".join(ours.git("cat-file", "blob", line.split()[2]) + "\n"
                    for line in ours.git("ls-tree", "-r", merge).splitlines())  # fmt: skip
    golden = GOLDEN.with_name(f"merge-v1-{form}.txt")
    text = f"{merge}\n\n{said}\n\n{notes}"
    assert golden.read_text(encoding="utf-8") == text


def test_the_golden_fork_leads_to_the_state_it_always_led_to() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    entries = [
        Entry(one["commit"], tuple(decode(line.encode()) for line in one["events"]),
              tuple(one["parents"]))
        for one in golden["entries"]
    ]  # fmt: skip
    state = msgspec.json.encode(state_of("fix-typo", entries))
    assert json.loads(state) == golden["state"]


def notes(repo: Repo, folders: int, each: int, text: bytes) -> str:
    """A notes tree in which all notes have one text."""
    blob = hash_object(repo, "blob", text)
    folder = "".join(f"100644 blob {blob}\t{n:038x}\n" for n in range(each))
    inner = repo.git("mktree", stdin=folder)
    return repo.git("mktree", stdin="".join(
        f"040000 tree {inner}\t{n:02x}\n" for n in range(folders)))  # fmt: skip


@pytest.mark.parametrize("kind", ["many", "long", "few"])
def test_trees_that_are_too_much_to_unite_are_not_united(
    work: Repo, opened: Open, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two kilobytes on a hub would be millions of notes to write, for whoever merges or checks."""
    monkeypatch.setattr(merging, "MAX_UNITED", 100_000)
    folders, each, size = {"many": (8, 40, 9), "long": (2, 3, 10_000), "few": (2, 3, 9)}[kind]
    one, two = (notes(work, folders, each, text * size + b"\n") for text in (b"a", b"b"))
    store = opened(work)
    made = merging.union_of(store.objects, store.look, one, two).decode()
    assert made == merging.union_of(store.objects, store.look, two, one).decode()
    assert (made == min(one, two)) == (kind != "few")
