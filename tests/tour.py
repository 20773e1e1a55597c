"""The tour of the README, typed by a program: its commands, and what they answer."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

_BLOCK: Final = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Step(NamedTuple):
    """One command as it was typed, and the lines that followed it."""

    command: str
    answer: str


def steps(text: str) -> Iterator[Step]:
    """The commands of a Markdown text's console blocks. ``> `` continues a command."""
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            first, *rest = part.splitlines()
            typed = 0
            while typed < len(rest) and rest[typed].startswith(">"):
                typed += 1
            more = [line[2:] for line in rest[:typed]]
            answer = "".join(f"{line}\n" for line in rest[typed:])
            yield Step("\n".join([first, *more]), answer)


def answers(text: str, folder: Path) -> Iterator[Step]:
    """Type the commands of ``text`` in ``folder``, and give back what each answers."""
    bin_ = os.path.dirname(sys.executable)
    env = {**os.environ, "PATH": os.pathsep.join([bin_, os.environ["PATH"]])}
    for step in steps(text):
        done = subprocess.run(
            ["sh", "-c", step.command],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        yield Step(step.command, done.stdout)
        if step.command.startswith("cd "):
            folder = folder / step.command.removeprefix("cd ")


def masked(answer: str) -> str:
    """An answer without what differs from run to run: object ids, times, blanks at line ends."""
    answer = re.sub(r"\b[0-9a-f]{7,64}\b", "ID", answer)
    answer = re.sub(r"^(Date: +).*$", r"\1TIME", answer, flags=re.MULTILINE)
    answer = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "TIME", answer)
    return re.sub(r"[ \t]+$", "", answer, flags=re.MULTILINE)
