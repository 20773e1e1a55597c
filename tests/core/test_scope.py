"""What was planned beside what became of it, and which tests were seen red in time."""

import pytest

from git_oneshot.core import facts
from git_oneshot.core.facts import Plan, Proof
from git_oneshot.core.scope import outside, unobserved, untold, unturned


def proof(*ids: str, file: str = "test_a.py", kind: str = "behaviour", total: int = 0) -> Proof:
    """A proof by tests of these names."""
    turns = tuple(
        facts.TestTurn(suite="s", id=i, file=file, red="failed", green="passed", reason="assertion")
        for i in ids
    )
    return Proof(word="PASS", kind=kind, tests=turns, total=total)


@pytest.mark.parametrize(
    ("lines", "path", "named"),
    [
        (("src/a.py",), "src/a.py", True),
        (("./src/a.py",), "src/a.py", True),
        (("`src/a.py`: the parser",), "src/a.py", True),
        (("src/a.py, which reads",), "src/a.py", True),
        (("src/a b.py",), "src/a b.py", True),
        (("src",), "src/deep/a.py", True),
        (("src/",), "src/deep/a.py", True),
        (("src/*.py",), "src/a.py", True),
        (("src/a.py",), "src/a.pyi", False),
        (("sr",), "src/a.py", False),
        (("other", "src/b.py"), "src/a.py", False),
        (("",), "a.py", True),
        (("* src/a.py: the parser",), "src/a.py", True),
        (("* src/a.py: the parser",), "src/b.py", False),  # and not whatever there is
        (("- src/a.py",), "src/a.py", True),
        (("1. `./src/a.py`",), "src/a.py", True),
        (("**src**: all of it",), "src/a.py", False),
        (("what? everything",), "whatX everything", False),
        (("pages/[id].tsx",), "pages/[id].tsx", True),
        (("pages/[id].tsx",), "pages/i.tsx", False),
        (("pages/[id]/*.tsx",), "pages/[id]/a.tsx", True),
        (("pages/[id]/*.tsx",), "pages/i/a.tsx", False),
        ((), "a.py", True),  # a plan without files leaves them open
    ],
)
def test_a_plan_names_files(lines: tuple[str, ...], path: str, named: bool) -> None:
    assert outside(Plan(goal="g", files=lines), [path]) == (() if named else (path,))


def test_a_planned_test_is_turned_by_its_name() -> None:
    planned = Plan(goal="g", tests=("test_adds", "`test_subs()`", "Calc > adds two", "test_add"))
    ids = ("tests/test_a.py::T::test_adds[1-2]", "a.test.js::Calc > adds two")
    assert unturned(planned, [proof(*ids)]) == ("`test_subs()`", "test_add")
    assert unturned(planned, [proof(*ids), proof("test_subs")]) == ("test_add",)
    assert unturned(planned, []) == planned.tests
    assert unturned(Plan(goal="g"), [proof("test_a")]) == ()
    assert unturned(Plan(goal="g", tests=("no typo in the README",)), [proof("test_a")]) == ()


def test_where_tests_have_no_names_or_are_too_many_no_plan_is_missed() -> None:
    planned = Plan(goal="g", tests=("test_adds",))
    assert unturned(planned, [proof("sh check.sh", file="")]) == ()
    assert unturned(planned, [proof("test_b", total=201)]) == ()
    assert untold(planned, [proof("test_b", total=201)]) == ("test_adds",)
    assert untold(planned, [proof("test_adds", total=201)]) == untold(planned, [proof()]) == ()


def test_a_commit_is_late_when_none_of_its_tests_was_seen_red() -> None:
    proofs = [("a", proof("test_a", "test_b")), ("b", proof("test_c")), ("c", proof(kind="inert"))]
    assert unobserved(proofs, [proof("test_b")]) == ("b",)
    assert unobserved(proofs, [proof("test_b"), proof("test_c")]) == ()
    assert unobserved([("d", Proof(word="FAIL", code="no-test"))], []) == ()


@pytest.mark.parametrize(
    ("name", "on_trail"),
    [
        ("t.py::test_x[https://user:pw@example.org/]", "t.py::test_x[https://***@example.org/]"),
        ("t.py::test_x[/home/ann/x]", "t.py::test_x[~/x]"),
        ("t.py::test_x[/data/ada/x]", "t.py::test_x[~/x]"),
    ],
)
def test_what_is_masked_on_a_trail_is_found_again(name: str, on_trail: str) -> None:
    home = "/data/ada"
    assert unobserved([("a", proof(name))], [proof(on_trail)], home) == ()
    for line in (name, on_trail):  # as it was planned, and as it is on the trail
        assert unturned(Plan(goal="g", tests=(line,)), [proof(name)], home) == ()
    assert outside(Plan(goal="g", files=("~/a.py",)), ["/data/ada/a.py"], home) == ()
