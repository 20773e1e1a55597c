"""The whole suite at the tip: what two runs of it say about everything between them."""

from collections import Counter
from collections.abc import Iterable, Sequence

from git_oneshot.core.facts import Proof, TestTurn
from git_oneshot.core.runs import FAILING, Result, Run, worst
from git_oneshot.core.verdict import doubt, proof_of, turn_of

Key = tuple[str, str]  # suite, test id


def regression(before: Sequence[tuple[str, Run]], after: Sequence[tuple[str, Run]]) -> Proof:
    """Nothing that passed before may fail, vanish or be skipped.

    A test that failed before may go on failing. A test may be renamed in its file,
    or move to another. ``before`` may be empty (the first commit).
    """
    doubtful = doubt(run for _, run in after)
    if doubtful:
        return doubtful
    old = _results([(suite, run) for suite, run in before if not run.trouble])
    new = _results(after)
    passed = {key for key, r in old.items() if r.outcome == "passed"}
    failing = [
        key
        for key, r in new.items()
        if r.outcome in FAILING and (key not in old or old[key].outcome not in FAILING)
    ]
    if failing:
        turns = _turns(failing, old, new)
        code = "regression" if turns[0].red == "passed" else "suite-failed"
        return proof_of("FAIL", code, turns, f"{turns[0].id} fails")
    skipped = [k for k in passed & new.keys() if new[k].outcome not in ("passed", *FAILING)]
    if skipped:
        turns = _turns(skipped, old, new)
        return proof_of("FAIL", "skipped", turns, f"{turns[0].id} passed before")
    come = {k for k in new.keys() - old.keys() if new[k].outcome == "passed"}
    gone = _vanished(passed - new.keys(), come, old, new)
    if gone:
        turns = _turns(gone, old, new)
        return proof_of("FAIL", "vanished", turns, f"{turns[0].id} passed before")
    count = f"{len(new)} test{'' if len(new) == 1 else 's'}"
    return Proof(word="PASS", total=len(new), notes=(count,))


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


def _turns(keys: Iterable[Key], old: dict[Key, Result], new: dict[Key, Result]) -> list[TestTurn]:
    """Both outcomes of each test: first those that passed before, then by name."""
    turns = [turn_of(key[0], old.get(key), new.get(key)) for key in keys]
    return sorted(turns, key=lambda t: (t.red != "passed", t.suite, t.id))
