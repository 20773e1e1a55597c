"""Colours and tables where a person looks, plain lines where a program does; and progress."""

import io
import re
import sys
import threading
import time
from pathlib import Path

import pytest

from git_oneshot.cli import look
from git_oneshot.cli.look import Table, broken, colours, painted, show
from git_oneshot.cli.progress import Progress, Running, Times, told
from tests.gate.project import Project

TERMINAL = {"TERM": "xterm"}
TABLE = Table(
    ("commit", "verdict", "subject"),
    [("f7420564b", "PASS", "fix a typo that nobody had seen for years\nred without it: t::x")],
    "f7420564b PASS  fix a typo that nobody had seen for years",
)


class Screen(io.StringIO):
    """A terminal that remembers what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        done = super().write(text)
        self.written.set()
        return done


def shown(part: look.Part, stream: io.StringIO, **environ: str) -> str:
    show(part, stream, environ)
    return stream.getvalue()


def bare(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize(
    ("environ", "terminal", "piped"),
    [
        ({"TERM": "xterm"}, True, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({}, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_where_there_are_colours(environ: dict[str, str], terminal: bool, piped: bool) -> None:
    assert colours(Screen(), environ) is terminal
    assert colours(io.StringIO(), environ) is piped


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("error: not proven", ["error:"]),
        ("hint: see PASS", ["hint:"]),
        ("f7420564b PASS behaviour  a subject: FAIL", ["f7420564b ", "PASS"]),
        ("f7420564b FAIL(no-test)  PASS", ["f7420564b ", "FAIL"]),
        ("suite    UNKNOWN(runner)", ["suite    ", "UNKNOWN"]),
        ("commit    f7420564b PASS  x", ["commit    ", "f7420564b ", "PASS"]),
        ("title     PASS", ["title     ", "PASS"]),
        ("   4  2026-01-31 23:59  Ada  cycle.red  PASS", ["   4  2026-01-31 23:59"]),
        ("   4  01m8nq9sv5w2  2026-01-31 23:59  Ada", ["   4  01m8nq9sv5w2  2026-01-31 23:59"]),
        ("check                   none              default", []),  # a row of `rules`
        ("          red without it: t", ["          red without it: t"]),
        ("committed PASS", []),
        ("began feature 'x'", []),
        ("", []),
    ],
)
def test_a_line_is_coloured_by_how_it_begins(line: str, marked: list[str]) -> None:
    assert re.findall(r"\x1b\[[0-9;]*m(?=[^\x1b])([^\x1b]*)\x1b\[0m", painted(line)) == marked
    assert bare(painted(line)) == line


def test_what_is_piped_is_plain() -> None:
    assert shown("error: x", io.StringIO(), TERM="xterm") == "error: x\n"
    assert shown(TABLE, io.StringIO(), TERM="xterm") == TABLE.plain + "\n"
    assert shown(TABLE, Screen(), TERM="dumb") == TABLE.plain + "\n"


def test_nothing_that_is_shown_moves_a_cursor() -> None:
    assert "\x1b" not in shown("\x1b[2J", io.StringIO())
    assert shown("title     \x1b[2J\x07", Screen(), **TERMINAL).count("\x1b") == 2
    wide = Table(("a", "b"), [("\x1b[2J", "\x9b31m")], "")
    assert "\x1b[2J" not in shown(wide, Screen(), **TERMINAL)
    assert "\x9b" not in shown(wide, Screen(), **TERMINAL)


@pytest.mark.parametrize("width", [100, 40, 32])
def test_a_table_fits_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rich", reason="NOT TESTED: rich is not installed")
    monkeypatch.setenv("COLUMNS", str(width))
    lines = bare(shown(TABLE, Screen(), **TERMINAL)).splitlines()
    assert max(map(len, lines)) <= width
    said = "".join("".join(lines).split())
    for word in ("commit", "verdict", "subject", "PASS"):
        assert word in said
    if width == 100:
        assert lines[1].split() == ["f7420564b", "PASS", *TABLE.rows[0][2].splitlines()[0].split()]
        assert lines[2].strip() == "red without it: t::x"


def test_a_column_with_nothing_in_it_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rich", reason="NOT TESTED: rich is not installed")
    monkeypatch.setenv("COLUMNS", "80")
    table = Table(("a", "b", "c", "d"), [("1", "-", "-", "-"), ("2", "-", "x", "-")], "")
    assert bare(shown(table, Screen(), **TERMINAL)) == "a  c  d\n1  -  -\n2  x  -\n"


FEATURES = Table(
    ("feature", "phase", "next", "verdicts", "age", "branch", "origin", "pull", "plan"),
    [("fix-the-mail-box", "implementing", "red", "1 not judged", "0m", "b2", "both", "#12",
      "The goal is a rather long sentence about mail")],
    "fix-the-mail-box  implementing  red  1 not judged  0m  b2  both  #12  The goal is a rather "
    "long sentence about mail",
    spare="origin",
)  # fmt: skip


@pytest.mark.parametrize(("width", "headed"), [(120, True), (86, True), (80, True), (60, False)])
def test_no_word_of_a_table_is_broken(
    width: int, headed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can be done without goes first; then lines are broken between words, as prose is."""
    pytest.importorskip("rich", reason="NOT TESTED: rich is not installed")
    monkeypatch.setenv("COLUMNS", str(width))
    said = bare(shown(FEATURES, Screen(), **TERMINAL))
    assert max(map(len, said.splitlines())) <= width
    assert said.startswith("feature ") is headed
    assert ("both" in said) is (width != 80)
    for word in ("fix-the-mail-box", "implementing", "judged", "sentence"):
        assert word in said.split()


