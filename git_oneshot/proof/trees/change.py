"""What a change is made of: its files, each on its side, and the names that it adds."""

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from git_oneshot.core.rules.languages import Side
from git_oneshot.core.rules.rules import Rules, sides
from git_oneshot.core.verdicts.runs import Facts
from git_oneshot.git import Git, GitError
from git_oneshot.proof.trees.index import private_index
from git_oneshot.proof.trees.marks import ATTRIBUTES, marking

PATCH: Final = 4 * 2**20  # bytes of patch that are searched for names
AT_ONCE: Final = 200  # paths in one argument list, however long they are


class File(NamedTuple):
    """One changed path: ``new`` is its blob with the change, "" when it goes away.

    ``old`` is its blob without, "" when it comes.
    """

    path: str
    status: str  # A, M, D or T, as git says it
    mode: str
    new: str
    side: Side
    old: str = ""


class Change(NamedTuple):
    """The difference between two trees."""

    parent_tree: str
    tree: str
    files: tuple[File, ...]

    def on(self, *names: Side) -> tuple[File, ...]:
        """The files on these sides."""
        return tuple(f for f in self.files if f.side in names)


Pair = tuple[str, str]  # two trees that are compared


def read_change(git: Git, parent_tree: str, tree: str, rules: Rules, by: str = "") -> Change:
    """Compare two trees; a rename is a file that goes and one that comes.

    ``by``: the tree whose attributes say what is generated, where it is not the parent's.
    """
    pair = parent_tree, tree
    found = read_changes(git, [pair], rules, by or parent_tree).get(pair)
    if found is None:
        raise GitError(("diff-tree", *pair), 128, "there is no such tree here")
    return found


def read_changes(git: Git, pairs: Sequence[Pair], rules: Rules, by: str) -> dict[Pair, Change]:
    """Compare pairs of trees: as many processes for a hundred as for one.

    A pair of which a tree is not here is left out. A file of attributes that changes what
    is generated in one of them is of the rules in all.
    """
    compared = _compared(git, pairs)
    rows = [row for found in compared.values() for row in found.items()]
    side_of = _sides(git, pairs, by, rules, rows)
    return {
        pair: Change(*pair, tuple(_file(path, meta, side_of[path]) for path, meta in found.items()))
        for pair, found in compared.items()
    }


def _file(path: str, meta: str, side: Side) -> File:
    _, mode, old, new, status = meta.removeprefix(":").split(" ")
    old, new = "" if status == "A" else old, "" if status == "D" else new
    return File(path, status, mode, new, side, old)


def _compared(git: Git, pairs: Sequence[Pair], *patterns: str) -> dict[Pair, dict[str, str]]:
    """Of each pair the changed paths that pathspecs match, as git matches them, and what it says.

    git names each pair on a line of its own, and then, with NUL behind each, what it
    says of a path and the path.
    """
    asked = "".join(f"{old} {new}\n" for old, new in pairs).encode()
    said = iter(git.names("diff-tree", "--stdin", "-r", "-z", "--no-renames", "--raw",
                          "--", *patterns, stdin=asked))  # fmt: skip
    found: dict[Pair, dict[str, str]] = {}
    here: dict[str, str] = {}
    for one in said:
        *heads, meta = one.split("\n")
        for old, _, new in (head.partition(" ") for head in heads):
            here = found.setdefault((old, new), {})
        if meta:
            here[next(said)] = meta
    return found


def _sides(
    git: Git, pairs: Sequence[Pair], by: str, rules: Rules, rows: Sequence[tuple[str, str]]
) -> dict[str, Side]:
    """Each path's side, matched by git: the first side whose pathspecs claim it.

    ``rows``: the changed paths, and what git says of each; ``by``: whose attributes count.
    """
    paths = {path for path, _ in rows}
    side_of: dict[str, Side] = {}
    named: set[str] = set()  # by the rules: that stands above what attributes say
    for side, patterns in sides(rules):
        left = paths - side_of.keys()
        if not left:
            break
        hits = left & {p for found in _compared(git, pairs, *patterns).values() for p in found}
        side_of.update(dict.fromkeys(hits, side))
        if patterns in (rules.sides.production, rules.sides.neutral):
            named |= hits
    # What is generated needs no test: who says so says a rule. In a folder that is on a side of
    # its own, such as fixtures, it says nothing that counts.
    said = [
        (path, meta)
        for path, meta in rows
        if path.rpartition("/")[2] == ATTRIBUTES and (path == ATTRIBUTES or path not in side_of)
    ]
    if rules.suites:
        side_of.update(dict.fromkeys(marking(git, said), "rules"))
    rest: Side = "production" if rules.strict else "neutral"
    side_of.update(dict.fromkeys(paths - side_of.keys(), rest))
    may_be = [path for path, side in side_of.items() if side in ("production", "neutral")]
    for path in _generated(git, by, [path for path in may_be if path not in named]):
        side_of[path] = "generated"
    return side_of


