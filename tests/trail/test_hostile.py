"""Trails that somebody made to hurt: bounded in time and memory, one line, harmless to others."""

import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from git_oneshot.core import facts as f
from git_oneshot.core import pulls as p
from git_oneshot.core.codec import encode
from git_oneshot.core.commands import RequestSynthesis, Start
from git_oneshot.core.errors import Code, Exit, OneshotError
from git_oneshot.core.events import Said
from git_oneshot.core.history import Entry, state_of
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.replay import Folding, legal, replay
from git_oneshot.core.state import State, Waiver
from git_oneshot.session import Session
from git_oneshot.trail import reading, source
from git_oneshot.trail.audit import audit
from git_oneshot.trail.carrying import lines_of
from git_oneshot.trail.exchange import Exchange
from git_oneshot.trail.merging import join
from git_oneshot.trail.reading import HASHES, Raw, trail_of
from git_oneshot.trail.store import Tip
from git_oneshot.trail.transport import Remote
from tests.sandbox import MakeRepo, MakeWorld, Repo
from tests.trail import test_damage as damage
from tests.trail.crafted import (
    FEATURE,
    OTHER,
    Open,
    append,
    commit_with,
    events_of,
    hash_object,
    loose,
    message_of,
    point,
    root_of,
    started,
    titled,
)
from tests.trail.test_audit import tree, with_tree


