"""An index of our own, so that the user's is only ever read."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from git_oneshot.git import Git


@contextmanager
def private_index(git: Git, copy: str | None = None) -> Iterator[str]:
    """The path of an index of our own, gone afterwards; ``copy``: begin with that one."""
    os.makedirs(git.own_dir, exist_ok=True)
    index = os.path.join(git.own_dir, f"index.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        if copy is not None:
            _copied(copy, index)
        yield index
    finally:
        for path in (index, index + ".lock"):
            with suppress(FileNotFoundError):
                os.unlink(path)


def _copied(path: str, to: str) -> None:
    """An index where there is one, of the same age: of what is as old, git reads the content."""
    with suppress(FileNotFoundError), open(path, "rb") as source:
        with open(to, "wb") as target:
            shutil.copyfileobj(source, target)
        then = os.fstat(source.fileno()).st_mtime_ns
        os.utime(to, ns=(then, then))
