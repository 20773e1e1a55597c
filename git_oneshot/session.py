"""Load, decide, append; again when the race is lost."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from git_oneshot.core.errors import Code, LostRace, OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.trail.store import Loaded, Tip, TrailStore, joined, unknown

if TYPE_CHECKING:  # a read command decides nothing
    from git_oneshot.core.commands import Command
    from git_oneshot.core.events import Event, Stamp
    from git_oneshot.core.state import State

TRIES: Final = 60
LONGEST: Final = 0.1  # seconds between two tries

Payloads = Callable[[Iterable["Event"]], Mapping[str, bytes]]


class World(NamedTuple):
    """What the command line knows and the engines don't: time, identity, chance, the home.

    ``stamp`` gives a fresh stamp; ``pause(seconds)`` waits; ``chance()`` is in [0, 1).
    The name of the folder ``home`` goes on no trail; ``masked`` is called when that, or what
    looks like a secret, was masked in what was written. ``wrote`` is called with the state of
    a feature after each append.
    """

    stamp: Callable[[], "Stamp"]
    pause: Callable[[float], None]
    chance: Callable[[], float]
    home: str = ""
    masked: Callable[[], None] = lambda: None
    wrote: Callable[["State"], None] = lambda _: None


class Receipt(NamedTuple):
    """What a command did: the ids of its events, the tip and the state after them."""

    events: tuple[str, ...]
    tip: Tip
    state: "State"
    before: "State"

    @property
    def appended(self) -> bool:
        """Whether the tip is this call's own, and not what a key found there."""
        return self.state is not self.before


class Session:
    """One process's work on the trails of one repository."""

    def __init__(self, store: TrailStore, world: World) -> None:
        self.store = store
        self.world = world
        # What the last append of this process left. Whether it still holds is
        # for the compare-and-swap to say, so a run of appends reads nothing.
        self._left: dict[FeatureId, Loaded] = {}
        self.repeated: Receipt | None = None  # what a key gave back, of a call that came before

    def before(self, feature: FeatureId, command: "Command", key: str | None) -> Receipt | None:
        """What this command wrote under the key before; None where the key is new.

        Raises OneshotError(INVALID_INPUT) where the key was used for something else.
        """
        loaded = self.load(feature) if key is not None else None
        if loaded is None or loaded.damage is not None:
            return None
        return self._again(loaded, self._masked(command), key)

    def _again(self, loaded: Loaded, command: "Command", key: str | None) -> Receipt | None:
        state, tip = loaded.state, loaded.tip
        if tip is None or key is None or key not in state.keys:
            return None
        from git_oneshot.core.keys import same_use

        wrote = state.keys[key]
        [trail] = self.store.read([tip])
        by_id = {event.id: event for event in trail.events}
        same_use(key, state.feature, [by_id[one] for one in wrote if one in by_id], command)
        self.repeated = Receipt(wrote, tip, state, state)
        return self.repeated

    def load(self, feature: FeatureId) -> Loaded:
        """The state of a feature; of phase None when there is no such trail."""
        tip = self.store.tip(feature)
        if tip is None:
            from git_oneshot.core.state import State

            return Loaded(State(feature=feature), None)
        return self.store.load([tip])[0]

    def states(self, features: Collection[FeatureId]) -> "list[State]":
        """The states of several, as `load` has them: as many processes as for one."""
        from git_oneshot.core.state import State

        tips = joined(self.store.tips()) if features else {}
        found = self.store.load([tips[one] for one in {*features} & tips.keys()])
        known = {loaded.state.feature: loaded.state for loaded in found}
        return [known.get(one, State(feature=one)) for one in features]

    def sound(self, feature: FeatureId) -> Loaded:
        """The state of a feature that exists and is not damaged, or an OneshotError."""
        loaded = self.load(feature)
        if loaded.damage is not None:
            raise loaded.damage
        if loaded.state.phase is None:
            raise unknown(self.store, feature)
        return loaded

    def rehearse(
        self, feature: FeatureId, command: "Command", loaded: Loaded | None = None
    ) -> None:
        """Raise what ``execute`` would raise now; write nothing. For before long work.

        ``loaded``: what was read of the feature just now.
        """
        command = self._masked(command)
        loaded = loaded or self.load(feature)
        if loaded.damage is not None:
            raise loaded.damage
        stamp = self.world.stamp()
        if self._again(loaded, command, stamp.key) is None:
            self._decided(loaded.state, command, stamp)

    def execute(
        self,
        feature: FeatureId,
        command: "Command",
        *,
        expect: str | None = None,
        payloads: Payloads | None = None,
    ) -> Receipt:
        """Carry out a command, or raise the OneshotError that refuses it; then nothing changed.

        ``expect``: the tip the caller has seen ("" for none); another one is
        SEQUENCE_CONFLICT. A stamp whose key is on the trail changes nothing and
        gives back the events it wrote then, where they are this command's. Secrets and homes in
        the command are
        masked; ``payloads`` has to have done so.
        """
        clean = self._masked(command)
        receipt = self._tried(feature, clean, expect, payloads)
        if receipt.appended:
            self.world.wrote(receipt.state)
        if receipt.appended and clean != command:
            self.world.masked()
        return receipt

    def _tried(
        self, feature: FeatureId, command: "Command", expect: str | None, payloads: Payloads | None
    ) -> Receipt:
        """Again and again, until the race is won."""
        remembered = self._left.pop(feature, None) if expect is None else None
        if remembered is not None:
            # Only a swap can say whether it still holds; all else is asked again.
            try:
                receipt = self._once(feature, command, remembered, None, payloads)
                if receipt.events:
                    return receipt
            except LostRace:
                pass
            except OneshotError as err:
                if err.code is Code.EVENT_APPEND_FAILED:
                    raise  # it may be written, and must not be twice
        for attempt in range(TRIES):
            try:
                return self._once(feature, command, self.load(feature), expect, payloads)
            except LostRace:
                why = f"other writers of '{feature}' won {TRIES} times in a row"
                reason = OneshotError(Code.RACE_LOST, why, "try again")
            except OneshotError as err:
                if err.code is not Code.REF_LOCKED:
                    raise
                reason = err
            self.world.pause(min(LONGEST, 0.002 * 2 ** min(attempt, 6)) * self.world.chance())
        raise reason

    def _masked(self, command: "Command") -> "Command":
        """The command as the rules see it, who compare it with what is on the trail."""
        from git_oneshot.core.masking import masked_fact

        return masked_fact(command, self.world.home)

    def _decided(self, state: "State", command: "Command", stamp: "Stamp") -> "tuple[Event, ...]":
        """What the command comes to; of a feature that is not there, which one was meant."""
        from git_oneshot.core.workflow import decide

        try:
            return decide(state, command, stamp)
        except OneshotError as err:
            if err.code is Code.STATE_NOT_FOUND:
                told = unknown(self.store, FeatureId(state.feature))
                raise told if told.data["meant"] else err from None
            raise

    def _once(
        self,
        feature: FeatureId,
        command: "Command",
        loaded: Loaded,
        expect: str | None,
        payloads: Payloads | None,
    ) -> Receipt:
        """One try: decide in this state, and append behind its tip."""
        from git_oneshot.core.replay import replay

        if loaded.damage is not None:
            raise loaded.damage
        state, tip = loaded.state, loaded.tip
        stamp = self.world.stamp()
        again = self._again(loaded, command, stamp.key)
        if again is not None:
            return again
        expected(expect, tip)
        events = self._decided(state, command, stamp)
        if not events:
            assert tip is not None  # a command that begins a trail has an event
            return Receipt((), tip, state, state)
        after = replay(state, events)
        kept = payloads(events) if payloads else {}
        summary = summary_of(events, after)
        tip = self.store.append(feature, tip, events, summary=summary, state=after, payloads=kept)
        self._left[feature] = Loaded(after, tip)
        return Receipt(tuple(event.id for event in events), tip, after, state)


