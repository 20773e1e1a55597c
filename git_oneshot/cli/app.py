"""What every command needs: the repository, the trails, the time, the terminal.

Everything is made when it is first used, so a command pays for what it needs.
"""

import os
import sys
import time
from functools import cached_property, partial
from typing import TYPE_CHECKING

import click

from git_oneshot.cli.place import Place
from git_oneshot.cli.written import written
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId, feature_id
from git_oneshot.gate.markers import Markers
from git_oneshot.git import GitError
from git_oneshot.session import Session, World
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.store import joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from git_oneshot.core.events import Stamp
    from git_oneshot.core.facts import Proof
    from git_oneshot.core.rules.rules import Rules
    from git_oneshot.core.state import State
    from git_oneshot.gate.install import Clone
    from git_oneshot.proof.prover import Prover
    from git_oneshot.trail.display import Display
    from git_oneshot.trail.store import Tip


class App(Place):
    """One invocation of one command."""

    def __init__(
        self,
        *,
        feature: str | None = None,
        key: str | None = None,
        if_tip: str | None = None,
        via: str | None = None,
        json: bool = False,
        told: bool = False,
        environ: "Mapping[str, str]" = os.environ,
    ) -> None:
        super().__init__(json=json, environ=environ, told=told)
        self.named = feature
        self.key = key
        self.if_tip = if_tip
        self.via = via
        self._said = set[str]()

    # -- the outside world ------------------------------------------------------

    @cached_property
    def identity(self) -> str:
        """``Name <email>`` of whoever acts, as git knows them."""
        said = self.git.maybe("var", "GIT_COMMITTER_IDENT")
        if said is None:
            raise OneshotError(
                Code.IDENTITY_MISSING,
                "git does not know who you are",
                "git config --global user.name 'Your Name'; "
                "git config --global user.email you@example.com",
            )
        return said.rsplit(" ", 2)[0]

    @property
    def email(self) -> str:
        """The e-mail address of whoever acts."""
        return self.identity.rpartition("<")[2].rstrip(">")

    @property
    def now(self) -> str:
        """The time, as trails have it."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def stamp(self) -> "Stamp":
        """Time, identity and randomness for one append."""
        from git_oneshot.core.events import Stamp

        return Stamp(
            now=int(time.time() * 1000),
            at=self.now,
            by=self.identity[:500],
            entropy=os.urandom(16),
            via=self.via,
            key=self.key,
        )

    # -- the repository -----------------------------------------------------------

    @cached_property
    def store(self) -> GitStore:
        """The trails."""
        store = GitStore(self.git, time.time)
        click.get_current_context().call_on_close(store.close)
        return store

    @cached_property
    def session(self) -> Session:
        """Reads and writes the trails."""
        wrote = partial(written, self)
        world = World(self.stamp, time.sleep, _chance, self.home, self.say_masked, wrote)
        return Session(self.store, world)

    @property
    def aside(self) -> Session:
        """Writes the events that come of a command on its way: --key is not about them."""
        from msgspec.structs import replace

        world = self.session.world
        return Session(self.store, world._replace(stamp=lambda: replace(world.stamp(), key=None)))

    def say_masked(self) -> None:
        """Say once that something else was written down than what came."""
        self.say_once("note: what looks like a secret or a home folder is recorded as '***' or '~'")

    def say_once(self, line: str) -> None:
        """Say what one command says no second time."""
        if line not in self._said:
            self.say(line)
        self._said.add(line)

    @cached_property
    def markers(self) -> Markers:
        """What the shims look at."""
        return Markers(self.git)

    @cached_property
    def clone(self) -> "Clone":
        """The settings of this clone."""
        import shutil

        from git_oneshot.gate.install import Clone

        program = shutil.which(sys.argv[0]) or shutil.which("git-oneshot") or ""
        if not os.path.basename(program).startswith("git-oneshot"):
            program = shutil.which("git-oneshot") or os.path.join(
                os.path.dirname(sys.executable), "git-oneshot"
            )
        return Clone(self.git, os.path.abspath(program))

    @cached_property
    def rules(self) -> "Rules":
        """The rules at HEAD; where no suite is known there, those of the working tree."""
        from git_oneshot.proof.suites import rules_of

        tree = self.git.tree(self.head)
        rules = rules_of(self.git, tree)
        if rules.suites or self.git.work_tree is None:
            return rules
        from git_oneshot.proof.trees.made import snapshot

        return rules_of(self.git, tree, fallback=snapshot(self.git))

    @cached_property
    def display(self) -> "Display":
        """What `git log` shows."""
        from git_oneshot.trail.display import Display

        return Display(self.git)

    def refresh_display(self, proofs: "Mapping[str, Proof] | None" = None) -> None:
        """Look for losses, and bring what `git log` shows up to the trails and what was found here.

        That is for reading only: a command does not fail where it can't be written.
        """
        self.look_for_losses(self.store.tips())
        tips = self.store.tips()
        try:
            if proofs:
                self.display.verify(proofs)
            if self.display.wanted:
                trails = self.store.load(list(joined(tips).values()))
                self.display.refresh(loaded.state for loaded in trails)
        except (OSError, GitError) as err:
            why = err.message if isinstance(err, GitError) else err.strerror
            self.say(f"warning: what git log shows is not up to date: {why}")
        else:
            self.display.stamp(tips)

    def look_for_losses(self, tips: "Sequence[Tip]") -> None:
        """Say what a remote had and has no more; it is kept here, and goes back with a sync."""
        from git_oneshot.trail.tracking import Tracking

        for loss in Tracking(self.git, self.store).look(tips):
            self.say(f"warning: {loss.told}")

    # -- the feature ----------------------------------------------------------------

    def feature(self, positional: str | None = None, *, ended: bool = False) -> FeatureId:
        """The feature that was named, else the one of this branch; ``ended``: or that was."""
        named = positional if positional is not None else self.named
        if positional is not None and self.named is not None and positional != self.named:
            name = click.get_current_context().info_name
            raise OneshotError(
                Code.USAGE,
                f"two features are named: '{positional}' and '{self.named}'",
                f"name one of them: git oneshot {name} {positional}",
            )
        found = feature_id(named) if named is not None else self.feature_here()
        if found is None:
            from git_oneshot.cli.nowhere import last_one, no_feature

            found = last_one(self) if ended else None
            if found is None:
                raise no_feature(self)
        return found

    def feature_here(self) -> FeatureId | None:
        """The open feature of this branch, else the one that is on its way home from here."""
        from git_oneshot.cli.renamed import leaving

        return self.open_here() or leaving(self)

    def open_here(self) -> FeatureId | None:
        """The open feature of this branch: by its marker, else by the trails of this clone."""
        if self.branch is None:
            return None
        marked = self.markers.feature_on(self.branch)
        if marked is not None:
            return marked
        from git_oneshot.cli.renamed import followed

        here = (FeatureId(s.feature) for s in self.on_branch(remote=False) if s.open)
        return followed(self) or next(here, None)

    def is_on(self, state: "State") -> bool:
        """Whether we are on the branch of a feature, as it is called here."""
        from git_oneshot.cli.renamed import own_branch

        return self.branch is not None and self.branch in (state.branch, own_branch(self, state))

    def on_branch(self, *, remote: bool) -> "list[State]":
        """The features of this branch, by trails of this clone or of a remote alone."""
        if self.branch is None:
            return []
        tips = [t for t in joined(self.store.tips()).values() if bool(t.origin) == remote]
        states = (loaded.state for loaded in self.store.load(tips))
        return [state for state in states if state.branch == self.branch]

    def stand_on(self, state: "State") -> None:
        """Refuse to take another branch's commits for the feature's own."""
        if self.branch is None or self.is_on(state):
            return
        from git_oneshot.cli.renamed import own_branch

        branch = own_branch(self, state)
        if self.git.named(f"refs/heads/{branch}") is None:
            return  # merged and deleted
        from git_oneshot.cli.ahead import switch_to

        there = switch_to(self, branch, "go there")
        raise OneshotError(
            Code.GUARD_FAILED,
            f"feature '{state.feature}' is on branch '{branch}', not on '{self.branch}'",
            there.line,
            guard="on-its-branch",
            ahead=(there,),
        )

    def bind(self, feature: FeatureId) -> str | None:
        """Write what the hooks noted of a feature; give back the tip to expect after that.

        These events are nobody's command: --key and --if-tip are not about them.
        """
        from git_oneshot.gate.spool import bind

        loaded = self.session.load(feature)
        if self.branch is None or not self.is_on(loaded.state):
            return self.if_tip
        if self.if_tip is not None and (loaded.tip is None or loaded.tip.commit != self.if_tip):
            return self.if_tip  # which the command then refuses
        receipt = bind(self.git, self.aside, feature, self.branch, loaded.state)
        return receipt.tip.commit if receipt and self.if_tip is not None else self.if_tip

    # -- proofs ---------------------------------------------------------------------

    def prover(
        self, *, fresh: bool = False, trusted: bool = False, limit: float | None = None,
        by: str | None = None,
    ) -> "Prover":  # fmt: skip
        """What runs tests here; without ``trusted``, only commands the user has trusted.

        ``by``: the tree whose rules all is judged by, see `Prover`.
        """
        from git_oneshot.cli.provers import prover_in

        return prover_in(self, self.git, fresh=fresh, trusted=trusted, limit=limit, by=by)


def _chance() -> float:
    """A number in [0, 1), without importing `random`."""
    return int.from_bytes(os.urandom(4), "big") / 2**32
