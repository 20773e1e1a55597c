"""The manual and the README say what the program does, and leave nothing out.

The man pages are read as source: sections, subsections and the tags of their
lists. What is listed must be exactly what the program has, so a page can't keep
what is gone either.
"""

import ast
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, get_args

import click
import pytest

from benchmarks.paste import LATEST, pasted, table
from git_oneshot import __version__
from git_oneshot.cli.answer import KEYED
from git_oneshot.cli.data.parts import Refusal
from git_oneshot.cli.data.progress import Event
from git_oneshot.cli.data.table import ANSWERS
from git_oneshot.cli.main import group
from git_oneshot.core import facts
from git_oneshot.core.codec import MAX_EVENT, VERSION
from git_oneshot.core.errors import KINDS, Code, Exit
from git_oneshot.core.events import TYPES, type_name
from git_oneshot.core.plan import PAYLOAD
from git_oneshot.core.rules import file as rules_file
from git_oneshot.core.rules import reading as rules_reading
from git_oneshot.core.verdicts import codes, reasons, verdict
from git_oneshot.core.workflow import TRANSITIONS
from git_oneshot.trail import audit
from git_oneshot.trail.reading import MAX_APPENDS, MAX_COMMIT, MAX_EVENTS, MAX_TRAIL
from tests.tour import answers, masked, steps

ROOT: Final = Path(__file__).parent.parent
PAGES: Final = sorted((ROOT / "man").glob("*.[15]"))
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
CONTEXT: Final = click.Context(group)
COMMANDS: Final = group.list_commands(CONTEXT)
COMMON: Final = "Common options"
OF_WRITES: Final = "Options of what writes"


# -- reading a man page -----------------------------------------------------------


