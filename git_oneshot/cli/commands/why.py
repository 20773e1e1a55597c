"""why: the last refusal of a hook or of finalize, whole."""

from msgspec.structs import replace

from git_oneshot.cli.answer import COMMIT_IT, STATUS, Answer, Next, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.data.history import Why
from git_oneshot.cli.data.parts import Refused as RefusedData
from git_oneshot.cli.data.parts import excerpt
from git_oneshot.cli.look import Prose
from git_oneshot.cli.mending import in_suite, in_tree
from git_oneshot.cli.proofs import proof_fields
from git_oneshot.cli.refused import mend, out
from git_oneshot.core.facts import Proof
from git_oneshot.core.spelling import printable
from git_oneshot.core.verdicts.codes import DOUBTS, FAILURES
from git_oneshot.gate.refused import Judged, Refused, last
from git_oneshot.gate.spool import commits_of

LINES = 20  # of the end of what the tests printed


@answering("why")
def why(app: App) -> Answer:
    """Say what was refused last in this clone, why, and what to do about it.

    What a hook refused, or finalize. Where it was mended meanwhile, that is said.
    """
    kept = last(app.git)
    if kept is None:
        nothing = Why(hook=None, at=None, branch=None, remote=None, message=None, tree=None,
                      parent_tree=None, mended=None, refused=[])  # fmt: skip
        return Answer(nothing, "nothing was refused in this clone")
    bad = [one for one in kept.judged if one.proof.word != "PASS"]
    here = _left(app, kept, bad)
    on = _meant_for(app) or ("HEAD", kept.branch)
    past = {one.commit: at for one in here if (at := out(app, one, on, kept.remote))}
    left = [one for one in here if one.commit not in past]
    data = Why(
        hook=kept.hook, at=kept.at, branch=kept.branch or None, remote=kept.remote or None,
        message=kept.message, tree=kept.tree or None, parent_tree=kept.parent_tree or None,
        mended=not left, refused=[_refused(one) for one in bad],
    )  # fmt: skip
    where = f" on '{kept.branch}'" if kept.branch else ""
    to = f" to '{kept.remote}'" if kept.remote else ""
    when = kept.at[:16].replace("T", " ")
    lines = [printable(f"{kept.hook}{where}{to} refused at {when}: {kept.message}")]
    lines += [
        printable(f"past: '{at}' has {commit[:9]}, and a new commit mends what is there")
        for commit, at in past.items()
    ]
    if not left:
        if not past:
            lines.append("mended since: what it names is proven by now, or not there any more")
        return Answer(data, "\n".join(lines), [STATUS])
    for one in bad:
        lines += _lines(kept, one) if one.commit not in past else []
    nexts = dict.fromkeys(step for one in left for step in _steps(app, kept, one))
    if kept.hook == "pre-commit" and not app.json:  # a person may know better, an agent never does
        once = Next(("git", "commit", "--no-verify"), "or, knowing better for once", ("--message",))
        nexts[once] = None
    return Answer(data, [Prose("\n".join(lines))], list(nexts))


def _left(app: App, kept: Refused, bad: list[Judged]) -> list[Judged]:
    """What is still as it was when it was refused."""
    if kept.tree and (app.head or "") == kept.tip:  # it is still to be committed
        return bad
    if app.head is None:
        return []
    if kept.tree:  # or it was, all the same
        same = app.git.tree(app.head) == kept.tree
        return [replace(one, commit=app.head) for one in bad] if same else []
    here = {one.commit for one in bad if one.commit and _here(app, one.commit)}
    name = app.feature_here()
    state = app.session.load(name).state if name is not None else None
    waived = {one.commit for one in bad if state and state.waiver(one.commit)}
    return [
        one for one in bad
        if (one.commit in here - waived if one.commit else app.head == kept.tip)
    ]  # fmt: skip


def _meant_for(app: App) -> tuple[str, ...]:
    """The branch that the feature here is meant for, if there is one."""
    name = app.feature_here()
    return (app.session.load(name).state.base,) if name is not None else ()


def _here(app: App, commit: str) -> bool:
    return app.git.leads(commit, "HEAD")


def _steps(app: App, kept: Refused, one: Judged) -> tuple[Next, ...]:
    if not one.commit and kept.tree:
        return (*_left_out(app, kept, one.proof.code), *in_tree(one.proof.code))
    if not one.commit:
        return in_suite(one.proof.code)
    name = app.feature_here()
    ours = commits_of(app.git, app.session.load(name).state).ids if name is not None else ()
    return mend(app, one.proof.code, one.commit, ours)


def _left_out(app: App, kept: Refused, code: str) -> tuple[Next, ...]:
    """How a test that is written, and was not staged, gets into the commit that it is for."""
    if code != "no-test":
        return ()
    from git_oneshot.gate.precommit import left_out
    from git_oneshot.proof.suites import rules_for
    from git_oneshot.proof.trees.made import staged

    rules, _, broken = rules_for(app.git, kept.parent_tree, kept.tree)
    if broken is not None or app.git.lines("ls-files", "--unmerged"):
        return ()
    tests = left_out(app.git, rules, staged(app.git))
    stage = Next(("git", "add", "--", *(f":/{test}" for test in tests)), "stage its test")
    return (stage, COMMIT_IT) if tests else ()


def _refused(one: Judged) -> RefusedData:
    return RefusedData(
        **proof_fields(one.proof), commit=one.commit or None, subject=one.subject or None,
        ref=one.ref or None, advice=_advice(one.proof), log=excerpt(one.log),
    )  # fmt: skip


def _advice(proof: Proof) -> str:
    return {**FAILURES, **DOUBTS}.get(proof.code, "")


def _lines(kept: Refused, one: Judged) -> list[str]:
    """A judgement in lines: the verdict, each test with its reason, the log, the advice."""
    proof = one.proof
    what = one.commit[:9] or ("staged" if kept.tree else "the suite")
    lines = [f"{what} {proof.verdict}  {printable(one.subject)}".rstrip()]
    for test in proof.tests[:10]:
        ends = f"without it {test.red or '-'}, with it {test.green or '-'}"
        reason = f" ({test.reason})" if test.reason else ""
        lines.append(f"          {printable(test.id)}: {ends}{reason}")
    if len(proof.tests) > 10:
        lines.append(f"          and {proof.total - 10} more")
    lines += [f"          {printable(note)}" for note in proof.notes]
    log = one.log.strip().splitlines()[-LINES:]
    lines += [f"  | {printable(line)}" for line in log]
    advice = _advice(proof)
    return lines if advice in proof.notes else [*lines, f"          {advice}"]
