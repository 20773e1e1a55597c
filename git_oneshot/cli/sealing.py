"""The user's signature on what a command wrote, where their git signs or the rules ask for it."""

import contextlib
from collections.abc import Collection

from git_oneshot.cli.app import App
from git_oneshot.core.errors import OneshotError
from git_oneshot.core.guards import unmet
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.spelling import printable
from git_oneshot.gate.trails import seal
from git_oneshot.session import Receipt
from git_oneshot.trail.store import joined


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
    elif tip == receipt.tip and receipt.state.phase == "completed" and asked(app) != "off":
        app.say(f"warning: the trail of '{name}' is not sealed: git signs nothing here")
        app.say(f"hint: seal it later: {later(name)}")
    elif tip != receipt.tip and asked(app) != "off":
        from git_oneshot.trail.seals import doubt

        if why := doubt(app.git, tip.commit):
            app.say(f"warning: the seal of '{name}' is by nobody that git knows here: {why}")
            app.say(f"hint: {_known(app)}")
    return receipt._replace(tip=tip)


def asked(app: App) -> str:
    """off, warn or require, of the rules at HEAD; who can't read them is told elsewhere."""
    from git_oneshot.proof.suites import rules_of

    with contextlib.suppress(OneshotError):
        return rules_of(app.git, app.git.tree(app.head)).trail.signatures
    return "off"


def may_end(app: App) -> None:
    """Refuse to end a feature where the rules require a seal, and none would be good."""
    from git_oneshot.trail.seals import signs, tried

    if asked(app) != "require":
        return
    what = "the end of a feature is to be sealed, and"
    if not signs(app.git):
        raise unmet("sealed", f"{what} git does not sign: commit.gpgSign is not set",
                    "let git sign: git config commit.gpgSign true")  # fmt: skip
    why, doubted = tried(app.git, terminal=app.terminal)
    if why:
        raise unmet("sealed", f"{what} git does not sign: {why}",
                    "see what git signs with: git config user.signingKey")  # fmt: skip
    if doubted:
        raise unmet("sealed", f"{what} your seal would not be believed: {doubted}", _known(app))


def _known(app: App) -> str:
    """How git gets to know the user's key."""
    if app.git.maybe("config", "--get", "gpg.format") != "ssh":
        return "see what git signs with: git config user.signingKey"
    file = app.git.maybe("config", "--type=path", "--get", "gpg.ssh.allowedSignersFile")
    if file:
        return f"let '{printable(file)}' have a line: {app.email} KEY"
    return f"git config gpg.ssh.allowedSignersFile FILE, of lines such as: {app.email} KEY"


def doubted(app: App, features: Collection[str], word: str = "warning") -> bool:
    """Name the features of these that ended, and of whose end no good seal is known.

    Whether there are such, and the rules ask for seals. ``word``: what it is.
    """
    if not features or asked(app) == "off":
        return False
    from git_oneshot.trail.audit import Finding
    from git_oneshot.trail.sealed import seals

    tips = [tip for tip in joined(app.store.tips()).values() if tip.feature in features]
    found = [one for one in seals(app.git, app.store, tips) if isinstance(one, Finding)]
    wrong = [one for one in found if one.rule in ("unsealed", "seal-bad")]
    names = dict.fromkeys(FeatureId(one.ref.rpartition("/")[2]) for one in wrong)
    for name in names:
        app.say(f"{word}: what ended '{name}' is behind no good seal")
    for name in [*names][:1]:
        app.say(f"hint: see what is sealed: git oneshot fsck --signatures -f {name}")
    return bool(names)
