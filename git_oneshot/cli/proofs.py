"""Proofs as programs read them (DESIGN §7)."""

from collections.abc import Iterable
from typing import Any, TypedDict

from git_oneshot.cli.data.parts import Judgement, ProofData, Turn
from git_oneshot.cli.mending import trust
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Proof, Word
from git_oneshot.gate.judging import Verdict


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
