"""verify --ci in an environment without secrets: tests can read what a process was started with.

On Linux it is in /proc, for every process of the same user. A running process cannot change
what is there; to start it anew does.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from git_oneshot.proof.running.process import passed

# Beside what tests get themselves.
_KEPT: Final = (
    "HOME", "TMPDIR", "NO_COLOR", "FORCE_COLOR",
    "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
    "SSH_AUTH_SOCK", "GNUPGHOME",  # what a seal is signed with
    "CI", "GITLAB_CI", "CI_PROJECT_DIR", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY",
)  # fmt: skip
# Settings by GIT_CONFIG_COUNT are not among them: often they are headers with a token.
_OF_GIT: Final = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_CEILING_DIRECTORIES", "GIT_EXEC_PATH",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_PARAMETERS", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_DATE", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_COMMITTER_DATE",
)  # fmt: skip


def shed(argv: Sequence[str], environ: Mapping[str, str]) -> None:
    """Begin this process anew where it is `verify --ci` and holds what it has no use for."""
    if "verify" not in argv or "--ci" not in argv:
        return
    left = kept(environ)
    if len(left) < len(environ):
        os.execve(sys.executable, sys.orig_argv, left)  # noqa: S606 - a shell would be worse


def kept(environ: Mapping[str, str]) -> dict[str, str]:
    """What of an environment `verify --ci` has a use for: no token is among it."""
    ours = {n: v for n, v in environ.items() if n in _KEPT or n in _OF_GIT or _of_language(n)}
    return passed(environ) | ours


def _of_language(name: str) -> bool:
    return name.startswith("LC_") or (name.startswith("PYTHON") and name.isalnum())
