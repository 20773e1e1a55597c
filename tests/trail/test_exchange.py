"""Trails go to a remote and back by git alone: nothing is lost, and success means it is there."""

import contextlib
import os
import random
import shlex
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from git_oneshot.core.commands import Cancel, Patch, RequestSynthesis, Start
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Plan
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.state import State
from git_oneshot.git import GitError
from git_oneshot.session import Session
from git_oneshot.trail.exchange import ROUNDS, Exchange, Outcome, lost
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.sending import send
from git_oneshot.trail.store import Tip, load_all
from git_oneshot.trail.tracking import Tracking
from git_oneshot.trail.transport import Remote
from tests.sandbox import MakeRepo, MakeWorld, Repo, signing
from tests.trail.crafted import (
    FEATURE,
    OTHER,
    Open,
    append,
    commit_with,
    point,
    root_of,
    started,
    titled,
)

REF = f"refs/oneshot/{FEATURE}"
SEEN = f"refs/oneshot-remote/origin/{FEATURE}"


class Net:
    """A bare repository, and clones of it."""

    def __init__(self, repo: MakeRepo, opened: Open, world: MakeWorld) -> None:
        self._repo, self._opened, self._world = repo, opened, world
        self.hub = repo("hub", "--bare")

    def clone(self, name: str) -> Repo:
        """A clone that is not set up for trails."""
        clone = self._repo(name)
        clone.git("remote", "add", "origin", str(self.hub.path))
        return clone

    def session(self, clone: Repo) -> Session:
        """Someone's work in a clone."""
        return Session(self._opened(clone), self._world())

    def exchange(self, clone: Repo) -> Exchange:
        """An exchange with the hub."""
        git = clone.discover()
        return Exchange(git, self._opened(clone), Remote(git, "origin"))

    def tracking(self, clone: Repo) -> Tracking:
        """What a clone knows of what the hub had."""
        return Tracking(clone.discover(), self._opened(clone))

    def sync(self, clone: Repo, features: Sequence[FeatureId] | None = None) -> list[Outcome]:
        """Exchange without waiting."""
        return self.exchange(clone).run(features, lambda _: None)

    def send(self, clone: Repo) -> list[Outcome]:
        """What the hook of a push does."""
        git = clone.discover()
        remote = Remote(git, "origin")
        return send(git, self._opened(clone), remote, [FEATURE], lambda _: None)

    def state(self, clone: Repo) -> State:
        """What a clone knows of the feature."""
        [state] = [one.state for one in load_all(self._opened(clone))]
        return state


@pytest.fixture
def net(repo: MakeRepo, opened: Open, world: MakeWorld) -> Net:
    """A hub without clones."""
    return Net(repo, opened, world)


def refs(repo: Repo) -> dict[str, str]:
    """All refs of trails."""
    kinds = ("refs/oneshot/", "refs/oneshot-remote/")
    rows = repo.git("for-each-ref", "--format=%(refname) %(objectname)", *kinds)
    return dict(row.split(" ") for row in rows.splitlines())


def test_a_trail_goes_there_and_comes_back(net: Net) -> None:
    one, two = net.clone("one"), net.clone("two")
    net.session(one).execute(FEATURE, Start(title="t"))
    assert net.sync(one) == [Outcome(FEATURE, sent=1)]
    assert refs(net.hub) == {REF: one.git("rev-parse", REF)}
    assert refs(one)[SEEN] == refs(net.hub)[REF]
    assert net.sync(one) == []
    # What only a remote has is read, and not adopted by a sync.
    assert net.sync(two) == []
    assert refs(two) == {SEEN: refs(net.hub)[REF]}
    assert net.state(two).title == "t"
    net.session(two).execute(FEATURE, RequestSynthesis())
    assert net.sync(two) == [Outcome(FEATURE, sent=1)]
    assert net.sync(one) == [Outcome(FEATURE, received=1)]
    assert refs(one)[REF] == refs(two)[REF] == refs(net.hub)[REF]


def test_what_both_wrote_is_merged_and_then_nothing_moves(net: Net) -> None:
    one, two = net.clone("one"), net.clone("two")
    net.session(one).execute(FEATURE, Start())
    net.sync(one)
    net.sync(two)
    for clone, title in ((one, "one"), (two, "two")):
        session = net.session(clone)
        session.execute(FEATURE, Patch(fields=("title",), title=title))
        session.execute(FEATURE, RequestSynthesis(reason=title))
    assert net.sync(one) == [Outcome(FEATURE, sent=2)]
    assert net.sync(two) == [Outcome(FEATURE, sent=2, received=2, merged=True)]
    assert net.sync(one) == [Outcome(FEATURE, received=2)]
    assert net.sync(one) == net.sync(two) == []
    assert len({refs(clone)[REF] for clone in (one, two, net.hub)}) == 1
    assert net.state(one) == net.state(two)
    assert net.state(one).requests == 2


def test_a_dry_run_says_the_same_and_moves_nothing(net: Net) -> None:
    one, two = net.clone("one"), net.clone("two")
    net.session(one).execute(FEATURE, Start())
    net.sync(one)
    net.sync(two)
    net.session(one).execute(FEATURE, RequestSynthesis())
    net.sync(one)
    net.session(two).execute(FEATURE, RequestSynthesis())
    before = refs(two)
    planned = net.exchange(two).plan(None)
    assert refs(two) == {**before, SEEN: refs(net.hub)[REF]}
    assert planned == net.sync(two) == [Outcome(FEATURE, sent=1, received=1, merged=True)]


def test_only_the_features_that_are_named_go(net: Net) -> None:
    one = net.clone("one")
    for feature in (FEATURE, OTHER):
        net.session(one).execute(feature, Start())
    assert net.sync(one, [OTHER, FeatureId("nothing")]) == [Outcome(OTHER, sent=1)]
    assert list(refs(net.hub)) == [f"refs/oneshot/{OTHER}"]


