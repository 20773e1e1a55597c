"""The pre-push hook: the gate.

git gives one line for each ref of the push; every line is looked at, and every
commit of its range. Commits are judged, not hooks and not events: it makes no
difference by which way a commit came to be.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Proof
from git_oneshot.core.ids import LOCAL, counted, printable
from git_oneshot.core.state import State
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.commits import bases_of, look
from git_oneshot.gate.judging import Verdict, judge_all, leaving
from git_oneshot.gate.patience import Judge
from git_oneshot.git import Git
from git_oneshot.proof.suites import rules_for

WAIT: Final = 60.0  # seconds that a push may wait for proofs (DESIGN §6)


class Update(NamedTuple):
    """One line of pre-push: what goes where. An empty id means that there is no such object."""

    local_ref: str
    local: str
    remote_ref: str
    remote: str


class Range(NamedTuple):
    """The commits that an update brings to a gated ref."""

    update: Update
    commits: tuple[str, ...]


def parse(lines: str) -> list[Update]:
    """Read what git gives the hook on standard input. Raises OneshotError(INVALID_INPUT)."""
    updates = []
    for line in filter(None, lines.split("\n")):
        # The source may be any expression, such as HEAD^{/some words}; names have no space.
        local_ref, local, remote_ref, remote = parts(line.rsplit(" ", 3), 4)
        updates.append(Update(local_ref, local.strip("0") and local, remote_ref,
                              remote.strip("0") and remote))  # fmt: skip
    return updates


def parts(line: list[str], number: int) -> list[str]:
    """A line that git gave a hook, if it has so many parts. Raises OneshotError(INVALID_INPUT)."""
    if len(line) != number:
        raise OneshotError(
            Code.INVALID_INPUT,
            f"'{printable(' '.join(line))[:80]}' is no line of a push",
            "give the hook what git gives on standard input",
        )
    return line


def gated(git: Git, remote: str, states: Sequence[State], tree: str) -> frozenset[str]:
    """The refs of the remote that ask for proofs; holds "*" when all do."""
    rules = rules_for(git, tree, tree).rules
    if rules.gate.everything:
        return frozenset("*")
    going = [s for s in states if s.base and not s.spike and s.phase != "cancelled"]
    refs = {f"refs/heads/{state.base}" for state in going}
    head = git.maybe("symbolic-ref", "-q", f"refs/remotes/{remote}/HEAD")
    if head:
        refs.add("refs/heads/" + head.removeprefix(f"refs/remotes/{remote}/"))
    return frozenset(refs | set(rules.gate.refs))


def ranges(
    git: Git,
    remote: str,
    updates: Sequence[Update],
    gates: frozenset[str],
    starts: Sequence[str] = (),
) -> list[Range]:
    """The commits that each update brings to a gated ref, oldest first.

    ``starts``: where features began; to a ref that is new, what was before
    them is the repository's past, and asks for nothing.
    """
    found = []
    for update in updates:
        if not update.local or update.remote_ref.startswith(LOCAL):
            continue
        if "*" not in gates and update.remote_ref not in gates:
            continue
        if git.named(f"{update.local}^{{commit}}") is None:
            continue  # a tag of a tree or a blob
        known = update.remote and git.maybe("cat-file", "-t", update.remote) == "commit"
        # What the remote says it has stands above what we remember of it.
        began = [f"^{start}" for start in starts]
        without = [f"^{update.remote}"] if known else [*began, *_there(git, remote)]
        tip = f"{update.local}^{{commit}}"
        commits = git.lines("rev-list", "--topo-order", "--reverse", tip, *without)
        found.append(Range(update, tuple(commits)))
    return found


def _there(git: Git, remote: str) -> list[str]:
    """What to leave out as the remote has it: asked of itself, as far as we have it, too.

    What a clone remembers of a remote is a ref like any other, and anyone's to write.
    """
    said = git.call("ls-remote", "--heads", remote, ok=tuple(range(256)))
    tips = {line.partition(b"\t")[0] for line in said.stdout.splitlines()}
    if not tips:
        return []
    found = git.lines("cat-file", "--batch-check", stdin=b"\n".join(sorted(tips)) + b"\n")
    return [f"^{line.split()[0]}" for line in found if line.split()[1] == "commit"]


def judge_range(
    git: Git, judge: Judge, found: Range, email: str, claims: Claims
) -> Iterator[Verdict | Proof]:
    """The verdicts on the user's own commits of a range, then the proof of the suite at its tip.

    Commits of others are passed over: to report them is for the caller.
    """
    deadline = time.monotonic() + WAIT
    all_ = look(git, found.commits)
    own, bases = [s.id for s in all_ if s.email == email], bases_of(all_)
    judged: list[Verdict] = []
    for verdict in judge_all(git, judge, own, claims, bases=bases):
        judged.append(verdict)
        yield verdict
        if time.monotonic() > deadline and len(judged) < len(own):
            left = len(own) - len(judged)
            note = f"not judged yet: {counted(left, 'commit')}; prove first: git oneshot push"
            yield Proof(word="UNKNOWN", code="budget", notes=(note,))
            return
    if not all(verdict.accepted for verdict in judged):
        return
    if judged:
        update = found.update
        known = update.remote and git.named(update.remote + "^{tree}")
        before = known or bases[found.commits[-1]]
        yield judge.suite(git.tree(update.local), before, leaving(judged))
