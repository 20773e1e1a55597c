"""git objects of a trail: built and parsed by dulwich, written so that a crash can't tear them."""

import contextlib
import os
import zlib
from collections.abc import Mapping
from typing import Final

from dulwich.errors import ObjectFormatException
from dulwich.object_format import OBJECT_FORMATS
from dulwich.objects import Blob, Commit, ShaFile, Tree

FILE: Final = 0o100644
FOLDER: Final = 0o040000
PAYLOAD: Final = b"payload"
_TRIES: Final = 20  # before a folder or file that keeps vanishing is an error
_NOBODY: Final = b"git oneshot <git-oneshot@localhost>"


class Objects:
    """The loose objects of one repository, to write to.

    dulwich serialises and compresses; the file is written here, because
    dulwich's own writer leaves ``<id>.lock`` behind when it is killed, after
    which nobody can write that object, and ``git fsck`` complains.
    """

    def __init__(self, directory: str, object_format: str) -> None:
        self.directory = directory
        self.format = OBJECT_FORMATS[object_format]
        self._unsynced: dict[str, ShaFile] = {}

    def id_of(self, obj: ShaFile) -> bytes:
        """The hex id of an object in this repository's hash."""
        return obj.get_id(self.format)

    def add(self, obj: ShaFile) -> bytes:
        """Write an object, and give back its hex id. ``sync`` makes it last."""
        oid = self.id_of(obj)
        name = oid.decode()
        path = os.path.join(self.directory, name[:2], name[2:])
        self._put(path, obj)
        self._unsynced[path] = obj
        return oid

    def loose(self, name: str) -> bytes | None:
        """The content of a loose object, None when it is packed or elsewhere."""
        path = os.path.join(self.directory, name[:2], name[2:])
        try:
            return ShaFile.from_path(path, object_format=self.format).as_raw_string()
        except (OSError, ObjectFormatException, zlib.error):
            return None

    def sync(self) -> None:
        """Bring everything written since the last call to disk."""
        for path, obj in self._unsynced.items():
            fd = self._open(path, obj)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
        self._unsynced.clear()

    def _open(self, path: str, obj: ShaFile) -> int:
        for _ in range(_TRIES):
            try:
                return os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                self._put(path, obj)  # a gc packed it, or threw it away
        return os.open(path, os.O_RDONLY)

    def _put(self, path: str, obj: ShaFile) -> None:
        try:
            os.utime(path)  # keep it from a concurrent gc, as git does
        except FileNotFoundError:
            data = obj.as_legacy_object(compression_level=1)  # git packs it better in time
            for _ in range(_TRIES):
                with contextlib.suppress(FileNotFoundError):  # a gc removed the empty folder
                    return _write(path, data)
            _write(path, data)
        except PermissionError:
            pass  # another user's, in a shared repository; it is there


def _write(path: str, data: bytes) -> None:
    folder = os.path.dirname(path)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder)
    # git ignores, and in time removes, files of this name.
    temporary = os.path.join(folder, "tmp_obj_" + os.urandom(8).hex())
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    try:
        with open(fd, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def parse_commit(raw: bytes) -> Commit:
    """A commit from its content."""
    return Commit.from_string(raw)


def root(feature: str, objects: Objects) -> Commit:
    """The commit that every trail of ``feature`` begins with."""
    return commit_of(
        tree=objects.id_of(Tree()),
        parents=[],
        author=_NOBODY,
        seconds=0,
        message=f"oneshot {feature}\n".encode(),
    )


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


def entries_of(raw: bytes, object_format: str) -> dict[bytes, tuple[int, bytes]]:
    """The entries of a tree from its content: name to (mode, hex id)."""
    tree = Tree()
    tree.set_raw_chunks([raw], object_format=OBJECT_FORMATS[object_format])
    return {bytes(name): (mode, bytes(oid)) for name, mode, oid in tree.items()}
