"""Asking a forge with patience: time-outs, a few retries, and one error for people.

What a forge, or the library that speaks with it, throws at us is made a
``Trouble`` first; here it is decided whether to wait and ask again, and what to
say in the end. Nothing that a request carried is ever in it.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final, NamedTuple, TypeVar

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.spelling import printable

TIMEOUT: Final = 15.0  # seconds for one answer
TRIES: Final = 4
LONGEST: Final = 60.0  # seconds that we wait because a forge says so; else the user is told
STRANGE: Final = 0  # instead of a status: the answer is not what this forge answers
PASSING: Final = (408, 425, 429, 500, 502, 503, 504)

_T = TypeVar("_T")


class Patience(NamedTuple):
    """How to wait: ``pause(seconds)`` does, and ``chance()`` is in [0, 1).

    ``watch`` is told what is waited for, and goes around it.
    """

    pause: Callable[[float], None]
    chance: Callable[[], float]
    watch: Callable[[str], AbstractContextManager[object]] = nullcontext


class Trouble(Exception):  # noqa: N818 - a fact about one request; what is said follows from it
    """One request failed.

    ``status``: of the answer, None when there was none. ``wait``: the seconds
    that the forge asks for. ``why``: its own words.
    """

    def __init__(self, status: int | None, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.wait = wait

    @property
    def passes(self) -> bool:
        """Whether asking again later can help."""
        return self.status is None or self.status in PASSING or self.wait is not None


def patiently(host: str, patience: Patience, ask: Callable[[], _T]) -> _T:
    """What ``ask`` gives, after a few tries if need be. It must be safe to repeat.

    Raises OneshotError with the code that fits the last trouble.
    """
    with patience.watch(f"asking {host}"):
        for attempt in range(TRIES):
            try:
                return ask()
            except Trouble as trouble:
                delay = _delay(trouble, attempt, patience)
                if not trouble.passes or attempt == TRIES - 1 or delay > LONGEST:
                    raise told(host, trouble) from None
                patience.pause(delay)
    raise AssertionError  # the last try gives or raises


def creating(
    host: str, patience: Patience, make: Callable[[], _T], find: Callable[[], _T | None]
) -> _T:
    """What ``make`` makes, once.

    After a try whose end is not known, ``find`` looks for it first.
    """
    tries = 0

    def ask() -> _T:
        nonlocal tries
        there = find() if tries else None
        tries += 1
        return make() if there is None else there

    return patiently(host, patience, ask)


def _delay(trouble: Trouble, attempt: int, patience: Patience) -> float:
    """What the forge asks for, else half a second, doubled at each try, and some chance."""
    if trouble.wait is not None:
        return max(trouble.wait, 0.0)
    return 0.5 * (1 << attempt) * (0.5 + patience.chance() / 2)


def told(host: str, trouble: Trouble) -> OneshotError:
    """The trouble in a line, with what helps."""
    status = trouble.status
    why = printable(" ".join(trouble.why.split()))[:200]
    if status is None:
        return OneshotError(
            Code.FORGE_UNAVAILABLE,
            f"'{host}' does not answer: {why}",
            "try again; what was done is remembered",
        )
    if status == STRANGE:
        return OneshotError(
            Code.FORGE_REFUSED,
            f"'{host}' does not answer as such a forge does: {why}",
            f"is it what oneshot.{host}.forge says, and is oneshot.{host}.api its address?",
        )
    if status == 429 or trouble.wait is not None:
        wait = f" for {trouble.wait:.0f} s" if trouble.wait else ""
        return OneshotError(
            Code.FORGE_BUSY, f"'{host}' asks us to wait{wait}", "try again after that"
        )
    if status == 401:
        return OneshotError(
            Code.FORGE_DENIED,
            f"'{host}' does not accept the token",
            "make a new one there; git forgets this one: "
            f"echo url=https://{host} | git credential reject",
        )
    if status == 403:
        return OneshotError(
            Code.FORGE_DENIED,
            f"'{host}' does not allow this: {why}",
            "the token needs the right to read and write pull requests",
        )
    if status >= 500 or status in PASSING:
        return OneshotError(
            Code.FORGE_UNAVAILABLE, f"'{host}' failed with {status}", "try again later"
        )
    hint = {
        404: "does the token see the repository, and is its address right? git remote -v",
        409: "something changed there meanwhile: git fetch, and try again",
        301: "the repository has moved: git remote set-url",
        302: "the repository has moved: git remote set-url",
        307: "the repository has moved: git remote set-url",
        308: "the repository has moved: git remote set-url",
    }.get(status, "see the pull request there, and try again")
    return OneshotError(Code.FORGE_REFUSED, f"'{host}' says {status}: {why or 'no'}", hint)
