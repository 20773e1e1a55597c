"""The judgement of a range for CI, a server and anyone with a clone: its commits, then its tip."""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import NamedTuple

from git_oneshot.core.facts import Proof
from git_oneshot.core.verdicts.shards import Shard
from git_oneshot.gate.claims import Claims
from git_oneshot.gate.commits import bases_of, look
from git_oneshot.gate.judging import Each, Found, judge_all, leaving
from git_oneshot.git import Git
from git_oneshot.proof.cases import Judged
from git_oneshot.proof.prover import Prover
from git_oneshot.proof.running.abreast import abreast


class Asked(NamedTuple):
    """What is to be judged, and how.

    ``pardons``: the waivers that count; ``each``: the suite on every commit, too;
    ``tip``: on the last one; ``jobs``: how many commits at a time.
    """

    commits: Sequence[str]
    claims: Claims
    pardons: Claims = Claims()
    tip: bool = True
    each: bool = False
    ablate: Callable[[Judged], Proof] | None = None
    shard: Shard = Shard(1, 1)
    jobs: int = 1


def verified(git: Git, prover: Prover, asked: Asked, each: Each) -> Found:
    """Judge a shard's commits; the last shard runs the suite, when its own commits are PASS."""
    mine = asked.shard.of(asked.commits)
    bases = bases_of(look(git, asked.commits))
    judge = partial(
        judge_all, git, prover, claims=asked.claims, each=asked.each, ablate=asked.ablate,
        bases=bases,
    )  # fmt: skip
    jobs = min(asked.jobs, len(mine))
    parts = [partial(judge, Shard(n + 1, jobs).of(mine)) for n in range(jobs)]
    place = {commit: number for number, commit in enumerate(mine)}
    with closing(abreast(parts) if jobs > 1 else judge(mine)) as judging:
        verdicts = tuple(sorted(each(judging, len(mine)), key=lambda one: place[one.commit.id]))
    bad = [v.commit for v in verdicts if v.proof.word != "PASS"]
    pardoned = frozenset(seen.id for seen in bad if asked.pardons.waiver(git, seen))
    wanted = asked.tip and asked.shard.last and verdicts
    if not wanted or len(pardoned) < len(bad):
        return Found(verdicts, None, pardoned)
    tip = verdicts[-1].commit
    tree, before = tip.tree, bases[tip.id]
    suite = prover.suite(tree, before, leaving(verdicts))
    others = asked.commits[: len(asked.commits) - len(mine)]
    if suite.word == "FAIL" and others:
        # Perhaps by a test that a commit of another shard took along.
        all_ = [*judge_all(git, prover, others, asked.claims, bases=bases), *verdicts]
        suite = prover.suite(tree, before, leaving(all_))
    return Found(verdicts, suite, pardoned)
