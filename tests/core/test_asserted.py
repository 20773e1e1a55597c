"""A test that was adapted asserts what it did; one that was weakened does not."""

from typing import Final

import pytest

from git_oneshot.core.source.asserted import keeping, loses

OLD: Final = """\
class TestCalc:
    @pytest.mark.slow
    @pytest.mark.parametrize("a", [1, 2])
    def test_add(self, a):
        made = add(a, 1)
        assert made == a + 1
        self.assertEqual(made, a + 1)
        with pytest.raises(TypeError):
            add()
        class Spec:
            def f(a):
                assert a
"""
TEST: Final = "tests/test_calc.py::TestCalc::test_add[1]"


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("    @pytest", "    @pytest.mark.filterwarnings('ignore')\n    @pytest"),
        ("        made =", "        # so it is\n        made ="),
        ("            add()", "            add()\n        assert made > 0"),
        ("    @pytest.mark.slow\n", ""),
        (
            "        made = add(a, 1)",
            "        with pytest.warns(DeprecationWarning):\n            made = add(a, 1)",
        ),
        ("        made = add", "        warnings.simplefilter('ignore')\n        made = add"),
        (
            "        class Spec:\n            def f(a):",
            "        class Spec:\n            def f(self, a):",
        ),
    ],
)
def test_a_test_that_is_adapted(was: str, becomes: str) -> None:
    assert [*keeping(OLD, OLD.replace(was, becomes, 1), [TEST])] == [TEST]


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("assert made == a + 1", "assert made"),
        ("assert made == a + 1", "assert made in (a, a + 1)"),
        ("        assert made == a + 1\n", ""),
        ("self.assertEqual(made, a + 1)", "self.assertTrue(made)"),
        ("pytest.raises(TypeError)", "pytest.raises(Exception)"),
        ("pytest.raises(TypeError)", "suppress(TypeError)"),
        ("[1, 2]", "[1]"),
        ("add(a, 1)", "add(a, 1, strict=True)"),
        ("def test_add(self, a):", "def test_add(self, a, tmp_path):"),
        ("def test_add", "async def test_add"),
        ("        made = add", "        return\n        made = add"),
        ("        made = add", "        pytest.skip()\n        made = add"),
        ("        assert made == a + 1", "        if False:\n            assert made == a + 1"),
        ("        assert made == a + 1", "        for _ in ():\n            assert made == a + 1"),
        (
            "        assert made == a + 1",
            "        try:\n            assert made == a + 1\n        except AssertionError: ...",
        ),
        (
            "        assert made == a + 1",
            "        with suppress(AssertionError):\n            assert made == a + 1",
        ),
        ("        made = add", "        add = lambda *_: a + 1\n        made = add"),
        ("        made = add", "        assert (add := fake)\n        made = add"),
        ("        made = add", "        assert fake(add)\n        made = add"),
        ("test_add", "test_sum"),
        ("class TestCalc", "class TestSum"),
        ("class TestCalc:", "class TestCalc"),
        ("class TestCalc:", "class TestCalc(Fake):"),
        ("class TestCalc:", "class TestCalc:\n    def setup_method(self): fake()\n"),
        ("def test_add(self, a):", "class test_add:\n      def f(self, a):"),
    ],
)
def test_a_test_that_is_weakened_or_cannot_be_compared(was: str, becomes: str) -> None:
    assert not [*keeping(OLD, OLD.replace(was, becomes, 1), [TEST])]


AROUND: Final = """\
import pytest
from calc import add
from util import other
LIMIT = 3
RANGE = LIMIT + 1
def check(made):
    assert made < LIMIT
def checked(a):
    made = add(a, 1)
    check(made)
@pytest.fixture
def one():
    return 1
@patch('calc.add')
@pytest.mark.usefixtures('one')
def test_add(one):
    checked(one)
    assert add(one, 1) == 2
def test_sub():
    assert other(1)
"""


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("LIMIT = 3", "LIMIT = 300"),
        ("    assert made < LIMIT", "    assert True"),
        ("    check(made)", "    pass"),
        ("    return 1", "    return Any()"),
        ("from calc import add", "from fake import add"),
        ("    checked(one)\n", ""),
        ("@pytest.mark.usefixtures('one')\n", ""),
        ("@patch('calc.add')\n", ""),
        ("add(one, 1) == 2", "1 + one == 2"),
        ("import pytest", "import pytest\nfrom fake import *"),
        ("import pytest", "import pytest\nadd.__code__ = fake"),
        ("import pytest", "import pytest\npytestmark = pytest.mark.usefixtures('fake')"),
        ("import pytest", "import pytest\ndef setup_module(): fake()"),
        ("def check(", "def add(*_): return 2\ndef check("),
        ("def test_sub", "def one(): return fake()\ndef test_sub"),
        ("@pytest.fixture\n", "@pytest.fixture(autouse=True)\ndef f(): fake()\n@pytest.fixture\n"),
    ],
)  # fmt: skip
def test_a_test_whose_helpers_are_others_now_does_not_assert_what_it_did(
    was: str, becomes: str
) -> None:
    assert was in AROUND
    assert "t.py::test_add" not in keeping(AROUND, AROUND.replace(was, becomes), ["t.py::test_add"])


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("import pytest", "import pytest\nfrom calc import sub"),
        ("from calc import add", "from calc import add, sub"),
        ("RANGE = LIMIT + 1", "RANGE = LIMIT + 2"),
        ("    assert made < LIMIT", "    assert made > 0\n    assert made < LIMIT"),
        ("from util import other", "from tests.util import other"),
        ("def test_sub():\n    assert other(1)\n", ""),
        ("LIMIT = 3", "LIMIT = 3\nclass More:\n    pass"),
    ],
)
def test_what_a_test_does_not_use_may_change(was: str, becomes: str) -> None:
    assert was in AROUND
    kept = keeping(AROUND, AROUND.replace(was, becomes), ["t.py::test_add"])
    assert [*kept] == ["t.py::test_add"]


def test_what_is_no_python_cannot_be_told() -> None:
    assert not [*keeping("test('a', () => {})", "test('a', () => {})", ["a.test.js::a"])]
    assert not [*keeping("", "", ["sh check.sh", ""])]


def test_what_is_nested_too_deeply_cannot_be_told() -> None:
    deep = "def test_a():\n    assert " + "+".join("1" * 20_000) + "\n"
    assert not [*keeping(deep, deep + "\n\ndef test_b(): ...\n", ["t.py::test_a"])]
    assert loses(deep, deep + "\n\ndef test_b(): ...\n")


def test_a_file_that_only_gained_tests_asserts_what_it_did() -> None:
    more = OLD + "\n    def test_more(self):\n        assert add(1, 1) == 2\n"
    each = [TEST, TEST.replace("[1]", "[2]")]
    assert [*keeping(OLD, more, [*each, "tests/test_calc.py::TestCalc::test_more"])] == each
