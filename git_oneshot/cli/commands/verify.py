"""verify: the judgement that CI, a server and anyone with a clone can make."""

import contextlib
import shlex
from collections.abc import Iterable, Iterator

import click

from git_oneshot.cli import text
from git_oneshot.cli.ahead import FINALIZE
from git_oneshot.cli.answer import Answer, Next, answering
from git_oneshot.cli.app import App
from git_oneshot.cli.ci import service, tell
from git_oneshot.cli.completion import ranges
from git_oneshot.cli.data.parts import ShardData
from git_oneshot.cli.data.proof import Verified
from git_oneshot.cli.given import Number
from git_oneshot.cli.look import Part
from git_oneshot.cli.mending import DEEPEN, in_tree
from git_oneshot.cli.proofs import judgements, proof_data, so_far, trusted
from git_oneshot.cli.refused import mending
from git_oneshot.cli.renamed import own_branch
from git_oneshot.cli.vouching import feature_with, ready, vouch
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.spelling import counted
from git_oneshot.core.state import State
from git_oneshot.core.verdicts.codes import remedies
from git_oneshot.core.verdicts.remarks import harmless
from git_oneshot.core.verdicts.shards import Shard, shard_of
from git_oneshot.gate.believed import pardons
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.commits import bases_of, look, range_of
from git_oneshot.gate.judging import Found, Verdict, worst
from git_oneshot.gate.refused import Judged
from git_oneshot.gate.spool import commits_of, foreseen
from git_oneshot.gate.verifying import Asked, verified
from git_oneshot.trail.store import load_all


@answering("verify", long=True)
@click.argument("range_", metavar="[RANGE]", required=False, shell_complete=ranges)
@click.option(
    "--regression", type=click.Choice(["tip", "each", "off"]), default="tip",
    help="Run the whole suite on the last commit (the default), on each, or not at all.",
)  # fmt: skip
@click.option(
    "--ablate", is_flag=True,
    help="Ask each proof twice, and take each part of a change out: a test must miss it.",
)  # fmt: skip
@click.option("--ci", is_flag=True, help="Tell the CI service, too: annotations and a report.")
@click.option(
    "--seal", is_flag=True, help="Put it on the trail, signed, for a server that runs nothing."
)
@click.option("--shard", metavar="I/N", help="Judge the I-th of N parts of the commits.")
@click.option(
    "-j", "--jobs", metavar="N", type=Number(1, 64), default=1,
    help="Judge N commits at a time.",
)  # fmt: skip
def verify(
    app: App,
    *,
    range_: str | None,
    regression: str,
    ablate: bool,
    ci: bool,
    seal: bool,
    shard: str | None,
    jobs: int,
) -> Answer:
    """Judge each commit of RANGE (or the one commit) by running its tests anew.

    Without RANGE: the commits of the open feature of this branch, or of -f;
    else every commit of HEAD that a trail speaks of. No cache is believed.
    """
    if app.key and not seal:
        raise OneshotError(
            Code.USAGE, "option '--key' is one of '--seal': without it, nothing is written",
            "leave it out, or see: git oneshot verify -h",
        )  # fmt: skip
    part = shard_of(shard or "1/1")
    commits = _commits(app, range_)
    name = feature_with(app, commits) if seal and commits else None
    before = bases_of(look(app.git, commits)).get(commits[-1], "") if commits else ""
    by = before if name else None
    if name:
        ready(app, part.of(commits))
    # Where a service runs us, to run the tests of what it was given is what the job is for.
    prover = app.prover(fresh=True, trusted=ci and service(app.environ) != "", by=by)
    states = (one.state for one in load_all(app.store))
    asked = Asked(
        commits=commits,
        claims=Claims(tuple(foreseen(app.git, state, state.branch) for state in states)),
        pardons=pardons(app.git, app.store, app.store.tips(), before) if commits else Claims(),
        tip=regression != "off",
        each=regression == "each",
        ablate=prover.ablate if ablate else None,
        shard=part,
        jobs=jobs,
    )
    # Of several at a time nobody tells what each one runs.
    told = app.progress.running(f"{jobs} at a time") if jobs > 1 else contextlib.nullcontext()
    again = shlex.join(["git", "oneshot", "verify", *filter(None, [range_])])
    with told, so_far(app, again) as each:
        found = verified(app.git, prover, asked, lambda one, n: _trusted(each(one, n)))
    trusted([found.suite] if found.suite else [], range_ or "")
    app.refresh_display({v.commit.id: v.proof for v in found.verdicts})
    if ci:
        tell(app, found)
    ours = _feature(app) if range_ is None else None
    answer = _answer(app, found, _shown(part, asked) if shard else None, ours, plain=ci)
    if name and by and found.verdicts:
        vouch(app, name, found, by)
    return answer


