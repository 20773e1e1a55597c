"""Telling others, at least once: what was told is remembered, everything else is told again.

The outbox is not a list of messages but how far each target has heard each
trail; what is behind that is derived from the events. So a kill between an event
and its message loses nothing, and a target that is dead is told later.
"""

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from git_oneshot.core.errors import OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.notices import Notice, notices
from git_oneshot.core.spelling import printable
from git_oneshot.forge.own import own
from git_oneshot.git import Git
from git_oneshot.proof.extra import needs
from git_oneshot.trail.disk import put
from git_oneshot.trail.store import TrailStore, ours

WAIT: Final = 10.0  # seconds for one message

MISSED: Final = "*"  # no feature can be called so
Heard = dict[str, dict[str, int]]  # by target, by feature: the clock of the last event


class Target(NamedTuple):
    """Someone who wants to be told. ``name`` is shown and kept: no secret is in it."""

    name: str
    key: str
    tell: Callable[[Notice], None]


class Untold(Exception):  # noqa: N818 - a fact about one message
    """A target was not told, and why: no word of its address."""


def targets(git: Git) -> list[Target]:
    """Those of the user's own configuration: ``notify.command``, ``notify.target``."""
    found = [
        Target("notify.command", _digest(line), lambda notice, line=line: _run(git, line, notice))  # type: ignore[misc]
        for line in own(git, "notify.command")[-1:]
    ]
    for url in own(git, "notify.target"):
        name = f"{printable(url.partition(':')[0])}:…"
        found.append(Target(name, _digest(url), lambda notice, url=url: _apprise(url, notice)))  # type: ignore[misc]
    return found


def deliver(
    git: Git, store: TrailStore, told: Sequence[Target], feature: FeatureId, since: int
) -> list[str]:
    """Tell the targets what they have not heard, and give back what went wrong, a line each.

    ``since``: the clock of the feature before the command that was just carried
    out. A target that is new is told nothing of what was before it.
    """
    path = os.path.join(git.own_dir, "heard")
    heard = _read(path)
    wrong = []
    for target in told:
        known = heard.get(target.key)
        if known is None:
            loaded = store.load(ours(store.tips()))
            known = {one.state.feature: one.state.clock for one in loaded} | {feature: since}
        missed = known.pop(MISSED, 0)  # the last time it was not told: of any feature
        why = _tell(store, target, known, {feature, *(known if missed else ())})
        if why:
            wrong.append(f"'{target.name}' was not told: {why}")
        heard[target.key] = known | ({MISSED: 1} if why else {})
    try:
        put(path, msgspec.json.encode({t.key: heard[t.key] for t in told}))
    except OSError as err:
        wrong.append(f"they will be told again, for '{path}' cannot be written: {err.strerror}")
    return wrong


def _tell(store: TrailStore, target: Target, known: dict[str, int], names: Iterable[str]) -> str:
    """Tell one target of some features, oldest event first; why it was not told, if it was not."""
    for name in sorted(names):
        tip = store.tip(FeatureId(name))
        if tip is None:
            continue
        [loaded], [trail] = store.load([tip]), store.read([tip])
        new = [event for event in trail.events if event.clock > known.get(name, 0)]
        for notice in notices(loaded.state, new):
            try:
                target.tell(notice)
            except Untold as err:
                return str(err)
            except OneshotError as err:  # the extra is missing
                return f"{err.message} ({err.hint})"
            known[name] = next(event.clock for event in new if event.id == notice.id)
        known[name] = loaded.state.clock
    return ""


def _run(git: Git, line: str, notice: Notice) -> None:
    """Give a command the notice as JSON on standard input. There is no shell.

    What it prints is nobody's to read: to wait for its end would be to wait for
    all that it left in the background.
    """
    said = json.dumps({"v": 1, **notice._asdict()}).encode(errors="replace")
    off = subprocess.DEVNULL
    try:
        child = subprocess.Popen(
            shlex.split(line), stdin=subprocess.PIPE, stdout=off, stderr=off, env=git.environ,
            start_new_session=True,
        )  # fmt: skip
    except (OSError, ValueError, IndexError) as err:
        raise Untold(getattr(err, "strerror", None) or "it is no command") from None
    try:
        child.communicate(said, timeout=WAIT)
    except subprocess.TimeoutExpired:
        raise Untold(f"it took longer than {WAIT:.0f} s") from None
    finally:
        if child.returncode is None:  # or we were interrupted
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    if child.returncode != 0:
        raise Untold(f"it ended with {child.returncode}")


def _apprise(url: str, notice: Notice) -> None:
    """Tell one of the many services that apprise knows."""
    needs("apprise", "notify")
    import logging

    import apprise

    logging.getLogger("apprise").disabled = True  # it would print addresses
    told = apprise.Apprise()
    if not told.add(url):
        raise Untold("apprise knows no such address")
    body = "\n".join(filter(None, [notice.line, notice.url, f"{notice.by}, {notice.at}"]))
    if not told.notify(title=f"oneshot: {notice.what}", body=body):
        raise Untold("it did not take the message")


def _digest(text: str) -> str:
    """A name for an address, which may hold a secret."""
    import hashlib

    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]


def _read(path: str) -> Heard:
    try:
        with open(path, "rb") as file:
            return msgspec.json.decode(file.read(), type=Heard)
    except (OSError, msgspec.DecodeError):
        return {}
