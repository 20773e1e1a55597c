"""What fetches saw of a remote's trails; none of it may get lost again.

A remote's ref may go back, or vanish: someone forced a push, or a server was
restored from an old copy. git then moves what it tracks, and with the ref goes
what only it held. What was seen last is remembered; what a remote does not have
any more is kept under ``refs/oneshot-remote/<remote>@<commit>/<feature>`` (of a
remote with a slash in its name, the commit is before that), read with the rest,
and goes back with the next `git oneshot sync`.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import LOCAL, REMOTE, FeatureId, local_ref, remote_ref
from git_oneshot.core.spelling import printable, typed
from git_oneshot.git import Git, GitError
from git_oneshot.trail.disk import put
from git_oneshot.trail.store import Tip, Trail, TrailStore

Key = tuple[str, FeatureId]  # a remote and a feature
Seen = Mapping[Key, str]  # the commit of each
_KEPT: Final = re.compile(r"([^/]+)@[0-9a-f]{12}(/.+)?", re.DOTALL)


class Loss(NamedTuple):
    """What a remote does not have any more."""

    remote: str
    feature: FeatureId
    before: str
    after: str  # "" when the ref is gone
    gone: bool = False  # what was dropped: a gc was here before us

    @property
    def told(self) -> str:
        """The loss in a line."""
        did = "rewound" if self.after else "dropped"
        left = f"{self.before[:12]} is gone here, too" if self.gone else "nothing is lost here"
        return f"'{printable(self.remote)}' {did} the trail of '{self.feature}'; {left}"


def kept_of(origin: str) -> str:
    """The remote that lost what is kept under such a name; "" for what was only fetched."""
    found = _KEPT.fullmatch(origin)
    return found[1] + (found[2] or "") if found else ""


def kept_ref(remote: str, name: str, commit: str) -> str:
    """Where what is lost is kept: no ref that a fetch makes can be in the way of it."""
    first, _, rest = f"{remote}/{name}".partition("/")
    return f"{REMOTE}{first}@{commit[:12]}/{rest}"


def seen_in(tips: Iterable[Tip]) -> dict[Key, str]:
    """What was fetched, less what is kept because it was lost."""
    return {(t.origin, t.feature): t.commit for t in tips if t.origin and not kept_of(t.origin)}


class Tracking:
    """The file ``<common dir>/oneshot/seen``, derived from refs, and the refs of what was lost."""

    def __init__(self, git: Git, store: TrailStore) -> None:
        self._git = git
        self._store = store
        self._file = os.path.join(git.own_dir, "seen")

    def look(self, tips: Iterable[Tip]) -> list[Loss]:
        """Compare what remotes have with what they had, keep what is lost, and say what that is.

        For commands that only read: where nothing can be written, it is said again next time.
        """
        now = seen_in(tips)
        try:
            return self.compare({}, now)
        except (OSError, GitError):
            return self._told(self._losses(self._read().items(), now))

    def compare(self, before: Seen, now: Seen) -> list[Loss]:
        """The same, for what was known of the remotes just now, and what they really have."""
        remembered = self._read()
        if now == remembered and before == now:
            return []
        # A fetch may have moved what is there since it was last looked at.
        losses = self._losses([*remembered.items(), *before.items()], now)
        self._keep(losses)
        for key in before.keys() - now.keys():  # it is kept by now, if it had to be
            self._take_away(remote_ref(*key), before[key])
        self._write(now)
        return self._told(losses)

    def _losses(self, olds: Iterable[tuple[Key, str]], now: Seen) -> list[Loss]:
        """What is behind the olds, and not behind what there is now of the same trail."""
        moved = sorted({(key, old) for key, old in olds if now.get(key) != old})
        forward = self._forward([(old, now[key]) for key, old in moved if key in now])
        left = [(key, old) for key, old in moved if (old, now.get(key)) not in forward]
        there = self._there([old for _, old in left])
        found: dict[Key, list[Loss]] = {}
        for key, old in left:
            gone = old not in there
            if gone or key not in now or self._lost([old], [now[key]]):
                found.setdefault(key, []).append(Loss(*key, old, now.get(key, ""), gone=gone))
        return [
            one
            for losses in found.values()  # of one, and rarely two
            for one in losses
            if not any(self._behind(one, other) for other in losses)
        ]

    def _worth(self, trail: Trail, end: str) -> list[str]:
        """What is to be kept of an end: where it breaks the format, what is sound below.

        Of what begins as no trail at all, nothing: somebody put another commit there.
        """
        from git_oneshot.trail.damage import SAID, DamageError
        from git_oneshot.trail.reading import NOBODY

        damage = trail.damage
        if not isinstance(damage, DamageError) or damage.rule not in SAID:
            return [end]
        if not trail.entries:
            if damage.parents:  # which may be of any size
                return [end]
            first = self._git.call("cat-file", "commit", damage.commit, ok=(0, 128)).stdout
            return [end] if NOBODY in first else []
        inner = {parent for entry in trail.entries for parent in entry.parents}
        return [entry.commit for entry in trail.entries if entry.commit not in inner]

    def _told(self, losses: Sequence[Loss]) -> list[Loss]:
        """Those to be told: what is of no remote is nothing that a remote lost."""
        remotes = {*self._git.lines("remote")} if losses else set[str]()
        return [one for one in losses if one.remote in remotes]

    def _forward(self, moves: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Of moves from one commit to another, those that are seen at once to go forward."""
        if not moves:
            return set()
        lines = "".join(f"^{old}\n{new}\n" for old, new in moves)
        rows = self._git.call(
            "rev-list", "--parents", "--ignore-missing", "--stdin",
            stdin=lines.encode(), ok=(0, 128),
        ).stdout.decode().splitlines()  # fmt: skip
        parents = {commit: above for commit, *above in map(str.split, rows)}
        return {(old, new) for old, new in moves if old in _reached(new, parents)}

    def _behind(self, one: Loss, other: Loss) -> bool:
        """Whether what one says is lost is part of another loss."""
        if one.before == other.before or one.gone or other.gone:
            return False
        return not self._lost([one.before], [other.before])

    def _there(self, commits: Sequence[str]) -> set[str]:
        """Those of the commits that are in the repository."""
        if not commits:
            return set()
        lines = "".join(f"{commit}\n" for commit in commits).encode()
        said = self._git.call("cat-file", "--batch-check=%(objectname)", stdin=lines).stdout
        return {*commits} & {*said.decode().splitlines()}  # of others git says "missing"

    def _lost(self, olds: Iterable[str], news: Iterable[str]) -> bool:
        """Whether anything is behind the olds and not behind the news."""
        lines = "".join([*(f"{old}\n" for old in olds), *(f"^{new}\n" for new in news)])
        done = self._git.call(
            "rev-list", "--ignore-missing", "--max-count=1", "--stdin",
            stdin=lines.encode(), ok=(0, 128),
        )  # fmt: skip
        return bool(done.stdout.strip())

    def _keep(self, losses: Iterable[Loss]) -> None:
        """Keep what neither our own refs hold, nor the remote does."""
        left = [one for one in losses if not one.gone]
        if not left:
            return
        trails = self._store.read([Tip(one.feature, one.before, one.remote) for one in left])
        rows = self._git.lines("for-each-ref", "--format=%(refname) %(objectname)", LOCAL)
        ours = dict(row.split(" ") for row in rows)
        worth = [
            f"update {kept_ref(one.remote, one.feature, end)} {end}\n"
            for one, trail in zip(left, trails, strict=True)
            for held in [[*filter(None, (ours.get(local_ref(one.feature)), one.after))]]
            for end in self._worth(trail, one.before)
            if all(self._lost([end], [other]) for other in held)
        ]
        _keep_refs(self._git, worth)

    def let_go(self, feature: FeatureId, commit: str, remote: str = "") -> None:
        """Forget what was kept of a feature, because ``remote`` or any lost it, behind a commit."""
        pattern = f"{REMOTE}*@*/**/{feature}"
        for line in self._git.lines("for-each-ref", "--format=%(objectname) %(refname)", pattern):
            old, ref = line.split(" ", 1)
            origin = ref.removeprefix(REMOTE).removesuffix(f"/{feature}")
            lost_by = kept_of(origin)
            if lost_by and remote in ("", lost_by) and not self._lost([old], [commit]):
                self._take_away(ref, old)

    def _take_away(self, ref: str, old: str) -> None:
        """Remove a ref, unless a fetch has moved it since: then it is looked at next time."""
        self._git.call("update-ref", "-d", ref, old, ok=(0, 1))

    def removed(self, tips: Iterable[Tip]) -> list[tuple[str, list[Tip], bool]]:
        """Remotes that are gone, what is tracked of each, and whether any of it is only there."""
        remotes, here = {"", *self._git.lines("remote")}, list[Tip]()
        gone = dict[str, list[Tip]]()
        for tip in tips:
            names = {tip.origin, kept_of(tip.origin) or tip.origin}
            (here if names & remotes else gone.setdefault(tip.origin, [])).append(tip)
        kept = [tip.commit for tip in here]
        return [
            (remote, theirs, self._lost([tip.commit for tip in theirs], kept))
            for remote, theirs in gone.items()
        ]

    def forget(self, tips: Iterable[Tip]) -> None:
        """Track them no more. Raises GitError, and removes none, where one has moved since."""
        at = {(tip.origin, tip.feature): tip.commit for tip in tips}
        lines = (f"delete {remote_ref(*key)} {commit}\n" for key, commit in at.items())
        self._git.call("update-ref", "--stdin", stdin=os.fsencode("".join(lines)))
        # What is remembered would be missed, and kept.
        self._write({key: commit for key, commit in self._read().items() if key not in at})

    def _read(self) -> dict[Key, str]:
        try:
            with open(self._file, encoding="utf-8", errors="surrogateescape") as file:
                rows = [line.rstrip("\n").split(" ", 2) for line in file]
        except OSError:
            return {}
        return {(row[2], FeatureId(row[1])): row[0] for row in rows if len(row) == 3}

    def _write(self, seen: Seen) -> None:
        lines = (f"{commit} {feature} {remote}\n" for (remote, feature), commit in seen.items())
        put(self._file, os.fsencode("".join(lines)))


