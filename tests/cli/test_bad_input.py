"""What goes wrong: one line, one hint, the right exit code, and nothing changed."""

import fcntl
import json
import os
import shlex
import subprocess
import time
from pathlib import Path
from typing import Final

import pytest

from git_oneshot import session
from tests.gate.project import MakeProject, Project, call, run
from tests.proof.lab import INI

COMMANDS: Final = {
    "init": ["init", "x"], "plan": ["plan", "--goal", "g"], "red": ["red"], "green": ["green"],
    "request-synthesize": ["request-synthesize"], "finalize": ["finalize"], "push": ["push"],
    "cancel": ["cancel"], "status": ["status"], "list": ["list"], "log": ["log"],
    "replay": ["replay"], "verify": ["verify"], "install": ["install", "--yes"],
    "uninstall": ["uninstall"], "trust": ["trust", "--yes"], "rules": ["rules"],
    "rules --write": ["rules", "--write"], "hook pre-commit": ["hook", "pre-commit"],
    "hook pre-push": ["hook", "pre-push", "o", "u"],
}  # fmt: skip
ON_A_FEATURE: Final = (
    "plan", "red", "green", "request-synthesize", "finalize", "cancel", "status", "log",
    "replay",
)  # fmt: skip
WRITERS: Final = ("plan", "request-synthesize", "cancel")


def refused(
    project: Project, argv: list[str], exit_code: int, code: str, *, hint: bool = True
) -> str:
    """The message of a refusal that is said once, with a hint, and leaves everything as it was."""
    before = project.digest()
    done = project.cli(*argv)
    assert (done.code, done.out) == (exit_code, ""), done
    errors = [line for line in done.err.splitlines() if line.startswith("error: ")]
    hints = [line for line in done.err.splitlines() if line.startswith("hint: ")]
    assert len(errors) == 1, done
    assert len(hints) == 1 or not hint, done
    assert errors[0].isprintable()
    told = project.cli(*argv, "--json") if argv[0] != "hook" else done
    if argv[0] != "hook":
        assert (told.code, told.err, told.error) == (exit_code, "", code), told
        assert told.json["ok"] is False
    assert project.digest() == before
    return errors[0].removeprefix("error: ")


# -- names ---------------------------------------------------------------------------------

ODD: Final = "it's$(id)"  # which git takes for a branch, and for a remote
BAD_IDS: Final = [
    "", "-", "-lead", ".dot", "a/b", "../a", "Upper", "a" * 101, "a" * 200, "a b", "a.b", "a_b",
    "\u00e4", "\udcff\udcfe", "a\n", "a\x00b"[:1] + "\x1b", "refs/oneshot/a", "\u212a",
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_IDS)
def test_a_name_that_no_feature_can_have(project: Project, bad: str) -> None:
    for argv in (["init", "--", bad], ["status", "--", bad], ["status", "-f", bad]):
        if argv[1] == "-f" and bad.startswith("-"):
            continue
        before = project.digest()
        done = project.cli(*argv)
        assert done.code == 2, done
        first, second = done.err.splitlines()
        assert first.startswith("error: invalid feature id ")
        assert first.isprintable()
        assert len(first) < 120
        assert second.startswith("hint: ")
        assert project.digest() == before


def test_the_longest_name_is_fine(project: Project) -> None:
    name = "a" * 100
    project.do("init", name)
    assert project.do("status", "--json").data["feature"] == name


def test_a_name_of_bytes_from_a_real_shell(project: Project) -> None:
    done = project.oneshot("init", os.fsdecode(b"\xff\xfe"))
    assert done.code == 2
    assert "\\udcff\\udcfe" in done.err
    done = project.oneshot("init", os.fsdecode(b"\xff"), "--json")
    assert done.error == "INVALID_INPUT"


def test_a_second_feature_on_the_branch(feature: Project) -> None:
    message = refused(feature, ["init", "second"], 1, "FEATURE_OPEN")
    assert message == "feature 'topic' is open on branch 'main'"


