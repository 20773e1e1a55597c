"""Tab in the real shells: bash with git's own completion, zsh with its own, fish.

A person presses Tab in a folder that is whatever it is, so what the program
offers is asked for here as the shells ask, and then the shells are typed into.
A shell that is not installed is a skip that says so; `.ci/run` installs them.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest
from click.shell_completion import ShellComplete

from git_oneshot.cli.main import COMMANDS, COMPLETE, HIDDEN, group
from tests.gate.project import MakeProject, program, shell
from tests.shells import Shell

__all__ = ["program", "shell"]

ROOT: Final = Path(__file__).parent.parent
FILES: Final = ROOT / "completions"
GIT_BASH: Final = Path("/usr/share/bash-completion/completions/git")
LOADER: Final = Path("/usr/share/bash-completion/bash_completion")
VISIBLE: Final = [name for name in COMMANDS if name not in HIDDEN]


def needs(*there: bool, what: str) -> pytest.MarkDecorator:
    """Skip, and say what would have to be installed."""
    return pytest.mark.skipif(not all(there), reason=f"NOT TESTED: {what} is not installed")


needs_bash: Final = needs(LOADER.exists(), GIT_BASH.exists(), what="bash-completion, or git's part")
needs_zsh: Final = needs(shutil.which("zsh") is not None, what="zsh")
needs_fish: Final = needs(shutil.which("fish") is not None, what="fish")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that holds a repository ``d`` with two features, one of them cancelled."""
    yield tmp_path_factory.mktemp("scene")


@pytest.fixture
def place(scene: Path, home: Path) -> Path:
    """The folder of the scene; the repository is made once."""
    if not (scene / "d").exists():
        made = MakeProject(scene)("d")
        made.do("init", "fix-typo")
        made.do("plan", "--message", "a: b, c")
        made.do("cancel")
        made.do("init", "greet-by-name")
        made.do("list", "--all")
        made.git("remote", "add", "hub", "../hub.git")
    return scene


# -- what the program offers ----------------------------------------------------------


