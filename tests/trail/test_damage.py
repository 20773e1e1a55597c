"""A trail that breaks the format is named, read as far as it is sound, and hurts no other."""

import hashlib
import os
import random
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from git_oneshot.core.codec import MAX_EVENT, encode
from git_oneshot.core.commands import RequestSynthesis
from git_oneshot.core.errors import Code, Exit, OneshotError
from git_oneshot.core.events import Event
from git_oneshot.core.ids import FeatureId
from git_oneshot.session import Session
from git_oneshot.trail import reading
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.objects import Objects
from git_oneshot.trail.objects import root as root_commit
from git_oneshot.trail.reading import HASHES, Raw, trail_of
from git_oneshot.trail.store import Tip
from tests.sandbox import AUTHOR, MakeWorld, Repo
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

Break = Callable[[Repo, str, Tip], str]
FIRST, *_ = events_of(1, started())
FORKED: Final = "Who Else <else@example.org>"
NEXT: Final = events_of(3, titled("next"))


# -- ways to break a trail of two sound appends; each gives the new tip -----------


def truncated(repo: Repo, root: str, tip: Tip) -> str:
    """Half of the object is on disk."""
    _overwrite(repo, tip.commit, lambda data: data[: len(data) // 2])
    return tip.commit


def truncated_below(repo: Repo, root: str, tip: Tip) -> str:
    """Half of an object in the middle is on disk."""
    _overwrite(repo, repo.git("rev-parse", f"{tip.commit}~1"), lambda data: data[: len(data) // 2])
    return tip.commit


def emptied(repo: Repo, root: str, tip: Tip) -> str:
    """The object's file is there, and empty: what a power cut leaves."""
    _overwrite(repo, tip.commit, lambda _: b"")
    return tip.commit


def edited(repo: Repo, root: str, tip: Tip) -> str:
    """Someone rewrote an event in the object's own file."""
    _overwrite(
        repo,
        tip.commit,
        lambda data: zlib.compress(zlib.decompress(data).replace(b'"true"', b'"lies"')),
    )
    return tip.commit


def missing(repo: Repo, root: str, tip: Tip) -> str:
    """The object at the tip is gone."""
    os.unlink(loose(repo, tip.commit))
    return tip.commit


def missing_below(repo: Repo, root: str, tip: Tip) -> str:
    """An object in the middle is gone."""
    os.unlink(loose(repo, repo.git("rev-parse", f"{tip.commit}~1")))
    return tip.commit


def hidden(repo: Repo, root: str, tip: Tip) -> str:
    """The object is torn, and a commit-graph lets git walk over it without a look."""
    repo.git("commit-graph", "write", "--reachable")
    _overwrite(repo, repo.git("rev-parse", f"{tip.commit}~1"), lambda data: data[:10])
    return tip.commit


def repeated_clock(repo: Repo, root: str, tip: Tip) -> str:
    """The clock of the last append comes again."""
    return commit_with(repo, [tip.commit], message_of(events_of(2, titled("again"))))


def skipped_clock(repo: Repo, root: str, tip: Tip) -> str:
    """A clock is left out."""
    return commit_with(repo, [tip.commit], message_of(events_of(4, titled("far"))))


def reordered_clocks(repo: Repo, root: str, tip: Tip) -> str:
    """Within one append the clocks go backwards."""
    pair = events_of(3, titled("a"), titled("b"))
    return commit_with(repo, [tip.commit], message_of(pair[::-1]))


def merged(repo: Repo, root: str, tip: Tip) -> str:
    """A commit with two parents."""
    return commit_with(repo, [tip.commit, root], message_of(NEXT))


def three_parents(repo: Repo, root: str, tip: Tip) -> str:
    """A commit with more parents than a merge has."""
    return commit_with(repo, [tip.commit, root, tip.commit], b"oneshot fix-typo: merge\n")


def a_thousand_parents(repo: Repo, root: str, tip: Tip) -> str:
    """As many parents as one likes to write."""
    return commit_with(repo, [tip.commit] * 1000, message_of(NEXT))


def _fork(repo: Repo, root: str) -> str:
    return commit_with(repo, [root], message_of(events_of(1, started(), titled("fork"), by=FORKED)))


def _merge(repo: Repo, parents: list[str], *, clock: int = 2, seconds: int = 1767225600) -> bytes:
    tree = hash_object(repo, "tree", b"")
    header = reading.merge_header(tree, parents, seconds)
    return header + b"\n" + reading.merge_message(FEATURE, clock)


def out_of_order(repo: Repo, root: str, tip: Tip) -> str:
    """A merge whose parents are not sorted."""
    parents = sorted([tip.commit, _fork(repo, root)], reverse=True)
    return hash_object(repo, "commit", _merge(repo, parents))


def of_one(repo: Repo, root: str, tip: Tip) -> str:
    """A merge of a commit with itself."""
    return hash_object(repo, "commit", _merge(repo, [tip.commit, tip.commit]))


def merged_at_another_clock(repo: Repo, root: str, tip: Tip) -> str:
    """A merge that says that it holds more than it does: clocks behind it could jump."""
    parents = sorted([tip.commit, _fork(repo, root)])
    return hash_object(repo, "commit", _merge(repo, parents, clock=2**52))


def merged_at_another_time(repo: Repo, root: str, tip: Tip) -> str:
    """A merge with a time of its own: the same merge under many ids."""
    parents = sorted([tip.commit, _fork(repo, root)])
    return hash_object(repo, "commit", _merge(repo, parents, seconds=1767225601))


def merged_by_somebody(repo: Repo, root: str, tip: Tip) -> str:
    """A merge in someone's name."""
    parents = sorted([tip.commit, _fork(repo, root)])
    content = _merge(repo, parents).replace(b"git oneshot <", b"Eve <", 1)
    return hash_object(repo, "commit", content)


def merged_and_signed(repo: Repo, root: str, tip: Tip) -> str:
    """A merge with a header more."""
    parents = sorted([tip.commit, _fork(repo, root)])
    content = _merge(repo, parents).replace(b"+0000\n\n", b"+0000\ngpgsig x\n\n", 1)
    return hash_object(repo, "commit", content)


def sealed_by_nobody(repo: Repo, root: str, tip: Tip) -> str:
    """A seal without a signature."""
    return commit_with(repo, [tip.commit], reading.seal_message(FEATURE))


def of_no_time(repo: Repo, root: str, tip: Tip) -> str:
    """A commit without a time, from which a merge could not derive its own."""
    sound = commit_with(repo, [tip.commit], message_of(NEXT))
    content = repo.git("cat-file", "commit", sound).encode() + b"\n"
    return hash_object(repo, "commit", content.replace(b" 1767225600 +0000", b" soon +0000"))


def of_code(repo: Repo, root: str, tip: Tip) -> str:
    """The ref names a commit of code."""
    return repo.commit("not a trail")


def on_code(repo: Repo, root: str, tip: Tip) -> str:
    """Sound appends behind a root that is not the feature's."""
    return commit_with(repo, [repo.commit("not a root")], message_of([FIRST]))


def of_another(repo: Repo, root: str, tip: Tip) -> str:
    """The trail of another feature under this name."""
    return commit_with(repo, [root_of(repo, FeatureId("third"))], message_of([FIRST]))


def a_blob(repo: Repo, root: str, tip: Tip) -> str:
    """The ref names a blob."""
    return hash_object(repo, "blob", b"not a trail")


def a_tree(repo: Repo, root: str, tip: Tip) -> str:
    """The ref names a tree."""
    return repo.git("rev-parse", f"{tip.commit}^{{tree}}")


def a_tag(repo: Repo, root: str, tip: Tip) -> str:
    """The ref names a tag of a sound trail."""
    repo.git("tag", "-a", "-m", "t", "t", tip.commit)
    return repo.git("rev-parse", "t")


def without_events(repo: Repo, root: str, tip: Tip) -> str:
    """A commit that says nothing."""
    return commit_with(repo, [tip.commit], b"only a summary\n")


def without_message(repo: Repo, root: str, tip: Tip) -> str:
    """A commit whose content ends with its header."""
    tree = hash_object(repo, "tree", b"")
    who = f"{AUTHOR} 1767225600 +0000"
    header = f"tree {tree}\nparent {tip.commit}\nauthor {who}\ncommitter {who}\n"
    return hash_object(repo, "commit", header.encode())


def not_json(repo: Repo, root: str, tip: Tip) -> str:
    """An event line that is no JSON."""
    return commit_with(repo, [tip.commit], b"by hand\n\nhello\n")


def not_text(repo: Repo, root: str, tip: Tip) -> str:
    """An event line that is no UTF-8."""
    line = encode(NEXT[0]).replace(b"next", b"n\xffxt")
    return commit_with(repo, [tip.commit], b"by hand\n\n" + line + b"\n")


def too_deep(repo: Repo, root: str, tip: Tip) -> str:
    """An event line that nests deeper than a parser can follow."""
    return commit_with(repo, [tip.commit], b"by hand\n\n" + b"[" * 100_000 + b"\n")


def not_canonical(repo: Repo, root: str, tip: Tip) -> str:
    """The same event in other bytes."""
    line = encode(NEXT[0]).replace(b'":', b'": ')
    return commit_with(repo, [tip.commit], b"by hand\n\n" + line + b"\n")


def other_line_ends(repo: Repo, root: str, tip: Tip) -> str:
    """Line ends as something that converts text would leave them."""
    return commit_with(repo, [tip.commit], message_of(NEXT).replace(b"}\n", b"}\r\n"))


def empty_lines(repo: Repo, root: str, tip: Tip) -> str:
    """Lines with nothing in them."""
    return commit_with(repo, [tip.commit], message_of(NEXT) + b"\n\n")


def duplicate_field(repo: Repo, root: str, tip: Tip) -> str:
    """A field twice, so that two readers may see two events."""
    line = encode(NEXT[0]).replace(b'"v":1', b'"v":1,"v":1')
    return commit_with(repo, [tip.commit], b"by hand\n\n" + line + b"\n")


def huge_event(repo: Repo, root: str, tip: Tip) -> str:
    """An event of 10 MB."""
    line = encode(NEXT[0]).replace(b"next", b"n" * 10_000_000)
    return commit_with(repo, [tip.commit], b"by hand\n\n" + line + b"\n")


def huge_commit(repo: Repo, root: str, tip: Tip) -> str:
    """A commit of 17 MiB, each of its events small."""
    line = encode(NEXT[0]).replace(b"next", b"n" * 400)
    count = 17 * 2**20 // len(line) + 1
    return commit_with(repo, [tip.commit], b"by hand\n\n" + (line + b"\n") * count)


def many_events(repo: Repo, root: str, tip: Tip) -> str:
    """A commit of 10,001 sound events."""
    events = events_of(3, *(titled(str(n)) for n in range(reading.MAX_EVENTS + 1)))
    return commit_with(repo, [tip.commit], message_of(events))


def newer(repo: Repo, root: str, tip: Tip) -> str:
    """An event of version 2, which may look like anything."""
    return commit_with(repo, [tip.commit], b'by hand\n\n{"type":"workflow.paused","v":2,"x":[]}\n')


def unknown(repo: Repo, root: str, tip: Tip) -> str:
    """A type that this version does not know."""
    line = encode(NEXT[0]).replace(b"state.patched", b"state.pitched")
    return commit_with(repo, [tip.commit], b"by hand\n\n" + line + b"\n")


def _overwrite(repo: Repo, oid: str, change: Callable[[bytes], bytes]) -> None:
    path = loose(repo, oid)
    with open(path, "rb") as file:
        data = change(file.read())
    os.chmod(path, 0o644)
    with open(path, "wb") as out:
        out.write(data)


TORN: Final[tuple[Break, ...]] = (
    truncated,
    truncated_below,
    emptied,
    edited,
    missing,
    missing_below,
    hidden,
    three_parents,
    a_thousand_parents,
    of_no_time,
    of_code,
    on_code,
    of_another,
    a_blob,
    a_tree,
    a_tag,
    huge_commit,
)
SPOILED: Final[dict[Break, Code]] = {
    merged: Code.TRAIL_DAMAGED,
    out_of_order: Code.TRAIL_DAMAGED,
    of_one: Code.TRAIL_DAMAGED,
    merged_at_another_clock: Code.TRAIL_DAMAGED,
    merged_at_another_time: Code.TRAIL_DAMAGED,
    merged_by_somebody: Code.TRAIL_DAMAGED,
    merged_and_signed: Code.TRAIL_DAMAGED,
    sealed_by_nobody: Code.TRAIL_DAMAGED,
    repeated_clock: Code.TRAIL_DAMAGED,
    skipped_clock: Code.TRAIL_DAMAGED,
    reordered_clocks: Code.TRAIL_DAMAGED,
    without_events: Code.TRAIL_DAMAGED,
    without_message: Code.TRAIL_DAMAGED,
    not_json: Code.TRAIL_DAMAGED,
    not_text: Code.TRAIL_DAMAGED,
    too_deep: Code.TRAIL_DAMAGED,
    not_canonical: Code.TRAIL_DAMAGED,
    other_line_ends: Code.TRAIL_DAMAGED,
    empty_lines: Code.TRAIL_DAMAGED,
    duplicate_field: Code.TRAIL_DAMAGED,
    huge_event: Code.TRAIL_DAMAGED,
    many_events: Code.TRAIL_DAMAGED,
    newer: Code.TRAIL_NEWER,
    unknown: Code.UNKNOWN_EVENT_TYPE,
}


def two_appends(store: GitStore) -> Tip:
    """A sound trail to break."""
    tip = append(store, FEATURE, None, started())
    return append(store, FEATURE, tip, titled("true"))


def seen_of(store: GitStore, broken: Tip, other: Tip) -> tuple[OneshotError, tuple[Event, ...]]:
    """The one damage of a trail, which every way of reading must agree about."""
    damages = set()
    for asked in ([broken], [broken, other], [other, broken]):
        trails = {trail.feature: trail for trail in store.read(asked)}
        loaded = {tip.feature: one for tip, one in zip(asked, store.load(asked), strict=True)}
        for found in (trails[FEATURE].damage, loaded[FEATURE].damage):
            assert isinstance(found, OneshotError)
            assert found.kind.exit is Exit.DAMAGED
            assert not found.kind.retryable
            assert found.hint
            damages.add((found.code, found.message))
        if other in asked:
            assert trails[OTHER].damage is None
            assert len(trails[OTHER].events) == 1
            assert loaded[OTHER].damage is None
            assert loaded[OTHER].state.phase == "plan"
    assert len(damages) == 1
    damage = trails[FEATURE].damage
    assert damage is not None
    return damage, trails[FEATURE].events


@pytest.mark.parametrize("do", TORN, ids=lambda do: do.__name__)
def test_a_trail_without_a_way_to_its_root_is_damage(work: Repo, opened: Open, do: Break) -> None:
    store = opened(work)
    tip = two_appends(store)
    other = append(store, OTHER, None, started(OTHER))
    broken = point(work, FEATURE, do(work, root_of(work, FEATURE), tip))
    assert {t.feature for t in store.tips()} == {FEATURE, OTHER}  # it is named

    damage, events = seen_of(opened(work), broken, other)

    assert damage.code is Code.TRAIL_DAMAGED
    assert events == ()


@pytest.mark.parametrize("do", SPOILED, ids=lambda do: do.__name__)
def test_a_trail_is_read_as_far_as_it_is_sound(
    work: Repo, opened: Open, world: MakeWorld, do: Break
) -> None:
    code = SPOILED[do]
    store = opened(work)
    tip = two_appends(store)
    other = append(store, OTHER, None, started(OTHER))
    bad = do(work, root_of(work, FEATURE), tip)
    # What comes behind the damage is not believed either.
    broken = point(work, FEATURE, commit_with(work, [bad], message_of(NEXT)))

    damage, events = seen_of(opened(work), broken, other)

    assert damage.code is code
    assert (
        damage.message.startswith(f"trail commit {bad[:12]} ") or f"{bad[:12]}:" in damage.message
    )
    assert len(damage.message) < 300
    assert [event.clock for event in events if event.by != FORKED] == [1, 2]
    # A command on it says the same, and leaves it as it is.
    with pytest.raises(OneshotError) as refused:
        Session(opened(work), world()).execute(FEATURE, RequestSynthesis())
    assert (refused.value.code, refused.value.message) == (code, damage.message)
    assert opened(work).tip(FEATURE) == broken


def test_damage_is_never_cached_as_a_state(work: Repo, opened: Open) -> None:
    """Mended (or read by a version that knows more), a trail is whole again."""
    tip = two_appends(opened(work))
    path = loose(work, work.git("rev-parse", f"{tip.commit}~1"))
    os.rename(path, path + ".away")
    assert opened(work).load([tip])[0].damage is not None
    os.rename(path + ".away", path)
    [loaded] = opened(work).load([tip])
    assert loaded.damage is None
    assert loaded.state.title == "true"


def test_a_few_damaged_among_many_cost_no_more_than_a_search(
    work: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading halves until the damage is alone: not one process for each sound feature."""
    store = opened(work)
    tips = [append(store, FeatureId(f"f{n}"), None, started(FeatureId(f"f{n}"))) for n in range(64)]
    for broken in (tips[0], tips[40]):
        os.unlink(loose(work, broken.commit))
    walks: list[int] = []
    walk = GitStore._raw

    def counted(self: GitStore, tips: Sequence[Tip]) -> dict[str, Raw] | None:
        walks.append(len(tips))
        return walk(self, tips)

    monkeypatch.setattr(GitStore, "_raw", counted)
    damaged = [t.feature for t in opened(work).read(tips) if t.damage is not None]
    assert damaged == ["f0", "f40"]
    assert len(walks) <= 2 * 2 * 7


def test_thousands_of_refs_that_lead_nowhere_end_in_values(work: Repo, opened: Open) -> None:
    """git closes its input at the first one, while most are still to be written to it."""
    tip = append(opened(work), FEATURE, None, started())
    gone = Tip(OTHER, "1" * 40)
    trails = opened(work).read([gone, *[tip] * 3000])
    assert [trail.damage is None for trail in trails] == [False] + [True] * 3000


def test_the_limits_themselves_are_sound(work: Repo, opened: Open) -> None:
    root = root_of(work, FEATURE)
    most = events_of(1, started(), *(titled(str(n)) for n in range(reading.MAX_EVENTS - 1)))
    tip = point(work, FEATURE, commit_with(work, [root], message_of(most)))
    [trail] = opened(work).read([tip])
    assert trail.damage is None
    assert len(trail.events) == reading.MAX_EVENTS


def test_an_object_that_is_torn_is_said_and_the_next_one_is_read(work: Repo, opened: Open) -> None:
    """git ends in the midst of it: what it had printed is no content, and others are there."""
    torn, whole = (hash_object(work, "blob", random.Random(n).randbytes(300_000)) for n in (1, 2))
    path = Path(loose(work, torn))
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content[:150_000] + bytes(1_000) + content[151_000:])
    store = opened(work)
    with pytest.raises(OneshotError) as refused:
        store.look(torn)
    assert torn[:12] in refused.value.message
    assert store.look(whole) == ("blob", random.Random(2).randbytes(300_000))


def test_a_root_alone_is_a_trail_on_which_nothing_happened(work: Repo, opened: Open) -> None:
    tip = point(work, FEATURE, root_of(work, FEATURE))
    [loaded] = opened(work).load([tip])
    assert loaded.damage is None
    assert loaded.state.phase is None
    tip = append(opened(work), FEATURE, tip, started())
    assert opened(work).load([tip])[0].state.phase == "plan"


# -- arbitrary bytes --------------------------------------------------------------

_OBJECTS: Final = Objects("unused", "sha1")
_SOUND: Final = message_of([FIRST])


def parsed(content: bytes) -> OneshotError | None:
    """Read a trail whose only commit has this content."""
    name = hashlib.sha1(b"commit %d\0" % len(content) + content).hexdigest()
    raw = Raw("commit", len(content), content)
    return trail_of(Tip(FEATURE, name), {name: raw}, HASHES["sha1"]).damage


ROOT: Final = _OBJECTS.id_of(root_commit(FEATURE, _OBJECTS)).decode()
HEADER: Final = (
    f"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent {ROOT}\n"
    f"author {AUTHOR} 1767225600 +0000\ncommitter {AUTHOR} 1767225600 +0000\n"
).encode()


def mutated() -> st.SearchStrategy[bytes]:
    """A sound commit with one stretch of bytes exchanged."""
    sound = HEADER + b"\n" + _SOUND
    return st.builds(
        lambda at, length, new: sound[:at] + new + sound[at + length :],
        st.integers(0, len(sound)),
        st.integers(0, 40),
        st.binary(max_size=40),
    )


def test_the_fuzzed_commit_is_sound_before_it_is_fuzzed() -> None:
    assert parsed(HEADER + b"\n" + _SOUND) is None


@given(st.one_of(st.binary(), mutated(), st.binary().map(lambda body: HEADER + body)))
@example(b"")
@example(HEADER)
@example(HEADER + b"\n")
@example(HEADER.replace(b"1767225600", b"9" * 400) + b"\n" + _SOUND)
@example(HEADER.replace(b"1767225600 +0000", b"") + b"\n" + _SOUND)
@example(HEADER.replace(b"parent", b"parent \nparent") + b"\n" + _SOUND)
@example(HEADER.replace(ROOT.encode(), b"\xff" * 40) + b"\n" + _SOUND)
@example(HEADER + b"gpgsig x\n y\nmergetag object\n\n" + _SOUND)
@example(HEADER + b"encoding \xff\n\n" + _SOUND)
def test_any_commit_ends_in_a_value(content: bytes) -> None:
    damage = parsed(content)
    assert damage is None or damage.kind.exit is Exit.DAMAGED


@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=100).map(lambda tail: b"s\n\n" + encode(FIRST) + tail),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ).map(lambda value: b"s\n\n" + repr(value).encode(errors="surrogatepass")),
    )
)
@example(b"s\n\n" + b'{"v":1,"type":"\xed\xa0\x80"}')
@example(b"s\n\n" + b'{"v":' + b"9" * 5000 + b"}")
@example(b"s\n\n" + b'{"v":0}')
@example(b"s\n\n" + b'{"v":-1}')
@example(b"s\n\n" + b" " * (MAX_EVENT + 1))
def test_any_message_ends_in_a_value(message: bytes) -> None:
    damage = parsed(HEADER + b"\n" + message)
    assert damage is None or damage.kind.exit is Exit.DAMAGED


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Repo, GitStore]]:
    """One repository for all the fuzzing through git."""
    repo = Repo(tmp_path_factory.mktemp("fuzz") / "work")
    store = GitStore(repo.discover(), time.time)
    yield repo, store
    store.close()


def test_any_bytes_in_a_repository_end_in_values(kept: tuple[Repo, GitStore]) -> None:
    """The same through git, which has its own idea of what a commit is."""
    repo, store = kept
    root_of(repo, FEATURE)
    tips: list[Tip] = []

    @given(st.one_of(mutated(), st.binary(max_size=100)))
    def collect(content: bytes) -> None:
        if len(tips) < 60:
            tips.append(Tip(FEATURE, hash_object(repo, "commit", content)))

    collect()
    for trail in store.read(tips):
        assert trail.damage is None or trail.damage.kind.exit is Exit.DAMAGED
