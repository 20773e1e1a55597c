"""Submodules of a tree, laid out from what the clone has of them."""

import os
import shutil
from collections.abc import Iterator
from typing import NamedTuple

from git_oneshot.git import Git


class Link(NamedTuple):
    """A submodule as a tree names it: its folder, its commit, and the name of its store."""

    path: str
    commit: str
    name: str


def populate(git: Git, stores: tuple[str, ...], top: str, tree: str, index: str) -> str:
    """Lay out the submodules of a tree below ``top``; names the first that is not there, if any.

    ``stores``: the folders in which git keeps the stores of submodules. ``index``
    is written, and means nothing afterwards.
    """
    lacking = ""
    for link in _links(git, top, tree):
        store = next((s for s in (os.path.join(f, link.name) for f in stores)
                      if os.path.isdir(s)), "")  # fmt: skip
        folder = os.path.join(top, link.path)
        module = git._replace(git_dir=store, common_dir=store, work_tree=folder)
        there = store and module.maybe("cat-file", "-t", link.commit) == "commit"
        if not there:
            lacking = lacking or f"submodule '{link.path}' is not here at {link.commit[:9]}"
            continue
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        if os.path.exists(index):
            os.unlink(index)
        quiet = ("-c", "core.hooksPath=" + os.devnull, "-c", "core.fsmonitor=false",
                 "-c", f"core.worktree={folder}")  # fmt: skip
        module.call(*quiet, "read-tree", "--reset", "-u", link.commit, index=index)
        below = (os.path.join(store, "modules"),)
        inner = populate(module, below, folder, link.commit, index)
        lacking = lacking or inner
    return lacking


def _links(git: Git, top: str, tree: str) -> Iterator[Link]:
    modules = os.path.join(top, ".gitmodules")
    if not os.path.isfile(modules):
        return
    said = git.names("config", "-z", "-f", modules, "--get-regexp", r"^submodule\..*\.path$")
    names = {}
    for entry in said:
        key, _, path = entry.partition("\n")
        names[path] = key.removeprefix("submodule.").removesuffix(".path")
    for entry in git.names("ls-tree", "-rz", "--full-tree", tree):
        meta, _, path = entry.partition("\t")
        if meta.startswith("160000 "):
            name = names.get(path, path)
            safe = not os.path.isabs(name) and ".." not in name.split("/")
            yield Link(path, meta.split(" ")[2], name if safe else "")
