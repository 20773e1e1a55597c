"""The user's signature on what a command wrote, where their git signs."""

from git_oneshot.cli.app import App
from git_oneshot.gate.trails import seal
from git_oneshot.session import Receipt


def sealed(app: App, receipt: Receipt) -> Receipt:
    """Seal the trail after a command that appended to it; where it can't be done, that is said.

    What a key gives back was written before: others may have written behind it since.
    """
    if not receipt.appended:
        return receipt
    tip, why = seal(app.git, app.store, receipt.tip, terminal=app.terminal)
    if why:
        app.say(f"warning: the trail of '{tip.feature}' is not sealed: {why}")
    return receipt._replace(tip=tip)
