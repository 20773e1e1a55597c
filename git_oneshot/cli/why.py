"""why: the last refusal of a hook, whole."""

from git_oneshot.cli.answer import Answer, Next, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.data import Why
from git_oneshot.cli.parts import Refused, excerpt
from git_oneshot.cli.proofs import proof_fields
from git_oneshot.cli.refusal import after_verdict
from git_oneshot.core.facts import Proof
from git_oneshot.core.ids import printable
from git_oneshot.core.verdict import DOUBTS, FAILURES
from git_oneshot.gate.refused import Judged, last

LINES = 20  # of the end of what the tests printed


@answering("why", "why a hook refused the last time, and what to do")
def why(app: App) -> Answer:
    """Say what a hook refused the last time in this clone, why, and what to do about it."""
    kept = last(app.git)
    if kept is None:
        nothing = Why(hook=None, at=None, branch=None, remote=None, message=None, tree=None,
                      parent_tree=None, refused=[])  # fmt: skip
        return Answer(nothing, "no hook has refused anything in this clone")
    data = Why(
        hook=kept.hook, at=kept.at, branch=kept.branch or None, remote=kept.remote or None,
        message=kept.message, tree=kept.tree or None, parent_tree=kept.parent_tree or None,
        refused=[_refused(one) for one in kept.judged],
    )  # fmt: skip
    where = f" on '{kept.branch}'" if kept.branch else ""
    to = f" to '{kept.remote}'" if kept.remote else ""
    when = kept.at[:16].replace("T", " ")
    lines = [printable(f"{kept.hook}{where}{to} refused at {when}: {kept.message}")]
    for one in kept.judged:
        lines += _lines(one)
    nexts = dict.fromkeys(
        step
        for one in kept.judged
        for step in after_verdict(one.proof.code, committed=bool(one.commit))
    )
    if kept.hook == "pre-commit" and not app.json:  # a person may know better, an agent never does
        once = Next(("git", "commit", "--no-verify"), "or, knowing better for once", ("--message",))
        nexts[once] = None
    return Answer(data, "\n".join(lines), list(nexts))


def _refused(one: Judged) -> Refused:
    return Refused(
        **proof_fields(one.proof), commit=one.commit or None, subject=one.subject or None,
        ref=one.ref or None, advice=_advice(one.proof), log=excerpt(one.log),
    )  # fmt: skip


def _advice(proof: Proof) -> str:
    return {**FAILURES, **DOUBTS}.get(proof.code, "")


def _lines(one: Judged) -> list[str]:
    """A judgement in lines: the verdict, each test with its reason, the log, the advice."""
    proof = one.proof
    what = one.commit[:9] or ("the suite" if one.ref else "staged")
    lines = [f"{what} {proof.word}({proof.code})  {printable(one.subject)}".rstrip()]
    for test in proof.tests[:10]:
        ends = f"without it {test.red or '-'}, with it {test.green or '-'}"
        reason = f" ({test.reason})" if test.reason else ""
        lines.append(f"          {printable(test.id)}: {ends}{reason}")
    if len(proof.tests) > 10:
        lines.append(f"          and {proof.total - 10} more")
    lines += [f"          {printable(note)}" for note in proof.notes]
    log = one.log.strip().splitlines()[-LINES:]
    lines += [f"  | {printable(line)}" for line in log]
    return [*lines, f"          {_advice(proof)}"]
