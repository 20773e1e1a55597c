"""How things are spelt for people: commands, numbers, times, the text of others.

And what a misspelt name was meant to be.
"""

from collections.abc import Iterable, Sequence


def nearest(word: str, known: Iterable[str]) -> str:
    """The name that was probably meant; "" when none of those known is close."""
    import difflib  # needed only after a mistake

    near = difflib.get_close_matches(word, list(known), 1)
    return near[0] if near else ""


def typed(*argv: str) -> str:
    """A command as a person types it: names that others gave may hold what a shell would run."""
    if all(word.replace("-", "").isalnum() and word.isascii() for word in argv):
        return " ".join(argv)  # as it mostly is, and an import less
    import shlex

    return shlex.join(map(public, argv))


def public(url: str) -> str:
    """An address without the credentials in it, as git tells it; any other text as it is."""
    import re

    return re.sub(r"(?i)^(https?://)[^/]*@|^([a-z+]+://)[^/@]*:[^/@]*@", r"\1\2", url)


def from_source(extra: str = "") -> str:
    """How this program is installed: where it has no index of packages, too."""
    what = f"'.[{extra}]'" if extra else "."
    return f"in a checkout of git-oneshot: pip install {what}"


def counted(number: int, noun: str) -> str:
    """A number of things: ``1 commit``, ``2 commits``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def some(names: Sequence[str]) -> str:
    """The first names of many."""
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return ", ".join(map(printable, names[:3])) + more


def span(minutes: int) -> str:
    """A time in the largest unit that fits, such as ``40 days``."""
    for noun, size in (("day", 1_440), ("hour", 60)):
        if minutes >= size:
            return counted(minutes // size, noun)
    return counted(minutes, "minute")


def printable(text: str) -> str:
    """Make text from a trail, a test or a commit safe for a terminal.

    Control characters, bidirectional marks and other invisible characters are
    replaced by a visible escape; a line break too, so one line stays one line.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def visible(text: str) -> str:
    """JSON that says the same and is safe for a terminal: escaped as JSON escapes."""
    if text.isprintable():
        return text
    units = {c: c.encode("utf-16-be").hex() for c in {*text} if not c.isprintable() and c != "\n"}
    as_json = {ord(c): "".join(f"\\u{u[i : i + 4]}" for i in range(0, len(u), 4))
               for c, u in units.items()}  # fmt: skip
    return text.translate(as_json)
