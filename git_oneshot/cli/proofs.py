"""Proofs as programs read them (DESIGN §7)."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypedDict

from git_oneshot.cli import text
from git_oneshot.cli.data.parts import Judgement, ProofData, Turn
from git_oneshot.cli.mending import trust
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Proof, Word
from git_oneshot.core.spelling import counted
from git_oneshot.gate.judging import Each, Verdict

if TYPE_CHECKING:
    from git_oneshot.cli.app import App


class ProofFields(TypedDict):
    """The fields of ``parts.ProofData``."""

    verdict: Word
    code: str | None
    kind: str | None
    declared: bool
    tests: list[Turn]
    total: int
    notes: list[str]


def trusted(proofs: Iterable[Proof], where: str = "", **data: Any) -> None:
    """Say at once what has to be done when it was only the commands that may not run.

    ``where``: the commits by whose rules they would be run; "" where `trust` sees them itself.
    """
    if any(proof.code == "untrusted" for proof in proofs):
        step = trust(where)
        raise OneshotError(
            Code.UNTRUSTED,
            "the test commands of this repository are not trusted in this clone",
            f"{step.why}: {step.line}",
            ahead=(step,),
            **data,
        )


@contextlib.contextmanager
def so_far(app: "App", again: str) -> Iterator[Each]:
    """Hand verdicts on, and show those that were found when somebody interrupts.

    ``again``: the command that judges all of them anew, since nothing of it is kept.
    """
    found: list[Verdict] = []
    totals = [0]

    def each(verdicts: Iterable[Verdict], total: int) -> Iterator[Verdict]:
        totals.append(total)
        for one in app.progress.commits(verdicts, total):
            found.append(one)
            yield one

    try:
        yield each
    except KeyboardInterrupt:
        if not found:
            raise
        app.say(text.verdicts(found))
        raise OneshotError(
            Code.INTERRUPTED,
            f"interrupted: {len(found)} of {counted(totals[-1], 'commit')} were judged",
            f"nothing of it is kept; all are judged anew by: {again}",
            commits=judgements(found),
        ) from None


def proof_data(proof: Proof) -> ProofData:
    """A proof."""
    return ProofData(**proof_fields(proof))


def judgements(verdicts: Iterable[Verdict]) -> list[Judgement]:
    """Commits with their proofs."""
    return [
        Judgement(
            commit=v.commit.id,
            subject=v.commit.subject,
            suite=proof_data(v.suite) if v.suite else None,
            waived=v.waiver.reason if v.waiver else None,
            **proof_fields(v.proof),
        )
        for v in verdicts
    ]


def proof_fields(proof: Proof) -> ProofFields:
    """A proof, for an answer that says more than it."""
    return {
        "verdict": proof.word, "code": proof.code or None, "kind": proof.kind or None,
        "declared": proof.declared,
        "tests": [
            Turn(suite=t.suite, file=t.file, id=t.id, red=t.red or None, green=t.green or None,
                 reason=t.reason or None)
            for t in proof.tests
        ],
        "total": proof.total, "notes": list(proof.notes),
    }  # fmt: skip
