"""Objects as git has them: all commits behind some ends by one walk, single objects by one process.

What a repository holds may have been made by anyone. git may allocate only so
much memory, an object that is longer than it should be is passed over, and a trail
of more than ``MAX_TRAIL`` is not read at all.
"""

import contextlib
import os
from collections import deque
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Final

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import EVENT
from git_oneshot.git import Git, piped
from git_oneshot.trail.reading import MAX_COMMIT, MAX_TRAIL, Raw, commit_at, parsed

if TYPE_CHECKING:  # slow to import, and to walk takes none
    import subprocess

    from git_oneshot.trail.objects import Objects

# A commit that unpacks to gigabytes ends git, and not this machine.
_LIMITS: Final = {"GIT_ALLOC_LIMIT": "256m"}
_AT_ONCE: Final = 500  # ids, which a pipe takes before anybody reads the answers
_LOOSE: Final = 64 * 2**10  # bytes; longer loose objects are left to git


def walk(git: Git, ends: Iterable[str]) -> dict[str, Raw] | None:
    """Every commit behind the ends, by id; None when git could not walk them, or not so far."""
    env = {**git.env(), **_LIMITS}
    asked, ask = os.pipe()
    rev_list, ids = piped(git.argv(["rev-list", "--stdin"]), env, asked)
    cat, out = piped(git.argv(["cat-file", "--batch", "--buffer"]), env, ids)
    # rev-list ends at the first one that leads nowhere.
    with contextlib.suppress(BrokenPipeError), open(ask, "wb") as stdin:
        stdin.write("".join(f"{end}\n" for end in ends).encode())
    with open(out, "rb") as stream:
        raws = _taken_apart(stream)
    # cat-file ends at the first object that it can't unpack: a commit-graph
    # lets rev-list pass over that.
    ended = [os.waitpid(pid, 0)[1] for pid in (cat, rev_list)]
    return None if any(ended) else raws


def _taken_apart(stream: IO[bytes]) -> dict[str, Raw] | None:
    """What `git cat-file --batch` prints; None where that is more than a trail may have."""
    raws: dict[str, Raw] = {}
    total = 0
    while header := stream.readline():
        oid, raw = _object(header, stream)
        if raw is None:
            continue
        total += len(raw.content or b"")
        if total > MAX_TRAIL:
            return None  # and git ends because nobody reads
        raws[oid] = raw
    return raws


def _object(header: bytes, stream: IO[bytes]) -> tuple[str, Raw | None]:
    """One object, by the line that says what it is; None for one that git has not."""
    oid, kind, *size = header.decode().split()
    if not size:  # "<id> missing"
        return oid, None
    left = length = int(size[0])
    if length <= MAX_COMMIT:
        content = stream.read(length + 1)  # and a line break
        return oid, Raw(kind, length, content[:-1]) if len(content) > length else None
    while left > 0 and (part := stream.read(min(left, 2**20))):
        left -= len(part)
    stream.read(1)
    return oid, Raw(kind, length, None)


def crawl(git: Git, ends: Iterable[str]) -> Iterator[tuple[str, Raw | None]]:
    """Every commit behind the ends, once, for where git could not walk to all of them.

    What git has not, or can't unpack, is None. Of the ends, what is no commit comes, too.
    """
    left = deque(dict.fromkeys(ends))
    seen, cat = {*left}, _Asked(git)
    try:
        while left:
            for oid, raw in cat.ask([left.popleft() for _ in range(min(len(left), _AT_ONCE))]):
                yield oid, raw
                read = parsed(raw.content) if raw and raw.type == "commit" and raw.content else None
                new = [
                    one for one in dict.fromkeys(read.parents if read else ()) if one not in seen
                ]
                seen.update(new)
                left += new
    finally:
        cat.close()