def test_a_table_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rich", reason="NOT TESTED: rich is not installed")
    monkeypatch.setenv("COLUMNS", "80")
    assert "\x1b" not in shown(TABLE, Screen(), **TERMINAL, NO_COLOR="1")


def test_without_the_extra_a_table_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert bare(shown(TABLE, Screen(), **TERMINAL)) == TABLE.plain + "\n"


def test_without_the_extra_columns_have_names_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A row of a list said `red - 0m main local -`, and no word of what that was."""
    monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.setenv("COLUMNS", "80")
    rows = [("one", "-", "0m"), ("another", "-", "12d")]
    listed = Table(("feature", "pull", "age"), rows, "one  -  0m", titled=True)
    assert bare(shown(listed, Screen(), **TERMINAL)).splitlines() == [
        "feature  age", "one      0m", "another  12d",
    ]  # fmt: skip
    assert shown(listed, io.StringIO()) == "one  -  0m\n"


def test_a_program_that_reads_pays_nothing_for_the_look(project: Project) -> None:
    project.do("init", "topic")
    for command in ("status", "list"):
        done = project.oneshot(command, env={"PYTHONPROFILEIMPORTTIME": "1", "TERM": "xterm"})
        assert "git_oneshot.cli.look" in done.err
        for module in ("rich", "git_oneshot.cli.progress"):
            assert not re.search(rf"\| +{module}\b", done.err)


# -- progress ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("running", "line"),
    [
        ([], ""),
        ([Running("suite 'all'", 10, 0)], "suite 'all', 2 s"),
        ([Running("suite 'all'", 10, 30)], "suite 'all', 2 s, about 28 s left"),
        ([Running("suite 'all'", 1, 10)], "suite 'all', 11 s (the last time 10 s)"),
        ([Running("a", 10, 3), Running("b", 11, 30)], "a, b, 1 s, about 29 s left"),
        ([Running("a", 10, 3), Running("a", 10, 3)], "a, 2 s, about 1 s left"),
    ],
)
def test_what_progress_says(running: list[Running], line: str) -> None:
    assert told("", running, 12.0) == line


def test_progress_is_a_line_that_goes_away() -> None:
    screen = Screen()
    progress = Progress(screen, width=20, patience=0)
    progress.part(2, 3)
    with progress.running("suite 'a name that is long'", 30):
        assert screen.written.wait(30)
    progress.close()
    lines = screen.getvalue().split("\r\x1b[K")
    assert (lines[0], lines[1], lines[-1]) == ("", "2 of 3: suite 'a na", "")


def test_what_took_long_is_foreseen_the_next_time(tmp_path: Path) -> None:
    """Also where there is more of it now; what was quick is not worth a line of the file."""
    file = tmp_path / "own" / "times"
    for count, patience in ((900, 0.0), (1_200, 3600.0)):
        progress = Progress(None, patience=patience, times=Times(str(file)))
        with progress.running(f"reading {count:,} trails"), progress.running("suite", 7):
            time.sleep(0.01)
        assert (Times(str(file)).last("reading 5 trails") > 0, Times(str(file)).last("suite")) == (
            True, 0.0
        )  # fmt: skip
    screen = Screen()
    Times(str(file)).keep("reading 1 trail", 30)
    progress = Progress(screen, patience=0, times=Times(str(file)))
    with progress.running("reading 2 trail"):
        assert screen.written.wait(30)
    progress.close()
    assert "reading 2 trail, 0 s, about 30 s left" in screen.getvalue()


@pytest.mark.parametrize("torn", ["", "[1]", '{"a": "x"}', "\x00"])
def test_times_that_cannot_be_read_or_kept_are_none(tmp_path: Path, torn: str) -> None:
    file = tmp_path / "times"
    file.write_text(torn)
    assert Times(str(file)).last("a") == 0
    Times(str(file)).keep("a", 2)
    assert Times(str(file)).last("a") == 2
    nowhere = Times(str(file / "below"))
    nowhere.keep("a", 3)
    assert nowhere.last("a") == 0


def test_no_more_times_are_kept_than_anybody_needs(tmp_path: Path) -> None:
    times = Times(str(tmp_path / "times"))
    for name in range(ord("a"), ord("z") + 1):
        for other in "abc":
            times.keep(f"{chr(name)}{other}", 1)
    assert (times.last("zc"), times.last("aa")) == (1, 0)


def test_what_is_quick_shows_no_progress() -> None:
    screen = Screen()
    progress = Progress(screen, patience=3600)
    with progress.running("x"):
        pass
    progress.close()
    assert screen.getvalue() == ""


def test_nobody_looks_nothing_runs() -> None:
    before = threading.active_count()
    progress = Progress(None)
    with progress.running("x"):
        assert threading.active_count() == before
    progress.clear()
    progress.close()


# -- lines that are longer than a terminal is wide -----------------------------------------


def test_a_long_line_is_broken_between_words_below_its_text() -> None:
    line = "  12  2026-11-24 17:24  checkpoint  it goes on with the second half"
    assert broken(line, 60, colour=False).split("\n") == [
        "  12  2026-11-24 17:24  checkpoint  it goes on with the",
        "                        second half",
    ]
    assert bare(broken(line, 60, colour=True)) == broken(line, 60, colour=False)


@pytest.mark.parametrize("line", ["short", "  | " + "what a test printed " * 9, "x" * 100])
def test_what_is_not_broken(line: str) -> None:
    assert broken(line, 60, colour=False) == line


def test_a_pipe_gets_each_line_whole() -> None:
    assert shown(look.Prose("word " * 40), io.StringIO(), **TERMINAL) == "word " * 40 + "\n"
