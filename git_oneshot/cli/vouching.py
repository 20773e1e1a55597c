"""verify --seal: put what was verified on a trail, signed, for a server that runs nothing."""

from collections.abc import Collection, Sequence

from git_oneshot.cli.app import App
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.gate.believed import changes_signers, record_verified, rules_at
from git_oneshot.gate.commits import look
from git_oneshot.gate.judging import Found
from git_oneshot.trail.seals import tried
from git_oneshot.trail.store import load_all


def ready(app: App, commits: Sequence[str]) -> None:
    """Refuse before anything runs what could not be sealed in the end."""
    changed = changes_signers(app.git, look(app.git, commits))
    if changed and not app.terminal:
        raise OneshotError(
            Code.NEEDS_INPUT,
            f"{changed[0][:9]} changes whose seals are believed: that is for a person to seal",
            "on a terminal, with a key that is believed: git oneshot verify RANGE --seal",
        )
    why, _ = tried(app.git, terminal=app.terminal)
    if why:
        raise OneshotError(
            Code.GIT_FAILED,
            f"git does not sign, so nothing would be sealed: {why}",
            "see what git signs with: git config user.signingKey",
        )


def vouch(app: App, name: FeatureId, found: Found, by: str) -> None:
    """Seal verdicts that are all PASS; ``by``: the tree whose rules they were judged by."""
    rules = rules_at(app.git, by)
    receipt = record_verified(app.session, name, found, rules, terminal=app.terminal)
    app.say(f"note: sealed on the trail of '{name}': {receipt.tip.commit[:12]}")
    app.say("hint: send it: git oneshot sync")


def feature_with(app: App, commits: Collection[str]) -> FeatureId:
    """The feature that was named or is open here, else the one whose trail speaks of commits."""
    here = None if app.named else app.open_here()
    if app.named or here:
        return here or app.feature()
    wanted = set(commits)
    about = [one.state for one in load_all(app.store) if wanted & {c.id for c in one.state.commits}]
    if len(about) != 1:
        names = ", ".join(f"'{state.feature}'" for state in about)
        raise OneshotError(
            Code.FEATURE_UNKNOWN,
            f"several trails speak of these commits: {names}"
            if about
            else "no trail speaks of these commits",
            "name one to seal the verdict on: git oneshot verify RANGE --seal -f FEATURE",
        )
    return FeatureId(about[0].feature)