class Part:
    """A section or a subsection: its text, its list's tags, and what is below it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.tags: list[str] = []
        self.below: dict[str, Part] = {}

    @property
    def text(self) -> str:
        """All of it as plain text."""
        return "\n".join([*self.lines, *(part.text for part in self.below.values())])


def read(name: str) -> dict[str, Part]:
    """The sections of a page by title."""
    sections: dict[str, Part] = {}
    part = Part()
    tagged = False
    for line in (ROOT / "man" / name).read_text(encoding="utf-8").splitlines():
        text = plain(line)
        if line.startswith(".SH "):
            part = sections.setdefault(text, Part())
            section = part
        elif line.startswith(".SS "):
            part = section.below.setdefault(text, Part())
        elif line == ".TP":
            tagged = True
        elif tagged:
            part.tags.append(text)
            part.lines.append(text)
            tagged = False
        elif not line.startswith((".\\", "'\\")):
            part.lines.append(text)
    return sections


def plain(line: str) -> str:
    """A line of roff without macros and escapes."""
    macro, _, rest = line.partition(" ")
    if re.fullmatch(r"\.[A-Z]{1,2}", macro):
        line = rest.replace('"', "") if macro in (".SH", ".SS", ".B", ".I") else _joined(rest)
    line = re.sub(r"\\f.|\\&", "", line)
    for escape, character in (("\\-", "-"), ("\\(aq", "'"), ("\\ ", " "), ("\\e", "\\")):
        line = line.replace(escape, character)
    return line


def _joined(words: str) -> str:
    """The arguments of a macro that alternates fonts: set side by side."""
    return "".join(quoted or word for quoted, word in re.findall(r'"([^"]*)"|(\S+)', words))


@pytest.fixture(scope="module")
def manual() -> dict[str, Part]:
    """The sections of git-oneshot(1)."""
    return read("git-oneshot.1")


@pytest.fixture(scope="module")
def trail() -> dict[str, Part]:
    """The sections of gitoneshot-trail(5)."""
    return read("gitoneshot-trail.5")


def command(name: str) -> click.Command:
    """A command as click has it."""
    found = group.get_command(CONTEXT, name)
    assert found is not None
    return found


def options(found: click.Command) -> set[str]:
    """Every spelling of every option."""
    own = {o for p in found.params if isinstance(p, click.Option) for o in p.opts}
    return own | {"-h", "--help"}


def spelled(tags: Iterable[str]) -> set[str]:
    """The options that tags name."""
    return {o for tag in tags for o in re.findall(r"(?:^|(?<=, ))--?[A-Za-z][a-z-]*", tag)}


def below(sections: dict[str, Part], name: str) -> Part:
    """The subsection of a command; its title holds the arguments, too."""
    found = [p for title, p in sections["COMMANDS"].below.items() if title.split()[0] == name]
    assert len(found) == 1, f"'{name}' has {len(found)} subsections"
    return found[0]


# -- commands -----------------------------------------------------------------------


def test_the_manual_has_the_commands_in_their_order(manual: dict[str, Part]) -> None:
    titles = list(manual["COMMANDS"].below)
    assert titles[:2] == [COMMON, OF_WRITES]
    assert [title.split()[0] for title in titles[2:]] == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_the_manual_has_the_options_of(name: str, manual: dict[str, Part]) -> None:
    common = spelled(manual["COMMANDS"].below[COMMON].tags)
    if name in KEYED:
        common |= spelled(manual["COMMANDS"].below[OF_WRITES].tags)
    assert spelled(below(manual, name).tags) | common == options(command(name))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_manual_has_the_arguments_of(name: str, manual: dict[str, Part]) -> None:
    shown = [p.make_metavar(CONTEXT) for p in command(name).params if isinstance(p, click.Argument)]
    title = next(t for t in manual["COMMANDS"].below if t.split()[0] == name)
    assert title.split()[1:] == " ".join(shown).split()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_something_about(name: str) -> None:
    found = command(name)
    assert found.help
    for param in found.params:
        if isinstance(param, click.Option):
            assert param.help, f"{name} {param.opts[-1]} has no help"


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_fits_a_terminal_and_holds_every_option(name: str) -> None:
    found = command(name) if name else group
    # click keeps the help option that it makes first.
    both = ["-h", "--help"]
    with click.Context(
        found, info_name=f"git oneshot {name}", terminal_width=80, help_option_names=both
    ) as ctx:
        shown = found.get_help(ctx)
    assert max(map(len, shown.splitlines())) <= 80
    assert all(re.search(rf"(?<!\S){re.escape(o)}\b", shown) for o in options(found))
    assert all(f"  {each} " in shown for each in (() if name else COMMANDS))


def test_the_common_options_are_common(manual: dict[str, Part]) -> None:
    shared = set.intersection(*(options(command(name)) for name in COMMANDS))
    common = spelled(manual["COMMANDS"].below[COMMON].tags)
    assert shared == common


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_names(name: str) -> None:
    assert re.search(rf"^\| `git oneshot {name}\b", README, re.MULTILINE)


def test_the_readme_opens_with_what_it_is_for_and_two_commands() -> None:
    opening = README.partition("\n## ")[0]
    assert re.findall(r"^    (make \w+)", opening, re.MULTILINE) == ["make demo", "make test"]


def test_the_readme_can_be_read_in_one_go() -> None:
    assert len(README.splitlines()) <= 250


def test_the_readme_has_the_ratios_of_the_last_bench() -> None:
    latest = LATEST.read_text(encoding="utf-8")
    assert pasted(README, latest) == README
    assert table(latest).count("\n| ") > 3


# -- tables -------------------------------------------------------------------------


def test_the_manual_has_every_error(manual: dict[str, Part]) -> None:
    said = set(manual["ERRORS"].tags)
    retry = {code: ", retryable" if kind.retryable else "" for code, kind in KINDS.items()}
    assert said == {f"{code}, exit {KINDS[code].exit:d}{retry[code]}" for code in Code}


def test_the_manual_says_what_each_error_means(manual: dict[str, Part]) -> None:
    text = " ".join(manual["ERRORS"].text.split()).lower()
    assert [
        k.meaning for k in KINDS.values() if k.meaning.partition(";")[0].lower() not in text
    ] == []


def test_the_manual_has_every_exit_status(manual: dict[str, Part]) -> None:
    assert manual["EXIT STATUS"].tags == [str(int(status)) for status in Exit]


def test_the_manual_has_every_code_of_a_verdict(manual: dict[str, Part]) -> None:
    parts = manual["CLASSES AND VERDICTS"].below
    assert parts["FAIL"].tags == list(codes.FAILURES)
    assert parts["UNKNOWN"].tags == list(codes.DOUBTS)


def test_the_manual_has_every_reason(manual: dict[str, Part]) -> None:
    rows = re.findall(r"^([a-z-]+) +(yes|no) ", reasons.__doc__ or "", re.MULTILINE)
    wanted = {f"{name}, {'' if yes == 'yes' else 'not '}accepted" for name, yes in rows}
    assert set(manual["CLASSES AND VERDICTS"].below["Reasons"].tags) == wanted


def test_the_manual_has_the_table_of_transitions(manual: dict[str, Part]) -> None:
    rows = [tuple(line.split("\t")) for line in manual["WORKFLOW"].lines if "\t" in line]
    assert rows == [("from", "to", "guard"), *TRANSITIONS]
    assert manual["WORKFLOW"].tags == [row.guard for row in TRANSITIONS]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_manual_has_the_answer_of(name: str, manual: dict[str, Part]) -> None:
    page = (ROOT / "man" / "git-oneshot.1").read_text(encoding="utf-8").replace("\\-", "-")
    part = page.partition('.SS "Data by command"')[2].partition(".SH ")[0]
    said = re.search(rf"^\.TP\n\.B {name}\n(.*?)\.\n", part, re.MULTILINE | re.DOTALL)
    assert said is not None
    assert said[1].replace("\n", " ").split(", ") == fields(ANSWERS[name])


def test_the_manual_has_the_events_of_progress(manual: dict[str, Part]) -> None:
    part = manual["JSON"].below["Progress"]
    kinds = {str(cls.__struct_config__.tag): cls for cls in get_args(Event)}
    assert part.tags == list(kinds)
    for kind, cls in kinds.items():
        said = part.text.partition(f"\n{kind}\n")[2].partition(":\n")[0]
        assert ["v", *re.findall(r"\w+", said)] == fields(cls), kind


def test_the_manual_has_the_data_of_a_refusal(manual: dict[str, Part]) -> None:
    text = " ".join(manual["JSON"].text.split())
    said = text.partition("an object that has the members ")[2].partition(" each null")[0]
    assert re.findall(r"\w+", said.replace(" and ", " ")) == fields(Refusal)


# -- answers ----------------------------------------------------------------------


def test_every_command_has_a_type_for_its_answer() -> None:
    assert list(ANSWERS) == list(COMMANDS)


def test_what_an_error_says_beside_itself_is_a_field_of_every_refusal() -> None:
    """An unknown word would be lost on the way to a program; ``ahead`` is what comes next."""
    calls = [
        (path.name, node)
        for path in sorted((ROOT / "git_oneshot").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("OneshotError", "unmet")
    ]
    for name, call in calls:
        said = {keyword.arg for keyword in call.keywords if keyword.arg}
        assert said <= {*fields(Refusal), "ahead"}, f"{name}:{call.lineno}"


# -- formats ------------------------------------------------------------------------


def fields(struct: type[Any]) -> list[str]:
    """The names of a struct's fields as they are on the wire."""
    return list(struct.__struct_encode_fields__)


