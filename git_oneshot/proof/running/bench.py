"""The bench: runs of suites on trees, made in slots, or found in the cache where it is believed."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from git_oneshot.core.facts import Proof
from git_oneshot.core.rules.rules import Suite
from git_oneshot.core.verdicts.runs import Pair, Run
from git_oneshot.git import Git
from git_oneshot.proof.runners import Task, Tools, fingerprint, run_suite
from git_oneshot.proof.running.cache import ProofCache
from git_oneshot.proof.running.process import stopping
from git_oneshot.proof.running.slots import Slots

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

PLUGIN_VERSION: Final = "8"


Watch = Callable[[str, float], contextlib.AbstractContextManager[None]]


def unwatched(_what: str, _expected: float) -> contextlib.AbstractContextManager[None]:
    """Where nobody looks."""
    return contextlib.nullcontext()


class Wanted(NamedTuple):
    """A suite of which tests are to be run: the selected ones, or all when empty.

    ``trace``: files of which the executed lines are asked for, where the runner can tell.
    """

    suite: Suite
    selected: tuple[str, ...]
    trace: tuple[str, ...] = ()


class Bench:
    """Where the runs of one process are made.

    ``fresh``: make every run anew and believe no cache. ``limit``: seconds
    after which a run is given up as UNKNOWN(budget). ``watch`` is told, from
    any thread, what is run and how long it took the last time.
    """

    def __init__(
        self,
        git: Git,
        tools: Tools,
        slots: Slots,
        cache: ProofCache,
        *,
        fresh: bool,
        limit: float | None,
        watch: Watch,
    ) -> None:
        self._git = git
        self._tools = tools
        self._slots = slots
        self._cache = cache
        self._fresh = fresh
        self.limit = limit
        self._watch = watch
        # How long the runs took the last time that were not begun for want of time.
        self.refused: list[float] = []
        # Within one process a fresh run is made once.
        self._made: dict[tuple[str, ...], Run] = {}
        self._place: dict[str, str] = {}  # where a tree was laid out last

    def verdict(self, key: Sequence[str]) -> Proof | None:
        """A proof that was found before, where the cache is believed."""
        return None if self._fresh else self._cache.find(Proof, key)

    def keep(self, key: Sequence[str], proof: Proof) -> None:
        """Remember a proof."""
        self._cache.keep(key, proof)

    def pairs(
        self, wanted: Sequence[Wanted], hybrid_tree: str, tree: str, trace: tuple[str, ...] = ()
    ) -> list[Pair]:
        """RED and GREEN of each suite, side by side: there are two slots and often two cores.

        ``trace``: files of which GREEN is asked what it executes.
        """
        if hybrid_tree == tree and not trace:
            runs = [(want.suite.name, self.run(want, tree)) for want in wanted]
            return [Pair(name, run, run) for name, run in runs]
        pairs = []
        with side_by_side() as pool:
            for want in wanted:
                # Imports and git calls of both threads are safe: they share no state.
                red = pool.submit(self.run, want, hybrid_tree)
                green = pool.submit(self.run, want._replace(trace=trace), tree)
                pairs.append(Pair(want.suite.name, red.result(), green.result()))
        return pairs

    def run(self, want: Wanted, tree: str) -> Run:
        """The run of a suite on a tree."""
        key = (*self.key([want]), tree)
        known = self._made.get(key) or (None if self._fresh else self._cache.find(Run, key))
        if known is not None:
            return known
        most = want.suite.timeout
        timeout = most if self.limit is None else min(self.limit, most)
        took = self._cache.last(key[:-1])
        if timeout < most and took >= timeout:
            self.refused.append(took)
            said = f"took {took:.0f} s the last time" if took else "was not run on this yet"
            return Run(trouble="budget", detail=f"suite '{want.suite.name}' {said}")
        watched = self._watch(f"suite '{want.suite.name}'", took)
        with watched, self._slots.with_tree(tree) as slot:
            self._place[tree] = slot.top
            selected = tuple(s for s in want.selected if _exists(slot.top, want.suite, s))
            if want.selected and not selected:
                return Run()
            task = Task(want.suite, slot, selected, timeout, want.trace)
            made = run_suite(task, self._tools)
        if made.trouble == "timeout" and timeout < most:
            made = msgspec.structs.replace(made, trouble="budget")
        if slot.lacking:
            made = msgspec.structs.replace(made, lacks=slot.lacking)
        self._made[key] = made
        if not made.lacks:  # it may come
            self._cache.keep(key, made)
        self._cache.took(key[:-1], made.seconds)
        return made

    def again(self, want: Wanted, tree: str, other: str) -> Run:
        """The run of a suite on a tree, made once more, in the folder where another tree was."""
        with self._slots.with_tree(tree, near=self._place.get(other, "")) as slot:
            return run_suite(Task(want.suite, slot, want.selected, want.suite.timeout), self._tools)

    def key(self, wanted: Sequence[Wanted]) -> tuple[str, ...]:
        """All that decides the outcome of runs, but the trees."""
        said = [
            # As Python writes it: a name need not be UTF-8.
            ascii((w.suite, w.selected, w.trace, fingerprint(w.suite, self._tools)))
            for w in wanted
        ]
        return (PLUGIN_VERSION, os.uname().machine, *said)


@contextlib.contextmanager
def side_by_side() -> "Iterator[ThreadPoolExecutor]":
    """Two runs at a time; when we are interrupted, both end, and no other begins."""
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(max_workers=2)
    try:
        yield pool
    except BaseException:
        stopping.set()
        raise
    finally:
        _join(pool)
        stopping.clear()  # both have ended: the next run is not theirs


def _join(pool: "ThreadPoolExecutor") -> None:
    """Wait until the runs have ended, however often we are interrupted meanwhile."""
    while True:
        try:
            return pool.shutdown(wait=True, cancel_futures=stopping.is_set())
        except KeyboardInterrupt:
            stopping.set()


def _exists(top: str, suite: Suite, selected: str) -> bool:
    return os.path.lexists(os.path.join(top, suite.root, selected.partition("::")[0]))