def test_the_same_feature_again(feature: Project) -> None:
    message = refused(feature, ["init", "topic"], 1, "STATE_ALREADY_EXISTS")
    assert message == "feature 'topic' exists (implementing)"


def test_an_unknown_policy(project: Project) -> None:
    message = refused(project, ["init", "x", "--policy", "sometimes"], 2, "USAGE")
    assert "'sometimes' is not one of 'always', 'never', 'on-request'" in message


@pytest.mark.parametrize("text", ["", " ", "\n\t \n", "\u2003"])
def test_a_blank_plan(project: Project, text: str) -> None:
    project.do("init", "topic")
    message = refused(project, ["plan", "-m", text], 1, "GUARD_FAILED")
    assert message == "cannot enter 'implementing': the plan is blank"
    assert "blank" in refused(project, ["plan", "--goal", " "], 1, "GUARD_FAILED")


@pytest.mark.parametrize(
    "argv",
    [["init", "x", "--title", "t" * 501],
     ["init", "x", "--via", "v" * 501],
     ["init", "x", "--key", "k" * 501]],
)  # fmt: skip
def test_text_that_no_event_can_hold(project: Project, argv: list[str]) -> None:
    assert "cannot record this" in refused(project, argv, 2, "INVALID_INPUT", hint=False)
    assert project.do("list", "--all", "--json").data["total"] == 0


@pytest.mark.parametrize("text", ["g" * 16_385, "\udcff"])
def test_a_plan_that_no_event_can_hold(project: Project, text: str) -> None:
    project.do("init", "topic")
    refused(project, ["plan", "--goal", text], 2, "INVALID_INPUT", hint=False)
    refused(project, ["cancel", "--reason", text], 2, "INVALID_INPUT", hint=False)


def test_a_branch_whose_name_is_no_unicode(project: Project) -> None:
    run(["git", "switch", "-q", "-c", os.fsdecode(b"b\xff")], project.path)
    refused(project, ["init", "topic"], 2, "INVALID_INPUT", hint=False)
    message = refused(project, ["status"], 2, "FEATURE_UNKNOWN")
    assert "\\udcff" in message


