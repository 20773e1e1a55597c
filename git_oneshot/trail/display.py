"""What `git log` shows below a message: one local notes ref, joined from all trails.

``refs/notes/oneshot`` is derived and disposable, and never pushed. Its lines
begin with 'claimed' (a trail says so) or 'verified here' (this clone ran it).
"""

import contextlib
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from git_oneshot.core.spelling import printable
from git_oneshot.git import Git
from git_oneshot.trail.disk import put
from git_oneshot.trail.store import Tip

if TYPE_CHECKING:
    from git_oneshot.core.facts import Proof
    from git_oneshot.core.state import Commit, State

REF: Final = "refs/notes/oneshot"
AUTHOR: Final = b"<git-oneshot@localhost>"


def ours(git: Git) -> bool:
    """Whether the notes are from us, or not there: what a user keeps under that name stays."""
    found = git.output("for-each-ref", "--format=%(authoremail)", REF).strip()
    return found in (b"", AUTHOR)


class Display:
    """The notes that `git log` shows in one clone."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._verified_file = os.path.join(git.own_dir, "verified")
        self._stamp_file = os.path.join(git.own_dir, "displayed")

    @property
    def wanted(self) -> bool:
        """Whether `git log` is to show notes in this clone: by install, or the user's setting."""
        if os.path.exists(os.path.join(self._git.own_dir, "program")):  # set up
            return True
        return REF in (self._git.maybe("config", "--get-all", "notes.displayRef") or "").split("\n")

    def verified(self) -> dict[str, str]:
        """What this clone found out itself, by commit."""
        try:
            with open(self._verified_file, "rb") as file:
                return msgspec.json.decode(file.read(), type=dict[str, str])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return {}

    def verify(self, proofs: "Mapping[str, Proof]") -> None:
        """Remember what this clone found out itself."""
        both = {**self.verified(), **{c: p.told for c, p in proofs.items()}}
        put(self._verified_file, msgspec.json.encode(both))

    def stamp(self, tips: Sequence[Tip]) -> None:
        """Remember that these trails were looked at whole, and that the notes show them."""
        with contextlib.suppress(OSError):  # they are looked at again then
            put(self._stamp_file, _digest(tips).encode())

    def behind(self, tips: Sequence[Tip]) -> bool:
        """Whether other trails than these were looked at last."""
        try:
            with open(self._stamp_file, encoding="ascii", errors="replace") as file:
                return file.read() != _digest(tips)
        except OSError:
            return bool(tips)

    def refresh(self, states: "Iterable[State]") -> None:
        """Bring the notes up to what the trails claim and this clone verified."""
        lines: dict[str, set[str]] = {}
        for state in states:
            for commit_id, said in _claims(state):
                lines.setdefault(commit_id, set()).add(f"claimed: {said} [{state.feature}]")
        for commit_id, line in self.verified().items():
            lines.setdefault(commit_id, set()).add(f"verified here: {line}")
        self._write({c: "\n".join(sorted(said)) + "\n" for c, said in lines.items()})

    def _write(self, notes: Mapping[str, str]) -> None:
        """Write the notes whose text changed; leave the others where they are."""
        from git_oneshot.trail.objects import FILE, FOLDER, Objects, blob_of, commit_of, tree_of

        git = self._git
        if not ours(git):
            return
        objects = Objects(os.path.join(git.common_dir, "objects"), git.object_format)
        there = self._there()
        folders: dict[bytes, dict[bytes, tuple[int, bytes]]] = {}
        for commit, text in notes.items():
            blob = blob_of(text.encode())
            oid = objects.id_of(blob)
            if there is None or there.get(commit) != oid:
                objects.add(blob)
            folders.setdefault(commit[:2].encode(), {})[commit[2:].encode()] = (FILE, oid)
        if {c: folders[c[:2].encode()][c[2:].encode()][1] for c in notes} == there:
            return
        top = {fan: (FOLDER, objects.add(tree_of(rest))) for fan, rest in folders.items()}
        new = commit_of(
            tree=objects.add(tree_of(top)),
            parents=[],
            author=b"git oneshot " + AUTHOR,
            seconds=0,
            message=b"proofs, joined from the trails\n",
        )
        git.call("update-ref", "-m", "oneshot: show proofs", REF, objects.add(new).decode())

    def _there(self) -> dict[str, bytes] | None:
        """The blobs of the notes as they are, by commit; None when there is no such ref.

        A ref without notes is written all the same: git warns at each log of a
        display ref that is not there.
        """
        done = self._git.call("ls-tree", "-r", REF, ok=(0, 128))
        if done.returncode != 0:
            return None
        found = {}
        for line in done.stdout.decode().splitlines():
            meta, _, path = line.partition("\t")
            found[path.replace("/", "")] = meta.split()[2].encode()
        return found


def _claims(state: "State") -> Iterator[tuple[str, str]]:
    """(commit, line) for what a trail says of its commits, and of those that hold them now."""
    own = {commit.id: list(_claimed(state, commit)) for commit in state.commits}
    for id_, lines in own.items():
        yield from ((id_, line) for line in lines)
    for landed in state.landed:
        drift = ", and more than was proven" if state.drift else ""
        for source in landed.sources:
            for line in own.get(source, ()):
                yield landed.id, f"{landed.how} of {source[:9]}{drift}: {line}"


def _claimed(state: "State", commit: "Commit") -> Iterator[str]:
    """What a trail says of a commit, a line each."""
    if commit.proof is not None:
        yield commit.proof.told
    elif commit.declared:
        yield f"{commit.declared} (declared)"
    waiver = state.waiver(commit.id)
    if waiver is not None:
        yield printable(f"waived by {waiver.by.partition(' <')[0]}: {waiver.reason}")[:500]


def _digest(tips: Sequence[Tip]) -> str:
    return f"{zlib.crc32(' '.join(tip.commit for tip in tips).encode()):08x} {len(tips)}"
