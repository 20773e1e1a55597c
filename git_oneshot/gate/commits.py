"""Which commits a feature has, and what git knows of them."""

import os
from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import CommitRecorded
from git_oneshot.core.state import State
from git_oneshot.git import Git, GitError

# How the subject of a commit begins that is still to be squashed into another one.
UNFINISHED: Final = ("fixup! ", "squash! ", "amend! ")


class Seen(Struct, frozen=True):
    """A commit as git has it. ``parent_tree`` is the empty tree for a root commit."""

    id: str
    tree: str
    parents: tuple[str, ...]
    parent_tree: str
    email: str  # the committer's
    subject: str
    cut: bool  # its parents are beyond the end of a shallow clone
    message: str


def look(git: Git, commits: Sequence[str]) -> list[Seen]:
    """What git knows of commits, in the order asked for: two processes for any number."""
    if not commits:
        return []
    form = "%H%x00%T%x00%P%x00%ce%x00%s%x00%B%x00"
    stdin = "\n".join(commits).encode() + b"\n"
    fields = git.output(
        "log",
        "--no-walk=unsorted",
        "--stdin",
        "-z",
        "--no-show-signature",
        "--encoding=UTF-8",
        f"--format=tformat:{form}",
        stdin=stdin,
    ).split(b"\0")
    # A message may be in any encoding; what a trail says is Unicode.
    rows = [
        [part.decode(errors="replace") for part in fields[i : i + 6]]
        for i in range(0, len(fields) - 6, 7)
    ]
    trees = _parent_trees(git, [row[2].split(" ")[0] for row in rows])
    cut = _cut(git)
    return [
        Seen(id_, tree, tuple(parents.split()), above, email, subject, id_ in cut, message)
        for (id_, tree, parents, email, subject, message), above in zip(rows, trees, strict=True)
    ]


def commits_here(git: Git, ids: Iterable[str]) -> list[str]:
    """Those of some ids that are commits of this clone, in their order: one process."""
    asked = "".join(f"{id_}\n" for id_ in ids).encode()
    said = git.lines("cat-file", "--batch-check=%(objecttype) %(objectname)", stdin=asked)
    return [line.split(" ")[1] for line in said if line.startswith("commit ")]


def bases_of(commits: Sequence[Seen]) -> dict[str, str]:
    """The tree that each commit of a range joins; the last one is the tip of the range.

    For those that lead to the tip by first parents it is where the range begins; for those of
    a line that is merged, what it is merged into.
    """
    known = {one.id: one for one in commits}
    line = []
    one = known.get(commits[-1].id) if commits else None
    while one is not None:
        line.append(one)
        one = known.get(one.parents[0]) if one.parents else None
    bases = {one.id: line[-1].parent_tree for one in line}
    for merge in reversed(line):
        beside = list(merge.parents[1:])
        while beside:
            name = beside.pop()
            if name in known and name not in bases:
                bases[name] = merge.parent_tree
                beside += known[name].parents
    return bases


def _cut(git: Git) -> set[str]:
    """The commits at which a shallow clone ends: git shows them as if they were roots."""
    try:
        with open(os.path.join(git.common_dir, "shallow"), encoding="ascii") as file:
            return set(file.read().split())
    except FileNotFoundError:
        return set()


def _parent_trees(git: Git, parents: Sequence[str]) -> list[str]:
    names = "".join(f"{parent}^{{tree}}\n" for parent in parents if parent)
    found = iter(git.lines("cat-file", "--batch-check=%(objectname)", stdin=names.encode()))
    return [next(found) if parent else git.tree(None) for parent in parents]


def record(git: Git, seen: Sequence[Seen]) -> tuple[CommitRecorded, ...]:
    """Commits as facts for a trail."""
    patch_ids = _patch_ids(git, [s.id for s in seen])
    return tuple(
        CommitRecorded(
            commit=s.id, tree=s.tree, parentTree=s.parent_tree,
            patchId=patch_ids.get(s.id, ""), subject=s.subject[:500],
        )
        for s in seen
    )  # fmt: skip


