"""Trails beside what else keeps records in git: notes, a loop of plumbing, git-annex and DVC.

Each is measured as it is by default. The rows say what is synced to the disk before it is
acknowledged: of git's own commands and git-annex nothing is, DVC syncs some of its files.
git-bug and git-appraise are in none of the indexes that are asked.
"""

import itertools
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Final

from benchmarks.outside import found
from benchmarks.scene import Scene, write
from benchmarks.timing import Row, compared, in_turn, run
from benchmarks.trails import WORLD
from git_oneshot.core.commands import RequestSynthesis, Start
from git_oneshot.core.ids import FeatureId
from git_oneshot.git import discover
from git_oneshot.session import Session
from git_oneshot.trail.git_store import GitStore
from git_oneshot.trail.store import Tip

MANY: Final = 1_000  # records that are listed
Thing = Callable[[], object]


def appended(scene: Scene) -> list[Row]:
    """An append of ours beside `git notes append`, and a loop of commit-tree and update-ref."""
    path = scene.repository("peers")
    session = Session(GitStore(discover(path, scene.env), time.time), WORLD)
    feature = FeatureId("peer")
    session.execute(feature, Start(branch="main"))
    tree = scene.git("mktree", cwd=path)
    line = "x" * 300
    at = [scene.git("commit-tree", tree, "-m", line, cwd=path)]
    scene.git("update-ref", "refs/loop", at[0], cwd=path)

    def loop() -> None:
        new = scene.git("commit-tree", tree, "-p", at[0], "-m", line, cwd=path)
        scene.git("update-ref", "refs/loop", new, at[0], cwd=path)
        at[0] = new

    notes = run("git", "notes", "--ref", "peer", "append", "-m", line, cwd=path, env=scene.env)
    took = in_turn(
        {"ours": lambda: session.execute(feature, RequestSynthesis()), "notes": notes,
         "loop": loop}, 40,
    )  # fmt: skip
    session.store.close()
    ms = {name: statistics.median(took[name]) * 1e3 for name in took}
    return [
        compared("append, synced", f"{ms['ours']:.2f} ms"),
        compared("  git notes append, not synced", f"{ms['notes']:.2f} ms"),
        compared("  commit-tree and update-ref, not synced", f"{ms['loop']:.2f} ms"),
    ]  # fmt: skip


def read(scene: Scene) -> list[Row]:
    """1,000 records read: ours replayed, beside the bodies of 1,000 notes and a log."""
    path = scene.repository("read")
    scene.features(path, 1, 1_000)
    git = discover(path, scene.env)
    tip = Tip(FeatureId("feature-0"), git.text("rev-parse", "refs/oneshot/feature-0"))
    stream = b"".join(
        b"commit refs/heads/many\nmark :%d\ncommitter A <a@b.c> %d +0000\ndata 1\nx\n" % (i, i)
        for i in range(1, 1_001)
    ) + b"commit refs/notes/peer\ncommitter A <a@b.c> 1 +0000\ndata 1\nx\n" + b"".join(
        b"N inline :%d\ndata 200\n%s\n" % (i, b"x" * 200) for i in range(1, 1_001)
    )  # fmt: skip
    scene.git("fast-import", "--quiet", cwd=path, stdin=stream)
    list_notes = "git notes --ref peer list | cut -d' ' -f1 | git cat-file --batch"

    def ours() -> None:
        store = GitStore(git, time.time)
        [trail] = store.read([tip])
        assert len(trail.events) == 1_000
        store.close()

    took = in_turn(
        {"ours": ours, "notes": run("sh", "-c", list_notes, cwd=path, env=scene.env),
         "log": run("git", "log", "refs/oneshot/feature-0", cwd=path, env=scene.env)}, 15,
    )  # fmt: skip
    ms = {name: statistics.median(took[name]) * 1e3 for name in took}
    return [
        compared("1,000 events read, checked and decoded", f"{ms['ours']:.2f} ms"),
        compared("  1,000 notes, listed and read", f"{ms['notes']:.2f} ms"),
        compared("  git log of the trail", f"{ms['log']:.2f} ms"),
    ]