# -- places ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_outside_of_a_repository(tmp_path: Path, name: str) -> None:
    done = call(COMMANDS[name], tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: not inside a git repository\nhint: begin one: git init\n"
    if not name.startswith("hook"):
        assert call([*COMMANDS[name], "--json"], tmp_path).error == "NOT_A_REPOSITORY"
    assert list(tmp_path.iterdir()) == []


def test_in_a_repository_of_someone_else(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """git's own way out is the hint."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    done = project.cli("status")
    assert done.code == 2
    first, second = done.err.splitlines()
    assert first.startswith("error: detected dubious ownership in repository at ")
    assert second.startswith("hint: git config --global --add safe.directory ")


def test_without_git(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = project.cli("status", "--json")
    assert (done.code, done.error) == (69, "GIT_MISSING")


def test_without_a_name(project: Project, home: Path) -> None:
    (home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    done = project.cli("init", "topic", "--json")
    assert (done.code, done.error) == (2, "IDENTITY_MISSING")
    assert project.may("for-each-ref", "refs/oneshot").out == ""


@pytest.mark.parametrize("name", ON_A_FEATURE)
def test_where_no_feature_is_open(project: Project, name: str) -> None:
    message = refused(project, COMMANDS[name], 2, "FEATURE_UNKNOWN")
    assert message == "no feature is open on branch 'main'"


def test_on_another_branch_than_the_features_its_branch_is_named(feature: Project) -> None:
    feature.git("switch", "-q", "-c", "elsewhere")
    done = feature.cli("status")
    assert done.err == (
        "error: no feature is open on branch 'elsewhere'\n"
        "hint: begin one: git oneshot init FEATURE\n"
        "hint: or go on with 'topic', on branch 'main': git switch main\n"
    )
    feature.git("switch", "-q", "main")
    feature.do("cancel")
    feature.git("switch", "-q", "elsewhere")
    assert "git switch" not in feature.cli("status").err


def test_a_branch_that_another_worktree_has_is_no_branch_to_go_to(
    feature: Project, tmp_path: Path
) -> None:
    """`git switch` refuses: it is checked out there already."""
    there = tmp_path / "there"
    feature.git("worktree", "add", "-q", "-b", "elsewhere", str(there))
    done = feature.cli("status", cwd=there)
    top = os.path.realpath(feature.path)
    way = f"in another worktree: git -C {top} oneshot status"
    assert f"hint: or go on with 'topic', on branch 'main', {way}\n" in done.err
    done = feature.cli("status", "topic", cwd=there)
    assert f"hint: be on its branch, {way}\n" in done.err
    second = feature.cli("status", "--json", cwd=there).json["next"][1]
    assert second["argv"] == ["git", "-C", top, "oneshot", "status", "--json"]


def test_from_a_detached_head_the_way_back_takes_its_commits_along(feature: Project) -> None:
    feature.git("switch", "-q", "--detach")
    way_back = "hint: go on with 'topic', on branch 'main': git switch main\n"
    assert way_back in feature.cli("status").err
    feature.change("one")
    feature.git("commit", "-q", "-m", "one")
    done = feature.cli("status", "--json")
    assert [step["argv"] for step in done.json["next"]] == [["git", "switch", "-C", "main"]]
    feature.git("switch", "-q", "-C", "main")
    assert feature.do("status", "--json").data["commits"][0]["subject"] == "one"


@pytest.mark.parametrize(
    ("argv", "typed"),
    [(["finalize", "topic"], ["git", "switch", ODD]),
     (["sync", ODD], ["git", "ls-remote", ODD]),
     (["init", "x", "--base", "zzz"], ["--base", ODD])],
)  # fmt: skip
def test_a_command_that_helps_can_be_pasted_whatever_a_name_holds(
    project: Project, argv: list[str], typed: list[str]
) -> None:
    project.git("branch", "-m", ODD)
    project.git("remote", "add", ODD, "nowhere")
    project.begin("topic")
    project.git("switch", "-q", "-c", "other")
    done = project.cli(*argv)
    [hint] = [line for line in done.err.splitlines() if line.startswith("hint: ")]
    assert hint.endswith(f" {shlex.join(typed)}")


@pytest.mark.parametrize("name", [*ON_A_FEATURE, "verify"])
def test_a_feature_that_does_not_exist(feature: Project, name: str) -> None:
    message = refused(feature, [*COMMANDS[name], "-f", "nowhere"], 2, "STATE_NOT_FOUND")
    assert message == "no feature 'nowhere'"


@pytest.mark.parametrize("name", [*ON_A_FEATURE, "init"])
def test_on_a_detached_head(feature: Project, name: str) -> None:
    feature.git("switch", "-q", "--detach")
    if name == "init":
        refused(feature, COMMANDS[name], 1, "DETACHED_HEAD")
        return
    message = refused(feature, COMMANDS[name], 2, "FEATURE_UNKNOWN")
    assert message == "no feature is open on a detached HEAD"


@pytest.mark.parametrize("name", ["list", "verify", "trust", "rules", "hook pre-commit"])
def test_what_needs_no_branch_works_on_a_detached_head(feature: Project, name: str) -> None:
    feature.git("switch", "-q", "--detach")
    before = feature.digest()
    assert feature.cli(*COMMANDS[name]).code == 0
    assert feature.digest() == before


@pytest.mark.parametrize("name", COMMANDS)
def test_before_the_first_commit(make: MakeProject, name: str) -> None:
    """Nothing of it is a bug; what can be done is done."""
    project = make()
    project.git("update-ref", "-d", "HEAD")
    project.git("rm", "-rq", "--cached", ".")
    if name in ON_A_FEATURE:
        project.do("init", "topic", "--yes")
    if name in (*ON_A_FEATURE, "verify") and name != "plan":
        project.cli("plan", "--goal", "begin")
    expected = {
        "finalize": (1, "GUARD_FAILED"), "push": (1, "PUSH_FAILED"), "verify": (2, "NO_COMMITS"),
        "rules --write": (2, "INVALID_INPUT"),
    }  # fmt: skip
    if name.startswith("hook"):
        assert project.cli(*COMMANDS[name]).code == 0
        return
    done = project.cli(*COMMANDS[name], "--json")
    code, error = expected.get(name, (0, None))
    assert (done.code, (done.json["error"] or {}).get("code")) == (code, error), done


@pytest.mark.parametrize("name", ["red", "green", "finalize", "rules --write"])
def test_what_needs_a_working_tree(feature: Project, name: str, tmp_path: Path) -> None:
    feature.git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    feature.git("push", "-q", str(tmp_path / "bare"), "refs/oneshot/topic")
    argv = COMMANDS[name] + (["-f", "topic"] if name != "rules --write" else [])
    done = call([*argv, "--json"], tmp_path / "bare")
    assert (done.code, done.error) == (2, "NO_WORK_TREE")


def test_inside_of_dot_git(feature: Project, one: str) -> None:
    """git finds the repository there, and so do we."""
    for folder in (".git", ".git/refs"):
        done = call(["status", "--json"], feature.path / folder)
        assert done.code == 0, done
    done = call(["verify", "--json"], feature.path / ".git")
    assert [c["commit"] for c in done.data["commits"]] == [one]


def test_git_variables_of_the_caller_name_the_repository(feature: Project, tmp_path: Path) -> None:
    """As with git: GIT_DIR and GIT_WORK_TREE, from anywhere."""
    env = {"GIT_DIR": str(feature.path / ".git"), "GIT_WORK_TREE": str(feature.path)}
    done = run(["git-oneshot", "status", "--json"], tmp_path, env)
    assert done.data["feature"] == "topic"


# -- trails that are not what they should be ----------------------------------------------------


def append(project: Project, body: bytes) -> None:
    """A commit on the trail by some other hand."""
    tip = project.git("rev-parse", "refs/oneshot/topic")
    tree = project.git("rev-parse", f"{tip}^{{tree}}")
    file = project.path.parent / "commit"
    ident = b"A <a@example.org> 0 +0000"
    file.write_bytes(
        b"tree %s\nparent %s\nauthor %s\ncommitter %s\n\nby hand\n\n%s\n"
        % (tree.encode(), tip.encode(), ident, ident, body)
    )
    made = project.git("hash-object", "-t", "commit", "-w", "--literally", str(file))
    project.git("update-ref", "refs/oneshot/topic", made)


def an_event(**changes: object) -> bytes:
    """The next event of a planned feature's trail, with something about it that is not so."""
    event: dict[str, object] = {
        "at": "2026-01-01T00:00:00Z", "by": "A <a@example.org>", "clock": 4,
        "data": {"reason": "x"}, "id": "0" * 26, "type": "synthesize.requested", "v": 1, **changes,
    }  # fmt: skip
    return json.dumps(event, sort_keys=True, separators=(",", ":")).encode()


DAMAGE: Final = {
    "torn": (an_event()[:-9], "TRAIL_DAMAGED"),
    "alien": (an_event(type="alien.\u001b[2J.event"), "UNKNOWN_EVENT_TYPE"),
    "newer": (an_event(v=2), "TRAIL_NEWER"),
    "huge": (an_event(data={"reason": "x" * 10 * 2**20}), "TRAIL_DAMAGED"),
    "skips a clock": (an_event(clock=9), "TRAIL_DAMAGED"),
    "goes back": (an_event(clock=1), "TRAIL_DAMAGED"),
    "spaced": (an_event().replace(b":", b": "), "TRAIL_DAMAGED"),
    "bytes": (b"\xff\xfe\x00\x1b[2J", "TRAIL_DAMAGED"),
    "deep": (an_event(data="x").replace(b'"x"', b"[" * 5000), "TRAIL_DAMAGED"),
    "empty": (b"", "TRAIL_DAMAGED"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_trail_that_breaks_the_format(feature: Project, what: str) -> None:
    body, code = DAMAGE[what]
    append(feature, body)
    for name in ("status", "replay", *WRITERS, "finalize"):
        message = refused(feature, COMMANDS[name], 4, code)
        assert len(message) < 1_000
    assert feature.do("list", "--json").code == 0
    assert "\x1b" not in feature.cli("log").err + feature.cli("list").err


def test_a_commit_of_a_trail_that_was_edited_in_place(feature: Project) -> None:
    tip = feature.git("rev-parse", "refs/oneshot/topic")
    loose = feature.path / ".git/objects" / tip[:2] / tip[2:]
    other = feature.git("rev-parse", "HEAD")
    loose.chmod(0o644)
    loose.write_bytes((feature.path / ".git/objects" / other[:2] / other[2:]).read_bytes())
    (feature.own / "states").unlink(missing_ok=True)
    refused(feature, ["status"], 4, "TRAIL_DAMAGED")


def test_commits_of_a_trail_in_another_order(feature: Project) -> None:
    """The last two appends, told the other way round."""
    feature.do("request-synthesize", "--reason", "one")
    feature.do("request-synthesize", "--reason", "two")
    one, two = ("refs/oneshot/topic~1", "refs/oneshot/topic")
    bodies = [feature.git("log", "-1", "--format=%b", rev).strip().encode() for rev in (two, one)]
    feature.git("update-ref", "refs/oneshot/topic", "refs/oneshot/topic~2")
    for body in bodies:
        append(feature, body)
    refused(feature, ["status"], 4, "TRAIL_DAMAGED")


# -- locks -------------------------------------------------------------------------------------


def test_a_lock_that_is_held(feature: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A live process has the ref: we try for a while, say who it is, and leave its lock alone."""
    monkeypatch.setattr(session, "LONGEST", 0.0001)
    feature.git("config", "core.filesRefLockTimeout", "1")
    tip = feature.git("rev-parse", "refs/oneshot/topic")
    with subprocess.Popen(
        ["git", "update-ref", "--stdin"],
        cwd=feature.path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(f"start\nupdate refs/oneshot/topic {tip} {tip}\nprepare\n")
        holder.stdin.flush()
        said = holder.stdout.readline() + holder.stdout.readline()
        assert said == "start: ok\nprepare: ok\n"
        message = refused(feature, ["cancel"], 75, "REF_LOCKED")
        assert message.startswith("another process has held ")
        assert feature.do("status", "--json").data["phase"] == "implementing"
        holder.stdin.write("commit\n")
        holder.stdin.close()
    feature.do("cancel")


def test_a_lock_that_a_killed_process_left(feature: Project) -> None:
    lock = feature.path / ".git/refs/oneshot/topic.lock"
    lock.write_text("")
    past = time.time() - 3600
    os.utime(lock, (past, past))
    message = refused(feature, ["cancel"], 75, "LOCK_STALE")
    assert str(lock) in message
    assert f"rm '{lock}'" in feature.cli("cancel").err
    lock.unlink()
    feature.do("cancel")


def test_slots_that_others_hold_are_passed_over(feature: Project) -> None:
    """A live process has slot 0; another's proof goes to the next."""
    from git_oneshot.proof.running.slots import place

    feature.land("one")
    folder = Path(place(feature.repo.discover()), "0")
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        feature.do("verify")


# -- what others wrote ----------------------------------------------------------------------------

EVIL: Final = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e\u200bx"


def test_untrusted_text_never_reaches_the_terminal_raw(feature: Project, make: MakeProject) -> None:
    """Subjects, plans, titles, reasons, authors, test ids, paths and file contents."""
    make.remote(feature)
    feature.git("config", "user.name", f"Eve {EVIL}")
    feature.do("plan", "--goal", EVIL, "--approach", EVIL, "--file", EVIL)
    feature.do("request-synthesize", "--reason", EVIL)
    feature.change("one")
    feature.repo.write(f"lib/{EVIL}", "x\n")
    feature.repo.write(f"loose {EVIL}", "x\n")
    feature.git("add", "lib", "checks")
    done = feature.may("commit", "-q", "-m", f"subject {EVIL}")
    assert done.code == 0, done
    feature.change("bad", test=False)
    feature.git("mv", "lib/bad", f"lib/bad {EVIL}")
    feature.git("commit", "-q", "--no-verify", "-m", f"bad {EVIL}")
    hook = feature.may("push", "origin", "main")
    assert hook.code == 1
    texts = [hook.err, done.err]
    for name in ("status", "list", "log", "replay", "verify", "finalize", "red", "green", "push"):
        shown = feature.cli(*COMMANDS[name])
        texts += [shown.out, shown.err]
    feature.git("reset", "-q", "--hard", "HEAD^")
    for argv in (["finalize"], ["status"], ["log", "topic"], ["cancel"], ["verify", "HEAD"]):
        shown = feature.cli(*argv)
        texts += [shown.out, shown.err]
    assert "subject \\x1b[2J\\x1b]0;owned\\x07\\x9b31m\\u202e\\u200bx" in "".join(texts)
    for text in texts:
        assert all(line.isprintable() for line in text.replace("\t", " ").split("\n")), text
    notes = feature.git("log", "--format=%N", "-3")
    assert all(line.isprintable() for line in notes.split("\n"))


def test_a_test_id_that_is_evil(make: MakeProject) -> None:
    test = (
        "import pytest\n\n\n@pytest.mark.parametrize('x', ['\\x1b[2J\\u202e'], ids=str)\n"
        "def test_x(x):\n    import calc\n    assert calc.X, x\n"
    )
    project = make(
        files={
            "pytest.ini": INI,
            "calc.py": "X = 0\n",
            "test_calc.py": "def test_y():\n    pass\n",
        }
    )
    project.begin()
    project.repo.write("test_calc.py", test)
    shown = [project.do("red")]
    project.repo.write("calc.py", "X = 1\n")
    project.repo.write("test_calc.py", test + "\n\ndef test_y():\n    pass\n")
    shown.append(project.do("green"))
    shown.append(project.do("log"))
    for done in shown:
        assert all(line.isprintable() for line in (done.out + done.err).split("\n")), done


@pytest.mark.parametrize(
    "line",
    ["plan -F -", "validate-pr-body -", "import -", "import", "hook pre-push origin url",
     "hook pre-receive"],
)  # fmt: skip
def test_a_closed_standard_input_is_no_bug_and_opens_no_gate(feature: Project, line: str) -> None:
    """As a daemon may have it. There is nothing to read, and of a push that is no answer."""
    done = run(["sh", "-c", f"exec git-oneshot {line} <&-"], feature.path)
    assert done.code in (1, 2), done
    assert done.err.startswith(("error: ", "missing: "))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
@pytest.mark.parametrize("option", [[], ["--json"]])
def test_an_answer_that_has_no_room_is_an_error_in_a_line(
    feature: Project, option: list[str]
) -> None:
    with open("/dev/full", "wb") as full:
        argv = ["git-oneshot", "status", *option]
        environ = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
        done = subprocess.run(
            argv, cwd=feature.path, env=environ, stdout=full, stderr=-1, check=False
        )
    assert done.returncode == 2
    first, _hint, *more = done.stderr.splitlines()
    assert (first, more) == (b"error: the disk: no space left on device", [])
