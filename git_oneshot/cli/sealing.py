"""The user's signature on what a command wrote, where their git signs."""

import contextlib

from git_oneshot.cli.app import App
from git_oneshot.core.errors import OneshotError
from git_oneshot.gate.trails import seal
from git_oneshot.session import Receipt


def later(feature: str) -> str:
    """How a seal is made up for where git signs nothing yet."""
    return f"git config commit.gpgSign true, then git oneshot sync -f {feature}"


def sealed(app: App, receipt: Receipt) -> Receipt:
    """Seal the trail after a command that appended to it; where it can't be done, that is said.

    What a key gives back was written before: others may have written behind it since.
    """
    if not receipt.appended:
        return receipt
    name = receipt.tip.feature
    tip, why = seal(app.git, app.store, receipt.tip, terminal=app.terminal)
    if why:
        app.say(f"warning: the trail of '{name}' is not sealed: {why}")
        app.say(f"hint: when git can sign: git oneshot sync -f {name}")
    elif tip == receipt.tip and receipt.state.phase == "completed" and _asked(app):
        app.say(f"warning: the trail of '{name}' is not sealed: git signs nothing here")
        app.say(f"hint: seal it later: {later(name)}")
    return receipt._replace(tip=tip)


def _asked(app: App) -> bool:
    """Whether the rules want the end of a feature sealed; who can't read them is told elsewhere."""
    from git_oneshot.proof.suites import rules_of

    with contextlib.suppress(OneshotError):
        return rules_of(app.git, app.git.tree(app.head)).trail.signatures != "off"
    return False