# What a patch looks like: git's defaults, spelled out, whatever this user has set.
_PATCH: Final = (
    "-p", "-M", "-l1000", "-U3", "--inter-hunk-context=0", "--diff-algorithm=myers",
    "--indent-heuristic", "--submodule=short", "--no-ext-diff", "--no-textconv", "--no-color",
)  # fmt: skip


def _patch_ids(git: Git, commits: Sequence[str]) -> dict[str, str]:
    """git's stable patch ids, by commit; a merge has none. Raises GitError."""
    if not commits:
        return {}
    import subprocess
    import tempfile

    read = ("diff-tree", "--stdin", "--root", *_PATCH)
    with tempfile.TemporaryFile() as names, tempfile.TemporaryFile() as complaint:
        names.write("".join(f"{commit}\n" for commit in commits).encode())
        names.seek(0)
        patches = subprocess.Popen(
            git.argv(read), env=git.env(), stdin=names, stdout=subprocess.PIPE, stderr=complaint
        )
        # A patch may be larger than the memory: it goes from one git to the other.
        ids = subprocess.run(
            git.argv(["patch-id", "--stable"]), env=git.env(), stdin=patches.stdout,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert patches.stdout is not None
        patches.stdout.close()
        if status := patches.wait() or ids.returncode:
            complaint.seek(0)
            raise GitError(read, status, complaint.read().decode(errors="replace"))
    lines = ids.stdout.decode().splitlines()
    return {commit: patch for patch, commit in map(str.split, lines)}


class Commits(NamedTuple):
    """The commits of a feature, oldest first, and those of them that no remote has."""

    ids: tuple[str, ...]
    unpushed: tuple[str, ...]


def of_feature(git: Git, state: State, head: str = "HEAD", noted: Collection[str] = ()) -> Commits:
    """The commits of a feature that ``head`` has (DESIGN §5).

    Those that its events bind, or hooks ``noted``, and those that neither its start, nor its base,
    nor any remote had. A remote's copy of the feature's own branch takes nothing
    out of it: a push to where no gate is makes no commit anybody else's.
    """
    if head == "HEAD" and git.head == state.start and not (state.commits or noted):
        return Commits((), ())  # as when a feature begins
    walk = ["rev-list", "--topo-order", "--reverse", head]
    began = [*walk, f"^{state.start}"] if state.start else walk
    try:
        unpushed = git.lines(*began, "--not", "--remotes")
        walk = began
    except GitError:  # where it began was rewritten, and is not here
        unpushed = git.lines(*walk, "--not", "--remotes")
    ids = unpushed
    if state.base and state.branch != state.base:
        base = git.named(f"refs/heads/{state.base}")
        without = [f"^{base}"] if base else []
        ids = git.lines(*walk, *without, "--not", f"--exclude=*/{state.branch}", "--remotes")
    bound = {*noted, *(commit.id for commit in state.commits)}
    if not bound <= set(ids):  # what was pushed, or merged into the base, stays the feature's
        ours = bound | set(ids)
        ids = [commit for commit in git.lines(*walk) if commit in ours]
    left = set(unpushed)
    return Commits(tuple(ids), tuple(commit for commit in ids if commit in left))


def range_of(git: Git, expression: str) -> list[str]:
    """The commits of a range such as ``main..topic``, or the one commit that is named.

    Raises OneshotError(INVALID_INPUT) where it names none.
    """
    walk = ["rev-list", "--topo-order", "--reverse", "--end-of-options", expression]
    one = ["rev-parse", "--verify", "--end-of-options", f"{expression}^{{commit}}"]
    try:
        return git.lines(*(walk if ".." in expression else one))
    except GitError as err:
        what = f"'{expression}' names no commit here"
        raise OneshotError(
            Code.INVALID_INPUT, what, "such as: git oneshot verify main..HEAD"
        ) from err
