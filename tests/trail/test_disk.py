"""A file is put in its place whole, or not at all."""

import errno
import fcntl
import os
import stat
from pathlib import Path

import pytest

from git_oneshot.trail.disk import Disk, put


def test_a_file_is_put_with_its_folders_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    for body in (b"one", b"", b"two\0"):
        put(str(path), body)
        assert path.read_bytes() == body
    assert os.listdir(path.parent) == ["file"]
    assert not path.stat().st_mode & stat.S_IXUSR
    put(str(path), b"#!/bin/sh\n", 0o755)
    assert path.stat().st_mode & stat.S_IXUSR


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    aim, link = tmp_path / "aim", tmp_path / "link"
    aim.write_text("mine")
    link.symlink_to(aim)
    put(str(link), b"ours")
    assert (aim.read_text(), link.read_text(), link.is_symlink()) == ("mine", "ours", False)


def test_what_cannot_be_put_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder" / "full").mkdir(parents=True)
    with pytest.raises(OSError):
        put(str(tmp_path / "folder"), b"x")
    assert os.listdir(tmp_path) == ["folder"]
    with pytest.raises(OSError):
        put(str(tmp_path / "folder" / "none" / "\0"), b"x") if False else put("/dev/null/x", b"x")


@pytest.mark.parametrize(
    ("refused", "synced"),
    [(0, ["full"]), (errno.ENOTSUP, ["full", "fsync"]), (errno.EIO, ["full", "EIO"])],
)
def test_where_fsync_stops_short_of_the_drive_it_is_flushed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: int, synced: list[str]
) -> None:
    """macOS: its fsync leaves what was written in the drive's own memory."""
    done: list[str] = []

    def control(_fd: int, command: int) -> None:
        assert command == 51
        done.append("full")
        if refused:
            raise OSError(refused, os.strerror(refused))

    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", control)
    monkeypatch.setattr(os, "fsync", lambda _fd: done.append("fsync"))
    try:
        Disk().sync(str(tmp_path))
    except OSError as err:
        done.append(errno.errorcode[err.errno or 0])
    assert done == synced
