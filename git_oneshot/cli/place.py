"""Where a command is called: the folder, its repository, its branch and commit."""

import os
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from git_oneshot.cli.talk import Talk
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.spelling import typed
from git_oneshot.git import Git, discover

if TYPE_CHECKING:
    from git_oneshot.cli.progress import Times


class Place(Talk):
    """The folder that one command is called in."""

    def __init__(self, *, json: bool, environ: Mapping[str, str], told: bool = False) -> None:
        super().__init__(json=json, environ=environ, told=told)
        try:
            self.cwd = os.getcwd()
        except FileNotFoundError as err:
            raise OneshotError(
                Code.NOT_A_REPOSITORY,
                "the folder that you are in is gone",
                "cd to one that is there",
            ) from err

    @cached_property
    def git(self) -> Git:
        """The repository of the current directory."""
        return discover(self.cwd, self.environ)

    @property
    def times(self) -> "Times | None":
        """How long things took in this clone."""
        from git_oneshot.cli.progress import Times

        return Times(os.path.join(self.git.own_dir, "times")) if "git" in self.__dict__ else None

    @property
    def work_tree(self) -> str:
        """The top of the working tree, or NO_WORK_TREE."""
        if self.git.work_tree is None:
            raise OneshotError(
                Code.NO_WORK_TREE,
                "this needs a working tree, and the repository is bare",
                typed("git", "oneshot", "clone", self.git.git_dir),
            )
        return self.git.work_tree

    def from_here(self, path: str) -> str:
        """A path below the top of the working tree, as it is typed in this folder."""
        return os.path.relpath(os.path.join(self.work_tree, path), self.cwd)

    @cached_property
    def branch(self) -> str | None:
        """The branch that HEAD is on, None when it is detached."""
        with open(os.path.join(self.git.git_dir, "HEAD"), "rb") as file:
            head = os.fsdecode(file.readline().rstrip(b"\n"))
        if head == "ref: refs/heads/.invalid":  # refs are in a reftable
            return self.git.maybe("symbolic-ref", "-q", "--short", "HEAD")
        return head.removeprefix("ref: refs/heads/") if head.startswith("ref: ") else None

    @cached_property
    def head(self) -> str | None:
        """The commit that HEAD is at, None before the first one."""
        if self.git.work_tree is None:
            return self.git.named("HEAD^{commit}")
        return self.git.head