def rename_kept(git: Git, old: str, new: str) -> None:
    """Have what a remote lost be kept under its new name, where no other has the old one."""
    if old in git.lines("remote"):
        return
    moves = []
    for row in git.lines("for-each-ref", "--format=%(objectname) %(refname)", REMOTE):
        commit, ref = row.split(" ", 1)
        origin, _, feature = ref.removeprefix(REMOTE).rpartition("/")
        if kept_of(origin) == old:
            moves.append(f"update {kept_ref(new, feature, commit)} {commit}\n")
            moves.append(f"delete {ref} {commit}\n")
    _keep_refs(git, moves)


def make_way(git: Git, remote: str, features: Iterable[FeatureId]) -> bool:
    """Move aside refs of old that hinder tracking these features of a remote; if there are any.

    A ref hinders those below it and the one above it. Raises OneshotError where it is what
    another remote has: one of the two is called as a trail of the other is.
    """
    others, wanted = {*git.lines("remote")} - {remote}, {*features}
    moves = []
    for row in git.lines("for-each-ref", "--format=%(objectname) %(refname)", REMOTE):
        commit, name = row.replace(REMOTE, "", 1).split(" ", 1)
        owner, _, last = name.rpartition("/")
        feature, _, below = name.removeprefix(f"{remote}/").partition("/")
        under = name.startswith(f"{remote}/") and feature in wanted and below
        if not under and not (owner and f"{remote}/".startswith(f"{name}/")):
            continue
        if owner in others:
            raise _alike(*sorted((owner, remote), key=len))
        moves.append(f"update {kept_ref(owner, last, commit)} {commit}\n")
        moves.append(f"delete {REMOTE}{name} {commit}\n")
    _keep_refs(git, moves)
    return bool(moves)


def _keep_refs(git: Git, lines: Sequence[str]) -> None:
    """Make refs of what is kept, and remove those that it was under: all, or none."""
    if lines:
        git.call("update-ref", "-m", "oneshot: keep", "--stdin", stdin=os.fsencode("".join(lines)))


def _alike(short: str, long: str) -> OneshotError:
    feature = long.removeprefix(f"{short}/").partition("/")[0]
    return OneshotError(
        Code.CLONE_UNSOUND,
        f"the remote '{printable(long)}' cannot be told from the trail of '{feature}' at '{short}'",
        f"call it otherwise: {typed('git', 'remote', 'rename', long)} NAME",
    )


def _reached(start: str, parents: Mapping[str, Sequence[str]]) -> set[str]:
    """All commits that some parents lead to."""
    found, left = {start}, [start]
    while left:
        new = [one for one in parents.get(left.pop(), ()) if one not in found]
        found.update(new)
        left += new
    return found
