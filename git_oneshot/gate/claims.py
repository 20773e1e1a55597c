"""What trails say of commits beside their proofs: declared classes and waivers.

A claim is its writer's word. A declared class is counted everywhere, because
the runs have to bear it out. A waiver opens the gates of the clone whose trail
holds it, finalize and the push; ``verify`` shows it, and judges all the same.
"""

from typing import NamedTuple

from git_oneshot.core.state import State, Waiver
from git_oneshot.gate.commits import Seen, record
from git_oneshot.git import Git


class Claims(NamedTuple):
    """The claims of some features."""

    states: tuple[State, ...] = ()

    def declared(self, seen: Seen) -> str:
        """The class that a commit was said to be of, "" when nobody said anything."""
        for state in self.states:
            commit = next((c for c in state.commits if c.id == seen.id and c.tree), None)
            if commit is not None:
                return commit.declared
        # Its event is not written yet: it may be the next commit that was spoken of.
        said = [c.declared for s in self.states for c in s.commits if c.id == seen.id]
        return next(filter(None, said), "") or self.of_next(seen.parent_tree)

    def of_next(self, parent_tree: str) -> str:
        """The class that the next commit on this tree was said to be of."""
        pending = (s.pending for s in self.states if s.pending is not None)
        return next((one.kind for one in pending if one.parent_tree == parent_tree), "")

    def waiver(self, git: Git, seen: Seen) -> Waiver | None:
        """What exempts a commit."""
        waived = [state for state in self.states if state.waivers]
        found = next(filter(None, (state.waiver(seen.id) for state in waived)), None)
        if found is not None or not waived:
            return found
        [patch] = record(git, [seen])
        return next(filter(None, (s.waiver(seen.id, patch.patchId) for s in waived)), None)