def test_another_clone_that_pushes_meanwhile_costs_a_round(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = net.clone("one"), net.clone("two")
    net.session(one).execute(FEATURE, Start())
    net.sync(one)
    net.sync(two)
    net.session(two).execute(FEATURE, RequestSynthesis(reason="two"))
    push, times = Remote.push, [3]

    def meddle(self: Remote, ends: dict[FeatureId, str]) -> object:
        if times[0] and self._git.common_dir == str(two.discover().common_dir):
            times[0] -= 1
            net.session(one).execute(FEATURE, RequestSynthesis(reason="one"))
            net.sync(one)
        return push(self, ends)

    monkeypatch.setattr(Remote, "push", meddle)
    [outcome] = net.sync(two)
    assert outcome.wrong == ""
    net.sync(one)
    assert refs(one)[REF] == refs(two)[REF] == refs(net.hub)[REF]
    assert net.state(one).requests == 4


def test_a_trail_that_somebody_holds_hinders_no_other(net: Net) -> None:
    one, two = net.clone("one"), net.clone("two")
    for clone in (one, two):
        for feature in (FEATURE, OTHER):
            with contextlib.suppress(OneshotError):
                net.session(clone).execute(feature, Start())
            net.session(clone).execute(feature, RequestSynthesis())
        net.sync(clone, [OTHER] if clone is two else None)
    for feature in (FEATURE, OTHER):
        net.session(one).execute(feature, RequestSynthesis())
    net.sync(one)
    (two.path / ".git" / f"{REF}.lock").touch()
    held, moved = net.sync(two)
    assert ".lock' for" in held.wrong and held.retry
    assert not held.moved
    assert (moved.feature, moved.received, moved.wrong) == (OTHER, 1, "")


def test_rounds_are_bounded(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    one = net.clone("one")
    net.session(one).execute(FEATURE, Start())
    hook = net.hub.path / "hooks" / "update"
    hook.write_text("#!/bin/sh\necho failed to lock >&2; exit 1\n")
    hook.chmod(0o755)
    from git_oneshot.trail import transport

    monkeypatch.setattr(transport, "_RACES", ("hook declined",))
    waits: list[float] = []
    [outcome] = net.exchange(one).run(None, waits.append)
    assert outcome.retry and not outcome.sent
    assert str(ROUNDS) in outcome.wrong
    assert len(waits) == ROUNDS - 1
    assert max(waits) <= 1


def test_a_lock_that_stays_at_a_remote_is_no_other_clone(net: Net) -> None:
    """A push was killed there; what it says of its own ref is said, and not of another's."""
    one = net.clone("one")
    for feature in (FEATURE, OTHER):
        net.session(one).execute(feature, Start())
        (net.hub.path / "refs/oneshot").mkdir(exist_ok=True)
        (net.hub.path / f"refs/oneshot/{feature}.lock").touch()
    outcomes = net.sync(one)
    assert len(outcomes) == 2
    for outcome in outcomes:
        assert outcome.retry and not outcome.refused
        said = f"'origin' did not take it, {ROUNDS} times: failed to update ref (error: cannot "
        assert outcome.wrong.startswith(f"{said}lock ref 'refs/oneshot/{outcome.feature}'")


def test_a_remote_that_refuses_such_refs_is_named_with_its_reason(net: Net) -> None:
    one = net.clone("one")
    net.session(one).execute(FEATURE, Start())
    hook = net.hub.path / "hooks" / "update"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    [outcome] = net.sync(one)
    assert outcome == Outcome(FEATURE, wrong="'origin' refuses it: hook declined", refused=True)
    assert [o.wrong for o in net.send(one)] == ["'origin' refuses it: hook declined"]


def test_the_reason_is_the_first_line_that_says_something(net: Net) -> None:
    """GitLab draws a line above what it says, and another below."""
    one = net.clone("one")
    net.session(one).execute(FEATURE, Start())
    hook = net.hub.path / "hooks" / "update"
    rule = "=" * 20
    hook.write_text(
        f"#!/bin/sh\nprintf '\n{rule}\n\nGitLab:\n\nNo such refs here.\n' >&2; exit 1\n"
    )
    hook.chmod(0o755)
    [outcome] = net.sync(one)
    assert outcome.wrong == "'origin' refuses it: hook declined (No such refs here.)"


def test_a_remote_that_takes_trails_and_shows_none_is_named(net: Net) -> None:
    """Nobody pushed meanwhile, and nothing was dropped."""
    one = net.clone("one")
    net.session(one).execute(FEATURE, Start())
    net.hub.git("config", "uploadpack.hideRefs", "refs/oneshot")
    exchange = net.exchange(one)
    waits: list[float] = []
    [outcome] = exchange.run(None, waits.append)
    assert (outcome.sent, outcome.refused, outcome.retry) == (0, True, False)
    assert outcome.wrong == "'origin' takes it, and does not show that it has it"
    assert exchange.losses == []
    assert len(waits) == 3
    assert SEEN not in refs(one)


def test_a_remote_with_an_old_name_can_refuse(net: Net) -> None:
    """A path need not be UTF-8, and git prints it above what was refused."""
    one = net.clone("one")
    net.session(one).execute(FEATURE, Start())
    hook = net.hub.path / "hooks" / "update"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    latin = os.fsencode(net.hub.path.parent) + b"/caf\xe9.git"
    os.rename(net.hub.path, latin)
    one.git("remote", "set-url", "origin", os.fsdecode(latin))
    [outcome] = net.sync(one)
    assert outcome.refused


def test_a_remote_that_is_not_there_is_an_error(net: Net) -> None:
    one = net.clone("one")
    net.session(one).execute(FEATURE, Start())
    one.git("remote", "set-url", "origin", "/nowhere/at/all")
    with pytest.raises(OneshotError) as refused:
        net.sync(one)
    assert refused.value.code is Code.REMOTE_FAILED
    assert "/nowhere/at/all" in refused.value.message
    assert refused.value.kind.retryable


def test_a_remote_may_be_called_by_any_bytes(net: Net) -> None:
    one, two = net.clone("one"), net.clone("two")
    net.session(one).execute(FEATURE, Start())
    net.sync(one)
    name = os.fsdecode(b"caf\xe9")
    two.git("remote", "rename", "origin", name)
    git, store = two.discover(), net.session(two).store
    assert isinstance(store, GitStore)
    Exchange(git, store, Remote(git, name)).run(None, lambda _: None)
    net.session(two).execute(FEATURE, RequestSynthesis())
    [outcome] = Exchange(git, store, Remote(git, name)).run(None, lambda _: None)
    assert (outcome.sent, outcome.wrong) == (1, "")
    two.git("update-ref", "-d", REF)
    two.git("update-ref", "-d", f"refs/oneshot-remote/{name}/{FEATURE}")
    [loss] = net.tracking(two).look(store.tips())
    kept = [tip.origin.partition("@")[0] for tip in store.tips()]
    assert ascii([loss.remote, *kept]) == ascii([name, name])  # in a form that any report can hold


# -- the hook's way -------------------------------------------------------------------


def test_send_takes_one_connection_where_that_is_enough(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = net.clone("one"), net.clone("two")
    looked: list[str] = []
    tips = Remote.tips

    def counted(self: Remote, features: Sequence[FeatureId] | None = None) -> object:
        looked.append(self.name)
        return tips(self, features)

    monkeypatch.setattr(Remote, "tips", counted)

    net.session(one).execute(FEATURE, Start())
    assert [o.wrong for o in net.send(one)] == [""]
    net.session(one).execute(FEATURE, RequestSynthesis())
    assert [o.wrong for o in net.send(one)] == [""]
    assert net.send(one) == []
    assert looked == []
    # A trail that diverged is merged and sent, not refused.
    net.session(two).execute(FEATURE, Start())
    assert [o.wrong for o in net.send(two)] == [""]
    assert looked
    assert refs(two)[REF] == refs(net.hub)[REF]
    assert len(net.state(two).void) == 1


@pytest.mark.parametrize(
    ("url", "why"),
    [
        pytest.param(
            "ssh://127.0.0.1:1/x",
            "ssh: connect to host 127.0.0.1 port 1: Connection refused",
            marks=pytest.mark.skipif(shutil.which("ssh") is None, reason="ssh is not installed"),
        ),
        ("git://127.0.0.1:1/x", "unable to connect to 127.0.0.1: 127.0.0.1[0: 127.0.0.1]: errno="),
        ("nothing.git", "'nothing.git' does not appear to be a git repository"),
    ],
)
def test_a_remote_that_is_not_there_is_said_with_the_reason(net: Net, url: str, why: str) -> None:
    one = net.clone("one")
    one.git("remote", "set-url", "origin", url)
    net.session(one).execute(FEATURE, Start())
    with pytest.raises(OneshotError) as caught:
        net.sync(one)
    assert caught.value.code is Code.REMOTE_FAILED
    assert caught.value.message.startswith(
        f"the trails could not be exchanged with 'origin': {why}"
    )


def test_a_ref_that_stands_in_the_way_there_is_named_with_what_takes_it_away(net: Net) -> None:
    """As one of a folder's name does; to try again would never help."""
    one = net.clone("one")
    net.session(one).execute(FEATURE, Start())
    one.git("push", "-q", "origin", f"{one.commit('code')}:{REF}/x")
    for outcomes in (net.send(one), net.sync(one)):
        [outcome] = outcomes
        assert outcome.wrong == f"'origin' refuses it: its '{REF}/x' is in the way"
        what, _, drop = outcome.mend.partition(": ")
        assert what == "if nobody needs that"
    one.git(*drop.split()[1:])
    assert net.sync(one) == [Outcome(FEATURE, sent=1)]


# -- what a remote loses ---------------------------------------------------------------


def rewound(net: Net) -> tuple[Repo, Repo]:
    """The hub went back by an event that a clone has only fetched."""
    one, two = net.clone("one"), net.clone("two")
    session = net.session(one)
    session.execute(FEATURE, Start())
    session.execute(FEATURE, RequestSynthesis())
    net.sync(one)
    net.sync(two)
    net.hub.git("update-ref", REF, f"{refs(one)[REF]}~1")
    return one, two


def test_what_a_remote_lost_and_what_others_sent_there_since_become_one(net: Net) -> None:
    """Ours, what is kept here, and what the remote has: three ends, each with news of its own."""
    one, two = rewound(net)
    first = one.git("rev-parse", f"{REF}~1")
    three = net.clone("three")
    three.git("fetch", "-q", "origin", f"{REF}:{REF}")
    net.session(three).execute(FEATURE, RequestSynthesis(reason="three"))
    net.sync(three)
    two.git("update-ref", REF, first)
    store = net.session(two).store
    append(store, FEATURE, Tip(FEATURE, first), titled("two"))
    [outcome] = net.sync(two)
    assert outcome.wrong == ""
    assert (net.state(two).requests, net.state(two).title) == (2, "two")
    assert refs(two)[REF] == refs(net.hub)[REF]


def test_what_a_remote_rewound_is_said_and_comes_back(net: Net) -> None:
    one, two = rewound(net)
    exchange = net.exchange(two)
    exchange.run(None, lambda _: None)
    [loss] = exchange.losses
    assert loss.told == "'origin' rewound the trail of 'fix-typo'; nothing is lost here"
    assert net.state(two).requests == 1
    again = net.exchange(two)
    assert again.run(None, lambda _: None) == []
    assert again.losses == []
    net.session(two).execute(FEATURE, RequestSynthesis())
    net.sync(two)
    assert net.state(two).requests == 2
    assert refs(net.hub)[REF] == refs(two)[REF]
    assert set(refs(two)) == {REF, SEEN}  # what was kept is in ours now
    del one


@pytest.mark.parametrize("prune", [[], ["--prune"]])
def test_a_plain_fetch_of_a_rewound_remote_loses_nothing(net: Net, prune: list[str]) -> None:
    _, two = rewound(net)
    store = net.session(two).store
    assert net.tracking(two).look(store.tips()) == []
    if prune:
        net.hub.git("update-ref", "-d", REF)
    two.git("fetch", "-q", *prune, "origin", "+refs/oneshot/*:refs/oneshot-remote/origin/*")
    [loss] = net.tracking(two).look(store.tips())
    assert loss.feature == FEATURE
    assert net.state(two).requests == 1
    two.git("gc", "-q", "--prune=now")
    assert net.state(two).requests == 1
    assert net.tracking(two).look(store.tips()) == []


PLAIN = ("fetch", "-q", "origin", "+refs/oneshot/*:refs/oneshot-remote/origin/*")


@pytest.mark.parametrize("plan", [False, True])
def test_what_a_plain_fetch_took_back_is_missed_by_the_sync_after_it(net: Net, plan: bool) -> None:
    """The tracking ref is rewound already when the sync begins: only we remember."""
    _, two = rewound(net)
    assert net.tracking(two).look(net.session(two).store.tips()) == []
    two.git(*PLAIN)
    exchange = net.exchange(two)
    if plan:
        exchange.plan(None)
    else:
        exchange.run(None, lambda _: None)
    assert [loss.told for loss in exchange.losses] == [
        "'origin' rewound the trail of 'fix-typo'; nothing is lost here"
    ]
    two.git("gc", "-q", "--prune=now")
    assert net.state(two).requests == 1


def test_a_loss_is_not_hidden_by_another_ref_that_leads_to_the_same(net: Net) -> None:
    _, two = rewound(net)
    store = net.session(two).store
    assert net.tracking(two).look(store.tips()) == []
    was = refs(two)[SEEN]
    net.hub.git("update-ref", "refs/oneshot/decoy", was)
    two.git(*PLAIN)
    [loss] = net.tracking(two).look(net.session(two).store.tips())
    assert loss.feature == FEATURE
    assert f"refs/oneshot-remote/origin@{was[:12]}/{FEATURE}" in refs(two)


def test_what_a_gc_took_before_anyone_looked_is_said_to_be_gone(net: Net) -> None:
    _, two = rewound(net)
    assert net.tracking(two).look(net.session(two).store.tips()) == []
    was = refs(two)[SEEN]
    two.git(*PLAIN)
    two.git("reflog", "expire", "--all", "--expire=now")
    two.git("gc", "-q", "--prune=now")
    losses = net.tracking(two).look(net.session(two).store.tips())
    assert [loss.told for loss in losses] == [
        f"'origin' rewound the trail of 'fix-typo'; {was[:12]} is gone here, too"
    ]
    assert net.tracking(two).look(net.session(two).store.tips()) == []


def test_a_remote_may_have_an_at_in_its_name(net: Net) -> None:
    one = net.clone("one")
    one.git("remote", "rename", "origin", "me@work")
    session = net.session(one)
    session.execute(FEATURE, Start())
    git = one.discover()
    exchange = Exchange(git, session.store, Remote(git, "me@work"))
    assert exchange.run(None, lambda _: None) == [Outcome(FEATURE, sent=1)]
    assert refs(net.hub)[REF] == refs(one)[REF]


@pytest.mark.parametrize("included", [False, True])
def test_a_remote_may_have_a_slash_in_its_name(net: Net, tmp_path: Path, included: bool) -> None:
    one, two = net.clone("one"), net.clone("two")
    net.session(one).execute(FEATURE, Start())
    net.sync(one)
    two.git("remote", "rename", "origin", "up/stream")
    if included:  # then remotes are looked for elsewhere than in the clone's own file, too
        (tmp_path / "more").touch()
        two.git("config", "include.path", str(tmp_path / "more"))
    git, store = two.discover(), net.session(two).store
    assert isinstance(store, GitStore)

    def exchange(*features: FeatureId) -> Exchange:
        found = Exchange(git, store, Remote(git, "up/stream"))
        found.run(features or None, lambda _: None)
        return found

    exchange()
    was = refs(two)[f"refs/oneshot-remote/up/stream/{FEATURE}"]
    net.hub.git("update-ref", "-d", REF)
    assert [loss.remote for loss in exchange().losses] == ["up/stream"]
    assert refs(two) == {f"refs/oneshot-remote/up@{was[:12]}/stream/{FEATURE}": was}
    tip = store.tip(FEATURE)
    assert tip is not None and tip.commit == was
    exchange(FEATURE)
    assert refs(two) == {REF: was, f"refs/oneshot-remote/up/stream/{FEATURE}": was}
    assert refs(net.hub) == {REF: was}


def test_a_feature_that_a_remote_dropped_is_kept_and_sent_again(net: Net) -> None:
    one, two = rewound(net)
    net.hub.git("update-ref", "-d", REF)
    exchange = net.exchange(two)
    exchange.run(None, lambda _: None)
    assert [loss.told for loss in exchange.losses] == [
        "'origin' dropped the trail of 'fix-typo'; nothing is lost here"
    ]
    assert net.state(two).requests == 1
    exchange = net.exchange(one)
    assert exchange.run(None, lambda _: None) == [Outcome(FEATURE, sent=2)]
    assert len(exchange.losses) == 1
    assert refs(net.hub)[REF] == refs(one)[REF]
    assert set(refs(one)) == {REF, SEEN}


def test_what_a_remote_dropped_at_once_is_kept_at_once(
    net: Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub that was restored from an old copy drops thousands of trails."""
    one, two = net.clone("one"), net.clone("two")
    for name in ("first", "second", "third"):
        net.session(one).execute(FeatureId(name), Start())
    net.sync(one)
    net.exchange(two).run(None, lambda _: None)
    had = set(refs(two).values())
    net.hub.git("update-ref", "--stdin", stdin="".join(f"delete {ref}\n" for ref in refs(net.hub)))
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(trace))
    net.exchange(two).run(None, lambda _: None)
    assert trace.read_text().count("update-ref -m 'oneshot: keep'") == 1
    assert len(had) == 3
    assert set(refs(two).values()) == had


@pytest.mark.parametrize("does", ["compare", "let_go", "forget"])
def test_a_ref_that_a_fetch_has_moved_meanwhile_is_not_taken_away(
    net: Net, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    """What it holds now has nobody looked at, and it may be held by nothing else."""
    one = net.clone("one")
    session = net.session(one)
    session.execute(FEATURE, Start())
    old = one.git("rev-parse", REF)
    origin = "origin@0123456789ab" if does == "let_go" else "origin"
    ref = f"refs/oneshot-remote/{origin}/{FEATURE}"
    one.git("update-ref", ref, old)
    seen = [tip for tip in session.store.tips() if tip.origin]
    session.execute(FEATURE, RequestSynthesis())
    new = one.git("rev-parse", REF)
    tracking = net.tracking(one)

    def lost(_self: Tracking, _olds: object, _news: object) -> bool:
        one.git("update-ref", ref, new)
        return False

    monkeypatch.setattr(Tracking, "_lost", lost)
    if does == "compare":
        tracking.compare({("origin", FEATURE): old}, {})
    elif does == "let_go":
        tracking.let_go(FEATURE, old)
    else:
        one.git("update-ref", ref, new)
        with pytest.raises(GitError):
            tracking.forget(seen)
    assert refs(one)[ref] == new


def test_what_one_remote_dropped_is_sent_again_though_another_has_it(
    net: Net, repo: MakeRepo
) -> None:
    """Nothing is lost, and still it is not where it has to be."""
    one, other = net.clone("one"), repo("other", "--bare")
    one.git("remote", "add", "other", str(other.path))
    net.session(one).execute(FEATURE, Start())
    net.sync(one)
    git = one.discover()

    def there() -> list[Outcome]:
        exchange = Exchange(git, net.session(one).store, Remote(git, "other"))
        return exchange.run(None, lambda _: None)

    assert there() == [Outcome(FEATURE, sent=1)]
    other.git("update-ref", "-d", REF)
    assert there() == [Outcome(FEATURE, sent=1)]
    assert refs(other) == {REF: refs(one)[REF]}


@pytest.mark.parametrize("dropped", [True, False])
def test_what_only_a_reader_kept_is_sent_again_when_it_is_named(net: Net, dropped: bool) -> None:
    """A plain exchange of theirs brings nothing back that others may have taken away on purpose."""
    _, two = rewound(net)
    if dropped:
        net.hub.git("update-ref", "-d", REF)
    for _ in range(2):
        net.exchange(two).run(None, lambda _: None)
        assert REF not in refs(two)
    [outcome] = net.exchange(two).run([FEATURE], lambda _: None)
    assert (outcome.sent, outcome.wrong) == (2 if dropped else 1, "")
    assert refs(net.hub)[REF] == refs(two)[REF]
    assert net.state(two).requests == 1
    assert set(refs(two)) == {REF, SEEN}


@pytest.mark.parametrize("does", ["run", "plan"])
def test_what_a_remote_has_again_is_not_missed_any_more(net: Net, does: str) -> None:
    """It was restored from an old copy, or another address answered, and then that was mended."""
    one, two = rewound(net)
    rewound_to = refs(net.hub)[REF]
    net.hub.git("update-ref", "-d", REF)
    net.exchange(two).run(None, lambda _: None)
    assert lost(net.session(two).store.tips()) == [FEATURE]
    net.hub.git("update-ref", REF, rewound_to)  # a part of it
    net.exchange(two).run(None, lambda _: None)
    assert lost(net.session(two).store.tips()) == [FEATURE]
    net.sync(one)  # all of it
    exchange = net.exchange(two)
    done = exchange.plan(None) if does == "plan" else exchange.run(None, lambda _: None)
    assert (done, exchange.losses) == ([], [])
    assert set(refs(two)) == {SEEN}
    assert lost(net.session(two).store.tips()) == []
    assert net.state(two).requests == 1


def damaged_and_dropped(net: Net) -> tuple[Repo, str]:
    """A clone that kept a sound end and a damaged one of what its hub has no more."""
    _, two = rewound(net)
    bad = commit_with(net.hub, [refs(net.hub)[REF]], b"no event\n")
    net.hub.git("update-ref", REF, bad)
    net.exchange(two).run(None, lambda _: None)
    net.hub.git("update-ref", "-d", REF)
    assert net.exchange(two).run(None, lambda _: None) == []
    assert bad not in refs(two).values()  # by itself, and yet it may be there
    two.git("update-ref", f"refs/oneshot-remote/origin@{bad[:12]}/{FEATURE}", bad)
    return two, bad


def test_what_a_reader_kept_and_is_damaged_is_not_sent_and_said(net: Net) -> None:
    two, bad = damaged_and_dropped(net)
    net.exchange(two).run(None, lambda _: None)
    sound = [ref for ref, commit in refs(two).items() if commit != bad]
    for ref in sound:
        two.git("update-ref", "-d", ref)
    for _ in range(2):
        [outcome] = net.exchange(two).run([FEATURE], lambda _: None)
        assert "holds no event" in outcome.wrong
    assert refs(net.hub) == {}


def test_of_what_a_reader_kept_the_sound_end_is_sent_and_the_damaged_one_not(net: Net) -> None:
    two, _ = damaged_and_dropped(net)
    [outcome] = net.exchange(two).run([FEATURE], lambda _: None)
    assert (outcome.wrong, outcome.sent) == ("", 2)
    assert refs(net.hub) == {REF: refs(two)[REF]}
    assert net.state(two).requests == 1


def below(net: Net) -> tuple[Repo, str]:
    """A clone that has fetched a ref below the trail's, which the hub dropped since."""
    one, two = net.clone("one"), net.clone("two")
    odd = one.commit("no trail")
    one.git("push", "-q", "origin", f"{odd}:{REF}/x/y")
    two.git(*PLAIN)
    net.hub.git("update-ref", "-d", f"{REF}/x/y")
    net.session(one).execute(FEATURE, Start())
    net.sync(one)
    return two, odd


@pytest.mark.parametrize("way", ["exchange", "named", "push"])
def test_what_a_remote_had_below_a_trail_makes_way_and_is_kept(net: Net, way: str) -> None:
    """git itself would want a prune, which takes away what nothing else has."""
    two, odd = below(net)
    if way == "push":
        two.git("fetch", "-q", "origin", f"{REF}:{REF}")
        net.session(two).execute(FEATURE, RequestSynthesis())
        assert [o.wrong for o in net.send(two)] == [""]
    else:
        exchange = net.exchange(two)
        assert exchange.run([FEATURE] if way == "named" else None, lambda _: None) == []
        assert exchange.losses == []
    assert refs(two)[SEEN] == refs(net.hub)[REF]
    assert refs(two)[f"refs/oneshot-remote/origin@{odd[:12]}/{FEATURE}/x/y"] == odd
    again = net.exchange(two)
    again.run(None, lambda _: None)
    assert again.losses == []


@pytest.mark.parametrize("first", ["origin", f"origin/{FEATURE}"])
def test_a_remote_called_as_a_trail_of_another_is_told_from_it(
    net: Net, repo: MakeRepo, first: str
) -> None:
    """They share a place in refs/oneshot-remote; whoever is second is told, and nothing moves."""
    one, two, other = net.clone("one"), net.clone("two"), repo("other", "--bare")
    slash = f"origin/{FEATURE}"
    for feature, at in ((FEATURE, net.hub), (OTHER, other)):
        net.session(one).execute(feature, Start())
        one.git("push", "-q", str(at.path), f"refs/oneshot/{feature}")
    two.git("config", f"remote.{slash}.url", str(other.path))
    git = two.discover()
    exchange = Exchange(git, net.session(two).store, Remote(git, first))
    assert exchange.run(None, lambda _: None) == []
    before = refs(two)
    assert len(before) == 1
    second = "origin" if first == slash else slash
    for _ in range(2):
        exchange = Exchange(git, net.session(two).store, Remote(git, second))
        with pytest.raises(OneshotError) as told:
            exchange.run(None, lambda _: None)
        assert told.value.code is Code.CLONE_UNSOUND
        assert told.value.message == (
            f"the remote '{slash}' cannot be told from the trail of '{FEATURE}' at 'origin'"
        )
        assert told.value.hint == f"call it otherwise: git remote rename {slash} NAME"
    assert (refs(two), exchange.losses) == (before, [])


def test_of_a_remote_that_is_no_more_nothing_is_said_to_be_lost(net: Net) -> None:
    _, two = rewound(net)
    store = net.session(two).store
    assert net.tracking(two).look(store.tips()) == []
    two.git("remote", "remove", "origin")
    was = refs(two)[SEEN]
    two.git("update-ref", "-d", SEEN)
    assert net.tracking(two).look(store.tips()) == []
    assert refs(two) == {f"refs/oneshot-remote/origin@{was[:12]}/{FEATURE}": was}


# -- a remote that is pushed to elsewhere -------------------------------------------------


def elsewhere(net: Net, repo: MakeRepo, clone: Repo, *names: str) -> list[Repo]:
    """Repositories that a clone pushes to, where it fetches from the hub."""
    found = [repo(name, "--bare") for name in names]
    # As install does; by this git itself would track what it pushed there.
    clone.git("config", "remote.origin.fetch", "+refs/oneshot/*:refs/oneshot-remote/origin/*")
    for one in found:
        clone.git("remote", "set-url", "--add", "--push", "origin", str(one.path))
    return found


def test_what_is_pushed_elsewhere_is_asked_there(net: Net, repo: MakeRepo) -> None:
    """As in a fork: the address that is fetched from never has it, and that is no loss."""
    one = net.clone("one")
    [fork] = elsewhere(net, repo, one, "fork")
    net.session(one).execute(FEATURE, Start())
    exchange = net.exchange(one)
    assert exchange.plan(None) == [Outcome(FEATURE, sent=1)]
    exchange = net.exchange(one)
    assert exchange.run(None, lambda _: None) == [Outcome(FEATURE, sent=1)]
    assert refs(fork) == refs(one) == {REF: one.git("rev-parse", REF)}
    again = net.exchange(one)
    assert again.run(None, lambda _: None) == []
    assert exchange.losses + again.losses == []
    assert refs(net.hub) == {}


def test_where_is_pushed_elsewhere_is_reached_as_the_remote_is(
    net: Net, repo: MakeRepo, tmp_path: Path
) -> None:
    """By the programs, and the proxy, that git would use for it by name."""
    one = net.clone("one")
    elsewhere(net, repo, one, "fork")
    for asks, key in (("upload", "uploadpack"), ("receive", "receivepack")):
        way = tmp_path / key
        way.write_text(
            f'#!/bin/sh\necho {asks} "$@" >>{tmp_path}/said\nexec git-{asks}-pack "$@"\n'
        )
        way.chmod(0o755)
        one.git("config", f"remote.origin.{key}", str(way))
    net.session(one).execute(FEATURE, Start())
    assert net.sync(one) == [Outcome(FEATURE, sent=1)]
    said = (tmp_path / "said").read_text().splitlines()
    ways = {line.split()[0]: line for line in said if line.endswith("/fork")}
    assert ways.keys() == {"upload", "receive"}


def test_what_is_fetched_goes_to_where_is_pushed(net: Net, repo: MakeRepo) -> None:
    one, two = net.clone("one"), net.clone("two")
    [fork] = elsewhere(net, repo, one, "fork")
    net.session(two).execute(FEATURE, Start())
    net.sync(two)
    net.sync(one)
    net.session(one).execute(FEATURE, RequestSynthesis(reason="one"))
    net.session(two).execute(FEATURE, RequestSynthesis(reason="two"))
    net.sync(two)
    [outcome] = net.sync(one)
    assert (outcome.received, outcome.merged, outcome.wrong) == (1, True, "")
    assert refs(fork)[REF] == refs(one)[REF]
    assert refs(one)[SEEN] == refs(net.hub)[REF] == refs(two)[REF]
    assert net.state(one).requests == 2
    assert net.sync(one) == []


def test_clones_that_push_elsewhere_come_to_the_same(net: Net, repo: MakeRepo) -> None:
    one, two = net.clone("one"), net.clone("two")
    [fork] = elsewhere(net, repo, one, "fork")
    two.git("remote", "set-url", "--push", "origin", str(fork.path))
    net.session(one).execute(FEATURE, Start())
    net.sync(one)
    two.git("fetch", "-q", str(fork.path), f"{REF}:{REF}")
    for clone in (one, two):
        net.session(clone).execute(FEATURE, RequestSynthesis(reason=clone.path.name))
    assert net.sync(one) == [Outcome(FEATURE, sent=1)]
    assert net.exchange(two).plan(None) == [Outcome(FEATURE, sent=1, received=1, merged=True)]
    assert net.sync(two) == [Outcome(FEATURE, sent=1, received=1, merged=True)]
    assert net.sync(one) == [Outcome(FEATURE, received=1)]
    assert refs(one) == refs(two) == refs(fork)
    assert net.state(one).requests == 2
    assert net.sync(one) == net.sync(two) == []


def test_every_address_has_to_have_it(net: Net, repo: MakeRepo) -> None:
    """As with a copy beside the hub, which is pushed to with it."""
    one, two = net.clone("one"), net.clone("two")
    one.git("remote", "set-url", "--push", "origin", str(net.hub.path))
    [copy] = elsewhere(net, repo, one, "copy")
    net.session(one).execute(FEATURE, Start())
    assert net.sync(one) == [Outcome(FEATURE, sent=1)]
    assert refs(copy)[REF] == refs(net.hub)[REF] == refs(one)[REF] == refs(one)[SEEN]
    net.sync(two)
    net.session(two).execute(FEATURE, RequestSynthesis())
    net.sync(two)
    assert net.sync(one) == [Outcome(FEATURE, received=1)]
    assert refs(copy)[REF] == refs(net.hub)[REF] == refs(one)[REF]
    hook = copy.path / "hooks" / "update"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    net.session(one).execute(FEATURE, RequestSynthesis())
    [outcome] = net.sync(one)
    assert outcome.wrong == f"'origin' refuses it at {copy.path}: hook declined"
    assert refs(net.hub)[REF] == refs(one)[REF]


def test_an_address_that_is_away_keeps_nothing_from_the_others(net: Net, repo: MakeRepo) -> None:
    """It was the end of the whole exchange, and the hint led to the address of fetches."""
    one = net.clone("one")
    first, gone, last = elsewhere(net, repo, one, "first", "gone", "last")
    shutil.rmtree(gone.path)
    net.session(one).execute(FEATURE, Start())
    for tried in (net.sync, net.send, net.sync):  # the last finds nothing to send to the others
        [outcome] = tried(one)
        assert (outcome.sent, outcome.refused) == (0, False)
        assert f"'{gone.path}' does not appear to be a git repository" in outcome.wrong
        assert outcome.mend == f"see what git says: git ls-remote {gone.path}"
        assert refs(first) == refs(last) == {REF: refs(one)[REF]}


def test_what_was_sent_is_called_so_where_the_address_of_fetches_is_away(
    net: Net, repo: MakeRepo
) -> None:
    one = net.clone("one")
    [fork] = elsewhere(net, repo, one, "fork")
    net.session(one).execute(FEATURE, Start())
    shutil.rmtree(net.hub.path)
    assert net.send(one) == [Outcome(FEATURE, sent=1)]
    assert refs(fork) == refs(one)


def test_the_hook_does_not_believe_of_one_repository_what_another_has(
    net: Net, repo: MakeRepo
) -> None:
    one = net.clone("one")
    net.session(one).execute(FEATURE, Start())
    net.sync(one)
    [fork] = elsewhere(net, repo, one, "fork")
    assert [o.wrong for o in net.send(one)] == [""]
    assert refs(fork)[REF] == refs(one)[REF]
    assert net.send(one) == []


def test_a_repository_with_two_addresses_is_one(net: Net, tmp_path: Path) -> None:
    """As of a forge by https and by ssh: it is known at once that it has what was pushed."""
    one = net.clone("one")
    (tmp_path / "door").symlink_to(net.hub.path)
    one.git("remote", "set-url", "--push", "origin", str(tmp_path / "door"))
    net.session(one).execute(FEATURE, Start())
    net.send(one)
    assert refs(one)[SEEN] == refs(one)[REF]
    net.session(one).execute(FEATURE, RequestSynthesis())
    assert net.sync(one) == [Outcome(FEATURE, sent=1)]
    assert refs(one)[SEEN] == refs(one)[REF] == refs(net.hub)[REF]


@pytest.mark.parametrize("plain", [False, True])
def test_junk_that_a_hub_takes_back_is_nothing_that_is_missed(net: Net, plain: bool) -> None:
    """Nobody can read it, so it is not kept; what is sound below it is where it has to be."""
    one, two = net.clone("one"), net.clone("two")
    net.session(one).execute(FEATURE, Start())
    net.sync(one)
    net.sync(two)
    good = refs(net.hub)[REF]
    bad = commit_with(net.hub, [good], b"no event\n")
    net.hub.git("update-ref", REF, bad)
    [outcome] = net.sync(one)
    assert "cannot be joined: trail commit" in outcome.wrong
    helps = f"git push --no-verify --force-with-lease={REF}:{bad} origin '{bad[:12]}^:{REF}'"
    assert outcome.mend == f"see it: git log {bad[:12]}; go back to what is sound: {helps}"
    assert net.sync(two) == []
    one.git(*shlex.split(helps)[1:])
    assert refs(net.hub) == {REF: good}
    for clone, left in ((one, {REF: good, SEEN: good}), (two, {SEEN: good})):
        if plain:
            clone.git(*PLAIN)
        exchange = net.exchange(clone)
        assert exchange.run(None, lambda _: None) == []
        assert [loss.told for loss in exchange.losses] == [
            f"'origin' rewound the trail of '{FEATURE}'; nothing is lost here"
        ]
        assert refs(clone) == left
        again = net.exchange(clone)
        assert (again.run(None, lambda _: None), again.losses) == ([], [])


def test_what_was_no_trail_and_a_hub_takes_away_is_not_kept(net: Net) -> None:
    """It was kept in every clone, each fsck failed for it, and sync offered to send it again."""
    one = net.clone("one")
    net.session(one).execute(FEATURE, Start())
    net.sync(one)
    for name, commit in (("junk", one.commit("no trail")), ("copy", refs(one)[REF])):
        one.git("push", "-q", str(net.hub.path), f"{commit}:refs/oneshot/{name}")
    one.git(*PLAIN)
    there = refs(one)
    assert {"refs/oneshot-remote/origin/junk", "refs/oneshot-remote/origin/copy"} < there.keys()
    [junk] = [t for t in net.session(one).store.tips() if t.feature == "junk"]
    [trail] = net.session(one).store.read([junk])
    assert trail.damage is not None
    away = trail.damage.hint.partition("if nobody needs it: ")[2]
    assert away == "git push --no-verify origin --delete refs/oneshot/junk"
    one.git(*shlex.split(away)[1:])
    net.hub.git("update-ref", "-d", "refs/oneshot/copy")
    assert net.sync(one) == []
    [kept] = refs(one).keys() - there.keys()  # what somebody may have said on a trail is
    assert kept.endswith("/copy")


def test_of_junk_that_a_hub_takes_back_what_is_sound_is_kept(net: Net) -> None:
    """Where the hub went back by more than the junk."""
    one, two = net.clone("one"), net.clone("two")
    net.session(one).execute(FEATURE, Start())
    net.session(one).execute(FEATURE, RequestSynthesis())
    net.sync(one)
    good = refs(net.hub)[REF]
    net.hub.git("update-ref", REF, commit_with(net.hub, [good], b"no event\n"))
    net.sync(two)
    net.hub.git("update-ref", REF, f"{good}~1")
    net.sync(two)
    assert refs(two) == {SEEN: refs(net.hub)[REF],
                         f"refs/oneshot-remote/origin@{good[:12]}/{FEATURE}": good}  # fmt: skip


# -- damage ------------------------------------------------------------------------------


def test_damage_stays_where_it_is_and_hinders_no_other_trail(net: Net) -> None:
    one = net.clone("one")
    bad = FeatureId("bad")
    for feature in (FEATURE, OTHER, bad):
        net.session(one).execute(feature, Start())
    net.sync(one)
    for feature in (FEATURE, OTHER, bad):
        net.session(one).execute(feature, RequestSynthesis())
    point(one, bad, one.commit("no trail"))
    there = commit_with(net.hub, [refs(net.hub)[f"refs/oneshot/{OTHER}"]], b"no event\n")
    net.hub.git("update-ref", f"refs/oneshot/{OTHER}", there)
    outcomes = {one.feature: one for one in net.sync(one)}
    assert outcomes[FEATURE] == Outcome(FEATURE, sent=1)
    assert "cannot be joined" in outcomes[OTHER].wrong
    assert "is no trail" in outcomes[bad].wrong
    assert refs(net.hub)[f"refs/oneshot/{OTHER}"] == there


def test_a_ref_at_the_root_of_its_trail_is_a_trail_on_which_nothing_happened(net: Net) -> None:
    """Whoever may push can begin a trail and say nothing: that stands in nobody's way."""
    one = net.clone("one")
    root = root_of(net.hub, FEATURE)
    point(net.hub, FEATURE, root)
    net.session(one).execute(FEATURE, Start())
    assert net.sync(one) == [Outcome(FEATURE, sent=1)]
    assert refs(net.hub)[REF] == refs(one)[REF]


def test_beside_damage_the_root_of_a_trail_is_gone_on_from(net: Net) -> None:
    one = net.clone("one")
    root = root_of(one, FEATURE)
    one.git("remote", "add", "another", "../another")
    one.git("update-ref", f"refs/oneshot-remote/another/{FEATURE}", root)
    one.git("update-ref", SEEN, commit_with(one, [root], b"no event\n"))
    net.session(one).execute(FEATURE, Start())
    assert one.git("rev-parse", f"{REF}~1") == root


# -- clones, hubs and rings -----------------------------------------------------------------


def test_clones_with_real_repositories_converge_by_pushes_that_a_hub_accepts(net: Net) -> None:
    """The hub refuses all but fast-forwards; five clones write and exchange in any order."""
    net.hub.git("config", "receive.denyNonFastForwards", "true")
    chance = random.Random(5)
    clones = [net.clone(f"c{n}") for n in range(4)]
    for clone in clones[:2]:
        net.session(clone).execute(FEATURE, Start(title=clone.path.name))
    commands = (RequestSynthesis(), Patch(fields=("plan",), plan=Plan(goal="g"), move=True))
    for _ in range(10):
        clone = chance.choice(clones)
        if chance.random() < 0.5:
            net.sync(clone)
        try:
            net.session(clone).execute(FEATURE, chance.choice(commands))
        except OneshotError:
            continue
    for _ in range(6):
        if not any([net.sync(clone) for clone in chance.sample(clones, 4)]):  # noqa: C419
            break
    else:
        pytest.fail("the exchange did not end")
    heads = {refs(clone)[REF] for clone in clones if REF in refs(clone)}
    assert heads == {refs(net.hub)[REF]}
    states = [net.state(clone) for clone in clones]
    assert all(state == states[0] for state in states)


# -- by plain git -----------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], ["--single-branch"], ["--depth=1"]], ids=str)
def test_the_documented_one_liner_brings_trails_with_a_clone(
    net: Net, opened: Open, tmp_path: Path, options: list[str]
) -> None:
    """Of a clone of one branch git brings no other ref; they come whole with a fetch."""
    one = net.clone("one")
    net.session(one).execute(FEATURE, Start())
    net.sync(one)
    refspec = "+refs/oneshot/*:refs/oneshot-remote/origin/*"
    one.commit("code")
    one.git("push", "-q", "origin", "HEAD:refs/heads/main")
    one.git("clone", "-q", *options, "-c", f"remote.origin.fetch={refspec}",
            f"file://{net.hub.path}", str(tmp_path / "plain"))  # fmt: skip
    plain = _at(tmp_path / "plain")
    if options:
        assert SEEN not in refs(plain)
        plain.git("fetch", "-q")
    assert refs(plain)[SEEN] == refs(net.hub)[REF]
    assert opened(plain).read([Tip(FEATURE, refs(net.hub)[REF])])[0].damage is None


@pytest.mark.parametrize("way", ["mirror", "bundle"])
def test_bundles_and_mirrors_carry_trails(
    net: Net, tmp_path: Path, opened: Callable[..., GitStore], way: str
) -> None:
    one = net.clone("one")
    one.commit("code")
    tip = append(opened(one), FEATURE, None, started(), titled("t"))
    there = tmp_path / "there"
    source = str(one.path)
    if way == "bundle":
        source = str(tmp_path / "all.bundle")
        one.git("bundle", "create", "-q", source, "--all")
    one.git("clone", "-q", "--mirror", source, str(there))
    assert refs(_at(there)) == {REF: tip.commit}
    [loaded] = load_all(opened(_at(there)))
    assert loaded.state.title == "t"


def _at(path: Path) -> Repo:
    repo = Repo.__new__(Repo)
    repo.path = path
    repo._clock = 0
    return repo


def test_a_push_of_trails_is_signed_where_pushes_are(net: Net, tmp_path: Path) -> None:
    """A hub may ask for that; who signs pushes signs these, too."""
    one = net.clone("one")
    signing(one, tmp_path)
    net.hub.git("config", "receive.certNonceSeed", "seed")
    hook = net.hub.path / "hooks" / "pre-receive"
    hook.write_text('#!/bin/sh\ntest "$GIT_PUSH_CERT" || { echo sign it >&2; exit 1; }\n')
    hook.chmod(0o755)
    net.session(one).execute(FEATURE, Start())
    assert [o.wrong for o in net.sync(one)] == [
        "'origin' refuses it: pre-receive hook declined (sign it)"
    ]
    one.git("config", "push.gpgSign", "true")
    assert net.sync(one) == [Outcome(FEATURE, sent=1)]


def test_a_sync_needs_no_setup_of_the_clone(net: Net) -> None:
    """Neither a refspec nor a hook; and what is configured for the user's pushes is not for it."""
    one = net.clone("one")
    one.commit("code")
    for key, value in (
        ("push.followTags", "true"), ("remote.origin.mirror", "true"), ("push.default", "matching"),
        ("remote.origin.push", "refs/heads/*"), ("fetch.prune", "true"),
    ):  # fmt: skip
        one.git("config", key, value)
    hook = one.path / ".git" / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    net.session(one).execute(FEATURE, Start())
    net.session(one).execute(FEATURE, Cancel())
    assert net.sync(one) == [Outcome(FEATURE, sent=2)]
    assert net.hub.git("for-each-ref", "--format=%(refname)") == REF
    assert os.path.exists(hook)
