"""What `doctor` looks at, and what it finds."""

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import NamedTuple

from git_oneshot.core.errors import OneshotError
from git_oneshot.core.history import state_of
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.rules.file import Sandboxing
from git_oneshot.core.rules.rules import Rules
from git_oneshot.core.state import State
from git_oneshot.gate.hooks import HOOKS
from git_oneshot.gate.install import Clone
from git_oneshot.gate.markers import Markers
from git_oneshot.git import Git
from git_oneshot.proof.suites import rules_of
from git_oneshot.trail.store import Trail, TrailStore, joined, joint


class Finding(NamedTuple):
    """Something that is wrong, or (``note``) only worth knowing.

    ``mend`` is the command that mends it, () where words have to do; ``fix`` does it.
    """

    what: str
    mend: tuple[str, ...] = ()
    fix: Callable[[], object] | None = None
    note: bool = False


class Clinic:
    """What the checks look at."""

    def __init__(
        self,
        git: Git,
        clone: Clone,
        store: TrailStore,
        environ: Mapping[str, str],
        now: float,
        refresh: Callable[[], None],
        asked: Callable[[], Sandboxing],
    ) -> None:
        self.git = git
        self.clone = clone
        self.store = store
        self.environ = environ
        self.now = now
        self.refresh = refresh
        self.asked = asked  # for a sandbox, by the user's git; raises OneshotError
        self.markers = Markers(git)

    @cached_property
    def trails(self) -> list[Trail]:
        """Every trail, ours and the remotes': what is cached may be of one that is damaged."""
        return self.store.read(self.store.tips())

    @cached_property
    def states(self) -> dict[FeatureId, State]:
        """The state of every feature."""
        ends = {(one.feature, one.tip.commit): one for one in self.trails if one.tip}
        return {
            name: state_of(name, joint(tip, [ends[name, end] for end in tip.ends]).entries)
            for name, tip in joined(one.tip for one in self.trails if one.tip).items()
        }

    @cached_property
    def rules(self) -> Rules | OneshotError:
        """The rules at HEAD, or why there are none."""
        head = self.git.head or self.git.named("HEAD^{commit}")  # a bare one was not asked
        try:
            return rules_of(self.git, self.git.tree(head))
        except OneshotError as err:
            return err

    @cached_property
    def set_up(self) -> bool:
        """Whether install was here: what is missing then is ours to put back."""
        missing = [name for name, state in self.clone.hooks.wanting() if state == "missing"]
        return os.path.exists(self.own("program")) or len(missing) < len(HOOKS)

    def own(self, *names: str) -> str:
        """A path in our own folder."""
        return os.path.join(self.git.own_dir, *names)


def age(c: Clinic, path: str) -> float:
    """How many seconds ago a file was written; 0 where there is none."""
    try:
        return c.now - os.stat(path).st_mtime
    except OSError:
        return 0.0
