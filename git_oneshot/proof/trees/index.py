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
        if copy is not None and os.path.exists(copy):
            shutil.copyfile(copy, index)
        yield index
    finally:
        for path in (index, index + ".lock"):
            with suppress(FileNotFoundError):
                os.unlink(path)
