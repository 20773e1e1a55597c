"""What can be wrong in a clone, and the command that mends it: one row of a table a check.

A fix is only offered for what is ours: hooks that we put there, markers, caches,
locks of trails. Settings, rules and trust are the user's, and are only named.
"""

import glob
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import msgspec

from git_oneshot.core.errors import OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.spelling import counted, some
from git_oneshot.gate.clinic import Clinic, Finding, age
from git_oneshot.gate.election import mistaken
from git_oneshot.gate.elsewhere import LINES, place, unheard
from git_oneshot.gate.hooks import HOOKS, SERVER
from git_oneshot.gate.install import BRINGS, overwrites, without
from git_oneshot.gate.locks import LEFT, locks
from git_oneshot.gate.soundness import history, trails
from git_oneshot.gate.trust import Trust
from git_oneshot.proof.running.sandbox import Sandbox, sandbox, stricter
from git_oneshot.proof.running.slots import bury, orphans
from git_oneshot.proof.running.toolchain import Toolchain
from git_oneshot.proof.suites import digest, edited
from git_oneshot.trail.cache import StateCache
from git_oneshot.trail.disk import read
from git_oneshot.trail.display import REF, ours
from git_oneshot.trail.tracking import Tracking

OLDEST: Final = (2, 39)  # git that works (README)
_OF_ONE: Final = r"\.\d+(\.[0-9a-f]+)?(\.lock)?"  # process, thread or dice, and git's own lock

Check = Callable[[Clinic], Iterator[Finding]]
INSTALL: Final = ("git", "oneshot", "install")
_WORDS: Final = {
    "missing": "is not there",
    "stale": "is of another version",
    "not executable": "cannot be run: its x-bit is gone",
}
_OF_SERVERS: Final = ("oneshot.verifier", "oneshot.execute")


def _git_version(c: Clinic) -> Iterator[Finding]:
    said = c.git.text("version")
    found = re.search(r"(\d+)\.(\d+)", said)
    if found is None or (int(found[1]), int(found[2])) < OLDEST:
        yield Finding(f"{said} is older than {OLDEST[0]}.{OLDEST[1]}: get a newer git")


def _hooks(c: Clinic) -> Iterator[Finding]:
    yield from _server(c)
    if c.clone.foreign or c.git.work_tree is None:  # in a bare repository, nobody commits
        return
    if not c.set_up:
        yield Finding("no hook looks at commits here", INSTALL)
    for name, state in c.clone.hooks.wanting() if c.set_up else ():
        yield Finding(f"hook {name} {_WORDS[state]}", INSTALL, partial(c.clone.hooks.put, name))


def _server(c: Clinic) -> Iterator[Finding]:
    """A repository that is pushed to, and is to be gated: its settings say so."""
    wanted = any(c.git.maybe("config", "--local", "--get-all", key) for key in _OF_SERVERS)
    state = c.clone.hooks.server
    if state == "sound" or (state == "missing" and not wanted):
        return
    what = f"hook {SERVER} {_WORDS[state]}"
    if c.clone.foreign:
        yield Finding(f"{what}, and {c.clone.foreign}")
    else:
        yield Finding(what, (*INSTALL, "--server"), partial(c.clone.hooks.put, SERVER))


def _hooks_path(c: Clinic) -> Iterator[Finding]:
    for name in unheard(c.git):
        yield Finding(f"{c.clone.foreign}: add to {place(c.git, name)}: {LINES[name]}")


def _program(c: Clinic) -> Iterator[Finding]:
    """The hooks call the program by its path, and that begins with an interpreter's."""
    if not c.set_up or c.clone.foreign:
        return
    program = read(c.own("program")).strip()
    if not os.access(program, os.X_OK):
        yield Finding(f"the hooks call '{program}', which is gone", INSTALL, c.clone.mark)
        return
    first = read(program).partition("\n")[0]
    interpreter = first.removeprefix("#!").split(" ")[0] if first.startswith("#!") else ""
    if interpreter and not os.access(interpreter, os.X_OK):
        what = f"the hooks call '{program}', whose interpreter '{interpreter}' is gone"
        yield Finding(what, INSTALL, c.clone.mark)


