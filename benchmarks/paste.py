"""The figures of the last whole `make bench`, in `latest.txt`; those of commands, in the README.

Milliseconds are a machine's; what is compared side by side in one run is not.
"""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
LATEST: Final = ROOT / "benchmarks" / "latest.txt"
README: Final = ROOT / "README.md"
_PLACE: Final = re.compile(r"(?<=<!-- make bench writes this -->\n).*?(?=<!-- to here -->)", re.S)
_RATIO: Final = re.compile(
    r"^(?:ok  |MISS) ((?:read|write|list) .*?) {2,}(\S+ x) +(<= \S+ x)$", re.MULTILINE
)


def table(latest: str) -> str:
    """The ratios of what was printed, as Markdown."""
    where = latest.partition("\n")[0].removeprefix("# ")
    rows = [f"| {what} | {figure} | {budget} |" for what, figure, budget in _RATIO.findall(latest)]
    return "\n".join(
        ["| what | measured | budget |", "|---|---|---|", *rows, "", f"({where}.)", ""]
    )


def pasted(readme: str, latest: str) -> str:
    """The README with these figures."""
    return _PLACE.sub(lambda _: table(latest), readme)


def keep(latest: str) -> None:
    """Write the figures down, and into the README."""
    LATEST.write_text(latest, encoding="utf-8")
    README.write_text(pasted(README.read_text(encoding="utf-8"), latest), encoding="utf-8")
