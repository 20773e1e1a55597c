"""Small files that tell the shims, in sh, where something is to be done.

``<common dir>/oneshot/``: ``active`` exists while any feature is open or on
its way to a remote; ``on/<branch>`` names the feature that is open on a branch;
``done/<branch>`` the one that was finalized there and is not yet pushed; ``open/``
has the shims themselves while ``active`` is there, where our hooks are links. All
of it is derived from the trails, and written again by the next command.
"""

import contextlib
import os
from collections.abc import Iterator

from git_oneshot.core.ids import FEATURE, FeatureId
from git_oneshot.git import Git


class Markers:
    """The marker files of one clone."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._own = git.own_dir

    def feature_on(self, branch: str) -> FeatureId | None:
        """The feature that is open on a branch."""
        return _read(self._path("on", branch)) if _is_branch(branch) else None

    def leaving(self, branch: str) -> FeatureId | None:
        """The feature that was finalized on a branch and is not yet pushed."""
        return _read(self._path("done", branch)) if _is_branch(branch) else None

    def all(self) -> dict[str, FeatureId]:
        """Features by branch, the open ones and the ones that leave."""
        found: dict[str, FeatureId] = {}
        for kind in ("done", "on"):
            top = os.path.join(self._own, kind)
            for folder, _, files in os.walk(top):
                for name in files:
                    path = os.path.join(folder, name)
                    feature = _read(path)
                    if feature is not None:
                        found[os.path.relpath(path, top)] = feature
        return found

    @contextlib.contextmanager
    def beginning(self) -> Iterator[None]:
        """Be the only one who begins a feature in this clone."""
        import fcntl

        os.makedirs(self._own, exist_ok=True)
        with open(os.path.join(self._own, "beginning"), "w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def open(self, branch: str, feature: FeatureId) -> None:
        """A feature is open on a branch."""
        if _is_branch(branch):
            self._write("on", branch, feature)
            self._remove("done", branch)
            self._settle()

    def leave(self, branch: str, feature: FeatureId) -> None:
        """The feature of a branch was finalized."""
        if _is_branch(branch):
            self._write("done", branch, feature)
            self._remove("on", branch)
            self._settle()

    def close(self, branch: str) -> None:
        """Nothing is open on the branch, and nothing waits to be pushed."""
        if _is_branch(branch):
            self._remove("on", branch)
            self._remove("done", branch)
            self._settle()

    def _path(self, kind: str, branch: str) -> str:
        return os.path.join(self._own, kind, branch)

    def _write(self, kind: str, branch: str, feature: FeatureId) -> None:
        path = self._path(kind, branch)
        self._clear(kind, branch)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(feature + "\n")

    def _clear(self, kind: str, branch: str) -> None:
        """Take away what is left of branches that are gone: no `a` lives beside `a/b`.

        And no file in the place of our own folder: it would stop a feature half way.
        """
        above = f"{kind}/{branch}"
        while above := os.path.dirname(above):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(self._own, above))
        if os.path.isdir(self._path(kind, branch)):
            import shutil

            shutil.rmtree(self._path(kind, branch))

    def _remove(self, kind: str, branch: str) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._path(kind, branch))
            # An empty folder would stand in the way of a branch of its name.
            os.removedirs(os.path.dirname(self._path(kind, branch)))

    def _settle(self) -> None:
        """Let hooks be run where something is open, and nowhere else."""
        import fcntl

        from git_oneshot.gate.hooks import Hooks

        active, hooks = os.path.join(self._own, "active"), Hooks(self._git)
        os.makedirs(self._own, exist_ok=True)
        folder = os.open(self._own, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)  # one may open what another closes
            if self.all():
                with open(active, "w", encoding="utf-8"):
                    pass
                hooks.wake()
            else:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(active)
                hooks.rest()
        finally:
            os.close(folder)


def _is_branch(branch: str) -> bool:
    """Whether a name can be a branch's: it comes from a trail, which anyone may have written."""
    return "\0" not in branch and not {"", ".", ".."} & {*branch.split("/")}


def _read(path: str) -> FeatureId | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(200).strip()
    except OSError:
        return None
    return FeatureId(text) if FEATURE.fullmatch(text) else None
