"""The code as it was, with the examples as they are."""

import builtins
import doctest
import types
from typing import Final

import pytest

from git_oneshot.core.source.examples import with_examples

OLD: Final = '''\
"""Sums."""
import os


def add(a, b):
    """Add.

    >>> add(1, 2)
    3
    """
    return a + b


def bare(a):
    return a


class Calc:
    """A calculator."""

    def one(self):
        # a comment
        return 1


é = "ä"; add.name = "é"  # the end
'''
NEW: Final = '''\
"""Sums.

>>> add(1, 1)
2
"""


def add(a, b):
    """Add, and double.

    >>> add(1, 2)
    6
    """
    return (a + b) * 2


def bare(a):
    r"""Bare.

    >>> bare("\\\\")
    '\\\\'
    """
    return a + 1


class Calc:
    """A calculator."""

    def one(self):
        """One.

        >>> Calc().one()
        1
        """
        return 2

    @property
    def two(self):
        """Two.

        >>> Calc().two
        2
        """
        return two()


class More(Calc):
    def three(self, a: Unknown = UNKNOWN):
        """Three.

        >>> More().three()
        3
        """


def four():
    """
    >>> four()
    4
    """
'''


def outcome(source: str) -> dict[str, int]:
    """How many examples of each docstring fail."""
    module = types.ModuleType("calc")
    exec(compile(source, "calc.py", "exec"), module.__dict__)
    runner = doctest.DocTestRunner(verbose=False)
    return {
        test.name: runner.run(test, out=lambda _: None).failed
        for test in doctest.DocTestFinder().find(module)
        if test.examples
    }


def test_each_example_is_tried_on_the_code_that_was_there() -> None:
    made = with_examples(OLD, NEW, vars(builtins))
    assert made is not None
    assert outcome(made) == {
        "calc": 0, "calc.add": 1, "calc.bare": 0, "calc.Calc.one": 0, "calc.Calc.two": 1,
        "calc.More.three": 1, "calc.four": 1,
    }  # fmt: skip
    assert "return a + b\n" in made
    assert 'é = "ä"; add.name = "é"  # the end\n' in made


def test_examples_that_are_alike_leave_the_file_as_it_is() -> None:
    assert (
        with_examples(
            OLD, OLD.replace("a + b", "b + a").replace("Sums", "Products"), vars(builtins)
        )
        == OLD
    )
    assert with_examples("", "", vars(builtins)) == ""


def test_an_example_that_is_gone_is_gone() -> None:
    gone = with_examples(OLD, OLD.partition("def add")[0], vars(builtins))
    assert gone is not None
    assert outcome(gone) == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def f(): return 1\n", 'def f():\n    """\n    >>> f()\n    2\n    """\n    return 2\n'),
        ("class A: pass\n", 'class A:\n    def f(self):\n        """>>> 1"""\n'),
        ("def f(:\n", 'def f():\n    """>>> f()"""\n'),
        ("def f(): ...\n", "def f(:\n"),
        ("a = 1\rb = 2\n", 'def f():\n    """>>> f()"""\n'),
    ],
)
def test_where_it_cannot_be_made_nothing_is(old: str, new: str) -> None:
    assert with_examples(old, new, vars(builtins)) is None
