"""Any number of files by one git process."""

import pytest

from git_oneshot.git import GitError
from git_oneshot.proof.trees.blobs import read_blobs
from tests.proof.conftest import MakeLab


def test_blobs_come_whole_and_in_order(lab: MakeLab) -> None:
    texts = {"a": "one\n\ntwo", "b": "", "c": "blob 3\nx\n"}
    made = lab(texts)
    blobs = [made.repo.git("rev-parse", f"HEAD:{path}") for path in "cabc"]
    assert read_blobs(made.git, blobs) == [texts[path].encode() for path in "cabc"]
    assert read_blobs(made.git, []) == []


def test_one_that_is_not_here_is_never_taken_for_an_empty_one(lab: MakeLab) -> None:
    made = lab({"a": ""})
    for name in ("0" * 40, made.head()):
        with pytest.raises(GitError):
            read_blobs(made.git, [made.repo.git("rev-parse", "HEAD:a"), name])