def test_the_format_has_every_event(trail: dict[str, Part]) -> None:
    assert list(trail["EVENTS"].below) == [type_name(cls) for cls in TYPES]


@pytest.mark.parametrize("cls", TYPES, ids=type_name)
def test_the_format_has_the_fields_of(cls: Any, trail: dict[str, Part]) -> None:
    data = cls.__annotations__["data"]
    assert trail["EVENTS"].below[type_name(cls)].tags == fields(data)


def test_the_format_has_the_envelope(trail: dict[str, Part]) -> None:
    assert set(trail["ENVELOPE"].tags) == {*fields(TYPES[0]), "type"}


@pytest.mark.parametrize(
    ("title", "struct"),
    [("Plan", facts.Plan), ("Proof", facts.Proof), ("Test", facts.TestTurn)],
)
def test_the_format_has_the_values(title: str, struct: Any, trail: dict[str, Part]) -> None:
    assert trail["VALUES"].below[title].tags == fields(struct)


def test_the_format_has_the_bounds(trail: dict[str, Part]) -> None:
    for bound in (MAX_APPENDS, MAX_EVENTS, MAX_COMMIT, MAX_EVENT, MAX_TRAIL):
        assert f"{bound:,}" in trail["BOUNDS"].text
    assert f"{PAYLOAD // 1024} KiB" in trail["PAYLOADS"].text
    assert f"At most {verdict.SHOWN} tests" in trail["VALUES"].text


def test_the_trail_page_has_every_code_of_fsck(trail: dict[str, Part]) -> None:
    told = [f"{code} ({word})" for code, (word, _) in audit.RULES.items()]
    assert trail["FSCK"].tags == told
    text = " ".join(trail["FSCK"].text.split()).lower()
    assert [what for _, what in audit.RULES.values() if what not in text] == []


