"""`python -m tests.picture [--check]`: the README's picture, drawn from a real run of the demo.

It is drawn anew when the demo says something else than the picture shows, ids
and times apart; with --check that is an error.
"""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.tour import masked

ROOT: Final = Path(__file__).parent.parent
PICTURE: Final = ROOT / "docs" / "demo.svg"
WIDTH: Final = 96  # columns
# The parts of the demo that are shown, as their titles in demo.sh begin.
SHOWN: Final = ("The failing test first", "A small function", "The hook can be skipped")
# A picture in a README loads nothing: the fonts are the reader's.
FORMAT: Final = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<title>git oneshot, in a terminal</title>
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix" xml:space="preserve">
{matrix}
</g>
</g>
</svg>
"""


def run_demo() -> str:
    """What the demo prints, with its colours."""
    done = subprocess.run(
        ["sh", str(ROOT / "tests" / "demo.sh"), os.path.dirname(sys.executable)],
        env={**os.environ, "FORCE_COLOR": "1", "NO_COLOR": ""},
        stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    return done.stdout


def parts(said: str) -> Iterator[str]:
    """The parts of the demo's output that are shown."""
    for part in said.split("\n\x1b[2m# ")[1:]:
        if part.startswith(SHOWN):
            yield "\x1b[2m# " + part.rstrip("\n") + "\n"


def drawn(said: str) -> str:
    """A terminal's output as SVG."""
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True,
                      color_system="truecolor")  # fmt: skip
    console.print(Text.from_ansi(said), soft_wrap=False)
    svg = console.export_svg(title="git oneshot", code_format=FORMAT, unique_id="t")
    return "\n".join(line.rstrip() for line in svg.split("\n") if line.strip()) + "\n"


def main(argv: list[str]) -> int:
    """Compare, and draw or complain."""
    new = drawn("\n".join(parts(run_demo())))
    old = PICTURE.read_text(encoding="utf-8") if PICTURE.exists() else ""
    if masked(new) == masked(old):
        return 0
    if "--check" in argv:
        sys.stderr.write("error: the demo does not say what docs/demo.svg shows\n"
                         "hint: make picture, and look at it\n")  # fmt: skip
        return 1
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(new, encoding="utf-8")
    sys.stdout.write(f"drew {PICTURE.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
