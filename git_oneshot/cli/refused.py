"""What was refused last and is still there: how it is mended, and what is known of its commits.

It is asked only where anything was refused, so a `status` mostly does without it.
"""

from collections.abc import Sequence

from git_oneshot.cli.ahead import STAGE, changed, stage_it
from git_oneshot.cli.answer import Next
from git_oneshot.cli.app import App
from git_oneshot.cli.mending import DEEPEN, HELP, at_remote, in_commit, in_suite, put_into, squash
from git_oneshot.cli.standing import claims_of
from git_oneshot.core.facts import Proof
from git_oneshot.core.state import State
from git_oneshot.gate.commits import UNFINISHED, Commits, look
from git_oneshot.gate.judging import Verdict
from git_oneshot.gate.refused import Judged, Refused, keep, last
from git_oneshot.gate.spool import commits_of


def still(app: App, state: State, commits: Commits) -> list[Next]:
    """How to mend what was refused and is still there; nothing where that is nothing."""
    found = known(app, state, commits.ids)
    bad = next((c for c in commits.ids if c in found and found[c].proof.word == "FAIL"), None)
    if bad is None:
        suite = found.get("")
        broken = suite is not None and suite.proof.word == "FAIL"
        return [*in_suite(suite.proof.code)] if suite is not None and broken else []
    code = found[bad].proof.code
    kept = last(app.git)
    if kept is not None and (at := out(app, found[bad], [state.base], kept.remote)):
        return [*at_remote(code, bad, at)]
    lacks = code in HELP and HELP[code].lacks and not HELP[code].apart
    if lacks and not _for(app, bad, commits.ids):
        tree = changed(app)
        if tree.staged or tree.other:
            stage = [] if tree.staged else [STAGE]
            return [*stage, *put_into(bad[:9], onto_of(app, bad))]
    return [*mend(app, code, bad, commits.ids)]


def note_refusal(
    app: App, state: State, by: str, message: str, verdicts: Sequence[Verdict],
    suite: Proof | None,
) -> tuple[Next, ...]:  # fmt: skip
    """Keep what ``by`` refused, for `why` and `status`; give back how it is mended."""
    judged = [
        Judged(commit=v.commit.id, subject=v.commit.subject, proof=v.proof, log=v.log)
        for v in verdicts
    ]
    if suite is not None and suite.word != "PASS":
        judged.append(Judged(proof=suite))
    keep(app.git, Refused(hook=by, at=app.now, branch=app.branch or "", message=message,
                          tip=app.head or "", judged=tuple(judged)))  # fmt: skip
    return mending(app, state, judged)


def mending(app: App, state: State, judged: Sequence[Judged]) -> tuple[Next, ...]:
    """What helps after a refusal: of the first that is FAIL, else of the first in doubt."""
    for word in ("FAIL", "UNKNOWN"):
        for one in judged:
            if one.proof.word != word or state.waiver(one.commit):
                continue
            if not one.commit:
                return in_suite(one.proof.code)
            if at := out(app, one, [state.base]):
                return at_remote(one.proof.code, one.commit, at)
            return mend(app, one.proof.code, one.commit, commits_of(app.git, state).ids)
    return ()


def out(app: App, one: Judged, branches: Sequence[str], remote: str = "") -> str:
    """Where a commit is all the same, as far as is known here: nobody rewrites it there.

    ``branches``: where it is meant for, if it was not refused on its way to a ref of ``remote``.
    What is only in doubt is asked again, wherever the commit is.
    """
    if not one.commit or one.proof.word != "FAIL":
        return ""
    refs = [f"{app.clone.remote}/{branch}" for branch in branches]
    if one.ref:
        refs = [f"{remote}/{one.ref.removeprefix('refs/heads/')}"]
    there = [ref for ref in refs if app.git.named(f"refs/remotes/{ref}")]
    return next((ref for ref in there if app.git.leads(one.commit, f"refs/remotes/{ref}")), "")


def mend(app: App, code: str, commit: str, commits: Sequence[str]) -> tuple[Next, ...]:
    """What helps where a commit of the branch was refused; ``commits``: the feature's."""
    target = ""
    [seen] = look(app.git, [commit])
    if seen.cut:
        return (DEEPEN,)
    if code == "fixup":
        subject = seen.subject.partition("! ")[2]
        below = look(app.git, commits[: commits.index(commit)] if commit in commits else [])
        target = next((onto_of(app, one.id) for one in below if one.subject == subject), "")
    elif code in HELP and HELP[code].lacks and _for(app, commit, commits):
        return (squash(onto_of(app, commit)),)
    return in_commit(code, commit, onto_of(app, commit), target)


def beside(app: App, state: State) -> list[Next]:
    """How a test gets into the commit whose code it tests: the last that is not proven yet."""
    ids = commits_of(app.git, state).ids
    said = claims_of(app, state, ids) if ids else []
    bare = [one.commit for one in said if one.verdict != "PASS" and one.waived is None]
    if not bare:
        return []
    stage = stage_it(app)
    why = f"{stage.why}, if it tests what {bare[-1][:9]} has"
    return [stage._replace(why=why), *put_into(bare[-1][:9], onto_of(app, bare[-1]))]


def onto_of(app: App, commit: str) -> str:
    """What a commit is rebased onto; "" for the last one, which is amended."""
    if commit == app.head:
        return ""
    parent = app.git.named(f"{commit}^")
    return f"{commit[:9]}^" if parent else "--root"


def _for(app: App, commit: str, commits: Sequence[str]) -> bool:
    """Whether a later commit waits to be squashed into one."""
    if commit not in commits:
        return False
    seen, *later = look(app.git, commits[commits.index(commit) :])
    return any(one.subject == f"{word}{seen.subject}" for one in later for word in UNFINISHED)


def known(
    app: App, state: State, commits: Sequence[str], *, waived: bool = False
) -> dict[str, Judged]:
    """What the last refusal found of commits, where nobody has said anything of them since.

    ``waived``: also of those that a waiver lets pass. What it found of the tip's whole suite is
    there as "".
    """
    kept = last(app.git)
    if kept is None:
        return {}
    said = {commit.id for commit in state.commits if commit.declared}
    found = {one.commit: one for one in kept.judged
             if one.commit in commits and (one.proof.declared or one.commit not in said)
             and (waived or state.waiver(one.commit) is None)}  # fmt: skip
    if kept.tip == app.head and not kept.tree:
        found.update(("", one) for one in kept.judged if not one.commit)
    return found
