"""Keeping what was just written safe from a `git gc --prune=now` that is running.

Such a gc finds out what refs lead to, and some time later throws away every
other loose object, however young, and by then a ref may lead to it. It says
that it is at work in ``gc.pid``. It spares packs that have a ``.keep``, or that
came after it began to pack; so while one is at work, objects go into a pack, too.
"""

import os
from collections.abc import Sequence
from typing import Final

from dulwich.object_format import OBJECT_FORMATS
from dulwich.objects import ShaFile

from git_oneshot.git import Git, GitError, syncing
from git_oneshot.trail.disk import Disk

LONGEST: Final = 12 * 3600.0  # seconds that git itself believes in a gc, and we in one elsewhere
KEEPER: Final = "git oneshot append"  # what such a file says
_TRIES: Final = 5  # a gc throws away the files of a pack that is being written, too


def collecting(common_dir: str, now: float) -> bool:
    """Whether a `git gc` is at work in a repository."""
    try:
        with open(os.path.join(common_dir, "gc.pid"), encoding="ascii", errors="replace") as file:
            pid, _, host = file.read(500).partition(" ")
            age = now - os.fstat(file.fileno()).st_mtime
    except OSError:
        return False
    if not pid.isdecimal():
        return False
    if host.strip() != os.uname().nodename:  # here it is asked: a clock may have been set since
        return age <= LONGEST
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's
    return True


def shelter(git: Git, disk: Disk, objects: Sequence[ShaFile], *checks: str) -> str:
    """Put objects into a pack that no gc touches until the file that this names is removed.

    ``checks``: options of `git index-pack`. It is synced. Raises GitError.
    """
    from dulwich.pack import write_pack_objects

    data = bytearray()
    write_pack_objects(data.extend, objects, OBJECT_FORMATS[git.object_format], deltify=False)
    for left in reversed(range(_TRIES)):
        try:
            said = git.text(*syncing("pack,pack-metadata"), "index-pack", "--stdin",
                            f"--keep={KEEPER}", *checks, stdin=bytes(data))  # fmt: skip
            break
        except GitError:
            if not left or checks:  # which do not come out otherwise the next time
                raise
    folder = os.path.join(git.common_dir, "objects", "pack")
    disk.sync(folder)
    return os.path.join(folder, f"pack-{said.split()[-1]}.keep")
