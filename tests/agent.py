"""An agent that knows nothing of the program: it works, and follows ``next``.

All it has is the contract of an answer (DESIGN §7): run the first ``argv``;
append what it ``needs`` before; where ``work`` is to be done, do that first,
and go no further when there is nothing that it can do; after a command of git,
ask ``status``; after a commit that was refused, ask ``why``. What it brings is
its trade: text where text is needed, a test when it is to be red, the code when
it is to be green.
"""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.gate.project import call

STEPS = 25  # more than any feature takes: an agent in a circle has failed
Work = Callable[[], None]


class Agent:
    """``texts``: by option or word; ``works``: what it does in the tree before a command."""

    def __init__(
        self, folder: Path, texts: Mapping[str, str], works: Mapping[str, Work] = {}
    ) -> None:
        self._folder = folder
        self._texts = texts
        self._works = dict(works)
        self.done: list[str] = []  # the commands, with their exit status
        self.answers: list[dict[str, Any]] = []
        self.asked = ""  # what it asked a person for, where that is how it ended

    def follow(self, argv: list[str]) -> None:
        """Run a command, and then whatever comes next, until nothing does."""
        following: list[str] | None = argv
        while following is not None:
            assert len(self.done) < STEPS, self.done
            following = self._step(following)

    def _step(self, argv: list[str]) -> list[str] | None:
        work = self._works.pop(self._name(argv), None)
        if work is not None:
            work()
        if argv[1] != "oneshot":
            return self._git(argv)
        done = call(argv[2:], self._folder)
        self.done.append(f"{self._name(argv)} {done.code}")
        answer = done.json
        self.answers.append(answer)
        for step in answer["next"]:
            lacks = [need for need in step["needs"] if need not in self._texts]
            if lacks or (step["work"] and self._name(step["argv"]) not in self._works):
                self.asked = f"{step['why']}: {' '.join(step['argv'])} {' '.join(lacks)}".strip()
                return None
            return [*step["argv"], *self._needed(step["needs"])]
        return None

    def _git(self, argv: list[str]) -> list[str]:
        run = subprocess.run(argv, cwd=self._folder, stdin=subprocess.DEVNULL,
                             env={**os.environ, "GIT_EDITOR": "false"},
                             capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
        self.done.append(f"{self._name(argv)} {run.returncode}")
        refused = run.returncode != 0 and "hint: git oneshot why" in run.stderr
        return ["git", "oneshot", "why" if refused else "status", "--json"]

    def _needed(self, needs: list[str]) -> list[str]:
        words = []
        for need in needs:
            words += [need, self._texts[need]] if need.startswith("--") else [self._texts[need]]
        return words

    @staticmethod
    def _name(argv: list[str]) -> str:
        if argv[1] == "-c":
            return f"git {argv[3]}"
        return argv[2] if argv[1] == "oneshot" else f"git {argv[1]}"
