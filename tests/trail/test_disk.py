"""A file is put in its place whole, or not at all."""

import os
import stat
from pathlib import Path

import pytest

from git_oneshot.trail.disk import put


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
