"""Keep of what a fuzzer found what is worth a replay: `python -m tests.fuzz.keep [FOLDER]`.

The smallest inputs that go between them from line to line in every way that all of them
do; what the seeds do anyhow is left out.
"""

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any, Final

from tests.fuzz.trails import CORPUS, FOUND, feed, seeds

LARGEST: Final = 100_000  # bytes of all that is kept
Way = tuple[str, int, int]  # a file, and two lines that were executed one after the other


def ways(data: bytes) -> set[Way]:
    """The ways that one input takes through the program."""
    seen: set[Way] = set()

    def trace(frame: FrameType, event: str, _arg: Any) -> Any:
        name = frame.f_code.co_filename
        if "git_oneshot" not in name:
            return None
        last = [0]

        def local(frame: FrameType, event: str, _arg: Any) -> Any:
            if event == "line":
                seen.add((name, last[0], frame.f_lineno))
                last[0] = frame.f_lineno
            return local

        return local

    sys.settrace(trace)
    try:
        feed(data)
    finally:
        sys.settrace(None)
    return seen


def worth(inputs: Iterable[bytes]) -> list[bytes]:
    """Of these inputs those that take a way that neither seeds nor shorter ones take."""
    known = {way for seed in seeds() for way in ways(seed)}
    kept = []
    for data in sorted(set(inputs), key=lambda one: (len(one), one)):
        new = ways(data) - known
        if new:
            known |= new
            kept.append(data)
    return kept


def main(folder: Path) -> None:
    """Renew the corpus from itself and a folder."""
    files = [*CORPUS.glob("*"), *folder.glob("*")]
    kept = worth(file.read_bytes() for file in files)
    for file in CORPUS.glob("*"):
        file.unlink()
    CORPUS.mkdir(exist_ok=True)
    for data in kept:
        (CORPUS / hashlib.sha1(data).hexdigest()).write_bytes(data)
    size = sum(map(len, kept))
    sys.stdout.write(f"{len(kept)} of {len(files)} inputs kept, {size} bytes\n")
    assert size <= LARGEST


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOUND)