def _markers(c: Clinic) -> Iterator[Finding]:
    if c.git.work_tree is None:
        return  # where nobody commits, no hook asks
    marked = set()
    for branch, feature in c.markers.all().items():
        state, is_open = c.states.get(feature), bool(c.markers.feature_on(branch))
        if is_open and state and state.open:
            marked.add(branch)
        # Of a trail that can't be read, that is said of the trail.
        elif is_open and (state is None or state.phase is not None):
            phase = state.phase if state else "without a trail"
            what = f"a marker says that '{feature}' is open on '{branch}', and it is {phase}"
            yield Finding(what, fix=partial(c.markers.close, branch))
    here = {tip.feature for tip in c.store.tips() if not tip.origin}
    for name in sorted(here):
        state = c.states[name]
        if not state.gated or state.branch in marked:
            continue
        marked.add(state.branch)  # of two that are open there, as clones began them, one is
        if c.git.named(f"refs/heads/{state.branch}") is not None:
            what = f"'{name}' is open on '{state.branch}', and no marker tells the hooks so"
            yield Finding(what, fix=partial(c.markers.open, state.branch, FeatureId(name)))


def _fetch(c: Clinic) -> Iterator[Finding]:
    if named := mistaken(c.git):
        yield Finding(
            f"oneshot.remote is '{named}', and there is no such remote", ("git", "remote")
        )
    for key, value in c.clone.overwriting():
        backup = c.git.work_tree is None  # a mirror, where nobody writes
        yield Finding(overwrites(key, value), without(key, value), note=backup)
    for name, other in c.clone.astray():
        yield Finding(f"a fetch of '{name}' brings its trails as those of '{other}'", INSTALL)
    for step in (one for one in c.clone.steps() if one.what.startswith(BRINGS)):
        what = f"no fetch brings the trails of '{c.clone.remote}' along"
        yield Finding(what, INSTALL, step.make if c.set_up else None)
    yield from _removed(c)


def _removed(c: Clinic) -> Iterator[Finding]:
    """What `git remote remove` leaves, and what goes on to say that trails are shared."""
    tracking = Tracking(c.git, c.store)
    removed = tracking.removed(c.store.tips())
    for only in (False, True):
        remotes = [remote for remote, _, alone in removed if alone == only]
        tips = [tip for _, theirs, alone in removed if alone == only for tip in theirs]
        if not remotes:
            continue
        trails = f"{counted(len(tips), 'trail')} in refs/oneshot-remote"
        of = "remotes that are" if remotes[1:] else "a remote that is"
        what = f"{trails} of {of} not there: {some(remotes)}"
        what += "; they stay, since nothing else has them" if only else ""
        yield Finding(what, fix=None if only else partial(tracking.forget, tips), note=True)


def _notes(c: Clinic) -> Iterator[Finding]:
    if not ours(c.git):
        what = f"{REF} holds notes of yours, so proofs are not shown in git log"
        yield Finding(what, ("git", "update-ref", "refs/notes/mine", REF), note=True)
        return
    shown = (c.git.maybe("config", "--get-all", "notes.displayRef") or "").split("\n")
    if REF not in shown:
        makes = (s.make for s in c.clone.steps() if s.what.startswith("git log: ") and c.set_up)
        what = "git log does not show proofs (notes.displayRef)"
        yield Finding(what, INSTALL, next(makes, None), note=True)
    elif c.git.named(REF) is None:
        yield Finding(f"{REF} is not there, and git log warns of that", fix=c.refresh)


def _rules(c: Clinic) -> Iterator[Finding]:
    if isinstance(c.rules, OneshotError):
        yield Finding(c.rules.message, ("git", "help", "oneshot-rules"))
        return
    try:
        edited(c.git)
    except OneshotError as err:
        yield Finding(f"not committed yet: {err.message}", ("git", "help", "oneshot-rules"))


def _runner(c: Clinic) -> Iterator[Finding]:
    if isinstance(c.rules, OneshotError) or c.git.work_tree is None:
        return
    if not c.rules.suites:
        what = "no test suite is known here, so nothing is gated"
        yield Finding(what, ("git", "oneshot", "rules", "--write"), note=True)
    tools = Toolchain(c.git.own_dir, c.git.work_tree, c.environ)
    for suite in c.rules.suites:
        if suite.runner == "pytest":
            if tools.python() is None:
                mend = ("python", "-m", "pip", "install", "pytest")
                yield Finding(f"suite '{suite.name}': no Python here has pytest", mend)
        elif not tools.serves(suite.command[0], suite.root):
            yield Finding(f"suite '{suite.name}': no program '{suite.command[0]}'")


