"""Fuzz what takes trails apart: `make fuzz`. Whatever comes in has to end in a value.

``python -m tests.fuzz.trails [CPU-SECONDS [SEED]]``. Every run begins with
``tests/fuzz/corpus``, which the tests replay; what it finds is in ``.fuzz``, and
``tests.fuzz.keep`` adds to the corpus what takes a new way through the program.
"""

import hashlib
import os
import random
import sys
import time
from pathlib import Path
from typing import Final

CORPUS: Final = Path(__file__).parent / "corpus"
FOUND: Final = Path(__file__).parents[2] / ".fuzz"
RUNS: Final = [0]


def feed(data: bytes) -> None:
    """One input: its first byte says for which door it is."""
    from git_oneshot.core.codec import decode, encode
    from git_oneshot.core.errors import Exit, OneshotError
    from git_oneshot.trail.objects import sound_entries

    RUNS[0] += 1
    door, rest = data[:1], data[1:]
    if door < b"\x40":
        try:
            event = decode(rest)
        except OneshotError as err:
            assert err.kind.exit is Exit.DAMAGED
        else:
            assert encode(event) == rest
    elif door < b"\x50":
        sound_entries(rest, "sha1")
    else:
        _read(rest)


def _read(data: bytes) -> None:
    """A trail: commits one after another, each behind one or two of those before it."""
    from git_oneshot.core.errors import Exit
    from git_oneshot.core.history import state_of
    from git_oneshot.core.ids import FeatureId
    from git_oneshot.trail import reading
    from git_oneshot.trail.objects import Objects, root
    from git_oneshot.trail.reading import HASHES, Raw, trail_of
    from git_oneshot.trail.store import Tip

    objects = Objects("unused", "sha1")
    first = objects.id_of(root("f", objects)).decode()
    names, raws = [first], dict[str, Raw]()
    for part in data.split(b"\0commit\0")[:12]:
        one, two, body = part[:1], part[1:2], part[2:]
        parents = sorted({names[b[0] % len(names)] for b in (one, two) if b})
        who = "A <a@b> 0 +0000"
        tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        head = f"tree {tree}\n" + "".join(f"parent {parent}\n" for parent in parents)
        content = head.encode() + f"author {who}\ncommitter {who}\n\n".encode() + body
        if body.startswith(b"merge"):
            clock = int.from_bytes(body[5:6] or b"\0", "big")
            content = reading.merge_header(tree, parents, 0) + b"\n"
            content += reading.merge_message("f", clock)
        name = hashlib.sha1(b"commit %d\0" % len(content) + content).hexdigest()
        raws[name] = Raw("commit", len(content), content)
        names.append(name)
    trail = trail_of(Tip(FeatureId("f"), names[-1]), raws, HASHES["sha1"])
    assert trail.damage is None or trail.damage.kind.exit is Exit.DAMAGED
    state_of("f", trail.entries)


def seeds() -> list[bytes]:
    """Where it begins: every kind of event that there is, alone and on a trail."""
    golden = Path(__file__).parent.parent / "golden" / "v1"
    lines = [line for file in sorted(golden.glob("*.json*")) if "state" not in file.name
             for line in file.read_bytes().splitlines()]  # fmt: skip
    alone = [b"\0" + line for line in lines]
    begun = b'{"at":"2026-01-01T00:00:00Z","by":"A <a@b>","clock":1,"data":{"featureId":"f"},' \
            b'"id":"00000000000000000000000001","type":"workflow.started","v":1}'  # fmt: skip
    other = begun.replace(b'01"', b'02"')
    fork = b"\xff\0\0s\n\n" + begun + b"\n\0commit\0\0\0s\n\n" + other + b"\n"
    merged = fork + b"\0commit\0\x01\x02merge\x01"
    return [*alone, fork, merged, b"\x41" + b"100644 a\0" + b"a" * 20]


def main(seconds: float, seed: int) -> None:
    """Fuzz for so many seconds of the processor."""
    import importlib

    atheris = importlib.import_module("atheris")  # only `make fuzz` installs it
    with atheris.instrument_imports(include=["git_oneshot"]):
        import git_oneshot.core.codec
        import git_oneshot.core.history
        import git_oneshot.trail.reading  # noqa: F401
    FOUND.mkdir(exist_ok=True)
    for one in seeds():
        (FOUND / hashlib.sha1(one).hexdigest()).write_bytes(one)

    def run(data: bytes) -> None:
        feed(data)
        if RUNS[0] % 1000 == 0 and time.process_time() > seconds:
            found = len(list(FOUND.iterdir()))
            sys.stdout.write(f"seed {seed}, {RUNS[0]} inputs, {found} found, no failure\n")
            sys.stdout.flush()
            os._exit(0)

    sys.stdout.write(f"seed {seed}\n")
    folders = [str(FOUND), str(CORPUS)]
    atheris.Setup([sys.argv[0], f"-seed={seed}", "-max_len=4096", "-verbosity=0", *folders], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main(
        float(sys.argv[1]) if len(sys.argv) > 1 else 600.0,
        int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(2**31),
    )
