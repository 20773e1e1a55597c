"""A remote, as git reaches it: by its own transports, with its own credentials.

Refs are named one by one, a remote's ref is moved by fast-forward only, and a
push of trails runs no hook. Nothing of the user's configuration can make it
push more than it was told to.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, Literal, NamedTuple

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FEATURE, LOCAL, REMOTE, FeatureId, local_ref, remote_ref
from git_oneshot.core.spelling import printable, public, typed
from git_oneshot.git import ANY, Git, GitError
from git_oneshot.trail.store import Tip
from git_oneshot.trail.tracking import kept_ref, make_way

AT_ONCE: Final = 200  # refs of one command, so that no argument list is too long
_FETCH: Final = (
    "fetch", "--quiet", "--no-tags", "--no-prune", "--no-write-fetch-head",
    "--recurse-submodules=no", "--no-auto-maintenance",
)  # fmt: skip
_WAYS: Final = ("uploadpack", "receivepack", "proxy", "proxyAuthMethod")
_RACES: Final = ("lock", "incorrect old value", "already exists", "failed to update ref")
_BAD: Final = ("taken", "refused", "away", "moved")  # and worse; what has moved is tried again
_SAYS: Final = re.compile(r"\w\s+\w")
_ABOVE: Final = re.compile(r"'(refs/oneshot/[A-Za-z0-9/._-]+)' exists; cannot create '([^']+)'")


class Reply(NamedTuple):
    """What a remote said to the push of one ref."""

    feature: FeatureId
    word: Literal["taken", "moved", "refused", "away"]  # away: that address can't be reached
    why: str = ""
    above: str = ""  # a ref of the remote that stands in its way, as a folder or in one
    at: str = ""  # which of its addresses, where it is pushed to elsewhere than fetched from

    def refusal(self, remote: str) -> str:
        """What is said of a push that was refused."""
        if self.word == "away":
            return self.why
        at = f" at {printable(self.at)}" if self.at else ""
        return f"'{remote}' refuses it{at}: {self.why}"

    def mend(self, remote: str) -> str:
        """What helps with this one alone, "" when nothing does."""
        if self.word == "away":
            return _asking(self.at)
        drop = typed("git", "push", "--no-verify", self.at or remote, "--delete", self.above)
        return f"if nobody needs that: {drop}" if self.above else ""


class Remote:
    """One remote of a repository. What is tracked of it is what its address of fetches has."""

    def __init__(self, git: Git, name: str) -> None:
        self._git = git
        self.name = name
        self._odd: list[str] | None = None  # refs there that no feature can have
        self._found: dict[FeatureId, str] = {}  # what was there when it was asked last

    @cached_property
    def _urls(self) -> tuple[list[str], list[str]]:
        """Where a fetch comes from, and where a push goes."""
        asks = ("remote", "get-url"), ("remote", "get-url", "--push", "--all")
        said = (self._git.call(*ask, self.name, ok=ANY).stdout for ask in asks)
        fetched, pushed = (os.fsdecode(urls).splitlines() for urls in said)
        return fetched, pushed

    @property
    def addresses(self) -> list[str]:
        """Where a push goes. The name of the remote is the one that a fetch comes from."""
        fetched, pushed = self._urls
        return [self.name if [url] == fetched else url for url in pushed]

    @property
    def alike(self) -> bool:
        """Whether a push goes to where a fetch comes from, and nowhere else."""
        return self.addresses in ([self.name], [])

    def _reached(self, at: str) -> tuple[list[str], str]:
        """How git reaches an address as it does the remote: settings, and a name for it.

        Which is not the remote's: by that, git would track what no fetch comes from.
        """
        if at in ("", self.name):
            return [], self.name
        name, said = f"{self.name}@", {"url": at, **self._ways}
        return [x for key in said for x in ("-c", f"remote.{name}.{key}={said[key]}")], name

    @cached_property
    def _ways(self) -> dict[str, str]:
        """By which programs and proxy the remote is reached, where that is set."""
        asked = ((key, ("config", "--get", f"remote.{self.name}.{key}")) for key in _WAYS)
        return {key: said for key, ask in asked if (said := self._git.maybe(*ask))}

    def has(self, seen: Mapping[tuple[str, FeatureId], str]) -> dict[FeatureId, str]:
        """What is where a push goes; ``seen``, by fetches, is believed where that tells."""
        if self.alike:
            return {feature: at for (name, feature), at in seen.items() if name == self.name}
        each = [self._asked(None, address).items() for address in self.addresses]
        return dict(set(each[0]).intersection(*each))

    def _asked(self, features: Iterable[FeatureId] | None, at: str) -> dict[FeatureId, str]:
        """What an address has. One of several that is away keeps nothing from the others."""
        try:
            return self.tips(features, at)
        except OneshotError:
            if len(self.addresses) == 1:
                raise
            return {}

    def tips(
        self, features: Iterable[FeatureId] | None = None, at: str = ""
    ) -> dict[FeatureId, str]:
        """What the remote has, of these features or of all; ``at``: one of its addresses."""
        wanted = None if features is None else {*features}
        few = wanted is not None and len(wanted) <= AT_ONCE
        patterns = [local_ref(f) for f in sorted(wanted)] if wanted and few else [f"{LOCAL}*"]
        found, odd = {}, []
        how, name = self._reached(at)
        said = self._say(*how, "ls-remote", "--refs", name, *patterns, at=at)
        for line in said.split("\n"):
            commit, _, ref = line.partition("\t")
            feature = FeatureId(ref.removeprefix(LOCAL))
            ours = ref.startswith(LOCAL) and FEATURE.fullmatch(feature)
            if ours and (wanted is None or feature in wanted):
                found[feature] = commit
            elif ref.startswith(LOCAL) and not ours:
                odd.append(ref)
        self._odd, self._found = odd, found
        return found

    def fetch(self, features: Sequence[FeatureId] | None = None) -> None:
        """Bring what the remote has to where a fetch keeps it: of these features or of all."""
        if features is None or len(features) > AT_ONCE:
            if self._odd is None:
                self.tips()
            # A ref below a feature's, as below a folder, would end the whole fetch.
            without = [f"^{ref}" for ref in (self._odd or ())[:AT_ONCE]]
            specs = [f"+{LOCAL}*:{REMOTE}{self.name}/*", *without]
        else:
            specs = [f"+{local_ref(f)}:{remote_ref(self.name, f)}" for f in features]
        try:
            self._say(*_FETCH, self.name, *specs)
        except OneshotError:
            if not make_way(self._git, self.name, self._found if features is None else features):
                raise
            self._say(*_FETCH, self.name, *specs)

    def elsewhere(
        self, features: Iterable[FeatureId] | None, ends: Mapping[FeatureId, Tip]
    ) -> dict[str, dict[FeatureId, str]]:
        """What each address has that no fetch comes from.

        What is news to trails of ours is brought, and kept as what a remote lost is.
        """
        found = {}
        for at in self.addresses:
            if at == self.name:
                continue
            found[at] = there = self._asked(features, at)
            specs = [
                f"{local_ref(feature)}:{kept_ref(self.name, feature, end)}"
                for feature, end in there.items()
                if feature in ends and not ends[feature].origin
                and end not in ends[feature].ends
                and not self._git.leads(end, ends[feature].commit)
            ]  # fmt: skip
            how, name = self._reached(at)
            for first in range(0, len(specs), AT_ONCE):
                self._say(*how, *_FETCH, name, *specs[first : first + AT_ONCE], at=at)
        return found

    def push(self, ends: Mapping[FeatureId, str]) -> list[Reply]:
        """Move refs of the remote forwards; of several addresses, what the worst one says."""
        names = sorted(ends)
        worst: dict[FeatureId, Reply] = {}
        for to in [self.name] if self.alike else self._urls[1]:
            for at in range(0, len(names), AT_ONCE):
                for reply in self._push(
                    to, {name: ends[name] for name in names[at : at + AT_ONCE]}
                ):
                    before = worst.setdefault(reply.feature, reply)
                    worst[reply.feature] = max(before, reply, key=lambda r: _BAD.index(r.word))
        self._track({r.feature: ends[r.feature] for r in worst.values() if r.word == "taken"})
        return [*worst.values()]

    def _push(self, to: str, ends: Mapping[FeatureId, str]) -> list[Reply]:
        """Push to the remote by its name, or to one of its addresses."""
        how, name = self._reached(to)
        specs = [f"{commit}:{local_ref(feature)}" for feature, commit in ends.items()]
        done = self._git.call(
            *how, "-c", f"remote.{self.name}.mirror=false",
            "push", "--porcelain", "--no-verify", "--quiet", "--no-follow-tags",
            "--recurse-submodules=no", name, *specs,
            ok=ANY,
        )  # fmt: skip
        # A path or a server's words need not be UTF-8.
        stdout, stderr = (said.decode(errors="replace") for said in (done.stdout, done.stderr))
        replies = [reply for line in stdout.split("\n") for reply in _reply(line)]
        at = "" if to == self.name else public(to)
        replies = [
            r._replace(why=r.why + _told(stderr, r.feature), at=at) if r.why else r for r in replies
        ]
        above = dict(map(reversed, _ABOVE.findall(stderr)))
        replies = [_hindered(r, above.get(local_ref(r.feature), "")) for r in replies]
        if done.returncode != 0 and not any(reply.word != "taken" for reply in replies):
            away = self._failed(stderr, at)
            if len(self.addresses) == 1:
                raise away
            return [Reply(f, "away", away.message, at=at or self.name) for f in ends]
        said = {reply.feature for reply in replies}  # git passes over what went well
        return [*replies, *(Reply(f, "taken") for f in ends if f not in said)]

    def _track(self, ends: Mapping[FeatureId, str]) -> None:
        """Remember what the remote has taken, also where no fetch is set up."""
        if not self.alike and ends:
            try:
                there = self.tips(ends)
            except OneshotError:  # it was sent, and a fetch will see what of it is where
                return
            ends = {f: commit for f, commit in ends.items() if there.get(f) == commit}
        lines = [f"update {remote_ref(self.name, f)} {commit}\n" for f, commit in ends.items()]
        if not lines:
            return
        update, stdin = (
            ("update-ref", "-m", "oneshot: push", "--stdin"),
            os.fsencode("".join(lines)),
        )
        try:
            self._git.call(*update, stdin=stdin)
        except GitError:
            if not make_way(self._git, self.name, ends):
                raise
            self._git.call(*update, stdin=stdin)

    def _say(self, *args: str, at: str = "") -> str:
        done = self._git.call(*args, ok=ANY)
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace")
            raise self._failed(said, public(at))
        return done.stdout.decode(errors="replace")

    def _failed(self, stderr: str, where: str = "") -> OneshotError:
        lines = stderr.strip().splitlines() or ["git said nothing"]
        at = next((n for n, x in enumerate(lines) if x.startswith(("fatal:", "error:"))), 0)
        why = lines[at].partition(": ")[2] or lines[at]
        if at and why.startswith("Could not read from remote"):  # what ssh said is more
            why = lines[at - 1]
        elif why.endswith(":") and lines[at + 1 :]:
            why = f"{why} {lines[at + 1]}"
        why = printable(why)
        return OneshotError(
            Code.REMOTE_FAILED,
            f"the trails could not be exchanged with '{self.name}': {why[:300]}",
            _asking(where or self.name),
        )


def _asking(at: str) -> str:
    return f"see what git says: {typed('git', 'ls-remote', at)}"


def _hindered(reply: Reply, above: str) -> Reply:
    """A reply where a ref may stand in the way of the trail's: that is no race, and stays."""
    if reply.word == "taken" or not above:
        return reply
    return reply._replace(word="refused", why=f"its '{above}' is in the way", above=above)


def _told(stderr: str, feature: FeatureId) -> str:
    """The first thing that the other side said: of this trail, else in more than a word."""
    lines = stderr.split("\n")
    told = (line.removeprefix("remote: ").strip() for line in lines if line.startswith("remote: "))
    said = [line for line in told if line and not line.startswith("error: hook declined")]
    of_it = [line for line in said if f"'{local_ref(feature)}'" in line]
    first = next((line for line in [*of_it, *said] if _SAYS.search(line)), "".join(said[:1]))
    return f" ({printable(first)[:200]})" if said else ""


def _reply(line: str) -> Iterator[Reply]:
    """One line of `git push --porcelain`."""
    flag, _, rest = line.partition("\t")
    refs, _, said = rest.partition("\t")
    ref = refs.rpartition(":")[2]
    if len(flag) != 1 or not ref.startswith(LOCAL):
        return
    feature = FeatureId(ref.removeprefix(LOCAL))
    if flag != "!":
        yield Reply(feature, "taken")
    elif said.startswith("[rejected]"):
        yield Reply(feature, "moved")
    else:
        why = printable(said.partition("(")[2].rstrip(")") or said)[:300]
        yield Reply(feature, "moved" if any(race in said for race in _RACES) else "refused", why)