def expected(expect: str | None, tip: Tip | None) -> None:
    """Refuse a trail whose tip is another one than expected; None: any will do."""
    actual = tip.commit if tip else ""
    if expect is not None and expect != actual:
        raise OneshotError(
            Code.SEQUENCE_CONFLICT,
            f"the trail is at '{actual[:12] or 'nothing'}', not at '{expect[:12] or 'nothing'}'",
            "read it again: git oneshot status --json",
            expected=expect,
            actual=actual,
        )


def summary_of(events: "tuple[Event, ...]", after: "State") -> str:
    """The line of an append in ``git log refs/oneshot/<feature>``."""
    from git_oneshot.core.events import type_name

    last = type_name(events[-1])
    said = {
        "workflow.started": "begin",
        "state.patched": "plan",
        "workflow.transition": f"enter {after.phase}",
        "spike.graduated": "make a feature of a spike",
        "synthesize.requested": "ask for a pull request",
        "workflow.cancel": "cancel",
        "workflow.cleanup": "complete: merged",
        "cycle.red": "red",
        "cycle.green": "green",
        "commit.recorded": "record a commit",
        "commit.rewritten": "follow a rewrite",
        "proof.recorded": "judge a commit",
        "class.declared": "declare a class",
        "commit.waived": "waive a commit",
        "gate.executed": "run the suite",
        "commits.verified": "verify commits",
        "pr.created": "open a pull request",
        "pr.updated": "change the pull request",
        "pr.closed": "close the pull request",
        "gate.checked": "see whether it is ready",
        "commit.landed": "follow it into the base",
        "workflow.compensation": "clean up",
        "workflow.checkpoint": "checkpoint",
        "workflow.checkpoint_written": "checkpoint",
        "workflow.pruned": "prune",
    }[last]
    return f"{after.feature}: {said}" + (f" ({len(events)} events)" if len(events) > 2 else "")
