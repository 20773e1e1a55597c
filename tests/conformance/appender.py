"""One of several processes that write to one trail at once: ``python -m … PATH FEATURE``.

It says when it is ready, waits for the end of its input, and asks for a pull request.
"""

import os
import sys
import time

from git_oneshot.core.commands import RequestSynthesis
from git_oneshot.core.ids import feature_id
from git_oneshot.git import discover
from git_oneshot.session import Session
from git_oneshot.trail.git_store import GitStore
from tests.sandbox import real_world


def main(path: str, feature: str) -> None:
    """Append one event."""
    store = GitStore(discover(path, os.environ), time.time)
    session = Session(store, real_world())
    print("ready", flush=True)  # noqa: T201 - the test waits for it
    sys.stdin.read()
    session.execute(feature_id(feature), RequestSynthesis())
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
