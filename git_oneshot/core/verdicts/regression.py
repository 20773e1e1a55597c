"""The whole suite at the tip: what two runs of it say about everything between them."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from git_oneshot.core.facts import Proof, TestTurn
from git_oneshot.core.verdicts.runs import FAILING, Pair, Result, Run, worst
from git_oneshot.core.verdicts.verdict import doubt, proof_of, turn_of, whole

Key = tuple[str, str]  # suite, test id


def regression(
    before: Sequence[tuple[str, Run]],
    after: Sequence[tuple[str, Run]],
    leaving: Collection[Key] = (),
) -> Proof:
    """Nothing that passed before may fail, vanish or be skipped.

    A test that failed before may go on failing. A test may be renamed in its file,
    or move to another. ``before`` may be empty (the first commit). ``leaving``:
    tests that a removal or a revert took along.
    """
    # A base that the tip mends cannot be run, and passed nothing; any other trouble is a doubt.
    broken = [run for _, run in before if run.trouble == "runner"]
    doubtful = doubt(run for _, run in (*after, *before) if run not in broken)
    if doubtful:
        return doubtful
    old = _without(_results([(suite, run) for suite, run in before if not run.trouble]), leaving)
    new = _results(after)
    bad = _broken(old, new, leaving)
    if bad is not None:
        return whole(bad, [run for _, run in (*before, *after)])
    count = f"{len(new)} test{'' if len(new) == 1 else 's'}"
    apart = f"nothing to compare with: {broken[0].detail}" if broken else ""
    notes = tuple(note[:500] for note in (count, apart) if note)
    return Proof(word="PASS", total=len(new), notes=notes)


def _broken(
    old: dict[Key, Result], new: dict[Key, Result], leaving: Collection[Key]
) -> Proof | None:
    """FAIL, when a test is worse off than before."""
    passed = {key for key, r in old.items() if r.outcome == "passed"}
    failing = [
        key
        for key, r in new.items()
        if r.outcome in FAILING
        and key not in leaving
        and (key not in old or old[key].outcome not in FAILING)
    ]
    if failing:
        turns = turns_of(failing, old, new)
        code = "regression" if turns[0].red == "passed" else "suite-failed"
        return proof_of("FAIL", code, turns, f"{turns[0].id} fails")
    skipped = [k for k in passed & new.keys() if new[k].outcome not in ("passed", *FAILING)]
    if skipped:
        turns = turns_of(skipped, old, new)
        return proof_of("FAIL", "skipped", turns, f"{turns[0].id} passed before")
    come = {k for k in new.keys() - old.keys() if new[k].outcome == "passed"}
    gone = _vanished(passed - new.keys(), come, old, new)
    if gone:
        turns = turns_of(gone, old, new)
        return proof_of("FAIL", "vanished", turns, f"{turns[0].id} passed before")
    return None


def lost(pairs: Sequence[Pair]) -> frozenset[Key]:
    """The tests that passed before, and do not any more or are gone."""
    old = _results([(pair.suite, pair.red) for pair in pairs])
    new = _results([(pair.suite, pair.green) for pair in pairs])
    passed = {key for key, result in old.items() if result.outcome == "passed"}
    return frozenset(k for k in passed if k not in new or new[k].outcome != "passed")


def unchanged(pairs: Sequence[Pair], leaving: Collection[Key] = ()) -> Proof:
    """A refactoring: all tests pass without the change and with it, and they are the same tests.

    They may be renamed or move. PASS, if that holds.
    """
    before = [(pair.suite, pair.red) for pair in pairs]
    after = [(pair.suite, pair.green) for pair in pairs]
    doubtful = doubt(run for _, run in (*after, *before))
    if doubtful:
        return doubtful
    found = regression(before, after, leaving)
    old, new = _without(_results(before), leaving), _results(after)
    if found.word != "PASS":
        return found
    failing = [key for key, r in (*old.items(), *new.items()) if r.outcome in FAILING]
    if failing:
        turns = turns_of(failing, old, new)
        return proof_of("FAIL", "suite-failed", turns, f"{turns[0].id} fails without the change")
    come = new.keys() - old.keys()
    if len(come) > len(old.keys() - new.keys()):
        turns = turns_of(come, old, new)
        return proof_of("FAIL", "new-test", turns, f"{turns[0].id} is new")
    return found


def _vanished(
    gone: set[Key], come: set[Key], old: dict[Key, Result], new: dict[Key, Result]
) -> set[Key]:
    """The tests that went and neither moved (their name is elsewhere) nor got another name."""
    moved = Counter((suite, id_.rpartition("::")[2]) for suite, id_ in come)
    left = set()
    for suite, id_ in sorted(gone):
        if moved[suite, id_.rpartition("::")[2]] > 0:
            moved[suite, id_.rpartition("::")[2]] -= 1
        else:
            left.add((suite, id_))
    names = {key[1].rpartition("::")[2] for key in gone}
    renamed = Counter(
        (key[0], new[key].file) for key in come if key[1].rpartition("::")[2] not in names
    )
    vanished = set()
    for key in sorted(left):
        if renamed[key[0], old[key].file] > 0:
            renamed[key[0], old[key].file] -= 1
        else:
            vanished.add(key)
    return vanished


def _results(runs: Sequence[tuple[str, Run]]) -> dict[Key, Result]:
    return {(suite, r.id): r for suite, run in runs for r in worst(run.results)}


def _without(results: dict[Key, Result], leaving: Collection[Key]) -> dict[Key, Result]:
    return {key: result for key, result in results.items() if key not in leaving}


def turns_of_pairs(pairs: Sequence[Pair], keys: Iterable[Key]) -> list[TestTurn]:
    """What some tests did without the change and with it."""
    old = _results([(pair.suite, pair.red) for pair in pairs])
    return turns_of(keys, old, _results([(pair.suite, pair.green) for pair in pairs]))


def turns_of(keys: Iterable[Key], old: dict[Key, Result], new: dict[Key, Result]) -> list[TestTurn]:
    """Both outcomes of each test: first those that passed before, then by name."""
    turns = [turn_of(key[0], old.get(key), new.get(key)) for key in keys]
    return sorted(turns, key=lambda t: (t.red != "passed", t.suite, t.id))