def _sandbox(c: Clinic) -> Iterator[Finding]:
    """What is asked for, and cannot be had or is not known."""
    try:
        asked = c.asked()
    except OneshotError as err:
        yield Finding(err.message, tuple(shlex.split(err.hint)))
        return
    if isinstance(c.rules, OneshotError):
        return
    wanted = stricter(asked, c.rules.sandbox)
    path = c.environ.get("PATH", os.defpath)
    if sandbox(wanted, c.environ, path) not in (None, Sandbox()) or wanted == "off":
        return
    there = shutil.which("bwrap", path=path) is not None
    why = "the kernel lets this user have none" if there else "bubblewrap is not here"
    mend = () if there else ("apt-get", "install", "bubblewrap")
    what = "run without" if wanted == "auto" else "are to run in"
    yield Finding(f"tests {what} a sandbox: {why}", mend, note=wanted == "auto")


def _trust(c: Clinic) -> Iterator[Finding]:
    if isinstance(c.rules, OneshotError) or c.git.work_tree is None:
        return
    left = set(c.rules.commands) - Trust(c.git).trusted()
    if left:
        many = f"{len(left)} test commands are" if len(left) > 1 else "a test command is"
        yield Finding(f"{many} not trusted in this clone", ("git", "oneshot", "trust"))


def _cache(c: Clinic) -> Iterator[Finding]:
    if StateCache(c.git.own_dir).untrue():
        what = "the cache of states is damaged, which costs time"
        yield Finding(what, fix=partial(os.unlink, c.own("states")))
    for name in ("verified", "toolchain", "added", "refused"):
        try:
            msgspec.json.decode(read(c.own(name)) or "{}")
        except (msgspec.DecodeError, UnicodeError):
            yield Finding(f"'{c.own(name)}' is damaged", fix=partial(os.unlink, c.own(name)))


def _verdicts(c: Clinic) -> Iterator[Finding]:
    """The file that lets the shim say yes by itself names the rules that it is about."""
    current = read(c.own("verdicts", "current")).strip()
    if current and not isinstance(c.rules, OneshotError) and current != digest(c.rules):
        what = "the verdicts that the commit hook finds are of rules that changed since"
        yield Finding(what, fix=partial(shutil.rmtree, c.own("verdicts")), note=True)


def _slots(c: Clinic) -> Iterator[Finding]:
    for folder in orphans(c.git):
        what = f"the slots in '{folder}' are of a repository that is gone"
        yield Finding(what, fix=partial(bury, os.path.dirname(folder)))


def _leftovers(c: Clinic) -> Iterator[Finding]:
    """Files of one process: beside our own, and beside the hooks that install writes."""
    places = ((c.git.own_dir, r"[a-z]+"), (c.git.common_dir + "/hooks", "|".join(HOOKS)))
    for folder, names in places:
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            path = os.path.join(folder, name)
            if re.fullmatch(rf"({names}){_OF_ONE}", name) and age(c, path) > LEFT:
                what = f"a killed process left '{path}' behind"
                yield Finding(what, fix=partial(os.unlink, path))
    yield from _kept(c)


def _kept(c: Clinic) -> Iterator[Finding]:
    """Packs that a writer of ours kept from a gc for as long as it was at work."""
    from git_oneshot.trail.shelter import KEEPER

    packs = os.path.join(c.git.common_dir, "objects", "pack")
    for name in sorted(glob.glob("pack-*.keep", root_dir=packs)):
        path = os.path.join(packs, name)
        if age(c, path) > LEFT and read(path) == f"{KEEPER}\n":
            what = f"a killed process left '{path}' behind, which keeps a pack from git gc"
            yield Finding(what, fix=partial(os.unlink, path))


CHECKS: Final[dict[str, Check]] = {
    "git": _git_version,
    "hooks": _hooks,
    "core.hooksPath": _hooks_path,
    "program": _program,
    "markers": _markers,
    "locks": locks,
    "fetch": _fetch,
    "notes": _notes,
    "rules": _rules,
    "runner": _runner,
    "sandbox": _sandbox,
    "trust": _trust,
    "cache": _cache,
    "verdicts": _verdicts,
    "slots": _slots,
    "leftovers": _leftovers,
    "trails": trails,
    "history": history,
}


def examine(clinic: Clinic) -> Iterator[tuple[str, list[Finding]]]:
    """Every check by its name, and what it found."""
    for name, check in CHECKS.items():
        yield name, list(check(clinic))
