"""The picture in the README: a terminal's, that loads nothing. `make check` runs the demo again."""

import html
import re
import xml.etree.ElementTree as ET

import pytest

from tests.picture import PICTURE, ROOT, SHOWN, drawn, parts

SVG = "{http://www.w3.org/2000/svg}"


def shown(svg: str) -> list[str]:
    """The lines of text that a picture shows."""
    rows: dict[float, list[tuple[float, str]]] = {}
    for text in ET.fromstring(svg).iter(f"{SVG}text"):
        if text.text and text.text.strip("\n") and "clip-path" in text.attrib:
            at = float(text.attrib["y"])
            rows.setdefault(at, []).append((float(text.attrib["x"]), text.text))
    lines = ["".join(part for _, part in sorted(rows[at])) for at in sorted(rows)]
    return [line.replace("\xa0", " ").rstrip() for line in lines]


def test_a_picture_shows_what_was_printed_and_draws_the_same_twice() -> None:
    pytest.importorskip("rich", reason="NOT TESTED: rich is not installed")
    said = "\x1b[1m$ cat <a>\x1b[0m\n\n  \x1b[32mPASS\x1b[0m & done\n"
    assert drawn(said) == drawn(said)
    assert shown(drawn(said))[-2:] == ["$ cat <a>", "PASS & done"]


def test_the_parts_that_are_shown_are_cut_at_their_titles() -> None:
    said = "".join(f"\n\x1b[2m# {title}\x1b[0m\n$ x\n" for title in ("No", SHOWN[1], "Nor"))
    assert list(parts(said)) == [f"\x1b[2m# {SHOWN[1]}\x1b[0m\n$ x\n"]


def test_the_picture_loads_nothing() -> None:
    svg = PICTURE.read_text(encoding="utf-8")
    assert (
        re.findall(r"""(?:href|src|url\(|@import|script)[^#>]{0,20}""", svg.replace("url(#", ""))
        == []
    )


def test_the_picture_shows_the_commands_of_the_demo() -> None:
    demo = (ROOT / "tests" / "demo.sh").read_text(encoding="utf-8")
    typed = re.findall(r'^shows \d "[^"]*" "((?:[^"\\]|\\.)*)"$', demo, re.MULTILINE)
    typed = [re.sub(r"\\(.)", r"\1", line) for line in typed]
    lines = [html.unescape(line) for line in shown(PICTURE.read_text(encoding="utf-8"))]
    commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ git")]
    assert len(commands) > 10
    assert [line for line in commands if line not in typed] == []