def asked(cwd: Path, *words: str, shell: str = "zsh") -> list[tuple[str, str]]:
    """What is offered for the last of ``words``, and what is said of it."""
    done = subprocess.run(
        ["git", "oneshot"],
        cwd=cwd,
        env={
            **os.environ, "_GIT_ONESHOT_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": " ".join(("git-oneshot", *words)), "COMP_CWORD": str(len(words)),
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.split("\n")[:-1]
    return list(zip(lines[1::3], lines[2::3], strict=True))


def offered(cwd: Path, *words: str) -> list[str]:
    """The values alone."""
    return [value for value, _ in asked(cwd, *words)]


def test_commands_are_offered_with_what_they_do(place: Path) -> None:
    assert asked(place / "d", "") == [(name, COMMANDS[name]) for name in VISIBLE]
    assert offered(place / "d", "re") == [name for name in VISIBLE if name.startswith("re")]


@pytest.mark.long
def test_features_events_branches_and_choices_are_offered(place: Path) -> None:
    at = place / "d"
    assert asked(at, "status", "") == [
        ("fix-typo", "cancelled: a: b, c"), ("greet-by-name", "plan: none yet"),
    ]  # fmt: skip
    assert offered(at, "finalize", "") == ["greet-by-name"]
    assert offered(at, "status", "-f", "fi") == ["fix-typo"]
    assert offered(at, "cancel", "--superseded-by", "g") == ["greet-by-name"]
    assert asked(at, "replay", "fix-typo", "--at", "")[-1] == ("1", "workflow.started")
    assert offered(at, "replay", "-f", "fix-typo", "--at", "0")[0].startswith("0")
    assert offered(at, "init", "x", "--policy", "") == ["always", "never", "on-request"]
    assert offered(at, "init", "x", "--policy=a") == ["always"]
    assert offered(at, "init", "x", "--base", "") == ["main"]
    assert offered(at, "verify", "main..m") == ["main..main"]
    assert "--policy" in offered(at, "init", "--p")
    assert offered(at, "init", "") == []
    assert asked(at, "waive", "")[0][1] == "base"
    assert offered(at, "sync", "") == ["hub"]
    assert offered(at, "prune", "--exclude-phase", "pl") == ["plan"]


@pytest.mark.parametrize("name", VISIBLE)
def test_every_option_is_offered(name: str) -> None:
    offer = ShellComplete(group, {}, "git oneshot", COMPLETE).get_completions
    found = group.get_command(click.Context(group), name)
    assert found is not None
    known = {o for p in found.params if isinstance(p, click.Option) for o in p.opts}
    got = {item.value for item in offer([name], "--")}
    assert got == {o for o in known if o.startswith("--")} | {"--help"}


def test_a_file_is_left_to_the_shell(place: Path) -> None:
    assert [kind for kind, _ in _kinds(place / "d", "red", "")] == ["file"]
    assert [kind for kind, _ in _kinds(place / "d", "plan", "-F", "")] == ["file"]


def _kinds(cwd: Path, *words: str) -> list[tuple[str, str]]:
    done = subprocess.run(
        ["git", "oneshot"], cwd=cwd, capture_output=True, text=True, check=True,
        env={**os.environ, "_GIT_ONESHOT_COMPLETE": "bash_complete",
             "COMP_WORDS": " ".join(("git-oneshot", *words)), "COMP_CWORD": str(len(words))},
    )  # fmt: skip
    return [(kind, value) for kind, _, value in (x.partition(",") for x in done.stdout.split())]


@pytest.mark.parametrize("words", [["status", ""], ["replay", "--at", ""], ["verify", "x.."]])
def test_where_there_is_nothing_to_offer_nothing_is_said(words: list[str], tmp_path: Path) -> None:
    assert offered(tmp_path, *words) == []


def test_words_that_cannot_be_are_no_error(place: Path) -> None:
    for words in (["nonsense", ""], ["status", "--nonsense", ""], ["list", "--limit", "x", "--"],
                  ["init", "'"], ["-", ""], ["hook", "pre-push", ""]):  # fmt: skip
        asked(place / "d", *words)


def test_dulwich_is_not_imported(place: Path) -> None:
    done = subprocess.run(
        [shutil.which("git-oneshot") or ""], cwd=place / "d", capture_output=True, text=True,
        check=True,
        env={**os.environ, "_GIT_ONESHOT_COMPLETE": "bash_complete", "PYTHONPROFILEIMPORTTIME": "1",
             "COMP_WORDS": "git-oneshot replay fix-typo --at ", "COMP_CWORD": "4"},
    )  # fmt: skip
    assert "1" in done.stdout
    assert "git_oneshot.trail.git_store" in done.stderr
    assert "dulwich" not in done.stderr


# -- the shells -----------------------------------------------------------------------

# What is typed, and what the line is when Tab was pressed.
LINES: Final = [
    ("git oneshot stat", "git oneshot status "),
    ("git oneshot uninst", "git oneshot uninstall "),
    ("git-oneshot fina", "git-oneshot finalize "),
    ("git -C d oneshot status gre", "git -C d oneshot status greet-by-name "),
    ("git -C d oneshot status -f fix", "git -C d oneshot status -f fix-typo "),
    ("git -C d oneshot init x --policy alw", "git -C d oneshot init x --policy always "),
    ("git -C d oneshot init x --policy=alw", "git -C d oneshot init x --policy=always "),
    ("git -C d oneshot verify main..ma", "git -C d oneshot verify main..main "),
    ("git oneshot list --al", "git oneshot list --all "),
    ("git oneshot red no", "git oneshot red notes.txt "),
    ("git oneshot init no", "git oneshot init no"),
]


def typed(at: Shell, lines: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Type each line into one shell, press Tab, and look at the line that is there then."""
    got = []
    for line, _ in lines:
        at.type(f"\x15{line}\t\x07")
        got.append((line, at.until(r"LINE<([^>]*)>")[1]))
    return got


@pytest.fixture
def environ(place: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of an interactive shell; the folder has one file."""
    (place / "notes.txt").touch()
    return {**os.environ, "TERM": "xterm", "ZDOTDIR": str(tmp_path), "INPUTRC": os.devnull}


@needs_bash
def test_bash(place: Path, environ: dict[str, str], tmp_path: Path) -> None:
    installed = tmp_path / "completions" / "git-oneshot"
    installed.parent.mkdir()
    installed.symlink_to(FILES / "bash" / "git-oneshot")
    environ["BASH_COMPLETION_USER_DIR"] = str(tmp_path)
    (tmp_path / "rc").write_text(f"""
PS1='ready$ '
source {LOADER}
bind -x '"\\C-g": printf "LINE<%s>\\n" "$READLINE_LINE"'
bind 'set enable-bracketed-paste off'
""")
    at = Shell(["bash", "--rcfile", str(tmp_path / "rc"), "-i"], place, environ)
    try:
        at.until(r"ready\$ ")
        assert typed(at, LINES) == LINES
    finally:
        at.close()


@needs_zsh
@pytest.mark.long
def test_zsh(place: Path, environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".zshrc").write_text(f"""
PS1='ready%# '
fpath=({FILES}/zsh $fpath)
autoload -U compinit && compinit -u -D
show () {{ print -r -- "LINE<$BUFFER>"; zle redisplay }}
zle -N show && bindkey '^G' show && bindkey '^U' kill-whole-line
unsetopt zle_bracketed_paste prompt_sp
""")
    at = Shell(["zsh", "-d", "-i"], place, environ)
    try:
        at.until(r"ready[#%] ")
        assert typed(at, LINES) == LINES
        at.type("\x15git oneshot re\t")
        at.until(r"replay +-- the state of a feature")
    finally:
        at.close()


@needs_fish
@pytest.mark.long
def test_fish(place: Path, environ: dict[str, str], tmp_path: Path) -> None:
    # To 3.6.0 fish's completion of git forwards nothing, and the file has to be sourced.
    version = subprocess.run(["fish", "--version"], capture_output=True, text=True, check=True)
    old = tuple(map(int, re.findall(r"\d+", version.stdout)[:3])) < (3, 6, 1)
    script = f"source {FILES}/fish/git-oneshot.fish\n" if old else ""
    script += "".join(f"echo 'LINE<'; complete -C '{line}'; echo '>'\n" for line, _ in LINES)
    installed = tmp_path / "fish" / "vendor_completions.d" / "git-oneshot.fish"
    installed.parent.mkdir(parents=True)
    installed.symlink_to(FILES / "fish" / "git-oneshot.fish")
    environ["XDG_DATA_HOME"] = str(tmp_path)
    done = subprocess.run(
        ["fish", "--command", script],
        cwd=place, env=environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    answers = re.findall(r"LINE<\n(.*?)>", done.stdout, re.DOTALL)
    got = [[line.partition("\t")[0] for line in answer.splitlines()] for answer in answers]
    assert got == [[full.split()[-1]] for _, full in LINES[:-1]] + [[]]
    assert "status\twhere a feature stands, and what to do next" in answers[0]
    assert done.stderr == ""


# -- where they are installed -----------------------------------------------------------


def test_the_wheel_has_them_where_the_shells_look() -> None:
    setup = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    for line in (
        "share/bash-completion/completions = completions/bash/git-oneshot",
        "share/zsh/site-functions = completions/zsh/_git-oneshot",
        "share/fish/vendor_completions.d = completions/fish/git-oneshot.fish",
    ):
        assert line in setup
        assert (ROOT / line.rpartition(" ")[2]).is_file()
