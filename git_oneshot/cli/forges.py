"""What the commands around a pull request share: its forge, its base, its end, and who is told."""

import functools

from git_oneshot.cli.answer import Next
from git_oneshot.cli.app import App
from git_oneshot.cli.data.pull import PullData
from git_oneshot.cli.renamed import own_branch
from git_oneshot.cli.sealing import may_end
from git_oneshot.core.errors import OneshotError
from git_oneshot.core.guards import unmet
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.spelling import typed
from git_oneshot.core.state import Pull, State
from git_oneshot.forge.hosts import unknown
from git_oneshot.forge.port import Forge, PullRequest
from git_oneshot.forge.retrying import Patience
from git_oneshot.gate.trails import send_trails
from git_oneshot.git import ANY
from git_oneshot.session import Receipt
from git_oneshot.trail.store import ours


def forge_for(app: App, name: FeatureId) -> Forge:
    """The forge of a feature; says so when no forge is known for the remote's host."""
    from git_oneshot.forge.choice import forge_of
    from git_oneshot.trail.payloads import text_beside

    world = app.session.world
    forge = forge_of(
        app.git,
        lambda: app.session.sound(name).state,
        lambda digest: text_beside(app.store, name, digest),
        app.clone.remote,
        Patience(world.pause, world.chance, app.progress.running),
    )
    host = unknown(app.git, app.clone.remote) if forge.provider == "local" else ""
    if host:
        app.say(f"note: no forge is known for '{host}': the pull request is kept on the trail")
        how = typed("git", "config", "--global", f"oneshot.{host}.forge", "gitlab")
        app.say(f"hint: name it: {how}")
    return forge


def send_trail(app: App, name: FeatureId) -> None:
    """Send the trail after what was written last; where it can't be, that is said."""
    if not app.clone.remote:
        return
    for missing in send_trails(app.git, app.session, app.clone.remote, [name]):
        app.say(f"warning: the trail was not sent: {missing.wrong}")


def fetch_base(app: App, base: str) -> bool:
    """See where the base is now; where it can't be seen, what was seen last has to do.

    Whether there is one: not where the remote has lost what it had, or there is none at all.
    """
    remote = app.clone.remote
    at = app.git.named(f"refs/remotes/{remote}/{base}") if remote else None
    here = bool(at or app.git.named(f"refs/heads/{base}"))
    if not remote or not base:
        return here
    with app.progress.running(f"fetching '{base}'", line=False):  # git may ask for a password
        done = app.git.call("fetch", "--quiet", remote, f"refs/heads/{base}", ok=ANY)
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason"]
        if "find remote ref" in lines[0] and (at or not here):
            return False
        app.say(f"warning: '{base}' was not fetched: {lines[0].removeprefix('fatal: ')}")
    return True


def fetch_its_base(app: App, base: str) -> None:
    """See where the base is; refuse where there is none any more."""
    if not fetch_base(app, base):
        raise base_gone(app, base, "synthesize")


def base_gone(app: App, base: str, command: str) -> OneshotError:
    """There is no base of that name any more; ``command`` takes another one."""
    where = f"at '{app.clone.remote}'" if app.clone.remote else "here"
    return unmet(
        "base-there",
        f"the base '{base}' is not {where} any more",
        f"if it has another name now: git oneshot {command} --base BRANCH",
        ahead=(Next(("git", "oneshot", command, "--base"), "if it has another name now",
                    ("BRANCH",)),),
    )  # fmt: skip


def pull_data(pull: PullRequest) -> PullData:
    """A pull request for programs."""
    return PullData(
        provider=pull.provider, number=pull.number or None, url=pull.url or None,
        title=pull.title, head=pull.head, base=pull.base, draft=pull.draft, state=pull.state,
    )  # fmt: skip


def pull_name(pull: PullRequest) -> str:
    """A pull request in words: what it is, where it is."""
    kind = "draft pull request" if pull.draft else "pull request"
    number = f" #{pull.number}" if pull.number else ""
    where = pull.url or f"{pull.head} into {pull.base}"
    return f"{kind}{number}: {where}"


def read_at(app: App, name: FeatureId) -> Receipt:
    """Where a feature is, as a command that writes nothing says it."""
    loaded = app.session.sound(name)
    assert loaded.tip is not None
    return Receipt((), loaded.tip, loaded.state, loaded.state)


def as_known(pull: Pull) -> PullRequest:
    """A pull request as the trail has it, where its forge is not asked."""
    return PullRequest(
        pull.provider, pull.number, pull.url, pull.head, pull.base, pull.title, pull.text,
        pull.draft, "open" if pull.open else "closed",
    )  # fmt: skip


def tell(app: App, name: FeatureId, since: int) -> None:
    """Tell those who want to know what happened after the event at ``since``.

    What goes wrong is said, and blocks nothing.
    """
    from git_oneshot.forge.outbox import deliver, targets

    told = targets(app.git)
    if told:
        with app.progress.running("telling others"):
            wrong = deliver(app.git, app.store, told, name, since)
        for one in wrong:
            app.say(f"warning: {one}")


def complete_seen(app: App, named: list[FeatureId] | None) -> list[str]:
    """Complete the features in synthesize that were merged meanwhile, and say which.

    For a command that has something else to do: what cannot be found out is said,
    and stops nothing.
    """
    from git_oneshot.forge.landing import complete_merged

    done: list[str] = []
    unfit: str | None = None
    own = app.aside
    # Many features have one base, and to see where it is takes a fetch.
    seen = functools.cache(lambda base: fetch_base(app, base))
    for loaded in app.store.load(ours(app.store.tips())):
        state, name = loaded.state, FeatureId(loaded.state.feature)
        if loaded.damage is not None or state.phase != "synthesize":
            continue
        if named is not None and name not in named:
            continue
        if unfit is None:
            unfit = _unfit(app)
        if unfit:
            app.say(f"warning: '{name}' is not completed: {unfit}")
            continue
        try:
            there = seen(state.base)
            asked = state.pull is not None and state.pull.open and state.pull.number
            forge = forge_for(app, name) if asked else None
            found = complete_merged(app.git, own, name, app.clone.remote, forge=forge)
            if found is None and not there:
                raise base_gone(app, state.base, "complete")
        except OneshotError as err:
            app.say(f"warning: whether '{name}' was merged is not known: {err.message}")
            continue
        if found is not None:
            closed(app, name, state)
            done.append(name)
    return done


def _unfit(app: App) -> str:
    """Why no feature may be ended here, "" when one may."""
    try:
        may_end(app)
    except OneshotError as err:
        return err.message
    return ""


def closed(app: App, name: FeatureId, state: State) -> None:
    """Nothing is open on the branch any more, and who wants to know is told."""
    branch = own_branch(app, state)
    if app.markers.feature_on(branch) == name:
        app.markers.close(branch)
    tell(app, name, state.clock)
