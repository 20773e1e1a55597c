"""Dependencies that no tree holds: linked from a working tree where they fit, else installed.

``node_modules`` fits when the lock file (without one, the manifest) of the tree to be proven
names the packages that the one in the working tree does. Each package is linked by itself, so
that what tools write beside them stays in the slot, and a package of the workspace is that of
the slot.
"""

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any, Final

from git_oneshot.core.verdicts.runs import Run
from git_oneshot.proof.runners.task import Task, Tools, detailed, env_of, read_file, start, troubled
from git_oneshot.proof.running.process import LOG

LOCKS: Final = (
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
    "bun.lockb",
)  # fmt: skip
# Of them, those that are JSON, and hold the version of the package itself, too.
_NAMED: Final = LOCKS[:2]
_FIELDS: Final = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
# What else of a manifest decides which packages are installed.
_CHOICES: Final = ("overrides", "resolutions", "pnpm", "workspaces", "bundleDependencies")
_MODULES: Final = "node_modules"
# Whose set-up is about something else than packages of Node.
_OTHERS: Final = ("pytest", "unittest", "go", "cargo", "ctest")


def missing(task: Task, tools: Tools) -> Run | None:
    """Make the dependencies of a suite be there; a run that says why they can't be."""
    wanted = _wants_modules(task)
    linked = wanted and _link_modules(task, tools.toolchain.trees)
    if linked and task.suite.runner not in _OTHERS:
        return None
    if task.suite.setup:
        ended = start(task, task.suite.setup, env_of(task, tools), network=True)
        if troubled(task, ended) or ended.status != 0:
            detail = detailed(task, ended).replace("suite", "the setup of suite", 1)
            return Run(trouble="deps", detail=detail, seconds=ended.seconds, log=ended.log[-LOG:])
        return None
    # Of another command nobody knows whether it needs them.
    if wanted and not linked and task.suite.runner in ("node", "vitest", "jest"):
        named = _deciding(task, list(_above(task.suite.root)))
        detail = f"the packages of '{named}' are not installed in the working tree"
        return Run(trouble="deps", detail=detail)
    return None


def _wants_modules(task: Task) -> bool:
    """Whether a suite's package has dependencies, and the tree does not bring them."""
    if os.path.isdir(os.path.join(task.root, _MODULES)):
        return False
    try:
        package = json.loads(read_file(os.path.join(task.root, "package.json")))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(package, dict) and any(package.get(field) for field in _FIELDS)


def _link_modules(task: Task, trees: tuple[str, ...]) -> bool:
    """Link the packages of a working tree into the slot. False where none has them that fit."""
    above = list(_above(task.suite.root))
    deciding = _deciding(task, above)
    own = [os.path.realpath(tree) + os.sep for tree in trees]
    for tree in trees:
        linked = False
        for folder in [*above, *_below(task)] if _equal(task.slot.top, tree, deciding) else ():
            source = os.path.join(tree, folder, _MODULES)
            target = os.path.join(task.slot.top, folder, _MODULES)
            if os.path.isdir(source) and not os.path.lexists(target):
                _mirror(source, target, own, task.slot.top)
                linked = linked or folder in above
        if linked:
            return True
    return False


def _above(root: str) -> Iterator[str]:
    """A suite's root and the folders above it, up to the top."""
    while root:
        yield root
        root = root.rpartition("/")[0]
    yield ""


def _below(task: Task) -> Iterator[str]:
    """The packages of a workspace: folders of the slot, two levels down, with a manifest."""
    top = len(task.slot.top) + 1
    for first in _folders(task.root):
        for folder in (first, *_folders(first)):
            if os.path.isfile(os.path.join(folder, "package.json")):
                yield folder[top:]


def _folders(folder: str) -> list[str]:
    with os.scandir(folder) as entries:
        plain = [e.path for e in entries if e.is_dir(follow_symlinks=False)]
    return sorted(path for path in plain if not path.endswith((_MODULES, ".git")))


def _deciding(task: Task, above: list[str]) -> str:
    """The file that decides the packages: the nearest lock file, else the suite's manifest."""
    for folder in above:
        for name in LOCKS:
            path = os.path.join(folder, name)
            if os.path.lexists(os.path.join(task.slot.top, path)):
                return path
    return os.path.join(task.suite.root, "package.json")


def _equal(one: str, other: str, path: str) -> bool:
    """Whether a file decides for the same packages in two trees."""
    try:
        texts = [read_file(os.path.join(top, path)) for top in (one, other)]
    except OSError:
        return False
    return texts[0] == texts[1] or _decided(path, texts[0]) == _decided(path, texts[1])


def _decided(path: str, text: bytes) -> Any:
    """What of a manifest or a lock file decides the packages; all, where that is not known."""
    name = os.path.basename(path)
    try:
        value = json.loads(text) if name in (*_NAMED, "package.json") else None
    except (ValueError, RecursionError):
        return text
    if not isinstance(value, dict):
        return text
    if name == "package.json":
        return {field: value.get(field) for field in (*_FIELDS, *_CHOICES)}
    packages = value.get("packages")
    own = packages.get("") if isinstance(packages, dict) else None
    for one in (value, own):
        if isinstance(one, dict):
            one.pop("version", None)
    return value


def _mirror(source: str, target: str, trees: Sequence[str], top: str) -> None:
    """A folder of links to the packages of another; a link into the user's code is turned."""
    os.mkdir(target)
    with os.scandir(source) as entries:
        for entry in entries:
            link = os.path.join(target, entry.name)
            if entry.name.startswith("@"):
                _mirror(entry.path, link, trees, top)
            elif not entry.name.startswith(".") or entry.name == ".bin":
                os.symlink(_turned(os.path.realpath(entry.path), trees, top) or entry.path, link)


def _turned(real: str, trees: Sequence[str], top: str) -> str | None:
    """Where the user's code is in the slot; None for what is installed."""
    for tree in trees:
        if real.startswith(tree) and _MODULES not in real.split(os.sep):
            return os.path.join(top, real.removeprefix(tree))
    return None


def installed(trees: Sequence[str], root: str) -> str:
    """A text that changes when the packages of the working trees do."""
    said = []
    for folder in [os.path.join(tree, folder) for tree in trees for folder in _above(root)]:
        for name in (os.path.join(_MODULES, ".package-lock.json"), _MODULES, *LOCKS):
            path = os.path.join(folder, name)
            if os.path.lexists(path):
                said.append(f"{path}@{os.stat(path).st_mtime_ns}")
    return "\n".join(said)
