"""PASS, FAIL(code), UNKNOWN(code): what two runs of the tests say about a change.

Pure: reports and facts of the diff in, a proof out. RED and GREEN have
identical test files, so only the rest of the change can have turned a test.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from git_oneshot.core.facts import TURNED, Proof, TestTurn, Word
from git_oneshot.core.verdicts.codes import FAILURES, UNCOUNTED
from git_oneshot.core.verdicts.reasons import uninstalled, why
from git_oneshot.core.verdicts.runs import FAILING, Facts, Pair, Result, Run, worst

SHOWN: Final = 200  # tests that a proof lists


def judge(pairs: Sequence[Pair], facts: Facts, *, other: str) -> Proof:
    """The proof of a change from its runs; ``other`` is its class if no test turned."""
    found = _judged(pairs, facts, other)
    return whole(found, [run for pair in pairs for run in (pair.green, pair.red)])


def _judged(pairs: Sequence[Pair], facts: Facts, other: str) -> Proof:
    doubtful = doubt(run for pair in pairs for run in (pair.green, pair.red))
    if doubtful:
        return doubtful
    turns = [turn for pair in pairs for turn in _turns(pair, facts)]
    bad = [t for t in turns if t.green in FAILING]
    if bad:
        return _green_failed(pairs, facts, bad)
    lost = _lost_of(turns)
    if lost:
        code = "skipped" if lost[0].green else "vanished"
        return proof_of("FAIL", code, lost, f"{lost[0].id} passed without the change")
    turned = [t for t in turns if t.turned]
    if turned:
        rest = sorted(
            (t for t in turns if not t.turned), key=lambda t: t.red == t.green == "passed"
        )
        return proof_of("PASS", "", [*_in_order(turned), *rest], kind="behaviour")
    if not facts.production:
        return proof_of("PASS", "", turns, "" if turns else "unexercised: no test ran", kind=other)
    return _not_red([(pair.suite, pair.red) for pair in pairs], facts, turns)


def _lost_of(turns: Sequence[TestTurn]) -> list[TestTurn]:
    """The tests that are lost with the change.

    unittest names the parts of a test by what they are given, which may be another thing in
    each run: they are not lost where the test passes, and as many of its parts do as did.
    """
    lost = [t for t in turns if _lost(t)]
    gone = Counter((t.suite, _whole(t.id)) for t in lost if not t.green)
    if not gone:
        return lost
    come = Counter((t.suite, _whole(t.id)) for t in turns if not t.red and t.green == "passed")
    passed = {(t.suite, t.id) for t in turns if t.red == t.green == "passed"}
    same = {key for key, number in gone.items() if key in passed and come[key] >= number}
    return [t for t in lost if t.green or (t.suite, _whole(t.id)) not in same]


def _whole(id_: str) -> str:
    """The test that a part belongs to, by their names: ``Class::test (n=1)``, ``… [name]``."""
    name, space, _ = id_.partition(" ")
    return name if space else ""


def _lost(turn: TestTurn) -> bool:
    """Whether a test passed without the change, and does not say any more that it does.

    One that is expected to fail passed when it came out as a surprise.
    """
    if turn.green == "xfailed":
        return turn.red in ("passed", "xpassed") or turn.reason == "not xpass"
    return turn.red == "passed" and turn.green != "passed"


def _green_failed(pairs: Sequence[Pair], facts: Facts, bad: list[TestTurn]) -> Proof:
    absent = {
        (pair.suite, r.id[:2000]): r.missing
        for pair in pairs
        for r in worst(pair.green.results)
        if uninstalled(r, facts)
    }
    if all((t.suite, t.id) in absent for t in bad):
        return _absent(absent[bad[0].suite, bad[0].id], bad)
    first = next((t for t in bad if t.red not in FAILING), bad[0])
    also = ", and without it" if first.red in FAILING else ""
    said = f"{first.id} fails with the change{also}"
    raised = _raised(first, [(pair.suite, pair.green) for pair in pairs])
    return proof_of("FAIL", "green-failed", bad, said + raised)


def _not_red(runs: Sequence[tuple[str, Run]], facts: Facts, turns: list[TestTurn]) -> Proof:
    """Why no test counts that ran without the change."""
    failing = [t for t in turns if t.red in FAILING]
    if failing:
        results = (r for _, run in runs for r in worst(run.results))
        missing = next((r.missing for r in results if uninstalled(r, facts)), None)
        if missing is not None:
            return _absent(missing, failing)
        return proof_of("FAIL", "broken-test", failing, _why_not(failing[0], runs))
    if turns:
        return proof_of("FAIL", "vacuous-red", turns, _vacuous(turns, runs))
    return proof_of("FAIL", "no-test", [], FAILURES["no-test"])


def _vacuous(turns: Sequence[TestTurn], runs: Sequence[tuple[str, Run]]) -> str:
    """That no test failed without the change; of skipped ones, that they were, and why."""
    passed = [t for t in turns if t.red == "passed"]
    skipped = [t for t in turns if t.red == "skipped"]
    both = bool(skipped) and all(t.green == "skipped" for t in skipped)
    said = f"{turns[0].id} does not fail without the change"
    if passed:
        said = _all(passed, "passes", "pass")
    elif skipped:
        said = _all(skipped, "is skipped", "are skipped") + (" and with it" if both else "")
    if passed and skipped:  # the new ones may be among them, as on an older Python
        said += f"; skipped{' in both runs' if both else ''}: {len(skipped)}"
    return said + (_raised(skipped[0], runs) if skipped else "")


def _all(turns: Sequence[TestTurn], one: str, many: str) -> str:
    shown = f"all {len(turns)} tests {many}" if len(turns) > 1 else f"{turns[0].id} {one}"
    return f"{shown} without the change"


def _why_not(turn: TestTurn, runs: Sequence[tuple[str, Run]]) -> str:
    """Why the failure of a test does not count."""
    said = UNCOUNTED.get(turn.reason.removeprefix("not "))
    if said is None:  # the failure would count, had the test passed with the change
        return f"{turn.id} fails without the change, and is {turn.green or 'gone'} with it"
    return f"{turn.id} {said}{_raised(turn, runs)}"


def _raised(turn: TestTurn, runs: Sequence[tuple[str, Run]]) -> str:
    """What a test says of its failure, in brackets; "" where it says nothing."""
    results = (
        result
        for suite, run in runs
        for result in worst(run.results)
        if suite == turn.suite and result.id in (turn.id, turn.file)
    )
    one = next(results, None)
    if one is None:
        return ""
    line = one.message.strip().partition("\n")[0][:200]
    said = ": ".join(part for part in (one.exception, line) if part)
    return f" ({said})" if said else ""


def _absent(name: str, turns: list[TestTurn]) -> Proof:
    note = f"'{name}' is not installed, and no module of the change"
    return proof_of("UNKNOWN", "environment", turns, note)


def _in_order(turns: Iterable[TestTurn]) -> list[TestTurn]:
    return sorted(turns, key=lambda t: (t.suite, t.id))


def _turns(pair: Pair, facts: Facts) -> list[TestTurn]:
    """Each test of a suite, without the change and with it.

    A test file that could not be collected without the change lends its
    failure to every test that it holds with the change; a conftest.py, to all below it.
    """
    red = {r.id: r for r in worst(pair.red.results)}
    green = {r.id: r for r in worst(pair.green.results)}
    uncollected = {r.file: r for r in red.values() if r.when == "collect"}
    turns: list[TestTurn] = []
    for id_ in sorted(red.keys() | green.keys()):
        before = red.get(id_)
        after = green.get(id_)
        if before is None and after is not None:
            before = uncollected.get(after.file) or _above(after.file, uncollected)
        if before is not None and before.when == "collect" and after is None:
            continue  # the file itself, which holds tests now
        turns.append(turn_of(pair.suite, before, after, why(before, facts) if before else ""))
    return turns


def _above(file: str, uncollected: Mapping[str, Result]) -> Result | None:
    """The failure of a conftest.py above a file."""
    tops = {f: f.removesuffix("conftest.py") for f in uncollected if f.endswith("conftest.py")}
    return next((uncollected[f] for f, top in tops.items() if file.startswith(top)), None)


def seen_red(runs: Sequence[tuple[str, Run]], facts: Facts) -> Proof:
    """The first half of a cycle: at least one test has to fail, for a reason that counts."""
    doubtful = doubt(run for _, run in runs)
    if doubtful:
        return doubtful
    turns = [
        turn_of(suite, r, None, why(r, facts)) for suite, run in runs for r in worst(run.results)
    ]
    accepted = [t for t in turns if t.red in FAILING and not t.reason.startswith("not ")]
    if accepted:
        return proof_of("PASS", "", _in_order(accepted), kind="behaviour")
    return _not_red(runs, facts, turns)


# -- what every judgement is made of ----------------------------------------------


def doubt(runs: Iterable[Run]) -> Proof | None:
    """UNKNOWN, when a run proves nothing."""
    for run in runs:
        if run.trouble:
            return proof_of("UNKNOWN", run.trouble, [], run.detail)
    return None


def whole(proof: Proof, runs: Iterable[Run]) -> Proof:
    """A proof; UNKNOWN(submodule) instead of what may be for want of a submodule."""
    lacks = next((run.lacks for run in runs if run.lacks), "")
    wanting = proof.word == "FAIL" or proof.code in ("environment", "deps")
    return proof_of("UNKNOWN", "submodule", [], lacks) if lacks and wanting else proof


def turn_of(suite: str, before: Result | None, after: Result | None, reason: str = "") -> TestTurn:
    """A test as it was without the change and with it; at least one of the two is there."""
    one = after or before
    assert one is not None
    return TestTurn(
        suite=suite, id=one.id[:2000], file=one.file[:500], reason=reason,
        red=before.outcome if before else "", green=after.outcome if after else "",
    )  # fmt: skip


def proof_of(
    word: Word, code: str, turns: Sequence[TestTurn], *notes: str, kind: str = ""
) -> Proof:
    """A proof within the bounds of its type."""
    turned = sum(t.turned for t in turns)
    many = f"{TURNED}{turned} of {len(turns)} tests, of which {SHOWN} are listed"
    shown = tuple(note[:500] for note in (*notes, many * (turned > SHOWN)) if note)
    return Proof(
        word=word, code=code, kind=kind, tests=tuple(turns[:SHOWN]), total=len(turns), notes=shown
    )
