"""The contract for programs: typed answers, and a next step that can be run as it is."""

from git_oneshot.cli.answer import Next, whole
from git_oneshot.cli.data.parts import Refusal, excerpt
from git_oneshot.cli.main import COMMANDS
from git_oneshot.cli.mending import in_commit, in_suite, in_tree
from git_oneshot.cli.proofs import proof_data
from git_oneshot.cli.refusal import after_error
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.facts import Plan, Proof
from git_oneshot.core.verdicts.codes import DOUBTS, FAILURES
from tests.gate.project import ROOT, Project

SOURCES = sorted((ROOT / "git_oneshot").rglob("*.py"))


def test_a_field_is_null_and_not_left_out() -> None:
    """On a trail defaults are left out; in an answer nothing is."""
    assert whole(Plan(goal="x")) == {
        "goal": "x", "approach": "", "files": [], "tests": [], "text": "", "payload": "",
    }  # fmt: skip
    assert set(whole(Refusal())) == {*Refusal.__struct_encode_fields__}


def test_a_refusal_has_all_fields(project: Project) -> None:
    done = project.cli("status", "--json")
    assert set(done.data) == {*Refusal.__struct_encode_fields__}
    assert done.known == {}
    assert done.json["error"]["hint"].startswith("begin one")


def test_a_long_text_is_cut_at_its_beginning_and_says_so() -> None:
    short, long = excerpt("é" * 2048), excerpt("é" * 2049)
    assert (short.bytes, short.cut, len(short.text)) == (4096, False, 2048)
    assert (long.bytes, long.cut, len(long.text)) == (4098, True, 2048)


def _refused(code: Code, verdict: str) -> OneshotError:
    return OneshotError(code, "x", "", proof=proof_data(Proof(word="FAIL", code=verdict)))


def test_after_an_error_there_is_something_to_run() -> None:
    """What it names is a command of ours or of git, without a hole in it."""
    nexts = [
        one
        for code in Code
        for verdict in [*FAILURES, *DOUBTS]
        for one in after_error("plan", ["plan"], _refused(code, verdict))
    ]
    for one in nexts:
        assert one.argv[0] == "git"
        assert one.argv[1] != "oneshot" or one.argv[2] in COMMANDS
        assert not any("…" in word or word in ("None", "") for word in one.argv)
        assert all(need.startswith("--") or need.isupper() for need in one.needs)


def test_what_a_commit_needs_installed_is_not_proven_in_the_tree() -> None:
    """`green` looks at the working tree, where there is nothing: the commits are to be proven."""
    for code in ("deps", "environment"):
        assert in_tree(code)[0].argv == ("git", "oneshot", "green")
        assert in_commit(code, "1a2b3c", "")[0].argv == ("git", "oneshot", "prove")
        assert in_suite(code)[0].argv == ("git", "oneshot", "prove")


def test_a_test_that_is_gone_is_not_to_be_made_pass() -> None:
    """Each code of a suite says its own remedy: it said that of all of them."""
    assert in_suite("vanished")[0].why == (
        "bring the test back, rename it, or let it go with what it tests, then"
    )
    assert in_suite("skipped")[0].why == "let the test run again, then"
    assert in_suite("check-failed")[0].why == "mend what the check names, then"


def test_a_need_is_an_option_with_its_text_or_a_word() -> None:
    assert Next(("git", "commit"), "go on", ("--message",)).line == "git commit --message …"
    assert Next(("git", "switch", "-c"), "go on", ("BRANCH",)).line == "git switch -c BRANCH"
    assert Next(("git", "add", "a b"), "go on").line == "git add 'a b'"
