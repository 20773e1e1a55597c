"""The pre-receive hook: what it reads of the server's own settings, and what git tells it."""

from typing import Final

from git_oneshot.cli.app import App
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.forge.own import own
from git_oneshot.gate.prereceive import received, refusals, sealed, trails_of
from git_oneshot.trail.git_store import GitStore

# Where what is pushed lies until it is let in. git reads it there; a test never sees them.
_QUARANTINE: Final[tuple[str, ...]] = (
    "GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
)  # fmt: skip


def refused(app: App, lines: str) -> list[str]:
    """Why a push may not come in, a line for each ref."""
    kept = {name: app.environ[name] for name in _QUARANTINE if name in app.environ}
    git = app.git._replace(environ={**app.git.environ, **kept})
    updates = received(lines)
    verifiers = own(git, "oneshot.verifier")
    if not verifiers:
        raise OneshotError(
            Code.UNTRUSTED,
            "nobody is named whose verdicts this server believes",
            "on the server: git config --add oneshot.verifier ci@example.org",
        )
    store = GitStore(git, lambda: 0.0)
    try:
        judge = sealed(git, store, trails_of(store, updates), verifiers)
        return list(refusals(git, updates, judge))
    finally:
        store.close()