def _trusted(verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
    """The verdicts; an end to it when the commands may not run."""
    for verdict in verdicts:
        trusted([verdict.proof], verdict.commit.id[:9])
        yield verdict


def _shown(part: Shard, asked: Asked) -> ShardData:
    return ShardData(number=part.number, parts=part.parts, commits=len(asked.commits))


def _told(commits: int, pardoned: int) -> str:
    if not commits:
        return "nothing to judge"
    proven = f"{counted(commits - pardoned, 'commit')} proven"
    return f"{proven}, {pardoned} waived" if pardoned else proven


def _answer(
    app: App, found: Found, shard: ShardData | None, ours: FeatureId | None, *, plain: bool
) -> Answer:
    """What was found, of the commits of ``ours``; ``plain``: a CI service may do what it reads."""
    verdicts, suite = found.verdicts, found.suite
    told = proof_data(suite) if suite else None
    data = Verified(commits=judgements(verdicts), suite=told, shard=shard)
    parts: list[Part] = [text.verdicts(verdicts)]
    if suite is not None:
        parts.append(f"suite    {suite.told}")
    if plain:
        parts = [harmless(str(part)) for part in parts]
    word = worst(found.proofs)
    if word == "PASS":
        end = _told(len(verdicts), len(found.pardoned))
        state = app.session.load(ours).state if ours else None
        leads = state is not None and state.phase == "implementing" and not state.spike
        return Answer(data, [*parts, end], [FINALIZE] if leads else [])
    for part in parts:
        app.say(part)
    bad = [proof for proof in found.proofs if proof.word == word]
    raise OneshotError(
        Code.NOT_PROVEN if word == "FAIL" else Code.UNDECIDED,
        f"{word}: {counted(len(bad), 'judgement')} of {len(found.proofs)}",
        remedies(bad) or "each line above says why",
        commits=data.commits,
        suite=data.suite,
        ahead=_ahead(app, ours, found),
    )


def _ahead(app: App, name: FeatureId | None, found: Found) -> tuple[Next, ...] | None:
    """How the commits of a feature that is open here are mended, or the clone is."""
    if name is None:
        if any(proof.code == "submodule" for proof in found.proofs):
            return in_tree("submodule")
        return (DEEPEN,) if any(one.commit.cut for one in found.verdicts) else None
    judged = [Judged(commit=v.commit.id, proof=v.proof) for v in found.verdicts]
    judged += [Judged(proof=found.suite)] if found.suite is not None else []
    return mending(app, app.session.sound(name).state, judged)


def _feature(app: App) -> FeatureId | None:
    """The feature whose commits are judged where no range is named."""
    return app.feature() if app.named else app.open_here()


def _commits(app: App, range_: str | None) -> list[str]:
    if range_ is not None:
        return range_of(app.git, range_)
    if app.head is None:
        raise OneshotError(Code.NO_COMMITS, "there is no commit to judge yet", "git commit")
    name = _feature(app)
    if name is None:
        return _spoken(app, [one.state for one in load_all(app.store)])
    state = app.session.sound(name).state
    found = _in_progress(app, state) if state.open or app.is_on(state) else []
    # In its base it is nobody's work in progress any more: there it is what its trail says.
    found = found or _spoken(app, [state]) or _in_progress(app, state)
    if state.commits and not found:
        raise OneshotError(
            Code.INVALID_INPUT, f"neither HEAD nor a branch here has a commit of '{name}'",
            "bring them here: git fetch, or name them: git oneshot verify RANGE",
        )  # fmt: skip
    return found


def _in_progress(app: App, state: State) -> list[str]:
    """The commits of a feature where it is worked on: HEAD, else its branch, here or there."""
    far = f"refs/remotes/{app.clone.remote}/{state.branch}"
    heads = [f"refs/heads/{own_branch(app, state)}", far]
    if app.branch is None or app.is_on(state):
        heads = ["HEAD"]
    at = next(filter(app.git.named, heads), None)
    return [*commits_of(app.git, state, at).ids] if at else []


def _spoken(app: App, states: Iterable[State]) -> list[str]:
    """The commits of HEAD that trails speak of: of features, and what they are in the base."""
    spoken: set[str] = set()
    for state in states:
        spoken.update(commit.id for commit in state.commits)
        spoken.update(landed.id for landed in state.landed)
    here = app.git.lines("rev-list", "--topo-order", "--reverse", "HEAD")
    return [commit for commit in here if commit in spoken]