class _Asked:
    """Objects by `git cat-file`, which ends at one that it can't unpack: the next is asked anew."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._cat: subprocess.Popen[bytes] | None = None

    def ask(self, oids: Sequence[str]) -> Iterator[tuple[str, Raw | None]]:
        """Each of the objects, no more of which than a pipe takes at once; None: git has it not."""
        at = 0
        while at < len(oids):
            first = at if self._cat is None else -1  # that a new process is asked for
            cat = self._cat = self._cat or self._start()
            assert cat.stdin is not None and cat.stdout is not None
            with contextlib.suppress(BrokenPipeError):
                cat.stdin.write("".join(f"{oid}\n" for oid in oids[at:]).encode())
                cat.stdin.flush()
            while at < len(oids) and (header := cat.stdout.readline()):
                yield oids[at], _object(header, cat.stdout)[1]
                at += 1
            if at < len(oids):
                self.close()
                if at == first:  # it ended by that, and by nothing before
                    yield oids[at], None
                    at += 1

    def _start(self) -> "subprocess.Popen[bytes]":
        import subprocess

        pipe, env = subprocess.PIPE, {**self._git.env(), **_LIMITS}
        return subprocess.Popen(
            self._git.argv(["cat-file", "--batch"]),
            env=env, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def close(self) -> None:
        """End the process."""
        cat, self._cat = self._cat, None
        if cat is not None:
            cat.kill()
            with contextlib.suppress(BrokenPipeError):
                cat.communicate()


class Source:
    """Single objects: a loose one is read from its file, others by one `git cat-file`."""

    def __init__(self, git: Git, objects: "Objects") -> None:
        self._git = git
        self._objects = objects
        self._reader: subprocess.Popen[bytes] | None = None

    def look(self, name: str) -> tuple[str, bytes | None]:
        """Kind and content; the content is None when it is longer than a commit may be.

        Raises OneshotError(TRAIL_DAMAGED) for what is missing or cannot be read.
        """
        loose = self._objects.loose(name, _LOOSE)
        if loose is not None and loose[1] is not None:
            return loose
        if self._reader is None:
            import subprocess

            self._reader = subprocess.Popen(
                self._git.argv(["cat-file", "--batch"]),
                env={**self._git.env(), **_LIMITS},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        assert self._reader.stdin is not None and self._reader.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._reader.stdin.write(name.encode() + b"\n")
            self._reader.stdin.flush()
        header = self._reader.stdout.readline().split()
        if len(header) != 3:
            raise self._unread(name, "missing")
        kind, size = header[1].decode(), int(header[2])
        if size > MAX_COMMIT:
            self._reader.kill()
            self.close()
            return kind, None
        content = self._reader.stdout.read(size + 1)  # and a line break
        if len(content) <= size:
            raise self._unread(name, "damaged")
        return kind, content[:-1]

    def _unread(self, name: str, what: str) -> OneshotError:
        """The error of an object that git did not print; it may have ended by that."""
        self.close()
        why = f"object '{name[:20]}' of the trail is {what}"
        return OneshotError(Code.TRAIL_DAMAGED, why, "look for it: git fsck")

    def _payload_blobs(self, commit: str) -> dict[str, str]:
        """The blobs of the payloads in the tree of an append, by the ids of their events."""
        from git_oneshot.trail.objects import FILE, FOLDER, PAYLOAD
        from git_oneshot.trail.tree import entries_in

        tree = commit_at(self.look, commit).tree
        mode, folder = entries_in(self._objects, self.look, tree).get(PAYLOAD, (0, b""))
        names = entries_in(self._objects, self.look, folder.decode()) if mode == FOLDER else {}
        return {
            name.decode(): oid.decode()
            for name, (mode, oid) in names.items()
            if mode == FILE and EVENT.fullmatch(name.decode(errors="replace"))
        }

    def payloads(self, commits: Iterable[str], wanted: Container[str]) -> dict[str, bytes]:
        """The payloads of wanted events in the trees of appends, by the ids of the events.

        Raises OneshotError(TRAIL_DAMAGED) for what is missing, or more than a trail may be.
        """
        found: dict[str, bytes] = {}
        left = MAX_TRAIL
        for commit in commits:
            for event, oid in self._payload_blobs(commit).items():
                kind, content = self.look(oid) if event in wanted else ("", None)
                if kind == "blob" and content:
                    found[event] = content
                    left -= len(content)
                if left < 0:
                    why = f"the payloads of the trail are over the limit of {MAX_TRAIL} bytes"
                    raise OneshotError(Code.TRAIL_DAMAGED, why, "look at them: git oneshot fsck")
        return found

    def close(self) -> None:
        """End the process."""
        if self._reader is not None:
            reader, self._reader = self._reader, None
            with contextlib.suppress(BrokenPipeError):
                reader.communicate()
