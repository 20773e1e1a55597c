"""A test that was adapted asserts what it did; one that was weakened does not."""

from typing import Final

import pytest

from git_oneshot.core.asserted import keeping

OLD: Final = """\
class TestCalc:
    @pytest.mark.parametrize("a", [1, 2])
    def test_add(self, a):
        made = add(a, 1)
        assert made == a + 1
        self.assertEqual(made, a + 1)
        with pytest.raises(TypeError):
            add()
"""
TEST: Final = "tests/test_calc.py::TestCalc::test_add[1]"


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("add(a, 1)", "add(a, 1, strict=True)"),
        ("    @pytest", "    @pytest.mark.filterwarnings('ignore')\n    @pytest"),
        ("        made =", "        # so it is\n        made ="),
        ("            add()", "            add()\n        assert made > 0"),
        ("def test_add(self, a):", "def test_add(self, a, tmp_path):"),
        ("def test_add", "async def test_add"),
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
        ("test_add", "test_sum"),
        ("class TestCalc", "class TestSum"),
        ("class TestCalc:", "class TestCalc"),
        ("def test_add(self, a):", "class test_add:\n      def f(self, a):"),
    ],
)
def test_a_test_that_is_weakened_or_cannot_be_compared(was: str, becomes: str) -> None:
    assert not [*keeping(OLD, OLD.replace(was, becomes, 1), [TEST])]


def test_what_is_no_python_cannot_be_told() -> None:
    assert not [*keeping("test('a', () => {})", "test('a', () => {})", ["a.test.js::a"])]
    assert not [*keeping("", "", ["sh check.sh", ""])]


def test_a_file_that_only_gained_tests_asserts_what_it_did() -> None:
    more = OLD + "\n    def test_more(self):\n        assert add(1, 1) == 2\n"
    each = [TEST, TEST.replace("[1]", "[2]")]
    assert [*keeping(OLD, more, [*each, "tests/test_calc.py::TestCalc::test_more"])] == each