def notes_kept(scene: Scene) -> list[Row]:
    """Eight processes append 25 notes each: how many of the acknowledged are there."""
    path = scene.repository("notes-writers")
    script = (
        'for i in $(seq 25); do git notes --ref shared append -m "$0-$i" 2>/dev/null '
        '&& echo "$0-$i"; done; true'
    )
    running = [
        subprocess.Popen(["sh", "-c", script, f"w{n}"], cwd=path, env=scene.env,
                         stdout=subprocess.PIPE)
        for n in range(8)
    ]  # fmt: skip
    said = [line for one in running for line in one.communicate()[0].decode().split()]
    there = set(scene.git("notes", "--ref", "shared", "show", "HEAD", cwd=path).split())
    kept = sum(line in there for line in said)
    return [compared(f"  git notes append: kept of {len(said)} acknowledged", str(kept))]


def annexed(scene: Scene, annex: str) -> tuple[Thing, Thing]:
    """One more value of a file's metadata in git-annex, and those of 1,000 files listed."""
    path = scene.repository("annex")
    env = {**scene.env, "PATH": os.path.dirname(annex) + os.pathsep + scene.env["PATH"]}

    def ask(*argv: str) -> Thing:
        return run(annex, *argv, cwd=path, env=env)

    ask("init", "-q")()
    for number in range(MANY):
        write(path, f"file-{number}", f"{number}\n")
    ask("add", "-q", ".")()
    run("git", "commit", "-qm", "files", cwd=path, env=env)()
    ask("metadata", "-q", "--force", ".", "-s", f"note={'x' * 200}")()
    numbers = itertools.count()

    def append() -> None:
        ask("metadata", "-q", "file-0", "-s", f"note+={next(numbers)}{'x' * 300}")()

    return append, ask("metadata", "--json", ".")


def experiments(scene: Scene, dvc: str) -> tuple[Thing, Thing]:
    """`dvc exp save`, which makes a commit and a ref, and a list of 1,000."""
    path = scene.repository("experiments")

    def ask(*argv: str) -> Thing:
        return run(dvc, *argv, cwd=path, env={**scene.env, "DVC_NO_ANALYTICS": "1"})

    ask("init", "-q")()
    scene.git("commit", "-qm", "dvc", cwd=path)
    save = ask("exp", "save", "-q", "-f")
    save()
    [ref] = scene.git("for-each-ref", "--format=%(refname)", "refs/exps/??/*/*", cwd=path).split()
    others = "".join(f"create {ref}-{number} {ref}\n" for number in range(MANY - 1))
    scene.git("update-ref", "--stdin", cwd=path, stdin=others.encode())
    return save, ask("exp", "list", "-A")


def brought(scene: Scene) -> Iterator[Row]:
    """The append and the list of each program that was brought, as far as it runs here."""
    for name, ready, rounds, append, listing in OTHERS:
        program = found(scene, name)
        figures = dict.fromkeys((append, listing), "absent")
        try:
            if program:
                took = in_turn(dict(zip(figures, ready(scene, program), strict=True)), rounds)
                figures = {k: f"{statistics.median(v) * 1e3:.2f} ms" for k, v in took.items()}
        except subprocess.CalledProcessError as error:
            figures = dict.fromkeys(figures, f"exit status {error.returncode}")
        yield from (compared(f"  {what}", figure) for what, figure in figures.items())


# The program, what sets it up, how often it is run, and what is compared.
OTHERS: Final = (
    ("git-annex", annexed, 7, "git-annex metadata, not synced",
     f"{MANY:,} files' git-annex metadata, listed"),
    ("dvc", experiments, 3, "dvc exp save, some of it synced", f"{MANY:,} dvc experiments, listed"),
)  # fmt: skip


def peers(scene: Scene) -> list[Row]:
    """What else keeps records in git."""
    return [*appended(scene), *read(scene), *brought(scene), *notes_kept(scene)]