def _generated(git: Git, tree: str, paths: Sequence[str]) -> list[str]:
    """The paths that the attributes in ``tree`` call generated.

    git 2.39 reads attributes from an index, not from a tree: a private one is
    given the few .gitattributes files above the paths, and nothing else.
    """
    folders = {path[: i + 1] for path in paths for i, c in enumerate(path) if c == "/"} | {""}
    there = _entries(git, tree, [f"{folder}.gitattributes" for folder in sorted(folders)])
    if not there or not paths:
        return []
    with private_index(git) as index, _without_attributes(git) as alone:
        alone.call("update-index", "-z", "--index-info", stdin=there, index=index)
        said = alone.names(
            "-c",
            f"core.attributesFile={os.devnull}",
            "check-attr",
            "-z",
            "--cached",
            "--stdin",
            "linguist-generated",
            stdin=os.fsencode("\0".join(paths) + "\0"),
            index=index,
        )
    return [said[i] for i in range(0, len(said), 3) if said[i + 2] in ("set", "true")]


def _entries(git: Git, tree: str, paths: Sequence[str]) -> bytes:
    """The entries of a tree at those of the paths that it has, as ``ls-tree -z`` prints them.

    A change may touch more folders than an argument list holds, and few have
    such a file: all are asked for on standard input, and only those that are
    there by name. A line can't hold a line break.
    """
    plain = [path for path in paths if "\n" not in path]
    asked = os.fsencode("".join(f"{tree}:{path}\n" for path in plain))
    said = git.lines("cat-file", "--batch-check=%(objecttype)", stdin=asked)
    there = [path for path, kind in zip(plain, said, strict=True) if kind == "blob"]
    there += [path for path in paths if "\n" in path]
    return b"".join(
        git.output("ls-tree", "-z", "--full-tree", tree, "--", *there[at : at + AT_ONCE])
        for at in range(0, len(there), AT_ONCE)
    )


@contextmanager
def _without_attributes(git: Git) -> Iterator[Git]:
    """The repository without the attributes of this clone: what is generated is said in the tree.

    git reads info/attributes whatever it is told: where there is one, the
    objects are looked at from a git directory of ours.
    """
    environ = {**git.environ, "GIT_ATTR_NOSYSTEM": "1"}
    if not os.path.exists(os.path.join(git.common_dir, "info", "attributes")):
        yield git._replace(environ=environ)
        return
    with tempfile.TemporaryDirectory(dir=git.own_dir) as folder:
        bare = git._replace(git_dir=folder, work_tree=None)
        bare.call("init", "-q", "--bare", "--template=", f"--object-format={git.object_format}")
        environ["GIT_OBJECT_DIRECTORY"] = os.path.join(git.common_dir, "objects")
        yield bare._replace(environ=environ)


def facts_of(git: Git, change: Change, hybrid: str, *, provisional: bool = False) -> Facts:
    """What a verdict needs to know of the diff outside the tests: from the hybrid tree on."""
    rest = [f for f in change.files if f.side not in ("test", "environment", "rules")]
    patch = b""
    for at in range(0, len(rest), AT_ONCE):
        if len(patch) < PATCH:
            patch += _patch(git, hybrid, change.tree, [f.path for f in rest[at : at + AT_ONCE]])
    added = b"\n".join(
        line for line in patch[:PATCH].split(b"\n") if line.startswith(b"+") and line[:4] != b"+++ "
    )
    names = frozenset(re.findall(r"[^\W\d]\w*", added.decode(errors="replace")))
    return Facts(
        production=frozenset(f.path for f in change.on("production")),
        names=names,
        files=frozenset(f.path for f in rest if f.status == "A"),
        environment=bool(change.on("environment")),
        provisional=provisional,
    )


def _patch(git: Git, old: str, new: str, paths: Sequence[str]) -> bytes:
    """How files differ, line by line, whatever the attributes of this working tree say."""
    return git.output(
        "diff-tree", "-p", "-U0", "--no-renames", "--no-ext-diff", "--no-textconv", "--text",
        old, new, "--", *(f":(literal){path}" for path in paths),
    )  # fmt: skip