def test_the_format_has_its_versions(trail: dict[str, Part]) -> None:
    assert trail["VERSION HISTORY"].tags == [str(n) for n in range(1, VERSION + 1)]


TABLES: Final[dict[str, Any]] = {
    "Top level": rules_file.RulesTable,
    "[[suite]]": rules_file.SuiteTable,
    "[sides]": rules_file.SidesTable,
    "[gate]": rules_file.GateTable,
    "[trail]": rules_file.TrailTable,
    "[limits]": rules_file.LimitsTable,
    "[prune]": rules_file.PruneTable,
}


def test_no_table_of_the_rules_is_forgotten() -> None:
    assert {*TABLES.values()} == {*rules_file._Table.__subclasses__()}


@pytest.mark.parametrize("title", TABLES)
def test_the_rules_page_has_the_keys_of(title: str, manual: dict[str, Part]) -> None:
    table = TABLES[title]
    tags = read("gitoneshot-rules.5")["KEYS"].below[title].tags
    assert ", ".join(tags).split(", ") == fields(table)
    short = manual["CONFIGURATION"].text
    assert [key for key in fields(table) if not re.search(rf"\b{key}\b", short)] == []


def test_the_rules_page_has_the_defaults() -> None:
    below = read("gitoneshot-rules.5")["KEYS"].below
    limits = rules_file.LimitsTable()
    assert (
        f"Default: {rules_file.SuiteTable(name='x', command='x').timeout}."
        in below["[[suite]]"].text
    )
    for value in (limits.commit_seconds, limits.plan_files):
        assert f"Default: {value:g}." in below["[limits]"].text


def test_the_examples_of_the_rules_are_valid() -> None:
    page = (ROOT / "man" / "gitoneshot-rules.5").read_text(encoding="utf-8").replace("\\-", "-")
    example = page.partition(".SH EXAMPLE\n.nf\n")[2].partition("\n.fi")[0]
    works = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```", works, re.MULTILINE | re.DOTALL)
    assert blocks
    for text in (example, *blocks):
        assert rules_reading.parse(text).suite


# -- all pages ----------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_installed_and_is_of_this_version(page: Path) -> None:
    assert f"man/{page.name}\n" in (ROOT / "setup.cfg").read_text(encoding="utf-8")
    assert f'"git-oneshot {__version__}"' in page.read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")
def test_the_pages_render_without_a_warning() -> None:
    done = subprocess.run(
        ["sh", "tests/man-lint.sh"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="NOT SHOWN by mandoc: it is not here")
@pytest.mark.parametrize(("line", "status"), [(b"", 0), (b".nonsense\n", 1)])
def test_the_pages_are_checked_where_man_is_mandocs(
    tmp_path: Path, line: bytes, status: int
) -> None:
    """As on macOS, whose man has no --warnings; a page that is not right is found there, too."""
    man = tmp_path / "bin" / "man"
    man.parent.mkdir()
    man.write_text("#!/bin/sh\necho 'man: illegal option' >&2\nexit 2\n")
    man.chmod(0o755)
    (tmp_path / "man").mkdir()
    for page in PAGES:
        (tmp_path / "man" / page.name).write_bytes(page.read_bytes() + line)
    done = subprocess.run(
        ["sh", ROOT / "tests" / "man-lint.sh"], cwd=tmp_path, check=False, capture_output=True,
        env={**os.environ, "PATH": f"{man.parent}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.returncode == status, done


# -- the tour -----------------------------------------------------------------------


@pytest.mark.long
def test_the_tour_answers_as_the_readme_says(tmp_path: Path) -> None:
    written = [(step.command, masked(step.answer)) for step in steps(README)]
    assert len(written) > 20
    made = [(step.command, masked(step.answer)) for step in answers(README, tmp_path)]
    assert made == written


def test_every_hard_case_has_its_test_or_says_why_not() -> None:
    page = (ROOT / "docs" / "hook-cases.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| H(\d+) \| .+ \| (.+) \|$", page, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 58))
    there = {
        name
        for path in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r"^ *def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    for number, shown in rows:
        named = re.findall(r"`(test_\w+)`", shown)
        of_its_name = any(f"_h{number}_" in name for name in named)
        assert of_its_name or shown.startswith("no test: "), number
        assert set(named) <= there, number
