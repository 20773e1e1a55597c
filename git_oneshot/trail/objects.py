"""git objects of a trail: built and parsed by dulwich, written so that a crash can't tear them."""

import os
import re
import zlib
from collections.abc import Callable, Mapping
from typing import Final

from dulwich.errors import ObjectFormatException
from dulwich.object_format import OBJECT_FORMATS
from dulwich.objects import Blob, Commit, ShaFile, Tree, object_header

from git_oneshot.core.events import Event
from git_oneshot.trail.disk import Disk
from git_oneshot.trail.reading import HASHES, NOBODY, root_of
from git_oneshot.trail.syncs import Syncs

FILE: Final = 0o100644
FOLDER: Final = 0o040000
PAYLOAD: Final = b"payload"
# Bytes that take one block of a disk, compressed or not; git packs all in time.
SMALL: Final = 4_000
_PERSON: Final = re.compile(r"[^<>\n\0]* <[^<>\n\0]*>")  # as git has people
_TRIES: Final = 20  # before a folder or file that keeps vanishing is an error


class Objects:
    """The loose objects of one repository, to write to.

    dulwich serialises and compresses; the file is written here, because
    dulwich's own writer leaves ``<id>.lock`` behind when it is killed, after
    which nobody can write that object, and ``git fsck`` complains.
    """

    def __init__(self, directory: str, object_format: str, disk: Disk | None = None) -> None:
        self.directory = directory
        self.format = OBJECT_FORMATS[object_format]
        self._disk = disk or Disk()
        self._unsynced: dict[str, ShaFile] = {}
        self._syncs = Syncs(self._disk)

    def id_of(self, obj: ShaFile) -> bytes:
        """The hex id of an object in this repository's hash."""
        return self.format.hash_object_hex(_whole(obj))

    def add(self, obj: ShaFile) -> bytes:
        """Write an object, and give back its hex id. ``sync`` makes it last."""
        whole = _whole(obj)
        oid = self.format.hash_object_hex(whole)
        path = self._path(oid.decode())
        self._put(path, whole)
        self._unsynced[path] = obj
        return oid

    def loose(self, name: str, limit: int) -> tuple[str, bytes | None] | None:
        """Kind and content of a loose object, None when it is packed, damaged or elsewhere.

        Of one that is longer than ``limit`` no more is unpacked than that.
        """
        try:
            with open(self._path(name), "rb") as file:
                data = zlib.decompressobj().decompress(file.read(limit), limit)
            header, _, content = data.partition(b"\0")
            kind, size = header.decode("ascii").split(" ")
            whole = len(content) == int(size)
        except (OSError, zlib.error, ValueError):
            return None
        if not whole and len(data) < limit:
            return None
        return kind, content if whole else None

    def begin(self) -> None:
        """Have the disk begin with what ``sync`` waits for."""
        self._syncs.begin(self._unsynced)

    def sync(self) -> list[ShaFile]:
        """Bring everything written since the last call to disk, and give it back.

        What a gc has packed or thrown away meanwhile is written once more.
        """
        ended = self._syncs.wait()
        for path, obj in self._unsynced.items():
            _again(
                FileNotFoundError,
                lambda: self._last(path, ended),  # noqa: B023
                lambda: self._put(path, _whole(obj)),  # noqa: B023
            )
        written = list(self._unsynced.values())
        self._unsynced.clear()
        return written

    def forget(self) -> None:
        """What was written is not needed: the next ``sync`` need not wait for it."""
        self._syncs.wait()
        self._unsynced.clear()

    def close(self) -> None:
        """End what ``begin`` began."""
        self._syncs.close()

    def _last(self, path: str, ended: dict[str, BaseException | None]) -> None:
        """Make sure that a file is on the disk; ``ended``: those that were begun with."""
        if path not in ended:
            self._disk.sync(path)
            return
        failed = ended.pop(path)
        if failed is not None:
            raise failed
        os.stat(path)  # is it still there?

    def _path(self, name: str) -> str:
        return f"{self.directory}/{name[:2]}/{name[2:]}"

    def _put(self, path: str, whole: bytes) -> None:
        data = zlib.compress(whole, 1 if len(whole) > SMALL else 0)
        folder = os.path.dirname(path)
        try:
            # A gc removes a folder that is empty.
            _again(
                FileNotFoundError,
                lambda: self._write(path, data),
                lambda: self._disk.mkdir(folder),
            )
        except PermissionError:
            if not os.path.exists(path):  # in a shared repository it may be another user's
                raise

    def _write(self, path: str, data: bytes) -> None:
        # git ignores, and in time removes, files of this name.
        temporary = os.path.join(os.path.dirname(path), "tmp_obj_" + os.urandom(8).hex())
        fd = self._disk.create(temporary)
        try:
            try:
                self._disk.write(fd, data)
            finally:
                os.close(fd)
            self._disk.rename(temporary, path)
        except BaseException:
            self._disk.unlink(temporary)
            raise


class Unwritten(Objects):
    """Objects that are only named: for finding out what others should have written."""

    def add(self, obj: ShaFile) -> bytes:
        """The id that an object has."""
        return self.id_of(obj)


def _whole(obj: ShaFile) -> bytes:
    """An object with its header: what its id is the hash of, and its file holds compressed."""
    raw = obj.as_raw_string()
    return object_header(obj.type_num, len(raw)) + raw


def _again(hindered: type[OSError], act: Callable[[], None], mend: Callable[[], None]) -> None:
    """Do something; where it is hindered, mend that and try again, a bounded number of times."""
    for _ in range(_TRIES):
        try:
            act()
            break
        except hindered:
            mend()
    else:
        act()


def root(feature: str, objects: Objects) -> Commit:
    """The commit that every trail of ``feature`` begins with."""
    return Commit.from_string(root_of(feature, HASHES[objects.format.name]))


def author_of(event: Event) -> bytes:
    """Who said an event, as a commit may have it: what others said is said again in a split."""
    return event.by.encode() if _PERSON.fullmatch(event.by) else NOBODY


def commit_of(
    *, tree: bytes, parents: list[bytes], author: bytes, seconds: int, message: bytes
) -> Commit:
    """A commit by one person at one time, in UTC."""
    commit = Commit()
    commit.tree = tree
    commit.parents = parents  # type: ignore[assignment]
    commit.author = commit.committer = author
    commit.author_time = commit.commit_time = seconds
    commit.author_timezone = commit.commit_timezone = 0
    commit.message = message
    return commit


def tree_of(entries: Mapping[bytes, tuple[int, bytes]]) -> Tree:
    """A tree from names to (mode, hex id)."""
    tree = Tree()
    for name, (mode, oid) in entries.items():
        tree.add(name, mode, oid)  # type: ignore[arg-type]
    return tree


def blob_of(content: bytes) -> Blob:
    """A blob."""
    return Blob.from_string(content)


def sound_entries(raw: bytes, object_format: str) -> dict[bytes, tuple[int, bytes]]:
    """The entries of a tree from its content: name to (mode, hex id). Of no tree, none."""
    tree = Tree()
    try:
        tree.set_raw_chunks([raw], object_format=OBJECT_FORMATS[object_format])
        return {bytes(name): (mode, bytes(oid)) for name, mode, oid in tree.items()}
    except (ObjectFormatException, ValueError, AssertionError):
        return {}