def put_loose(repo: Repo, kind: str, size: int) -> str:
    """A loose object of so many zeros, which takes a thousandth of that on the disk."""
    import hashlib

    header = f"{kind} {size}\0".encode()
    digest, squeeze = hashlib.sha1(header), zlib.compressobj()
    parts = [squeeze.compress(header)]
    chunk = b"0" * 2**20
    for _ in range(size // len(chunk)):
        digest.update(chunk)
        parts.append(squeeze.compress(chunk))
    path = loose(repo, digest.hexdigest())
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.writelines([*parts, squeeze.flush()])
    return digest.hexdigest()


def bomb(repo: Repo, root: str, tip: Tip) -> str:
    """A commit that unpacks to more than git may allocate for it."""
    return put_loose(repo, "commit", 64 * 2**20)


def upper_case(repo: Repo, root: str, tip: Tip) -> str:
    """An event's id in capital letters, which some eyes take for another's."""
    line = encode(damage.NEXT[0])
    id_ = damage.NEXT[0].id.encode()
    return commit_with(repo, [tip.commit], b"x\n\n" + line.replace(id_, id_.upper()) + b"\n")


def at_the_end_of_clocks(repo: Repo, root: str, tip: Tip) -> str:
    """The last clock that there is, so that nothing could come after it."""
    [event] = events_of(3, titled("last"))
    return commit_with(repo, [tip.commit], message_of([replace(event, clock=2**53)]))


def beyond_clocks(repo: Repo, root: str, tip: Tip) -> str:
    """A clock that is no number of ours."""
    line = encode(damage.NEXT[0]).replace(b'"clock":3', b'"clock":99999999999999999999')
    return commit_with(repo, [tip.commit], b"x\n\n" + line + b"\n")


HOSTILE: Final[tuple[damage.Break, ...]] = (
    bomb, upper_case, at_the_end_of_clocks, beyond_clocks, damage.too_deep, damage.huge_event,
    damage.huge_commit, damage.a_thousand_parents, damage.many_events,
)  # fmt: skip


@pytest.mark.parametrize("do", HOSTILE, ids=lambda do: do.__name__)
def test_a_hostile_trail_is_one_clear_line_and_hurts_no_other(
    work: Repo, opened: Open, world: MakeWorld, do: damage.Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_LIMITS", {"GIT_ALLOC_LIMIT": "32m"})
    store = opened(work)
    tip = damage.two_appends(store)
    other = append(store, OTHER, None, started(OTHER))
    commit = do(work, root_of(work, FEATURE), tip)
    ref = work.path / ".git" / "refs" / "oneshot" / FEATURE
    ref.write_text(f"{commit}\n")  # git itself would not point at each of these
    broken = Tip(FEATURE, commit)
    bad, good = opened(work).load([broken, other])
    assert bad.damage is not None
    assert bad.damage.kind.exit is Exit.DAMAGED
    assert "\n" not in bad.damage.message and len(bad.damage.message) < 400
    assert good.damage is None and good.state.phase == "plan"
    Session(opened(work), world()).execute(OTHER, RequestSynthesis())
    if do is not bomb:
        work.git("log", "--oneline", "-3", "--all")


def test_more_than_a_trail_may_hold_is_not_read(
    work: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million events, or small commits that unpack to gigabytes: neither is taken into memory."""
    store = opened(work)
    tip = append(store, FEATURE, None, started())
    for n in range(5):
        tip = append(store, FEATURE, tip, *(titled(f"{n} {i} {'x' * 100}") for i in range(100)))
    other = append(store, OTHER, None, started(OTHER))
    monkeypatch.setattr(source, "MAX_TRAIL", 100_000)
    big, small = opened(work).load([tip, other])
    assert big.damage is not None
    assert small.damage is None


def test_a_header_line_that_nobody_knows_stops_nothing(
    work: Repo, opened: Open, world: MakeWorld
) -> None:
    """Read as git reads it: what comes behind the committer may be anything."""
    tip = append(opened(work), FEATURE, None, started())
    plain = commit_with(work, [tip.commit], message_of(events_of(2, titled("next"))))
    content = work.git("cat-file", "commit", plain).replace("+0000\n\n", "+0000\nodd\n\n") + "\n"
    tip = point(work, FEATURE, hash_object(work, "commit", content.encode()))
    Session(opened(work), world()).execute(FEATURE, RequestSynthesis())
    store = opened(work)
    ours = store.tip(FEATURE)
    assert ours is not None
    assert list(audit(store, [ours])) == []
    [trail] = store.read([ours])
    assert len(list(lines_of(work.discover(), store, trail))) > len(trail.entries)
    point(work, FEATURE, tip.commit)
    theirs = append(opened(work), FEATURE, tip, titled("theirs"))
    assert join(store, ours._replace(beside=(theirs.commit,))).commit not in (
        ours.commit,
        theirs.commit,
    )


@pytest.mark.parametrize("kind", ["a huge note", "a huge payload", "a huge tree"])
def test_huge_objects_in_trees_are_not_unpacked(
    work: Repo, opened: Open, world: MakeWorld, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "a" * 40
    tip = append(opened(work), FEATURE, None, started())
    huge = put_loose(work, "tree" if kind == "a huge tree" else "blob", 64 * 2**20)
    event = events_of(2, f.CommitJudged(commit=code, proof=f.Proof(word="PASS")))
    made = {
        "a huge note": lambda: tree(
            work, ("40000", tree(work, ("100644", huge, code[2:])), code[:2])
        ),
        "a huge payload": lambda: tree(
            work, ("40000", tree(work, ("100644", huge, event[0].id)), "payload")
        ),
        "a huge tree": lambda: tree(work, ("40000", huge, code[:2])),
    }[kind]()
    seen: list[int] = []
    look = source.Source.look

    def watched(self: source.Source, name: str) -> tuple[str, bytes | None]:
        found = look(self, name)
        seen.append(len(found[1] or b""))
        return found

    monkeypatch.setattr(source.Source, "look", watched)
    point(work, FEATURE, with_tree(work, tip.commit, made, *event))
    session = Session(opened(work), world())
    session.execute(FEATURE, RequestSynthesis())
    append(opened(work), FEATURE, session.store.tip(FEATURE),
           f.CommitJudged(commit=code, proof=f.Proof(word="FAIL")))  # fmt: skip
    assert max(seen) <= reading.MAX_COMMIT
    assert [x.proof.word for x in session.load(FEATURE).state.commits if x.proof] == ["FAIL"]


def test_refs_that_collide_like_folders_are_an_error_and_no_more(
    work: Repo, opened: Open, world: MakeWorld
) -> None:
    code = work.commit("code")
    work.git("update-ref", f"refs/oneshot/{FEATURE}/evil", code)
    with pytest.raises(OneshotError) as refused:
        Session(opened(work), world()).execute(FEATURE, Start())
    assert refused.value.code is Code.CLONE_UNSOUND
    assert "evil" in refused.value.message
    assert refused.value.hint.endswith(f"git update-ref -d refs/oneshot/{FEATURE}/evil")
    Session(opened(work), world()).execute(OTHER, Start())


def test_a_remotes_odd_refs_do_not_stop_an_exchange(
    repo: MakeRepo, opened: Open, world: MakeWorld
) -> None:
    hub, one = repo("hub", "--bare"), repo("one")
    one.git("remote", "add", "origin", str(hub.path))
    git = one.discover()

    def sync() -> None:
        Exchange(git, opened(one), Remote(git, "origin")).run(None, lambda _: None)

    for feature in (FEATURE, OTHER):
        Session(opened(one), world()).execute(feature, Start())
    sync()
    there = hub.git("rev-parse", f"refs/oneshot/{FEATURE}")
    hub.git("update-ref", "-d", f"refs/oneshot/{FEATURE}")
    for name in (f"{FEATURE}/evil", "UPPER", "x" * 101, "-dash"):
        hub.git("update-ref", f"refs/oneshot/{name}", there)
    Session(opened(one), world()).execute(OTHER, RequestSynthesis())
    new = append(opened(one), FeatureId("new"), None, started(FeatureId("new")))
    one.git("push", "-q", "origin", f"{new.commit}:refs/oneshot/new")
    one.git("update-ref", "-d", "refs/oneshot/new")
    sync()
    assert hub.git("rev-parse", f"refs/oneshot/{OTHER}") == one.git(
        "rev-parse", f"refs/oneshot/{OTHER}"
    )
    assert one.git("rev-parse", "refs/oneshot-remote/origin/new") == new.commit


def test_ids_made_to_win_win_ties_only_and_that_is_said() -> None:
    """Who writes at once with me may come first, and can take nothing of mine out of the trail."""
    first, second = "0" * 26, "z" * 26
    mine = [replace(event, id=second if event.clock == 1 else event.id)
            for event in events_of(1, started(), titled("mine"))]  # fmt: skip
    [forged] = events_of(1, f.Started(featureId=FEATURE, title="forged"))
    history = [
        Entry("mine", tuple(mine), ("root",)),
        Entry("forged", (replace(forged, id=first),), ("root",)),
    ]
    state = state_of(FEATURE, history)
    assert [void.id for void in state.void] == [second]
    assert state.title == "mine"  # what I said later is still said


GROWING: Final[Mapping[str, Callable[[int], Said]]] = {
    "void": lambda n: f.Cancelled(origin="synthesize"),
    "waivers": lambda n: f.Waived(commit=f"{n:040x}", reason="so"),
    "landed": lambda n: p.CommitLanded(commit=f"{n:040x}", sources=(), how="squash"),
    "steps": lambda n: p.Compensated(actionId=f"{n}", status="executed"),
    "commits": lambda n: f.CommitRecorded(commit=f"{n:040x}", tree="a" * 40, parentTree="b" * 40),
}


def steps_of(work: Callable[[], object]) -> int:
    """How many lines something takes, which no load of the machine changes; each turn of a loop."""
    taken = 0

    def count(*_: object) -> Callable[..., Any]:
        nonlocal taken
        taken += 1
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work()
    finally:
        sys.settrace(before)
    return taken


@pytest.mark.parametrize("kind", GROWING)
def test_a_long_trail_costs_its_length_and_not_the_square_of_it(kind: str) -> None:
    def steps(count: int) -> int:
        events = events_of(1, started(), *(GROWING[kind](n) for n in range(count)))
        return steps_of(lambda: replay(State(feature=FEATURE), events))

    assert steps(2_000) < 11 * steps(200)


def test_the_waivers_of_many_commits_cost_their_number_and_not_the_square_of_it() -> None:
    def steps(count: int) -> int:
        commits = (f.CommitRecorded(commit=f"{n:040x}", tree="a" * 40, parentTree="b" * 40)
                   for n in range(count))  # fmt: skip
        waived = (f.Waived(commit=f"{n:040x}", reason="so") for n in range(count, 2 * count))
        state = replay(State(feature=FEATURE), events_of(1, started(), *commits, *waived))
        found: list[Waiver | None] = []
        taken = steps_of(lambda: found.extend(state.waiver(one.id) for one in state.commits))
        assert found == [None] * count
        return taken

    assert steps(500) < 11 * steps(50)


@pytest.mark.parametrize("kind", ["waivers", "landed", "steps"])
def test_nothing_that_grows_is_copied_at_each_event(kind: str) -> None:
    """What no step of the interpreter shows: a long tuple that is made anew is one of them."""
    folding = Folding(State(feature=FEATURE))
    for event in events_of(1, started(), *(GROWING[kind](n) for n in range(3))):
        folding.add(event, legal(folding.state, event))
    held = (getattr(folding.state, name) for name in State.__struct_fields__)
    assert [one for one in held if isinstance(one, (tuple, dict)) and one] == []
    assert len(getattr(folding.done(), kind)) == 3


# -- arbitrary graphs -----------------------------------------------------------------


@st.composite
def graphs(draw: st.DrawFn) -> tuple[str, dict[str, Raw]]:
    """Commits that name each other as parents, most of them almost as they should be."""
    import hashlib

    raws: dict[str, Raw] = {}
    names = [damage.ROOT]
    for clock in range(1, draw(st.integers(2, 8))):
        parents = draw(st.lists(st.sampled_from(names), min_size=0, max_size=3))
        if len(parents) == 2 and draw(st.booleans()):
            parents.sort()
            message = reading.merge_message(FEATURE, draw(st.integers(0, clock)))
            header = reading.merge_header("4b825dc642cb6eb9a060e54bf8d69288fbee4904", parents, 0)
        else:
            lines = "".join(f"parent {parent}\n" for parent in parents)
            who = "A <a@b> 0 +0000"
            header = (
                f"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n{lines}"
                f"author {who}\ncommitter {who}\n"
            ).encode()
            fact = started() if len(names) == 1 else titled(str(clock))
            message = message_of(events_of(draw(st.integers(1, clock)), fact))
        content = header + b"\n" + message
        at = draw(st.integers(0, len(content)))
        if draw(st.integers(0, 3)) == 0:
            content = content[:at] + draw(st.binary(max_size=3)) + content[at + 1 :]
        name = hashlib.sha1(b"commit %d\0" % len(content) + content).hexdigest()
        raws[name] = Raw("commit", len(content), content)
        names.append(name)
    return names[-1], raws


@given(graphs())
def test_any_graph_ends_in_a_value(made: tuple[str, dict[str, Raw]]) -> None:
    end, raws = made
    trail = trail_of(Tip(FEATURE, end), raws, HASHES["sha1"])
    assert trail.damage is None or trail.damage.kind.exit is Exit.DAMAGED
    state = state_of(FEATURE, trail.entries)
    assert state.clock <= sum(len(entry.events) for entry in trail.entries)


@pytest.mark.thorough
def test_a_million_events_are_read_in_bounded_time_and_memory(work: Repo, tmp_path: Path) -> None:
    """Two hundred megabytes of events, in a process that may have six times as much."""
    root = root_of(work, FEATURE)
    at, clock = root, 1
    for _ in range(100):
        first: tuple[f.Fact, ...] = (started(),) if clock == 1 else (titled("x"),)
        rest = (titled("") for _ in range(9_999))
        at = commit_with(work, [at], message_of(events_of(clock, *first, *rest)))
        clock += 10_000
    point(work, FEATURE, at)
    script = (
        "import resource, time; resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30,) * 2)\n"
        "from git_oneshot.git import discover\nimport os\n"
        "from git_oneshot.trail.git_store import GitStore\n"
        "store = GitStore(discover('.', os.environ), time.time)\n"
        "[one] = store.load(store.tips())\n"
        "print(one.state.clock, one.damage)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=work.path, capture_output=True, text=True,
        timeout=300, check=True,
    )  # fmt: skip
    assert done.stdout.startswith(("1000000 None", "0 "))


def test_what_fuzzing_found_and_where_it_began_still_ends_in_values() -> None:
    """`make fuzz` goes on from here for ten minutes; this is a second of it."""
    from random import Random

    from tests.fuzz.keep import LARGEST
    from tests.fuzz.trails import CORPUS, feed, seeds

    found = [file.read_bytes() for file in sorted(CORPUS.glob("*"))]
    assert len(found) > 10
    assert sum(map(len, found)) <= LARGEST
    chance = Random(1)
    for one in [*seeds(), *found]:
        feed(one)
        for _ in range(3):
            at = chance.randrange(len(one) + 1)
            feed(one[:at] + chance.randbytes(chance.randrange(3)) + one[at + chance.randrange(3) :])
