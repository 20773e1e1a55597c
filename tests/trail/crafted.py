"""Trails by hand: events, appends and commits that the program itself would never write."""

import hashlib
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from git_oneshot.core import facts as f
from git_oneshot.core.codec import encode
from git_oneshot.core.events import Event, Said, Stamp, event_of
from git_oneshot.core.ids import FeatureId, event_id, local_ref
from git_oneshot.core.replay import replay
from git_oneshot.core.state import State
from git_oneshot.git import Git
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.objects import Objects, root
from git_oneshot.trail.store import Tip, TrailStore
from tests.sandbox import AUTHOR, NOON, Repo

FEATURE: Final = FeatureId("fix-typo")
OTHER: Final = FeatureId("other")

Open = Callable[[Repo | Git], GitStore]


def events_of(clock: int, *facts: Said, by: str = AUTHOR) -> tuple[Event, ...]:
    """Events that begin at ``clock``, with ids and times that follow from clock and content."""
    made = []
    for at, fact in enumerate(facts, clock):
        entropy = hashlib.sha256(f"{at} {fact}".encode()).digest()
        stamp = Stamp(now=NOON + at, at="2026-01-01T00:00:00Z", by=by, entropy=entropy)
        made.append(event_of(fact, id=event_id(stamp.now, entropy, 0), clock=at, stamp=stamp))
    return tuple(made)


def judged(commit: str, note: str = "") -> f.CommitJudged:
    """A fact that the notes show."""
    turn = f.TestTurn(suite="unit", id="test_typo", red="failed", green="passed", reason="assert")
    proof = f.Proof(
        word="PASS", kind="behaviour", tests=(turn,) if not note else (), notes=(note,) * bool(note)
    )
    return f.CommitJudged(commit=commit, proof=proof)


def append(
    store: TrailStore,
    feature: FeatureId,
    tip: Tip | None,
    *facts: Said,
    by: str = AUTHOR,
    payloads: Mapping[str, bytes] = {},
) -> Tip:
    """Append facts behind ``tip`` as one commit."""
    state = store.load([tip])[0].state if tip else State(feature=feature)
    events = events_of(state.clock + 1, *facts, by=by)
    return store.append(
        feature,
        tip,
        events,
        summary=f"{feature}: say",
        state=replay(state, events),
        payloads=payloads,
    )


def started(feature: FeatureId = FEATURE) -> f.Started:
    """The first fact of a trail."""
    return f.Started(featureId=feature)


def titled(title: str) -> f.Patched:
    """A fact that is legal as often as one likes."""
    return f.Patched(fields=("title",), title=title)


def hash_object(repo: Repo, kind: str, content: bytes) -> str:
    """Write an object of any content, sound or not."""
    done = subprocess.run(
        ["git", "hash-object", "--literally", "-t", kind, "-w", "--stdin"],
        cwd=repo.path,
        input=content,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


def root_of(repo: Repo, feature: FeatureId) -> str:
    """The id of the derived root, which this also writes."""
    git = repo.discover()
    objects = Objects(os.path.join(git.common_dir, "objects"), git.object_format)
    return objects.add(root(feature, objects)).decode()


def commit_with(repo: Repo, parents: Sequence[str], message: bytes) -> str:
    """A trail commit with this message."""
    lines = [
        f"tree {hash_object(repo, 'tree', b'')}",
        *(f"parent {parent}" for parent in parents),
        f"author {AUTHOR} 1767225600 +0000",
        f"committer {AUTHOR} 1767225600 +0000",
    ]
    return hash_object(repo, "commit", "\n".join(lines).encode() + b"\n\n" + message)


def message_of(events: Sequence[Event]) -> bytes:
    """The message of an append."""
    return b"\n".join([b"by hand", b"", *map(encode, events), b""])


def point(repo: Repo, feature: FeatureId, commit: str) -> Tip:
    """Let the ref of a trail name an object, whatever that is."""
    # As another program would: git 2.55 looks at what a ref is to name, which update-ref refuses.
    ref = Path(repo.discover().common_dir, local_ref(feature))
    ref.parent.mkdir(parents=True, exist_ok=True)
    ref.write_text(f"{commit}\n")
    return Tip(feature, commit)


def loose(repo: Repo, oid: str) -> str:
    """The path of a loose object."""
    return os.path.join(repo.discover().common_dir, "objects", oid[:2], oid[2:])
