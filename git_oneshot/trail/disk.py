"""The calls that change a disk, and no others: tests make each one fail, or be the last.

Small enough to be checked by reading for what a power cut can leave. What is written is
durable when it was synced, and a name when its folder was. That is for trails:
what is derived, local or a cache is put in its place in one step and not synced.
"""

import contextlib
import errno
import os
from _thread import get_ident
from typing import IO, Final

# By which macOS says that a file system, such as one over the network, cannot flush its drive.
_UNABLE: Final = (errno.ENOTSUP, errno.ENOTTY, errno.EINVAL)


def put(path: str, body: bytes, mode: int = 0o666) -> None:
    """Write a small file whole or not at all: who reads it sees the old one or the new one.

    The folder is made where it is missing, and a link is replaced, not followed.
    Raises OSError; then all is as it was.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # Whose it was can be told from its name when it is left behind (`git oneshot doctor`).
    temporary = f"{path}.{os.getpid()}.{get_ident():x}"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
    try:
        with open(fd, "wb") as file:
            file.write(body)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def read(path: str) -> str:
    """The text of a file, "" where there is none that can be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def link(path: str, to: str) -> bool:
    """Put a link in the place of whatever is there; False where the disk has no links."""
    temporary = f"{path}.{os.getpid()}.{get_ident():x}"
    try:
        os.symlink(to, temporary)
    except OSError:
        return False
    os.replace(temporary, path)
    return True


class Disk:
    """The real one."""

    def mkdir(self, folder: str) -> None:
        """Make a folder, unless it is there."""
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder)

    def create(self, path: str) -> int:
        """Open a file that is not there yet."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)

    def write(self, fd: int, data: bytes) -> None:
        """Write all of ``data``."""
        while data:
            data = data[os.write(fd, data) :]

    def rename(self, old: str, new: str) -> None:
        """Give a file its name, in one step."""
        os.replace(old, new)

    def sync(self, path: str) -> None:
        """Wait until a file, or the names in a folder, are on the disk."""
        fd = os.open(path, os.O_RDONLY)
        try:
            _flush(fd)
        finally:
            os.close(fd)

    def unlink(self, path: str) -> None:
        """Remove a file that may be gone already."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)

    def tell(self, git: IO[bytes], commands: bytes) -> None:
        """Have git, at the other end of a pipe, do something to the disk."""
        git.write(commands)
        git.flush()


def _flush(fd: int) -> None:
    """Wait for the drive itself, which on macOS may keep in its memory what `fsync` gave it."""
    import fcntl  # who reads needs none of it

    full = getattr(fcntl, "F_FULLFSYNC", None)
    if full is not None:
        try:
            fcntl.fcntl(fd, full)
            return
        except OSError as err:
            if err.errno not in _UNABLE:
                raise
    os.fsync(fd)
