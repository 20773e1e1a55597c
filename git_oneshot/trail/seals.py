"""Seals: a signed commit on top of a trail, which vouches for all that is behind it.

git signs, with whatever the user has set up (``gpg.format``), and git verifies.
An unattended run must not hang on a pin: without a terminal a signer that asks
has a few seconds, and no way to ask.
"""

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from git_oneshot.core.spelling import printable
from git_oneshot.git import ANY, Git, syncing

PATIENCE: Final = 10.0  # seconds for a signer that nobody can answer
_GOOD_SSH: Final = re.compile(r'^Good "git" signature for (.+) with \S+ key ', re.MULTILINE)
_GOOD_PGP: Final = re.compile(r"^\[GNUPG:\] GOODSIG \S+ (.+)$", re.MULTILINE)
_BAD: Final = re.compile(r"incorrect signature|\[GNUPG:\] BADSIG|verification failed")
# Why a seal is not believed, by what git, gpg and ssh-keygen print; the first that fits.
_REASONS: Final = (
    (r"\[GNUPG:\] REVKEYSIG ", "its key is revoked"),
    (r"\[GNUPG:\] EXPKEYSIG ", "its key has expired"),
    (r"\[GNUPG:\] EXPSIG ", "the signature has expired"),
    (r"\[GNUPG:\] NO_PUBKEY (\S+)", r"key \1 is not in the keyring"),
    (r"(?:error|fatal): (.+)", r"\1"),
    (r".+:\d+: (key .+)", r"\1"),
    (r"(Unable to open .+)", r"\1"),
    (r"No principal matched", "no allowed signer has its key"),
    (r"Could not verify", "it could not be verified; its key may be revoked"),
)


class Verdict(NamedTuple):
    """What git says of a seal; ``why`` it is unknown."""

    word: Literal["good", "bad", "unknown"]
    signer: str = ""
    why: str = ""


def signs(git: Git) -> bool:
    """Whether the user's git signs commits."""
    return git.maybe("config", "--type=bool", "--get", "commit.gpgSign") == "true"


def tried(git: Git, *, terminal: bool) -> tuple[str, str]:
    """Why the user's git signs nothing, and why it would not believe what it signs; "" if it does.

    It is asked to sign what is kept nowhere.
    """
    with tempfile.TemporaryDirectory() as folder:
        apart = git._replace(environ={**git.environ, "GIT_OBJECT_DIRECTORY": folder})
        seal, why = sign(apart, apart.tree(None), "", b"can git sign?\n", terminal=terminal)
        return why, doubt(apart, seal) if seal else ""


def doubt(git: Git, commit: str) -> str:
    """Why git does not believe a seal, "" if it does."""
    verdict = verify(git, commit)
    return "" if verdict.word == "good" else verdict.why or "it does not fit"


def sign(git: Git, tree: str, parent: str, message: bytes, *, terminal: bool) -> tuple[str, str]:
    """Make a signed commit; its id, and why there is none, one of them empty.

    ``parent``: "" for a commit without one.
    """
    env: Mapping[str, str] = git.env()
    if not terminal:
        env = {**env, "SSH_ASKPASS_REQUIRE": "never", "GPG_TTY": ""}
    behind = ["-p", parent] if parent else []
    argv: Sequence[str] = git.argv([*syncing("loose-object"), "commit-tree", "-S", *behind, tree])
    pipe = subprocess.PIPE
    with subprocess.Popen(
        argv, env=env, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=not terminal
    ) as git_:
        try:
            stdout, stderr = git_.communicate(message, None if terminal else PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(git_.pid, signal.SIGKILL)  # git, and the signer that it waits for
            return "", "the signer asks, and there is nobody to answer"
    if git_.returncode != 0:
        return "", unsigned(stderr)
    return stdout.decode().strip(), ""


def unsigned(stderr: bytes) -> str:
    """Why git could not sign, by what it printed."""
    lines = stderr.decode(errors="replace").strip().splitlines() or ["no reason"]
    why = next((x for x in lines if x.startswith(("error:", "fatal:"))), lines[0])
    why = re.sub(r"^(?:error|fatal): |Enter passphrase[^:]*: |\?$", "", why)
    return printable(why)[:200]


def verify(git: Git, commit: str, signers: str = "") -> Verdict:
    """What git says of one seal, by the user's keyring or ``gpg.ssh.allowedSignersFile``.

    ``signers``: a file of such signers, which alone counts.
    """
    only = ("-c", f"gpg.ssh.allowedSignersFile={signers}", "-c", "gpg.program=false",
            "-c", "gpg.x509.program=false") if signers else ()  # fmt: skip
    done = git.call(*only, "verify-commit", "--raw", commit, ok=ANY)
    said = (done.stderr + done.stdout).decode(errors="replace").replace("\r\n", "\n")
    good = _GOOD_SSH.search(said) or _GOOD_PGP.search(said)
    if done.returncode == 0 and good:
        return Verdict("good", printable(good[1])[:200])
    if _BAD.search(said):
        return Verdict("bad")
    return Verdict("unknown", why=reason(said))


def reason(said: str) -> str:
    """Why a signature is not believed, by all that was printed of it."""
    for pattern, why in _REASONS:
        found = re.search(f"^{pattern}", said, re.MULTILINE)
        if found:
            return printable(found.expand(why))[:200]
    return "git does not say why"
